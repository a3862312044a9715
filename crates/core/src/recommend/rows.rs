//! The rows of a library that may be on a list.

use super::item_store::{ItemStore, Row};
use super::recently_played::Recent;

/// Rows that may be on a list, in ascending order.
#[derive(Default)]
pub(super) struct Found {
    /// Those that were not played lately.
    pub(super) rows: Vec<u32>,
    /// Those that were.
    pub(super) again: Vec<u32>,
}

impl Found {
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.again.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The rows that are wanted.
pub(super) fn rows_where(item_store: &ItemStore, recent: &Recent, wanted: impl Fn(&Row) -> bool) -> Found {
    // Allocated once: the program wipes what it frees, so a list that grows is copied and wiped several times. Each
    // row is written and kept only if it is wanted: a jump over it would be guessed wrongly every few rows.
    let mut rows = vec![0; item_store.len()];
    let (mut again, mut count) = (Vec::new(), 0);
    for (at, row) in (0u32..).zip(item_store.rows()) {
        rows[count] = at;
        let wanted = wanted(row);
        let played = recent.holds(at, row);
        count += usize::from(wanted & !played);
        if wanted & played {
            again.push(at);
        }
    }
    rows.truncate(count);
    Found { rows, again }
}
