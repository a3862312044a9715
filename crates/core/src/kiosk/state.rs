//! What the kiosk knows: the phase it is in, what is ill, what was played.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::action::{Flash, Screen};
use super::event::{NowPlaying, Observation, Part, Source, Time, Trouble};
use super::gesture::{GestureTimes, Gestures};
use super::hold::Hold;
use super::house_rules::{House, QuietHours};
use super::policy::Mode;
use super::snapshot::Happened;
use super::speak::Said;
use crate::language::Language;
use crate::mood::{DecisionRule, Mood, Reading, Scores, Strength};
use crate::recommend::{AudioSource, Catalog, History, Pick, Templates, Weights};

/// What the configuration decides. Some of it may change while the device runs:
/// [`Live`](super::runtime_settings::Live).
#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    pub language: Language,
    /// Which of the optional parts this device has.
    pub has: Has,
    /// When scores count as sure.
    pub judge: DecisionRule,
    pub gesture: GestureTimes,
    pub times: Times,
    /// Percent, at the start of the daemon.
    pub start_volume: u8,
    /// Percent; nothing is ever played louder.
    pub volume_cap: u8,
    /// What is said before a look in public, instead of the usual words.
    pub notice: Option<Arc<str>>,
    /// Whether holding the button on and on offers to shut down.
    pub hold_menu: bool,
    /// The volume of spoken prompts in percent, if there are any.
    pub prompts: Option<u8>,
    /// The rules above every template.
    pub house: House,
    /// How much each part of the ranking counts.
    pub weights: Weights,
    /// Whether likes, skips and plays to the end are learnt from.
    pub learns: bool,
    /// Whether a second look in the same visit says if the first helped. Without `learns` only the sum of
    /// the changes is kept for each mood, and nothing of what was played.
    pub asks_if_it_helped: bool,
    /// Whether "not so" teaches the device about the faces of this place: seven numbers, no picture.
    pub learns_faces: bool,
    /// Whether the moods of visits are kept over time.
    pub keeps_moods: bool,
    /// Mixed into every choice, so that two devices differ.
    pub seed: u64,
}

/// The optional parts that the configuration names. What it does not name does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Has {
    pub panel: bool,
    pub music: bool,
    pub video: bool,
}

/// How long things last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The frames of a look are spread over this: the longest that a look takes once the camera streams.
    pub capture: Duration,
    /// A look that gives no end within this is given up, whatever the camera does.
    pub capture_limit: Duration,
    /// The notice in public mode, during which a press cancels.
    pub notice: Duration,
    /// The same where it is spoken: longer than the prompt in any language.
    pub spoken_notice: Duration,
    /// The mood stays on the panel this long before the playing screen.
    pub mood: Duration,
    /// So long after the mood left the panel a short press still says that it is wrong.
    pub not_so: Duration,
    /// A message (no face, a trouble) stays this long.
    pub message: Duration,
    /// Without a choice for this long, the gentle middle is taken.
    pub choose: Duration,
    /// How long the last press stays answered on the playing screen.
    pub flash: Duration,
    /// The longest a press plays.
    pub session: Duration,
    /// A pause (made by another client) that lasts this long ends the session.
    pub pause: Duration,
    /// How long a player may be away in mid session before the session goes on without it.
    pub away: Duration,
    /// The fade at a stop.
    pub fade: Duration,
    /// The menu of a held button opens after this, and goes on after as long again.
    pub hold: Duration,
    /// The system may take this long to shut down before the kiosk goes on as if it had not been asked.
    pub power: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let (s, ms) = (Duration::from_secs, Duration::from_millis);
        Times {
            capture: s(1),
            capture_limit: s(10),
            notice: s(8),
            spoken_notice: s(11),
            mood: s(3),
            not_so: s(5),
            message: s(5),
            choose: s(15),
            flash: ms(1500),
            session: s(30 * 60),
            pause: s(10 * 60),
            away: s(60),
            fade: ms(1500),
            hold: s(3),
            power: s(30),
        }
    }
}

/// All that the kiosk knows. Changed only by [`step`](super::step::step).
#[derive(Debug)]
pub struct State {
    pub(super) settings: Settings,
    pub(super) phase: Phase,
    pub(super) gestures: Gestures,
    pub(super) hold: Option<Hold>,
    /// What the speaker said last, and how many prompts it was given.
    pub(super) said: Option<Said>,
    pub(super) prompts_said: u64,
    pub(super) ducked: bool,
    pub(super) catalog: Arc<Catalog>,
    pub(super) templates: Arc<Templates>,
    pub(super) troubles: BTreeMap<Part, Trouble>,
    /// What another client plays on our music player, and when it was told.
    pub(super) elsewhere: Option<(NowPlaying, Time)>,
    pub(super) recent: VecDeque<String>,
    pub(super) history: History,
    /// The mood that the last visit's look saw and the visit's end, while a second look may belong to it.
    pub(super) before: Option<(Mood, Time)>,
    /// Something was learnt that is not written yet.
    pub(super) unsaved: bool,
    /// Something is to be played once there is something, because the device has just started.
    pub(super) owes_start: bool,
    pub(super) templates_read: bool,
    /// Since when nobody was here.
    pub(super) idle_since: Time,
    pub(super) minute_of_day: Option<u16>,
    pub(super) volume: u8,
    /// A person has set the volume since the last visit: it is that of the next one.
    pub(super) volume_is_set: bool,
    /// The wish for the next visit to end after this long.
    pub(super) sleep_wish: Option<Duration>,
    /// The quiet hours are left aside until somebody wants them again or the daemon starts anew.
    pub(super) quiet_aside: bool,
    pub(super) happened: Happened,
    /// Captures that were given up or have shown enough, and whose end is still to come.
    pub(super) abandoned: usize,
    /// Counts sessions: part of the seed of each choice.
    pub(super) sessions: u64,
    /// Counts finished looks.
    pub(super) looks: u64,
    pub(super) last_reading: Option<Reading>,
    pub(super) shown: Option<Screen>,
}

/// Where in a visit the kiosk is.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Idle,
    Notice {
        since: Time,
        until: Time,
    },
    Looking {
        since: Time,
        started: Option<Time>,
        seen: Vec<Observation>,
    },
    Choosing {
        candidates: Vec<Mood>,
        selected: usize,
        until: Time,
        /// The mood that a person said is not so, if that is why moods are offered.
        wrong: Option<Wrong>,
        /// What follows when nobody chooses.
        unanswered: Unanswered,
    },
    /// Whether to forget what was learnt here.
    Asking {
        until: Time,
    },
    Playing(Session),
    Stopping {
        session: Session,
        since: Time,
        until: Time,
    },
    Message {
        screen: Screen,
        until: Time,
        then: Then,
    },
    Leaving,
}

/// A mood that a person said is not so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wrong {
    pub mood: Mood,
    /// What the face was read as; none if a sensor named the mood.
    pub scores: Option<Scores>,
}

impl Wrong {
    /// What is offered instead: the next best first. The refused one comes last, for whoever pressed by mistake.
    pub fn candidates(&self) -> Vec<Mood> {
        let scores = self.scores.unwrap_or(Scores::uniform());
        let mut moods = Mood::BY_HAND.to_vec();
        moods.sort_by(|a, b| {
            (*a == self.mood).cmp(&(*b == self.mood)).then(scores.of(*b).total_cmp(&scores.of(*a)))
        });
        moods
    }
}

/// What follows a choice that nobody makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Something that suits most people.
    Gentle,
    /// Nothing: the person has said no to the camera, and perhaps to all of it.
    Nothing,
}

/// What follows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Idle,
    /// The camera cannot help: the moods are offered by hand.
    Choose,
}

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
    pub mood: Mood,
    pub strength: Strength,
    pub origin: Origin,
    pub since: Time,
    pub music: Voice,
    pub video: Voice,
    pub speaks: AudioSource,
    pub volume: u8,
    pub loop_video: bool,
    pub liked: BTreeSet<String>,
    /// Likes that were taken back in this session.
    pub unliked: BTreeSet<String>,
    /// When nobody is thought to listen any more.
    pub sleep_at: Option<Time>,
    pub flash: Option<(Flash, Time)>,
}

/// One of the two players in a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Voice {
    pub picks: Vec<Pick>,
    /// It was given something and has not said that it is over.
    pub open: bool,
    /// It went away at that time.
    pub away_since: Option<Time>,
    pub now: Option<NowPlaying>,
    /// The person asked for the next one: what plays was not played to its end.
    pub skipping: bool,
    /// When `now` was told.
    pub told_at: Time,
    pub paused_since: Option<Time>,
}

impl Voice {
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
        plays.then(|| self.told_at + SILENCE)
    }

    pub(super) fn waits(&self, at: Time) -> bool {
        self.waits_from().is_some_and(|from| at >= from)
    }

    pub(super) fn elapsed(&self, at: Time) -> Duration {
        let Some(now) = &self.now else { return Duration::ZERO };
        let since = if now.paused { Duration::ZERO } else { at.saturating_sub(self.told_at) };
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

    pub fn voice(&self, which: AudioSource) -> &Voice {
        match which {
            AudioSource::Music => &self.music,
            AudioSource::Video => &self.video,
        }
    }

    pub fn voice_mut(&mut self, which: AudioSource) -> &mut Voice {
        match which {
            AudioSource::Music => &mut self.music,
            AudioSource::Video => &mut self.video,
        }
    }
}

impl State {
    /// The kiosk as it starts: idle, with nothing to play yet and nothing ill.
    pub fn new(settings: Settings) -> State {
        State {
            phase: Phase::Idle,
            gestures: Gestures::new(settings.gesture),
            hold: None,
            said: None,
            prompts_said: 0,
            ducked: false,
            catalog: Arc::default(),
            templates: Arc::default(),
            troubles: BTreeMap::new(),
            elsewhere: None,
            recent: VecDeque::new(),
            history: History::default(),
            before: None,
            unsaved: false,
            owes_start: settings.house.plays_at_start,
            templates_read: false,
            idle_since: Time::ZERO,
            minute_of_day: None,
            volume: settings.start_volume.min(settings.volume_cap),
            volume_is_set: false,
            sleep_wish: None,
            quiet_aside: false,
            happened: Happened::default(),
            abandoned: 0,
            sessions: 0,
            looks: 0,
            last_reading: None,
            shown: None,
            settings,
        }
    }

    /// What the last finished look came to.
    pub fn last_reading(&self) -> Option<&Reading> {
        self.last_reading.as_ref()
    }

    /// How many looks have come to a reading since the start.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// How many times something was chosen since the start.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// What was chosen for the visit that goes on: pairs of item and reason, in the person's language.
    pub fn choices(&self) -> Vec<(String, String)> {
        let Phase::Playing(session) = &self.phase else { return Vec::new() };
        let picks = session.music.picks.iter().chain(&session.video.picks);
        picks.map(|pick| (pick.id.clone(), self.why(session, pick))).collect()
    }

    /// What is ill now. That the player reads its files is no trouble as long as there is something to play,
    /// and that there is nothing is none as long as something may come of that.
    pub fn troubles(&self) -> impl Iterator<Item = (Part, &Trouble)> {
        let hungry = self.catalog.music.is_empty();
        let scans = self.troubles.contains_key(&Part::Scan);
        let matters = move |(part, _): &(&Part, &Trouble)| match part {
            Part::Scan => hungry,
            Part::Stock => !scans,
            _ => true,
        };
        self.troubles.iter().filter(matters).map(|(part, trouble)| (*part, trouble))
    }

    /// Percent: of what plays, else of what will.
    pub fn volume(&self) -> u8 {
        match &self.phase {
            Phase::Playing(session) => session.volume,
            _ => self.elsewhere.as_ref().and_then(|(now, _)| now.volume).unwrap_or(self.volume),
        }
    }

    /// Until when a short press says that the mood is not so. None where nobody could tell what is chosen then.
    pub(super) fn not_so_until(&self) -> Option<Time> {
        let Phase::Playing(session) = &self.phase else { return None };
        session.doubted().filter(|_| self.tells())?;
        Some(session.since + self.settings.times.mood + self.settings.times.not_so)
    }

    /// Whether a short press says that the mood is not so.
    pub(super) fn may_say_not_so(&self, at: Time) -> bool {
        self.not_so_until().is_some_and(|until| at < until)
    }

    /// The quiet hours, if they hold now.
    pub(super) fn quiet_now(&self) -> Option<QuietHours> {
        self.settings.house.quiet_at(self.minute_of_day).filter(|_| !self.quiet_aside)
    }

    /// Percent: the device's own volume, as it was set; a visit may have another from its template.
    pub fn device_volume(&self) -> u8 {
        self.volume.min(self.cap())
    }

    /// Whether a press could lead to anything that is heard or seen, as far as is known.
    pub(super) fn has_something(&self) -> bool {
        let has = self.settings.has;
        let works = |here: bool, part| here && !self.troubles.contains_key(&part);
        let plays = works(has.music, Part::Music) || works(has.video, Part::Video);
        // A device without players shows the mood: that is all it does.
        (!has.music && !has.video) || (plays && !self.troubles.contains_key(&Part::Stock))
    }

    /// Whether the person likes an item: said now, or before.
    pub(super) fn is_liked(&self, session: Option<&Session>, id: &str) -> bool {
        let said = |set: fn(&Session) -> &BTreeSet<String>| session.is_some_and(|one| set(one).contains(id));
        let before = || self.catalog.music.find(id).is_some_and(|entry| entry.like == Some(2));
        said(|one| &one.liked) || (!said(|one| &one.unliked) && before())
    }

    /// Whether nothing goes on and nobody waits.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle) && !self.holding()
    }

    /// When the kiosk wants to be stepped by [`Event::Tick`](super::event::Event::Tick), if nothing
    /// else happens first. None in idle: a device that waits does not wake up.
    pub fn deadline(&self, at: Time) -> Option<Time> {
        let dues = [
            self.gestures.deadline(),
            self.hold_deadline(at),
            self.phase_deadline(),
            self.redraw_deadline(at),
        ];
        dues.into_iter().flatten().min()
    }

    fn phase_deadline(&self) -> Option<Time> {
        let times = &self.settings.times;
        match &self.phase {
            Phase::Leaving => None,
            Phase::Idle => match self.shown {
                // Once it is dark there is nothing left to do.
                Some(Screen::Asleep) => None,
                Some(Screen::Dozing { .. }) => self.dark_from(),
                _ => [self.dim_from(), self.dark_from()].into_iter().flatten().min(),
            },
            Phase::Notice { until, .. }
            | Phase::Choosing { until, .. }
            | Phase::Asking { until }
            | Phase::Stopping { until, .. }
            | Phase::Message { until, .. } => Some(*until),
            Phase::Looking { since, .. } => Some(*since + times.capture_limit),
            Phase::Playing(session) => {
                let voices = [&session.music, &session.video];
                let aways = voices.iter().filter_map(|voice| Some(voice.away_since? + times.away));
                let pauses = voices.iter().filter_map(|voice| Some(voice.paused_since? + times.pause));
                let flash = session.flash.map(|(_, until)| until);
                // Once the mood has been shown, nothing hangs on that time any more.
                let silent = !session.music.open && !session.video.open;
                let mood = silent.then_some(session.since + times.mood);
                let sleep = self.sleep_due(session);
                aways
                    .chain(pauses)
                    .chain(flash)
                    .chain(mood)
                    .chain(sleep)
                    .chain([session.since + times.session])
                    .min()
            }
        }
    }

    /// When the idle panel is dimmed.
    pub(super) fn dim_from(&self) -> Option<Time> {
        let after = self.settings.house.idle_dim.filter(|_| self.settings.has.panel)?;
        Some(self.idle_since + after)
    }

    /// When the idle panel goes dark.
    pub(super) fn dark_from(&self) -> Option<Time> {
        let after = self.settings.house.idle_off.filter(|_| self.settings.has.panel)?;
        Some(self.idle_since + after)
    }

    /// When a session is faded out because nobody is thought to listen.
    pub(super) fn sleep_due(&self, session: &Session) -> Option<Time> {
        let at = session.sleep_at?;
        let sleep = self.settings.house.sleep;
        if !sleep.at_track_end {
            return Some(at);
        }
        let voice = session.voice(session.speaker());
        let Some(now) = voice.now.as_ref().filter(|now| now.ours && !now.paused) else { return Some(at) };
        // The fade ends with the track. One that says not how long it is, is told by the next one.
        let latest = at + TRACK_PATIENCE;
        let end = now.length.map_or(latest, |length| voice.told_at + length.saturating_sub(now.elapsed));
        Some(end.saturating_sub(sleep.fade).clamp(at, latest))
    }

    /// The loudest that the house allows now, in percent.
    pub(super) fn cap(&self) -> u8 {
        let quiet = self.quiet_now();
        quiet.map_or(100, |quiet| quiet.hours.volume).min(self.settings.volume_cap)
    }
}

/// The end of a track is waited for no longer than this: a mix of an hour is no track.
const TRACK_PATIENCE: Duration = Duration::from_secs(15 * 60);
