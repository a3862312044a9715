//! The menu of a button that is held on and on: what letting it go would do changes every few seconds.

use super::look::cancel_capture;
use super::playback::stop;
use crate::kiosk::action::{Action, Actions};
use crate::kiosk::hold::Hold;
use crate::kiosk::input::Edge;
use crate::kiosk::phase::{Phase, Then};
use crate::kiosk::state::State;
use crate::screen::{HoldChoice, Power, Screen};

/// Follows the main button. With the actions comes whether the edge belonged to the menu and means nothing else.
pub(in crate::kiosk) fn edge(state: &mut State, edge: Edge) -> (Actions, bool) {
    let mut actions = open_when_due(state);
    match edge {
        Edge::Down if state.hold.is_none() => {
            // A choice is made by a long press: there the menu would be in the way.
            let may = matches!(
                state.phase,
                Phase::Idle | Phase::Message { .. } | Phase::Playing(_) | Phase::Stopping { .. }
            );
            if may && state.settings.hold_menu {
                state.hold = Some(Hold::new(state.now));
            }
            (actions, false)
        }
        Edge::Down => (actions, state.holding()),
        Edge::Up => {
            let choice = state.hold_choice(state.now);
            state.hold = None;
            let Some(choice) = choice else { return (actions, false) };
            // The release was expected: the recognizer only learns that the button is up.
            let _ = state.gestures.edge(state.now, edge, false);
            actions.extend(let_go(state, choice));
            (actions, true)
        }
    }
}

/// Opens the menu when its time has come, and puts aside what the press had begun.
pub(in crate::kiosk) fn open_when_due(state: &mut State) -> Actions {
    let (step, now) = (state.settings.times.hold, state.now);
    let Some(hold) = state.hold.as_mut() else { return Actions::new() };
    if !hold.open_from(now, step) {
        return Actions::new();
    }
    state.gestures.swallow();
    match &state.phase {
        Phase::Looking { .. } => {
            state.phase = Phase::Idle;
            vec![cancel_capture(state)]
        }
        Phase::Playing(_) => stop(state),
        Phase::Notice { .. }
        | Phase::Choosing { .. }
        | Phase::Asking { .. }
        | Phase::Aiming { .. }
        | Phase::Message { .. } => {
            state.phase = Phase::Idle;
            Actions::new()
        }
        Phase::Idle | Phase::Stopping { .. } | Phase::Leaving => Actions::new(),
    }
}

fn let_go(state: &mut State, choice: HoldChoice) -> Option<Action> {
    match choice {
        HoldChoice::PowerOff => Some(power(state, Power::Off)),
        HoldChoice::Restart => Some(power(state, Power::Restart)),
        HoldChoice::Forget => {
            let until = state.now + state.settings.times.choose;
            state.phase = Phase::Asking { until };
            None
        }
        HoldChoice::Nothing => None,
    }
}

/// Asks for it and says so. It ends by [`Event::Shutdown`](crate::kiosk::event::Event::Shutdown), or by a refusal.
fn power(state: &mut State, power: Power) -> Action {
    let until = state.now + state.settings.times.power;
    state.phase = Phase::Message { screen: Screen::Power(power), until, then: Then::Idle };
    Action::Power(power)
}
