//! Whether the frames seen so far are enough, so that a look need not take its whole second.
//!
//! The rule is a sequential test with a bounded confidence: a look may end early when the mean evidence of its
//! frames lies above what the decision asks for, by so many of its standard errors that the whole second would
//! hardly say otherwise. Evidence of a frame is the log-odds of the mood that leads, less the log-odds that
//! make it sure. With n frames of mean m the test asks for m > T s / sqrt(n), where s joins the spread of these
//! frames with the usual one (`SPREAD`, as strong as `WEIGHT` frames).
//!
//! Why not Wald's sequential probability ratio test: it adds up log-likelihoods of independent observations.
//! Frames of one second show the same person in the same light; added up they would call anything certain
//! within three frames. What is tested here is only whether more frames of this second would change the reading.
//! How often a whole second itself is right is the model's affair and is measured with it.
//!
//! Error rate: T = 3.143 is the one-sided 1 % point of Student's t with WEIGHT + 2 = 6 degrees of freedom, the
//! fewest there are. If frames scatter normally around what the face shows in this second, one test ends a look
//! against it in at most 1 % of the looks that lie exactly on the border of sure, and in fewer of all others. A
//! second of seven frames has five tests, so at most 5 % on that border by Bonferroni's bound. Measured over
//! series of disturbed pictures: `examples/time_to_decide.rs`.
//!
//! A face that just turned to the camera, or blinks, scatters: its frames disagree, and the test waits. Where
//! one of the frames leads to another mood, it waits in any case.

use std::time::Duration;

use super::event::Observation;
use super::vote::vote;
use crate::mood::{DecisionRule, Reading, Scores};

/// No look ends sooner after its first frame: a glance is no face that holds still.
pub const EARLIEST: Duration = Duration::from_millis(250);

/// Fewer frames say nothing of how much they scatter. Copies of a frame are no frames of their own.
pub const FEWEST: usize = 3;

/// How much the log-odds of the frames of a second usually scatter, in nats (standard deviation).
const SPREAD: f32 = 0.5;

/// As many frames is that worth.
const WEIGHT: f32 = 4.0;

/// The one-sided 1 % point of Student's t with six degrees of freedom.
const T: f32 = 3.143;

/// Log-odds are taken within this: a probability of 0.999 and one of 0.9999 are the same to a person.
const FARTHEST: f32 = 7.0;

/// Whether these frames of a look are enough, the time aside.
pub fn is_enough(seen: &[Observation], judge: &DecisionRule) -> bool {
    let fresh: Vec<Scores> =
        seen.iter().filter(|frame| !frame.copy).filter_map(|frame| frame.scores).collect();
    if fresh.len() < FEWEST {
        return false;
    }
    // Whether there is one face, and whether it is sure at all, is decided as at the end.
    let Reading::Sure { mood, .. } = vote(seen, judge) else { return false };
    if fresh.iter().any(|scores| scores.top_two().0.0 != mood) {
        return false;
    }
    // Above one half and half the margin no other mood can come nearer than the margin.
    let sure = judge.decision.threshold.of(mood).max((1.0 + judge.decision.margin) / 2.0);
    let evidence: Vec<f32> = fresh.iter().map(|scores| log_odds(scores.of(mood)) - log_odds(sure)).collect();
    let n = evidence.len() as f32;
    let mean = evidence.iter().sum::<f32>() / n;
    let squares: f32 = evidence.iter().map(|one| (one - mean).powi(2)).sum();
    let spread = ((WEIGHT * SPREAD * SPREAD + squares) / (WEIGHT + n - 1.0)).sqrt();
    mean > T * spread / n.sqrt()
}

fn log_odds(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln().clamp(-FARTHEST, FARTHEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mood::{Decision, Mood, StrengthLimits, Thresholds};

    fn judge() -> DecisionRule {
        DecisionRule {
            decision: Decision {
                margin: 0.1,
                other: None,
                threshold: Thresholds { sad: 0.9, ..Thresholds::all(0.5) },
            },
            strength: StrengthLimits { clear: 0.8, strong: 0.95 },
        }
    }

    /// A frame on which this mood has this probability, and the others share the rest.
    fn frame(mood: Mood, probability: f32) -> Observation {
        let mut logits = [0.0; 7];
        logits[mood.index()] = log_odds(probability) + 6f32.ln();
        let scores = Scores::from_logits(logits, 1.0);
        Observation { copy: false, faces: 1, rival: 0.0, scores: Some(scores) }
    }

    fn happy(probabilities: &[f32]) -> Vec<Observation> {
        probabilities.iter().map(|probability| frame(Mood::Happy, *probability)).collect()
    }

    #[test]
    fn a_clear_face_is_enough_after_three_frames_and_one_on_the_border_never() {
        assert!(is_enough(&happy(&[0.9, 0.88, 0.92]), &judge()));
        assert!(!is_enough(&happy(&[0.99, 0.99]), &judge()), "two frames");
        assert!(!is_enough(&happy(&[0.58; 7]), &judge()), "sure, but near the border");
        assert!(!is_enough(&happy(&[0.3; 7]), &judge()), "unsure");
        assert!(!is_enough(&[], &judge()));
    }

    #[test]
    fn a_mood_with_a_high_threshold_needs_more() {
        let sad = |probability| vec![frame(Mood::Sad, probability); 3];
        assert!(!is_enough(&sad(0.93), &judge()));
        assert!(is_enough(&sad(0.98), &judge()));
    }

    #[test]
    fn frames_that_scatter_or_disagree_wait() {
        assert!(!is_enough(&happy(&[0.99, 0.56, 0.9]), &judge()), "scatters");
        let blink = [frame(Mood::Happy, 0.97), frame(Mood::Sad, 0.6), frame(Mood::Happy, 0.97)];
        let mut blink = blink.to_vec();
        blink.extend(happy(&[0.97, 0.97]));
        assert!(matches!(vote(&blink, &judge()), Reading::Sure { mood: Mood::Happy, .. }));
        assert!(!is_enough(&blink, &judge()), "one frame leads elsewhere");
        // A steady one that scatters less as frames come in.
        let steady = happy(&[0.66, 0.72, 0.68, 0.7, 0.69, 0.7]);
        assert!(!is_enough(&steady[..3], &judge()) && is_enough(&steady, &judge()));
    }

    #[test]
    fn copies_of_a_frame_and_a_second_person_are_no_evidence() {
        let mut frames = happy(&[0.95; 7]);
        frames[1..].iter_mut().for_each(|frame| frame.copy = true);
        assert!(!is_enough(&frames, &judge()), "one frame, seven times");
        frames[3].copy = false;
        frames[5].copy = false;
        assert!(is_enough(&frames, &judge()));
        let crowd: Vec<Observation> = happy(&[0.95; 7])
            .into_iter()
            .map(|frame| Observation { faces: 2, rival: 0.9, ..frame })
            .collect();
        assert!(!is_enough(&crowd, &judge()));
    }

    #[test]
    fn certainty_itself_is_taken() {
        let certain = Observation { scores: Some(Scores::certain(Mood::Fear)), ..frame(Mood::Fear, 0.9) };
        assert!(is_enough(&[certain; 3], &judge()));
        let nothing = Observation { scores: Some(Scores::uniform()), ..certain };
        assert!(!is_enough(&[nothing; 7], &judge()));
    }
}
