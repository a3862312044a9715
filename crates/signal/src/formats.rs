//! From what cameras send to RGB: one function, [`to_rgb`], for every [`PixelFormat`]; [`to_grey`] where grey will do.
//!
//! The Y'CbCr formats are read as BT.601, in the range of luma that the frame names. The limited one (luma
//! 16..=235, chroma 16..=240) is what V4L2 means unless a driver declares otherwise (`V4L2_MAP_YCBCR_ENC_DEFAULT` and
//! `V4L2_MAP_QUANTIZATION_DEFAULT` in `videodev2.h` for SMPTE 170M and sRGB, which is what webcams
//! report). JPEG is full range by its own standard; its decoder sees to that.

use crate::numbers::to_u32;

use zeroize::Zeroizing;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::bayer;
use crate::frame::{Frame, LumaRange, PixelFormat};
pub use crate::rgb::{FormatError, LARGEST_SIDE, Planes, Rgb};

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
pub fn has_too_many_scans(jpeg: &[u8]) -> bool {
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
