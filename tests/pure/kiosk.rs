//! Sessions to the kiosk, told as stories: what happens when, and what the kiosk does.
//!
//! Each story is a list of (milliseconds, event); the transcript has a line for each action, with the
//! time it was taken. Timers fire by themselves: the core says when it wants to be asked.

use crate::scenario;

use std::sync::Arc;
use std::time::Duration;

use moodbox_core::kiosk::action::{Action, Lever, PlayerCommand};
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::{Snapshot, Stage};
use moodbox_core::kiosk::{Has, Settings, State, step};
use moodbox_core::mood::{Mood, Scores};
use moodbox_core::recommend::{Kind, Templates};
use proptest::prelude::*;
use scenario::session::{ended, face, library, now, session, songs_only};
use scenario::{Story, ill, press, release, settings};

fn between(a: Mood, b: Mood) -> Event {
    let mean = Scores::mean(&[Scores::certain(a), Scores::certain(b)]);
    Event::FrameObserved(Observation { copy: false, faces: 1, rival: 0.0, scores: Some(mean) })
}

fn nobody() -> Event {
    Event::FrameObserved(Observation { copy: false, faces: 0, rival: 0.0, scores: None })
}

fn crowd() -> Event {
    Event::FrameObserved(Observation {
        copy: false,
        faces: 3,
        rival: 0.8,
        scores: Some(Scores::certain(Mood::Happy)),
    })
}

fn workplace() -> Settings {
    Settings { mode: Mode::Workplace, ..settings() }
}

fn public() -> Settings {
    Settings { mode: Mode::Public, ..settings() }
}

fn without_panel() -> Settings {
    Settings { has: Has { panel: false, ..settings().has }, ..settings() }
}

#[test]
fn a_press_is_answered_at_the_touch_and_the_capture_starts() {
    Story::new(settings()).at(10, press()).check("10 show look 0%\n10 capture");
}

#[test]
fn in_public_the_notice_says_the_words_of_the_house() {
    let words = Settings { notice: Some("Wir lesen deine Stimmung".into()), ..public() };
    Story::new(words).at(10, press()).check("10 show notice 8 \"Wir lesen deine Stimmung\"");
}

#[test]
fn press_then_no_face_asks_the_person_to_come_closer_and_goes_back_to_idle() {
    Story::new(settings())
        .at(0, press())
        .at(90, release())
        .at(300, Event::CaptureStarted)
        .at(400, nobody())
        .at(1290, ended())
        .until(10_000)
        .check(
            "0 show look 0%
             0 capture
             350 show look ...
             1290 show no face
             6290 show idle",
        );
}

#[test]
fn several_faces_are_asked_to_come_one_at_a_time() {
    Story::new(settings())
        .at(0, press())
        .at(300, Event::CaptureStarted)
        .at(400, crowd())
        .at(1200, ended())
        .at(1300, release())
        .until(10_000)
        .check(
            "0 show look 0%
             0 capture
             350 show look ...
             1200 show 3 faces
             6200 show idle",
        );
}

#[test]
fn while_the_last_frames_are_read_the_panel_says_that_it_thinks() {
    Story::new(settings())
        .at(0, press())
        .at(90, release())
        .at(200, Event::CaptureStarted)
        .at(1900, nobody())
        .at(2000, ended())
        .until(10_000)
        .check(
            "0 show look 0%
             0 capture
             250 show look ...
             1200 show thinking
             2000 show no face
             7000 show idle",
        );
}

#[test]
fn a_clear_face_is_read_as_soon_as_three_frames_agree_and_the_camera_is_told() {
    Story::new(songs_only())
        .at(0, library())
        .at(0, press())
        .at(90, release())
        .at(200, Event::CaptureStarted)
        .at(210, face(Mood::Happy))
        .at(330, face(Mood::Happy))
        // Three frames, but no quarter of a second.
        .at(440, face(Mood::Happy))
        .at(460, face(Mood::Happy))
        // The end of that capture means nothing more, and neither does a frame that was under way.
        .at(480, face(Mood::Sad))
        .at(490, ended())
        .until(500)
        .check_lines(&["0 capture", "460 show mood happy", "460 enough seen", "460 music play"]);
}

#[test]
fn the_next_look_is_not_ended_by_the_end_of_one_that_had_seen_enough() {
    let looked = Story::new(songs_only())
        .at(0, press())
        .at(90, release())
        .at(200, Event::CaptureStarted)
        .at(300, face(Mood::Happy))
        .at(400, face(Mood::Happy))
        .at(500, face(Mood::Happy))
        .at(600, Event::RemoteCommand(RemoteCommand::Stop))
        .until(5000)
        .at(5100, press())
        .at(5150, release())
        // The camera was slow to end.
        .at(5200, ended())
        .at(5300, Event::CaptureStarted)
        .forget()
        .at(5400, nobody())
        .at(6300, ended());
    assert_eq!(looked.state().looks(), 2);
    looked.check_lines(&["6300 show no face"]);
}

#[test]
fn frames_that_are_copies_or_on_the_border_take_the_whole_second() {
    let copy = |event| match event {
        Event::FrameObserved(seen) => Event::FrameObserved(Observation { copy: true, ..seen }),
        other => other,
    };
    for frame in [copy(face(Mood::Happy)), between(Mood::Happy, Mood::Sad)] {
        let mut story =
            Story::new(songs_only()).at(0, press()).at(90, release()).at(200, Event::CaptureStarted);
        for ms in [210, 330, 450, 640, 820, 1010] {
            story = story.at(ms, frame.clone());
        }
        assert!(story.lines().all(|line| line != "enough seen"));
        let story = story.at(1200, ended());
        assert_eq!(story.state().looks(), 1);
    }
}

#[test]
fn a_camera_that_fails_is_named_and_the_moods_are_offered_by_hand() {
    Story::new(settings())
        .at(0, press())
        .at(40, Event::CaptureEnded(Err(ill(TroubleKind::CameraBusy))))
        .at(90, release())
        .until(5500)
        .check(
            "0 show look 0%
             0 capture
             40 show trouble CameraBusy
             5040 show choose happy of 7",
        );
}

#[test]
fn a_camera_that_never_answers_is_given_up() {
    Story::new(settings()).at(0, press()).at(50, release()).until(12_000).check(
        "0 show look 0%
         0 capture
         1500 show the camera wakes up
         10000 show trouble CameraSilent
         10000 cancel capture",
    );
}

#[test]
fn the_late_end_of_a_capture_that_was_given_up_does_not_end_the_next_one() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(10_500, press())
        .at(10_600, ended())
        .at(10_700, Event::CaptureStarted)
        .until(10_720)
        .check(
            "0 show look 0%
             0 capture
             1500 show the camera wakes up
             10000 show trouble CameraSilent
             10000 cancel capture
             10500 show look 0%
             10500 capture",
        );
}

#[test]
fn holding_the_button_during_a_look_calls_it_off() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(100, Event::CaptureStarted)
        .at(120, press())
        .at(2000, release())
        .at(2100, ended())
        .check(
            "0 show look 0%
             0 capture
             170 show look ...
             920 show idle
             920 cancel capture",
        );
}

#[test]
fn an_unsure_reading_lets_the_person_choose_between_the_two() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(100, Event::CaptureStarted)
        .at(200, between(Mood::Sad, Mood::Fear))
        .at(300, ended())
        .at(1000, press())
        .at(1100, release())
        .at(2000, press())
        .until(2900)
        .check(
            "0 show look 0%
             0 capture
             150 show look ...
             300 show choose fear of 2
             1100 show choose sad of 2
             2800 show chosen sad",
        );
}

#[test]
fn without_a_choice_something_gentle_is_played() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(200, between(Mood::Sad, Mood::Fear))
        .at(300, ended())
        .until(15_400)
        .check(
            "0 show look 0%
             0 capture
             300 show choose fear of 2
             15300 show something gentle",
        );
}

#[test]
fn without_a_panel_nothing_is_shown_and_unsure_plays_something_gentle() {
    Story::new(without_panel())
        .at(0, press())
        .at(50, release())
        .at(200, between(Mood::Sad, Mood::Fear))
        .at(300, ended())
        .check("0 capture");
}

#[test]
fn in_public_the_notice_comes_first_and_then_the_look() {
    Story::new(public()).at(0, press()).at(90, release()).until(8_500).check(
        "0 show notice 8
         1000 show notice 7
         2000 show notice 6
         3000 show notice 5
         4000 show notice 4
         5000 show notice 3
         6000 show notice 2
         7000 show notice 1
         8000 show look 0%
         8000 capture",
    );
}

#[test]
fn in_public_a_second_press_says_no_and_three_faces_are_offered() {
    let no = || Story::new(public()).at(0, press()).at(90, release()).at(1500, press()).at(1600, release());
    no().until(1700).check(
        "0 show notice 8
         1000 show notice 7
         1600 show choose happy of 3",
    );
    // None of the three: all of them.
    let mut story = no();
    for at in [2000, 3000, 4000] {
        story = story.at(at, press()).at(at + 50, release());
    }
    story.until(4100).check(
        "0 show notice 8
         1000 show notice 7
         1600 show choose happy of 3
         2050 show choose neutral of 3
         3050 show choose sad of 3
         4050 show choose happy of 7",
    );
    // Whoever says no and goes away is played nothing, and was not looked at.
    let gone = no().until(60_000);
    assert!(gone.lines().all(|line| line != "capture" && !line.starts_with("music play")));
    assert_eq!(gone.snapshot().phase, Stage::Idle);
}

#[test]
fn a_notice_stands_as_long_as_it_takes_to_read() {
    let words = Settings { notice: Some("word ".repeat(40).trim().into()), ..public() };
    // Forty words, and nine of the title and of how to say no.
    let story = Story::new(words).at(0, press()).at(90, release()).until(20_000);
    let first = story.lines().next().unwrap().to_owned();
    assert!(first.starts_with("show notice 15"), "{first}");
}

#[test]
fn with_nothing_to_play_no_face_is_looked_at() {
    let empty = Event::Part(Part::Stock, Health::Ill(ill(TroubleKind::LibraryEmpty)));
    let story = Story::new(settings()).at(0, empty).at(100, press()).at(150, release()).until(30_000);
    assert!(story.lines().all(|line| line != "capture"));
    assert!(story.lines().any(|line| line == "show trouble LibraryEmpty"));
}

#[test]
fn what_another_client_plays_is_told_and_driven() {
    let theirs = || NowPlaying {
        id: "theirs.ogg".into(),
        title: "Theirs".into(),
        volume: Some(33),
        ..NowPlaying::default()
    };
    let story = || Story::new(settings()).at(0, Event::Music(PlayerEvent::Playing(theirs())));
    let told = story().snapshot();
    assert_eq!(told.phase, Stage::Idle);
    assert_eq!(told.music.map(|music| (music.title, music.ours)), Some(("Theirs".into(), false)));
    assert_eq!(told.volume, 33);
    for (asked, done) in [
        (RemoteCommand::Pause(true), Lever::Pause(true)),
        (RemoteCommand::Next, Lever::Next),
        (RemoteCommand::Back, Lever::Back),
        (RemoteCommand::Seek(12), Lever::Seek(12)),
        (RemoteCommand::Stop, Lever::Stop),
    ] {
        let mut state = State::new(settings());
        step(&mut state, Time::ZERO, Event::Music(PlayerEvent::Playing(theirs())));
        let out = step(&mut state, Time::ZERO, Event::RemoteCommand(asked));
        assert!(out.contains(&Action::Music(PlayerCommand::Drive(done))), "{asked:?}: {out:?}");
    }
    assert!(story().at(9, Event::Music(PlayerEvent::Silent)).snapshot().music.is_none());
}

#[test]
fn a_like_is_taken_back_and_what_was_asked_for_by_name_plays_without_a_mood() {
    let items =
        |after| Event::Items { kind: Kind::Music, ids: vec!["two.ogg".into(), "gone.ogg".into()], after };
    let mut state = State::new(settings());
    step(&mut state, Time::ZERO, library());
    let out = step(&mut state, Time::ZERO, items(true));
    let ids = vec!["two.ogg".to_owned()];
    assert!(
        out.iter()
            .any(|one| matches!(one, Action::Music(PlayerCommand::Play { ids: all, .. }) if *all == ids)),
        "{out:?}"
    );
    let out = step(&mut state, Time::ZERO, items(true));
    assert!(out.contains(&Action::Music(PlayerCommand::Add { ids: ids.clone() })), "{out:?}");
    step(&mut state, Time::ZERO, Event::Music(now("two.ogg", 1)));
    let told = Snapshot::of(&state, Time::ZERO);
    assert_eq!((told.phase, told.mood), (Stage::Playing, None));
    step(&mut state, Time::ZERO, Event::RemoteCommand(RemoteCommand::Like));
    assert!(Snapshot::of(&state, Time::ZERO).music.unwrap().liked);
    let out = step(&mut state, Time::ZERO, Event::RemoteCommand(RemoteCommand::Unlike));
    assert!(out.contains(&Action::Unlike { ids }), "{out:?}");
    assert!(!Snapshot::of(&state, Time::ZERO).music.unwrap().liked);
}

#[test]
fn a_nervous_second_tap_does_not_say_no() {
    Story::new(public())
        .at(0, press())
        .at(90, release())
        .at(250, press())
        .at(300, release())
        .until(900)
        .check("0 show notice 8");
}

#[test]
fn in_public_the_page_cannot_start_a_look() {
    Story::new(public()).at(0, Event::Remote(Gesture::Short)).check("");
}

#[test]
fn at_work_the_moods_are_picked_by_hand_and_the_camera_stays_shut() {
    Story::new(workplace())
        .at(0, press())
        .at(50, release())
        .at(1000, press())
        .at(1050, release())
        .at(2000, Event::Remote(Gesture::Long))
        .until(2100)
        .check(
            "0 show choose happy of 7
             1050 show choose surprise of 7
             2000 show chosen surprise",
        );
}

#[test]
fn a_mood_from_another_sensor_needs_no_camera() {
    Story::new(settings())
        .at(0, Event::Picked(Mood::Happy, Source::Sensor("chair".into())))
        .until(100)
        .check("0 show chair says happy");
}

#[test]
fn a_happy_face_gets_music_under_the_cap_and_a_mute_video_and_the_mood_is_shown_first() {
    Story::new(settings())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(0, library())
        .at(0, press())
        .at(50, release())
        .at(300, face(Mood::Happy))
        .forget()
        .at(1000, ended())
        .at(1100, Event::Music(now("one.ogg", 0)))
        .until(5000)
        .check_lines(&[
            "1000 show mood happy",
            "1000 music play",
            "1000 video play /dance.mp4 at 0%",
            "4000 show playing one 2s",
            "4100 show playing one 3s",
        ]);
}

#[test]
fn while_playing_a_short_press_is_answered_at_once_and_then_goes_to_the_next() {
    session(songs_only()).at(5000, press()).at(5080, release()).until(5500).check(
        "5000 show playing one 3s [Pressed]
         5100 show playing one 4s [Pressed]
         5380 show playing one 4s [Next]
         5380 music next",
    );
}

#[test]
fn while_playing_a_double_press_likes_what_plays() {
    session(songs_only())
        .at(5000, press())
        .at(5060, release())
        .at(5150, press())
        .at(5200, release())
        .until(5300)
        .check(
            "5000 show playing one 3s [Pressed]
             5100 show playing one 4s [Pressed]
             5200 show playing one 4s [Liked]
             5200 like one.ogg",
        );
}

#[test]
fn while_playing_a_long_press_stops_everything_with_a_fade_and_goes_back_to_idle() {
    session(settings()).at(5200, press()).at(6500, release()).until(9000).check(
        "5100 show playing one 4s
         5200 show playing one 4s [Pressed]
         6000 show playing one 4s [Stopping]
         6000 music stop in 1500 ms
         6000 video stop in 1500 ms
         6500 show playing one 5s [Stopping]
         7500 show idle",
    );
}

#[test]
fn the_end_of_the_playlist_ends_the_video_too_and_goes_back_to_idle() {
    session(settings()).at(5050, Event::Music(PlayerEvent::Finished)).until(9000).check(
        "5050 show idle
         5050 video stop in 0 ms",
    );
}

#[test]
fn the_end_of_a_mute_video_does_not_end_the_music() {
    session(settings())
        .at(5050, Event::Video(PlayerEvent::Finished))
        .until(5200)
        .check("5100 show playing one 4s");
}

#[test]
fn another_client_that_pauses_is_seen_and_a_long_pause_ends_the_session() {
    let PlayerEvent::Playing(playing) = now("one.ogg", 4) else { unreachable!() };
    let paused = PlayerEvent::Playing(NowPlaying { paused: true, ..playing });
    session(songs_only()).at(5050, Event::Music(paused)).until(610_000).check(
        "5050 show playing one 4s [paused]
         605050 show playing one 4s [Stopping] [paused]
         605050 music stop in 1500 ms
         606550 show idle",
    );
}

#[test]
fn what_another_client_plays_is_shown_without_a_reason_of_ours() {
    let PlayerEvent::Playing(theirs) = now("theirs.ogg", 0) else { unreachable!() };
    let theirs = PlayerEvent::Playing(NowPlaying { ours: false, ..theirs });
    session(songs_only()).at(5050, Event::Music(theirs)).until(5060).check("5050 show playing theirs 0s");
}

#[test]
fn a_session_is_not_longer_than_the_house_allows() {
    let mut brief = songs_only();
    brief.times.session = Duration::from_secs(10);
    session(brief).until(12_600).check_lines(&["11000 music stop in 1500 ms", "12500 show idle"]);
}

#[test]
fn music_that_goes_away_for_long_ends_a_session_without_video() {
    session(songs_only())
        .at(5050, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))))
        .until(70_000)
        .check_lines(&["65050 show idle MusicAbsent"]);
}

#[test]
fn a_camera_that_takes_long_to_wake_up_is_told_of_within_two_seconds() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(2700, Event::CaptureStarted)
        .until(2700)
        .check(
            "0 show look 0%
         0 capture
         1500 show the camera wakes up
         2700 show look 0%",
        );
}

#[test]
fn a_player_that_falls_silent_is_told_of_within_two_seconds_and_no_more_when_it_speaks() {
    session(songs_only())
        .until(5500)
        .forget()
        .struck_dumb()
        .at(9050, Event::Music(now("one.ogg", 8)))
        .until(9100)
        .check(
            "6100 show playing one 5s
             7000 show playing one 5s [waiting]
             7100 show playing one 6s [waiting]
             8100 show playing one 7s [waiting]
             9050 show playing one 8s",
        );
}

#[test]
fn a_player_that_says_nothing_when_it_is_asked_to_play_is_told_of_within_two_seconds() {
    Story::new(songs_only())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(0, library())
        .forget()
        .at(0, Event::Picked(Mood::Happy, Source::Page))
        .until(5000)
        .check_lines(&["0 show chosen happy", "0 music play", "1900 show playing one 0s [waiting]"]);
}

#[test]
fn music_that_goes_away_in_mid_song_is_told_at_once_and_no_more_when_it_is_back() {
    session(songs_only())
        .until(5500)
        .forget()
        .at(5600, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))))
        .at(7600, Event::Part(Part::Music, Health::Well))
        .at(7650, Event::Music(now("one.ogg", 5)))
        .until(7700)
        .check_lines(&["5600 show trouble MusicAbsent", "7650 show playing one 5s"]);
}

#[test]
fn a_picture_that_goes_away_is_told_while_the_music_plays_on() {
    session(settings())
        .until(5500)
        .forget()
        .at(5600, Event::Part(Part::Video, Health::Ill(ill(TroubleKind::VideoAbsent))))
        .at(5700, Event::Part(Part::Video, Health::Well))
        .until(5800)
        .check(
            "5600 show playing one 4s [VideoAbsent]
             5700 show playing one 4s",
        );
}

#[test]
fn a_library_that_is_still_being_read_is_told_of_and_is_no_trouble_once_there_is_music() {
    let scanning = || Event::Part(Part::Scan, Health::Ill(ill(TroubleKind::MusicScanning)));
    Story::new(songs_only())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(10, scanning())
        .at(1000, Event::Picked(Mood::Happy, Source::Page))
        .until(30_000)
        .at(40_000, library())
        .at(40_010, Event::Part(Part::Scan, Health::Well))
        .at(50_000, scanning())
        .until(50_100)
        .check_lines(&[
            "10 show idle MusicScanning",
            "1000 show chosen happy",
            "4000 show trouble MusicScanning",
            "9000 show idle MusicScanning",
            "40000 show idle",
        ]);
}

#[test]
fn an_empty_library_is_told_in_idle_and_after_a_press() {
    let bare = || Event::Part(Part::Stock, Health::Ill(ill(TroubleKind::LibraryEmpty)));
    let scanning = || Event::Part(Part::Scan, Health::Ill(ill(TroubleKind::MusicScanning)));
    Story::new(songs_only())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(10, bare())
        .at(1000, Event::Picked(Mood::Happy, Source::Page))
        .until(30_000)
        // What is read just now may be the cure.
        .at(40_000, scanning())
        .at(50_000, library())
        .at(50_010, Event::Part(Part::Stock, Health::Well))
        .until(50_100)
        .check_lines(&[
            "10 show idle LibraryEmpty",
            "1000 show chosen happy",
            "4000 show trouble LibraryEmpty",
            "9000 show idle LibraryEmpty",
            "40000 show idle MusicScanning",
            "50000 show idle",
        ]);
}

#[test]
fn music_that_comes_back_in_time_goes_on() {
    session(songs_only())
        .at(5050, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))))
        .at(9050, Event::Part(Part::Music, Health::Well))
        .at(9060, Event::Music(now("one.ogg", 5)))
        .until(70_000)
        .check_lines(&["69060 show playing one 65s"]);
}

#[test]
fn at_home_it_is_remembered_what_was_liked_skipped_finished_and_left() {
    let home = Settings { learns: true, ..songs_only() };
    session(home)
        .at(5000, press())
        .at(5060, release())
        .at(5150, press())
        .at(5200, release())
        .at(9000, Event::Music(now("two.ogg", 0)))
        .at(9500, press())
        .at(9550, release())
        .at(9900, Event::Music(now("three.ogg", 0)))
        .at(12_000, press())
        .at(13_000, release())
        .until(20_000)
        .check_lines(&["12800 remember one.ogg:Liked two.ogg:Skipped three.ogg:Stopped"]);
    session(Settings { learns: true, ..songs_only() })
        .at(5050, Event::Music(now("two.ogg", 0)))
        .at(9000, Event::Music(PlayerEvent::Finished))
        .check_lines(&["9000 remember one.ogg:Finished two.ogg:Finished"]);
}

#[test]
fn the_volume_buttons_stay_under_the_cap() {
    let tap = |button| Event::Button(button, Edge::Down);
    session(songs_only())
        .at(4200, tap(Button::VolumeDown))
        .at(4300, tap(Button::VolumeUp))
        .at(4400, tap(Button::VolumeUp))
        .at(4500, tap(Button::VolumeUp))
        .until(4600)
        .check(
            "4200 show playing one 3s [Volume(50)]
             4200 music volume 50%
             4300 show playing one 3s [Volume(55)]
             4300 music volume 55%
             4400 show playing one 3s [Volume(60)]
             4400 music volume 60%
             4500 music volume 60%",
        );
}

#[test]
fn with_an_empty_library_the_mood_is_shown_and_then_that_nothing_fits() {
    Story::new(settings())
        .at(0, press())
        .at(50, release())
        .at(300, face(Mood::Happy))
        .at(1000, ended())
        .until(9100)
        .check(
            "0 show look 0%
             0 capture
             1000 show mood happy
             4000 show nothing to play for happy
             9000 show idle",
        );
}

#[test]
fn a_device_without_music_and_video_shows_the_mood_and_rests() {
    let bare = Settings { has: Has { panel: true, music: false, video: false }, ..settings() };
    Story::new(bare)
        .at(0, press())
        .at(50, release())
        .at(300, face(Mood::Sad))
        .at(1000, ended())
        .until(5000)
        .check(
            "0 show look 0%
         0 capture
         1000 show mood sad
         4000 show idle",
        );
}

proptest! {
    /// `step` is total: any event in any state, and the invariants hold after each.
    #[test]
    fn any_event_in_any_state_is_taken(
        mode in 0usize..3,
        events in proptest::collection::vec((0u64..3000, 0usize..33), 1..120),
    ) {
        let settings = Settings { mode: Mode::ALL[mode], ..settings() };
        let mut story = Story::new(settings);
        let mut at = 0;
        for (gap, which) in events {
            at += gap;
            story = story.at(at, any_event(which));
            if mode == 2 {
                prop_assert!(!story.lines().any(|line| line == "capture"), "workplace opened the camera");
            }
        }
        // Left alone long enough, every session ends, and the kiosk sleeps.
        story = story.at(at + 1, release()).until(at + 3 * 3_600_000);
        prop_assert_eq!(story.deadline(), None);
        for line in story.lines().filter(|line| line.contains("at ") && line.starts_with("music play")) {
            let volume: u32 = line.rsplit("at ").next().and_then(|end| end.trim_end_matches('%').parse().ok()).unwrap();
            prop_assert!(volume <= 60, "{line} is over the cap");
        }
    }
}

fn any_event(which: usize) -> Event {
    let absent = || Health::Ill(ill(TroubleKind::MusicAbsent));
    match which {
        0 | 1 => press(),
        2 | 3 => release(),
        4 => Event::Remote(Gesture::Short),
        5 => Event::Remote(Gesture::Long),
        6 => Event::Picked(Mood::Fear, Source::Page),
        7 => Event::CaptureStarted,
        8 | 9 => face(Mood::Happy),
        10 => between(Mood::Sad, Mood::Angry),
        11 => crowd(),
        12 | 13 => ended(),
        14 => Event::CaptureEnded(Err(ill(TroubleKind::CameraMissing))),
        15 => library(),
        16 => Event::Templates(Arc::new(Templates::shipped())),
        17 => Event::Music(now("two.ogg", 1)),
        18 => Event::Music(PlayerEvent::Finished),
        19 => Event::Video(PlayerEvent::Finished),
        20 => Event::Part(Part::Music, absent()),
        21 => Event::Part(Part::Music, Health::Well),
        22 => Event::Button(Button::VolumeUp, Edge::Down),
        23 => Event::RemoteCommand(RemoteCommand::Next),
        24 => Event::RemoteCommand(RemoteCommand::Stop),
        25 => Event::RemoteCommand(RemoteCommand::Like),
        26 => Event::RemoteCommand(RemoteCommand::Volume(200)),
        27 => Event::RemoteCommand(RemoteCommand::Unlike),
        28 => Event::RemoteCommand(RemoteCommand::Pause(true)),
        29 => Event::Items { kind: Kind::Music, ids: vec!["one.ogg".into()], after: true },
        30 => Event::Music(PlayerEvent::Playing(NowPlaying { id: "theirs".into(), ..NowPlaying::default() })),
        31 => Event::Music(PlayerEvent::Silent),
        _ => Event::Music(PlayerEvent::Skipped { id: "one.ogg".into(), reason: "vanished".into() }),
    }
}

#[test]
fn what_is_ill_stands_on_the_idle_screen_until_it_is_well() {
    Story::new(settings())
        .at(0, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::MusicAbsent))))
        .at(500, Event::Part(Part::Music, Health::Well))
        .check("0 show idle MusicAbsent\n500 show idle");
}

#[test]
fn asked_to_leave_it_says_goodbye_in_any_phase() {
    Story::new(settings()).at(0, Event::Shutdown).at(10, press()).check("0 show goodbye\n0 quit");
    Story::new(settings()).at(0, press()).at(50, Event::Shutdown).check(
        "0 show look 0%
         0 capture
         50 show goodbye
         50 cancel capture
         50 quit",
    );
}

#[test]
fn idle_asks_for_no_wake_up() {
    let story = Story::new(settings());
    assert_eq!(story.deadline(), None);
    let story = story.at(0, press()).at(50, release()).at(100, nobody()).at(200, ended()).until(10_000);
    assert_eq!(story.deadline(), None);
}

#[test]
fn when_nothing_of_what_was_chosen_can_be_played_the_panel_says_why_at_once() {
    let failed = |id: &str| {
        Event::Music(PlayerEvent::Skipped { id: id.to_owned(), reason: "there is no such file".to_owned() })
    };
    Story::new(songs_only())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(10, library())
        .at(1000, Event::Picked(Mood::Happy, Source::Page))
        .forget()
        .at(1050, failed("one.ogg"))
        .at(1060, failed("two.ogg"))
        .at(1070, Event::Part(Part::Tracks, Health::Ill(ill(TroubleKind::TracksUnplayable))))
        .at(1080, Event::Music(PlayerEvent::Finished))
        .until(10_000)
        // Each press tries again, and what plays ends it.
        .at(11_000, Event::Picked(Mood::Happy, Source::Page))
        .at(11_050, Event::Part(Part::Tracks, Health::Well))
        .at(11_060, Event::Music(now("one.ogg", 0)))
        .until(11_100)
        .check_lines(&[
            "1080 show trouble TracksUnplayable",
            "6080 show idle TracksUnplayable",
            "11000 show chosen happy",
        ]);
}

#[test]
fn where_the_songs_cannot_be_played_the_video_is_heard_and_the_trouble_stands_with_it() {
    Story::new(settings())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(10, library())
        .at(1000, Event::Picked(Mood::Happy, Source::Page))
        .at(1040, Event::Video(now("/dance.mp4", 0)))
        .at(1070, Event::Part(Part::Tracks, Health::Ill(ill(TroubleKind::TracksUnplayable))))
        .forget()
        .at(1080, Event::Music(PlayerEvent::Finished))
        .at(3990, Event::Video(now("/dance.mp4", 3)))
        .until(4000)
        .check_lines(&["1080 video volume 55%", "4000 show playing /dance.mp4 3s [TracksUnplayable]"]);
}

#[test]
fn a_player_without_a_sound_device_is_tried_again_at_each_press() {
    Story::new(songs_only())
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(10, library())
        .at(20, Event::Part(Part::Music, Health::Ill(ill(TroubleKind::NoSound))))
        .at(1000, Event::Picked(Mood::Happy, Source::Page))
        .until(1100)
        .check_lines(&["20 show idle NoSound", "1000 show chosen happy"]);
}
