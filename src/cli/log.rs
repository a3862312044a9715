//! The log: to the journal when systemd starts the program, readable when a person does; and its last hour
//! in memory, for the page.

use std::io::IsTerminal;

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
    if let Some(error) = wrong {
        tracing::warn!("MOODBOX_LOG is left aside: {error}; write it like moodbox=debug,info");
    }
}
