//! What an observer may know: a plain value made from the state, for the page, the home and the metrics.
//!
//! It holds no frame, no face and no path, and an observer gets nothing else.

use serde::Serialize;

use super::event::{NowPlaying, Part, Source, Time, TroubleKind};
use super::input::InputOrigin;
use super::phase::Phase;
use super::policy::{Mode, Start};
use super::session::{Origin, PlayerState, Session};
use super::settings::Has;
use super::state::{Happened, State};
use crate::language::Language;
use crate::mood::{Mood, Scores, Strength};
use crate::recommend::{AudioSource, Reason};
use crate::screen::{Advice, Screen};
use crate::text;

/// How many of the next items are told.
const AHEAD: usize = 5;

/// The kiosk at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Where the device stands: what a press may do.
    pub mode: Mode,
    /// The language of panel, page and voice.
    pub language: Language,
    /// The optional parts of the device.
    pub has: Has,
    /// What the kiosk is doing.
    pub phase: Stage,
    /// What a press from elsewhere than the device would lead to in idle.
    pub press: Start,
    /// The mood of the session that goes on.
    pub mood: Option<KnownMood>,
    /// Whether that mood was read or named by a sensor, so that a person may say that it is not so.
    pub not_so: bool,
    /// The moods that a person is asked to choose from; empty when nobody is asked.
    pub candidates: Vec<Mood>,
    /// Which of the candidates the button would take.
    pub selected: Option<Mood>,
    /// Which of the two players is heard.
    pub speaks: AudioSource,
    /// What the music player plays.
    pub music: Option<Playback>,
    /// What the video player plays.
    pub video: Option<Playback>,
    /// What comes next of the one that is heard, at most five.
    pub next: Vec<Upcoming>,
    /// Percent.
    pub volume: u8,
    /// Percent: the device's own volume, which no template has changed. It says nothing of the mood, and so it
    /// is what is sent where the mood is not.
    #[serde(skip)]
    pub device_volume: u8,
    /// Percent; nothing is played louder.
    pub volume_cap: u8,
    /// Minutes until what plays is faded out, rounded up; none without a timer. At 0 it waits for the end of
    /// the track.
    pub sleep_min: Option<u64>,
    /// What is ill.
    pub troubles: Vec<TroubleTold>,
    /// The quiet hours of the house: none set, left aside for now, or kept.
    #[serde(skip)]
    pub quiet_hours: Option<bool>,
    /// What has happened since the start, for those who tell it the moment it happens.
    #[serde(skip)]
    pub happened: Happened,
    /// What would help the person whom the camera helps to find the right place.
    pub advice: Option<Advice>,
    /// Presses of the main button, and of the one on the page or in the home, since the start.
    pub presses: u64,
    /// Looks that came to a reading since the start.
    pub looks: u64,
    /// How many times something was chosen since the start.
    #[serde(rename = "visits")]
    pub sessions: u64,
}

/// What the kiosk is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for a press.
    Idle,
    /// The notice of public mode stands on the panel.
    Notice,
    /// The camera looks.
    Looking,
    /// A person is asked to choose a mood.
    Choosing,
    /// Something plays.
    Playing,
    /// Fading out.
    Stopping,
    /// Nobody was in front of the camera.
    NoFace,
    /// Several people were in front of the camera.
    SeveralFaces,
    /// The camera is on so that a person finds the right place before it.
    Aiming,
    /// Nothing in the library fits the mood.
    NothingToPlay,
    /// The house has quiet hours in which nothing is started.
    QuietHours,
    /// What was learnt here was erased.
    Forgotten,
    /// A part is ill and the panel says so.
    Trouble,
    /// The device shuts down, or the daemon ends.
    Leaving,
}

/// A mood and how it is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnownMood {
    /// The mood.
    pub mood: Mood,
    /// The mood in the device's language, as it is named where a person chooses one.
    pub word: &'static str,
    /// How it is known.
    pub by: MoodSource,
    /// The name of the sensor, if one named the mood.
    pub sensor: Option<String>,
    /// How strong it is.
    pub strength: Strength,
    /// Calibrated probabilities of all seven, if a face was read.
    pub scores: Option<Scores>,
}

impl KnownMood {
    /// The calibrated probability of the mood, if a face was read.
    pub fn confidence(&self) -> Option<f32> {
        self.scores.as_ref().map(|scores| scores.of(self.mood))
    }
}

/// How a mood is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoodSource {
    /// A face was read.
    Camera,
    /// A person chose it at the device.
    Hand,
    /// A person chose it on the page.
    Page,
    /// The home named it.
    Home,
    /// Another sensor named it.
    Sensor,
    /// Nobody did: something that suits most people plays.
    Nobody,
}

impl MoodSource {
    /// All of them.
    pub const ALL: [MoodSource; 6] = [
        MoodSource::Camera,
        MoodSource::Hand,
        MoodSource::Page,
        MoodSource::Home,
        MoodSource::Sensor,
        MoodSource::Nobody,
    ];
}

/// What a player plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Playback {
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// Whole seconds.
    pub elapsed_s: u64,
    /// Whole seconds.
    pub length_s: Option<u64>,
    /// In the device's language; empty for what another client plays.
    pub why: String,
    /// The same as data: see [`Snapshot::said_in`].
    #[serde(skip)]
    pub reason: Option<Reason>,
    /// The person likes it.
    pub liked: bool,
    /// It is paused.
    pub paused: bool,
    /// Whether this kiosk chose it.
    pub ours: bool,
}

/// An item that comes later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    /// Its title; empty where none is known.
    pub title: String,
    /// Who plays it; empty where that is not known.
    pub artist: String,
    /// In the device's language.
    pub why: String,
    /// The same as data.
    #[serde(skip)]
    pub reason: Reason,
}

/// Something that is ill, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TroubleTold {
    /// The part that is ill.
    pub part: Part,
    /// What is wrong with it.
    pub kind: TroubleKind,
    /// What is wrong, in the device's language.
    pub title: &'static str,
    /// What a person can do, in the device's language.
    pub cure: &'static str,
}

impl Snapshot {
    /// The kiosk as it stands at a time.
    pub fn of(state: &State, at: Time) -> Snapshot {
        let settings = &state.settings;
        let language = settings.language;
        let session = match &state.phase {
            Phase::Playing(session) | Phase::Stopping { session, .. } => Some(session),
            _ => None,
        };
        let (candidates, selected) = match &state.phase {
            Phase::Choosing { candidates, selected, .. } => {
                (candidates.clone(), candidates.get(*selected).copied())
            }
            _ => (Vec::new(), None),
        };
        let speaks = session.map(Session::speaker).unwrap_or_default();
        let plays = |which| session.and_then(|session| playback(state, session, session.player(which), at));
        let elsewhere = || state.elsewhere.as_ref().filter(|_| session.is_none());
        Snapshot {
            mode: settings.mode,
            language,
            has: settings.has,
            phase: stage(&state.phase),
            press: settings.mode.start(InputOrigin::Remote),
            mood: session
                .filter(|session| session.origin != Origin::Items)
                .map(|session| known(session, language)),
            not_so: matches!(&state.phase, Phase::Playing(session) if session.doubted().is_some()),
            candidates,
            selected,
            speaks,
            music: plays(AudioSource::Music)
                .or_else(|| elsewhere().map(|(now, reported_at)| not_ours(state, now, *reported_at, at))),
            video: plays(AudioSource::Video),
            next: session.map(|session| upcoming(session.player(speaks), language)).unwrap_or_default(),
            volume: state.volume(),
            device_volume: state.device_volume(),
            volume_cap: state.cap(),
            sleep_min: match &state.phase {
                Phase::Playing(session) => session.sleep_at.map(|due| minutes(due.saturating_sub(at))),
                _ => state.sleep_wish.map(minutes),
            },
            quiet_hours: settings.house.quiet.map(|_| !state.quiet_aside),
            happened: state.happened,
            troubles: state
                .troubles
                .iter()
                .map(|(part, trouble)| {
                    let words = text::trouble(trouble.kind, language);
                    TroubleTold { part: *part, kind: trouble.kind, title: words.title, cure: words.cure }
                })
                .collect(),
            advice: match &state.phase {
                Phase::Aiming { advice, .. } => *advice,
                _ => None,
            },
            presses: state.happened.presses,
            looks: state.looks,
            sessions: state.sessions,
        }
    }

    /// The same in another language.
    pub fn said_in(mut self, language: Language) -> Snapshot {
        if let Some(mood) = &mut self.mood {
            mood.word = text::mood(mood.mood, language).word;
        }
        for playback in [&mut self.music, &mut self.video].into_iter().flatten() {
            playback.why = playback.reason.as_ref().map(|why| why.say(language)).unwrap_or_default();
        }
        for upcoming in &mut self.next {
            upcoming.why = upcoming.reason.say(language);
        }
        for trouble in &mut self.troubles {
            let words = text::trouble(trouble.kind, language);
            (trouble.title, trouble.cure) = (words.title, words.cure);
        }
        self
    }

    /// What the player that is heard plays.
    pub fn heard(&self) -> Option<&Playback> {
        match self.speaks {
            AudioSource::Music => self.music.as_ref(),
            AudioSource::Video => self.video.as_ref(),
        }
    }
}

/// Minutes, rounded up.
fn minutes(time: Time) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(60_000_000_000)).unwrap_or(u64::MAX)
}

fn stage(phase: &Phase) -> Stage {
    match phase {
        // The question is for the person at the button.
        Phase::Idle | Phase::Asking { .. } => Stage::Idle,
        Phase::Notice { .. } => Stage::Notice,
        Phase::Looking { .. } => Stage::Looking,
        Phase::Aiming { .. } => Stage::Aiming,
        Phase::Choosing { .. } => Stage::Choosing,
        Phase::Playing(_) => Stage::Playing,
        Phase::Stopping { .. } => Stage::Stopping,
        Phase::Message { screen, .. } => match screen {
            Screen::NoFace => Stage::NoFace,
            Screen::SeveralFaces { .. } => Stage::SeveralFaces,
            Screen::NothingToPlay { .. } => Stage::NothingToPlay,
            Screen::Quiet { .. } => Stage::QuietHours,
            Screen::Forgotten => Stage::Forgotten,
            Screen::Power(_) => Stage::Leaving,
            _ => Stage::Trouble,
        },
        Phase::Leaving => Stage::Leaving,
    }
}

fn known(session: &Session, language: Language) -> KnownMood {
    let (by, sensor, scores) = match &session.origin {
        Origin::Seen { scores } => (MoodSource::Camera, None, Some(*scores)),
        Origin::Chosen(Source::Hand) => (MoodSource::Hand, None, None),
        Origin::Chosen(Source::Page) => (MoodSource::Page, None, None),
        Origin::Chosen(Source::Home) => (MoodSource::Home, None, None),
        Origin::Chosen(Source::Sensor(name)) => (MoodSource::Sensor, Some(name.clone()), None),
        // Where items were asked for, no mood is told.
        Origin::Nobody | Origin::Items => (MoodSource::Nobody, None, None),
    };
    KnownMood {
        mood: session.mood,
        word: text::mood(session.mood, language).word,
        by,
        sensor,
        strength: session.strength,
        scores,
    }
}

fn playback(state: &State, session: &Session, player: &PlayerState, at: Time) -> Option<Playback> {
    let language = state.settings.language;
    let now = player.now.as_ref()?;
    let pick = player.picks.iter().find(|pick| now.ours && pick.id == now.id);
    Some(Playback {
        title: now.title.clone(),
        artist: now.artist.clone(),
        elapsed_s: player.elapsed(at).as_secs(),
        length_s: now.length.map(|length| length.as_secs()),
        why: pick.map(|pick| pick.why.say(language)).unwrap_or_default(),
        reason: pick.map(|pick| pick.why.clone()),
        liked: state.is_liked(Some(session), &now.id),
        paused: now.paused,
        ours: now.ours,
    })
}

/// What another client put on.
fn not_ours(state: &State, now: &NowPlaying, reported_at: Time, at: Time) -> Playback {
    let since = if now.paused { Time::ZERO } else { at.saturating_sub(reported_at) };
    let elapsed = now.elapsed + since;
    Playback {
        title: now.title.clone(),
        artist: now.artist.clone(),
        elapsed_s: now.length.map_or(elapsed, |length| elapsed.min(length)).as_secs(),
        length_s: now.length.map(|length| length.as_secs()),
        why: String::new(),
        reason: None,
        liked: state.is_liked(None, &now.id),
        paused: now.paused,
        ours: false,
    }
}

fn upcoming(player: &PlayerState, language: Language) -> Vec<Upcoming> {
    let current = player.now.as_ref().filter(|now| now.ours).map(|now| now.id.as_str());
    let after = player.picks.iter().position(|pick| Some(pick.id.as_str()) == current).map_or(0, |at| at + 1);
    player
        .picks
        .iter()
        .skip(after)
        .take(AHEAD)
        .map(|pick| Upcoming {
            title: pick.title.clone(),
            artist: pick.artist.clone(),
            why: pick.why.say(language),
            reason: pick.why.clone(),
        })
        .collect()
}
