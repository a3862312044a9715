//! The picture of an album, as MPD knows it: a file beside the music, or inside it.
//!
//! These are the only answers of MPD that are not text, so they are asked over a connection of their own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::time::{Duration, Instant};

use super::MusicSettings;
use super::connection::line;
use super::wire::bare;

/// A larger picture is not taken: it would only be made small.
const MOST_BYTES: usize = 8 << 20;
/// All of a picture comes within this.
const WITHIN: Duration = Duration::from_secs(8);
/// No line that announces a piece is longer.
const LONGEST_LINE: u64 = 4096;

/// The bytes of the picture that belongs to a song; none if there is none, or it cannot be had.
pub fn cover(settings: &MusicSettings, id: &str) -> Option<Vec<u8>> {
    let read = || -> std::io::Result<Option<Vec<u8>>> {
        let stream = bare(&settings.address, settings.connect, settings.exchange)?;
        let mut mpd = BufReader::new(stream);
        text(&mut mpd)?;
        if let Some(password) = &settings.password {
            mpd.get_mut().write_all(line(&["password", password])?.as_bytes())?;
            if !text(&mut mpd)?.starts_with("OK") {
                return Ok(None);
            }
        }
        // The file beside the music is most often the whole picture; the one inside is for single songs.
        for command in ["albumart", "readpicture"] {
            if let Some(bytes) = picture(&mut mpd, command, id)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    };
    read().inspect_err(|error| tracing::debug!(%error, id, "no cover")).ok().flatten()
}

fn text(mpd: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    mpd.by_ref().take(LONGEST_LINE).read_line(&mut text)?;
    if !text.ends_with('\n') {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end().to_owned())
}

fn picture(mpd: &mut BufReader<File>, command: &str, id: &str) -> std::io::Result<Option<Vec<u8>>> {
    let (mut bytes, end) = (Vec::new(), Instant::now() + WITHIN);
    loop {
        mpd.get_mut().write_all(line(&[command, id, &bytes.len().to_string()])?.as_bytes())?;
        let (mut whole, mut piece) = (0usize, 0usize);
        loop {
            if Instant::now() >= end {
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            let said = text(mpd)?;
            match said.split_once(": ") {
                Some(("size", number)) => whole = number.parse().unwrap_or(0),
                Some(("binary", number)) => {
                    piece = number.parse().unwrap_or(0);
                    if whole > MOST_BYTES || piece > MOST_BYTES - bytes.len().min(MOST_BYTES) {
                        return Err(std::io::ErrorKind::FileTooLarge.into());
                    }
                    let before = bytes.len();
                    bytes.resize(before + piece, 0);
                    mpd.read_exact(&mut bytes[before..])?;
                    // The line end after the piece, and the word that all is well.
                    text(mpd)?;
                }
                // A picture that is not there, or a command that this MPD does not know.
                None if said.starts_with("ACK") => return Ok(None),
                None if said == "OK" => break,
                _ => {}
            }
        }
        if piece == 0 || bytes.len() >= whole {
            return Ok((!bytes.is_empty()).then_some(bytes));
        }
    }
}
