//! Music: an MPD server.
//!
//! [`Music`] is the port. [`Mpd`] speaks to a real server, [`Simulated`] plays nothing but keeps a
//! queue and the time. [`worker::run`] is the thread that stands between either and the core.
//!
//! What other clients put into the queue stays there: moodbox remembers which entries are its own
//! and takes away only those.

mod address;
mod before_start;
mod connection;
mod cover;
mod entries;
mod library;
mod library_watch;
mod mpd;
mod playlists;
mod queue;
pub mod radio;
mod restore;
mod simulated;
mod state_file;
mod status;
mod watcher;
mod wire;
pub mod worker;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use address::{Address, AddressError};
pub use before_start::clean;
pub(crate) use before_start::state_file_of;
pub use cover::cover;
pub(crate) use library::words;
pub use mpd::Mpd;
pub use simulated::Simulated;
pub(crate) use wire::connect_unix;

use crate::ports::player::Skipped;
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::{NowPlaying, Trouble, TroubleKind};
use moodbox_core::recommend::ItemStore;

/// How to reach MPD, and what it may do.
#[derive(Clone)]
pub struct MusicSettings {
    /// Where the server listens.
    pub address: Address,
    /// Sent after connecting. Never logged: `Debug` leaves it out.
    pub password: Option<String>,
    /// How long a connection may take to open.
    pub connect: Duration,
    /// How long one question and its whole answer may take.
    pub exchange: Duration,
    /// The loudest the music may be while ours plays, in percent. What another client sets above it is set back to it.
    pub volume_cap: u8,
    /// Where to remember our queue entries, so that a moodbox that crashed finds and removes them at
    /// its next start. None: they are remembered only while the program runs.
    pub memory: Option<PathBuf>,
    /// What becomes of what another client played before a session.
    pub afterwards: Afterwards,
    /// The folder that MPD's music lies in. None: MPD is asked, which answers over its local socket.
    pub folder: Option<PathBuf>,
    /// The file of a person's stations of web radio. None: there is no radio, and the device stays offline.
    pub radio: Option<PathBuf>,
    /// The same, of those that are kept on the page; there may be no such file yet.
    pub page_radio: Option<PathBuf>,
}

impl MusicSettings {
    /// The defaults for a server at `address`: 3 s to connect, 5 s for an exchange, volume up to 80 %.
    pub fn new(address: Address) -> MusicSettings {
        MusicSettings {
            address,
            password: None,
            connect: Duration::from_secs(3),
            exchange: Duration::from_secs(5),
            volume_cap: 80,
            memory: None,
            afterwards: Afterwards::Resume,
            folder: None,
            radio: None,
            page_radio: None,
        }
    }
}

impl std::fmt::Debug for MusicSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MusicSettings")
            .field("address", &self.address)
            .field("password", &self.password.as_ref().map(|_| "(set)"))
            .field("connect", &self.connect)
            .field("exchange", &self.exchange)
            .field("volume_cap", &self.volume_cap)
            .field("memory", &self.memory)
            .field("afterwards", &self.afterwards)
            .field("folder", &self.folder)
            .field("radio", &self.radio)
            .field("page_radio", &self.page_radio)
            .finish()
    }
}

/// What becomes, after a session, of the music that another client had on before it. Its queue, its place in the
/// song, the play modes and the volume come back in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Afterwards {
    /// It is as it was: what played goes on.
    #[default]
    Resume,
    /// What played is paused.
    Pause,
    /// It stays stopped.
    Stop,
}

/// What the player says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// What plays or is paused; none when the player is stopped.
    pub now: Option<NowPlaying>,
    /// Stopped because the last entry was over, and not because somebody stopped it.
    pub ended: bool,
    /// Volume in percent; none where the sound output has no mixer.
    pub volume: Option<u8>,
    /// Another client has set this volume since the last look.
    pub set_by_others: Option<u8>,
    /// Entries of ours that could not be played; they are already out of the queue.
    pub skipped: Vec<Skipped>,
    /// The server reads its files, and may know more of them soon.
    pub scanning: bool,
    /// The sound output does not work, in the server's words.
    pub fault: Option<String>,
}

/// A way for the sound out of the player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// As the player's configuration calls it.
    pub name: String,
    /// What carries the sound: `alsa`, `pulse`, `null` and more.
    pub plugin: String,
    /// Whether it is switched on.
    pub enabled: bool,
}

/// A music player with a queue that other clients may share.
///
/// No call takes longer than the deadlines of its settings.
pub trait Music: Send {
    /// Where it is, as reports name it.
    fn place(&self) -> String;

    /// Opens the connection, or opens it anew. Entries of ours that are still in the queue are found
    /// again, also after the server was restarted.
    ///
    /// # Errors
    /// When the server does not answer in time, or refuses the password.
    fn connect(&mut self) -> Result<(), MusicError>;

    /// Something that follows changes on a connection of its own.
    fn watcher(&self) -> Box<dyn Watcher>;

    /// What plays now, how loud, and what became of our entries.
    ///
    /// # Errors
    /// When the server does not answer in time, or the connection is lost.
    fn status(&mut self) -> Result<Status, MusicError>;

    /// Replaces our entries by these and plays the first, at this volume in percent (held under the
    /// cap). Returns those that the library does not have. Nothing plays where there is no mixer and a cap below 100.
    ///
    /// # Errors
    /// When the server refuses, the volume cannot be held under the cap, or the connection is lost.
    fn play(&mut self, ids: &[String], volume: u8) -> Result<Vec<Skipped>, MusicError>;

    /// Plays the next of ours; after the last the first again if `wrap`. False when there is none:
    /// then nothing was done.
    ///
    /// # Errors
    /// When the server refuses, or the connection is lost.
    fn next(&mut self, wrap: bool) -> Result<bool, MusicError>;

    /// Plays these after ours that are queued. Returns those that the library does not have.
    ///
    /// # Errors
    /// When the server refuses, or the connection is lost. What was added before that stays.
    fn add(&mut self, ids: &[String]) -> Result<Vec<Skipped>, MusicError>;

    /// Drives the player, also where another client put on what plays.
    ///
    /// # Errors
    /// When the server refuses, or the connection is lost.
    fn drive(&mut self, lever: Lever) -> Result<(), MusicError>;

    /// Takes our entries away, stopping the music if one of them plays, and puts the play modes, the volume and
    /// what another client had on back as they were. `quietly`: whatever it was, nothing is heard afterwards.
    ///
    /// # Errors
    /// When the server refuses, or the connection is lost: what was not taken away is at the next connection.
    fn stop(&mut self, quietly: bool) -> Result<(), MusicError>;

    /// Somebody speaks, and the player was lowered from this volume in percent: that is the one to come back to
    /// after the session that begins.
    fn lowered_from(&mut self, _percent: u8) {}

    /// The player has lived for so long since the last session that no restart of it brings old entries back.
    fn settle(&mut self) {}

    /// Sets the volume in percent, held under the cap. Where there is no mixer and a cap below 100, what of ours
    /// plays is stopped: nobody knows how loud it is.
    ///
    /// # Errors
    /// When the volume cannot be held under the cap, or the connection is lost.
    fn set_volume(&mut self, percent: u8) -> Result<(), MusicError>;

    /// Marks an item as liked, where other clients see it too.
    ///
    /// # Errors
    /// When the server has no such song or keeps no stickers, or the connection is lost.
    fn like(&mut self, id: &str) -> Result<(), MusicError>;

    /// Takes a like back; a dislike stays. False if there was none.
    ///
    /// # Errors
    /// When the server keeps no stickers, or the connection is lost.
    fn unlike(&mut self, id: &str) -> Result<bool, MusicError>;

    /// Our entries, in their order, that are still in the queue.
    fn ours(&self) -> Vec<String>;

    /// The loudest allowed, in percent.
    fn volume_cap(&self) -> u8;

    /// Another loudest from now on, in percent. The caller brings what plays under it.
    fn set_volume_cap(&mut self, percent: u8);
}

/// Follows a player from a thread of its own.
pub trait Watcher: Send {
    /// Opens its connection, or opens it anew.
    ///
    /// # Errors
    /// When the server does not answer in time, or refuses the password.
    fn connect(&mut self) -> Result<(), MusicError>;

    /// Everything in the library.
    ///
    /// # Errors
    /// When the server does not let its library be read, or the connection is lost.
    fn catalog(&mut self) -> Result<ItemStore, MusicError>;

    /// Blocks until something has changed or [`Watcher::interrupter`] was called. Notices within a
    /// minute that the server is gone without a word.
    ///
    /// # Errors
    /// When the connection is lost.
    fn wait(&mut self) -> Result<Changes, MusicError>;

    /// Ends a `wait` from another thread, now and for good.
    fn interrupter(&self) -> Box<dyn Fn() + Send>;
}

/// What has changed since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What plays, how loud, or the queue.
    pub playing: bool,
    /// What can be played, or what is known of it.
    pub library: bool,
    /// Nothing changed: somebody called the interrupter.
    pub interrupted: bool,
}

/// Why the music does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}; {}", self.what(), self.cure())]
pub enum MusicError {
    /// Nothing answers at the address.
    Absent {
        /// The server's address.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The server wants another password, or does not allow what is needed.
    Password {
        /// The server's address.
        address: String,
        /// What the server answered, or which command it does not allow.
        reason: String,
    },
    /// The server did not answer in time.
    Silent {
        /// The server's address.
        address: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// What answers is no MPD.
    Protocol {
        /// The server's address.
        address: String,
        /// What it answered instead.
        reason: String,
    },
    /// A song that the server does not have or cannot open.
    NoSuchSong {
        /// The song, by its path below the music folder.
        id: String,
        /// What the server answered.
        reason: String,
    },
    /// The volume cannot be set, and there is a cap.
    Volume {
        /// The server's address.
        address: String,
        /// What the server answered.
        reason: String,
    },
    /// The server refused a command.
    Refused {
        /// The server's address.
        address: String,
        /// The command.
        command: String,
        /// What the server answered.
        reason: String,
    },
    /// The server keeps no stickers for us: likes, ratings and feelings.
    NoStickers {
        /// The server's address.
        address: String,
        /// What keeps it.
        why: NoStickers,
        /// What the server answered.
        reason: String,
    },
    /// It answers, and does not let its library be read.
    Library {
        /// The server's address.
        address: String,
        /// The command that it refused.
        command: String,
        /// What the server answered.
        reason: String,
    },
}

/// Why a server keeps no stickers for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStickers {
    /// It runs without a sticker database.
    Off,
    /// The password that it was given does not allow it.
    Denied,
}

impl MusicError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            MusicError::Absent { address, reason } => format!("no MPD at {address}: {reason}"),
            MusicError::Password { address, reason } => {
                format!("MPD at {address} wants another password ({reason})")
            }
            MusicError::Silent { address, after } => {
                format!("MPD at {address} did not answer within {} ms", after.as_millis())
            }
            MusicError::Protocol { address, reason } => {
                format!("what answers at {address} does not speak as MPD does: {reason}")
            }
            MusicError::NoSuchSong { id, reason } => format!("`{id}` cannot be played: {reason}"),
            MusicError::Volume { address, reason } => format!(
                "the volume cannot be set: MPD at {address} has no mixer that works ({reason}), so nothing is \
                 played, because it could be louder than the cap"
            ),
            MusicError::Refused { address, command, reason } => {
                format!("MPD at {address} refused `{command}`: {reason}")
            }
            MusicError::NoStickers { address, reason, .. } => {
                format!("MPD at {address} keeps no stickers ({reason})")
            }
            MusicError::Library { address, command, reason } => format!(
                "what answers at {address} does not let its library be read: it refused `{command}` ({reason})"
            ),
        }
    }

    /// What helps.
    pub fn cure(&self) -> String {
        match self {
            MusicError::Absent { .. } => "`sudo systemctl start mpd`, or set `address` under [music]",
            MusicError::Password { .. } => {
                "write one that mpd.conf gives read, add and control into the file that `password_file` under \
                 [music] names"
            }
            MusicError::Silent { .. } => {
                "wait a minute if it has just started; else `sudo systemctl restart mpd`"
            }
            MusicError::Protocol { .. } => "correct `address` under [music]",
            MusicError::Volume { .. } => {
                "`sudo moodbox setup` gives MPD an output with a mixer; or write `mixer_type \"software\"` into its \
                 `audio_output` in mpd.conf; or set `volume_cap = 100` under [music], where the loudness is set \
                 elsewhere"
            }
            MusicError::NoStickers { why: NoStickers::Off, .. } => {
                "add `sticker_file \"/var/lib/mpd/sticker.sql\"` to mpd.conf and restart it"
            }
            MusicError::NoStickers { why: NoStickers::Denied, .. } => {
                "give our password in mpd.conf the permission `admin` too, and restart MPD"
            }
            MusicError::NoSuchSong { .. } | MusicError::Refused { .. } => {
                "look into MPD's log: `journalctl -u mpd`"
            }
            MusicError::Library { .. } => {
                "set `address` under [music] to MPD itself; Mopidy answers like MPD and lacks this command"
            }
        }
        .to_owned()
    }

    /// The same of the library, where it is the library that was refused.
    pub fn of_library(self) -> MusicError {
        match self {
            MusicError::Refused { address, command, reason } => {
                MusicError::Library { address, command, reason }
            }
            other => other,
        }
    }

    /// Whether the connection is of no use any more.
    pub fn breaks_connection(&self) -> bool {
        !matches!(
            self,
            MusicError::NoSuchSong { .. }
                | MusicError::Refused { .. }
                | MusicError::Volume { .. }
                | MusicError::NoStickers { .. }
                | MusicError::Library { .. }
        )
    }

    /// In words for the panel and for the log.
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            MusicError::Absent { .. } => TroubleKind::MusicAbsent,
            MusicError::Password { .. } => TroubleKind::MusicPassword,
            MusicError::Silent { .. } => TroubleKind::MusicSilent,
            MusicError::Protocol { .. } => TroubleKind::MusicAbsent,
            MusicError::Library { .. } => TroubleKind::MusicUnlisted,
            MusicError::Volume { .. } => TroubleKind::MusicVolume,
            MusicError::NoSuchSong { .. } | MusicError::Refused { .. } | MusicError::NoStickers { .. } => {
                TroubleKind::Other
            }
        };
        Trouble { kind, report: self.to_string() }
    }
}
