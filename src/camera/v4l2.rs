//! Real cameras, through Video4Linux: memory-mapped buffers, and a deadline on every read.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use v4l::buffer::{Flags as BufferFlags, Type};
use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::io::mmap::Stream as MmapStream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};

use super::find::{Node, Places, Wanted};
use super::formats::{LARGEST_SIDE, Rgb, to_rgb};
use super::negotiate::{self, Offer};
use super::settle::Settling;
use super::{Camera, CameraError, Frame, PixelFormat, Stream};
use crate::light::LightOn;

/// Buffers that the driver fills in turn. Four, so that none is missed while a frame is looked at; more
/// would only keep older pictures.
const BUFFERS: u32 = 4;

/// Broken reads in a row after which the camera counts as broken itself.
const MOST_FAILURES: u32 = 10;

/// Frames a second that are asked for; a camera may give fewer, above all in the dark.
const FPS: u32 = 30;

/// A camera known by name. It is looked for anew at every start: a camera that was plugged in again has
/// another number.
pub struct V4l2Camera {
    wanted: Wanted,
    places: Places,
    last: Option<String>,
}

impl V4l2Camera {
    /// `name` is what [`Wanted`] takes: `auto`, a node, a link to one, a part of the card's name.
    pub fn new(name: &str) -> V4l2Camera {
        V4l2Camera::at(name, Places::default())
    }

    /// The same on another machine's folders.
    pub fn at(name: &str, places: Places) -> V4l2Camera {
        let Ok(wanted) = name.parse();
        V4l2Camera { wanted, places, last: None }
    }

    /// The first candidate that gives pictures.
    fn open(&self) -> Result<Opened, CameraError> {
        let candidates = self.places.candidates(&self.wanted);
        let mut refusal: Option<CameraError> = None;
        for node in &candidates {
            match Opened::open(node) {
                Ok(opened) => return Ok(opened),
                Err(error) => {
                    tracing::debug!(%node, %error, "not this one");
                    refusal = Some(match refusal {
                        Some(first) if telling(&first) >= telling(&error) => first,
                        _ => error,
                    });
                }
            }
        }
        Err(refusal.unwrap_or_else(|| self.missing()))
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
        let opened = self.open()?;
        let described = opened.describe();
        if self.last.as_ref() != Some(&described) {
            tracing::info!(camera = %described, "camera");
            self.last = Some(described);
        }
        Ok(Box::new(V4l2Stream::start(opened, light)?))
    }

    fn describe(&self) -> String {
        self.last.clone().unwrap_or_else(|| format!("a camera {}", self.wanted))
    }
}

/// A device that agreed on a format.
struct Opened {
    device: Device,
    node: Node,
    format: PixelFormat,
    width: u32,
    height: u32,
    stride: u32,
}

impl Opened {
    fn open(node: &Node) -> Result<Opened, CameraError> {
        let failed = |error| meaning(&node.path, error);
        let device = Device::with_path(&node.path).map_err(failed)?;
        let caps = answer(|| device.query_caps()).map_err(failed)?.capabilities;
        let m2m = Flags::VIDEO_M2M | Flags::VIDEO_M2M_MPLANE;
        if !caps.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) || caps.intersects(m2m) {
            return Err(unusable(node, "no pictures", "It is another kind of device; choose another"));
        }
        let described = answer(|| device.enum_formats()).map_err(failed)?;
        let fourccs: Vec<FourCC> = described.iter().map(|format| format.fourcc).collect();
        let offers = offers(&device, &fourccs);
        let Some((fourcc, offer)) = choose(&offers) else {
            return Err(unusable(node, &names(&fourccs), cure(&fourccs)));
        };
        let wanted = Format::new(offer.width, offer.height, fourcc);
        let agreed = answer(|| device.set_format(&wanted)).map_err(failed)?;
        let Some(format) = known(agreed.fourcc) else {
            return Err(unusable(node, &names(&[agreed.fourcc]), cure(&[agreed.fourcc])));
        };
        // Another program may have left it at one frame a second. Not every driver lets itself be told.
        let rate = answer(|| device.set_params(&Parameters::with_fps(FPS)));
        tracing::debug!(%node, ?offer, agreed = %agreed, ?rate, "agreed");
        let stride = if format == PixelFormat::Mjpg { 0 } else { agreed.stride };
        let (width, height) = (agreed.width, agreed.height);
        Ok(Opened { device, node: node.clone(), format, width, height, stride })
    }

    fn describe(&self) -> String {
        format!("{}, {:?} {}x{}", self.node, self.format, self.width, self.height)
    }
}

/// Asks the driver something. The `v4l` crate panics where a driver answers with what it does not know
/// (a colour space newer than itself, a name that is not UTF-8); that is an error like any other here.
fn answer<T>(ask: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(ask))
        .unwrap_or_else(|_| Err(io::Error::other("the driver gave an answer that cannot be understood")))
}

/// Every size of every format that can be read.
fn offers(device: &Device, fourccs: &[FourCC]) -> Vec<(FourCC, Offer)> {
    let mut offers = Vec::new();
    for &fourcc in fourccs {
        let Some(format) = known(fourcc) else { continue };
        for (width, height) in sizes(device, fourcc) {
            if width.max(height) <= LARGEST_SIDE && width.min(height) > 0 {
                offers.push((
                    fourcc,
                    Offer { format, width, height, fps: rate(device, fourcc, width, height) },
                ));
            }
        }
    }
    offers
}

fn choose(offers: &[(FourCC, Offer)]) -> Option<(FourCC, Offer)> {
    let plain: Vec<Offer> = offers.iter().map(|(_, offer)| *offer).collect();
    let best = negotiate::choose(&plain)?;
    offers.iter().find(|(_, offer)| *offer == best).copied()
}

fn sizes(device: &Device, fourcc: FourCC) -> Vec<(u32, u32)> {
    let listed = answer(|| device.enum_framesizes(fourcc)).unwrap_or_default();
    let sizes: Vec<(u32, u32)> = listed
        .into_iter()
        .map(|listed| match listed.size {
            FrameSizeEnum::Discrete(size) => (size.width, size.height),
            FrameSizeEnum::Stepwise(range) => (
                negotiate::fit((range.min_width, range.max_width), range.step_width, negotiate::WIDTH),
                negotiate::fit((range.min_height, range.max_height), range.step_height, negotiate::HEIGHT),
            ),
        })
        .collect();
    // A driver that does not list sizes takes what is asked for, or rounds it.
    if sizes.is_empty() { vec![(negotiate::WIDTH, negotiate::HEIGHT)] } else { sizes }
}

/// The most frames a second.
fn rate(device: &Device, fourcc: FourCC, width: u32, height: u32) -> Option<f32> {
    let listed = answer(|| device.enum_frameintervals(fourcc, width, height)).ok()?;
    listed
        .iter()
        .map(|listed| match &listed.interval {
            FrameIntervalEnum::Discrete(interval) => interval,
            FrameIntervalEnum::Stepwise(range) => &range.min,
        })
        .filter(|interval| interval.numerator > 0)
        .map(|interval| interval.denominator as f32 / interval.numerator as f32)
        .max_by(f32::total_cmp)
}

fn known(fourcc: FourCC) -> Option<PixelFormat> {
    Some(match &fourcc.repr {
        b"YUYV" => PixelFormat::Yuyv,
        b"MJPG" | b"JPEG" => PixelFormat::Mjpg,
        b"NV12" => PixelFormat::Nv12,
        b"YU12" => PixelFormat::Yu12,
        b"GREY" => PixelFormat::Grey,
        b"RGB3" => PixelFormat::Rgb3,
        b"BGR3" => PixelFormat::Bgr3,
        _ => return None,
    })
}

fn names(fourccs: &[FourCC]) -> String {
    let name = |fourcc: &FourCC| fourcc.repr.escape_ascii().to_string();
    if fourccs.is_empty() {
        "nothing".to_owned()
    } else {
        fourccs.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// What to do about formats that cannot be read. Raw Bayer formats are those of a CSI sensor: four
/// letters that begin with a colour order (`RG10`, `BA81`, `pBAA`, `pgCC`, `GRBG`, `BYR2`).
fn cure(fourccs: &[FourCC]) -> &'static str {
    const RAW: [&[u8]; 13] =
        [b"RG", b"GB", b"GR", b"BG", b"BA", b"BYR", b"pRA", b"pGA", b"pgA", b"pBA", b"pRC", b"pGC", b"pgC"];
    let raw = |fourcc: &FourCC| {
        RAW.iter().any(|start| fourcc.repr.starts_with(start)) || fourcc.repr.starts_with(b"pBC")
    };
    if fourccs.iter().any(raw) {
        "It is a bare sensor on the CSI connector: start moodbox through `libcamerify` (package libcamera-tools)"
    } else {
        "Use another camera"
    }
}

fn unusable(node: &Node, offered: &str, cure: &str) -> CameraError {
    CameraError::Format { device: node.to_string(), offered: offered.to_owned(), cure: cure.to_owned() }
}

/// What an error number of the kernel means for a camera.
fn meaning(path: &Path, error: io::Error) -> CameraError {
    let device = path.display().to_string();
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::BUSY) => CameraError::Busy { device },
        Some(Errno::ACCESS | Errno::PERM) => CameraError::Denied { device },
        Some(Errno::NODEV | Errno::NOENT | Errno::NXIO) => CameraError::Gone { device },
        // The driver's word for a USB bus that has no bandwidth left for this camera.
        Some(Errno::NOSPC) => CameraError::Io {
            device,
            source: io::Error::new(error.kind(), "the USB bus is full; plug the camera into another port"),
        },
        _ => CameraError::Io { device, source: error },
    }
}

/// A device that streams. The light is declared after the stream, so it goes out after the camera stops.
struct V4l2Stream {
    /// Taken only by `drop`.
    stream: Option<MmapStream<'static>>,
    /// Every buffer is with the driver: the last wait ended without one. The next buffer has to be
    /// fetched, not exchanged.
    all_queued: bool,
    node: Node,
    format: PixelFormat,
    width: u32,
    height: u32,
    stride: u32,
    _light: LightOn,
}

impl V4l2Stream {
    fn start(opened: Opened, light: LightOn) -> Result<V4l2Stream, CameraError> {
        let Opened { device, node, format, width, height, stride } = opened;
        let failed = |error| meaning(&node.path, error);
        // The stream keeps the file open by itself; it borrows nothing of the device.
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
            all_queued,
            node,
            format,
            width,
            height,
            stride,
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
        Ok(Taken::Frame)
    }

    fn device(&self) -> String {
        self.node.to_string()
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
                return Err(CameraError::Silent { device: self.device(), waited: begun.elapsed() });
            }
        }
    }

    fn settle(
        &mut self,
        deadline: Instant,
        frame: &mut Frame,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), CameraError> {
        let mut settling = Settling::new();
        let mut rgb = Rgb::new();
        while !cancelled() {
            match self.next(deadline, frame) {
                // A picture that is still moving is better than none.
                Err(CameraError::Silent { .. }) if settling.seen() > 0 => break,
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
    use crate::light::SharedLight;
    use crate::light::simulated::SimulatedLight;

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
    fn each_refusal_of_the_kernel_is_told_apart() {
        let refused = |number| meaning(Path::new("/dev/video0"), io::Error::from_raw_os_error(number));
        assert!(matches!(refused(16), CameraError::Busy { .. }));
        assert!(matches!(refused(13), CameraError::Denied { .. }));
        assert!(matches!(refused(1), CameraError::Denied { .. }));
        assert!(matches!(refused(19), CameraError::Gone { .. }));
        assert!(refused(28).to_string().contains("another port"));
        assert!(matches!(refused(22), CameraError::Io { .. }));
    }

    #[test]
    fn a_bare_sensor_is_told_from_a_camera_with_formats_of_its_own() {
        let cure_of =
            |names: &[&[u8; 4]]| cure(&names.iter().map(|name| FourCC::new(name)).collect::<Vec<_>>());
        for raw in [b"RG10", b"BA81", b"pBAA", b"pgCC", b"GRBG", b"BYR2", b"pRAA"] {
            assert!(cure_of(&[raw]).contains("libcamerify"), "{}", raw.escape_ascii());
        }
        assert!(!cure_of(&[b"H264", b"HEVC"]).contains("libcamerify"));
        assert_eq!(names(&[FourCC::new(b"H264"), FourCC::new(b"Y8 \xff")]), "H264, Y8 \\xff");
    }

    #[test]
    fn what_refuses_with_the_best_reason_is_what_the_person_hears_about() {
        let busy = CameraError::Busy { device: String::new() };
        let denied = CameraError::Denied { device: String::new() };
        let other = unusable(&Node { path: "/dev/video1".into(), name: String::new() }, "no pictures", "");
        assert!(telling(&busy) > telling(&denied) && telling(&denied) > telling(&other));
    }

    #[test]
    fn a_driver_that_makes_the_crate_panic_is_an_error() {
        let error = answer::<()>(|| panic!("Invalid colorspace")).unwrap_err();
        assert!(error.to_string().contains("cannot be understood"));
    }
}
