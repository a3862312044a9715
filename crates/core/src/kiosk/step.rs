//! The one function that decides: a state and an event in, actions out. Total: any event in any state.

use super::action::{Action, Flash, Lever, PlayerCommand, Screen};
use super::event::{
    Button, Edge, Event, Gesture, Health, Observation, Part, RemoteCommand, Source, Time, Trouble,
    TroubleKind,
};
use super::evidence::{EARLIEST, is_enough};
use super::house_rules::Press;
use super::policy::{InputOrigin, Start};
use super::session::{RECENT, VOLUME_STEP};
use super::state::{Origin, Phase, State, Then, Unanswered, Wrong};
use super::vote::vote;
use crate::mood::{Mood, Reading, Strength};
use crate::recommend::AudioSource;

use std::time::Duration;

/// Takes one event at a time `at` that never goes back, and says what is to be done.
pub fn step(state: &mut State, at: Time, event: Event) -> Vec<Action> {
    let was_idle = state.is_idle();
    let mut kiosk = Kiosk { state, at, out: Vec::new() };
    kiosk.take(event);
    kiosk.let_time_pass();
    if !was_idle {
        kiosk.state.idle_since = at;
    }
    kiosk.speak();
    kiosk.redraw();
    kiosk.out
}

/// A second tap this soon after the first is a nervous finger, not a change of mind.
const NERVOUS: Duration = Duration::from_millis(700);

/// Good, so-so, bad: what is offered to whoever does not want to be looked at.
pub const THREE: [Mood; 3] = [Mood::Happy, Mood::Neutral, Mood::Sad];

/// Letters of a sensor's name that are shown.
const SENSOR_NAME: usize = 24;

/// One step under way.
pub(super) struct Kiosk<'a> {
    pub(super) state: &'a mut State,
    pub(super) at: Time,
    pub(super) out: Vec<Action>,
}

impl Kiosk<'_> {
    fn take(&mut self, event: Event) {
        if matches!(self.state.phase, Phase::Leaving) {
            return;
        }
        if matches!(
            event,
            Event::Button(..)
                | Event::Remote(_)
                | Event::Picked(..)
                | Event::RemoteCommand(_)
                | Event::Items { .. }
                | Event::Forget
        ) {
            self.somebody_is_here();
            // Whoever is here decides.
            self.state.owes_start = false;
        }
        if matches!(event, Event::Button(Button::Main, Edge::Down) | Event::Remote(_)) {
            self.state.happened.presses += 1;
        }
        match event {
            Event::Button(Button::Main, edge) => self.main_button(edge),
            Event::Button(Button::Next, Edge::Down) => self.next(),
            Event::Button(Button::VolumeUp, Edge::Down) => self.volume(VOLUME_STEP.into()),
            Event::Button(Button::VolumeDown, Edge::Down) => self.volume(-i16::from(VOLUME_STEP)),
            Event::Button(_, Edge::Up) | Event::Tick => {}
            // Whoever holds the button has the word.
            Event::Remote(_) | Event::Picked(..) if self.state.holding() => {}
            Event::Remote(gesture) => self.gesture(gesture, InputOrigin::Remote),
            Event::Picked(mood, source) => self.picked(mood, source),
            Event::RemoteCommand(ask) => self.asked(ask),
            Event::Items { kind, ids, after } => self.items(kind, ids, after),
            Event::CaptureStarted if self.state.abandoned == 0 => {
                if let Phase::Looking { started, .. } = &mut self.state.phase {
                    *started = Some(self.at);
                }
            }
            Event::FrameObserved(observation) if self.state.abandoned == 0 => {
                let observation = self.state.as_taught(observation);
                if let Phase::Looking { seen, .. } = &mut self.state.phase {
                    seen.push(observation);
                }
                self.decide_early();
            }
            Event::CaptureStarted | Event::FrameObserved(_) | Event::Looked { .. } => {}
            Event::CaptureEnded(result) => self.capture_ended(result),
            Event::Catalog(catalog) => {
                self.state.catalog = catalog;
                self.play_at_start();
            }
            Event::Templates(templates) => {
                self.state.templates = templates;
                self.state.templates_read = true;
                self.play_at_start();
            }
            Event::History(history) => {
                self.state.recent = history.recent(RECENT).into();
                self.state.history = *history;
            }
            Event::Music(report) => self.player(AudioSource::Music, report),
            Event::Video(report) => self.player(AudioSource::Video, report),
            Event::Part(part, health) => self.part(part, health),
            Event::WallClock(minute) => {
                self.state.minute_of_day = Some(minute);
                self.keep_under_the_cap();
            }
            Event::Sleep(after) => self.sleep_after(after),
            Event::Settings(live) => self.change(*live),
            Event::Forget => self.forget(),
            Event::Spoken(number) => self.spoken(number),
            Event::PowerRefused(trouble) => self.message(Screen::Trouble(trouble.kind), Then::Idle),
            Event::Shutdown => self.leave(),
        }
    }

    // ---- the button ----

    fn main_button(&mut self, edge: Edge) {
        if self.hold_edge(edge) {
            return;
        }
        let resting = match self.state.phase {
            Phase::Idle | Phase::Message { .. } => true,
            // Whoever presses into a long fade is awake again.
            Phase::Stopping { since, .. } => self.at >= since + NERVOUS,
            _ => false,
        };
        let fresh = !self.state.gestures.held();
        let playing = matches!(self.state.phase, Phase::Playing(_));
        // "Not so" is answered at the release: a double press means nothing yet.
        let doubles = playing && !self.state.may_say_not_so(self.at);
        let gesture = self.state.gestures.edge(self.at, edge, doubles);
        if resting && edge == Edge::Down && fresh {
            // The first sign comes at the touch, not at the release; the rest of this press means nothing.
            self.state.gestures.swallow();
            self.start(InputOrigin::Device);
            return;
        }
        if playing && edge == Edge::Down && fresh {
            self.flash(Flash::Pressed);
        }
        if let Some(gesture) = gesture {
            self.gesture(gesture, InputOrigin::Device);
        }
    }

    fn gesture(&mut self, gesture: Gesture, finger: InputOrigin) {
        match (&mut self.state.phase, gesture) {
            (Phase::Idle | Phase::Message { .. }, Gesture::Short | Gesture::Double) => self.start(finger),
            // No camera: three faces are offered, and nobody has to choose one.
            (Phase::Notice { since, .. }, _) if self.at >= *since + NERVOUS => {
                self.offer(THREE.to_vec(), None, Unanswered::Nothing);
            }
            (Phase::Looking { .. }, Gesture::Long) => {
                self.abandon_capture();
                self.state.phase = Phase::Idle;
            }
            (Phase::Choosing { candidates, selected, until, .. }, Gesture::Short) => {
                *selected += 1;
                if *selected >= candidates.len() {
                    *selected = 0;
                    // None of the three: here are all of them.
                    if *candidates == THREE {
                        *candidates = Mood::BY_HAND.to_vec();
                    }
                }
                *until = self.at + self.state.settings.times.choose;
            }
            (Phase::Choosing { candidates, selected, .. }, Gesture::Long | Gesture::Double) => {
                let mood = candidates.get(*selected).copied().unwrap_or(Mood::Neutral);
                self.chosen(mood, Source::Hand);
            }
            // Only the finger that asked may answer; from elsewhere it is a device that rests.
            (Phase::Asking { .. }, Gesture::Short | Gesture::Double) if finger == InputOrigin::Remote => {
                self.start(finger);
            }
            (Phase::Asking { .. }, Gesture::Short | Gesture::Double) => self.state.phase = Phase::Idle,
            (Phase::Asking { .. }, Gesture::Long) if finger == InputOrigin::Device => {
                self.state.phase = Phase::Idle;
                self.forget();
            }
            (Phase::Playing(_), Gesture::Short) => self.pressed_while_playing(finger),
            (Phase::Playing(_), Gesture::Double) => self.like(),
            (Phase::Playing(_), Gesture::Long) => self.stop(),
            (Phase::Idle | Phase::Message { .. } | Phase::Asking { .. }, Gesture::Long)
            | (Phase::Looking { .. }, Gesture::Short | Gesture::Double)
            | (Phase::Notice { .. } | Phase::Stopping { .. } | Phase::Leaving, _) => {}
        }
    }

    fn pressed_while_playing(&mut self, finger: InputOrigin) {
        if self.state.may_say_not_so(self.at) {
            let Phase::Playing(session) = &self.state.phase else { return };
            // Nobody has read a mood that fast: it is the second tap of the press before.
            if self.at >= session.since + NERVOUS {
                self.not_so();
            }
            return;
        }
        match self.state.settings.house.press {
            Press::Next => self.next(),
            Press::Stop => self.stop(),
            Press::Nothing => {}
            Press::Again if self.state.settings.mode.start(finger) == Start::Refuse => {}
            Press::Again => {
                self.stop();
                self.start(finger);
            }
        }
    }

    /// What is owed since the start, once there is something to play and something to choose it by.
    fn play_at_start(&mut self) {
        let (catalog, has) = (&self.state.catalog, self.state.settings.has);
        let there =
            if has.music { !catalog.music.is_empty() } else { has.video && !catalog.video.is_empty() };
        if !self.state.owes_start || !self.state.templates_read || !there {
            return;
        }
        let quiet = self.state.quiet_now();
        if matches!(self.state.phase, Phase::Idle) && quiet.is_none_or(|quiet| quiet.starts) {
            self.gentle_middle(&[]);
        }
        self.state.owes_start = false;
    }

    fn start(&mut self, finger: InputOrigin) {
        let times = self.state.settings.times;
        if self.is_kept_quiet() {
            return;
        }
        let start = self.state.settings.mode.start(finger);
        // With nothing to play no face is looked at.
        if start != Start::Refuse && !self.state.has_something() {
            return self.nothing_plays(Mood::Neutral);
        }
        match start {
            Start::Look => self.look(),
            // Nobody is looked at who could not be told.
            Start::NoticeThenLook if !self.state.can_tell_now() => {}
            Start::NoticeThenLook => {
                // A notice that is spoken has to be heard to its end before anybody is looked at.
                let spoken = self.state.settings.prompts.map(|_| times.spoken_notice).unwrap_or_default();
                let until = self.at + self.state.notice_time().max(spoken);
                self.state.phase = Phase::Notice { since: self.at, until };
            }
            Start::Pick => self.choose(Mood::BY_HAND.to_vec(), None),
            Start::Refuse => {}
        }
    }

    // ---- looking ----

    fn look(&mut self) {
        self.state.phase = Phase::Looking { since: self.at, started: None, seen: Vec::new() };
        self.state.happened.begun += 1;
        self.out.push(Action::Capture);
    }

    pub(super) fn abandon_capture(&mut self) {
        self.state.abandoned += 1;
        self.out.push(Action::CancelCapture);
    }

    /// Reads the frames as soon as more of them would hardly change the reading.
    fn decide_early(&mut self) {
        let Phase::Looking { started: Some(started), seen, .. } = &mut self.state.phase else { return };
        if self.at < *started + EARLIEST || !is_enough(seen, &self.state.settings.judge) {
            return;
        }
        let seen = std::mem::take(seen);
        // Its end is still to come, and means nothing then.
        self.state.abandoned += 1;
        self.out.push(Action::EndCapture);
        self.read(&seen);
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
        // Without a panel or a voice nobody could know what is chosen.
        let then = if self.state.tells() { Then::Choose } else { Then::Idle };
        self.message(Screen::Trouble(kind), then);
    }

    fn read(&mut self, seen: &[Observation]) {
        let reading = vote(seen, &self.state.settings.judge);
        self.state.looks += 1;
        self.state.last_reading = Some(reading);
        if self.state.settings.learns_faces
            && matches!(reading, Reading::Sure { .. } | Reading::Unsure { .. })
        {
            self.state.history.bias_mut().fade();
        }
        match reading {
            Reading::Sure { .. } => self.state.happened.read += 1,
            Reading::NoFace => self.state.happened.nobody += 1,
            Reading::Unsure { .. } | Reading::SeveralFaces { .. } => {}
        }
        match reading {
            Reading::Sure { mood, strength, scores } => {
                self.begin(mood, None, strength, Origin::Seen { scores })
            }
            Reading::Unsure { first, second, .. } if self.state.tells() => {
                self.choose(vec![first, second], None);
            }
            Reading::Unsure { first, second, .. } => self.gentle_middle(&[first, second]),
            Reading::NoFace => self.message(Screen::NoFace, Then::Idle),
            Reading::SeveralFaces { count } => self.message(Screen::SeveralFaces { count }, Then::Idle),
        }
    }

    fn choose(&mut self, candidates: Vec<Mood>, wrong: Option<Wrong>) {
        self.offer(candidates, wrong, Unanswered::Gentle);
    }

    fn offer(&mut self, candidates: Vec<Mood>, wrong: Option<Wrong>, unanswered: Unanswered) {
        let until = self.at + self.state.settings.times.choose;
        self.state.phase = Phase::Choosing { candidates, selected: 0, until, wrong, unanswered };
    }

    /// The mood was read wrongly: what plays for it ends, and the right one is asked for.
    fn not_so(&mut self) {
        let Phase::Playing(session) = &self.state.phase else { return };
        let Some(wrong) = session.doubted() else { return };
        self.stop();
        // A mood that was not so says nothing about whether the visit helped.
        self.state.before = None;
        self.choose(wrong.candidates(), Some(wrong));
    }

    /// A person named a mood. Where that corrects a reading, the device learns from it.
    fn chosen(&mut self, mood: Mood, source: Source) {
        if let Phase::Choosing { wrong: Some(Wrong { mood: read, scores: Some(scores) }), .. } =
            self.state.phase
            && self.state.settings.learns_faces
            && read != mood
            && !matches!(source, Source::Sensor(_))
        {
            self.state.history.bias_mut().correct(&scores, mood);
            // At once: a visit may last, and the power may go.
            self.out.push(Action::Remember(Box::new(self.state.history.clone())));
        }
        self.begin(mood, None, Strength::Clear, Origin::Chosen(source));
    }

    /// Nobody said which of the two: something between them. Of many: something that suits most.
    fn gentle_middle(&mut self, candidates: &[Mood]) {
        match *candidates {
            [first, second] => self.begin(first, Some(second), Strength::Slight, Origin::Nobody),
            _ => self.begin(Mood::Neutral, None, Strength::Slight, Origin::Nobody),
        }
    }

    fn picked(&mut self, mood: Mood, source: Source) {
        if self.is_kept_quiet() {
            return;
        }
        let source = match source {
            // A name is for people to read; whoever sends it may send anything.
            Source::Sensor(name) => Source::Sensor(short_name(&name)),
            other => other,
        };
        if matches!(self.state.phase, Phase::Looking { .. }) {
            self.abandon_capture();
        }
        self.chosen(mood, source);
    }

    fn asked(&mut self, ask: RemoteCommand) {
        match ask {
            RemoteCommand::Next if self.is_elsewhere() => self.drive(Lever::Next),
            RemoteCommand::Next => self.next(),
            RemoteCommand::Back => self.drive(Lever::Back),
            RemoteCommand::Pause(hold) => self.drive(Lever::Pause(hold)),
            RemoteCommand::Seek(second) => self.drive(Lever::Seek(second)),
            RemoteCommand::Like => self.like(),
            RemoteCommand::QuietHours(keep) => self.keep_quiet_hours(keep),
            RemoteCommand::Unlike => self.unlike(),
            RemoteCommand::Volume(percent) => self.set_volume(percent.into()),
            RemoteCommand::NotSo => self.not_so(),
            RemoteCommand::Stop => match self.state.phase {
                Phase::Playing(_) => self.stop(),
                Phase::Looking { .. } => {
                    self.abandon_capture();
                    self.state.phase = Phase::Idle;
                }
                Phase::Notice { .. }
                | Phase::Choosing { .. }
                | Phase::Asking { .. }
                | Phase::Message { .. } => {
                    self.state.phase = Phase::Idle;
                }
                Phase::Idle if self.is_elsewhere() => self.drive(Lever::Stop),
                Phase::Idle | Phase::Stopping { .. } | Phase::Leaving => {}
            },
        }
    }

    // ---- parts ----

    fn part(&mut self, part: Part, health: Health) {
        let ill = matches!(health, Health::Ill(_));
        match health {
            Health::Ill(trouble) => self.state.troubles.insert(part, trouble),
            Health::Well => self.state.troubles.remove(&part),
        };
        // A notice that cannot be seen any more is none.
        if matches!(self.state.phase, Phase::Notice { .. }) && !self.state.can_tell_now() {
            self.state.phase = Phase::Idle;
        }
        let which = match part {
            Part::Music => AudioSource::Music,
            Part::Video => AudioSource::Video,
            _ => return,
        };
        if ill && which == AudioSource::Music {
            self.state.elsewhere = None;
        }
        // A player that comes back in mid session goes on by itself with what it was given.
        let at = self.at;
        if let Phase::Playing(session) = &mut self.state.phase {
            let voice = session.voice_mut(which);
            voice.away_since = (ill && voice.open).then(|| voice.away_since.unwrap_or(at));
        }
    }

    // ---- time ----

    fn let_time_pass(&mut self) {
        self.hold_on();
        if let Some(gesture) = self.state.gestures.tick(self.at) {
            self.gesture(gesture, InputOrigin::Device);
        }
        let (at, times) = (self.at, self.state.settings.times);
        match &mut self.state.phase {
            Phase::Notice { until, .. } if at >= *until => self.look(),
            Phase::Looking { since, .. } if at >= *since + times.capture_limit => {
                self.abandon_capture();
                self.capture_failed(TroubleKind::CameraSilent);
            }
            Phase::Choosing { until, unanswered: Unanswered::Nothing, .. } if at >= *until => {
                self.state.phase = Phase::Idle;
            }
            Phase::Choosing { candidates, until, .. } if at >= *until => {
                let candidates = std::mem::take(candidates);
                self.gentle_middle(&candidates);
            }
            // No answer is a no.
            Phase::Asking { until } if at >= *until => self.state.phase = Phase::Idle,
            Phase::Stopping { until, .. } if at >= *until => self.state.phase = Phase::Idle,
            Phase::Message { until, then, .. } if at >= *until => match then {
                Then::Idle => self.state.phase = Phase::Idle,
                Then::Choose => self.choose(Mood::BY_HAND.to_vec(), None),
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
        if self.sleeps() {
            self.command(AudioSource::Music, PlayerCommand::StayQuiet);
            return self.stop_within(self.state.settings.house.sleep.fade);
        }
        let Phase::Playing(session) = &mut self.state.phase else { return };
        if !session.music.open && !session.video.open {
            if at >= session.since + times.mood {
                let mood = session.mood;
                self.nothing_plays(mood);
            }
            return;
        }
        for which in [AudioSource::Music, AudioSource::Video] {
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
            .find_map(|(_, part)| state.troubles.get(&part))
            // What is missing may be about to come, or there is nothing at all.
            .or_else(|| [Part::Scan, Part::Stock].iter().find_map(|part| state.troubles.get(part)));
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

    pub(super) fn message(&mut self, screen: Screen, then: Then) {
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

/// A sensor's name on one line, with an ellipsis where it is cut.
fn short_name(name: &str) -> String {
    let mut letters = name.chars().filter(|letter| !letter.is_control());
    let mut short: String = letters.by_ref().take(SENSOR_NAME).collect();
    if letters.next().is_some() {
        short.pop();
        short.truncate(short.trim_end().len());
        short.push('…');
    }
    short
}
