//! Plays a story to the core and writes down what it does.
#![allow(dead_code, reason = "each of the tests that tell stories uses a part of this")]

pub mod session;

use std::time::Duration;

use moodbox_core::kiosk::action::{Action, Amiss, PlayerCommand, Screen};
use moodbox_core::kiosk::event::{
    Button, Edge, Event, Health, NowPlaying, Observation, Part, PlayerEvent, Time, Trouble, TroubleKind,
};
use moodbox_core::kiosk::house_rules::House;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::kiosk::{Has, Settings, State, Times, deadline, step};
use moodbox_core::mood::{Decision, DecisionRule, Mood, Scores, StrengthLimits, Thresholds};
use moodbox_core::recommend::Weights;
use moodbox_core::text::Language;

/// A household device with every part.
pub fn settings() -> Settings {
    Settings {
        mode: Mode::Household,
        language: Language::En,
        has: Has { panel: true, music: true, video: true },
        judge: DecisionRule {
            decision: Decision { margin: 0.1, other: None, threshold: Thresholds::all(0.5) },
            strength: StrengthLimits { clear: 0.7, strong: 0.9 },
        },
        gesture: Default::default(),
        // So that a press soon after the mood means what it means later; `not_so.rs` tells of the time before.
        times: Times { not_so: Duration::ZERO, ..Times::default() },
        start_volume: 40,
        volume_cap: 60,
        house: House::default(),
        weights: Weights::default(),
        hold_menu: true,
        prompts: None,
        learns: false,
        keeps_moods: false,
        notice: None,
        asks_if_it_helped: false,
        learns_faces: false,
        seed: 1,
    }
}

pub fn press() -> Event {
    Event::Button(Button::Main, Edge::Down)
}

pub fn release() -> Event {
    Event::Button(Button::Main, Edge::Up)
}

/// One face that looks happy, with something left for the other moods.
pub fn rather_happy() -> Event {
    let mut logits = [0.02; 7];
    logits[Mood::Happy.index()] = 9.0;
    Event::FrameObserved(Observation {
        copy: false,
        faces: 1,
        rival: 0.0,
        scores: Some(Scores::from_logits(logits, 2.0)),
    })
}

/// A song of ours that lasts 100 s has played for `elapsed` seconds.
pub fn plays(id: &str, title: &str, elapsed: u64) -> Event {
    Event::Music(PlayerEvent::Playing(NowPlaying {
        id: id.to_owned(),
        title: title.to_owned(),
        artist: "The Band".to_owned(),
        elapsed: Duration::from_secs(elapsed),
        length: Some(Duration::from_secs(100)),
        ours: true,
        ..NowPlaying::default()
    }))
}

pub fn ill(kind: TroubleKind) -> Trouble {
    Trouble { kind, report: "told by the test".into() }
}

pub struct Story {
    state: State,
    at: Time,
    log: Vec<(u128, String)>,
    /// What the music player said last and when: one that plays says every second how far it is.
    playing: Option<(Time, NowPlaying)>,
    mute: bool,
}

impl Story {
    pub fn new(settings: Settings) -> Story {
        let (state, at) = (State::new(settings), Duration::ZERO);
        let mut story = Story { state, at, log: Vec::new(), playing: None, mute: false };
        // The first idle screen stands before every story.
        story.feed(Event::Tick);
        story.log.clear();
        story
    }

    /// Lets time pass until then, and then something happens.
    pub fn at(mut self, ms: u64, event: Event) -> Story {
        self = self.until(ms);
        self.feed(event);
        self
    }

    /// Lets time pass: the timers that the core asked for fire on time.
    pub fn until(mut self, ms: u64) -> Story {
        let end = Duration::from_millis(ms);
        loop {
            let beat = self.playing.as_ref().map(|(told, _)| *told + Duration::from_secs(1));
            let due = deadline(&self.state, self.at);
            let Some(next) = [beat, due].into_iter().flatten().min().filter(|next| *next <= end) else {
                break;
            };
            self.at = self.at.max(next);
            match &mut self.playing {
                Some((told, now)) if beat == Some(next) => {
                    *told = next;
                    now.elapsed += Duration::from_secs(1);
                    let now = now.clone();
                    self.feed(Event::Music(PlayerEvent::Playing(now)));
                }
                _ => self.feed(Event::Tick),
            }
        }
        self.at = end.max(self.at);
        self
    }

    /// From now on the music player says nothing by itself.
    pub fn struck_dumb(mut self) -> Story {
        (self.mute, self.playing) = (true, None);
        self
    }

    /// What an onlooker may know now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.state, self.at)
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn deadline(&self) -> Option<Time> {
        deadline(&self.state, self.at)
    }

    /// Compares the whole transcript up to now.
    pub fn check(self, expected: &str) {
        let told: Vec<String> = self.log.iter().map(|(ms, line)| format!("{ms} {line}")).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(told, expected, "\ntold:\n{}\n", told.join("\n"));
    }

    /// The lines so far, without their times.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.log.iter().map(|(_, line)| line.as_str())
    }

    /// What came before does not matter to the story.
    pub fn forget(mut self) -> Story {
        self.log.clear();
        self
    }

    /// Looks for these lines, in this order, among others; a line may be told by its beginning.
    pub fn check_lines(self, expected: &[&str]) {
        let told: Vec<String> = self.log.iter().map(|(ms, line)| format!("{ms} {line}")).collect();
        let mut from = 0;
        for line in expected {
            let found = told[from..].iter().position(|told| told.starts_with(line));
            assert!(found.is_some(), "`{line}` is not told, or too early, in:\n{}\n", told.join("\n"));
            from += found.unwrap_or(0) + 1;
        }
    }

    fn feed(&mut self, event: Event) {
        match &event {
            Event::Music(PlayerEvent::Playing(now)) => {
                self.playing = (!self.mute && !now.paused).then(|| (self.at, now.clone()));
            }
            Event::Music(PlayerEvent::Finished) | Event::Part(Part::Music, Health::Ill(_)) => {
                self.playing = None;
            }
            _ => {}
        }
        for action in step(&mut self.state, self.at, event) {
            if matches!(action, Action::Music(PlayerCommand::Stop { .. } | PlayerCommand::Play { .. })) {
                self.playing = None;
            }
            // A frame that fills is told by a test of its own.
            if matches!(action, Action::Held(_)) {
                continue;
            }
            let line = line(&action);
            // A ring that moves is one line.
            let moves = |line: &str| line == "show look ...";
            if moves(&line) && self.log.last().is_some_and(|(_, last)| moves(last)) {
                continue;
            }
            self.log.push((self.at.as_millis(), line));
        }
    }
}

fn line(action: &Action) -> String {
    match action {
        Action::Capture => "capture".into(),
        Action::EndCapture => "enough seen".into(),
        Action::Aim => "aim".into(),
        Action::EndAim => "end aim".into(),
        Action::CancelCapture => "cancel capture".into(),
        Action::Show(screen) => format!("show {}", name(screen)),
        Action::Held(held) => format!("held {held:?}"),
        Action::Music(command) => format!("music {}", order(command)),
        Action::Video(command) => format!("video {}", order(command)),
        Action::Like { id } => format!("like {id}"),
        Action::Unlike { ids } => format!("unlike {}", ids.join(" ")),
        Action::Remember(history) => {
            let plays = history.sessions().last().into_iter().flat_map(|session| &session.plays);
            let line = plays
                .fold("remember".to_owned(), |line, play| format!("{line} {}:{:?}", play.id, play.outcome));
            let taught = history.bias().numbers();
            let line = taught.fold(line, |line, (mood, nats)| format!("{line} {mood}{nats:+.1}"));
            history.changes().fold(line, |line, (mood, change)| {
                format!("{line} helped {mood} {:+.2} of {}", change.sum, change.looks)
            })
        }
        Action::Forget => "forget".into(),
        Action::Power(power) => format!("power {power:?}"),
        Action::Say { words, volume, .. } => format!("say {words:?} at {volume}%"),
        Action::Speak(language) => format!("speak {}", language.code()),
        Action::Quit => "quit".into(),
    }
}

fn order(command: &PlayerCommand) -> String {
    match command {
        PlayerCommand::Play { ids, volume, repeat } => {
            format!("play {} at {volume}%{}", ids.join(" "), if *repeat { " again and again" } else { "" })
        }
        PlayerCommand::Next => "next".into(),
        PlayerCommand::StayQuiet => "stay quiet".into(),
        PlayerCommand::Stop { fade } => format!("stop in {} ms", fade.as_millis()),
        PlayerCommand::Volume(volume) => format!("volume {volume}%"),
        PlayerCommand::Cap(cap) => format!("cap {cap}%"),
        PlayerCommand::Duck(true) => "duck".into(),
        PlayerCommand::Duck(false) => "as before".into(),
        PlayerCommand::Like { id } => format!("like {id}"),
        PlayerCommand::Add { ids } => format!("add {}", ids.join(" ")),
        PlayerCommand::Drive(lever) => format!("{lever:?}"),
        PlayerCommand::Unlike { ids } => format!("unlike {}", ids.join(" ")),
    }
}

fn name(screen: &Screen) -> String {
    match screen {
        Screen::Splash => "splash".into(),
        Screen::Idle { troubles } => {
            troubles.iter().fold("idle".to_owned(), |line, trouble| format!("{line} {trouble:?}"))
        }
        Screen::Notice { seconds, text: None } => format!("notice {seconds}"),
        Screen::Notice { seconds, text: Some(text) } => format!("notice {seconds} \"{text}\""),
        Screen::Look { done: 0.0 } => "look 0%".into(),
        Screen::Look { .. } => "look ...".into(),
        Screen::Waking => "the camera wakes up".into(),
        Screen::Thinking => "thinking".into(),
        Screen::Mood { mood, .. } => format!("mood {mood}"),
        Screen::Chosen { mood, by: None } => format!("chosen {mood}"),
        Screen::Chosen { mood, by: Some(name) } => format!("{name} says {mood}"),
        Screen::Gentle => "something gentle".into(),
        Screen::Unsure { candidates, selected } => {
            format!("choose {} of {}", candidates[*selected], candidates.len())
        }
        Screen::Playing(playing) => {
            let flash = playing.flash.map(|flash| format!(" [{flash:?}]")).unwrap_or_default();
            let paused = if playing.paused { " [paused]" } else { "" };
            let amiss = match playing.amiss {
                Some(Amiss::Waiting) => " [waiting]".to_owned(),
                Some(Amiss::Ill(kind)) => format!(" [{kind:?}]"),
                None => String::new(),
            };
            format!("playing {} {}s{flash}{paused}{amiss}", playing.title, playing.elapsed.as_secs())
        }
        Screen::NoFace => "no face".into(),
        Screen::SeveralFaces { count } => format!("{count} faces"),
        Screen::Trouble(kind) => format!("trouble {kind:?}"),
        Screen::NothingToPlay { mood } => format!("nothing to play for {mood}"),
        Screen::Quiet { until } => format!("quiet until {}:{:02}", until / 60, until % 60),
        Screen::AskToForget => "forget it all?".into(),
        Screen::Forgotten => "forgotten".into(),
        Screen::Dozing { .. } => "dozing".into(),
        Screen::Asleep => "asleep".into(),
        Screen::Hold { choice, .. } => format!("let go: {choice:?}"),
        Screen::Aim { advice } => format!("aim {advice:?}"),
        Screen::Sign(sign) => format!("sign {sign:?}"),
        Screen::Power(power) => format!("power {power:?}"),
        Screen::Goodbye => "goodbye".into(),
    }
}
