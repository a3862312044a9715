//! The daemon that ships, with a picture as its camera and the page as the finger.
#![allow(dead_code, reason = "each of the tests that start a daemon uses a part of this")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than a press takes under `strace` on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Device {
    pub folder: tempfile::TempDir,
    page: SocketAddr,
    child: Option<Child>,
    /// What opens the page, if it is locked.
    word: Option<String>,
}

impl Device {
    /// A device in a folder of its own; `photo` writes the picture that its camera sees, `command` turns the program into how it is started. `more` goes on
    /// where `[web]` stands in the configuration, and `word` opens its page.
    pub fn start(
        photo: impl FnOnce(&Path),
        more: &str,
        word: Option<&str>,
        command: impl FnOnce(&Path, &Path) -> Command,
    ) -> Device {
        let folder = tempfile::tempdir().unwrap();
        photo(&folder.path().join("face.png"));
        let page = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let here = folder.path().display();
        // A camera that sends JPEG, where that is what was written.
        let face = if folder.path().join("face.mjpg").exists() { "face.mjpg" } else { "face.png" };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).display();
        let config = format!(
            "[device]\nmode = \"household\"\n[button]\nline = \"no-such-line\"\n\
             [camera]\nlook_ms = 3000\nphotos = [\"{here}/{face}\"]\n[panel]\npng = \"{here}/panel.png\"\n\
             [vision]\nruntime = \"{root}/assets/lib/libtensorflowlite_c.so\"\n\
             face_model = \"{root}/assets/models/face.tflite\"\nmood_model = \"{root}/models/mood.toml\"\n\
             [times]\nmood_s = 1\nmessage_s = 1\nchoose_s = 3\n[web]\nlisten = \"{page}\"\n{more}"
        );
        fs::write(folder.path().join("moodbox.toml"), config).unwrap();
        let mut command = command(Path::new(env!("CARGO_BIN_EXE_moodbox")), folder.path());
        command.args(["run", "--config"]).arg(folder.path().join("moodbox.toml"));
        if !command.get_envs().any(|(name, _)| name == "XDG_STATE_HOME") {
            command.env("XDG_STATE_HOME", folder.path().join("state"));
        }
        command.env("XDG_RUNTIME_DIR", folder.path().join("run"));
        // All that it and the crates below it can say.
        command.env("MOODBOX_LOG", "trace").env_remove("MPD_HOST").env_remove("JOURNAL_STREAM");
        let log = |name: &str| fs::File::create(folder.path().join(name)).unwrap();
        command.stdin(Stdio::null()).stdout(log("stdout")).stderr(log("stderr"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let device = Device { folder, page, child: Some(child), word: word.map(str::to_owned) };
        device.until("the page answers", |device| {
            TcpStream::connect(device.page).is_ok() && device.state()["phase"] == "idle"
        });
        device
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One request, its whole answer.
    pub fn ask(&self, head: &str, body: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.page).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-CSRF-Token: {}\r\n{}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
            self.page,
            if head.starts_with("POST") { self.csrf() } else { String::new() },
            self.word.as_ref().map(|word| format!("Authorization: Bearer {word}\r\n")).unwrap_or_default(),
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask(&format!("GET {path}"), "");
        let text = String::from_utf8_lossy(&answer);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or(Value::Null)
    }

    fn csrf(&self) -> String {
        self.get("/api/session")["csrf"].as_str().unwrap_or_default().to_owned()
    }

    pub fn state(&self) -> Value {
        self.get("/api/state")
    }

    pub fn press(&self) {
        let answer = self.ask("POST /api/press", "{}");
        assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
    }

    /// Asks again and again; says what the device said when it is in vain.
    pub fn until(&self, what: &str, mut happened: impl FnMut(&Device) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !happened(self) {
            let log = || fs::read_to_string(self.path("stderr")).unwrap_or_default();
            assert!(Instant::now() < end, "waited in vain: {what}\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The process itself, also where another one follows it.
    pub fn process(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// Ends it as systemd would, and waits for that.
    pub fn end(&mut self, signal: Signal) -> Option<ExitStatus> {
        let mut child = self.child.take()?;
        // `strace` hands on what it was told, but to its child alone.
        let inner =
            fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap_or_default();
        let inner = inner.split_whitespace().next().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        let _ = kill_process(inner.unwrap_or(Pid::from_child(&child)), signal);
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            if Instant::now() > end {
                let _ = child.kill();
                panic!("it did not leave");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = kill_process(Pid::from_child(child), Signal::CONT);
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
