//! What this place likes, learnt from what was played.

/// What was learnt. Empty until something was played.
#[derive(Clone, Debug, Default)]
pub struct Taste {}

/// How much each part of the ranking counts. All are at least 0; 0 takes a part away.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Nearness to the point of the journey.
    pub content: f32,
    /// Nearness to what was liked here in this mood.
    pub collaborative: f32,
    /// Likes, skips and plays to the end, and the ratings of other players.
    pub taste: f32,
    /// What was not played here for long, or never.
    pub novelty: f32,
    /// Chance, so that not every list is the same.
    pub variety: f32,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { content: 1.0, collaborative: 0.6, taste: 0.6, novelty: 0.05, variety: 0.05 }
    }
}
