//! Settings that count at once.

use super::playback::{command, keep_under_the_cap};
use crate::kiosk::action::{Action, Actions, PlayerCommand};
use crate::kiosk::phase::Phase;
use crate::kiosk::settings::RuntimeSettings;
use crate::kiosk::state::State;
use crate::recommend::AudioSource;

/// Takes new settings. A session that goes on is measured by them from now on.
pub(in crate::kiosk) fn change(state: &mut State, wanted: RuntimeSettings) -> Actions {
    let before = state.settings.runtime();
    if wanted == before {
        return Actions::new();
    }
    let RuntimeSettings {
        language,
        start_volume,
        volume_cap,
        quiet,
        notice,
        notice_stands,
        session,
        gesture,
    } = wanted;
    let settings = &mut state.settings;
    (settings.language, settings.start_volume, settings.volume_cap) = (language, start_volume, volume_cap);
    (settings.house.quiet, settings.notice, settings.gesture) = (quiet, notice, gesture);
    (settings.times.notice, settings.times.session) = (notice_stands, session);
    state.gestures.set_times(gesture);
    // What people set by the buttons stays, unless another volume to begin with was asked for.
    let wished = if start_volume == before.start_volume { state.volume } else { start_volume };
    state.volume = wished.min(volume_cap);
    let mut actions = Actions::new();
    if language != before.language {
        actions.push(Action::Speak(language));
    }
    if volume_cap != before.volume_cap {
        let has = state.settings.has;
        for (here, player) in [(has.music, AudioSource::Music), (has.video, AudioSource::Video)] {
            if here {
                actions.push(command(player, PlayerCommand::Cap(volume_cap)));
            }
        }
    }
    if let Phase::Playing(session) = &mut state.phase
        && session.volume > volume_cap
    {
        session.volume = volume_cap;
        actions.push(command(session.speaker(), PlayerCommand::Volume(session.volume)));
    }
    actions.extend(keep_under_the_cap(state));
    actions
}
