//! `moodbox`: parse, dispatch. What each verb does stands in `cli/`, one file a verb.

use std::process::ExitCode;

use clap::Parser;
use moodbox::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::log::start(cli.verb.log_level(), cli.verbose);
    match cli.verb.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("moodbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}
