//! The Raspberry Pi's own camera, on the ribbon cable (CSI), through its maker's program `rpicam-vid`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::find::{Node, Places};
use super::rpicam::{self, FRAME_BYTES, Frames, HEIGHT, NoFrame, WIDTH};
use super::{Camera, CameraError, Frame, LumaRange, Patience, PixelFormat, Stream, settle};
use crate::ports::light::LightOn;
use moodbox_core::kiosk::event::TroubleKind;

/// Its first frame takes a second; an AI Camera loads its firmware first, which takes longer than a USB
/// camera needs.
const FIRST: Duration = Duration::from_secs(6);

/// The number of the camera that a name of the configuration asks for: `csi` is the first, `csi:1` the
/// second. `None` for every other name; an error when the number is none.
pub(crate) fn number(name: &str) -> Option<Result<u32, String>> {
    let rest = name.trim().strip_prefix("csi")?;
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some(Ok(0)),
        None => None,
        Some(number) => Some(number.parse().map_err(|_| format!("`{name}` names no camera"))),
    }
}

/// Why the camera on the ribbon cable gives no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsiError {
    /// The program is not on this system.
    NotInstalled,
    /// The program sees no such camera; which it sees.
    Missing {
        /// The camera that was asked for, from 0.
        number: u32,
        /// What the program finds, in its words.
        found: String,
    },
    /// Another program has it.
    Busy,
    /// The system does not let this user have it.
    Denied,
    /// The program ended.
    Died {
        /// How it ended, and the last that it wrote.
        how: String,
    },
    /// The program runs and sends nothing.
    Silent {
        /// How long it was waited for.
        waited: Duration,
    },
    /// Something came, less than a frame.
    TooLittle {
        /// Bytes that came.
        bytes: usize,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl CsiError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            CsiError::NotInstalled => "the camera on the ribbon cable needs `rpicam-vid` (or \
                `libcamera-vid`), which is not installed"
                .to_owned(),
            CsiError::Missing { number, found } => {
                format!("there is no camera {number} on the ribbon cable; rpicam-vid finds: {found}")
            }
            CsiError::Busy => "the camera on the ribbon cable is used by another program".to_owned(),
            CsiError::Denied => "the camera on the ribbon cable may not be used".to_owned(),
            CsiError::Died { how } => format!("rpicam-vid ended while the camera was on: {how}"),
            CsiError::Silent { waited } => {
                format!("the camera on the ribbon cable gave no frame within {} ms", waited.as_millis())
            }
            CsiError::TooLittle { bytes, waited } => format!(
                "rpicam-vid sent {bytes} bytes within {} ms; a frame of {WIDTH}x{HEIGHT} has {FRAME_BYTES}",
                waited.as_millis()
            ),
        }
    }

    /// What to do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            CsiError::NotInstalled => {
                "Install it: `sudo apt install rpicam-apps-lite` on Raspberry Pi OS; or plug in a USB camera"
            }
            CsiError::Missing { .. } => {
                "Switch off, push the ribbon cable in at both ends (its contacts towards the contacts of the \
                 socket), and see that /boot/firmware/config.txt has `camera_auto_detect=1`"
            }
            CsiError::Busy => {
                "Close that program: `pgrep -a 'rpicam|libcamera'` and `sudo fuser -v /dev/media*` name it"
            }
            CsiError::Denied => "Add the user to the group `video`, which owns /dev/media* and /dev/dma_heap",
            CsiError::Died { .. } => {
                "Try `rpicam-hello -t 5000`: it says what is wrong; often it is the ribbon cable or too \
                 little power"
            }
            CsiError::Silent { .. } => "Switch off, and push the ribbon cable in at both ends",
            CsiError::TooLittle { .. } => "Update it: `sudo apt update && sudo apt full-upgrade`",
        }
    }

    /// What it is for the panel.
    pub fn kind(&self) -> TroubleKind {
        match self {
            CsiError::NotInstalled => TroubleKind::CameraProgram,
            CsiError::Missing { .. } => TroubleKind::CameraRibbon,
            CsiError::Busy => TroubleKind::CameraBusy,
            CsiError::Denied => TroubleKind::CameraDenied,
            CsiError::Died { .. } => TroubleKind::CameraDied,
            CsiError::Silent { .. } => TroubleKind::CameraSilent,
            CsiError::TooLittle { .. } => TroubleKind::CameraTooLittle,
        }
    }

    /// There is nothing on the ribbon cable that could be used.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, CsiError::NotInstalled | CsiError::Missing { .. })
    }
}

impl fmt::Display for CsiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what(), self.cure())
    }
}

impl std::error::Error for CsiError {}

/// A camera on the ribbon cable.
pub struct CsiCamera {
    number: u32,
    /// A program other than the installed one.
    program: Option<PathBuf>,
    places: Places,
    /// What was found when the machine had these nodes: its program takes half a second to say.
    known: Option<(Vec<Node>, Result<String, CsiError>)>,
    /// The last look found it in use, which a list of cameras does not tell.
    busy: Arc<AtomicBool>,
}

impl CsiCamera {
    /// The camera of that number, counted from 0 as `rpicam-vid --list-cameras` does.
    pub fn new(number: u32) -> CsiCamera {
        let (places, busy) = (Places::default(), Arc::default());
        CsiCamera { number, program: None, places, known: None, busy }
    }

    /// The same with another program than the installed one.
    pub fn with_program(mut self, program: &Path) -> CsiCamera {
        self.program = Some(program.to_owned());
        self
    }

    fn program(&self) -> Result<PathBuf, CsiError> {
        self.program.clone().or_else(rpicam::installed).ok_or(CsiError::NotInstalled)
    }

    /// The name of its sensor.
    pub(super) fn sensor(&mut self) -> Result<String, CsiError> {
        let program = self.program()?;
        let nodes = self.places.every_node();
        if let Some((seen, found)) = &self.known
            && *seen == nodes
        {
            return found.clone();
        }
        let found = sensor(&program, self.number);
        // Only what the machine has is remembered; a fault of the program may be over the next time.
        if matches!(found, Ok(_) | Err(CsiError::Missing { .. })) {
            self.known = Some((nodes, found.clone()));
        }
        found
    }
}

fn sensor(program: &Path, number: u32) -> Result<String, CsiError> {
    let (status, words) = match rpicam::list(program) {
        Ok(Some(answer)) => answer,
        Ok(None) => return Err(CsiError::Died { how: "it did not list the cameras in time".to_owned() }),
        Err(error) => return Err(not_started(&error)),
    };
    let cameras = rpicam::listed(&words);
    if let Some((_, name)) = cameras.iter().find(|(other, _)| *other == number) {
        return Ok(name.clone());
    }
    // A program that could not look has not found that there is none.
    if cameras.is_empty() && !status.success() {
        return Err(meaning(number, Some(status), &words));
    }
    let found: Vec<String> = cameras.iter().map(|(number, name)| format!("{number} ({name})")).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    Err(CsiError::Missing { number, found })
}

fn not_started(error: &std::io::Error) -> CsiError {
    CsiError::Died { how: format!("it cannot be started by `setpriv` (package util-linux): {error}") }
}

/// What the end of the program means, by what it said. The words are those of rpicam-apps and libcamera.
fn meaning(number: u32, status: Option<std::process::ExitStatus>, words: &str) -> CsiError {
    let said = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    if let Some(refused) = words.lines().find(|line| line.starts_with("setpriv: ")) {
        CsiError::Died { how: format!("it was not started: {refused}") }
    } else if has(&["no cameras available", "selected camera is not available"]) {
        CsiError::Missing { number, found: "none".to_owned() }
    } else if has(&["failed to acquire camera", "in use by another process", "resource busy"]) {
        CsiError::Busy
    } else if has(&["permission denied", "operation not permitted"]) {
        CsiError::Denied
    } else {
        let last = words.lines().rev().find(|line| !line.trim().is_empty());
        let status = status.map_or_else(|| "it closed its output".to_owned(), |status| status.to_string());
        CsiError::Died { how: last.map_or_else(|| status.clone(), |last| format!("{status}: {last}")) }
    }
}

impl Camera for CsiCamera {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        let program = self.program()?;
        self.sensor()?;
        let frames = Frames::start(&program, self.number).map_err(|error| not_started(&error))?;
        self.busy.store(false, Ordering::Relaxed);
        let busy = self.busy.clone();
        Ok(Box::new(CsiStream { frames, number: self.number, busy, _light: light }))
    }

    fn probe(&mut self) -> Result<String, CameraError> {
        let sensor = self.sensor()?;
        if self.busy.load(Ordering::Relaxed) {
            return Err(CsiError::Busy.into());
        }
        Ok(described(self.number, &sensor))
    }

    fn describe(&self) -> String {
        match &self.known {
            Some((_, Ok(sensor))) => described(self.number, sensor),
            _ => format!("camera {} on the ribbon cable", self.number),
        }
    }
}

fn described(number: u32, sensor: &str) -> String {
    format!("camera {number} on the ribbon cable ({sensor}, by rpicam-vid), Yu12 {WIDTH}x{HEIGHT}")
}

/// The program while it streams. The light is declared after it, so it goes out once the program is gone.
struct CsiStream {
    frames: Frames,
    number: u32,
    busy: Arc<AtomicBool>,
    _light: LightOn,
}

impl Stream for CsiStream {
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError> {
        let begun = Instant::now();
        let mut fill = |bytes: &[u8]| {
            frame.fill(WIDTH, HEIGHT, WIDTH, PixelFormat::Yu12, bytes);
            // Its `yuv420` has the colours of JPEG.
            frame.range = LumaRange::Full;
        };
        match self.frames.next(deadline, &mut fill) {
            Ok(()) => Ok(()),
            Err(NoFrame::Late { .. }) => {
                let device = format!("{} on the ribbon cable", self.number);
                Err(CameraError::Silent { device, waited: begun.elapsed() })
            }
            Err(NoFrame::Ended { status, words }) => {
                tracing::debug!(?status, %words, "rpicam-vid ended");
                let error = meaning(self.number, status, &words);
                self.busy.store(error == CsiError::Busy, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }

    fn settle(
        &mut self,
        patience: &Patience,
        frame: &mut Frame,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), CameraError> {
        match settle::first(self, patience.first.max(FIRST), frame, cancelled) {
            Err(CameraError::Silent { waited, .. }) => {
                tracing::debug!(words = %self.frames.words(), "rpicam-vid gave no frame");
                return Err(match self.frames.next(Instant::now(), &mut |_| {}) {
                    Err(NoFrame::Late { bytes: bytes @ 1.. }) => CsiError::TooLittle { bytes, waited },
                    _ => CsiError::Silent { waited },
                }
                .into());
            }
            other => other?,
        }
        settle::calm(self, Instant::now() + patience.settle, frame, cancelled)
    }
}

#[cfg(test)]
#[path = "csi_tests.rs"]
mod tests;
