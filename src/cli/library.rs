//! `moodbox library`: what there is to play, and what is not known of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::suggest;
use crate::places;
use crate::recommend::{Catalog, Entry, FeelingSource, Kind, Shelf};

/// Count the library, list it, and show what is not known of it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  moodbox library
  moodbox library --unknown            each item of which no feeling is known
  moodbox library --list --json

A track without a known feeling is chosen by its tags and folder alone. Give it one with any MPD client:
  mpc sticker \"Some/Track.flac\" set valence 0.4      unpleasant -1 to pleasant 1
  mpc sticker \"Some/Track.flac\" set arousal -0.6     calm -1 to excited 1")]
pub struct Args {
    /// List every item.
    #[arg(long)]
    pub list: bool,
    /// List the items of which no feeling is known.
    #[arg(long, conflicts_with = "list")]
    pub unknown: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// The configuration, which names the library.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A library from a file: `{"music": [items], "video": [items]}`.
    #[arg(long, value_name = "FILE", hide = true)]
    pub catalog: Option<PathBuf>,
}

/// Reads the library and prints what was asked for. Fails if there is nothing in it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalog = match &args.catalog {
        Some(file) => suggest::catalog(file)?,
        None => suggest::from_config(args.config.as_deref().unwrap_or(&places::config()))?.0,
    };
    let text = if args.json { as_json(&catalog, &args).to_string() } else { as_text(&catalog, &args) };
    // A reader that has gone, such as `head`, is no failure of ours.
    let _ = std::io::stdout().write_all(format!("{}\n", text.trim_end()).as_bytes());
    let empty = catalog.music.is_empty() && catalog.video.is_empty();
    Ok(if empty { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn shelf(catalog: &Catalog, kind: Kind) -> &Shelf {
    match kind {
        Kind::Music => &catalog.music,
        Kind::Video => &catalog.video,
    }
}

/// How the feeling of an item is known, as people say it.
fn source(entry: &Entry<'_>) -> &'static str {
    match entry.feeling.map(|feeling| feeling.source) {
        Some(FeelingSource::Explicit) => "tag",
        Some(FeelingSource::Genre) => "genre",
        Some(FeelingSource::Sound) => "sound",
        None => "unknown",
    }
}

/// Items by how their feeling is known; every way is there, also with none.
fn counts(shelf: &Shelf) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::from([("tag", 0), ("genre", 0), ("sound", 0), ("unknown", 0)]);
    for entry in shelf.iter() {
        *counts.entry(source(&entry)).or_default() += 1;
    }
    counts
}

fn is_listed(entry: &Entry<'_>, args: &Args) -> bool {
    args.list || (args.unknown && entry.feeling.is_none())
}

fn as_text(catalog: &Catalog, args: &Args) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let shelf = shelf(catalog, kind);
        let counts = counts(shelf);
        text.push_str(&format!(
            "{kind}: {}; feeling known by tag {}, by genre {}, by sound {}, unknown {}\n",
            shelf.len(),
            counts["tag"],
            counts["genre"],
            counts["sound"],
            counts["unknown"]
        ));
        for entry in shelf.iter().filter(|entry| is_listed(entry, args)) {
            let place = entry.feeling.map_or("  ?     ?  ".to_owned(), |feeling| {
                format!("{:+.2} {:+.2}", feeling.valence, feeling.arousal)
            });
            text.push_str(&format!("  {place}  {:<7}  {}\n", source(&entry), entry.id));
        }
    }
    text
}

fn as_json(catalog: &Catalog, args: &Args) -> serde_json::Value {
    let one = |kind| {
        let shelf = shelf(catalog, kind);
        let items: Vec<serde_json::Value> = shelf
            .iter()
            .filter(|entry| is_listed(entry, args))
            .map(|entry| {
                json!({
                    "id": entry.id,
                    "title": entry.title,
                    "artist": entry.artist,
                    "genres": entry.genres().collect::<Vec<_>>(),
                    "tags": entry.tags().collect::<Vec<_>>(),
                    "feeling": entry.feeling,
                })
            })
            .collect();
        json!({ "count": shelf.len(), "feeling": counts(shelf), "items": items })
    };
    json!({ "music": one(Kind::Music), "video": one(Kind::Video) })
}
