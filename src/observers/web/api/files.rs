//! Music and videos that a person adds from the page.
//!
//! A file comes in pieces, each a request of its own: a slow link keeps every deadline, and what broke off goes on
//! where it stopped. It lies beside the music under a name that no player reads until it is whole and looks like
//! what its name says.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Json;
use axum::body::Body as RawBody;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::library::Kind;
use super::{Asked, Body, Named};
use crate::config;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::observers::web::login::token;
use crate::ports::music::Mpd;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::text::printable;

/// Bytes of a piece: 20 s over a link of 50 kB/s.
pub const PIECE: usize = 1 << 20;
/// Bytes of a file: a film of two hours.
const LARGEST: u64 = 8 << 30;
/// Bytes that stay free: the log, the history and MPD's database go on being written.
const RESERVE: u64 = 256 << 20;
/// Files that come at once.
const MOST: usize = 4;
/// A file of which nothing comes for so long is given up.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// What is left of a file that broke off when the power went is swept away after this.
const LEFT_OVER: Duration = Duration::from_secs(24 * 3600);
/// How a file is called until it is whole: no player reads such a name.
const PREFIX: &str = ".moodbox-";
const SUFFIX: &str = ".part";

const MUSIC: [&str; 13] =
    ["mp3", "flac", "ogg", "oga", "opus", "m4a", "aac", "wav", "aif", "aiff", "wma", "wv", "mpc"];
const VIDEO: [&str; 7] = ["mp4", "mkv", "webm", "mov", "avi", "m4v", "3gp"];

/// The files that come.
#[derive(Default)]
pub struct Incoming(tokio::sync::Mutex<HashMap<String, Adding>>);

/// One of them. What was written of it goes with it.
struct Adding {
    kind: Kind,
    file: NamedTempFile,
    name: String,
    size: u64,
    at: u64,
    last: Instant,
}

#[derive(Serialize)]
pub struct Room {
    /// Where files go that are added.
    folder: Option<PathBuf>,
    /// Bytes that files may take.
    free: u64,
    /// Bytes of the largest file.
    largest: u64,
    endings: &'static [&'static str],
    /// Why nothing can be added; none if it can.
    why: Option<String>,
}

/// How much room there is for files, and where.
pub async fn room(State(site): State<Arc<Site>>, Asked(of): Asked<OfKind>) -> Json<Room> {
    let endings = endings(of.kind);
    Json(match place(&site, of.kind).await {
        Ok((folder, free)) => Room { folder: Some(folder), free, largest: LARGEST, endings, why: None },
        Err(fault) => {
            Room { folder: None, free: 0, largest: LARGEST, endings, why: Some(fault.text().to_owned()) }
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfKind {
    #[serde(default)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesQuery {
    #[serde(default)]
    kind: Kind,
    /// The name of the file, without a folder.
    name: String,
    /// Bytes.
    size: u64,
}

#[derive(Serialize)]
pub struct Progress {
    /// Names the file in what follows.
    id: String,
    /// Bytes that are here.
    at: u64,
    /// Bytes of a piece, at most.
    piece: usize,
    /// It is whole, and in the library as soon as the player has read it.
    done: bool,
}

/// Begins to add a file.
pub async fn begin(
    State(site): State<Arc<Site>>,
    Body(wanted): Body<FilesQuery>,
) -> Result<(StatusCode, Json<Progress>), Fault> {
    let name = name_of(&wanted.name, endings(wanted.kind))?;
    if wanted.size == 0 {
        return Err(Fault::unprocessable(format!("{name} is empty")));
    }
    let (folder, free) = place(&site, wanted.kind).await?;
    if wanted.size > LARGEST || wanted.size > free {
        return Err(Fault::new(
            StatusCode::INSUFFICIENT_STORAGE,
            format!(
                "{name} is too large: {} MB, and there is room for {} MB",
                wanted.size >> 20,
                free.min(LARGEST) >> 20
            ),
        ));
    }
    let mut all = site.incoming.0.lock().await;
    all.retain(|_, adding| adding.last.elapsed() < PATIENCE);
    if all.len() >= MOST {
        return Err(
            Fault::new(StatusCode::SERVICE_UNAVAILABLE, "other files are coming; try again").retry_after(5)
        );
    }
    let wished = name.clone();
    let made = tokio::task::spawn_blocking(move || {
        sweep(&folder);
        if folder.join(&wished).symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(&folder)
    });
    let file =
        made.await.map_err(io::Error::other).and_then(|made| made).map_err(|error| cannot(&name, &error))?;
    let id = token().map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let adding = Adding { kind: wanted.kind, file, name, size: wanted.size, at: 0, last: Instant::now() };
    all.insert(id.clone(), adding);
    Ok((StatusCode::CREATED, Json(Progress { id, at: 0, piece: PIECE, done: false })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// Bytes that came before this piece.
    at: u64,
}

/// The next piece of a file. With the last one the file is looked at, and is then part of the library.
pub async fn piece(
    State(site): State<Arc<Site>>,
    Named(id): Named<String>,
    Asked(from): Asked<From>,
    body: RawBody,
) -> Result<Json<Progress>, Fault> {
    let gone = || Fault::not_found("no such file is coming; begin again");
    if !site.incoming.0.lock().await.contains_key(&id) {
        return Err(gone());
    }
    let bytes = site.large_body(body, PIECE, 1).await?;
    let mut all = site.incoming.0.lock().await;
    let adding = all.get_mut(&id).ok_or_else(gone)?;
    let told = |at, done| Json(Progress { id: id.clone(), at, piece: PIECE, done });
    // A piece that came already, because its answer was lost: where to go on.
    if from.at != adding.at {
        return Ok(told(adding.at, false));
    }
    if adding.at + bytes.len() as u64 > adding.size {
        all.remove(&id);
        return Err(Fault::unprocessable("there is more of it than was said"));
    }
    let writer = adding.file.reopen().map_err(|error| cannot(&adding.name, &error))?;
    let (at, length) = (adding.at, bytes.len() as u64);
    let written = tokio::task::spawn_blocking(move || writer.write_all_at(&bytes, at)).await;
    if let Err(error) = written.map_err(io::Error::other).and_then(|written| written) {
        let fault = cannot(&adding.name, &error);
        all.remove(&id);
        return Err(fault);
    }
    adding.at += length;
    adding.last = Instant::now();
    if adding.at < adding.size {
        return Ok(told(adding.at, false));
    }
    let Some(adding) = all.remove(&id) else { return Err(gone()) };
    drop(all);
    let music = site.setter.music.clone();
    let finished = tokio::task::spawn_blocking(move || {
        let kind = adding.kind;
        let at = finish(adding)?;
        // MPD may notice by itself; where it does not, it is asked.
        if let (Kind::Music, Some(music)) = (kind, music)
            && let Err(error) = Mpd::update(&music, None)
        {
            tracing::warn!(%error, "MPD was not told of a new file");
        }
        Ok::<_, Fault>(at)
    });
    let at = finished
        .await
        .map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))??;
    Ok(told(at, true))
}

/// Gives a file up: nothing of it stays.
pub async fn give_up(State(site): State<Arc<Site>>, Named(id): Named<String>) -> StatusCode {
    site.incoming.0.lock().await.remove(&id);
    StatusCode::NO_CONTENT
}

/// Looks at a file that is whole, and gives it its name. Returns its size.
fn finish(mut adding: Adding) -> Result<u64, Fault> {
    let name = adding.name.clone();
    let fails = |error: io::Error| cannot(&name, &error);
    let mut head = [0; 16];
    let read = adding.file.as_file().read_at(&mut head, 0).map_err(fails)?;
    if !looks_like(adding.kind, &head[..read]) {
        let what = if adding.kind == Kind::Music { "music" } else { "a video" };
        return Err(Fault::unprocessable(format!(
            "{name} does not hold {what}: its first bytes are of another kind"
        )));
    }
    adding.file.flush().map_err(fails)?;
    // MPD and mpv are other users.
    adding.file.as_file().set_permissions(std::fs::Permissions::from_mode(0o664)).map_err(fails)?;
    adding.file.as_file().sync_all().map_err(fails)?;
    let goal = adding.file.path().with_file_name(&name);
    adding.file.persist_noclobber(goal).map_err(|error| cannot(&name, &error.error))?;
    Ok(adding.size)
}

/// Where files of a kind go, and how many bytes they may take.
async fn place(site: &Arc<Site>, kind: Kind) -> Result<(PathBuf, u64), Fault> {
    let mode = site.latest.borrow().mode;
    if mode != Mode::Household && site.door.password().is_none() {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place and at work files are added here only if the page has a password",
        ));
    }
    let (settings, music) = (site.settings.clone(), site.setter.music.clone());
    let look = move || -> Result<(PathBuf, u64), String> {
        let folder = match kind {
            Kind::Music => {
                let music = music.ok_or("this device plays no music: the configuration has no [music]")?;
                let folder = Mpd::folder(&music)
                    .ok_or("the folder of the music is not on this device; set `music.folder`")?;
                // The package makes it for what people add.
                Some(folder.join("moodbox")).filter(|own| own.is_dir()).unwrap_or(folder)
            }
            Kind::Video => {
                let config = settings.and_then(|file| config::load(&file).ok());
                let folders =
                    config.and_then(|config| config.video).map(|video| video.folders).unwrap_or_default();
                folders
                    .into_iter()
                    .next()
                    .ok_or("this device plays no videos: the configuration has no [video]")?
            }
        };
        let may = rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK);
        may.map_err(|error| {
            format!("moodbox may not write to {}: {error}. Let its user write there", folder.display())
        })?;
        let room = rustix::fs::statvfs(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok((folder, (room.f_bavail * room.f_frsize).saturating_sub(RESERVE)))
    };
    let looked = tokio::task::spawn_blocking(look).await;
    looked
        .map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?
        .map_err(|why| Fault::new(StatusCode::CONFLICT, why))
}

fn endings(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Music => &MUSIC,
        Kind::Video => &VIDEO,
    }
}

/// A plain name of a file that is read; nothing in it leads elsewhere, and nothing in it is a sign of control.
fn name_of(name: &str, endings: &[&str]) -> Result<String, Fault> {
    let name = name.trim();
    let plain = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        // Nor a mark that turns the direction of what is shown.
        && matches!(printable(name), Cow::Borrowed(_));
    if !plain {
        return Err(Fault::unprocessable("the file needs a plain name of at most 200 bytes"));
    }
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if !ending.is_some_and(|ending| endings.contains(&ending.as_str())) {
        return Err(Fault::unprocessable(format!(
            "{name} is none of the kinds that are read: {}",
            endings.join(", ")
        )));
    }
    Ok(name.to_owned())
}

/// Whether a file begins as one of its kind does. Containers that hold either are taken for both.
fn looks_like(kind: Kind, head: &[u8]) -> bool {
    let at = |place: usize, mark: &[u8]| head.get(place..place + mark.len()) == Some(mark);
    let both = at(0, b"OggS")
        || at(4, b"ftyp")
        || at(0, &[0x30, 0x26, 0xb2, 0x75])
        || at(0, &[0x1a, 0x45, 0xdf, 0xa3]);
    let frame = matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0);
    let music = at(0, b"ID3")
        || at(0, b"fLaC")
        || (at(0, b"RIFF") && at(8, b"WAVE"))
        || (at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")))
        || at(0, b"wvpk")
        || at(0, b"MPCK")
        || at(0, b"MP+")
        || frame;
    let video = (at(0, b"RIFF") && at(8, b"AVI ")) || at(4, b"moov") || at(4, b"mdat") || at(4, b"wide");
    both || if kind == Kind::Music { music } else { video }
}

/// What a power cut left half written.
fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let written = entry.metadata().and_then(|about| about.modified());
        let old =
            written.is_ok_and(|then| SystemTime::now().duration_since(then).is_ok_and(|age| age > LEFT_OVER));
        if ours && old {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn cannot(name: &str, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::new(StatusCode::CONFLICT, format!("{name} is there already")),
        io::ErrorKind::StorageFull => Fault::new(
            StatusCode::INSUFFICIENT_STORAGE,
            format!("{name}: the device is full; nothing of it was kept"),
        ),
        _ => Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{name} cannot be written: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_of_a_kind_that_is_read() {
        assert_eq!(name_of(" Mañana.MP3 ", &MUSIC).unwrap(), "Mañana.MP3");
        let long = format!("{}.mp3", "x".repeat(200));
        for name in [
            "",
            "a",
            "../a.mp3",
            "a/b.mp3",
            "..\\a.mp3",
            ".hidden.mp3",
            "a\n.mp3",
            "a\u{202e}gpj.mp3",
            "a.sh",
            "a.mp3.exe",
            &long,
        ] {
            assert!(name_of(name, &MUSIC).is_err(), "{name}");
        }
        assert!(name_of("a.mp4", &VIDEO).is_ok() && name_of("a.mp4", &MUSIC).is_err());
    }

    #[test]
    fn what_only_calls_itself_music_is_not_taken() {
        assert!(looks_like(Kind::Music, b"ID3\x04\0\0\0\0\0\0\0\0"));
        assert!(looks_like(Kind::Music, &[0xff, 0xfb, 0x90, 0]));
        assert!(looks_like(Kind::Video, b"\0\0\0 ftypisom\0\0"));
        for head in [
            &b""[..],
            b"#!/bin/sh\n",
            b"<html>",
            b"\x7fELF\x02\x01\x01\0",
            b"PK\x03\x04",
            b"RIFF\0\0\0\0WEBP",
        ] {
            assert!(!looks_like(Kind::Music, head) && !looks_like(Kind::Video, head), "{head:?}");
        }
    }

    #[test]
    fn what_is_left_of_a_power_cut_goes_after_a_day_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, age: u64| {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        };
        make(".moodbox-abc.part", 100_000);
        make(".moodbox-new.part", 10);
        make("song.mp3", 100_000);
        sweep(folder.path());
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".moodbox-new.part", "song.mp3"]);
    }
}
