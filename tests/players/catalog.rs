//! Stories of the catalog with a real MPD: what nothing is known of is listened to, and what a person sets counts.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, unbounded};
use moodbox::library::analysis::{self, Listening};
use moodbox::library::feature_cache;
use moodbox::library::listing::{SetError, Setter};
use moodbox::library::live::LiveCatalog;
use moodbox::ports::music::{Mpd, MusicSettings};
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, Kind};
use support::mpd::{Player, Server};
use support::{receive, run, wait_for, wav};

/// Songs without tag or genre beside those of the server, which has taken them up.
fn with_unknown_songs(server: &Server) {
    wav::write(&server.file("march.wav"), 20, wav::march);
    wav::write(&server.file("lament.wav"), 20, wav::lament);
    // A name in another script, and a file that is no music for the listener.
    fs::copy(server.file("lament.wav"), server.file("плач по морю.wav")).unwrap();
    wav::write(&server.file("silence.wav"), 5, |_| 0.0);
    server.other().update().unwrap();
    wait_for("the new songs", || (server.other().stats().unwrap().songs == 9).then_some(()));
}

/// A listener at work on what MPD has.
struct Work {
    live: Option<LiveCatalog>,
    told: Receiver<Arc<Catalog>>,
    problems: Receiver<String>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Work {
    fn start(settings: &MusicSettings, memory: &Path) -> Work {
        let (tell, told) = unbounded();
        let (complain, problems) = unbounded();
        let (live, woken) = LiveCatalog::new(move |catalog| tell.send(catalog).unwrap_or_default());
        let folder = settings.clone();
        let listening =
            Listening { music_folder: Box::new(move || Mpd::folder(&folder)), memory: memory.to_owned() };
        let theirs = live.for_listener();
        let thread = thread::spawn(move || {
            analysis::run(listening, &theirs, &woken, |problem| complain.send(problem.to_string()).unwrap());
        });
        live.replace(Kind::Music, Mpd::library(settings).unwrap().0);
        Work { live: Some(live), told, problems, thread: Some(thread) }
    }

    /// The first catalog in which so many are known by their sound.
    fn hears(&self, count: usize) -> Arc<Catalog> {
        receive("the sounds", &self.told, |catalog| {
            let heard = catalog
                .music
                .iter()
                .filter(|entry| entry.feeling.is_some_and(|feeling| feeling.source == FeelingSource::Sound));
            (heard.count() == count).then(|| catalog.clone())
        })
    }

    fn end(mut self) {
        self.live = None;
        self.thread.take().unwrap().join().unwrap();
    }
}

fn feeling(catalog: &Catalog, id: &str) -> Option<Feeling> {
    catalog.music.find(id).unwrap().feeling
}

#[test]
fn a_song_without_tag_or_genre_is_listened_to_once_and_remembered() {
    let server = Server::start();
    with_unknown_songs(&server);
    let memory = server.beside("state/sounds.json");
    let work = Work::start(&server.by_socket(), &memory);
    let catalog = work.hears(3);
    let (march, lament) = (feeling(&catalog, "march.wav").unwrap(), feeling(&catalog, "lament.wav").unwrap());
    assert!(
        march.valence > lament.valence + 0.3 && march.arousal > lament.arousal + 0.3,
        "{march:?} {lament:?}"
    );
    assert_eq!(feeling(&catalog, "плач по морю.wav").unwrap().valence, lament.valence);
    assert_eq!(feeling(&catalog, "long-a.ogg").unwrap().source, FeelingSource::Explicit, "its tag is surer");
    assert_eq!(feeling(&catalog, "silence.wav"), None);
    work.end();
    assert_eq!(feature_cache::peek(&memory).len(), 4, "that the silence says nothing is remembered too");

    // The files become others in all but path, size and time: whoever listens again hears the difference.
    let before = fs::metadata(server.file("march.wav")).unwrap().modified().unwrap();
    let lament_bytes = fs::read(server.file("lament.wav")).unwrap();
    fs::write(server.file("march.wav"), lament_bytes).unwrap();
    let file = fs::File::options().append(true).open(server.file("march.wav")).unwrap();
    file.set_modified(before).unwrap();
    let work = Work::start(&server.by_socket(), &memory);
    assert_eq!(feeling(&work.hears(3), "march.wav").unwrap().valence, march.valence);
    work.end();

    // A file that did change is heard anew.
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let work = Work::start(&server.by_socket(), &memory);
    assert_eq!(feeling(&work.hears(3), "march.wav").unwrap().valence, lament.valence);
    work.end();
}

#[test]
fn a_broken_memory_of_sounds_is_set_aside_and_the_work_is_done_again() {
    let server = Server::start();
    with_unknown_songs(&server);
    let memory = server.beside("sounds.json");
    fs::write(&memory, "{\"version\":1,\"sounds\":{\"00").unwrap();
    let work = Work::start(&server.by_socket(), &memory);
    work.hears(3);
    let told = work.problems.recv().unwrap();
    work.end();
    let kept = server.beside("sounds.json.broken-1");
    assert!(told.contains(&kept.display().to_string()), "{told}");
    assert_eq!(fs::read(&kept).unwrap(), b"{\"version\":1,\"sounds\":{\"00");
    assert_eq!(feature_cache::peek(&memory).len(), 4);
}

#[test]
fn files_that_vanish_before_they_are_heard_are_passed_over_and_heard_when_they_are_back() {
    let server = Server::start();
    with_unknown_songs(&server);
    let (file, away) = (server.file("march.wav"), server.beside("away.wav"));
    fs::rename(&file, &away).unwrap();
    let work = Work::start(&server.by_socket(), &server.beside("sounds.json"));
    assert_eq!(feeling(&work.hears(2), "march.wav"), None);
    fs::rename(&away, &file).unwrap();
    let live = work.live.as_ref().unwrap();
    live.replace(Kind::Music, Mpd::library(&server.by_socket()).unwrap().0);
    assert!(feeling(&work.hears(3), "march.wav").is_some());
    work.end();
}

#[test]
fn mpd_tells_its_folder_to_local_clients_and_the_configuration_goes_before() {
    let server = Server::start();
    let music = server.file("");
    let told = Mpd::folder(&server.by_socket()).unwrap();
    assert_eq!(told.canonicalize().unwrap(), music.canonicalize().unwrap());
    assert_eq!(Mpd::folder(&server.by_port()), None, "over the network it does not");
    let configured = |folder: PathBuf| MusicSettings { folder: Some(folder), ..server.by_port() };
    assert_eq!(Mpd::folder(&configured(music.clone())), Some(music));
    assert_eq!(Mpd::folder(&configured("/nonexistent".into())), None);
}

/// A folder with a configuration for this server.
fn moodbox(server: &Server, arguments: &[&str]) -> Output {
    let videos = server.beside("videos");
    fs::create_dir_all(&videos).unwrap();
    fs::write(videos.join("waves at night.mkv"), b"").unwrap();
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[music]\naddress = \"{}\"\n\
         [video]\nfolders = [\"{}\"]\n",
        server.socket().display(),
        videos.display()
    );
    fs::write(server.beside("moodbox.toml"), config).unwrap();
    Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(arguments)
        .arg("--config")
        .arg(server.beside("moodbox.toml"))
        .env("XDG_STATE_HOME", server.beside("home"))
        .env_remove("STATE_DIRECTORY")
        .output()
        .unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_person_sets_what_a_song_is_like_and_the_daemon_hears_of_it() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    let set = ["library", "set", "the long-a", "--valence", "-0.25", "--arousal", "0.75"];
    assert_eq!(said(&moodbox(&server, &set)).trim(), "long-a.ogg: valence -0.25, arousal +0.75");
    assert_eq!(server.other().sticker("song", "long-a.ogg", "valence").unwrap(), "-0.25");
    receive("the value", &player.catalogs, |items| {
        let feeling = items.iter().find(|item| item.id == "long-a.ogg")?.feeling?;
        (feeling.arousal == 0.75 && feeling.source == FeelingSource::Explicit).then_some(())
    });
    // One axis alone leaves the other as it is known.
    said(&moodbox(&server, &["library", "set", "long-a.ogg", "--valence", "0.5"]));
    let list = said(&moodbox(&server, &["library", "--find", "long-a", "--json"]));
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let item = &list["music"]["items"][0];
    assert_eq!((item["valence"].as_f64(), item["arousal"].as_f64()), (Some(0.5), Some(0.75)));
    assert_eq!(item["source"], "tag");
    for _ in 0..2 {
        said(&moodbox(&server, &["library", "set", "long-a.ogg", "--clear"]));
        assert!(server.other().sticker("song", "long-a.ogg", "valence").is_err());
    }
}

#[test]
fn a_person_sets_what_a_video_is_like() {
    let server = Server::start();
    assert!(said(&moodbox(&server, &["library"])).contains("video: 1; feeling known by tag 0"));
    let alone = refused(&moodbox(&server, &["library", "set", "waves", "--valence", "0.5"]));
    assert!(alone.contains("--arousal"), "{alone}");
    said(&moodbox(&server, &["library", "set", "waves", "--valence", "0.5", "--arousal", "-0.75"]));
    let list = said(&moodbox(&server, &["library", "--list"]));
    assert!(list.contains("+0.50 -0.75  tag") && list.contains("waves at night.mkv"), "{list}");
    said(&moodbox(&server, &["library", "set", "waves", "--clear"]));
    assert!(said(&moodbox(&server, &["library"])).contains("video: 1; feeling known by tag 0"));
}

#[test]
fn a_wish_that_cannot_be_granted_says_why_and_what_to_do() {
    let server = Server::start();
    for (arguments, words) in [
        (&["set", "long", "--valence", "0.5"][..], &["may be any of 3", "long-b.ogg"][..]),
        (&["set", "nobody", "--valence", "0.5"], &["nothing in the library is called `nobody`", "--list"]),
        (&["set", "long-a", "--valence", "7"], &["from -1 to 1"]),
        (&["set", "long-a", "--valence", "sad"], &["from -1 to 1"]),
        (&["set", "long-a"], &["--valence", "--clear"]),
        (&["set", "long-a", "--clear", "--valence", "0"], &["cannot be used with"]),
        (&["update", "no/such/folder"], &[]),
    ] {
        let mut all = vec!["library"];
        all.extend(arguments);
        let output = moodbox(&server, &all);
        if words.is_empty() {
            // MPD takes any name and looks in vain.
            said(&output);
            continue;
        }
        let told = refused(&output);
        for word in words {
            assert!(told.contains(word), "`{word}` is not said in:\n{told}");
        }
    }
    let gone = Setter { music: Some(server.by_socket()), videos: server.beside("feelings.json") }
        .set(Kind::Music, "no/such.ogg", Some((0.0, 0.0)))
        .unwrap_err();
    assert!(matches!(&gone, SetError::Music(_)), "{gone}");
    assert!(gone.to_string().contains("no/such.ogg"), "{gone}");
}

#[test]
fn without_stickers_the_cure_is_a_line_for_mpd_conf() {
    let mut server = Server::start();
    server.kill();
    let file = server.beside("mpd.conf");
    let config = fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = config.lines().filter(|line| !line.starts_with("sticker_file")).collect();
    fs::write(&file, without.join("\n")).unwrap();
    server.launch();
    let told = refused(&moodbox(&server, &["library", "set", "long-a", "--valence", "0", "--arousal", "0"]));
    assert!(told.contains("sticker_file") && told.contains("mpd.conf"), "{told}");
}

/// The permissions that moodbox itself asks for. MPD 0.23 wants `admin` before it tells or keeps a sticker.
#[test]
fn a_password_without_admin_has_its_library_and_is_told_what_stickers_need() {
    let mut server = Server::with_password("open sesame");
    server.kill();
    let file = server.beside("mpd.conf");
    let config = fs::read_to_string(&file).unwrap();
    assert!(config.contains("control,admin"), "{config}");
    fs::write(&file, config.replace("control,admin", "control")).unwrap();
    server.launch();
    let music = MusicSettings { password: Some("open sesame".to_owned()), ..server.by_socket() };
    let (songs, _) = Mpd::library(&music).unwrap();
    let song = songs.iter().next().expect("the songs of the server").id.to_owned();
    let told = Setter { music: Some(music), videos: server.beside("feelings.json") }
        .set(Kind::Music, &song, Some((0.0, 0.0)))
        .unwrap_err()
        .to_string();
    assert!(told.contains("keeps no stickers") && told.contains("`admin`"), "{told}");
}

#[test]
fn what_was_heard_is_shown_from_outside_the_daemon_with_the_progress() {
    let server = Server::start();
    with_unknown_songs(&server);
    let before = said(&moodbox(&server, &["library"]));
    assert!(before.contains("sound: 0 of 5 measured; `moodbox run`"), "{before}");
    let work = Work::start(&server.by_socket(), &server.beside("home/moodbox/sounds.json"));
    work.hears(3);
    work.end();
    let after = said(&moodbox(&server, &["library", "--list"]));
    assert!(after.contains("by sound 3, unknown 1"), "{after}");
    // The video is an empty file that nobody has listened to.
    assert!(after.contains("sound: 3 of 5 measured, 1 cannot be"), "{after}");
    assert!(after.contains("sound    march.wav"), "{after}");
}

#[test]
fn every_kind_of_sound_that_people_have_is_measured_and_much_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, codec: &[&str], seconds: u32| {
        let path = folder.path().join(name);
        let tone = format!("sine=frequency=330:sample_rate=48000:duration={seconds}");
        let to = path.display().to_string();
        run("ffmpeg", &[&["-v", "error", "-f", "lavfi", "-i", &tone], codec, &[&to]].concat());
        moodbox::audio_analysis::measure(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let wave = make("a.wav", &[], 40);
    for (name, codec, seconds) in [
        ("long.opus", &["-c:a", "libopus"][..], 100),
        ("short.opus", &["-c:a", "libopus"], 12),
        ("opus.ogg", &["-c:a", "libopus"], 12),
        ("opus.mka", &["-c:a", "libopus"], 12),
        ("alac.m4a", &["-c:a", "alac"], 12),
        ("a.aiff", &[], 12),
        ("b.aif", &["-f", "aiff"], 12),
        ("a.wma", &["-c:a", "wmav2"], 12),
        ("a.wv", &["-c:a", "wavpack"], 12),
        ("a.tta", &["-c:a", "tta"], 12),
        ("a.ac3", &["-c:a", "ac3"], 12),
    ] {
        let heard = make(name, codec, seconds);
        assert!((heard.loudness - wave.loudness).abs() < 3.0, "{name}: {heard:?}, {wave:?}");
        assert!((heard.brightness / wave.brightness - 1.0).abs() < 0.3, "{name}: {heard:?}, {wave:?}");
    }
    // What only looks like such a file is an error and no noise.
    for name in ["broken.opus", "broken.wma", "broken.aiff", "broken.wv"] {
        let path = folder.path().join(name);
        std::fs::write(&path, [7; 5000]).unwrap();
        assert!(moodbox::audio_analysis::measure(&path).is_err(), "{name}");
    }
}

/// MIDI that MPD takes up: a track with one note, so short that no player of it needs its instruments.
#[test]
fn midi_is_named_as_what_cannot_be_measured_once_for_all_of_it() {
    let server = Server::start();
    let note = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0";
    for name in ["a.mid", "B.MID"] {
        fs::write(server.file(name), note).unwrap();
    }
    server.other().update().unwrap();
    wait_for("the new songs", || (server.other().stats().unwrap().songs == 7).then_some(()));
    let told = said(&moodbox(&server, &["library"]));
    assert!(told.contains("2 are MIDI, which has no sound of its own, and cannot be"), "{told}");
    assert!(matches!(
        moodbox::audio_analysis::measure(&server.file("a.mid")),
        Err(moodbox::audio_analysis::SoundError::Midi)
    ));
}
