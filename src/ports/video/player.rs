//! An mpv that the daemon starts itself.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{VideoError, VideoSettings};
use crate::ports::music::connect_unix;
use crate::ports::process;

/// How often a starting mpv is asked whether it listens. It takes about a quarter of a second.
const GLANCE: Duration = Duration::from_millis(20);

/// What mpv says in one line, at most.
const LONGEST_WORDS: u64 = 4096;

/// A running mpv. Killed and reaped when dropped; it also leaves by itself when this process is gone.
pub(super) struct Player {
    child: Child,
    /// mpv quits when this end is closed, which the kernel does even for a process that was killed.
    _lifeline: UnixStream,
    socket: PathBuf,
    last_words: Arc<Mutex<String>>,
}

impl Player {
    /// Starts mpv and connects to it, both within the settings' time.
    pub fn start(settings: &VideoSettings) -> Result<(Player, UnixStream), VideoError> {
        let program = settings.program.display().to_string();
        private_folder(&settings.runtime)?;
        let socket = settings.runtime.join("mpv.sock");
        let failed = |reason: String| VideoError::Start { program: program.clone(), reason };
        // A socket left from a crash would be refused, or worse, answered by somebody else.
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error.to_string())),
            _ => {}
        }
        let (lifeline, theirs) = UnixStream::pair().map_err(|error| failed(error.to_string()))?;
        let spawned = Command::new(&settings.program)
            .args(options(settings, &socket))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal is for the daemon, which then ends mpv in its turn.
            .process_group(0)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(VideoError::NoProgram { program });
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let last_words = Arc::new(Mutex::new(String::new()));
        if let Some(errors) = child.stderr.take() {
            let words = last_words.clone();
            let listener = thread::Builder::new().name("video-errors".to_owned()).spawn(move || {
                let mut errors = BufReader::new(errors);
                let mut line = Vec::new();
                // A line without an end is taken in pieces.
                while (&mut errors)
                    .take(LONGEST_WORDS)
                    .read_until(b'\n', &mut line)
                    .is_ok_and(|count| count > 0)
                {
                    let said = String::from_utf8_lossy(&line).trim_end().escape_debug().to_string();
                    tracing::debug!(target: "mpv", "{said}");
                    *words.lock().unwrap_or_else(PoisonError::into_inner) = said;
                    line.clear();
                }
            });
            if let Err(error) = listener {
                tracing::warn!(%error, "what mpv says is not heard");
            }
        }
        let mut player = Player { child, _lifeline: lifeline, socket, last_words };
        let stream = player.reach(settings.start, &program)?;
        Ok((player, stream))
    }

    /// Waits until it listens.
    fn reach(&mut self, limit: Duration, program: &str) -> Result<UnixStream, VideoError> {
        let until = Instant::now() + limit;
        loop {
            if let Ok(stream) = connect_unix(&self.socket, limit) {
                // mpv makes it 0600 itself; this holds whatever version or umask there is.
                let private = fs::set_permissions(&self.socket, fs::Permissions::from_mode(0o600));
                return private.map(|()| stream).map_err(|error| VideoError::Folder {
                    path: self.socket.display().to_string(),
                    reason: error.to_string(),
                });
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
                let reason = format!("it ended at once ({status}) {words}");
                return Err(VideoError::Start {
                    program: program.to_owned(),
                    reason: reason.trim_end().to_owned(),
                });
            }
            if Instant::now() >= until {
                let reason = format!("it did not listen within {} s", limit.as_secs());
                return Err(VideoError::Start { program: program.to_owned(), reason });
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        process::end(&mut self.child);
        let _ = fs::remove_file(&self.socket);
    }
}

/// A folder that only this user can enter: a user who reaches mpv's socket can make it run programs.
pub(super) fn private_folder(path: &Path) -> Result<(), VideoError> {
    let wrong = |reason: String| VideoError::Folder { path: path.display().to_string(), reason };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| wrong(error.to_string()))?;
    let there = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if there.uid() != rustix::process::geteuid().as_raw() {
        return Err(wrong("it belongs to another user".to_owned()));
    }
    if there.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// The options of mpv, started by the daemon or by systemd; systemd's unit says the same.
const OPTIONS: [&str; 24] = [
    // Nothing of the user's own mpv may change the kiosk, and no key or script reaches it.
    "--no-config",
    "--load-scripts=no",
    "--ytdl=no",
    "--input-default-bindings=no",
    "--input-vo-keyboard=no",
    "--input-terminal=no",
    "--quiet",
    "--msg-level=all=error",
    "--osc=no",
    "--osd-level=0",
    "--sub-auto=no",
    "--audio-file-auto=no",
    "--access-references=no",
    "--idle=yes",
    "--force-window=yes",
    "--fullscreen=yes",
    "--cursor-autohide=always",
    "--keep-open=yes",
    "--keep-open-pause=no",
    "--image-display-duration=inf",
    "--prefetch-playlist=yes",
    "--volume-max=100",
    // Sound only when a clip is said to speak: an output that is open blocks MPD's on plain ALSA.
    "--aid=no",
    // Without a sound device a clip is shown all the same; it would count as broken.
    "--audio-fallback-to-null=yes",
];

fn options(settings: &VideoSettings, socket: &Path) -> Vec<OsString> {
    let mut options: Vec<OsString> = OPTIONS.map(OsString::from).to_vec();
    options.push("--input-ipc-client=fd://0".into());
    let mut set = |name: &str, value: &std::ffi::OsStr| {
        let mut option = OsString::from(name);
        option.push(value);
        options.push(option);
    };
    set("--input-ipc-server=", socket.as_os_str());
    if let Some(vo) = settings.vo.as_deref().or_else(|| (!screen()).then_some("null")) {
        set("--vo=", vo.as_ref());
    }
    options.extend(settings.options.iter().map(OsString::from));
    options
}

/// Whether there is something to show a video on: a desktop session or a connected display.
fn screen() -> bool {
    let session = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var_os(name).is_some());
    session || connected(Path::new("/sys/class/drm"))
}

/// Whether one of the kernel's display connectors has a display on it.
fn connected(drm: &Path) -> bool {
    let Ok(connectors) = fs::read_dir(drm) else { return false };
    connectors.filter_map(Result::ok).any(|connector| {
        fs::read_to_string(connector.path().join("status")).is_ok_and(|status| status.trim() == "connected")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_one_that_the_kernel_calls_connected() {
        let drm = tempfile::tempdir().unwrap();
        assert!(!connected(drm.path()) && !connected(&drm.path().join("none")));
        for (connector, status) in [("card0", None), ("card0-HDMI-A-1", Some("disconnected\n"))] {
            fs::create_dir(drm.path().join(connector)).unwrap();
            if let Some(status) = status {
                fs::write(drm.path().join(connector).join("status"), status).unwrap();
            }
        }
        assert!(!connected(drm.path()));
        fs::write(drm.path().join("card0-HDMI-A-1/status"), "connected\n").unwrap();
        assert!(connected(drm.path()));
    }

    #[test]
    fn the_unit_starts_mpv_as_the_player_does() {
        let unit = include_str!("../../../systemd/moodbox-video.service");
        let told: Vec<&str> = unit
            .lines()
            .map(|line| line.trim().trim_end_matches(" \\"))
            .filter(|line| line.starts_with("--"))
            .collect();
        let (common, own): (Vec<&str>, Vec<&str>) = told.iter().partition(|option| OPTIONS.contains(option));
        assert_eq!(common, OPTIONS);
        let names: Vec<&str> = own.iter().filter_map(|option| option.split('=').next()).collect();
        assert_eq!(names, ["--vo", "--input-ipc-server"]);
    }

    #[test]
    fn the_folder_is_made_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        private_folder(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        private_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        fs::write(folder.path().join("file"), b"").unwrap();
        assert!(private_folder(&folder.path().join("file/x")).is_err());
    }
}
