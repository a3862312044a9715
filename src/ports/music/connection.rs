//! One connection to MPD: the protocol crate, and beside it plain questions over the same wire.
//!
//! The crate (`mpd` 0.1.0) does what it does well. Four things are asked plainly, because there it
//! loses the connection or the process:
//! - `status`: its parser fails on DSD streams, and an error in mid answer leaves the rest of the
//!   answer to be taken for the next;
//! - `addid`: it reads an `ACK` as a broken pair, so a song that is gone looks like a broken server;
//! - `sticker find`: it panics on an answer without a value;
//! - play modes and `noidle`: it knows no `oneshot`, and waits for ever at the end of the stream.

use std::io::{self, Read, Write};
use std::time::Duration;

use ::mpd::error::{Error, ErrorCode, ServerError};
use ::mpd::{Client, Idle, Subsystem};

use super::wire::{LONGEST_ANSWER, Wire};
use super::{MusicError, MusicSettings, NoStickers};
use crate::numbers::to_u32;

/// A connection that is open and has given its password.
pub(super) struct Connection {
    client: Client<Wire>,
    wire: Wire,
    address: String,
    exchange: Duration,
    /// The volume that was set last, in percent, until somebody asks.
    volume_set: Option<u8>,
}

/// No line is longer: the longest are the names of files.
const LONGEST_LINE: usize = 1 << 20;
/// More pairs than an answer of two megabytes has, but for one that is made to take time.
const MOST_PAIRS: usize = 1 << 18;

/// The names of a queue of 16,384 songs, MPD's own limit, in bytes.
const LONGEST_QUEUE: usize = 8 << 20;

/// The pairs of an answer, in their order. All their text is one piece: whoever answers decides how many there are, and
/// two strings for each would take ten times what came.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    text: String,
    /// Where each key and each value ends.
    ends: Vec<(u32, u32)>,
}

impl Pairs {
    /// One more.
    pub fn push(&mut self, key: &str, value: &str) {
        self.text.push_str(key);
        let key = to_u32(self.text.len());
        self.text.push_str(value);
        self.ends.push((key, to_u32(self.text.len())));
    }

    /// Key and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end as usize));
        starts.zip(&self.ends).map(|(start, (key, end))| {
            let (key, end) = (*key as usize, *end as usize);
            (&self.text[start..key], &self.text[key..end])
        })
    }
}

impl Connection {
    /// Connects, and gives the password.
    ///
    /// # Errors
    /// When the server does not answer in time, or refuses the password.
    pub fn open(settings: &MusicSettings) -> Result<Connection, MusicError> {
        let address = settings.address.to_string();
        let wire = Wire::open(&settings.address, settings.connect)
            .map_err(|error| absent(&address, settings.connect, error))?;
        Connection::over(wire, settings)
    }

    /// One over a wire that is connected already.
    pub fn over(wire: Wire, settings: &MusicSettings) -> Result<Connection, MusicError> {
        let address = settings.address.to_string();
        wire.allow(settings.exchange);
        let client =
            Client::new(wire.clone()).map_err(|error| explain(&address, settings.exchange, error))?;
        let mut connection =
            Connection { client, wire, address, exchange: settings.exchange, volume_set: None };
        if let Some(password) = &settings.password {
            // A line end would start a second command.
            if password.contains(['\n', '\r', '\0']) {
                return Err(MusicError::Password {
                    address: connection.address,
                    reason: "a password is one line".to_owned(),
                });
            }
            connection.run(|client| client.login(password))?;
        }
        Ok(connection)
    }

    /// Notes a volume that is about to be set.
    pub fn note_volume(&mut self, percent: u8) {
        self.volume_set = Some(percent);
    }

    /// The volume that was set since this was last asked.
    pub fn volume_set(&mut self) -> Option<u8> {
        self.volume_set.take()
    }

    /// One command through the crate, within the deadline.
    pub fn run<T>(
        &mut self,
        command: impl FnOnce(&mut Client<Wire>) -> Result<T, Error>,
    ) -> Result<T, MusicError> {
        self.wire.allow(self.exchange);
        command(&mut self.client).map_err(|error| explain(&self.address, self.exchange, error))
    }

    /// One command asked plainly. `words` are quoted; the first is the command, which may be of two.
    pub fn ask(&mut self, words: &[&str]) -> Result<Pairs, MusicError> {
        self.wire.allow_bytes(self.exchange, LONGEST_ANSWER);
        self.exchange_plainly(words).map_err(|error| explain(&self.address, self.exchange, error))
    }

    /// As [`Connection::ask`], where only what has these names is kept of an answer of so many bytes: no more than the longest
    /// answer.
    pub fn ask_for(&mut self, words: &[&str], names: &[&str], bytes: usize) -> Result<Pairs, MusicError> {
        self.wire.allow_bytes(self.exchange, bytes);
        let mut ask = || {
            self.wire.write_all(line(words)?.as_bytes())?;
            self.read_those(|name| names.contains(&name), LONGEST_ANSWER)
        };
        let answer: Result<Pairs, Error> = ask();
        answer.map_err(|error| explain(&self.address, self.exchange, error))
    }

    /// As [`Connection::ask`], of a `sticker` command; what it cannot do ends no connection.
    pub fn ask_sticker(&mut self, words: &[&str]) -> Result<Pairs, MusicError> {
        self.wire.allow_bytes(self.exchange, LONGEST_ANSWER);
        self.exchange_plainly(words).map_err(|error| explain_sticker(&self.address, self.exchange, error))
    }

    /// As [`Connection::ask_sticker`], where the answer may be of so many bytes.
    pub fn ask_stickers(&mut self, words: &[&str], bytes: usize) -> Result<Pairs, MusicError> {
        self.wire.allow_bytes(self.exchange, bytes);
        self.exchange_plainly(words).map_err(|error| explain_sticker(&self.address, self.exchange, error))
    }

    /// Several commands that the server carries out at once, with nothing between them.
    pub fn ask_all(&mut self, commands: &[&[&str]]) -> Result<Pairs, MusicError> {
        // The longest asks for the whole queue.
        self.wire.allow_bytes(self.exchange, LONGEST_QUEUE);
        let mut lines = || {
            let mut text = line(&["command_list_begin"])?;
            for words in commands {
                text.push_str(&line(words)?);
            }
            text.push_str(&line(&["command_list_end"])?);
            self.wire.write_all(text.as_bytes())?;
            self.read_plainly()
        };
        let answer: Result<Pairs, Error> = lines();
        answer.map_err(|error| explain(&self.address, self.exchange, error))
    }

    fn exchange_plainly(&mut self, words: &[&str]) -> Result<Pairs, Error> {
        self.wire.write_all(line(words)?.as_bytes())?;
        self.read_plainly()
    }

    /// Reads one answer. The wire holds nothing but it: a client speaks only when it is asked.
    fn read_plainly(&mut self) -> Result<Pairs, Error> {
        self.read_those(|_| true, usize::MAX)
    }

    /// The same, keeping what has a name that is wanted: no more than so many bytes.
    fn read_those(&mut self, wanted: impl Fn(&str) -> bool, most: usize) -> Result<Pairs, Error> {
        let mut pairs = Pairs::default();
        let mut pending = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let count = self.wire.read(&mut chunk)?;
            pending.extend_from_slice(&chunk[..count]);
            let mut start = 0;
            while let Some(length) = pending[start..].iter().position(|byte| *byte == b'\n') {
                let line = std::str::from_utf8(&pending[start..start + length])
                    .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the answer is not UTF-8"))?;
                start += length + 1;
                if line == "OK" {
                    return Ok(pairs);
                }
                if line.starts_with("ACK ") {
                    return Err(Error::Server(line.parse::<ServerError>()?));
                }
                let (key, value) = line
                    .split_once(": ")
                    .or_else(|| line.strip_suffix(':').map(|key| (key, "")))
                    .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a line without a name"))?;
                if wanted(key) {
                    pairs.push(key, value);
                }
            }
            pending.drain(..start);
            if pending.len() > LONGEST_LINE || pairs.ends.len() > MOST_PAIRS || pairs.text.len() > most {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer does not end").into());
            }
        }
    }

    /// Waits until one of the subsystems has changed. After `quiet` without a word the server is
    /// asked whether it still lives. Empty when nothing had changed.
    pub fn wait(&mut self, subsystems: &[Subsystem], quiet: Duration) -> Result<Vec<Subsystem>, MusicError> {
        // The deadline of the exchange covers the sending as well as the wait.
        self.wire.allow(quiet);
        let waited = self.client.idle(subsystems).and_then(|guard| guard.get());
        match waited {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut => {
                let changed = self.ask(&["noidle"])?;
                Ok(changed.iter().filter_map(|(_, name)| name.parse().ok()).collect())
            }
            other => other.map_err(|error| explain(&self.address, quiet, error)),
        }
    }

    /// The wire, to be closed from another thread.
    pub fn wire(&self) -> Wire {
        self.wire.clone()
    }
}

/// A command as MPD reads it. Nothing but the first word can be more than one word.
pub(super) fn line(words: &[&str]) -> io::Result<String> {
    let mut line = String::new();
    for (position, word) in words.iter().enumerate() {
        if word.contains(['\n', '\r', '\0']) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a name cannot hold a line end"));
        }
        if position == 0 {
            line.push_str(word);
        } else {
            line.push_str(" \"");
            line.push_str(&word.replace('\\', r"\\").replace('"', "\\\""));
            line.push('"');
        }
    }
    line.push('\n');
    Ok(line)
}

fn absent(address: &str, after: Duration, error: io::Error) -> MusicError {
    let address = address.to_owned();
    match error.kind() {
        io::ErrorKind::TimedOut => MusicError::Silent { address, after },
        _ => MusicError::Absent { address, reason: plain(&error) },
    }
}

/// What a failed exchange means.
fn explain(address: &str, after: Duration, error: Error) -> MusicError {
    let address = address.to_owned();
    match error {
        Error::Io(error) => match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => MusicError::Silent { address, after },
            io::ErrorKind::InvalidData => MusicError::Protocol { address, reason: plain(&error) },
            io::ErrorKind::InvalidInput => {
                MusicError::NoSuchSong { id: String::new(), reason: plain(&error) }
            }
            _ => MusicError::Absent { address, reason: plain(&error) },
        },
        Error::Parse(error) => MusicError::Protocol { address, reason: error.to_string() },
        Error::Proto(error) => MusicError::Protocol { address, reason: error.to_string() },
        Error::Server(error) => match error.code {
            ErrorCode::Password | ErrorCode::Permission => {
                MusicError::Password { address, reason: error.detail }
            }
            ErrorCode::NoExist => MusicError::NoSuchSong { id: String::new(), reason: error.detail },
            _ => MusicError::Refused { address, command: error.command, reason: error.detail },
        },
    }
}

/// What a failed `sticker` command means. Without a sticker database MPD answers as to a command that it does not
/// know, and MPD 0.23 asks for the permission `admin`, which nothing else that we need does.
fn explain_sticker(address: &str, after: Duration, error: Error) -> MusicError {
    let of_stickers =
        |why: NoStickers, reason| MusicError::NoStickers { address: address.to_owned(), why, reason };
    match error {
        Error::Server(ServerError { code: ErrorCode::UnknownCmd, detail, .. }) => {
            of_stickers(NoStickers::Off, detail)
        }
        Error::Server(ServerError { code: ErrorCode::Permission, detail, .. }) => {
            of_stickers(NoStickers::Denied, detail)
        }
        other => explain(address, after, other),
    }
}

/// An error of the system without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_came_and_takes_little_more_memory_than_its_text() {
        let mut pairs = Pairs::default();
        let lines: Vec<(String, String)> = (0..1000)
            .map(|line| {
                (format!("k{line}"), if line % 3 == 0 { String::new() } else { "ü".repeat(line % 7) })
            })
            .collect();
        lines.iter().for_each(|(key, value)| pairs.push(key, value));
        assert!(pairs.iter().eq(lines.iter().map(|(key, value)| (key.as_str(), value.as_str()))));
        // The shortest lines that there are, as many as come in two megabytes.
        let mut flood = Pairs::default();
        (0..MOST_PAIRS).for_each(|_| flood.push("file", "x"));
        assert!(flood.text.capacity() + flood.ends.capacity() * size_of::<(u32, u32)>() < 3 * LONGEST_ANSWER);
    }

    #[test]
    fn names_are_quoted_and_cannot_smuggle_a_second_command() {
        assert_eq!(line(&["addid", r#"a "b" \c.ogg"#]).unwrap(), "addid \"a \\\"b\\\" \\\\c.ogg\"\n");
        assert_eq!(
            line(&["sticker find", "song", "", "like"]).unwrap(),
            "sticker find \"song\" \"\" \"like\"\n"
        );
        assert!(line(&["addid", "a\nclear"]).is_err());
    }

    #[test]
    fn each_failure_is_told_apart() {
        let say = |error| explain("den:6600", Duration::from_secs(5), error);
        let io = |kind: io::ErrorKind| Error::Io(kind.into());
        assert!(matches!(say(io(io::ErrorKind::TimedOut)), MusicError::Silent { .. }));
        assert!(matches!(say(io(io::ErrorKind::UnexpectedEof)), MusicError::Absent { .. }));
        assert!(matches!(say(io(io::ErrorKind::InvalidData)), MusicError::Protocol { .. }));
        for (line, kind) in [
            ("ACK [3@0] {password} incorrect password", "wants another password"),
            ("ACK [4@0] {play} you don't have permission for \"play\"", "wants another password"),
            ("ACK [50@0] {addid} No such song", "cannot be played"),
            ("ACK [5@0] {} unknown command \"x\"", "refused"),
        ] {
            let error = say(Error::Server(line.parse().unwrap())).to_string();
            assert!(error.contains(kind), "{line}: {error}");
        }
    }

    /// The lines are those of MPD 0.23.5.
    #[test]
    fn a_server_that_keeps_no_stickers_for_us_is_told_by_its_code_and_keeps_its_connection() {
        let say = |line: &str| {
            explain_sticker("den:6600", Duration::from_secs(5), Error::Server(line.parse().unwrap()))
        };
        for (line, cure) in [
            ("ACK [5@0] {sticker} sticker database is disabled", "`sticker_file "),
            ("ACK [5@0] {} unknown command \"sticker\"", "`sticker_file "),
            ("ACK [4@0] {sticker} you don't have permission for \"sticker\"", "`admin`"),
        ] {
            let error = say(line);
            assert!(error.cure().contains(cure), "{line}: {error}");
            assert!(!error.breaks_connection(), "{line}");
        }
        let gone = say("ACK [50@0] {sticker} no such sticker");
        assert!(matches!(gone, MusicError::NoSuchSong { .. }), "{gone}");
    }
}
