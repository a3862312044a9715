//! What `setup` and `setup phone` share: their options, questions at a terminal, and what systemd is asked to do.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::bail;

/// How what a set-up writes is asked for and written.
#[derive(Debug, clap::Args)]
pub(super) struct Writing {
    /// Ask nothing: what is not given stays as it is.
    #[arg(short, long)]
    pub(super) yes: bool,

    /// Say what would be written, and write nothing.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Write the files and start nothing: for an image that is being built.
    #[arg(long)]
    pub(super) no_start: bool,

    /// The folder in which the files lie.
    #[arg(long, value_name = "FOLDER", default_value = "/", hide = true)]
    pub(super) root: PathBuf,
}

/// Asks until the answer is one of these words; nothing typed is the usual one.
pub(super) fn one_of(words: &[&str], usual: Option<&str>) -> anyhow::Result<String> {
    loop {
        let word = ask(&words.join(", "), usual)?;
        if words.contains(&word.as_str()) {
            return Ok(word);
        }
    }
}

/// Asks once; nothing typed is the usual answer.
pub(super) fn ask(question: &str, usual: Option<&str>) -> anyhow::Result<String> {
    print!("{question}{}: ", usual.map(|usual| format!(" [{usual}]")).unwrap_or_default());
    std::io::stdout().flush()?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        bail!("nothing was written: the answers ended");
    }
    let word = line.trim();
    Ok(if word.is_empty() { usual.unwrap_or_default().to_owned() } else { word.to_owned() })
}

/// Has systemd do something; what fails is told.
pub(super) fn systemctl(words: &[&str]) {
    let done = Command::new("systemctl").args(words).stdin(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        println!("Note: `systemctl {}` failed", words.join(" "));
    }
}
