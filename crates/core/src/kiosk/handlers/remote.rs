//! Commands from the page and the home, and moods that a person or a sensor names there.

use super::house::{is_kept_quiet, keep_quiet_hours};
use super::look::cancel_capture;
use super::playback::{drive, like, next, set_volume, stop, unlike};
use super::session::{begin_chosen, not_so};
use crate::kiosk::action::{Actions, Lever};
use crate::kiosk::event::{RemoteCommand, Source};
use crate::kiosk::phase::Phase;
use crate::kiosk::state::State;
use crate::mood::Mood;

/// Letters of a sensor's name that are shown.
const SENSOR_NAME: usize = 24;

/// A mood that was named without a camera.
pub(in crate::kiosk) fn picked(state: &mut State, mood: Mood, source: Source) -> Actions {
    if is_kept_quiet(state) {
        return Actions::new();
    }
    let source = match source {
        // A name is for people to read, and the sender may send anything.
        Source::Sensor(name) => Source::Sensor(short_name(&name)),
        other => other,
    };
    let mut actions = Actions::new();
    if matches!(state.phase, Phase::Looking { .. }) {
        actions.push(cancel_capture(state));
    }
    actions.extend(begin_chosen(state, mood, source));
    actions
}

/// A command by its name.
pub(in crate::kiosk) fn command(state: &mut State, command: RemoteCommand) -> Actions {
    match command {
        RemoteCommand::Next if state.is_played_elsewhere() => drive(state, Lever::Next).into_iter().collect(),
        RemoteCommand::Next => next(state),
        RemoteCommand::Back => drive(state, Lever::Back).into_iter().collect(),
        RemoteCommand::Pause(hold) => drive(state, Lever::Pause(hold)).into_iter().collect(),
        RemoteCommand::Seek(second) => drive(state, Lever::Seek(second)).into_iter().collect(),
        RemoteCommand::Like => like(state),
        RemoteCommand::Unlike => unlike(state),
        RemoteCommand::QuietHours(keep) => keep_quiet_hours(state, keep).into_iter().collect(),
        RemoteCommand::Volume(percent) => set_volume(state, percent.into()),
        RemoteCommand::NotSo => not_so(state),
        RemoteCommand::Stop => stop_anything(state),
    }
}

/// Ends what goes on: what plays, a choice, a look.
fn stop_anything(state: &mut State) -> Actions {
    match state.phase {
        Phase::Playing(_) => stop(state),
        Phase::Looking { .. } => {
            state.phase = Phase::Idle;
            vec![cancel_capture(state)]
        }
        Phase::Notice { .. }
        | Phase::Choosing { .. }
        | Phase::Asking { .. }
        | Phase::Aiming { .. }
        | Phase::Message { .. } => {
            state.phase = Phase::Idle;
            Actions::new()
        }
        Phase::Idle if state.is_played_elsewhere() => drive(state, Lever::Stop).into_iter().collect(),
        Phase::Idle | Phase::Stopping { .. } | Phase::Leaving => Actions::new(),
    }
}

/// A sensor's name on one line, with an ellipsis where it is cut.
fn short_name(name: &str) -> String {
    let mut letters = name.chars().filter(|letter| !letter.is_control());
    let mut short: String = letters.by_ref().take(SENSOR_NAME).collect();
    if letters.next().is_some() {
        short.pop();
        short.truncate(short.trim_end().len());
        short.push('…');
    }
    short
}
