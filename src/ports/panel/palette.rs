//! The colours: a calm dark ground, one colour a mood.

use super::canvas::Ink;
use moodbox_core::mood::Mood;

/// Exactly representable in RGB565, so that the ground is flat.
pub const GROUND: Ink = Ink(16, 20, 24);
/// A panel that sleeps.
pub const BLACK: Ink = Ink(0, 0, 0);
/// Plates and bars that lie on the ground.
pub const RAISED: Ink = Ink(41, 48, 57);
pub const TEXT: Ink = Ink(247, 243, 236);
/// Text that is read second.
pub const QUIET: Ink = Ink(166, 176, 188);
/// The device itself: its face when it waits, its rings and bars.
pub const OWN: Ink = Ink(94, 214, 190);
pub const TROUBLE: Ink = Ink(255, 180, 84);
pub const HEART: Ink = Ink(255, 94, 120);
/// Lines of faces.
pub const LINE: Ink = Ink(34, 28, 40);
pub const WHITE: Ink = Ink(255, 255, 255);

/// The colour of a mood; light enough that text in it is read on the ground.
pub const fn of(mood: Mood) -> Ink {
    match mood {
        Mood::Angry => Ink(255, 106, 92),
        Mood::Disgust => Ink(150, 206, 92),
        Mood::Fear => Ink(178, 146, 255),
        Mood::Happy => Ink(255, 205, 76),
        Mood::Sad => Ink(102, 168, 255),
        Mood::Surprise => Ink(255, 146, 196),
        Mood::Neutral => Ink(170, 190, 200),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast as WCAG 2.2 defines it.
    fn contrast(a: Ink, b: Ink) -> f32 {
        let luminance = |ink: Ink| {
            let linear = |value: u8| {
                let value = f32::from(value) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(ink.0) + 0.7152 * linear(ink.1) + 0.0722 * linear(ink.2)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_of_text_is_read_easily_on_the_ground() {
        let moods = Mood::ALL.map(of);
        for ink in [TEXT, QUIET, OWN, TROUBLE, HEART].into_iter().chain(moods) {
            assert!(contrast(ink, GROUND) >= 4.5, "{ink:?}: {}", contrast(ink, GROUND));
        }
    }
}
