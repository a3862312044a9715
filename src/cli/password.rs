//! `moodbox password`: the hash that the page is locked with.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::config::password::{self, StoredPassword};
use crate::observers::web::login::token;

/// What `password` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox password --file /etc/moodbox/web-password      asks twice, writes the hash
  moodbox password --token --file web-password           invents one, prints it once
  echo \"$WORD\" | moodbox password > web-password         for scripts

Name the file in the configuration: [web] password_file. The daemon has to read it, nobody else.")]
pub struct Args {
    /// Write the hash into this file (readable by its owner alone) instead of printing it.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Invent a long random one and print it: for programs, which send it as `Authorization: Bearer ...`.
    #[arg(long)]
    token: bool,
}

/// Asks for a password and prints or writes its hash.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let word = if args.token { token()? } else { ask("")?.unwrap_or_default() };
    let stored = StoredPassword::make(&word)?;
    match &args.file {
        Some(path) => {
            crate::ports::store::write_atomic(path, format!("{}\n", stored.as_str()).as_bytes())
                .with_context(|| format!("{} cannot be written", path.display()))?;
            tell!("The hash stands in {}. In the configuration:", path.display());
            tell!("    [web]\n    password_file = \"{}\"", path.display());
            if args.token {
                say!("{word}");
            }
        }
        None if args.token => {
            say!("{}", stored.as_str());
            tell!("The token, which is shown only now: {word}");
        }
        None => say!("{}", stored.as_str()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The password that a person types twice, or that a program sends. None: nothing was typed where `or` says what
/// that means.
pub(super) fn ask(or: &str) -> anyhow::Result<Option<String>> {
    if !std::io::stdin().is_terminal() {
        return read().map(Some);
    }
    let mut out = std::io::stderr();
    write!(out, "Password, at least {} characters{or}: ", password::SHORTEST)?;
    out.flush()?;
    let first = rpassword::read_password()?;
    if first.is_empty() && !or.is_empty() {
        return Ok(None);
    }
    write!(out, "Once more: ")?;
    out.flush()?;
    if rpassword::read_password()? != first {
        bail!("the two differ; nothing was written");
    }
    Ok(Some(first))
}

/// The password that a program sends.
pub(super) fn read() -> anyhow::Result<String> {
    let mut word = String::new();
    std::io::stdin().take(4096).read_to_string(&mut word).context("standard input")?;
    Ok(word.trim_end_matches(['\n', '\r']).to_owned())
}
