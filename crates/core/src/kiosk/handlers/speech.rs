//! What a speaker says where a panel would show it. Decided by what the panel shows or would show.

use super::playback::command;
use crate::kiosk::action::{Action, Actions, PlayerCommand};
use crate::kiosk::phase::Phase;
use crate::kiosk::prompts::{DUCKED, prompt_of};
use crate::kiosk::state::State;
use crate::kiosk::view::view;
use crate::recommend::AudioSource;
use crate::screen::{Screen, Spoken};

/// Says what is new since the last step.
pub(in crate::kiosk) fn speak(state: &mut State) -> Actions {
    let Some(volume) = state.settings.prompts else { return Actions::new() };
    let screen = view(state, state.now);
    let now = prompt_of(&screen);
    let before = std::mem::replace(&mut state.said, now);
    let Some(now) = now.filter(|_| now != before) else { return Actions::new() };
    let mut words = Vec::new();
    if before.map(|before| before.what) != Some(now.what) {
        words.push(now.what);
    }
    words.extend(now.choice.map(Spoken::Mood));
    // Where there is a panel it stands there.
    if matches!(screen, Screen::Mood { not_so: true, .. }) && !state.settings.has.panel {
        words.push(Spoken::NotSo);
    }
    state.prompts_said += 1;
    let mut actions = duck(state, true);
    let volume = volume.min(state.settings.volume_cap);
    actions.push(Action::Say { words, volume, number: state.prompts_said });
    actions
}

/// A prompt is over. Only the last one gives the sound back to the music.
pub(in crate::kiosk) fn spoken(state: &mut State, number: u64) -> Actions {
    if number == state.prompts_said { duck(state, false) } else { Actions::new() }
}

/// Lowers what sounds during a prompt, also what another client put on, and brings it back.
fn duck(state: &mut State, down: bool) -> Actions {
    let mut actions = Actions::new();
    if state.settings.has.music && state.ducked != down {
        actions.push(command(AudioSource::Music, PlayerCommand::Duck(down)));
    }
    state.ducked = down;
    if let Phase::Playing(session) = &state.phase
        && session.speaks == AudioSource::Video
        && session.video.open
    {
        let volume = if down { session.volume / DUCKED } else { session.volume };
        actions.push(command(AudioSource::Video, PlayerCommand::Volume(volume)));
    }
    actions
}
