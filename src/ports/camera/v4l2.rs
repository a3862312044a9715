//! Real cameras, through Video4Linux: memory-mapped buffers, and a deadline on every read.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use v4l::buffer::{Flags as BufferFlags, Type};
use v4l::control::{Control, Value};
use v4l::io::mmap::Stream as MmapStream;
use v4l::io::traits::CaptureStream;
use v4l::{Device, control};

use super::agree::{Opened, answer, meaning};
use super::bayer::{Bayer, measure};
use super::exposure::{Exposure, Limits, Range, Setting};
use super::find::{CameraChoice, Node, Places};
use super::warm_up::MOST_FRAMES;
use super::{Camera, CameraError, Frame, LumaRange, Patience, PixelFormat, Stream, settle};
use crate::ports::light::LightOn;

/// Buffers that the driver fills in turn. Four, so that none is missed while a frame is looked at; more
/// would only keep older pictures.
const BUFFERS: u32 = 4;

/// Broken reads in a row after which the camera counts as broken itself.
const MOST_FAILURES: u32 = 10;

/// A camera known by name. It is looked for anew at every start: a camera that was plugged in again has
/// another number.
pub struct V4l2Camera {
    wanted: CameraChoice,
    places: Places,
    /// Formats that may be taken; all if empty.
    formats: Vec<PixelFormat>,
    last: Option<String>,
    /// The name that the camera gave itself when it was last opened.
    card: Option<String>,
}

impl V4l2Camera {
    /// `name` is `auto`, a node (`/dev/video0`), a link to one, or a part of the name that the camera gives itself.
    pub fn new(name: &str) -> V4l2Camera {
        V4l2Camera::at(name, Places::default())
    }

    /// The same on another machine's folders.
    pub fn at(name: &str, places: Places) -> V4l2Camera {
        let Ok(wanted) = name.parse();
        V4l2Camera { wanted, places, formats: Vec::new(), last: None, card: None }
    }

    /// Takes no other formats than these, for a camera that is bad at the one that would be chosen.
    pub fn with_formats(mut self, formats: Vec<PixelFormat>) -> V4l2Camera {
        self.formats = formats;
        self
    }

    /// The first candidate that can be opened and used.
    fn first<T>(&mut self, mut with: impl FnMut(Opened) -> Result<T, CameraError>) -> Result<T, CameraError> {
        let mut candidates = self.places.candidates(&self.wanted);
        if let (true, Some(card)) = (candidates.is_empty(), &self.card) {
            // Plugged in again it may have another number, and after a hub's reset no link: the card is the same.
            candidates = self.places.candidates(&CameraChoice::Card(card.clone()));
            if let Some(node) = candidates.first() {
                tracing::warn!(%node, wanted = %self.wanted, "the camera is back under another name");
            }
        }
        let mut refusal: Option<(u8, CameraError)> = None;
        for node in &candidates {
            let opened =
                Opened::open(node, &|format| self.formats.is_empty() || self.formats.contains(&format));
            let (weight, error) = match opened {
                Ok(opened) => match with(opened) {
                    Ok(done) => {
                        self.card = Some(node.name.clone()).filter(|name| !name.is_empty());
                        return Ok(done);
                    }
                    // A camera, and it does not stream: no other node's reason tells as much.
                    Err(error) => (u8::MAX, error),
                },
                Err(error) => (telling(&error), error),
            };
            tracing::debug!(%node, %error, "not this one");
            refusal = Some(match refusal {
                Some(first) if first.0 >= weight => first,
                _ => (weight, error),
            });
        }
        Err(refusal.map_or_else(|| self.missing(), |(_, error)| error))
    }

    fn missing(&self) -> CameraError {
        CameraError::Missing { wanted: self.wanted.to_string(), found: self.places.listing() }
    }
}

/// How much a refusal tells the person, when several nodes refused: one that could work weighs most.
fn telling(error: &CameraError) -> u8 {
    match error {
        CameraError::Busy { .. } => 4,
        CameraError::Denied { .. } => 3,
        CameraError::Format { .. } => 2,
        CameraError::Io { .. } => 1,
        _ => 0,
    }
}

impl Camera for V4l2Camera {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        let (described, stream) = self.first(|opened| {
            let described = opened.describe();
            Ok((described, V4l2Stream::start(opened, light.clone())?))
        })?;
        if self.last.as_ref() != Some(&described) {
            tracing::info!(camera = %described, "camera");
            self.last = Some(described);
        }
        Ok(Box::new(stream))
    }

    /// Agrees with the camera on a format and closes it again.
    fn probe(&mut self) -> Result<String, CameraError> {
        self.first(|opened| Ok(format!("{}; offers {}", opened.describe(), opened.offered)))
    }

    fn describe(&self) -> String {
        self.last.clone().unwrap_or_else(|| format!("a camera {}", self.wanted))
    }
}

/// A device that streams. The light is declared after the stream, so it goes out after the camera stops.
struct V4l2Stream {
    /// Taken only by `drop`.
    stream: Option<MmapStream<'static>>,
    /// For its controls; the stream holds the file open by itself.
    device: Device,
    /// Every buffer is with the driver: the last wait ended without one. The next buffer has to be
    /// fetched, not exchanged.
    all_queued: bool,
    node: Node,
    format: PixelFormat,
    width: u32,
    height: u32,
    stride: u32,
    range: LumaRange,
    _light: LightOn,
}

impl V4l2Stream {
    fn start(opened: Opened, light: LightOn) -> Result<V4l2Stream, CameraError> {
        let Opened { device, node, format, width, height, stride, range, .. } = opened;
        let failed = |error| meaning(&node.path, error);
        let mut stream = MmapStream::with_buffers(&device, Type::VideoCapture, BUFFERS).map_err(failed)?;
        // The first call queues the buffers and switches the camera on. Without patience it does not
        // wait for a frame, so every other error is one of switching on.
        stream.set_timeout(Duration::ZERO);
        let all_queued = match CaptureStream::next(&mut stream) {
            Ok(_) => false,
            Err(error) if is_wait(&error) => true,
            Err(error) => return Err(failed(error)),
        };
        Ok(V4l2Stream {
            stream: Some(stream),
            device,
            all_queued,
            node,
            format,
            width,
            height,
            stride,
            range,
            _light: light,
        })
    }

    /// One try to get a frame until `deadline`.
    fn try_next(&mut self, deadline: Instant, frame: &mut Frame) -> io::Result<Taken> {
        let Some(stream) = self.stream.as_mut() else { return Err(Errno::NODEV.into()) };
        // Milliseconds round down: half a millisecond would be none.
        let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        stream.set_timeout(left.min(Duration::from_secs(60)));
        if self.all_queued {
            CaptureStream::dequeue(stream)?;
            // That frame cannot be reached any more; the next call gives its buffer back.
            self.all_queued = false;
            return Ok(Taken::Nothing);
        }
        self.all_queued = true;
        let (bytes, meta) = CaptureStream::next(stream)?;
        self.all_queued = false;
        if meta.flags.contains(BufferFlags::ERROR) {
            return Ok(Taken::Damaged);
        }
        // Drivers that leave the length at 0 mean the whole buffer, some report more than it holds.
        let used = match meta.bytesused as usize {
            0 => bytes.len(),
            used => used.min(bytes.len()),
        };
        frame.fill(self.width, self.height, self.stride, self.format, &bytes[..used]);
        frame.range = self.range;
        Ok(Taken::Frame)
    }

    /// Sets the exposure of a bare sensor, which nobody else does. Without the controls, the picture is
    /// raised as far as it goes and has to do.
    fn expose(
        &mut self,
        bayer: Bayer,
        deadline: Instant,
        frame: &mut Frame,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), CameraError> {
        let Some((controls, limits, now)) = SensorControls::of(&self.device) else {
            tracing::debug!("a bare sensor without an exposure control");
            return Ok(());
        };
        let mut exposure = Exposure::new(limits, now);
        for _ in 0..MOST_FRAMES {
            if cancelled() || exposure.settled() {
                break;
            }
            match self.next(deadline, frame) {
                Err(CameraError::Silent { .. }) => break,
                taken => taken?,
            }
            let Ok(light) = measure(frame, bayer) else { continue };
            if let Some(setting) = exposure.see(&light) {
                tracing::debug!(luma = light.luma(), clipped = light.clipped, ?setting, "exposure");
                if let Err(error) = controls.set(&self.device, setting) {
                    tracing::warn!(camera = %self.node, %error, "the exposure cannot be set");
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The controls of a sensor that its video node passes on.
struct SensorControls {
    exposure: u32,
    gain: Option<u32>,
}

impl SensorControls {
    /// `V4L2_CID_EXPOSURE`, in lines of the sensor.
    const EXPOSURE: u32 = 0x0098_0911;
    /// `V4L2_CID_ANALOGUE_GAIN`, and `V4L2_CID_GAIN` of older drivers.
    const GAINS: [u32; 2] = [0x009e_0903, 0x0098_0913];

    /// The controls, what they take, and what they are set to.
    fn of(device: &Device) -> Option<(SensorControls, Limits, Setting)> {
        let listed = answer(|| device.query_controls()).ok()?;
        let find = |id: u32| {
            let usable = |control: &&control::Description| {
                control.id == id
                    && !control.flags.intersects(control::Flags::DISABLED | control::Flags::READ_ONLY)
            };
            let control = listed.iter().find(usable)?;
            Some(Range { least: control.minimum, most: control.maximum })
        };
        let value = |id: u32| match answer(|| device.control(id)) {
            Ok(Control { value: Value::Integer(value), .. }) => Some(value),
            _ => None,
        };
        let exposure = find(Self::EXPOSURE)?;
        let gain = Self::GAINS.into_iter().find_map(|id| Some((id, find(id)?)));
        let now = Setting {
            exposure: value(Self::EXPOSURE)?,
            gain: gain.and_then(|(id, range)| value(id).or(Some(range.least))).unwrap_or_default(),
        };
        let controls = SensorControls { exposure: Self::EXPOSURE, gain: gain.map(|(id, _)| id) };
        Some((controls, Limits { exposure, gain: gain.map(|(_, range)| range) }, now))
    }

    fn set(&self, device: &Device, setting: Setting) -> io::Result<()> {
        let set = |id, value| answer(|| device.set_control(Control { id, value: Value::Integer(value) }));
        set(self.exposure, setting.exposure)?;
        self.gain.map_or(Ok(()), |gain| set(gain, setting.gain))
    }
}

enum Taken {
    Frame,
    /// A buffer that the driver marked as broken.
    Damaged,
    /// A buffer came back, but its bytes could not be reached.
    Nothing,
}

/// The wait ended without a frame, and the camera is well.
fn is_wait(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl Stream for V4l2Stream {
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError> {
        let begun = Instant::now();
        let mut failures = 0;
        loop {
            let error = match self.try_next(deadline, frame) {
                Ok(Taken::Frame) => return Ok(()),
                Ok(Taken::Damaged | Taken::Nothing) => None,
                Err(error) if is_wait(&error) => None,
                Err(error) => Some(error),
            };
            if let Some(error) = error {
                failures += 1;
                let broken_read = error.raw_os_error() == Some(Errno::IO.raw_os_error());
                if !broken_read || failures >= MOST_FAILURES {
                    return Err(meaning(&self.node.path, error));
                }
                // A lost signal fails at once, again and again: give it a moment.
                std::thread::sleep(Duration::from_millis(5));
            }
            if Instant::now() >= deadline {
                return Err(CameraError::Silent { device: self.node.to_string(), waited: begun.elapsed() });
            }
        }
    }

    fn settle(
        &mut self,
        patience: &Patience,
        frame: &mut Frame,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), CameraError> {
        settle::first(self, patience.first, frame, cancelled)?;
        let deadline = Instant::now() + patience.settle;
        if let PixelFormat::Bayer(bayer) = self.format {
            self.expose(bayer, deadline, frame, cancelled)?;
        }
        settle::calm(self, deadline, frame, cancelled)
    }
}

impl Drop for V4l2Stream {
    fn drop(&mut self) {
        // The crate panics when a driver cannot be stopped. The file is closed all the same, which stops it.
        let stream = self.stream.take();
        if catch_unwind(AssertUnwindSafe(|| drop(stream))).is_err() {
            tracing::warn!(camera = %self.node, "the driver could not be stopped; its file was closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::light::SharedLight;
    use crate::ports::light::simulated::SimulatedLight;

    fn start(name: &str, places: Places) -> CameraError {
        let (light, bulb) = SimulatedLight::new();
        let light = SharedLight::new(Box::new(light));
        let mut camera = V4l2Camera::at(name, places);
        let error = camera.start(light.turn_on().unwrap()).err().expect("there is no camera");
        assert!(!bulb.is_on(), "the light goes out when the start fails");
        assert_eq!(bulb.history(), [true, false]);
        error
    }

    fn empty_machine() -> (tempfile::TempDir, Places) {
        let root = tempfile::tempdir().unwrap();
        let places = Places { class: root.path().join("class"), dev: root.path().join("dev") };
        (root, places)
    }

    #[test]
    fn without_a_camera_the_message_says_what_was_wanted_and_what_is_here() {
        for (name, wanted) in
            [("auto", "of any kind"), ("C920", "named like `C920`"), ("/dev/video77", "/dev/video77")]
        {
            let (_root, places) = empty_machine();
            let error = start(name, places);
            assert!(matches!(error, CameraError::Missing { .. }), "{error:?}");
            let message = error.to_string();
            assert!(message.contains(wanted) && message.contains("cameras here: none"), "{message}");
        }
    }

    #[test]
    fn a_node_that_is_no_video_device_is_an_error_and_no_panic() {
        let (_root, places) = empty_machine();
        std::fs::create_dir_all(&places.dev).unwrap();
        let node = places.dev.join("video0");
        std::fs::write(&node, "not a device").unwrap();
        let error = start(&node.display().to_string(), places);
        assert!(matches!(&error, CameraError::Io { device, .. } if device.ends_with("video0")), "{error:?}");
    }

    #[test]
    fn a_camera_that_is_back_under_another_number_is_found_by_its_card() {
        let (_root, places) = empty_machine();
        std::fs::create_dir_all(places.class.join("video2")).unwrap();
        std::fs::write(places.class.join("video2/name"), "UVC Camera\n").unwrap();
        std::fs::create_dir_all(&places.dev).unwrap();
        std::fs::write(places.dev.join("video2"), "no device, but the one that is tried").unwrap();
        let mut camera = V4l2Camera::at("/nowhere/video0", places);
        assert!(matches!(camera.probe(), Err(CameraError::Missing { .. })), "it was never seen");
        // As it is after it was opened once.
        camera.card = Some("UVC Camera".to_owned());
        let error = camera.probe().expect_err("a file is no camera");
        assert!(matches!(&error, CameraError::Io { device, .. } if device.ends_with("video2")), "{error:?}");
    }

    #[test]
    fn what_refuses_with_the_best_reason_is_what_the_person_hears_about() {
        let busy = CameraError::Busy { device: String::new() };
        let denied = CameraError::Denied { device: String::new() };
        let node = Node { path: "/dev/video1".into(), name: String::new() };
        let other = super::super::agree::unusable(&node, "no pictures", "");
        assert!(telling(&busy) > telling(&denied) && telling(&denied) > telling(&other));
    }
}
