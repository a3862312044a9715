//! The daemon that ships, with one thing wrong: it says so, and the press is answered all the same.

use crate::daemon;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use daemon::Device;
use rustix::process::Signal;

fn photo(path: &Path) {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/photos/astronaut.png");
    fs::copy(known, path).expect("deploy/fetch-assets brings the photo");
}

/// A press that leads to a reading, and back to idle.
fn is_well(device: &Device) {
    let before = device.state()["looks"].as_u64().unwrap();
    // On a machine that is very busy a look may be given up; then it is pressed again, as a person would.
    device.until("it has looked", |device| {
        let state = device.state();
        if state["phase"] == "idle" {
            device.press();
        }
        state["looks"].as_u64() > Some(before)
    });
    device.until("it is ready again", |device| device.state()["phase"] == "idle");
}

fn parts_ill(device: &Device) -> String {
    device.state()["troubles"].to_string()
}

#[test]
fn a_state_folder_that_cannot_be_written_is_told_and_the_press_is_answered() {
    let mut device = Device::start(photo, "", None, |program, _| {
        let mut command = Command::new(program);
        // No user, root included, can make a folder there.
        command.env("XDG_STATE_HOME", "/proc/1");
        command
    });
    device.until("it tells of it", |device| parts_ill(device).contains("library"));
    is_well(&device);
    assert!(device.end(Signal::TERM).unwrap().success());
    let log = fs::read_to_string(device.path("stderr")).unwrap();
    assert!(log.contains("cannot be used as the state folder"), "{log}");
}

#[test]
fn a_disk_that_takes_not_one_byte_keeps_nobody_from_pressing() {
    let mut device = Device::start(photo, "", None, |program, _| {
        let mut command = Command::new("sh");
        // Every write to a file fails: the log, the panel's picture, what is learnt.
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(program);
        command
    });
    device.until("the panel is told of", |device| parts_ill(device).contains("panel"));
    is_well(&device);
    assert!(device.end(Signal::TERM).unwrap().success());
}

/// The state folder is a disk of its own of 256 kB that is full, until the file `room` is there.
#[test]
fn a_full_disk_is_told_loses_nothing_and_heals_when_there_is_room() {
    let namespaces: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let given = |words: &[&str]| {
        Command::new("unshare").args(words).arg("true").status().is_ok_and(|status| status.success())
    };
    let Some(namespace) = namespaces.into_iter().find(|words| given(words)) else {
        return println!("not tried: this machine gives no mounts of its own");
    };
    let device = Device::start(photo, "", None, |program, folder| {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-euc"]).arg(
            "mkdir \"$1/state\"; mount -t tmpfs -o size=256k none \"$1/state\"\n\
             mkdir -p \"$1/state/moodbox/templates/music\"\n\
             echo '# the one that lies there' > \"$1/state/moodbox/templates/music/sad.toml\"\n\
             cat /dev/zero > \"$1/state/fill\" 2>/dev/null || true\n\
             (tries=0; until [ -e \"$1/room\" ] || [ $tries = 6000 ]; do tries=$((tries + 1)); sleep 0.05; done\n\
             rm \"$1/state/fill\"; : > \"$1/made\") &\n\
             exec \"$0\" \"$2\" \"$3\" \"$4\"",
        );
        command.arg(program).arg(folder);
        command
    });
    let own = "the one that lies there";
    let sad = |device: &Device| device.get("/api/templates/music/sad")["text"].as_str().unwrap().to_owned();
    assert!(sad(&device).contains(own), "{}", sad(&device));
    let status = |device: &Device, head: &str, body: &str| {
        let answer = String::from_utf8(device.ask(head, body)).unwrap();
        (answer[9..12].to_owned(), answer)
    };
    let settings = (r"POST /api/settings", r#"{"changes":{"device.language":"de"}}"#);
    let written = serde_json::json!({ "text": "# another\n" }).to_string();
    let template = ("POST /api/templates/music/sad", written.as_str());
    let backup = String::from_utf8(device.ask("GET /api/backup", "")).unwrap();
    let backup = backup.split_once("\r\n\r\n").unwrap().1.replace("one that lies", "one that came");
    let restore = ("POST /api/restore", backup.as_str());
    for (head, body) in [settings, template, restore] {
        let (code, answer) = status(&device, head, body);
        assert!(code.starts_with('5') && answer.contains("room"), "{head}: {answer}");
    }
    assert!(sad(&device).contains(own), "nothing of it is lost");
    assert_eq!(device.state()["language"], "en");
    is_well(&device);
    fs::write(device.path("room"), "").unwrap();
    device.until("there is room", |device| device.path("made").exists());
    for (head, body) in [settings, restore] {
        let (code, answer) = status(&device, head, body);
        assert_eq!(code, "200", "{head}: {answer}");
    }
    assert!(sad(&device).contains("one that came"));
    is_well(&device);
}

#[test]
fn a_card_that_never_answers_keeps_nobody_waiting() {
    let mut device = Device::start(photo, "", None, |program, folder| {
        // Opening it to read waits for ever, as a card does that has died.
        let state = folder.join("state/moodbox");
        fs::create_dir_all(&state).unwrap();
        assert!(Command::new("mkfifo").arg(state.join("history.json")).status().unwrap().success());
        Command::new(program)
    });
    is_well(&device);
    is_well(&device);
    device.end(Signal::TERM);
}

#[test]
fn asked_to_leave_in_any_phase_it_leaves_in_time_and_says_goodbye() {
    for phase in ["idle", "looking", "choosing", "playing"] {
        let mut device = Device::start(photo, "", None, |program, _| Command::new(program));
        if phase != "idle" {
            device.press();
        }
        if phase == "playing" {
            device.ask("POST /api/mood", r#"{"mood":"sad"}"#);
        }
        // Which of the two comes after a look hangs on the photo; both have to be left in time.
        let wanted =
            |told: &str| told == phase || (phase == "choosing" && !["idle", "looking"].contains(&told));
        device.until(phase, |device| device.state()["phase"].as_str().is_some_and(wanted));
        let asked = Instant::now();
        let status = device.end(Signal::TERM).unwrap();
        assert!(status.success(), "{phase}: {status:?}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{phase}: {:?}", asked.elapsed());
    }
}

#[test]
fn killed_in_the_middle_of_a_look_it_starts_again_and_waits_for_a_press() {
    let mut killed = Device::start(photo, "", None, |program, _| Command::new(program));
    killed.press();
    killed.until("it looks", |device| device.state()["phase"] == "looking");
    killed.end(Signal::KILL);
    let state = killed.path("state");
    let device = Device::start(photo, "", None, |program, _| {
        let mut command = Command::new(program);
        command.env("XDG_STATE_HOME", state);
        command
    });
    assert_eq!((device.state()["looks"].as_u64(), device.state()["visits"].as_u64()), (Some(0), Some(0)));
    is_well(&device);
}
