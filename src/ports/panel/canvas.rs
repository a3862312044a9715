//! What screens are drawn on: smooth shapes and text in full colour, brought down to RGB565 at the end.

use crate::numbers::{Whole, to_i32};
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap,
    PremultipliedColorU8, RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::Picture;
use super::letters::Letters;
use super::shaping::Base;
use super::text_raster::Face;

/// A colour of the screen, 8 bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8);

impl Ink {
    /// `share` in [0, 1] of `other`, the rest of this.
    pub fn mix(self, other: Ink, share: f32) -> Ink {
        let share = share.clamp(0.0, 1.0);
        let one = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round().to_u8();
        Ink(one(self.0, other.0), one(self.1, other.1), one(self.2, other.2))
    }

    fn color(self, alpha: f32) -> Color {
        let mut color = Color::from_rgba8(self.0, self.1, self.2, 255);
        color.set_alpha(alpha.clamp(0.0, 1.0));
        color
    }
}

/// A rectangle of the screen in pixels; sides are never negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Area {
    pub fn new(x: f32, y: f32, w: f32, h: f32) -> Area {
        Area { x, y, w: w.max(0.0), h: h.max(0.0) }
    }

    /// The same without a margin on each side.
    pub fn inset(self, dx: f32, dy: f32) -> Area {
        Area::new(self.x + dx, self.y + dy, self.w - 2.0 * dx, self.h - 2.0 * dy)
    }

    /// The upper `h` pixels, and the rest.
    pub fn split_top(self, h: f32) -> (Area, Area) {
        let h = h.clamp(0.0, self.h);
        (Area::new(self.x, self.y, self.w, h), Area::new(self.x, self.y + h, self.w, self.h - h))
    }

    /// All but the lower `h` pixels, and those.
    pub fn split_bottom(self, h: f32) -> (Area, Area) {
        self.split_top(self.h - h.clamp(0.0, self.h))
    }

    /// The left `w` pixels, and the rest.
    pub fn split_left(self, w: f32) -> (Area, Area) {
        let w = w.clamp(0.0, self.w);
        (Area::new(self.x, self.y, w, self.h), Area::new(self.x + w, self.y, self.w - w, self.h))
    }

    pub fn center(self) -> (f32, f32) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// A screen while it is drawn.
pub struct Canvas<'a> {
    letters: &'a Letters,
    pixmap: Pixmap,
    clipped: usize,
    /// The smallest letters that were drawn, in pixels.
    smallest: f32,
    /// Blocks of text for which there was no room.
    left_out: usize,
    /// Upper and lower end of where text is seen; none: everywhere.
    window: Option<(i32, i32)>,
}

impl<'a> Canvas<'a> {
    /// One colour everywhere; none for a screen without pixels.
    pub fn new(width: u32, height: u32, ground: Ink, letters: &'a Letters) -> Option<Canvas<'a>> {
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(ground.color(1.0));
        Some(Canvas { letters, pixmap, clipped: 0, smallest: f32::INFINITY, left_out: 0, window: None })
    }

    pub fn area(&self) -> Area {
        Area::new(0.0, 0.0, self.pixmap.width() as f32, self.pixmap.height() as f32)
    }

    /// What text is written with.
    pub fn letters(&self) -> &'a Letters {
        self.letters
    }

    /// How many inked pixels of text fell beside the screen. A screen that is laid out well has none.
    pub fn clipped(&self) -> usize {
        self.clipped
    }

    /// A filled circle.
    pub fn disc(&mut self, x: f32, y: f32, radius: f32, ink: Ink) {
        self.veiled_disc(x, y, radius, ink, 1.0);
    }

    /// A filled circle that lets the ground through.
    pub fn veiled_disc(&mut self, x: f32, y: f32, radius: f32, ink: Ink, alpha: f32) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.fill(&path, solid(ink, alpha));
        }
    }

    /// A filled circle, lighter above than below.
    pub fn ball(&mut self, x: f32, y: f32, radius: f32, above: Ink, below: Ink) {
        let stops = vec![GradientStop::new(0.0, above.color(1.0)), GradientStop::new(1.0, below.color(1.0))];
        let shader = LinearGradient::new(
            tiny_skia::Point::from_xy(x, y - radius),
            tiny_skia::Point::from_xy(x, y + radius),
            stops,
            SpreadMode::Pad,
            Transform::identity(),
        );
        if let (Some(path), Some(shader)) = (PathBuilder::from_circle(x, y, radius), shader) {
            self.fill(&path, shader);
        }
    }

    /// Light that fades from the middle outwards.
    pub fn glow(&mut self, x: f32, y: f32, radius: f32, ink: Ink, alpha: f32) {
        let stops = vec![
            GradientStop::new(0.0, ink.color(alpha)),
            GradientStop::new(0.55, ink.color(alpha * 0.35)),
            GradientStop::new(1.0, ink.color(0.0)),
        ];
        let center = tiny_skia::Point::from_xy(x, y);
        let shader =
            RadialGradient::new(center, 0.0, center, radius, stops, SpreadMode::Pad, Transform::identity());
        if let (Some(path), Some(shader)) = (PathBuilder::from_circle(x, y, radius), shader) {
            self.fill(&path, shader);
        }
    }

    /// A part of a circle with round ends, from the top clockwise; `share` in [0, 1] of the whole.
    pub fn arc(&mut self, center: (f32, f32), radius: f32, width: f32, share: f32, ink: Ink) {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        if share <= 0.0 {
            return;
        }
        // Sixteen cubic pieces a turn: the error of each is far below a pixel. All are of one length but the
        // last, so that what stood there before does not change when the arc grows.
        let step = core::f32::consts::TAU / 16.0;
        let whole = share * core::f32::consts::TAU;
        let pieces = (whole / step).ceil().max(1.0).to_usize();
        let at = |angle: f32| (center.0 + radius * angle.sin(), center.1 - radius * angle.cos());
        let mut path = PathBuilder::new();
        let (x, y) = at(0.0);
        path.move_to(x, y);
        for piece in 0..pieces {
            let (from, to) = (piece as f32 * step, ((piece + 1) as f32 * step).min(whole));
            let reach = 4.0 / 3.0 * ((to - from) / 4.0).tan() * radius;
            let ((x0, y0), (x1, y1)) = (at(from), at(to));
            path.cubic_to(
                x0 + reach * from.cos(),
                y0 + reach * from.sin(),
                x1 - reach * to.cos(),
                y1 - reach * to.sin(),
                x1,
                y1,
            );
        }
        self.curve(path, width, ink, 1.0);
    }

    /// The outline of an oval, by half its width and half its height.
    pub fn oval(&mut self, (x, y): (f32, f32), (half, tall): (f32, f32), width: f32, ink: Ink) {
        let place = Rect::from_xywh(x - half, y - tall, 2.0 * half, 2.0 * tall);
        if let Some(path) = place.and_then(PathBuilder::from_oval) {
            self.stroke(&path, width, ink, 1.0);
        }
    }

    /// A rectangle with round corners.
    pub fn plate(&mut self, area: Area, radius: f32, ink: Ink, alpha: f32) {
        if let Some(path) = rounded(area, radius) {
            self.fill(&path, solid(ink, alpha));
        }
    }

    /// The outline of a rectangle with round corners, drawn inside its edge.
    pub fn frame(&mut self, area: Area, radius: f32, width: f32, ink: Ink) {
        if let Some(path) = rounded(area.inset(width / 2.0, width / 2.0), radius - width / 2.0) {
            self.stroke(&path, width, ink, 1.0);
        }
    }

    /// The edge of a rectangle with round corners, from the middle of its upper side clockwise; `share` in [0, 1].
    pub fn edge(&mut self, area: Area, radius: f32, width: f32, share: f32, ink: Ink) {
        let area = area.inset(width / 2.0, width / 2.0);
        let points = around(area, radius - width / 2.0);
        let length = |from: (f32, f32), to: (f32, f32)| (to.0 - from.0).hypot(to.1 - from.1);
        let whole: f32 = points.windows(2).map(|two| length(two[0], two[1])).sum();
        let mut left = whole * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let mut path = PathBuilder::new();
        let Some(&(x, y)) = points.first() else { return };
        path.move_to(x, y);
        for two in points.windows(2) {
            let (from, to) = (two[0], two[1]);
            let step = length(from, to);
            let part = if step > 0.0 { (left / step).min(1.0) } else { 0.0 };
            path.line_to(from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            left -= step;
            if left <= 0.0 {
                break;
            }
        }
        self.curve(path, width, ink, 1.0);
    }

    /// A bar with round ends: `share` in [0, 1] of it filled.
    pub fn bar(&mut self, area: Area, share: f32, ground: Ink, ink: Ink) {
        let radius = area.h / 2.0;
        self.plate(area, radius, ground, 1.0);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        if share > 0.0 {
            self.plate(Area { w: area.h + (area.w - area.h).max(0.0) * share, ..area }, radius, ink, 1.0);
        }
    }

    /// A line along a path, with round ends and corners.
    pub fn curve(&mut self, path: PathBuilder, width: f32, ink: Ink, alpha: f32) {
        if let Some(path) = path.finish() {
            self.stroke(&path, width, ink, alpha);
        }
    }

    /// The inside of a path.
    pub fn shape(&mut self, path: PathBuilder, ink: Ink, alpha: f32) {
        if let Some(path) = path.finish() {
            self.fill(&path, solid(ink, alpha));
        }
    }

    /// The height in pixels of the smallest letters that were drawn.
    #[cfg(test)]
    pub fn smallest(&self) -> f32 {
        self.smallest
    }

    /// How many blocks of text found no room.
    #[cfg(test)]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Notes that some blocks of text found no room.
    pub fn leave_out(&mut self, blocks: usize) {
        self.left_out += blocks;
    }

    /// Draws text of which only what lies in this area's height is seen.
    pub fn in_window(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        self.window = Some((area.y.round().to_i32(), (area.y + area.h).round().to_i32()));
        draw(self);
        self.window = None;
    }

    /// One line of our own words as it is, with its left end and baseline here.
    pub fn text(&mut self, text: &str, face: Face, x: f32, baseline: f32, ink: Ink) {
        self.line(text, Base::Left, face, (x, baseline), ink);
    }

    /// One line that was cleaned and is read from that side, with its left end and baseline here.
    #[expect(clippy::cast_sign_loss, reason = "a place left of the picture or above it is left out before")]
    pub fn line(&mut self, text: &str, base: Base, face: Face, place: (f32, f32), ink: Ink) {
        let (width, height) = (to_i32(self.pixmap.width()), to_i32(self.pixmap.height()));
        let pixels = self.pixmap.pixels_mut();
        let (mut clipped, window) = (0, self.window);
        if !text.is_empty() {
            self.smallest = self.smallest.min(face.size);
        }
        self.letters.raster(text, base, face, place, |x, y, cover| {
            if window.is_some_and(|(top, bottom)| !(top..bottom).contains(&y)) {
                return;
            }
            if x < 0 || y < 0 || x >= width || y >= height {
                clipped += usize::from(cover > 0.1);
                return;
            }
            let pixel = &mut pixels[(y * width + x) as usize];
            // The ground is opaque everywhere, so premultiplied and plain values are the same.
            let under = Ink(pixel.red(), pixel.green(), pixel.blue());
            let Ink(red, green, blue) = under.mix(ink, cover);
            if let Some(mixed) = PremultipliedColorU8::from_rgba(red, green, blue, 255) {
                *pixel = mixed;
            }
        });
        self.clipped += clipped;
    }

    fn fill(&mut self, path: &Path, shader: Shader<'_>) {
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        self.pixmap.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    fn stroke(&mut self, path: &Path, width: f32, ink: Ink, alpha: f32) {
        let paint = Paint { shader: solid(ink, alpha), anti_alias: true, ..Paint::default() };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixmap.stroke_path(path, &paint, &stroke, Transform::identity(), None);
    }

    /// Writes the drawing into the picture, as far as both reach.
    pub fn copy_to(&self, picture: &mut Picture) {
        let width = self.pixmap.width() as usize;
        for (y, (row, line)) in picture.rows_mut().zip(self.pixmap.pixels().chunks(width)).enumerate() {
            for (x, (pixel, color)) in row.iter_mut().zip(line).enumerate() {
                *pixel = to_rgb565(color.red(), color.green(), color.blue(), threshold(x, y));
            }
        }
    }
}

/// The 4x4 ordered matrix of Bayer (1973). It hides the steps of 5 and 6 bits in soft gradients, and
/// depends on the place only, so that a picture that stays the same is drawn the same.
const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// Between 0.1 and 0.9: values that RGB565 holds exactly are never moved by rounding.
fn threshold(x: usize, y: usize) -> f32 {
    0.1 + 0.8 * (f32::from(BAYER[y % 4][x % 4]) + 0.5) / 16.0
}

fn to_rgb565(red: u8, green: u8, blue: u8, threshold: f32) -> u16 {
    let level = |value: u8, top: f32| (f32::from(value) / 255.0 * top + threshold).min(top).to_u16();
    level(red, 31.0) << 11 | level(green, 63.0) << 5 | level(blue, 31.0)
}

fn solid(ink: Ink, alpha: f32) -> Shader<'static> {
    Shader::SolidColor(ink.color(alpha))
}

/// Points along the edge of a rectangle with round corners, from the middle of its upper side clockwise and back.
fn around(area: Area, radius: f32) -> Vec<(f32, f32)> {
    let r = radius.min(area.w / 2.0).min(area.h / 2.0).max(0.0);
    let (left, top, right, bottom) = (area.x, area.y, area.x + area.w, area.y + area.h);
    let corners =
        [(right - r, top + r), (right - r, bottom - r), (left + r, bottom - r), (left + r, top + r)];
    let middle = (left + area.w / 2.0, top);
    let mut points = vec![middle];
    for (quarter, (x, y)) in corners.into_iter().enumerate() {
        for step in 0..=8u8 {
            let angle = core::f32::consts::FRAC_PI_2 * (quarter as f32 + f32::from(step) / 8.0);
            points.push((x + r * angle.sin(), y - r * angle.cos()));
        }
    }
    points.push(middle);
    points
}

fn rounded(area: Area, radius: f32) -> Option<Path> {
    let rect = Rect::from_xywh(area.x, area.y, area.w, area.h)?;
    let r = radius.min(area.w / 2.0).min(area.h / 2.0).max(0.0);
    // Distance of the control points that makes a cubic the nearest to a quarter circle.
    let k = r * (1.0 - 0.552_284_8);
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let mut path = PathBuilder::new();
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.cubic_to(right - k, top, right, top + k, right, top + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.cubic_to(left + k, bottom, left, bottom - k, left, bottom - r);
    path.line_to(left, top + r);
    path.cubic_to(left, top + k, left + k, top, left + r, top);
    path.close();
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_that_rgb565_holds_exactly_are_the_same_at_every_place() {
        for level in 0..32u16 {
            let value = (f32::from(level) * 255.0 / 31.0).round() as u8;
            for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x, y))) {
                assert_eq!(to_rgb565(value, 0, value, threshold(x, y)), level << 11 | level);
            }
        }
    }

    #[test]
    fn a_screen_without_pixels_is_no_canvas() {
        let letters = Letters::ours();
        assert!(Canvas::new(0, 240, Ink(0, 0, 0), &letters).is_none());
        assert!(Canvas::new(1, 1, Ink(0, 0, 0), &letters).is_some());
    }
}
