//! What a person who sets the device up has shown: stories of the core.

use crate::scenario;

use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::house_rules::House;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::screen::{PageAddress, Sign};
use scenario::{Story, plays, press, release, settings};

fn address() -> Event {
    Event::Sign(Sign::Address(PageAddress { url: "http://192.168.1.23:8740/".into(), name: None }))
}

#[test]
fn the_address_stands_for_a_minute_and_the_device_sleeps_as_before() {
    let story = Story::new(settings()).at(1_000, address());
    assert_eq!(story.deadline().unwrap().as_millis(), 61_000);
    story.until(100_000).check_lines(&["1000 show sign Address", "61000 show idle"]);
    // A dark panel is lit, and dark again once nobody needs it.
    let dark = || Settings {
        house: House { idle_off: Some(std::time::Duration::from_secs(600)), ..House::default() },
        ..settings()
    };
    Story::new(dark()).until(700_000).forget().at(700_000, address()).until(2_000_000).check_lines(&[
        "700000 show sign",
        "760000 show idle",
        "1300000 show asleep",
    ]);
}

#[test]
fn a_press_takes_the_sign_away_and_means_nothing_else() {
    let story = Story::new(settings()).at(0, address()).at(5_000, press()).at(5_100, release()).until(60_000);
    assert!(!story.lines().any(|line| line == "capture"), "nobody is looked at");
    story.check_lines(&["0 show sign", "5000 show idle"]);
    // The next one means what it always does.
    Story::new(settings())
        .at(0, address())
        .at(5_000, press())
        .at(5_100, release())
        .at(6_000, press())
        .check_lines(&["5000 show idle", "6000 capture"]);
    // Held on, it still opens the menu.
    Story::new(settings())
        .at(0, address())
        .at(1_000, press())
        .until(5_000)
        .check_lines(&["4000 show let go: PowerOff"]);
}

#[test]
fn music_goes_on_below_it_and_what_people_are_asked_or_told_goes_above_it() {
    Story::new(settings())
        .at(0, Event::Picked(moodbox_core::mood::Mood::Happy, Source::Page))
        .at(100, plays("a.ogg", "A", 0))
        .at(5_000, address())
        .at(6_000, press())
        .at(6_100, release())
        .check_lines(&["5000 show sign", "6000 show"]);
    // The notice of a public place is never hidden.
    let public = Settings { mode: Mode::Public, ..settings() };
    let story = Story::new(public).at(0, press()).at(100, release()).at(500, address()).until(3_000);
    assert!(!story.lines().any(|line| line.contains("sign")));
    story.check_lines(&["0 show notice", "1000 show notice"]);
}
