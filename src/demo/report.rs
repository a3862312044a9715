//! What came of one press: gathered from the notes, printed as one line or one JSON object.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::notes::{Note, What};
use moodbox_core::kiosk::Has;
use moodbox_core::kiosk::action::Screen;
use moodbox_core::kiosk::event::{Event, Health, NowPlaying, Part, PlayerEvent};
use moodbox_core::mood::Reading;

/// Everything noticed since the device started.
pub struct Report {
    has: Has,
    panel_file: PathBuf,
    music_there: bool,
    video_there: bool,
    idle_shown: bool,
    trouble: Option<String>,
    /// The look failed: nothing will come of this press.
    failed: bool,
    pressed: Option<Instant>,
    light: Option<Instant>,
    panel: Option<Instant>,
    capture_started: Option<Instant>,
    capture_ended: Option<Instant>,
    vision: Option<Duration>,
    reading: Option<Reading>,
    choosing: bool,
    held: Option<Instant>,
    why: HashMap<String, String>,
    music: Option<(Instant, NowPlaying)>,
    video: Option<(Instant, NowPlaying)>,
}

impl Report {
    /// Nothing noticed yet. `panel_file` is the picture of the panel, for the report.
    pub fn new(has: Has, panel_file: PathBuf) -> Report {
        Report {
            has,
            panel_file,
            music_there: !has.music,
            video_there: !has.video,
            idle_shown: !has.panel,
            trouble: None,
            failed: false,
            pressed: None,
            light: None,
            panel: None,
            capture_started: None,
            capture_ended: None,
            vision: None,
            reading: None,
            choosing: false,
            held: None,
            why: HashMap::new(),
            music: None,
            video: None,
        }
    }

    /// The button was pressed: what follows counts from here.
    pub fn pressed(&mut self, at: Instant) {
        self.pressed = Some(at);
    }

    /// Takes the next note.
    pub fn take(&mut self, note: &Note) {
        let at = note.at;
        match &note.what {
            What::Light(true) => self.after_press(at, |report| &mut report.light),
            What::Light(false) => {}
            What::Panel(_) => self.after_press(at, |report| &mut report.panel),
            What::Screen(screen) => {
                self.idle_shown |= matches!(screen, Screen::Idle { .. });
                self.choosing = matches!(screen, Screen::Unsure { .. });
            }
            What::Reading(reading) => self.reading = Some(*reading),
            What::Choice(choice) => self.why.extend(choice.iter().cloned()),
            What::Event(event) => self.event(at, event),
        }
    }

    fn after_press(&mut self, at: Instant, which: impl FnOnce(&mut Report) -> &mut Option<Instant>) {
        if self.pressed.is_some_and(|pressed| at >= pressed) {
            which(self).get_or_insert(at);
        }
    }

    fn event(&mut self, at: Instant, event: &Event) {
        match event {
            Event::Catalog(catalog) => {
                self.music_there |= !catalog.music.is_empty();
                self.video_there |= !catalog.video.is_empty();
            }
            Event::CaptureStarted => self.after_press(at, |report| &mut report.capture_started),
            Event::CaptureEnded(result) => {
                self.after_press(at, |report| &mut report.capture_ended);
                if let Err(trouble) = result {
                    self.trouble = Some(trouble.report.clone());
                    self.failed = true;
                }
            }
            Event::Looked { vision, .. } => self.vision = Some(*vision),
            Event::Music(PlayerEvent::Playing(now)) if now.ours && !now.paused && self.pressed.is_some() => {
                self.music.get_or_insert((at, now.clone()));
            }
            Event::Video(PlayerEvent::Playing(now)) if now.ours && !now.paused && self.pressed.is_some() => {
                self.video.get_or_insert((at, now.clone()));
            }
            Event::Part(Part::Music | Part::Video | Part::Vision, Health::Ill(trouble)) => {
                self.trouble = Some(trouble.report.clone());
            }
            _ => {}
        }
    }

    /// Whether a press would find everything: the panel drawn, the libraries read.
    pub fn ready(&mut self) -> Result<(), String> {
        self.missing(&[
            (self.idle_shown, "the panel"),
            (self.music_there, "the music library"),
            (self.video_there, "the video library"),
        ])
    }

    /// Whether nothing more will come of the press.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Whether everything that was configured plays.
    pub fn done(&mut self) -> Result<(), String> {
        let looked = !matches!(self.reading, Some(Reading::NoFace | Reading::SeveralFaces { .. }));
        if !looked {
            return Ok(());
        }
        self.missing(&[
            (self.reading.is_some(), "the reading"),
            // A clear face is read, and the music begins, before the camera is off.
            (self.capture_started.is_none() || self.capture_ended.is_some(), "the end of the look"),
            (self.capture_started.is_none() || self.vision.is_some(), "the time that a frame took"),
            (!self.has.music || self.music.is_some(), "the music"),
            (!self.has.video || self.video.is_some(), "the video"),
        ])
    }

    fn missing(&self, all: &[(bool, &str)]) -> Result<(), String> {
        let missing: Vec<&str> = all.iter().filter(|(there, _)| !there).map(|(_, name)| *name).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let reason = self.trouble.as_ref().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
        Err(format!("still waiting for {}{reason}", missing.join(", ")))
    }

    /// Whether the person has to act on a choice: `true` to put the finger down, `false` to lift it.
    pub fn choice_to_make(&mut self) -> Option<bool> {
        match (self.choosing, self.held) {
            (true, None) => {
                self.held = Some(Instant::now());
                Some(true)
            }
            (false, Some(_)) => {
                self.held = None;
                Some(false)
            }
            _ => None,
        }
    }

    fn since_press(&self, at: Option<Instant>) -> Value {
        match (self.pressed, at) {
            (Some(pressed), Some(at)) => ms(at.saturating_duration_since(pressed)),
            _ => Value::Null,
        }
    }

    fn why(&self, now: &NowPlaying) -> &str {
        self.why.get(&now.id).map_or("", String::as_str)
    }

    /// The object that `--json` prints. What the device does not have is null.
    pub fn json(&self) -> Value {
        let capture = match (self.capture_started, self.capture_ended) {
            (Some(start), Some(end)) => ms(end.saturating_duration_since(start)),
            _ => Value::Null,
        };
        let playing =
            [self.music.as_ref(), self.video.as_ref()].into_iter().flatten().map(|(at, _)| *at).max();
        json!({
            "reading": self.reading,
            "music": self.music.as_ref().map(|(_, now)| json!({
                "uri": now.id, "title": now.title, "artist": now.artist, "state": "play", "why": self.why(now),
            })),
            "video": self.video.as_ref().map(|(_, now)| json!({
                "file": now.id, "title": now.title, "state": "playing", "why": self.why(now),
            })),
            "panel": self.has.panel.then_some(&self.panel_file),
            "ms": {
                "press_to_light": self.since_press(self.light),
                "press_to_panel": self.since_press(self.panel),
                "capture": capture,
                "vision": self.vision.map_or(Value::Null, ms),
                "press_to_play": self.since_press(playing),
            },
        })
    }

    /// The same for a person.
    pub fn line(&self) -> String {
        let reading = match &self.reading {
            None => "no reading".to_owned(),
            Some(Reading::Sure { mood, scores, .. }) => {
                format!("you look {mood} ({:.0} %)", 100.0 * scores.of(*mood))
            }
            Some(Reading::Unsure { first, second, .. }) => format!("you look {first} or {second}"),
            Some(Reading::NoFace) => "no face".to_owned(),
            Some(Reading::SeveralFaces { count }) => format!("{count} faces"),
        };
        let mut lines = vec![reading];
        for (name, now) in [("music", &self.music), ("video", &self.video)] {
            if let Some((_, now)) = now {
                lines.push(format!("{name}: {} ({})", now.title, self.why(now)));
            }
        }
        lines.join("\n")
    }
}

/// Milliseconds with a tenth.
fn ms(duration: Duration) -> Value {
    json!((duration.as_secs_f64() * 10_000.0).round() / 10.0)
}
