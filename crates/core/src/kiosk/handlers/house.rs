//! What the rules of the house do: quiet hours, the sleep timer, and forgetting.

use std::time::Duration;

use super::playback::{command, keep_under_the_cap, stop};
use super::session::begin_gentle;
use crate::kiosk::action::{Action, Actions, PlayerCommand};
use crate::kiosk::phase::{Phase, Then};
use crate::kiosk::state::State;
use crate::recommend::AudioSource;
use crate::screen::Screen;

/// A person gave input: the panel is lit, the sleep timer starts anew, and nothing starts by itself any more.
pub(in crate::kiosk) fn note_input(state: &mut State) {
    state.idle_since = state.now;
    // User input cancels the pending autoplay.
    state.owes_start = false;
    let after = state.settings.house.sleep.after;
    if let (Phase::Playing(session), Some(after)) = (&mut state.phase, after) {
        session.sleep_at = Some(state.now + after);
    }
}

/// Whether the house wants nothing to be started now; a person who tried is told until when.
pub(in crate::kiosk) fn is_kept_quiet(state: &mut State) -> bool {
    let Some(quiet) = state.quiet_now().filter(|quiet| !quiet.starts) else { return false };
    if matches!(state.phase, Phase::Idle | Phase::Message { .. } | Phase::Stopping { .. }) {
        state.show_message(Screen::Quiet { until: quiet.hours.to }, Then::Idle);
    }
    true
}

/// Plays what is owed since the start, once there is something to play and something to choose it by.
pub(in crate::kiosk) fn play_at_start(state: &mut State) -> Actions {
    let (catalog, has) = (&state.catalog, state.settings.has);
    let there = if has.music { !catalog.music.is_empty() } else { has.video && !catalog.video.is_empty() };
    if !state.owes_start || !state.templates_read || !there {
        return Actions::new();
    }
    let quiet = state.quiet_now();
    let mut actions = Actions::new();
    if matches!(state.phase, Phase::Idle) && quiet.is_none_or(|quiet| quiet.starts) {
        actions = begin_gentle(state, &[]);
    }
    state.owes_start = false;
    actions
}

/// A person asks to stop after this long, or not at all. Without a session it counts for the next one.
pub(in crate::kiosk) fn sleep_after(state: &mut State, after: Option<Duration>) {
    if let Phase::Playing(session) = &mut state.phase {
        session.sleep_at = after.map(|after| state.now + after);
    } else {
        state.sleep_wish = after;
    }
}

/// Keeps the quiet hours, or leaves them aside for now.
pub(in crate::kiosk) fn keep_quiet_hours(state: &mut State, keep: bool) -> Option<Action> {
    state.quiet_aside = !keep;
    keep_under_the_cap(state)
}

/// Whether the sleep timer of the session is over.
pub(in crate::kiosk) fn sleeps(state: &State) -> bool {
    let Phase::Playing(session) = &state.phase else { return false };
    state.sleep_due(session).is_some_and(|due| state.now >= due)
}

/// A track began after another: if the sleep timer only waited for that, it is the end.
pub(in crate::kiosk) fn sleep_between_tracks(state: &mut State, after_another: bool) -> Actions {
    let Phase::Playing(session) = &state.phase else { return Actions::new() };
    let due = session.sleep_at.is_some_and(|at| state.now >= at);
    if !(after_another && due && state.settings.house.sleep.at_track_end) {
        return Actions::new();
    }
    let mut actions = vec![command(AudioSource::Music, PlayerCommand::StayQuiet)];
    actions.extend(stop(state));
    actions
}

/// Erases what was learnt, here and on disk. What plays goes on and teaches nothing more.
pub(in crate::kiosk) fn forget(state: &mut State) -> Actions {
    let mut actions = Actions::new();
    // First the likes in the player: once the history is gone, nobody knows which of them were given here.
    let liked: Vec<String> = state.history.liked().into_iter().map(str::to_owned).collect();
    if !liked.is_empty() {
        actions.push(Action::Unlike { ids: liked });
    }
    state.history.forget();
    state.recent.clear();
    state.before = None;
    state.unsaved = false;
    if let Phase::Playing(session) = &mut state.phase {
        session.liked.clear();
    }
    actions.push(Action::Forget);
    if matches!(state.phase, Phase::Idle | Phase::Message { .. }) {
        state.show_message(Screen::Forgotten, Then::Idle);
    }
    actions
}
