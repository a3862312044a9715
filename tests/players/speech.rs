//! Spoken prompts by a real mpv, and a real MPD that is lowered meanwhile.

use crate::support;

use std::path::Path;
use std::time::{Duration, Instant};

use moodbox::ports::speech::{self, MpvSpeaker, Speaker};
use moodbox_core::kiosk::action::{PlayerCommand, Spoken};
use moodbox_core::text::Language;
use support::mpd::{Player, Server};
use support::{ffmpeg, wait_for};

/// Tones in the place of words, one second each.
fn prompts(folder: &Path, words: &[Spoken]) {
    std::fs::create_dir_all(folder.join("en")).unwrap();
    for word in words {
        let file = speech::file(folder, Language::En, *word).display().to_string();
        ffmpeg("sine=duration=1", &["-c:a", "libopus"], &file);
    }
}

fn speaker(folder: &Path) -> MpvSpeaker {
    // Nothing is heard, and time passes as if it were.
    MpvSpeaker::new("mpv".into(), folder.to_owned()).with_options(&["--ao=null"])
}

#[test]
fn prompts_are_said_one_after_another_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let words = [Spoken::NotSure, Spoken::LookAtMe];
    prompts(folder.path(), &words);
    let begun = Instant::now();
    let mut utterance = speaker(folder.path()).say(&words, Language::En, 60).unwrap();
    assert!(!utterance.is_over());
    wait_for("the end of the prompts", || utterance.is_over().then_some(()));
    assert!(begun.elapsed() > Duration::from_millis(1800), "both were played: {:?}", begun.elapsed());
}

#[test]
fn a_prompt_that_is_dropped_is_cut_off_and_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    prompts(folder.path(), &[Spoken::Fault]);
    let file = speech::file(folder.path(), Language::En, Spoken::Fault).display().to_string();
    let running = || {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let commands = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        commands.filter(|line| String::from_utf8_lossy(line).contains(&file)).count()
    };
    let utterance = speaker(folder.path()).say(&[Spoken::Fault], Language::En, 60).unwrap();
    wait_for("mpv to run", || (running() == 1).then_some(()));
    drop(utterance);
    assert_eq!(running(), 0);
}

#[test]
fn a_speaker_without_mpv_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut speaker = MpvSpeaker::new("/nowhere/mpv".into(), folder.path().to_owned());
    let error = speaker.say(&[Spoken::GotIt], Language::En, 60).err().expect("there is no mpv").to_string();
    assert!(error.contains("/nowhere/mpv") && error.contains("Install mpv"), "{error}");
}

fn volume(server: &Server) -> i8 {
    server.other().status().unwrap().volume
}

fn is_at(server: &Server, wanted: i8) {
    wait_for(&format!("a volume of {wanted}"), || (volume(server) == wanted).then_some(()));
}

#[test]
fn the_music_is_lowered_while_somebody_speaks_and_then_as_before() {
    let server = Server::start();
    let player = Player::well(server.by_socket());
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    player.tell(PlayerCommand::Duck(true));
    is_at(&server, 13);
    // Somebody turns the volume meanwhile: that is what it comes back to.
    player.tell(PlayerCommand::Volume(60));
    is_at(&server, 20);
    player.tell(PlayerCommand::Duck(false));
    is_at(&server, 60);
}

#[test]
fn music_that_begins_under_a_prompt_begins_low_and_a_stop_under_one_leaves_the_volume_as_it_was() {
    let server = Server::start();
    server.other().volume(75).unwrap();
    let player = Player::well(server.by_socket());
    player.tell(PlayerCommand::Duck(true));
    player.play(&["long-a.ogg"]);
    player.hears_song("long-a.ogg");
    is_at(&server, 13);
    player.tell(PlayerCommand::Duck(false));
    is_at(&server, 40);
    player.tell(PlayerCommand::Duck(true));
    is_at(&server, 13);
    player.tell(PlayerCommand::Stop { fade: Duration::from_millis(300) });
    wait_for("the music to stop", || server.queue().is_empty().then_some(()));
    player.tell(PlayerCommand::Duck(false));
    is_at(&server, 75);
}

#[test]
fn music_of_another_client_is_lowered_too() {
    let server = Server::start();
    let mut other = server.other();
    other.volume(75).unwrap();
    let player = Player::well(server.by_socket());
    player.tell(PlayerCommand::Duck(true));
    is_at(&server, 25);
    player.tell(PlayerCommand::Duck(false));
    is_at(&server, 75);
}
