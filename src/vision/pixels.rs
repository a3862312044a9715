//! Pictures between the camera and the tensors: a grey plane, and sampling that does not alias.

use std::fmt;

use zeroize::Zeroize;

use crate::camera::formats::Rgb;

/// An 8-bit grey picture, tight rows. Wiped when dropped.
#[derive(Default)]
pub struct Luma {
    pub width: u32,
    pub height: u32,
    data: Vec<u8>,
}

impl Luma {
    /// Takes over a tight grey plane; `None` when the bytes are not `width * height`.
    pub fn new(width: u32, height: u32, mut data: Vec<u8>) -> Option<Luma> {
        if width > 0 && height > 0 && (width as usize).checked_mul(height as usize) == Some(data.len()) {
            return Some(Luma { width, height, data });
        }
        data.zeroize();
        None
    }

    /// The grey of a colour picture by BT.601, which is how the training pictures were made grey.
    pub fn fill_from(&mut self, rgb: &Rgb) {
        self.wipe();
        // 0.299, 0.587 and 0.114 in 1/65536; they sum to one, so 255 stays 255.
        self.data.extend(rgb.data.chunks_exact(3).map(|pixel| {
            let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
            ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16) as u8
        }));
        (self.width, self.height) = (rgb.width, rgb.height);
        // A picture whose bytes do not match its size is treated as if the missing rows were black.
        self.data.resize(self.width as usize * self.height as usize, 0);
    }

    /// Overwrites the pixels and keeps the memory for the next picture.
    pub fn wipe(&mut self) {
        self.data.zeroize();
        (self.width, self.height) = (0, 0);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Bilinear sample at a point in pixels, where (0.5, 0.5) is the centre of the first pixel.
    /// Beyond the border the border goes on. An empty picture is black.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        if self.data.is_empty() {
            return 0.0;
        }
        let (x0, x1, fx) = taps(x, self.width);
        let (y0, y1, fy) = taps(y, self.height);
        let at = |x: usize, y: usize| f32::from(self.data[y * self.width as usize + x]);
        let top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * fx;
        let bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * fx;
        top + (bottom - top) * fy
    }
}

impl Drop for Luma {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl fmt::Debug for Luma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Luma({}x{})", self.width, self.height)
    }
}

/// The two pixels on either side of a point on a line of `size` pixels, and how far it is to the second.
fn taps(at: f32, size: u32) -> (usize, usize, f32) {
    let last = size.saturating_sub(1) as f32;
    // `max` and `min` take the number where the other is none, so a coordinate that is not a number
    // lands on the border.
    let at = (at - 0.5).max(0.0).min(last);
    let first = at.floor();
    (first as usize, (first + 1.0).min(last) as usize, at - first)
}

/// A square window of a picture, in pixels of that picture; it may reach over the border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub x: f32,
    pub y: f32,
    pub side: f32,
}

impl Window {
    /// The smallest square around the whole picture, centred.
    pub fn around(width: u32, height: u32) -> Window {
        let side = width.max(height) as f32;
        Window { x: (width as f32 - side) / 2.0, y: (height as f32 - side) / 2.0, side }
    }
}

/// Brings a window of `rgb` down (or up) to `side` x `side` pixels, three values in [-1, 1] each;
/// what lies outside the picture is black. Shrinking averages over all the pixels that fall into one,
/// so that small faces in large pictures do not break up.
pub fn view(rgb: &Rgb, window: Window, side: usize, out: &mut Vec<f32>) {
    const BLACK: f32 = -1.0;
    out.clear();
    out.resize(side * side * 3, BLACK);
    let (width, height) = (rgb.width as usize, rgb.height as usize);
    if rgb.data.len() < width * height * 3 || width == 0 || height == 0 || side == 0 {
        return;
    }
    let step = window.side / side as f32;
    // The span of pixels under each row and column of the view: at least the nearest one.
    let span = |origin: f32, index: usize, size: usize| -> Option<(usize, usize)> {
        let (from, to) = (origin + index as f32 * step, origin + (index + 1) as f32 * step);
        let middle = (from + to) / 2.0;
        if !(0.0..size as f32).contains(&middle) {
            return None;
        }
        let from = from.round().max(0.0) as usize;
        let to = (to.round().max(0.0) as usize).min(size);
        if from < to { Some((from, to)) } else { Some((middle as usize, middle as usize + 1)) }
    };
    for row in 0..side {
        let Some((top, bottom)) = span(window.y, row, height) else { continue };
        for column in 0..side {
            let Some((left, right)) = span(window.x, column, width) else { continue };
            let mut sum = [0u32; 3];
            for y in top..bottom {
                for pixel in rgb.data[(y * width + left) * 3..(y * width + right) * 3].chunks_exact(3) {
                    sum[0] += u32::from(pixel[0]);
                    sum[1] += u32::from(pixel[1]);
                    sum[2] += u32::from(pixel[2]);
                }
            }
            let scale = 1.0 / (127.5 * ((bottom - top) * (right - left)) as f32);
            let at = (row * side + column) * 3;
            for (value, sum) in out[at..at + 3].iter_mut().zip(sum) {
                *value = sum as f32 * scale - 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Rgb {
        let data = (0..width * height).flat_map(|at| pixel(at % width, at / width)).collect();
        Rgb { width, height, data }
    }

    #[test]
    fn grey_is_weighted_as_bt_601_says() {
        let mut luma = Luma::default();
        luma.fill_from(&rgb(5, 1, |x, _| {
            [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]][x as usize]
        }));
        assert_eq!(luma.bytes(), [76, 150, 29, 255, 0]);
    }

    #[test]
    fn a_picture_with_missing_rows_is_read_as_black_there() {
        let mut luma = Luma::default();
        luma.fill_from(&Rgb { width: 2, height: 2, data: vec![255; 6] });
        assert_eq!(luma.bytes(), [255, 255, 0, 0]);
    }

    #[test]
    fn a_wiped_plane_is_empty() {
        let mut luma = Luma::new(2, 1, vec![9, 9]).unwrap();
        luma.wipe();
        assert!(luma.bytes().is_empty() && luma.sample(0.5, 0.5) == 0.0);
        assert!(Luma::new(2, 2, vec![0; 3]).is_none() && Luma::new(0, 0, vec![]).is_none());
    }

    #[test]
    fn a_view_shrinks_by_the_mean_and_is_black_beyond_the_picture() {
        let stripes = rgb(64, 32, |x, _| if x % 2 == 0 { [255, 0, 255] } else { [0, 0, 255] });
        let mut out = Vec::new();
        view(&stripes, Window::around(64, 32), 16, &mut out);
        assert_eq!(out.len(), 16 * 16 * 3);
        for (at, pixel) in out.chunks_exact(3).enumerate() {
            let inside = (4..12).contains(&(at / 16));
            let expected = if inside { [0.0, -1.0, 1.0] } else { [-1.0; 3] };
            assert!(pixel.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{at}: {pixel:?}");
        }
    }

    #[test]
    fn a_view_enlarges_a_small_window_and_takes_any_window() {
        let picture = rgb(8, 8, |x, _| [x as u8 * 30; 3]);
        let mut out = Vec::new();
        view(&picture, Window { x: 2.0, y: 2.0, side: 2.0 }, 8, &mut out);
        assert!(
            (out[0] - (60.0 / 127.5 - 1.0)).abs() < 1e-5 && (out[21] - (90.0 / 127.5 - 1.0)).abs() < 1e-5
        );
        for window in [
            Window { x: f32::NAN, y: 0.0, side: 4.0 },
            Window { x: 1e30, y: -1e30, side: 1e30 },
            Window { x: 0.0, y: 0.0, side: 0.0 },
            Window { x: 0.0, y: 0.0, side: f32::INFINITY },
        ] {
            view(&picture, window, 8, &mut out);
            assert!(out.iter().all(|value| (-1.001..=1.001).contains(value)), "{window:?}");
        }
    }
}
