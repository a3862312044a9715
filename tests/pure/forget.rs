//! `moodbox forget`, as a person or a script calls it.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use moodbox::library::history;
use moodbox::library::lock::StateLock;
use moodbox_core::mood::{Mood, Scores};
use moodbox_core::recommend::{History, Outcome};

fn learnt(folder: &Path) {
    let mut learnt = History::default();
    learnt.begin(Mood::Sad);
    learnt.record("one.ogg", Outcome::Liked);
    learnt.record("two.ogg", Outcome::Finished);
    learnt.helped(Mood::Sad, 0.5);
    learnt.bias_mut().correct(&Scores::certain(Mood::Sad), Mood::Neutral);
    history::save(&folder.join("history.json"), &learnt).unwrap();
}

fn forget(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    command.args(["forget", "--state"]).arg(state).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn it_shows_what_is_kept_erases_it_and_finds_nothing_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    learnt(folder.path());
    std::fs::write(folder.path().join("history.json.broken-1"), "{").unwrap();
    // What a power cut left half written, where a daemon has been.
    std::fs::write(folder.path().join(".moodbox-a1B2c3"), "{}").unwrap();
    std::fs::write(folder.path().join("lock"), "").unwrap();
    let moods = "time,mood,by,confidence\n2026-06-01T12:00:00Z,sad,camera,0.750\n";
    std::fs::write(folder.path().join("moods.csv"), moods).unwrap();
    let output = forget(folder.path()).arg("--yes").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for words in [
        "1 sessions, 2 plays, 1 liked",
        "sad: the mood changed by +0.50 in the mean of 1",
        "1 readings corrected; faces are read with sad -0.80, neutral +0.80",
        "1 moods over time",
        "Forgotten.",
    ] {
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().flatten().all(|file| file.file_name() == "lock"));
    let again = forget(folder.path()).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("Nothing is kept"), "{}", said(&again));
}

#[test]
fn without_a_person_to_ask_it_erases_nothing_and_says_how() {
    let folder = tempfile::tempdir().unwrap();
    learnt(folder.path());
    let output = forget(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("say --yes"), "{}", said(&output));
    assert!(folder.path().join("history.json").exists());
}

#[test]
fn a_history_that_cannot_be_read_is_erased_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("history.json"), b"\xff{").unwrap();
    let output = forget(folder.path()).arg("--yes").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!folder.path().join("history.json").exists());
}

/// The lock and the answer of a daemon, without its devices: this test stands in for it.
#[test]
fn a_daemon_that_holds_the_history_is_asked_and_its_answer_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    learnt(folder.path());
    let file = folder.path().join("history.json");
    let _lock = StateLock::take(folder.path()).unwrap();
    let child =
        forget(folder.path()).arg("--yes").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !history::is_forget_requested(&file) {
        assert!(Instant::now() < end, "nobody was asked");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(file.exists(), "the file is the daemon's to erase");
    history::forget(&file).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("Forgotten."), "{}", said(&output));
}
