//! The two kinds of items, and which of them is heard.

use std::fmt;

/// Music or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Tracks.
    Music,
    /// Videos.
    Video,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 2] = [Kind::Music, Kind::Video];

    /// The folder its templates are in.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Music => "music",
            Kind::Video => "video",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which of the two is heard. The other is mute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioSource {
    /// The music is heard.
    #[default]
    Music,
    /// The video is heard.
    Video,
}

impl AudioSource {
    /// The other player.
    pub const fn other(self) -> AudioSource {
        match self {
            AudioSource::Music => AudioSource::Video,
            AudioSource::Video => AudioSource::Music,
        }
    }
}
