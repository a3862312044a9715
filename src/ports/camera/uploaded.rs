//! Pictures that the browser of a person who tries the simulated device sends while the camera looks.
//!
//! At most one picture waits at a time. It is wiped when it is taken, when a newer one comes, and at the end
//! of the look; outside a look none is taken in.

use std::io::Cursor;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use image::{ImageFormat, ImageReader};
use zeroize::Zeroizing;

use super::{Camera, CameraError, Frame, PixelFormat, Stream};
use crate::ports::light::LightOn;

/// Wider or higher is sent by no camera here.
const MOST_PIXELS: u32 = 2048;

/// A camera that sees what is sent to it, or leaves the look to another one.
pub struct UploadedCamera {
    other: Box<dyn Camera>,
    inbox: Inbox,
}

/// Where pictures are sent to. Clones lead to the same camera.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// The next looks see what is sent, not the other camera.
    wanted: bool,
    /// A look goes on.
    open: bool,
    picture: Option<Picture>,
}

struct Picture {
    width: u32,
    height: u32,
    jpeg: Zeroizing<Vec<u8>>,
}

/// Why a picture was not taken in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("the camera does not look now; send pictures while the light is on")]
    Closed,
    #[error("this is no JPEG picture of at most {MOST_PIXELS} x {MOST_PIXELS} pixels")]
    Unreadable,
}

impl UploadedCamera {
    /// A camera that leaves looks to `other` until the inbox says otherwise.
    pub fn new(other: Box<dyn Camera>) -> (UploadedCamera, Inbox) {
        let inbox = Inbox::default();
        (UploadedCamera { other, inbox: inbox.clone() }, inbox)
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next looks see what is sent.
    pub fn is_wanted(&self) -> bool {
        self.lock().wanted
    }

    /// From the next look on.
    pub fn want(&self, wanted: bool) {
        self.lock().wanted = wanted;
    }

    /// Hands a picture to the look that goes on; wiped if there is none.
    ///
    /// # Errors
    /// When nobody looks, or it is no picture.
    pub fn post(&self, jpeg: Zeroizing<Vec<u8>>) -> Result<(), NotTaken> {
        if !self.lock().open {
            return Err(NotTaken::Closed);
        }
        let reader = ImageReader::with_format(Cursor::new(jpeg.as_slice()), ImageFormat::Jpeg);
        let (width, height) = reader.into_dimensions().map_err(|_| NotTaken::Unreadable)?;
        if !(1..=MOST_PIXELS).contains(&width) || !(1..=MOST_PIXELS).contains(&height) {
            return Err(NotTaken::Unreadable);
        }
        let mut waiting = self.lock();
        if !waiting.open {
            return Err(NotTaken::Closed);
        }
        waiting.picture = Some(Picture { width, height, jpeg });
        self.0.arrived.notify_one();
        Ok(())
    }
}

impl Camera for UploadedCamera {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        let mut waiting = self.inbox.lock();
        if !waiting.wanted {
            drop(waiting);
            return self.other.start(light);
        }
        waiting.open = true;
        Ok(Box::new(PostedStream { inbox: self.inbox.clone(), _light: light }))
    }

    fn describe(&self) -> String {
        match self.inbox.is_wanted() {
            true => "pictures from the page".to_owned(),
            false => self.other.describe(),
        }
    }
}

struct PostedStream {
    inbox: Inbox,
    _light: LightOn,
}

impl Stream for PostedStream {
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError> {
        let begun = Instant::now();
        let mut waiting = self.inbox.lock();
        loop {
            if let Some(picture) = waiting.picture.take() {
                frame.fill(picture.width, picture.height, 0, PixelFormat::Mjpg, &picture.jpeg);
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(CameraError::Silent {
                    device: "of the page".to_owned(),
                    waited: begun.elapsed(),
                });
            }
            waiting =
                self.inbox.0.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for PostedStream {
    fn drop(&mut self) {
        let mut waiting = self.inbox.lock();
        waiting.open = false;
        waiting.picture = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::camera::photos::PhotoCamera;
    use crate::ports::light::SharedLight;
    use crate::ports::light::simulated::SimulatedLight;
    use std::time::Duration;

    fn jpeg(side: u32) -> Zeroizing<Vec<u8>> {
        let mut bytes = Cursor::new(Vec::new());
        image::RgbImage::from_pixel(side, side, image::Rgb([9, 90, 200]))
            .write_to(&mut bytes, ImageFormat::Jpeg)
            .unwrap();
        Zeroizing::new(bytes.into_inner())
    }

    fn camera(folder: &std::path::Path) -> (UploadedCamera, Inbox) {
        let photo = folder.join("other.png");
        image::RgbImage::from_pixel(4, 4, image::Rgb([1, 2, 3])).save(&photo).unwrap();
        UploadedCamera::new(Box::new(PhotoCamera::new(&[photo], None).unwrap()))
    }

    #[test]
    fn a_look_sees_what_was_sent_during_it_and_nothing_from_before_or_after() {
        let folder = tempfile::tempdir().unwrap();
        let (mut camera, inbox) = camera(folder.path());
        let (light, bulb) = SimulatedLight::new();
        let light = SharedLight::new(Box::new(light));
        let mut frame = Frame::new();
        let soon = || Instant::now() + Duration::from_secs(10);

        let mut stream = camera.start(light.turn_on().unwrap()).unwrap();
        stream.next(soon(), &mut frame).unwrap();
        assert_eq!((frame.width, frame.format), (4, PixelFormat::Rgb3), "the other camera sees");
        assert_eq!(inbox.post(jpeg(32)), Err(NotTaken::Closed));
        drop(stream);

        inbox.want(true);
        assert_eq!(inbox.post(jpeg(32)), Err(NotTaken::Closed), "nobody looks yet");
        let mut stream = camera.start(light.turn_on().unwrap()).unwrap();
        assert!(bulb.is_on());
        assert_eq!(inbox.post(Zeroizing::new(b"no picture".to_vec())), Err(NotTaken::Unreadable));
        inbox.post(jpeg(32)).unwrap();
        inbox.post(jpeg(48)).unwrap();
        stream.next(soon(), &mut frame).unwrap();
        assert_eq!(
            (frame.width, frame.height, frame.format),
            (48, 48, PixelFormat::Mjpg),
            "the newest alone"
        );
        let silent = stream.next(Instant::now(), &mut frame).unwrap_err();
        assert!(matches!(silent, CameraError::Silent { .. }), "a picture is seen once: {silent}");
        inbox.post(jpeg(32)).unwrap();
        drop(stream);
        assert!(!bulb.is_on() && inbox.lock().picture.is_none());
        assert_eq!(inbox.post(jpeg(32)), Err(NotTaken::Closed));
    }
}
