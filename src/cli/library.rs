//! `moodbox library`: what there is to play, what is not known of it, and a way to say it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::cli::suggest;
use crate::config::{self, Config};
use crate::library::analysis::Progress;
use crate::library::listing::{self, Source};
use crate::paths;
use crate::port_factory;
use crate::ports::music::Mpd;
use crate::terminal::{self, printable};
use moodbox_core::recommend::{Catalog, Entry, Kind, normalized};

/// Count the library, list it, show what is not known of it, and set it.
#[derive(clap::Args, Clone, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  moodbox library                                counts, and how far the listening has come
  moodbox library --unknown                      each item of which no feeling is known
  moodbox library --find ambient --json
  moodbox library set \"Slow Rain\" --valence 0.4 --arousal -0.6
  moodbox library set Some/Track.flac --clear
  moodbox library update                         MPD looks at its files again

The feeling of an item comes from, in this order: a value that was set (MPD's stickers `valence` and
`arousal`; for videos a small file of moodbox's own), a tag (`calm`, or `valence=0.4` with `arousal=-0.6`),
the genre, or what was measured from the sound. Without any it is chosen by its tags and folder alone."
)]
pub struct Args {
    #[command(subcommand)]
    pub action: Option<Action>,
    /// List every item.
    #[arg(long)]
    pub list: bool,
    /// List the items of which no feeling is known.
    #[arg(long, conflicts_with = "list")]
    pub unknown: bool,
    /// List the items with these words in id, title, artist, genre or tag.
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["list", "unknown"])]
    pub find: Option<String>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
    /// The configuration, which names the library.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// A library from a file: `{"music": [items], "video": [items]}`.
    #[arg(long, value_name = "FILE", hide = true)]
    pub catalog: Option<PathBuf>,
}

/// What is changed.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Action {
    /// Say how an item feels; one axis that is left out keeps its value.
    Set {
        /// Its id, or a part of id, title or artist that no other item has.
        item: String,
        /// Unpleasant -1 to pleasant 1.
        #[arg(long, allow_negative_numbers = true, value_parser = axis)]
        valence: Option<f32>,
        /// Calm -1 to excited 1.
        #[arg(long, allow_negative_numbers = true, value_parser = axis)]
        arousal: Option<f32>,
        /// Take back what was set.
        #[arg(long, conflicts_with_all = ["valence", "arousal"])]
        clear: bool,
    },
    /// Have MPD look at its files again, for example after a disk was plugged in.
    Update {
        /// Only below this folder of MPD's.
        folder: Option<String>,
    },
}

fn axis(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "write a number from -1 to 1, such as 0.4".to_owned())?;
    if (-1.0..=1.0).contains(&value) { Ok(value) } else { Err("write a number from -1 to 1".to_owned()) }
}

/// Reads the library and prints or does what was asked for. Fails if there is nothing in it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let path = args.config.clone().unwrap_or_else(paths::config);
    match &args.action {
        None => show(&args, &path),
        Some(Action::Set { item, valence, arousal, clear }) => {
            if valence.is_none() && arousal.is_none() && !clear {
                bail!("say what to set: --valence, --arousal, both, or --clear");
            }
            set(&args, &path, item, (*valence, *arousal))
        }
        Some(Action::Update { folder }) => {
            let config = config::load(&path)?;
            let music = config.music.as_ref().context("there is no [music] in the configuration")?;
            Mpd::update(music, folder.as_deref())?;
            terminal::line(if args.json { r#"{"update":"started"}"# } else { "MPD looks at its files" });
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show(args: &Args, config: &Path) -> anyhow::Result<ExitCode> {
    let (catalog, progress) = match &args.catalog {
        Some(file) => (suggest::catalog(file)?, None),
        None => {
            let (catalog, progress) = from_config(&config::load(config)?);
            (catalog, Some(progress))
        }
    };
    match args.json {
        true => terminal::json(&as_json(&catalog, progress, args).to_string()),
        false => terminal::line(&as_text(&catalog, progress, args)),
    }
    let empty = catalog.music.is_empty() && catalog.video.is_empty();
    Ok(if empty { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The library of a configuration, with what was measured of it.
fn from_config(config: &Config) -> (Catalog, Progress) {
    let library = port_factory::library(config);
    for line in library.problems.iter().chain(&library.remarks) {
        tell!("moodbox library: {}", printable(line));
    }
    (library.catalog, library.progress)
}

fn set(
    args: &Args,
    config: &Path,
    words: &str,
    (valence, arousal): (Option<f32>, Option<f32>),
) -> anyhow::Result<ExitCode> {
    let config = config::load(config)?;
    let (catalog, _) = from_config(&config);
    let (kind, id) = listing::find(&catalog, words)?;
    let entry = catalog.of(kind).find(&id);
    let known = entry.and_then(|entry| entry.feeling);
    let clear = valence.is_none() && arousal.is_none();
    let axis = |given: Option<f32>, known: Option<f32>, name: &str| {
        given.or(known).with_context(|| format!("nothing is known of `{id}` yet: give --{name} too"))
    };
    let place = match clear {
        true => None,
        false => Some((
            axis(valence, known.map(|known| known.valence), "valence")?,
            axis(arousal, known.map(|known| known.arousal), "arousal")?,
        )),
    };
    port_factory::setter(&config).set(kind, &id, place)?;
    let name = printable(&id);
    match (args.json, place) {
        (true, _) => terminal::json(
            &json!({ "kind": kind.name(), "id": id, "valence": place.map(|at| at.0), "arousal": place.map(|at| at.1) })
                .to_string(),
        ),
        (false, Some((valence, arousal))) => say!("{name}: valence {valence:+.2}, arousal {arousal:+.2}"),
        (false, None) => say!("{name}: what was set is taken back"),
    }
    if kind == Kind::Video {
        paths::note_of_another_state("what was set for videos");
    }
    Ok(ExitCode::SUCCESS)
}

fn is_listed(entry: &Entry<'_>, args: &Args) -> bool {
    args.list
        || (args.unknown && entry.feeling.is_none())
        || args.find.as_deref().is_some_and(|words| {
            let word = normalized(words);
            listing::matches(entry, words)
                || entry.genres().chain(entry.tags()).any(|known| known.contains(&word))
        })
}

fn as_text(catalog: &Catalog, progress: Option<Progress>, args: &Args) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let item_store = catalog.of(kind);
        let [tag, genre, sound, unknown] = listing::counts(item_store).map(|(_, count)| count);
        text.push_str(&format!(
            "{kind}: {}; feeling known by tag {tag}, by genre {genre}, by sound {sound}, unknown {unknown}\n",
            item_store.len(),
        ));
        let without_length = item_store.iter().filter(|entry| entry.length.is_none()).count();
        if without_length > 0 && kind == Kind::Video {
            text.push_str(&format!(
                "  the length of {without_length} is not known (`moodbox doctor` says what helps)\n"
            ));
        }
        let spoken = item_store.iter().filter(|entry| entry.spoken).count();
        if spoken > 0 && kind == Kind::Music {
            text.push_str(&format!(
                "  {spoken} are spoken word, by tag, name or sound: played only where a template names them\n"
            ));
        }
        for entry in item_store.iter().filter(|entry| is_listed(entry, args)) {
            let place = entry.feeling.map_or("  ?     ?  ".to_owned(), |feeling| {
                format!("{:+.2} {:+.2}", feeling.valence, feeling.arousal)
            });
            text.push_str(&format!("  {place}  {:<7}  {}\n", Source::of(&entry).name(), printable(entry.id)));
        }
    }
    if let Some(progress) = progress.filter(|progress| progress.wanted > 0) {
        let Progress { wanted, measured, impossible, out_of_reach, parts, foreign, midi } = progress;
        text.push_str(&format!("sound: {measured} of {wanted} measured"));
        if impossible > 0 {
            text.push_str(&format!(", {impossible} cannot be"));
        }
        if out_of_reach > 0 {
            text.push_str(&format!(
                ", {out_of_reach} are not to be found from here (`folder` under [music] names MPD's folder)"
            ));
        }
        if parts > 0 {
            text.push_str(&format!(", {parts} are parts of a larger file (a cue sheet) and cannot be"));
        }
        if foreign > 0 {
            text.push_str(&format!(
                ", {foreign} need ffmpeg (Opus, WMA and the like: `sudo apt install ffmpeg`)"
            ));
        }
        if midi > 0 {
            text.push_str(&format!(", {midi} are MIDI, which has no sound of its own, and cannot be"));
        }
        if measured + impossible + out_of_reach + parts + foreign + midi < wanted {
            text.push_str("; `moodbox run` listens to the rest in the background");
        }
        text.push('\n');
    }
    text
}

fn as_json(catalog: &Catalog, progress: Option<Progress>, args: &Args) -> Value {
    let one = |kind| {
        let item_store = catalog.of(kind);
        let counts: serde_json::Map<String, Value> = listing::counts(item_store)
            .into_iter()
            .map(|(source, count)| (source.name().to_owned(), count.into()))
            .collect();
        let items: Vec<_> = item_store
            .iter()
            .filter(|entry| is_listed(entry, args))
            .map(|entry| listing::line(&entry))
            .collect();
        json!({ "count": item_store.len(), "feeling": counts, "items": items })
    };
    json!({ "music": one(Kind::Music), "video": one(Kind::Video), "sound": progress })
}
