//! The history on disk: one small file, replaced whole, set aside when it cannot be read, never deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::observers::mood_log;
use crate::ports::store::{self, MOST_ASIDE, StateFileError, aside};
use moodbox_core::recommend::History;

/// Reads the history; a missing file is an empty one, a broken one is set aside. With the history comes what
/// became of the file.
pub fn load(file: &Path) -> (History, Option<StateFileError>) {
    store::load_or_set_aside(file, History::from_json)
}

/// Writes the history: after a power cut the file holds the old or the new one, whole.
///
/// # Errors
/// When the file or its folder cannot be written.
pub fn save(file: &Path, history: &History) -> io::Result<()> {
    store::write_atomic(file, history.to_json().as_bytes())
}

/// Erases what was learnt from disk; files set aside earlier go too, for they hold the same, and the moods
/// over time. A request to do so is answered by its end.
///
/// # Errors
/// When one of the files cannot be removed; those before it are gone.
pub fn forget(file: &Path) -> io::Result<()> {
    let asides = (1..=MOST_ASIDE).map(|number| aside(file, number));
    let moods = mood_log::beside(file);
    let beside: Vec<PathBuf> = asides.chain(mood_log::files(&moods)).collect();
    store::remove(std::iter::once(file).chain(beside.iter().map(PathBuf::as_path)))?;
    // Last: while it is there, a start after a power cut goes on from here.
    store::remove([request(file).as_path()])
}

/// How many files lie beside it that were set aside.
pub(crate) fn set_aside_files(file: &Path) -> usize {
    (1..=MOST_ASIDE).filter(|number| aside(file, *number).exists()).count()
}

/// Asks the daemon that has this history to forget it.
///
/// # Errors
/// When the folder of the history cannot be written.
pub fn request_forget(file: &Path) -> io::Result<()> {
    fs::write(request(file), "")
}

/// Whether somebody asked for it, and it was not done yet.
pub fn is_forget_requested(file: &Path) -> bool {
    request(file).exists()
}

/// Takes the request back.
///
/// # Errors
/// When there is no request, or it cannot be removed.
pub(crate) fn cancel_forget(file: &Path) -> io::Result<()> {
    fs::remove_file(request(file))
}

fn request(file: &Path) -> PathBuf {
    file.with_file_name("forget")
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::mood::Mood;
    use moodbox_core::recommend::Outcome;

    fn history() -> History {
        let mut history = History::default();
        history.begin(Mood::Sad);
        history.record("a", Outcome::Liked);
        history
    }

    #[test]
    fn a_history_survives_a_restart_and_is_gone_when_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/history.json");
        assert!(matches!(load(&file), (history, None) if history == History::default()));
        save(&file, &history()).unwrap();
        assert!(matches!(load(&file), (read, None) if read == history()));
        forget(&file).unwrap();
        forget(&file).unwrap();
        assert_eq!(load(&file).0, History::default());
    }

    #[test]
    fn a_request_to_forget_ends_when_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.json");
        save(&file, &history()).unwrap();
        assert!(!is_forget_requested(&file));
        request_forget(&file).unwrap();
        assert!(is_forget_requested(&file));
        forget(&file).unwrap();
        assert!(!is_forget_requested(&file) && !file.exists());
    }

    #[test]
    fn a_broken_history_is_set_aside_whole_and_the_person_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.json");
        for (round, broken) in
            [&b"{\"version\":1,\"sess"[..], b"\xff\xfe\0", b"{\"version\":9}"].iter().enumerate()
        {
            fs::write(&file, broken).unwrap();
            let (read, told) = load(&file);
            assert_eq!(read, History::default());
            let kept = folder.path().join(format!("history.json.broken-{}", round + 1));
            assert_eq!(fs::read(&kept).unwrap(), *broken, "nothing is lost");
            let told = told.unwrap().to_string();
            assert!(told.contains(&kept.display().to_string()), "{told}");
            save(&file, &history()).unwrap();
            assert_eq!(load(&file).0, history(), "it goes on with a new one");
        }
        forget(&file).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "forgetting forgets these too");
    }
}
