//! What MPD did before our session: noted down before ours begins, and put back after it.

use super::connection::Connection;
use super::entries::{Before, Entries, Entry};
use super::queue::{number, queue, seconds, value};
use super::{Afterwards, MusicError};

/// The modes that would break our playing, and how they must be meanwhile: `random` and `repeat`
/// would run into other clients' entries, `single` would stop after a song, `consume` would take
/// away what `repeat` of ours needs. Repeating is done by [`Music::next`] with `wrap`.
const MODES: [(&str, &str); 4] = [("random", "0"), ("repeat", "0"), ("single", "0"), ("consume", "0")];

/// Notes down what the player does and how its modes are, before ours begins; the modes that must change.
pub(super) fn note(
    connection: &mut Connection,
    entries: &mut Entries,
    lowered_from: Option<u8>,
) -> Result<Vec<(&'static str, &'static str)>, MusicError> {
    let pairs = connection.ask(&["status"])?;
    if entries.before.is_none() {
        let current = match number(&pairs, "songid") {
            Some(_) => connection.run(|client| client.currentsong())?,
            None => None,
        };
        let song = current.and_then(|song| Some(Entry { song: song.place?.id.0, uri: song.file }));
        entries.before = Some(Before {
            volume: lowered_from
                .or_else(|| value(&pairs, "volume")?.parse().ok().filter(|volume| *volume <= 100)),
            state: value(&pairs, "state").unwrap_or("stop").to_owned(),
            song: song.filter(|song| number(&pairs, "songid") == Some(song.song)),
            elapsed: seconds(&pairs, "elapsed").unwrap_or_default().as_secs_f64(),
        });
    }
    let mut changes = Vec::new();
    for (mode, needed) in MODES {
        let Some(now) = value(&pairs, mode).filter(|now| *now != needed) else { continue };
        changes.push((mode, needed));
        // A mode that somebody changed while ours plays is what that person wants afterwards.
        entries.modes.retain(|(known, _)| known != mode);
        entries.modes.push((mode.to_owned(), now.to_owned()));
    }
    Ok(changes)
}

/// Puts the volume back and, where nobody else's music is on (`ours_was_on`), what was on before ours.
pub(super) fn put_back(
    connection: &mut Connection,
    entries: &mut Entries,
    how: Afterwards,
    ours_was_on: bool,
) -> Result<(), MusicError> {
    let Some(before) = entries.before.take() else { return Ok(()) };
    let done = put_back_what_was(connection, &before, how, ours_was_on);
    if matches!(&done, Err(error) if error.breaks_connection()) {
        // Another connection tries again.
        entries.before = Some(before);
        return done;
    }
    // A song that is gone cannot go on: then nothing is on.
    done.or(Ok(()))
}

fn put_back_what_was(
    connection: &mut Connection,
    before: &Before,
    how: Afterwards,
    ours_was_on: bool,
) -> Result<(), MusicError> {
    let volume =
        |connection: &mut Connection| before.volume.map_or(Ok(()), |volume| set_volume(connection, volume));
    // By its id, or in a server that was restarted by its name.
    let song = match &before.song {
        Some(song) if ours_was_on => {
            let queue = queue(connection)?;
            let same = queue.iter().find(|there| *there == song);
            same.or_else(|| queue.iter().find(|there| there.uri == song.uri))
                .map(|there| there.song.to_string())
        }
        _ => None,
    };
    let Some(song) = song else { return volume(connection) };
    let (id, elapsed) = (song.as_str(), format!("{:.3}", before.elapsed));
    let seek: &[&str] = &["seekid", id, &elapsed];
    match (before.state.as_str(), how) {
        ("play", Afterwards::Resume) => {
            volume(connection)?;
            match connection.ask(seek) {
                // What cannot be wound to its place starts anew.
                Err(error) if !error.breaks_connection() => connection.ask(&["playid", id]).map(drop),
                done => done.map(drop),
            }
        }
        ("play" | "pause", Afterwards::Resume | Afterwards::Pause) => {
            // What may sound between the two is not heard.
            set_volume(connection, 0)?;
            let done = connection.ask_all(&[seek, &["pause", "1"]]).map(drop);
            volume(connection)?;
            done
        }
        _ => {
            // Stopped, with the same song current as before.
            set_volume(connection, 0)?;
            let done = connection.ask_all(&[&["playid", id], &["stop"]]).map(drop);
            volume(connection)?;
            done
        }
    }
}

/// Puts the modes back, but for those that somebody has changed since.
pub(super) fn restore_modes(connection: &mut Connection, entries: &mut Entries) -> Result<(), MusicError> {
    if entries.modes.is_empty() {
        return Ok(());
    }
    let status = connection.ask(&["status"])?;
    for (mode, before) in std::mem::take(&mut entries.modes) {
        let untouched = MODES.iter().any(|(name, ours)| *name == mode && value(&status, name) == Some(*ours));
        if untouched {
            match connection.ask(&[&mode, &before]) {
                Err(error) if error.breaks_connection() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Sets the volume, in percent. An output without a mixer refuses: the reason, then.
pub(super) fn try_volume(connection: &mut Connection, percent: u8) -> Result<Option<String>, MusicError> {
    connection.note_volume(percent.min(100));
    match connection.run(|client| client.volume(i8::try_from(percent.min(100)).unwrap_or(100))) {
        Ok(()) => Ok(None),
        Err(MusicError::Refused { reason, .. }) => {
            tracing::debug!(reason, "MPD has no mixer");
            Ok(Some(reason))
        }
        Err(error) => Err(error),
    }
}

/// Sets the volume where there is a mixer. Without one the volume is set outside of MPD.
fn set_volume(connection: &mut Connection, percent: u8) -> Result<(), MusicError> {
    try_volume(connection, percent).map(drop)
}
