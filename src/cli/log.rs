//! The log: to the journal when systemd starts the program, readable when a person does; and its last hour
//! in memory, for the page.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::log_buffer::Keeper;

/// Starts logging to standard error, from `level` on. `-v` says more; `MOODBOX_LOG` (for example
/// `moodbox=debug`) wins over both.
pub fn start(level: &str, verbose: u8) {
    let level = match verbose {
        0 => level,
        1 => "debug",
        _ => "trace",
    };
    let usual = || {
        let own = level.parse().unwrap_or(LevelFilter::INFO);
        Targets::new().with_default(LevelFilter::ERROR).with_target("moodbox", own)
    };
    let asked = std::env::var("MOODBOX_LOG").ok().filter(|text| !text.trim().is_empty());
    let (filter, wrong) = match asked.map(|text| text.parse::<Targets>()) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (usual(), Some(error)),
        None => (usual(), None),
    };
    let log = fmt::layer().with_writer(|| OneLine).with_target(false);
    let log = if std::env::var_os("JOURNAL_STREAM").is_some() {
        // The journal keeps the time itself, and shows escape codes as they are.
        log.without_time().with_ansi(false).compact().boxed()
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    // A second start (in tests) keeps the first.
    let _ = tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .with(Keeper.with_filter(LevelFilter::INFO))
        .try_init();
    if let Some(error) = wrong {
        tracing::warn!("MOODBOX_LOG is left aside: {error}; write it like moodbox=debug,info");
    }
}

/// Standard error, an event to a line: the subscriber escapes what terminals obey, but a line end within a name
/// would forge a line of its own, so what follows one is indented.
struct OneLine;

impl Write for OneLine {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (event_text, end) = match event.strip_suffix(b"\n") {
            Some(text) => (text, &b"\n"[..]),
            None => (event, &b""[..]),
        };
        let mut shown = Vec::with_capacity(event.len());
        for byte in event_text {
            match byte {
                b'\n' => shown.extend_from_slice(b"\n    | "),
                b'\r' => shown.extend_from_slice("␍".as_bytes()),
                other => shown.push(*other),
            }
        }
        shown.extend_from_slice(end);
        io::stderr().write_all(&shown)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
