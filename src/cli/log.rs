//! The log: to the journal when systemd starts the program, readable when a person does; and its last hour
//! in memory, for the page.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::logbook::Keeper;

/// Starts logging to standard error, from `level` on. `-v` says more; `MOODBOX_LOG` (for example
/// `moodbox=debug`) wins over both.
pub fn start(level: &str, verbose: u8) {
    let level = match verbose {
        0 => level,
        1 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("MOODBOX_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("error,moodbox={level}")));
    let log = fmt::layer().with_writer(std::io::stderr).with_target(false);
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
}
