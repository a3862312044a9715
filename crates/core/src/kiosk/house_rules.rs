//! The rules of the house: they hold above every template.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::recommend::Quiet;

/// What the people who own the device decide for all moods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// The quiet hours, if there are any.
    pub quiet: Option<QuietHours>,
    /// When playing that nobody hears is stopped.
    pub sleep: Sleep,
    /// In idle the panel is dimmed after this. None: never.
    pub idle_dim: Option<Duration>,
    /// In idle the panel goes dark after this. None: never.
    pub idle_off: Option<Duration>,
    /// What a short press does while something plays.
    pub press: Press,
    /// Whether it plays something gentle once it has started, before anybody pressed: after a power cut, say.
    pub plays_at_start: bool,
}

/// A time of the day in which the house wants its rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// From when to when, and the loudest then.
    pub hours: Quiet,
    /// Whether a press plays something then. What plays already goes on, softer.
    pub starts: bool,
}

/// Playing that nobody seems to hear any more is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep {
    /// This long after the last press. None: only when it is asked for.
    pub after: Option<Duration>,
    /// The fade of this stop.
    pub fade: Duration,
    /// Whether the track is let to its end.
    pub at_track_end: bool,
}

impl Default for Sleep {
    fn default() -> Sleep {
        Sleep { after: None, fade: Duration::from_secs(10), at_track_end: false }
    }
}

/// What a short press does while something plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Press {
    /// The next track.
    #[default]
    Next,
    /// Another look, and another list.
    Again,
    /// The end, with a fade.
    Stop,
    /// Nothing: a long press stops.
    Nothing,
}

impl House {
    /// The quiet hours, if this minute of the day lies in them. Without a clock there are none.
    pub fn quiet_at(&self, minute: Option<u16>) -> Option<QuietHours> {
        self.quiet.filter(|quiet| minute.is_some_and(|minute| quiet.hours.covers(minute)))
    }
}
