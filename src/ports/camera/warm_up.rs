//! When the picture of a camera that was just switched on may be believed. Pure: brightness in, verdict out.
//!
//! The first frames of a camera are dark, green or white, until its exposure and its white balance have
//! found their places. A mood read from those is wrong, so they are discarded.

/// Frames of about the same brightness in a row that count as settled.
const CALM: usize = 3;

/// How much the brightness may differ among them: this share of the brighter one...
const SHARE: f32 = 0.04;
/// ... or this much in absolute terms (of 255), because noise alone moves a dark picture.
const NOISE: f32 = 1.5;

/// A picture this dark (mean of 255) is a camera that has not woken up, for as long as there is patience:
/// several cameras send black frames, all equally black, before the first real one.
const BLACK: f32 = 4.0;

/// Frames after which a picture is taken as it is: a flickering lamp or a waving hand never settles.
pub const MOST_FRAMES: usize = 30;

/// Watches the brightness of the first frames.
#[derive(Debug, Default)]
pub struct Settling {
    last: [f32; CALM],
    seen: usize,
}

impl Settling {
    /// No frame seen yet.
    pub fn new() -> Settling {
        Settling::default()
    }

    /// Takes the mean luma (0 to 255) of the next frame; true once the picture has settled, or when it
    /// has had [`MOST_FRAMES`] for it.
    pub fn see(&mut self, luma: f32) -> bool {
        self.last.rotate_left(1);
        self.last[CALM - 1] = luma;
        self.seen += 1;
        self.seen >= MOST_FRAMES || (self.seen >= CALM && self.calm())
    }

    /// Frames seen so far.
    pub fn seen(&self) -> usize {
        self.seen
    }

    fn calm(&self) -> bool {
        let least = self.last.iter().copied().fold(f32::INFINITY, f32::min);
        let most = self.last.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        least > BLACK && most - least <= (SHARE * most).max(NOISE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many frames it settles; the last brightness goes on for ever.
    fn frames(lumas: &[f32]) -> usize {
        let mut settling = Settling::new();
        let last = *lumas.last().unwrap();
        let endless = lumas.iter().copied().chain(std::iter::repeat(last));
        1 + endless.take(1000).position(|luma| settling.see(luma)).unwrap()
    }

    #[test]
    fn the_first_frames_are_discarded_until_the_picture_is_calm() {
        for (story, lumas, wanted) in [
            ("a camera that is ready", &[120.0][..], 3),
            ("one that climbs out of the dark", &[10.0, 30.0, 60.0, 90.0, 110.0, 120.0], 8),
            ("one that comes down from white", &[250.0, 200.0, 160.0, 130.0], 6),
            ("black frames before the first picture", &[0.0, 0.0, 0.0, 0.0, 100.0], 7),
            ("noise in a dark room", &[9.0, 10.0, 8.6, 9.4], 3),
            ("a hum of three per cent", &[100.0, 103.0, 100.0, 103.0], 3),
            ("a room with no light at all is believed at last", &[1.0], MOST_FRAMES),
        ] {
            assert_eq!(frames(lumas), wanted, "{story}");
        }
    }

    #[test]
    fn a_picture_that_never_calms_is_taken_in_the_end() {
        let mut settling = Settling::new();
        let flicker = (0..).map(|i| if i % 2 == 0 { 80.0 } else { 160.0 });
        let settled = flicker.take(100).position(|luma| settling.see(luma));
        assert_eq!(settled, Some(MOST_FRAMES - 1));
        assert_eq!(settling.seen(), MOST_FRAMES);
    }
}
