//! Parts of the device that go away and come back.

use crate::kiosk::event::{Health, Part};
use crate::kiosk::phase::Phase;
use crate::kiosk::state::State;
use crate::recommend::AudioSource;

/// Notes the health of a part, and what it means for what goes on.
pub(in crate::kiosk) fn health(state: &mut State, part: Part, health: Health) {
    let ill = matches!(health, Health::Ill(_));
    match health {
        Health::Ill(trouble) => state.troubles.insert(part, trouble),
        Health::Well => state.troubles.remove(&part),
    };
    // A notice that cannot be seen any more is none.
    if matches!(state.phase, Phase::Notice { .. }) && !state.can_show_notice() {
        state.phase = Phase::Idle;
    }
    let which = match part {
        Part::Music => AudioSource::Music,
        Part::Video => AudioSource::Video,
        _ => return,
    };
    if ill && which == AudioSource::Music {
        state.elsewhere = None;
    }
    // A player that comes back within the session goes on by itself with what it was given.
    if let Phase::Playing(session) = &mut state.phase {
        let player = session.player_mut(which);
        player.away_since = (ill && player.open).then(|| player.away_since.unwrap_or(state.now));
    }
}
