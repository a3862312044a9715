//! What the kiosk asks of the world. Plain data: [`step`](super::step::step) makes these, ports carry them out.

use std::sync::Arc;
use std::time::Duration;

use crate::language::Language;
use crate::mood::{Mood, Strength};
use crate::recommend::History;
pub use crate::screen::{Flash, HoldChoice, Power, Spoken};
use crate::trouble::TroubleKind;

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open the camera, look at some frames, close it. The light follows the stream by itself.
    Capture,
    /// The capture has shown enough: end it now.
    EndCapture,
    /// Give up the capture that runs.
    CancelCapture,
    /// Draw this.
    Show(Screen),
    Music(PlayerCommand),
    Video(PlayerCommand),
    /// Remember that the person liked what plays.
    Like {
        id: String,
    },
    /// Take likes back.
    Unlike {
        ids: Vec<String>,
    },
    /// Keep what was learnt, across restarts.
    Remember(Box<History>),
    /// Erase what was kept: what was learnt, and the moods over time.
    Forget,
    /// Shut the whole device down, or start it anew.
    Power(Power),
    /// Say these one after another, at a volume in percent that is already under the cap. What is being said
    /// is cut off. [`Event::Spoken`](super::event::Event::Spoken) with this number tells the end.
    Say {
        words: Vec<Spoken>,
        volume: u8,
        number: u64,
    },
    /// From now on panel and voice speak this language.
    Speak(Language),
    /// Leave; ports stop, the panel says goodbye.
    Quit,
}

/// What a player is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerCommand {
    /// Replace what we had queued by these and play. Volume in percent, already under the cap.
    Play { ids: Vec<String>, volume: u8, repeat: bool },
    /// Play these after what we had queued (music only).
    Add { ids: Vec<String> },
    /// Go to the next of ours.
    Next,
    /// Move a lever of the player, whoever put on what plays.
    Drive(Lever),
    /// Fade out over this long, then stop and take our items away.
    Stop { fade: Duration },
    /// After this visit nothing is to be heard: what another client had on before it stays paused (music only).
    StayQuiet,
    /// Volume in percent, already under the cap.
    Volume(u8),
    /// From now on nothing is louder than this, in percent.
    Cap(u8),
    /// Be low while somebody speaks, then as before (music only).
    Duck(bool),
    /// Mark an item as liked where other clients see it (music only).
    Like { id: String },
    /// Take that mark away (music only).
    Unlike { ids: Vec<String> },
}

/// The levers that every player has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lever {
    /// Hold what plays, or let it go on.
    Pause(bool),
    /// To the item before; some seconds into an item, to its beginning.
    Back,
    /// To the item after, of whatever is queued.
    Next,
    /// To this second of the item.
    Seek(u32),
    /// Silence. Whatever is queued stays queued.
    Stop,
}

/// What the panel shows. Each carries all that is drawn, so a screen can be drawn without the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// While the daemon starts.
    Splash,
    /// Waiting for a press. `troubles` are parts that are ill, in short.
    Idle {
        troubles: Vec<TroubleKind>,
    },
    /// Public mode, before the first capture: what will happen, and how to say no.
    Notice {
        seconds: u8,
        /// Words of the house; none: the usual ones.
        text: Option<Arc<str>>,
    },
    /// The camera is about to look or looks: `done` of the capture in [0, 1].
    Look {
        done: f32,
    },
    /// The camera takes longer than most to wake up.
    Waking,
    /// The frames are in, the moods are being read.
    Thinking,
    /// The mood that was read. `confidence` in [0, 1]. `not_so`: a short press says that it is wrong.
    Mood {
        mood: Mood,
        strength: Strength,
        confidence: f32,
        not_so: bool,
    },
    /// A mood that a person or another sensor named: nobody was looked at.
    Chosen {
        mood: Mood,
        /// The name of the sensor, if it was one.
        by: Option<String>,
    },
    /// Nobody said which mood it is: something that suits most people follows.
    Gentle,
    /// Two candidates or any mood to choose by hand: short press cycles, long press takes.
    Unsure {
        candidates: Vec<Mood>,
        selected: usize,
    },
    /// Music or video plays.
    Playing(Playing),
    NoFace,
    SeveralFaces {
        count: usize,
    },
    /// Something is in the way; the rest goes on.
    Trouble(TroubleKind),
    /// Nothing in the library fits.
    NothingToPlay {
        mood: Mood,
    },
    /// The house has quiet hours in which nothing is started, until this minute of the day.
    Quiet {
        until: u16,
    },
    /// Whether to erase what was learnt here: a long press does, a short one does not.
    AskToForget,
    /// What was learnt here is erased.
    Forgotten,
    /// Nobody was here for a while: as [`Idle`](Screen::Idle), but faint.
    Dozing {
        troubles: Vec<TroubleKind>,
    },
    /// Nobody was here for long: dark.
    Asleep,
    /// The button is held: what letting go does, and what holding on offers next.
    Hold {
        choice: HoldChoice,
        next: Option<HoldChoice>,
    },
    /// The device shuts down or starts anew.
    Power(Power),
    Goodbye,
}

/// The playing screen.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Playing {
    pub mood: Option<Mood>,
    pub title: String,
    pub artist: String,
    pub elapsed: Duration,
    pub length: Option<Duration>,
    /// Why this: the reason that the recommender gave, already in the person's language.
    pub why: String,
    pub liked: bool,
    pub paused: bool,
    /// A short press still says that the mood is wrong.
    pub not_so: bool,
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
