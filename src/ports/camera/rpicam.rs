//! `rpicam-vid` as a child process: it is started, its frames are read from a pipe, and it is ended.
//!
//! Raspberry Pi OS installs it. It is run as a program because the library below it (libcamera) changes
//! its binary interface with each release, so that one package linked to it could not fit them all.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::wipe;
use crate::ports::process::{self, ended};

/// The size that is asked for. Both sides are multiples of 64, so no release pads a row.
pub(super) const WIDTH: u32 = 640;
/// See [`WIDTH`].
pub(super) const HEIGHT: u32 = 480;
/// A frame of `yuv420`: a luma plane, then two chroma planes of a quarter of its size.
pub(super) const FRAME_BYTES: usize = (WIDTH * HEIGHT + WIDTH * HEIGHT / 2) as usize;

/// Today's name, and the name it had before Raspberry Pi OS Bookworm.
const PROGRAMS: [&str; 2] = ["rpicam-vid", "libcamera-vid"];

/// Longest time that it may take to say which cameras there are.
const LISTING: Duration = Duration::from_secs(5);
/// The last bytes that it said, for a report.
const MOST_WORDS: usize = 4096;
/// A list of cameras with all their modes; as much as a pipe holds.
const MOST_LISTED: usize = 64 << 10;

/// The program, by its names in the folders of `PATH`.
pub(super) fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let runs = |file: &PathBuf| {
        file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    PROGRAMS.iter().find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(runs))
}

/// Starts it so that it cannot outlive this process: `setpriv` (package util-linux, which every Debian has)
/// asks the kernel to kill it when the thread that started it is gone.
fn spawn(program: &Path, arguments: &[&str]) -> io::Result<Child> {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program)
        .args(arguments)
        // Its library speaks of every start; what it warns of is enough.
        .env("LIBCAMERA_LOG_LEVELS", "*:WARN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what it started itself is ended with it.
        .process_group(0)
        .spawn()
}

/// Kills it and what it started, and waits until it is gone: its camera is off then.
fn end(child: &mut Child) {
    let pid = Pid::from_child(child);
    if matches!(child.try_wait(), Ok(None)) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    process::end(child);
}

/// How it ended when it was asked which cameras are there, and what it said; `None` when it does not end in time.
pub(super) fn list(program: &Path) -> io::Result<Option<(ExitStatus, String)>> {
    let mut child = spawn(program, &["--list-cameras"])?;
    let status = ended(&mut child, Instant::now() + LISTING);
    end(&mut child);
    let Some(status) = status else { return Ok(None) };
    let mut words = Vec::new();
    if let Some(out) = &child.stdout {
        unblocked(out)?;
        take(out, &mut words, MOST_LISTED);
    }
    if let Some(errors) = &child.stderr {
        unblocked(errors)?;
        take(errors, &mut words, MOST_LISTED);
    }
    Ok(Some((status, String::from_utf8_lossy(&words).into_owned())))
}

/// The cameras in that list: their numbers and the names of their sensors.
pub(super) fn listed(words: &str) -> Vec<(u32, String)> {
    words
        .lines()
        .filter_map(|line| {
            let (number, rest) = line.trim_start().split_once(" : ")?;
            let name = rest.split_whitespace().next()?;
            Some((number.parse().ok()?, name.to_owned()))
        })
        .collect()
}

fn unblocked(pipe: impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(&pipe)?;
    Ok(rustix::fs::fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?)
}

/// Takes what a pipe holds; true when no more can come. What is too long loses its beginning.
fn take(pipe: impl AsFd, words: &mut Vec<u8>, most: usize) -> bool {
    let mut some = [0; 1024];
    loop {
        match rustix::io::read(&pipe, &mut some) {
            Ok(0) => return true,
            Ok(count) => words.extend_from_slice(&some[..count]),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => break,
            Err(_) => return true,
        }
        words.drain(..words.len().saturating_sub(most));
    }
    false
}

/// Why a wait ended without a frame.
#[derive(Debug)]
pub(super) enum NoFrame {
    /// The time is over; so many bytes of a first frame had come.
    Late { bytes: usize },
    /// It ended, or closed its output.
    Ended { status: Option<ExitStatus>, words: String },
}

/// The program while it streams. A thread empties the pipe all the time and keeps the newest whole frame, so
/// that a slow reader never looks at an old picture.
pub(super) struct Frames {
    child: Child,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
    /// The number of the frame that was taken last.
    taken: u64,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    /// The newest frame; zeros once it was taken.
    newest: Vec<u8>,
    /// How many whole frames have come.
    count: u64,
    /// Bytes of the frame that is being read.
    begun: usize,
    words: Vec<u8>,
    ended: bool,
    stop: bool,
}

impl Drop for Slot {
    fn drop(&mut self) {
        wipe(&mut self.newest);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Frames {
    /// Starts the camera of that number.
    pub fn start(program: &Path, number: u32) -> io::Result<Frames> {
        let (number, width, height) = (number.to_string(), WIDTH.to_string(), HEIGHT.to_string());
        #[rustfmt::skip]
        let arguments = [
            "-n", "-v", "0",
            // Its own end, in milliseconds, if all else should fail: a look takes some ten seconds at most.
            "-t", "60000",
            "--camera", &number, "--codec", "yuv420", "--width", &width, "--height", &height,
            "--framerate", "30", "--flush", "-o", "-",
        ];
        let mut child = spawn(program, &arguments)?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let shared = Arc::new(Shared::default());
        let kept = shared.clone();
        let started = pipes.ok_or_else(|| io::Error::other("it has no output")).and_then(|(out, errors)| {
            unblocked(&out)?;
            unblocked(&errors)?;
            let reader = thread::Builder::new().name("camera-pipe".to_owned());
            reader.spawn(move || read(&out, errors, &kept))
        });
        match started {
            Ok(reader) => Ok(Frames { child, shared, reader: Some(reader), taken: 0 }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    /// Hands over the newest frame that was not taken yet, or waits for it.
    pub fn next(&mut self, deadline: Instant, fill: &mut dyn FnMut(&[u8])) -> Result<(), NoFrame> {
        let mut slot = self.shared.lock();
        loop {
            if slot.count > self.taken {
                self.taken = slot.count;
                fill(&slot.newest);
                slot.newest.fill(0);
                return Ok(());
            }
            if slot.ended {
                let words = String::from_utf8_lossy(&slot.words).trim().to_owned();
                drop(slot);
                let status = ended(&mut self.child, Instant::now() + Duration::from_millis(500));
                return Err(NoFrame::Ended { status, words });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let bytes = if slot.count == 0 { slot.begun } else { 0 };
                return Err(NoFrame::Late { bytes });
            }
            slot = self
                .shared
                .changed
                .wait_timeout(slot, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(slot, _)| slot);
        }
    }

    /// What it has said so far.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().words).into_owned()
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        end(&mut self.child);
        self.shared.lock().stop = true;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Empties both pipes until the child ends or the stream is given up. What is left in the pipe is then read
/// and wiped like a frame.
fn read(out: &ChildStdout, errors: ChildStderr, shared: &Shared) {
    let mut frame = vec![0; FRAME_BYTES];
    let mut at = 0;
    let mut errors = Some(errors);
    // A process that the child started may hold the pipe open after its end.
    let glance = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    loop {
        let mut pipes = vec![PollFd::new(out, PollFlags::IN)];
        pipes.extend(errors.as_ref().map(|errors| PollFd::new(errors, PollFlags::IN)));
        if let Err(error) = poll(&mut pipes, Some(&glance))
            && error != Errno::INTR
        {
            tracing::warn!(%error, "the camera's pipe cannot be waited for");
            break;
        }
        drop(pipes);
        let mut slot = shared.lock();
        if errors.as_ref().is_some_and(|errors| take(errors, &mut slot.words, MOST_WORDS)) {
            errors = None;
        }
        if slot.stop {
            break;
        }
        drop(slot);
        match rustix::io::read(out, &mut frame[at..]) {
            Ok(0) => break,
            Ok(count) => at += count,
            Err(Errno::AGAIN | Errno::INTR) => continue,
            Err(error) => {
                tracing::warn!(%error, "the camera's pipe cannot be read");
                break;
            }
        }
        let mut slot = shared.lock();
        if at == FRAME_BYTES {
            // The older frame lies where the next one is read, and is overwritten by it.
            std::mem::swap(&mut frame, &mut slot.newest);
            frame.resize(FRAME_BYTES, 0);
            slot.count += 1;
            at = 0;
            shared.changed.notify_all();
        }
        slot.begun = at;
    }
    while matches!(rustix::io::read(out, &mut frame), Ok(1..)) {}
    wipe(&mut frame);
    let mut slot = shared.lock();
    if let Some(errors) = errors {
        take(errors, &mut slot.words, MOST_WORDS);
    }
    slot.ended = true;
    shared.changed.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cameras_of_its_list_are_found_and_everything_else_is_not() {
        // As rpicam-apps 1.5 prints it on a Pi 5 with two cameras.
        let words = "Available cameras\n-----------------\n\
            0 : imx708_wide [4608x2592 10-bit RGGB] (/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a)\n\
            \x20   Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]\n\
            \x20                            2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]\n\
            1 : ov5647 [2592x1944 10-bit GBRG] (/base/axi/pcie@120000/rp1/i2c@80000/ov5647@36)\n";
        assert_eq!(listed(words), [(0, "imx708_wide".to_owned()), (1, "ov5647".to_owned())]);
        for nothing in ["", "No cameras available!\n", "ERROR: *** no cameras available ***\n", " : "] {
            assert!(listed(nothing).is_empty(), "{nothing}");
        }
    }
}
