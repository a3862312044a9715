//! The files of the package that the program knows best: manual pages and completions out of its own
//! command line, the configuration that is installed, the picture between videos.
//!
//! `cargo run --example package -- DIR` writes them into DIR. Called by deploy/build-deb.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;
use moodbox::cli::Cli;
use moodbox::config;
use moodbox::ports::video;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("usage: package DIR")?.into();
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    // `help VERB` says what the page of the verb says.
    let mut command = Cli::command().disable_help_subcommand(true);
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "moodbox", &completions)?;
    }
    // `_moodbox` is what zsh looks for, `moodbox` what the loader of bash looks for.
    fs::rename(completions.join("moodbox.bash"), completions.join("moodbox"))?;
    clap_mangen::generate_to(command, &man)?;
    fs::write(folder.join("moodbox.toml"), config::packaged())?;
    fs::write(folder.join("still.png"), video::still::plain())?;
    Ok(())
}
