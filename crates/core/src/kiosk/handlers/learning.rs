//! What is learnt from a session: outcomes of items, and whether it helped.

use std::time::Duration;

use crate::kiosk::action::Action;
use crate::kiosk::event::NowPlaying;
use crate::kiosk::phase::Phase;
use crate::kiosk::session::{Origin, Session};
use crate::kiosk::state::State;
use crate::mood::Mood;
use crate::recommend::Outcome;

/// Ids remembered so that the same item is not chosen again soon.
pub(in crate::kiosk) const RECENT: usize = 200;

/// A look this soon after a session counts as one of the same person.
const SAME_PERSON: Duration = Duration::from_secs(10 * 60);

/// Records what became of an item of ours.
pub(in crate::kiosk) fn record_outcome(state: &mut State, now: Option<&NowPlaying>, outcome: Outcome) {
    // What was asked for by name says nothing of a mood.
    let by_name = matches!(&state.phase, Phase::Playing(session) if session.origin == Origin::Items);
    if let Some(now) = now.filter(|now| now.ours && state.settings.learns && !by_name) {
        state.history.record(&now.id, outcome);
        state.unsaved = true;
    }
}

/// A second look soon after a session says whether the session did the person good.
pub(in crate::kiosk) fn learn_whether_it_helped(state: &mut State, mood: Mood, origin: &Origin) {
    let Some((before, ended)) = state.before.take() else { return };
    let seen = matches!(origin, Origin::Seen { .. });
    if state.settings.asks_if_it_helped && seen && state.now <= ended + SAME_PERSON {
        let change = mood.valence_arousal().0 - before.valence_arousal().0;
        state.history.helped(before, change);
        if state.settings.learns {
            state.history.looked_again(change);
        }
        state.unsaved = true;
    }
}

/// The session is over: what plays now was left, and what was learnt is kept.
pub(in crate::kiosk) fn end_learning(state: &mut State, session: &Session) -> Option<Action> {
    record_outcome(state, session.player(session.speaker()).now.as_ref(), Outcome::Stopped);
    let seen = matches!(session.origin, Origin::Seen { .. });
    state.before = seen.then_some((session.mood, state.now));
    let unsaved = std::mem::take(&mut state.unsaved);
    unsaved.then(|| Action::Remember(Box::new(state.history.clone())))
}

/// Remembers an item as played lately.
pub(in crate::kiosk) fn remember_item(state: &mut State, id: String) {
    state.recent.push_back(id);
    while state.recent.len() > RECENT {
        state.recent.pop_front();
    }
}
