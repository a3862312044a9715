//! Web radio with a real MPD: the stations of a person's file, one that plays and one that does not answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use moodbox::ports::music::{Afterwards, MusicSettings};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::recommend::FeelingSource;
use mpd::State;

use crate::support::mpd::{Player, SONGS, Server};
use crate::support::{receive, wait_for};

/// A station of this machine: whoever asks gets a song, as slowly as it is heard, with the name of the station.
fn station(song: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), song) = (stream, song.clone()) else { continue };
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: audio/ogg\r\nicy-name: Quiet Piano\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(head.as_bytes());
                for piece in song.chunks(8192) {
                    if stream.write_all(piece).is_err() {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                // A station has no end.
                let _ = stream.read(&mut [0; 1]);
            });
        }
    });
    address
}

#[test]
fn stations_stand_in_the_library_are_played_and_one_that_does_not_answer_is_skipped_and_told() {
    let server = Server::start();
    let live = format!("http://{}/live.ogg", station(std::fs::read(server.file("long-a.ogg")).unwrap()));
    // A port at which nobody listens any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = format!("http://{gone}/gone.ogg");
    let file = server.beside("radio.toml");
    let text = format!(
        "[[station]]\nname = \"Nobody\"\naddress = \"{gone}\"\nfeeling = [0.3, -0.2]\n\
         [[station]]\nname = \"Quiet Piano\"\naddress = \"{live}\"\nfeeling = [0.4, -0.5]\n\
         [[station]]\nname = \"A file\"\naddress = \"file:///etc/passwd\"\nfeeling = [0, 0]\n"
    );
    std::fs::write(&file, text).unwrap();
    let off = Player::well(server.by_socket());
    let items = receive("the library", &off.catalogs, |items| Some(items.clone()));
    assert_eq!(items.len(), SONGS.len(), "off unless it is asked for");
    drop(off);

    let settings = MusicSettings { radio: Some(file), ..server.by_socket() };
    let player = Player::well(settings);
    let items = receive("the library", &player.catalogs, |items| Some(items.clone()));
    assert_eq!(items.len(), SONGS.len() + 2);
    let piano = items.iter().find(|item| item.id == live).unwrap();
    assert_eq!((piano.title.as_str(), piano.album.as_str()), ("Quiet Piano", "Radio"));
    assert_eq!(piano.feeling.map(|feeling| feeling.source), Some(FeelingSource::Explicit));

    player.play(&[&gone, &live, "long-b.ogg"]);
    let (id, reason) = player.skips();
    assert_eq!(id, gone, "{reason}");
    let now = player.hears_song(&live);
    assert!(now.ours && now.title == "Quiet Piano", "{now:?}");
    player.hears("time to pass", |now| now.id == live && now.elapsed >= Duration::from_secs(1));
    // On to the next, and back among the files.
    player.tell(PlayerCommand::Next);
    player.hears_song("long-b.ogg");
}

#[test]
fn a_station_that_a_person_heard_before_a_session_goes_on_after_it() {
    for (afterwards, state) in [
        (Afterwards::Resume, State::Play),
        (Afterwards::Pause, State::Pause),
        (Afterwards::Stop, State::Stop),
    ] {
        let server = Server::start();
        let live = format!("http://{}/live.ogg", station(std::fs::read(server.file("long-a.ogg")).unwrap()));
        let mut other = server.other();
        let theirs = other.push(mpd::Song { file: live.clone(), ..mpd::Song::default() }).unwrap();
        other.switch(theirs).unwrap();
        let heard = |least: u64| {
            let now = server.other().status().unwrap();
            (now.elapsed.unwrap_or_default() >= Duration::from_secs(least)).then_some(())
        };
        wait_for("the station to be heard", || heard(2));
        let player = Player::well(MusicSettings { afterwards, ..server.by_socket() });
        player.play(&["long-b.ogg"]);
        player.hears("ours", |now| now.ours);
        player.tell(PlayerCommand::Stop { fade: Duration::from_millis(300) });
        wait_for("the station to be there again", || {
            let now = server.other().status().unwrap();
            (server.queue() == [live.as_str()] && now.state == state).then_some(())
        });
        if state == State::Play {
            wait_for("it to be heard", || heard(1));
        }
    }
}
