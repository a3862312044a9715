//! What a session plays and how loud, and what presses do to it.

use std::time::Duration;

use super::learning::{end_learning, record_outcome};
use crate::kiosk::action::{Action, Actions, Lever, PlayerCommand};
use crate::kiosk::event::{NowPlaying, Part};
use crate::kiosk::phase::{Phase, Then};
use crate::kiosk::session::Session;
use crate::kiosk::state::State;
use crate::recommend::{AudioSource, Outcome};
use crate::screen::{Flash, Screen};

/// Percent by which a press of a volume button changes the volume.
pub(in crate::kiosk) const VOLUME_STEP: i16 = 5;

/// A command for one of the two players.
pub(in crate::kiosk) fn command(which: AudioSource, command: PlayerCommand) -> Action {
    match which {
        AudioSource::Music => Action::Music(command),
        AudioSource::Video => Action::Video(command),
    }
}

/// Gives a player its items, if it is to play any.
pub(in crate::kiosk) fn play(session: &Session, which: AudioSource, ids: Vec<String>) -> Option<Action> {
    if !session.player(which).open {
        return None;
    }
    // The one that is not heard is mute.
    let volume = if session.speaks == which { session.volume } else { 0 };
    let repeat = which == AudioSource::Video && session.loop_video;
    Some(command(which, PlayerCommand::Play { ids, volume, repeat }))
}

/// Stops both players of a session, as far as they play.
pub(in crate::kiosk) fn silence(session: &Session, fade: Duration) -> Actions {
    [AudioSource::Music, AudioSource::Video]
        .into_iter()
        .filter(|which| session.player(*which).open)
        .map(|which| command(which, PlayerCommand::Stop { fade }))
        .collect()
}

/// Stops what plays, with the fade of the device.
pub(in crate::kiosk) fn stop(state: &mut State) -> Actions {
    let fade = state.settings.times.fade;
    stop_within(state, fade)
}

/// Stops what plays, with a fade of this length.
pub(in crate::kiosk) fn stop_within(state: &mut State, fade: Duration) -> Actions {
    let Phase::Playing(session) = &state.phase else { return Actions::new() };
    let session = session.clone();
    let mut actions = silence(&session, fade);
    actions.extend(end_learning(state, &session));
    state.phase = Phase::Stopping { session, since: state.now, until: state.now + fade };
    actions
}

/// Ends a session at once; nothing is shown of it any more.
pub(in crate::kiosk) fn end(state: &mut State, session: &Session) -> Actions {
    let mut actions = silence(session, Duration::ZERO);
    actions.extend(end_learning(state, session));
    actions
}

/// A player of the session has nothing more to play. The session ends with the player that is heard; a mute
/// video does not outlive its music. Where nothing of what was chosen could be played, the other player takes over,
/// and if there is none, the panel says why.
pub(in crate::kiosk) fn player_ended(state: &mut State, which: AudioSource) -> Actions {
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    if session.speaks != which && session.player(session.speaks).open {
        return Actions::new();
    }
    let part = match which {
        AudioSource::Music => Part::Tracks,
        AudioSource::Video => Part::Clips,
    };
    let failed = state.troubles.get(&part).map(|trouble| trouble.kind);
    let other = which.other();
    if failed.is_some() && session.player(other).open {
        session.speaks = other;
        return vec![command(other, PlayerCommand::Volume(session.volume))];
    }
    let session = session.clone();
    let actions = end(state, &session);
    state.phase = Phase::Idle;
    if let Some(kind) = failed {
        state.show_message(Screen::Trouble(kind), Then::Idle);
    }
    actions
}

/// Goes to the next item of the player that is heard.
pub(in crate::kiosk) fn next(state: &mut State) -> Actions {
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    let speaker = session.speaker();
    let player = session.player_mut(speaker);
    if !player.open {
        return Actions::new();
    }
    player.skipping = true;
    let now = player.now.clone();
    record_outcome(state, now.as_ref(), Outcome::Skipped);
    flash(state, Flash::Next);
    vec![command(speaker, PlayerCommand::Next)]
}

/// The person likes what plays.
pub(in crate::kiosk) fn like(state: &mut State) -> Actions {
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    let Some(now) = heard_now(session) else { return Actions::new() };
    session.liked.insert(now.id.clone());
    session.unliked.remove(&now.id);
    record_outcome(state, Some(&now), Outcome::Liked);
    flash(state, Flash::Liked);
    vec![Action::Like { id: now.id }]
}

/// The like of what plays was a mistake.
pub(in crate::kiosk) fn unlike(state: &mut State) -> Actions {
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    let Some(now) = heard_now(session) else { return Actions::new() };
    session.liked.remove(&now.id);
    session.unliked.insert(now.id.clone());
    if state.settings.learns && state.history.unlike(&now.id) {
        state.unsaved = true;
    }
    vec![Action::Unlike { ids: vec![now.id] }]
}

fn heard_now(session: &Session) -> Option<NowPlaying> {
    session.player(session.speaker()).now.clone()
}

/// Sends a lever command to the player that is heard, also where another client put on what plays.
pub(in crate::kiosk) fn drive(state: &State, lever: Lever) -> Option<Action> {
    let which = match &state.phase {
        Phase::Playing(session) if session.player(session.speaker()).open => session.speaker(),
        _ if state.is_played_elsewhere() => AudioSource::Music,
        _ => return None,
    };
    Some(command(which, PlayerCommand::Drive(lever)))
}

/// Changes the volume by so many percent.
pub(in crate::kiosk) fn change_volume(state: &mut State, change: i16) -> Actions {
    let volume = i16::from(state.volume()) + change;
    set_volume(state, volume)
}

/// Sets the volume in percent; what lies outside of what is allowed is brought in.
pub(in crate::kiosk) fn set_volume(state: &mut State, percent: i16) -> Actions {
    let volume = u8::try_from(percent.max(0)).unwrap_or(u8::MAX).min(state.cap());
    state.volume = volume;
    let mut actions = Actions::new();
    match &mut state.phase {
        Phase::Playing(session) => {
            session.volume = volume;
            actions.push(command(session.speaks, PlayerCommand::Volume(volume)));
        }
        Phase::Stopping { .. } | Phase::Leaving => state.volume_is_set = true,
        _ => {
            state.volume_is_set = true;
            // What another client put on is heard at this volume from now on.
            if state.settings.has.music {
                actions.push(command(AudioSource::Music, PlayerCommand::Volume(volume)));
            }
        }
    }
    flash(state, Flash::Volume(volume));
    actions
}

/// Another client of a player has set its volume: it counts as if it had been set here.
pub(in crate::kiosk) fn volume_set_elsewhere(
    state: &mut State,
    which: AudioSource,
    percent: u8,
) -> Option<Action> {
    let volume = percent.min(state.cap());
    match &mut state.phase {
        // The other player is mute, whatever its volume is.
        Phase::Playing(session) if session.speaks != which => {}
        Phase::Playing(session) => {
            session.volume = volume;
            state.volume = volume;
            flash(state, Flash::Volume(volume));
            if volume < percent {
                return Some(command(which, PlayerCommand::Volume(volume)));
            }
        }
        Phase::Stopping { .. } | Phase::Leaving => {}
        _ if which == AudioSource::Music => {
            state.volume = volume;
            state.volume_is_set = true;
        }
        _ => {}
    }
    None
}

/// Quiet hours that begin, and other clients that turn it up, do not make it louder than allowed.
pub(in crate::kiosk) fn keep_under_the_cap(state: &mut State) -> Option<Action> {
    let cap = state.cap();
    // Above the cap of all hours the player itself brings it back.
    let quiet = cap < state.settings.volume_cap;
    let Phase::Playing(session) = &mut state.phase else { return None };
    let speaker = session.speaks;
    let heard = session.player(speaker).now.as_ref().filter(|now| now.ours).and_then(|now| now.volume);
    if session.volume > cap || heard.is_some_and(|heard| quiet && heard > cap) {
        session.volume = cap;
        return Some(command(speaker, PlayerCommand::Volume(cap)));
    }
    None
}

/// Shows for a moment what the last press did.
pub(in crate::kiosk) fn flash(state: &mut State, flash: Flash) {
    let until = state.now + state.settings.times.flash;
    if let Phase::Playing(session) = &mut state.phase {
        session.flash = Some((flash, until));
    }
}
