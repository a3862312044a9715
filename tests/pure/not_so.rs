//! A mood that was read wrongly: a person says so, is asked for the right one, and gets it.

use std::time::Duration;

use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::Stage;
use moodbox_core::kiosk::{Has, Settings, Times};
use moodbox_core::mood::{Mood, Scores};

use crate::scenario::session::{ended, face, library, now, songs_only};
use crate::scenario::{Story, press, release, settings};

/// As the device ships: five seconds after the mood has left the panel, too.
fn shipped() -> Settings {
    Settings { times: Times::default(), ..songs_only() }
}

/// Sad first, then calm, then afraid; the others are far away.
fn rather_sad() -> Event {
    let mut logits = [0.0; 7];
    (logits[Mood::Sad.index()], logits[Mood::Neutral.index()], logits[Mood::Fear.index()]) = (9.0, 7.5, 5.0);
    Event::FrameObserved(Observation {
        copy: false,
        faces: 1,
        rival: 0.0,
        scores: Some(Scores::from_logits(logits, 1.0)),
    })
}

/// A calm face is read as sad, and sad music plays; the press was at 0, the mood came at 1000 ms.
fn read_as_sad(settings: Settings) -> Story {
    Story::new(settings)
        .at(0, library())
        .at(0, press())
        .at(50, release())
        .at(300, rather_sad())
        .at(1000, ended())
        .forget()
}

#[test]
fn a_short_press_while_the_mood_is_shown_offers_the_next_best_first() {
    read_as_sad(shipped())
        .at(2000, press())
        .at(2090, release())
        .check_lines(&["2090 show choose neutral of 7", "2090 music stop in 1500 ms"]);
    // Short: next. Long: that is it.
    read_as_sad(shipped())
        .at(2000, press())
        .at(2090, release())
        .forget()
        .at(3000, press())
        .at(3090, release())
        .at(4000, press())
        .until(4900)
        .check_lines(&["3090 show choose fear of 7", "4800 show chosen fear", "4800 music play"]);
}

#[test]
fn the_refused_mood_comes_last_for_whoever_pressed_by_mistake() {
    let mut story = read_as_sad(shipped()).at(2000, press()).at(2090, release());
    assert_eq!(story.snapshot().candidates.last(), Some(&Mood::Sad));
    assert_eq!(story.snapshot().candidates.len(), 7);
    for number in 0..6 {
        story = story.at(3000 + number * 500, press()).at(3100 + number * 500, release());
    }
    assert_eq!(story.snapshot().selected, Some(Mood::Sad));
}

#[test]
fn in_the_first_seconds_of_playing_a_press_says_it_too_and_later_it_is_the_next_track() {
    let plays = || read_as_sad(shipped()).at(1100, Event::Music(now("one.ogg", 0)));
    plays().at(8000, press()).at(8090, release()).check_lines(&["8090 show choose neutral of 7"]);
    plays().at(9500, press()).at(9590, release()).until(10_000).check_lines(&["9890 music next"]);
    // A house may shorten it.
    let short = Settings { times: Times { not_so: Duration::ZERO, ..Times::default() }, ..shipped() };
    let plays = read_as_sad(short).at(1100, Event::Music(now("one.ogg", 0)));
    plays.at(5000, press()).at(5090, release()).until(6000).check_lines(&["5390 music next"]);
}

#[test]
fn a_tap_too_early_to_be_an_answer_changes_nothing() {
    let story = read_as_sad(shipped()).at(1300, press()).at(1390, release()).until(3000);
    assert_eq!(story.snapshot().phase, Stage::Playing);
    assert!(story.lines().all(|line| !line.contains("next") && !line.contains("choose")));
}

#[test]
fn a_long_press_still_stops_and_no_answer_plays_something_gentle() {
    read_as_sad(shipped())
        .at(2000, press())
        .until(2900)
        .check_lines(&["2800 show playing", "2800 music stop"]);
    read_as_sad(shipped())
        .at(2000, press())
        .at(2090, release())
        .until(18_000)
        .check_lines(&["2090 show choose neutral of 7", "17090 show something gentle"]);
}

#[test]
fn it_holds_in_public_too_and_from_elsewhere_without_a_look() {
    let public = Settings { mode: Mode::Public, ..shipped() };
    let story = || {
        Story::new(public.clone())
            .at(0, library())
            .at(0, press())
            .at(50, release())
            .until(8100)
            .at(8300, rather_sad())
            .at(9000, ended())
            .forget()
    };
    story().at(10_000, press()).at(10_090, release()).check_lines(&["10090 show choose neutral of 7"]);
    // The page and the home: as long as that session lasts.
    let told = story()
        .at(9100, Event::Music(now("one.ogg", 0)))
        .at(60_000, Event::RemoteCommand(RemoteCommand::NotSo))
        .at(61_000, Event::Picked(Mood::Neutral, Source::Page));
    assert!(told.lines().all(|line| line != "capture"));
    told.check_lines(&["60000 show choose neutral of 7", "61000 show chosen neutral"]);
}

#[test]
fn what_a_person_named_is_not_doubted() {
    let by_hand = || {
        Story::new(shipped())
            .at(0, library())
            .at(0, Event::Picked(Mood::Happy, Source::Page))
            .at(100, Event::Music(now("one.ogg", 0)))
            .forget()
    };
    assert!(!by_hand().snapshot().not_so);
    by_hand().at(2000, press()).at(2090, release()).until(2500).check_lines(&["2390 music next"]);
    let idle = Story::new(shipped()).at(0, Event::RemoteCommand(RemoteCommand::NotSo));
    assert!(!idle.snapshot().not_so && idle.snapshot().phase == Stage::Idle);
    // A sensor is not a person.
    let sensor = Story::new(shipped())
        .at(0, library())
        .at(0, Event::Picked(Mood::Happy, Source::Sensor("ring".into())))
        .forget();
    assert!(sensor.snapshot().not_so);
    sensor.at(2000, press()).at(2090, release()).check_lines(&["2090 show choose surprise of 7"]);
}

#[test]
fn the_sign_stands_on_the_panel_as_long_as_the_press_means_it() {
    use moodbox_core::kiosk::action::{Action, Playing, Screen};
    use moodbox_core::kiosk::{State, step};
    let mut state = State::new(shipped());
    let mut signs = Vec::new();
    let mut feed = |ms: u64, event: Event| {
        for action in step(&mut state, Duration::from_millis(ms), event) {
            if let Action::Show(Screen::Mood { not_so, .. } | Screen::Playing(Playing { not_so, .. })) =
                action
            {
                signs.push((ms, not_so));
            }
        }
    };
    feed(0, library());
    feed(0, press());
    feed(50, release());
    feed(300, face(Mood::Happy));
    feed(1000, ended());
    feed(1100, Event::Music(now("one.ogg", 0)));
    for ms in [4000, 8900, 9000] {
        feed(ms, Event::Tick);
    }
    signs.dedup_by_key(|(_, not_so)| *not_so);
    assert_eq!(signs, [(1000, true), (9000, false)]);
}

#[test]
fn without_a_panel_it_is_spoken_and_without_a_voice_a_press_means_what_it_meant() {
    let blind = |prompts| Settings { has: Has { panel: false, ..shipped().has }, prompts, ..shipped() };
    read_as_sad(blind(Some(60)))
        .at(2000, press())
        .at(2090, release())
        .check_lines(&["2090 say [Pick, Mood(Neutral)] at 60%"]);
    let spoken = Story::new(blind(Some(60)))
        .at(0, library())
        .at(0, press())
        .at(50, release())
        .at(300, rather_sad())
        .at(1000, ended());
    spoken.check_lines(&["1000 say [GotIt, NotSo] at 60%"]);
    let mute = read_as_sad(blind(None)).at(1100, Event::Music(now("one.ogg", 0)));
    mute.at(2000, press()).at(2090, release()).until(2500).check_lines(&["2390 music next"]);
    assert!(settings().has.panel);
}

/// What was kept last, of what was taught about faces.
fn kept(story: &Story) -> Option<String> {
    let line = story.lines().filter(|line| line.starts_with("remember")).last()?;
    Some(line.trim_start_matches("remember").trim().to_owned())
}

fn corrected(settings: Settings) -> Story {
    read_as_sad(settings)
        .at(2000, press())
        .at(2090, release())
        .at(3000, press())
        .until(3900)
        .at(3950, release())
}

#[test]
fn at_home_a_correction_teaches_the_device_at_once_and_the_next_face_is_read_so() {
    let home = || Settings { learns_faces: true, ..shipped() };
    let story = corrected(home());
    let first = kept(&story).unwrap();
    assert!(first.contains("sad-0.") && first.contains("neutral+0."), "{first}");
    // The same face again and again: one day it is read as what it was said to be.
    let (mut story, mut moods) = (story, Vec::new());
    for round in 1..6u64 {
        let at = round * 20_000;
        story = story
            .at(at, Event::RemoteCommand(RemoteCommand::Stop))
            .until(at + 3000)
            .at(at + 4000, press())
            .at(at + 4050, release())
            .at(at + 4300, rather_sad())
            .at(at + 5000, ended());
        let snapshot = story.snapshot();
        moods.push(snapshot.mood.as_ref().map(|known| known.mood));
        if snapshot.not_so && moods.last() == Some(&Some(Mood::Sad)) {
            story = story.at(at + 6000, Event::RemoteCommand(RemoteCommand::NotSo));
            story = story.at(at + 7000, Event::Picked(Mood::Neutral, Source::Page));
        }
    }
    assert!(!moods[4..].contains(&Some(Mood::Sad)), "{moods:?}");
}

#[test]
fn nothing_is_learnt_in_public_by_mistake_or_from_a_sensor() {
    assert_eq!(kept(&corrected(shipped())), None, "where it is off");
    let home = || Settings { learns_faces: true, ..shipped() };
    // The refused mood is taken after all.
    let back = read_as_sad(home())
        .at(2000, press())
        .at(2090, release())
        .at(3000, Event::Picked(Mood::Sad, Source::Page));
    assert_eq!(kept(&back), None);
    let sensor = read_as_sad(home())
        .at(2000, press())
        .at(2090, release())
        .at(3000, Event::Picked(Mood::Happy, Source::Sensor("ring".into())));
    assert_eq!(kept(&sensor), None);
    // Nobody said what would be right.
    assert_eq!(kept(&read_as_sad(home()).at(2000, press()).at(2090, release()).until(30_000)), None);
}

#[test]
fn what_was_taught_is_forgotten_with_the_rest() {
    let home = Settings { learns_faces: true, ..shipped() };
    let story = corrected(home).at(5000, Event::Forget);
    assert!(story.lines().any(|line| line == "forget"));
    let story = story
        .at(6000, Event::RemoteCommand(RemoteCommand::Stop))
        .until(9000)
        .at(10_000, press())
        .at(10_050, release())
        .at(10_300, rather_sad())
        .at(11_000, ended());
    let known = story.snapshot().mood.unwrap();
    let Event::FrameObserved(Observation { scores: Some(scores), .. }) = rather_sad() else { unreachable!() };
    assert_eq!((known.mood, known.scores), (Mood::Sad, Some(scores)));
}
