//! What a screen shows and a speaker says, as plain names. The words are in [`crate::text`].

use crate::mood::Mood;

/// What becomes of the whole device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    Off,
    Restart,
}

/// What letting the button go does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldChoice {
    PowerOff,
    Restart,
    /// Asks once more, and then erases what was learnt here.
    Forget,
    /// For whoever has held it by mistake, or too long.
    Nothing,
}

impl HoldChoice {
    pub const ALL: [HoldChoice; 4] =
        [HoldChoice::PowerOff, HoldChoice::Restart, HoldChoice::Forget, HoldChoice::Nothing];

    /// Those of a device that keeps nothing.
    pub const WITHOUT_FORGET: [HoldChoice; 3] =
        [HoldChoice::PowerOff, HoldChoice::Restart, HoldChoice::Nothing];
}

/// What the speaker can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spoken {
    /// A camera is about to look, and a press says no.
    Notice,
    LookAtMe,
    GotIt,
    /// A press says that the mood that was read is not so.
    NotSo,
    /// Not sure between two: their names follow, one at a time.
    NotSure,
    /// Any mood may be picked: their names follow, one at a time.
    Pick,
    /// The mood that a long press takes.
    Mood(Mood),
    NoFace,
    SeveralFaces,
    NothingToPlay,
    Fault,
    /// What letting the button go does.
    Hold(HoldChoice),
    /// Whether to forget what was learnt: a long press is a yes, a short one a no.
    AskToForget,
    Forgotten,
    Power(Power),
}

/// What the last press did, shown for a moment over the playing screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// The button is down; what it means is not known yet.
    Pressed,
    Next,
    Liked,
    Stopping,
    Volume(u8),
}
