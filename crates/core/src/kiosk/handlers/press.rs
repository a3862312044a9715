//! What a press of the main button means, at the device and from elsewhere.

use std::time::Duration;

use super::house::{forget, is_kept_quiet};
use super::look::{cancel_capture, look};
use super::playback::{flash, like, next, stop};
use super::session::{begin_chosen, choose, not_so, offer, show_why_nothing_plays};
use super::{hold, signs};
use crate::kiosk::action::Actions;
use crate::kiosk::event::Source;
use crate::kiosk::house_rules::Press;
use crate::kiosk::input::{Edge, Gesture, InputOrigin};
use crate::kiosk::phase::{Phase, Unanswered};
use crate::kiosk::policy::Start;
use crate::kiosk::state::State;
use crate::mood::Mood;
use crate::screen::Flash;

/// A second tap this soon after the first belongs to the same press.
const SAME_PRESS: Duration = Duration::from_millis(700);

/// Good, so-so, bad: what is offered to a person who does not want to be looked at.
pub const THREE: [Mood; 3] = [Mood::Happy, Mood::Neutral, Mood::Sad];

/// An edge of the main button of the device.
pub(in crate::kiosk) fn edge(state: &mut State, edge: Edge) -> Actions {
    let (mut actions, belonged_to_menu) = hold::edge(state, edge);
    if belonged_to_menu {
        return actions;
    }
    let aims = matches!(state.phase, Phase::Aiming { .. });
    if edge == Edge::Down && !state.gestures.held() && (aims || signs::dismiss(state)) {
        if aims {
            state.phase = Phase::Idle;
        }
        let _ = state.gestures.edge(state.now, edge, false);
        state.gestures.swallow();
        return actions;
    }
    let resting = match state.phase {
        Phase::Idle | Phase::Message { .. } => true,
        // A press into a long fade starts anew.
        Phase::Stopping { since, .. } => state.now >= since + SAME_PRESS,
        _ => false,
    };
    let fresh = !state.gestures.held();
    let playing = matches!(state.phase, Phase::Playing(_));
    // "Not so" is answered at the release: a double press means nothing yet.
    let doubles = playing && !state.may_say_not_so(state.now);
    let recognized = state.gestures.edge(state.now, edge, doubles);
    if resting && edge == Edge::Down && fresh {
        // The first sign comes when the button goes down, not at the release; the rest of this press means nothing.
        state.gestures.swallow();
        actions.extend(start(state, InputOrigin::Device));
        return actions;
    }
    if playing && edge == Edge::Down && fresh {
        flash(state, Flash::Pressed);
    }
    if let Some(recognized) = recognized {
        actions.extend(gesture(state, recognized, InputOrigin::Device));
    }
    actions
}

/// A gesture of the main button, at the device or elsewhere.
pub(in crate::kiosk) fn gesture(state: &mut State, gesture: Gesture, origin: InputOrigin) -> Actions {
    match (&mut state.phase, gesture) {
        (Phase::Idle | Phase::Message { .. }, Gesture::Short | Gesture::Double) => {
            return start(state, origin);
        }
        // No camera: three faces are offered, and nobody has to choose one.
        (Phase::Notice { since, .. }, _) if state.now >= *since + SAME_PRESS => {
            offer(state, THREE.to_vec(), None, Unanswered::Nothing);
        }
        (Phase::Aiming { .. }, _) => state.phase = Phase::Idle,
        (Phase::Looking { .. }, Gesture::Long) => {
            state.phase = Phase::Idle;
            return vec![cancel_capture(state)];
        }
        (Phase::Choosing { candidates, selected, until, .. }, Gesture::Short) => {
            *selected += 1;
            if *selected >= candidates.len() {
                *selected = 0;
                // None of the three: here are all of them.
                if *candidates == THREE {
                    *candidates = Mood::BY_HAND.to_vec();
                }
            }
            *until = state.now + state.settings.times.choose;
        }
        (Phase::Choosing { candidates, selected, .. }, Gesture::Long | Gesture::Double) => {
            let mood = candidates.get(*selected).copied().unwrap_or(Mood::Neutral);
            return begin_chosen(state, mood, Source::Hand);
        }
        // Only the button of the device may answer its question; from elsewhere it is a device that rests.
        (Phase::Asking { .. }, Gesture::Short | Gesture::Double) if origin == InputOrigin::Remote => {
            return start(state, origin);
        }
        (Phase::Asking { .. }, Gesture::Short | Gesture::Double) => state.phase = Phase::Idle,
        (Phase::Asking { .. }, Gesture::Long) if origin == InputOrigin::Device => {
            state.phase = Phase::Idle;
            return forget(state);
        }
        (Phase::Playing(_), Gesture::Short) => return pressed_while_playing(state, origin),
        (Phase::Playing(_), Gesture::Double) => return like(state),
        (Phase::Playing(_), Gesture::Long) => return stop(state),
        (Phase::Idle | Phase::Message { .. } | Phase::Asking { .. }, Gesture::Long)
        | (Phase::Looking { .. }, Gesture::Short | Gesture::Double)
        | (Phase::Notice { .. } | Phase::Stopping { .. } | Phase::Leaving, _) => {}
    }
    Actions::new()
}

fn pressed_while_playing(state: &mut State, origin: InputOrigin) -> Actions {
    if state.may_say_not_so(state.now) {
        let Phase::Playing(session) = &state.phase else { return Actions::new() };
        // Nobody has read a mood that fast: it is the second tap of the press before.
        return if state.now >= session.since + SAME_PRESS { not_so(state) } else { Actions::new() };
    }
    match state.settings.house.press {
        Press::Next => next(state),
        Press::Stop => stop(state),
        Press::Nothing => Actions::new(),
        Press::Again if state.settings.mode.start(origin) == Start::Refuse => Actions::new(),
        Press::Again => {
            let mut actions = stop(state);
            actions.extend(start(state, origin));
            actions
        }
    }
}

/// A press in idle: a look, the notice before one, or a choice by hand, as the mode of the device says.
fn start(state: &mut State, origin: InputOrigin) -> Actions {
    if is_kept_quiet(state) {
        return Actions::new();
    }
    let start = state.settings.mode.start(origin);
    // With nothing to play no face is looked at.
    if start != Start::Refuse && !state.has_something() {
        show_why_nothing_plays(state, Mood::Neutral);
        return Actions::new();
    }
    match start {
        Start::Look => return vec![look(state)],
        // Nobody is looked at who could not be told.
        Start::NoticeThenLook if !state.can_show_notice() => {}
        Start::NoticeThenLook => {
            // A notice that is spoken has to be heard to its end before anybody is looked at.
            let spoken = state.settings.prompts.map(|_| state.settings.times.spoken_notice);
            let until = state.now + state.notice_time().max(spoken.unwrap_or_default());
            state.phase = Phase::Notice { since: state.now, until };
        }
        Start::Pick => choose(state, Mood::BY_HAND.to_vec(), None),
        Start::Refuse => {}
    }
    Actions::new()
}
