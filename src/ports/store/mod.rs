//! Small files that survive a power cut: written beside, synced, renamed, the folder synced.

mod read;
pub(crate) mod trust;

pub(crate) use read::{LARGEST_STATE, LARGEST_TEMPLATE, LARGEST_TEXT, open_regular, read_bounded, read_text};

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Begins the name of a file that is being written.
const PART: &str = ".moodbox-";
/// Nothing is written deeper in the state folder than a template: `templates/music/happy.toml`.
const DEEPEST: u32 = 2;

/// Replaces `path` by `bytes`: after a power cut at any instant it holds the old or the new, whole. Once this
/// has returned it holds the new.
///
/// # Errors
/// As the system's, for instance on a card that is full or can only be read; then it holds the old.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    make_folder(folder)?;
    let mut file = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself lives in the folder.
    sync(folder)
}

/// Whether files of these lengths, in bytes, could be written beside `path` now, each beside the one that it replaces.
///
/// # Errors
/// As the system's, when there is no room for all of them.
pub(crate) fn has_room(path: &Path, lengths: impl IntoIterator<Item = usize>) -> io::Result<()> {
    const BLOCK: u64 = 4096;
    let folder = folder_of(path);
    make_folder(folder)?;
    let each = lengths.into_iter().map(|length| (length as u64).div_ceil(BLOCK) + 1);
    let file = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
    // Taken and given back: what the system says of free room is not always for everybody.
    rustix::fs::fallocate(file.as_file(), rustix::fs::FallocateFlags::empty(), 0, each.sum::<u64>() * BLOCK)
        .map_err(Into::into)
}

/// Removes files of one folder, in this order, those that are not there left aside. Once this has returned, no
/// power cut brings one back.
///
/// # Errors
/// As the system's; the files before the one that failed are gone.
pub(crate) fn remove<'a>(files: impl IntoIterator<Item = &'a Path>) -> io::Result<()> {
    let mut touched = None;
    for file in files {
        match fs::remove_file(file) {
            Ok(()) => touched = Some(folder_of(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    touched.map_or(Ok(()), sync)
}

/// Removes what a power cut or a kill left half written in a folder and those in it. Only for a process that alone
/// writes there; others may, under a lock on the folder itself, and then nothing is removed this time.
///
/// # Errors
/// As the system's; what was not removed is left for the next time.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    let held = File::open(folder)?;
    match flock(&held, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => sweep_down(folder, DEEPEST),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn sweep_down(folder: &Path, deeper: u32) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() && entry.file_name().as_encoded_bytes().starts_with(PART.as_bytes()) {
            fs::remove_file(entry.path())?;
        } else if kind.is_dir() && deeper > 0 {
            sweep_down(&entry.path(), deeper - 1)?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Like `create_dir_all`, but what it made is still there after a power cut.
///
/// # Errors
/// As the system's.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => return Err(error),
        _ => {}
    }
    sync(above)
}

/// More broken files than this are a fault that should be seen, not stored.
pub(crate) const MOST_ASIDE: u32 = 99;

/// The name under which a broken file is set aside.
pub(crate) fn aside(file: &Path, number: u32) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".broken-{number}"));
    file.with_file_name(name)
}

/// Moves a broken file out of the way, so that a new one can be written and nothing is lost.
///
/// # Errors
/// When there are [`MOST_ASIDE`] of them, or it cannot be renamed.
pub(crate) fn set_aside(file: &Path) -> io::Result<PathBuf> {
    let free =
        (1..=MOST_ASIDE).map(|number| aside(file, number)).find(|name| name.symlink_metadata().is_err());
    let name = free.ok_or_else(|| {
        io::Error::other(format!(
            "{MOST_ASIDE} broken files lie beside it already; look at them and move them away"
        ))
    })?;
    fs::rename(file, &name)?;
    Ok(name)
}

/// What became of a state file that could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// Its content is broken; the program begins anew.
    #[error("{}: {why}; it was set aside as {} and a new one begins", file.display(), kept.display())]
    SetAside {
        /// The file.
        file: PathBuf,
        /// The name that it has now.
        kept: PathBuf,
        /// What is wrong with its content.
        why: String,
    },
    /// It can be neither read nor written.
    #[error("{}: {why}; nothing is kept until it can be read and written", file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: io::Error,
    },
}

/// Reads a state file by `parse`; one that is missing or broken is the default. A broken one is set aside, and
/// what became of it comes with the value.
pub(crate) fn load_or_set_aside<T, E>(
    file: &Path,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> (T, Option<StateFileError>)
where
    T: Default,
    E: std::fmt::Display,
{
    let stuck = |why| StateFileError::Unusable { file: file.to_owned(), why };
    let bytes = match read_bounded(file, LARGEST_STATE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (T::default(), None),
        Err(error) if is_no_file(&error) => return (T::default(), Some(put_aside(file, error))),
        Err(error) => return (T::default(), Some(stuck(error))),
    };
    match parse(&String::from_utf8_lossy(&bytes)) {
        Ok(value) => (value, None),
        Err(why) => (T::default(), Some(put_aside(file, why))),
    }
}

/// Sets a state file aside, and says what became of it.
pub(crate) fn put_aside(file: &Path, why: impl std::fmt::Display) -> StateFileError {
    match set_aside(file) {
        Ok(kept) => StateFileError::SetAside { file: file.to_owned(), kept, why: why.to_string() },
        Err(why) => StateFileError::Unusable { file: file.to_owned(), why },
    }
}

/// Whether reading failed because of what lies there, and will fail as long as it does: no regular file, too large, no
/// text, or a link that leads back to itself. A card that cannot be read now is another thing.
pub(crate) fn is_no_file(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
        || rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_missing_are_made_and_a_file_in_their_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.json");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert!(write_atomic(&path.join("d"), b"").is_err());
        remove([path.as_path(), Path::new("/nonexistent/file")]).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn whatever_lies_in_the_place_of_a_state_file_is_set_aside_and_a_new_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("folder/within")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        std::os::unix::fs::symlink("loop", at("loop")).unwrap();
        File::create(at("huge")).unwrap().set_len(3 << 30).unwrap();
        fs::write(at("broken"), "x").unwrap();
        for name in ["folder", "fifo", "zero", "loop", "huge", "broken"] {
            let (value, became) = load_or_set_aside(&at(name), |text| text.parse::<u32>());
            assert_eq!(value, 0, "{name}");
            assert!(matches!(became, Some(StateFileError::SetAside { .. })), "{name}: {became:?}");
            write_atomic(&at(name), b"7").unwrap();
            let (value, became) = load_or_set_aside(&at(name), |text| text.parse::<u32>());
            assert!(value == 7 && became.is_none(), "{name}: {became:?}");
            assert!(aside(&at(name), 1).symlink_metadata().is_ok(), "{name}: nothing is lost");
        }
    }

    #[test]
    fn what_was_left_half_written_is_swept_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("templates/music")).unwrap();
        let left = [".moodbox-a1B2c3", "templates/music/.moodbox-d4E5f6"];
        let kept = ["history.json", "moodbox-notes", "templates/music/happy.toml", ".moodboxrc"];
        left.iter().chain(&kept).for_each(|name| fs::write(at(name), "x").unwrap());
        std::os::unix::fs::symlink("/etc", at("elsewhere")).unwrap();
        // Somebody writes there just now.
        let busy = File::open(folder.path()).unwrap();
        flock(&busy, FlockOperation::LockShared).unwrap();
        sweep(folder.path()).unwrap();
        assert!(left.iter().all(|name| at(name).exists()));
        drop(busy);
        sweep(folder.path()).unwrap();
        assert!(left.iter().all(|name| !at(name).exists()));
        assert!(kept.iter().all(|name| at(name).exists()));
    }
}
