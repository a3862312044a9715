//! What helps a person who stands before the camera, out of where a face is and how bright it is.

use crate::screen::Advice;

/// The largest face of a picture, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framed {
    /// Faces in the picture.
    pub faces: usize,
    /// The width of the face, as a share of the shorter side of the picture.
    pub width: f32,
    /// The least room between the middle of the face and an edge of the picture, in widths of the face.
    pub room: f32,
    /// The mean of the face's brightness, 0 to 1.
    pub light: f32,
}

/// A narrower face has fewer pixels than the mood model was trained with: 48 of 480 rows.
const NARROWEST: f32 = 0.15;
/// A wider one reaches over the edges as soon as the person moves.
const WIDEST: f32 = 0.75;
/// Half a width is where an edge begins to cut the face off.
const LEAST_ROOM: f32 = 0.55;
/// Below, a camera's noise hides what a face shows; above, its white is nothing but white.
const LIGHT: std::ops::Range<f32> = 0.16..0.9;

/// What helps most now. One thing at a time: nobody moves closer and into the light at once.
pub fn advice(framed: &Framed) -> Advice {
    match framed {
        Framed { faces: 0, .. } => Advice::Nobody,
        Framed { faces: 2.., .. } => Advice::Several,
        // Of a face whose measures are no numbers nothing is known.
        Framed { width, room, light, .. } if ![width, room, light].iter().all(|m| m.is_finite()) => {
            Advice::Nobody
        }
        Framed { width, .. } if *width > WIDEST => Advice::Farther,
        Framed { room, .. } if *room < LEAST_ROOM => Advice::Middle,
        Framed { width, .. } if *width < NARROWEST => Advice::Closer,
        Framed { light, .. } if *light < LIGHT.start => Advice::Lighter,
        Framed { light, .. } if *light > LIGHT.end => Advice::Darker,
        _ => Advice::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_said_at_a_time_and_the_most_important_first() {
        let good = Framed { faces: 1, width: 0.4, room: 1.2, light: 0.5 };
        for (framed, said) in [
            (good, Advice::Good),
            (Framed { faces: 0, ..good }, Advice::Nobody),
            (Framed { faces: 2, width: 0.9, ..good }, Advice::Several),
            (Framed { width: 0.1, light: 0.1, ..good }, Advice::Closer),
            (Framed { width: 0.8, ..good }, Advice::Farther),
            (Framed { room: 0.5, light: 0.1, ..good }, Advice::Middle),
            (Framed { light: 0.1, ..good }, Advice::Lighter),
            (Framed { light: 0.95, ..good }, Advice::Darker),
        ] {
            assert_eq!(advice(&framed), said, "{framed:?}");
        }
        let none = Framed { faces: 1, width: f32::NAN, room: f32::NAN, light: f32::NAN };
        assert_eq!(advice(&none), Advice::Nobody, "good is said of what was measured alone");
    }
}
