//! Items in little room: a hundred thousand tracks in about twenty megabytes.
//!
//! A library repeats itself: few artists, albums and genres for many tracks. Each distinct word is kept
//! once, each distinct list of genres once, and the rest of the text of all items in pieces that copies share.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use super::genre;
use super::interned_words::{Folders, Lists, Words, number};
use super::item::{Feeling, FeelingSource, Item};
use super::shared_text::{At, SharedText};
use super::song::{hash, marked_explicit, song_of};
use super::speech;
use super::word::normalized;
use crate::text::printable;

/// Items of one kind. Each id is on it once: of two items with one id the later one stays.
#[derive(Clone, Default)]
pub struct ItemStore {
    words: Words,
    lists: Lists,
    folders: Folders,
    /// Each id with the title behind it.
    text: SharedText,
    rows: Vec<Row>,
    by_id: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
}

/// One item of an item store, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its identity: a uri of MPD or the path of a video.
    pub id: &'a str,
    /// Its title; empty where none is known.
    pub title: &'a str,
    /// Who plays it; empty where that is not known.
    pub artist: &'a str,
    /// Its album; empty where that is not known.
    pub album: &'a str,
    /// How long it is, where that is known.
    pub length: Option<Duration>,
    /// Where it lies on the plane of feeling, where that is known.
    pub feeling: Option<Feeling>,
    /// It is marked as not for minors.
    pub explicit: bool,
    /// Spoken word: of music, chosen only where a template names it.
    pub spoken: bool,
    /// MPD's sticker `rating`, 0 to 10.
    pub rating: Option<u8>,
    /// MPD's sticker `like`: 0 dislike, 1 neutral, 2 like.
    pub like: Option<u8>,
    item_store: &'a ItemStore,
    row: &'a Row,
}

/// What is said of an item in other places than its own file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks<'a> {
    /// As in [`Item::like`].
    pub like: Option<u8>,
    /// As in [`Item::rating`].
    pub rating: Option<u8>,
    /// Where a person said that it lies.
    pub feeling: Option<Feeling>,
    /// Names of stored playlists that it is in.
    pub playlists: Vec<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    text_at: At,
    id_len: u32,
    title_len: u32,
    pub(super) artist: u32,
    album: u32,
    pub(super) genres: u32,
    pub(super) tags: u32,
    pub(super) playlists: u32,
    pub(super) folder: u32,
    /// Milliseconds; `u32::MAX` is unknown.
    pub(super) millis: u32,
    pub(super) feeling: Option<Feeling>,
    pub(super) explicit: bool,
    /// Spoken word: an audiobook, a podcast.
    pub(super) spoken: bool,
    /// The same for all copies of one song; 0 is a song of which too little is known.
    pub(super) song: u32,
    pub(super) rating: Option<u8>,
    pub(super) like: Option<u8>,
}

impl Row {
    pub(super) fn length(&self) -> Option<Duration> {
        (self.millis != u32::MAX).then(|| Duration::from_millis(self.millis.into()))
    }

    pub(super) fn seconds(&self) -> Option<f32> {
        (self.millis != u32::MAX).then(|| self.millis as f32 / 1000.0)
    }
}

impl ItemStore {
    /// An empty store.
    pub fn new() -> ItemStore {
        ItemStore::default()
    }

    /// Puts an item in the item store; one with the same id is replaced. An item without an id, or one that
    /// would bring the text over some gigabytes, is left out: the answer is whether it was taken.
    pub fn push(&mut self, mut item: Item) -> bool {
        for words in [&mut item.title, &mut item.artist, &mut item.album] {
            if let Cow::Owned(shown) = printable(words) {
                *words = shown;
            }
        }
        if item.id.is_empty() || self.rows.len() >= u32::MAX as usize {
            return false;
        }
        let Some(text_at) = self.text.push(&item.id, &item.title) else { return false };
        let genres =
            self.lists.intern(&mut self.words, item.genres.iter().flat_map(|genre| genre_words(genre)));
        let tags = self.lists.intern(&mut self.words, item.tags.iter().map(|tag| normalized(tag)));
        let playlists =
            self.lists.intern(&mut self.words, item.playlists.iter().map(|name| normalized(name)));
        let told = item.feeling.and_then(Feeling::checked);
        // A measurement counts only where no tag and no genre tells the feeling.
        let (set, measured) = match told {
            Some(feeling) if feeling.source == FeelingSource::Sound => (None, told),
            told => (told, None),
        };
        let feeling = set
            .or_else(|| numbers(&item.tags))
            .or_else(|| genre::feeling_of_tags(self.lists.words(tags).map(|word| self.words.get(word))))
            .or_else(|| genre::feeling(self.lists.words(genres).map(|word| self.words.get(word))))
            .or_else(|| genre::feeling_of_words(self.lists.words(tags).map(|word| self.words.get(word))))
            .or(measured);
        let millis = item.length.map_or(u32::MAX, |length| {
            u32::try_from(length.as_millis()).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
        });
        let row = Row {
            text_at,
            id_len: number(item.id.len()),
            title_len: number(item.title.len()),
            artist: self.words.intern(&item.artist),
            album: self.words.intern(&item.album),
            genres,
            tags,
            playlists,
            folder: self.folders.intern(&item.id),
            millis,
            feeling,
            explicit: item.explicit || marked_explicit(&item),
            spoken: speech::is_spoken(&item),
            song: song_of(&item),
            rating: item.rating.map(|rating| rating.min(10)),
            like: item.like.map(|like| like.min(2)),
        };
        match self.place(&item.id) {
            Some(at) => self.rows[at] = row,
            None => {
                // Two ids with one 64-bit hash: both stay in the item store, the first is found by its name.
                self.by_id.entry(hash(&item.id)).or_insert(number(self.rows.len()));
                self.rows.push(row);
            }
        }
        true
    }

    /// The memory that it takes, in bytes, about. What tags say decides it as much as their number does.
    pub fn bytes(&self) -> usize {
        let row = size_of::<Row>() + size_of::<(u64, u32)>();
        let shared = self.words.bytes() + self.lists.bytes() + self.folders.bytes();
        self.text.bytes() + shared + self.rows.len() * row
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The item at a position, in the order of arrival.
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        self.rows.get(at).map(|row| self.entry(row))
    }

    /// The item with this id.
    pub fn find(&self, id: &str) -> Option<Entry<'_>> {
        self.place(id).and_then(|at| self.get(at))
    }

    /// All items, in the order of arrival.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Entry<'_>> {
        self.rows.iter().map(|row| self.entry(row))
    }

    /// Notes what was measured from the sound of an item. The answer is whether this changed anything: what
    /// is known by a tag or a genre stays, and an id that is not here is passed over. Spoken word by its sound is
    /// spoken word, as by its genre.
    pub fn measured(&mut self, id: &str, valence: f32, arousal: f32, spoken: bool) -> bool {
        let heard = Feeling { valence, arousal, source: FeelingSource::Sound }.checked();
        let Some(row) = self.place(id).and_then(|at| self.rows.get_mut(at)) else { return false };
        let open = row.feeling.is_none_or(|known| known.source == FeelingSource::Sound);
        let changes = open && heard.is_some() && (row.feeling != heard || (spoken && !row.spoken));
        if changes {
            row.feeling = heard;
            row.spoken |= spoken;
        }
        changes
    }

    /// The same items with what their place in it is marked with; names and tags are in memory once for both.
    ///
    /// `marks` gives the marks of an item by its position. A feeling that is marked stands above one that tags tell, and
    /// where none is marked it is as it was.
    pub fn marked<'a>(&self, mut marks: impl FnMut(usize) -> Marks<'a>) -> ItemStore {
        let mut store = self.clone();
        for (at, row) in store.rows.iter_mut().enumerate() {
            let Marks { like, rating, feeling, playlists } = marks(at);
            (row.like, row.rating) = (like.map(|like| like.min(2)), rating.map(|rating| rating.min(10)));
            row.feeling = feeling.and_then(Feeling::checked).or(row.feeling);
            row.playlists =
                store.lists.intern(&mut store.words, playlists.iter().map(|name| normalized(name)));
        }
        store
    }

    /// Gives back the room that growing left over; call it after the last [`ItemStore::push`].
    pub fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.words.all.shrink_to_fit();
        self.lists.flat.shrink_to_fit();
        self.lists.ends.shrink_to_fit();
        self.folders.shrink();
    }

    /// Position of the item with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        let at = *self.by_id.get(&hash(id))? as usize;
        (self.id(self.rows.get(at)?) == id).then_some(at)
    }

    /// Position of each of many items. Each step is done for all of them before the next, so that the memory
    /// is asked for many at a time: one by one, half the time of a list went by waiting for it.
    pub(super) fn places(&self, keys: &[Key]) -> Vec<Option<u32>> {
        let mut places: Vec<_> = keys.iter().map(|key| self.by_id.get(&key.hash).copied()).collect();
        for (place, key) in places.iter_mut().zip(keys) {
            let row = place.and_then(|at| self.rows.get(at as usize));
            if row.is_none_or(|row| self.id(row) != key.id) {
                *place = None;
            }
        }
        places
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn id(&self, row: &Row) -> &str {
        self.text.get(row.text_at, 0, row.id_len)
    }

    pub(super) fn word(&self, word: u32) -> &str {
        self.words.get(word)
    }

    /// The number of a word as it is stored, if anything in the item store carries it.
    pub(super) fn find_word(&self, word: &str) -> Option<u32> {
        self.words.numbers.get(word).copied()
    }

    /// How many words there are: their numbers are below it.
    pub(super) fn word_count(&self) -> usize {
        self.words.all.len()
    }

    /// How many distinct lists of words there are: their numbers are below it.
    pub(super) fn list_count(&self) -> usize {
        self.lists.ends.len()
    }

    /// Each folder that anything lies in, in the order of their numbers: as words are compared, with a `/` at its end.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter()
    }

    pub(super) fn list(&self, list: u32) -> impl Iterator<Item = u32> + '_ {
        self.lists.words(list)
    }

    fn entry<'a>(&'a self, row: &'a Row) -> Entry<'a> {
        Entry {
            id: self.id(row),
            title: self.text.get(row.text_at, row.id_len, row.title_len),
            artist: self.words.get(row.artist),
            album: self.words.get(row.album),
            length: row.length(),
            feeling: row.feeling,
            explicit: row.explicit,
            spoken: row.spoken,
            rating: row.rating,
            like: row.like,
            item_store: self,
            row,
        }
    }
}

impl<'a> Entry<'a> {
    /// Lower case, each of `a; b` and `a/b` by itself.
    pub fn genres(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.of(self.row.genres)
    }

    /// Lower case.
    pub fn tags(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.of(self.row.tags)
    }

    /// Names of stored playlists, lower case.
    pub fn playlists(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.of(self.row.playlists)
    }

    fn of(&self, list: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let item_store = self.item_store;
        item_store.lists.words(list).map(move |word| item_store.words.get(word))
    }

    /// An item of its own, with the words as they are stored.
    pub fn to_item(&self) -> Item {
        Item {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            artist: self.artist.to_owned(),
            album: self.album.to_owned(),
            genres: self.genres().map(str::to_owned).collect(),
            tags: self.tags().map(str::to_owned).collect(),
            playlists: self.playlists().map(str::to_owned).collect(),
            length: self.length,
            feeling: self.feeling,
            explicit: self.explicit,
            rating: self.rating,
            like: self.like,
        }
    }
}

impl PartialEq for ItemStore {
    fn eq(&self, other: &ItemStore) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a.to_item() == b.to_item())
    }
}

impl std::fmt::Debug for ItemStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().take(8).map(|entry| entry.id)).finish()?;
        write!(f, " of {}", self.len())
    }
}

impl FromIterator<Item> for ItemStore {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> ItemStore {
        let mut item_store = ItemStore::new();
        item_store.extend(items);
        item_store.shrink();
        item_store
    }
}

impl Extend<Item> for ItemStore {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        for item in items {
            self.push(item);
        }
    }
}

impl From<Vec<Item>> for ItemStore {
    fn from(items: Vec<Item>) -> ItemStore {
        items.into_iter().collect()
    }
}

/// From a list of items, one at a time: the list itself is never in memory.
impl<'de> serde::Deserialize<'de> for ItemStore {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<ItemStore, D::Error> {
        struct Items;
        impl<'de> serde::de::Visitor<'de> for Items {
            type Value = ItemStore;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of items")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<ItemStore, A::Error> {
                let mut item_store = ItemStore::new();
                while let Some(item) = items.next_element()? {
                    item_store.push(item);
                }
                item_store.shrink();
                Ok(item_store)
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// A feeling written as numbers among the tags: `valence=0.4` and `arousal=-0.6`, both or none.
fn numbers(tags: &[String]) -> Option<Feeling> {
    let value = |axis: &str| {
        tags.iter().find_map(|tag| {
            let (name, value) = tag.split_once(['=', ':'])?;
            let value =
                name.trim().eq_ignore_ascii_case(axis).then(|| value.trim().parse::<f32>().ok())??;
            (-1.0..=1.0).contains(&value).then_some(value)
        })
    };
    Some(Feeling { valence: value("valence")?, arousal: value("arousal")?, source: FeelingSource::Explicit })
}

/// The genres that one genre tag names.
fn genre_words(tag: &str) -> impl Iterator<Item = String> + '_ {
    tag.split([';', '/', ',', '|', '\0']).map(normalized)
}

/// An id with its hash, for those that are looked up again and again.
#[derive(Clone, Debug)]
pub(super) struct Key {
    hash: u64,
    pub(super) id: String,
}

impl Key {
    pub(super) fn new(id: &str) -> Key {
        Key { hash: hash(id), id: id.to_owned() }
    }
}

/// Hashes what is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Nothing but whole hashes is put in.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

#[cfg(test)]
#[path = "item_store_tests.rs"]
mod tests;
