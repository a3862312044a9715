//! Which entries of the queue are ours. Pure but for the file that outlives a crash.

use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::ports::store;

/// What must be put right when we are done: our entries, the play modes that we changed, and what was on before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Entries {
    /// The entries of the session that goes on.
    pub list: Vec<Entry>,
    /// Play modes (`random`, `single`, ...) with the values that they had before we came.
    pub modes: Vec<(String, String)>,
    /// What the player did before the session.
    #[serde(default)]
    pub before: Option<Before>,
    /// The entries of sessions that are over, and of one that is about to begin. MPD writes its state file only now
    /// and then (every two minutes by default): after a power cut it plays a queue that holds them again.
    #[serde(default)]
    pub past: Vec<Vec<Entry>>,
}

/// What the player did before a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    /// Percent; none without a mixer.
    pub volume: Option<u8>,
    /// `play`, `pause` or `stop`, as MPD says it.
    pub state: String,
    /// The current song.
    pub song: Option<Entry>,
    /// How far it was, in seconds.
    pub elapsed: f64,
}

/// One entry of MPD's queue that moodbox put there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// MPD's id of the entry. It stays when the entry moves; a restarted MPD deals new ones.
    pub song: u32,
    /// The song, by its path below the music folder.
    pub uri: String,
}

/// The id of an entry that is about to be added: the server has not dealt one yet.
const NOT_YET: u32 = u32::MAX;

/// Lists of past sessions that are remembered. They are forgotten ten minutes after a session anyway.
const MOST_PAST: usize = 40;

impl Entries {
    /// Place of the entry with this id in `list`.
    pub fn position(&self, song: u32) -> Option<usize> {
        self.list.iter().position(|entry| entry.song == song)
    }

    /// Whether a queue has to be searched for entries of ours.
    pub fn may_be_in_a_queue(&self) -> bool {
        !self.list.is_empty() || !self.past.is_empty()
    }

    /// Notes what is about to be added, so that any start finds it.
    pub fn plan(&mut self, ids: &[String]) {
        self.over(ids.iter().map(|uri| Entry { song: NOT_YET, uri: uri.clone() }).collect());
    }

    /// Takes the plan back: what was added is known by its ids now.
    pub fn planned(&mut self) {
        self.past.retain(|list| list.iter().any(|entry| entry.song != NOT_YET));
    }

    /// Notes entries whose session is over.
    pub fn over(&mut self, list: Vec<Entry>) {
        if !list.is_empty() {
            self.past.push(list);
            let extra = self.past.len().saturating_sub(MOST_PAST);
            self.past.drain(..extra);
        }
    }

    /// Finds our entries in the queue as it is now: (id, uri) in order. Those of the session that goes on stay in
    /// `list`; those of sessions that are over are returned.
    ///
    /// Ids alone prove nothing, because a restarted server deals them anew: the uri must match too. If none does,
    /// the server was restarted and may have restored its queue; then ours are what [`run`] finds.
    pub fn find_again(&mut self, queue: &[Entry]) -> Vec<Entry> {
        let known: Vec<Entry> = self.list.iter().filter(|entry| queue.contains(entry)).cloned().collect();
        self.list = match known.is_empty() {
            false => known,
            true => queue.get(run(&self.list, queue)).unwrap_or_default().to_vec(),
        };
        let mut rest: Vec<Entry> = queue.iter().filter(|entry| !self.list.contains(entry)).cloned().collect();
        let mut left = Vec::new();
        for list in self.past.iter().rev() {
            let (ours, others) = rest.into_iter().partition(|entry| list.contains(entry));
            rest = others;
            left.extend::<Vec<Entry>>(ours);
            loop {
                let found = run(list, &rest);
                if found.is_empty() {
                    break;
                }
                left.extend(rest.drain(found));
            }
        }
        left
    }

    /// The uris that a queue of these uris, restored by a server that was restarted, holds of ours: their places.
    pub fn places_in(&self, uris: &[String]) -> Vec<usize> {
        let queue: Vec<Entry> =
            uris.iter().zip(1..).map(|(uri, song)| Entry { song, uri: uri.clone() }).collect();
        let mut all = Entries { past: self.past.clone(), ..Entries::default() };
        all.past.push(self.list.clone());
        // No entry is known by its id here.
        for entry in all.past.iter_mut().flatten() {
            entry.song = entry.song.max(NOT_YET - 1);
        }
        let mut places: Vec<usize> =
            all.find_again(&queue).into_iter().map(|entry| entry.song as usize - 1).collect();
        places.sort_unstable();
        places
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

    /// Reads what [`Entries::save`] wrote. A file that cannot be read holds none; a broken one is logged.
    pub fn load(path: &Path) -> Entries {
        match store::read_bounded(path, store::LARGEST_TEXT) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "the list of our queue entries is unreadable");
                Entries::default()
            }),
            Err(_) => Entries::default(),
        }
    }

    /// Writes them down. An error is logged, because the music plays all the same.
    pub fn save(&self, path: &Path) {
        let saved = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|bytes| store::write_atomic(path, &bytes));
        if let Err(error) = saved {
            tracing::warn!(path = %path.display(), %error, "our queue entries would not survive a crash");
        }
    }
}

/// Where in the queue of a server that was restarted the entries of this list are: the longest row of
/// neighbours that come one after another in the list too, with nothing between them. One alone is ours only if
/// the list has no other, or if it is the first of a list that was about to be added and stands last. Anything
/// less could belong to somebody else and is left. What was added after ours has a higher id.
fn run(list: &[Entry], queue: &[Entry]) -> Range<usize> {
    let newest = list.iter().map(|entry| entry.song).max().unwrap_or_default();
    let length = |start: usize| {
        let mut rest = list.iter();
        queue[start..]
            .iter()
            .take_while(|there| there.song <= newest && rest.any(|ours| ours.uri == there.uri))
            .count()
    };
    let (start, length) = (0..queue.len())
        .map(|start| (start, length(start)))
        .max_by_key(|(start, length)| (*length, std::cmp::Reverse(*start)))
        .unwrap_or_default();
    let begun = newest == NOT_YET
        && start + length == queue.len()
        && queue.get(start).map(|entry| &entry.uri) == list.first().map(|entry| &entry.uri);
    match length {
        0 => 0..0,
        1 if list.len() > 1 && !begun => 0..0,
        _ => start..start + length,
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
            let mut entries = Entries { list: ours.clone(), ..Entries::default() };
            entries.find_again(&there);
            assert_eq!(entries.list, found, "{there:?}");
        }
    }

    #[test]
    fn of_sessions_that_are_over_every_row_is_found_and_a_queue_of_somebody_else_is_left() {
        let past = queue(&[(7, "a"), (8, "b"), (9, "c")]);
        for (there, left) in [
            // The server still runs: by the ids.
            (queue(&[(1, "x"), (8, "b"), (9, "c")]), vec![8, 9]),
            // It was restarted with the whole list, a part of it, or a list that somebody came between.
            (queue(&[(1, "x"), (2, "a"), (3, "b"), (4, "c")]), vec![2, 3, 4]),
            (queue(&[(1, "x"), (2, "a"), (3, "c"), (4, "y")]), vec![2, 3]),
            // One song alone, or in another order, is somebody's own.
            (queue(&[(1, "b"), (2, "x")]), vec![]),
            (queue(&[(1, "c"), (2, "b"), (3, "a")]), vec![]),
            // Added after the session, in the life of the same server.
            (queue(&[(10, "a"), (11, "b"), (12, "c")]), vec![]),
        ] {
            let mut entries = Entries { past: vec![past.clone()], ..Entries::default() };
            let found: Vec<u32> = entries.find_again(&there).into_iter().map(|entry| entry.song).collect();
            assert_eq!(found, left, "{there:?}");
        }
    }

    #[test]
    fn what_was_about_to_be_added_is_found_however_much_of_it_was() {
        let ids = ["a", "b", "c"].map(str::to_owned);
        for (there, left) in [
            (queue(&[(1, "x"), (2, "a"), (3, "b"), (4, "c")]), 3),
            (queue(&[(1, "x"), (2, "a"), (3, "b")]), 2),
            (queue(&[(1, "x"), (2, "a")]), 1),
            (queue(&[(1, "x")]), 0),
            (queue(&[(1, "a"), (2, "x")]), 0),
        ] {
            let mut entries = Entries::default();
            entries.plan(&ids);
            assert_eq!(entries.find_again(&there).len(), left, "{there:?}");
            entries.planned();
            assert!(!entries.may_be_in_a_queue());
        }
    }

    #[test]
    fn an_error_is_laid_on_the_file_it_names() {
        let entries =
            Entries { list: queue(&[(1, "a.ogg"), (2, "b/a.ogg"), (3, "c.ogg")]), ..Entries::default() };
        assert_eq!(entries.blamed("Failed to decode /music/b/a.ogg; end of file"), Some(1));
        assert_eq!(entries.blamed("Failed to decode /music/a.ogg"), Some(0));
        assert_eq!(entries.blamed("\"DAC\" (alsa) failed to open: busy"), None);
    }

    #[test]
    fn what_we_must_put_right_survives_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.json");
        assert_eq!(Entries::load(&path), Entries::default());
        let entries = Entries {
            list: queue(&[(1, "a.ogg")]),
            modes: vec![("random".into(), "1".into())],
            ..Entries::default()
        };
        entries.save(&path);
        assert_eq!(Entries::load(&path), entries);
        // As the version before wrote it.
        std::fs::write(&path, br#"{"list":[{"song":1,"uri":"a.ogg"}],"modes":[]}"#).unwrap();
        assert_eq!(Entries::load(&path).list, entries.list);
        std::fs::write(&path, b"{").unwrap();
        assert_eq!(Entries::load(&path), Entries::default());
    }
}
