//! Boxes of an MP4 for which the crate for containers refuses the whole file: what a video encoder wrote of itself,
//! where that takes more than a kilobyte (x265 writes all its options there). They are hidden from it, and length, title
//! and tags are read as of any other file.

use std::io::{Read, Seek, SeekFrom};

/// Boxes that are looked at: a film has some hundred.
const MOST_BOXES: usize = 2000;
/// What the crate takes of such a box, in bytes (its version 0.6.1).
const TAKEN: u64 = 1024;
/// Boxes of which that is so.
const REFUSED: [&[u8; 4]; 2] = [b"hvcC", b"avcC"];
/// Boxes in which others lie.
const OUTER: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
/// What stands in the entry of a video before the boxes in it.
const VIDEO_ENTRY: u64 = 78;

/// Where the names of such boxes stand in a file.
pub(super) fn refused(file: &mut (impl Read + Seek)) -> Vec<u64> {
    let mut found = Vec::new();
    // Of a file that is cut off, what was found before the cut counts.
    let _ = walk(file, &mut found);
    found
}

fn walk(file: &mut (impl Read + Seek), found: &mut Vec<u64>) -> Option<()> {
    let mut at = file.seek(SeekFrom::Start(0)).ok()?;
    for count in 0..MOST_BOXES {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let [a, b, c, d, name @ ..] = head;
        let mut size = u64::from(u32::from_be_bytes([a, b, c, d]));
        let mut begins = at + 8;
        if size == 1 {
            let mut long = [0; 8];
            file.read_exact(&mut long).ok()?;
            (size, begins) = (u64::from_be_bytes(long), begins + 8);
        }
        if count == 0 && &name != b"ftyp" {
            return None;
        }
        let next = at.checked_add(size).filter(|next| *next >= begins)?;
        at = if OUTER.contains(&&name) {
            begins
        } else if &name == b"stsd" {
            // Version, flags and the number of entries; then the entries.
            begins + 8
        } else if matches!(&name, b"hvc1" | b"hev1" | b"avc1" | b"avc3" | b"dvh1" | b"dvhe") {
            begins + VIDEO_ENTRY
        } else {
            if REFUSED.contains(&&name) && next - begins > TAKEN {
                found.push(begins - 4);
            }
            next
        };
        file.seek(SeekFrom::Start(at)).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn part(name: &[u8], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes(), name, content].concat()
    }

    fn film(configuration: usize) -> Vec<u8> {
        let entry = part(b"hvc1", &[vec![0; 78], part(b"hvcC", &vec![1; configuration])].concat());
        let table = part(b"stsd", &[vec![0, 0, 0, 0, 0, 0, 0, 1], entry].concat());
        let track = part(b"trak", &part(b"mdia", &part(b"minf", &part(b"stbl", &table))));
        [
            part(b"ftyp", b"isom"),
            part(b"mdat", &[9; 90]),
            part(b"moov", &[part(b"mvhd", &[0; 100]), track].concat()),
        ]
        .concat()
    }

    #[test]
    fn only_what_is_too_long_is_hidden_and_a_torn_file_ends() {
        assert!(refused(&mut Cursor::new(film(1024))).is_empty());
        let whole = film(2424);
        let found = refused(&mut Cursor::new(whole.clone()));
        let [at] = found[..] else { panic!("{found:?}") };
        assert_eq!(&whole[at as usize..at as usize + 4], b"hvcC");
        for cut in (0..whole.len()).step_by(7) {
            refused(&mut Cursor::new(&whole[..cut]));
        }
        refused(&mut Cursor::new([&0_u32.to_be_bytes()[..], b"ftyp"].concat().repeat(100)));
        assert!(refused(&mut Cursor::new(b"RIFF....AVI ".repeat(50))).is_empty());
    }
}
