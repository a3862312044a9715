//! What a person who sets the device up has shown: stories of the core.

use crate::scenario;

use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::house_rules::House;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::Stage;
use moodbox_core::screen::{Advice, PageAddress, Sign};
use scenario::{Story, ill, plays, press, release, settings};

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

#[test]
fn the_page_hears_of_a_press_that_it_waits_for_and_nobody_is_looked_at() {
    let story = Story::new(settings()).at(0, Event::Sign(Sign::PressMe));
    let before = story.snapshot().presses;
    let story = story.at(3_000, press()).at(3_100, release());
    assert_eq!(story.snapshot().presses, before + 1);
    let story = story.until(30_000);
    assert!(!story.lines().any(|line| line == "capture"));
    story.check_lines(&["0 show sign PressMe", "3000 show idle"]);
}

#[test]
fn the_camera_says_what_helps_for_two_minutes_at_most_and_reads_no_mood() {
    let story = Story::new(settings())
        .at(0, Event::Aim(true))
        .at(500, Event::Aimed(Advice::Closer))
        .at(900, Event::Aimed(Advice::Good));
    assert_eq!((story.snapshot().phase, story.snapshot().advice), (Stage::Aiming, Some(Advice::Good)));
    let story = story.until(200_000).at(200_100, Event::AimEnded(Ok(())));
    let now = story.snapshot();
    assert_eq!((now.phase, now.advice, now.looks, now.mood), (Stage::Idle, None, 0, None));
    assert_eq!(story.deadline(), None);
    story.check(
        "0 show aim None
         0 aim
         500 show aim Some(Closer)
         900 show aim Some(Good)
         120000 show idle
         120000 end aim",
    );
}

#[test]
fn whatever_comes_next_the_camera_is_closed_first_and_once() {
    let aims =
        || Story::new(settings()).at(0, Event::Aim(true)).at(100, Event::Aimed(Advice::Nobody)).forget();
    for (what, events) in [
        ("the page ends it", vec![Event::Aim(false)]),
        ("a press at the device", vec![press(), release()]),
        ("a press on the page", vec![Event::Remote(Gesture::Short)]),
        ("stop", vec![Event::RemoteCommand(RemoteCommand::Stop)]),
        ("a mood is picked", vec![Event::Picked(moodbox_core::mood::Mood::Sad, Source::Page)]),
        ("shutting down is refused", vec![Event::PowerRefused(ill(TroubleKind::Other))]),
        ("the daemon ends", vec![Event::Shutdown]),
    ] {
        let mut story = aims();
        for (at, event) in (1_000..).step_by(100).zip(events) {
            story = story.at(at, event);
        }
        let closed = story.lines().filter(|line| *line == "end aim").count();
        assert_eq!(closed, 1, "{what}");
        assert!(!story.lines().any(|line| line == "capture"), "{what}");
    }
    // The end of the one before does not end the next.
    let story = aims()
        .at(1_000, Event::Aim(false))
        .at(1_100, Event::Aim(true))
        .at(1_200, Event::AimEnded(Ok(())))
        .at(1_300, Event::Aimed(Advice::Good));
    assert_eq!(story.snapshot().phase, Stage::Aiming);
    assert_eq!(story.snapshot().advice, Some(Advice::Good));
    // A camera that is not there is told as at a press.
    aims()
        .at(1_000, Event::AimEnded(Err(ill(TroubleKind::CameraMissing))))
        .check_lines(&["1000 show trouble CameraMissing"]);
}

#[test]
fn the_page_opens_the_camera_only_where_a_press_from_there_would_look_and_never_into_a_session() {
    for mode in [Mode::Public, Mode::Workplace] {
        let story = Story::new(Settings { mode, ..settings() }).at(0, Event::Aim(true)).until(10_000);
        assert_eq!(story.lines().count(), 0, "{mode:?}");
    }
    let session = Story::new(settings())
        .at(0, Event::Picked(moodbox_core::mood::Mood::Happy, Source::Page))
        .at(100, plays("a.ogg", "A", 0))
        .at(1_000, Event::Aim(true));
    assert!(!session.lines().any(|line| line == "aim"));
}
