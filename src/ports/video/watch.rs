//! The thread that keeps the videos fresh: it hears when something changes in their folders, when a folder
//! appears, and when a disk is plugged in or pulled out.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::describe::Describer;
use super::folder::{self, FolderError, VideoFolders};
use crate::folder_watch::Watch;
use moodbox_core::recommend::Item;

/// A look that takes longer than this tells the names before it has opened every file.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the thread is told.
pub struct Watched {
    /// The folders to watch.
    pub videos: VideoFolders,
    /// A file that changes what is known of the videos, in whatever folder.
    pub beside: PathBuf,
}

/// Closing it ends the watching.
pub struct Stop(#[allow(dead_code, reason = "it is held, not used")] UnixStream);

/// Ends [`run`] when it is dropped; the other half goes to `run`.
///
/// # Errors
/// When the system gives no more sockets.
pub fn stop() -> std::io::Result<(Stop, UnixStream)> {
    UnixStream::pair().map(|(ours, theirs)| (Stop(ours), theirs))
}

/// The body of the thread: gives all videos to `publish`, at once and whenever something has changed, with
/// the folders that could not be read. Ends when the [`Stop`] is dropped.
pub fn run(watched: &Watched, stop: UnixStream, mut publish: impl FnMut(Vec<Item>, Vec<FolderError>)) {
    let beside = std::slice::from_ref(&watched.beside);
    let mut watch =
        Watch::of(&watched.videos.folders, beside, folder::is_of_interest).with_mounts().until(stop);
    let mut describer = Describer::new(watched.videos.guarded);
    while !watch.is_over() {
        look(&watched.videos.folders, &mut describer, &mut publish);
        watch.wait(None);
    }
}

fn look(
    folders: &[PathBuf],
    describer: &mut Describer,
    publish: &mut impl FnMut(Vec<Item>, Vec<FolderError>),
) {
    let started = Instant::now();
    let folder::Videos { mut items, errors, remarks } = folder::scan(folders);
    remarks.iter().for_each(|remark| tracing::info!("{remark}"));
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
