//! The seven moods, the scores a model gives them, and what a look at a person came to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the seven expressions of FER2013, in the order of its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// Angry.
    Angry,
    /// Disgusted.
    Disgust,
    /// Afraid.
    Fear,
    /// Happy.
    Happy,
    /// Sad.
    Sad,
    /// Surprised.
    Surprise,
    /// Calm; `neutral` in data sets and models.
    Neutral,
}

impl Mood {
    /// Every mood, in the order of the model's outputs.
    pub const ALL: [Mood; 7] =
        [Mood::Angry, Mood::Disgust, Mood::Fear, Mood::Happy, Mood::Sad, Mood::Surprise, Mood::Neutral];

    /// Every mood, in the order in which a person is offered them: pleasant ones first.
    pub const BY_HAND: [Mood; 7] =
        [Mood::Happy, Mood::Surprise, Mood::Neutral, Mood::Sad, Mood::Fear, Mood::Angry, Mood::Disgust];

    /// Position in [`Mood::ALL`] and in the model's output.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name used in files, folders and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Mood::Angry => "angry",
            Mood::Disgust => "disgust",
            Mood::Fear => "fear",
            Mood::Happy => "happy",
            Mood::Sad => "sad",
            Mood::Surprise => "surprise",
            Mood::Neutral => "neutral",
        }
    }

    /// Where the mood lies on the plane of feeling: (valence, arousal), each in [-1, 1].
    ///
    /// The circumplex of Russell (1980), "A circumplex model of affect": placements read
    /// off its figure 4 and rounded to tenths; neutral is the origin.
    pub const fn valence_arousal(self) -> (f32, f32) {
        match self {
            Mood::Angry => (-0.5, 0.8),
            Mood::Disgust => (-0.7, 0.3),
            Mood::Fear => (-0.6, 0.7),
            Mood::Happy => (0.8, 0.4),
            Mood::Sad => (-0.7, -0.4),
            Mood::Surprise => (0.3, 0.8),
            Mood::Neutral => (0.0, 0.0),
        }
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is none of the seven moods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mood; the moods are angry, disgust, fear, happy, sad, surprise and neutral")]
pub struct UnknownMood(pub String);

impl FromStr for Mood {
    type Err = UnknownMood;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let wanted = word.trim().to_ascii_lowercase();
        Mood::ALL.into_iter().find(|mood| mood.name() == wanted).ok_or_else(|| UnknownMood(word.to_owned()))
    }
}

/// A probability for each mood: finite, not negative, summing to one. Beside them the probability that
/// the picture shows none of the seven, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    moods: [f32; 7],
    other: f32,
}

impl Scores {
    /// Softmax of the logits of the seven moods divided by the calibration temperature, from a model that
    /// does not know `other`.
    ///
    /// Anything that is not a finite number counts as "no evidence": the result is then uniform,
    /// which no threshold takes for sure.
    pub fn from_logits(logits: [f32; 7], temperature: f32) -> Scores {
        Scores::with_other(logits, None, temperature)
    }

    /// The same with the logit of `other`: its probability is that among all eight, while the seven moods
    /// share one among themselves.
    pub fn with_other(logits: [f32; 7], other: Option<f32>, temperature: f32) -> Scores {
        let temperature = if temperature.is_finite() && temperature > 0.0 { temperature } else { 1.0 };
        if logits.iter().chain(&other).any(|logit| !logit.is_finite()) {
            return Scores::uniform();
        }
        let top = logits.iter().chain(&other).copied().fold(f32::MIN, f32::max);
        let power = |logit: f32| ((logit - top) / temperature).exp();
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        // By their own largest: where `other` leads by far, their powers beside it would all be zero.
        let moods = logits.map(|logit| ((logit - best) / temperature).exp());
        let sum: f32 = moods.iter().sum();
        let other = other.map_or(0.0, |other| power(other) / (power(other) + power(best) * sum));
        Scores { moods: moods.map(|mood| mood / sum), other }
    }

    /// One seventh each.
    pub const fn uniform() -> Scores {
        Scores { moods: [1.0 / 7.0; 7], other: 0.0 }
    }

    /// The whole weight on one mood: what a person picked by hand.
    pub fn certain(mood: Mood) -> Scores {
        let mut moods = [0.0; 7];
        moods[mood.index()] = 1.0;
        Scores { moods, other: 0.0 }
    }

    /// Mean of several; uniform if there are none.
    pub fn mean(all: &[Scores]) -> Scores {
        if all.is_empty() {
            return Scores::uniform();
        }
        let mut sum = [0.0f32; 7];
        let mut other = 0.0;
        for scores in all {
            for (total, score) in sum.iter_mut().zip(scores.moods) {
                *total += score;
            }
            other += scores.other;
        }
        let count = all.len() as f32;
        Scores { moods: sum.map(|total| total / count), other: other / count }
    }

    /// Each probability times e to the power of its number, brought back to a sum of one. Numbers that are
    /// not finite count as 0.
    pub fn shifted(&self, nats: &[f32; 7]) -> Scores {
        let mut odds = self.moods;
        for (odd, number) in odds.iter_mut().zip(nats) {
            if number.is_finite() {
                *odd *= number.clamp(-20.0, 20.0).exp();
            }
        }
        let sum: f32 = odds.iter().sum();
        Scores { moods: odds.map(|odd| odd / sum), other: self.other }
    }

    /// The probability of one mood.
    pub const fn of(&self, mood: Mood) -> f32 {
        self.moods[mood.index()]
    }

    /// The probability that it is none of the seven moods, or no face.
    pub const fn other(&self) -> f32 {
        self.other
    }

    /// The most probable mood and the one after it.
    pub fn top_two(&self) -> ((Mood, f32), (Mood, f32)) {
        let mut ranked = Mood::ALL.map(|mood| (mood, self.of(mood)));
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        (ranked[0], ranked[1])
    }

    /// Pairs of mood and probability in the order of [`Mood::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Mood, f32)> + '_ {
        Mood::ALL.into_iter().map(|mood| (mood, self.of(mood)))
    }

    /// The probabilities in the order of [`Mood::ALL`].
    pub const fn as_array(&self) -> &[f32; 7] {
        &self.moods
    }
}

impl Serialize for Scores {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// How marked a mood is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Hardly to be seen.
    Slight,
    /// As most faces show it.
    Clear,
    /// Beyond doubt.
    Strong,
}

/// What a look at a person came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Reading {
    /// One mood stands out.
    Sure { mood: Mood, strength: Strength, scores: Scores },
    /// Two moods are too close, or none is strong enough. The candidates are part of the reading,
    /// so that no screen can forget them.
    Unsure { first: Mood, second: Mood, scores: Scores },
    /// Nobody was in front of the camera.
    NoFace,
    /// Two or more faces of about the same size: whose mood is meant cannot be told.
    SeveralFaces { count: usize },
}

/// When a set of scores may be called sure. Travels in the sidecar beside the model file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Least distance between the first and the second probability.
    pub margin: f32,
    /// From which probability of `other` nothing is claimed; none for a model that does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<f32>,
    /// Least probability of the first, for each mood.
    pub threshold: Thresholds,
}

/// A least probability for each mood, each in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// From this probability on it is sure.
    pub angry: f32,
    /// From this probability on it is sure.
    pub disgust: f32,
    /// From this probability on it is sure.
    pub fear: f32,
    /// From this probability on it is sure.
    pub happy: f32,
    /// From this probability on it is sure.
    pub sad: f32,
    /// From this probability on it is sure.
    pub surprise: f32,
    /// From this probability on it is sure.
    pub neutral: f32,
}

impl Thresholds {
    /// The same for every mood.
    pub const fn all(at: f32) -> Thresholds {
        Thresholds { angry: at, disgust: at, fear: at, happy: at, sad: at, surprise: at, neutral: at }
    }

    /// The threshold of one mood.
    pub const fn of(&self, mood: Mood) -> f32 {
        match mood {
            Mood::Angry => self.angry,
            Mood::Disgust => self.disgust,
            Mood::Fear => self.fear,
            Mood::Happy => self.happy,
            Mood::Sad => self.sad,
            Mood::Surprise => self.surprise,
            Mood::Neutral => self.neutral,
        }
    }
}

/// From which top probability a sure mood counts as clear, and as strong.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StrengthLimits {
    /// From this probability on a mood is clear.
    pub clear: f32,
    /// From this probability on a mood is strong.
    pub strong: f32,
}

impl StrengthLimits {
    /// Grade a top probability.
    pub fn grade(&self, top: f32) -> Strength {
        if top >= self.strong {
            Strength::Strong
        } else if top >= self.clear {
            Strength::Clear
        } else {
            Strength::Slight
        }
    }
}

/// The rule that turns scores into a reading: thresholds and grades chosen on validation data.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRule {
    /// When scores count as sure of a mood.
    pub decision: Decision,
    /// From which probability on a mood is clear or strong.
    pub strength: StrengthLimits,
}

impl DecisionRule {
    /// For a device without a model: nothing is ever sure.
    pub fn never_sure() -> DecisionRule {
        DecisionRule {
            decision: Decision { margin: 1.0, other: None, threshold: Thresholds::all(1.0) },
            strength: StrengthLimits { clear: 1.0, strong: 1.0 },
        }
    }

    /// Sure with a strength, or unsure with the two candidates.
    pub fn read(&self, scores: Scores) -> Reading {
        let ((first, p1), (second, p2)) = scores.top_two();
        let none_of_them = self.decision.other.is_some_and(|limit| scores.other() >= limit);
        if !none_of_them && p1 >= self.decision.threshold.of(first) && p1 - p2 >= self.decision.margin {
            Reading::Sure { mood: first, strength: self.strength.grade(p1), scores }
        } else {
            Reading::Unsure { first, second, scores }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge() -> DecisionRule {
        DecisionRule {
            decision: Decision {
                margin: 0.15,
                other: Some(0.3),
                threshold: Thresholds { sad: 0.9, ..Thresholds::all(0.5) },
            },
            strength: StrengthLimits { clear: 0.8, strong: 0.95 },
        }
    }

    #[test]
    fn every_mood_is_found_by_its_name_in_any_case() {
        for mood in Mood::ALL {
            assert_eq!(mood.name().to_uppercase().parse(), Ok(mood));
            assert_eq!(Mood::ALL[mood.index()], mood);
        }
        let error = "joyful".parse::<Mood>().unwrap_err().to_string();
        assert!(error.contains("joyful") && error.contains("surprise"), "{error}");
    }

    #[test]
    fn softmax_sums_to_one_and_keeps_the_order_at_any_size() {
        for scale in [0.0, 1.0, 1e4, -1e4, f32::MAX / 4.0] {
            let scores = Scores::from_logits([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|x| x * scale), 1.5);
            let sum: f32 = scores.as_array().iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "scale {scale}: {sum}");
        }
        assert_eq!(Scores::from_logits([0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0], 1.0).top_two().0.0, Mood::Happy);
    }

    #[test]
    fn the_calibration_temperature_flattens_what_the_model_says() {
        // One logit of 2 over six of 0: e^(2/t) / (e^(2/t) + 6).
        let of = |temperature| {
            Scores::from_logits([0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0], temperature).of(Mood::Happy)
        };
        for (temperature, wanted) in [(0.5, 0.900_99), (1.0, 0.551_87), (2.0, 0.311_79)] {
            assert!((of(temperature) - wanted).abs() < 1e-4, "{temperature}: {}", of(temperature));
        }
        // What is no temperature changes nothing.
        for none in [0.0, -2.0, f32::NAN, f32::INFINITY] {
            assert_eq!(of(none), of(1.0), "{none}");
        }
    }

    #[test]
    fn a_mood_is_graded_by_its_probability_with_each_limit_in_the_upper_grade() {
        let grades = [
            (0.0, Strength::Slight),
            (0.79, Strength::Slight),
            (0.8, Strength::Clear),
            (0.94, Strength::Clear),
            (0.95, Strength::Strong),
            (1.0, Strength::Strong),
        ];
        for (top, grade) in grades {
            assert_eq!(judge().strength.grade(top), grade, "{top}");
        }
    }

    #[test]
    fn the_mean_of_scores_weighs_each_alike() {
        let mean = Scores::mean(&[
            Scores::certain(Mood::Happy),
            Scores::certain(Mood::Happy),
            Scores::certain(Mood::Sad),
        ]);
        assert!(
            (mean.of(Mood::Happy) - 2.0 / 3.0).abs() < 1e-6 && (mean.of(Mood::Sad) - 1.0 / 3.0).abs() < 1e-6
        );
        assert_eq!(Scores::mean(&[]), Scores::uniform());
    }

    #[test]
    fn shifted_scores_keep_their_sum_and_ignore_what_is_no_number() {
        let scores = Scores::from_logits([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1.0);
        assert_eq!(scores.shifted(&[0.0; 7]).top_two().0.0, Mood::Neutral);
        let shifted = scores.shifted(&[0.0, 0.0, 0.0, f32::NAN, 3.0, f32::INFINITY, 0.0]);
        assert_eq!(shifted.top_two().0.0, Mood::Sad);
        assert!((shifted.as_array().iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn logits_that_are_not_numbers_never_make_a_mood() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let scores = Scores::from_logits([bad, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1.0);
            assert!(matches!(judge().read(scores), Reading::Unsure { .. }));
        }
    }

    #[test]
    fn a_mood_is_sure_only_above_its_own_threshold_and_margin() {
        let happy = Scores::from_logits([0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0], 1.0);
        assert!(matches!(
            judge().read(happy),
            Reading::Sure { mood: Mood::Happy, strength: Strength::Strong, .. }
        ));
        let sad = Scores::from_logits([0.0, 0.0, 0.0, 0.0, 3.5, 0.0, 0.0], 1.0);
        assert!(matches!(judge().read(sad), Reading::Unsure { first: Mood::Sad, .. }));
        let close = Scores::from_logits([0.0, 0.0, 0.0, 6.0, 5.9, 0.0, 0.0], 1.0);
        assert!(matches!(judge().read(close), Reading::Unsure { first: Mood::Happy, second: Mood::Sad, .. }));
    }

    #[test]
    fn what_is_likely_none_of_the_moods_is_never_sure() {
        let mut logits = [0.0; 7];
        logits[Mood::Happy.index()] = 9.0;
        let scores = Scores::with_other(logits, Some(8.5), 1.0);
        assert!((0.37..0.38).contains(&scores.other()), "{scores:?}");
        // Among themselves the moods still sum to one.
        assert!((scores.as_array().iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(scores.of(Mood::Happy) > 0.99);
        assert!(matches!(judge().read(scores), Reading::Unsure { first: Mood::Happy, .. }));
        // The mean of a capture weighs it too, and a little of it does no harm.
        let clear = Scores::with_other(logits, Some(0.0), 1.0);
        let mean = Scores::mean(&[scores, clear, clear, clear]);
        assert!((mean.other() - (scores.other() + 3.0 * clear.other()) / 4.0).abs() < 1e-6);
        assert!(matches!(judge().read(mean), Reading::Sure { mood: Mood::Happy, .. }));
        // A model that does not know it claims nothing of it.
        assert_eq!(Scores::from_logits(logits, 1.0).other(), 0.0);
    }

    #[test]
    fn other_may_lead_by_far_and_may_be_no_number() {
        let scores = Scores::with_other([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Some(1e6), 1.0);
        assert!((scores.as_array().iter().sum::<f32>() - 1.0).abs() < 1e-5, "{scores:?}");
        assert_eq!(scores.other(), 1.0);
        assert_eq!(Scores::with_other([0.0; 7], Some(f32::NAN), 1.0), Scores::uniform());
    }
}
