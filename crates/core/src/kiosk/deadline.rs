//! When the kiosk is to be stepped although nothing happens.

use super::clock::Time;
use super::phase::Phase;
use super::state::State;
use super::view;
use crate::screen::Screen;

/// When the kiosk wants to be stepped by [`Event::Tick`](super::event::Event::Tick), if nothing
/// else happens first. None in idle: a device that waits does not wake up.
pub fn deadline(state: &State, at: Time) -> Option<Time> {
    let dues = [
        state.gestures.deadline(),
        state.hold_deadline(at),
        state.sign.as_ref().map(|(_, until)| *until),
        phase_due(state),
        view::next_change(state, at),
    ];
    dues.into_iter().flatten().min()
}

fn phase_due(state: &State) -> Option<Time> {
    let times = &state.settings.times;
    match &state.phase {
        Phase::Leaving => None,
        Phase::Idle => match state.shown {
            // Once it is dark there is nothing left to do.
            Some(Screen::Asleep) => None,
            Some(Screen::Dozing { .. }) => state.dark_from(),
            _ => [state.dim_from(), state.dark_from()].into_iter().flatten().min(),
        },
        Phase::Notice { until, .. }
        | Phase::Choosing { until, .. }
        | Phase::Asking { until }
        | Phase::Aiming { until, .. }
        | Phase::Stopping { until, .. }
        | Phase::Message { until, .. } => Some(*until),
        Phase::Looking { since, .. } => Some(*since + times.capture_limit),
        Phase::Playing(session) => {
            let players = [&session.music, &session.video];
            let aways = players.iter().filter_map(|player| Some(player.away_since? + times.away));
            let pauses = players.iter().filter_map(|player| Some(player.paused_since? + times.pause));
            let flash = session.flash.map(|(_, until)| until);
            // Once the mood has been shown, nothing hangs on that time any more.
            let silent = !session.music.open && !session.video.open;
            let mood = silent.then_some(session.since + times.mood);
            let sleep = state.sleep_due(session);
            aways
                .chain(pauses)
                .chain(flash)
                .chain(mood)
                .chain(sleep)
                .chain([session.since + times.session])
                .min()
        }
    }
}
