//! How much memory a large library takes, and one that somebody makes up to take as much as it may. A program of its
//! own, because the whole process is measured.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Mutex;

use moodbox::library::live::LiveCatalog;
use moodbox::ports::music::{Address, Mpd, MusicSettings};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::synthetic_library::library;
use moodbox_core::recommend::{
    Catalog, History, Kind, Length, Outcome, Request, Taste, Template, Templates, suggest,
};

/// One measurement at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The most that this process has had in memory so far, in kB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A year of sessions.
fn history(catalog: &Catalog) -> History {
    let mut history = History::default();
    for session in 0..200 {
        history.begin(Mood::ALL[session % 7]);
        for play in 0..20 {
            let entry = catalog.music.get((session * 7919 + play * 104_729) % catalog.music.len()).unwrap();
            history.record(entry.id, if play % 3 == 0 { Outcome::Skipped } else { Outcome::Finished });
        }
    }
    history
}

/// A library of so many tracks and a list of twenty for each mood; what that added to the peak, in kB.
fn added(tracks: usize) -> usize {
    let before = peak();
    let catalog = Catalog { music: library(tracks, 1).item_store, ..Catalog::default() };
    let taste = Taste::learn(&history(&catalog));
    let templates = Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
        let music = Template { length: Length::Items(20), ..templates.of(mood).music.clone() };
        templates.with(mood, Kind::Music, music)
    });
    for mood in Mood::ALL {
        let list = suggest(&catalog, &templates, &Request { taste: Some(&taste), ..Request::new(mood) });
        assert_eq!(list.music.len(), 20);
    }
    peak() - before
}

#[test]
fn a_hundred_thousand_tracks_and_their_lists_fit_into_forty_megabytes() {
    let _alone = ALONE.lock().unwrap();
    let all = added(100_000);
    println!("{all} kB");
    assert!(all <= 40_000, "{all} kB");
}

/// An MPD whose every answer is as long as it may be.
fn endless(client: UnixStream) -> std::io::Result<()> {
    let (mut asked, mut client) = (BufReader::new(client.try_clone()?), client);
    client.write_all(b"OK MPD 0.23.5\n")?;
    let (mut line, mut window, mut list) = (String::new(), 0, 0);
    while asked.read_line(&mut line)? > 0 {
        let mut answer = String::new();
        if line.starts_with("search") {
            window += 1;
            for song in 0..500 {
                answer += &format!("file: {window}/{song}/{}\n", "x".repeat(3800));
            }
        } else if line.starts_with("sticker find") {
            for song in 0..50_000 {
                answer += &format!("file: {song}\nsticker: like=2\n");
            }
        } else if line.starts_with("listall") {
            (0..5).for_each(|list| answer += &format!("playlist: {list}/{}.m3u\n", "z".repeat(2000)));
        } else if line.starts_with("listplaylists") {
            (0..10).for_each(|list| answer += &format!("playlist: {list}\n"));
        } else if line.starts_with("listplaylist") {
            list += 1;
            for song in 0..1000 {
                answer += &format!("file: {list}/{song}/{}\n", "y".repeat(2000));
            }
        }
        client.write_all(format!("{answer}OK\n").as_bytes())?;
        line.clear();
    }
    Ok(())
}

#[test]
fn an_mpd_that_answers_without_an_end_costs_what_a_library_may_twice_and_little_more() {
    let _alone = ALONE.lock().unwrap();
    // The peak so far is another test's.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("mpd");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        listener.incoming().flatten().for_each(|client| drop(std::thread::spawn(|| endless(client))));
    });
    let settings = MusicSettings::new(Address::Unix(socket.clone()));
    let player = Mpd::new(settings);
    let (live, _woken) = LiveCatalog::new(|_| {});
    let read = |socket: &Path| {
        let mut watcher = player.watcher_over(UnixStream::connect(socket).unwrap()).unwrap();
        live.replace(Kind::Music, watcher.catalog().unwrap());
        // What the thread that listens to the songs holds of them.
        let unknown = live.unknown();
        (watcher, unknown)
    };
    let first = read(&socket);
    assert!(first.1.count() > 10_000, "{}", first.1.count());
    let once = peak() - before;
    // As after a change of the database: the old is held until the new is there.
    let second = read(&socket);
    assert_eq!(first.1.count(), second.1.count());
    let twice = peak() - before;
    println!("{once} kB, read anew {twice} kB");
    assert!(once < 100_000 && twice < 180_000, "{once} kB, read anew {twice} kB");
}
