//! Real players for tests: each private to its test, killed and cleaned up with it.

#![allow(dead_code, reason = "each story uses its own part")]

pub mod broker;
pub mod mpd;
pub mod mpv;
pub mod wav;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(15));
    }
}

/// Takes messages until one answers; shows those that did not, when none does.
pub fn receive<M: std::fmt::Debug, T>(
    what: &str,
    from: &Receiver<M>,
    mut wanted: impl FnMut(&M) -> Option<T>,
) -> T {
    let until = Instant::now() + PATIENCE;
    let mut others = Vec::new();
    loop {
        match from.recv_deadline(until) {
            Ok(message) => match wanted(&message) {
                Some(answer) => return answer,
                None => others.push(message),
            },
            Err(error) => panic!("waited in vain for {what} ({error}); there came {others:#?}"),
        }
    }
}

/// Sends a signal by its name to a process that this test started.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Runs a program to its end and insists that it did well.
pub fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("`{program}` is needed here: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Has `ffmpeg` make a file of a source of its own (`lavfi`); what stood there is written over.
pub fn ffmpeg(source: &str, options: &[&str], file: &str) {
    run("ffmpeg", &[&["-v", "error", "-f", "lavfi", "-i", source], options, &["-y", file]].concat());
}
