//! The sound card, and what MPD is told of it.
//!
//! `/etc/mpd.conf` as Debian brings it has no output, finds no new files, and may have no mixer; then no
//! volume can be set. It belongs to another package and to the person, so it is never changed: MPD is given a file
//! of ours that includes it and adds what it does not say.

use super::{Change, Files, Plan, SetupError};
use crate::ports::panel::presets::Preset;

/// A sound card of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// ALSA's short name, which does not change as numbers do.
    pub id: String,
    /// What a person knows it by.
    pub name: String,
    driver: String,
}

/// The cards that the kernel lists in `/proc/asound/cards`.
pub fn cards(text: &str) -> Vec<Card> {
    let card = |line: &str| {
        let (id, about) = line.split_once('[')?.1.split_once("]: ")?;
        let (driver, name) = about.split_once(" - ")?;
        Some(Card {
            id: id.trim().to_owned(),
            name: name.trim().to_owned(),
            driver: driver.trim().to_owned(),
        })
    };
    text.lines().filter_map(card).collect()
}

/// The card that a person most likely means: one that was plugged in, else the jack, else what there is. ALSA itself
/// takes the first, which is seldom it.
pub fn usual_card(cards: &[Card]) -> Option<&Card> {
    let hdmi = |card: &&Card| card.driver.contains("hdmi") || card.id.to_lowercase().contains("hdmi");
    cards
        .iter()
        .find(|card| card.driver == "USB-Audio")
        .or_else(|| cards.iter().find(|card| !hdmi(card) && !card.id.contains("Headphones")))
        .or_else(|| cards.iter().find(|card| !hdmi(card)))
        .or_else(|| cards.first())
}

/// MPD's configuration as Debian brings it, or as a person made it.
const THEIRS: &str = "etc/mpd.conf";
/// Ours.
const OURS: &str = "etc/moodbox/mpd.conf";
/// What makes MPD read ours. Not `moodbox.conf`: that is the name of the package's own, and of two with one name systemd
/// reads the one in /etc only.
const UNIT: &str = "etc/systemd/system/mpd.service.d/moodbox-sound.conf";

/// Where the sound is to come out.
pub(super) struct Choice {
    /// ALSA's short name; where there is none, ALSA's first card is taken.
    pub card: Option<String>,
    /// What was set before stays.
    keep: bool,
}

/// The card that is asked for, that of the board, the one that was set before, or the likeliest.
pub(super) fn choose(
    files: &Files,
    wanted: Option<&str>,
    board: Option<&Preset>,
) -> Result<Choice, SetupError> {
    let there = files.cards();
    let of_board = board.and_then(|board| board.sound).map(|sound| sound.card);
    let choice = |card: Option<&str>, keep| Choice { card: card.map(str::to_owned), keep };
    Ok(match wanted {
        Some("none") => choice(None, true),
        // The card of a board is there only after its overlay was loaded.
        Some(id) if Some(id) == of_board || there.iter().any(|card| card.id == id) => choice(Some(id), false),
        Some(id) => {
            let known: Vec<String> =
                there.iter().map(|card| format!("{} ({})", card.id, card.name)).collect();
            return Err(SetupError::NoCard { name: id.to_owned(), known: known.join(", ") });
        }
        None if of_board.is_some() => choice(of_board, false),
        None => match files.card() {
            // It stays while it is there, until somebody asks for another.
            Some(card) => choice(Some(&card), true),
            None => choice(usual_card(&there).map(|card| card.id.as_str()), false),
        },
    })
}

/// Gives MPD an output with a mixer that works.
pub(super) fn configure(files: &Files, choice: &Choice, plan: &mut Plan) -> Result<(), SetupError> {
    let path = files.at(THEIRS);
    if choice.keep || !path.is_file() {
        return Ok(());
    }
    let theirs = files.read(&path)?;
    if says(&theirs, "audio_output") {
        plan.notes.push(format!(
            "{} names an output of its own, so MPD is left as it is. If the doctor says that the volume cannot be set, \
             write `mixer_type \"software\"` into its `audio_output`",
            path.display()
        ));
        return Ok(());
    }
    let (device, place) = match &choice.card {
        Some(id) => (format!("default:CARD={id}"), format!("the card {id}")),
        None => ("default".to_owned(), "ALSA's first card".to_owned()),
    };
    if choice.card.is_none() {
        plan.notes.push(
            "no sound card is there yet: MPD plays to ALSA's first one; run `sudo moodbox setup` again once there is a \
             card to choose"
                .to_owned(),
        );
    }
    let update = if says(&theirs, "auto_update") { "" } else { "auto_update \"yes\"\n" };
    let ours = format!(
        "# Written by `moodbox setup`: what MPD is told beyond /etc/mpd.conf, which stays as it is. To be rid of it:\n\
         # sudo rm /etc/moodbox/mpd.conf /{UNIT} && sudo systemctl daemon-reload\n\
         include \"/{THEIRS}\"\n{update}\
         audio_output {{\n    type \"alsa\"\n    name \"moodbox\"\n    device \"{device}\"\n    \
         mixer_type \"software\"\n}}\n"
    );
    let unit = format!("[Service]\nExecStart=\nExecStart=/usr/bin/mpd --systemd /{OURS}\n");
    let mut put = |path: &str, text: String, what: String| {
        let path = files.at(path);
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            plan.mpd = true;
            plan.changes.push(Change { path, text, what: vec![what] });
        }
    };
    put(OURS, ours, format!("MPD plays to {place}, with a mixer of its own, and finds new music by itself"));
    put(UNIT, unit, format!("MPD reads /{OURS}"));
    Ok(())
}

/// The card that MPD was given before.
pub(super) fn set_to(files: &Files) -> Option<String> {
    let text = std::fs::read_to_string(files.at(OURS)).ok()?;
    Some(text.split_once("default:CARD=")?.1.split_once('"')?.0.to_owned())
}

/// Whether a configuration of MPD sets that, in a line that is no comment.
fn says(text: &str, word: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t', '{']))
    })
}
