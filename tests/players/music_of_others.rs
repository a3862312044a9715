//! A person's own music, before, during and after a session.

use crate::support;

use std::time::Duration;

use moodbox::ports::music::{Afterwards, MusicSettings};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, PlayerEvent};
use mpd::State;
use support::mpd::{Player, Server};
use support::{receive, wait_for};

/// A server on which a person hears `long-c.ogg` from its 30th second on, at 70 %, and has another song waiting.
fn at_home() -> Server {
    let server = Server::start();
    let mut other = server.other();
    let song = |name: &str| mpd::Song { file: name.to_owned(), ..mpd::Song::default() };
    other.push(song("long-a.ogg")).unwrap();
    let theirs = other.push(song("long-c.ogg")).unwrap();
    other.volume(70).unwrap();
    other.switch(theirs).unwrap();
    // A song that MPD is about to open cannot be wound yet.
    wait_for("the song to be open", || other.rewind(30.0).ok());
    server
}

fn session(player: &Player) {
    player.play(&["long-b.ogg"]);
    player.hears("ours", |now| now.ours);
}

fn end(player: &Player) {
    player.tell(PlayerCommand::Stop { fade: Duration::from_millis(300) });
}

/// What the player does once ours is gone: its state, the current song, the whole seconds, the volume.
fn settled(server: &Server, state: State) -> (String, u64, i8) {
    wait_for("what was before", || {
        let status = server.other().status().unwrap();
        let song = server.other().currentsong().unwrap().map(|song| song.file).unwrap_or_default();
        let there =
            status.state == state && server.queue() == ["long-a.ogg", "long-c.ogg"] && status.volume == 70;
        there.then(|| (song, status.elapsed.unwrap_or_default().as_secs(), status.volume))
    })
}

#[test]
fn what_played_before_a_session_goes_on_where_it_was_or_waits_there_or_stays_stopped() {
    for (afterwards, state) in [
        (Afterwards::Resume, State::Play),
        (Afterwards::Pause, State::Pause),
        (Afterwards::Stop, State::Stop),
    ] {
        let server = at_home();
        let player = Player::well(MusicSettings { afterwards, ..server.by_socket() });
        session(&player);
        end(&player);
        let (song, elapsed, _) = settled(&server, state);
        assert_eq!(song, "long-c.ogg", "{afterwards:?}");
        assert!(state == State::Stop || (29..45).contains(&elapsed), "{afterwards:?}: {elapsed}");
    }
}

#[test]
fn what_was_paused_or_stopped_before_a_session_is_so_afterwards() {
    for state in [State::Pause, State::Stop] {
        let server = at_home();
        match state {
            State::Pause => server.other().pause(true).unwrap(),
            _ => server.other().stop().unwrap(),
        }
        let player = Player::well(server.by_socket());
        session(&player);
        end(&player);
        assert_eq!(settled(&server, state).0, "long-c.ogg", "{state:?}");
    }
}

#[test]
fn whoever_paused_or_stopped_the_session_or_sleeps_hears_nothing_afterwards() {
    for paused in [true, false] {
        let server = at_home();
        let player = Player::well(server.by_socket());
        session(&player);
        if paused {
            server.other().pause(true).unwrap();
            player.hears("the pause", |now| now.paused);
        } else {
            player.tell(PlayerCommand::StayQuiet);
        }
        end(&player);
        settled(&server, State::Pause);
    }
}

#[test]
fn a_moodbox_that_crashed_in_a_session_brings_everything_back_paused() {
    let server = at_home();
    let settings = MusicSettings { memory: Some(server.beside("ours.json")), ..server.by_socket() };
    let mut crashed = moodbox::ports::music::Mpd::new(settings.clone());
    moodbox::ports::music::Music::connect(&mut crashed).unwrap();
    moodbox::ports::music::Music::play(&mut crashed, &["long-b.ogg".to_owned()], 20).unwrap();
    drop(crashed);
    let _player = Player::well(settings);
    assert_eq!(settled(&server, State::Pause).0, "long-c.ogg");
}

#[test]
fn the_volume_that_another_client_sets_is_told_and_stays_after_the_session() {
    let server = at_home();
    let player = Player::well(server.by_socket());
    player.hears_song("long-c.ogg");
    let hears = |wanted: u8| {
        receive("the volume", &player.events, |event| match event {
            Event::Music(PlayerEvent::Volume(volume)) if *volume == wanted => Some(()),
            // What moodbox sets itself is no news.
            Event::Music(PlayerEvent::Volume(other)) => panic!("{other} is told, {wanted} was set"),
            _ => None,
        });
    };
    server.other().volume(60).unwrap();
    hears(60);
    session(&player);
    server.other().volume(33).unwrap();
    hears(33);
    end(&player);
    wait_for("the end", || {
        let status = server.other().status().unwrap();
        (status.queue_len == 2 && status.volume == 33 && status.state == State::Play).then_some(())
    });
}

#[test]
fn an_output_that_is_switched_off_and_on_again_goes_on_with_the_session() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    let mut other = server.other();
    other.output(0u32, false).unwrap();
    player.is_ill();
    other.output(0u32, true).unwrap();
    player.is_well();
    wait_for("the music to go on", || (other.status().unwrap().state == State::Play).then_some(()));
    assert_eq!(other.status().unwrap().error, None);
}
