//! Cameras: anything that gives frames. `v4l2` is one on USB, `csi` the Pi's own on the ribbon cable, `photos`
//! plays files as a camera.

mod agree;
pub(crate) mod auto;
pub mod csi;
pub(crate) mod find;
pub mod fourcc;
pub(crate) mod negotiate;
pub mod photos;
mod rpicam;
mod settle;
pub(crate) mod uploaded;
pub mod v4l2;
pub(crate) mod warm_up;
pub(crate) mod watch;
pub mod worker;

use std::time::{Duration, Instant};

use crate::ports::gpio::LineError;
use crate::ports::light::LightOn;

pub(crate) use moodbox_signal::frame::wipe;
pub use moodbox_signal::frame::{Frame, LumaRange, PixelFormat};
pub use moodbox_signal::{bayer, exposure, formats};

/// A camera that can be opened for a capture.
pub trait Camera: Send {
    /// Starts streaming. The stream owns the light's guard: while it lives the light is on.
    ///
    /// # Errors
    /// When it is not there, is in use, may not be used, or offers no format that can be read.
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError>;

    /// Whether it could be started, without starting it: no frame is taken, so no light. Says what it is
    /// and what it offers.
    ///
    /// # Errors
    /// When it could not be started, for the same reasons as [`Camera::start`].
    fn probe(&mut self) -> Result<String, CameraError> {
        Ok(self.describe())
    }

    /// What it is, for the log: name, node, format, size.
    fn describe(&self) -> String;
}

/// How long a camera that was just switched on may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until its first frame: some need two seconds.
    pub first: Duration,
    /// From there until the picture has settled.
    pub settle: Duration,
}

/// A camera that streams.
pub trait Stream {
    /// The next frame, into `frame`.
    ///
    /// # Errors
    /// When `deadline` passes first, or the camera is gone or broken.
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError>;

    /// Discards the first frames until the picture can be believed. Cameras that need no warming up
    /// leave it at this.
    ///
    /// # Errors
    /// When there is no frame within `patience`, or the camera is gone or broken.
    fn settle(
        &mut self,
        _patience: &Patience,
        _frame: &mut Frame,
        _cancelled: &dyn Fn() -> bool,
    ) -> Result<(), CameraError> {
        Ok(())
    }
}

/// The camera that a configuration names: `auto`, `csi` or `csi:1`, or what [`v4l2::V4l2Camera::new`] takes.
pub fn by_name(name: &str) -> Box<dyn Camera> {
    match (csi::number(name), name.parse()) {
        (Some(Ok(number)), _) => Box::new(csi::CsiCamera::new(number)),
        (_, Ok(find::CameraChoice::Auto)) => {
            Box::new(auto::AutoCamera::new(v4l2::V4l2Camera::new(name), csi::CsiCamera::new(0)))
        }
        _ => Box::new(v4l2::V4l2Camera::new(name)),
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("{}; {}", self.what(), self.cure())]
pub enum CameraError {
    /// No camera is what the configuration names.
    Missing {
        /// What the configuration names.
        wanted: String,
        /// The cameras that are there.
        found: String,
    },
    /// Another program has it.
    Busy {
        /// Its node, with its name where that is known.
        device: String,
    },
    /// This user may not open it.
    Denied {
        /// Its node, with its name where that is known.
        device: String,
    },
    /// It offers no format that can be read.
    Format {
        /// Its node, with its name where that is known.
        device: String,
        /// The formats that it offers.
        offered: String,
        /// What to do about it.
        cure: String,
    },
    /// It streams, and no frame came in time.
    Silent {
        /// Its node, with its name where that is known.
        device: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It was unplugged, or its driver has dropped it.
    Gone {
        /// Its node, with its name where that is known.
        device: String,
    },
    /// The camera on the ribbon cable, with the reason that `rpicam-vid` gave.
    Csi(#[from] csi::CsiError),
    /// A photo that stands in for a camera cannot be read.
    Photo {
        /// The photo.
        path: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// Anything else that the kernel answered.
    Io {
        /// Its node, with its name where that is known.
        device: String,
        /// What the kernel answered.
        source: std::io::Error,
    },
    /// No picture is taken where the light that shows it cannot be lit.
    Light(#[from] LineError),
}

impl CameraError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            CameraError::Missing { wanted, found } => format!("no camera {wanted}; cameras here: {found}"),
            CameraError::Busy { device } => format!("camera {device} is in use by another program"),
            CameraError::Denied { device } => format!("camera {device} may not be used"),
            CameraError::Format { device, offered, .. } => format!(
                "camera {device} offers only {offered}; moodbox reads YUYV, MJPG, NV12, YU12, GREY, RGB3, BGR3 and \
                 raw Bayer"
            ),
            CameraError::Silent { device, waited } => {
                format!("camera {device} gave no frame within {} ms", waited.as_millis())
            }
            CameraError::Gone { device } => format!("camera {device} went away"),
            CameraError::Csi(error) => error.what(),
            CameraError::Photo { path, reason } => format!("photo {path}: {reason}"),
            CameraError::Io { device, source } => format!("camera {device}: {source}"),
            CameraError::Light(error) => format!("the light cannot be lit: {}", error.what()),
        }
    }

    /// What helps.
    pub fn cure(&self) -> String {
        match self {
            CameraError::Missing { .. } => {
                "plug it in, or set `device` under [camera] to one of these; a camera on the ribbon cable needs \
                 `rpicam-vid` (`sudo apt install rpicam-apps-lite`) and `camera_auto_detect=1` in \
                 /boot/firmware/config.txt"
            }
            CameraError::Busy { device } => return format!("close that program: `sudo fuser -v {device}` names it"),
            CameraError::Denied { .. } => "add the user to the group `video`",
            CameraError::Format { cure, .. } => return cure.clone(),
            CameraError::Silent { .. } => "unplug the camera and plug it in again; try another cable or port",
            CameraError::Gone { .. } => {
                "check its cable and the power supply: a weak one drops USB devices"
            }
            CameraError::Csi(error) => error.cure(),
            CameraError::Photo { .. } => "correct `photos` under [camera], or set `device` for a real camera",
            CameraError::Io { .. } => "look for it in `dmesg`; try another cable or port",
            CameraError::Light(error) => return error.cure(),
        }
        .to_owned()
    }
}
