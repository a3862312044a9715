//! What to play for a mood: pure, over a catalog and templates handed in.
//!
//! ```
//! use moodbox_core::mood::Mood;
//! use moodbox_core::recommend::{Catalog, Item, Request, Templates, suggest};
//!
//! let track = Item { id: "a.flac".into(), genres: vec!["Ambient".into()], ..Item::default() };
//! let catalog = Catalog { music: vec![track].into(), ..Catalog::default() };
//! let list = suggest(&catalog, &Templates::shipped(), &Request::new(Mood::Fear));
//! assert_eq!(list.music[0].id, "a.flac");
//! ```

mod catalog;
mod check;
pub mod genre;
mod genre_names;
#[cfg(test)]
mod genre_tests;
mod history;
mod item_store;
mod playlist_builder;
#[cfg(test)]
mod playlist_builder_tests;
mod pool;
mod rank;
mod reason;
mod scoring;
mod shipped;
mod speech;
pub mod synthetic_library;
mod taste;
mod template;
mod template_file;
mod trajectory;
mod word;

pub use catalog::{Catalog, Entry, Feeling, FeelingSource, Item, ItemStore};
pub use check::{Finding, check};
pub use history::{Change, History, HistoryError, Outcome, Play, Session};
pub use reason::{Move, Note, Reason};
pub use shipped::text as shipped_text;
pub use taste::{Taste, Weights};
pub use template::minute_of_day;
pub use template::{Kind, Length, Mode, Pair, Point, Pool, Problem, Quiet, Region, Template, Templates, Why};
pub use template_file::nearest;
pub use word::{in_system_folder, is_marked_explicit, is_system_name, normalized};

use crate::mood::{Mood, Strength};

/// For whom and under which circumstances something is chosen.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The mood that was read or picked.
    pub mood: Mood,
    /// The other candidate, when the reading was not sure: the list is then a gentle middle.
    pub or: Option<Mood>,
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
    pub music: Vec<Pick>,
    pub video: Vec<Pick>,
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
    pub id: String,
    pub title: String,
    pub artist: String,
    pub why: Reason,
}

/// Which of the two is heard. The other is mute: music and video never fight for the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioSource {
    #[default]
    Music,
    Video,
}

/// Chooses music and video for a request.
pub fn suggest(catalog: &Catalog, templates: &Templates, request: &Request<'_>) -> Suggestion {
    // Not knowing which of two moods it is, the even template is the one that can do no harm.
    let pair = templates.of(if request.or.is_some() { Mood::Neutral } else { request.mood });
    let mut notes = Vec::new();
    if let Some(or) = request.or {
        notes.push(Note::Unsure(request.mood, or));
    }
    let music = playlist_builder::list(Kind::Music, &catalog.music, &pair.music, request, &mut notes);
    let video = playlist_builder::list(Kind::Video, &catalog.video, &pair.video, request, &mut notes);
    let speaks = match pair.video.speaks {
        _ if video.is_empty() => AudioSource::Music,
        _ if music.is_empty() => AudioSource::Video,
        wanted => wanted,
    };
    let (heard, mute) = match speaks {
        AudioSource::Music => (&pair.music, &pair.video),
        AudioSource::Video => (&pair.video, &pair.music),
    };
    let mut volume = heard.volume.or(mute.volume);
    let quiet = heard
        .quiet
        .or(mute.quiet)
        .filter(|quiet| request.minute_of_day.is_some_and(|minute| quiet.covers(minute)));
    if let Some(quiet) = quiet {
        volume = Some(volume.map_or(quiet.volume, |volume| volume.min(quiet.volume)));
        notes.push(Note::QuietHours);
    }
    let loop_video = pair.video.repeat && !video.is_empty();
    Suggestion { music, video, speaks, volume, loop_video, notes }
}
