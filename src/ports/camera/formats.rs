//! From what cameras send to RGB: one function, [`to_rgb`], for every [`PixelFormat`]; [`to_grey`] where grey will do.
//!
//! The Y'CbCr formats are read as BT.601, in the range of luma that the frame names. The limited one (luma
//! 16..=235, chroma 16..=240) is what V4L2 means unless a driver declares otherwise (`V4L2_MAP_YCBCR_ENC_DEFAULT` and
//! `V4L2_MAP_QUANTIZATION_DEFAULT` in `videodev2.h` for SMPTE 170M and sRGB, which is what webcams
//! report). JPEG is full range by its own standard; its decoder sees to that.

use crate::numbers::{Whole, to_u32};
use std::fmt;

use zeroize::Zeroizing;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Frame, LumaRange, PixelFormat, bayer, wipe};

/// The widest and highest frame that is taken, in pixels: beyond any camera that a kiosk has, and low
/// enough that a corrupt header cannot ask for gigabytes.
pub const LARGEST_SIDE: u32 = 8192;

/// A picture of 8-bit `R G B`, rows without gaps. Wiped on drop, like the frame it came from.
#[derive(Default)]
pub struct Rgb {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub data: Vec<u8>,
}

impl Rgb {
    /// An empty picture to be filled again and again.
    pub fn new() -> Rgb {
        Rgb::default()
    }

    /// As [`Rgb::brightness`], of a part of the picture; what lies outside does not count.
    pub fn brightness_within(&self, columns: std::ops::Range<f32>, rows: std::ops::Range<f32>) -> f32 {
        // A number that is none, or below 0, becomes 0.
        let within = |range: std::ops::Range<f32>, most: u32| {
            let end = range.end.to_usize().min(most as usize);
            range.start.to_usize().min(end)..end
        };
        let (columns, rows) = (within(columns, self.width), within(rows, self.height));
        let (width, pixels) = (self.width as usize, self.data.as_chunks::<3>().0);
        let (mut sum, mut count) = (0u64, 0u64);
        for row in rows {
            let Some(line) = pixels.get(row * width + columns.start..row * width + columns.end) else {
                break;
            };
            for &[r, g, b] in line.iter().step_by(7) {
                sum += 299 * u64::from(r) + 587 * u64::from(g) + 114 * u64::from(b);
                count += 1;
            }
        }
        if count == 0 { 0.0 } else { sum as f32 / (1000 * count) as f32 }
    }

    /// Mean luma, 0 to 255, by the weights of BT.601. A sample of the pixels does for that.
    pub fn brightness(&self) -> f32 {
        let sample = || self.data.as_chunks::<3>().0.iter().step_by(7);
        let sum: u64 =
            sample().map(|&[r, g, b]| 299 * u64::from(r) + 587 * u64::from(g) + 114 * u64::from(b)).sum();
        match sample().len() {
            0 => 0.0,
            count => sum as f32 / (1000 * count) as f32,
        }
    }

    /// Overwrites the pixels and keeps the memory for the next picture.
    pub fn wipe(&mut self) {
        wipe(&mut self.data);
        (self.width, self.height) = (0, 0);
    }

    /// Makes room for a picture of this size; its content is unspecified until it is written.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        let bytes = width as usize * height as usize * 3;
        if bytes > self.data.capacity() {
            // Growing may move the bytes: wipe the old place before it is given back.
            self.wipe();
        }
        self.data.resize(bytes, 0);
        (self.width, self.height) = (width, height);
    }
}

impl Drop for Rgb {
    fn drop(&mut self) {
        wipe(&mut self.data);
    }
}

impl fmt::Debug for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rgb({}x{})", self.width, self.height)
    }
}

/// Why a frame is no picture: it is torn, or the camera says something else than it sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It has no pixels, or more than are taken.
    #[error("a frame of {width}x{height} pixels; from 1x1 to {LARGEST_SIDE}x{LARGEST_SIDE} can be read")]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A row of its pixels is longer than the step from row to row.
    #[error("rows of {stride} bytes, but a row of this frame takes {row}")]
    Stride {
        /// Bytes from row to row.
        stride: u32,
        /// Bytes that the pixels of a row take.
        row: usize,
    },
    /// It has fewer bytes than its size needs.
    #[error("a torn frame: {got} bytes of {needed}")]
    Short {
        /// Bytes that its size needs.
        needed: usize,
        /// Bytes that it has.
        got: usize,
    },
    /// The JPEG decoder refused it, for this reason.
    #[error("a torn JPEG frame: {0}")]
    Jpeg(String),
}

/// Turns a frame into RGB. `out` is reused: once it has grown to the size of the camera's frames
/// nothing is allocated here, apart from what the JPEG decoder needs for itself.
///
/// A row of the frame may be longer than its pixels, and the frame longer than its rows: the rest is
/// ignored. A frame that is shorter is an error, and `out` then holds no meaningful picture.
///
/// # Errors
/// When the frame has no pixels, is too large, or is shorter than its size says, or its JPEG is torn.
pub fn to_rgb(frame: &Frame, out: &mut Rgb) -> Result<(), FormatError> {
    check_size(frame)?;
    match frame.format {
        PixelFormat::Mjpg => return jpeg(frame, Out::Colour(out)).map(drop),
        PixelFormat::Bayer(bayer) => return bayer::develop(frame, bayer, out),
        _ => {}
    }
    let planes = Planes::of(frame)?;
    out.resize(frame.width, frame.height);
    match frame.range {
        LumaRange::Limited => plain::<false>(frame, &planes, out),
        LumaRange::Full => plain::<true>(frame, &planes, out),
    }
    Ok(())
}

/// What the frame shows in grey, a byte for each pixel, and its width and height: less work than [`to_rgb`],
/// because the colours are neither transformed nor mixed. None where there is no shorter way than [`to_rgb`]. What
/// is torn for [`to_rgb`] is torn here too: the colours are walked through all the same.
///
/// # Errors
/// As [`to_rgb`].
pub fn to_grey(frame: &Frame, out: &mut Vec<u8>) -> Result<Option<(u32, u32)>, FormatError> {
    check_size(frame)?;
    match frame.format {
        PixelFormat::Mjpg => jpeg(frame, Out::Grey(out)),
        _ => Ok(None),
    }
}

fn check_size(frame: &Frame) -> Result<(), FormatError> {
    let (width, height) = (frame.width, frame.height);
    if width == 0 || height == 0 || width > LARGEST_SIDE || height > LARGEST_SIDE {
        return Err(FormatError::Size { width, height });
    }
    Ok(())
}

/// The formats whose pixels stand in rows, of one range of luma.
fn plain<const FULL: bool>(frame: &Frame, planes: &Planes, out: &mut Rgb) {
    let rows = out.data.chunks_exact_mut(frame.width as usize * 3).enumerate();
    match frame.format {
        PixelFormat::Yuyv => rows.for_each(|(y, row)| yuyv_row::<FULL>(planes.first(y), row)),
        PixelFormat::Nv12 => {
            rows.for_each(|(y, row)| nv12_row::<FULL>(planes.first(y), planes.second(y), row));
        }
        PixelFormat::Yu12 => rows.for_each(|(y, row)| {
            yu12_row::<FULL>(planes.first(y), planes.second(y), planes.third(y), row);
        }),
        PixelFormat::Grey => rows.for_each(|(y, row)| grey_row(planes.first(y), row)),
        PixelFormat::Rgb3 => rows.for_each(|(y, row)| row.copy_from_slice(planes.first(y))),
        PixelFormat::Bgr3 => rows.for_each(|(y, row)| bgr_row(planes.first(y), row)),
        PixelFormat::Mjpg | PixelFormat::Bayer(_) => {}
    }
}

impl PixelFormat {
    /// Bytes that the pixels of one row of the first plane take; 0 for JPEG, which has no rows.
    pub fn row_bytes(self, width: u32) -> usize {
        let width = width as usize;
        match self {
            PixelFormat::Yuyv => width.div_ceil(2) * 4,
            PixelFormat::Nv12 | PixelFormat::Yu12 | PixelFormat::Grey => width,
            PixelFormat::Rgb3 | PixelFormat::Bgr3 => width * 3,
            PixelFormat::Bayer(bayer) => bayer.row_bytes(width),
            PixelFormat::Mjpg => 0,
        }
    }
}

/// Where the rows of the planes are, checked once against the length of the frame.
///
/// Chroma rows of NV12 are as far apart as luma rows, those of YU12 half as far (both rounded up, for
/// odd sizes), as V4L2 lays out its single-buffer formats.
pub(super) struct Planes<'a> {
    bytes: &'a [u8],
    /// Bytes of a row and from row to row, for luma and for chroma.
    luma: (usize, usize),
    chroma: (usize, usize),
    /// Where the second and the third plane begin.
    second: usize,
    third: usize,
}

impl<'a> Planes<'a> {
    pub(super) fn of(frame: &'a Frame) -> Result<Planes<'a>, FormatError> {
        let row = frame.format.row_bytes(frame.width);
        // Some drivers leave the stride at 0 when rows follow each other without a gap.
        let stride = if frame.stride == 0 { row } else { frame.stride as usize };
        if stride < row {
            return Err(FormatError::Stride { stride: frame.stride, row });
        }
        let height = frame.height as usize;
        let half = height.div_ceil(2);
        let chroma = match frame.format {
            PixelFormat::Nv12 => (row.next_multiple_of(2), stride.next_multiple_of(2)),
            PixelFormat::Yu12 => (row.div_ceil(2), stride.div_ceil(2)),
            _ => (0, 0),
        };
        let extent = |rows: usize, stride: usize, row: usize| {
            (rows - 1).checked_mul(stride).and_then(|before| before.checked_add(row))
        };
        let ends = || -> Option<(usize, usize, usize)> {
            let first = extent(height, stride, row)?;
            let second = height.checked_mul(stride)?;
            let third = second.checked_add(half.checked_mul(chroma.1)?)?;
            let end = match frame.format {
                PixelFormat::Nv12 => second.checked_add(extent(half, chroma.1, chroma.0)?)?,
                PixelFormat::Yu12 => third.checked_add(extent(half, chroma.1, chroma.0)?)?,
                _ => first,
            };
            Some((second, third, end))
        };
        // Rows too long to address cannot be in any buffer.
        let (second, third, end) = ends().unwrap_or((0, 0, usize::MAX));
        let bytes = frame.bytes();
        if bytes.len() < end {
            return Err(FormatError::Short { needed: end, got: bytes.len() });
        }
        Ok(Planes { bytes, luma: (row, stride), chroma, second, third })
    }

    pub(super) fn first(&self, y: usize) -> &'a [u8] {
        self.row(0, y, self.luma)
    }

    /// The chroma row that belongs to the picture's row `y`.
    fn second(&self, y: usize) -> &'a [u8] {
        self.row(self.second, y / 2, self.chroma)
    }

    fn third(&self, y: usize) -> &'a [u8] {
        self.row(self.third, y / 2, self.chroma)
    }

    fn row(&self, plane: usize, y: usize, (row, stride): (usize, usize)) -> &'a [u8] {
        let start = plane + y * stride;
        &self.bytes[start..start + row]
    }
}

/// One pixel of BT.601, in 8-bit fixed point.
#[inline]
#[expect(clippy::cast_sign_loss, reason = "clamped to the type just before")]
fn pixel<const FULL: bool>(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let byte = |x: i32| (x >> 8).clamp(0, 255) as u8;
    if FULL {
        let y = (i32::from(y) << 8) + 128;
        [byte(y + 359 * v), byte(y - 88 * u - 183 * v), byte(y + 454 * u)]
    } else {
        let y = 298 * (i32::from(y) - 16) + 128;
        [byte(y + 409 * v), byte(y - 100 * u - 208 * v), byte(y + 516 * u)]
    }
}

fn yuyv_row<const FULL: bool>(from: &[u8], to: &mut [u8]) {
    for (pair, [y0, u, y1, v]) in to.chunks_mut(6).zip(from.as_chunks().0) {
        for (rgb, y) in pair.chunks_exact_mut(3).zip([y0, y1]) {
            rgb.copy_from_slice(&pixel::<FULL>(*y, *u, *v));
        }
    }
}

fn nv12_row<const FULL: bool>(luma: &[u8], chroma: &[u8], to: &mut [u8]) {
    for ((pair, luma), [u, v]) in to.chunks_mut(6).zip(luma.chunks(2)).zip(chroma.as_chunks().0) {
        for (rgb, y) in pair.chunks_exact_mut(3).zip(luma) {
            rgb.copy_from_slice(&pixel::<FULL>(*y, *u, *v));
        }
    }
}

fn yu12_row<const FULL: bool>(luma: &[u8], u: &[u8], v: &[u8], to: &mut [u8]) {
    for ((pair, luma), (u, v)) in to.chunks_mut(6).zip(luma.chunks(2)).zip(u.iter().zip(v)) {
        for (rgb, y) in pair.chunks_exact_mut(3).zip(luma) {
            rgb.copy_from_slice(&pixel::<FULL>(*y, *u, *v));
        }
    }
}

/// Grey is full range: V4L2 has no limited range for formats without chroma in practice, and night
/// cameras that send it use every value.
fn grey_row(from: &[u8], to: &mut [u8]) {
    for (rgb, y) in to.chunks_exact_mut(3).zip(from) {
        rgb.fill(*y);
    }
}

fn bgr_row(from: &[u8], to: &mut [u8]) {
    for ([r, g, b], [from_b, from_g, from_r]) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
        (*r, *g, *b) = (*from_r, *from_g, *from_b);
    }
}

/// A JPEG may be this much larger than the format that was agreed on: encoders round up to whole blocks.
const JPEG_ROUNDING: u32 = 16;

/// What an AVI writer puts behind the start of a frame that has no Huffman tables. The decoder then
/// supplies those of the JPEG standard, section K.3.3, which such cameras use.
const AVI_MARK: [u8; 18] = [0xFF, 0xE0, 0x00, 0x10, b'A', b'V', b'I', b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// What a JPEG is decoded into.
enum Out<'a> {
    Colour(&'a mut Rgb),
    Grey(&'a mut Vec<u8>),
}

fn jpeg(frame: &Frame, out: Out<'_>) -> Result<Option<(u32, u32)>, FormatError> {
    let bytes = frame.bytes();
    // A reported length that is too long leaves the rest of an older, longer frame behind this one:
    // the decoder stops at the end mark and never sees it.
    if has_huffman_tables(bytes) {
        return decode_jpeg(frame, bytes, out);
    }
    let Some((start, rest)) = bytes.split_at_checked(2) else {
        return Err(FormatError::Short { needed: 2, got: bytes.len() });
    };
    let whole = Zeroizing::new([start, &AVI_MARK, rest].concat());
    decode_jpeg(frame, &whole, out)
}

/// Whether a JPEG has more scans than a picture needs, some ten: each costs a pass over all pixels, and takes 20 bytes.
pub(crate) fn has_too_many_scans(jpeg: &[u8]) -> bool {
    const MOST: usize = 64;
    // Within a scan a zero follows each 0xFF.
    jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.windows(2).filter(|two| *two == [0xFF, 0xDA]).nth(MOST).is_some()
}

/// The size of what was decoded; none where grey is asked for and the JPEG holds no luma, but red, green and blue.
fn decode_jpeg(frame: &Frame, bytes: &[u8], out: Out<'_>) -> Result<Option<(u32, u32)>, FormatError> {
    if has_too_many_scans(bytes) {
        return Err(FormatError::Jpeg("more scans than a picture has".to_owned()));
    }
    // Strict, because a lenient decoder paints what is missing grey and says nothing.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width((frame.width + JPEG_ROUNDING) as usize)
        .set_max_height((frame.height + JPEG_ROUNDING) as usize)
        .jpeg_set_out_colorspace(match out {
            Out::Colour(_) => ColorSpace::RGB,
            Out::Grey(_) => ColorSpace::Luma,
        });
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let torn = |error: zune_jpeg::errors::DecodeErrors| FormatError::Jpeg(format!("{error:?}"));
    decoder.decode_headers().map_err(torn)?;
    let Some((width, height)) = decoder.dimensions() else {
        return Err(FormatError::Jpeg("no size".to_owned()));
    };
    let size = (to_u32(width), to_u32(height));
    if width == 0 || height == 0 {
        return Err(FormatError::Size { width: size.0, height: size.1 });
    }
    let pixels = match out {
        Out::Colour(rgb) => {
            rgb.resize(size.0, size.1);
            &mut rgb.data
        }
        Out::Grey(grey) => {
            if !matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::Luma)) {
                return Ok(None);
            }
            grey.resize(width * height, 0);
            grey
        }
    };
    if decoder.output_buffer_size() != Some(pixels.len()) {
        return Err(FormatError::Jpeg("colours that are not RGB, Y'CbCr or grey".to_owned()));
    }
    decoder.decode_into(pixels).map_err(torn)?;
    Ok(Some(size))
}

/// Whether a DHT segment stands before the scan. A frame that cannot be walked counts as having one:
/// the decoder then says what is wrong with it.
fn has_huffman_tables(bytes: &[u8]) -> bool {
    const DHT: u8 = 0xC4;
    const SOS: u8 = 0xDA;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xFF, 0xFF, ..] => rest = &rest[1..],
            [0xFF, SOS, ..] => return false,
            [0xFF, DHT, ..] => return true,
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match rest.get(2 + length..) {
                    Some(next) => rest = next,
                    None => return true,
                }
            }
            _ => return true,
        }
    }
}

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
