//! The rules of the house, told as stories: quiet hours, sleep, darkness, what a press does, and what is
//! learnt and forgotten.

use crate::scenario;

use std::time::Duration;

use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::house_rules::{House, Press, QuietHours, Sleep};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::{RuntimeSettings, Settings, choices};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{History, Outcome, Quiet};
use moodbox_core::text::Language;
use scenario::session::{ended, face, library, now, session, songs_only};
use scenario::{Story, press, release, settings};

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn with(house: House) -> Settings {
    Settings { house, ..songs_only() }
}

/// From ten in the evening to seven: at most 20 %.
fn quiet(starts: bool) -> House {
    let hours = Quiet { from: 22 * 60, to: 7 * 60, volume: 20 };
    House { quiet: Some(QuietHours { hours, starts }), ..House::default() }
}

fn sleep(after: u64, at_track_end: bool) -> House {
    let sleep = Sleep { after: Some(minutes(after)), fade: Duration::from_secs(10), at_track_end };
    House { sleep, ..House::default() }
}

/// A long evening: nothing but the sleep timer ends it.
fn evening(house: House) -> Settings {
    let mut settings = with(house);
    settings.times.session = minutes(300);
    settings
}

fn track(id: &str, elapsed: u64, length: Option<u64>) -> Event {
    let PlayerEvent::Playing(playing) = now(id, elapsed) else { unreachable!() };
    Event::Music(PlayerEvent::Playing(NowPlaying { length: length.map(Duration::from_secs), ..playing }))
}

fn press_in(house: House) -> Story {
    session(with(house)).at(5000, press()).at(5080, release()).until(5500)
}

// ---- quiet hours ----

#[test]
fn in_quiet_hours_the_music_is_no_louder_than_the_house_allows() {
    for (minute, volume) in [(12 * 60, "55%"), (22 * 60, "20%"), (3 * 60, "20%"), (7 * 60, "55%")] {
        let story = Story::new(with(quiet(true)))
            .at(0, Event::WallClock(minute))
            .at(0, library())
            .at(0, Event::Picked(Mood::Happy, Source::Page));
        let play = story.lines().find(|line| line.starts_with("music play")).unwrap().to_owned();
        assert!(play.ends_with(volume), "at {minute}: {play}");
    }
}

#[test]
fn quiet_hours_that_begin_while_something_plays_turn_it_down() {
    session(with(quiet(true))).at(5050, Event::WallClock(22 * 60)).until(5060).check("5050 music volume 20%");
}

#[test]
fn in_quiet_hours_neither_a_button_nor_another_client_turns_it_up() {
    let PlayerEvent::Playing(playing) = now("one.ogg", 4) else { unreachable!() };
    let loud = PlayerEvent::Playing(NowPlaying { volume: Some(50), ..playing });
    session(with(quiet(true)))
        .at(4200, Event::WallClock(23 * 60))
        .at(4300, Event::Button(Button::VolumeUp, Edge::Down))
        .at(4400, Event::Music(loud))
        .until(4401)
        .check_lines(&["4200 music volume 20%", "4300 music volume 20%", "4400 music volume 20%"]);
}

#[test]
fn a_house_that_wants_its_rest_says_until_when_and_looks_at_nobody() {
    let night = || Story::new(with(quiet(false))).at(0, Event::WallClock(23 * 60)).at(0, library()).forget();
    night().at(10, press()).at(90, release()).until(6000).check("10 show quiet until 7:00\n5010 show idle");
    night().at(10, Event::Picked(Mood::Sad, Source::Page)).until(20).check("10 show quiet until 7:00");
    night().at(10, Event::WallClock(7 * 60)).at(20, press()).until(30).check("20 show look 0%\n20 capture");
}

#[test]
fn what_plays_already_when_the_rest_begins_goes_on_softer() {
    session(with(quiet(false)))
        .at(5050, Event::WallClock(22 * 60))
        .until(5060)
        .check("5050 music volume 20%");
}

// ---- sleep ----

#[test]
fn the_sleep_timer_fades_the_music_out_long_after_the_last_press_and_leaves_the_device_on() {
    session(evening(sleep(20, false)))
        .at(60_000, press())
        .at(60_050, release())
        .until(1_400_000)
        .check_lines(&["60350 music next", "1260050 music stop in 10000 ms", "1270050 show idle"]);
}

#[test]
fn the_sleep_timer_lets_the_track_end_if_the_house_wishes_so() {
    // The session began at 1 s; the timer is due at 1201 s, in the middle of a track that ends at 1350 s.
    session(evening(sleep(20, true)))
        .at(1_150_000, track("two.ogg", 0, Some(200)))
        .until(1_400_000)
        .check_lines(&["1340000 music stop in 10000 ms", "1350000 show idle"]);
    // A track that does not say how long it is ends when the next one begins.
    session(evening(sleep(20, true)))
        .at(1_150_000, track("two.ogg", 0, None))
        .at(1_500_000, track("three.ogg", 0, None))
        .until(1_600_000)
        .check_lines(&["1500000 music stop in 1500 ms", "1501500 show idle"]);
}

#[test]
fn a_mix_of_hours_does_not_keep_the_house_awake() {
    session(evening(sleep(20, true)))
        .at(10_000, track("two.ogg", 0, Some(7200)))
        .until(3_000_000)
        .check_lines(&["2101000 music stop in 10000 ms"]);
}

#[test]
fn a_person_may_ask_for_sleep_and_take_it_back() {
    session(evening(House::default()))
        .at(5000, Event::Sleep(Some(minutes(1))))
        .until(80_000)
        .check_lines(&["65000 music stop in 10000 ms"]);
    let awake = session(evening(House::default()))
        .at(5000, Event::Sleep(Some(minutes(1))))
        .at(6000, Event::Sleep(None))
        .until(80_000);
    assert!(awake.lines().all(|line| !line.starts_with("music stop")));
}

#[test]
fn a_press_into_a_long_fade_is_answered_like_any_other() {
    session(evening(sleep(20, false)))
        .until(1_202_000)
        .forget()
        .at(1_203_000, press())
        .until(1_203_010)
        .check("1203000 show look 0%\n1203000 capture");
}

// ---- darkness ----

#[test]
fn a_panel_that_nobody_looks_at_goes_dark_and_the_next_press_both_lights_it_and_looks() {
    let dark = House { idle_off: Some(minutes(5)), ..House::default() };
    let story = Story::new(with(dark)).until(400_000);
    assert_eq!(story.deadline(), None, "the dark asks for no wake-up");
    story.at(500_000, press()).until(500_010).check(
        "300000 show asleep
         500000 show look 0%
         500000 capture",
    );
}

#[test]
fn a_panel_is_dimmed_before_it_goes_dark_and_a_press_wakes_it_from_either() {
    let house = House { idle_dim: Some(minutes(2)), idle_off: Some(minutes(5)), ..House::default() };
    let story = || Story::new(with(house.clone()));
    story().until(400_000).check("120000 show dozing\n300000 show asleep");
    story().at(130_000, press()).until(130_010).check(
        "120000 show dozing
         130000 show look 0%
         130000 capture",
    );
    let only_dim = House { idle_off: None, ..house.clone() };
    let story = Story::new(with(only_dim)).until(400_000);
    assert_eq!(story.deadline(), None, "dimmed, it asks for no wake-up");
    story.check("120000 show dozing");
    // Dark before it would be dimmed: it is only dark.
    let dark_first = House { idle_off: Some(minutes(1)), ..house };
    Story::new(with(dark_first)).until(400_000).check("60000 show asleep");
}

#[test]
fn the_dark_comes_so_long_after_the_last_session_and_never_while_something_plays() {
    let mut dark = evening(House { idle_off: Some(minutes(1)), ..House::default() });
    dark.times.session = minutes(3);
    session(dark).until(400_000).check_lines(&[
        "181000 music stop",
        "182500 show idle",
        "242500 show asleep",
    ]);
}

// ---- the press ----

#[test]
fn what_a_press_does_while_playing_is_the_houses_choice() {
    for (press, said) in [
        (Press::Next, &["5380 show playing one 4s [Next]", "5380 music next"][..]),
        (Press::Stop, &["5380 show playing one 4s [Stopping]", "5380 music stop in 1500 ms"]),
        (Press::Again, &["5380 show look 0%", "5380 music stop in 1500 ms", "5380 capture"]),
    ] {
        press_in(House { press, ..House::default() }).check_lines(said);
    }
    let nothing = press_in(House { press: Press::Nothing, ..House::default() });
    assert!(nothing.lines().all(|line| line.starts_with("show playing")));
}

#[test]
fn in_public_the_page_cannot_look_again_and_the_music_goes_on() {
    let again = Settings { mode: Mode::Public, ..with(House { press: Press::Again, ..House::default() }) };
    Story::new(again)
        .at(0, library())
        .at(0, Event::Picked(Mood::Happy, Source::Page))
        .at(100, Event::Music(now("one.ogg", 0)))
        .forget()
        .at(200, Event::Remote(Gesture::Short))
        .until(300)
        .check("");
}

// ---- a mood without a camera ----

#[test]
fn a_mood_from_a_sensor_plays_in_every_mode_and_is_marked_by_its_source() {
    for mode in Mode::ALL {
        let settings = Settings { mode, ..songs_only() };
        let story = Story::new(settings)
            .at(0, library())
            .at(
                0,
                Event::Picked(Mood::Happy, Source::Sensor("chair\n\u{7} in the hall, by the window".into())),
            )
            .at(100, Event::Music(now("one.ogg", 0)))
            .until(3500);
        let why = choices(story.state());
        assert!(why.iter().all(|(_, why)| why.starts_with("chair in the hall, by t…: happy; ")), "{why:?}");
        story.check_lines(&[
            "0 show chair in the hall, by t… says happy",
            "0 music play",
            "3000 show playing one",
        ]);
    }
    let by_hand = Story::new(songs_only()).at(0, library()).at(0, Event::Picked(Mood::Happy, Source::Page));
    assert!(choices(by_hand.state()).iter().all(|(_, why)| !why.contains("happy;")));
}

#[test]
fn a_mood_that_is_picked_while_something_plays_ends_that_session_and_what_it_leaves_behind() {
    let home = Settings { learns: true, ..settings() };
    session(home).at(5050, Event::Picked(Mood::Sad, Source::Page)).until(5060).check_lines(&[
        "5050 show chosen sad",
        "5050 remember one.ogg:Stopped",
        "5050 music play",
    ]);
}

// ---- did it help? ----

/// Sad, a session, and soon after it another look: happy.
fn looks_again(settings: Settings, after_ms: u64) -> Story {
    let notice = if settings.mode == Mode::Public { 8000 } else { 0 };
    let mut story = Story::new(settings).at(0, library());
    for (at, mood) in [(0, Mood::Sad), (60_000 + after_ms, Mood::Happy)] {
        let look = at + notice;
        story = story
            .at(at, press())
            .at(at + 50, release())
            .at(look + 300, face(mood))
            .at(look + 1000, ended())
            .at(look + 1100, Event::Music(now("one.ogg", 0)))
            .at(look + 20_000, Event::Remote(Gesture::Long))
            .until(look + 30_000);
    }
    story
}

#[test]
fn a_second_look_soon_after_a_session_says_whether_it_helped() {
    let home = || Settings { learns: true, asks_if_it_helped: true, ..songs_only() };
    looks_again(home(), 0).check_lines(&[
        "20000 remember one.ogg:Stopped",
        "80000 remember one.ogg:Stopped helped sad +1.50 of 1",
    ]);
    // Ten minutes later it may be anybody.
    let late = looks_again(home(), 700_000);
    assert!(late.lines().all(|line| !line.contains("helped")));
    let unasked = looks_again(Settings { asks_if_it_helped: false, ..home() }, 0);
    assert!(unasked.lines().all(|line| !line.contains("helped")));
}

#[test]
fn in_public_nothing_is_kept_and_by_wish_the_numbers_alone() {
    let public = || Settings { mode: Mode::Public, ..songs_only() };
    assert!(looks_again(public(), 0).lines().all(|line| !line.starts_with("remember")));
    let asked = looks_again(Settings { asks_if_it_helped: true, ..public() }, 0);
    let kept: Vec<&str> = asked.lines().filter(|line| line.starts_with("remember")).collect();
    assert_eq!(kept, ["remember helped sad +1.50 of 1"]);
}

#[test]
fn a_mood_that_somebody_named_is_no_look_and_says_nothing_of_having_helped() {
    let home = Settings { learns: true, asks_if_it_helped: true, ..songs_only() };
    let story = Story::new(home)
        .at(0, library())
        .at(0, Event::Picked(Mood::Sad, Source::Page))
        .at(100, Event::Music(now("one.ogg", 0)))
        .at(5000, Event::Remote(Gesture::Long))
        .at(9000, press())
        .at(9050, release())
        .at(9300, face(Mood::Happy))
        .at(10_000, ended())
        .at(10_100, Event::Music(now("one.ogg", 0)))
        .at(20_000, Event::Remote(Gesture::Long));
    assert!(story.lines().all(|line| !line.contains("helped")));
}

// ---- forgetting ----

#[test]
fn forgetting_erases_what_was_learnt_and_says_so_and_nothing_of_it_comes_back() {
    let mut history = History::default();
    history.begin(Mood::Sad);
    history.record("one.ogg", Outcome::Liked);
    let home = Settings { learns: true, ..songs_only() };
    Story::new(home.clone())
        .at(0, Event::History(Box::new(history.clone())))
        .at(10, Event::Forget)
        .until(6000)
        .check("10 show forgotten\n10 unlike one.ogg\n10 forget\n5010 show idle");
    // In the middle of a session: what plays goes on, and its past is not learnt afterwards.
    let story = session(home).at(5000, Event::Forget).at(6000, Event::Remote(Gesture::Long)).until(9000);
    assert!(story.lines().any(|line| line == "forget"));
    assert!(story.lines().all(|line| !line.contains("one.ogg:")), "{:?}", story.lines().collect::<Vec<_>>());
}

// ---- what is changed while the device runs ----

#[test]
fn a_lower_cap_turns_down_what_plays_and_holds_for_players_and_buttons() {
    let live = |cap| RuntimeSettings { volume_cap: cap, ..songs_only().runtime() };
    let story = session(songs_only())
        .at(5000, Event::Settings(Box::new(live(30))))
        .at(5100, Event::Button(Button::VolumeUp, Edge::Down))
        .until(5200);
    assert_eq!(story.snapshot().volume_cap, 30);
    story.check_lines(&["5000 music cap 30%", "5000 music volume 30%", "5100 music volume 30%"]);
    // What was set already is no news.
    let again = session(songs_only()).at(5000, Event::Settings(Box::new(songs_only().runtime()))).until(5000);
    assert!(again.lines().all(|line| !line.contains("cap")));
}

#[test]
fn another_language_is_spoken_at_once_and_quiet_hours_begin_when_they_are_set() {
    let live =
        RuntimeSettings { language: Language::De, quiet: quiet(false).quiet, ..songs_only().runtime() };
    session(songs_only())
        .at(4100, Event::WallClock(23 * 60))
        .at(5000, Event::Settings(Box::new(live)))
        .until(5050)
        .check_lines(&["5000 speak de", "5000 music volume 20%"]);
}

#[test]
fn a_notice_that_is_written_anew_stands_before_the_next_look() {
    let public = Settings { mode: Mode::Public, ..songs_only() };
    let live = RuntimeSettings { notice: Some("Hier schaut eine Kamera".into()), ..public.runtime() };
    Story::new(public)
        .at(0, Event::Settings(Box::new(live)))
        .at(100, press())
        .until(200)
        .check_lines(&["100 show notice 8 \"Hier schaut eine Kamera\""]);
}

#[test]
fn a_volume_to_begin_with_is_taken_and_what_a_person_set_is_kept_otherwise() {
    let turned = || Story::new(songs_only()).at(0, Event::RemoteCommand(RemoteCommand::Volume(25)));
    let notice = RuntimeSettings { notice: Some("Hello".into()), ..songs_only().runtime() };
    assert_eq!(turned().at(1, Event::Settings(Box::new(notice))).snapshot().volume, 25);
    let start = RuntimeSettings { start_volume: 33, ..songs_only().runtime() };
    assert_eq!(turned().at(1, Event::Settings(Box::new(start))).snapshot().volume, 33);
}
