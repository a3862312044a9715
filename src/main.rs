//! `moodbox`: parse, dispatch. What each verb does stands in `cli/`, one file a verb.

#![forbid(unsafe_code)]
// Nothing that can happen in the field ends the program.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser;
use moodbox::cli::{self, Cli};
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is freed. Frames wipe themselves, but the decoders of pictures have buffers of their own.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::log::start(cli.verb.log_level(), cli.verbose);
    match cli.verb.run() {
        Ok(code) => code,
        Err(error) => {
            moodbox::terminal::note(&format!("moodbox: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
