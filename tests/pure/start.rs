//! What happens when the power comes back, and when the clock is set meanwhile.

use crate::scenario;

use std::sync::Arc;
use std::time::Duration;

use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::{Event, Gesture};
use moodbox_core::kiosk::house_rules::{House, QuietHours};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Quiet, Templates};
use scenario::session::{ended, face, library, now};
use scenario::{Story, press, release, settings};

fn templates() -> Event {
    Event::Templates(Arc::new(Templates::shipped()))
}

fn plays_at_start(mode: Mode) -> Settings {
    let house = House { plays_at_start: true, ..House::default() };
    Settings { mode, house, start_volume: 33, ..settings() }
}

fn played(story: &Story) -> Vec<&str> {
    story.lines().filter(|line| line.starts_with("music play") || line.starts_with("video play")).collect()
}

#[test]
fn when_the_power_returns_nothing_plays_before_somebody_presses() {
    for mode in Mode::ALL {
        let story = Story::new(Settings { mode, ..settings() })
            .at(10, templates())
            .at(20, library())
            .at(500, library())
            .until(24 * 3_600_000);
        assert!(played(&story).is_empty(), "{mode:?}");
    }
}

#[test]
fn where_the_house_wishes_it_something_plays_at_the_start_volume_as_soon_as_there_is_something() {
    for mode in Mode::ALL {
        for events in [[templates(), library()], [library(), templates()]] {
            let [first, second] = events;
            let story = Story::new(plays_at_start(mode)).at(10, first).until(5_000);
            assert!(played(&story).is_empty(), "there is nothing to choose from yet");
            let story = story.at(6_000, second).until(7_000);
            let playing = played(&story);
            assert!(playing.iter().any(|line| line.contains("at 33%")), "{playing:?}");
            assert!(
                playing.iter().all(|line| line.contains("at 33%") || line.contains("at 0%")),
                "{playing:?}"
            );
            assert!(!story.lines().any(|line| line == "capture"), "nobody is looked at");
            // It is done once: neither a new library nor the end of the session begins another.
            let many = playing.len();
            let story = story.at(3 * 3_600_000, library()).until(4 * 3_600_000);
            assert_eq!(played(&story).len(), many);
        }
    }
}

#[test]
fn whoever_is_here_first_decides_and_quiet_hours_are_kept() {
    let story = Story::new(plays_at_start(Mode::Household))
        .at(10, templates())
        .at(100, Event::Remote(Gesture::Short))
        .at(2_000, ended())
        .at(30_000, library())
        .until(3_600_000);
    assert!(played(&story).is_empty(), "{:?}", played(&story));

    let hours = Quiet { from: 22 * 60, to: 7 * 60, volume: 20 };
    let quiet =
        |starts| House { quiet: Some(QuietHours { hours, starts }), ..plays_at_start(Mode::Household).house };
    for (starts, loudest) in [(false, None), (true, Some("at 20%"))] {
        let settings = Settings { house: quiet(starts), ..plays_at_start(Mode::Household) };
        let story = Story::new(settings).at(0, Event::WallClock(60)).at(10, templates()).at(20, library());
        let playing = played(&story);
        match loudest {
            None => assert!(playing.is_empty(), "{playing:?}"),
            Some(loudest) => assert!(playing.iter().any(|line| line.contains(loudest)), "{playing:?}"),
        }
    }
}

/// A look, a session and its end, with the clock set by that many minutes after the music began.
fn session_with_a_clock_set_by(minutes: i32) -> Vec<String> {
    const NOON: i32 = 12 * 60;
    let clock = |minute: i32| Event::WallClock(minute.rem_euclid(1440) as u16);
    let after = NOON + minutes;
    let story = Story::new(settings())
        .at(0, clock(NOON))
        .at(0, templates())
        .at(0, library())
        .at(0, press())
        .at(50, release())
        .at(200, Event::CaptureStarted)
        .at(300, face(Mood::Happy))
        .at(1000, ended())
        .at(1100, Event::Music(now("one.ogg", 0)))
        .at(1200, clock(after))
        .at(4000, clock(after + 1))
        .at(60_000, clock(after + 2))
        .at(65_000, press())
        .at(66_000, release())
        .at(66_100, clock(after + 3))
        .until(3_600_000);
    assert_eq!(story.deadline(), None);
    let told: Vec<String> = story.lines().map(str::to_owned).collect();
    assert!(told.iter().any(|line| line.starts_with("music stop")), "{told:?}");
    told
}

#[test]
fn a_clock_that_jumps_an_hour_either_way_moves_no_timer() {
    let calm = session_with_a_clock_set_by(0);
    for minutes in [60, -60, 719] {
        assert_eq!(session_with_a_clock_set_by(minutes), calm, "{minutes} minutes");
    }
    let times = moodbox_core::kiosk::Times::default();
    assert!(times.capture_limit < Duration::from_secs(60), "a look ends by its own clock");
}
