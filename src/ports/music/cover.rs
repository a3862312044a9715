//! The picture of an album, as MPD knows it: a file beside the music, or inside it.
//!
//! These are the only answers of MPD that are not text, so they are asked over a connection of their own.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::MusicSettings;
use super::connection::line;
use super::wire::Bare;

/// A larger picture is not taken: it would only be made small.
const MOST_BYTES: usize = 8 << 20;
/// All of a picture comes within this.
const WITHIN: Duration = Duration::from_secs(8);
/// No line that announces a piece is longer.
const LONGEST_LINE: u64 = 4096;
/// Bytes of a piece: MPD opens the song anew for each, and by itself gives 8 kB.
const PIECE: &str = "262144";

/// The names under which MPD looks for a picture beside a song.
const BESIDE: [&str; 7] =
    ["cover.png", "cover.jpg", "cover.jpeg", "cover.jxl", "cover.webp", "cover.avif", "cover.gif"];

/// The bytes of the picture that belongs to a song; none if there is none, or it cannot be had.
///
/// # Errors
/// When there is no server to ask: it may have one when it is back.
pub fn cover(settings: &MusicSettings, id: &str) -> std::io::Result<Option<Vec<u8>>> {
    match cover_within(settings, id, WITHIN) {
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {
            Err(error)
        }
        Err(error) => {
            tracing::debug!(%error, id, "no cover");
            Ok(None)
        }
        Ok(cover) => Ok(cover),
    }
}

fn cover_within(settings: &MusicSettings, id: &str, all: Duration) -> std::io::Result<Option<Vec<u8>>> {
    let mut mpd = BufReader::new(Bare::open(&settings.address, settings.connect, all)?);
    text(&mut mpd)?;
    if let Some(password) = &settings.password
        && ask(&mut mpd, &["password", password])?.is_none()
    {
        return Ok(None);
    }
    // An older MPD does not know it, and then gives pieces of 8 kB.
    ask(&mut mpd, &["binarylimit", PIECE])?;
    // A server of another machine does not tell its folder.
    let folder = match &settings.folder {
        Some(folder) => Some(folder.clone()),
        None => ask(&mut mpd, &["config"])?.and_then(|lines| {
            lines.into_iter().find_map(|line| line.strip_prefix("music_directory: ").map(Into::into))
        }),
    };
    // The file beside the music is most often the whole picture; the one inside is for single songs.
    if folder.is_none_or(|folder| is_plain_beside(&folder.join(id)))
        && let Some(bytes) = picture(&mut mpd, "albumart", id)?
    {
        return Ok(Some(bytes));
    }
    picture(&mut mpd, "readpicture", id)
}

/// Whether MPD may be asked for what lies beside a song. Of MPD 0.23 and 0.24 this is the one thread that does
/// everything: it opens a pipe by the name of a picture and waits for its other end for ever, and no music plays.
fn is_plain_beside(song: &Path) -> bool {
    BESIDE.iter().all(|name| {
        let there = song.with_file_name(name).metadata();
        there.map_or(true, |there| there.is_file())
    })
}

/// The lines of an answer that is text; none: MPD refused.
fn ask(mpd: &mut BufReader<Bare>, words: &[&str]) -> std::io::Result<Option<Vec<String>>> {
    mpd.get_mut().write_all(line(words)?.as_bytes())?;
    let mut lines = Vec::new();
    for _ in 0..64 {
        match text(mpd)? {
            said if said == "OK" => return Ok(Some(lines)),
            said if said.starts_with("ACK") => return Ok(None),
            said => lines.push(said),
        }
    }
    Err(std::io::ErrorKind::InvalidData.into())
}

fn text(mpd: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    mpd.by_ref().take(LONGEST_LINE).read_line(&mut text)?;
    if !text.ends_with('\n') {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end().to_owned())
}

fn picture(mpd: &mut BufReader<Bare>, command: &str, id: &str) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        mpd.get_mut().write_all(line(&[command, id, &bytes.len().to_string()])?.as_bytes())?;
        let (mut whole, mut piece) = (0usize, 0usize);
        loop {
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

#[cfg(test)]
mod tests {
    use super::super::Address;
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::time::Instant;

    /// What is made of a server that answers each `albumart` in its own way, and the seconds that it took.
    fn of(answer: fn(&mut UnixStream)) -> (std::io::Result<Option<Vec<u8>>>, f32) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            client.write_all(b"OK MPD 0.23.5\n").unwrap();
            let mut asked = BufReader::new(client.try_clone().unwrap());
            let mut said = String::new();
            while asked.read_line(&mut said).is_ok_and(|count| count > 0) {
                match said.split_whitespace().next() {
                    Some("albumart") => answer(&mut client),
                    _ => drop(client.write_all(b"ACK [5@0] {} unknown command\n")),
                }
                said.clear();
            }
        });
        let start = Instant::now();
        let settings = MusicSettings::new(Address::Unix(socket));
        let got = cover_within(&settings, "a/b.ogg", Duration::from_millis(500));
        let took = start.elapsed().as_secs_f32();
        server.join().unwrap();
        (got, took)
    }

    #[test]
    fn a_server_that_sends_a_cover_slowly_wrongly_or_without_an_end_is_left_in_time() {
        let (got, _) = of(|client| client.write_all(b"size: 4\nbinary: 4\nabcd\nOK\n").unwrap());
        assert_eq!(got.unwrap(), Some(b"abcd".to_vec()));
        for answer in [
            // A byte now and then: each comes in time, and all of them never.
            |client: &mut UnixStream| {
                let _ = client.write_all(b"size: 8000000\nbinary: 8000000\n");
                let _ = client.set_read_timeout(Some(Duration::from_millis(50)));
                let mut none = [0];
                while client.write_all(b"x").is_ok() && !matches!(client.read(&mut none), Ok(0)) {}
            },
            |client: &mut UnixStream| {
                let _ = client.write_all(b"size: 9\n");
            },
            |client: &mut UnixStream| while client.write_all(b"size: 9\n").is_ok() {},
            |client: &mut UnixStream| while client.write_all(b"xxxxxxxx").is_ok() {},
            |client: &mut UnixStream| {
                let _ = client.write_all(b"size: 18446744073709551615\nbinary: 18446744073709551615\nx");
            },
            // Less than nothing is left of it, and a piece that is longer than the whole.
            |client: &mut UnixStream| drop(client.write_all(b"size: 1\nbinary: 8388609\nx")),
            |client: &mut UnixStream| drop(client.write_all(b"size: -1\nbinary: x\nOK\n")),
        ] {
            let (got, took) = of(answer);
            assert!(!matches!(got, Ok(Some(_))), "{got:?}");
            assert!(took < 3.0, "{took} s");
        }
    }

    #[test]
    fn what_lies_beside_a_song_is_asked_for_only_if_the_server_can_read_it_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let song = folder.path().join("a.ogg");
        assert!(is_plain_beside(&song));
        std::fs::write(folder.path().join("cover.png"), "").unwrap();
        std::os::unix::fs::symlink("cover.png", folder.path().join("cover.webp")).unwrap();
        assert!(is_plain_beside(&song));
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("cover.jpg"), rustix::fs::Mode::RUSR)
            .unwrap();
        assert!(!is_plain_beside(&song));
    }
}
