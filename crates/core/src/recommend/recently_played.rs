//! What was played lately, which waits for its turn.

use super::interned_words::number;
use super::item_store::{ItemStore, Row};

/// What was played lately.
pub(super) struct Recent {
    /// Row and how long ago, 0 for the last one; sorted by row.
    ages: Vec<(u32, usize)>,
    songs: Songs,
}

/// The songs of what was played, of which there may be other copies. Each row of a large library is asked for, and
/// nearly all are answered by one look into a table of bits.
struct Songs {
    /// Ascending.
    all: Vec<u32>,
    /// One for each of the values that the low [`Songs::BITS`] bits of a song can have.
    seen: [u64; 1 << (Songs::BITS - 6)],
}

impl Songs {
    const BITS: u32 = 12;

    fn new(songs: impl Iterator<Item = u32>) -> Songs {
        let mut all: Vec<u32> = songs.collect();
        all.sort_unstable();
        let mut seen = [0; _];
        for &song in &all {
            let (word, bit) = Songs::place(song);
            seen[word] |= bit;
        }
        Songs { all, seen }
    }

    fn place(song: u32) -> (usize, u64) {
        let low = song % (1 << Songs::BITS);
        ((low / 64) as usize, 1 << (low % 64))
    }

    fn contains(&self, song: u32) -> bool {
        let (word, bit) = Songs::place(song);
        self.seen[word] & bit != 0 && self.all.binary_search(&song).is_ok()
    }
}

impl Recent {
    pub(super) fn new(item_store: &ItemStore, ids: &[String], window: u16) -> Recent {
        let newest = ids.iter().rev().take(window.into()).enumerate();
        let mut ages: Vec<_> =
            newest.filter_map(|(age, id)| item_store.place(id).map(|row| (number(row), age))).collect();
        ages.sort_unstable();
        ages.dedup_by_key(|(row, _)| *row);
        let songs =
            ages.iter().map(|(row, _)| item_store.rows()[*row as usize].song).filter(|song| *song != 0);
        let songs = Songs::new(songs);
        Recent { ages, songs }
    }

    /// Whether a row, or another copy of its song, was played lately.
    pub(super) fn holds(&self, at: u32, row: &Row) -> bool {
        if row.song == 0 { self.age(at).is_some() } else { self.songs.contains(row.song) }
    }

    pub(super) fn age(&self, row: u32) -> Option<usize> {
        self.ages.binary_search_by_key(&row, |(row, _)| *row).ok().map(|at| self.ages[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn songs_whose_low_bits_are_the_same_are_told_apart() {
        let songs = Songs::new([5, 4096 + 7, u32::MAX].into_iter());
        for (song, there) in [
            (5, true),
            (4096 + 5, false),
            (7, false),
            (4096 + 7, true),
            (4095, false),
            (u32::MAX, true),
            (0, false),
        ] {
            assert_eq!(songs.contains(song), there, "{song}");
        }
    }

    #[test]
    fn what_was_played_is_known_by_its_row_and_its_copies_by_their_song() {
        let item = |id: &str, title: &str| super::super::Item {
            id: id.into(),
            title: title.into(),
            ..Default::default()
        };
        let item_store: ItemStore =
            vec![item("a.mp3", "Sea"), item("copy/a.mp3", "Sea"), item("b.mp3", "Storm"), item(".", " ")]
                .into();
        let played = ["b.mp3", "a.mp3", ".", "gone.mp3"].map(str::to_owned);
        let holds = |window| {
            let recent = Recent::new(&item_store, &played, window);
            (0u32..).zip(item_store.rows()).map(|(at, row)| recent.holds(at, row)).collect::<Vec<_>>()
        };
        assert_eq!(holds(4), [true, true, true, true]);
        assert_eq!(holds(3), [true, true, false, true]);
        assert_eq!(holds(0), [false; 4]);
    }
}
