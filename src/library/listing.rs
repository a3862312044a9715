//! The library as a person looks at it: what is known of each item and how, and a way to set it.
//!
//! Plain functions over a catalog, for the command line and for the page.

use std::path::PathBuf;

use super::feelings::{self, FeelingsProblem};
use crate::ports::music::{Mpd, MusicError, MusicSettings};
use moodbox_core::recommend::{Catalog, Entry, FeelingSource, ItemStore, Kind, normalized};

/// How the feeling of an item is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// A sticker, a tag, or a value that a person set.
    Tag,
    /// Guessed from the genre.
    Genre,
    /// Guessed from the measured sound.
    Sound,
    /// Not known.
    Unknown,
}

impl Source {
    /// Every way, from the surest to none.
    pub const ALL: [Source; 4] = [Source::Tag, Source::Genre, Source::Sound, Source::Unknown];

    /// How the feeling of this entry is known.
    pub fn of(entry: &Entry<'_>) -> Source {
        match entry.feeling.map(|feeling| feeling.source) {
            Some(FeelingSource::Explicit) => Source::Tag,
            Some(FeelingSource::Genre) => Source::Genre,
            Some(FeelingSource::Sound) => Source::Sound,
            None => Source::Unknown,
        }
    }

    /// The word for it in lists and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Tag => "tag",
            Source::Genre => "genre",
            Source::Sound => "sound",
            Source::Unknown => "unknown",
        }
    }
}

/// One item, as it is listed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct ListedItem<'a> {
    /// Its identity: a uri of MPD or the path of a video.
    pub id: &'a str,
    /// Its title; empty where none is known.
    pub title: &'a str,
    /// Its artist; empty where none is known.
    pub artist: &'a str,
    /// Its genres, in lower case.
    pub genres: Vec<&'a str>,
    /// Its tags, in lower case.
    pub tags: Vec<&'a str>,
    /// Seconds.
    pub length: Option<f64>,
    /// -1 to 1; none if unknown.
    pub valence: Option<f32>,
    /// -1 to 1; none if unknown.
    pub arousal: Option<f32>,
    /// How its feeling is known.
    pub source: Source,
    /// Whether it is marked as not for minors.
    pub explicit: bool,
    /// Whether it is spoken word.
    pub spoken: bool,
}

/// What a person knows of an item, without regard to case.
pub(crate) fn matches(entry: &Entry<'_>, words: &str) -> bool {
    let words = normalized(words);
    [entry.id, entry.title, entry.artist].iter().any(|text| normalized(text).contains(&words))
}

/// One item as it is listed.
pub(crate) fn line<'a>(entry: &Entry<'a>) -> ListedItem<'a> {
    ListedItem {
        id: entry.id,
        title: entry.title,
        artist: entry.artist,
        genres: entry.genres().collect(),
        tags: entry.tags().collect(),
        length: entry.length.map(|length| length.as_secs_f64()),
        valence: entry.feeling.map(|feeling| feeling.valence),
        arousal: entry.feeling.map(|feeling| feeling.arousal),
        source: Source::of(entry),
        explicit: entry.explicit,
        spoken: entry.spoken,
    }
}

/// How many items of an item store are known in which way; every way is there, also with none.
pub(crate) fn counts(item_store: &ItemStore) -> [(Source, usize); 4] {
    let mut counts = Source::ALL.map(|source| (source, 0));
    for entry in item_store.iter() {
        let source = Source::of(&entry);
        for (of, count) in &mut counts {
            *count += usize::from(*of == source);
        }
    }
    counts
}

/// Words that do not name one item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FindError {
    /// No item matches these words.
    #[error("nothing in the library is called `{0}`; `moodbox library --list` shows what there is")]
    None(String),
    /// More than one item matches.
    #[error("`{words}` may be any of {count}:\n{}\nSay more of it", some.join("\n"))]
    Several { words: String, count: usize, some: Vec<String> },
}

/// The item that a person means: its id, or a part of its id, title or artist that no other has.
///
/// # Errors
/// When there is none, or more than one: with some of them.
pub(crate) fn find(catalog: &Catalog, words: &str) -> Result<(Kind, String), FindError> {
    for kind in Kind::ALL {
        if catalog.of(kind).find(words).is_some() {
            return Ok((kind, words.to_owned()));
        }
    }
    let all = Kind::ALL.into_iter().flat_map(|kind| catalog.of(kind).iter().map(move |entry| (kind, entry)));
    let mut found = all.filter(|(_, entry)| !words.trim().is_empty() && matches(entry, words));
    let Some((kind, first)) = found.next() else { return Err(FindError::None(words.to_owned())) };
    let mut some: Vec<String> = found.by_ref().take(4).map(|(_, entry)| format!("  {}", entry.id)).collect();
    if some.is_empty() {
        return Ok((kind, first.id.to_owned()));
    }
    some.insert(0, format!("  {}", first.id));
    let count = some.len() + found.count();
    Err(FindError::Several { words: words.to_owned(), count, some })
}

/// Where values that a person sets are kept: MPD's stickers for music, a small file for videos.
#[derive(Clone, Debug)]
pub struct Setter {
    /// The MPD server, where there is music.
    pub music: Option<MusicSettings>,
    /// The file of [`feelings`].
    pub videos: PathBuf,
}

/// Why a value could not be set.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// A value outside -1 to 1.
    #[error("{axis} is {value}; write a number from -1 to 1")]
    Range {
        /// "valence" or "arousal".
        axis: &'static str,
        /// The number that was given.
        value: f32,
    },
    /// No MPD server is configured.
    #[error("there is no [music] in the configuration")]
    NoMusic,
    /// MPD did not take it.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// The file for videos did not take it.
    #[error(transparent)]
    Videos(#[from] FeelingsProblem),
}

impl Setter {
    /// Sets valence and arousal of an item, each from -1 to 1, or clears what was set. The daemon hears of
    /// it by itself. Takes no longer than an exchange with MPD may.
    ///
    /// # Errors
    /// A value out of range, and whatever keeps it from being written, with the cure.
    pub fn set(&self, kind: Kind, id: &str, place: Option<(f32, f32)>) -> Result<(), SetError> {
        if let Some((valence, arousal)) = place {
            for (axis, value) in [("valence", valence), ("arousal", arousal)] {
                if !(-1.0..=1.0).contains(&value) {
                    return Err(SetError::Range { axis, value });
                }
            }
        }
        match kind {
            Kind::Video => Ok(feelings::set(&self.videos, id, place)?),
            Kind::Music => {
                let settings = self.music.as_ref().ok_or(SetError::NoMusic)?;
                Ok(Mpd::set_feeling(settings, id, place)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::recommend::Item;

    fn catalog() -> Catalog {
        let item = |id: &str, title: &str, genre: &str| Item {
            id: id.into(),
            title: title.into(),
            genres: vec![genre.into()],
            ..Item::default()
        };
        Catalog {
            music: vec![
                item("a/sea.flac", "The Sea", "ambient"),
                item("a/seaside.flac", "Seaside", "disco"),
                item("b/ночь.ogg", "Ночь", ""),
            ]
            .into(),
            video: vec![item("/v/waves.mkv", "Waves", "")].into(),
        }
    }

    #[test]
    fn an_item_is_found_by_its_id_or_by_words_that_only_it_has() {
        let catalog = catalog();
        let found = |words: &str| find(&catalog, words).map(|(kind, id)| format!("{kind} {id}"));
        assert_eq!(found("a/sea.flac").unwrap(), "music a/sea.flac");
        assert_eq!(found("НОЧЬ").unwrap(), "music b/ночь.ogg");
        assert_eq!(found("waves").unwrap(), "video /v/waves.mkv");
        let several = found("sea").unwrap_err();
        assert!(matches!(&several, FindError::Several { count: 2, .. }), "{several}");
        assert!(several.to_string().contains("a/seaside.flac"), "{several}");
        assert!(matches!(found("xyz"), Err(FindError::None(_))) && found(" ").is_err());
    }

    #[test]
    fn a_line_says_the_place_and_how_it_is_known() {
        let catalog = catalog();
        let lines: Vec<_> = catalog.music.iter().map(|entry| line(&entry)).collect();
        assert_eq!((lines[0].source, lines[2].source), (Source::Genre, Source::Unknown));
        assert!(lines[0].arousal.unwrap() < 0.0 && lines[2].valence.is_none());
        assert_eq!(counts(&catalog.music).map(|(_, count)| count), [0, 2, 0, 1]);
    }

    #[test]
    fn a_value_out_of_range_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let setter = Setter { music: None, videos: folder.path().join("feelings.json") };
        for place in [(1.1, 0.0), (0.0, -7.0), (f32::NAN, 0.0)] {
            let refused = setter.set(Kind::Video, "/v", Some(place)).unwrap_err().to_string();
            assert!(refused.contains("from -1 to 1"), "{refused}");
        }
        assert!(!setter.videos.exists());
        assert!(matches!(setter.set(Kind::Music, "a", None), Err(SetError::NoMusic)));
        setter.set(Kind::Video, "/v", Some((0.5, 0.5))).unwrap();
        assert!(setter.videos.exists());
    }
}
