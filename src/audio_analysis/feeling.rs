//! From what a piece sounds like to where it lies on the plane of feeling: a rough guess.
//!
//! Reference: Eerola, Friberg and Bresin (2013, "Emotional expression in music: contribution, linearity,
//! and additivity of primary musical cues", Frontiers in Psychology 4:487) varied mode, tempo, register,
//! dynamics, articulation and timbre one by one. The cues add up without interacting, nearly in straight
//! lines, and mode and tempo count most. So each cue is brought to -1 to 1 here and the cues are added:
//! tempo, loudness and brightness to arousal; mode and tempo to valence. The single weights and the ranges
//! of the cues are this project's own.
//!
//! Limits: words, voice, memory and culture are not heard. Loudness says as much of the mastering as of the
//! playing. Valence from sound is known to be far weaker than arousal. That is why a measured feeling stands
//! behind every tag and every genre, and why its values stay within 0.75.

use super::Features;
use moodbox_core::recommend::{Feeling, FeelingSource};

/// The place of these features, both axes within [-0.75, 0.75].
pub fn feeling(features: &Features) -> Feeling {
    // No pulse says neither fast nor slow.
    let tempo = features.tempo.map_or(0.0, |tempo| scaled(tempo.log2(), (55f32.log2(), 180f32.log2())));
    let loudness = scaled(features.loudness, (-26.0, -6.0));
    let brightness = scaled(features.brightness.max(1.0).log2(), (500f32.log2(), 4500f32.log2()));
    Feeling {
        valence: 0.5 * features.mode + 0.25 * tempo,
        arousal: 0.3 * tempo + 0.3 * loudness + 0.15 * brightness,
        source: FeelingSource::Sound,
    }
}

/// -1 at the lower end of a range, 1 at the upper, and held there beyond.
fn scaled(value: f32, (low, high): (f32, f32)) -> f32 {
    ((value - low) / (high - low) * 2.0 - 1.0).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_loud_and_bright_is_excited_and_major_is_pleasant() {
        let calm =
            Features { tempo: Some(60.0), loudness: -24.0, brightness: 700.0, mode: 0.0, speech: false };
        let wild =
            Features { tempo: Some(160.0), loudness: -8.0, brightness: 3500.0, mode: 0.0, speech: false };
        assert!(feeling(&calm).arousal < -0.4 && feeling(&wild).arousal > 0.4);
        // Each cue by itself moves its axis and nothing turns round.
        for louder in [Features { loudness: -10.0, ..calm }, Features { brightness: 3000.0, ..calm }] {
            assert!(feeling(&louder).arousal > feeling(&calm).arousal);
            assert_eq!(feeling(&louder).valence, feeling(&calm).valence);
        }
        let (major, minor) = (Features { mode: 0.8, ..calm }, Features { mode: -0.8, ..calm });
        assert!(feeling(&major).valence > 0.0 && feeling(&minor).valence < -0.4);
        let extreme = feeling(&Features {
            tempo: Some(220.0),
            loudness: 0.0,
            brightness: 2e4,
            mode: 1.0,
            speech: false,
        });
        assert!(extreme.valence <= 0.75 && extreme.arousal <= 0.75);
    }
}
