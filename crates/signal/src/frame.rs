//! One picture of the camera, in memory that wipes itself.

use std::fmt;

/// How the bytes of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 4:2:2, `Y0 U Y1 V`.
    Yuyv,
    /// A JPEG picture a frame.
    Mjpg,
    /// 4:2:0, a luma plane, then interleaved `U V`.
    Nv12,
    /// 4:2:0, three planes.
    Yu12,
    /// 8-bit luma.
    Grey,
    /// `R G B`.
    Rgb3,
    /// `B G R`.
    Bgr3,
    /// A bare sensor's mosaic; its picture has half the width and half the height.
    Bayer(Bayer),
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

/// The colours of a 2x2 cell, first row first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Red, green; green, blue.
    Rggb,
    /// Green, red; blue, green.
    Grbg,
    /// Green, blue; red, green.
    Gbrg,
    /// Blue, green; green, red.
    Bggr,
}

/// How the samples of a row lie in memory (see the V4L2 pages on `SRGGB8`, `SRGGB10P`, `SRGGB12P`, `SRGGB10`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// A byte each.
    Bits8,
    /// Four samples in five bytes: the high bits, then the low bits of all four.
    Packed10,
    /// Two samples in three bytes, in the same manner.
    Packed12,
    /// So many low bits (10 to 16) of a little-endian word of 16.
    Wide(u8),
}

/// A mosaic: the order of its colours and the packing of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bayer {
    /// The colours of each 2x2 cell.
    pub order: Order,
    /// How its samples lie in memory.
    pub packing: Packing,
}

impl Bayer {
    /// Bytes that the samples of one row take.
    pub fn row_bytes(self, width: usize) -> usize {
        match self.packing {
            Packing::Bits8 => width,
            Packing::Packed10 => width.div_ceil(4) * 5,
            Packing::Packed12 => width.div_ceil(2) * 3,
            Packing::Wide(_) => width * 2,
        }
    }
}

/// Which values the luma of a Y'CbCr format takes. RGB and JPEG have no use for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LumaRange {
    /// 16 to 235, chroma 16 to 240: what V4L2 means unless a driver says otherwise.
    #[default]
    Limited,
    /// 0 to 255 in all three, as in JPEG.
    Full,
}

/// One frame as the camera gave it. The bytes are wiped when it is dropped, and nothing here
/// writes them anywhere: no `Serialize`, and `Debug` prints only the size.
pub struct Frame {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Bytes from one row to the next of the first plane; may exceed the width. Unused for MJPG.
    pub stride: u32,
    /// How `bytes` are laid out.
    pub format: PixelFormat,
    /// Which values the luma takes, for the Y'CbCr formats.
    pub range: LumaRange,
    data: Vec<u8>,
}

impl Frame {
    /// An empty frame to be filled again and again, so that the steady state allocates nothing.
    pub fn new() -> Frame {
        Frame {
            width: 0,
            height: 0,
            stride: 0,
            format: PixelFormat::Grey,
            range: LumaRange::Limited,
            data: Vec::new(),
        }
    }

    /// Takes over the description and copies the bytes; the previous bytes are wiped. The range is the limited
    /// one until somebody says otherwise.
    pub fn fill(&mut self, width: u32, height: u32, stride: u32, format: PixelFormat, bytes: &[u8]) {
        wipe(&mut self.data);
        self.data.clear();
        self.data.extend_from_slice(bytes);
        (self.width, self.height, self.stride, self.format) = (width, height, stride, format);
        self.range = LumaRange::Limited;
    }

    /// The bytes as the camera gave them.
    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// The same, to be changed where they lie.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }
}

impl Default for Frame {
    fn default() -> Self {
        Frame::new()
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        wipe(&mut self.data);
    }
}

/// Overwrites all the memory of a picture with zeros, beyond its length too, and leaves it as long as that
/// memory. Many times a second: byte by byte, as `Zeroize` does it, takes about as long as finding a face.
pub fn wipe(data: &mut Vec<u8>) {
    data.resize(data.capacity(), 0);
    data.fill(0);
    // As if somebody read the zeros: the compiler may not leave them out.
    zeroize::optimization_barrier(data.as_slice());
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{} {:?}, {} bytes)", self.width, self.height, self.format, self.data.len())
    }
}
