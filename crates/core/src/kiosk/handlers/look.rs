//! A look: from the opening of the camera to the reading of its frames.

use super::session::{begin, begin_gentle, choose};
use crate::kiosk::action::{Action, Actions};
use crate::kiosk::event::{Observation, Trouble, TroubleKind};
use crate::kiosk::evidence::{EARLIEST, is_enough};
use crate::kiosk::phase::{Phase, Then};
use crate::kiosk::session::Origin;
use crate::kiosk::state::State;
use crate::kiosk::vote::vote;
use crate::mood::Reading;
use crate::screen::Screen;

/// Opens the camera.
pub(in crate::kiosk) fn look(state: &mut State) -> Action {
    state.phase = Phase::Looking { since: state.now, started: None, seen: Vec::new() };
    state.happened.begun += 1;
    Action::Capture
}

/// Gives up the capture that runs. Its end is still to come, and means nothing then.
pub(in crate::kiosk) fn cancel_capture(state: &mut State) -> Action {
    state.abandoned += 1;
    Action::CancelCapture
}

/// The camera streams.
pub(in crate::kiosk) fn capture_started(state: &mut State) {
    if state.abandoned == 0
        && let Phase::Looking { started, .. } = &mut state.phase
    {
        *started = Some(state.now);
    }
}

/// Takes one frame, and reads all as soon as more of them would hardly change the reading.
pub(in crate::kiosk) fn frame_observed(state: &mut State, observation: Observation) -> Actions {
    if state.abandoned > 0 {
        return Actions::new();
    }
    let observation = with_bias(state, observation);
    let Phase::Looking { started, seen, .. } = &mut state.phase else { return Actions::new() };
    seen.push(observation);
    let Some(started) = started else { return Actions::new() };
    if state.now < *started + EARLIEST || !is_enough(seen, &state.settings.judge) {
        return Actions::new();
    }
    let seen = std::mem::take(seen);
    state.abandoned += 1;
    let mut actions = vec![Action::EndCapture];
    actions.extend(read(state, &seen));
    actions
}

/// What was seen, corrected by what "not so" taught about the faces of this place.
fn with_bias(state: &State, seen: Observation) -> Observation {
    let bias = state.history.bias();
    match seen.scores.filter(|_| state.settings.learns_faces) {
        Some(scores) => Observation { scores: Some(bias.apply(&scores)), ..seen },
        None => seen,
    }
}

/// The camera is closed.
pub(in crate::kiosk) fn capture_ended(state: &mut State, result: Result<(), Trouble>) -> Actions {
    if state.abandoned > 0 {
        state.abandoned -= 1;
        return Actions::new();
    }
    let Phase::Looking { seen, .. } = &mut state.phase else { return Actions::new() };
    let seen = std::mem::take(seen);
    match result {
        Ok(()) => read(state, &seen),
        Err(trouble) => {
            capture_failed(state, trouble.kind);
            Actions::new()
        }
    }
}

/// The camera gave no frames.
pub(in crate::kiosk) fn capture_failed(state: &mut State, kind: TroubleKind) {
    // Without a panel or a voice nobody could know what is chosen.
    let then = if state.has_output() { Then::Choose } else { Then::Idle };
    state.show_message(Screen::Trouble(kind), then);
}

fn read(state: &mut State, seen: &[Observation]) -> Actions {
    let reading = vote(seen, &state.settings.judge);
    state.looks += 1;
    state.last_reading = Some(reading);
    if state.settings.learns_faces && matches!(reading, Reading::Sure { .. } | Reading::Unsure { .. }) {
        state.history.bias_mut().fade();
    }
    match reading {
        Reading::Sure { mood, strength, scores } => {
            state.happened.read += 1;
            return begin(state, mood, None, strength, Origin::Seen { scores });
        }
        Reading::Unsure { first, second, .. } if state.has_output() => {
            choose(state, vec![first, second], None);
        }
        Reading::Unsure { first, second, .. } => return begin_gentle(state, &[first, second]),
        Reading::NoFace => {
            state.happened.nobody += 1;
            state.show_message(Screen::NoFace, Then::Idle);
        }
        Reading::SeveralFaces { count } => state.show_message(Screen::SeveralFaces { count }, Then::Idle),
    }
    Actions::new()
}
