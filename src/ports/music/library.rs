//! From MPD's database to items that can be chosen.

use crate::numbers::{Whole, to_u32};
use std::collections::HashMap;

use ::mpd::{Query, Song, Subsystem, Term};

use super::MusicError;
use super::connection::Connection;
use super::wire::BROKEN;
use moodbox_core::recommend::{Feeling, FeelingSource, Item, ItemStore, Marks, in_system_folder, normalized};
use moodbox_core::text::printable;

/// Songs asked for at once: an answer of about 200 kB, well inside the deadline on a small board.
const WINDOW: u32 = 500;
/// A library larger than this is cut, so that memory stays bounded.
const MOST_SONGS: u32 = 200_000;
/// Nor does it take more memory, in bytes: 200,000 songs with long names and titles take some 60 MB. While it is read
/// anew it is there twice.
const MOST_BYTES: usize = 64 << 20;

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

/// What the sticker database says of songs. A server without one says nothing.
const STICKERS: [&str; 4] = ["like", "rating", "valence", "arousal"];

/// Likes, ratings and feelings by the positions of the songs that have them. What is said of others, and what is no
/// number, takes no memory.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Stickers(HashMap<usize, [Option<f32>; STICKERS.len()]>);

impl Stickers {
    pub(super) fn read(connection: &mut Connection, songs: &ItemStore) -> Result<Stickers, MusicError> {
        let mut stickers = Stickers::default();
        for (kind, name) in STICKERS.into_iter().enumerate() {
            match connection.ask_stickers(&["sticker find", "song", "", name], MOST_STICKERS) {
                Ok(pairs) => stickers.take(kind, pairs.iter(), songs),
                Err(error) if error.breaks_connection() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "no stickers");
                    break;
                }
            };
        }
        Ok(stickers)
    }

    /// `file` and `sticker: name=value` pairs of one kind.
    fn take<'a>(&mut self, kind: usize, pairs: impl Iterator<Item = (&'a str, &'a str)>, songs: &ItemStore) {
        let mut file = None;
        for (key, value) in pairs {
            if key == "file" {
                file = Some(value);
            } else if key == "sticker"
                && let Some(place) = file.take().and_then(|file| songs.place(file))
                && let Some((_, value)) = value.split_once('=')
                && let Ok(value) = value.trim().parse()
                && let Some(told) = self.0.entry(place).or_default().get_mut(kind)
            {
                *told = Some(value);
            }
        }
    }

    /// What they say of a song.
    pub(super) fn of(&self, place: usize) -> Marks<'static> {
        let [like, rating, valence, arousal] = self.0.get(&place).copied().unwrap_or_default();
        let whole = |told: Option<f32>, most: f32| {
            told.filter(|value| (0.0..=most).contains(value)).map(Whole::to_u8)
        };
        let axis = |told: Option<f32>| told.filter(|value| (-1.0..=1.0).contains(value));
        let feeling = axis(valence).zip(axis(arousal)).map(|(valence, arousal)| Feeling {
            valence,
            arousal,
            source: FeelingSource::Explicit,
        });
        Marks { like: whole(like, 2.0), rating: whole(rating, 10.0), feeling, playlists: Vec::new() }
    }
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

    fn songs(ids: &[&str]) -> ItemStore {
        ids.iter().map(|id| Item { id: (*id).to_owned(), ..Item::default() }).collect()
    }

    #[test]
    fn a_sticker_counts_for_a_song_of_the_library_and_as_a_number_and_no_other_is_kept() {
        let pairs = [
            ("sticker", "like=2"),
            ("file", "a"),
            ("sticker", "like"),
            ("file", "b"),
            ("sticker", "like= 1 "),
            ("file", "nowhere"),
            ("sticker", "like=2"),
            ("file", "c"),
            ("sticker", "like=much"),
        ];
        let mut stickers = Stickers::default();
        stickers.take(0, pairs.into_iter(), &songs(&["a", "b", "c"]));
        assert_eq!(stickers, Stickers([(1, [Some(1.0), None, None, None])].into()));
        assert_eq!(stickers.of(1), Marks { like: Some(1), ..Marks::default() });
        assert_eq!(stickers.of(0), Marks::default());
    }
}
