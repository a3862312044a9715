//! What is done before MPD starts: sessions that are over are taken out of its state file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::entries::Entries;
use super::state_file;
use crate::ports::store;

/// The state file that an mpd.conf names; none if it names none.
pub fn state_file_of(config: &str) -> Option<PathBuf> {
    config.lines().find_map(|line| {
        let value = line.trim().strip_prefix("state_file")?.trim();
        // `state_file_interval` and whatever else begins so is another setting.
        Some(PathBuf::from(value.strip_prefix('"')?.split_once('"')?.0))
    })
}

/// Takes out of MPD's state file what the note says that moodbox put into the queue. How many entries that were.
/// The file keeps its owner and its rights: it is written in place, for it is MPD's.
///
/// # Errors
/// When a file that is there cannot be read or written.
pub fn clean(state_file: &Path, note: &Path) -> io::Result<usize> {
    let there = |path: &Path| match store::read_bounded(path, store::LARGEST_STATE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    };
    if there(note)?.is_none() {
        return Ok(0);
    }
    let Some(bytes) = there(state_file)? else { return Ok(0) };
    // A name that is no UTF-8 is none of ours, and would not survive.
    let Ok(text) = String::from_utf8(bytes) else { return Ok(0) };
    let places = Entries::load(note).places_in(&state_file::uris(&text));
    if !places.is_empty() {
        fs::write(state_file, state_file::without(&text, &places))?;
    }
    Ok(places.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_file_is_found_in_what_people_write() {
        let debian =
            "#state_file \"/no\"\nstate_file_interval \"120\"\nstate_file\t\t\t\"/var/lib/mpd/state\"\n";
        assert_eq!(state_file_of(debian), Some(PathBuf::from("/var/lib/mpd/state")));
        for none in ["", "# state_file \"/x\"", "state_file", "state_file \"", "state_file_interval \"5\""] {
            assert_eq!(state_file_of(none), None, "{none}");
        }
    }
}
