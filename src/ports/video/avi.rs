//! What an AVI says of itself: the crate for containers does not know this one. Chunks are walked as the RIFF
//! of 1991 has them: the header with the pace and the number of pictures, and the list of names.

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use super::describe::MediaMetadata;

/// Both lists stand before the pictures, among few other chunks.
const MOST_CHUNKS: usize = 200;
/// Longer words are none.
const LONGEST: u32 = 2000;
/// The pace is the first number of the main header, the count of pictures the fifth.
const HEADER: usize = 20;

/// None for anything but an AVI.
pub fn read(file: &mut (impl Read + Seek)) -> Option<MediaMetadata> {
    let (name, _) = chunk(file)?;
    if &name != b"RIFF" || &kind(file)? != b"AVI " {
        return None;
    }
    let mut said = MediaMetadata::default();
    for _ in 0..MOST_CHUNKS {
        let Some((name, size)) = chunk(file) else { break };
        let (size, even) = (size, i64::from(size) + i64::from(size % 2));
        match &name {
            b"LIST" => match kind(file) {
                // What is in these two comes next.
                Some(list) if &list == b"hdrl" || &list == b"INFO" => {}
                Some(_) => drop(file.seek(SeekFrom::Current(even - 4)).ok()?),
                None => break,
            },
            b"avih" if size as usize >= HEADER => {
                let mut header = [0; HEADER];
                file.read_exact(&mut header).ok()?;
                said.length = length(&header);
                file.seek(SeekFrom::Current(even - i64::try_from(HEADER).ok()?)).ok()?;
            }
            b"INAM" | b"IART" | b"IGNR" | b"ICMT" if size <= LONGEST => {
                let mut text = vec![0; usize::try_from(even).ok()?];
                if file.read_exact(&mut text).is_err() {
                    break;
                }
                let text = String::from_utf8_lossy(&text);
                let text = text.trim_end_matches('\0').trim().to_owned();
                match &name {
                    b"INAM" => said.title = text,
                    b"IART" => said.artist = text,
                    b"IGNR" => said.genre = text,
                    _ => said.comment = text,
                }
            }
            _ => drop(file.seek(SeekFrom::Current(even)).ok()?),
        }
    }
    Some(said)
}

/// Microseconds for each picture, and how many there are.
fn length(header: &[u8; HEADER]) -> Option<Duration> {
    let number = |at: usize| {
        let bytes: [u8; 4] = header.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_le_bytes(bytes)))
    };
    let micros = number(0)?.checked_mul(number(16)?)?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

fn kind(file: &mut impl Read) -> Option<[u8; 4]> {
    let mut name = [0; 4];
    file.read_exact(&mut name).ok()?;
    Some(name)
}

/// The name and the size of the chunk that begins here.
fn chunk(file: &mut impl Read) -> Option<([u8; 4], u32)> {
    Some((kind(file)?, u32::from_le_bytes(kind(file)?)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn part(name: &[u8], content: &[u8]) -> Vec<u8> {
        let pad = if content.len() % 2 == 1 { &[0][..] } else { &[] };
        [name, &(content.len() as u32).to_le_bytes(), content, pad].concat()
    }

    fn file(micros: u32, pictures: u32) -> Vec<u8> {
        let mut header = vec![0; 56];
        header[..4].copy_from_slice(&micros.to_le_bytes());
        header[16..20].copy_from_slice(&pictures.to_le_bytes());
        let lists = [
            part(b"LIST", &[b"hdrl".to_vec(), part(b"avih", &header), part(b"LIST", b"strl____")].concat()),
            part(b"JUNK", &[0; 33]),
            part(b"LIST", &[b"INFO".to_vec(), part(b"INAM", b"The sea\0"), part(b"IGNR", b"Film")].concat()),
            part(b"LIST", b"movi0123"),
        ];
        [&b"RIFF"[..], &[0; 4], b"AVI ", &lists.concat()].concat()
    }

    #[test]
    fn length_and_names_are_read_and_the_pictures_are_passed_over() {
        let said = read(&mut Cursor::new(file(40_000, 250))).unwrap();
        assert_eq!(said.length, Some(Duration::from_secs(10)));
        assert_eq!((said.title.as_str(), said.genre.as_str()), ("The sea", "Film"));
    }

    #[test]
    fn what_is_torn_or_no_avi_says_nothing_and_ends() {
        let whole = file(u32::MAX, u32::MAX);
        for cut in 0..whole.len() {
            let _ = read(&mut Cursor::new(&whole[..cut]));
        }
        assert!(read(&mut Cursor::new(b"RIFF....WAVEfmt ")).is_none());
        assert_eq!(read(&mut Cursor::new(file(0, 250))).unwrap().length, None);
    }
}
