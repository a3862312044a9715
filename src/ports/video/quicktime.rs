//! The words of a MOV in the older way of QuickTime, `udta` with texts of its own, which the crate for
//! containers passes over (its version 0.6.1). What is written in the way of MP4 it reads itself.

use std::io::{Read, Seek, SeekFrom};

use super::describe::MediaMetadata;

/// Boxes that are looked at.
const MOST_BOXES: usize = 400;
/// Longer words are none.
const LONGEST: u64 = 2000;

/// Nothing is said by anything but a MOV.
pub fn read(file: &mut (impl Read + Seek)) -> MediaMetadata {
    let mut said = MediaMetadata::default();
    // A file that is torn has said what it could.
    let _ = walk(file, &mut said);
    said
}

fn walk(file: &mut (impl Read + Seek), said: &mut MediaMetadata) -> Option<()> {
    for count in 0..MOST_BOXES {
        let (name, size) = header(file)?;
        let brand = match &name {
            // What is in these comes next.
            b"moov" | b"udta" => continue,
            b"ftyp" if size >= 4 => Some(four(file)?),
            _ => None,
        };
        let read = if brand.is_some() { 4 } else { 0 };
        match (count, brand) {
            (0, Some(brand)) if &brand == b"qt  " => {}
            (0, _) => return None,
            _ => {}
        }
        let field = match &name {
            b"\xa9nam" => Some(&mut said.title),
            b"\xa9ART" => Some(&mut said.artist),
            b"\xa9gen" => Some(&mut said.genre),
            b"\xa9cmt" => Some(&mut said.comment),
            _ => None,
        };
        match field {
            Some(field) if (4..=LONGEST).contains(&size) => *field = text(file, size)?,
            _ => drop(file.seek(SeekFrom::Current(i64::try_from(size).ok()? - read)).ok()?),
        }
    }
    None
}

/// The first text of a box: its length, its language, its letters; other languages may follow.
fn text(file: &mut impl Read, size: u64) -> Option<String> {
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    file.read_exact(&mut bytes).ok()?;
    let long = usize::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]));
    let letters = bytes.get(4..4 + long.min(bytes.len().saturating_sub(4)))?;
    Some(String::from_utf8_lossy(letters).trim().to_owned())
}

fn four(file: &mut impl Read) -> Option<[u8; 4]> {
    let mut name = [0; 4];
    file.read_exact(&mut name).ok()?;
    Some(name)
}

/// The name of the box that begins here and the size of what is in it.
fn header(file: &mut impl Read) -> Option<([u8; 4], u64)> {
    let size = u64::from(u32::from_be_bytes(four(file)?));
    let name = four(file)?;
    if size != 1 {
        return Some((name, size.checked_sub(8)?));
    }
    let mut long = [0; 8];
    file.read_exact(&mut long).ok()?;
    Some((name, u64::from_be_bytes(long).checked_sub(16)?))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn part(name: &[u8], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes(), name, content].concat()
    }

    fn words(name: &[u8], text: &str) -> Vec<u8> {
        part(name, &[&(text.len() as u16).to_be_bytes(), &[0x55, 0xc4], text.as_bytes()].concat())
    }

    fn file(brand: &[u8]) -> Vec<u8> {
        let udta = part(b"udta", &[words(b"\xa9nam", "Море"), words(b"\xa9gen", "Film")].concat());
        let moov = part(b"moov", &[part(b"mvhd", &[0; 100]), part(b"trak", &[7; 50]), udta].concat());
        [part(b"ftyp", &[brand, &[0; 4]].concat()), part(b"mdat", &[9; 90]), moov].concat()
    }

    #[test]
    fn the_words_of_a_mov_are_read_behind_its_pictures() {
        let said = read(&mut Cursor::new(file(b"qt  ")));
        assert_eq!((said.title.as_str(), said.genre.as_str()), ("Море", "Film"));
        assert_eq!(read(&mut Cursor::new(file(b"isom"))), MediaMetadata::default());
    }

    #[test]
    fn a_torn_file_ends() {
        let whole = file(b"qt  ");
        for cut in 0..whole.len() {
            read(&mut Cursor::new(&whole[..cut]));
        }
        read(&mut Cursor::new([&0_u32.to_be_bytes()[..], b"moov"].concat().repeat(100)));
    }
}
