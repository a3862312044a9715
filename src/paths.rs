//! Where the parts that are not in the binary lie: the tensor library, the networks, photos to try.

use std::path::{Path, PathBuf};

/// The folder of the networks, the tensor library and the photos.
///
/// `MOODBOX_ASSETS` names it; a checkout has it in `assets/` (made by `deploy/fetch-assets`);
/// a device has the package's folders.
fn assets() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MOODBOX_ASSETS") {
        return Some(named.into());
    }
    checkout().map(|root| root.join("assets")).filter(|folder| folder.is_dir())
}

/// The checkout that this binary was built in. The working directory never counts: it may be anybody's.
fn checkout() -> Option<PathBuf> {
    checkout_of(&std::env::current_exe().ok()?)
}

/// `<checkout>/target/[<platform>/]<profile>/[deps/]<binary>`, where the checkout has the mood model.
fn checkout_of(binary: &Path) -> Option<PathBuf> {
    let target = binary.ancestors().skip(2).take(3).find(|folder| folder.ends_with("target"))?;
    target.parent().filter(|root| root.join("models/mood.toml").is_file()).map(Path::to_owned)
}

/// `libtensorflowlite_c.so`.
pub fn runtime() -> PathBuf {
    let packaged = Path::new("/usr/lib/moodbox/libtensorflowlite_c.so");
    assets().map_or(packaged.to_owned(), |folder| folder.join("lib/libtensorflowlite_c.so"))
}

/// The face finder, BlazeFace short-range.
pub fn face_model() -> PathBuf {
    let packaged = Path::new("/usr/share/moodbox/models/face.tflite");
    assets().map_or(packaged.to_owned(), |folder| folder.join("models/face.tflite"))
}

/// The sidecar of the mood model.
pub fn mood_model() -> PathBuf {
    let packaged = Path::new("/usr/share/moodbox/models/mood.toml");
    checkout().map_or(packaged.to_owned(), |root| root.join("models/mood.toml"))
}

/// The spoken prompts.
pub(crate) fn prompts() -> PathBuf {
    let packaged = PathBuf::from("/usr/share/moodbox/prompts");
    checkout().map(|root| root.join("dist/prompts")).filter(|folder| folder.is_dir()).unwrap_or(packaged)
}

/// Pictures to try the device with.
pub(crate) fn photos() -> PathBuf {
    assets().map_or("/usr/share/moodbox/photos".into(), |folder| folder.join("photos"))
}

/// The picture between videos, for an mpv that systemd runs.
pub(crate) fn still() -> PathBuf {
    "/usr/share/moodbox/still.png".into()
}

/// The configuration of a device.
pub(crate) fn config() -> PathBuf {
    "/etc/moodbox/moodbox.toml".into()
}

/// The state folder of the service that `systemd/moodbox.service` runs.
const STATE_OF_SERVICE: &str = "/var/lib/moodbox";

/// What the device remembers: systemd's state directory; for root, who looks after the service, the same;
/// else the user's.
pub(crate) fn state() -> PathBuf {
    if let Some(folder) = std::env::var_os("STATE_DIRECTORY") {
        return folder.into();
    }
    match std::env::var_os("XDG_STATE_HOME") {
        Some(folder) => PathBuf::from(folder).join("moodbox"),
        None if rustix::process::geteuid().is_root() && Path::new(STATE_OF_SERVICE).is_dir() => {
            STATE_OF_SERVICE.into()
        }
        None => match std::env::var_os("HOME") {
            Some(home) => PathBuf::from(home).join(".local/state/moodbox"),
            None => "/var/lib/moodbox".into(),
        },
    }
}

/// Tells a user whose own state folder was written that the service reads another one.
pub(crate) fn note_of_another_state(what: &str) {
    let state = state();
    if state != Path::new(STATE_OF_SERVICE) && Path::new(STATE_OF_SERVICE).is_dir() {
        tell!(
            "note: {what} is in {}; the service has its own in {STATE_OF_SERVICE}: use sudo for it",
            state.display()
        );
    }
}

/// What lives while the device runs: sockets, the picture of the panel.
pub(crate) fn runtime_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("RUNTIME_DIRECTORY") {
        return folder.into();
    }
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) => PathBuf::from(folder).join("moodbox"),
        None => std::env::temp_dir().join(format!("moodbox-{}", rustix::process::getuid().as_raw())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_checkout_that_the_binary_was_built_in_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("models")).unwrap();
        std::fs::write(root.join("models/mood.toml"), "").unwrap();
        for built in [
            "target/debug/moodbox",
            "target/debug/deps/pure-1a",
            "target/aarch64-unknown-linux-gnu/release/moodbox",
        ] {
            assert_eq!(checkout_of(&root.join(built)).as_deref(), Some(root), "{built}");
        }
        // Somewhere below a folder with such a file, which may be anybody's.
        for other in ["moodbox", "bin/moodbox", "usr/bin/moodbox", "target/a/b/c/d/moodbox"] {
            assert_eq!(checkout_of(&root.join(other)), None, "{other}");
        }
    }
}
