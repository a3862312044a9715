//! How soon it sounds: from the order to play to the first sample that is not silence, at MPD's own output.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use moodbox_core::kiosk::action::PlayerCommand;
use rustix::fs::{Mode, OFlags, open};

use super::support::mpd::{Player, Server};
use super::support::{PATIENCE, wait_for};

/// What a busy machine that runs tests may take at its best.
const AT_MOST: Duration = Duration::from_millis(400);

/// Everything that waits in the pipe; whether any of it sounds.
fn sounds(pipe: &mut File) -> bool {
    let mut samples = [0; 8192];
    let mut heard = false;
    loop {
        match pipe.read(&mut samples) {
            Ok(0) => return heard,
            Ok(count) => heard |= samples[..count].iter().any(|byte| *byte != 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return heard,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_first_sample_follows_the_order_to_play_at_once() {
    let server = Server::with_a_pipe();
    let pipe = open(server.beside("samples"), OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
    let mut pipe = File::from(pipe);
    let player = Player::well(server.by_socket());
    let mut times = Vec::new();
    for song in ["long-a.ogg", "long-b.ogg", "long-c.ogg", "long-a.ogg", "long-b.ogg"] {
        sounds(&mut pipe);
        let ordered = Instant::now();
        player.play(&[song]);
        while !sounds(&mut pipe) {
            assert!(ordered.elapsed() < PATIENCE, "nothing sounds");
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(ordered.elapsed());
        player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
        wait_for("silence", || {
            std::thread::sleep(Duration::from_millis(50));
            (!sounds(&mut pipe)).then_some(())
        });
    }
    times.sort();
    println!("from the order to the first sample: {times:?}");
    assert!(times[0] <= AT_MOST, "{times:?}");
}
