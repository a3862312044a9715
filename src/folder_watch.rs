//! Reports that something in or below some folders has changed, by inotify.
//!
//! inotify watches single folders that exist. Here whole trees are watched, a folder that is not there yet is
//! noticed when it is made, and one save of an editor or one copied album is one change: it is reported when
//! nothing more has happened for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

/// This long after the last report of the kernel a change counts as complete. Editors write, rename and set rights
/// within some milliseconds.
const SETTLED: Duration = Duration::from_millis(250);

/// A copy that goes on without a pause is reported this often.
const LONGEST: Duration = Duration::from_secs(5);

/// Where the system gives no watches, the caller is told to look again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Folders that are watched at most: far below the system's limit, which programs share.
const MOST_FOLDERS: usize = 4096;

/// Folders in folders, at most: nobody looks further down.
pub(crate) const DEEPEST: usize = 8;

/// A watch over some folders and all that is below them, and over single files elsewhere.
#[derive(Debug)]
pub struct Watch {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    counts: fn(&Path) -> bool,
    depth: Depth,
    /// The kernel flags it when anything is mounted or unmounted.
    mounts: Option<File>,
    /// Closed by the other side when it is time to end.
    stop: Option<UnixStream>,
    over: bool,
    inotify_set: InotifySet,
}

impl Watch {
    /// Watches folders, each of which may be missing. What happens from now on is told by
    /// [`Watch::wait`]: read what is there after this call, and nothing is missed.
    pub fn new(folders: &[PathBuf]) -> Watch {
        Watch::of(folders, &[], |_| true)
    }

    /// Watches folders for files whose names count, and some files in whatever folders.
    pub fn of(folders: &[PathBuf], files: &[PathBuf], counts: fn(&Path) -> bool) -> Watch {
        Watch::with_depth(folders, files, counts, Depth::Tree)
    }

    /// Watches one folder, and none below it, for files whose names count: that one comes, goes, or gets other rights.
    /// Each such change is reported at once. What is written to a file is not: who opens a device and closes it again
    /// would hear of it, and of every time that the caller looks whether it is there.
    pub fn of_names(folder: &Path, counts: fn(&Path) -> bool) -> Watch {
        Watch::with_depth(&[folder.to_owned()], &[], counts, Depth::Folder)
    }

    fn with_depth(folders: &[PathBuf], files: &[PathBuf], counts: fn(&Path) -> bool, depth: Depth) -> Watch {
        let mut watch = Watch {
            folders: folders.to_vec(),
            files: files.to_vec(),
            counts,
            depth,
            mounts: None,
            stop: None,
            over: false,
            inotify_set: InotifySet::default(),
        };
        watch.renew();
        watch
    }

    /// Counts a disk that is mounted or unmounted as a change: a folder that is watched does not hear of it.
    pub fn with_mounts(mut self) -> Watch {
        self.mounts = File::open("/proc/self/mountinfo")
            .inspect_err(|error| tracing::warn!(%error, "disks that are plugged in are not noticed"))
            .ok();
        self
    }

    /// Ends when the other side of this is closed.
    pub fn until(mut self, stop: UnixStream) -> Watch {
        self.stop = Some(stop);
        self
    }

    /// Whether it was ended: then [`Watch::wait`] does not wait any more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Waits until something has changed and settled, at most this long if a limit is given; true if it
    /// has. Where not every folder could be watched it says so once in a minute, because it cannot know.
    pub fn wait(&mut self, limit: Option<Duration>) -> bool {
        let patience = if self.inotify_set.is_whole() {
            limit
        } else {
            Some(limit.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN))
        };
        let until = patience.map(|patience| Instant::now() + patience);
        // The kernel also reports files whose names do not count.
        while !self.over {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match self.signs(left) {
                Signs::Counting => {
                    let first = Instant::now();
                    let quiet = if self.depth == Depth::Tree { SETTLED } else { Duration::ZERO };
                    while !self.over && first.elapsed() < LONGEST && self.signs(Some(quiet)) != Signs::None {}
                    // New folders need watches of their own. All watches are set anew, so that no list of them is
                    // kept. This comes before the caller reads: what happens in between is reported the next time.
                    self.renew();
                    return !self.over;
                }
                Signs::Others => {}
                Signs::None => {
                    let blind = !self.inotify_set.is_whole() && limit.is_none_or(|limit| limit >= LOOK_AGAIN);
                    if blind {
                        self.renew();
                    }
                    return blind && !self.over;
                }
            }
        }
        false
    }

    fn renew(&mut self) {
        self.inotify_set = InotifySet::open(&self.folders, &self.files, self.depth).unwrap_or_else(|error| {
            let names: Vec<String> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
            let again = LOOK_AGAIN.as_secs();
            tracing::warn!(
                "{} cannot be watched ({error}); it is read again every {again} s. Raise \
                 fs.inotify.max_user_watches and max_user_instances if that is too seldom",
                names.join(", ")
            );
            InotifySet::default()
        });
    }

    /// Waits for reports of the kernel, and takes all that are there.
    fn signs(&mut self, limit: Option<Duration>) -> Signs {
        let timeout = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        });
        let mut fds = Vec::with_capacity(3);
        fds.extend(self.stop.as_ref().map(|stop| PollFd::new(stop, PollFlags::IN)));
        let mounts = fds.len();
        fds.extend(self.mounts.as_ref().map(|mounts| PollFd::new(mounts, PollFlags::PRI)));
        fds.extend(self.inotify_set.inotify.as_ref().map(|inotify| PollFd::new(inotify, PollFlags::IN)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Signs::None,
            Ok(_) => {}
            Err(Errno::INTR) => return Signs::Others,
            Err(error) => {
                tracing::warn!(%error, "the watches were lost");
                drop(fds);
                self.inotify_set = InotifySet::default();
                return Signs::Counting;
            }
        }
        let rings = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
        let stopped = self.stop.is_some() && rings(0);
        let mounted = self.mounts.is_some() && rings(mounts);
        drop(fds);
        self.over |= stopped;
        if self.inotify_set.heard(self.counts) || mounted || stopped {
            Signs::Counting
        } else {
            Signs::Others
        }
    }
}

/// How far down a folder is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// With all that is below it.
    Tree,
    /// Itself alone.
    Folder,
}

/// What the kernel has reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signs {
    None,
    /// Only of files that do not count.
    Others,
    Counting,
}

/// The kernel's reports.
#[derive(Debug, Default)]
struct InotifySet {
    /// None: the system has no watches left.
    inotify: Option<OwnedFd>,
    /// Some folders are not watched.
    partial: bool,
    /// By the kernel's number, folders in which only some names count: those of the watched folders and files.
    awaited: BTreeMap<i32, BTreeSet<OsString>>,
    /// Folders of the trees.
    trees: BTreeSet<i32>,
    /// Folders that are watched without those below them.
    single: BTreeSet<i32>,
}

impl InotifySet {
    /// A watch on these folders, and on every folder below them where the depth says so; for a missing one on
    /// the nearest that is there.
    fn open(folders: &[PathBuf], files: &[PathBuf], depth: Depth) -> io::Result<InotifySet> {
        let mut inotify_set = InotifySet {
            inotify: Some(init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?),
            ..InotifySet::default()
        };
        let mut seen = BTreeSet::new();
        for folder in folders {
            match depth {
                Depth::Tree if folder.is_dir() => inotify_set.tree(folder, &mut seen)?,
                Depth::Folder => {
                    let number = inotify_set.add(folder, NAMES)?;
                    inotify_set.single.extend(number);
                }
                Depth::Tree => {}
            }
        }
        // Also of a folder that is there: it may be taken away and made again.
        let changes = if depth == Depth::Folder { NAMES } else { CHANGED };
        for path in folders.iter().chain(files) {
            inotify_set.name(path, changes)?;
        }
        Ok(inotify_set)
    }

    fn is_whole(&self) -> bool {
        self.inotify.is_some() && !self.partial
    }

    /// Listens for a name where it is or will be: itself, or the first folder missing on the way to it.
    fn name(&mut self, path: &Path, changes: WatchFlags) -> io::Result<()> {
        for below in path.ancestors() {
            let (Some(parent), Some(name)) = (below.parent(), below.file_name()) else { return Ok(()) };
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            if parent.is_dir() {
                if let Some(number) = self.add(parent, changes)? {
                    self.awaited.entry(number).or_default().insert(name.to_owned());
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn tree(&mut self, folder: &Path, seen: &mut BTreeSet<(u64, u64)>) -> io::Result<()> {
        let mut waiting = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = waiting.pop() {
            // By device and number: a link that leads back up would have no end.
            let Ok(metadata) = fs::metadata(&folder) else { continue };
            if seen.len() >= MOST_FOLDERS {
                let again = LOOK_AGAIN.as_secs();
                tracing::warn!(
                    "more than {MOST_FOLDERS} folders; what changes below {} is seen every {again} s",
                    folder.display()
                );
                self.partial = true;
                return Ok(());
            }
            if !seen.insert((metadata.dev(), metadata.ino())) {
                continue;
            }
            let number = self.add(&folder, CHANGED)?;
            self.trees.extend(number);
            if depth < DEEPEST {
                let below = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
                waiting.extend(below.filter(|path| path.is_dir()).map(|path| (path, depth + 1)));
            }
        }
        Ok(())
    }

    /// Adds a watch. A folder that is gone or shut by now is left out: its parent tells when it changes.
    fn add(&self, folder: &Path, changes: WatchFlags) -> io::Result<Option<i32>> {
        let Some(inotify) = &self.inotify else { return Ok(None) };
        match add_watch(inotify, folder, changes.union(WatchFlags::ONLYDIR)) {
            Ok(number) => Ok(Some(number)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes all reports; whether one of them counts.
    fn heard(&self, counts: fn(&Path) -> bool) -> bool {
        let Some(inotify) = &self.inotify else { return false };
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = Reader::new(inotify.as_fd(), &mut buffer);
        let mut counting = false;
        while let Ok(event) = reader.next() {
            let flags = event.events();
            // After an overflow of the queue reports are missing, and a watch ends with its folder: both count.
            let lost = ReadFlags::QUEUE_OVERFLOW
                | ReadFlags::DELETE_SELF
                | ReadFlags::MOVE_SELF
                | ReadFlags::UNMOUNT;
            let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
            counting |= flags.intersects(lost)
                || name.is_some_and(|name| {
                    let was_awaited =
                        || self.awaited.get(&event.wd()).is_some_and(|names| names.contains(name));
                    let in_tree = self.trees.contains(&event.wd());
                    (in_tree && (flags.contains(ReadFlags::ISDIR) || counts(Path::new(name))))
                        || (self.single.contains(&event.wd()) && counts(Path::new(name)))
                        || was_awaited()
                });
        }
        counting
    }
}

/// What changes the content of a folder. A file counts when it is complete, not while it is written.
const CHANGED: WatchFlags = WatchFlags::CLOSE_WRITE.union(NAMES);

/// What changes which files there are in a folder, and who may use them.
const NAMES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ATTRIB);

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
    fn a_stick_with_folders_without_an_end_costs_no_more_than_what_is_read_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::create_dir_all((0..400).fold(root.clone(), |path, _| path.join("in"))).unwrap();
        std::os::unix::fs::symlink(&root, root.join("in/up")).unwrap();
        let mut watch = Watch::new(std::slice::from_ref(&root));
        assert_eq!(watch.inotify_set.trees.len(), 1 + DEEPEST);
        fs::write((0..DEEPEST).fold(root, |path, _| path.join("in")).join("one"), "1").unwrap();
        assert!(watch.wait(PATIENCE));
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

    #[test]
    fn only_what_counts_is_told_and_a_file_elsewhere_by_its_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, beside) = (folder.path().join("tree"), folder.path().join("state/one.json"));
        let counts = |path: &Path| path.extension().is_some_and(|extension| extension == "mkv");
        let mut watch = Watch::of(std::slice::from_ref(&tree), std::slice::from_ref(&beside), counts);
        fs::create_dir_all(&tree).unwrap();
        fs::create_dir_all(beside.parent().unwrap()).unwrap();
        assert!(watch.wait(PATIENCE));
        fs::write(tree.join("a.txt"), "").unwrap();
        fs::write(beside.with_file_name("other.json"), "").unwrap();
        assert!(!watch.wait(NOTHING));
        fs::write(tree.join("a.mkv"), "").unwrap();
        assert!(watch.wait(PATIENCE));
        fs::write(&beside, "").unwrap();
        assert!(watch.wait(PATIENCE));
    }

    #[test]
    fn it_ends_when_the_other_side_is_closed() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut watch = Watch::new(&[]).until(theirs);
        assert!(!watch.wait(NOTHING) && !watch.is_over());
        drop(ours);
        assert!(!watch.wait(None) && watch.is_over());
        assert!(!watch.wait(None), "and stays so");
    }
}
