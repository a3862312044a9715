//! Video: mpv on a screen.
//!
//! [`Video`] is the port. [`Mpv`] speaks to a real mpv over its JSON socket, [`Simulated`] shows
//! nothing but keeps the time. [`worker::run`] is the thread that stands between either and the core.
//! [`folder::catalog`] finds what can be shown, [`watch::run`] keeps it fresh.
//!
//! Between clips a still picture stays on the screen: mpv is never told to stop, because on a bare
//! screen it may not get the display back (mpv issue 10590), and so there is no black gap.

mod avi;
pub(crate) mod decoding;
mod describe;
pub mod folder;
mod ipc;
mod matroska;
mod mpv;
pub mod nfo;
mod player;
mod probe;
mod quicktime;
mod simulated;
pub mod still;
pub mod watch;
pub mod worker;

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::Sender;

pub use crate::ports::player::Skipped;
pub use mpv::{About, Mpv, about};
pub use simulated::Simulated;

use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::{NowPlaying, Trouble, TroubleKind};

/// How to run or reach mpv.
#[derive(Clone, Debug)]
pub struct VideoSettings {
    /// The program to start, by name or path.
    pub program: PathBuf,
    /// The socket of an mpv that somebody else runs (systemd). None: the daemon starts its own.
    pub socket: Option<PathBuf>,
    /// A folder of the daemon's own for the socket and the still picture; made with mode 0700.
    pub runtime: PathBuf,
    /// The picture between clips. None: a plain one is drawn into `runtime`.
    pub still: Option<PathBuf>,
    /// mpv's video output. None: mpv's own choice where there is a screen, `null` where there is none.
    pub vo: Option<String>,
    /// mpv's hardware decoding, such as `no`; `auto`: as the board needs it.
    pub hwdec: String,
    /// The loudest a video may be, in percent.
    pub volume_cap: u8,
    /// How long mpv may take to start; one that systemd starts beside us is no trouble for so long.
    pub start: Duration,
    /// How long one command may take.
    pub exchange: Duration,
    /// More options for an mpv of our own, such as `--ao=alsa`.
    pub options: Vec<String>,
}

impl VideoSettings {
    /// The defaults with a folder for socket and picture: 10 s to start, 2 s for a command.
    pub fn new(runtime: PathBuf) -> VideoSettings {
        VideoSettings {
            program: PathBuf::from("mpv"),
            socket: None,
            runtime,
            still: None,
            vo: None,
            hwdec: decoding::BY_BOARD.to_owned(),
            volume_cap: 80,
            start: Duration::from_secs(10),
            exchange: Duration::from_secs(2),
            options: Vec::new(),
        }
    }
}

/// What the screen shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The clip that plays or is paused; none while the still is shown or a clip is being opened.
    pub now: Option<NowPlaying>,
    /// A clip is being opened.
    pub opening: bool,
    /// Clips of ours that could not be played.
    pub skipped: Vec<Skipped>,
    /// Whether the clip, which is to be heard, has no sound device; none while that is not known.
    pub soundless: Option<bool>,
}

/// A player of video files.
///
/// No call takes longer than the deadlines of its settings.
pub trait Video: Send {
    /// Where it is, as reports name it.
    fn place(&self) -> String;

    /// Starts it, or connects to it, and shows the still. From now on it puts a token into `wake`
    /// whenever [`Video::status`] may have something new to say; a full channel loses nothing.
    ///
    /// # Errors
    /// When mpv does not start or cannot be reached.
    fn open(&mut self, wake: Sender<()>) -> Result<(), VideoError>;

    /// What is shown now, and what became of our clips.
    ///
    /// # Errors
    /// When mpv has ended or does not answer in time.
    fn status(&mut self) -> Result<Status, VideoError>;

    /// Plays these files, then shows the still; or plays them again and again. `volume` in percent, 0
    /// for a video that must not be heard. Returns those that are not there.
    ///
    /// # Errors
    /// When mpv refuses, has ended, or does not answer in time.
    fn play(&mut self, ids: &[String], volume: u8, repeat: bool) -> Result<Vec<Skipped>, VideoError>;

    /// Goes on to the next clip, or to the still after the last.
    ///
    /// # Errors
    /// When mpv has ended or does not answer in time.
    fn next(&mut self) -> Result<(), VideoError>;

    /// Moves a lever of the player.
    ///
    /// # Errors
    /// When mpv has ended or does not answer in time.
    fn drive(&mut self, lever: Lever) -> Result<(), VideoError>;

    /// Shows the still at once.
    ///
    /// # Errors
    /// When mpv refuses, has ended, or does not answer in time.
    fn show_still(&mut self) -> Result<(), VideoError>;

    /// Sets the volume in percent, held under the cap; 0 switches the sound off.
    ///
    /// # Errors
    /// When mpv refuses, has ended, or does not answer in time.
    fn set_volume(&mut self, percent: u8) -> Result<(), VideoError>;

    /// Another cap from now on, in percent. The caller brings what plays under it.
    fn set_volume_cap(&mut self, percent: u8);
}

/// Why the video does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}; {}", self.what(), self.cure())]
pub enum VideoError {
    /// mpv is not installed.
    NoProgram {
        /// Its name or path.
        program: String,
    },
    /// mpv ended at once, or did not open its socket.
    Start {
        /// Its name or path.
        program: String,
        /// What it wrote, or how it ended.
        reason: String,
    },
    /// No mpv answers at the socket.
    Absent {
        /// Where mpv is: its socket, or the program.
        place: String,
        /// What the system says.
        reason: String,
    },
    /// One that systemd starts beside us is not there yet.
    Starting {
        /// Where mpv is: its socket, or the program.
        place: String,
    },
    /// The connection to mpv is lost.
    Gone {
        /// Where mpv is: its socket, or the program.
        place: String,
        /// What the system says.
        reason: String,
    },
    /// mpv did not answer in time.
    Silent {
        /// Where mpv is: its socket, or the program.
        place: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// mpv refused a command.
    Refused {
        /// Where mpv is: its socket, or the program.
        place: String,
        /// The command.
        command: String,
        /// What mpv answered.
        reason: String,
    },
    /// The folder for socket and still cannot be used.
    Folder {
        /// The folder or file.
        path: String,
        /// What the system says.
        reason: String,
    },
}

impl VideoError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            VideoError::NoProgram { program } => format!("there is no `{program}`"),
            VideoError::Start { program, reason } => format!("`{program}` does not start: {reason}"),
            VideoError::Absent { place, reason } => format!("no mpv at {place}: {reason}"),
            VideoError::Starting { place } => format!("mpv at {place} is on its way"),
            VideoError::Gone { place, reason } => format!("mpv at {place} has ended: {reason}"),
            VideoError::Silent { place, after } => {
                format!("mpv at {place} did not answer within {} ms", after.as_millis())
            }
            VideoError::Refused { place, command, reason } => {
                format!("mpv at {place} refused `{command}`: {reason}")
            }
            VideoError::Folder { path, reason } => format!("{path}: {reason}"),
        }
    }

    /// What helps.
    pub fn cure(&self) -> String {
        match self {
            VideoError::NoProgram { .. } => "`sudo apt install mpv`, or leave out [video]",
            VideoError::Start { .. } => "`sudo apt install --reinstall mpv`",
            VideoError::Absent { .. } => {
                "`sudo systemctl start moodbox-video`, and see that the daemon may use its socket"
            }
            VideoError::Starting { .. } => "wait some seconds",
            VideoError::Gone { .. } | VideoError::Silent { .. } | VideoError::Refused { .. } => {
                "it is started again by itself; `journalctl -u moodbox -u moodbox-video` says more"
            }
            VideoError::Folder { .. } => "the video needs a folder that only this user can read",
        }
        .to_owned()
    }

    /// Whether mpv must be started or reached anew.
    pub fn breaks_connection(&self) -> bool {
        !matches!(self, VideoError::Refused { .. })
    }

    /// In words for the panel and for the log.
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            VideoError::Refused { .. } | VideoError::Folder { .. } => TroubleKind::Other,
            _ => TroubleKind::VideoAbsent,
        };
        Trouble { kind, report: self.to_string() }
    }
}
