//! What the kiosk asks of the world. Plain data: [`step`](super::step()) makes these, ports carry them out.

use std::time::Duration;

use crate::language::Language;
use crate::recommend::History;
pub use crate::screen::{Amiss, Flash, HoldChoice, Playing, Power, Screen, Spoken};

/// What is to be done, in order.
pub type Actions = Vec<Action>;

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Action {
    /// Open the camera, look at some frames, close it. The light follows the stream by itself.
    Capture,
    /// The capture has shown enough: end it now.
    EndCapture,
    /// Open the camera and say what would help the person before it, until [`Action::EndAim`].
    Aim,
    /// Close the camera again after that.
    EndAim,
    /// Give up the capture that runs.
    CancelCapture,
    /// Draw this.
    Show(Screen),
    /// The main button is held, and held on it does something; none: not any more. Drawn over the screen.
    Held(Option<Held>),
    /// A command for the music player.
    Music(PlayerCommand),
    /// A command for the video player.
    Video(PlayerCommand),
    /// Remember that the person liked what plays.
    Like { id: String },
    /// Take likes back.
    Unlike { ids: Vec<String> },
    /// Keep what was learnt, across restarts.
    Remember(Box<History>),
    /// Erase what was kept: what was learnt, and the moods over time.
    Forget,
    /// Shut the whole device down, or start it anew.
    Power(Power),
    /// Say these one after another, at a volume in percent that is already under the cap. What is being said
    /// is cut off. [`Event::Spoken`](super::event::Event::Spoken) with this number tells the end.
    Say { words: Vec<Spoken>, volume: u8, number: u64 },
    /// From now on panel and voice speak this language.
    Speak(Language),
    /// Leave; ports stop, the panel says goodbye.
    Quit,
}

/// How far a hold of the button has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// So long it is held.
    pub gone: Duration,
    /// So long until it takes effect.
    pub left: Duration,
}

/// What a player is asked to do.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum PlayerCommand {
    /// Replace what we had queued by these and play. Volume in percent, already under the cap.
    Play { ids: Vec<String>, volume: u8, repeat: bool },
    /// Play these after what we had queued (music only).
    Add { ids: Vec<String> },
    /// Go to the next of ours.
    Next,
    /// Drive the player, also where another client put on what plays.
    Drive(Lever),
    /// Fade out over this long, then stop and take our items away.
    Stop { fade: Duration },
    /// After this session nothing is to be heard: what another client had on before it stays paused (music only).
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
