//! Which items are copies of one song, by the names in their tags and files.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::item::Item;
use super::word::{is_marked_explicit, normalized};

/// A number for the song that an item is a copy of: the same artist and title, however they are written, or
/// without an artist the same name but for the mark of a copy.
pub(super) fn song_of(item: &Item) -> u32 {
    let file = item.id.rsplit('/').next().unwrap_or(&item.id);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let written =
        normalized(without_copy_mark(if item.title.trim().is_empty() { stem } else { &item.title }));
    let title = without_edition(&written);
    let artist = normalized(&item.artist);
    let artist = without_guests(&artist);
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

/// Words that say which edition of a song or film this is, as words are compared. A remix, an instrumental or a
/// karaoke version is a work of its own.
const EDITIONS: &[&str] = &[
    "remaster",
    "remastered",
    "remasterisé",
    "remastérisé",
    "remasterizado",
    "live",
    "mono",
    "stereo",
    "acoustic",
    "akustik",
    "acoustique",
    "acústico",
    "unplugged",
    "demo",
    "edit",
    "version",
    "original",
    "explicit",
    "clean",
    "deluxe",
    "bonus",
    "video",
    "audio",
    "lyric",
    "lyrics",
    "official",
    "offizielles",
    "officiel",
    "oficial",
    "visualizer",
    "hd",
    "hq",
    "4k",
    "8k",
    "uhd",
    "720p",
    "1080p",
    "2160p",
    "480p",
    "576p",
    "1440p",
    "h264",
    "h265",
    "x264",
    "x265",
    "hevc",
];
/// Words that make a work of its own of what says one of [`EDITIONS`] too: `Club Mix`.
const OTHER_WORKS: &[&str] =
    &["remix", "rmx", "instrumental", "karaoke", "club", "dub", "extended", "cover", "part", "pt"];

/// A title without what stands behind it in brackets or behind a dash, where that names an edition: `Song (Live)`,
/// `Song - Remastered 2009`, `Song (feat. B)`, `Song feat. B`, `Film - 1080p`. As words are compared.
fn without_edition(title: &str) -> &str {
    let mut title = title.trim();
    loop {
        let bracket = [('(', ')'), ('[', ']')].iter().find_map(|(open, close)| {
            let (before, inner) = title.strip_suffix(*close)?.rsplit_once(*open)?;
            Some((before, inner))
        });
        let dash = || [" - ", " | "].iter().find_map(|dash| title.rsplit_once(dash));
        match bracket.or_else(dash) {
            Some((before, said)) if is_edition(said) && !before.trim().is_empty() => title = before.trim(),
            _ => return without_guests(title),
        }
    }
}

fn is_edition(said: &str) -> bool {
    let mut words = said.split([' ', ',', '/', '-', '_']).filter(|word| !word.is_empty());
    let has = |words: &[&str]| said.split([' ', ',', '/', '-', '_']).any(|word| words.contains(&word));
    let is_guest = words.next().is_some_and(|first| first == "with" || GUESTS.contains(&first));
    is_guest || (has(EDITIONS) && !has(OTHER_WORKS))
}

/// Words before the names of guests.
const GUESTS: &[&str] = &["feat", "feat.", "ft", "ft.", "featuring"];

/// A name without the guests behind it: `A feat. B` is `A`.
fn without_guests(name: &str) -> &str {
    let mark = GUESTS.iter().filter_map(|mark| name.find(&format!(" {mark} "))).min();
    mark.and_then(|at| name.get(..at)).map_or(name, str::trim_end)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn song(artist: &str, title: &str) -> u32 {
        song_of(&Item { id: "x.mp3".into(), artist: artist.into(), title: title.into(), ..Item::default() })
    }

    #[test]
    fn editions_of_a_song_are_one_song() {
        for title in [
            "Song (Live)",
            "Song [Remastered]",
            "Song - Remastered 2009",
            "Song – 2011 Remaster",
            "Song (feat. B)",
            "Song feat. B & C",
            "Song ft. B",
            "Song (Live at Wembley) [Remastered]",
            "SONG (Radio Edit)",
            "Song (Single Version)",
            "Song (Official Video) [4K]",
            "Song - Mono",
            "Song (1)",
            "Song [Explicit]",
            "Song (Acoustic)",
        ] {
            assert_eq!(song("A", title), song("A", "Song"), "{title}");
        }
        assert_eq!(song("A feat. B", "Song"), song("A", "Song (feat. B)"));
        for title in [
            "Song (Remix)",
            "Song (Club Mix)",
            "Song (Instrumental)",
            "Song II",
            "Song, Part 2",
            "Song - Reprise",
            "Song (Interlude)",
            "Live",
            "Feat. of Strength",
        ] {
            assert_ne!(song("A", title), song("A", "Song"), "{title}");
        }
        assert_ne!(song("A", "(Live)"), song("A", "(Demo)"));
        assert_ne!(song("A", "Live"), song("A", "Demo"));
    }

    #[test]
    fn one_film_in_two_qualities_is_one() {
        let film = |id: &str| song_of(&Item { id: id.into(), ..Item::default() });
        assert_eq!(film("/v/Film - 1080p.mp4"), film("/v/Film - 720p.mkv"));
        assert_eq!(film("/v/Film [4K].mp4"), film("/v/Film.mp4"));
        assert_ne!(film("/v/Film 1.mp4"), film("/v/Film 2.mp4"));
    }
}
