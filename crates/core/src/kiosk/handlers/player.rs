//! What a player reports.

use super::house::sleep_between_tracks;
use super::learning::{record_outcome, remember_item};
use super::playback::{keep_under_the_cap, player_ended, volume_set_elsewhere};
use crate::kiosk::action::Actions;
use crate::kiosk::event::{NowPlaying, PlayerEvent};
use crate::kiosk::phase::Phase;
use crate::kiosk::state::State;
use crate::recommend::{AudioSource, Outcome};

/// Takes a report of the music or the video player.
pub(in crate::kiosk) fn reported(state: &mut State, which: AudioSource, report: PlayerEvent) -> Actions {
    if which == AudioSource::Music {
        match &report {
            PlayerEvent::Playing(now) => {
                state.elsewhere = (!now.ours).then(|| (now.clone(), state.now));
            }
            PlayerEvent::Silent => state.elsewhere = None,
            PlayerEvent::Finished | PlayerEvent::Skipped { .. } | PlayerEvent::Volume(_) => {}
        }
    }
    if let PlayerEvent::Volume(percent) = report {
        return volume_set_elsewhere(state, which, percent).into_iter().collect();
    }
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    let player = session.player_mut(which);
    match report {
        PlayerEvent::Playing(now) => playing(state, which, now),
        PlayerEvent::Finished => {
            player.open = false;
            let last = player.now.clone().filter(|_| !player.skipping);
            record_outcome(state, last.as_ref(), Outcome::Finished);
            player_ended(state, which)
        }
        PlayerEvent::Skipped { id, .. } => {
            player.picks.retain(|pick| pick.id != id);
            Actions::new()
        }
        PlayerEvent::Silent | PlayerEvent::Volume(_) => Actions::new(),
    }
}

fn playing(state: &mut State, which: AudioSource, now: NowPlaying) -> Actions {
    let at = state.now;
    let Phase::Playing(session) = &mut state.phase else { return Actions::new() };
    let player = session.player_mut(which);
    let fresh = now.ours && player.now.as_ref().is_none_or(|before| before.id != now.id);
    player.paused_since = now.paused.then(|| player.paused_since.unwrap_or(at));
    player.reported_at = at;
    player.away_since = None;
    let id = now.id.clone();
    let before = player.now.replace(now);
    let mut actions = Actions::new();
    if fresh {
        let skipped = std::mem::take(&mut player.skipping);
        if !skipped {
            record_outcome(state, before.as_ref(), Outcome::Finished);
        }
        remember_item(state, id);
        actions.extend(sleep_between_tracks(state, before.is_some()));
    }
    actions.extend(keep_under_the_cap(state));
    actions
}
