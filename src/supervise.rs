//! Named threads that are watched: when one ends, the process ends, with its name in the last line.
//! systemd starts it again. A kiosk that goes on without one of its threads would only look as if it worked.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

const RETURNED: &str = "it returned";

/// A thread that ended.
#[derive(Debug, thiserror::Error)]
#[error("thread `{name}` ended: {reason}")]
pub struct Ended {
    /// Its name.
    pub name: &'static str,
    /// How it ended.
    pub reason: String,
}

/// Spawns threads and tells of the first that ends.
pub struct Supervisor {
    tell: Sender<Ended>,
    ended: Receiver<Ended>,
    spawned: Vec<&'static str>,
}

impl Supervisor {
    /// Watches no thread yet.
    pub fn new() -> Supervisor {
        let (tell, ended) = unbounded();
        Supervisor { tell, ended, spawned: Vec::new() }
    }

    /// Runs `body` on a thread of this name. Its end, for whatever reason, is told.
    pub fn spawn(&mut self, name: &'static str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let tell = self.tell.clone();
        self.spawned.push(name);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let reason = match catch_unwind(AssertUnwindSafe(body)) {
                Ok(()) => RETURNED.to_owned(),
                Err(panic) => format!("it panicked: {}", message(panic.as_ref())),
            };
            // The receiver outlives every thread that matters; at exit nobody listens any more.
            let _ = tell.send(Ended { name, reason });
        })?;
        Ok(())
    }

    /// Waits until the threads of these names have ended, at most this long.
    pub fn join(&self, names: &[&'static str], limit: Duration) {
        let end = Instant::now() + limit;
        let mut left: Vec<&str> = names.iter().copied().filter(|name| self.spawned.contains(name)).collect();
        while !left.is_empty() {
            match self.ended.recv_deadline(end) {
                Ok(ended) => {
                    left.retain(|name| *name != ended.name);
                    // A panic while the program ends is still logged.
                    if ended.reason != RETURNED {
                        tracing::error!("{ended}");
                    }
                }
                Err(_) => {
                    tracing::warn!("still busy while leaving: {}", left.join(", "));
                    return;
                }
            }
        }
    }

    /// Where the ends of threads are told.
    pub fn ended(&self) -> &Receiver<Ended> {
        &self.ended
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Supervisor::new()
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_or_returns_is_told_by_its_name() {
        let mut supervisor = Supervisor::new();
        supervisor.spawn("camera", || panic!("torn")).unwrap();
        let ended = supervisor.ended().recv().unwrap();
        assert_eq!(ended.to_string(), "thread `camera` ended: it panicked: torn");
        supervisor.spawn("panel", || {}).unwrap();
        assert_eq!(supervisor.ended().recv().unwrap().to_string(), "thread `panel` ended: it returned");
    }

    #[test]
    fn leaving_waits_for_the_named_threads_and_for_no_others() {
        let mut supervisor = Supervisor::new();
        let (hold, held) = crossbeam_channel::bounded::<()>(0);
        supervisor.spawn("button", move || assert!(held.recv().is_err())).unwrap();
        supervisor.spawn("music", || {}).unwrap();
        supervisor.join(&["music", "video"], Duration::from_secs(60));
        drop(hold);
    }
}
