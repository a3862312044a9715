//! A capture: light on, camera on, a few frames looked at, everything off again.

use std::time::{Duration, Instant};

use super::{Camera, CameraError, Frame, Patience, Stream};
use crate::ports::camera::formats::FormatError;
use crate::ports::light::SharedLight;
use moodbox_core::kiosk::event::{Event, Observation, Trouble, TroubleKind};

/// How a capture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureSettings {
    /// Frames to look at; five or more make a vote.
    pub frames: usize,
    /// The time over which they are spread: three within its first quarter, so that a clear face may be read by
    /// then, the others over the rest.
    pub within: Duration,
    /// How long the camera may take to wake up.
    pub patience: Patience,
    /// How long a single frame may take after that. A camera in the dark may take 200 ms.
    pub read: Duration,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        CaptureSettings {
            frames: 6,
            within: Duration::from_secs(1),
            patience: Patience { first: Duration::from_secs(3), settle: Duration::from_millis(1500) },
            read: Duration::from_secs(1),
        }
    }
}

/// Why a frame was not looked at.
#[derive(Debug)]
pub enum LookError {
    /// The frame is torn or unreadable; the next one may be whole.
    Frame(String),
    /// Nothing can be looked at any more.
    Broken(Trouble),
}

impl From<FormatError> for LookError {
    fn from(error: FormatError) -> LookError {
        LookError::Frame(error.to_string())
    }
}

/// Torn frames for each frame wanted, after which the camera counts as broken.
const MOST_TORN: usize = 6;

/// A slow processor may take this many times the spread before a capture ends with fewer frames.
const PATIENCE: u32 = 4;

/// Runs one capture: sends [`Event::CaptureStarted`] once the picture has settled and [`Event::FrameObserved`] for
/// every frame. The caller sends [`Event::CaptureEnded`] with the result; camera and light are off then.
///
/// `cancelled` is asked before every frame; a cancelled capture is no trouble. A capture that saw at least
/// one frame before the camera fell silent counts.
///
/// # Errors
/// When the light cannot be lit, the camera cannot be started or goes away, or no frame can be read or looked at.
pub fn capture(
    camera: &mut dyn Camera,
    light: &SharedLight,
    settings: &CaptureSettings,
    look: &mut dyn FnMut(&Frame) -> Result<Observation, LookError>,
    cancelled: &dyn Fn() -> bool,
    send: &mut dyn FnMut(Event),
) -> Result<(), Trouble> {
    let light = light.turn_on().map_err(|error| CameraError::from(error).trouble())?;
    let stream = camera.start(light).map_err(|error| error.trouble())?;
    let mut run = Run { stream, frame: Frame::new(), settings, cancelled, clock: &Instant::now };
    run.stream.settle(&settings.patience, &mut run.frame, cancelled).map_err(|error| error.trouble())?;
    if cancelled() {
        return Ok(());
    }
    send(Event::CaptureStarted);
    let ended = run.look_at_frames(look, send);
    // Ends here in every case, a panic of `look` included: the stream drops, and with it the light.
    drop(run);
    ended.map_err(|error| match error {
        Ended::Camera(error) => error.trouble(),
        Ended::Trouble(trouble) => trouble,
    })
}

/// An aiming ends by itself after this long, whatever the core says or forgets.
pub(crate) const AIM_WITHIN: Duration = Duration::from_secs(150);

/// Between two looks of an aiming: a person moves, reads and moves again.
const AIM_EVERY: Duration = Duration::from_millis(250);

/// Keeps the camera and the light on and says what `look` makes of a picture, four times a second at most and only
/// when it is something new, until `over`. Neither the picture nor anything else of it is kept or told.
///
/// # Errors
/// When the light cannot be lit, the camera cannot be started or goes away, or nothing can be looked at.
pub(crate) fn aim<T: PartialEq + Copy>(
    camera: &mut dyn Camera,
    light: &SharedLight,
    settings: &CaptureSettings,
    look: &mut dyn FnMut(&Frame) -> Result<T, LookError>,
    over: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(T),
) -> Result<(), Trouble> {
    let light = light.turn_on().map_err(|error| CameraError::from(error).trouble())?;
    let mut stream = camera.start(light).map_err(|error| error.trouble())?;
    let mut frame = Frame::new();
    stream.settle(&settings.patience, &mut frame, over).map_err(|error| error.trouble())?;
    let (mut due, mut last, mut torn) = (Instant::now(), None, 0);
    while !over() {
        stream.next(Instant::now() + settings.read, &mut frame).map_err(|error| error.trouble())?;
        if Instant::now() < due {
            continue;
        }
        due = Instant::now() + AIM_EVERY;
        match look(&frame) {
            Ok(fresh) => {
                torn = 0;
                if last.replace(fresh) != Some(fresh) {
                    tell(fresh);
                }
            }
            Err(LookError::Frame(report)) => {
                torn += 1;
                if torn > MOST_TORN {
                    return Err(Trouble { kind: TroubleKind::CameraFormat, report });
                }
            }
            Err(LookError::Broken(trouble)) => return Err(trouble),
        }
    }
    Ok(())
}

/// Why a capture ended before its time.
#[derive(Debug)]
enum Ended {
    Camera(CameraError),
    Trouble(Trouble),
}

/// A capture that runs. `clock` is the real one but in tests.
struct Run<'a> {
    stream: Box<dyn Stream>,
    frame: Frame,
    settings: &'a CaptureSettings,
    cancelled: &'a dyn Fn() -> bool,
    clock: &'a dyn Fn() -> Instant,
}

impl Run<'_> {
    fn look_at_frames(
        &mut self,
        look: &mut dyn FnMut(&Frame) -> Result<Observation, LookError>,
        send: &mut dyn FnMut(Event),
    ) -> Result<(), Ended> {
        let CaptureSettings { frames, within, read, .. } = *self.settings;
        let begun = (self.clock)();
        let (mut seen, mut torn) = (0, 0);
        let mut last_reason = String::new();
        let mut last_frame = None;
        while seen < frames && !(self.cancelled)() {
            let now = (self.clock)();
            if now.duration_since(begun) > within * PATIENCE + read {
                break;
            }
            match self.stream.next(now + read, &mut self.frame) {
                Err(CameraError::Silent { .. }) if seen > 0 => break,
                taken => taken.map_err(Ended::Camera)?,
            }
            // Frames between two looks are let go, so that the looks are spread over the time.
            if (self.clock)() < begun + spread(within, seen, frames) {
                continue;
            }
            match look(&self.frame) {
                Ok(observation) => {
                    seen += 1;
                    let sum = checksum(self.frame.bytes());
                    let copy = last_frame.replace(sum) == Some(sum);
                    send(Event::FrameObserved(Observation { copy, ..observation }));
                }
                Err(LookError::Frame(reason)) => {
                    torn += 1;
                    tracing::debug!(%reason, torn, "a frame was skipped");
                    last_reason = reason;
                    if torn >= MOST_TORN * frames.max(1) {
                        break;
                    }
                }
                Err(LookError::Broken(trouble)) => return Err(Ended::Trouble(trouble)),
            }
        }
        if torn > 0 {
            tracing::info!(seen, torn, reason = %last_reason, "torn frames were skipped");
        }
        if seen == 0 && torn > 0 {
            let report = format!(
                "the camera sends only frames that cannot be read ({torn} of them; {last_reason}). \
                 Try another cable, port or camera"
            );
            return Err(Ended::Trouble(Trouble { kind: TroubleKind::CameraFormat, report }));
        }
        Ok(())
    }
}

/// When the look with this number is due: the first at once, the third after a quarter of the time, the last at
/// its end.
fn spread(within: Duration, number: usize, frames: usize) -> Duration {
    let share = match number {
        0..=2 => number as f64 / 8.0,
        _ => 0.25 + 0.75 * (number - 2) as f64 / frames.saturating_sub(3).max(1) as f64,
    };
    within.mul_f64(share.min(1.0))
}

/// A checksum that tells a frame from the one before. Only whether two are equal leaves this file.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let tail = rest.iter().map(|byte| u64::from(*byte));
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    // FNV-1a, a word at a time.
    words.chain(tail).fold(0xcbf2_9ce4_8422_2325, |sum, word| {
        (sum ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

impl CameraError {
    /// In words for the panel and for the log.
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            CameraError::Missing { .. } | CameraError::Gone { .. } => TroubleKind::CameraMissing,
            CameraError::Busy { .. } => TroubleKind::CameraBusy,
            CameraError::Denied { .. } => TroubleKind::CameraDenied,
            CameraError::Format { .. } => TroubleKind::CameraFormat,
            CameraError::Silent { .. } => TroubleKind::CameraSilent,
            CameraError::Light(_) => TroubleKind::LightDenied,
            CameraError::Csi(error) => error.kind(),
            CameraError::Photo { .. } | CameraError::Io { .. } => TroubleKind::Other,
        };
        Trouble { kind, report: self.to_string() }
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
