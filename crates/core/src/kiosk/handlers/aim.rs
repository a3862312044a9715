//! The camera helps a person find the right place before it. Nothing is read of a mood, and nothing is told but a word.

use std::time::Duration;

use crate::kiosk::action::{Action, Actions};
use crate::kiosk::event::Trouble;
use crate::kiosk::input::InputOrigin;
use crate::kiosk::phase::{Phase, Then};
use crate::kiosk::policy::Start;
use crate::kiosk::state::State;
use crate::screen::{Advice, Screen};

/// It ends after this long, if nobody has ended it.
const LASTS: Duration = Duration::from_secs(120);

/// The page asks for it, or wants no more of it.
pub(in crate::kiosk) fn ask(state: &mut State, wanted: bool) -> Actions {
    // From the page, so only where a press from there would look.
    let may = state.settings.mode.start(InputOrigin::Remote) == Start::Look;
    match (&state.phase, wanted) {
        (Phase::Idle | Phase::Message { .. }, true) if may => {
            state.sign = None;
            state.aims = true;
            state.phase = Phase::Aiming { until: state.now + LASTS, advice: None };
            return vec![Action::Aim];
        }
        (Phase::Aiming { .. }, false) => state.phase = Phase::Idle,
        _ => {}
    }
    Actions::new()
}

/// The camera sees what would help.
pub(in crate::kiosk) fn advised(state: &mut State, fresh: Advice) {
    if let Phase::Aiming { advice, .. } = &mut state.phase
        && state.aims_ending == 0
    {
        *advice = Some(fresh);
    }
}

/// The camera is closed.
pub(in crate::kiosk) fn ended(state: &mut State, result: Result<(), Trouble>) {
    if state.aims_ending > 0 {
        state.aims_ending -= 1;
        return;
    }
    state.aims = false;
    if matches!(state.phase, Phase::Aiming { .. }) {
        state.phase = Phase::Idle;
        if let Err(trouble) = result {
            state.show_message(Screen::Trouble(trouble.kind), Then::Idle);
        }
    }
}

/// Closes the camera once the device has gone on to something else, whatever that was.
pub(in crate::kiosk) fn close(state: &mut State) -> Option<Action> {
    if !state.aims || matches!(state.phase, Phase::Aiming { .. }) {
        return None;
    }
    state.aims = false;
    state.aims_ending += 1;
    Some(Action::EndAim)
}
