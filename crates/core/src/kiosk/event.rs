//! What the ports report to the kiosk. Plain data: ports make these, [`step`](super::step()) reads them.

use std::sync::Arc;
use std::time::Duration;

pub use super::clock::Time;
pub use super::input::{Button, Edge, Gesture};
use super::settings::RuntimeSettings;
use crate::mood::{Mood, Scores};
use crate::recommend::{Catalog, History, Kind, Templates};
use crate::screen::{Advice, Sign};
pub use crate::trouble::{Health, Part, Trouble, TroubleKind};

/// Something happened.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Event {
    /// An edge of a button of the device itself, debounced.
    Button(Button, Edge),
    /// A gesture that came from somewhere else than the device: the page, the home.
    /// In public mode it never starts a capture.
    Remote(Gesture),
    /// A mood that a person or another sensor named, without a camera.
    Picked(Mood, Source),
    /// What the page or the home asks for by its name. None of these ever starts a capture.
    RemoteCommand(RemoteCommand),
    /// A person on the page asks for these items of the library, in this order: at once, or after what was
    /// asked for before. No mood is known then.
    Items { kind: Kind, ids: Vec<String>, after: bool },
    /// The camera streams and its picture has settled.
    CaptureStarted,
    /// One frame was looked at.
    FrameObserved(Observation),
    /// What a capture cost: frames looked at, and the mean time that vision took for one.
    Looked { frames: usize, vision: Duration },
    /// The capture is over: the camera is closed and the light is off.
    CaptureEnded(Result<(), Trouble>),
    /// What can be played has changed.
    Catalog(Arc<Catalog>),
    /// What was learnt here before the daemon started.
    History(Box<History>),
    /// The templates have changed.
    Templates(Arc<Templates>),
    /// The music player reports.
    Music(PlayerEvent),
    /// The video player reports.
    Video(PlayerEvent),
    /// A part of the device went away or came back.
    Part(Part, Health),
    /// The local wall clock, minutes since midnight (0..1440): at the start and every minute while awake.
    WallClock(u16),
    /// A person asks for the music to stop after this long, with the fade of the house; none takes the
    /// wish back. It holds for the session that goes on, else for the next one.
    Sleep(Option<Duration>),
    /// Settings that count at once were changed.
    Settings(Box<RuntimeSettings>),
    /// A person who sets the device up has this shown for a while.
    Sign(Sign),
    /// From the page: the camera is to help a person find the right place before it, or no more. It is opened only
    /// where a press from there would start a look.
    Aim(bool),
    /// What would help that person.
    Aimed(Advice),
    /// The camera is closed again after that.
    AimEnded(Result<(), Trouble>),
    /// Erase what was learnt here: likes, skips, what was played, whether it helped.
    Forget,
    /// A prompt of this number is over, heard or not.
    Spoken(u64),
    /// The device could not be shut down or started anew.
    PowerRefused(Trouble),
    /// The time asked for by [`deadline`](super::deadline()) has come.
    Tick,
    /// The service manager or the person at the terminal asks to stop.
    Shutdown,
}

/// What an observer may ask for, where one button would need three gestures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteCommand {
    /// Go to the next item.
    Next,
    /// Go to the item before, or to the beginning of this one.
    Back,
    /// Hold what plays, or let it go on.
    Pause(bool),
    /// Go to this second of what plays.
    Seek(u32),
    /// End whatever goes on: what plays, a choice, a look.
    Stop,
    /// The person likes what plays.
    Like,
    /// The like of what plays was a mistake.
    Unlike,
    /// Percent; brought under the cap.
    Volume(u8),
    /// The mood that was read is not so: the person is asked to choose the right one. Without such a mood
    /// nothing happens.
    NotSo,
    /// Keep the quiet hours of the house, or leave them aside for now.
    QuietHours(bool),
}

/// Who named a mood that no camera saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A person, out of the moods that the device offered.
    Hand,
    /// The local page.
    Page,
    /// The home that the device belongs to.
    Home,
    /// Another sensor, by its name.
    Sensor(String),
}

/// What vision found in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The camera gave the very bytes of the frame before once more.
    pub copy: bool,
    /// Faces in the frame, of any size.
    pub faces: usize,
    /// Area of the second largest face over the largest, 0 with fewer than two.
    pub rival: f32,
    /// Calibrated scores of the largest face; none without a face.
    pub scores: Option<Scores>,
}

/// A player (MPD or mpv) reports.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum PlayerEvent {
    /// What plays now, or that it is paused.
    Playing(NowPlaying),
    /// Another client has set this volume, in percent.
    Volume(u8),
    /// What we gave it to play is over.
    Finished,
    /// What another client had put on is over.
    Silent,
    /// One of our items could not be played (it vanished or is broken); the player goes on.
    Skipped { id: String, reason: String },
}

/// The state of a player.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NowPlaying {
    /// Item identity: the uri in MPD's database, the path of a video.
    pub id: String,
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// How far it has played.
    pub elapsed: Duration,
    /// How long it is, where that is known.
    pub length: Option<Duration>,
    /// Volume in percent, where the player has one.
    pub volume: Option<u8>,
    /// It is paused.
    pub paused: bool,
    /// Whether it is an item that this kiosk chose; another client may have changed the queue.
    pub ours: bool,
}
