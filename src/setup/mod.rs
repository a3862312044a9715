//! What `moodbox setup` writes: from a person's answers to the new text of each file.

pub mod phone;
mod replace;
mod sound;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{self, ConfigError, PanelChoice};
use crate::ports::panel::presets::{Preset, SpiSettings};

pub use replace::{replace, replace_secret};
pub use sound::{Card, cards, usual_card};

/// What a person was asked for. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `household`, `public` or `workplace`.
    pub mode: Option<String>,
    /// `en` or `de`.
    pub language: Option<String>,
    /// A board of the presets, or `none`.
    pub hat: Option<String>,
    /// A GPIO line, or `auto`.
    pub button: Option<String>,
    /// A GPIO line, `auto`, or `none`.
    pub light: Option<String>,
    /// The name of a sound card, as ALSA calls it, or `none` to leave MPD alone.
    pub sound: Option<String>,
}

/// A file with another text than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: PathBuf,
    pub text: String,
    /// What is different, a line each.
    pub what: Vec<String>,
}

/// All that is to be written, and what a person has to know beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
    /// It counts from the next start of the board on.
    pub reboot: bool,
    /// MPD has another configuration.
    pub mpd: bool,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("{} cannot be read: {why}", path.display())]
    // No `source`: a report that prints the chain of errors would say it twice.
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error("there is no board named {name}; there are: {known}, none")]
    NoBoard { name: String, known: String },
    #[error("a line has a name such as GPIO17, not `{0}`")]
    NoLine(String),
    #[error("there is no sound card {name}; there are: {known}")]
    NoCard { name: String, known: String },
    #[error("nothing was written: with these answers {0}")]
    Unusable(#[from] ConfigError),
    #[error("{0} is this machine alone: no phone would reach the page there")]
    Local(SocketAddr),
    #[error(
        "this machine is on no network now; connect it, or say which one the phones are in: --network 192.168.1.0/24"
    )]
    NoNetwork,
    #[error("others on the network reach the page, so it needs a password")]
    NoPassword,
}

/// The files of a machine, below its root folder.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    /// The settings of moodbox.
    settings: PathBuf,
    /// Of an image that is being built: the kernel's answers are those of another machine.
    image: bool,
}

impl Files {
    /// Those below a folder, `/` on the device itself.
    pub fn below(root: &Path) -> Files {
        Files { root: root.to_owned(), settings: root.join("etc/moodbox/moodbox.toml"), image: false }
    }

    /// Those of an image, in which the machine that it is made for cannot be asked.
    pub fn of_image(root: &Path) -> Files {
        Files { image: true, ..Files::below(root) }
    }

    /// What the console says before anybody has set the device up; the package writes it.
    pub fn notice(&self) -> PathBuf {
        self.at("etc/issue.d/moodbox.issue")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The firmware's configuration, where the board has one.
    fn boot(&self) -> Option<PathBuf> {
        ["boot/firmware/config.txt", "boot/config.txt"]
            .map(|path| self.at(path))
            .into_iter()
            .find(|path| path.is_file())
    }

    fn read(&self, path: &Path) -> Result<String, SetupError> {
        std::fs::read_to_string(path).map_err(|why| SetupError::Unreadable { path: path.to_owned(), why })
    }

    /// The board that is set, if there is a panel.
    pub fn board(&self) -> Option<String> {
        value(&std::fs::read_to_string(&self.settings).ok()?, "panel", "preset")
    }

    /// Whether somebody has set where it stands: the shipped text holds a value that nobody chose.
    pub fn is_set_up(&self) -> bool {
        std::fs::read_to_string(&self.settings).is_ok_and(|text| text != config::packaged())
    }

    /// The value of a setting as it is.
    pub fn value(&self, section: &str, key: &str) -> Option<String> {
        value(&std::fs::read_to_string(&self.settings).ok()?, section, key)
    }

    /// The card that MPD was given before, if it is there.
    pub fn card(&self) -> Option<String> {
        sound::set_to(self).filter(|id| self.cards().iter().any(|card| card.id == *id))
    }

    /// The sound cards of the machine.
    pub fn cards(&self) -> Vec<Card> {
        if self.image {
            return Vec::new();
        }
        cards(&std::fs::read_to_string(self.at("proc/asound/cards")).unwrap_or_default())
    }
}

/// What is to be written for these answers.
///
/// # Errors
/// When an answer names something that is not there, or a file cannot be read.
pub fn plan(files: &Files, answers: &Answers) -> Result<Plan, SetupError> {
    let mut plan = Plan::default();
    let hat = answers.hat.clone().or_else(|| files.board()).unwrap_or_else(|| "none".to_owned());
    let board = Preset::named(&hat);
    if board.is_none() && hat != "none" {
        let known = crate::ports::panel::presets::PRESETS.map(|preset| preset.name).join(", ");
        return Err(SetupError::NoBoard { name: hat, known });
    }
    let sound = sound::choose(files, answers.sound.as_deref(), board)?;
    settings(files, answers, sound.card.as_deref(), &mut plan)?;
    firmware(files, board, hat != "none", &mut plan)?;
    if let Some(board) = board
        && board.light.is_none()
        && answers.light.as_deref().is_none_or(|light| light == "auto" || light == "none")
    {
        plan.notes.push(format!(
            "{} covers the header and has no LED: no light shows that the camera is on, only the panel does. Say so to \
             whoever is looked at, or wire a LED and name its line (--light)",
            board.about
        ));
    }
    sound::configure(files, &sound, &mut plan)?;
    Ok(plan)
}

fn settings(files: &Files, answers: &Answers, card: Option<&str>, plan: &mut Plan) -> Result<(), SetupError> {
    let there = if files.settings.exists() { Some(files.read(&files.settings)?) } else { None };
    let before = there.clone().unwrap_or_else(config::packaged);
    let mut edit = Edit { text: before.clone(), what: Vec::new() };
    let board = value(&before, "panel", "preset").unwrap_or_else(|| "none".to_owned());
    let other_board = answers.hat.as_ref().is_some_and(|hat| *hat != board);
    // Another board has other buttons, and needs lines that were free before.
    let auto = || other_board.then(|| "auto".to_owned());
    let button = answers.button.clone().or_else(auto);
    let light = answers.light.clone().or_else(|| auto().filter(|_| section(&before, "light").is_some()));
    for line in [&button, &light].into_iter().flatten() {
        if line.is_empty() || !line.chars().all(|c| c.is_ascii_alphanumeric() || ":._/-".contains(c)) {
            return Err(SetupError::NoLine(line.clone()));
        }
    }
    edit.set("device", "mode", answers.mode.as_deref());
    edit.set("device", "language", answers.language.as_deref());
    edit.set("panel", "preset", answers.hat.as_deref());
    edit.set("button", "line", button.as_deref());
    edit.set("light", "line", light.as_deref());
    // Prompts are spoken on the card that plays the music. A file that says nothing of prompts stays as it is.
    edit.set("prompts", "card", card.filter(|_| section(&before, "prompts").is_some()));
    // Two things on one line, say: the service would not start.
    config::parse(&edit.text, &files.settings.display().to_string())?;
    if there.as_ref() != Some(&edit.text) {
        plan.changes.push(Change { path: files.settings.clone(), text: edit.text, what: edit.what });
    }
    Ok(())
}

/// The settings while they are changed.
struct Edit {
    text: String,
    what: Vec<String>,
}

impl Edit {
    /// Sets a key; `none` switches its section off, and a word switches it on again.
    fn set(&mut self, name: &str, key: &str, word: Option<&str>) {
        let Some(word) = word else { return };
        let text = match word {
            "none" => without_section(&self.text, name),
            _ => {
                let on = self.text.replace(&format!("\n# [{name}]\n"), &format!("\n[{name}]\n"));
                if value(&on, name, key).as_deref() == Some(word) {
                    on
                } else {
                    with_value(&on, name, key, &format!("\"{word}\""))
                }
            }
        };
        if text != self.text {
            self.what.push(format!("[{name}] {key} = \"{word}\""));
            self.text = text;
        }
    }
}

/// SPI for a panel, the camera, and what the sound of the board needs. A line that says the opposite is a
/// person's own and stays.
fn firmware(files: &Files, board: Option<&Preset>, panel: bool, plan: &mut Plan) -> Result<(), SetupError> {
    let Some(path) = files.boot() else {
        plan.notes.push(
            "no config.txt: this is no Raspberry Pi, or its boot partition is not mounted; SPI and camera left alone"
                .to_owned(),
        );
        return Ok(());
    };
    let before = files.read(&path)?;
    let mut text = before.clone();
    let mut what = Vec::new();
    let spi = panel.then_some("dtparam=spi=on");
    let sound = board.map_or(&[][..], |board| board.sound.map_or(&[][..], |sound| sound.config));
    for wanted in spi.into_iter().chain(["camera_auto_detect=1"]).chain(sound.iter().copied()) {
        let lines = || text.lines().map(str::trim);
        if lines().any(|line| line == wanted) {
            continue;
        }
        // `dtoverlay` stands there once for each overlay; of all others the last one counts.
        let key = wanted.rsplit_once('=').map_or(wanted, |(key, _)| key);
        let other = lines()
            .rfind(|line| !matches!(key, "dtoverlay" | "gpio=25") && line.starts_with(&format!("{key}=")));
        if let Some(other) = other {
            plan.notes
                .push(format!("{} says {other}; left as it is, moodbox wants {wanted}", path.display()));
            continue;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        // Under a filter such as [pi4] the line would hold for that board only.
        text.push_str(&format!("\n[all]\n{wanted}\n"));
        what.push(wanted.to_owned());
    }
    if text != before {
        plan.reboot = true;
        plan.changes.push(Change { path, text, what });
    }
    Ok(())
}

/// The lines of a section, as numbers: its head, and where the next one begins.
fn section(text: &str, name: &str) -> Option<(usize, usize)> {
    let head = format!("[{name}]");
    let start = text.lines().position(|line| line.trim() == head)?;
    let rest = text.lines().skip(start + 1).position(|line| line.starts_with('['));
    Some((start, rest.map_or(text.lines().count(), |rest| start + 1 + rest)))
}

/// Whether a line sets that key.
fn sets(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// The word that a key of a section is set to.
fn value(text: &str, name: &str, key: &str) -> Option<String> {
    let (start, end) = section(text, name)?;
    let line = text.lines().take(end).skip(start + 1).find(|line| sets(line, key))?;
    let word = line.split_once('=')?.1.trim().strip_prefix('"')?;
    Some(word.split_once('"')?.0.to_owned())
}

/// The settings with a panel turned so far, and its sides as they are then.
pub fn with_turn(text: &str, panel: &SpiSettings) -> String {
    let before = config::known_of(text).panel;
    let text = with_value(text, "panel", "rotation", &u16::from(panel.rotation).to_string());
    match before {
        Some(PanelChoice::Spi(before)) if (before.width, before.height) == (panel.width, panel.height) => {
            text
        }
        _ => {
            let text = with_value(&text, "panel", "width", &panel.width.to_string());
            with_value(&text, "panel", "height", &panel.height.to_string())
        }
    }
}

/// The text with that key set: in its place, or as the first line of its section, which is made where it is not
/// there. All else stays as a person wrote it.
fn with_value(text: &str, name: &str, key: &str, literal: &str) -> String {
    let new = format!("{key} = {literal}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match section(text, name) {
        None => lines.extend([String::new(), format!("[{name}]"), new]),
        Some((start, end)) => match (start + 1..end).find(|at| sets(&lines[*at], key)) {
            Some(at) => lines[at] = new,
            None => lines.insert(start + 1, new),
        },
    }
    lines.join("\n") + "\n"
}

/// The text without that key; what stands in a comment stays.
fn without_key(text: &str, name: &str, key: &str) -> String {
    let Some((start, end)) = section(text, name) else { return text.to_owned() };
    let goes = |(at, line): &(usize, &str)| (start..end).contains(at) && sets(line, key);
    let kept: Vec<&str> = text.lines().enumerate().filter(|line| !goes(line)).map(|(_, line)| line).collect();
    kept.join("\n") + "\n"
}

/// The text with a section commented out.
fn without_section(text: &str, name: &str) -> String {
    let Some((start, end)) = section(text, name) else { return text.to_owned() };
    let off = |(at, line): (usize, &str)| {
        let counts = (start..end).contains(&at) && !line.trim().is_empty() && !line.starts_with('#');
        if counts { format!("# {line}") } else { line.to_owned() }
    };
    text.lines().enumerate().map(off).collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
