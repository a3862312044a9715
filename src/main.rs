//! The program `moodbox`: parses the command line and runs the command. Each command is a file in `cli/`.

#![forbid(unsafe_code)]
// Nothing that can happen in the field ends the program.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser;
use moodbox::cli::Cli;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is freed. Frames wipe themselves, but the decoders of pictures have buffers of their own.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            moodbox::terminal::note(&format!("moodbox: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
