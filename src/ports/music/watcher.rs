//! The connection that hears of changes and reads the library.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::mpd::Subsystem;

use super::connection::Connection;
use super::library::{Reading, Stickers};
use super::playlists::Playlists;
use super::wire::Wire;
use super::{Changes, MusicError, MusicSettings, Watcher, library, radio};
use moodbox_core::recommend::{ItemStore, Marks};

/// Without a word for this long, the server is asked whether it still lives.
const QUIET: Duration = Duration::from_secs(30);

/// Follows MPD by its `idle` command, and keeps the library.
pub(super) struct MpdWatcher {
    settings: MusicSettings,
    connection: Option<Connection>,
    /// The songs of the database, in little room: a like does not read all of it anew.
    songs: ItemStore,
    /// The database has changed since `songs` was read.
    stale: bool,
    /// Songs that were left out when `songs` was read.
    left_out: Vec<String>,
    /// Which playlists that lie beside the music each song was in then.
    beside: Playlists,
    /// What was left out of what was read last.
    remarks: Vec<String>,
    /// The files of stations as they were when they were read.
    stations: radio::Stamp,
    shared: Arc<Interrupt>,
}

#[derive(Default)]
struct Interrupt {
    asked: AtomicBool,
    wire: Mutex<Option<Wire>>,
}

impl MpdWatcher {
    /// Connects to nothing yet.
    pub fn new(settings: MusicSettings) -> MpdWatcher {
        MpdWatcher {
            settings,
            connection: None,
            songs: ItemStore::new(),
            stale: true,
            left_out: Vec::new(),
            beside: Playlists::default(),
            remarks: Vec::new(),
            stations: radio::Stamp::default(),
            shared: Arc::default(),
        }
    }

    /// What of the library was left out, in words, each once.
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    /// Follows a server over this connection.
    pub fn follow(&mut self, connection: Connection) {
        self.keep(connection);
        // Whatever happened in between was not heard.
        self.stale = true;
    }

    fn keep(&mut self, connection: Connection) {
        *self.shared.wire.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.wire());
        self.connection = Some(connection);
    }
}

/// Does something over the connection, which an error ends.
fn with<T>(
    connection: &mut Option<Connection>,
    settings: &MusicSettings,
    job: impl FnOnce(&mut Connection) -> Result<T, MusicError>,
) -> Result<T, MusicError> {
    let Some(open) = connection else {
        let address = settings.address.to_string();
        return Err(MusicError::Absent { address, reason: "not connected".to_owned() });
    };
    let done = job(open);
    if done.is_err() {
        *connection = None;
    }
    done
}

impl Watcher for MpdWatcher {
    fn connect(&mut self) -> Result<(), MusicError> {
        self.connection = None;
        let connection = Connection::open(&self.settings)?;
        self.follow(connection);
        Ok(())
    }

    fn catalog(&mut self) -> Result<ItemStore, MusicError> {
        if self.stale {
            let mut reading = Reading::begin();
            while let Err(error) =
                with(&mut self.connection, &self.settings, |connection| reading.go_on(connection))
            {
                if !reading.yields(&error) {
                    return Err(error);
                }
                tracing::debug!(%error, "fewer songs at a time are asked for");
                let connection = Connection::open(&self.settings)?;
                self.keep(connection);
            }
            (self.songs, self.left_out) = reading.end();
            let (beside, left_out) = Playlists::beside(&self.settings, &self.songs);
            self.beside = beside;
            self.left_out.extend(left_out);
            self.stale = false;
        }
        // Stickers say of a song what no tag says.
        let (songs, beside) = (&self.songs, &self.beside);
        let (stickers, stored) = with(&mut self.connection, &self.settings, |connection| {
            Ok((Stickers::read(connection, songs)?, Playlists::stored(connection, songs)?))
        })?;
        let mut items = songs.marked(|place| Marks {
            playlists: stored.of(place).chain(beside.of(place)).collect(),
            ..stickers.of(place)
        });
        self.stations = radio::stamp(&self.settings);
        let (stations, unused) = radio::all(&self.settings);
        for station in stations {
            items.push(station);
        }
        items.shrink();
        // What is left belongs to no song of the database.
        let mut remarks = self.left_out.clone();
        remarks.extend(stored.left_out());
        remarks.extend(unused);
        remarks
            .iter()
            .filter(|remark| !self.remarks.contains(remark))
            .for_each(|remark| tracing::info!("{remark}"));
        self.remarks = remarks;
        Ok(items)
    }

    fn wait(&mut self) -> Result<Changes, MusicError> {
        let shared = self.shared.clone();
        let interrupted = || shared.asked.load(Ordering::Acquire);
        let mut watched =
            vec![Subsystem::Player, Subsystem::Mixer, Subsystem::Output, Subsystem::Queue, Subsystem::Update];
        // How the page says that stations have changed.
        watched.push(Subsystem::Subscription);
        watched.extend(library::SUBSYSTEMS);
        loop {
            if interrupted() {
                return Ok(Changes { interrupted: true, ..Changes::default() });
            }
            let heard =
                with(&mut self.connection, &self.settings, |connection| connection.wait(&watched, QUIET));
            let changed = match heard {
                Ok(changed) => changed,
                Err(_) if interrupted() => continue,
                Err(error) => return Err(error),
            };
            self.stale |= changed.contains(&Subsystem::Database);
            let is_library = |changed: &Subsystem| library::SUBSYSTEMS.contains(changed);
            let library = changed.iter().any(is_library) || radio::stamp(&self.settings) != self.stations;
            let playing =
                changed.iter().any(|changed| !is_library(changed) && *changed != Subsystem::Subscription);
            if library || playing {
                return Ok(Changes { playing, library, interrupted: false });
            }
        }
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send> {
        let shared = self.shared.clone();
        Box::new(move || {
            shared.asked.store(true, Ordering::Release);
            if let Some(wire) = &*shared.wire.lock().unwrap_or_else(PoisonError::into_inner) {
                wire.shut();
            }
        })
    }
}
