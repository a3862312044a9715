//! What people change while the device runs, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use super::action::{Action, PlayerCommand};
use super::gesture::GestureTimes;
use super::house_rules::QuietHours;
use super::state::{Phase, Settings};
use super::step::Kiosk;
use crate::language::Language;
use crate::recommend::AudioSource;

/// The settings that count as soon as they are saved. The others decide which ports there are and what they
/// may do: these count from the next start on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub language: Language,
    /// Percent.
    pub start_volume: u8,
    /// Percent; nothing is ever played louder.
    pub volume_cap: u8,
    pub quiet: Option<QuietHours>,
    pub notice: Option<Arc<str>>,
    /// How long the notice stands.
    pub notice_stands: Duration,
    /// The longest a press plays.
    pub session: Duration,
    pub gesture: GestureTimes,
}

impl Settings {
    /// What of these may change while the device runs.
    pub fn live(&self) -> Live {
        Live {
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
}

impl Kiosk<'_> {
    /// Takes new settings. A visit that goes on is measured by them from now on.
    pub(super) fn change(&mut self, live: Live) {
        let before = self.state.settings.live();
        if live == before {
            return;
        }
        let state = &mut *self.state;
        let Live { language, start_volume, volume_cap, quiet, notice, notice_stands, session, gesture } =
            live;
        let settings = &mut state.settings;
        (settings.language, settings.start_volume, settings.volume_cap) =
            (language, start_volume, volume_cap);
        (settings.house.quiet, settings.notice, settings.gesture) = (quiet, notice, gesture);
        (settings.times.notice, settings.times.session) = (notice_stands, session);
        state.gestures.set_times(gesture);
        // What people set by the buttons stays, unless another volume to begin with was asked for.
        let wished = if start_volume == before.start_volume { state.volume } else { start_volume };
        state.volume = wished.min(volume_cap);
        if language != before.language {
            self.out.push(Action::Speak(language));
        }
        if volume_cap != before.volume_cap {
            for (here, player) in [
                (self.state.settings.has.music, AudioSource::Music),
                (self.state.settings.has.video, AudioSource::Video),
            ] {
                if here {
                    self.command(player, PlayerCommand::Cap(volume_cap));
                }
            }
        }
        if let Phase::Playing(session) = &mut self.state.phase
            && session.volume > volume_cap
        {
            session.volume = volume_cap;
            let (speaker, volume) = (session.speaker(), session.volume);
            self.command(speaker, PlayerCommand::Volume(volume));
        }
        self.keep_under_the_cap();
    }
}
