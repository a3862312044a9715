//! One daemon for a state folder: two would overwrite each other's history.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

/// Digits of the number of a process, and a line end.
const LONGEST_NUMBER: u64 = 20;

/// Held while the daemon lives; the system lets go of it however the daemon ends.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// A state folder that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock.
    #[error(
        "{} is in use by another moodbox{}; stop that one, or give this one a state folder of its own",
        folder.display(),
        owner.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The state folder.
        folder: PathBuf,
        /// Process that holds it, if its lock file says so.
        owner: Option<u32>,
    },
    /// The folder or its lock file cannot be made or written.
    #[error("{} cannot be used as the state folder: {why}", folder.display())]
    Io {
        /// The state folder.
        folder: PathBuf,
        /// What the system says.
        why: io::Error,
    },
}

impl StateLock {
    /// Takes a folder, making it if it is not there, and removes what a power cut left half written in it.
    ///
    /// # Errors
    /// When another process has it, or it cannot be written.
    pub fn take(folder: &Path) -> Result<StateLock, LockError> {
        let io = |why| LockError::Io { folder: folder.to_owned(), why };
        crate::ports::store::make_folder(folder).map_err(io)?;
        // In the place of the file may lie anything: a pipe would keep us waiting, a device has no end.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).bits();
        let mut options = File::options();
        let options =
            options.read(true).write(true).create(true).truncate(false).custom_flags(flags.cast_signed());
        let mut file = options.open(folder.join("lock")).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(io(io::Error::new(
                io::ErrorKind::InvalidData,
                "its `lock` is not a regular file; remove it",
            )));
        }
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut owner = String::new();
                // The report names that process if its number can be read.
                let _ = file.take(LONGEST_NUMBER).read_to_string(&mut owner);
                return Err(LockError::InUse { folder: folder.to_owned(), owner: owner.trim().parse().ok() });
            }
            Err(error) => return Err(io(error.into())),
        }
        file.set_len(0).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        if let Err(error) = crate::ports::store::sweep(folder) {
            tracing::debug!(%error, "what was left half written in {} stays there", folder.display());
        }
        Ok(StateLock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_second_daemon_on_a_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateLock::take(folder.path()).unwrap();
        let refused = StateLock::take(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        assert!(refused.contains(&folder.path().display().to_string()), "{refused}");
        drop(first);
        assert!(StateLock::take(folder.path()).is_ok());
    }

    #[test]
    fn what_is_no_regular_file_in_the_place_of_the_lock_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        rustix::fs::mkfifoat(rustix::fs::CWD, &lock, rustix::fs::Mode::RWXU).unwrap();
        assert!(StateLock::take(folder.path()).unwrap_err().to_string().contains("not a regular file"));
        fs::remove_file(&lock).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &lock).unwrap();
        assert!(StateLock::take(folder.path()).is_err());
        fs::remove_file(&lock).unwrap();
        assert!(StateLock::take(folder.path()).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let refused = StateLock::take(&folder.path().join("file/state")).unwrap_err().to_string();
        assert!(refused.contains("file/state"), "{refused}");
    }
}
