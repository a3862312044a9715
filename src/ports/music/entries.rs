//! Which entries of the queue are ours. Pure but for the file that outlives a crash.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What must be put right when we are done: our entries and the play modes that we changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Entries {
    pub list: Vec<Entry>,
    /// Play modes (`random`, `single`, ...) with the values that they had before we came.
    pub modes: Vec<(String, String)>,
}

/// One entry of MPD's queue that moodbox put there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// MPD's id of the entry. It stays when the entry moves; a restarted MPD deals new ones.
    pub song: u32,
    pub uri: String,
}

impl Entries {
    pub fn position(&self, song: u32) -> Option<usize> {
        self.list.iter().position(|entry| entry.song == song)
    }

    /// Finds our entries in the queue as it is now: (id, uri) in order.
    ///
    /// Ids alone prove nothing, because a restarted server deals them anew: the uri must match too.
    /// If none does, the server was restarted and may have restored its queue; then ours are the run
    /// of entries with exactly our uris. Anything less could belong to somebody else and is left.
    pub fn find_again(&mut self, queue: &[Entry]) {
        let known: Vec<Entry> = self.list.iter().filter(|entry| queue.contains(entry)).cloned().collect();
        if !known.is_empty() || self.list.is_empty() {
            self.list = known;
            return;
        }
        let run = queue
            .windows(self.list.len())
            .find(|window| window.iter().zip(&self.list).all(|(there, ours)| there.uri == ours.uri));
        self.list = run.map(<[Entry]>::to_vec).unwrap_or_default();
    }

    /// The entry that an error of the server speaks of: the longest of our uris in it, so that
    /// `b/a.ogg` is not taken for `a.ogg`.
    pub fn blamed(&self, error: &str) -> Option<usize> {
        self.list
            .iter()
            .enumerate()
            .filter(|(_, entry)| error.contains(&entry.uri))
            .max_by_key(|(_, entry)| entry.uri.len())
            .map(|(position, _)| position)
    }

    pub fn load(path: &Path) -> Entries {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "the list of our queue entries is unreadable");
                Entries::default()
            }),
            Err(_) => Entries::default(),
        }
    }

    pub fn save(&self, path: &Path) {
        let saved = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|bytes| crate::ports::store::write_atomic(path, &bytes));
        if let Err(error) = saved {
            tracing::warn!(path = %path.display(), %error, "our queue entries would not survive a crash");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(entries: &[(u32, &str)]) -> Vec<Entry> {
        entries.iter().map(|(song, uri)| Entry { song: *song, uri: (*uri).to_owned() }).collect()
    }

    #[test]
    fn after_a_restart_ours_are_found_by_their_run_and_nothing_less() {
        let ours = queue(&[(7, "a"), (8, "b")]);
        for (there, found) in [
            (queue(&[(1, "x"), (7, "a"), (8, "b")]), queue(&[(7, "a"), (8, "b")])),
            (queue(&[(8, "b"), (9, "a")]), queue(&[(8, "b")])),
            (queue(&[(1, "x"), (2, "a"), (3, "b")]), queue(&[(2, "a"), (3, "b")])),
            (queue(&[(7, "x"), (8, "a")]), queue(&[])),
            (queue(&[(1, "b"), (2, "a")]), queue(&[])),
            (queue(&[]), queue(&[])),
        ] {
            let mut entries = Entries { list: ours.clone(), modes: Vec::new() };
            entries.find_again(&there);
            assert_eq!(entries.list, found, "{there:?}");
        }
    }

    #[test]
    fn an_error_is_laid_on_the_file_it_names() {
        let entries = Entries { list: queue(&[(1, "a.ogg"), (2, "b/a.ogg"), (3, "c.ogg")]), modes: vec![] };
        assert_eq!(entries.blamed("Failed to decode /music/b/a.ogg; end of file"), Some(1));
        assert_eq!(entries.blamed("Failed to decode /music/a.ogg"), Some(0));
        assert_eq!(entries.blamed("\"DAC\" (alsa) failed to open: busy"), None);
    }

    #[test]
    fn what_we_must_put_right_survives_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.json");
        assert_eq!(Entries::load(&path), Entries::default());
        let entries = Entries { list: queue(&[(1, "a.ogg")]), modes: vec![("random".into(), "1".into())] };
        entries.save(&path);
        assert_eq!(Entries::load(&path), entries);
        std::fs::write(&path, b"{").unwrap();
        assert_eq!(Entries::load(&path), Entries::default());
    }
}
