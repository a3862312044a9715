//! What the configuration decides for the kiosk.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::gesture::GestureTimes;
use super::house_rules::{House, QuietHours};
use super::policy::Mode;
use crate::language::Language;
use crate::mood::DecisionRule;
use crate::recommend::Weights;
use crate::screen::HoldChoice;

/// What the configuration decides. Some of it may change while the device runs:
/// [`RuntimeSettings`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the device stands: what a press may do.
    pub mode: Mode,
    /// The language of panel, page and voice.
    pub language: Language,
    /// Which of the optional parts this device has.
    pub has: Has,
    /// When scores count as sure.
    pub judge: DecisionRule,
    /// How long a press is short, double or long.
    pub gesture: GestureTimes,
    /// How long things last.
    pub times: Times,
    /// Percent, at the start of the daemon.
    pub start_volume: u8,
    /// Percent; nothing is ever played louder.
    pub volume_cap: u8,
    /// What is said before a look in public, instead of the usual words.
    pub notice: Option<Arc<str>>,
    /// Whether holding the button on and on offers to shut down.
    pub hold_menu: bool,
    /// The volume of spoken prompts in percent, if there are any.
    pub prompts: Option<u8>,
    /// The rules above every template.
    pub house: House,
    /// How much each part of the ranking counts.
    pub weights: Weights,
    /// Whether likes, skips and plays to the end are learnt from.
    pub learns: bool,
    /// Whether a second look soon after a session says if the session helped. Without `learns` only the sum of
    /// the changes is kept for each mood, and nothing of what was played.
    pub asks_if_it_helped: bool,
    /// Whether "not so" teaches the device about the faces of this place: seven numbers, no picture.
    pub learns_faces: bool,
    /// Whether the moods of sessions are kept over time.
    pub keeps_moods: bool,
    /// Mixed into every choice, so that two devices differ.
    pub seed: u64,
}

/// The optional parts that the configuration names. What it does not name does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Has {
    /// It has a panel.
    pub panel: bool,
    /// It has a music player.
    pub music: bool,
    /// It has a video player.
    pub video: bool,
}

/// How long things last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The frames of a look are spread over this: the longest that a look takes once the camera streams.
    pub capture: Duration,
    /// A look that gives no end within this is given up, whatever the camera does.
    pub capture_limit: Duration,
    /// The notice in public mode, during which a press cancels.
    pub notice: Duration,
    /// The same where it is spoken: longer than the prompt in any language.
    pub spoken_notice: Duration,
    /// The mood stays on the panel this long before the playing screen.
    pub mood: Duration,
    /// So long after the mood left the panel a short press still says that it is wrong.
    pub not_so: Duration,
    /// A message (no face, a trouble) stays this long.
    pub message: Duration,
    /// Without a choice for this long, the gentle middle is taken.
    pub choose: Duration,
    /// How long the last press stays answered on the playing screen.
    pub flash: Duration,
    /// The longest a press plays.
    pub session: Duration,
    /// A pause (made by another client) that lasts this long ends the session.
    pub pause: Duration,
    /// How long a player may be away in mid session before the session goes on without it.
    pub away: Duration,
    /// The fade at a stop.
    pub fade: Duration,
    /// The menu of a held button opens after this, and goes on after as long again.
    pub hold: Duration,
    /// The system may take this long to shut down before the kiosk goes on as if it had not been asked.
    pub power: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let (s, ms) = (Duration::from_secs, Duration::from_millis);
        Times {
            capture: s(1),
            capture_limit: s(10),
            notice: s(8),
            spoken_notice: s(11),
            mood: s(3),
            not_so: s(5),
            message: s(5),
            choose: s(15),
            flash: ms(1500),
            session: s(30 * 60),
            pause: s(10 * 60),
            away: s(60),
            fade: ms(1500),
            hold: s(3),
            power: s(30),
        }
    }
}

/// The settings that count as soon as they are saved. The others decide which ports there are and what they
/// may do: these count from the next start on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSettings {
    /// The language of panel, page and voice.
    pub language: Language,
    /// Percent.
    pub start_volume: u8,
    /// Percent; nothing is ever played louder.
    pub volume_cap: u8,
    /// The quiet hours, if there are any.
    pub quiet: Option<QuietHours>,
    /// The words of the notice in public mode; none: the usual ones.
    pub notice: Option<Arc<str>>,
    /// How long the notice stands.
    pub notice_stands: Duration,
    /// The longest a press plays.
    pub session: Duration,
    /// How long a press is short, double or long.
    pub gesture: GestureTimes,
}

impl Settings {
    /// What of these may change while the device runs.
    pub fn runtime(&self) -> RuntimeSettings {
        RuntimeSettings {
            language: self.language,
            start_volume: self.start_volume,
            volume_cap: self.volume_cap,
            quiet: self.house.quiet,
            notice: self.notice.clone(),
            notice_stands: self.times.notice,
            session: self.times.session,
            gesture: self.gesture,
        }
    }
    /// The menu, in its order. The last one stays for as long as the button is held.
    pub(super) fn hold_menu(&self) -> &'static [HoldChoice] {
        let keeps = self.learns || self.asks_if_it_helped || self.learns_faces || self.keeps_moods;
        if keeps { &HoldChoice::ALL } else { &HoldChoice::WITHOUT_FORGET }
    }
}
