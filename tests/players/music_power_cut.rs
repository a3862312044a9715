//! The power goes in a session or after it: MPD starts with a state file that may be minutes old.
//!
//! MPD runs with the configuration that Debian's package installs; only its folders are moved, and a null output
//! stands for the sound card. MPD writes its state file some time after a change (two minutes by default): here
//! each second, and each of these files is what it may find after a power cut at that second or any later one.

use crate::support;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use moodbox::ports::music::{MusicSettings, clean};
use moodbox_core::kiosk::action::PlayerCommand;
use mpd::State;
use support::mpd::{Player, Server};
use support::wait_for;

const OURS: [&str; 3] = ["long-a.ogg", "long-b.ogg", "short-a.ogg"];
const SESSION_S: usize = 4;
const AFTER_S: usize = 3;

fn settings(server: &Server) -> MusicSettings {
    MusicSettings { memory: Some(server.beside("ours.json")), ..server.by_socket() }
}

/// MPD's state file and our note as they lie on the disk.
struct Moment {
    state: Vec<u8>,
    note: Vec<u8>,
}

/// Each second of a session and after it. A person's own song plays before.
fn moments(server: &Server) -> Vec<Moment> {
    let mut other = server.other();
    let theirs = other.push(mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() }).unwrap();
    other.volume(70).unwrap();
    other.switch(theirs).unwrap();
    let state = || fs::read(server.beside("state")).unwrap_or_default();
    wait_for("the state file", || String::from_utf8_lossy(&state()).contains("long-c.ogg").then_some(()));
    let mut player = Player::well(settings(server));
    player.play(&OURS);
    player.hears_song("long-a.ogg");
    let mut moments = Vec::new();
    for second in 0..SESSION_S + AFTER_S {
        if second == SESSION_S {
            player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
            wait_for("the end", || (server.queue() == ["long-c.ogg"]).then_some(()));
        }
        moments.push(Moment { state: state(), note: fs::read(server.beside("ours.json")).unwrap() });
        sleep(Duration::from_secs(1));
    }
    player.leave();
    moments
}

fn holds_ours(state: &str) -> bool {
    OURS.iter().any(|ours| state.contains(&format!(":{ours}\n")))
}

#[test]
fn no_session_that_is_over_sounds_after_a_power_cut_at_any_second() {
    let mut server = Server::as_debian_configures_it();
    let moments = moments(&server);
    server.kill();
    let (state, note) = (server.beside("state"), server.beside("ours.json"));
    let mut stale = 0;
    for (written, moment) in moments.iter().enumerate() {
        // The note is written at once; the state file may be of any second before.
        for cut in &moments[written..] {
            fs::write(&state, &moment.state).unwrap();
            fs::write(&note, &cut.note).unwrap();
            let before = String::from_utf8_lossy(&moment.state).into_owned();
            let removed = clean(&state, &note).unwrap();
            let after = fs::read_to_string(&state).unwrap();
            assert_eq!(removed > 0, holds_ours(&before), "written at {written}: {before}");
            assert!(!holds_ours(&after) && after.contains("long-c.ogg"), "written at {written}: {after}");
            stale += usize::from(removed > 0);
        }
    }
    assert!(stale > SESSION_S, "the state files held sessions: {stale}");

    // With the file cleaned, MPD itself starts in silence or with the person's own song.
    let last = moments.last().unwrap();
    fs::write(&state, &moments[SESSION_S - 1].state).unwrap();
    fs::write(&note, &last.note).unwrap();
    clean(&state, &note).unwrap();
    server.launch();
    assert_eq!(server.queue(), ["long-c.ogg"]);
    server.kill();

    // Without that (an MPD on another machine), the first connection ends it.
    for (written, cut) in [(SESSION_S - 1, SESSION_S - 1), (SESSION_S - 1, moments.len() - 1), (1, SESSION_S)]
    {
        fs::write(&state, &moments[written].state).unwrap();
        fs::write(&note, &moments[cut].note).unwrap();
        server.launch();
        let mut player = Player::well(settings(&server));
        wait_for("ours to be gone", || (server.queue() == ["long-c.ogg"]).then_some(()));
        let status = server.other().status().unwrap();
        // A file without a session lets the person's own song go on, as MPD does.
        let held = holds_ours(&String::from_utf8_lossy(&moments[written].state));
        assert!(
            !held || status.state != State::Play,
            "written at {written}, cut at {cut}: nobody asked for it"
        );
        player.leave();
        server.kill();
    }
}
