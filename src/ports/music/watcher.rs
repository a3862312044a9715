//! The connection that hears of changes and reads the library.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::mpd::Subsystem;

use super::connection::Connection;
use super::library::{Reading, Stickers};
use super::wire::Wire;
use super::{Changes, MusicError, MusicSettings, Watcher, library, playlists, radio};
use moodbox_core::recommend::ItemStore;

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
    beside: playlists::OfFile,
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
            beside: playlists::OfFile::new(),
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

    fn with<T>(
        &mut self,
        job: impl FnOnce(&mut Connection) -> Result<T, MusicError>,
    ) -> Result<T, MusicError> {
        let Some(connection) = &mut self.connection else {
            let address = self.settings.address.to_string();
            return Err(MusicError::Absent { address, reason: "not connected".to_owned() });
        };
        let done = job(connection);
        if done.is_err() {
            self.connection = None;
        }
        done
    }
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
            while let Err(error) = self.with(|connection| reading.go_on(connection)) {
                if !reading.yields(&error) {
                    return Err(error);
                }
                tracing::debug!(%error, "fewer songs at a time are asked for");
                let connection = Connection::open(&self.settings)?;
                self.keep(connection);
            }
            (self.songs, self.left_out) = reading.end();
            let (beside, left_out) = playlists::beside(&self.settings, &self.songs);
            self.beside = beside;
            self.left_out.extend(left_out);
            self.stale = false;
        }
        // Stickers say of a song what no tag says; what the shelf made of tags and genre is made again.
        let (stickers, mut stored) =
            self.with(|connection| Ok((Stickers::read(connection)?, playlists::stored(connection)?)))?;
        let items = self.songs.iter().map(|entry| {
            let mut item = entry.to_item();
            stickers.put_on(&mut item);
            item.playlists = stored.remove(&item.id).unwrap_or_default();
            let beside = self.beside.get(&item.id).into_iter().flatten();
            let new: Vec<String> = beside.filter(|name| !item.playlists.contains(name)).cloned().collect();
            item.playlists.extend(new);
            item
        });
        let mut items: ItemStore = items.collect();
        self.stations = radio::stamp(&self.settings);
        let (stations, unused) = radio::all(&self.settings);
        for station in stations {
            items.push(station);
        }
        // What is left belongs to no song of the database.
        let mut remarks = self.left_out.clone();
        remarks.extend(playlists::left_out(&stored));
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
            let changed = match self.with(|connection| connection.wait(&watched, QUIET)) {
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
