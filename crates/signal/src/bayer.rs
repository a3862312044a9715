//! Raw Bayer frames, as a CSI sensor gives them without an image processor behind it.
//!
//! Each 2x2 cell of the mosaic becomes one pixel of RGB, so a picture has half the width and half the
//! height of its frame. On the way: the black level is taken off, white is balanced by the grey-world
//! assumption, a picture that is still dark is raised, and the linear values of the sensor are bent by
//! the sRGB curve, because that is what the models learned to see.

use crate::frame::Frame;
pub use crate::frame::{Bayer, Order, Packing};
use crate::numbers::{Whole, to_u16, to_u32};
use crate::rgb::{FormatError, Planes, Rgb};

/// Samples are handled in this many bits, whatever the sensor gives.
const BITS: u32 = 12;
const FULL: u16 = (1 << BITS) - 1;

/// The pedestal under every sample, of the full range: 64 of 1024 with the sensors on Raspberry Pi boards
/// (OV5647, IMX219, IMX477, IMX708). A picture with much darker places has had it taken off already.
const PEDESTAL: u16 = 1 << (BITS - 4);

/// Samples from here on are taken for clipped.
const CLIPPED: u16 = FULL - (FULL >> 5);

/// The mean luma that a picture should have, in linear light: photographers' middle grey.
pub const MIDDLE: f32 = 0.18;

/// How far a dark picture is raised at most; beyond that there is only noise.
const MOST_RAISE: f32 = 4.0;

/// Limits of the grey-world gains: a picture that a face fills is not grey on the whole.
const GAINS: (f32, f32) = (0.4, 3.0);

/// Every this many cells of a row, and every this many rows of cells, are measured.
const SAMPLE: usize = 4;

/// What a raw frame says about the light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// Mean of red, green and blue above black, in [0, 1] of the range that is left.
    pub mean: [f32; 3],
    /// The share of cells with a clipped sample, in [0, 1].
    pub clipped: f32,
    /// The level of black, in 12 bits.
    black: u16,
}

impl Light {
    /// Mean luma in linear light, [0, 1].
    pub fn luma(&self) -> f32 {
        let [r, g, b] = self.mean;
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// What each channel is multiplied by, so that the mean of all is grey, and not too dark a grey.
    fn gains(&self) -> [f32; 3] {
        let [r, g, b] = self.mean;
        let balance = |channel: f32| if channel > 0.0 { (g / channel).clamp(GAINS.0, GAINS.1) } else { 1.0 };
        let raise = if g > 0.0 { (MIDDLE / g).clamp(1.0, MOST_RAISE) } else { 1.0 };
        [balance(r) * raise, raise, balance(b) * raise]
    }
}

/// Measures the light of a raw frame.
///
/// # Errors
/// When the frame is smaller than a cell or shorter than its size says.
pub fn measure(frame: &Frame, bayer: Bayer) -> Result<Light, FormatError> {
    let (width, height) = cells(frame)?;
    Ok(light(&Planes::of(frame)?, bayer, width, height))
}

fn light(planes: &Planes<'_>, bayer: Bayer, width: usize, height: usize) -> Light {
    let mut histogram = [0u32; 256];
    let (mut sum, mut clipped, mut count) = ([0u64; 3], 0u32, 0u32);
    for y in (0..height).step_by(SAMPLE) {
        let (top, bottom) = (planes.first(2 * y), planes.first(2 * y + 1));
        for x in (0..width).step_by(SAMPLE) {
            let cell = bayer.cell(top, bottom, x);
            for (sum, sample) in sum.iter_mut().zip(cell) {
                *sum += u64::from(sample);
                histogram[usize::from(sample >> (BITS - 8))] += 1;
            }
            clipped += u32::from(cell.iter().any(|sample| *sample >= CLIPPED));
            count += 1;
        }
    }
    // The darkest half per cent may be dead pixels.
    let ignored = count * 3 / 200;
    let mut below = 0;
    let darkest = histogram.iter().position(|cells| {
        below += cells;
        below > ignored
    });
    let darkest = to_u16(darkest.unwrap_or(0)) << (BITS - 8);
    let black = darkest.min(PEDESTAL);
    let range = f32::from(FULL - black);
    let count = count.max(1);
    let mean = sum.map(|sum| ((sum as f32 / count as f32 - f32::from(black)) / range).max(0.0));
    Light { mean, clipped: clipped as f32 / count as f32, black }
}

/// Width and height in cells; an odd last row or column has no cell.
fn cells(frame: &Frame) -> Result<(usize, usize), FormatError> {
    let (width, height) = (frame.width, frame.height);
    if width < 2 || height < 2 {
        return Err(FormatError::Size { width, height });
    }
    Ok((width as usize / 2, height as usize / 2))
}

impl Bayer {
    /// The sample at `x` of a row, in 12 bits.
    #[inline]
    fn sample(self, row: &[u8], x: usize) -> u16 {
        let wide = match self.packing {
            Packing::Bits8 => return u16::from(row[x]) << (BITS - 8),
            Packing::Packed10 => {
                let group = x / 4 * 5;
                let low = row[group + 4] >> (x % 4 * 2) & 0b11;
                return (u16::from(row[group + x % 4]) << 2 | u16::from(low)) << (BITS - 10);
            }
            Packing::Packed12 => {
                let group = x / 2 * 3;
                let low = row[group + 2] >> (x % 2 * 4) & 0b1111;
                return u16::from(row[group + x % 2]) << 4 | u16::from(low);
            }
            Packing::Wide(bits) => (u16::from_le_bytes([row[2 * x], row[2 * x + 1]]), u32::from(bits)),
        };
        // Bits above the sample's own are noise of the bus.
        let (value, bits) = (wide.0, wide.1.clamp(1, 16));
        let value = value & (u16::MAX >> (16 - bits));
        if bits >= BITS { value >> (bits - BITS) } else { value << (BITS - bits) }
    }

    /// Red, green and blue of the cell at column `x` (in cells) of two rows, in 12 bits.
    #[inline]
    fn cell(self, top: &[u8], bottom: &[u8], x: usize) -> [u16; 3] {
        let (a, b) = (self.sample(top, 2 * x), self.sample(top, 2 * x + 1));
        let (c, d) = (self.sample(bottom, 2 * x), self.sample(bottom, 2 * x + 1));
        match self.order {
            Order::Rggb => [a, (b + c) / 2, d],
            Order::Bggr => [d, (b + c) / 2, a],
            Order::Grbg => [b, (a + d) / 2, c],
            Order::Gbrg => [c, (a + d) / 2, b],
        }
    }
}

/// Turns a raw frame into a picture of half its width and height.
///
/// # Errors
/// When bytes are missing, or a row is longer than the stride.
pub fn develop(frame: &Frame, bayer: Bayer, out: &mut Rgb) -> Result<(), FormatError> {
    let (width, height) = cells(frame)?;
    let planes = Planes::of(frame)?;
    let light = light(&planes, bayer, width, height);
    let curves = light.gains().map(|gain| curve(light.black, gain));
    out.resize(to_u32(width), to_u32(height));
    for (y, row) in out.data.chunks_exact_mut(width * 3).enumerate() {
        let (top, bottom) = (planes.first(2 * y), planes.first(2 * y + 1));
        for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let [r, g, b] = bayer.cell(top, bottom, x);
            *pixel = [
                curves[0][usize::from(r >> CURVE_SHIFT)],
                curves[1][usize::from(g >> CURVE_SHIFT)],
                curves[2][usize::from(b >> CURVE_SHIFT)],
            ];
        }
    }
    Ok(())
}

/// The curves have 1,024 steps: finer than an 8-bit result can show anywhere but in the deepest black.
const CURVE_BITS: u32 = 10;
const CURVE_SHIFT: u32 = BITS - CURVE_BITS;

/// From a raw sample to the byte that is shown: black off, gain, sRGB (IEC 61966-2-1).
fn curve(black: u16, gain: f32) -> [u8; 1 << CURVE_BITS] {
    let mut curve = [0; 1 << CURVE_BITS];
    let range = f32::from(FULL - black);
    for (step, byte) in curve.iter_mut().enumerate() {
        let sample = (step << CURVE_SHIFT) as f32 + ((1 << CURVE_SHIFT) as f32 - 1.0) / 2.0;
        let linear = (gain * (sample - f32::from(black)) / range).clamp(0.0, 1.0);
        let bent =
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        *byte = (255.0 * bent).round().to_u8();
    }
    curve
}

#[cfg(test)]
#[path = "bayer_tests.rs"]
pub(crate) mod tests;
