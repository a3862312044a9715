//! From a face in a picture to the crop that the mood model sees: eyes level, a fixed scale, grey.

use std::fmt;

use zeroize::Zeroizing;

use crate::vision::face::{Face, Point};
use crate::vision::pixels::Luma;

/// A square grey face, framed as the mood model saw faces in training. It can only come out of
/// [`align`] and [`whole`], and it is wiped when dropped.
pub struct Crop {
    side: usize,
    grey: Zeroizing<Vec<u8>>,
}

impl Crop {
    /// Pixels a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// `side * side` bytes.
    pub fn grey(&self) -> &[u8] {
        &self.grey
    }
}

impl fmt::Debug for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crop({0}x{0})", self.side)
    }
}

// The framing of FER2013, as shares of the crop's side: medians over 1,213 of its training pictures,
// pasted into larger scenes and found there by [`FaceFinder`](crate::vision::face::FaceFinder).

/// How far down the eyes stand.
const EYES_DOWN: f32 = 0.40;
/// How far the eyes stand apart.
const EYES_APART: f32 = 0.374;
/// How wide the face's box is.
const FACE_WIDE: f32 = 0.853;

/// A square anywhere in a picture, turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    /// The middle, in pixels of the picture.
    pub centre: Point,
    /// Pixels of the picture along one side.
    pub side: f32,
    /// How far the face is turned in the picture, clockwise, in radians.
    pub roll: f32,
}

impl Framing {
    /// The square that shows a face as FER2013 does.
    pub fn of(face: &Face) -> Framing {
        let (a, b) = (face.eyes.left_in_picture, face.eyes.right_in_picture);
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let roll = dy.atan2(dx);
        // Eyes come closer together when the head turns away, the box less so; the box follows hair
        // and chin, the eyes do not. Their geometric mean strays least from FER2013's own framing.
        let by_eyes = dx.hypot(dy) / EYES_APART;
        let by_box = face.area.width / FACE_WIDE;
        let side = (by_eyes * by_box).sqrt().max(1.0);
        let down = (0.5 - EYES_DOWN) * side;
        let (sin, cos) = roll.sin_cos();
        let middle = Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 };
        Framing { centre: Point { x: middle.x - sin * down, y: middle.y + cos * down }, side, roll }
    }

    /// Moved by shares of its side, along its own axes, and scaled.
    pub fn nudged(self, right: f32, down: f32, scale: f32) -> Framing {
        let (sin, cos) = self.roll.sin_cos();
        let (x, y) = (right * self.side, down * self.side);
        Framing {
            centre: Point { x: self.centre.x + cos * x - sin * y, y: self.centre.y + sin * x + cos * y },
            side: self.side * scale,
            ..self
        }
    }

    /// The point of the picture at shares `x`, `y` of the square, each in [0, 1].
    pub fn at(&self, x: f32, y: f32) -> Point {
        let (sin, cos) = self.roll.sin_cos();
        let (x, y) = ((x - 0.5) * self.side, (y - 0.5) * self.side);
        Point { x: self.centre.x + cos * x - sin * y, y: self.centre.y + sin * x + cos * y }
    }
}

/// Cuts a face out, `side` pixels a side.
pub fn align(picture: &Luma, framing: Framing, side: usize) -> Crop {
    cut(picture, framing, side)
}

/// Takes a picture that shows a face and nothing else as the crop; of one that is not square, the
/// middle.
pub fn whole(picture: &Luma, side: usize) -> Crop {
    if (picture.width as usize, picture.height as usize) == (side, side) {
        return Crop { side, grey: Zeroizing::new(picture.bytes().to_vec()) };
    }
    let centre = Point { x: picture.width as f32 / 2.0, y: picture.height as f32 / 2.0 };
    let framing = Framing { centre, side: picture.width.min(picture.height).max(1) as f32, roll: 0.0 };
    cut(picture, framing, side)
}

/// Samples a turned square. Where a pixel of the crop covers several of the picture, it is their mean:
/// a face close to the camera must not look sharper, or more noisy, than those of the training data.
fn cut(picture: &Luma, framing: Framing, side: usize) -> Crop {
    let step = framing.side / side as f32;
    // Samples a pixel and axis; 16 covers a face of 768 pixels at a crop of 48.
    let fine = (step.ceil() as usize).clamp(1, 16);
    let (sin, cos) = framing.roll.sin_cos();
    let mut grey = Zeroizing::new(Vec::with_capacity(side * side));
    for row in 0..side {
        for column in 0..side {
            let mut sum = 0.0;
            for v in 0..fine {
                let y = (row as f32 + (v as f32 + 0.5) / fine as f32) * step - framing.side / 2.0;
                for u in 0..fine {
                    let x = (column as f32 + (u as f32 + 0.5) / fine as f32) * step - framing.side / 2.0;
                    sum += picture
                        .sample(framing.centre.x + cos * x - sin * y, framing.centre.y + sin * x + cos * y);
                }
            }
            grey.push((sum / (fine * fine) as f32).round() as u8);
        }
    }
    Crop { side, grey }
}
