//! The one function that decides: a state and an event in, actions out. Total: any event in any state.

use super::action::{Action, Actions, Held};
use super::clock::Time;
use super::event::Event;
use super::handlers::{
    RECENT, aim, house, items, look, parts, playback, player, press, remote, settings, signs, speech, time,
};
use super::input::{Button, Edge, InputOrigin};
use super::phase::{Phase, Then};
use super::state::State;
use super::view::view;
use crate::recommend::AudioSource;
use crate::screen::Screen;

/// Takes one event at a time `at` that never goes back, and says what is to be done.
pub fn step(state: &mut State, at: Time, event: Event) -> Actions {
    let was_idle = state.is_idle();
    state.now = at;
    let mut actions = Actions::new();
    if !matches!(state.phase, Phase::Leaving) {
        actions.extend(take(state, event));
    }
    actions.extend(time::pass(state));
    // First: what is asked of the camera in the same step is not meant.
    if let Some(close) = aim::close(state) {
        actions.insert(0, close);
    }
    if !was_idle {
        state.idle_since = at;
    }
    actions.extend(speech::speak(state));
    actions.extend(hold_on(state));
    // The sign of a press goes first: everything else may take its time.
    if let Some(show) = redraw(state) {
        actions.insert(0, show);
    }
    actions
}

fn take(state: &mut State, event: Event) -> Actions {
    if is_input(&event) {
        house::note_input(state);
    }
    if matches!(event, Event::Button(Button::Main, Edge::Down) | Event::Remote(_)) {
        state.happened.presses += 1;
    }
    match event {
        Event::Button(Button::Main, edge) => return press::edge(state, edge),
        Event::Button(Button::Next, Edge::Down) => return playback::next(state),
        Event::Button(Button::VolumeUp, Edge::Down) => {
            return playback::change_volume(state, playback::VOLUME_STEP);
        }
        Event::Button(Button::VolumeDown, Edge::Down) => {
            return playback::change_volume(state, -playback::VOLUME_STEP);
        }
        Event::Button(_, Edge::Up) | Event::Tick | Event::Looked { .. } => {}
        // While the menu of the held button is open, nothing else may begin.
        Event::Remote(_) | Event::Picked(..) if state.holding() => {}
        Event::Remote(gesture) => return press::gesture(state, gesture, InputOrigin::Remote),
        Event::Picked(mood, source) => return remote::picked(state, mood, source),
        Event::RemoteCommand(command) => return remote::command(state, command),
        Event::Items { kind, ids, after } => return items::play_items(state, kind, &ids, after),
        Event::CaptureStarted => look::capture_started(state),
        Event::FrameObserved(observation) => return look::frame_observed(state, observation),
        Event::CaptureEnded(result) => return look::capture_ended(state, result),
        Event::Catalog(catalog) => {
            state.catalog = catalog;
            return house::play_at_start(state);
        }
        Event::Templates(templates) => {
            state.templates = templates;
            state.templates_read = true;
            return house::play_at_start(state);
        }
        Event::History(history) => {
            state.recent = history.recent(RECENT).into();
            state.history = *history;
        }
        Event::Music(report) => return player::reported(state, AudioSource::Music, report),
        Event::Video(report) => return player::reported(state, AudioSource::Video, report),
        Event::Part(part, health) => parts::health(state, part, health),
        Event::WallClock(minute) => {
            state.minute_of_day = Some(minute);
            return playback::keep_under_the_cap(state).into_iter().collect();
        }
        Event::Sleep(after) => house::sleep_after(state, after),
        Event::Settings(wanted) => return settings::change(state, *wanted),
        Event::Sign(sign) => signs::show(state, sign),
        Event::Aim(_) if state.holding() => {}
        Event::Aim(wanted) => return aim::ask(state, wanted),
        Event::Aimed(advice) => aim::advised(state, advice),
        Event::AimEnded(result) => aim::ended(state, result),
        Event::Forget => return house::forget(state),
        Event::Spoken(number) => return speech::spoken(state, number),
        Event::PowerRefused(trouble) => state.show_message(Screen::Trouble(trouble.kind), Then::Idle),
        Event::Shutdown => return leave(state),
    }
    Actions::new()
}

/// Whether a person gave this event.
fn is_input(event: &Event) -> bool {
    matches!(
        event,
        Event::Button(..)
            | Event::Remote(_)
            | Event::Picked(..)
            | Event::RemoteCommand(_)
            | Event::Items { .. }
            | Event::Aim(_)
            | Event::Forget
    )
}

fn leave(state: &mut State) -> Actions {
    let mut actions = match std::mem::replace(&mut state.phase, Phase::Leaving) {
        Phase::Aiming { .. } => aim::close(state).into_iter().collect(),
        Phase::Looking { .. } => vec![Action::CancelCapture],
        Phase::Playing(session) => playback::end(state, &session),
        _ => Actions::new(),
    };
    if let Some(show) = redraw(state) {
        actions.insert(0, show);
    }
    actions.push(Action::Quit);
    actions
}

/// How far the hold has come, if it is another one than before.
fn hold_on(state: &mut State) -> Option<Action> {
    if !state.settings.has.panel {
        return None;
    }
    let now = state.held(state.now);
    if std::mem::replace(&mut state.shown_hold, now) == now {
        return None;
    }
    Some(Action::Held(now.map(|(since, until)| Held {
        gone: state.now.saturating_sub(since),
        left: until.saturating_sub(state.now),
    })))
}

/// The screen, if it is another than before.
fn redraw(state: &mut State) -> Option<Action> {
    if !state.settings.has.panel {
        return None;
    }
    let screen = view(state, state.now);
    if state.shown.as_ref() == Some(&screen) {
        return None;
    }
    state.shown = Some(screen.clone());
    Some(Action::Show(screen))
}
