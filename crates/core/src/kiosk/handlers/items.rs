//! Items that a person asks for by name, on the page.

use std::time::Duration;

use super::house::is_kept_quiet;
use super::learning::end_learning;
use super::look::cancel_capture;
use super::playback::{command, play};
use crate::kiosk::action::{Actions, PlayerCommand};
use crate::kiosk::event::Part;
use crate::kiosk::phase::Phase;
use crate::kiosk::session::{Origin, PlayerState, Session};
use crate::kiosk::state::State;
use crate::mood::{Mood, Strength};
use crate::recommend::{AudioSource, Kind, Pick, Reason};

/// Plays items at once, or after what was asked for before; those that the library does not have are left out.
pub(in crate::kiosk) fn play_items(state: &mut State, kind: Kind, ids: &[String], after: bool) -> Actions {
    let items = state.catalog.of(kind);
    let picks: Vec<Pick> = ids
        .iter()
        .filter_map(|id| items.find(id))
        .map(|entry| Pick {
            id: entry.id.to_owned(),
            title: entry.title.to_owned(),
            artist: entry.artist.to_owned(),
            why: Reason::Asked,
        })
        .collect();
    let has = state.settings.has;
    let (has, which, other, part) = match kind {
        Kind::Music => (has.music, AudioSource::Music, AudioSource::Video, Part::Music),
        Kind::Video => (has.video, AudioSource::Video, AudioSource::Music, Part::Video),
    };
    let usable = has && state.works(part);
    if picks.is_empty() || !usable || is_kept_quiet(state) {
        return Actions::new();
    }
    if after
        && let Phase::Playing(session) = &mut state.phase
        && which == AudioSource::Music
        && session.music.open
    {
        let ids = picks.iter().map(|pick| pick.id.clone()).collect();
        session.music.picks.extend(picks);
        return vec![command(which, PlayerCommand::Add { ids })];
    }
    let mut actions = Actions::new();
    if matches!(state.phase, Phase::Looking { .. }) {
        actions.push(cancel_capture(state));
    }
    if let Phase::Playing(session) = std::mem::replace(&mut state.phase, Phase::Idle) {
        actions.extend(end_learning(state, &session));
        if session.player(other).open {
            actions.push(command(other, PlayerCommand::Stop { fade: Duration::ZERO }));
        }
    }
    let player = PlayerState { open: true, picks, reported_at: state.now, ..PlayerState::default() };
    let silent = PlayerState { reported_at: state.now, ..PlayerState::default() };
    let (music, video) = if which == AudioSource::Music { (player, silent) } else { (silent, player) };
    let session = Session {
        mood: Mood::Neutral,
        strength: Strength::Clear,
        origin: Origin::Items,
        since: state.now,
        music,
        video,
        speaks: which,
        volume: state.volume.min(state.cap()),
        loop_video: false,
        liked: Default::default(),
        unliked: Default::default(),
        sleep_at: state.settings.house.sleep.after.map(|after| state.now + after),
        flash: None,
    };
    actions.extend(play(&session, which, session.player(which).rest()));
    state.phase = Phase::Playing(session);
    actions
}
