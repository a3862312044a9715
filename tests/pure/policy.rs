//! What each mode allows, held against every event in every phase that a session can be in.

use crate::scenario;

use std::sync::Arc;
use std::time::Duration;

use moodbox_core::kiosk::action::{Action, PlayerCommand, Screen, Spoken};
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::{InputOrigin, Mode, Start};
use moodbox_core::kiosk::{Has, Settings, State, deadline, step};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Kind, Templates};
use moodbox_core::screen::{Advice, PageAddress, Sign};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scenario::session::{ended, face, library, now};
use scenario::{ill, press, release, settings};

/// The whole table of `Mode::start`, written a second time by hand.
#[test]
fn the_table_of_presses_is_this_one() {
    for (mode, device, remote) in [
        (Mode::Household, Start::Look, Start::Look),
        (Mode::Public, Start::NoticeThenLook, Start::Refuse),
        (Mode::Workplace, Start::Pick, Start::Pick),
    ] {
        assert_eq!(
            (mode.start(InputOrigin::Device), mode.start(InputOrigin::Remote)),
            (device, remote),
            "{mode:?}"
        );
        assert_eq!(mode.may_look(), mode != Mode::Workplace);
        assert_eq!(mode.learns(), mode == Mode::Household);
    }
}

/// Every event there is. A new one does not compile until it is here.
fn every_event() -> Vec<Event> {
    let trouble = || ill(TroubleKind::Other);
    let all = vec![
        press(),
        release(),
        Event::Button(Button::Next, Edge::Down),
        Event::Button(Button::Next, Edge::Up),
        Event::Button(Button::VolumeUp, Edge::Down),
        Event::Button(Button::VolumeDown, Edge::Down),
        Event::Remote(Gesture::Short),
        Event::Remote(Gesture::Double),
        Event::Remote(Gesture::Long),
        Event::Picked(Mood::Happy, Source::Hand),
        Event::Picked(Mood::Sad, Source::Page),
        Event::Picked(Mood::Angry, Source::Home),
        Event::Picked(Mood::Fear, Source::Sensor("watch".into())),
        Event::RemoteCommand(RemoteCommand::Next),
        Event::RemoteCommand(RemoteCommand::Stop),
        Event::RemoteCommand(RemoteCommand::Like),
        Event::RemoteCommand(RemoteCommand::Volume(100)),
        Event::RemoteCommand(RemoteCommand::Pause(true)),
        Event::Items { kind: Kind::Music, ids: vec!["one.ogg".into()], after: false },
        Event::CaptureStarted,
        face(Mood::Happy),
        Event::Looked { frames: 7, vision: Duration::from_millis(5) },
        ended(),
        Event::CaptureEnded(Err(ill(TroubleKind::CameraMissing))),
        library(),
        Event::History(Box::default()),
        Event::Templates(Arc::new(Templates::shipped())),
        Event::Music(now("one.ogg", 1)),
        Event::Music(PlayerEvent::Finished),
        Event::Video(PlayerEvent::Skipped { id: "/dance.mp4".into(), reason: "gone".into() }),
        Event::Part(Part::Camera, Health::Ill(trouble())),
        Event::Part(Part::Camera, Health::Well),
        Event::Part(Part::Panel, Health::Ill(trouble())),
        Event::Part(Part::Panel, Health::Well),
        Event::Part(Part::Button, Health::Well),
        Event::WallClock(0),
        Event::Sleep(Some(Duration::from_secs(1))),
        Event::Sleep(None),
        Event::Forget,
        Event::Sign(Sign::PressMe),
        Event::Aim(true),
        Event::Aim(false),
        Event::Aimed(Advice::Good),
        Event::AimEnded(Ok(())),
        Event::Sign(Sign::Address(PageAddress { url: "http://192.168.1.23:8740/".into(), name: None })),
        Event::Settings(Box::new(scenario::settings().runtime())),
        Event::Spoken(1),
        Event::PowerRefused(trouble()),
        Event::Tick,
        Event::Shutdown,
    ];
    for event in &all {
        match event {
            Event::Button(..) | Event::Remote(_) | Event::Picked(..) | Event::RemoteCommand(_) => {}
            Event::Items { .. } => {}
            Event::CaptureStarted
            | Event::FrameObserved(_)
            | Event::Looked { .. }
            | Event::CaptureEnded(_) => {}
            Event::Catalog(_) | Event::History(_) | Event::Templates(_) => {}
            Event::Music(_) | Event::Video(_) | Event::Part(..) | Event::WallClock(_) => {}
            Event::Sleep(_) | Event::Forget | Event::Spoken(_) | Event::PowerRefused(_) => {}
            Event::Settings(_) | Event::Sign(_) => {}
            Event::Aim(_) | Event::Aimed(_) | Event::AimEnded(_) => {}
            Event::Tick | Event::Shutdown => {}
        }
    }
    all
}

/// Histories that end in each phase: milliseconds from one event to the next, and the event.
fn phases() -> Vec<(&'static str, Vec<(u64, Event)>)> {
    let (templates, library) = (Event::Templates(Arc::new(Templates::shipped())), library());
    let playing = || {
        vec![
            (0, templates.clone()),
            (0, library.clone()),
            (10, Event::Picked(Mood::Happy, Source::Page)),
            (4000, Event::Music(now("one.ogg", 4))),
        ]
    };
    vec![
        ("idle", vec![]),
        ("pressed", vec![(10, press())]),
        ("pressed and let go", vec![(10, press()), (90, release())]),
        ("the notice half over", vec![(10, press()), (90, release()), (2500, Event::Tick)]),
        ("looking", vec![(10, press()), (90, release()), (8100, Event::CaptureStarted)]),
        (
            "a look called off",
            vec![(10, press()), (90, release()), (8500, Event::RemoteCommand(RemoteCommand::Stop))],
        ),
        (
            "a look that failed",
            vec![
                (10, press()),
                (90, release()),
                (4500, Event::CaptureEnded(Err(ill(TroubleKind::CameraBusy)))),
            ],
        ),
        ("playing", playing()),
        ("stopping", [playing(), vec![(100, Event::RemoteCommand(RemoteCommand::Stop))]].concat()),
        ("held", vec![(10, press()), (4000, Event::Tick)]),
        ("leaving", vec![(10, Event::Shutdown)]),
        (
            "without a panel that works",
            vec![(10, Event::Part(Part::Panel, Health::Ill(ill(TroubleKind::PanelBroken))))],
        ),
    ]
}

/// Steps the core and insists, at each step, on what the mode promises.
struct Watched {
    mode: Mode,
    has_panel: bool,
    speaks: bool,
    notice: Duration,
    state: State,
    at: Time,
    /// Since when the notice stands before the person, without a gap.
    told_since: Option<Time>,
    panel_works: bool,
    captures: usize,
    /// What was done since somebody looked.
    taken: Vec<Action>,
}

impl Watched {
    fn new(settings: Settings) -> Watched {
        Watched {
            mode: settings.mode,
            has_panel: settings.has.panel,
            speaks: settings.prompts.is_some(),
            notice: settings.times.notice,
            state: State::new(settings),
            at: Duration::ZERO,
            told_since: None,
            panel_works: true,
            captures: 0,
            taken: Vec::new(),
        }
    }

    /// Lets time pass, with the timers that the core asks for, and then something happens.
    fn feed(&mut self, gap: u64, event: Event) {
        let until = self.at + Duration::from_millis(gap);
        while let Some(due) = deadline(&self.state, self.at).filter(|due| *due <= until && *due > self.at) {
            self.at = due;
            self.step(Event::Tick);
        }
        self.at = until;
        self.step(event);
    }

    fn step(&mut self, event: Event) {
        if let Event::Part(Part::Panel, health) = &event {
            self.panel_works = *health == Health::Well;
            if !self.panel_works && !self.speaks {
                self.told_since = None;
            }
        }
        let by_the_device = matches!(event, Event::Button(Button::Main, _) | Event::Tick);
        let told = event.clone();
        let actions = step(&mut self.state, self.at, event);
        self.taken.extend(actions.iter().cloned());
        for action in actions {
            match action {
                Action::Show(Screen::Notice { .. }) => {
                    if self.told_since.is_none() {
                        assert!(by_the_device, "{told:?} began the notice");
                    }
                    if self.panel_works {
                        self.told_since.get_or_insert(self.at);
                    }
                }
                Action::Say { words, .. } if words == [Spoken::Notice] => {
                    self.told_since.get_or_insert(self.at);
                }
                // The picture of the look replaces the notice as the camera opens.
                Action::Show(Screen::Look { .. }) | Action::Say { .. } => {}
                Action::Show(_) => self.told_since = None,
                Action::Capture => self.capture(&told),
                Action::Aim => {
                    assert_eq!(self.mode, Mode::Household, "{told:?} opened the camera from the page");
                }
                _ => {}
            }
        }
    }

    fn capture(&mut self, told: &Event) {
        self.captures += 1;
        assert!(self.mode.may_look(), "{told:?} opened the camera at work");
        if self.mode == Mode::Public {
            let since = self.told_since.take();
            let since = since.unwrap_or_else(|| panic!("{told:?} opened the camera in public unannounced"));
            assert!(self.at >= since + self.notice, "{told:?} cut the notice short");
            assert!((self.has_panel && self.panel_works) || self.speaks, "nobody could have known");
        }
    }
}

fn devices() -> Vec<Settings> {
    let mut all = Vec::new();
    for mode in Mode::ALL {
        for (panel, prompts) in [(true, None), (true, Some(50)), (false, Some(50)), (false, None)] {
            let has = Has { panel, ..settings().has };
            all.push(Settings { mode, prompts, has, ..settings() });
        }
    }
    all
}

#[test]
fn in_every_phase_any_two_events_open_the_camera_only_as_the_mode_allows() {
    let (phases, every) = (phases(), every_event());
    for device in devices() {
        let mut captures = 0;
        for (_, before) in &phases {
            for first in &every {
                // Two in a row where a look hangs on more than the mode.
                let seconds = if device.mode == Mode::Public { &every[..] } else { &every[..2] };
                for second in seconds {
                    let mut watched = Watched::new(device.clone());
                    for (gap, event) in before {
                        watched.feed(*gap, event.clone());
                    }
                    watched.feed(200, first.clone());
                    watched.feed(450, second.clone());
                    watched.feed(6_000, Event::Tick);
                    captures += watched.captures;
                }
            }
        }
        let looks = match device.mode {
            Mode::Household => true,
            // A device that can neither show nor say the notice does not look.
            Mode::Public => device.has.panel || device.prompts.is_some(),
            Mode::Workplace => false,
        };
        assert_eq!(
            captures > 0,
            looks,
            "{:?} {:?} {:?}: {captures}",
            device.mode,
            device.has,
            device.prompts
        );
    }
}

#[test]
fn in_public_nothing_but_the_devices_own_button_leads_to_a_look() {
    let every = every_event();
    let finger = |event: &Event| matches!(event, Event::Button(..));
    let others: Vec<&Event> = every.iter().filter(|event| !finger(event)).collect();
    for (_, before) in phases().iter().filter(|(_, events)| !events.iter().any(|(_, event)| finger(event))) {
        for first in &others {
            for second in &others {
                let mut watched = Watched::new(Settings { mode: Mode::Public, ..settings() });
                before.iter().for_each(|(gap, event)| watched.feed(*gap, event.clone()));
                watched.feed(100, (*first).clone());
                watched.feed(1000, (*second).clone());
                watched.feed(30_000, Event::Tick);
                assert_eq!(watched.captures, 0, "{first:?}, {second:?}");
            }
        }
    }
}

/// The loudest that an action asks for, in percent.
fn loudness(action: &Action) -> Option<u8> {
    match action {
        Action::Music(command) | Action::Video(command) => match command {
            PlayerCommand::Play { volume, .. } | PlayerCommand::Volume(volume) => Some(*volume),
            _ => None,
        },
        Action::Say { volume, .. } => Some(*volume),
        _ => None,
    }
}

#[test]
fn ten_thousand_events_in_any_order_keep_every_promise() {
    let every: Vec<Event> =
        every_event().into_iter().filter(|event| !matches!(event, Event::Shutdown)).collect();
    for (number, device) in devices().into_iter().enumerate() {
        let cap = device.volume_cap;
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let mut watched = Watched::new(device);
        let mut size_at_100 = 0;
        for count in 0..10_000 {
            let event = every[random.random_range(0..every.len())].clone();
            let gap = [0, 1, 30, 400, 5_000, 70_000][random.random_range(0..6)];
            watched.feed(gap, event);
            for action in watched.taken.drain(..) {
                assert!(loudness(&action).is_none_or(|volume| volume <= cap), "{action:?}");
            }
            if count == 100 {
                size_at_100 = format!("{:?}", watched.state).len();
            }
        }
        // Nobody touches it any more: every session ends, nothing is owed, and nothing wakes it.
        watched.feed(0, release());
        watched.feed(6 * 3_600_000, Event::Tick);
        assert!(watched.state.is_idle(), "device {number}: {:?}", watched.state.last_reading());
        assert_eq!(deadline(&watched.state, watched.at), None, "device {number}");
        // What it knows is bounded: the last 200 things played, the last 200 sessions.
        let size = format!("{:?}", watched.state).len();
        assert!(size < size_at_100 + 200_000, "device {number} grew from {size_at_100} to {size}");
        // And a press is answered as on the first day.
        watched.feed(10_000, Event::Part(Part::Panel, Health::Well));
        watched.feed(0, ended());
        let before = watched.captures;
        watched.feed(10_000, press());
        watched.feed(100, release());
        watched.feed(12_000, Event::Tick);
        let expected = usize::from(
            watched.mode.may_look()
                && (watched.has_panel || watched.speaks || watched.mode == Mode::Household),
        );
        assert_eq!(watched.captures - before, expected, "device {number}");
    }
}

thread_local! {
    static EVERY: Vec<Event> = every_event();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_history_of_events_opens_the_camera_against_the_mode(
        device in 0usize..12,
        events in proptest::collection::vec((0u64..5000, 0usize..41), 1..60),
    ) {
        let mut watched = Watched::new(devices()[device].clone());
        let every = EVERY.with(Clone::clone);
        for (gap, which) in events {
            let event = every[which % every.len()].clone();
            if !matches!(event, Event::Shutdown) {
                watched.feed(gap, event);
            }
        }
    }
}
