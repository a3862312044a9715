//! What a person who sets the device up has shown: it stands for a minute, or until a press.

use std::time::Duration;

use crate::kiosk::state::State;
use crate::screen::Sign;

/// Long enough to take a phone out and to point it at the panel.
const STANDS: Duration = Duration::from_secs(60);

/// Shows a sign in place of the one before.
pub(in crate::kiosk) fn show(state: &mut State, sign: Sign) {
    // A dark panel is lit, also once the sign is gone.
    state.idle_since = state.now;
    state.sign = Some((sign, state.now + STANDS));
}

/// Takes the sign away; says whether one stood there, and so whether the press meant only that.
pub(in crate::kiosk) fn dismiss(state: &mut State) -> bool {
    let stood = state.sign(state.now).is_some();
    state.sign = None;
    stood
}

/// Forgets a sign whose time is over.
pub(in crate::kiosk) fn pass(state: &mut State) {
    if state.sign(state.now).is_none() {
        state.sign = None;
    }
}
