//! The one function that decides: a state and an event in, actions out. Total: any event in any state.

use super::action::{Action, Flash, PlayerCommand, Screen};
use super::event::{
    Button, Edge, Event, Gesture, Health, NowPlaying, Observation, Part, PlayerEvent, Source, Time, Trouble,
    TroubleKind,
};
use super::policy::{Finger, Start};
use super::state::{Origin, Phase, Session, State, Then, Voice};
use super::vote::vote;
use crate::mood::{Mood, Reading, Strength};
use crate::recommend::{Outcome, Pick, Request, Speaks, Taste, suggest};

use std::time::Duration;

/// Ids remembered so that the same thing is not chosen again soon.
const RECENT: usize = 200;

/// Percent by which a press of a volume button changes the volume.
const VOLUME_STEP: u8 = 5;

/// Takes one event at a time `at` that never goes back, and says what is to be done.
pub fn step(state: &mut State, at: Time, event: Event) -> Vec<Action> {
    let mut kiosk = Kiosk { state, at, out: Vec::new() };
    kiosk.take(event);
    kiosk.let_time_pass();
    kiosk.redraw();
    kiosk.out
}

/// A second tap this soon after the first is a nervous finger, not a change of mind.
const NERVOUS: Duration = Duration::from_millis(700);

/// A look this soon after a visit is of the same person, as far as anybody can tell.
const SAME_VISIT: Duration = Duration::from_secs(10 * 60);

struct Kiosk<'a> {
    state: &'a mut State,
    at: Time,
    out: Vec<Action>,
}

impl Kiosk<'_> {
    fn take(&mut self, event: Event) {
        if matches!(self.state.phase, Phase::Leaving) {
            return;
        }
        match event {
            Event::Button(Button::Main, edge) => self.main_button(edge),
            Event::Button(Button::Next, Edge::Down) => self.next(),
            Event::Button(Button::VolumeUp, Edge::Down) => self.volume(VOLUME_STEP.into()),
            Event::Button(Button::VolumeDown, Edge::Down) => self.volume(-i16::from(VOLUME_STEP)),
            Event::Button(_, Edge::Up) | Event::Tick => {}
            Event::Remote(gesture) => self.gesture(gesture, Finger::Remote),
            Event::Picked(mood, source) => self.picked(mood, &source),
            Event::CaptureStarted if self.state.abandoned == 0 => {
                if let Phase::Looking { started, .. } = &mut self.state.phase {
                    *started = Some(self.at);
                }
            }
            Event::Saw(observation) if self.state.abandoned == 0 => {
                if let Phase::Looking { seen, .. } = &mut self.state.phase {
                    seen.push(observation);
                }
            }
            Event::CaptureStarted | Event::Saw(_) | Event::Looked { .. } => {}
            Event::CaptureEnded(result) => self.capture_ended(result),
            Event::Catalog(catalog) => self.state.catalog = catalog,
            Event::Templates(templates) => self.state.templates = templates,
            Event::History(history) => {
                self.state.recent = history.recent(RECENT).into();
                self.state.history = *history;
            }
            Event::Music(report) => self.player(Speaks::Music, report),
            Event::Video(report) => self.player(Speaks::Video, report),
            Event::Part(part, health) => self.part(part, health),
            Event::WallClock(minute) => self.state.minute_of_day = Some(minute),
            Event::Shutdown => self.leave(),
        }
    }

    // ---- the button ----

    fn main_button(&mut self, edge: Edge) {
        let resting = matches!(self.state.phase, Phase::Idle | Phase::Message { .. });
        let fresh = !self.state.gestures.held();
        let playing = matches!(self.state.phase, Phase::Playing(_));
        let gesture = self.state.gestures.edge(self.at, edge, playing);
        if resting && edge == Edge::Down && fresh {
            // The first sign comes at the touch, not at the release; the rest of this press means nothing.
            self.state.gestures.swallow();
            self.start(Finger::Device);
            return;
        }
        if playing && edge == Edge::Down && fresh {
            self.flash(Flash::Pressed);
        }
        if let Some(gesture) = gesture {
            self.gesture(gesture, Finger::Device);
        }
    }

    fn gesture(&mut self, gesture: Gesture, finger: Finger) {
        match (&mut self.state.phase, gesture) {
            (Phase::Idle | Phase::Message { .. }, Gesture::Short | Gesture::Double) => self.start(finger),
            (Phase::Notice { since, .. }, _) if self.at >= *since + NERVOUS => self.state.phase = Phase::Idle,
            (Phase::Looking { .. }, Gesture::Long) => {
                self.abandon_capture();
                self.state.phase = Phase::Idle;
            }
            (Phase::Choosing { candidates, selected, until }, Gesture::Short) => {
                *selected = (*selected + 1) % candidates.len().max(1);
                *until = self.at + self.state.settings.times.choose;
            }
            (Phase::Choosing { candidates, selected, .. }, Gesture::Long | Gesture::Double) => {
                let mood = candidates.get(*selected).copied().unwrap_or(Mood::Neutral);
                self.begin(mood, None, Strength::Clear, Origin::Chosen);
            }
            (Phase::Playing(_), Gesture::Short) => self.next(),
            (Phase::Playing(_), Gesture::Double) => self.like(),
            (Phase::Playing(_), Gesture::Long) => self.stop(),
            (Phase::Idle | Phase::Message { .. }, Gesture::Long)
            | (Phase::Looking { .. }, Gesture::Short | Gesture::Double)
            | (Phase::Notice { .. } | Phase::Stopping { .. } | Phase::Leaving, _) => {}
        }
    }

    fn start(&mut self, finger: Finger) {
        let times = self.state.settings.times;
        match self.state.settings.mode.start(finger) {
            Start::Look => self.look(),
            Start::NoticeThenLook => {
                self.state.phase = Phase::Notice { since: self.at, until: self.at + times.notice };
            }
            Start::Pick => self.choose(Mood::ALL.to_vec()),
            Start::Refuse => {}
        }
    }

    // ---- looking ----

    fn look(&mut self) {
        self.state.phase = Phase::Looking { since: self.at, started: None, seen: Vec::new() };
        self.out.push(Action::Capture);
    }

    fn abandon_capture(&mut self) {
        self.state.abandoned += 1;
        self.out.push(Action::CancelCapture);
    }

    fn capture_ended(&mut self, result: Result<(), Trouble>) {
        if self.state.abandoned > 0 {
            self.state.abandoned -= 1;
            return;
        }
        let Phase::Looking { seen, .. } = &mut self.state.phase else { return };
        let seen: Vec<Observation> = std::mem::take(seen);
        match result {
            Ok(()) => self.read(&seen),
            Err(trouble) => self.capture_failed(trouble.kind),
        }
    }

    fn capture_failed(&mut self, kind: TroubleKind) {
        // Without a panel nobody could see what is chosen.
        let then = if self.state.settings.has.panel { Then::Choose } else { Then::Idle };
        self.message(Screen::Trouble(kind), then);
    }

    fn read(&mut self, seen: &[Observation]) {
        let reading = vote(seen, &self.state.settings.judge);
        self.state.looks += 1;
        self.state.last_reading = Some(reading);
        match reading {
            Reading::Sure { mood, strength, scores } => {
                self.begin(mood, None, strength, Origin::Seen { confidence: scores.of(mood) })
            }
            Reading::Unsure { first, second, .. } if self.state.settings.has.panel => {
                self.choose(vec![first, second]);
            }
            Reading::Unsure { first, second, .. } => self.gentle_middle(&[first, second]),
            Reading::NoFace => self.message(Screen::NoFace, Then::Idle),
            Reading::SeveralFaces { count } => self.message(Screen::SeveralFaces { count }, Then::Idle),
        }
    }

    fn choose(&mut self, candidates: Vec<Mood>) {
        let until = self.at + self.state.settings.times.choose;
        self.state.phase = Phase::Choosing { candidates, selected: 0, until };
    }

    /// Nobody said which of the two: something between them. Of many: something that suits most.
    fn gentle_middle(&mut self, candidates: &[Mood]) {
        match *candidates {
            [first, second] => self.begin(first, Some(second), Strength::Slight, Origin::Nobody),
            _ => self.begin(Mood::Neutral, None, Strength::Slight, Origin::Nobody),
        }
    }

    fn picked(&mut self, mood: Mood, _source: &Source) {
        if matches!(self.state.phase, Phase::Looking { .. }) {
            self.abandon_capture();
        }
        self.begin(mood, None, Strength::Clear, Origin::Chosen);
    }

    // ---- playing ----

    fn begin(&mut self, mood: Mood, or: Option<Mood>, strength: Strength, origin: Origin) {
        self.learn_whether_it_helped(mood, origin);
        let state = &mut *self.state;
        state.sessions += 1;
        let taste = state.settings.learns.then(|| Taste::learn(&state.history));
        if state.settings.learns {
            state.history.begin(mood);
        }
        let suggestion = suggest(
            &state.catalog,
            &state.templates,
            &Request {
                or,
                strength,
                seed: state.settings.seed.wrapping_add(state.sessions),
                recent: state.recent.make_contiguous(),
                minute_of_day: state.minute_of_day,
                taste: taste.as_ref(),
                ..Request::new(mood)
            },
        );
        let has = state.settings.has;
        let volume = suggestion.volume.unwrap_or(state.volume).min(state.settings.volume_cap);
        let well = |part| !state.troubles.contains_key(&part);
        let voice = |picks: Vec<Pick>, usable: bool| Voice {
            open: usable && !picks.is_empty(),
            picks,
            told_at: self.at,
            ..Voice::default()
        };
        let mut session = Session {
            mood,
            strength,
            origin,
            since: self.at,
            music: voice(suggestion.music, has.music && well(Part::Music)),
            video: voice(suggestion.video, has.video && well(Part::Video)),
            speaks: suggestion.speaks,
            volume,
            loop_video: suggestion.loop_video,
            liked: Default::default(),
            flash: None,
        };
        session.speaks = session.speaker();
        for which in [Speaks::Music, Speaks::Video] {
            let all = session.voice(which).rest();
            self.play(&session, which, all);
        }
        self.state.phase = Phase::Playing(session);
    }

    /// A second look soon after a visit says whether the visit did the person good.
    fn learn_whether_it_helped(&mut self, mood: Mood, origin: Origin) {
        let Some((before, ended)) = self.state.before.take() else { return };
        let seen = matches!(origin, Origin::Seen { .. });
        if self.state.settings.learns && seen && self.at <= ended + SAME_VISIT {
            let change = mood.valence_arousal().0 - before.valence_arousal().0;
            self.state.history.looked_again(change);
        }
    }

    /// Something came of an item; a queue of somebody else's teaches nothing.
    fn came_of(&mut self, now: Option<&NowPlaying>, outcome: Outcome) {
        if let Some(now) = now.filter(|now| now.ours && self.state.settings.learns) {
            self.state.history.record(&now.id, outcome);
        }
    }

    /// The visit is over: what plays now was left, and what was learnt is kept.
    fn end_visit(&mut self, session: &Session) {
        self.came_of(session.voice(session.speaker()).now.as_ref(), Outcome::Stopped);
        self.state.before = Some((session.mood, self.at));
        if self.state.settings.learns {
            self.out.push(Action::Remember(Box::new(self.state.history.clone())));
        }
    }

    fn play(&mut self, session: &Session, which: Speaks, ids: Vec<String>) {
        if !session.voice(which).open {
            return;
        }
        // The one that does not speak is mute: music and video never fight for the sound.
        let volume = if session.speaks == which { session.volume } else { 0 };
        let repeat = which == Speaks::Video && session.loop_video;
        self.command(which, PlayerCommand::Play { ids, volume, repeat });
    }

    fn command(&mut self, which: Speaks, command: PlayerCommand) {
        self.out.push(match which {
            Speaks::Music => Action::Music(command),
            Speaks::Video => Action::Video(command),
        });
    }

    fn next(&mut self) {
        let Phase::Playing(session) = &self.state.phase else { return };
        let speaker = session.speaker();
        if session.voice(speaker).open {
            let now = session.voice(speaker).now.clone();
            self.came_of(now.as_ref(), Outcome::Skipped);
            self.command(speaker, PlayerCommand::Next);
            self.flash(Flash::Next);
            if let Phase::Playing(session) = &mut self.state.phase {
                session.voice_mut(speaker).skipping = true;
            }
        }
    }

    fn like(&mut self) {
        let Phase::Playing(session) = &mut self.state.phase else { return };
        let Some(now) = session.voice(session.speaker()).now.clone() else { return };
        session.liked.insert(now.id.clone());
        self.came_of(Some(&now), Outcome::Liked);
        self.out.push(Action::Like { id: now.id });
        self.flash(Flash::Liked);
    }

    fn volume(&mut self, change: i16) {
        let state = &mut *self.state;
        let before = match &state.phase {
            Phase::Playing(session) => session.volume,
            _ => state.volume,
        };
        let volume = (i16::from(before) + change).clamp(0, state.settings.volume_cap.into()) as u8;
        state.volume = volume;
        if let Phase::Playing(session) = &mut state.phase {
            session.volume = volume;
            let speaks = session.speaks;
            self.command(speaks, PlayerCommand::Volume(volume));
        }
        self.flash(Flash::Volume(volume));
    }

    fn flash(&mut self, flash: Flash) {
        let until = self.at + self.state.settings.times.flash;
        if let Phase::Playing(session) = &mut self.state.phase {
            session.flash = Some((flash, until));
        }
    }

    fn stop(&mut self) {
        let Phase::Playing(session) = std::mem::replace(&mut self.state.phase, Phase::Idle) else { return };
        let fade = self.state.settings.times.fade;
        self.silence(&session, fade);
        self.end_visit(&session);
        self.state.phase = Phase::Stopping { session, until: self.at + fade };
    }

    fn silence(&mut self, session: &Session, fade: Duration) {
        for which in [Speaks::Music, Speaks::Video] {
            if session.voice(which).open {
                self.command(which, PlayerCommand::Stop { fade });
            }
        }
    }

    fn player(&mut self, which: Speaks, report: PlayerEvent) {
        let at = self.at;
        let Phase::Playing(session) = &mut self.state.phase else { return };
        let voice = session.voice_mut(which);
        match report {
            PlayerEvent::Playing(now) => {
                let fresh = now.ours && voice.now.as_ref().is_none_or(|before| before.id != now.id);
                voice.paused_since = now.paused.then(|| voice.paused_since.unwrap_or(at));
                voice.told_at = at;
                voice.away_since = None;
                let id = now.id.clone();
                let before = voice.now.replace(now);
                if fresh {
                    let skipped = std::mem::take(&mut voice.skipping);
                    if !skipped {
                        self.came_of(before.as_ref(), Outcome::Finished);
                    }
                    self.remember(id);
                }
            }
            PlayerEvent::Finished => {
                voice.open = false;
                let last = voice.now.clone().filter(|_| !voice.skipping);
                self.came_of(last.as_ref(), Outcome::Finished);
                self.voice_ended(which);
            }
            PlayerEvent::Skipped { id, .. } => voice.picks.retain(|pick| pick.id != id),
        }
    }

    fn remember(&mut self, id: String) {
        self.state.recent.push_back(id);
        while self.state.recent.len() > RECENT {
            self.state.recent.pop_front();
        }
    }

    /// The session ends with the one that speaks; a mute picture does not outlive its music.
    fn voice_ended(&mut self, which: Speaks) {
        let Phase::Playing(session) = &self.state.phase else { return };
        if session.speaks != which && session.voice(session.speaks).open {
            return;
        }
        let session = session.clone();
        self.silence(&session, Duration::ZERO);
        self.end_visit(&session);
        self.state.phase = Phase::Idle;
    }

    // ---- parts ----

    fn part(&mut self, part: Part, health: Health) {
        let ill = matches!(health, Health::Ill(_));
        match health {
            Health::Ill(trouble) => self.state.troubles.insert(part, trouble),
            Health::Well => self.state.troubles.remove(&part),
        };
        let which = match part {
            Part::Music => Speaks::Music,
            Part::Video => Speaks::Video,
            _ => return,
        };
        // A player that comes back in mid session goes on by itself with what it was given.
        let at = self.at;
        if let Phase::Playing(session) = &mut self.state.phase {
            let voice = session.voice_mut(which);
            voice.away_since = (ill && voice.open).then(|| voice.away_since.unwrap_or(at));
        }
    }

    // ---- time ----

    fn let_time_pass(&mut self) {
        if let Some(gesture) = self.state.gestures.tick(self.at) {
            self.gesture(gesture, Finger::Device);
        }
        let (at, times) = (self.at, self.state.settings.times);
        match &mut self.state.phase {
            Phase::Notice { until, .. } if at >= *until => self.look(),
            Phase::Looking { since, .. } if at >= *since + times.capture_limit => {
                self.abandon_capture();
                self.capture_failed(TroubleKind::CameraSilent);
            }
            Phase::Choosing { candidates, until, .. } if at >= *until => {
                let candidates = std::mem::take(candidates);
                self.gentle_middle(&candidates);
            }
            Phase::Stopping { until, .. } if at >= *until => self.state.phase = Phase::Idle,
            Phase::Message { until, then, .. } if at >= *until => match then {
                Then::Idle => self.state.phase = Phase::Idle,
                Then::Choose => self.choose(Mood::ALL.to_vec()),
            },
            Phase::Playing(_) => self.session_time(),
            _ => {}
        }
    }

    fn session_time(&mut self) {
        let (at, times) = (self.at, self.state.settings.times);
        let Phase::Playing(session) = &mut self.state.phase else { return };
        if session.flash.is_some_and(|(_, until)| at >= until) {
            session.flash = None;
        }
        if at >= session.since + times.session {
            return self.stop();
        }
        if !session.music.open && !session.video.open {
            if at >= session.since + times.mood {
                let mood = session.mood;
                self.nothing_plays(mood);
            }
            return;
        }
        for which in [Speaks::Music, Speaks::Video] {
            let voice = session.voice_mut(which);
            if voice.away_since.is_some_and(|since| at >= since + times.away) {
                (voice.open, voice.away_since) = (false, None);
                return self.voice_ended(which);
            }
            if session.speaks == which
                && session.voice(which).paused_since.is_some_and(|since| at >= since + times.pause)
            {
                return self.stop();
            }
        }
    }

    /// The mood was shown and there is nothing to hear or see: say why.
    fn nothing_plays(&mut self, mood: Mood) {
        let state = &self.state;
        let has = state.settings.has;
        let ill = [(has.music, Part::Music), (has.video, Part::Video)]
            .into_iter()
            .filter(|(here, _)| *here)
            .find_map(|(_, part)| state.troubles.get(&part));
        let screen = match ill {
            Some(trouble) => Screen::Trouble(trouble.kind),
            None if has.music || has.video => Screen::NothingToPlay { mood },
            None => {
                // A device that only shows the mood has done its work.
                self.state.phase = Phase::Idle;
                return;
            }
        };
        self.message(screen, Then::Idle);
    }

    fn message(&mut self, screen: Screen, then: Then) {
        let until = self.at + self.state.settings.times.message;
        self.state.phase = Phase::Message { screen, until, then };
    }

    fn leave(&mut self) {
        match std::mem::replace(&mut self.state.phase, Phase::Leaving) {
            Phase::Looking { .. } => self.out.push(Action::CancelCapture),
            Phase::Playing(session) => {
                self.silence(&session, Duration::ZERO);
                self.end_visit(&session);
            }
            _ => {}
        }
        self.redraw();
        self.out.push(Action::Quit);
    }

    fn redraw(&mut self) {
        if !self.state.settings.has.panel {
            return;
        }
        let screen = self.state.view(self.at);
        if self.state.shown.as_ref() != Some(&screen) {
            self.state.shown = Some(screen.clone());
            // The sign of a press goes first: everything else may take its time.
            self.out.insert(0, Action::Show(screen));
        }
    }
}
