//! What MPD does now, and how far our songs have come in it.

use super::connection::Connection;
use super::entries::Entries;
use super::queue::{number, remove, seconds, start, value};
use super::{MusicError, Status, library, radio};
use crate::ports::player::Skipped;
use moodbox_core::kiosk::event::NowPlaying;

/// The volume as it is known, to tell what another client sets from what we set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loudness {
    /// What we set last, in percent, until it is read back.
    pub(super) set: Option<u8>,
    /// What was read last.
    read: Option<u8>,
}

impl Loudness {
    /// Takes what was read; the volume, if another client set it.
    pub(super) fn read(&mut self, now: Option<u8>) -> Option<u8> {
        let before = std::mem::replace(&mut self.read, now);
        let set = self.set.take();
        let now = now?;
        let theirs = match (set, before) {
            (Some(set), _) => set.abs_diff(now) > STEP,
            (None, Some(before)) => before != now,
            (None, None) => false,
        };
        theirs.then_some(now)
    }
}

/// A mixer of few steps reads back what is near to what it was set to, in percent.
const STEP: u8 = 4;

/// How far ours has come: an entry, and whether any of it was heard. Before the first, none.
pub(super) type Reached = Option<(u32, bool)>;

/// Asks what plays, and takes out of the queue what of ours cannot be played.
pub(super) fn look(
    connection: &mut Connection,
    entries: &mut Entries,
    mut heard: Option<(u32, NowPlaying)>,
    reached: &mut Reached,
) -> Result<(Status, Option<(u32, NowPlaying)>), MusicError> {
    let mut status = Status::default();
    let mut pairs = connection.ask(&["status"])?;
    if let Some(error) = value(&pairs, "error").map(str::to_owned) {
        match entries.blamed(&error) {
            Some(place) => {
                let broken = entries.list.remove(place);
                status.skipped.push(Skipped { id: broken.uri.clone(), reason: error });
                connection.run(|client| client.clearerror())?;
                remove(connection, std::slice::from_ref(&broken))?;
                if value(&pairs, "state") == Some("stop") && place < entries.list.len() {
                    let rest = entries.list[place..].to_vec();
                    start(connection, entries, &rest, &mut status.skipped)?;
                }
                pairs = connection.ask(&["status"])?;
            }
            None => status.fault = Some(error),
        }
    }
    // The number of the job; without a job there is no such line.
    status.scanning = value(&pairs, "updating_db").is_some();
    status.volume =
        value(&pairs, "volume").and_then(|volume| volume.parse().ok()).filter(|volume| *volume <= 100);
    let state = value(&pairs, "state").unwrap_or_default();
    let song = number(&pairs, "songid");
    if state == "stop" {
        // Somebody who presses stop leaves the song current; the end of the queue does not.
        status.ended = song.is_none();
        if status.ended {
            pass_over(connection, entries, *reached, entries.list.len(), &mut status.skipped)?;
        }
        return Ok((status, None));
    }
    let Some(song) = song else { return Ok((status, None)) };
    if heard.as_ref().is_none_or(|(known, _)| *known != song) {
        // The song may have changed since the question before: its own id is the one that counts.
        heard = connection.run(|client| client.currentsong())?.and_then(|current| {
            let song = current.place?.id.0;
            let item = library::item(current);
            let (id, title, artist, length) = (item.id, item.title, item.artist, item.length);
            Some((song, NowPlaying { id, title, artist, length, ..NowPlaying::default() }))
        });
    }
    if let Some((song, known)) = &heard {
        let place = entries.position(*song).filter(|place| entries.list[*place].uri == known.id);
        let elapsed = seconds(&pairs, "elapsed").unwrap_or_default();
        if let Some(place) = place {
            pass_over(connection, entries, *reached, place, &mut status.skipped)?;
            let sounded = matches!(reached, Some((entry, true)) if entry == song);
            *reached = Some((*song, sounded || !elapsed.is_zero()));
        }
        let ours = place.is_some();
        status.now = Some(NowPlaying {
            elapsed,
            length: seconds(&pairs, "duration").or(known.length),
            volume: status.volume,
            paused: state == "pause",
            ours,
            ..known.clone()
        });
    }
    Ok((status, heard))
}

/// Takes out of the queue what MPD could not play on its way to the entry at `place`. It passes over
/// a file that is gone or broken without a word, as long as another follows; what a person jumped
/// over looks the same, so each is tried.
fn pass_over(
    connection: &mut Connection,
    entries: &mut Entries,
    reached: Reached,
    place: usize,
    skipped: &mut Vec<Skipped>,
) -> Result<(), MusicError> {
    let from = match reached {
        None => 0,
        Some((song, sounded)) => match entries.position(song) {
            Some(last) => last + usize::from(sounded),
            None => return Ok(()),
        },
    };
    for entry in entries.list.get(from..place).unwrap_or_default().to_vec() {
        // Whether a station answers takes as long as it takes to answer: it had its turn, and was not heard.
        if radio::is_station(&entry.uri) {
            entries.list.retain(|other| *other != entry);
            remove(connection, std::slice::from_ref(&entry))?;
            skipped.push(Skipped { id: entry.uri, reason: "the station gave no sound".to_owned() });
            continue;
        }
        match connection.ask(&["readcomments", &entry.uri]) {
            Ok(_) => {}
            Err(error) if error.breaks_connection() => return Err(error),
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                entries.list.retain(|other| *other != entry);
                remove(connection, std::slice::from_ref(&entry))?;
                skipped.push(Skipped { id: entry.uri, reason });
            }
            Err(_) => {}
        }
    }
    Ok(())
}
