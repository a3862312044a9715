//! `moodbox may-power-off`: what polkit asks before the daemon shuts the device down.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;
use crate::text_file;

/// What `may-power-off` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,
}

/// Succeeds where the menu of the held button is on. Only the administrator's file counts, because the daemon itself
/// can write the settings of the page.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = config::parse(&text_file::read(&args.config)?, &args.config.display().to_string())?;
    Ok(if config.hold_menu { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
