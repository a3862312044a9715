//! Whether the camera is there between two looks. A camera that goes away or comes back is told at once by
//! the folder of its node; one that is ill is tried again every few seconds, without being switched on. While
//! all is well nothing wakes up.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, TrySendError, bounded};

use super::CameraError;
use crate::backoff::Backoff;
use crate::folder_watch;
use moodbox_core::kiosk::event::{Health, Trouble, TroubleKind};

/// What is known of the camera, and what was told of it.
#[derive(Debug)]
pub struct Watch {
    on: bool,
    ill: Option<TroubleKind>,
    backoff: Backoff,
}

impl Watch {
    /// Follows a camera between looks if `on`; otherwise only the result of each look counts.
    pub fn new(on: bool) -> Watch {
        Watch { on, ill: None, backoff: Backoff::PART }
    }

    /// When to try it again, if it is ill and trying can tell.
    pub fn retry(&self) -> Option<Duration> {
        let kind = self.ill.filter(|_| self.on)?;
        (!shows_only_when_on(kind)).then_some(self.backoff.last())
    }

    /// It was tried without being switched on.
    pub fn probed(&mut self, result: Result<String, CameraError>) -> Option<Health> {
        match result {
            Ok(_) if self.ill.is_some_and(shows_only_when_on) => None,
            Ok(_) => self.well(),
            Err(error) => self.ill_by(error.trouble()),
        }
    }

    /// The same, after a camera was plugged in or out: one that was silent may be another now.
    pub fn changed(&mut self, result: Result<String, CameraError>) -> Option<Health> {
        self.backoff.reset();
        match result {
            Ok(_) => self.well(),
            Err(error) => self.ill_by(error.trouble()),
        }
    }

    /// A look came to its end.
    pub fn looked(&mut self, result: &Result<(), Trouble>) -> Option<Health> {
        if !self.on {
            return None;
        }
        match result {
            Ok(()) => self.well(),
            // The camera was not even asked.
            Err(Trouble { kind: TroubleKind::VisionBroken | TroubleKind::LightDenied, .. }) => None,
            Err(trouble) => self.ill_by(trouble.clone()),
        }
    }

    fn well(&mut self) -> Option<Health> {
        self.backoff.reset();
        self.ill.take().map(|_| Health::Well)
    }

    fn ill_by(&mut self, trouble: Trouble) -> Option<Health> {
        let known = self.ill.replace(trouble.kind);
        self.backoff.wait();
        (known != Some(trouble.kind)).then_some(Health::Ill(trouble))
    }
}

/// Whether it is well again shows only when it is switched on, and that takes a press.
fn shows_only_when_on(kind: TroubleKind) -> bool {
    matches!(kind, TroubleKind::CameraSilent | TroubleKind::CameraDied | TroubleKind::CameraTooLittle)
}

/// Reports every video node that comes, goes or gets other rights in a folder (`/dev`), from a thread of its
/// own that sleeps in between.
pub fn follow(folder: PathBuf) -> Receiver<()> {
    let (tell, changed) = bounded(1);
    let spawned = thread::Builder::new().name("camera-watch".to_owned()).spawn(move || {
        let mut nodes = folder_watch::Watch::of_names(&folder, is_video_node);
        while nodes.wait(None) {
            // A full channel: the camera is about to be looked for anyway.
            if let Err(TrySendError::Disconnected(())) = tell.try_send(()) {
                return;
            }
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread to follow cameras with");
    }
    changed
}

fn is_video_node(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"video"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> CameraError {
        CameraError::Missing { wanted: "of any kind".into(), found: "none".into() }
    }

    fn busy() -> CameraError {
        CameraError::Busy { device: "/dev/video0".into() }
    }

    fn silent() -> Result<(), Trouble> {
        let error = CameraError::Silent { device: "/dev/video0".into(), waited: Duration::from_secs(3) };
        Err(error.trouble())
    }

    fn there() -> Result<String, CameraError> {
        Ok("a camera".to_owned())
    }

    fn kind(health: Option<Health>) -> Option<Option<TroubleKind>> {
        health.map(|health| match health {
            Health::Well => None,
            Health::Ill(trouble) => Some(trouble.kind),
        })
    }

    #[test]
    fn a_camera_that_is_well_wakes_nobody() {
        let mut watch = Watch::new(true);
        assert_eq!(watch.probed(there()), None);
        assert_eq!(watch.looked(&Ok(())), None);
        assert_eq!(watch.retry(), None);
    }

    #[test]
    fn gone_busy_and_back_are_each_told_once_and_it_is_back_within_five_seconds() {
        let mut watch = Watch::new(true);
        assert_eq!(kind(watch.changed(Err(missing()))), Some(Some(TroubleKind::CameraMissing)));
        let mut longest = Duration::ZERO;
        for _ in 0..10 {
            longest = longest.max(watch.retry().unwrap());
            assert_eq!(watch.probed(Err(missing())), None);
        }
        assert!(longest < Duration::from_secs(5) && longest > Duration::from_secs(2), "{longest:?}");
        assert_eq!(kind(watch.probed(Err(busy()))), Some(Some(TroubleKind::CameraBusy)));
        assert_eq!(kind(watch.probed(there())), Some(None));
        assert_eq!(watch.retry(), None);
    }

    #[test]
    fn a_silent_camera_is_not_switched_on_to_see_and_is_well_after_a_look_or_a_new_plug() {
        for heal in [|watch: &mut Watch| watch.looked(&Ok(())), |watch: &mut Watch| watch.changed(there())] {
            let mut watch = Watch::new(true);
            assert_eq!(kind(watch.looked(&silent())), Some(Some(TroubleKind::CameraSilent)));
            assert_eq!(watch.retry(), None);
            assert_eq!(watch.probed(there()), None);
            assert_eq!(kind(heal(&mut watch)), Some(None));
        }
    }

    #[test]
    fn what_is_not_followed_is_neither_tried_nor_told() {
        let mut watch = Watch::new(false);
        assert_eq!(watch.looked(&silent()), None);
        assert_eq!(watch.retry(), None);
    }

    #[test]
    fn a_node_that_comes_or_goes_is_told_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let changed = follow(folder.path().to_owned());
        let patience = Duration::from_secs(10);
        // The thread may need a moment to begin: make it speak first.
        let begun = std::time::Instant::now();
        let node = folder.path().join("video0");
        while changed.recv_timeout(Duration::from_millis(20)).is_err() {
            assert!(begun.elapsed() < patience, "nothing is told");
            let _ = std::fs::remove_file(&node);
            std::fs::write(&node, "").unwrap();
        }
        while changed.recv_timeout(Duration::from_millis(50)).is_ok() {}
        std::fs::write(folder.path().join("tty1"), "").unwrap();
        assert!(changed.recv_timeout(Duration::from_millis(100)).is_err());
        // Whether a camera is there is found out by opening it, which must not be told in its turn.
        drop(std::fs::OpenOptions::new().read(true).write(true).open(&node).unwrap());
        assert!(
            changed.recv_timeout(Duration::from_millis(100)).is_err(),
            "a node that is looked at is told"
        );
        std::fs::set_permissions(&node, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(changed.recv_timeout(patience).is_ok(), "a node with other rights is told");
        std::fs::remove_file(&node).unwrap();
        assert!(changed.recv_timeout(patience).is_ok(), "a node that goes is told");
    }
}
