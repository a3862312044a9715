//! Opening a device and agreeing with its driver on a format and a size.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rustix::io::Errno;
use v4l::capability::Flags;
use v4l::format::{Colorspace, Quantization};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};

use super::find::Node;
use super::formats::LARGEST_SIDE;
use super::fourcc::{cure, known, names};
use super::negotiate::{self, Offer};
use super::{CameraError, LumaRange, PixelFormat};

/// Frames a second that are asked for; a camera may give fewer, above all in the dark.
const FPS: u32 = 30;

/// A device that agreed on a format.
pub(super) struct Opened {
    /// The open device.
    pub device: Device,
    /// Its node and name.
    pub node: Node,
    /// The format of its frames.
    pub format: PixelFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from row to row; 0 for JPEG.
    pub stride: u32,
    /// Which values the luma takes.
    pub range: LumaRange,
    /// The formats that the driver lists, those that cannot be read among them.
    pub offered: String,
}

impl Opened {
    /// Opens a node, if it gives pictures in a format that is `allowed`.
    pub fn open(node: &Node, allowed: &dyn Fn(PixelFormat) -> bool) -> Result<Opened, CameraError> {
        let failed = |error| meaning(&node.path, error);
        let device = Device::with_path(&node.path).map_err(failed)?;
        let caps = answer(|| device.query_caps()).map_err(failed)?.capabilities;
        let m2m = Flags::VIDEO_M2M | Flags::VIDEO_M2M_MPLANE;
        if !caps.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) || caps.intersects(m2m) {
            return Err(unusable(node, "no pictures", "It is another kind of device; choose another"));
        }
        let described = answer(|| device.enum_formats()).map_err(failed)?;
        let fourccs: Vec<FourCC> = described.iter().map(|format| format.fourcc).collect();
        let offers = offers(&device, &fourccs, allowed);
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
        let (range, offered) = (range(&agreed), names(&fourccs));
        Ok(Opened { device, node: node.clone(), format, width, height, stride, range, offered })
    }

    /// Node, format and size, for the log.
    pub fn describe(&self) -> String {
        format!("{}, {:?} {}x{}", self.node, self.format, self.width, self.height)
    }
}

/// The values of its luma: as the driver says, else as the colour space means
/// (`V4L2_MAP_QUANTIZATION_DEFAULT` of `videodev2.h` for Y'CbCr: full for JPEG, limited for all others).
fn range(agreed: &Format) -> LumaRange {
    match (agreed.quantization, agreed.colorspace) {
        (Quantization::FullRange, _) | (Quantization::Default, Colorspace::JPEG) => LumaRange::Full,
        (Quantization::LimitedRange | Quantization::Default, _) => LumaRange::Limited,
    }
}

/// Asks the driver something. The `v4l` crate panics where a driver answers with what it does not know
/// (a colour space newer than itself, a name that is not UTF-8); that is an error like any other here.
pub(super) fn answer<T>(ask: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(ask))
        .unwrap_or_else(|_| Err(io::Error::other("the driver gave an answer that cannot be understood")))
}

/// Every size of every format that can be read.
fn offers(
    device: &Device,
    fourccs: &[FourCC],
    allowed: &dyn Fn(PixelFormat) -> bool,
) -> Vec<(FourCC, Offer)> {
    let mut offers = Vec::new();
    for &fourcc in fourccs {
        let Some(format) = known(fourcc).filter(|format| allowed(*format)) else { continue };
        for (width, height) in sizes(device, fourcc, format) {
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

fn sizes(device: &Device, fourcc: FourCC, format: PixelFormat) -> Vec<(u32, u32)> {
    let scale = negotiate::scale(format);
    let (width, height) = (negotiate::WIDTH * scale, negotiate::HEIGHT * scale);
    let listed = answer(|| device.enum_framesizes(fourcc)).unwrap_or_default();
    let sizes: Vec<(u32, u32)> = listed
        .into_iter()
        .map(|listed| match listed.size {
            FrameSizeEnum::Discrete(size) => (size.width, size.height),
            FrameSizeEnum::Stepwise(range) => (
                negotiate::fit((range.min_width, range.max_width), range.step_width, width),
                negotiate::fit((range.min_height, range.max_height), range.step_height, height),
            ),
        })
        .collect();
    // A driver that does not list sizes takes what is asked for, or rounds it.
    if sizes.is_empty() { vec![(width, height)] } else { sizes }
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

pub(super) fn unusable(node: &Node, offered: &str, cure: &str) -> CameraError {
    CameraError::Format { device: node.to_string(), offered: offered.to_owned(), cure: cure.to_owned() }
}

/// What an error number of the kernel means for a camera.
pub(super) fn meaning(path: &Path, error: io::Error) -> CameraError {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_range_is_what_the_driver_says_and_else_what_the_colour_space_means() {
        let range = |quantization, colorspace| {
            range(&Format { quantization, colorspace, ..Format::new(640, 480, FourCC::new(b"YUYV")) })
        };
        assert_eq!(range(Quantization::Default, Colorspace::SRGB), LumaRange::Limited);
        assert_eq!(range(Quantization::Default, Colorspace::SMPTE170M), LumaRange::Limited);
        assert_eq!(range(Quantization::Default, Colorspace::JPEG), LumaRange::Full);
        assert_eq!(range(Quantization::LimitedRange, Colorspace::JPEG), LumaRange::Limited);
        assert_eq!(range(Quantization::FullRange, Colorspace::SRGB), LumaRange::Full);
    }

    #[test]
    fn a_driver_that_makes_the_crate_panic_is_an_error() {
        let error = answer::<()>(|| panic!("Invalid colorspace")).unwrap_err();
        assert!(error.to_string().contains("cannot be understood"));
    }
}
