//! Tells when something below some folders has changed: inotify, without its sharp edges.
//!
//! inotify watches single folders that exist. Here whole trees are watched, a folder that is not there
//! yet is noticed when it is made, and one save of an editor or one copied album is one change: it is
//! told when it has been quiet for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, OsStr, OsString};
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
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
    sight: Option<Sight>,
}

/// What the system watches for us.
#[derive(Debug)]
struct Sight {
    inotify: OwnedFd,
    /// For the watch on a parent of what is watched: the one name in it that counts. Parents such as `/tmp`
    /// are busy with what is none of our business.
    parents: BTreeMap<i32, BTreeSet<OsString>>,
    /// Watches on folders in which everything counts.
    whole: BTreeSet<i32>,
}

impl Watch {
    /// Watches folders, each of which may be missing. What happens from now on is told by
    /// [`Watch::wait`]: read what is there after this call, and nothing is missed.
    pub fn new(folders: &[PathBuf]) -> Watch {
        let mut watch = Watch { folders: folders.to_vec(), sight: None };
        watch.renew();
        watch
    }

    /// Waits until something has changed and settled, at most this long if a limit is given; true if it
    /// has. Without watches it says so once in a minute, because it cannot know.
    pub fn wait(&mut self, limit: Option<Duration>) -> bool {
        let Some(sight) = &self.sight else {
            let pause = limit.map_or(LOOK_AGAIN, |limit| limit.min(LOOK_AGAIN));
            std::thread::sleep(pause);
            self.renew();
            return limit.is_none_or(|limit| limit >= LOOK_AGAIN);
        };
        match sight.wait(limit) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => {
                tracing::warn!(%error, "the watches were lost");
                self.sight = None;
                return false;
            }
        }
        let first = Instant::now();
        while first.elapsed() < LONGEST && matches!(sight.wait(Some(SETTLED)), Ok(true)) {}
        // New folders want watches of their own; setting all anew needs no book of who is where. It comes
        // before the caller reads, so that what happens in between is told next time.
        self.renew();
        true
    }

    fn renew(&mut self) {
        self.sight = None;
        match Sight::over(&self.folders) {
            Ok(sight) => self.sight = Some(sight),
            Err(error) => {
                let names: Vec<String> =
                    self.folders.iter().map(|folder| folder.display().to_string()).collect();
                tracing::warn!(
                    "{} cannot be watched ({error}); it is read again every {} s. Raise \
                     fs.inotify.max_user_watches and max_user_instances if that is too seldom",
                    names.join(", "),
                    LOOK_AGAIN.as_secs()
                );
            }
        }
    }
}

/// What changes the content of a folder. A file counts when it is complete, not while it is written.
const CHANGED: WatchFlags = MADE
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ATTRIB);

/// What brings a folder about or takes it away, seen from its parent.
const MADE: WatchFlags =
    WatchFlags::CREATE.union(WatchFlags::DELETE).union(WatchFlags::MOVED_FROM).union(WatchFlags::MOVED_TO);

impl Sight {
    /// A watch on every folder below these, and on the nearest parent of each that is there: a folder may
    /// be missing as yet, or be taken away and made again.
    fn over(folders: &[PathBuf]) -> io::Result<Sight> {
        let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut sight = Sight { inotify, parents: BTreeMap::new(), whole: BTreeSet::new() };
        for folder in folders {
            sight.tree(folder)?;
            let mut above = folder.ancestors().zip(folder.ancestors().skip(1));
            if let Some((child, parent)) = above.find(|(_, parent)| parent.is_dir())
                && let (Some(name), Some(watch)) = (child.file_name(), sight.add(parent, MADE)?)
            {
                sight.parents.entry(watch).or_default().insert(name.to_owned());
            }
        }
        Ok(sight)
    }

    fn tree(&mut self, folder: &Path) -> io::Result<()> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            // By its true name: a link that leads back up would have no end.
            let Ok(name) = fs::canonicalize(&folder) else { continue };
            if self.whole.len() >= MOST_FOLDERS {
                tracing::warn!(
                    "more than {MOST_FOLDERS} folders; changes below {} are not seen",
                    folder.display()
                );
                return Ok(());
            }
            if !seen.insert(name) {
                continue;
            }
            let watch = self.add(&folder, CHANGED)?;
            self.whole.extend(watch);
            let below = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
            waiting.extend(below.filter(|path| path.is_dir()));
        }
        Ok(())
    }

    /// Adds a watch. A folder that is gone or shut is left out: its parent tells when that changes.
    fn add(&self, folder: &Path, flags: WatchFlags) -> io::Result<Option<i32>> {
        match add_watch(&self.inotify, folder, flags | WatchFlags::MASK_ADD | WatchFlags::ONLYDIR) {
            Ok(watch) => Ok(Some(watch)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for a sign that counts, and takes all that are there.
    fn wait(&self, limit: Option<Duration>) -> io::Result<bool> {
        let end = limit.map(|limit| Instant::now() + limit);
        loop {
            let timeout = end.map(|end| {
                let left = end.saturating_duration_since(Instant::now());
                Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() }
            });
            match poll(&mut [PollFd::new(&self.inotify, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) if self.take()? => return Ok(true),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes the signs that are there; whether one of them counts.
    fn take(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut counts = false;
        loop {
            match reader.next() {
                Ok(event) => counts |= self.counts(event.wd(), event.file_name()),
                Err(Errno::WOULDBLOCK) => return Ok(counts),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn counts(&self, watch: i32, name: Option<&CStr>) -> bool {
        let parent = self.parents.get(&watch).filter(|_| !self.whole.contains(&watch));
        // Without a name, or of no watch, it is a sign that signs were lost.
        parent.zip(name).is_none_or(|(names, name)| names.contains(OsStr::from_bytes(name.to_bytes())))
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
    fn what_happens_beside_a_folder_is_none_of_its_business() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("templates");
        fs::create_dir(&root).unwrap();
        let mut watch = Watch::new(std::slice::from_ref(&root));
        fs::write(folder.path().join("beside"), "").unwrap();
        assert!(!watch.wait(NOTHING));
        fs::rename(&root, folder.path().join("away")).unwrap();
        assert!(watch.wait(PATIENCE));
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
