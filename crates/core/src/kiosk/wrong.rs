//! A reading that a person refused.

use crate::mood::{Mood, Scores};

/// A mood that a person said is not so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wrong {
    /// The mood.
    pub mood: Mood,
    /// What the face was read as; none if a sensor named the mood.
    pub scores: Option<Scores>,
}

impl Wrong {
    /// What is offered instead: the next best first. The refused one comes last, for a press by mistake.
    pub fn candidates(&self) -> Vec<Mood> {
        let scores = self.scores.unwrap_or(Scores::uniform());
        let mut moods = Mood::BY_HAND.to_vec();
        moods.sort_by(|a, b| {
            (*a == self.mood).cmp(&(*b == self.mood)).then(scores.of(*b).total_cmp(&scores.of(*a)))
        });
        moods
    }
}
