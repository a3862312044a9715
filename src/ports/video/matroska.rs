//! The title of a Matroska file: the one thing that the crate for containers reads and does not tell (its
//! version 0.6.1). Elements are walked as RFC 8794 has them, at the top level and in the description only.

use std::io::{Read, Seek, SeekFrom};

const HEADER: u64 = 0x1a45_dfa3;
const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_a966;
const CLUSTER: u64 = 0x1f43_b675;
const TITLE: u64 = 0x7ba9;
/// A longer title is none.
const LONGEST: u64 = 1000;
/// The description stands before the pictures, among few other elements.
const MOST_ELEMENTS: usize = 200;

/// The title that the file gives itself; none in anything but Matroska and WebM.
pub fn title(file: &mut (impl Read + Seek)) -> Option<String> {
    let (id, size) = element(file)?;
    if id != HEADER {
        return None;
    }
    file.seek(SeekFrom::Current(i64::try_from(size).ok()?)).ok()?;
    for _ in 0..MOST_ELEMENTS {
        let (id, size) = element(file)?;
        match id {
            // What is in these two comes next.
            SEGMENT | INFO => {}
            CLUSTER => return None,
            TITLE if size <= LONGEST => {
                let mut text = Vec::new();
                file.take(size).read_to_end(&mut text).ok()?;
                let text = String::from_utf8_lossy(&text);
                let text = text.trim_end_matches('\0').trim();
                return (!text.is_empty()).then(|| text.to_owned());
            }
            _ => drop(file.seek(SeekFrom::Current(i64::try_from(size).ok()?)).ok()?),
        }
    }
    None
}

/// The number and the size of the element that begins here.
fn element(file: &mut impl Read) -> Option<(u64, u64)> {
    Some((number(file, true)?, number(file, false)?))
}

/// A number of one to eight bytes; the zeros before the first one bit tell how many. An element's own number
/// keeps that bit.
fn number(file: &mut impl Read, keep: bool) -> Option<u64> {
    let mut first = [0];
    file.read_exact(&mut first).ok()?;
    let more = first[0].leading_zeros();
    let start = if keep { first[0] } else { first[0] & 0x7f_u8.checked_shr(more)? };
    let mut value = u64::from(start);
    for _ in 0..(more < 8).then_some(more)? {
        let mut next = [0];
        file.read_exact(&mut next).ok()?;
        value = value << 8 | u64::from(next[0]);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
        // A size of two bytes, as most writers leave room for.
        [id, &(0x4000 | content.len() as u16).to_be_bytes(), content].concat()
    }

    fn file(title: &[u8]) -> Vec<u8> {
        let info = [element(&[0x4d, 0x80], b"a writer"), element(&[0x7b, 0xa9], title)].concat();
        let content = [element(&[0xec], &[0; 90]), element(&[0x15, 0x49, 0xa9, 0x66], &info)].concat();
        let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &[0; 20]);
        [header, element(&[0x18, 0x53, 0x80, 0x67], &content)].concat()
    }

    #[test]
    fn the_title_is_found_behind_what_else_there_is() {
        assert_eq!(title(&mut Cursor::new(file("Море\0".as_bytes()))).as_deref(), Some("Море"));
        assert_eq!(title(&mut Cursor::new(file(b" "))), None);
    }

    #[test]
    fn whatever_the_bytes_are_it_ends_without_a_panic() {
        let whole = file(b"Sea");
        for end in 0..whole.len() {
            assert_eq!(title(&mut Cursor::new(&whole[..end])).filter(|title| title == "Sea"), None);
        }
        use proptest::prelude::*;
        proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..150)| {
            let _ = title(&mut Cursor::new(&bytes));
            let mut torn = whole.clone();
            torn.splice(at.min(torn.len()).., bytes);
            let _ = title(&mut Cursor::new(torn));
        });
    }
}
