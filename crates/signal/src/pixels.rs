//! Pictures between the camera and the tensors: a grey plane, and sampling that does not alias.

use std::fmt;
use std::ops::Range;

use crate::formats::{FormatError, Rgb, to_grey};
use crate::frame::{Frame, wipe};
use crate::geometry::Area;
use crate::numbers::Whole;

/// An 8-bit grey picture, tight rows. Wiped when dropped.
#[derive(Default)]
pub struct Luma {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Zeros but for the picture; longer than it where an earlier one was larger.
    data: Vec<u8>,
    /// Where something may stand.
    written: Range<usize>,
}

impl Luma {
    /// Takes over a tight grey plane; `None` when the bytes are not `width * height`.
    pub fn new(width: u32, height: u32, mut data: Vec<u8>) -> Option<Luma> {
        if width > 0 && height > 0 && (width as usize).checked_mul(height as usize) == Some(data.len()) {
            return Some(Luma { width, height, written: 0..data.len(), data });
        }
        wipe(&mut data);
        None
    }

    /// The grey of a colour picture by BT.601, which is how the training pictures were made grey.
    pub fn fill_from(&mut self, rgb: &Rgb) {
        self.fill_part(rgb, 0..rgb.width as usize, 0..rgb.height as usize);
    }

    /// The same for some columns and rows of it; the rest is black.
    #[expect(clippy::cast_possible_truncation, reason = "the weights sum to one: a grey stays below 256")]
    pub fn fill_part(&mut self, rgb: &Rgb, columns: Range<usize>, rows: Range<usize>) {
        self.wipe();
        (self.width, self.height) = (rgb.width, rgb.height);
        let width = self.width as usize;
        // A picture whose bytes do not match its size is treated as if the missing rows were black.
        let size = width * self.height as usize;
        if self.data.len() < size {
            self.data.resize(size, 0);
        }
        self.written = (rows.start * width).min(size)..(rows.end * width).min(size);
        let lines = self.data.chunks_exact_mut(width.max(1)).zip(rgb.data.chunks(width.max(1) * 3));
        for (greys, pixels) in lines.take(rows.end).skip(rows.start) {
            let greys = greys.iter_mut().take(columns.end).skip(columns.start);
            for (grey, [red, green, blue]) in greys.zip(pixels.as_chunks::<3>().0.iter().skip(columns.start))
            {
                let [red, green, blue] = [*red, *green, *blue].map(u32::from);
                // 0.299, 0.587 and 0.114 in 1/65536; they sum to one, so 255 stays 255.
                *grey = ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16) as u8;
            }
        }
    }

    /// A frame of the camera, if its format has a short way to grey; says whether.
    ///
    /// # Errors
    /// When the frame is torn, has bytes missing or no sensible size.
    pub fn fill_from_frame(&mut self, frame: &Frame) -> Result<bool, FormatError> {
        self.wipe();
        let size = to_grey(frame, &mut self.data);
        if !matches!(size, Ok(None)) {
            // Of a torn frame a part may stand there too.
            self.written = 0..self.data.len();
        }
        let size = size?;
        (self.width, self.height) = size.unwrap_or_default();
        Ok(size.is_some())
    }

    /// Overwrites the pixels and keeps the memory for the next picture.
    pub fn wipe(&mut self) {
        let written = std::mem::take(&mut self.written);
        if let Some(written) = self.data.get_mut(written) {
            written.fill(0);
            zeroize::optimization_barrier(written);
        }
        (self.width, self.height) = (0, 0);
    }

    /// One byte a pixel, row by row from the top.
    pub fn bytes(&self) -> &[u8] {
        self.data.get(..self.width as usize * self.height as usize).unwrap_or_default()
    }

    /// Bilinear sample at a point in pixels, where (0.5, 0.5) is the centre of the first pixel.
    /// Beyond the border the pixels of the border are repeated. An empty picture is black.
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        if self.width == 0 || self.height == 0 {
            return 0.0;
        }
        let (x0, x1, fx) = taps(x, self.width);
        let (y0, y1, fy) = taps(y, self.height);
        let at = |x: usize, y: usize| f32::from(self.data[y * self.width as usize + x]);
        mix([at(x0, y0), at(x1, y0), at(x0, y1), at(x1, y1)], fx, fy)
    }

    /// [`Luma::sample`] for a point that lies at least a pixel inside the border, in a fraction of the time.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the point is inside the picture"
    )]
    pub fn sample_inside(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        // Towards zero is down, because neither is negative.
        let (left, top) = (x as u32, y as u32);
        let at = top as usize * self.width as usize + left as usize;
        let below = at + self.width as usize;
        match (self.data.get(at..at + 2), self.data.get(below..below + 2)) {
            (Some(&[a, b]), Some(&[c, d])) => {
                mix([a, b, c, d].map(f32::from), x - left as f32, y - top as f32)
            }
            _ => 0.0,
        }
    }
}

/// Between four pixels: two above, two below.
fn mix([a, b, c, d]: [f32; 4], x: f32, y: f32) -> f32 {
    let (top, bottom) = (a + (b - a) * x, c + (d - c) * x);
    top + (bottom - top) * y
}

impl Drop for Luma {
    fn drop(&mut self) {
        wipe(&mut self.data);
    }
}

impl fmt::Debug for Luma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Luma({}x{})", self.width, self.height)
    }
}

/// The two pixels on either side of a point on a line of `size` pixels, and how far it is to the second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the last pixel")]
fn taps(at: f32, size: u32) -> (usize, usize, f32) {
    let last = size.saturating_sub(1) as f32;
    // `max` and `min` take the number where the other is none, so a coordinate that is not a number
    // lands on the border.
    let at = (at - 0.5).max(0.0).min(last);
    // Towards zero is down, because it is not negative.
    let first = at as u32;
    (first as usize, (first + 1).min(last as u32) as usize, at - first as f32)
}

/// A square window of a picture, in pixels of that picture; it may reach over the border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The left edge.
    pub x: f32,
    /// The upper edge.
    pub y: f32,
    /// Length of a side.
    pub side: f32,
}

impl Window {
    /// The smallest square around the whole picture, centred.
    pub fn around(width: u32, height: u32) -> Window {
        let side = width.max(height) as f32;
        Window { x: (width as f32 - side) / 2.0, y: (height as f32 - side) / 2.0, side }
    }

    /// A square around the middle of an area, this many times as large.
    pub fn near(area: &Area, times: f32) -> Window {
        let side = area.width.max(area.height) * times;
        let (x, y) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        Window { x: x - side / 2.0, y: y - side / 2.0, side }
    }
}

/// A picture that is looked at, in colour or in grey.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// In colour.
    Colour(&'a Rgb),
    /// In grey.
    Grey(&'a Luma),
}

impl Pixels<'_> {
    /// Width and height in pixels.
    pub fn size(self) -> (u32, u32) {
        match self {
            Pixels::Colour(rgb) => (rgb.width, rgb.height),
            Pixels::Grey(luma) => (luma.width, luma.height),
        }
    }
}

/// Makes views: a window of a picture, brought down (or up) to the size of a network's input. It keeps
/// what it works in from one view to the next.
#[derive(Default)]
pub struct Viewer {
    /// The columns of the picture under each column of the view; none beside the picture.
    columns: Vec<Range<usize>>,
    /// The sums of the rows under one row of the view.
    sums: Vec<u16>,
}

/// The rows under one row of a view that are summed up at most: what a `u16` holds. A window in which there
/// are more is as large as a hundred pictures.
const MOST_ROWS: usize = 257;

impl Viewer {
    /// A window of a picture in `side` x `side` pixels, three values in [-1, 1] each; what lies outside the
    /// picture is black. Shrinking averages over all the pixels that fall into one, so that small faces in
    /// large pictures do not break up.
    pub fn view(&mut self, picture: Pixels<'_>, window: Window, side: usize, out: &mut Vec<f32>) {
        let (width, height) = picture.size();
        let size = (width as usize, height as usize);
        match picture {
            Pixels::Colour(rgb) => self.view_of::<3>(&rgb.data, size, window, side, out),
            Pixels::Grey(luma) => self.view_of::<1>(luma.bytes(), size, window, side, out),
        }
    }

    /// The same of a picture with so many bytes a pixel; of one, it stands for all three colours.
    fn view_of<const BYTES: usize>(
        &mut self,
        data: &[u8],
        (width, height): (usize, usize),
        window: Window,
        side: usize,
        out: &mut Vec<f32>,
    ) {
        const BLACK: f32 = -1.0;
        out.clear();
        out.resize(side * side * 3, BLACK);
        if data.len() < width * height * BYTES || width == 0 || height == 0 || side == 0 {
            return;
        }
        let step = window.side / side as f32;
        self.columns.clear();
        self.columns.extend((0..side).map(|column| span(window.x, step, column, width)));
        let inside = || self.columns.iter().filter(|columns| !columns.is_empty());
        let first = inside().map(|columns| columns.start).min().unwrap_or(0);
        let last = inside().map(|columns| columns.end).max().unwrap_or(0);
        for (row, values) in out.chunks_exact_mut(side * 3).enumerate() {
            let rows = span(window.y, step, row, height);
            let rows = rows.start..rows.end.min(rows.start + MOST_ROWS);
            if rows.is_empty() {
                continue;
            }
            // Down first, a whole row at a time, which the processor does many pixels at once.
            self.sums.clear();
            self.sums.resize((last - first) * BYTES, 0);
            for y in rows.clone() {
                let pixels =
                    data.get((y * width + first) * BYTES..(y * width + last) * BYTES).unwrap_or_default();
                for (sum, value) in self.sums.iter_mut().zip(pixels) {
                    *sum += u16::from(*value);
                }
            }
            let (pixels, _) = self.sums.as_chunks::<BYTES>();
            for (value, columns) in values.as_chunks_mut::<3>().0.iter_mut().zip(&self.columns) {
                if columns.is_empty() {
                    continue;
                }
                let mut sum = [0u32; BYTES];
                for pixel in pixels.get(columns.start - first..columns.end - first).unwrap_or_default() {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
                let scale = 1.0 / (127.5 * (rows.len() * columns.len()) as f32);
                for (value, sum) in value.iter_mut().zip(sum.iter().cycle()) {
                    *value = *sum as f32 * scale - 1.0;
                }
            }
        }
        self.sums.fill(0);
        zeroize::optimization_barrier(self.sums.as_slice());
    }
}

/// The pixels of a line of `size` under one pixel of a view: at least the nearest one, and none beside the
/// picture.
fn span(origin: f32, step: f32, index: usize, size: usize) -> Range<usize> {
    let (from, to) = (origin + index as f32 * step, origin + (index + 1) as f32 * step);
    let middle = (from + to) / 2.0;
    if !(0.0..size as f32).contains(&middle) {
        return 0..0;
    }
    let from = from.round().max(0.0).to_usize();
    let to = to.round().max(0.0).to_usize().min(size);
    if from < to { from..to } else { middle.to_usize()..middle.to_usize() + 1 }
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
    fn a_part_is_grey_as_the_whole_is_and_the_rest_is_black() {
        let colours = rgb(9, 7, |x, y| [(x * 28) as u8, (y * 36) as u8, (x * y * 4) as u8]);
        let (mut whole, mut part) = (Luma::default(), Luma::default());
        whole.fill_from(&colours);
        part.fill_part(&colours, 2..5, 3..6);
        for (at, (grey, wanted)) in part.bytes().iter().zip(whole.bytes()).enumerate() {
            let inside = (2..5).contains(&(at % 9)) && (3..6).contains(&(at / 9));
            assert_eq!(*grey, if inside { *wanted } else { 0 }, "{at}");
        }
    }

    #[test]
    fn inside_a_picture_the_short_way_gives_the_same_as_the_long_one() {
        let colours = rgb(20, 16, |x, y| [(x * y) as u8, (x * 12) as u8, (y * 15) as u8]);
        let mut luma = Luma::default();
        luma.fill_from(&colours);
        for step in 0..400u32 {
            let (x, y) = (1.0 + (step % 20) as f32 * 0.89, 1.0 + (step / 20) as f32 * 0.68);
            assert_eq!(luma.sample(x, y), luma.sample_inside(x, y), "{x} {y}");
        }
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
        Viewer::default().view(Pixels::Colour(&stripes), Window::around(64, 32), 16, &mut out);
        assert_eq!(out.len(), 16 * 16 * 3);
        for (at, pixel) in out.chunks_exact(3).enumerate() {
            let inside = (4..12).contains(&(at / 16));
            let expected = if inside { [0.0, -1.0, 1.0] } else { [-1.0; 3] };
            assert!(pixel.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{at}: {pixel:?}");
        }
    }

    #[test]
    fn a_grey_picture_is_seen_as_one_in_colour_whose_colours_are_alike() {
        let grey = |x: u32, y: u32| (x * 7 + y * 13 + x * y) as u8;
        let colour = rgb(61, 40, |x, y| [grey(x, y); 3]);
        let luma = Luma::new(61, 40, (0..61 * 40).map(|at| grey(at % 61, at / 61)).collect()).unwrap();
        let mut viewer = Viewer::default();
        for window in [Window::around(61, 40), Window { x: 20.0, y: -3.0, side: 17.0 }] {
            let (mut of_colour, mut of_grey) = (Vec::new(), Vec::new());
            viewer.view(Pixels::Colour(&colour), window, 16, &mut of_colour);
            viewer.view(Pixels::Grey(&luma), window, 16, &mut of_grey);
            assert_eq!(of_colour, of_grey);
        }
    }

    #[test]
    fn a_view_enlarges_a_small_window_and_takes_any_window() {
        let picture = rgb(8, 8, |x, _| [x as u8 * 30; 3]);
        let mut out = Vec::new();
        let mut viewer = Viewer::default();
        viewer.view(Pixels::Colour(&picture), Window { x: 2.0, y: 2.0, side: 2.0 }, 8, &mut out);
        assert!(
            (out[0] - (60.0 / 127.5 - 1.0)).abs() < 1e-5 && (out[21] - (90.0 / 127.5 - 1.0)).abs() < 1e-5
        );
        for window in [
            Window { x: f32::NAN, y: 0.0, side: 4.0 },
            Window { x: 1e30, y: -1e30, side: 1e30 },
            Window { x: 0.0, y: 0.0, side: 0.0 },
            Window { x: 0.0, y: 0.0, side: f32::INFINITY },
        ] {
            viewer.view(Pixels::Colour(&picture), window, 8, &mut out);
            assert!(out.iter().all(|value| (-1.001..=1.001).contains(value)), "{window:?}");
        }
    }
}
