//! What the kiosk knows: the phase it is in, what is ill, what was played.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Time;
use super::event::{NowPlaying, Part, Trouble, TroubleKind};
use super::gesture::Gestures;
use super::hold::Hold;
use super::house_rules::QuietHours;
use super::phase::{Phase, Then};
use super::prompts::Prompted;
use super::session::Session;
use super::settings::Settings;
use crate::mood::{Mood, Reading};
use crate::recommend::{Catalog, History, Templates};
use crate::screen::{HoldChoice, Screen, Sign};
use crate::text::{Prompt, prompt};

/// All that the kiosk knows. Changed only by [`step`](super::step()).
#[derive(Debug)]
pub struct State {
    /// The time of the step under way, or of the last one.
    pub(super) now: Time,
    pub(super) settings: Settings,
    pub(super) phase: Phase,
    pub(super) gestures: Gestures,
    pub(super) hold: Option<Hold>,
    /// What the panel was told of the hold.
    pub(super) shown_hold: Option<(Time, Time)>,
    /// What a person who sets the device up has shown, and until when.
    pub(super) sign: Option<(Sign, Time)>,
    /// What the speaker said last, and how many prompts it was given.
    pub(super) said: Option<Prompted>,
    pub(super) prompts_said: u64,
    pub(super) ducked: bool,
    pub(super) catalog: Arc<Catalog>,
    pub(super) templates: Arc<Templates>,
    pub(super) troubles: BTreeMap<Part, Trouble>,
    /// What another client plays on our music player, and when it was told.
    pub(super) elsewhere: Option<(NowPlaying, Time)>,
    pub(super) recent: VecDeque<String>,
    pub(super) history: History,
    /// The mood that the last session began with and its end, while a second look may belong to it.
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
    /// A person has set the volume since the last session: it is that of the next one.
    pub(super) volume_is_set: bool,
    /// The wish for the next session to end after this long.
    pub(super) sleep_wish: Option<Duration>,
    /// The quiet hours are left aside until somebody wants them again or the daemon starts anew.
    pub(super) quiet_aside: bool,
    pub(super) happened: Happened,
    /// Captures that were given up or have shown enough, and whose end is still to come.
    pub(super) abandoned: usize,
    /// The camera is open to help a person find the right place, and was not told to close.
    pub(super) aims: bool,
    /// Such openings that were told to close, and whose end is still to come.
    pub(super) aims_ending: usize,
    /// Counts sessions: part of the seed of each choice.
    pub(super) sessions: u64,
    /// Counts finished looks.
    pub(super) looks: u64,
    pub(super) last_reading: Option<Reading>,
    pub(super) shown: Option<Screen>,
}

/// How often things have happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Presses of the main button, and of the one on the page or in the home.
    pub presses: u64,
    /// Looks that have begun.
    pub begun: u64,
    /// Looks that saw a mood for sure.
    pub read: u64,
    /// Looks that saw nobody.
    pub nobody: u64,
}

impl State {
    /// The kiosk as it starts: idle, with nothing to play yet and nothing ill.
    pub fn new(settings: Settings) -> State {
        State {
            now: Time::ZERO,
            phase: Phase::Idle,
            gestures: Gestures::new(settings.gesture),
            hold: None,
            shown_hold: None,
            sign: None,
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
            aims: false,
            aims_ending: 0,
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
        session.doubted().filter(|_| self.has_output())?;
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

    /// Percent: the device's own volume, as it was set; a session may have another from its template.
    pub fn device_volume(&self) -> u8 {
        self.volume.min(self.cap())
    }

    /// Whether a player can be asked to play. One without a sound device answers: each session tries whether there is
    /// one again.
    pub(super) fn works(&self, part: Part) -> bool {
        self.troubles.get(&part).is_none_or(|trouble| trouble.kind == TroubleKind::NoSound)
    }

    /// Whether a press could lead to anything that is heard or seen, as far as is known.
    pub(super) fn has_something(&self) -> bool {
        let has = self.settings.has;
        let plays = (has.music && self.works(Part::Music)) || (has.video && self.works(Part::Video));
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
        let voice = session.player(session.speaker());
        let Some(now) = voice.now.as_ref().filter(|now| now.ours && !now.paused) else { return Some(at) };
        // The fade ends with the track. One that says not how long it is, is told by the next one.
        let latest = at + TRACK_PATIENCE;
        let end = now.length.map_or(latest, |length| voice.reported_at + length.saturating_sub(now.elapsed));
        Some(end.saturating_sub(sleep.fade).clamp(at, latest))
    }

    /// The loudest that the house allows now, in percent.
    pub(super) fn cap(&self) -> u8 {
        let quiet = self.quiet_now();
        quiet.map_or(100, |quiet| quiet.hours.volume).min(self.settings.volume_cap)
    }

    /// Whether what is heard is another client's.
    pub(super) fn is_played_elsewhere(&self) -> bool {
        self.elsewhere.is_some() && !matches!(self.phase, Phase::Playing(_))
    }

    /// Shows a message for the usual time.
    pub(super) fn show_message(&mut self, screen: Screen, then: Then) {
        let until = self.now + self.settings.times.message;
        self.phase = Phase::Message { screen, until, then };
    }

    /// Whether a person can be told something: by a panel, or by a voice.
    pub(super) fn has_output(&self) -> bool {
        self.settings.has.panel || self.settings.prompts.is_some()
    }

    /// The sign that stands now. Where the camera looks or a person is asked, that comes first.
    pub(super) fn sign(&self, at: Time) -> Option<&Sign> {
        let may = matches!(
            self.phase,
            Phase::Idle | Phase::Message { .. } | Phase::Playing(_) | Phase::Stopping { .. }
        );
        self.sign.as_ref().filter(|(_, until)| may && at < *until).map(|(sign, _)| sign)
    }

    /// How long the notice stands: as long as it takes to read, and never too short to say no.
    pub(super) fn notice_time(&self) -> Duration {
        let language = self.settings.language;
        let usual = prompt(Prompt::NoticeText, language);
        let text = self.settings.notice.as_deref().unwrap_or(usual);
        let around = [Prompt::NoticeTitle, Prompt::NoticeCancel].map(|one| prompt(one, language));
        let words: usize =
            [text, around[0], around[1]].iter().map(|one| one.split_whitespace().count()).sum();
        self.settings.times.notice.max(LEAST_NOTICE).max(A_WORD * u32::try_from(words).unwrap_or(u32::MAX))
    }

    /// Whether it would be noticed at this moment: a panel that is broken shows nothing.
    pub(super) fn can_show_notice(&self) -> bool {
        let shows = self.settings.has.panel && !self.troubles.contains_key(&Part::Panel);
        shows || self.settings.prompts.is_some()
    }

    /// What letting go would do now, if the menu is open.
    pub(super) fn hold_choice(&self, at: Time) -> Option<HoldChoice> {
        let hold = self.hold.filter(Hold::is_open)?;
        hold.choice(at, self.settings.times.hold, self.settings.hold_menu())
    }

    /// What letting go does now, and what holding on leads to.
    pub(super) fn hold_view(&self, at: Time) -> Option<(HoldChoice, Option<HoldChoice>)> {
        let choice = self.hold_choice(at)?;
        let menu = self.settings.hold_menu();
        let next = menu.iter().skip_while(|other| **other != choice).nth(1).copied();
        Some((choice, next))
    }

    /// When the menu opens or goes on.
    pub(super) fn hold_deadline(&self, at: Time) -> Option<Time> {
        let hold = self.hold?;
        hold.next_change(at, self.settings.times.hold, self.settings.hold_menu().len())
    }

    /// From when until when the button is held for what it does next, if held on it does something.
    pub(super) fn held(&self, at: Time) -> Option<(Time, Time)> {
        let menu = self
            .hold
            .and_then(|hold| hold.stage(at, self.settings.times.hold, self.settings.hold_menu().len()));
        if self.holding() {
            return menu;
        }
        let answers = matches!(self.phase, Phase::Playing(_) | Phase::Choosing { .. } | Phase::Asking { .. });
        let long = self.gestures.becomes_long().filter(|_| answers);
        long.or(menu).filter(|(_, until)| at < *until)
    }

    /// Whether the menu is open: nothing else may begin meanwhile.
    pub(super) fn holding(&self) -> bool {
        self.hold.is_some_and(|hold| hold.is_open())
    }
}

/// The time in which most people read a word of a text that they do not know.
const A_WORD: Duration = Duration::from_millis(300);
/// However few words a notice has.
const LEAST_NOTICE: Duration = Duration::from_secs(8);

/// The end of a track is waited for no longer than this: a mix of an hour is no track.
const TRACK_PATIENCE: Duration = Duration::from_secs(15 * 60);
