//! What follows because time has passed.

use super::house::sleeps;
use super::look::{cancel_capture, capture_failed, look};
use super::playback::{command, player_ended, stop, stop_within};
use super::session::{begin_gentle, choose, show_why_nothing_plays};
use super::{hold, press, signs};
use crate::kiosk::action::{Actions, PlayerCommand};
use crate::kiosk::event::TroubleKind;
use crate::kiosk::input::InputOrigin;
use crate::kiosk::phase::{Phase, Then, Unanswered};
use crate::kiosk::state::State;
use crate::mood::Mood;
use crate::recommend::AudioSource;

/// Lets everything happen whose time has come.
pub(in crate::kiosk) fn pass(state: &mut State) -> Actions {
    let mut actions = hold::open_when_due(state);
    signs::pass(state);
    if let Some(gesture) = state.gestures.tick(state.now) {
        actions.extend(press::gesture(state, gesture, InputOrigin::Device));
    }
    actions.extend(phase_due(state));
    actions
}

fn phase_due(state: &mut State) -> Actions {
    let (at, times) = (state.now, state.settings.times);
    match &mut state.phase {
        Phase::Notice { until, .. } if at >= *until => return vec![look(state)],
        Phase::Looking { since, .. } if at >= *since + times.capture_limit => {
            let cancelled = cancel_capture(state);
            capture_failed(state, TroubleKind::CameraSilent);
            return vec![cancelled];
        }
        Phase::Choosing { until, unanswered: Unanswered::Nothing, .. } if at >= *until => {
            state.phase = Phase::Idle;
        }
        Phase::Choosing { candidates, until, .. } if at >= *until => {
            let candidates = std::mem::take(candidates);
            return begin_gentle(state, &candidates);
        }
        // No answer is a no.
        Phase::Asking { until } | Phase::Stopping { until, .. } | Phase::Aiming { until, .. }
            if at >= *until =>
        {
            state.phase = Phase::Idle;
        }
        Phase::Message { until, then, .. } if at >= *until => match then {
            Then::Idle => state.phase = Phase::Idle,
            Then::Choose => choose(state, Mood::BY_HAND.to_vec(), None),
        },
        Phase::Playing(_) => return session_due(state),
        _ => {}
    }
    Actions::new()
}

fn session_due(state: &mut State) -> Actions {
    let (at, times) = (state.now, state.settings.times);
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    if session.flash.is_some_and(|(_, until)| at >= until) {
        session.flash = None;
    }
    if at >= session.since + times.session {
        return stop(state);
    }
    if sleeps(state) {
        let mut actions = vec![command(AudioSource::Music, PlayerCommand::StayQuiet)];
        let fade = state.settings.house.sleep.fade;
        actions.extend(stop_within(state, fade));
        return actions;
    }
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    if !session.music.open && !session.video.open {
        if at >= session.since + times.mood {
            let mood = session.mood;
            show_why_nothing_plays(state, mood);
        }
        return Actions::new();
    }
    for which in [AudioSource::Music, AudioSource::Video] {
        let heard = session.speaks == which;
        let player = session.player_mut(which);
        if player.away_since.is_some_and(|since| at >= since + times.away) {
            (player.open, player.away_since) = (false, None);
            return player_ended(state, which);
        }
        if heard && player.paused_since.is_some_and(|since| at >= since + times.pause) {
            return stop(state);
        }
    }
    Actions::new()
}
