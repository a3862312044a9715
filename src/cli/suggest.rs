//! `moodbox suggest`: what the templates would choose from the library, and why.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::Timelike;
use serde::Deserialize;
use serde_json::json;

use crate::config::{self, Config};
use crate::library;
use crate::paths;
use crate::port_factory;
use crate::ports::store;
use crate::terminal::{self, printable};
use moodbox_core::kiosk::house_rules::House;
use moodbox_core::mood::{Mood, Strength};
use moodbox_core::recommend::{
    Catalog, History, ItemStore, Pick, Request, Suggestion, Taste, Templates, Weights, suggest,
};
use moodbox_core::text::Language;

/// Show what would be played for a mood, and why.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  moodbox suggest --mood sad
  moodbox suggest --mood happy --seed 7 --json
  moodbox suggest --mood fear --or surprise      as after a look that was not sure")]
pub struct Args {
    /// angry, disgust, fear, happy, sad, surprise or neutral.
    #[arg(long)]
    pub mood: Mood,
    /// The other candidate of a look that was not sure.
    #[arg(long, value_name = "MOOD")]
    pub or: Option<Mood>,
    /// How marked the mood is: slight, clear or strong.
    #[arg(long, default_value = "clear", value_parser = strength)]
    pub strength: Strength,
    /// The same library, history and seed give the same list.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// The configuration, which names the library.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A folder of templates instead of the configured one.
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// A library from a file: `{"music": [items], "video": [items]}`.
    #[arg(long, value_name = "FILE", hide = true)]
    pub catalog: Option<PathBuf>,
}

/// How many ids of earlier sessions are looked at so that the same is not chosen again.
const RECENT: usize = 200;

fn strength(word: &str) -> Result<Strength, String> {
    match word {
        "slight" => Ok(Strength::Slight),
        "clear" => Ok(Strength::Clear),
        "strong" => Ok(Strength::Strong),
        _ => Err("say slight, clear or strong".to_owned()),
    }
}

/// Suggests from the library named by the arguments.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (catalog, configured, language, here) = match &args.catalog {
        Some(file) => (catalog(file)?, Vec::new(), Language::En, Here::default()),
        None => {
            let path = args.config.clone().unwrap_or_else(paths::config);
            let (catalog, configured, language) = from_config(&path)?;
            (catalog, configured, language, Here::of(&config::load(&path)?))
        }
    };
    let templates = match &args.templates {
        Some(folder) => templates(folder)?,
        None => all(&configured)?,
    };
    Ok(suggest_from(&args, &catalog, &templates, language, &here))
}

/// What this device adds to the choice: its weights, its clock, and what it learnt.
#[derive(Default)]
pub struct Here {
    weights: Weights,
    history: History,
    house: House,
    minute_of_day: Option<u16>,
    volume_cap: Option<u8>,
}

impl Here {
    fn of(config: &Config) -> Here {
        let now = chrono::Local::now();
        // A broken history is the daemon's to set aside; here it counts as none.
        let history =
            store::read_text(&port_factory::history(), store::LARGEST_STATE).ok().filter(|_| config.learns);
        Here {
            weights: config.weights,
            history: history.and_then(|text| History::from_json(&text).ok()).unwrap_or_default(),
            house: config.house.clone(),
            minute_of_day: u16::try_from(now.hour() * 60 + now.minute()).ok(),
            volume_cap: Some(config.volume_cap),
        }
    }
}

/// The library of a configuration, its folders of templates, its language.
pub(super) fn from_config(path: &Path) -> anyhow::Result<(Catalog, Vec<PathBuf>, Language)> {
    let config = config::load(path)?;
    let library = port_factory::library(&config);
    for problem in library.problems {
        tell!("moodbox suggest: {}", printable(&problem));
    }
    Ok((library.catalog, port_factory::templates(&config), config.language))
}

/// Suggests from a library that was read, and prints it. Fails if there is nothing to play.
pub fn suggest_from(
    args: &Args,
    catalog: &Catalog,
    templates: &Templates,
    language: Language,
    here: &Here,
) -> ExitCode {
    let (taste, recent) = (Taste::learn(&here.history), here.history.recent(RECENT));
    let request = Request {
        or: args.or,
        strength: args.strength,
        seed: args.seed,
        weights: here.weights,
        taste: Some(&taste),
        recent: &recent,
        minute_of_day: here.minute_of_day,
        ..Request::new(args.mood)
    };
    let mut suggestion = suggest(catalog, templates, &request);
    let quiet = here.house.quiet_at(here.minute_of_day).map(|quiet| quiet.hours.volume);
    let cap = [here.volume_cap, quiet].into_iter().flatten().min();
    suggestion.volume = suggestion.volume.map(|volume| cap.map_or(volume, |cap| volume.min(cap)));
    print(args.mood, &suggestion, args.json, language);
    if suggestion.music.is_empty() && suggestion.video.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Prints a suggestion, for a person or as JSON.
pub fn print(mood: Mood, suggestion: &Suggestion, json: bool, language: Language) {
    match json {
        true => terminal::json(&as_json(mood, suggestion, language).to_string()),
        false => terminal::line(&as_text(suggestion, language)),
    }
}

fn as_text(suggestion: &Suggestion, language: Language) -> String {
    let mut text = String::new();
    for (name, picks) in [("music", &suggestion.music), ("video", &suggestion.video)] {
        if picks.is_empty() {
            continue;
        }
        text.push_str(&format!("{name}:\n"));
        for pick in picks {
            let by = if pick.artist.is_empty() {
                String::new()
            } else {
                format!(" · {}", printable(&pick.artist))
            };
            text.push_str(&format!(
                "  {}{by}\n      {}\n",
                printable(&pick.title),
                printable(&pick.why.say(language))
            ));
        }
    }
    if let Some(volume) = suggestion.volume {
        text.push_str(&format!("volume: {volume} %\n"));
    }
    for note in &suggestion.notes {
        text.push_str(&format!("note: {}\n", note.say(language)));
    }
    text
}

fn as_json(mood: Mood, suggestion: &Suggestion, language: Language) -> serde_json::Value {
    let picks = |picks: &[Pick]| -> Vec<serde_json::Value> {
        let one = |pick: &Pick| json!({ "id": pick.id, "title": pick.title, "artist": pick.artist, "why": pick.why.say(language) });
        picks.iter().map(one).collect()
    };
    json!({
        "mood": mood,
        "music": picks(&suggestion.music),
        "video": picks(&suggestion.video),
        "speaks": suggestion.speaks,
        "volume": suggestion.volume,
        "loop_video": suggestion.loop_video,
        "notes": suggestion.notes.iter().map(|note| note.say(language)).collect::<Vec<_>>(),
    })
}

/// Reads a library from a file.
pub fn catalog(file: &Path) -> anyhow::Result<Catalog> {
    #[derive(Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Library {
        music: ItemStore,
        video: ItemStore,
    }
    // Bit by bit: a large library is in memory once, and never as text.
    let file_opened = store::open_regular(file).with_context(|| format!("cannot read {}", file.display()))?;
    let library: Library = serde_json::from_reader(BufReader::new(file_opened)).with_context(|| {
        format!("{} is not a library of the form {{\"music\": [items], \"video\": [items]}}", file.display())
    })?;
    Ok(Catalog { music: library.music, video: library.video })
}

/// Reads a folder of templates; all that is wrong with it is one error.
pub fn templates(folder: &Path) -> anyhow::Result<Templates> {
    library::templates::load(folder).map_err(as_one)
}

/// Reads those of the folders that are there, each over the ones before.
fn all(folders: &[PathBuf]) -> anyhow::Result<Templates> {
    let (templates, problems) = library::templates::reload_all(folders, &Templates::shipped());
    if problems.is_empty() { Ok(templates) } else { Err(as_one(problems)) }
}

fn as_one(problems: Vec<library::templates::TemplateProblem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!(lines.join("\n"))
}
