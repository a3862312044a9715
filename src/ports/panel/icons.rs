//! Small signs as vectors, each inside a square of `size` around its centre.

use tiny_skia::PathBuilder;

use super::canvas::{Area, Canvas, Ink};

/// A sign beside or instead of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Heart,
    Next,
    Stop,
    Pause,
    Speaker,
    Warning,
    Camera,
    Moon,
}

/// Draws a sign; `hole` is the colour of what is cut out of it.
pub fn draw(canvas: &mut Canvas<'_>, icon: Icon, center: (f32, f32), size: f32, ink: Ink, hole: Ink) {
    let at = |x: f32, y: f32| (center.0 + x * size / 2.0, center.1 + y * size / 2.0);
    let box_at = |x: f32, y: f32, w: f32, h: f32| {
        let (left, top) = at(x, y);
        Area::new(left, top, w * size / 2.0, h * size / 2.0)
    };
    let polygon = |points: &[(f32, f32)]| {
        let mut path = PathBuilder::new();
        for (number, &(x, y)) in points.iter().enumerate() {
            let (x, y) = at(x, y);
            if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        path
    };
    let soft = size * 0.1;
    match icon {
        Icon::Heart => {
            let mut path = PathBuilder::new();
            let curve = |path: &mut PathBuilder, a: (f32, f32), b: (f32, f32), c: (f32, f32)| {
                let (a, b, c) = (at(a.0, a.1), at(b.0, b.1), at(c.0, c.1));
                path.cubic_to(a.0, a.1, b.0, b.1, c.0, c.1);
            };
            let (x, y) = at(0.0, -0.42);
            path.move_to(x, y);
            curve(&mut path, (0.2, -0.95), (0.98, -0.92), (0.98, -0.28));
            curve(&mut path, (0.98, 0.22), (0.4, 0.56), (0.0, 0.9));
            curve(&mut path, (-0.4, 0.56), (-0.98, 0.22), (-0.98, -0.28));
            curve(&mut path, (-0.98, -0.92), (-0.2, -0.95), (0.0, -0.42));
            path.close();
            canvas.shape(path, ink, 1.0);
        }
        Icon::Next => {
            let triangle = [(-0.72, -0.72), (0.4, 0.0), (-0.72, 0.72)];
            canvas.shape(polygon(&triangle), ink, 1.0);
            canvas.curve(polygon(&triangle), soft, ink, 1.0);
            canvas.plate(box_at(0.5, -0.82, 0.3, 1.64), soft, ink, 1.0);
        }
        Icon::Stop => canvas.plate(box_at(-0.72, -0.72, 1.44, 1.44), soft * 1.6, ink, 1.0),
        Icon::Pause => {
            canvas.plate(box_at(-0.66, -0.78, 0.48, 1.56), soft, ink, 1.0);
            canvas.plate(box_at(0.18, -0.78, 0.48, 1.56), soft, ink, 1.0);
        }
        Icon::Speaker => {
            let cone = [(-0.85, -0.3), (-0.45, -0.3), (0.0, -0.72), (0.0, 0.72), (-0.45, 0.3), (-0.85, 0.3)];
            canvas.shape(polygon(&cone), ink, 1.0);
            canvas.curve(polygon(&cone), soft, ink, 1.0);
            for (reach, half) in [(0.42, 0.34), (0.8, 0.62)] {
                let (from, middle, to) =
                    (at(reach * 0.8, -half), at(reach * 1.25, 0.0), at(reach * 0.8, half));
                let mut path = PathBuilder::new();
                path.move_to(from.0, from.1);
                path.quad_to(middle.0, middle.1, to.0, to.1);
                canvas.curve(path, soft * 1.1, ink, 1.0);
            }
        }
        Icon::Warning => {
            let triangle = [(0.0, -0.72), (0.86, 0.72), (-0.86, 0.72)];
            canvas.shape(polygon(&triangle), ink, 1.0);
            canvas.curve(polygon(&triangle), size * 0.2, ink, 1.0);
            canvas.plate(box_at(-0.1, -0.34, 0.2, 0.62), size * 0.05, hole, 1.0);
            let (x, y) = at(0.0, 0.5);
            canvas.disc(x, y, size * 0.06, hole);
        }
        Icon::Moon => {
            let (x, y) = at(0.0, 0.0);
            canvas.disc(x, y, size * 0.46, ink);
            let (x, y) = at(0.42, -0.3);
            canvas.disc(x, y, size * 0.38, hole);
        }
        Icon::Camera => {
            canvas.plate(box_at(-0.45, -0.78, 0.9, 0.6), soft, ink, 1.0);
            canvas.plate(box_at(-0.95, -0.55, 1.9, 1.3), soft * 1.6, ink, 1.0);
            let (x, y) = at(0.0, 0.1);
            canvas.disc(x, y, size * 0.22, hole);
            canvas.disc(x, y, size * 0.13, ink);
        }
    }
}
