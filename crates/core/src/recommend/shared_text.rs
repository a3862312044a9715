//! Text that only grows, in pieces that copies of it share.
//!
//! One long string would be twice as large while it grows, and as large again in each copy.

use std::sync::Arc;

/// Bytes of a piece: one that is begun is copied, and so much is lost at its end at most.
const PIECE: usize = 1 << 16;

/// Where something begins: the piece, and the byte within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    piece: u32,
    byte: u32,
}

/// What was put in, each by where it begins.
#[derive(Clone, Default)]
pub(super) struct SharedText {
    full: Vec<Arc<str>>,
    bytes: usize,
    /// The last piece, which has room.
    open: String,
}

impl SharedText {
    /// Puts two texts in, one behind the other. None when there is no number for their place.
    pub(super) fn push(&mut self, first: &str, second: &str) -> Option<At> {
        let length = first.len() + second.len();
        if !self.open.is_empty() && self.open.len() + length > PIECE {
            self.bytes += self.open.len();
            self.full.push(self.open.as_str().into());
            self.open.clear();
        }
        u32::try_from(length).ok()?;
        let at =
            At { piece: u32::try_from(self.full.len()).ok()?, byte: u32::try_from(self.open.len()).ok()? };
        self.open.push_str(first);
        self.open.push_str(second);
        Some(at)
    }

    /// So many bytes, from so many behind a place on; empty where nothing was put in.
    pub(super) fn get(&self, at: At, behind: u32, length: u32) -> &str {
        let piece = self.full.get(at.piece as usize).map_or(self.open.as_str(), |piece| piece);
        let from = at.byte as usize + behind as usize;
        piece.get(from..from + length as usize).unwrap_or_default()
    }

    /// Memory in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.open.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::interned_words::number;

    #[test]
    fn what_was_put_in_is_found_whatever_its_length_and_copies_share_it() {
        let mut text = SharedText::default();
        let long = "ü".repeat(PIECE);
        let put: Vec<(String, String)> = (0..20_000)
            .map(|number| {
                (format!("{number}/é"), if number % 5000 == 4999 { long.clone() } else { number.to_string() })
            })
            .collect();
        let places: Vec<At> = put.iter().map(|(first, second)| text.push(first, second).unwrap()).collect();
        let copy = text.clone();
        for held in [&text, &copy] {
            for ((first, second), at) in put.iter().zip(&places) {
                let (a, b) = (number(first.len()), number(second.len()));
                assert_eq!((held.get(*at, 0, a), held.get(*at, a, b)), (first.as_str(), second.as_str()));
            }
        }
        assert!(text.full.iter().zip(&copy.full).all(|(one, other)| Arc::ptr_eq(one, other)));
        assert!(text.bytes() < put.iter().map(|(a, b)| a.len() + b.len()).sum::<usize>() + 4 * PIECE);
    }
}
