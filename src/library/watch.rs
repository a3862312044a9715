//! Tells when something below some folders has changed: inotify, without its sharp edges.
//!
//! inotify watches single folders that exist. Here whole trees are watched, a folder that is not there
//! yet is noticed when it is made, and one save of an editor or one copied album is one change: it is
//! told when it has been quiet for a moment.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::Errno;

/// This long after the last sign a change counts as complete. Editors write, rename and set rights within
/// some milliseconds.
const SETTLED: Duration = Duration::from_millis(250);

/// A copy that never pauses is told this often all the same.
const LONGEST: Duration = Duration::from_secs(5);

/// Where the system gives no watches, one looks again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Folders that are watched at most: far below the system's limit, which programs share.
const MOST_FOLDERS: usize = 4096;

/// A watch over some folders and all that is below them.
#[derive(Debug)]
pub struct Watch {
    folders: Vec<PathBuf>,
    /// None: the system has no watches left.
    inotify: Option<OwnedFd>,
}

impl Watch {
    /// Watches folders, each of which may be missing. What happens from now on is told by
    /// [`Watch::wait`]: read what is there after this call, and nothing is missed.
    pub fn new(folders: &[PathBuf]) -> Watch {
        let mut watch = Watch { folders: folders.to_vec(), inotify: None };
        watch.renew();
        watch
    }

    /// Waits until something has changed and settled, at most this long if a limit is given; true if it
    /// has. Without watches it says so once in a minute, because it cannot know.
    pub fn wait(&mut self, limit: Option<Duration>) -> bool {
        let Some(inotify) = &self.inotify else {
            let pause = limit.map_or(LOOK_AGAIN, |limit| limit.min(LOOK_AGAIN));
            std::thread::sleep(pause);
            self.renew();
            return limit.is_none_or(|limit| limit >= LOOK_AGAIN);
        };
        match signs(inotify, limit) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                tracing::warn!(%error, "the watches were lost");
                self.inotify = None;
                return false;
            }
        }
        let first = Instant::now();
        while first.elapsed() < LONGEST && matches!(signs(inotify, Some(SETTLED)), Ok(true)) {}
        // New folders want watches of their own; setting all anew needs no book of who is where. It comes
        // before the caller reads, so that what happens in between is told next time.
        self.renew();
        true
    }

    fn renew(&mut self) {
        self.inotify = None;
        match watched(&self.folders) {
            Ok(inotify) => self.inotify = Some(inotify),
            Err(error) => {
                let names: Vec<String> =
                    self.folders.iter().map(|folder| folder.display().to_string()).collect();
                let again = LOOK_AGAIN.as_secs();
                tracing::warn!(
                    "{} cannot be watched ({error}); it is read again every {again} s. Raise \
                     fs.inotify.max_user_watches and max_user_instances if that is too seldom",
                    names.join(", ")
                );
            }
        }
    }
}

/// Waits for a sign, and takes all that are there.
fn signs(inotify: &OwnedFd, limit: Option<Duration>) -> io::Result<bool> {
    let timeout = limit.map(|limit| Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    });
    loop {
        match poll(&mut [PollFd::new(inotify, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut buffer = [0u8; 4096];
    loop {
        match rustix::io::read(inotify, &mut buffer[..]) {
            Ok(0) | Err(Errno::WOULDBLOCK) => return Ok(true),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// An inotify with a watch on every folder below these; for a missing one on the nearest that is there.
fn watched(folders: &[PathBuf]) -> io::Result<OwnedFd> {
    let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let mut seen = BTreeSet::new();
    for folder in folders {
        if folder.is_dir() {
            tree(&inotify, folder, &mut seen)?;
        }
        // Also of one that is there: it may be taken away and made again.
        if let Some(parent) = folder.ancestors().skip(1).find(|parent| parent.is_dir()) {
            add(&inotify, parent, MADE)?;
        }
    }
    Ok(inotify)
}

/// What changes the content of a folder. A file counts when it is complete, not while it is written.
fn changed() -> WatchFlags {
    WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::ATTRIB
}

/// What brings a folder about or takes it away, seen from its parent.
const MADE: WatchFlags =
    WatchFlags::CREATE.union(WatchFlags::DELETE).union(WatchFlags::MOVED_FROM).union(WatchFlags::MOVED_TO);

fn tree(inotify: &OwnedFd, folder: &Path, seen: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        // By its true name: a link that leads back up would have no end.
        let Ok(name) = fs::canonicalize(&folder) else { continue };
        if seen.len() >= MOST_FOLDERS {
            tracing::warn!(
                "more than {MOST_FOLDERS} folders; changes below {} are not seen",
                folder.display()
            );
            return Ok(());
        }
        if !seen.insert(name) {
            continue;
        }
        add(inotify, &folder, changed())?;
        let below = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        waiting.extend(below.filter(|path| path.is_dir()));
    }
    Ok(())
}

/// Adds a watch. A folder that is gone or shut by now is left out: its parent tells when it changes.
fn add(inotify: &OwnedFd, folder: &Path, flags: WatchFlags) -> io::Result<()> {
    match add_watch(inotify.as_fd(), folder, flags | WatchFlags::MASK_ADD | WatchFlags::ONLYDIR) {
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Option<Duration> = Some(Duration::from_secs(10));
    const NOTHING: Option<Duration> = Some(Duration::from_millis(50));

    #[test]
    fn what_is_written_made_moved_or_deleted_anywhere_below_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::create_dir_all(root.join("a/b")).unwrap();
        let mut watch = Watch::new(std::slice::from_ref(&root));
        assert!(!watch.wait(NOTHING), "nothing has happened");
        type Change = fn(&Path) -> io::Result<()>;
        let changes: [(&str, Change); 5] = [
            ("a file in a folder", |root| fs::write(root.join("a/b/one"), "1")),
            ("a new folder", |root| fs::create_dir_all(root.join("c/d"))),
            ("a file in the new folder", |root| fs::write(root.join("c/d/two"), "2")),
            ("a save as editors do it", |root| {
                fs::write(root.join("a/b/.one.swp"), "3")?;
                fs::rename(root.join("a/b/.one.swp"), root.join("a/b/one"))
            }),
            ("a file that goes", |root| fs::remove_file(root.join("c/d/two"))),
        ];
        for (name, change) in changes {
            change(&root).unwrap();
            assert!(watch.wait(PATIENCE), "{name}");
            assert!(!watch.wait(NOTHING), "{name} is one change");
        }
    }

    #[test]
    fn a_folder_that_is_missing_is_noticed_when_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("not/yet");
        let mut watch = Watch::new(std::slice::from_ref(&missing));
        fs::create_dir_all(&missing).unwrap();
        assert!(watch.wait(PATIENCE));
        fs::write(missing.join("file"), "").unwrap();
        assert!(watch.wait(PATIENCE));
        fs::remove_dir_all(folder.path().join("not")).unwrap();
        assert!(watch.wait(PATIENCE));
    }

    #[test]
    fn a_link_that_leads_back_up_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        let mut watch = Watch::new(&[folder.path().to_owned()]);
        fs::write(folder.path().join("a/file"), "").unwrap();
        assert!(watch.wait(PATIENCE));
    }
}
