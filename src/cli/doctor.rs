//! `moodbox doctor`: what is wrong with this device, and the cure.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use crate::doctor::{Finding, Level, Patient, Person, Wishes, examine};

/// What `doctor` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox doctor
  moodbox doctor --panel               draws colours, a frame and an arrow on the panel, to be turned upright
  moodbox doctor --json | jq -r '.findings[] | select(.level == \"fault\") | .cure'

It takes one frame for its brightness (the light is on meanwhile), and keeps nothing of it. Where a
terminal is, it asks for a press of the button, and whether a short tone is heard. With --panel a press turns the
picture a quarter, and the button held keeps it: the turn is written to the settings. Lines that the running daemon holds cannot be tested:
`sudo systemctl stop moodbox` first.

Exit code: 0 when all is well, 1 when there are only warnings, 2 when there is a fault.")]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,

    /// Draw a test image on the panel, and turn it by the button until it is upright.
    #[arg(long)]
    panel: bool,

    /// Print one JSON object: {"worst": LEVEL, "findings": [{part, level, what, cure}]}.
    #[arg(long)]
    json: bool,
}

/// Looks at everything, and says each finding as soon as it is there.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Only at a terminal is there a person who can press and answer.
    let asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !args.json;
    let wishes = Wishes {
        panel: args.panel,
        frame: true,
        person: asked.then(|| Box::new(AtTerminal) as Box<dyn Person>),
    };
    let patient = Patient::here(args.config, wishes);
    let mut out = std::io::stdout().lock();
    let mut findings = Vec::new();
    for finding in examine(&patient) {
        if !args.json {
            if asked {
                prompt!("\r{:110}\r", "");
            }
            // A reader that has gone, such as `head`, is no failure of ours.
            let _ = writeln!(out, "{}", as_text(&finding));
        }
        findings.push(finding);
    }
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    let _ = if args.json {
        writeln!(out, "{:#}", json!({ "worst": worst.max(Level::Ok), "findings": findings }))
    } else {
        writeln!(out, "\n{}", sum(&findings))
    };
    Ok(exit_code(worst))
}

/// Who sits at the terminal.
struct AtTerminal;

impl Person for AtTerminal {
    fn told(&self, what: &str, seconds: u64) {
        prompt!("\r{what} ({seconds} s) ... ");
    }

    fn asked(&self, question: &str) -> Option<bool> {
        prompt!("\r{question} yes or no: ");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok()?;
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" | "j" | "ja" => Some(true),
            "n" | "no" | "nein" => Some(false),
            _ => None,
        }
    }
}

fn exit_code(worst: Level) -> ExitCode {
    match worst {
        Level::Ok | Level::Skipped => ExitCode::SUCCESS,
        Level::Warning => ExitCode::from(1),
        Level::Fault => ExitCode::from(2),
    }
}

fn as_text(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Fault => "FAULT",
        Level::Skipped => "skipped",
    };
    // What follows the first line stands under it.
    let indent = format!("\n{:24}", "");
    let mut text = format!("{level:<8} {:<14} {}", finding.part, finding.what.replace('\n', &indent));
    if let Some(cure) = &finding.cure {
        text.push_str(&format!("{indent}-> {}", cure.replace('\n', &indent)));
    }
    text
}

fn sum(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    match (count(Level::Fault), count(Level::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (faults, warnings) => format!(
            "{faults} fault{}, {warnings} warning{}.",
            if faults == 1 { "" } else { "s" },
            if warnings == 1 { "" } else { "s" }
        ),
    }
}
