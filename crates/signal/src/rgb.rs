//! A picture in RGB, the planes of a frame that it is made from, and why a frame may be no picture.

use std::fmt;

use crate::frame::{Frame, PixelFormat, wipe};
use crate::numbers::Whole;

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
    pub fn resize(&mut self, width: u32, height: u32) {
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

/// Where the rows of the planes are, checked once against the length of the frame.
///
/// Chroma rows of NV12 are as far apart as luma rows, those of YU12 half as far (both rounded up, for
/// odd sizes), as V4L2 lays out its single-buffer formats.
pub struct Planes<'a> {
    bytes: &'a [u8],
    /// Bytes of a row and from row to row, for luma and for chroma.
    luma: (usize, usize),
    chroma: (usize, usize),
    /// Where the second and the third plane begin.
    second: usize,
    third: usize,
}

impl<'a> Planes<'a> {
    /// Checks that the bytes reach as far as the format, size and stride say.
    ///
    /// # Errors
    /// When a row is longer than the stride, or bytes are missing.
    pub fn of(frame: &'a Frame) -> Result<Planes<'a>, FormatError> {
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

    /// Row `y` of the first plane, without what follows it up to the stride.
    pub fn first(&self, y: usize) -> &'a [u8] {
        self.row(0, y, self.luma)
    }

    /// The chroma row that belongs to the picture's row `y`.
    pub fn second(&self, y: usize) -> &'a [u8] {
        self.row(self.second, y / 2, self.chroma)
    }

    /// The row of the other chroma that belongs to it.
    pub fn third(&self, y: usize) -> &'a [u8] {
        self.row(self.third, y / 2, self.chroma)
    }

    fn row(&self, plane: usize, y: usize, (row, stride): (usize, usize)) -> &'a [u8] {
        let start = plane + y * stride;
        &self.bytes[start..start + row]
    }
}
