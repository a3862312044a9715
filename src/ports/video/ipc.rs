//! mpv's JSON protocol: one line a command, one line an answer, and events in between.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::{Value, json};

/// No line of mpv's is longer: the longest are playlists, which are never asked for.
const LONGEST_LINE: u64 = 1 << 20;
/// Each answer is taken at once; one who sends more than these without being asked is no mpv.
const MOST_ANSWERS: usize = 1024;
/// Failures kept until somebody asks.
const MOST_FAILURES: usize = 256;

/// A connection to mpv. Its reader runs on a thread of its own, which ends with the connection.
pub(super) struct Ipc {
    stream: UnixStream,
    answers: Receiver<Value>,
    seen: Arc<Seen>,
    reader: Option<JoinHandle<()>>,
    last: u64,
}

/// What the events told.
#[derive(Default)]
struct Seen {
    failures: Mutex<VecDeque<Failure>>,
    started: AtomicI64,
}

/// An entry of mpv's playlist that could not be played.
#[derive(Debug)]
pub(super) struct Failure {
    /// mpv's number of the entry.
    pub entry: i64,
    /// Why, in mpv's words.
    pub reason: String,
}

/// Why a command has no answer.
#[derive(Debug)]
pub(super) enum IpcError {
    /// The connection is closed.
    Gone(String),
    /// No answer in time.
    Silent,
    /// mpv says no, in its words.
    Refused(String),
}

impl Ipc {
    /// Speaks over a connected socket; a token goes into `wake` at each event that may matter and
    /// when the connection ends.
    pub fn new(stream: UnixStream, exchange: Duration, wake: Sender<()>) -> io::Result<Ipc> {
        stream.set_write_timeout(Some(exchange.max(Duration::from_millis(1))))?;
        let incoming = stream.try_clone()?;
        let (answer, answers) = bounded(MOST_ANSWERS);
        let seen = Arc::new(Seen::default());
        let noted = seen.clone();
        let reader = thread::Builder::new()
            .name("video-read".to_owned())
            .spawn(move || read(incoming, &answer, &noted, &wake))?;
        Ok(Ipc { stream, answers, seen, reader: Some(reader), last: 0 })
    }

    /// Sends a command and waits for its answer, `limit` at most.
    pub fn ask(&mut self, command: Value, limit: Duration) -> Result<Value, IpcError> {
        let until = Instant::now() + limit;
        self.last += 1;
        let mut line = json!({ "command": command, "request_id": self.last }).to_string();
        line.push('\n');
        self.stream.write_all(line.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => IpcError::Silent,
            _ => IpcError::Gone(error.to_string()),
        })?;
        loop {
            let mut answer = self.answers.recv_deadline(until).map_err(|error| match error {
                crossbeam_channel::RecvTimeoutError::Timeout => IpcError::Silent,
                crossbeam_channel::RecvTimeoutError::Disconnected => {
                    IpcError::Gone("it closed the connection".to_owned())
                }
            })?;
            // An answer to a question that was given up is passed over.
            if answer.get("request_id").and_then(Value::as_u64) == Some(self.last) {
                return match answer.get("error").and_then(Value::as_str) {
                    Some("success") => Ok(answer.get_mut("data").map_or(Value::Null, Value::take)),
                    Some(error) => Err(IpcError::Refused(error.to_owned())),
                    None => Err(IpcError::Refused("an answer without a result".to_owned())),
                };
            }
        }
    }

    /// The number of the playlist entry that mpv began with last; 0 before the first. Numbers only grow.
    pub fn started(&self) -> i64 {
        self.seen.started.load(Ordering::Acquire)
    }

    /// What could not be played since the last call.
    pub fn take_failures(&self) -> Vec<Failure> {
        self.seen.failures.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

impl Drop for Ipc {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// The reader's thread: sorts lines into answers and events until the connection ends.
fn read(incoming: UnixStream, answer: &Sender<Value>, seen: &Seen, wake: &Sender<()>) {
    let mut incoming = BufReader::new(incoming);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut incoming).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) if line.last() != Some(&b'\n') => break,
            Ok(_) => {}
        }
        // mpv may put bytes of a file's tags into a line that are not UTF-8: such a line is no answer.
        let Ok(message) = serde_json::from_slice::<Value>(&line) else { continue };
        let Some(event) = message.get("event").and_then(Value::as_str) else {
            // Waiting for room would keep the thread that closes the connection waiting too.
            if answer.try_send(message).is_err() {
                break;
            }
            continue;
        };
        let entry = message.get("playlist_entry_id").and_then(Value::as_i64);
        if event == "start-file" {
            seen.started.store(entry.unwrap_or_default(), Ordering::Release);
        }
        if event == "end-file" && message.get("reason").and_then(Value::as_str) == Some("error") {
            let reason = message.get("file_error").and_then(Value::as_str).unwrap_or("mpv cannot play it");
            let mut failures = seen.failures.lock().unwrap_or_else(PoisonError::into_inner);
            if failures.len() < MOST_FAILURES {
                failures.push_back(Failure { entry: entry.unwrap_or_default(), reason: reason.to_owned() });
            }
        }
        // A full channel means that somebody is about to look anyway.
        if matches!(event, "end-file" | "playback-restart" | "property-change" | "idle" | "shutdown") {
            let _ = wake.try_send(());
        }
    }
    let _ = wake.try_send(());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Ipc, UnixStream, Receiver<()>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (wake, woken) = crossbeam_channel::bounded(1);
        (Ipc::new(ours, Duration::from_secs(5), wake).unwrap(), theirs, woken)
    }

    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn an_answer_is_found_among_garbage_events_and_old_answers() {
        let (mut ipc, mut theirs, woken) = pair();
        theirs
            .write_all(
                b"garbage\n\xff\xfe\n[]\n{\"request_id\":77,\"error\":\"success\"}\n\
                  {\"event\":\"end-file\",\"reason\":\"error\",\"playlist_entry_id\":4,\"file_error\":\"no\"}\n\
                  {\"request_id\":1,\"error\":\"success\",\"data\":12.5}\n",
            )
            .unwrap();
        assert_eq!(ipc.ask(json!(["get_property", "time-pos"]), LIMIT).unwrap(), json!(12.5));
        assert!(woken.recv_timeout(LIMIT).is_ok());
        let failures = ipc.take_failures();
        assert_eq!((failures.len(), failures[0].entry, failures[0].reason.as_str()), (1, 4, "no"));
        let mut asked = String::new();
        BufReader::new(theirs).read_line(&mut asked).unwrap();
        assert_eq!(asked, "{\"command\":[\"get_property\",\"time-pos\"],\"request_id\":1}\n");
    }

    #[test]
    fn a_flood_of_answers_that_nobody_asked_for_ends_the_connection() {
        let (mut ipc, mut theirs, woken) = pair();
        theirs.set_write_timeout(Some(LIMIT)).unwrap();
        // As long as there is somebody who reads.
        for number in 0.. {
            if theirs.write_all(b"{\"request_id\":0,\"error\":\"success\"}\n").is_err() {
                break;
            }
            assert!(number < 1_000_000, "it takes whatever comes");
        }
        assert!(woken.recv_timeout(LIMIT).is_ok());
        assert!(matches!(ipc.ask(json!(["x"]), LIMIT), Err(IpcError::Gone(_))));
    }

    #[test]
    fn silence_refusal_and_the_end_are_told_apart() {
        let (mut ipc, mut theirs, woken) = pair();
        assert!(matches!(ipc.ask(json!(["x"]), Duration::from_millis(20)), Err(IpcError::Silent)));
        theirs
            .write_all(b"{\"request_id\":2,\"error\":\"invalid parameter\"}\n{\"request_id\":3}\n")
            .unwrap();
        assert!(matches!(ipc.ask(json!(["x"]), LIMIT), Err(IpcError::Refused(_))));
        assert!(matches!(ipc.ask(json!(["x"]), LIMIT), Err(IpcError::Refused(_))));
        drop(theirs);
        assert!(woken.recv_timeout(LIMIT).is_ok());
        assert!(matches!(ipc.ask(json!(["x"]), LIMIT), Err(IpcError::Gone(_))));
    }
}
