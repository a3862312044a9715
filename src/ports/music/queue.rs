//! Entries of ours in MPD's queue: added, played, stopped, taken out.

use std::collections::BTreeMap;
use std::time::Duration;

use ::mpd::Id;

use super::MusicError;
use super::connection::{Connection, Pairs};
use super::entries::{Entries, Entry};
use crate::ports::player::Skipped;

/// Adds the ids at the end of the queue; those that the library does not have are skipped.
pub(super) fn add(
    connection: &mut Connection,
    entries: &mut Entries,
    ids: &[String],
    skipped: &mut Vec<Skipped>,
) -> Result<(), MusicError> {
    for id in ids {
        match connection.ask(&["addid", id]) {
            Ok(pairs) => match number(&pairs, "Id") {
                Some(song) => entries.list.push(Entry { song, uri: id.clone() }),
                None => skipped.push(Skipped { id: id.clone(), reason: "MPD gave it no place".to_owned() }),
            },
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                skipped.push(Skipped { id: id.clone(), reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Plays the first of these entries that can be played; the others before it go out of the queue.
pub(super) fn start(
    connection: &mut Connection,
    entries: &mut Entries,
    these: &[Entry],
    skipped: &mut Vec<Skipped>,
) -> Result<bool, MusicError> {
    for entry in these {
        match connection.run(|client| client.switch(Id(entry.song))) {
            Ok(()) => return Ok(true),
            // MPD answers with the decoder's error when the file is broken or gone.
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                skipped.push(Skipped { id: entry.uri.clone(), reason });
                entries.list.retain(|other| other != entry);
                connection.run(|client| client.clearerror())?;
                remove(connection, std::slice::from_ref(entry))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// What the player did when ours was to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Ours played, or was over.
    Ours,
    /// Ours was paused by somebody.
    Paused,
    /// Somebody had stopped the player.
    Stopped,
    /// Somebody else's music is on.
    Theirs,
}

/// Stops the player if one of these plays or is paused.
pub(super) fn halt(connection: &mut Connection, these: &[Entry]) -> Result<Found, MusicError> {
    let pairs = connection.ask(&["status"])?;
    let current = number(&pairs, "songid");
    let ours = these.iter().any(|entry| current == Some(entry.song));
    let found = match (value(&pairs, "state"), current) {
        (Some("stop"), None) => return Ok(Found::Ours),
        (Some("stop"), Some(_)) => return Ok(Found::Stopped),
        _ if !ours => return Ok(Found::Theirs),
        (Some("pause"), _) => Found::Paused,
        _ => Found::Ours,
    };
    connection.run(|client| client.stop())?;
    Ok(found)
}

/// Takes entries out of the queue, each only if it is still what it was.
pub(super) fn remove(connection: &mut Connection, these: &[Entry]) -> Result<(), MusicError> {
    for entry in these {
        let there = match connection.run(|client| client.songs(Id(entry.song))) {
            Ok(there) => there,
            Err(error) if error.breaks_connection() => return Err(error),
            // Another client took it away.
            Err(_) => continue,
        };
        if there.first().is_some_and(|song| song.file == entry.uri) {
            match connection.run(|client| client.delete(Id(entry.song))) {
                Err(error) if error.breaks_connection() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The whole queue. Asked for without the tags, which are of any size.
pub(super) fn queue(connection: &mut Connection) -> Result<Vec<Entry>, MusicError> {
    let pairs = connection.ask_all(&[&["playlist"], &["plchangesposid", "0"]])?;
    let mut files: BTreeMap<u32, String> = BTreeMap::new();
    let (mut entries, mut position) = (Vec::new(), None);
    for (key, value) in pairs.iter() {
        if let Some(place) = key.strip_suffix(":file").and_then(|place| place.parse().ok()) {
            files.insert(place, value.to_owned());
        } else if key == "cpos" {
            position = value.parse::<u32>().ok();
        } else if key == "Id"
            && let Some(uri) = position.take().and_then(|place| files.remove(&place))
            && let Ok(song) = value.parse()
        {
            entries.push(Entry { song, uri });
        }
    }
    Ok(entries)
}

pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

pub(super) fn number(pairs: &Pairs, name: &str) -> Option<u32> {
    value(pairs, name)?.parse().ok()
}

pub(super) fn seconds(pairs: &Pairs, name: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value(pairs, name)?.parse().ok()?).ok()
}
