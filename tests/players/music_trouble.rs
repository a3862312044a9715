//! Stories of music when MPD is absent, wrong, slow, or somebody else.

use crate::support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use moodbox::ports::music::{Address, Mpd, Music, MusicError, MusicSettings};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, Part, TroubleKind};
use support::mpd::{Player, SONGS, Server, owned, settings};
use support::{signal, wait_for};

/// Something that listens as MPD would and treats each client in its own way; ends with the test.
fn fake(treat: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> MusicSettings {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let treat = treat.clone();
            thread::spawn(move || treat(client));
        }
    });
    let mut settings = settings(Address::Tcp { host: "127.0.0.1".to_owned(), port });
    settings.exchange = Duration::from_millis(500);
    settings.connect = Duration::from_millis(500);
    settings
}

/// Answers each line by the first of the rules that it begins with; no rule, no answer. It allows all.
fn scripted(rules: &'static [(&'static str, &'static str)]) -> MusicSettings {
    fake(move |mut client| {
        client.write_all(b"OK MPD 0.23.5\n").unwrap();
        let mut asked = Vec::new();
        let mut byte = [0];
        while client.read(&mut byte).is_ok_and(|count| count == 1) {
            if byte[0] != b'\n' {
                asked.push(byte[0]);
                continue;
            }
            let line = String::from_utf8(std::mem::take(&mut asked)).unwrap();
            let rule = rules
                .iter()
                .chain(&[("notcommands", "OK\n"), ("setvol", "OK\n")])
                .find(|(start, _)| line.starts_with(start));
            if rule
                .is_some_and(|(_, answer)| *answer == "close" || client.write_all(answer.as_bytes()).is_err())
            {
                return;
            }
        }
    })
}

const FINE: (&str, &str) = ("status", "state: stop\nOK\n");

/// Connects and plays a song; the first error, and that it came in good time.
fn try_to_play(settings: MusicSettings) -> MusicError {
    let limit = settings.connect + 3 * settings.exchange + Duration::from_secs(3);
    let started = Instant::now();
    let mut music = Mpd::new(settings);
    let error = music
        .connect()
        .and_then(|()| music.play(&owned(&["a.ogg"]), 40))
        .and_then(|_| music.status())
        .expect_err("nothing can be played there");
    assert!(started.elapsed() < limit, "{error} after {:?}", started.elapsed());
    error
}

#[test]
fn without_an_mpd_the_address_and_the_cure_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    for address in [
        Address::Tcp { host: "localhost".to_owned(), port },
        Address::Unix(folder.path().join("socket")),
        Address::Unix(file),
        Address::Unix(format!("/{}", "long".repeat(100)).into()),
        Address::Abstract("moodbox-test-nobody".to_owned()),
        Address::Tcp { host: "no-such-host.invalid".to_owned(), port: 6600 },
    ] {
        let error = try_to_play(settings(address.clone()));
        let trouble = error.trouble();
        assert!(trouble.report.contains(&address.to_string()), "{}", trouble.report);
        // A resolver without a network may take its time.
        if !matches!(error, MusicError::Silent { .. }) {
            assert_eq!(trouble.kind, TroubleKind::MusicAbsent);
            assert!(trouble.report.contains("systemctl start mpd"), "{}", trouble.report);
        }
    }
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    let server = Server::with_password("open sesame");
    for password in [None, Some("tulip\" 7"), Some("two\nlines")] {
        let mut settings = server.by_socket();
        settings.password = password.map(str::to_owned);
        assert!(!format!("{settings:?}").contains("tulip"));
        let player = Player::new(settings);
        let (kind, report) = player.is_ill();
        assert_eq!(kind, TroubleKind::MusicPassword);
        assert!(report.contains("`password_file`") && !report.contains("tulip"), "{report}");
    }
    // A password that only lets us listen is as good as none.
    let mut settings = server.by_socket();
    settings.password = Some("listen".to_owned());
    let (kind, report) = Player::new(settings.clone()).is_ill();
    assert_eq!(kind, TroubleKind::MusicPassword);
    assert!(report.contains("does not allow `addid`"), "{report}");
    settings.password = Some("open sesame".to_owned());
    let player = Player::well(settings);
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
}

#[test]
fn a_server_that_hangs_is_given_up_within_the_deadline() {
    for settings in [
        // Accepts and says nothing.
        fake(|mut client| drop(client.read(&mut [0; 64]))),
        // Greets and says nothing.
        scripted(&[]),
        scripted(&[FINE]),
        // Says a little all the time: each read is quick, the answer never ends.
        fake(|mut client| {
            let _ = client.write_all(b"OK MPD 0.23.5\nstate");
            while client.write_all(b"e").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        }),
        // Hangs in the middle of an answer.
        scripted(&[FINE, ("addid", "Id: 1\n")]),
    ] {
        let error = try_to_play(settings);
        assert!(matches!(error, MusicError::Silent { .. }), "{error}");
        assert_eq!(error.trouble().kind, TroubleKind::MusicSilent);
    }
}

#[test]
fn a_local_socket_with_a_full_queue_does_not_hold_the_kiosk() {
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let address = SocketAddrUnix::new(&path).unwrap();
    let open = || socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK, None).unwrap();
    // Nobody accepts: after some clients, connecting itself would block.
    let listener = open();
    bind(&listener, &address).unwrap();
    listen(&listener, 1).unwrap();
    let mut waiting = Vec::new();
    wait_for("a full queue", || {
        let client = open();
        let full = connect(&client, &address).is_err();
        waiting.push(client);
        full.then_some(())
    });
    let mut settings = settings(Address::Unix(path));
    settings.connect = Duration::from_millis(200);
    let error = try_to_play(settings);
    assert!(matches!(error, MusicError::Silent { .. }), "{error}");
}

#[test]
fn a_server_that_leaves_in_mid_answer_is_an_error_and_no_answer() {
    for settings in [
        fake(drop),
        fake(|mut client| client.write_all(b"OK MPD").unwrap_or_default()),
        scripted(&[("status", "close")]),
        scripted(&[FINE, ("addid", "close")]),
    ] {
        let error = try_to_play(settings);
        assert!(matches!(error, MusicError::Absent { .. }), "{error}");
    }
    // What came before the end is not taken for a whole library.
    let cut = fake(|mut client| {
        let _ = client.write_all(b"OK MPD 0.23.5\n");
        let _ = client.read(&mut [0; 64]);
        let _ = client.write_all(b"file: a.ogg\nTitle: A\n");
    });
    let mut watcher = Mpd::new(cut).watcher();
    watcher.connect().unwrap();
    assert!(watcher.catalog().is_err());
}

#[test]
fn garbage_is_an_error_and_never_a_panic() {
    const OK: (&str, &str) = ("", "OK\n");
    for settings in [
        fake(|mut client| client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap_or_default()),
        fake(|mut client| client.write_all(b"OK MPD x.y.z\n").unwrap_or_default()),
        fake(|mut client| client.write_all(b"OK MPD 0.23.5\n\xff\xfe\xff\n").unwrap_or_default()),
        fake(|mut client| {
            let _ = client.write_all(b"OK MPD 0.23.5\n");
            let flood = vec![b'x'; 1 << 20];
            while client.write_all(&flood).is_ok() {}
        }),
        scripted(&[("status", "no colon\nOK\n")]),
        scripted(&[("status", "ACK garbage\n")]),
        scripted(&[("status", "ACK [x@y] {} \n")]),
        scripted(&[("status", "ACK [5@0]\n")]),
        scripted(&[("status", "ACK [5] 9@0] {} \n")]),
        scripted(&[("status", "ACK [5@0] }{ \n")]),
        scripted(&[FINE, ("addid", "Id: 1\nOK\n"), ("setvol", "what: now\n")]),
        scripted(&[FINE, ("addid", "Id: 1\nOK\n"), ("setvol", "OK\n"), ("playid", "file: x\nOK\n")]),
        scripted(&[
            ("addid", "Id: 1\nOK\n"),
            ("currentsong", "file: a.ogg\nTime: long\nOK\n"),
            ("status", "state: play\nsongid: 1\nelapsed: -inf\nduration: nan\nvolume: -1\nOK\n"),
            OK,
        ]),
    ] {
        let error = try_to_play(settings);
        assert!(error.breaks_connection(), "{error}");
    }

    // Odd answers that say nothing are no error: there is nothing to play, and no volume.
    let settings = scripted(&[
        ("addid", "Id: many\nOK\n"),
        ("status", "volume: 4000\nstate: play\nsongid: -7\nerror\u{fffd}: x\nelapsed: 1e400\nOK\n"),
        OK,
    ]);
    let mut music = Mpd::new(settings);
    music.connect().unwrap();
    assert_eq!(music.play(&owned(&["a.ogg"]), 40).unwrap().len(), 1);
    let status = music.status().unwrap();
    assert_eq!((status.now, status.volume), (None, None));

    // Stickers without a value, of nobody, or of an unknown kind.
    let settings = scripted(&[
        ("search", "file: a.ogg\nTime: 3\nGenre: \nOK\n"),
        ("sticker", "sticker: like=2\nfile: a.ogg\nsticker: like\nfile: a.ogg\nsticker: like=-1\nOK\n"),
        OK,
    ]);
    let mut watcher = Mpd::new(settings).watcher();
    watcher.connect().unwrap();
    let songs = watcher.catalog().unwrap();
    let song = songs.find("a.ogg").unwrap();
    assert_eq!((songs.len(), song.like, song.title), (1, None, "a"));
}

#[test]
fn a_dsd_stream_does_not_confuse_the_status() {
    let settings = scripted(&[
        ("status", "volume: 50\nstate: play\nsongid: 4\naudio: dsd64:2\nelapsed: 1.5\nOK\n"),
        ("currentsong", "file: a.dsf\nPos: 0\nId: 4\nOK\n"),
    ]);
    let mut music = Mpd::new(settings);
    music.connect().unwrap();
    let now = music.status().unwrap().now.unwrap();
    assert_eq!((now.id.as_str(), now.volume, now.ours), ("a.dsf", Some(50), false));
}

#[test]
fn an_mpd_killed_in_mid_song_comes_back_with_the_music() {
    let mut server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg", "long-b.ogg"]);
    player.tell(PlayerCommand::Next);
    player.hears_song("long-b.ogg");
    server.kill();
    let (kind, report) = player.is_ill();
    assert_eq!(kind, TroubleKind::MusicAbsent, "{report}");
    server.launch();
    player.is_well();
    player.hears("the music again", |now| now.id == "long-b.ogg" && now.ours);

    // A wish of the time without MPD is granted, and only the last of them.
    server.kill();
    player.is_ill();
    player.play(&["long-a.ogg"]);
    player.play(&["long-c.ogg"]);
    server.launch();
    player.hears_song("long-c.ogg");

    // Who stopped it meanwhile hears nothing.
    server.kill();
    player.is_ill();
    player.tell(PlayerCommand::Stop { fade: Duration::from_secs(1) });
    server.launch();
    player.is_well();
    wait_for("silence", || (server.other().status().unwrap().state == mpd::State::Stop).then_some(()));
}

#[test]
fn an_mpd_that_is_frozen_is_told_and_taken_up_again() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    signal(server.child(), "STOP");
    let started = Instant::now();
    let (kind, report) = player.is_ill();
    assert_eq!(kind, TroubleKind::MusicSilent, "{report}");
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    signal(server.child(), "CONT");
    player.is_well();
    player.hears_song("long-a.ogg");
}

/// `MOODBOX_SCAN_S` says how long the scan takes at least; a minute is run by hand.
#[test]
fn an_mpd_that_reads_its_files_for_long_is_told_and_its_music_comes_when_it_is_done() {
    let seconds = std::env::var("MOODBOX_SCAN_S").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let server = Server::that_scans(Duration::from_secs(seconds) / SONGS.len() as u32);
    let player = Player::new(server.by_socket());
    let started = Instant::now();
    let scans = |ill: bool| {
        let end = started + 3 * Duration::from_secs(seconds) + support::PATIENCE;
        loop {
            match player.events.recv_deadline(end).expect("the scan is told of") {
                Event::Part(Part::Scan, Health::Ill(trouble)) if ill => {
                    assert_eq!(trouble.kind, TroubleKind::MusicScanning, "{}", trouble.report);
                    return;
                }
                Event::Part(Part::Scan, Health::Well) if !ill => return,
                Event::Part(Part::Music, Health::Ill(trouble)) => panic!("{}", trouble.report),
                _ => {}
            }
        }
    };
    scans(true);
    let told = started.elapsed();
    assert!(told < Duration::from_secs(2), "{told:?}");
    assert_eq!(player.catalogs.recv_timeout(support::PATIENCE).unwrap(), [], "nothing is known yet");
    // It answers whatever is asked of it meanwhile.
    player.tell(PlayerCommand::Volume(30));
    wait_for("the volume", || (server.other().status().unwrap().volume == 30).then_some(()));
    assert!(server.other().stats().unwrap().songs == 0, "the scan is over already");
    scans(false);
    let scanned = started.elapsed();
    support::receive("the library", &player.catalogs, |items| (items.len() == SONGS.len()).then_some(()));
    println!("told after {told:?}; read for {scanned:?}; there {:?} later", started.elapsed() - scanned);
    assert!(started.elapsed() - scanned < Duration::from_secs(5));
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
}

#[test]
fn an_mpd_that_comes_late_is_found() {
    let mut server = Server::start();
    server.kill();
    let player = Player::new(server.by_socket());
    player.is_ill();
    server.launch();
    player.is_well();
    support::receive("the library", &player.catalogs, |items| (!items.is_empty()).then_some(()));
}

#[test]
fn songs_that_are_all_away_or_all_broken_are_told_within_two_seconds_and_one_that_plays_ends_it() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    let (music, away) = (server.beside("music"), server.beside("away"));
    let told = || {
        player.play(&["long-a.ogg", "long-b.ogg", "short-a.ogg"]);
        let asked = Instant::now();
        let report = support::receive("the failure of all", &player.events, |event| match event {
            Event::Part(Part::Tracks, Health::Ill(trouble)) => {
                assert_eq!(trouble.kind, TroubleKind::TracksUnplayable);
                Some(trouble.report.clone())
            }
            _ => None,
        });
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        player.finishes();
        report
    };
    // A network folder that is not mounted leaves an empty one in its place; MPD still knows its songs.
    std::fs::rename(&music, &away).unwrap();
    std::fs::create_dir(&music).unwrap();
    let report = told();
    assert!(report.contains("mounted") && report.contains("moodbox library update"), "{report}");
    let pool = ["long-a.ogg", "short-b.ogg"].map(str::to_owned);
    assert!(Mpd::unreadable(&server.by_socket(), &pool).unwrap().is_some());
    std::fs::remove_dir(&music).unwrap();
    std::fs::rename(&away, &music).unwrap();
    player.play(&["long-a.ogg"]);
    support::receive("it to be well", &player.events, |event| {
        matches!(event, Event::Part(Part::Tracks, Health::Well)).then_some(())
    });
    player.tell(PlayerCommand::Stop { fade: Duration::ZERO });
    assert_eq!(Mpd::unreadable(&server.by_socket(), &pool).unwrap(), None);
    for name in ["long-a.ogg", "long-b.ogg", "short-a.ogg"] {
        std::fs::write(server.file(name), b"no sound").unwrap();
    }
    told();
}

#[test]
fn songs_with_huge_tags_cost_no_other_song_and_what_cannot_be_read_is_told() {
    // As MPD does at `max_output_buffer_size`: it ends the connection that asks for too much at once.
    let songs: Vec<(String, usize)> = (0..1200)
        .map(|number| (format!("{number}.ogg"), if (500..540).contains(&number) { 40_000 } else { 20 }))
        .map(|(name, length)| if name == "777.ogg" { (name, 3_000_000) } else { (name, length) })
        .collect();
    let settings = fake(move |mut client| {
        client.write_all(b"OK MPD 0.23.5\n").unwrap();
        let mut reader = std::io::BufReader::new(client.try_clone().unwrap());
        let mut line = String::new();
        while std::io::BufRead::read_line(&mut reader, &mut line).is_ok_and(|count| count > 0) {
            let window = line.trim().trim_matches('"').rsplit([' ', '"']).next();
            let window =
                window.filter(|_| line.starts_with("search")).and_then(|window| window.split_once(':'));
            let answer: String = match window {
                Some((from, to)) => {
                    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
                    let asked = songs.get(from..to.min(songs.len())).unwrap_or_default();
                    asked
                        .iter()
                        .map(|(name, length)| format!("file: {name}\nTitle: {}\n", "t".repeat(*length)))
                        .collect()
                }
                None => String::new(),
            };
            // Some servers cut the connection, some go on and on: both are held.
            if answer.len() > 1_000_000 && answer.len() < 2_900_000 {
                return;
            }
            if client.write_all(format!("{answer}OK\n").as_bytes()).is_err() {
                return;
            }
            line.clear();
        }
    });
    let (songs, remarks) = Mpd::library(&settings).unwrap();
    assert_eq!(songs.len(), 1199, "{remarks:?}");
    assert!(
        songs.find("776.ogg").is_some() && songs.find("777.ogg").is_none() && songs.find("778.ogg").is_some()
    );
    assert!(remarks.iter().any(|remark| remark.contains("1 songs are left out")), "{remarks:?}");
    let long = songs.find("510.ogg").unwrap();
    assert!(long.title.len() <= 256, "a title takes no more room than a title: {}", long.title.len());
    // A server that is gone is not asked for ever.
    let gone = fake(|mut client| {
        let _ = client.write_all(b"OK MPD 0.23.5\n");
    });
    assert!(Mpd::library(&gone).is_err());
}

#[test]
fn a_library_whose_names_never_end_takes_no_more_memory_than_there_is_for_it() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let windows = asked.clone();
    let settings = fake(move |mut client| {
        client.write_all(b"OK MPD 0.23.5\n").unwrap();
        let mut reader = std::io::BufReader::new(client.try_clone().unwrap());
        let mut line = String::new();
        while std::io::BufRead::read_line(&mut reader, &mut line).is_ok_and(|count| count > 0) {
            let mut answer = String::new();
            if line.starts_with("search") {
                let window = windows.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                for song in 0..500 {
                    answer += &format!("file: {window}/{song}/{}\n", "x".repeat(4000));
                }
            }
            if client.write_all(format!("{answer}OK\n").as_bytes()).is_err() {
                return;
            }
            line.clear();
        }
    });
    let (songs, remarks) = Mpd::library(&settings).unwrap();
    assert!((64 << 20..68 << 20).contains(&songs.bytes()), "{}", songs.bytes());
    assert!(asked.load(std::sync::atomic::Ordering::Relaxed) < 50, "the rest is not asked for");
    assert!(remarks.iter().any(|remark| remark.contains("the rest is left out")), "{remarks:?}");
}

/// A stick of ext4 holds pipes too. MPD opens one by the name of a cover in its only thread and waits for ever.
#[test]
fn a_pipe_in_the_place_of_a_cover_stops_no_music() {
    let server = Server::start();
    let settings = server.by_socket();
    let mut cover = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(60, 60).write_to(&mut cover, image::ImageFormat::Png).unwrap();
    std::fs::write(server.file("cover.png"), cover.get_ref()).unwrap();
    assert_eq!(
        moodbox::ports::music::cover(&settings, SONGS[0].0).unwrap(),
        Some(cover.into_inner()),
        "one that is good"
    );
    let pipe = server.file("cover.jpg");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    std::fs::remove_file(server.file("cover.png")).unwrap();
    let start = Instant::now();
    assert_eq!(moodbox::ports::music::cover(&settings, SONGS[0].0).unwrap(), None);
    assert!(start.elapsed() < Duration::from_secs(2));
    // Where no server is, nothing is known of the cover.
    let nobody = MusicSettings::new(Address::Tcp { host: "127.0.0.1".into(), port: 1 });
    assert!(moodbox::ports::music::cover(&nobody, SONGS[0].0).is_err());
    let player = Player::well(settings);
    player.play(&[SONGS[0].0]);
    player.hears_song(SONGS[0].0);
}
