//! Which items are copies of one song, by the names in their tags and files.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::item::Item;
use super::word::{is_marked_explicit, normalized};

/// A number for the song that an item is a copy of: the same artist and title, however they are written, or
/// without an artist the same name but for the mark of a copy.
pub(super) fn song_of(item: &Item) -> u32 {
    let file = item.id.rsplit('/').next().unwrap_or(&item.id);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let title = normalized(without_copy_mark(if item.title.trim().is_empty() { stem } else { &item.title }));
    let artist = normalized(&item.artist);
    if title.is_empty() {
        return 0;
    }
    let hash = hash(&format!("{artist}\n{title}"));
    // Both halves of the hash in one.
    #[expect(clippy::cast_possible_truncation, reason = "the upper half is mixed into the lower one")]
    let folded = (hash ^ (hash >> 32)) as u32;
    folded.max(1)
}

/// `smile (1)`, `smile - Kopie` and `smile copy 2` are copies of `smile`.
fn without_copy_mark(name: &str) -> &str {
    let mut name = name.trim();
    loop {
        let number = name
            .strip_suffix(')')
            .and_then(|rest| rest.rsplit_once('('))
            .filter(|(_, inner)| inner.len() <= 2 && inner.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|(before, _)| before);
        let lower = name.to_ascii_lowercase();
        let word = [" - copy", " - kopie", " copy", " - copie", " - copia", " (copy)", " (kopie)", "_copy"]
            .iter()
            .find(|mark| lower.ends_with(*mark))
            .and_then(|mark| name.get(..name.len() - mark.len()));
        match number.or(word).map(str::trim_end).filter(|before| !before.is_empty()) {
            Some(before) => name = before,
            None => return name,
        }
    }
}

/// By the marks of its title, its album or its file's name.
pub(super) fn marked_explicit(item: &Item) -> bool {
    let file = item.id.rsplit('/').next().unwrap_or(&item.id);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    [&item.title, &item.album, stem].into_iter().any(is_marked_explicit)
}

/// A hash of 64 bits, the same in every run of one build.
pub(super) fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
