//! From MPD's database to items that can be chosen.

use crate::numbers::{Whole, to_u32};
use std::collections::HashMap;

use ::mpd::{Query, Song, Subsystem, Term};

use super::MusicError;
use super::connection::{Connection, Pairs};
use super::wire::BROKEN;
use moodbox_core::recommend::{Feeling, FeelingSource, Item, ItemStore, in_system_folder, normalized};
use moodbox_core::text::printable;

/// Songs asked for at once: an answer of about 200 kB, well inside the deadline on a small board.
const WINDOW: u32 = 500;
/// A library larger than this is cut, so that memory stays bounded.
const MOST_SONGS: u32 = 200_000;
/// Nor does it take more memory, in bytes: 200,000 songs with long names and titles take some 60 MB.
const MOST_BYTES: usize = 80 << 20;

/// The subsystems that tell that this must be read again.
pub(super) const SUBSYSTEMS: [Subsystem; 3] = [Subsystem::Database, Subsystem::Sticker, Subsystem::Playlist];

/// Bytes of one kind of stickers: those of a hundred thousand songs.
const MOST_STICKERS: usize = 8 << 20;

/// Letters of a title or a name that are kept, and words of a list: what is longer is no title.
const MOST_LETTERS: usize = 256;
const MOST_WORDS: usize = 64;

/// Connections that one reading of the library may cost.
const MOST_CONNECTIONS: u32 = 64;

/// How far a reading of the database has come. It outlives the connection: a server that refuses an answer, as MPD
/// does one that is larger than its `max_output_buffer_size`, ends the connection with it.
pub(super) struct Reading {
    songs: ItemStore,
    /// The next song, by its number in the answer of the server.
    start: u32,
    /// Songs asked for at once.
    window: u32,
    connections: u32,
    nameless: usize,
    /// Songs that could not be read even alone.
    unread: usize,
    /// The names and tags of the songs read take more memory than there is for them.
    full: bool,
}

impl Reading {
    /// Nothing read yet.
    pub fn begin() -> Reading {
        let songs = ItemStore::new();
        Reading { songs, start: 0, window: WINDOW, connections: 0, nameless: 0, unread: 0, full: false }
    }

    /// Every song from where it stopped, window by window: the list of all of them is never in memory at once.
    pub fn go_on(&mut self, connection: &mut Connection) -> Result<(), MusicError> {
        // Every uri holds the empty word; a search without a filter is refused.
        let mut everything = Query::new();
        everything.and(Term::File, "");
        while self.start < MOST_SONGS {
            let end = (self.start + self.window).min(MOST_SONGS);
            let window = connection.run(|client| client.search(&everything, (self.start, end)))?;
            let count = to_u32(window.len());
            for item in window.into_iter().map(item) {
                if item.id.contains(BROKEN) {
                    self.nameless += 1;
                } else if !in_system_folder(&item.id) {
                    self.songs.push(item);
                }
            }
            if count < end - self.start {
                break;
            }
            if self.songs.bytes() > MOST_BYTES {
                self.full = true;
                break;
            }
            self.start = end;
            self.window = (self.window * 2).min(WINDOW);
        }
        Ok(())
    }

    /// Whether it is worth another connection after this error: with fewer songs at a time, and without the one
    /// that cannot be read even alone.
    pub fn yields(&mut self, error: &MusicError) -> bool {
        self.connections += 1;
        let too_much = matches!(
            error,
            MusicError::Absent { .. } | MusicError::Protocol { .. } | MusicError::Silent { .. }
        );
        if !too_much || self.connections > MOST_CONNECTIONS {
            return false;
        }
        if self.window == 1 {
            self.start += 1;
            self.unread += 1;
        } else {
            self.window = (self.window / 5).max(1);
        }
        true
    }

    /// The songs, and what was left out, in words.
    pub fn end(mut self) -> (ItemStore, Vec<String>) {
        self.songs.shrink();
        let mut remarks = Vec::new();
        if self.nameless > 0 {
            remarks.push(format!(
                "{} songs have names that are not UTF-8 and cannot be asked for; rename them, for example with convmv",
                self.nameless
            ));
        }
        if self.unread > 0 {
            remarks.push(format!(
                "{} songs are left out, because MPD ends the connection that asks for their tags; look for tags of \
                 some megabytes",
                self.unread
            ));
        }
        if self.full {
            remarks.push(format!(
                "the names and tags of {} songs take more than {} MB; the rest is left out. Look for tags and paths \
                 of many thousand letters",
                self.songs.len(),
                MOST_BYTES >> 20
            ));
        }
        if self.start >= MOST_SONGS {
            remarks.push(format!(
                "the library is larger than the {MOST_SONGS} songs that are read; the rest is left out"
            ));
        }
        (self.songs, remarks)
    }
}

/// Likes, ratings and feelings from the sticker database: of each name the uris that have it, and its value.
/// A server without a sticker database has none.
#[derive(Default)]
pub(super) struct Stickers(HashMap<&'static str, HashMap<String, String>>);

impl Stickers {
    pub(super) fn read(connection: &mut Connection) -> Result<Stickers, MusicError> {
        let mut stickers = Stickers::default();
        for name in ["like", "rating", "valence", "arousal"] {
            match connection.ask_stickers(&["sticker find", "song", "", name], MOST_STICKERS) {
                Ok(pairs) => stickers.0.insert(name, values(pairs)),
                Err(error) if error.breaks_connection() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "no stickers");
                    break;
                }
            };
        }
        Ok(stickers)
    }

    fn value(&self, name: &str, uri: &str) -> Option<f32> {
        self.0.get(name)?.get(uri)?.trim().parse().ok()
    }

    pub(super) fn put_on(&self, item: &mut Item) {
        let whole = |name: &str, most: f32| {
            self.value(name, &item.id).filter(|value| (0.0..=most).contains(value)).map(Whole::to_u8)
        };
        let (like, rating) = (whole("like", 2.0), whole("rating", 10.0));
        let axis = |name: &str| self.value(name, &item.id).filter(|value| (-1.0..=1.0).contains(value));
        let feeling = axis("valence").zip(axis("arousal")).map(|(valence, arousal)| Feeling {
            valence,
            arousal,
            source: FeelingSource::Explicit,
        });
        (item.like, item.rating, item.feeling) = (like, rating, feeling);
    }
}

/// `file` and `sticker: name=value` pairs as a map from uri to value.
fn values(pairs: Pairs) -> HashMap<String, String> {
    let mut values = HashMap::new();
    let mut file = None;
    for (key, value) in pairs {
        if key == "file" {
            file = Some(value);
        } else if key == "sticker"
            && let Some(uri) = file.take()
            && let Some((_, value)) = value.split_once('=')
        {
            values.insert(uri, value.to_owned());
        }
    }
    values
}

/// One song with what its tags say.
pub(super) fn item(song: Song) -> Item {
    let mut item = Item {
        title: shown(&title(song.title.or(song.name), &song.file)),
        artist: shown(&song.artist.unwrap_or_default()),
        length: song.duration.filter(|length| !length.is_zero()),
        id: song.file,
        ..Item::default()
    };
    for (key, value) in &song.tags {
        match key.as_str() {
            "Genre" => item.genres.extend(words(&readable(value))),
            "Mood" | "Comment" | "Grouping" => item.tags.extend(words(&readable(value))),
            "Album" => item.album = shown(value),
            "AlbumArtist" if item.artist.is_empty() => item.artist = shown(value),
            _ => {}
        }
    }
    for list in [&mut item.genres, &mut item.tags] {
        list.sort();
        list.dedup();
        list.truncate(MOST_WORDS);
    }
    item.explicit = item.tags.iter().any(|tag| tag == "explicit");
    item
}

/// A text for people: what was not UTF-8 shows as a mark that every font has.
fn readable(text: &str) -> String {
    text.chars().take(MOST_LETTERS).map(|letter| if letter == BROKEN { '\u{fffd}' } else { letter }).collect()
}

/// The same, for a text of one line that is shown as it is: a radio station sends titles of its own.
fn shown(text: &str) -> String {
    printable(&readable(text)).into_owned()
}

/// The title, or what a person would call the file.
pub(super) fn title(tag: Option<String>, uri: &str) -> String {
    match tag {
        Some(title) if !title.trim().is_empty() => title,
        _ => {
            let uri = uri.trim_end_matches('/');
            let name = uri.rsplit('/').next().unwrap_or(uri);
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            if stem.is_empty() { name.to_owned() } else { stem.replace('_', " ") }
        }
    }
}

/// A tag may hold several words: `calm; warm`, `Jazz/Funk`. Long comments are prose, not tags.
pub(crate) fn words(value: &str) -> impl Iterator<Item = String> {
    value
        .split([';', ',', '/', '|'])
        .map(normalized)
        .filter(|word| !word.is_empty() && word.chars().count() <= 40)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_song_becomes_an_item_with_its_words_in_lower_case() {
        let song = Song {
            file: "a/Slow_Rain.ogg".into(),
            duration: Some(Duration::from_secs(30)),
            tags: [("Genre", "Jazz; Funk"), ("Genre", "jazz"), ("Mood", "Calm"), ("Comment", "warm, Rain")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
            ..Song::default()
        };
        let item = item(song);
        assert_eq!(item.title, "Slow Rain");
        assert_eq!(item.genres, ["funk", "jazz"]);
        assert_eq!(item.tags, ["calm", "rain", "warm"]);
        assert_eq!(item.length, Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_a_radio_station_sends_as_a_title_is_shown_and_changes_nothing_around_it() {
        let said = |text: &str| Some(text.to_owned());
        let song = Song {
            file: "https://radio.example/".into(),
            title: said("Now\u{1b}[2J\u{202e}gpj"),
            artist: said("a\u{9b}31m\u{2028}b"),
            ..Song::default()
        };
        let item = item(song);
        assert_eq!(item.title, "Now␛[2J\u{fffd}gpj");
        assert_eq!(item.artist, "a\u{fffd}31m\u{fffd}b");
    }

    #[test]
    fn a_song_without_a_title_is_called_by_its_file() {
        for (tag, uri, called) in [
            (Some("Dawn"), "x.ogg", "Dawn"),
            (Some(" "), "x.ogg", "x"),
            (None, "a/b.c.flac", "b.c"),
            (None, "http://radio/", "radio"),
            (None, ".hidden", ".hidden"),
        ] {
            assert_eq!(title(tag.map(str::to_owned), uri), called);
        }
    }

    #[test]
    fn an_answer_without_a_value_is_passed_over() {
        let pairs =
            [("sticker", "like=2"), ("file", "a"), ("sticker", "like"), ("file", "b"), ("sticker", "like=1")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(values(pairs.to_vec()), HashMap::from([("b".to_owned(), "1".to_owned())]));
    }
}
