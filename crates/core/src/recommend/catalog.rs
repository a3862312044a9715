//! What can be played: items of music and video with what is known of them.

use std::time::Duration;

pub use super::item_store::{Entry, ItemStore};
use super::template_file::Kind;

/// Everything that can be played here.
///
/// Built from items: `Catalog { music: items.into(), video: films.into_iter().collect() }`, or one by one
/// with [`ItemStore::push`], which keeps the peak of memory low while a large library is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    pub music: ItemStore,
    pub video: ItemStore,
}

impl Catalog {
    pub fn shelf(&self, kind: Kind) -> &ItemStore {
        match kind {
            Kind::Music => &self.music,
            Kind::Video => &self.video,
        }
    }

    pub fn shelf_mut(&mut self, kind: Kind) -> &mut ItemStore {
        match kind {
            Kind::Music => &mut self.music,
            Kind::Video => &mut self.video,
        }
    }
}

/// One track or one video, as it is handed in. A [`ItemStore`] stores it in a quarter of the room.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// The uri in MPD's database, or the absolute path of a video file.
    pub id: String,
    pub title: String,
    pub artist: String,
    pub album: String,
    /// As the tag says; `Electronic; Ambient` counts as both. Compared without regard to case.
    pub genres: Vec<String>,
    /// Words from MPD's `Mood`/`Comment` tags, folder names of videos, `.nfo` tags: lower case.
    pub tags: Vec<String>,
    /// Names of MPD's stored playlists that hold it.
    pub playlists: Vec<String>,
    #[serde(with = "seconds")]
    pub length: Option<Duration>,
    /// None: the shelf asks the genre table.
    pub feeling: Option<Feeling>,
    pub explicit: bool,
    /// MPD's sticker `rating`, 0 to 10, shared with other clients.
    pub rating: Option<u8>,
    /// MPD's sticker `like`: 0 dislike, 1 neutral, 2 like (the convention of myMPD).
    pub like: Option<u8>,
}

/// Where an item lies on the plane of feeling.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Feeling {
    /// Unpleasant -1 to pleasant 1.
    pub valence: f32,
    /// Calm -1 to excited 1.
    pub arousal: f32,
    pub source: FeelingSource,
}

impl Feeling {
    /// The same, if both values are numbers; brought into [-1, 1].
    pub fn checked(self) -> Option<Feeling> {
        (self.valence.is_finite() && self.arousal.is_finite()).then(|| Feeling {
            valence: self.valence.clamp(-1.0, 1.0),
            arousal: self.arousal.clamp(-1.0, 1.0),
            source: self.source,
        })
    }
}

/// How the feeling of an item is known, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeelingSource {
    /// A person set it: a sticker or a tag of the file.
    Explicit,
    /// From the genre, by the table.
    Genre,
    /// Measured from the sound.
    Sound,
}

/// Lengths as people write them: seconds, with a fraction.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(length: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        length.map(|length| length.as_secs_f64()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }
}
