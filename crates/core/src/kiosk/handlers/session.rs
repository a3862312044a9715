//! From a mood to a session, and the choice of a mood where none is known for sure.

use super::learning::{end_learning, learn_whether_it_helped};
use super::playback::{command, play, stop};
use crate::kiosk::action::{Action, Actions, PlayerCommand};
use crate::kiosk::event::{Part, Source};
use crate::kiosk::phase::{Phase, Then, Unanswered, Wrong};
use crate::kiosk::session::{Origin, PlayerState, Session};
use crate::kiosk::state::State;
use crate::mood::{Mood, Strength};
use crate::recommend::{AudioSource, Pick, Request, Taste, suggest};
use crate::screen::Screen;

/// Chooses items for a mood and plays them. `or`: the other candidate, where the reading was not sure.
pub(in crate::kiosk) fn begin(
    state: &mut State,
    mood: Mood,
    or: Option<Mood>,
    strength: Strength,
    origin: Origin,
) -> Actions {
    let mut actions = Actions::new();
    let left = match std::mem::replace(&mut state.phase, Phase::Idle) {
        Phase::Playing(session) => {
            actions.extend(end_learning(state, &session));
            Some(session)
        }
        _ => None,
    };
    learn_whether_it_helped(state, mood, &origin);
    state.sessions += 1;
    let taste = state.settings.learns.then(|| Taste::learn(&state.history));
    if state.settings.learns {
        state.history.begin(mood);
    }
    let suggestion = suggest(
        &state.catalog,
        &state.templates,
        &Request {
            or,
            strength,
            seed: state.settings.seed.wrapping_add(state.sessions),
            recent: state.recent.make_contiguous(),
            minute_of_day: state.minute_of_day,
            taste: taste.as_ref(),
            weights: state.settings.weights,
            ..Request::new(mood)
        },
    );
    let has = state.settings.has;
    // What begins by itself is never louder or softer than the device was set to begin.
    // A volume that a person has set since the last session counts before that of the template.
    let set = std::mem::take(&mut state.volume_is_set);
    let wished = suggestion.volume.filter(|_| !state.owes_start && !set);
    let volume = wished.unwrap_or(state.volume).min(state.cap());
    let sleep_at =
        state.sleep_wish.take().or(state.settings.house.sleep.after).map(|after| state.now + after);
    let player = |picks: Vec<Pick>, usable: bool| PlayerState {
        open: usable && !picks.is_empty(),
        picks,
        reported_at: state.now,
        ..PlayerState::default()
    };
    let mut session = Session {
        mood,
        strength,
        origin,
        since: state.now,
        music: player(suggestion.music, has.music && state.works(Part::Music)),
        video: player(suggestion.video, has.video && state.works(Part::Video)),
        speaks: suggestion.speaks,
        volume,
        loop_video: suggestion.loop_video,
        liked: Default::default(),
        unliked: Default::default(),
        sleep_at,
        flash: None,
    };
    session.speaks = session.speaker();
    for which in [AudioSource::Music, AudioSource::Video] {
        actions.extend(play(&session, which, session.player(which).rest()));
        let stays = left.as_ref().is_some_and(|left| left.player(which).open);
        if stays && !session.player(which).open {
            actions.push(command(which, PlayerCommand::Stop { fade: state.settings.times.fade }));
        }
    }
    state.phase = Phase::Playing(session);
    actions
}

/// Nobody said which of two moods it is: something between them. Of many: something that suits most.
pub(in crate::kiosk) fn begin_gentle(state: &mut State, candidates: &[Mood]) -> Actions {
    match *candidates {
        [first, second] => begin(state, first, Some(second), Strength::Slight, Origin::Nobody),
        _ => begin(state, Mood::Neutral, None, Strength::Slight, Origin::Nobody),
    }
}

/// A person named a mood. Where that corrects a reading, the device learns from it.
pub(in crate::kiosk) fn begin_chosen(state: &mut State, mood: Mood, source: Source) -> Actions {
    let mut actions = Actions::new();
    if let Phase::Choosing { wrong: Some(Wrong { mood: read, scores: Some(scores) }), .. } = state.phase
        && state.settings.learns_faces
        && read != mood
        && !matches!(source, Source::Sensor(_))
    {
        state.history.bias_mut().correct(&scores, mood);
        // Saved at once: a session may last, and the power may go.
        actions.push(Action::Remember(Box::new(state.history.clone())));
    }
    actions.extend(begin(state, mood, None, Strength::Clear, Origin::Chosen(source)));
    actions
}

/// Offers moods to choose by hand; without an answer something gentle is played.
pub(in crate::kiosk) fn choose(state: &mut State, candidates: Vec<Mood>, wrong: Option<Wrong>) {
    offer(state, candidates, wrong, Unanswered::Gentle);
}

/// Offers moods to choose by hand.
pub(in crate::kiosk) fn offer(
    state: &mut State,
    candidates: Vec<Mood>,
    wrong: Option<Wrong>,
    unanswered: Unanswered,
) {
    let until = state.now + state.settings.times.choose;
    state.phase = Phase::Choosing { candidates, selected: 0, until, wrong, unanswered };
}

/// The mood was read wrongly: what plays for it ends, and the right one is asked for.
pub(in crate::kiosk) fn not_so(state: &mut State) -> Actions {
    let Phase::Playing(session) = &state.phase else { return Actions::new() };
    let Some(wrong) = session.doubted() else { return Actions::new() };
    let actions = stop(state);
    // A mood that was not so says nothing about whether the session helped.
    state.before = None;
    choose(state, wrong.candidates(), Some(wrong));
    actions
}

/// There is nothing to hear or see: says why.
pub(in crate::kiosk) fn show_why_nothing_plays(state: &mut State, mood: Mood) {
    let has = state.settings.has;
    let parts = [
        (has.music, Part::Music),
        (has.video, Part::Video),
        (has.music, Part::Tracks),
        (has.video, Part::Clips),
    ];
    let ill = parts
        .into_iter()
        .filter(|(here, _)| *here)
        .find_map(|(_, part)| state.troubles.get(&part))
        // What is missing may be about to come, or there is nothing at all.
        .or_else(|| [Part::Scan, Part::Stock].iter().find_map(|part| state.troubles.get(part)));
    let screen = match ill {
        Some(trouble) => Screen::Trouble(trouble.kind),
        None if has.music || has.video => Screen::NothingToPlay { mood },
        None => {
            // A device that only shows the mood has done its work.
            state.phase = Phase::Idle;
            return;
        }
    };
    state.show_message(screen, Then::Idle);
}
