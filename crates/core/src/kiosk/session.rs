//! From a mood to the end of what was chosen for it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::clock::Time;
use super::event::{NowPlaying, Source};
use super::wrong::Wrong;
use crate::mood::{Mood, Scores, Strength};
use crate::recommend::{AudioSource, Pick};
use crate::screen::Flash;

/// How the mood of a session is known: the panel claims no more than that.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// A face was read.
    Seen { scores: Scores },
    /// A person or another sensor named it.
    Chosen(Source),
    /// Nobody did.
    Nobody,
    /// There is none: a person asked for these items by name.
    Items,
}

impl Origin {
    /// The name of the sensor, if it was one.
    pub fn sensor(&self) -> Option<&str> {
        match self {
            Origin::Chosen(Source::Sensor(name)) => Some(name),
            _ => None,
        }
    }
}

/// A player that was asked to play and says nothing for so long is waited for: long enough for a word that comes
/// each second and is late, and within two seconds for the person.
const SILENCE: Duration = Duration::from_millis(1900);

/// From a mood to the end of what was chosen for it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The mood.
    pub mood: Mood,
    /// How strong it is.
    pub strength: Strength,
    /// How the mood is known.
    pub origin: Origin,
    /// When it began.
    pub since: Time,
    /// What the music player does in it.
    pub music: PlayerState,
    /// What the video player does in it.
    pub video: PlayerState,
    /// Which of the two is heard.
    pub speaks: AudioSource,
    /// Percent.
    pub volume: u8,
    /// The video starts over while the music lasts.
    pub loop_video: bool,
    /// Items that the person liked in this session.
    pub liked: BTreeSet<String>,
    /// Likes that were taken back in this session.
    pub unliked: BTreeSet<String>,
    /// When nobody is thought to listen any more.
    pub sleep_at: Option<Time>,
    /// What the last press did, and until when it is shown.
    pub flash: Option<(Flash, Time)>,
}

/// One of the two players in a session.
#[derive(Clone, Debug, Default)]
pub(super) struct PlayerState {
    /// What was chosen for it, in order.
    pub picks: Vec<Pick>,
    /// It was given something and has not said that it is over.
    pub open: bool,
    /// It went away at that time.
    pub away_since: Option<Time>,
    /// What it plays.
    pub now: Option<NowPlaying>,
    /// The person asked for the next one: what plays was not played to its end.
    pub skipping: bool,
    /// When `now` was reported.
    pub reported_at: Time,
    /// Since when it is paused.
    pub paused_since: Option<Time>,
}

impl PlayerState {
    /// What of ours comes from the current item on.
    pub fn rest(&self) -> Vec<String> {
        let current = self.now.as_ref().filter(|now| now.ours).map(|now| now.id.as_str());
        let from = self.picks.iter().position(|pick| Some(pick.id.as_str()) == current).unwrap_or(0);
        self.picks[from..].iter().map(|pick| pick.id.clone()).collect()
    }

    /// From when on nothing was heard of it for so long that a person is told. A player that plays speaks every
    /// second, and one that was asked to play does so soon.
    pub(super) fn waits_from(&self) -> Option<Time> {
        let plays = self.open && self.away_since.is_none() && self.now.as_ref().is_none_or(|now| !now.paused);
        plays.then(|| self.reported_at + SILENCE)
    }

    pub(super) fn waits(&self, at: Time) -> bool {
        self.waits_from().is_some_and(|from| at >= from)
    }

    pub(super) fn elapsed(&self, at: Time) -> Duration {
        let Some(now) = &self.now else { return Duration::ZERO };
        let since = if now.paused { Duration::ZERO } else { at.saturating_sub(self.reported_at) };
        let elapsed = now.elapsed + since;
        now.length.map_or(elapsed, |length| elapsed.min(length))
    }
}

impl Session {
    /// The mood of this session, if a person may say that it is not so: no person named it.
    pub fn doubted(&self) -> Option<Wrong> {
        let scores = match &self.origin {
            Origin::Seen { scores } => Some(*scores),
            Origin::Chosen(Source::Sensor(_)) => None,
            Origin::Chosen(_) | Origin::Nobody | Origin::Items => return None,
        };
        Some(Wrong { mood: self.mood, scores })
    }

    /// The player that is heard and that presses speak to.
    pub fn speaker(&self) -> AudioSource {
        match self.speaks {
            AudioSource::Video if self.video.open || !self.music.open => AudioSource::Video,
            AudioSource::Music if !self.music.open && self.video.open => AudioSource::Video,
            _ => AudioSource::Music,
        }
    }

    /// What a player does in this session.
    pub fn player(&self, which: AudioSource) -> &PlayerState {
        match which {
            AudioSource::Music => &self.music,
            AudioSource::Video => &self.video,
        }
    }

    /// The same, to be changed.
    pub fn player_mut(&mut self, which: AudioSource) -> &mut PlayerState {
        match which {
            AudioSource::Music => &mut self.music,
            AudioSource::Video => &mut self.video,
        }
    }
}
