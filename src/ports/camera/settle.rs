//! Waiting until a camera that was just switched on gives a picture that can be believed.

use std::time::{Duration, Instant};

use super::formats::{Rgb, to_rgb};
use super::warm_up::Settling;
use super::{CameraError, Frame, Stream};

/// Waits for the first frame of all, in steps, so that a person who changes their mind is heard.
pub(super) fn first(
    stream: &mut dyn Stream,
    patience: Duration,
    frame: &mut Frame,
    cancelled: &dyn Fn() -> bool,
) -> Result<(), CameraError> {
    const STEP: Duration = Duration::from_millis(200);
    let begun = Instant::now();
    loop {
        let left = patience.saturating_sub(begun.elapsed());
        match stream.next(Instant::now() + left.min(STEP), frame) {
            Err(CameraError::Silent { .. }) if cancelled() => return Ok(()),
            Err(CameraError::Silent { .. }) if left > STEP => {}
            Err(CameraError::Silent { device, .. }) => {
                return Err(CameraError::Silent { device, waited: begun.elapsed() });
            }
            taken => return taken,
        }
    }
}

/// Lets frames go until their brightness stays the same, or until the deadline.
pub(super) fn calm(
    stream: &mut dyn Stream,
    deadline: Instant,
    frame: &mut Frame,
    cancelled: &dyn Fn() -> bool,
) -> Result<(), CameraError> {
    let mut settling = Settling::new();
    let mut rgb = Rgb::new();
    while !cancelled() {
        match stream.next(deadline, frame) {
            // A picture whose brightness still changes is better than none.
            Err(CameraError::Silent { .. }) => break,
            taken => taken?,
        }
        match to_rgb(frame, &mut rgb) {
            Ok(()) if settling.see(rgb.brightness()) => break,
            Ok(()) => {}
            Err(error) => tracing::debug!(%error, "a torn frame while the camera wakes up"),
        }
    }
    tracing::debug!(frames = settling.seen(), "settled");
    Ok(())
}
