//! What a screen shows and a speaker says, as plain names. The words are in [`crate::text`].

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::mood::{Mood, Strength};
use crate::trouble::TroubleKind;

/// What the panel shows. Each carries all that is drawn, so a screen can be drawn without the core.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Screen {
    /// While the daemon starts.
    Splash,
    /// Waiting for a press. `troubles` are parts that are ill, in short.
    Idle { troubles: Vec<TroubleKind> },
    /// Public mode, before the first capture: what will happen, and how to say no.
    Notice {
        seconds: u8,
        /// Words of the house; none: the usual ones.
        text: Option<Arc<str>>,
    },
    /// The camera is about to look or looks: `done` of the capture in [0, 1].
    Look { done: f32 },
    /// The camera takes longer than most to wake up.
    Waking,
    /// The frames are in, the moods are being read.
    Thinking,
    /// The mood that was read. `confidence` in [0, 1]. `not_so`: a short press says that it is wrong.
    Mood { mood: Mood, strength: Strength, confidence: f32, not_so: bool },
    /// A mood that a person or another sensor named: nobody was looked at.
    Chosen {
        mood: Mood,
        /// The name of the sensor, if it was one.
        by: Option<String>,
    },
    /// Nobody said which mood it is: something that suits most people follows.
    Gentle,
    /// Two candidates or any mood to choose by hand: short press cycles, long press takes.
    Unsure { candidates: Vec<Mood>, selected: usize },
    /// Music or video plays.
    Playing(Playing),
    /// The camera is on so that a person finds the right place before it; what would help, once that is known.
    Aim { advice: Option<Advice> },
    /// Nobody was in front of the camera.
    NoFace,
    /// Several people were.
    SeveralFaces { count: usize },
    /// Something is in the way; the rest goes on.
    Trouble(TroubleKind),
    /// Nothing in the library fits.
    NothingToPlay { mood: Mood },
    /// The house has quiet hours in which nothing is started, until this minute of the day.
    Quiet { until: u16 },
    /// Whether to erase what was learnt here: a long press does, a short one does not.
    AskToForget,
    /// What was learnt here is erased.
    Forgotten,
    /// Nobody was here for a while: as [`Idle`](Screen::Idle), but faint.
    Dozing { troubles: Vec<TroubleKind> },
    /// Nobody was here for long: dark.
    Asleep,
    /// The button is held: what letting go does, and what holding on offers next.
    Hold { choice: HoldChoice, next: Option<HoldChoice> },
    /// Shown for a while because a person who sets the device up asked for it.
    Sign(Sign),
    /// The device shuts down or starts anew.
    Power(Power),
    /// The device leaves.
    Goodbye,
}

/// What helps a person who stands before the camera: all that is told of its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Nobody is in sight.
    Nobody,
    /// Several people are.
    Several,
    /// The face is small.
    Closer,
    /// The face is larger than the picture is wide, nearly.
    Farther,
    /// The face is cut off by the edge of the picture, or nearly.
    Middle,
    /// The face is dark.
    Lighter,
    /// The face is so bright that nothing is left of it.
    Darker,
    /// So it is well.
    Good,
}

impl Advice {
    /// All of them.
    pub const ALL: [Advice; 8] = [
        Advice::Nobody,
        Advice::Several,
        Advice::Closer,
        Advice::Farther,
        Advice::Middle,
        Advice::Lighter,
        Advice::Darker,
        Advice::Good,
    ];
}

/// What a person who sets the device up may have shown for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Where phones find the page.
    Address(PageAddress),
    /// The page waits for a press of the button.
    PressMe,
    /// A picture with an arrow that points up where the panel is upright.
    TestImage,
}

/// Where the page is reached from other machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAddress {
    /// With the number of the network, which every phone finds: `http://192.168.1.23:8740/`.
    pub url: Arc<str>,
    /// The same as people say it, such as `moodbox.local:8740`, where the device has a name.
    pub name: Option<Arc<str>>,
}

/// The playing screen.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Playing {
    /// The mood that it is played for, if one is known.
    pub mood: Option<Mood>,
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// How far it has played.
    pub elapsed: Duration,
    /// How long it is, where that is known.
    pub length: Option<Duration>,
    /// Why this: the reason that the recommender gave, already in the person's language.
    pub why: String,
    /// The person likes it.
    pub liked: bool,
    /// It is paused.
    pub paused: bool,
    /// A short press still says that the mood is wrong.
    pub not_so: bool,
    /// Minutes until the sleep timer ends it, if one runs.
    pub sleep: Option<u16>,
    /// What is amiss with a player, told in place of the reason.
    pub amiss: Option<Amiss>,
    /// A short word over the screen for a moment: what the last press did.
    pub flash: Option<Flash>,
}

/// What is amiss while something plays, or should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amiss {
    /// The player that is to be heard has not said a word for a while.
    Waiting,
    /// The other player, the one that is not heard, does not work.
    Ill(TroubleKind),
}

/// What becomes of the whole device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// It is shut down.
    Off,
    /// It is started anew.
    Restart,
}

/// What letting the button go does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldChoice {
    /// Shuts the device down.
    PowerOff,
    /// Starts the device anew.
    Restart,
    /// Asks once more, and then erases what was learnt here.
    Forget,
    /// For a button that was held by mistake, or too long.
    Nothing,
}

impl HoldChoice {
    /// All of them.
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
    /// The camera looks.
    LookAtMe,
    /// A mood is known, and something is played for it.
    GotIt,
    /// A press says that the mood that was read is not so.
    NotSo,
    /// Not sure between two: their names follow, one at a time.
    NotSure,
    /// Any mood may be picked: their names follow, one at a time.
    Pick,
    /// The mood that a long press takes.
    Mood(Mood),
    /// Nobody was in front of the camera.
    NoFace,
    /// Several people were.
    SeveralFaces,
    /// Nothing in the library fits.
    NothingToPlay,
    /// A part of the device does not work.
    Fault,
    /// What letting the button go does.
    Hold(HoldChoice),
    /// Whether to forget what was learnt: a long press is a yes, a short one a no.
    AskToForget,
    /// What was learnt is erased.
    Forgotten,
    /// The device shuts down or starts anew.
    Power(Power),
}

/// What the last press did, shown for a moment over the playing screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// The button is down; what it means is not known yet.
    Pressed,
    /// The next item.
    Next,
    /// The item is liked.
    Liked,
    /// What plays is faded out.
    Stopping,
    /// The volume, in percent.
    Volume(u8),
}
