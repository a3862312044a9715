//! Cameras: anything that gives frames. `v4l2` is one on USB, `csi` the Pi's own on the ribbon cable, `photos`
//! plays files as a camera.

mod agree;
pub(crate) mod auto;
pub mod bayer;
pub mod csi;
pub(crate) mod exposure;
pub(crate) mod find;
pub mod formats;
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

use std::fmt;
use std::time::{Duration, Instant};

use crate::ports::gpio::LineError;
use crate::ports::light::LightOn;

/// How the bytes of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 4:2:2, `Y0 U Y1 V`.
    Yuyv,
    /// A JPEG picture a frame.
    Mjpg,
    /// 4:2:0, a luma plane, then interleaved `U V`.
    Nv12,
    /// 4:2:0, three planes.
    Yu12,
    /// 8-bit luma.
    Grey,
    /// `R G B`.
    Rgb3,
    /// `B G R`.
    Bgr3,
    /// A bare sensor's mosaic; its picture has half the width and half the height.
    Bayer(bayer::Bayer),
}

/// Which values the luma of a Y'CbCr format takes. RGB and JPEG have no use for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LumaRange {
    /// 16 to 235, chroma 16 to 240: what V4L2 means unless a driver says otherwise.
    #[default]
    Limited,
    /// 0 to 255 in all three, as in JPEG.
    Full,
}

/// One frame as the camera gave it. The bytes are wiped when it is dropped, and nothing here
/// writes them anywhere: no `Serialize`, and `Debug` prints only the size.
pub struct Frame {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from one row to the next of the first plane; may exceed the width. Unused for MJPG.
    pub stride: u32,
    /// How `bytes` are laid out.
    pub format: PixelFormat,
    /// Which values the luma takes, for the Y'CbCr formats.
    pub range: LumaRange,
    data: Vec<u8>,
}

impl Frame {
    /// An empty frame to be filled again and again, so that the steady state allocates nothing.
    pub fn new() -> Frame {
        Frame {
            width: 0,
            height: 0,
            stride: 0,
            format: PixelFormat::Grey,
            range: LumaRange::Limited,
            data: Vec::new(),
        }
    }

    /// Takes over the description and copies the bytes; the previous bytes are wiped. The range is the limited
    /// one until somebody says otherwise.
    pub fn fill(&mut self, width: u32, height: u32, stride: u32, format: PixelFormat, bytes: &[u8]) {
        wipe(&mut self.data);
        self.data.clear();
        self.data.extend_from_slice(bytes);
        (self.width, self.height, self.stride, self.format) = (width, height, stride, format);
        self.range = LumaRange::Limited;
    }

    /// The bytes as the camera gave them.
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }
}

impl Default for Frame {
    fn default() -> Self {
        Frame::new()
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        wipe(&mut self.data);
    }
}

/// Overwrites all the memory of a picture with zeros, beyond its length too, and leaves it as long as that
/// memory. Many times a second: byte by byte, as `Zeroize` does it, takes about as long as finding a face.
pub(crate) fn wipe(data: &mut Vec<u8>) {
    data.resize(data.capacity(), 0);
    data.fill(0);
    // As if somebody read the zeros: the compiler may not leave them out.
    zeroize::optimization_barrier(data.as_slice());
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{} {:?}, {} bytes)", self.width, self.height, self.format, self.data.len())
    }
}

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
        (_, Ok(find::Wanted::Auto)) => {
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
