//! A daemon that runs, and a person who edits its templates, starts a second one, and has it forget.

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
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

#[test]
fn a_configuration_that_cannot_be_used_is_told_on_panel_and_page_until_it_is_mended_and_nothing_is_restarted()
{
    let folder = tempfile::tempdir().unwrap();
    let page = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = |name: &str| folder.path().join(name);
    let config = |mode: &str| {
        format!(
            "[device]\nmode = \"{mode}\"\n[button]\nline = \"no-such-line\"\n[panel]\npng = \"{}\"\n\
             [web]\nlisten = \"{page}\"\n",
            at("panel.png").display()
        )
    };
    fs::write(at("moodbox.toml"), config("hom<b>e")).unwrap();
    let manager = std::os::unix::net::UnixDatagram::bind(at("notify")).unwrap();
    manager.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let mut child = moodbox(folder.path(), "run").env("NOTIFY_SOCKET", at("notify")).spawn().unwrap();
    let mut said = [0; 1000];
    let count = manager.recv(&mut said).unwrap();
    assert!(String::from_utf8_lossy(&said[..count]).contains("READY=1"), "systemd waits no longer");
    let answer = support::wait_for("the page", || {
        let mut stream = std::net::TcpStream::connect(page).ok()?;
        write!(stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    });
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Settings not usable"), "{answer}");
    assert!(
        answer.contains("mode = ") && answer.contains("hom&lt;b&gt;e") && !answer.contains("hom<b>"),
        "{answer}"
    );
    support::wait_for("the panel", || at("panel.png").exists().then_some(()));
    assert_eq!(child.try_wait().unwrap(), None, "it stays");
    fs::write(at("moodbox.toml"), config("household")).unwrap();
    let status = support::wait_for("its end", || child.try_wait().unwrap());
    assert!(status.success(), "systemd starts it anew: {status}");

    // At a terminal the error is the answer, and asked to leave it leaves.
    fs::write(at("moodbox.toml"), config("home")).unwrap();
    let output = moodbox(folder.path(), "run").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut child = moodbox(folder.path(), "run").env("NOTIFY_SOCKET", at("notify")).spawn().unwrap();
    support::wait_for("it to listen", || std::net::TcpStream::connect(page).ok());
    support::signal(&child, "TERM");
    assert!(support::wait_for("its end", || child.try_wait().unwrap()).success());
}

#[test]
fn the_memory_of_the_daemon_is_for_nobody_but_root() {
    let daemon = Daemon::start(None, |_| {});
    // Of a process that may be dumped, its user owns these files.
    use std::os::unix::fs::MetadataExt;
    let auxv = format!("/proc/{}/auxv", daemon.child.id());
    let owner = fs::metadata(&auxv).unwrap().uid();
    assert_eq!(owner, 0);
    // That alone says nothing where the test runs as root: the kernel's own word does.
    let maps = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups", "cat"])
        .arg(format!("/proc/{}/maps", daemon.child.id()))
        .output();
    if let Ok(output) = maps {
        assert!(!output.status.success());
    }
}
