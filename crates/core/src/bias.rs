//! What a household taught the device about its faces: a number for each mood, added to the log-probability.
//!
//! A face at rest may look sad to a model that was taught on other faces. Each time a person says "not so" and
//! names the right mood, the numbers move one step down the gradient of the log-loss: towards the named mood,
//! away from those that had its probability. They are shrunk by every look that follows, and bounded, so
//! that a face that clearly shows a mood is read as it whatever was said before. No picture is needed for it
//! and none is kept.

use serde::{Deserialize, Serialize};

use crate::mood::{Mood, Scores};

/// How far one correction moves the numbers: its share of the gradient, in nats.
const STEP: f32 = 0.8;

/// No number is farther from 0, in nats. Two moods move against each other by twice this at most, a factor
/// of 11 in their odds: what was read with 0.995 is still read with 0.95.
pub const BOUND: f32 = 1.2;

/// What is left of the numbers after a look: half of it after 346 looks without another word.
const KEPT: f32 = 0.998;

/// A number that comes below this, in nats, is set to 0.
const NOTHING: f32 = 0.005;

/// The numbers, in the order of [`Mood::ALL`], and how often somebody corrected a reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bias {
    corrections: u32,
    /// Nats.
    nats: [f32; 7],
}

impl Bias {
    /// The scores as this household would have them.
    pub fn apply(&self, scores: &Scores) -> Scores {
        if self.is_none() { *scores } else { scores.shifted(&self.nats) }
    }

    /// A face was read with these scores, the bias included, and a person says that it shows `right`.
    pub fn correct(&mut self, scores: &Scores, right: Mood) {
        for (mood, score) in scores.iter() {
            let wanted = if mood == right { 1.0 } else { 0.0 };
            let number = &mut self.nats[mood.index()];
            *number = (*number + STEP * (wanted - score)).clamp(-BOUND, BOUND);
        }
        self.corrections = self.corrections.saturating_add(1);
    }

    /// A face was looked at: what was said earlier counts a little less.
    pub fn fade(&mut self) {
        for number in &mut self.nats {
            *number *= KEPT;
            if number.abs() < NOTHING {
                *number = 0.0;
            }
        }
    }

    /// Whether it changes nothing.
    pub fn is_none(&self) -> bool {
        self.nats == [0.0; 7]
    }

    /// Whether nobody ever corrected a reading.
    pub fn is_untaught(&self) -> bool {
        self.corrections == 0 && self.is_none()
    }

    /// How often somebody corrected a reading.
    pub fn corrections(&self) -> u32 {
        self.corrections
    }

    /// The numbers that are not 0, in nats.
    pub fn numbers(&self) -> impl Iterator<Item = (Mood, f32)> + '_ {
        Mood::ALL.into_iter().map(|mood| (mood, self.nats[mood.index()])).filter(|(_, nats)| *nats != 0.0)
    }

    /// What a file may say: numbers beyond the bound are brought to it, what is no number is none.
    pub fn checked(mut self) -> Bias {
        for number in &mut self.nats {
            *number = if number.is_finite() { number.clamp(-BOUND, BOUND) } else { 0.0 };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores(pairs: &[(Mood, f32)]) -> Scores {
        let mut logits = [0.0; 7];
        pairs.iter().for_each(|(mood, logit)| logits[mood.index()] = *logit);
        Scores::from_logits(logits, 1.0)
    }

    #[test]
    fn a_correction_moves_towards_what_was_said_and_away_from_what_was_read() {
        let sad = scores(&[(Mood::Sad, 4.0), (Mood::Neutral, 3.0)]);
        let mut bias = Bias::default();
        assert_eq!(bias.apply(&sad), sad);
        bias.correct(&sad, Mood::Neutral);
        bias.correct(&bias.apply(&sad), Mood::Neutral);
        let taught = bias.apply(&sad);
        assert_eq!(taught.top_two().0.0, Mood::Neutral, "{bias:?}");
        assert!((taught.as_array().iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!(bias.corrections(), 2);
        // What has nothing to do with it stays where it is, nearly.
        let happy = scores(&[(Mood::Happy, 5.0)]);
        assert!((bias.apply(&happy).of(Mood::Happy) - happy.of(Mood::Happy)).abs() < 0.02);
    }

    #[test]
    fn what_nobody_repeats_fades_to_nothing() {
        let mut bias = Bias::default();
        bias.correct(&scores(&[(Mood::Sad, 6.0)]), Mood::Neutral);
        let before: Vec<(Mood, f32)> = bias.numbers().collect();
        (0..346).for_each(|_| bias.fade());
        let (_, now) = bias.numbers().find(|(mood, _)| *mood == Mood::Neutral).unwrap();
        let (_, then) = *before.iter().find(|(mood, _)| *mood == Mood::Neutral).unwrap();
        assert!((now / then - 0.5).abs() < 0.01, "{then} to {now}");
        (0..4000).for_each(|_| bias.fade());
        assert!(bias.is_none() && !bias.is_untaught());
    }

    #[test]
    fn a_file_cannot_bring_in_what_a_person_could_not_teach() {
        let wild = Bias { corrections: 3, nats: [f32::NAN, 99.0, -99.0, f32::INFINITY, 0.5, 0.0, 0.0] };
        assert_eq!(wild.checked().nats, [0.0, BOUND, -BOUND, 0.0, 0.5, 0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn no_words_make_a_mood_unreachable(
            words in proptest::collection::vec((0usize..7, 0usize..7, 0.0f32..12.0), 0..60),
            shown in 0usize..7,
        ) {
            let mut bias = Bias::default();
            for (read, said, logit) in words {
                let seen = bias.apply(&scores(&[(Mood::ALL[read], logit)]));
                bias.correct(&seen, Mood::ALL[said]);
            }
            // A face that clearly shows it: 0.995.
            let clear = scores(&[(Mood::ALL[shown], 7.1)]);
            let taught = bias.apply(&clear);
            prop_assert!(clear.of(Mood::ALL[shown]) > 0.99);
            prop_assert_eq!(taught.top_two().0.0, Mood::ALL[shown]);
            prop_assert!(taught.of(Mood::ALL[shown]) > 0.9, "{:?}", taught);
        }
    }
}
