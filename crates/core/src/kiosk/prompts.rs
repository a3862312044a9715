//! Which prompt a speaker gives for a screen.

use crate::mood::Mood;
use crate::screen::{Screen, Spoken};

/// What was said last: the same is not said again while it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prompted {
    /// The prompt.
    pub what: Spoken,
    /// The mood that a press would take.
    pub choice: Option<Mood>,
}

/// The prompt of a screen. Screens that last (idle, playing) have none.
pub(super) fn prompt_of(screen: &Screen) -> Option<Prompted> {
    let what = match screen {
        Screen::Notice { .. } => Spoken::Notice,
        Screen::Look { .. } | Screen::Waking | Screen::Thinking => Spoken::LookAtMe,
        // The mood itself is not said: others may be in the room.
        Screen::Mood { .. } | Screen::Chosen { .. } | Screen::Gentle => Spoken::GotIt,
        Screen::Unsure { candidates, .. } if candidates.len() > 2 => Spoken::Pick,
        Screen::Unsure { .. } => Spoken::NotSure,
        Screen::NoFace => Spoken::NoFace,
        Screen::SeveralFaces { .. } => Spoken::SeveralFaces,
        Screen::NothingToPlay { .. } => Spoken::NothingToPlay,
        Screen::Trouble(_) => Spoken::Fault,
        Screen::Hold { choice, .. } => Spoken::Hold(*choice),
        Screen::AskToForget => Spoken::AskToForget,
        Screen::Forgotten => Spoken::Forgotten,
        Screen::Power(power) => Spoken::Power(*power),
        _ => return None,
    };
    let choice = match screen {
        Screen::Unsure { candidates, selected } => candidates.get(*selected).copied(),
        _ => None,
    };
    Some(Prompted { what, choice })
}

/// What sounds is lowered to one in so many.
pub const DUCKED: u8 = 3;
