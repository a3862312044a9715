//! Photos as a camera, for the demo and for tests: everything behind the camera runs as it ships.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use image::{ImageDecoder, ImageReader, Limits};
use zeroize::Zeroizing;

use super::{Camera, CameraError, Frame, PixelFormat, Stream};
use crate::ports::light::LightOn;
use crate::ports::store;

/// The largest JPEG that a camera sends.
const LARGEST_SENT: u64 = 32 << 20;

/// The largest photo that is read: 8192 x 8192 pixels of three bytes, as the frames allow.
const MOST_BYTES: u64 = 8192 * 8192 * 3;

/// Longer sides are brought down to this, as no camera here sends larger pictures.
const LONGEST_SIDE: u32 = 1280;

/// One byte in so many differs from the photo, another one in each frame.
const NOISE: usize = 1021;

/// Shows one photo for each capture: a person does not become another while the camera looks.
pub struct PhotoCamera {
    paths: Arc<[PathBuf]>,
    next: usize,
    chosen: Arc<Mutex<Option<usize>>>,
    /// Frames a second, or as fast as they are taken.
    fps: Option<f32>,
}

impl PhotoCamera {
    /// Files and folders; of a folder every `.jpg`, `.jpeg` and `.png` in it, by name. `fps` is the pace
    /// of the frames; without one they come at once. A JPEG file that ends in `.mjpg` is handed over as it is,
    /// as a camera does that sends JPEG; folders are not searched for those.
    ///
    /// # Errors
    /// When a folder cannot be listed or holds no photo, or nothing is named. The files are read at each capture.
    pub fn new(paths: &[PathBuf], fps: Option<f32>) -> Result<PhotoCamera, CameraError> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                let found = photos_in(path).map_err(|error| photo(path, &error))?;
                if found.is_empty() {
                    return Err(photo(path, &"the folder holds no .jpg or .png file"));
                }
                files.extend(found);
            } else {
                files.push(path.clone());
            }
        }
        if files.is_empty() {
            return Err(CameraError::Missing {
                wanted: "of photos".to_owned(),
                found: "no photo was named".to_owned(),
            });
        }
        let (paths, chosen) = (files.into(), Arc::default());
        Ok(PhotoCamera { paths, next: 0, chosen, fps: fps.filter(|fps| fps.is_finite() && *fps > 0.0) })
    }
}

impl PhotoCamera {
    /// Chooses what this camera sees, from elsewhere.
    pub fn chooser(&self) -> Chooser {
        Chooser { paths: self.paths.clone(), chosen: self.chosen.clone() }
    }
}

/// Says which photo the next captures see.
#[derive(Clone)]
pub struct Chooser {
    paths: Arc<[PathBuf]>,
    chosen: Arc<Mutex<Option<usize>>>,
}

impl Chooser {
    /// The file names, in order.
    pub fn names(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.paths.iter().map(name).collect()
    }

    /// The file of a photo.
    pub fn path(&self, number: usize) -> Option<PathBuf> {
        self.paths.get(number).cloned()
    }

    /// The number of the photo that was chosen; none while one is shown after another.
    pub fn chosen(&self) -> Option<usize> {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One photo from now on, or one after another; false if there is no such photo.
    pub fn choose(&self, number: Option<usize>) -> bool {
        let there = number.is_none_or(|number| number < self.paths.len());
        if there {
            *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = number;
        }
        there
    }
}

impl Camera for PhotoCamera {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        let chosen = *self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let path = &self.paths[chosen.unwrap_or(self.next) % self.paths.len()];
        if chosen.is_none() {
            self.next = (self.next + 1) % self.paths.len();
        }
        let picture = read(path)?;
        let interval = self.fps.map(|fps| Duration::from_secs_f32(1.0 / fps));
        Ok(Box::new(PhotoStream { picture, interval, due: Instant::now(), taken: 0, _light: light }))
    }

    fn describe(&self) -> String {
        match &*self.paths {
            [path] => format!("photo {}", path.display()),
            paths => format!("{} photos, the first is {}", paths.len(), paths[0].display()),
        }
    }
}

/// The photo of one capture, decoded; wiped at its end like every picture.
struct PhotoStream {
    picture: Picture,
    interval: Option<Duration>,
    due: Instant,
    /// Frames so far.
    taken: usize,
    _light: LightOn,
}

struct Picture {
    width: u32,
    height: u32,
    stride: u32,
    format: PixelFormat,
    bytes: Zeroizing<Vec<u8>>,
}

impl Stream for PhotoStream {
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError> {
        if let Some(interval) = self.interval {
            let begun = Instant::now();
            std::thread::sleep(self.due.min(deadline).saturating_duration_since(begun));
            if self.due > deadline {
                return Err(CameraError::Silent { device: "of photos".to_owned(), waited: begun.elapsed() });
            }
            // A slow reader finds the newest frame, not a queue of old ones.
            self.due = self.due.max(begun) + interval;
        }
        let Picture { width, height, stride, format, bytes } = &self.picture;
        frame.fill(*width, *height, *stride, *format, bytes);
        if *format != PixelFormat::Mjpg && self.taken > 0 {
            // No sensor gives the same bytes twice: here and there one is a step lighter or darker.
            frame.bytes_mut().iter_mut().skip(self.taken % NOISE).step_by(NOISE).for_each(|byte| *byte ^= 1);
        }
        self.taken += 1;
        Ok(())
    }
}

/// A JPEG file as a camera sends it.
fn as_sent(path: &Path) -> Result<Picture, CameraError> {
    let bytes = Zeroizing::new(store::read_bounded(path, LARGEST_SENT).map_err(|error| photo(path, &error))?);
    let reader = ImageReader::with_format(std::io::Cursor::new(bytes.as_slice()), image::ImageFormat::Jpeg);
    let (width, height) = reader.into_dimensions().map_err(|error| photo(path, &error))?;
    Ok(Picture { width, height, stride: 0, format: PixelFormat::Mjpg, bytes })
}

/// Reads a photo upright, whatever its file name says it is.
fn read(path: &Path) -> Result<Picture, CameraError> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mjpg")) {
        return as_sent(path);
    }
    let failed = |error: image::ImageError| photo(path, &error);
    let reader = ImageReader::open(path).map_err(|error| photo(path, &error))?;
    let mut reader = reader.with_guessed_format().map_err(|error| photo(path, &error))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    // Phones write the picture as the sensor saw it and note how it was held.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = image::DynamicImage::from_decoder(decoder).map_err(failed)?;
    image.apply_orientation(orientation);
    if image.width().max(image.height()) > LONGEST_SIDE {
        image = image.thumbnail(LONGEST_SIDE, LONGEST_SIDE);
    }
    if image.width() == 0 || image.height() == 0 {
        return Err(photo(path, &"it has no pixels"));
    }
    let rgb = image.into_rgb8();
    let (width, height) = rgb.dimensions();
    let bytes = Zeroizing::new(rgb.into_raw());
    Ok(Picture { width, height, stride: width * 3, format: PixelFormat::Rgb3, bytes })
}

fn photos_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if ["jpg", "jpeg", "png"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn photo(path: &Path, reason: &dyn std::fmt::Display) -> CameraError {
    CameraError::Photo { path: path.display().to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::light::simulated::{Bulb, SimulatedLight};
    use crate::ports::light::{LightOn, SharedLight};

    fn light() -> (LightOn, Bulb) {
        let (light, bulb) = SimulatedLight::new();
        (SharedLight::new(Box::new(light)).turn_on().unwrap(), bulb)
    }

    fn save(folder: &Path, name: &str, size: (u32, u32), color: [u8; 3]) -> PathBuf {
        let path = folder.join(name);
        image::RgbImage::from_pixel(size.0, size.1, image::Rgb(color)).save(&path).unwrap();
        path
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn a_jpeg_can_be_handed_over_as_a_camera_sends_it() {
        let folder = tempfile::tempdir().unwrap();
        let jpeg = save(folder.path(), "a.jpg", (64, 48), [200, 10, 10]);
        let path = folder.path().join("a.mjpg");
        std::fs::rename(jpeg, &path).unwrap();
        let mut camera = PhotoCamera::new(std::slice::from_ref(&path), None).unwrap();
        let mut frame = Frame::new();
        camera.start(light().0).unwrap().next(soon(), &mut frame).unwrap();
        assert_eq!((frame.width, frame.height, frame.format), (64, 48, PixelFormat::Mjpg));
        assert_eq!(frame.bytes(), std::fs::read(&path).unwrap());
        std::fs::write(&path, "no picture").unwrap();
        assert!(camera.start(light().0).is_err());
    }

    #[test]
    fn each_capture_sees_the_next_photo_and_after_the_last_the_first() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), "b.png", (30, 20), [0, 255, 0]);
        save(folder.path(), "a.PNG", (16, 8), [255, 0, 0]);
        std::fs::write(folder.path().join("notes.txt"), "no photo").unwrap();
        let alone = save(folder.path(), "c.png", (4, 4), [0, 0, 255]);
        let paths = [folder.path().to_owned(), alone];
        let mut camera = PhotoCamera::new(&paths, None).unwrap();
        let mut frame = Frame::new();
        for wanted in [(16, 255, 0), (30, 0, 255), (4, 0, 0), (4, 0, 0), (16, 255, 0)] {
            let mut stream = camera.start(light().0).unwrap();
            stream.next(soon(), &mut frame).unwrap();
            assert_eq!((frame.width, frame.bytes()[0], frame.bytes()[1]), wanted);
            assert_eq!(frame.bytes().len(), (frame.width * frame.height * 3) as usize);
            assert_eq!(frame.stride, frame.width * 3);
            // The next one is the same but for the noise.
            let first = frame.bytes().to_vec();
            stream.next(soon(), &mut frame).unwrap();
            assert_ne!(frame.bytes(), first);
            assert!(frame.bytes().iter().zip(&first).all(|(now, then)| now.abs_diff(*then) <= 1));
        }
    }

    #[test]
    fn a_chosen_photo_is_seen_until_another_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        for (name, side) in [("a.png", 4), ("b.png", 6), ("c.png", 8)] {
            save(folder.path(), name, (side, side), [1, 2, 3]);
        }
        let mut camera = PhotoCamera::new(&[folder.path().to_owned()], None).unwrap();
        let chooser = camera.chooser();
        assert_eq!(chooser.names(), ["a.png", "b.png", "c.png"]);
        let mut frame = Frame::new();
        for (choice, side) in [(None, 4), (Some(2), 8), (Some(2), 8), (Some(0), 4), (None, 6)] {
            assert!(chooser.choose(choice));
            camera.start(light().0).unwrap().next(soon(), &mut frame).unwrap();
            assert_eq!(frame.width, side, "{choice:?}");
        }
        assert!(!chooser.choose(Some(3)) && chooser.chosen().is_none());
    }

    #[test]
    fn what_cannot_be_read_is_named_with_the_reason_and_the_light_is_out() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.jpg");
        std::fs::write(&text, "this is no photo").unwrap();
        let whole = save(folder.path(), "whole.png", (64, 64), [9, 9, 9]);
        let cut = folder.path().join("cut.png");
        std::fs::write(&cut, &std::fs::read(&whole).unwrap()[..60]).unwrap();
        for path in [text, cut, folder.path().join("nowhere.jpg")] {
            let mut camera = PhotoCamera::new(std::slice::from_ref(&path), None).unwrap();
            let (light, bulb) = light();
            let error = camera.start(light).err().expect("not a photo");
            let message = error.to_string();
            assert!(matches!(error, CameraError::Photo { .. }), "{message}");
            assert!(message.contains(path.to_str().unwrap()) && message.len() > path.as_os_str().len() + 10);
            assert_eq!(bulb.history(), [true, false]);
        }
    }

    #[test]
    fn an_empty_folder_and_an_empty_list_are_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let error = PhotoCamera::new(&[folder.path().to_owned()], None).err().unwrap();
        assert!(error.to_string().contains("holds no .jpg or .png"), "{error}");
        assert!(matches!(PhotoCamera::new(&[], None), Err(CameraError::Missing { .. })));
    }

    #[test]
    fn large_photos_come_down_to_the_size_of_a_frame() {
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), "large.png", (4000, 1000), [1, 2, 3]);
        let mut stream = PhotoCamera::new(&[path], None).unwrap().start(light().0).unwrap();
        let mut frame = Frame::new();
        stream.next(soon(), &mut frame).unwrap();
        assert_eq!((frame.width, frame.height), (1280, 320));
    }

    #[test]
    fn a_frame_that_is_not_due_before_the_deadline_is_silence() {
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), "a.png", (4, 4), [1, 2, 3]);
        let mut stream = PhotoCamera::new(&[path], Some(0.001)).unwrap().start(light().0).unwrap();
        let mut frame = Frame::new();
        stream.next(soon(), &mut frame).unwrap();
        let error = stream.next(Instant::now(), &mut frame).unwrap_err();
        assert!(matches!(error, CameraError::Silent { .. }), "{error:?}");
    }
}
