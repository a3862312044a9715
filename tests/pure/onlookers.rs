//! What an onlooker (the page, the home) may know and ask for, told as stories.

use crate::scenario;

use std::sync::Arc;
use std::time::Duration;

use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::{Mode, Start};
use moodbox_core::kiosk::snapshot::{MoodSource, Stage};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, Item, Templates};
use moodbox_core::screen::Sign;
use scenario::{Story, ill, plays, press, rather_happy, release, settings};

fn in_mode(mode: Mode) -> Settings {
    Settings { mode, ..settings() }
}

fn song(name: &str) -> Item {
    Item {
        id: format!("{name}.ogg"),
        title: name.to_owned(),
        artist: "The Band".to_owned(),
        genres: vec!["pop".into()],
        length: Some(Duration::from_secs(100)),
        feeling: Some(Feeling { valence: 0.8, arousal: 0.4, source: FeelingSource::Explicit }),
        ..Item::default()
    }
}

fn with_songs(settings: Settings) -> Story {
    let songs = ["one", "two", "three"].map(song);
    let catalog = Catalog { music: songs.to_vec().into(), ..Catalog::default() };
    Story::new(settings)
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(0, Event::Catalog(Arc::new(catalog)))
}

/// A happy face was read at 1 s and the first song has started.
fn session() -> Story {
    with_songs(settings())
        .at(0, press())
        .at(50, release())
        .at(300, rather_happy())
        .at(1000, Event::CaptureEnded(Ok(())))
        .at(1100, plays("one.ogg", "one", 0))
        .at(5000, plays("one.ogg", "one", 4))
        .forget()
}

#[test]
fn an_onlooker_asks_for_the_next_one_the_like_and_the_end_by_name() {
    session()
        .at(6000, Event::RemoteCommand(RemoteCommand::Next))
        .at(6100, plays("two.ogg", "two", 0))
        .at(6200, Event::RemoteCommand(RemoteCommand::Like))
        .at(7000, Event::RemoteCommand(RemoteCommand::Stop))
        .check_lines(&["6000 music next", "6200 like two.ogg", "7000 music stop in 1500 ms"]);
}

#[test]
fn no_onlooker_asks_for_more_than_the_cap() {
    session()
        .at(6000, Event::RemoteCommand(RemoteCommand::Volume(100)))
        .check_lines(&["6000 music volume 60%"]);
    let quiet = Story::new(settings()).at(0, Event::RemoteCommand(RemoteCommand::Volume(255)));
    assert_eq!(quiet.snapshot().volume, 60);
}

#[test]
fn stop_calls_off_a_look_a_notice_and_a_choice() {
    Story::new(settings())
        .at(0, press())
        .at(100, Event::RemoteCommand(RemoteCommand::Stop))
        .check_lines(&["100 cancel capture"]);
    for mode in [Mode::Public, Mode::Workplace] {
        let stopped = Story::new(in_mode(mode))
            .at(0, press())
            .at(50, release())
            .at(90, Event::RemoteCommand(RemoteCommand::Stop));
        assert_eq!(stopped.snapshot().phase, Stage::Idle);
        stopped.until(60_000).check_lines(&["90 show idle"]);
    }
}

#[test]
fn nothing_that_an_onlooker_can_say_opens_the_camera_in_public_or_at_work() {
    let all = || {
        [
            Event::Remote(Gesture::Short),
            Event::Remote(Gesture::Double),
            Event::Remote(Gesture::Long),
            Event::RemoteCommand(RemoteCommand::Next),
            Event::RemoteCommand(RemoteCommand::Stop),
            Event::RemoteCommand(RemoteCommand::Like),
            Event::RemoteCommand(RemoteCommand::Volume(10)),
            Event::Picked(Mood::Sad, Source::Page),
            Event::Picked(Mood::Sad, Source::Home),
            Event::Aim(true),
            Event::Sign(Sign::PressMe),
        ]
    };
    for mode in [Mode::Public, Mode::Workplace] {
        let mut story = with_songs(in_mode(mode));
        let mut at = 0;
        // Each after each: no pair of them leads there either.
        for first in all() {
            for second in all() {
                at += 1000;
                story = story.at(at, first.clone()).at(at + 400, second);
            }
        }
        let story = story.until(at + 4 * 3_600_000);
        assert!(!story.lines().any(|line| line == "capture" || line == "aim"), "{mode:?} opened the camera");
    }
}

#[test]
fn a_mood_picked_on_the_page_plays_in_every_mode_and_is_marked_as_such() {
    for mode in Mode::ALL {
        let picked = with_songs(in_mode(mode)).at(0, Event::Picked(Mood::Sad, Source::Page));
        let mood = picked.snapshot().mood.unwrap();
        assert_eq!((mood.mood, mood.by, mood.confidence()), (Mood::Sad, MoodSource::Page, None));
        picked.check_lines(&["0 show chosen sad", "0 music play"]);
    }
}

#[test]
fn a_snapshot_tells_the_mood_with_its_scores_what_plays_and_why() {
    let told = session().snapshot();
    assert_eq!(told.phase, Stage::Playing);
    let mood = told.mood.as_ref().unwrap();
    assert_eq!((mood.mood, mood.by), (Mood::Happy, MoodSource::Camera));
    assert!(mood.confidence().unwrap() > 0.8);
    let music = told.heard().unwrap();
    assert_eq!((music.title.as_str(), music.artist.as_str()), ("one", "The Band"));
    assert_eq!((music.elapsed_s, music.length_s), (4, Some(100)));
    assert!(!music.why.is_empty() && music.ours);
    assert_eq!((told.volume_cap, told.sessions, told.looks), (60, 1, 1));
    let all: Vec<&str> = told.next.iter().map(|next| next.title.as_str()).collect();
    assert!(all.iter().all(|title| ["two", "three"].contains(title)), "{all:?}");
    let written = serde_json::to_value(&told).unwrap();
    assert_eq!(written["phase"], "playing");
    assert_eq!(written["press"], "look");
    assert_eq!(written["mood"]["by"], "camera");
    assert!(written["mood"]["scores"]["happy"].as_f64().unwrap() > 0.8);
    assert!(!written.to_string().contains(".ogg"), "no path is told: {written}");
}

#[test]
fn a_snapshot_tells_what_is_asked_what_is_ill_and_what_a_press_would_do() {
    let told = Story::new(in_mode(Mode::Workplace))
        .at(0, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))))
        .at(10, press())
        .snapshot();
    assert_eq!(told.phase, Stage::Choosing);
    assert_eq!((told.candidates.len(), told.selected), (7, Some(Mood::Happy)));
    assert_eq!(told.press, Start::Pick);
    let [trouble] = &told.troubles[..] else { panic!("{:?}", told.troubles) };
    assert_eq!((trouble.part, trouble.title), (Part::Music, "No music player"));
    assert!(!trouble.cure.is_empty());
    assert_eq!(Story::new(in_mode(Mode::Public)).snapshot().press, Start::Refuse);
}
