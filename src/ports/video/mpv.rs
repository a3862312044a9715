//! A real mpv.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use serde_json::{Value, json};

use super::ipc::{Ipc, IpcError};
use super::player::{Player, private_folder};
use super::{Skipped, Status, Video, VideoError, VideoSettings, decoding, folder, still};
use crate::ports::music::connect_unix;
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::NowPlaying;

/// Properties whose changes wake the worker. Not the time: it changes with every frame.
const WATCHED: [&str; 5] = ["path", "pause", "volume", "duration", "idle-active"];

/// mpv over its socket: one that is started here, or one that somebody else runs.
pub struct Mpv {
    settings: VideoSettings,
    // Dropped in this order: the connection ends before the process does.
    ipc: Option<Ipc>,
    player: Option<Player>,
    still: PathBuf,
    /// Our clips in mpv's playlist, by mpv's number of the entry.
    entries: Vec<(i64, String)>,
    /// mpv's number of the first entry that was loaded last.
    first: i64,
    volume: u8,
    /// A single clip that plays again and again.
    looped: bool,
    /// Until when one that somebody else starts may be on its way.
    expected: Option<Instant>,
}

/// What an mpv that runs says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it draws by, such as `gpu` or `drm`; `null` is nothing.
    pub output: String,
    /// The kind of what it shows, such as `h264`, or `png` for the still.
    pub format: String,
    /// The decoder in hardware that it uses; `no` is the processor.
    pub decoder: String,
}

/// Asks the mpv at a socket, and changes nothing.
///
/// # Errors
/// When nothing answers there in time.
pub fn about(socket: &Path, exchange: Duration) -> Result<About, VideoError> {
    let place = || socket.display().to_string();
    let gone = |error: io::Error| VideoError::Absent { place: place(), reason: error.to_string() };
    let stream = connect_unix(socket, exchange).map_err(gone)?;
    let (wake, _woken) = crossbeam_channel::bounded(1);
    let mut ipc = Ipc::new(stream, exchange, wake).map_err(gone)?;
    let mut get = |property: &str| match ipc.ask(json!(["get_property", property]), exchange) {
        Ok(value) => Ok(value.as_str().unwrap_or_default().to_owned()),
        // It has no such thing to tell of now.
        Err(IpcError::Refused(_)) => Ok(String::new()),
        Err(IpcError::Gone(reason)) => Err(VideoError::Gone { place: place(), reason }),
        Err(IpcError::Silent) => Err(VideoError::Silent { place: place(), after: exchange }),
    };
    Ok(About { output: get("current-vo")?, format: get("video-format")?, decoder: get("hwdec-current")? })
}

impl Mpv {
    /// Starts nothing yet.
    pub fn new(settings: VideoSettings) -> Mpv {
        let still = settings.still.clone().unwrap_or_else(|| settings.runtime.join("still.png"));
        let expected = settings.socket.as_ref().map(|_| Instant::now() + settings.start);
        Mpv {
            settings,
            expected,
            ipc: None,
            player: None,
            still,
            entries: Vec::new(),
            first: 0,
            volume: 0,
            looped: false,
        }
    }

    /// Takes up an mpv over a connection that is open already.
    ///
    /// # Errors
    /// As [`Video::open`].
    pub fn open_over(&mut self, stream: UnixStream, wake: Sender<()>) -> Result<(), VideoError> {
        self.close();
        self.greet(stream, wake)
    }

    fn greet(&mut self, stream: UnixStream, wake: Sender<()>) -> Result<(), VideoError> {
        let ipc = Ipc::new(stream, self.settings.exchange, wake)
            .map_err(|error| VideoError::Gone { place: self.place(), reason: error.to_string() })?;
        self.ipc = Some(ipc);
        for (number, property) in WATCHED.iter().enumerate() {
            self.ask(json!(["observe_property", number + 1, property]))?;
        }
        // Told here and not by an option: the board and the words of this mpv are known, whoever started it.
        let hwdec = match self.settings.hwdec.as_str() {
            decoding::BY_BOARD => {
                let version = self.get("mpv-version")?;
                let version = version.as_ref().and_then(Value::as_str).unwrap_or_default();
                decoding::of_board(&decoding::board(), version).to_owned()
            }
            asked => asked.to_owned(),
        };
        self.set("hwdec", hwdec)?;
        // One that somebody else runs may be set up for films.
        self.set("image-display-duration", "inf")?;
        self.show_still()
    }

    fn ask(&mut self, command: Value) -> Result<Value, VideoError> {
        let place = self.place();
        let Some(ipc) = &mut self.ipc else {
            return Err(VideoError::Gone { place, reason: "not connected".to_owned() });
        };
        let name = command.get(0).and_then(Value::as_str).unwrap_or_default().to_owned();
        let after = self.settings.exchange;
        match ipc.ask(command, after) {
            Ok(answer) => Ok(answer),
            Err(IpcError::Refused(reason)) => Err(VideoError::Refused { place, command: name, reason }),
            Err(error) => {
                self.close();
                Err(match error {
                    IpcError::Gone(reason) => VideoError::Gone { place, reason },
                    _ => VideoError::Silent { place, after },
                })
            }
        }
    }

    /// A property, or none while mpv has no value for it.
    fn get(&mut self, property: &str) -> Result<Option<Value>, VideoError> {
        match self.ask(json!(["get_property", property])) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_null())),
            Err(VideoError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn set(&mut self, property: &str, value: impl Into<Value>) -> Result<(), VideoError> {
        self.ask(json!(["set_property", property, value.into()])).map(drop)
    }

    /// Puts a file on mpv's playlist; returns the number of its entry.
    fn load(&mut self, path: &str, how: &str) -> Result<i64, VideoError> {
        let answer = self.ask(json!(["loadfile", path, how]))?;
        Ok(answer.get("playlist_entry_id").and_then(Value::as_i64).unwrap_or_default())
    }

    /// Ends what is there: a hanging mpv of our own is killed.
    fn close(&mut self) {
        self.ipc = None;
        self.player = None;
        self.entries.clear();
    }

    fn still_path(&self) -> String {
        self.still.to_string_lossy().into_owned()
    }

    /// Draws the plain still if no other was given.
    fn draw_still(&self) -> Result<(), VideoError> {
        if self.settings.still.is_some() || self.still.exists() {
            return Ok(());
        }
        private_folder(&self.settings.runtime)?;
        fs::write(&self.still, still::plain())
            .map_err(|error| VideoError::Folder { path: self.still_path(), reason: error.to_string() })
    }

    fn seconds(value: Option<Value>) -> Option<Duration> {
        Duration::try_from_secs_f64(value?.as_f64()?).ok()
    }
}

impl Video for Mpv {
    fn place(&self) -> String {
        match &self.settings.socket {
            Some(socket) => socket.display().to_string(),
            None => self.settings.program.display().to_string(),
        }
    }

    fn open(&mut self, wake: Sender<()>) -> Result<(), VideoError> {
        self.close();
        self.draw_still()?;
        let stream = match &self.settings.socket {
            Some(socket) => match connect_unix(socket, self.settings.exchange) {
                Ok(stream) => stream,
                Err(_) if self.expected.is_some_and(|until| Instant::now() < until) => {
                    return Err(VideoError::Starting { place: self.place() });
                }
                Err(error) => {
                    return Err(VideoError::Absent { place: self.place(), reason: error.to_string() });
                }
            },
            None => {
                let (player, stream) = Player::start(&self.settings)?;
                self.player = Some(player);
                stream
            }
        };
        self.expected = None;
        self.greet(stream, wake)
    }

    fn status(&mut self) -> Result<Status, VideoError> {
        let mut status = Status::default();
        // Asked first: a list that begins while the path is on its way would else seem to be over,
        // for the path is still that of what was there before.
        let begun = self.ipc.as_ref().is_some_and(|ipc| ipc.started() >= self.first);
        let path = self.get("path")?.and_then(|path| path.as_str().map(str::to_owned));
        for failure in self.ipc.as_ref().map(Ipc::take_failures).unwrap_or_default() {
            if let Some(place) = self.entries.iter().position(|(entry, _)| *entry == failure.entry) {
                let (_, id) = self.entries.remove(place);
                status.skipped.push(Skipped { id, reason: failure.reason });
            }
        }
        // Right after a list was loaded mpv may still speak of what was there before, and for a moment
        // of a clip that it has just given up.
        let given_up = path.as_ref().is_some_and(|path| status.skipped.iter().any(|one| one.id == *path));
        if !begun || given_up {
            status.opening = true;
            return Ok(status);
        }
        let Some(path) = path else {
            // Nothing of a list could be played: mpv is idle, and an idle mpv shows black.
            if self.get("idle-active")? == Some(Value::Bool(true)) {
                self.show_still()?;
            } else {
                status.opening = true;
            }
            return Ok(status);
        };
        if path == self.still_path() {
            return Ok(status);
        }
        let Some(elapsed) = Self::seconds(self.get("time-pos")?) else {
            status.opening = true;
            return Ok(status);
        };
        if self.volume > 0 {
            // Where no sound device opens, mpv falls back to its output `null`, which drops the sound. Somebody who
            // asked for `null` has what they want.
            let driver = self.get("current-ao")?;
            let wished = self.get("ao")?.is_some_and(|wished| wished.to_string().contains("null"));
            status.soundless = driver.map(|driver| driver == "null" && !wished);
        }
        status.now = Some(NowPlaying {
            title: folder::title(&path),
            artist: String::new(),
            elapsed,
            length: Self::seconds(self.get("duration")?).filter(|length| !length.is_zero()),
            volume: (self.volume > 0).then_some(self.volume),
            paused: self.get("pause")? == Some(Value::Bool(true)),
            ours: self.entries.iter().any(|(_, id)| *id == path),
            id: path,
        });
        Ok(status)
    }

    fn play(&mut self, ids: &[String], volume: u8, repeat: bool) -> Result<Vec<Skipped>, VideoError> {
        // mpv would take a name such as `edl://` or `memory://` for more than a file.
        let (there, missing): (Vec<&String>, Vec<&String>) =
            ids.iter().partition(|id| Path::new(id).is_absolute() && Path::new(id).is_file());
        let skipped: Vec<Skipped> = missing
            .into_iter()
            .map(|id| Skipped { id: id.clone(), reason: "there is no such file".to_owned() })
            .collect();
        if there.is_empty() {
            self.show_still()?;
            return Ok(skipped);
        }
        self.looped = repeat && there.len() == 1;
        self.set("loop-file", if self.looped { "inf" } else { "no" })?;
        self.set("loop-playlist", if repeat && !self.looped { "inf" } else { "no" })?;
        self.set_volume(volume)?;
        self.entries.clear();
        for (place, id) in there.into_iter().enumerate() {
            // Where the ones before failed at once, mpv is idle again and would let what is only appended lie.
            let entry = self.load(id, if place == 0 { "replace" } else { "append-play" })?;
            if place == 0 {
                self.first = entry;
            }
            self.entries.push((entry, id.clone()));
        }
        if !repeat {
            self.load(&self.still_path(), "append")?;
        }
        self.set("pause", false)?;
        Ok(skipped)
    }

    fn next(&mut self) -> Result<(), VideoError> {
        let command = if self.looped { json!(["seek", 0, "absolute"]) } else { json!(["playlist-next"]) };
        match self.ask(command) {
            // There is no next: the still is shown already.
            Err(VideoError::Refused { .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    fn drive(&mut self, lever: Lever) -> Result<(), VideoError> {
        let done = match lever {
            Lever::Pause(hold) => return self.set("pause", hold),
            Lever::Seek(second) => self.ask(json!(["seek", second, "absolute"])).map(drop),
            Lever::Back => self.ask(json!(["playlist-prev"])).map(drop),
            Lever::Next => return self.next(),
            Lever::Stop => return self.show_still(),
        };
        match done {
            // There is none before, or a picture that stands still cannot be wound.
            Err(VideoError::Refused { .. }) => Ok(()),
            other => other,
        }
    }

    fn show_still(&mut self) -> Result<(), VideoError> {
        self.entries.clear();
        self.looped = false;
        self.set("loop-file", "no")?;
        self.set("loop-playlist", "no")?;
        self.set("aid", "no")?;
        self.first = self.load(&self.still_path(), "replace")?;
        self.set("pause", false)
    }

    fn set_volume(&mut self, percent: u8) -> Result<(), VideoError> {
        self.volume = percent.min(self.settings.volume_cap).min(100);
        if self.volume > 0 {
            self.set("volume", self.volume)?;
        }
        // A mute stream would still hold the sound device; a track that is off does not.
        self.set("aid", if self.volume > 0 { "auto" } else { "no" })
    }

    fn set_volume_cap(&mut self, percent: u8) {
        self.settings.volume_cap = percent.min(100);
    }
}
