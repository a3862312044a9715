//! The metrics of a session, as Prometheus reads them, and what `promtool` thinks of them.

use crate::scenario;
use crate::support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use moodbox::daemon::Observer;
use moodbox::observers::metrics::Metrics;
use moodbox::observers::metrics::scrape;
use moodbox::ports::light::{Light, NoLight};
use moodbox::ports::panel::{Panel, PanelError, Picture};
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::{Has, Settings, State, step};
use moodbox_core::mood::{Mood, Scores};
use moodbox_core::recommend::{Catalog, Item, Templates};
use scenario::{ill, press, release, settings};

/// A device that is watched: the core, the meter, and a light and a panel that answer.
struct Watched {
    metrics: Metrics,
    meter: Box<dyn Observer>,
    state: State,
    light: Box<dyn Light>,
    panel: Box<dyn Panel>,
}

struct Glass;

impl Panel for Glass {
    fn size(&self) -> (u32, u32) {
        (8, 8)
    }
    fn show(&mut self, _: &Picture) -> Result<(), PanelError> {
        Ok(())
    }
}

impl Watched {
    fn new(settings: Settings, moods: bool) -> Watched {
        let metrics = Metrics::new(&settings, moods).unwrap();
        let song = Item { id: "one.ogg".into(), ..Item::default() };
        let catalog = Catalog { music: vec![song].into(), ..Catalog::default() };
        let mut watched = Watched {
            meter: Box::new(metrics.observer()),
            light: metrics.time_light(Box::new(NoLight)),
            panel: metrics.time_panel(Box::new(Glass)),
            state: State::new(settings),
            metrics,
        };
        watched.feed(0, Event::Templates(Arc::new(Templates::shipped())));
        watched.feed(0, Event::Catalog(Arc::new(catalog)));
        watched
    }

    fn feed(&mut self, ms: u64, event: Event) {
        let at = Duration::from_millis(ms);
        self.meter.event(at, &event);
        for action in step(&mut self.state, at, event) {
            self.meter.action(at, &action);
        }
        self.meter.stepped(at, &self.state);
    }

    fn press(&mut self, ms: u64) {
        self.feed(ms, press());
        self.panel.show(&Picture::new(8, 8)).unwrap();
        self.feed(ms + 50, release());
    }

    fn look(&mut self, ms: u64, scores: Option<Scores>) {
        self.light.set(true).unwrap();
        self.feed(ms, Event::CaptureStarted);
        let faces = usize::from(scores.is_some());
        self.feed(ms + 10, Event::FrameObserved(Observation { copy: false, faces, rival: 0.0, scores }));
        self.feed(ms + 20, Event::Looked { frames: 7, vision: Duration::from_millis(12) });
        self.feed(ms + 30, Event::CaptureEnded(Ok(())));
        self.light.set(false).unwrap();
    }

    fn plays(&mut self, ms: u64) {
        let now = NowPlaying { id: "one.ogg".into(), ours: true, ..NowPlaying::default() };
        self.feed(ms, Event::Music(PlayerEvent::Playing(now)));
    }

    fn text(&self) -> String {
        String::from_utf8(self.metrics.text().unwrap()).unwrap()
    }

    /// The value of one line of the metrics.
    fn value(&self, series: &str) -> f64 {
        let text = self.text();
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in\n{text}")).parse().unwrap()
    }
}

fn happy() -> Option<Scores> {
    Some(Scores::certain(Mood::Happy))
}

/// One press that led to music.
fn session(settings: Settings, moods: bool) -> Watched {
    let mut device = Watched::new(settings, moods);
    device.press(1000);
    device.look(1200, happy());
    device.plays(2000);
    device
}

#[test]
fn a_session_is_counted_and_each_of_its_stages_is_timed() {
    let device = session(settings(), false);
    for (series, expected) in [
        ("moodbox_presses_total{from=\"button\"}", 1.0),
        ("moodbox_presses_total{from=\"elsewhere\"}", 0.0),
        ("moodbox_looks_total{result=\"read\"}", 1.0),
        ("moodbox_visits_total", 1.0),
        ("moodbox_press_to_light_seconds_count", 1.0),
        ("moodbox_press_to_panel_seconds_count", 1.0),
        ("moodbox_press_to_play_seconds_count{player=\"music\"}", 1.0),
        ("moodbox_press_to_play_seconds_count{player=\"video\"}", 0.0),
        ("moodbox_capture_seconds_count", 1.0),
        ("moodbox_vision_frame_seconds_sum", 0.012),
        ("moodbox_playing{player=\"music\"}", 1.0),
        ("moodbox_library_items{player=\"music\"}", 1.0),
        ("moodbox_volume_ratio", f64::from(device.state.device_volume()) / 100.0),
        ("moodbox_part_up{part=\"camera\"}", 1.0),
    ] {
        assert_eq!(device.value(series), expected, "{series}");
    }
    assert!(device.value("process_resident_memory_bytes") > 1e6);
    assert!(device.text().contains("moodbox_build_info{mode=\"household\",version="));
}

#[test]
fn every_way_a_look_can_end_is_told_apart() {
    let mut device = Watched::new(settings(), false);
    device.press(1000);
    device.look(1200, None);
    assert_eq!(device.value("moodbox_looks_total{result=\"nobody\"}"), 1.0);
    device.feed(20_000, Event::Tick);
    device.press(21_000);
    device.feed(21_100, Event::CaptureEnded(Err(ill(TroubleKind::CameraMissing))));
    assert_eq!(device.value("moodbox_looks_total{result=\"failed\"}"), 1.0);
    assert_eq!(device.value("moodbox_part_up{part=\"camera\"}"), 0.0);
    device.feed(60_000, Event::Tick);
    device.feed(90_000, Event::RemoteCommand(RemoteCommand::Stop));
    device.press(91_000);
    device.feed(91_100, Event::RemoteCommand(RemoteCommand::Stop));
    device.feed(91_200, Event::CaptureEnded(Ok(())));
    assert_eq!(device.value("moodbox_looks_total{result=\"given_up\"}"), 1.0);
    device.press(95_000);
    device.feed(110_000, Event::Tick);
    device.feed(110_100, Event::CaptureEnded(Ok(())));
    assert_eq!(device.value("moodbox_looks_total{result=\"failed\"}"), 2.0, "a camera that never answers");
    device.feed(130_000, Event::Tick);
    device.feed(160_000, Event::RemoteCommand(RemoteCommand::Stop));
    device.press(161_000);
    device.look(161_200, happy());
    assert_eq!(device.value("moodbox_looks_total{result=\"read\"}"), 1.0);
    assert_eq!(device.value("moodbox_part_up{part=\"camera\"}"), 1.0, "it is well again");
    assert_eq!(device.value("moodbox_part_failures_total{part=\"camera\"}"), 1.0);
}

#[test]
fn a_part_that_goes_and_comes_back_is_told() {
    let mut device = session(settings(), false);
    device.feed(3000, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))));
    device.feed(3001, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))));
    assert_eq!(device.value("moodbox_part_up{part=\"music\"}"), 0.0);
    assert_eq!(device.value("moodbox_part_failures_total{part=\"music\"}"), 1.0, "told twice, failed once");
    device.feed(4000, Event::Part(Part::Music, Health::Well));
    assert_eq!(device.value("moodbox_part_up{part=\"music\"}"), 1.0);
    device.feed(5000, Event::RemoteCommand(RemoteCommand::Stop));
    device.feed(9000, Event::Tick);
    assert_eq!(device.value("moodbox_playing{player=\"music\"}"), 0.0);
}

#[test]
fn in_public_the_seconds_of_the_notice_are_not_counted_as_slowness() {
    let mut device = Watched::new(Settings { mode: Mode::Public, ..settings() }, false);
    device.press(1000);
    assert_eq!(device.value("moodbox_press_to_panel_seconds_count"), 1.0);
    assert_eq!(device.value("moodbox_press_to_light_seconds_count"), 0.0);
    device.feed(9500, Event::Tick);
    device.look(9700, happy());
    assert_eq!(device.value("moodbox_press_to_light_seconds_count"), 1.0);
    assert!(device.value("moodbox_press_to_light_seconds_sum") < 1.0);
}

#[test]
fn a_choice_made_by_a_person_is_not_counted_as_slowness() {
    let mut device = Watched::new(settings(), false);
    device.press(1000);
    device.look(1200, Some(Scores::uniform()));
    assert_eq!(device.value("moodbox_looks_total{result=\"unsure\"}"), 1.0);
    device.feed(9000, Event::Picked(Mood::Sad, Source::Page));
    device.plays(9500);
    assert_eq!(device.value("moodbox_press_to_play_seconds_count{player=\"music\"}"), 0.0);
}

#[test]
fn no_mood_is_told_in_any_mode_unless_it_is_switched_on() {
    for mode in Mode::ALL {
        let mut device = Watched::new(Settings { mode, ..settings() }, false);
        device.feed(0, Event::Picked(Mood::Sad, Source::Page));
        let text = device.text();
        for mood in Mood::ALL {
            assert!(!text.contains(mood.name()), "{mode:?} tells {mood}:\n{text}");
        }
    }
    let device = session(settings(), true);
    assert_eq!(device.value("moodbox_moods_total{by=\"camera\",mood=\"happy\"}"), 1.0);
}

#[test]
fn every_series_stands_before_its_first_event_and_none_for_a_part_that_is_not_there() {
    let device = Watched::new(settings(), true);
    for series in [
        "moodbox_visits_total",
        "moodbox_likes_total",
        "moodbox_presses_total{from=\"button\"}",
        "moodbox_looks_total{result=\"read\"}",
        "moodbox_moods_total{by=\"camera\",mood=\"happy\"}",
        "moodbox_part_failures_total{part=\"music\"}",
    ] {
        assert_eq!(device.value(series), 0.0, "{series}");
    }
    let plain = Settings {
        has: Has { panel: false, music: false, video: false },
        mode: Mode::Workplace,
        prompts: None,
        ..settings()
    };
    let device = Watched::new(plain, false);
    let parts: Vec<String> = device
        .text()
        .lines()
        .filter_map(|line| Some(line.strip_prefix("moodbox_part_up{part=\"")?.split_once('"')?.0.to_owned()))
        .collect();
    assert_eq!(parts, ["button", "templates"]);
}

#[test]
fn the_processor_seconds_have_fractions() {
    let device = Watched::new(settings(), false);
    let before = device.value("process_cpu_seconds_total");
    let until = std::time::Instant::now() + std::time::Duration::from_millis(30);
    while std::time::Instant::now() < until {
        std::hint::black_box(before.sqrt());
    }
    let used = device.value("process_cpu_seconds_total") - before;
    assert!(used > 0.0 && used < 30.0, "{used}");
}

#[test]
fn a_device_without_a_player_has_no_line_for_it() {
    let mut quiet = settings();
    quiet.has.music = false;
    let device = Watched::new(quiet, false);
    let text = device.text();
    assert!(!text.contains("part=\"music\"") && text.contains("part=\"video\""), "{text}");
    assert!(!text.contains("moodbox_playing{player=\"music\"}"), "{text}");
}

/// A page got over the loopback, as text with its head.
fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn promtool_finds_nothing_wrong_with_what_is_served() {
    let device = session(settings(), true);
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let metrics = device.metrics.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(scrape::serve(address, metrics));
    });
    support::wait_for("the server", || TcpStream::connect(address).ok());
    let page = get(address, "/metrics");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("moodbox_visits_total 1"), "{body}");
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("moodbox_") || line.starts_with("process_"), "{line} has no name of ours");
    }
    assert!(get(address, "/").starts_with("HTTP/1.1 404"));

    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`promtool` is needed for this test: deploy/packages fleet");
    promtool.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let report =
        format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success() && report.is_empty(), "{report}");
}

#[test]
fn the_alerts_and_the_dashboard_ask_for_nothing_that_is_not_told() {
    let mut device = session(settings(), true);
    device.feed(9000, Event::Part(Part::Camera, Health::Well));
    let told = device.text();
    let names: std::collections::BTreeSet<&str> = told
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    // Told by a Pi alone, and not by the machine of a test.
    let elsewhere = ["moodbox_throttled", "moodbox_temperature_celsius"];
    let mut asked = 0;
    for file in ["alerts.yml", "alerts-test.yml", "dashboard.json"] {
        let path = format!("{}/deploy/fleet/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            if word.starts_with("moodbox_") || word.starts_with("process_") {
                asked += 1;
                assert!(names.contains(word) || elsewhere.contains(&word), "{file} asks for {word}");
            }
        }
    }
    assert!(asked > 40, "{asked}");
}
