//! Playlists that lie beside the music, as other programs write them, read by a real MPD.

use crate::support;

use moodbox::ports::music::Mpd;
use moodbox_core::recommend::ItemStore;

use support::mpd::{SONGS, Server};

/// A server with these files beside its songs; a name that ends in a slash is a folder with a copy of two songs.
fn with(files: &[(&str, &str)]) -> Server {
    let mut server = Server::start();
    for (name, text) in files {
        let path = server.file(name);
        if name.ends_with('/') {
            std::fs::create_dir_all(&path).unwrap();
            for song in ["short-a.ogg", "short-b.ogg"] {
                std::fs::copy(server.file(song), path.join(song)).unwrap();
            }
        } else {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let folders = files.iter().filter(|(name, _)| name.ends_with('/')).count();
    server.kill();
    let _ = std::fs::remove_file(server.beside("tag_cache"));
    server.launch_with(SONGS.len() + 2 * folders);
    server
}

/// The songs of a playlist, by its name in lower case, as the item store keeps it.
fn named(songs: &ItemStore, name: &str) -> Vec<String> {
    let mut found: Vec<String> = songs
        .iter()
        .filter(|song| song.playlists().any(|known| known == name))
        .map(|song| song.id.to_owned())
        .collect();
    found.sort();
    found
}

#[test]
fn playlists_of_every_kind_beside_the_music_can_be_named_and_what_is_left_out_of_them_is_told() {
    let xspf = "<?xml version=\"1.0\"?><playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\"><trackList>\
                <track><location>long-b.ogg</location></track></trackList></playlist>";
    let server = with(&[
        ("disc/", ""),
        ("Party.m3u", "#EXTM3U\r\n#EXTINF:60,Long A\r\nlong-a.ogg\r\ndisc/short-a.ogg\r\n"),
        ("lists/Abends.m3u8", "../long-c.ogg\n"),
        ("lists/Dîner.M3U8", "/long-b.ogg\n"),
        ("Rest.pls", "[playlist]\nFile1=long-c.ogg\nNumberOfEntries=1\nVersion=2\n"),
        ("Walk.xspf", xspf),
        // As programs that copy discs write it: no more than the folder says.
        ("disc/00-all.m3u", "short-a.ogg\nshort-b.ogg\n"),
        ("disc/half.m3u", "short-b.ogg\n"),
        ("radio.m3u", "http://127.0.0.1:9/stream\nlong-a.ogg\nC:\\Music\\gone.mp3\n"),
        ("$RECYCLE.BIN/old.m3u", "/long-a.ogg\n"),
        ("Broken.pls", "[playlist\nFile1"),
    ]);
    let (songs, remarks) = Mpd::library(&server.by_socket()).unwrap();
    assert_eq!(named(&songs, "party"), ["disc/short-a.ogg", "long-a.ogg"]);
    assert_eq!(named(&songs, "rest"), ["long-c.ogg"]);
    assert_eq!(named(&songs, "walk"), ["long-b.ogg"]);
    assert_eq!(named(&songs, "abends"), ["long-c.ogg"]);
    assert_eq!(named(&songs, "half"), ["disc/short-b.ogg"]);
    assert_eq!(named(&songs, "00-all"), [""; 0]);
    assert_eq!(named(&songs, "old"), [""; 0]);
    assert_eq!(named(&songs, "radio"), ["long-a.ogg"]);
    let told: Vec<_> = remarks.iter().filter(|remark| remark.contains("`radio`")).collect();
    assert!(
        told.len() == 1 && told[0].contains("1 radio addresses") && told[0].contains("1 files"),
        "{remarks:?}"
    );
}

#[test]
fn a_stored_playlist_and_one_beside_the_music_of_the_same_name_are_one() {
    let server = with(&[("Party.m3u", "long-a.ogg\nlong-b.ogg\n")]);
    std::fs::write(server.beside("playlists").join("Party.m3u"), "long-b.ogg\nlong-c.ogg\n").unwrap();
    let (songs, remarks) = Mpd::library(&server.by_socket()).unwrap();
    assert_eq!(named(&songs, "party"), ["long-a.ogg", "long-b.ogg", "long-c.ogg"]);
    assert!(songs.iter().all(|song| song.playlists().count() <= 1));
    assert!(remarks.is_empty(), "{remarks:?}");
}
