//! One track or one video with what is known of it.

use std::time::Duration;

/// One track or one video, as it is handed in. [`super::ItemStore`] stores it in a quarter of
/// the room.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// The uri in MPD's database, or the absolute path of a video file.
    pub id: String,
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// Its album; empty where that is not known.
    pub album: String,
    /// As the tag says; `Electronic; Ambient` counts as both. Compared without regard to case.
    pub genres: Vec<String>,
    /// Words from MPD's `Mood`/`Comment` tags, folder names of videos, `.nfo` tags: lower case.
    pub tags: Vec<String>,
    /// Names of MPD's stored playlists that hold it.
    pub playlists: Vec<String>,
    /// How long it is, where that is known.
    #[serde(with = "seconds")]
    pub length: Option<Duration>,
    /// None: the item store asks the genre table.
    pub feeling: Option<Feeling>,
    /// It is marked as not for minors.
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
    /// How it is known.
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

    /// Writes seconds.
    pub fn serialize<S: Serializer>(length: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        length.map(|length| length.as_secs_f64()).serialize(serializer)
    }

    /// Reads seconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }
}
