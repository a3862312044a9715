//! Ten thousand presses: the device is then as light as after a hundred.
//!
//! The core, the capture and both players run in one loop with simulated ports and no waiting; only the clock
//! of the core is moved by hand. A program of its own, because it measures the whole process.

#[path = "scenario/mod.rs"]
mod scenario;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use moodbox::library::history;
use moodbox::ports::camera::formats::{Rgb, to_rgb};
use moodbox::ports::camera::photos::PhotoCamera;
use moodbox::ports::camera::worker::{CaptureSettings, capture};
use moodbox::ports::light::SharedLight;
use moodbox::ports::light::simulated::SimulatedLight;
use moodbox::ports::music::{Music, Simulated as SimulatedMusic};
use moodbox::ports::panel::{Picture, screens};
use moodbox::ports::video::{Simulated as SimulatedVideo, Video};
use moodbox_core::kiosk::action::{Action, PlayerCommand};
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::{Settings, State, deadline, step};
use moodbox_core::mood::{Mood, Scores};
use moodbox_core::recommend::{Catalog, Item, Templates};
use moodbox_core::text::Language;
use scenario::{press, release, settings};

struct Device {
    state: State,
    at: Time,
    camera: PhotoCamera,
    light: SharedLight,
    rgb: Rgb,
    music: SimulatedMusic,
    video: SimulatedVideo,
    picture: Picture,
    kept: std::path::PathBuf,
    looks: usize,
    plays: usize,
    saved: usize,
}

impl Device {
    fn new(folder: &Path) -> Device {
        let photo = folder.join("face.png");
        image::RgbImage::from_pixel(64, 48, image::Rgb([90, 80, 70])).save(&photo).unwrap();
        let song = |name: String| Item {
            id: format!("{name}.ogg"),
            title: name,
            genres: vec!["pop".into()],
            length: Some(Duration::from_secs(100)),
            ..Item::default()
        };
        let songs: Vec<Item> = (0..40).map(|number| song(format!("song {number}"))).collect();
        let settings = Settings { learns: true, asks_if_it_helped: true, ..settings() };
        let (light, _bulb) = SimulatedLight::new();
        let mut device = Device {
            state: State::new(settings),
            at: Duration::ZERO,
            camera: PhotoCamera::new(&[photo], None).unwrap(),
            light: SharedLight::new(Box::new(light)),
            rgb: Rgb::new(),
            music: SimulatedMusic::new(songs.clone(), 60),
            video: SimulatedVideo::new(),
            picture: Picture::new(240, 240),
            kept: folder.join("state/history.json"),
            looks: 0,
            plays: 0,
            saved: 0,
        };
        device.feed(Event::Templates(Arc::new(Templates::shipped())));
        let catalog = Catalog { music: songs.into(), ..Catalog::default() };
        device.feed(Event::Catalog(Arc::new(catalog)));
        device
    }

    fn feed(&mut self, event: Event) {
        let mut waiting = vec![event];
        while let Some(event) = waiting.pop() {
            for action in step(&mut self.state, self.at, event) {
                waiting.extend(self.carry_out(action));
            }
        }
    }

    /// What the threads of the ports would do, on this one.
    fn carry_out(&mut self, action: Action) -> Vec<Event> {
        let mut events = Vec::new();
        match action {
            Action::Capture => {
                let settings = CaptureSettings { within: Duration::ZERO, ..CaptureSettings::default() };
                let rgb = &mut self.rgb;
                let mood = Mood::ALL[self.looks % 7];
                let mut look = |frame: &moodbox::ports::camera::Frame| {
                    to_rgb(frame, rgb)?;
                    Ok(Observation { copy: false, faces: 1, rival: 0.0, scores: Some(Scores::certain(mood)) })
                };
                let send = &mut |event| events.insert(0, event);
                let result = capture(&mut self.camera, &self.light, &settings, &mut look, &|| false, send);
                self.looks += 1;
                events.insert(0, Event::CaptureEnded(result));
            }
            Action::Music(PlayerCommand::Play { ids, volume, .. }) => {
                self.plays += 1;
                self.music.play(&ids, volume).unwrap();
                let now = self.music.status().unwrap().now.unwrap();
                events.push(Event::Music(PlayerEvent::Playing(now)));
            }
            Action::Music(PlayerCommand::Stop { .. }) => self.music.stop(false).unwrap(),
            Action::Video(PlayerCommand::Play { ids, volume, repeat }) => {
                self.video.play(&ids, volume, repeat).unwrap();
            }
            Action::Show(screen) if self.looks.is_multiple_of(100) => {
                screens::draw(&screen, Language::En, &mut self.picture);
            }
            Action::Remember(learnt) => {
                self.saved += 1;
                // The card is spared: what is written is the same each time but for its content.
                if self.saved.is_multiple_of(50) {
                    history::save(&self.kept, &learnt).unwrap();
                }
            }
            _ => {}
        }
        events
    }

    fn until(&mut self, end: Time) {
        while let Some(due) = deadline(&self.state, self.at).filter(|due| *due <= end) {
            self.at = self.at.max(due);
            self.feed(Event::Tick);
        }
        self.at = end;
    }

    /// One session: a press, a look, music, its end.
    fn session(&mut self) {
        let from = self.at;
        self.feed(press());
        self.until(from + Duration::from_millis(90));
        self.feed(release());
        self.until(from + Duration::from_secs(5));
        self.feed(Event::RemoteCommand(RemoteCommand::Like));
        self.feed(Event::Music(PlayerEvent::Finished));
        self.until(from + Duration::from_secs(60));
        if !self.state.is_idle() {
            self.feed(Event::RemoteCommand(RemoteCommand::Stop));
            self.until(from + Duration::from_secs(120));
        }
        assert!(self.state.is_idle());
    }
}

/// Resident memory in kilobytes, and how many handles are open.
fn weight() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = line.trim().trim_end_matches(" kB").parse().unwrap();
    (resident, std::fs::read_dir("/proc/self/fd").unwrap().count())
}

#[test]
#[ignore = "takes minutes: cargo test --test endurance -- --ignored, or deploy/test --all"]
fn after_ten_thousand_presses_memory_and_handles_are_as_after_a_hundred() {
    grows_no_more_from(400, 10_000);
}

#[test]
fn after_six_hundred_presses_memory_and_handles_are_as_after_four_hundred() {
    grows_no_more_from(400, 600);
}

/// The history is full, and with it all that is bounded, after 200 sessions.
fn grows_no_more_from(full: usize, sessions: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut device = Device::new(folder.path());
    (0..full).for_each(|_| device.session());
    let (memory, handles) = weight();
    let known = format!("{:?}", device.state).len();
    (full..sessions).for_each(|_| device.session());
    let (memory_after, handles_after) = weight();
    assert_eq!((device.looks, device.plays), (sessions, sessions));
    assert_eq!(handles_after, handles);
    // A page more or less is the allocator's; a leak of 200 bytes a press would be two megabytes.
    assert!(memory_after < memory + 1500, "{memory} kB grew to {memory_after} kB");
    let known_after = format!("{:?}", device.state).len();
    assert!(known_after < known + known / 4, "the state grew from {known} to {known_after}");
}
