//! Words and lists of words, each distinct one stored once and known by its number.

use std::collections::HashMap;
use std::sync::Arc;

use super::song::hash;
use super::word::normalized;

/// The number of a place in a list. No list here grows beyond four thousand million entries.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Each distinct word once, by number.
#[derive(Clone, Default)]
pub(super) struct Words {
    pub(super) all: Vec<Arc<str>>,
    pub(super) numbers: HashMap<Arc<str>, u32>,
    letters: usize,
}

impl Words {
    pub(super) fn intern(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self::number(self.all.len());
        self.letters += word.len();
        let word: Arc<str> = word.into();
        self.all.push(word.clone());
        self.numbers.insert(word, number);
        number
    }

    /// Memory in bytes, about: each word with its counts, and twice its place and length.
    pub(super) fn bytes(&self) -> usize {
        self.letters + self.all.len() * 64
    }

    pub(super) fn get(&self, number: u32) -> &str {
        self.all.get(number as usize).map_or("", |word| word)
    }
}

/// Each distinct list of words once, by number.
#[derive(Clone, Default)]
pub(super) struct Lists {
    pub(super) flat: Vec<u32>,
    /// Where each list ends in `flat`; it starts where the one before ends.
    pub(super) ends: Vec<u32>,
    numbers: HashMap<Box<[u32]>, u32>,
}

impl Lists {
    pub(super) fn intern<W: AsRef<str>>(&mut self, words: &mut Words, list: impl Iterator<Item = W>) -> u32 {
        let mut numbers = Vec::new();
        for word in list {
            let word = word.as_ref();
            if word.is_empty() {
                continue;
            }
            let number = words.intern(word);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if let Some(&known) = self.numbers.get(numbers.as_slice()) {
            return known;
        }
        self.flat.extend(&numbers);
        let number = self::number(self.ends.len());
        self.ends.push(self::number(self.flat.len()));
        self.numbers.insert(numbers.into(), number);
        number
    }

    /// Memory in bytes, about: each list stands here and in the map.
    pub(super) fn bytes(&self) -> usize {
        self.flat.len() * 8 + self.ends.len() * 48
    }

    pub(super) fn words(&self, list: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.ends.get(list as usize).copied().unwrap_or(0) as usize;
        let start = (list as usize).checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let start = (start.unwrap_or(0) as usize).min(end);
        self.flat[start..end].iter().copied()
    }
}

/// Each distinct folder once, by number, as words are compared ([`super::word::normalized`]) and with a `/` at its end; the
/// outermost is empty.
#[derive(Clone, Default)]
pub(super) struct Folders {
    /// All of them, one after another.
    text: String,
    /// Where each ends in `text`; it starts where the one before ends.
    ends: Vec<u32>,
    /// By hash: of two folders with one 64-bit hash each stands in the list, and the first is found.
    numbers: HashMap<u64, u32>,
}

impl Folders {
    /// The number of the folder that an id lies in. Up to four gigabytes of names; what comes after them is in none.
    pub(super) fn intern(&mut self, id: &str) -> u32 {
        let folder = id.rsplit_once('/').map_or("", |(folder, _)| folder);
        let key = hash(folder);
        if let Some(&known) = self.numbers.get(&key) {
            return known;
        }
        let compared = normalized(folder);
        let compared = if compared.is_empty() { compared } else { compared + "/" };
        let number = self::number(self.ends.len());
        let Ok(end) = u32::try_from(self.text.len() + compared.len()) else { return u32::MAX };
        self.text.push_str(&compared);
        self.ends.push(end);
        self.numbers.insert(key, number);
        number
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start as usize..*end as usize])
    }

    /// Memory in bytes, about: each name, where it ends, and its place in the map.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 24
    }

    /// Gives back the room that growing left over.
    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}
