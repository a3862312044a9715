//! The simulated players behind the threads that ship.

use crate::support;

use std::time::Duration;

use moodbox::ports::{music, video};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::recommend::Item;
use support::mpd::{Player, owned};
use support::mpv::Screen;

fn library() -> Vec<Item> {
    let item = |id: &str, length| Item {
        id: id.to_owned(),
        title: id.to_uppercase(),
        length: Some(Duration::from_millis(length)),
        ..Item::default()
    };
    vec![item("a", 1500), item("b", 1500), item("c", 3_600_000)]
}

#[test]
fn simulated_music_keeps_its_queue_and_time() {
    let player = Player::of(Box::new(music::Simulated::new(library(), 60)));
    player.is_well();
    let items = support::receive("the library", &player.catalogs, |items| Some(items.clone()));
    assert_eq!(items.len(), 3);
    player.tell(PlayerCommand::Play { ids: owned(&["x", "a", "b"]), volume: 90, repeat: false });
    assert_eq!(player.skips().0, "x");
    let now = player.hears_song("a");
    assert_eq!((now.title.as_str(), now.volume, now.ours), ("A", Some(60), true));
    player.hears_song("b");
    player.finishes();

    player.tell(PlayerCommand::Play { ids: owned(&["c", "a"]), volume: 30, repeat: true });
    player.hears_song("c");
    player.hears("the time", |now| now.elapsed >= Duration::from_secs(1));
    player.tell(PlayerCommand::Next);
    player.hears_song("a");
    player.hears_song("c");
    player.tell(PlayerCommand::Volume(20));
    player.hears("the volume", |now| now.volume == Some(20));
}

#[test]
fn simulated_video_goes_through_its_clips() {
    let screen = Screen::of(Box::new(video::Simulated::new()));
    screen.is_well();
    let ids = owned(&["/v/slow_waves.mp4", "/v/b.mp4"]);
    screen.tell(PlayerCommand::Play { ids: ids.clone(), volume: 0, repeat: false });
    assert_eq!(screen.shows("the first", |now| now.id == ids[0]).title, "slow waves");
    screen.tell(PlayerCommand::Next);
    screen.shows("the second", |now| now.id == ids[1]);
    screen.tell(PlayerCommand::Next);
    screen.finishes();
}
