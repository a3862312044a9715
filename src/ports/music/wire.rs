//! A connection on which nothing takes longer, or sends more, than was agreed.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::Address;

/// No answer is longer, in bytes: a window of the library is some hundred kilobytes.
pub(super) const LONGEST_ANSWER: usize = 2 << 20;
/// Nor does one that the protocol crate reads have more lines: it makes a song of some 200 bytes of a line of seven.
/// A window of the library has 500 songs of some 20 lines; one with more is asked for in smaller windows.
const MOST_LINES: usize = 1 << 15;

/// One connection, shared by the protocol crate and by us: a clone is the same connection.
///
/// A socket's own timeouts bound each read, so a server that sends a byte a second could hold the
/// reader for ever. Here a deadline bounds the whole exchange, and so does the number of bytes.
/// The end of the stream is an error, because the protocol crate takes it for the end of an answer.
/// What is not UTF-8 arrives as [`BROKEN`]: MPD hands on the names of files as they are on the disk, and one
/// name from an old stick must not cost the whole library. So does what stands in the wrong order in an answer
/// that is an error, because the protocol crate panics over it.
#[derive(Clone, Debug)]
pub(crate) struct Wire(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: Socket,
    limits: Mutex<Limits>,
    /// The beginning of a letter whose rest has not come yet.
    begun: Mutex<Vec<u8>>,
    /// How far the line is that comes.
    line: Mutex<AckPosition>,
}

/// The shortest wait of a socket.
const TICK: Duration = Duration::from_millis(1);

/// Stands for each byte that is not UTF-8: "substitute", which nobody types.
pub(crate) const BROKEN: char = '\u{1a}';

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Connects within `limit`.
    fn open(address: &Address, limit: Duration) -> io::Result<Socket> {
        Ok(match address {
            Address::Tcp { host, port } => Socket::Tcp(connect_tcp(host, *port, limit)?),
            Address::Unix(path) => Socket::Unix(connect_unix(path, limit)?),
            Address::Abstract(name) => {
                let address = SocketAddrUnix::new_abstract_name(name.as_bytes())?;
                Socket::Unix(connect_local(&address, limit)?)
            }
        })
    }

    /// Reads, and waits no longer than `time`. A timeout of less than a tick would be rounded to none at all.
    fn read(&self, buffer: &mut [u8], time: Duration) -> io::Result<usize> {
        let time = Some(time.max(TICK));
        match self {
            Socket::Tcp(socket) => {
                socket.set_read_timeout(time)?;
                (&*socket).read(buffer)
            }
            Socket::Unix(socket) => {
                socket.set_read_timeout(time)?;
                (&*socket).read(buffer)
            }
        }
    }

    /// The same for writing.
    fn write(&self, buffer: &[u8], time: Duration) -> io::Result<usize> {
        let time = Some(time.max(TICK));
        match self {
            Socket::Tcp(socket) => {
                socket.set_write_timeout(time)?;
                (&*socket).write(buffer)
            }
            Socket::Unix(socket) => {
                socket.set_write_timeout(time)?;
                (&*socket).write(buffer)
            }
        }
    }
}

/// A connection for answers that are no text, on which everything is over within one time: a server that sends a byte
/// now and then keeps nobody longer.
#[derive(Debug)]
pub(super) struct Bare {
    socket: Socket,
    until: Instant,
}

impl Bare {
    /// Connects within `connect`; all that is said is over within `all`.
    pub fn open(address: &Address, connect: Duration, all: Duration) -> io::Result<Bare> {
        let until = Instant::now() + all;
        Ok(Bare { socket: Socket::open(address, connect)?, until })
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Bare {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer, self.left()?)
    }
}

impl Write for Bare {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.write(buffer, self.left()?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Limits {
    deadline: Instant,
    bytes: usize,
    lines: usize,
}

impl Limits {
    fn new(limit: Duration, bytes: usize, lines: usize) -> Limits {
        Limits { deadline: Instant::now() + limit, bytes, lines }
    }
}

impl Wire {
    /// Connects within `limit`.
    pub fn open(address: &Address, limit: Duration) -> io::Result<Wire> {
        Ok(Wire::of(Socket::open(address, limit)?, limit))
    }

    /// One that is connected already.
    pub fn over(stream: UnixStream, limit: Duration) -> Wire {
        Wire::of(Socket::Unix(stream), limit)
    }

    fn of(socket: Socket, limit: Duration) -> Wire {
        let limits = Mutex::new(Limits::new(limit, LONGEST_ANSWER, MOST_LINES));
        Wire(Arc::new(Inner { socket, limits, begun: Mutex::default(), line: Mutex::default() }))
    }

    /// Starts a new exchange that must be over within `limit`.
    pub fn allow(&self, limit: Duration) {
        self.set(Limits::new(limit, LONGEST_ANSWER, MOST_LINES));
    }

    /// The same, for an answer of another length in bytes, whose lines are counted by who reads it.
    pub fn allow_bytes(&self, limit: Duration, bytes: usize) {
        self.set(Limits::new(limit, bytes, usize::MAX));
    }

    fn set(&self, limits: Limits) {
        *self.0.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// Counts what has come.
    fn count(&self, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        let mut limits = self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.bytes = limits.bytes.saturating_sub(bytes.len());
        limits.lines = limits.lines.saturating_sub(lines);
    }

    /// Closes both directions; reads and writes under way return at once with an error.
    pub fn shut(&self) {
        let _ = match &self.0.socket {
            Socket::Tcp(socket) => socket.shutdown(Shutdown::Both),
            Socket::Unix(socket) => socket.shutdown(Shutdown::Both),
        };
    }

    /// Time and bytes left of the exchange.
    fn left(&self) -> io::Result<(Duration, usize)> {
        let limits = self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let time = limits.deadline.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if limits.bytes == 0 || limits.lines == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer does not end"));
        }
        Ok((time, limits.bytes))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut begun = self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (time, bytes) = self.left()?;
            // A letter that does not fit is none.
            let held = begun.len().min(buffer.len() - 1);
            let (start, free) = buffer.split_at_mut(held);
            start.copy_from_slice(&begun[..held]);
            let room = free.len().min(bytes);
            match self.0.socket.read(&mut free[..room], time) {
                Ok(0) => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed"));
                }
                Ok(count) => {
                    self.count(&free[..count]);
                    let all = held + count;
                    let whole = mend(&mut buffer[..all]);
                    self.0.line.lock().unwrap_or_else(PoisonError::into_inner).mend(&mut buffer[..whole]);
                    *begun = buffer[whole..all].to_vec();
                    if whole > 0 {
                        return Ok(whole);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        loop {
            let (time, _) = self.left()?;
            match self.0.socket.write(buffer, time) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where in a line the stream is, as far as it matters: `ACK [code@position] {command} words`.
#[derive(Clone, Copy, Debug)]
enum AckPosition {
    /// So many letters of [`ERROR`] have come, and no others.
    Start(usize),
    /// In the brackets; whether the `@` has come.
    Numbers(bool),
    /// After them; whether the `{` has come.
    Command(bool),
    /// Any other, or what may stand in any order.
    Rest,
}

/// How the line of an error begins.
const ERROR: &[u8] = b"ACK [";

impl Default for AckPosition {
    fn default() -> Self {
        AckPosition::Start(0)
    }
}

impl AckPosition {
    /// Replaces a `]` that comes before its `@`, and a `}` that comes before its `{`.
    fn mend(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *self = match (*self, *byte) {
                (_, b'\n') => AckPosition::Start(0),
                (AckPosition::Start(count), byte) if ERROR.get(count) == Some(&byte) => {
                    if count + 1 == ERROR.len() {
                        AckPosition::Numbers(false)
                    } else {
                        AckPosition::Start(count + 1)
                    }
                }
                (AckPosition::Start(_), _) => AckPosition::Rest,
                (AckPosition::Numbers(_), b'@') => AckPosition::Numbers(true),
                (AckPosition::Numbers(true), b']') => AckPosition::Command(false),
                (AckPosition::Command(_), b'{') => AckPosition::Command(true),
                (AckPosition::Command(true), b'}') => AckPosition::Rest,
                (here @ AckPosition::Numbers(false), b']') | (here @ AckPosition::Command(false), b'}') => {
                    *byte = BROKEN as u8;
                    here
                }
                (here, _) => here,
            };
        }
    }
}

/// Replaces what is not UTF-8, byte by byte. How much of it is whole letters: a letter that only begins at the
/// end may go on in what comes next.
fn mend(bytes: &mut [u8]) -> usize {
    let mut done = 0;
    loop {
        match std::str::from_utf8(&bytes[done..]) {
            Ok(_) => return bytes.len(),
            Err(error) => {
                done += error.valid_up_to();
                let Some(broken) = error.error_len() else { return done };
                bytes[done..done + broken].fill(BROKEN as u8);
                done += broken;
            }
        }
    }
}

fn connect_tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let until = Instant::now() + limit;
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("`{host}` has no address"));
    for address in resolve(host, port, limit)? {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                // Commands are short and each waits for its answer.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The names that are being looked up.
static LOOKED_UP: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The right to look up a name, which one thread has at a time: the system's resolver may hang for minutes, and a
/// device that reconnects all day then has one such thread and not hundreds. Given back when it is dropped, so also
/// where the thread could not be started.
struct LookUp(String);

impl LookUp {
    fn begin(name: &str) -> Option<LookUp> {
        let mut names = LOOKED_UP.lock().unwrap_or_else(PoisonError::into_inner);
        if names.iter().any(|other| other == name) {
            return None;
        }
        names.push(name.to_owned());
        Some(LookUp(name.to_owned()))
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        LOOKED_UP.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != self.0);
    }
}

/// Names are looked up on a thread of their own: the system's resolver has no deadline but its own.
fn resolve(host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let Some(look_up) = LookUp::begin(host) else {
        let why = format!("the name `{host}` is being looked up still");
        return Err(io::Error::new(io::ErrorKind::TimedOut, why));
    };
    let (answer, found) = mpsc::channel();
    let name = host.to_owned();
    std::thread::Builder::new().name("resolve".to_owned()).spawn(move || {
        let addresses = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        drop(look_up);
        // Nobody listens any more when it took too long.
        let _ = answer.send(addresses);
    })?;
    found.recv_timeout(limit).unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("the name `{host}` was not found in time")))
    })
}

/// Connects to a socket file within `limit`.
pub(crate) fn connect_unix(path: &Path, limit: Duration) -> io::Result<UnixStream> {
    connect_local(&SocketAddrUnix::new(path)?, limit)
}

/// Connecting to a local socket blocks while the listener's queue is full, which it stays when the
/// listener hangs. The kernel bounds that wait by the send timeout, which must be set before.
fn connect_local(address: &SocketAddrUnix, limit: Duration) -> io::Result<UnixStream> {
    let socket: OwnedFd =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let stream = UnixStream::from(socket);
    stream.set_write_timeout(Some(limit.max(TICK)))?;
    match rustix::net::connect(&stream, address) {
        Ok(()) => Ok(stream),
        Err(rustix::io::Errno::AGAIN) => Err(io::ErrorKind::TimedOut.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_error_is_brought_into_order_wherever_it_is_cut() {
        for (sent, expected) in [
            ("ACK [50@0] {addid} No such song\n", "ACK [50@0] {addid} No such song\n"),
            ("ACK [4] 5@0] {x} }]\nACK [4@0] }{x}\n", "ACK [4\u{1a} 5@0] {x} }]\nACK [4@0] \u{1a}{x}\n"),
            ("file: [a]}{@\nOK ACK []\n", "file: [a]}{@\nOK ACK []\n"),
        ] {
            for piece in [1, 3, 100] {
                let (mut bytes, mut line) = (sent.as_bytes().to_vec(), AckPosition::default());
                bytes.chunks_mut(piece).for_each(|piece| line.mend(piece));
                assert_eq!(String::from_utf8(bytes).unwrap(), expected);
            }
            // The protocol crate panics on none of them, whether it accepts them or not.
            for told in expected.lines() {
                let _ = told.parse::<::mpd::error::ServerError>();
            }
        }
    }

    #[test]
    fn an_answer_has_no_more_lines_than_its_songs_are_worth_in_memory() {
        let read = |wire: &mut Wire| {
            let (mut buffer, mut got) = ([0; 4096], 0);
            loop {
                match wire.read(&mut buffer) {
                    Ok(count) => got += count,
                    Err(error) => return (got, error.kind()),
                }
            }
        };
        // Songs of seven bytes each: within 2 MiB there are 300,000 of them, some 250 MB as the crate keeps them.
        let pair = "file: \n".repeat(4 * MOST_LINES);
        for (lines, limited) in [(MOST_LINES, true), (usize::MAX, false)] {
            let (mut server, client) = UnixStream::pair().unwrap();
            let mut wire = Wire::over(client, Duration::from_secs(60));
            if !limited {
                wire.allow_bytes(Duration::from_secs(60), LONGEST_ANSWER);
            }
            let sent = pair.clone();
            let server = std::thread::spawn(move || drop(server.write_all(sent.as_bytes())));
            let (got, error) = read(&mut wire);
            if limited {
                assert!((lines * 7..lines * 7 + 4096).contains(&got), "{got}");
                assert_eq!(error, io::ErrorKind::InvalidData);
            } else {
                assert_eq!((got, error), (pair.len(), io::ErrorKind::UnexpectedEof));
            }
            drop(wire);
            server.join().unwrap();
        }
    }

    #[test]
    fn a_name_can_be_looked_up_again_however_the_look_up_before_ended() {
        let name = "mpd.invalid";
        let first = LookUp::begin(name).unwrap();
        assert!(LookUp::begin(name).is_none() && LookUp::begin("other.invalid").is_some());
        // As the body of a thread that could not be started.
        drop(move || drop(first));
        let second = LookUp::begin(name).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _second = second;
            panic!("the resolver");
        }));
        assert!(panicked.is_err() && LookUp::begin(name).is_some());
    }

    #[test]
    fn what_is_not_utf8_is_replaced_wherever_the_stream_is_cut() {
        let sent = b"file: Bj\xf6rk/\xe6\x97\xa5\xe6.ogg\ntitle: \xf0\x9f\x8e\xb5 \xed\xa0\x80 \xc3\nOK\n";
        let expected = "file: Bj\u{1a}rk/日\u{1a}.ogg\ntitle: 🎵 \u{1a}\u{1a}\u{1a} \u{1a}\nOK\n";
        for (piece, room) in [(1, 64), (2, 64), (3, 5), (7, 4), (64, 64)] {
            let (mut server, client) = UnixStream::pair().unwrap();
            let mut wire = Wire::over(client, Duration::from_secs(10));
            let mut got = Vec::new();
            let mut buffer = vec![0; room];
            for piece in sent.chunks(piece) {
                server.write_all(piece).unwrap();
                // The last letter of a piece may be waiting for its rest.
                let left = piece.len() - piece.len().min(3);
                let before = got.len();
                while got.len() < before + left {
                    let count = wire.read(&mut buffer).unwrap();
                    got.extend_from_slice(&buffer[..count]);
                }
            }
            drop(server);
            while let Ok(count) = wire.read(&mut buffer) {
                got.extend_from_slice(&buffer[..count]);
            }
            assert_eq!(String::from_utf8(got).unwrap(), expected, "pieces of {piece}, room for {room}");
        }
    }
}
