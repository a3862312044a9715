//! The log: to the journal when systemd starts the program, readable when a person does.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

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
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start (in tests) keeps the first.
    let _ = if std::env::var_os("JOURNAL_STREAM").is_some() {
        // The journal keeps the time itself, and shows escape codes as they are.
        log.without_time().with_ansi(false).compact().try_init()
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}
