//! The feelings that a person set for videos: one small file. Music has MPD's stickers for this.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::ports::store::{self, StateFileError};
use moodbox_core::recommend::{Feeling, FeelingSource, Item};

/// More videos than the scan reads are never set.
const MOST: usize = 20_000;
const VERSION: u32 = 1;

/// Valence and arousal by the path of the video.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feelings(BTreeMap<String, (f32, f32)>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    videos: BTreeMap<String, (f32, f32)>,
}

/// What helps.
fn way_out(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Free some room on the card",
        _ => "It is the folder of the device: try it with sudo",
    }
}

/// Why a feeling was not set, or what was set is not used.
#[derive(Debug, thiserror::Error)]
pub enum FeelingsProblem {
    /// The file was broken, or cannot be read.
    #[error(transparent)]
    File(#[from] StateFileError),
    /// The file or its folder cannot be written.
    #[error("{}: {why}; nothing was set. {}", file.display(), way_out(why))]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// As many videos as may be are set already.
    #[error("{MOST} videos are set already; clear some with `moodbox library set VIDEO --clear`")]
    Full,
}

impl Feelings {
    /// Puts what was set on items: it goes before all else that is known of them.
    pub fn put_on(&self, items: &mut [Item]) {
        for item in items {
            if let Some((valence, arousal)) = self.0.get(&item.id) {
                let feeling =
                    Feeling { valence: *valence, arousal: *arousal, source: FeelingSource::Explicit };
                item.feeling = feeling.checked();
            }
        }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_json(text: &str) -> Result<Feelings, String> {
        let content: Content =
            serde_json::from_str(text).map_err(|error| format!("it cannot be read: {error}"))?;
        if content.version != VERSION {
            return Err(format!("it has version {}, this program knows version {VERSION}", content.version));
        }
        Ok(Feelings(content.videos.into_iter().take(MOST).collect()))
    }
}

/// Reads the file; a broken one is set aside, and what became of it comes with what was set.
pub fn load(file: &Path) -> (Feelings, Option<StateFileError>) {
    store::load_or_set_aside(file, Feelings::from_json)
}

/// Sets or clears what is known of a video. Safe beside a running daemon, and beside another that sets.
///
/// # Errors
/// When the file cannot be written, or is broken: then it was set aside, and a second try begins a new one.
pub fn set(file: &Path, path: &str, place: Option<(f32, f32)>) -> Result<(), FeelingsProblem> {
    let unwritable = |why: io::Error| FeelingsProblem::Unwritable { file: file.to_owned(), why };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    store::make_folder(folder).map_err(unwritable)?;
    let lock = File::open(folder).map_err(unwritable)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| unwritable(error.into()))?;
    let (mut feelings, problem) = load(file);
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    match place {
        Some(place) if feelings.0.len() < MOST || feelings.0.contains_key(path) => {
            feelings.0.insert(path.to_owned(), place);
        }
        Some(_) => return Err(FeelingsProblem::Full),
        None => {
            feelings.0.remove(path);
        }
    }
    let content = Content { version: VERSION, videos: feelings.0 };
    let text = serde_json::to_string_pretty(&content).unwrap_or_default();
    store::write_atomic(file, text.as_bytes()).map_err(unwritable)?;
    // What root sets must be readable for the user that the daemon runs as: the owner of the folder.
    let owner = lock.metadata().map_err(unwritable)?;
    if owner.uid() != rustix::process::geteuid().as_raw() {
        chown(file, Some(owner.uid()), Some(owner.gid())).map_err(unwritable)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn feeling(feelings: &Feelings, id: &str) -> Option<(f32, f32)> {
        let mut items = [Item { id: id.into(), ..Item::default() }];
        feelings.put_on(&mut items);
        items[0].feeling.map(|feeling| (feeling.valence, feeling.arousal))
    }

    #[test]
    fn what_is_set_is_read_back_changed_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/feelings.json");
        set(&file, "/v/море.mkv", Some((0.5, -0.25))).unwrap();
        set(&file, "/v/b.mkv", Some((0.1, 0.1))).unwrap();
        set(&file, "/v/b.mkv", Some((-1.0, 1.0))).unwrap();
        let (read, told) = load(&file);
        assert!(told.is_none());
        assert_eq!(feeling(&read, "/v/море.mkv"), Some((0.5, -0.25)));
        assert_eq!(feeling(&read, "/v/b.mkv"), Some((-1.0, 1.0)));
        assert_eq!(feeling(&read, "/v/c.mkv"), None);
        set(&file, "/v/b.mkv", None).unwrap();
        set(&file, "/v/b.mkv", None).unwrap();
        assert_eq!(feeling(&load(&file).0, "/v/b.mkv"), None);
    }

    #[test]
    fn a_broken_file_is_set_aside_and_nothing_is_set_over_it_unsaid() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feelings.json");
        fs::write(&file, "{\"version\":1,").unwrap();
        let told = set(&file, "/a", Some((0.0, 0.0))).unwrap_err().to_string();
        let kept = folder.path().join("feelings.json.broken-1");
        assert!(told.contains(&kept.display().to_string()), "{told}");
        assert_eq!(fs::read(&kept).unwrap(), b"{\"version\":1,");
        set(&file, "/a", Some((0.0, 0.0))).unwrap();
        assert_eq!(feeling(&load(&file).0, "/a"), Some((0.0, 0.0)));
    }

    #[test]
    fn many_who_set_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feelings.json");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let file = &file;
                scope.spawn(move || set(file, &format!("/{writer}"), Some((0.5, 0.5))).unwrap());
            }
        });
        let (read, _) = load(&file);
        assert!((0..8).all(|writer| feeling(&read, &format!("/{writer}")).is_some()));
    }
}
