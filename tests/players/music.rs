//! Stories of music with a real MPD.

use crate::support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use moodbox::ports::music::{Mpd, Music, MusicSettings};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::TroubleKind;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Catalog, Item, Kind, Request, Templates, suggest};
use mpd::State;
use support::mpd::{Player, SONGS, Server, owned};
use support::{receive, run, wait_for};

#[test]
fn plays_what_is_asked_by_socket_and_by_port() {
    let server = Server::start();
    for settings in [server.by_socket(), server.by_port()] {
        let player = Player::well(settings);
        player.play(&["long-a.ogg", "long-b.ogg"]);
        let now = player.hears_song("long-a.ogg");
        assert_eq!((now.title.as_str(), now.artist.as_str()), ("The long-a", "A Tone"));
        assert_eq!((now.volume, now.paused, now.ours), (Some(40), false, true));
        assert_eq!(now.length.map(|length| length.as_secs()), Some(60));
        assert_eq!(server.other().status().unwrap().state, State::Play);
        player.hears("time to pass", |now| now.elapsed >= Duration::from_secs(1));
        player.tell(PlayerCommand::Next);
        player.hears_song("long-b.ogg");
        player.tell(PlayerCommand::Next);
        player.finishes();
        assert_eq!(server.queue(), [""; 0]);
    }
}

#[test]
fn the_library_comes_with_its_tags_and_stickers_and_again_when_it_changes() {
    let server = Server::start();
    let mut other = server.other();
    other.set_sticker("song", "long-a.ogg", "like", "2").unwrap();
    other.set_sticker("song", "long-b.ogg", "rating", "7").unwrap();
    other.set_sticker("song", "long-b.ogg", "like", "many").unwrap();
    other.set_sticker("song", "long-c.ogg", "valence", "-0.5").unwrap();
    other.set_sticker("song", "long-c.ogg", "arousal", "0.25").unwrap();
    let player = Player::well(server.by_socket());
    let items = receive("the library", &player.catalogs, |items| Some(items.clone()));
    assert_eq!(items.len(), SONGS.len());
    let item = |id: &str| items.iter().find(|item| item.id == id).unwrap();
    assert_eq!(item("long-a.ogg").genres, ["ambient"]);
    assert_eq!(item("long-a.ogg").tags, ["calm", "test"]);
    assert_eq!(item("long-a.ogg").like, Some(2));
    assert_eq!((item("long-b.ogg").rating, item("long-b.ogg").like), (Some(7), None));
    let feeling = item("long-c.ogg").feeling.unwrap();
    assert_eq!((feeling.valence, feeling.arousal), (-0.5, 0.25));

    // Our own like is a sticker that other clients see, and that comes back to us.
    player.tell(PlayerCommand::Like { id: "short-a.ogg".to_owned() });
    receive("the like", &player.catalogs, |items| {
        items.iter().find(|item| item.id == "short-a.ogg" && item.like == Some(2)).map(drop)
    });
    assert_eq!(server.other().sticker("song", "short-a.ogg", "like").unwrap(), "2");

    std::fs::copy(server.file("long-a.ogg"), server.file("new.ogg")).unwrap();
    other.update().unwrap();
    receive("the new song", &player.catalogs, |items| {
        items.iter().find(|item| item.id == "new.ogg").map(drop)
    });
}

#[test]
fn tags_and_names_in_any_script_and_encoding_are_read_and_played_and_a_name_that_is_none_costs_only_itself() {
    let server = Server::start();
    // Names as they are found on old sticks: MPD hands them on byte by byte.
    let folder = server.file("");
    let latin = OsStr::from_bytes(b"Bj\xf6rk.ogg");
    std::fs::copy(server.file("short-a.ogg"), folder.join(latin)).unwrap();
    let scripts =
        ["日本/曲 100%.ogg", "Ночь \"тихая\".ogg", "ليل.ogg", "🎵 it's \\ odd.ogg", "e\u{301}té.ogg"];
    std::fs::create_dir(server.file("日本")).unwrap();
    for name in scripts {
        let source = server.file("short-a.ogg").display().to_string();
        let title = format!("title={name}");
        let target = server.file(name).display().to_string();
        let genre = "genre=Ночь; 夜想曲";
        let tags = ["-map_metadata", "-1", "-metadata", &title, "-metadata", genre];
        run("ffmpeg", &[&["-v", "error", "-i", &source][..], &tags, &[&target]].concat());
    }
    // The tag of the nineties: 128 bytes of Latin-1 at the end of the file.
    let old = server.file("old.mp3");
    let (source, target) = (server.file("short-a.ogg"), old.display().to_string());
    let bare = ["-map_metadata", "-1", "-id3v2_version", "0"];
    let convert = [&["-v", "error", "-i", source.to_str().unwrap()][..], &bare, &[&target]].concat();
    run("ffmpeg", &convert);
    let mut bytes = std::fs::read(&old).unwrap();
    let start = bytes.len();
    bytes.extend_from_slice(b"TAGCaf\xe9 na\xefve");
    bytes.resize(start + 127, 0);
    bytes.push(8);
    std::fs::write(&old, bytes).unwrap();

    let player = Player::well(server.by_socket());
    server.other().update().unwrap();
    let items = receive("the new songs", &player.catalogs, |items| {
        items.iter().any(|item| item.id == "old.mp3").then(|| items.clone())
    });
    let find =
        |id: &str| items.iter().find(|item| item.id == id).unwrap_or_else(|| panic!("{id}: {items:?}"));
    assert_eq!(
        items.len(),
        SONGS.len() + scripts.len() + 1,
        "all but the one that cannot be named: {items:?}"
    );
    assert_eq!(find("old.mp3").title, "Café naïve");
    for name in scripts {
        assert_eq!(
            (find(name).title.as_str(), find(name).genres.as_slice()),
            (name, &["ночь", "夜想曲"].map(str::to_owned)[..])
        );
        player.play(&[name]);
        player.hears_song(name);
    }
}

#[test]
fn a_song_knows_the_playlists_that_hold_it_and_hears_of_new_ones() {
    let server = Server::start();
    let list =
        |name: &str, songs: &str| std::fs::write(server.beside("playlists").join(name), songs).unwrap();
    list("Waiting room.m3u", "long-a.ogg\nlong-b.ogg\ngone.ogg\n");
    list("Abend \"leise\".m3u", "long-a.ogg\n");
    let player = Player::well(server.by_socket());
    // The item store compares names without regard to case, and keeps them so.
    let of = |items: &[Item], id: &str| -> Vec<String> {
        let mut lists = items.iter().find(|item| item.id == id).unwrap().playlists.clone();
        lists.sort();
        lists
    };
    let items = receive("the library", &player.catalogs, |items| Some(items.clone()));
    assert_eq!(of(&items, "long-a.ogg"), ["abend \"leise\"", "waiting room"]);
    assert_eq!(of(&items, "long-b.ogg"), ["waiting room"]);
    assert_eq!(of(&items, "long-c.ogg"), [""; 0]);
    let mut other = server.other();
    other.pl_push("New", mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() }).unwrap();
    receive("the new playlist", &player.catalogs, |items| (of(items, "long-c.ogg") == ["new"]).then_some(()));
    other.pl_remove("New").unwrap();
    receive("the list to be gone", &player.catalogs, |items| {
        of(items, "long-c.ogg").is_empty().then_some(())
    });
    let pool = Templates::parse(Kind::Music, "[[pool]]\nplaylists = [\"waiting ROOM\"]\n").unwrap();
    let templates = Templates::shipped().with(Mood::Happy, Kind::Music, pool);
    let catalog = Catalog { music: items.into(), ..Catalog::default() };
    let picks = suggest(&catalog, &templates, &Request::new(Mood::Happy)).music;
    let mut chosen: Vec<String> = picks.into_iter().map(|pick| pick.id).collect();
    chosen.sort();
    assert_eq!(chosen, ["long-a.ogg", "long-b.ogg"]);
}

#[test]
fn only_our_own_entries_are_cleared() {
    let server = Server::start();
    let mut other = server.other();
    let theirs = mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() };
    other.push(&theirs).unwrap();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg", "long-c.ogg"]);
    player.hears_song("long-a.ogg");
    other.push(&theirs).unwrap();
    player.play(&["long-b.ogg"]);
    player.hears_song("long-b.ogg");
    assert_eq!(server.queue(), ["long-c.ogg", "long-c.ogg", "long-b.ogg"]);
    player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
    wait_for("ours to be gone", || (server.queue() == ["long-c.ogg", "long-c.ogg"]).then_some(()));
    assert_eq!(server.other().status().unwrap().state, State::Stop);
}

#[test]
fn what_another_client_does_is_seen() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg", "long-b.ogg"]);
    player.hears_song("long-a.ogg");
    let mut other = server.other();
    other.pause(true).unwrap();
    player.hears("the pause", |now| now.paused);
    other.pause(false).unwrap();
    player.hears("the music to go on", |now| !now.paused);
    other.rewind(30.0).unwrap();
    player.hears("the jump", |now| now.elapsed >= Duration::from_secs(30));
    other.volume(21).unwrap();
    player.hears("the volume", |now| now.volume == Some(21));
    other.next().unwrap();
    player.hears_song("long-b.ogg");
    other.stop().unwrap();
    player.finishes();
}

#[test]
fn music_of_another_client_is_told_apart_from_ours_and_left_alone() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    let mut other = server.other();
    let theirs = other.push(mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() }).unwrap();
    other.switch(theirs).unwrap();
    assert!(!player.hears_song("long-c.ogg").ours);
    player.play(&["long-c.ogg"]);
    player.hears("ours", |now| now.ours && now.id == "long-c.ogg");
    other.switch(theirs).unwrap();
    player.hears("theirs", |now| !now.ours);
    player.finishes();
    player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
    player.tell(PlayerCommand::Volume(33));
    player.hears("the volume after the stop", |now| now.volume == Some(33) && !now.ours);
    assert_eq!(server.other().status().unwrap().state, State::Play);
    assert_eq!(server.queue(), ["long-c.ogg"]);
}

#[test]
fn the_volume_stays_under_the_cap_whoever_raises_it() {
    let server = Server::start();
    let mut settings = server.by_socket();
    settings.volume_cap = 45;
    let player = Player::well(settings);
    player.tell(PlayerCommand::Play { ids: owned(&["long-a.ogg"]), volume: 100, repeat: false });
    assert_eq!(player.hears_song("long-a.ogg").volume, Some(45));
    server.other().volume(90).unwrap();
    wait_for("the cap", || (server.other().status().unwrap().volume == 45).then_some(()));
    server.other().volume(30).unwrap();
    player.hears("less is free", |now| now.volume == Some(30));
}

#[test]
fn a_fade_goes_down_step_by_step_and_leaves_the_volume_as_it_was() {
    let server = Server::start();
    let mut other = server.other();
    other.volume(73).unwrap();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    player.tell(PlayerCommand::Stop { fade: Duration::from_millis(1500) });
    let mut heard = Vec::new();
    wait_for("silence", || {
        let status = other.status().unwrap();
        if status.state == State::Play {
            heard.push(status.volume);
        }
        (status.state == State::Stop && status.volume == 73).then_some(())
    });
    heard.dedup();
    assert!(heard.len() >= 4 && heard.is_sorted_by(|a, b| a > b), "{heard:?}");
    assert_eq!(server.queue(), [""; 0]);
}

#[test]
fn a_new_wish_wins_over_a_fade() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    player.tell(PlayerCommand::Stop { fade: Duration::from_secs(30) });
    wait_for("the fade to begin", || (server.other().status().unwrap().volume < 40).then_some(()));
    player.play(&["long-b.ogg"]);
    assert_eq!(player.hears_song("long-b.ogg").volume, Some(40));
    assert_eq!(server.queue(), ["long-b.ogg"]);
}

#[test]
fn an_output_without_a_mixer_plays_nothing_under_a_cap_and_says_so() {
    let server = Server::without_mixer();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    let (kind, report) = player.is_ill();
    assert_eq!(kind, TroubleKind::MusicVolume);
    assert!(report.starts_with("the volume cannot be set") && report.contains("moodbox setup"), "{report}");
    assert_eq!(server.other().status().unwrap().state, State::Stop);
    assert_eq!(server.queue(), [""; 0]);
}

#[test]
fn an_output_without_a_mixer_plays_and_stops_without_a_volume_where_there_is_no_cap() {
    let server = Server::without_mixer();
    let player = Player::well(MusicSettings { volume_cap: 100, ..server.by_socket() });
    player.play(&["long-a.ogg"]);
    assert_eq!(player.hears_song("long-a.ogg").volume, None);
    player.tell(PlayerCommand::Stop { fade: Duration::from_secs(5) });
    wait_for("silence", || (server.other().status().unwrap().state == State::Stop).then_some(()));
}

#[test]
fn the_end_of_the_list_is_told_and_the_queue_is_as_before() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["short-a.ogg", "short-b.ogg"]);
    player.hears_song("short-a.ogg");
    player.hears_song("short-b.ogg");
    player.finishes();
    assert_eq!(server.queue(), [""; 0]);
}

#[test]
fn a_list_that_repeats_begins_again() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.tell(PlayerCommand::Play {
        ids: owned(&["short-a.ogg", "short-b.ogg"]),
        volume: 40,
        repeat: true,
    });
    for song in ["short-a.ogg", "short-b.ogg", "short-a.ogg"] {
        player.hears_song(song);
    }
}

#[test]
fn the_modes_of_another_client_do_not_break_our_list_and_come_back_afterwards() {
    let server = Server::start();
    let mut other = server.other();
    other.push(mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() }).unwrap();
    other.random(true).unwrap();
    other.repeat(true).unwrap();
    other.single(true).unwrap();
    other.consume(true).unwrap();
    let player = Player::well(server.by_socket());
    player.play(&["short-a.ogg", "short-b.ogg"]);
    player.hears_song("short-a.ogg");
    player.hears_song("short-b.ogg");
    player.finishes();
    let status = other.status().unwrap();
    assert_eq!((status.random, status.repeat, status.single, status.consume), (true, true, true, true));
    assert_eq!(server.queue(), ["long-c.ogg"]);

    // What somebody changes meanwhile is what that person wants.
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    other.random(true).unwrap();
    player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
    wait_for("the modes", || other.status().unwrap().repeat.then_some(()));
    assert!(other.status().unwrap().random);
}

#[test]
fn a_song_that_vanished_or_broke_is_skipped_with_its_reason() {
    let server = Server::start();
    std::fs::remove_file(server.file("long-b.ogg")).unwrap();
    std::fs::write(server.file("long-c.ogg"), b"no music").unwrap();
    let player = Player::well(server.by_socket());
    player.play(&["unknown.ogg", "long-b.ogg", "short-a.ogg", "long-c.ogg", "short-b.ogg"]);
    let skipped = [player.skips(), player.skips(), player.skips()];
    player.hears_song("short-b.ogg");
    player.finishes();
    let names: Vec<&str> = skipped.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(names, ["unknown.ogg", "long-b.ogg", "long-c.ogg"]);
    assert!(skipped.iter().all(|(_, reason)| !reason.is_empty()));
    assert_eq!(server.queue(), [""; 0]);
}

#[test]
fn a_list_of_which_nothing_can_be_played_is_over_at_once() {
    let server = Server::start();
    std::fs::remove_file(server.file("long-b.ogg")).unwrap();
    let player = Player::well(server.by_socket());
    player.play(&["unknown.ogg", "long-b.ogg", "bad\nclear"]);
    player.finishes();
    assert_eq!(server.queue(), [""; 0]);
    player.play(&[]);
    player.finishes();
}

#[test]
fn entries_left_by_a_crash_are_found_and_removed() {
    let server = Server::start();
    let mut settings = server.by_socket();
    settings.memory = Some(server.beside("ours.json"));
    let mut crashed = Mpd::new(settings.clone());
    crashed.connect().unwrap();
    server.other().random(true).unwrap();
    crashed.play(&owned(&["long-a.ogg", "long-b.ogg"]), 40).unwrap();
    server.other().push(mpd::Song { file: "long-c.ogg".to_owned(), ..mpd::Song::default() }).unwrap();
    drop(crashed);
    let _player = Player::well(settings);
    wait_for("what was left to be gone", || (server.queue() == ["long-c.ogg"]).then_some(()));
    wait_for("the modes", || server.other().status().unwrap().random.then_some(()));
}

#[test]
fn leaving_stops_ours_and_ends_both_threads() {
    let server = Server::start();
    let mut player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    player.leave();
    assert_eq!(server.queue(), [""; 0]);
    assert_eq!(server.other().status().unwrap().state, State::Stop);
}
