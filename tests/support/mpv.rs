//! A private mpv without screen or sound, and a video thread that talks to it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use moodbox::ports::video::{Mpv, Video, VideoSettings, worker};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, NowPlaying, Part, PlayerEvent, TroubleKind};

use super::{receive, run, wait_for};

/// Clips made once for all tests of this program: name, seconds. Each has a tone.
const CLIPS: [(&str, u32); 4] =
    [("long-a.mkv", 60), ("long-b.mkv", 60), ("short-a.mkv", 2), ("short-b.mkv", 2)];

/// The path of a clip.
pub fn clip(name: &str) -> String {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for (name, seconds) in CLIPS {
            let picture = format!("color=c=teal:size=64x36:rate=10:duration={seconds}");
            let tone = format!("sine=frequency=220:sample_rate=8000:duration={seconds}");
            let path = folder.path().join(name).display().to_string();
            run(
                "ffmpeg",
                &[
                    "-v", "error", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone, "-c:v",
                    "mpeg4", "-c:a", "flac", &path,
                ],
            );
        }
        std::fs::write(folder.path().join("broken.mkv"), b"no video").unwrap();
        folder
    });
    folder.path().join(name).display().to_string()
}

/// The settings of a test: nothing seen, nothing heard, and a folder of its own.
pub fn settings(folder: &Path) -> VideoSettings {
    VideoSettings {
        vo: Some("null".to_owned()),
        hwdec: "no".to_owned(),
        options: vec!["--ao=null".to_owned()],
        exchange: Duration::from_secs(2),
        ..VideoSettings::new(folder.join("runtime"))
    }
}

/// An mpv that somebody else runs.
pub struct Foreign {
    folder: tempfile::TempDir,
    child: Child,
}

impl Foreign {
    pub fn start() -> Foreign {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let child = Command::new("mpv")
            .args(["--no-config", "--idle=yes", "--vo=null", "--ao=null", "--no-terminal"])
            .arg(format!("--input-ipc-server={}", socket.display()))
            .stdin(Stdio::null())
            .spawn()
            .expect("`mpv` is needed for this test: apt install mpv");
        let foreign = Foreign { folder, child };
        wait_for("mpv to listen", || UnixStream::connect(foreign.socket()).ok());
        foreign
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub fn child(&self) -> &Child {
        &self.child
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another client: asks mpv at a socket for the value of a property.
pub fn property(socket: &Path, name: &str) -> serde_json::Value {
    command(socket, serde_json::json!(["get_property", name]))["data"].take()
}

/// Another client: has mpv at a socket do something.
pub fn command(socket: &Path, command: serde_json::Value) -> serde_json::Value {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(super::PATIENCE)).unwrap();
    writeln!(stream, "{}", serde_json::json!({ "command": command, "request_id": 9 })).unwrap();
    BufReader::new(stream)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap())
        .find(|answer| answer["request_id"] == 9)
        .unwrap()
}

/// The video thread at work, with its other ends in the test's hands.
pub struct Screen {
    commands: Option<Sender<PlayerCommand>>,
    pub events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Screen {
    pub fn new(settings: VideoSettings) -> Screen {
        Screen::of(Box::new(Mpv::new(settings)))
    }

    pub fn of(video: Box<dyn Video>) -> Screen {
        let (commands, orders) = unbounded();
        let (tell, events) = unbounded();
        let thread = std::thread::spawn(move || {
            worker::run(video, orders, move |event| tell.send(event).unwrap_or_default());
        });
        Screen { commands: Some(commands), events, thread: Some(thread) }
    }

    /// One that has its mpv.
    pub fn well(settings: VideoSettings) -> Screen {
        let screen = Screen::new(settings);
        screen.is_well();
        screen
    }

    pub fn tell(&self, command: PlayerCommand) {
        self.commands.as_ref().unwrap().send(command).unwrap();
    }

    pub fn play(&self, clips: &[&str], volume: u8, repeat: bool) {
        let ids = clips.iter().map(|name| clip(name)).collect();
        self.tell(PlayerCommand::Play { ids, volume, repeat });
    }

    /// What is told of it next.
    pub fn health(&self) -> Health {
        receive("the health of the video", &self.events, |event| match event {
            Event::Part(Part::Video, health) => Some(health.clone()),
            _ => None,
        })
    }

    pub fn is_well(&self) {
        receive("the video to be well", &self.events, |event| {
            matches!(event, Event::Part(Part::Video, Health::Well)).then_some(())
        });
    }

    pub fn is_ill(&self) -> (TroubleKind, String) {
        receive("the video to be ill", &self.events, |event| match event {
            Event::Part(Part::Video, Health::Ill(trouble)) => Some((trouble.kind, trouble.report.clone())),
            _ => None,
        })
    }

    pub fn shows(&self, what: &str, mut wanted: impl FnMut(&NowPlaying) -> bool) -> NowPlaying {
        receive(what, &self.events, |event| match event {
            Event::Video(PlayerEvent::Playing(now)) if wanted(now) => Some(now.clone()),
            _ => None,
        })
    }

    pub fn shows_clip(&self, name: &str) -> NowPlaying {
        let id = clip(name);
        self.shows(name, |now| now.id == id)
    }

    pub fn skips(&self) -> (String, String) {
        receive("a clip to be skipped", &self.events, |event| match event {
            Event::Video(PlayerEvent::Skipped { id, reason }) => Some((id.clone(), reason.clone())),
            _ => None,
        })
    }

    pub fn finishes(&self) {
        receive("the end of the list", &self.events, |event| {
            matches!(event, Event::Video(PlayerEvent::Finished)).then_some(())
        });
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}
