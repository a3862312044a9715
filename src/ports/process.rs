//! Programs that are started: none of them is waited for without an end.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// How long the end of a process that was killed is waited for.
const GONE_WITHIN: Duration = Duration::from_secs(1);

/// Between two looks at whether a process has ended.
const GLANCE: Duration = Duration::from_millis(5);

/// What a program may say, in bytes, each way.
const MOST_WORDS: usize = 64 << 10;

/// Kills a process and waits for its end, a second at most: one that hangs in the kernel, in a driver, cannot be
/// waited for.
pub(crate) fn end(child: &mut Child) -> Option<ExitStatus> {
    let _ = child.kill();
    let status = ended(child, Instant::now() + GONE_WITHIN);
    if status.is_none() {
        tracing::warn!(pid = child.id(), "a process that was killed does not end");
    }
    status
}

/// Waits for the end of a process until `deadline`.
pub(crate) fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(GLANCE),
            _ => return None,
        }
    }
}

/// A program that reads what a stranger made: it gets nothing of our environment but where programs lie, nothing to
/// read but its file, and only its output is heard.
pub(crate) fn confined(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(search) = std::env::var_os("PATH") {
        command.env("PATH", search);
    }
    command
}

/// Whether a program of this name is where programs are looked for.
pub(crate) fn is_installed(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// The name of a file for the programs of FFmpeg. With the protocol before it, no name is anything else.
pub(crate) fn as_file(path: &Path) -> OsString {
    let mut file = OsString::from("file:");
    file.push(path);
    file
}

/// Reads the next piece of what a program writes; 0 bytes at its end.
///
/// # Errors
/// `TimedOut` when nothing comes until `deadline`.
pub(crate) fn read_until(
    pipe: &mut (impl Read + AsFd),
    piece: &mut [u8],
    deadline: Instant,
) -> io::Result<usize> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&timespec(left))) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        match pipe.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: time.subsec_nanos().into() }
}

/// What a program says until it ends, within `limit`; then it is killed. What is beyond 64 KiB is not kept.
///
/// # Errors
/// When it cannot be started, or does not end in time.
pub(crate) fn output(command: &mut Command, limit: Duration) -> io::Result<Output> {
    let until = Instant::now() + limit;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut piece = [0; 4096];
    while out.is_some() || err.is_some() {
        let left = until.saturating_duration_since(Instant::now());
        let mut ends: Vec<PollFd<'_>> = Vec::new();
        ends.extend(out.as_ref().map(|end| PollFd::new(end, PollFlags::IN)));
        ends.extend(err.as_ref().map(|end| PollFd::new(end, PollFlags::IN)));
        let heard = poll(&mut ends, Some(&timespec(left)));
        let speaks: Vec<bool> = ends.iter().map(|end| !end.revents().is_empty()).collect();
        drop(ends);
        match heard {
            Ok(0) => {
                end(&mut child);
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("it did not end within {limit:?}"),
                ));
            }
            Err(Errno::INTR) => continue,
            Err(error) => {
                end(&mut child);
                return Err(error.into());
            }
            Ok(_) => {}
        }
        let mut speaks = speaks.into_iter();
        if out.is_some() && speaks.next() == Some(true) {
            hear(&mut out, &mut stdout, &mut piece);
        }
        if err.is_some() && speaks.next() == Some(true) {
            hear(&mut err, &mut stderr, &mut piece);
        }
    }
    // It may have closed its pipes and stay.
    let status = ended(&mut child, until).or_else(|| end(&mut child));
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "it does not end"))?;
    Ok(Output { status, stdout, stderr })
}

/// Reads once; the pipe is gone at its end.
fn hear<T: Read>(pipe: &mut Option<T>, words: &mut Vec<u8>, piece: &mut [u8]) {
    let Some(from) = pipe else { return };
    match from.read(piece) {
        Ok(0) => *pipe = None,
        Ok(count) => words.extend(piece.iter().take(count.min(MOST_WORDS.saturating_sub(words.len())))),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(_) => *pipe = None,
    }
}

/// A script that stands for a program, in a folder of the test.
#[cfg(test)]
pub(crate) fn stand_in(folder: &Path, name: &str, script: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let program = folder.join(name);
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> io::Result<Output> {
        output(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn a_program_is_heard_to_its_end_and_killed_where_it_has_none() {
        let said = shell("echo out; echo err >&2; exit 3", Duration::from_secs(60)).unwrap();
        assert_eq!((said.stdout.as_slice(), said.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(said.status.code(), Some(3));
        let much = shell("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2", Duration::from_secs(60))
            .unwrap();
        assert_eq!((much.stdout.len(), much.stderr.len()), (MOST_WORDS, MOST_WORDS));
        for script in ["exec sleep 600", "exec yes", "exec yes >&2"] {
            let error = shell(script, Duration::from_millis(300)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{script}");
        }
        // One that closes its pipes and stays is ended too.
        let begun = Instant::now();
        assert!(shell("exec >&- 2>&-; exec sleep 600", Duration::from_millis(300)).is_ok());
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert!(output(&mut Command::new("/no/such/program"), Duration::from_secs(1)).is_err());
    }
}
