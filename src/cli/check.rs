//! `moodbox check`: what is wrong, where, and the cure.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{self, Config};
use crate::library;
use crate::observers::mqtt::MqttSettings;
use crate::observers::mqtt::home::Published;
use crate::port_factory;
use crate::terminal::printable;
use moodbox_core::recommend::{self, Templates};

/// What `check` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox check
  moodbox check --config ./moodbox.toml
  moodbox check --default > moodbox.toml     every setting with its meaning, to start from

Exit code: 0 when nothing is wrong, 1 when something is. A warning does not count as wrong.")]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,

    /// Print the shipped configuration, which explains every setting.
    #[arg(long)]
    default: bool,
}

/// Checks configuration, templates, model and library.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.default {
        crate::terminal::out(config::DEFAULT);
        return Ok(ExitCode::SUCCESS);
    }
    let mut report = Report::default();
    match config::load(&args.config) {
        Err(error) => report.fault("configuration", &error.to_string()),
        Ok(config) => {
            let changes = config::changes_file();
            let over = if changes.is_file() {
                format!(", with what was set on the page ({})", changes.display())
            } else {
                String::new()
            };
            report.ok("configuration", &format!("{}{over}", args.config.display()));
            if let Some(mqtt) = &config.mqtt {
                report.ok("home", &home(mqtt));
            }
            let templates = templates(&config, &mut report);
            model(&config, &mut report);
            library_and_templates(&config, &templates, &mut report);
        }
    }
    Ok(if report.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the home is told and may ask for, in one line.
fn home(mqtt: &MqttSettings) -> String {
    let home = &mqtt.home;
    let list = |words: Vec<&str>| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
    let told = list(home.publish.iter().map(|told| told.name()).collect());
    let mood = if home.publish.contains(&Published::Mood) { "" } else { ", never the mood" };
    let taken = list(home.commands.iter().map(|command| command.name()).collect());
    format!("{} as {}: publishes {told}{mood}; takes {taken}", mqtt.place(), home.id)
}

#[derive(Default)]
struct Report {
    faults: usize,
}

impl Report {
    fn ok(&mut self, what: &str, detail: &str) {
        say!("ok       {what}: {}", printable(detail));
    }

    fn warning(&mut self, what: &str, detail: &str) {
        say!("warning  {what}: {}", printable(detail));
    }

    fn fault(&mut self, what: &str, detail: &str) {
        self.faults += 1;
        say!("FAULT    {what}: {detail}");
    }
}

fn templates(config: &Config, report: &mut Report) -> Templates {
    let shipped = Templates::shipped();
    let folders = port_factory::templates(config);
    let there: Vec<String> =
        folders.iter().filter(|folder| folder.is_dir()).map(|folder| folder.display().to_string()).collect();
    if there.is_empty() {
        let missing = config.templates.as_ref().map(|folder| format!("; {} is not there", folder.display()));
        let missing = missing.unwrap_or_default();
        report.ok("templates", &format!("the ones that moodbox brings along{missing}"));
        return shipped;
    }
    let (templates, problems) = library::templates::reload_all(&folders, &shipped);
    for problem in &problems {
        report.fault("template", &problem.to_string());
    }
    if problems.is_empty() {
        report.ok("templates", &there.join(", then "));
    }
    templates
}

fn model(config: &Config, report: &mut Report) {
    match port_factory::vision(config) {
        Ok(_) => {
            report.ok("model", &format!("{} answers its golden cases", config.vision.mood_model.display()))
        }
        Err(error) => report.fault("model", &error.to_string()),
    }
}

fn library_and_templates(config: &Config, templates: &Templates, report: &mut Report) {
    if config.music.is_none() && config.video.is_none() {
        return;
    }
    let library = port_factory::library(config);
    let (catalog, problems) = (library.catalog, library.problems);
    for problem in &problems {
        report.fault("library", problem);
    }
    for remark in &library.remarks {
        report.warning("library", remark);
    }
    let counts = [
        config.music.as_ref().map(|_| format!("{} tracks", catalog.music.len())),
        config.video.as_ref().map(|_| format!("{} videos", catalog.video.len())),
    ];
    let stations = catalog.music.iter().filter(|entry| entry.id.contains("://")).count();
    if stations > 0 || config.music.as_ref().is_some_and(|music| music.radio.is_some()) {
        report.ok(
            "radio",
            &format!(
                "{stations} stations: MPD fetches them, so the device is not offline while one plays; the service \
                 itself needs no way out"
            ),
        );
    }
    report.ok("library", &counts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    // A library that could not be read says nothing about the templates.
    if problems.is_empty() {
        for finding in recommend::check(&catalog, templates) {
            let there = match finding.kind {
                recommend::Kind::Music => config.music.is_some(),
                recommend::Kind::Video => config.video.is_some(),
            };
            if there {
                report.warning("template", &finding.to_string());
            }
        }
    }
}
