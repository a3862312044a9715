//! The thread that keeps the videos fresh: it hears from the kernel when something changes in their folders,
//! when a folder appears, and when a disk is plugged in or pulled out.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use super::describe::Describer;
use super::folder::{self, FolderError};
use crate::recommend::Item;

/// A file that is being copied changes many times a second: quiet for this long, it is looked at ...
const QUIET: Duration = Duration::from_millis(500);
/// ... and at the latest after this long.
const LATEST: Duration = Duration::from_secs(5);
/// Where the kernel gives no more watches, the folders are looked at this often.
const PATROL: Duration = Duration::from_secs(60);
/// A first look that takes longer than this tells the names before it has opened every file.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is heard of a folder.
const WATCHED: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// What the thread is told.
pub struct Watched {
    pub folders: Vec<PathBuf>,
    /// A file that changes what is known of the videos, in whatever folder.
    pub beside: PathBuf,
}

/// Closing it ends the watching.
pub struct Stop(#[allow(dead_code, reason = "it is held, not used")] UnixStream);

/// Ends [`run`] when it is dropped; the other half goes to `run`.
pub fn stop() -> std::io::Result<(Stop, UnixStream)> {
    UnixStream::pair().map(|(ours, theirs)| (Stop(ours), theirs))
}

/// The body of the thread: gives all videos to `publish`, at once and whenever something has changed, with
/// the folders that could not be read. Ends when the [`Stop`] is dropped.
pub fn run(watched: &Watched, stop: &UnixStream, mut publish: impl FnMut(Vec<Item>, Vec<FolderError>)) {
    let mut describer = Describer::default();
    // The kernel flags this file when anything is mounted: a folder that is watched does not hear of it.
    let mounts = File::open("/proc/self/mountinfo").ok();
    loop {
        // Watches first, then the look: what changes in between is heard.
        let ears = Ears::open(watched);
        look(watched, &ears, &mut describer, &mut publish);
        if !ears.wait(stop, mounts.as_ref()) {
            return;
        }
    }
}

fn look(
    watched: &Watched,
    ears: &Ears,
    describer: &mut Describer,
    publish: &mut impl FnMut(Vec<Item>, Vec<FolderError>),
) {
    let started = Instant::now();
    let (mut items, errors) = folder::scan(&watched.folders, &mut |folder| ears.follow(folder));
    let mut told = false;
    for at in 0..items.len() {
        if !told && started.elapsed() > PATIENCE {
            publish(items.clone(), Vec::new());
            told = true;
        }
        if let Some(item) = items.get_mut(at) {
            describer.describe(item);
        }
    }
    describer.keep(&items);
    publish(items, errors);
}

/// The kernel's reports on some folders; renewed with each look, so that it never falls out of step.
struct Ears {
    inotify: Option<OwnedFd>,
    /// Folders in which every video counts, by the kernel's number.
    followed: RefCell<HashSet<i32>>,
    /// Folders in which only some names count: those of the watched folders, and of the file beside.
    awaited: RefCell<HashMap<i32, Vec<Vec<u8>>>>,
    full: Cell<bool>,
}

impl Ears {
    fn open(watched: &Watched) -> Ears {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
        let ears = Ears {
            inotify: inotify
                .inspect_err(|error| tracing::warn!(%error, "changes of videos are seen each minute only"))
                .ok(),
            followed: RefCell::default(),
            awaited: RefCell::default(),
            full: Cell::default(),
        };
        for path in watched.folders.iter().chain([&watched.beside]) {
            ears.await_name(path);
        }
        ears
    }

    /// Hears of all that happens in a folder.
    fn follow(&self, folder: &Path) {
        self.followed.borrow_mut().extend(self.add(folder));
    }

    /// Hears when this name, or the first missing folder on the way to it, appears, changes or goes.
    fn await_name(&self, path: &Path) {
        let mut awaited = path;
        while let (Some(folder), Some(name)) = (awaited.parent(), awaited.file_name()) {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if folder.is_dir() {
                if let Some(number) = self.add(folder) {
                    self.awaited.borrow_mut().entry(number).or_default().push(name.as_bytes().to_vec());
                }
                return;
            }
            awaited = folder;
        }
    }

    fn add(&self, folder: &Path) -> Option<i32> {
        match inotify::add_watch(self.inotify.as_ref()?, folder, WATCHED) {
            Ok(number) => Some(number),
            // It went in this moment; the folder above reports that.
            Err(Errno::NOENT | Errno::NOTDIR) => None,
            Err(error) => {
                if !self.full.replace(true) {
                    tracing::warn!(
                        folder = %folder.display(), %error,
                        "not every folder of videos can be watched: changes are seen each minute only \
                         (sysctl fs.inotify.max_user_watches)"
                    );
                }
                None
            }
        }
    }

    /// Waits until something has changed and then was quiet. False when it is time to end.
    fn wait(&self, stop: &UnixStream, mounts: Option<&File>) -> bool {
        let mut first: Option<Instant> = None;
        loop {
            let limit = match first {
                Some(first) => Some(QUIET.min(LATEST.saturating_sub(first.elapsed()))),
                None if self.full.get() || self.inotify.is_none() => Some(PATROL),
                None => None,
            };
            let mut fds = vec![PollFd::new(stop, PollFlags::IN)];
            fds.extend(self.inotify.as_ref().map(|inotify| PollFd::new(inotify, PollFlags::IN)));
            fds.extend(mounts.map(|mounts| PollFd::new(mounts, PollFlags::PRI)));
            let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
            match poll(&mut fds, limit.as_ref()) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => {
                    tracing::error!(%error, "videos are not watched any more");
                    return false;
                }
            }
            let ready: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
            drop(fds);
            if ready.first().is_some_and(|stop| !stop.is_empty()) {
                return false;
            }
            let mounted = mounts.is_some() && ready.last().is_some_and(|flags| !flags.is_empty());
            if self.heard() || mounted {
                first.get_or_insert_with(Instant::now);
            }
            if first.is_some_and(|first| first.elapsed() >= LATEST) {
                return true;
            }
        }
    }

    /// Takes all reports; whether one of them matters.
    fn heard(&self) -> bool {
        let Some(inotify) = &self.inotify else { return false };
        let (followed, awaited) = (self.followed.borrow(), self.awaited.borrow());
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(inotify.as_fd(), &mut buffer);
        let mut matters = false;
        while let Ok(event) = reader.next() {
            let flags = event.events();
            matters |= flags.contains(ReadFlags::QUEUE_OVERFLOW)
                || flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT)
                || event.file_name().map(|name| name.to_bytes()).is_some_and(|name| {
                    let was_awaited = awaited
                        .get(&event.wd())
                        .is_some_and(|names| names.iter().any(|awaited| awaited == name));
                    let is_folder = flags.contains(ReadFlags::ISDIR);
                    let counts = is_folder || folder::is_of_interest(Path::new(OsStr::from_bytes(name)));
                    was_awaited || (counts && followed.contains(&event.wd()))
                });
        }
        matters
    }
}
