//! What can be played: items of music and video with what is known of them.

use std::time::Duration;

/// Everything that can be played here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    pub music: Vec<Item>,
    pub video: Vec<Item>,
}

/// One track or one video.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// The uri in MPD's database, or the absolute path of a video file.
    pub id: String,
    pub title: String,
    pub artist: String,
    pub album: String,
    pub genres: Vec<String>,
    /// Words from MPD's `Mood`/`Comment` tags, folder names of videos, `.nfo` tags: lower case.
    pub tags: Vec<String>,
    pub length: Option<Duration>,
    pub feeling: Option<Feeling>,
    pub explicit: bool,
    /// MPD's sticker `rating`, 0 to 10, shared with other clients.
    pub rating: Option<u8>,
    /// MPD's sticker `like`: 0 dislike, 1 neutral, 2 like (the convention of myMPD).
    pub like: Option<u8>,
}

/// Where an item lies on the plane of feeling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feeling {
    /// Unpleasant -1 to pleasant 1.
    pub valence: f32,
    /// Calm -1 to excited 1.
    pub arousal: f32,
    pub source: FeelingSource,
}

/// How the feeling of an item is known, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeelingSource {
    /// A person set it: a sticker or a tag of the file.
    Explicit,
    /// From the genre, by the table.
    Genre,
    /// Measured from the sound.
    Sound,
}
