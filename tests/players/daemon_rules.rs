//! A daemon that runs, and a person who edits its templates, starts a second one, and has it forget.

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crossbeam_channel::{Receiver, unbounded};
use moodbox::library::history;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{History, Outcome};
use support::mpd::Server;
use support::receive;

/// A device without a button, a camera or a model: what is not under test may be missing.
struct Daemon {
    folder: tempfile::TempDir,
    child: Child,
    log: Receiver<String>,
}

impl Daemon {
    fn start(music: Option<&Path>, before: impl FnOnce(&Path)) -> Daemon {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let music =
            music.map_or(String::new(), |socket| format!("[music]\naddress = \"{}\"\n", socket.display()));
        let config = format!(
            "[device]\nmode = \"household\"\n[button]\nline = \"no-such-line\"\n[camera]\nphotos = [\"{}\"]\n\
             [vision]\nmood_model = \"{}\"\n[templates]\nfolder = \"{}\"\n{music}",
            concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens.png"),
            at("no-model.toml"),
            at("templates"),
        );
        fs::write(at("moodbox.toml"), config).unwrap();
        before(folder.path());
        let mut child = moodbox(folder.path(), "run").stderr(Stdio::piped()).spawn().unwrap();
        let (tell, log) = unbounded();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let daemon = Daemon { folder, child, log };
        daemon.says("templates: read");
        daemon
    }

    /// Waits until the log has said this.
    #[track_caller]
    fn says(&self, words: &str) {
        receive(words, &self.log, |line| line.contains(words).then_some(()));
    }

    /// Waits until one line of the log has said all of these.
    #[track_caller]
    fn says_all(&self, words: &[&str]) {
        receive(words[0], &self.log, |line| words.iter().all(|word| line.contains(word)).then_some(()));
    }

    fn history(&self) -> PathBuf {
        state(self.folder.path()).join("history.json")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn state(folder: &Path) -> PathBuf {
    folder.join("state/moodbox")
}

fn moodbox(folder: &Path, verb: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    command.arg(verb).arg("--config").arg(folder.join("moodbox.toml")).stdin(Stdio::null());
    command.env("XDG_STATE_HOME", folder.join("state")).env("XDG_RUNTIME_DIR", folder.join("run"));
    for name in ["MPD_HOST", "MPD_PORT", "MOODBOX_LOG", "STATE_DIRECTORY", "RUNTIME_DIRECTORY"] {
        command.env_remove(name);
    }
    command
}

#[test]
fn a_template_is_taken_as_soon_as_it_is_saved_and_a_broken_one_is_named_until_it_is_mended() {
    let daemon = Daemon::start(None, |_| {});
    // The folder was not there when the daemon started.
    let music = daemon.folder.path().join("templates/music");
    fs::create_dir_all(&music).unwrap();
    let file = music.join("sad.toml");
    fs::write(&file, "volume = 12\n").unwrap();
    daemon.says("templates: read");
    fs::write(&file, "volume = 12\nlenght = { items = 3 }\n").unwrap();
    daemon.says_all(&["music/sad.toml:2:1: unknown field `lenght`", "did you mean `length`?"]);
    daemon.says("the last good template is used");
    fs::write(&file, "volume = 13\n").unwrap();
    daemon.says("templates: read");
    daemon.says("Templates: works");
}

#[test]
fn a_second_daemon_on_one_state_folder_is_refused_with_the_cure() {
    let daemon = Daemon::start(None, |_| {});
    let second = moodbox(daemon.folder.path(), "run").output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    let who = format!("another moodbox (process {})", daemon.child.id());
    assert!(said.contains(&who) && said.contains("a state folder of its own"), "{said}");
}

#[test]
fn a_daemon_that_runs_forgets_when_asked_and_our_likes_are_taken_back_and_nobody_elses() {
    let server = Server::start();
    let mut other = server.other();
    for (song, like) in [("long-a.ogg", "2"), ("long-b.ogg", "2"), ("long-c.ogg", "0")] {
        other.set_sticker("song", song, "like", like).unwrap();
    }
    let daemon = Daemon::start(Some(&server.socket()), |folder| {
        let mut learnt = History::default();
        learnt.begin(Mood::Sad);
        for song in ["long-a.ogg", "long-c.ogg", "gone.ogg"] {
            learnt.record(song, Outcome::Liked);
        }
        fs::create_dir_all(state(folder)).unwrap();
        history::save(&state(folder).join("history.json"), &learnt).unwrap();
    });
    let output = moodbox(daemon.folder.path(), "forget").args(["--likes", "--yes"]).output().unwrap();
    let said = format!("{output:?}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("1 of 3 likes were taken back") && said.contains("Forgotten."), "{said}");
    daemon.says("asked to forget");
    assert!(!daemon.history().exists());
    let like = |song| server.other().sticker("song", song, "like").ok();
    assert_eq!(like("long-a.ogg"), None, "ours");
    assert_eq!(like("long-b.ogg").as_deref(), Some("2"), "not ours");
    assert_eq!(like("long-c.ogg").as_deref(), Some("0"), "another player's dislike since");
}
