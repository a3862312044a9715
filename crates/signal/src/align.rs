//! From a face in a picture to the crop that the mood model sees: eyes level, a fixed scale, grey.

use std::fmt;
use std::ops::Range;

use zeroize::{Zeroize, Zeroizing};

use crate::geometry::{Face, Point};
use crate::numbers::{Whole, to_u8};
use crate::pixels::Luma;

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

    /// Turns the face into its mirror image, in place.
    pub fn mirror(&mut self) {
        for row in self.grey.chunks_exact_mut(self.side.max(1)) {
            row.reverse();
        }
    }

    /// The same face with a rectangle of it behind a flat patch as bright as the rectangle is.
    pub fn covered(&self, columns: Range<usize>, rows: Range<usize>) -> Crop {
        let mut grey = self.grey.clone();
        let inside = |at: &usize| columns.contains(&(at % self.side)) && rows.contains(&(at / self.side));
        let hidden: Vec<usize> = (0..grey.len()).filter(inside).collect();
        let sum: usize = hidden.iter().map(|at| usize::from(grey[*at])).sum();
        let mean = sum / hidden.len().max(1);
        for at in hidden {
            grey[at] = to_u8(mean);
        }
        Crop { side: self.side, grey }
    }
}

impl fmt::Debug for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crop({0}x{0})", self.side)
    }
}

// The framing of FER2013, as shares of the crop's side: medians over 1,213 of its training pictures,
// pasted into larger scenes and found there by the face finder.

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

    /// The largest upright square in the middle of a picture.
    pub fn middle(picture: &Luma) -> Framing {
        let centre = Point { x: picture.width as f32 / 2.0, y: picture.height as f32 / 2.0 };
        Framing { centre, side: picture.width.min(picture.height).max(1) as f32, roll: 0.0 }
    }

    /// The share of the square, in each direction, at which a point of the picture lies: the inverse
    /// of [`Framing::at`]. Outside [0, 1] the point lies outside the square.
    pub fn share_of(&self, point: Point) -> (f32, f32) {
        let (sin, cos) = self.roll.sin_cos();
        let (x, y) = ((point.x - self.centre.x) / self.side, (point.y - self.centre.y) / self.side);
        (cos * x + sin * y + 0.5, cos * y - sin * x + 0.5)
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

    /// The columns and rows of a picture on which the square lies, or the nearest where it lies beside it.
    pub fn part_of(&self, width: u32, height: u32) -> (Range<usize>, Range<usize>) {
        let (sin, cos) = self.roll.sin_cos();
        // Half a pixel for the samples' neighbours, and one for rounding.
        let reach = self.side / 2.0 * (sin.abs() + cos.abs()) + 2.0;
        let part = |middle: f32, size: u32| {
            let last = size.saturating_sub(1) as f32;
            let at = |place: f32| place.clamp(0.0, last).to_usize();
            at(middle - reach)..at(middle + reach) + 1
        };
        if reach.is_nan() || self.centre.x.is_nan() || self.centre.y.is_nan() {
            return (0..width as usize, 0..height as usize);
        }
        (part(self.centre.x, width), part(self.centre.y, height))
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
    let mut crop = Crop::empty();
    crop.cut(picture, framing, side);
    crop
}

/// Takes a picture that shows a face and nothing else as the crop; of one that is not square, the
/// middle.
pub fn whole(picture: &Luma, side: usize) -> Crop {
    if (picture.width as usize, picture.height as usize) == (side, side) {
        return Crop { side, grey: Zeroizing::new(picture.bytes().to_vec()) };
    }
    align(picture, Framing::middle(picture), side)
}

impl Crop {
    /// One to be cut again and again: then nothing is allocated for it.
    pub fn empty() -> Crop {
        Crop { side: 0, grey: Zeroizing::default() }
    }

    /// Overwrites it.
    pub fn wipe(&mut self) {
        self.grey.zeroize();
    }

    /// Samples a turned square. Where a pixel of the crop covers several of the picture, it is their mean:
    /// a face close to the camera must not look sharper, or more noisy, than those of the training data.
    pub fn cut(&mut self, picture: &Luma, framing: Framing, side: usize) {
        let step = framing.side / side as f32;
        // Samples a pixel and axis. A sample is bilinear and reaches a pixel far to each side, so no pixel
        // is left out where two lie up to 1.25 apart; 16 are enough for a face of 960 pixels at a crop of 48.
        let fine = ((step * 0.8).ceil().to_usize()).clamp(1, 16);
        let pitch = step / fine as f32;
        let share = 1.0 / (fine * fine) as f32;
        let (sin, cos) = framing.roll.sin_cos();
        let reach = framing.side / 2.0 * (sin.abs() + cos.abs()) + 1.0;
        let within = |middle: f32, size: u32| middle - reach >= 1.0 && middle + reach <= size as f32 - 1.0;
        let inside = within(framing.centre.x, picture.width) && within(framing.centre.y, picture.height);
        // Grown at once, so that no half of a face stays behind in memory that was given back.
        self.grey.zeroize();
        self.grey.reserve(side * side);
        self.side = side;
        for row in 0..side {
            for column in 0..side {
                let mut sum = 0.0;
                for v in row * fine..(row + 1) * fine {
                    let y = (v as f32 + 0.5) * pitch - framing.side / 2.0;
                    for u in column * fine..(column + 1) * fine {
                        let x = (u as f32 + 0.5) * pitch - framing.side / 2.0;
                        let (x, y) =
                            (framing.centre.x + cos * x - sin * y, framing.centre.y + sin * x + cos * y);
                        sum += if inside { picture.sample_inside(x, y) } else { picture.sample(x, y) };
                    }
                }
                self.grey.push((sum * share + 0.5).to_u8());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Area, Eyes};

    fn face(eyes: [[f32; 2]; 2], width: f32) -> Face {
        let [left_in_picture, right_in_picture] = eyes.map(|[x, y]| Point { x, y });
        Face {
            area: Area { width, height: width, ..Area::default() },
            eyes: Eyes { left_in_picture, right_in_picture },
            mouth: Point::default(),
            score: 0.9,
        }
    }

    fn picture(side: u32, grey: impl Fn(u32, u32) -> u8) -> Luma {
        let bytes = (0..side * side).map(|at| grey(at % side, at / side)).collect();
        Luma::new(side, side, bytes).unwrap()
    }

    #[test]
    fn the_eyes_come_to_stand_level_at_their_place_however_the_head_is_turned() {
        for degrees in [-60.0f32, -20.0, 0.0, 15.0, 90.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y) = (37.4 / 2.0 * cos, 37.4 / 2.0 * sin);
            let face = face([[200.0 - x, 150.0 - y], [200.0 + x, 150.0 + y]], 85.3);
            let framing = Framing::of(&face);
            assert!((framing.side - 100.0).abs() < 0.1, "{framing:?}");
            let place = |x| framing.at(x, EYES_DOWN);
            for (eye, at) in [
                (face.eyes.left_in_picture, place(0.5 - EYES_APART / 2.0)),
                (face.eyes.right_in_picture, place(0.5 + EYES_APART / 2.0)),
            ] {
                assert!((eye.x - at.x).hypot(eye.y - at.y) < 0.1, "{degrees}: {eye:?} {at:?}");
            }
        }
    }

    #[test]
    fn a_crop_shows_what_stands_where_the_framing_says() {
        let dot = picture(100, |x, y| if (60..64).contains(&x) && (40..44).contains(&y) { 255 } else { 0 });
        let framing = Framing { centre: Point { x: 62.0, y: 42.0 }, side: 24.0, roll: 0.7 };
        let crop = align(&dot, framing, 12);
        let brightest = (0..144).max_by_key(|at| crop.grey()[*at]).unwrap();
        assert!((5..=6).contains(&(brightest % 12)) && (5..=6).contains(&(brightest / 12)), "{brightest}");
    }

    #[test]
    fn a_large_face_is_averaged_and_not_picked_from() {
        let checks = picture(480, |x, y| if (x + y) % 2 == 0 { 255 } else { 0 });
        let framing = Framing { centre: Point { x: 240.0, y: 240.0 }, side: 480.0, roll: 0.0 };
        assert!(align(&checks, framing, 48).grey().iter().all(|grey| (120..=135).contains(grey)));
    }

    #[test]
    fn a_face_over_the_border_or_made_of_nonsense_gives_a_crop_all_the_same() {
        let grey = picture(20, |_, _| 77);
        for framing in [
            Framing { centre: Point { x: -50.0, y: 500.0 }, side: 40.0, roll: 0.0 },
            Framing { centre: Point { x: f32::NAN, y: 0.0 }, side: f32::INFINITY, roll: f32::NAN },
        ] {
            assert!(align(&grey, framing, 8).grey().iter().all(|grey| *grey == 77));
        }
        assert_eq!(whole(&Luma::default(), 8).grey(), [0; 64]);
    }

    #[test]
    fn a_crop_needs_no_more_of_the_picture_than_its_framing_says() {
        let scene = |x: u32, y: u32| (x * 7 + y * 13 + x * y) as u8;
        for (x, y, side, roll) in [
            (50.0, 40.0, 30.0, 0.4),
            (3.0, 97.0, 41.0, -1.1),
            (-60.0, 130.0, 20.0, 0.2),
            (50.0, 50.0, 300.0, 2.0),
        ] {
            let framing = Framing { centre: Point { x, y }, side, roll };
            let (columns, rows) = framing.part_of(100, 100);
            let inside = |x: u32, y: u32| columns.contains(&(x as usize)) && rows.contains(&(y as usize));
            let part = picture(100, |x, y| if inside(x, y) { scene(x, y) } else { 0 });
            let (whole, part) = (align(&picture(100, scene), framing, 24), align(&part, framing, 24));
            assert_eq!(whole.grey(), part.grey(), "{framing:?}");
        }
        let nonsense = Framing { centre: Point { x: f32::NAN, y: 0.0 }, side: 9.0, roll: 0.0 };
        assert_eq!(nonsense.part_of(100, 50), (0..100, 0..50));
    }

    #[test]
    fn a_covered_part_is_flat_and_the_rest_is_as_it_was() {
        let crop = whole(&picture(8, |x, y| (x * 9 + y * 3) as u8), 8);
        let covered = crop.covered(2..5, 1..3);
        for at in 0..64 {
            let inside = (2..5).contains(&(at % 8)) && (1..3).contains(&(at / 8));
            let wanted = if inside { covered.grey()[8 + 2] } else { crop.grey()[at] };
            assert_eq!(covered.grey()[at], wanted, "{at}");
        }
        assert_eq!(covered.grey()[8 + 2], (27 + 9 / 2) as u8);
    }

    #[test]
    fn a_ready_crop_of_the_right_size_is_taken_bit_for_bit() {
        let ready = picture(48, |x, y| ((x * 5) ^ (y * 3)) as u8);
        assert_eq!(whole(&ready, 48).grey(), ready.bytes());
    }
}
