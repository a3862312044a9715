//! What to play for a mood: pure, over a catalog and templates handed in.

mod catalog;
mod template;

pub use catalog::{Catalog, Feeling, FeelingSource, Item};
pub use template::Templates;

use crate::mood::{Mood, Strength};
use crate::text::Language;

/// For whom and under which circumstances something is chosen.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The mood that was read or picked.
    pub mood: Mood,
    pub strength: Strength,
    /// The same catalog, history and seed give the same list.
    pub seed: u64,
    /// Ids played lately, the newest last.
    pub recent: &'a [String],
    /// Minutes since local midnight, where the clock is known: for quiet hours.
    pub minute_of_day: Option<u16>,
}

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestion {
    pub music: Vec<Pick>,
    pub video: Vec<Pick>,
    pub speaks: Speaks,
    /// Volume in percent that the template asks for; the house's cap comes on top.
    pub volume: Option<u8>,
    /// Whether the video repeats for as long as the music lasts.
    pub loop_video: bool,
}

/// One item, and why it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    pub id: String,
    pub title: String,
    pub artist: String,
    pub why: Reason,
}

/// Why an item was chosen. Put into a person's language by `Reason::say`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It carries a tag or genre that the template asks for.
    Tagged(String),
}

impl Reason {
    /// The reason in a person's language.
    pub fn say(&self, language: Language) -> String {
        match (self, language) {
            (Reason::Tagged(tag), Language::En) => format!("tagged {tag}"),
            (Reason::Tagged(tag), Language::De) => format!("markiert als {tag}"),
        }
    }
}

/// Which of the two is heard. The other is mute: music and video never fight for the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaks {
    #[default]
    Music,
    Video,
}

/// Chooses music and video for a request.
pub fn suggest(_catalog: &Catalog, _templates: &Templates, _request: &Request<'_>) -> Suggestion {
    Suggestion::default()
}
