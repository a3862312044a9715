//! What is asked of the recommender, and what it answers.

use super::kind::AudioSource;
use super::reason::{Note, Reason};
use super::taste::{Taste, Weights};
use crate::mood::{Mood, Strength};

/// For whom and under which circumstances something is chosen.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The mood that was read or picked.
    pub mood: Mood,
    /// The other candidate, when the reading was not sure: the list is then a gentle middle.
    pub or: Option<Mood>,
    /// How strong it is.
    pub strength: Strength,
    /// The same catalog, history and seed give the same list.
    pub seed: u64,
    /// Ids played lately, the newest last.
    pub recent: &'a [String],
    /// Minutes since local midnight, where the clock is known: for quiet hours.
    pub minute_of_day: Option<u16>,
    /// What this place likes.
    pub taste: Option<&'a Taste>,
    /// How much each part of the ranking counts.
    pub weights: Weights,
}

impl Request<'_> {
    /// A clear mood with nothing else known, and seed 0.
    pub fn new(mood: Mood) -> Self {
        Request {
            mood,
            or: None,
            strength: Strength::Clear,
            seed: 0,
            recent: &[],
            minute_of_day: None,
            taste: None,
            weights: Weights::default(),
        }
    }
}

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestion {
    /// The tracks, in order.
    pub music: Vec<Pick>,
    /// The videos, in order.
    pub video: Vec<Pick>,
    /// Which of the two is heard.
    pub speaks: AudioSource,
    /// Volume in percent that the template asks for; the house's cap comes on top.
    pub volume: Option<u8>,
    /// Whether the video repeats for as long as the music lasts.
    pub loop_video: bool,
    /// What is to be said about the list as a whole: that nothing fitted, that it ends short of its goal.
    pub notes: Vec<Note>,
}

/// One item, and why it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// Its identity: a uri of MPD or the path of a video.
    pub id: String,
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// Why this one.
    pub why: Reason,
}
