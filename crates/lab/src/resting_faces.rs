//! Households whose faces at rest look like another mood to the model: what "not so" is worth to them.
//!
//! The model. A look at mood m gives x = d e_m + u + 0.7 n, with n standard normal for each look and
//! u the person's own face; the logits are d x, which is what a calibrated classifier of such looks says. A
//! resting face leans from calm towards one other mood: in logits u is +s/2 for that mood and -s/2 for calm. s
//! is normal with mean 2.2 and deviation 0.65 nats: on the faces of FER2013 that ten voters call neutral, a head
//! taught on the official label gives sad, angry and fear odds that are 2.0 to 2.6 nats higher than a head
//! taught on the votes, and the frequencies of the seven moods in the two differ by 0.65 nats (standard
//! deviation of the log ratios). People are calm on half of their looks.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use moodbox_core::bias::Bias;
use moodbox_core::mood::{Decision, DecisionRule, Mood, Reading, Scores, StrengthLimits, Thresholds};
use moodbox_core::recommend::synthetic_library::normal;

/// How often people show each mood, in the order of [`Mood::ALL`].
const SHOWN: [f32; 7] = [0.07, 0.03, 0.04, 0.2, 0.1, 0.06, 0.5];

/// What resting faces lean to, and how often.
const LEANINGS: [(Mood, f32); 4] =
    [(Mood::Sad, 0.45), (Mood::Angry, 0.25), (Mood::Fear, 0.2), (Mood::Surprise, 0.1)];

/// How well the model tells moods apart, in deviations between two looks.
const APART: f32 = 2.5;

/// How much a look differs from another of the same person, as a share of how much people differ.
const WITHIN: f32 = 0.7;

/// Corrections of each household.
pub const CORRECTIONS: usize = 5;

/// Which faces live there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faces {
    /// Faces that lean as described above.
    Leaning,
    /// Faces that the model reads as it was calibrated.
    Even,
}

/// Share of looks read wrongly and surely, after 0, 1, ... corrections: a row for each household.
pub fn run(faces: Faces, households: usize, looks: usize, seed: u64) -> Vec<[f32; CORRECTIONS + 1]> {
    (0..households as u64).map(|number| household(faces, looks, seed.wrapping_mul(1000) + number)).collect()
}

fn household(faces: Faces, looks: usize, seed: u64) -> [f32; CORRECTIONS + 1] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut own = [0.0; 7];
    let (leaning, size) = (drawn(&LEANINGS.map(|(_, share)| share), &mut rng), 2.2 + 0.65 * normal(&mut rng));
    if faces == Faces::Leaning {
        own[LEANINGS[leaning].0.index()] += size.max(0.0) / 2.0;
        own[Mood::Neutral.index()] -= size.max(0.0) / 2.0;
    }
    // The same looks judge each state.
    let judged: Vec<(Mood, Scores)> = (0..looks).map(|_| look(&own, &mut rng)).collect();
    let wrong = |bias: &Bias| {
        let wrong = judged.iter().filter(|(mood, scores)| is_wrong(*mood, &bias.apply(scores))).count();
        wrong as f32 / looks.max(1) as f32
    };
    let mut bias = Bias::default();
    let mut shares = [wrong(&bias); CORRECTIONS + 1];
    let mut corrected = 0;
    // A household that is read right says nothing: it ends with time.
    for _ in 0..2000 {
        let (mood, scores) = look(&own, &mut rng);
        let seen = bias.apply(&scores);
        bias.fade();
        if is_wrong(mood, &seen) {
            bias.correct(&seen, mood);
            corrected += 1;
            let share = wrong(&bias);
            shares[corrected..].fill(share);
        }
        if corrected == CORRECTIONS {
            break;
        }
    }
    shares
}

/// What somebody shows, and what the model says of it.
fn look(own: &[f32; 7], rng: &mut ChaCha8Rng) -> (Mood, Scores) {
    let mood = Mood::ALL[drawn(&SHOWN, rng)];
    let mut logits = *own;
    for (logit, shown) in logits.iter_mut().zip(Mood::ALL) {
        let mean = if shown == mood { APART } else { 0.0 };
        *logit += APART * (mean + WITHIN * normal(rng));
    }
    (mood, Scores::from_logits(logits, 1.0))
}

fn is_wrong(mood: Mood, scores: &Scores) -> bool {
    let rule = DecisionRule {
        decision: Decision { margin: 0.1, other: None, threshold: Thresholds::all(0.5) },
        strength: StrengthLimits { clear: 0.8, strong: 0.95 },
    };
    matches!(rule.read(*scores), Reading::Sure { mood: read, .. } if read != mood)
}

/// A place, with these chances.
fn drawn(shares: &[f32], rng: &mut ChaCha8Rng) -> usize {
    let mut left: f32 = rng.random::<f32>() * shares.iter().sum::<f32>();
    for (place, share) in shares.iter().enumerate() {
        left -= share;
        if left < 0.0 {
            return place;
        }
    }
    shares.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(rows: &[[f32; CORRECTIONS + 1]]) -> [f32; CORRECTIONS + 1] {
        std::array::from_fn(|at| rows.iter().map(|row| row[at]).sum::<f32>() / rows.len() as f32)
    }

    #[test]
    fn five_corrections_halve_what_is_read_wrongly_and_no_correction_makes_it_worse() {
        let shares = means(&run(Faces::Leaning, 300, 600, 2026));
        println!("wrong and sure, leaning faces, after 0 to 5 corrections: {shares:.4?}");
        assert!(shares[0] > 0.03, "there is something to mend: {shares:?}");
        assert!(shares[CORRECTIONS] <= 0.5 * shares[0], "{shares:?}");
        assert!(shares.windows(2).all(|pair| pair[1] <= pair[0]), "{shares:?}");
    }

    #[test]
    fn where_faces_are_read_as_they_are_corrections_of_chance_errors_do_no_harm() {
        let shares = means(&run(Faces::Even, 200, 600, 2026));
        println!("wrong and sure, even faces, after 0 to 5 corrections: {shares:.4?}");
        // A tenth of a point: what 200 households tell apart.
        assert!(shares.iter().all(|share| *share <= shares[0] + 0.001), "{shares:?}");
    }
}
