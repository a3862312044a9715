//! What was played lately, which waits for its turn.

use std::collections::HashSet;

use super::interned_words::number;
use super::item_store::ItemStore;

/// What was played lately.
pub(super) struct Recent {
    /// Row and how long ago, 0 for the last one; sorted by row.
    ages: Vec<(u32, usize)>,
    /// Their songs, of which there may be other copies.
    songs: HashSet<u32>,
}

impl Recent {
    pub(super) fn new(shelf: &ItemStore, ids: &[String], window: u16) -> Recent {
        let newest = ids.iter().rev().take(window.into()).enumerate();
        let mut ages: Vec<_> =
            newest.filter_map(|(age, id)| shelf.place(id).map(|row| (number(row), age))).collect();
        ages.sort_unstable();
        ages.dedup_by_key(|(row, _)| *row);
        let songs = ages.iter().map(|(row, _)| shelf.rows()[*row as usize].song).filter(|song| *song != 0);
        let songs = songs.collect();
        Recent { ages, songs }
    }

    /// Takes those that were played lately out of rows in ascending order.
    pub(super) fn take_from(&self, shelf: &ItemStore, rows: &mut Vec<u32>) -> Vec<u32> {
        if self.ages.is_empty() {
            return Vec::new();
        }
        let mut played = self.ages.iter().map(|(row, _)| *row).peekable();
        let was_played = |row: &mut u32| {
            while played.next_if(|played| *played < *row).is_some() {}
            played.peek() == Some(row) || self.songs.contains(&shelf.rows()[*row as usize].song)
        };
        rows.extract_if(.., was_played).collect()
    }

    pub(super) fn age(&self, row: u32) -> Option<usize> {
        self.ages.binary_search_by_key(&row, |(row, _)| *row).ok().map(|at| self.ages[at].1)
    }
}
