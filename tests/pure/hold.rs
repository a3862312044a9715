//! A button that is held on and on, and what the speaker says: stories of the core.

use crate::scenario;

use std::time::Duration;

use moodbox_core::kiosk::Has;
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::{Settings, State, step};
use moodbox_core::mood::{Mood, Scores};
use scenario::{Story, ill, press, release, settings};

#[test]
fn held_in_idle_the_look_is_called_off_and_letting_go_at_each_stage_does_what_stands_there() {
    for (let_go, expected) in [
        (2_900, &["0 capture"][..]),
        (
            3_500,
            &[
                "3000 show let go: PowerOff",
                "3000 cancel capture",
                "3500 show power Off",
                "3500 power Off",
                "33500 show idle",
            ],
        ),
        (6_500, &["6000 show let go: Restart", "6500 show power Restart", "6500 power Restart"]),
        (9_500, &["9000 show let go: Nothing", "9500 show idle"]),
        (600_000, &["9000 show let go: Nothing", "600000 show idle"]),
    ] {
        let story = Story::new(settings()).at(0, press()).at(let_go, release()).until(700_000);
        let shut_down = story.lines().any(|line| line.starts_with("power "));
        assert_eq!(shut_down, (3_000..9_000).contains(&let_go), "let go at {let_go} ms");
        story.check_lines(expected);
    }
}

#[test]
fn held_while_playing_the_music_is_stopped_first_and_a_press_in_time_means_what_it_always_did() {
    let playing =
        || Story::new(settings()).at(0, Event::Picked(Mood::Happy, Source::Page)).until(100).forget();
    // Nothing is there to play, so the session is short; what counts is what the finger does in it.
    playing()
        .at(200, press())
        .at(3_600, release())
        .until(40_000)
        .check_lines(&["3200 show let go: PowerOff", "3600 power Off"]);
    let short = playing().at(200, press()).at(300, release()).until(40_000);
    assert!(!short.lines().any(|line| line.contains("let go") || line.starts_with("power")));
}

#[test]
fn nothing_else_begins_while_the_menu_is_open() {
    Story::new(settings())
        .at(0, press())
        .until(4_000)
        .forget()
        .at(4_100, Event::Remote(Gesture::Short))
        .at(4_200, Event::Picked(Mood::Sad, Source::Page))
        .at(4_300, Event::CaptureEnded(Ok(())))
        .until(5_000)
        .check("");
}

#[test]
fn a_refusal_is_told_on_the_panel_and_the_kiosk_goes_on() {
    Story::new(settings())
        .at(0, press())
        .at(3_500, release())
        .forget()
        .at(3_700, Event::PowerRefused(ill(TroubleKind::PowerDenied)))
        .until(20_000)
        .check(
            "3700 show trouble PowerDenied
             8700 show idle",
        );
}

#[test]
fn where_the_menu_is_off_a_button_that_is_held_is_a_press() {
    let settings = Settings { hold_menu: false, ..settings() };
    let story = Story::new(settings).at(0, press()).at(20_000, release()).until(30_000);
    assert!(!story.lines().any(|line| line.contains("let go") || line.starts_with("power")));
}

/// A home that learns: the menu offers to forget.
fn learning() -> Settings {
    Settings { learns: true, ..settings() }
}

#[test]
fn what_was_learnt_is_forgotten_by_a_long_hold_and_only_after_a_yes() {
    let asked = || Story::new(learning()).at(0, press()).at(9_500, release()).until(10_000);
    asked().check_lines(&[
        "6000 show let go: Restart",
        "9000 show let go: Forget",
        "9500 show forget it all?",
    ]);
    asked().forget().at(11_000, press()).at(13_000, release()).until(20_000).check(
        "11800 show forgotten
         11800 forget
         16800 show idle",
    );
    asked().forget().at(11_000, press()).at(11_100, release()).until(20_000).check("11100 show idle");
    asked().forget().until(60_000).check("24500 show idle");
    asked()
        .forget()
        .at(11_000, Event::RemoteCommand(RemoteCommand::Stop))
        .until(20_000)
        .check("11000 show idle");
    asked().forget().at(11_000, Event::Remote(Gesture::Long)).until(20_000).check("");
    asked()
        .forget()
        .at(11_000, Event::Remote(Gesture::Short))
        .until(11_100)
        .check("11000 show look 0%\n11000 capture");
}

#[test]
fn a_device_that_keeps_nothing_does_not_offer_to_forget_and_the_last_stage_is_to_do_nothing() {
    let lines = |settings| -> Vec<String> {
        let story = Story::new(settings).at(0, press()).at(20_000, release()).until(30_000);
        story.lines().filter(|line| line.contains("let go")).map(str::to_owned).collect()
    };
    assert_eq!(lines(settings()).last().unwrap(), "show let go: Nothing");
    assert!(!lines(settings()).iter().any(|line| line.contains("Forget")));
    assert_eq!(lines(learning()).last().unwrap(), "show let go: Nothing");
    assert_eq!(lines(learning()).len(), 4);
    let numbers_only = Settings { asks_if_it_helped: true, ..settings() };
    assert_eq!(lines(numbers_only).len(), 4);
    let moods_only = Settings { keeps_moods: true, ..settings() };
    assert_eq!(lines(moods_only).len(), 4);
}

#[test]
fn forgetting_is_said_where_no_panel_shows_it() {
    Story::new(Settings { learns: true, ..speaker() })
        .at(0, press())
        .at(9_500, release())
        .at(11_000, press())
        .at(13_000, release())
        .until(14_000)
        .check_lines(&[
            "9000 say [Hold(Forget)]",
            "9500 say [AskToForget]",
            "11800 forget",
            "11800 say [Forgotten]",
        ]);
}

#[test]
fn a_choice_is_made_by_a_long_press_and_no_menu_comes_in_its_way() {
    let workplace = Settings { mode: moodbox_core::kiosk::policy::Mode::Workplace, ..settings() };
    let story = Story::new(workplace)
        .at(0, press())
        .at(100, release())
        .at(1_000, press())
        .at(8_000, release())
        .until(9_000);
    assert!(!story.lines().any(|line| line.contains("let go")));
    story.check_lines(&["1800 show chosen"]);
}

#[test]
fn a_shutdown_by_the_system_ends_the_menu() {
    Story::new(settings())
        .at(0, press())
        .until(3_500)
        .forget()
        .at(3_600, Event::Shutdown)
        .at(3_700, release())
        .check("3600 show goodbye\n3600 quit");
}

#[test]
fn in_idle_nothing_of_it_wakes_the_device() {
    let story = Story::new(settings()).at(0, press()).at(9_500, release()).until(20_000);
    assert_eq!(story.deadline(), None);
}

fn speaker() -> Settings {
    Settings { has: Has { panel: false, music: true, video: false }, prompts: Some(80), ..settings() }
}

fn between(a: Mood, b: Mood) -> Event {
    let mean = Scores::mean(&[Scores::certain(a), Scores::certain(b)]);
    Event::FrameObserved(Observation { copy: false, faces: 1, rival: 0.0, scores: Some(mean) })
}

#[test]
fn without_a_panel_the_voice_says_what_it_would_show_under_the_cap_with_the_music_lowered() {
    Story::new(speaker())
        .at(0, press())
        .at(90, release())
        .at(300, Event::CaptureStarted)
        .at(900, Event::Spoken(1))
        .at(1_290, Event::CaptureEnded(Ok(())))
        .at(3_000, Event::Spoken(2))
        .until(10_000)
        .check(
            "0 capture
             0 music duck
             0 say [LookAtMe] at 60%
             900 music as before
             1290 music duck
             1290 say [NoFace] at 60%
             3000 music as before",
        );
}

#[test]
fn two_moods_are_chosen_between_by_ear_and_only_the_last_prompt_gives_the_sound_back() {
    Story::new(speaker())
        .at(0, press())
        .at(90, release())
        .at(300, Event::CaptureStarted)
        .at(400, between(Mood::Happy, Mood::Sad))
        .at(1_290, Event::CaptureEnded(Ok(())))
        .forget()
        .at(2_000, press())
        .at(2_100, release())
        // The first two were cut off; their ends come late.
        .at(2_110, Event::Spoken(1))
        .at(2_120, Event::Spoken(2))
        .at(4_000, Event::Spoken(3))
        .at(5_000, press())
        .until(5_900)
        .check_lines(&["2100 say [Mood(", "4000 music as before", "5800 say [GotIt]"]);
}

#[test]
fn an_unsure_look_names_both_the_question_and_the_first_mood() {
    let story = Story::new(speaker())
        .at(0, press())
        .at(300, Event::CaptureStarted)
        .at(400, between(Mood::Happy, Mood::Sad))
        .at(1_290, Event::CaptureEnded(Ok(())));
    story.check_lines(&["1290 say [NotSure, Mood("]);
}

#[test]
fn each_stage_of_the_menu_and_a_fault_are_said() {
    Story::new(speaker())
        .at(0, press())
        .at(9_500, release())
        .at(10_000, press())
        .at(10_050, Event::CaptureEnded(Ok(())))
        .at(10_100, release())
        .at(10_200, Event::CaptureEnded(Err(ill(TroubleKind::CameraBusy))))
        .until(11_000)
        .check_lines(&[
            "3000 say [Hold(PowerOff)]",
            "6000 say [Hold(Restart)]",
            "9000 say [Hold(Nothing)]",
            "10000 say [LookAtMe]",
            "10200 say [Fault]",
        ]);
}

#[test]
fn in_public_a_notice_that_is_spoken_is_heard_to_its_end_before_the_camera_looks() {
    let public = Settings { mode: moodbox_core::kiosk::policy::Mode::Public, ..speaker() };
    Story::new(public).at(0, press()).at(90, release()).until(11_500).check_lines(&[
        "0 say [Notice] at 60%",
        "11000 capture",
        "11000 say [LookAtMe]",
    ]);
}

#[test]
fn a_device_with_a_panel_and_no_prompts_is_silent() {
    let story = Story::new(settings()).at(0, press()).at(100, release()).until(20_000);
    assert!(!story.lines().any(|line| line.starts_with("say") || line.contains("duck")));
}

#[test]
fn a_mood_that_was_read_is_not_said_aloud() {
    let mut state = State::new(speaker());
    let mut said = String::new();
    let happy = Event::FrameObserved(Observation {
        copy: false,
        faces: 1,
        rival: 0.0,
        scores: Some(Scores::certain(Mood::Happy)),
    });
    let session = [press(), release(), Event::CaptureStarted, happy, Event::CaptureEnded(Ok(()))];
    for (at, event) in (0..).step_by(200).zip(session) {
        for action in step(&mut state, Duration::from_millis(at), event) {
            if let moodbox_core::kiosk::action::Action::Say { words, .. } = action {
                said.push_str(&format!("{words:?}"));
            }
        }
    }
    assert_eq!(said, "[LookAtMe][GotIt, NotSo]");
}

/// What the panel is told of a hold: how long it is held, and how long until it does something.
fn told(state: &mut State, at: Duration, event: Event) -> Vec<Option<(u64, u64)>> {
    let actions = step(state, at, event).into_iter();
    let held = actions.filter_map(|action| match action {
        Action::Held(held) => Some(held.map(|held| (ms(held.gone), ms(held.left)))),
        _ => None,
    });
    held.collect()
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

#[test]
fn a_hold_tells_the_panel_when_it_takes_effect_and_when_it_is_over() {
    let at = Duration::from_millis;
    let mut state = State::new(settings());
    assert_eq!(told(&mut state, at(0), press()), [Some((0, 3000))]);
    assert_eq!(told(&mut state, at(3000), Event::Tick), [Some((0, 3000))], "the menu, and its next choice");
    assert_eq!(told(&mut state, at(3500), Event::Tick), [], "nothing new");
    assert_eq!(told(&mut state, at(6000), Event::Tick), [Some((0, 3000))]);
    assert_eq!(told(&mut state, at(9000), Event::Tick), [None], "held on, nothing more comes");
    assert_eq!(told(&mut state, at(9500), release()), []);

    // Where a question stands, a long press is a yes.
    let mut state = State::new(learning());
    told(&mut state, at(0), press());
    for second in [3, 6, 9] {
        told(&mut state, Duration::from_secs(second), Event::Tick);
    }
    assert_eq!(told(&mut state, at(9500), release()), [None]);
    assert_eq!(told(&mut state, at(11_000), press()), [Some((0, 800))]);
    assert_eq!(told(&mut state, at(11_100), release()), [None]);
}
