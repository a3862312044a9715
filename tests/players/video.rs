//! Stories of video with a real mpv.

use crate::support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use moodbox::ports::video::about;
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, Part, PlayerEvent, TroubleKind};
use serde_json::json;
use support::mpv::{Foreign, Screen, clip, command, property, settings};
use support::{PATIENCE, signal, wait_for};

/// The number of the mpv that listens at a socket.
fn pid(socket: &Path) -> String {
    property(socket, "pid").to_string()
}

/// Whether a process of this number lives.
fn lives(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

#[test]
fn clips_play_one_after_the_other_and_then_the_still() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings.clone());
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&settings.runtime).unwrap().permissions().mode() & 0o777, 0o700);
    let still = settings.runtime.join("still.png").display().to_string();
    wait_for("the still", || (property(&socket, "path") == json!(still)).then_some(()));

    screen.play(&["short-a.mkv", "short-b.mkv"], 0, false);
    let now = screen.shows_clip("short-a.mkv");
    assert_eq!((now.title.as_str(), now.ours, now.paused, now.volume), ("short a", true, false, None));
    assert_eq!(now.length.map(|length| length.as_secs()), Some(2));
    screen.shows_clip("short-b.mkv");
    screen.finishes();
    assert_eq!(property(&socket, "path"), json!(still));
    assert_eq!(property(&socket, "idle-active"), json!(false));
}

#[test]
fn a_video_is_heard_only_when_it_speaks_and_never_above_the_cap() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.volume_cap = 60;
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings);
    screen.play(&["long-a.mkv"], 0, false);
    screen.shows_clip("long-a.mkv");
    assert_eq!(property(&socket, "aid"), json!(false));
    screen.play(&["long-b.mkv"], 100, false);
    assert_eq!(screen.shows_clip("long-b.mkv").volume, Some(60));
    wait_for("the sound", || (property(&socket, "aid") == json!(1)).then_some(()));
    assert_eq!(property(&socket, "volume"), json!(60.0));
    screen.tell(PlayerCommand::Volume(20));
    screen.shows("the volume", |now| now.volume == Some(20));

    let mut heard = Vec::new();
    screen.tell(PlayerCommand::Stop { fade: Duration::from_millis(1000) });
    wait_for("the still", || {
        heard.extend(property(&socket, "volume").as_f64());
        property(&socket, "path").as_str()?.ends_with("still.png").then_some(())
    });
    heard.dedup();
    assert!(heard.len() >= 3 && heard.is_sorted_by(|a, b| a > b), "{heard:?}");
}

#[test]
fn next_and_repeat_go_round() {
    let folder = tempfile::tempdir().unwrap();
    let screen = Screen::well(settings(folder.path()));
    screen.play(&["long-a.mkv", "long-b.mkv"], 0, true);
    for name in ["long-a.mkv", "long-b.mkv", "long-a.mkv"] {
        screen.shows_clip(name);
        screen.tell(PlayerCommand::Next);
    }
    screen.play(&["short-a.mkv"], 0, true);
    screen.shows_clip("short-a.mkv");
    screen.shows("the end of the clip", |now| now.elapsed >= Duration::from_secs(1));
    screen.shows("its beginning again", |now| now.elapsed < Duration::from_secs(1));
    screen.play(&["long-a.mkv"], 0, false);
    screen.shows_clip("long-a.mkv");
    screen.tell(PlayerCommand::Next);
    screen.finishes();
}

#[test]
fn unknown_and_broken_files_are_skipped_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings);
    screen.play(&["none.mkv", "broken.mkv", "short-a.mkv"], 0, false);
    let skipped = [screen.skips(), screen.skips()];
    assert_eq!(skipped[0], (clip("none.mkv"), "there is no such file".to_owned()));
    assert_eq!(skipped[1].0, clip("broken.mkv"));
    assert!(!skipped[1].1.is_empty());
    screen.shows_clip("short-a.mkv");
    screen.finishes();

    // What mpv would take for more than a file is no file here.
    let ids = vec!["memory://x".to_owned(), "edl://x".to_owned(), clip("broken.mkv")];
    screen.tell(PlayerCommand::Play { ids, volume: 0, repeat: true });
    screen.finishes();
    wait_for("the still", || property(&socket, "path").as_str()?.ends_with("still.png").then_some(()));
}

#[test]
fn what_another_client_does_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings);
    screen.play(&["long-a.mkv"], 0, false);
    screen.shows_clip("long-a.mkv");
    command(&socket, json!(["set_property", "pause", true]));
    screen.shows("the pause", |now| now.paused);
    command(&socket, json!(["set_property", "pause", false]));
    screen.shows("it go on", |now| !now.paused);
    command(&socket, json!(["seek", 30, "absolute"]));
    screen.shows("the jump", |now| now.elapsed >= Duration::from_secs(29));
    command(&socket, json!(["loadfile", clip("long-b.mkv")]));
    screen.shows("the foreign clip", |now| now.id == clip("long-b.mkv") && !now.ours);
    screen.finishes();
}

#[test]
fn an_mpv_that_is_killed_comes_back_with_its_clip() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings);
    screen.play(&["short-a.mkv", "long-a.mkv"], 0, false);
    screen.shows_clip("long-a.mkv");
    let first = pid(&socket);
    support::run("kill", &["-KILL", &first]);
    let (kind, report) = screen.is_ill();
    assert_eq!(kind, TroubleKind::VideoAbsent, "{report}");
    screen.is_well();
    screen.shows_clip("long-a.mkv");
    assert_ne!(pid(&socket), first);
    assert!(!lives(&first), "the dead one was not reaped");

    // A clip on which it dies again and again is left out.
    support::run("kill", &["-KILL", &pid(&socket)]);
    assert_eq!(screen.skips().0, clip("long-a.mkv"));
    screen.is_well();
    screen.finishes();
}

#[test]
fn an_mpv_that_hangs_is_noticed_within_the_deadline_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings.clone());
    let first = pid(&socket);
    // Made the first time that it is asked for, which takes its time.
    clip("long-a.mkv");
    support::run("kill", &["-STOP", &first]);
    let started = Instant::now();
    screen.play(&["long-a.mkv"], 0, false);
    let (_, report) = screen.is_ill();
    assert!(report.contains("did not answer"), "{report}");
    assert!(started.elapsed() < settings.exchange + Duration::from_secs(2), "{:?}", started.elapsed());
    screen.shows_clip("long-a.mkv");
    wait_for("the hanging one to be gone", || (!lives(&first)).then_some(()));
}

#[test]
fn without_an_mpv_the_cure_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.program = folder.path().join("no-mpv");
    let screen = Screen::new(settings.clone());
    let (kind, report) = screen.is_ill();
    assert_eq!(kind, TroubleKind::VideoAbsent);
    assert!(report.contains("apt install mpv"), "{report}");
    // It is tried again: a person may install it meanwhile.
    let mpv = String::from_utf8(Command::new("which").arg("mpv").output().unwrap().stdout).unwrap();
    std::os::unix::fs::symlink(mpv.trim(), &settings.program).unwrap();
    screen.is_well();

    settings.program = "false".into();
    let (_, report) = Screen::new(settings).is_ill();
    assert!(report.contains("ended at once"), "{report}");
}

#[test]
fn an_mpv_of_somebody_else_is_used_by_its_socket_and_left_running() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = Foreign::start();
    let mut settings = settings(folder.path());
    settings.socket = Some(foreign.socket());
    // It was started by somebody who does not know the board.
    settings.hwdec = "auto".to_owned();
    let screen = Screen::well(settings.clone());
    assert_eq!(property(&foreign.socket(), "hwdec"), json!("auto-safe"), "of a board without a decoder");
    let still = wait_for("the still", || {
        // mpv names its output a moment after the picture.
        let told = about(&foreign.socket(), settings.exchange).ok();
        told.filter(|about| about.format == "png" && !about.output.is_empty())
    });
    assert_eq!(still.output, "null");
    screen.play(&["short-a.mkv"], 0, false);
    screen.shows_clip("short-a.mkv");
    screen.finishes();
    drop(screen);
    assert_eq!(property(&foreign.socket(), "idle-active"), json!(false));

    // One that is on its way is no trouble, and taken up when it is there.
    let late = folder.path().join("late");
    settings.socket = Some(late.clone());
    let screen = Screen::new(settings.clone());
    std::thread::sleep(Duration::from_millis(600));
    std::os::unix::fs::symlink(foreign.socket(), late).unwrap();
    assert_eq!(screen.health(), Health::Well);
    drop(screen);

    settings.socket = Some(folder.path().join("nothing"));
    settings.start = Duration::ZERO;
    let (kind, report) = Screen::new(settings).is_ill();
    assert_eq!(kind, TroubleKind::VideoAbsent);
    assert!(report.contains("moodbox-video"), "{report}");
}

#[test]
fn mpv_leaves_with_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let socket = settings.runtime.join("mpv.sock");
    let screen = Screen::well(settings);
    let pid = pid(&socket);
    let started = Instant::now();
    drop(screen);
    assert!(!lives(&pid) && started.elapsed() < PATIENCE);
}

#[test]
fn a_hanging_mpv_of_somebody_else_does_not_hold_the_kiosk() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = Foreign::start();
    let mut settings = settings(folder.path());
    settings.socket = Some(foreign.socket());
    let screen = Screen::well(settings);
    signal(foreign.child(), "STOP");
    screen.play(&["long-a.mkv"], 0, false);
    let (_, report) = screen.is_ill();
    assert!(report.contains("did not answer"), "{report}");
    signal(foreign.child(), "CONT");
    screen.is_well();
    screen.shows_clip("long-a.mkv");
}

#[test]
fn only_broken_or_missing_videos_are_told_within_two_seconds_and_one_that_plays_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let screen = Screen::well(settings(folder.path()));
    let broken: Vec<String> =
        (0..12).map(|number| format!("{}/{number}.mp4", folder.path().display())).collect();
    broken.iter().for_each(|path| std::fs::write(path, vec![0; 5000]).unwrap());
    let gone: Vec<String> = (0..12).map(|number| format!("/no/disk/{number}.mp4")).collect();
    for (ids, repeat) in [(&broken, true), (&broken, false), (&gone, true), (&gone, false)] {
        screen.tell(PlayerCommand::Play { ids: ids.clone(), volume: 0, repeat });
        let asked = Instant::now();
        let report = support::receive("the failure of all", &screen.events, |event| match event {
            Event::Part(Part::Clips, Health::Ill(trouble)) => {
                assert_eq!(trouble.kind, TroubleKind::ClipsUnplayable);
                Some(trouble.report.clone())
            }
            _ => None,
        });
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        // Told in time whatever the load: on a busy machine some of the twelve are still to be tried by then.
        let tried = report.split_once(": ").and_then(|(_, rest)| rest.split_once(" videos"));
        let tried: usize = tried.and_then(|(number, _)| number.parse().ok()).unwrap_or_default();
        assert!((2..=12).contains(&tried) && report.contains("convert them"), "{report}");
        screen.finishes();
    }
    screen.play(&["long-a.mkv"], 0, false);
    support::receive("it to be well", &screen.events, |event| {
        matches!(event, Event::Part(Part::Clips, Health::Well)).then_some(())
    });
}

#[test]
fn without_a_sound_device_a_clip_is_shown_in_silence_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut deaf = settings(folder.path());
    deaf.options = ["--ao=alsa", "--audio-device=alsa/no-such-card"].map(str::to_owned).to_vec();
    let screen = Screen::well(deaf);
    screen.play(&["long-a.mkv", "long-b.mkv"], 40, false);
    let asked = Instant::now();
    let told = support::receive("the silence", &screen.events, |event| match event {
        Event::Part(Part::Sound, Health::Ill(trouble)) => Some(trouble.clone()),
        Event::Video(PlayerEvent::Skipped { reason, .. }) => panic!("it counts as broken: {reason}"),
        _ => None,
    });
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(told.kind, TroubleKind::NoSound);
    assert!(told.report.contains("aplay -l") && told.report.contains("moodbox setup"), "{}", told.report);
    screen.shows("the picture go on", |now| {
        now.id == clip("long-a.mkv") && now.elapsed > Duration::from_secs(1)
    });
}
