//! A real MPD server.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::connection::Connection;
use super::entries::{Entries, Entry};
use super::queue::{Found, add, halt, number, queue, remove, seconds, start, value};
use super::restore::{note, put_back, restore_modes, try_volume};
use super::status::{Loudness, Reached, look};
use super::watcher::MpdWatcher;
use super::wire::Wire;
use super::{Afterwards, Music, MusicError, MusicSettings, Output, Status, Watcher, radio};
use crate::ports::player::Skipped;
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::NowPlaying;
use moodbox_core::recommend::ItemStore;

/// From here on "back" leads to the beginning of the same song.
const FROM_ITS_BEGINNING: Duration = Duration::from_secs(4);

/// Commands without which nothing can be played.
const NEEDED: [&str; 6] = ["addid", "deleteid", "playid", "stop", "setvol", "random"];

/// A connection to MPD that remembers which entries of the queue are ours.
pub struct Mpd {
    settings: MusicSettings,
    connection: Option<Connection>,
    entries: Entries,
    /// What was last asked of `currentsong`, so that a look each second costs one question.
    heard: Option<(u32, NowPlaying)>,
    /// How far ours has come.
    reached: Reached,
    loudness: Loudness,
    /// The outputs were all switched off while ours played.
    switched_off: bool,
    /// The volume before somebody began to speak, if the player was lowered when a session begins.
    lowered_from: Option<u8>,
    /// The names of the stations that were asked for, by their address.
    stations: HashMap<String, String>,
    /// A session was cut off by the end of a moodbox before this one: what it changed is still to be put back.
    cut_off: bool,
}

impl Mpd {
    /// Connects to nothing yet.
    pub fn new(settings: MusicSettings) -> Mpd {
        let mut entries = settings.memory.as_deref().map(Entries::load).unwrap_or_default();
        // The session of a moodbox before this one is over, however it ended.
        let list = std::mem::take(&mut entries.list);
        let cut_off = !list.is_empty() || !entries.modes.is_empty() || entries.before.is_some();
        entries.over(list);
        Mpd {
            settings,
            connection: None,
            entries,
            heard: None,
            reached: None,
            loudness: Loudness::default(),
            switched_off: false,
            lowered_from: None,
            stations: HashMap::new(),
            cut_off,
        }
    }

    /// Reads the whole library over a connection of its own, for commands outside the daemon: its songs, and what
    /// was left out, in words.
    ///
    /// # Errors
    /// When the server cannot be reached, or does not let its library be read.
    pub fn library(settings: &MusicSettings) -> Result<(ItemStore, Vec<String>), MusicError> {
        let mut reader = MpdWatcher::new(settings.clone());
        reader.connect()?;
        let songs = reader.catalog()?;
        Ok((songs, reader.remarks()))
    }

    /// Where the sound goes, over a connection of its own, for commands outside the daemon.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses.
    pub fn outputs(settings: &MusicSettings) -> Result<Vec<Output>, MusicError> {
        let pairs = Connection::open(settings)?.ask(&["outputs"])?;
        let mut outputs: Vec<Output> = Vec::new();
        for (key, value) in pairs.iter() {
            match (key, outputs.last_mut()) {
                ("outputid", _) => {
                    outputs.push(Output { name: String::new(), plugin: String::new(), enabled: false });
                }
                ("outputname", Some(output)) => output.name = value.to_owned(),
                ("plugin", Some(output)) => output.plugin = value.to_owned(),
                ("outputenabled", Some(output)) => output.enabled = value == "1",
                _ => {}
            }
        }
        Ok(outputs)
    }

    /// Sets valence and arousal of a song as stickers, where other clients see them; none clears them.
    /// Over a connection of its own.
    ///
    /// # Errors
    /// When the server cannot be reached, has no such song, or keeps no stickers.
    pub fn set_feeling(
        settings: &MusicSettings,
        id: &str,
        place: Option<(f32, f32)>,
    ) -> Result<(), MusicError> {
        let mut connection = Connection::open(settings)?;
        let axes = [("valence", place.map(|place| place.0)), ("arousal", place.map(|place| place.1))];
        for (name, value) in axes {
            let done = match value {
                Some(value) => connection.ask_sticker(&["sticker set", "song", id, name, &value.to_string()]),
                None => connection.ask_sticker(&["sticker delete", "song", id, name]),
            };
            match done {
                // One that was never set is as good as deleted.
                Err(MusicError::NoSuchSong { .. }) if value.is_none() => {}
                Err(MusicError::NoSuchSong { reason, .. }) => {
                    return Err(MusicError::NoSuchSong { id: id.to_owned(), reason });
                }
                done => drop(done?),
            }
        }
        Ok(())
    }

    /// The folder that MPD's music lies in: as it is configured, else as MPD tells its local clients. None
    /// when it does not say, or when the folder is not on this machine.
    pub fn folder(settings: &MusicSettings) -> Option<PathBuf> {
        let told = || {
            let pairs = Connection::open(settings).and_then(|mut connection| connection.ask(&["config"]));
            let pairs =
                pairs.inspect_err(|error| tracing::debug!(%error, "MPD does not say where its music is"));
            value(&pairs.ok()?, "music_directory").map(PathBuf::from)
        };
        settings.folder.clone().or_else(told).filter(|folder| folder.is_dir())
    }

    /// Why none of these songs can be opened by the server; none if one of them can.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn unreadable(settings: &MusicSettings, ids: &[String]) -> Result<Option<String>, MusicError> {
        let mut connection = Connection::open(settings)?;
        let mut first = None;
        for id in ids {
            match connection.ask(&["readcomments", id]) {
                Ok(_) => return Ok(None),
                Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                    first.get_or_insert(format!("{id:?}: {reason}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(first)
    }

    /// Has MPD look at its files again, or at those below one of its folders.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses.
    pub fn update(settings: &MusicSettings, folder: Option<&str>) -> Result<(), MusicError> {
        let mut connection = Connection::open(settings)?;
        let words = ["update", folder.unwrap_or_default()];
        connection.ask(if folder.is_some() { &words } else { &words[..1] }).map(drop)
    }

    /// Makes each program that waits for news of MPD look, ours among them: the stations of the radio have changed,
    /// and no file of MPD has.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn wake_watchers(settings: &MusicSettings) -> Result<(), MusicError> {
        Connection::open(settings)?.ask(&["subscribe", "moodbox-radio"]).map(drop)
    }

    /// Connects over a stream that is open already: for a server that has no address.
    ///
    /// # Errors
    /// As [`Music::connect`].
    pub fn connect_over(&mut self, stream: UnixStream) -> Result<(), MusicError> {
        let connection = Connection::over(Wire::over(stream, self.settings.connect), &self.settings)?;
        self.greet(connection)
    }

    /// The watcher of such a server.
    ///
    /// # Errors
    /// As [`Watcher::connect`].
    pub fn watcher_over(&self, stream: UnixStream) -> Result<Box<dyn Watcher>, MusicError> {
        let connection = Connection::over(Wire::over(stream, self.settings.connect), &self.settings)?;
        let mut watcher = MpdWatcher::new(self.settings.clone());
        watcher.follow(connection);
        Ok(Box::new(watcher))
    }

    /// Makes a connection ours, once it has shown that it lets us play.
    fn greet(&mut self, connection: Connection) -> Result<(), MusicError> {
        self.connection = Some(connection);
        let address = self.place();
        self.with(|connection, entries| {
            // A server that wants a password says so only when it is asked for something.
            connection.ask(&["status"])?;
            // A server that lets us only read would fail at each press, so it is reported now.
            let denied = connection.run(|client| client.notcommands())?;
            if let Some(command) = NEEDED.into_iter().find(|needed| denied.iter().any(|name| name == needed))
            {
                return Err(MusicError::Password {
                    address,
                    reason: format!("it does not allow `{command}`"),
                });
            }
            if entries.may_be_in_a_queue() {
                let left = entries.find_again(&queue(connection)?);
                if !left.is_empty() {
                    halt(connection, &left)?;
                    remove(connection, &left)?;
                }
            }
            Ok(())
        })?;
        if std::mem::take(&mut self.cut_off) {
            // Long after, nobody would know why music begins, so it is put back paused.
            let how = match self.settings.afterwards {
                Afterwards::Resume => Afterwards::Pause,
                other => other,
            };
            self.with(|connection, entries| {
                restore_modes(connection, entries)?;
                let quiet = number(&connection.ask(&["status"])?, "songid").is_none();
                put_back(connection, entries, how, quiet)
            })?;
            self.remember();
        }
        Ok(())
    }

    /// Runs something over the connection; drops the connection when it is of no use any more.
    fn with<T>(
        &mut self,
        job: impl FnOnce(&mut Connection, &mut Entries) -> Result<T, MusicError>,
    ) -> Result<T, MusicError> {
        let Some(connection) = &mut self.connection else {
            return Err(MusicError::Absent { address: self.place(), reason: "not connected".to_owned() });
        };
        let done = job(connection, &mut self.entries);
        self.loudness.set = connection.volume_set().or(self.loudness.set);
        if matches!(&done, Err(error) if error.breaks_connection()) {
            self.connection = None;
            self.heard = None;
            self.loudness = Loudness::default();
        }
        done
    }

    fn remember(&self) {
        if let Some(path) = &self.settings.memory {
            self.entries.save(path);
        }
    }

    /// Ours was paused by MPD because every output was switched off; with one of them on again it goes on.
    /// True if it does.
    fn come_back(&mut self, status: &Status) -> Result<bool, MusicError> {
        let paused = status.now.as_ref().is_some_and(|now| now.ours && now.paused);
        if !paused || status.fault.is_none() {
            self.switched_off = false;
            return Ok(false);
        }
        let was_off = self.switched_off;
        let (off, back) = self.with(|connection, _| {
            let off =
                !connection.ask(&["outputs"])?.iter().any(|(key, on)| key == "outputenabled" && on == "1");
            let back = was_off && !off;
            if back {
                connection.ask_all(&[&["clearerror"], &["pause", "0"]])?;
            }
            Ok((off, back))
        })?;
        self.switched_off = off;
        Ok(back)
    }

    /// Learns what the stations among these are called: their streams often do not say.
    fn name_stations(&mut self, ids: &[String]) {
        let unknown = |id: &String| radio::is_station(id) && !self.stations.contains_key(id);
        if ids.iter().any(unknown) {
            let (stations, _) = radio::all(&self.settings);
            self.stations = stations.into_iter().map(|station| (station.id, station.title)).collect();
        }
    }

    fn capped(&self, percent: u8) -> u8 {
        percent.min(self.settings.volume_cap).min(100)
    }
}

impl Music for Mpd {
    fn place(&self) -> String {
        self.settings.address.to_string()
    }

    fn connect(&mut self) -> Result<(), MusicError> {
        self.connection = None;
        self.heard = None;
        let connection = Connection::open(&self.settings)?;
        self.greet(connection)
    }

    fn watcher(&self) -> Box<dyn Watcher> {
        Box::new(MpdWatcher::new(self.settings.clone()))
    }

    fn status(&mut self) -> Result<Status, MusicError> {
        // What a station plays changes under one number.
        let heard = self.heard.take().filter(|(_, now)| !radio::is_station(&now.id));
        let mut reached = self.reached;
        let (mut status, heard) =
            self.with(|connection, entries| look(connection, entries, heard, &mut reached))?;
        self.heard = heard;
        self.reached = reached;
        if let Some(now) = &mut status.now
            && let Some(name) = self.stations.get(&now.id)
        {
            radio::name(now, name);
        }
        status.set_by_others = self.loudness.read(status.volume);
        if let (Some(volume), Some(before)) = (status.set_by_others, &mut self.entries.before) {
            // What somebody sets meanwhile is what that person wants afterwards.
            before.volume = Some(volume);
        }
        if self.come_back(&status)? {
            return self.status();
        }
        if !status.skipped.is_empty() {
            self.remember();
        }
        Ok(status)
    }

    fn play(&mut self, ids: &[String], volume: u8) -> Result<Vec<Skipped>, MusicError> {
        let volume = self.capped(volume);
        self.reached = None;
        self.name_stations(ids);
        let (memory, lowered_from) = (self.settings.memory.clone(), self.lowered_from.take());
        let save = |entries: &Entries| {
            if let Some(path) = &memory {
                entries.save(path);
            }
        };
        let (place, cap) = (self.place(), self.settings.volume_cap);
        let done = self.with(|connection, entries| {
            // All that is about to change is noted before it is done, so that any start finds it.
            let changes = note(connection, entries, lowered_from)?;
            // Before anything is added: what cannot be held under the cap is not begun.
            set_volume_under_cap(connection, entries, volume, cap, &place)?;
            let old = std::mem::take(&mut entries.list);
            entries.over(old.clone());
            entries.plan(ids);
            save(entries);
            for (mode, needed) in changes {
                connection.ask(&[mode, needed])?;
            }
            let mut skipped = Vec::new();
            let added = add(connection, entries, ids, &mut skipped);
            // What was added before an error is ours too, and so is still the old. The last may be there
            // although its answer was not heard: it is looked for with the next connection.
            if let Err(error) = added {
                entries.list.extend(old);
                return Err(error);
            }
            entries.planned();
            save(entries);
            // The new plays before the old goes: nobody else's entry is heard in between.
            let these = entries.list.clone();
            match start(connection, entries, &these, &mut skipped) {
                Ok(true) => {}
                Ok(false) => halt(connection, &old).map(drop)?,
                Err(error) => {
                    entries.list.extend(old);
                    return Err(error);
                }
            }
            remove(connection, &old)?;
            Ok(skipped)
        });
        self.remember();
        done
    }

    fn next(&mut self, wrap: bool) -> Result<bool, MusicError> {
        let mut left = None;
        let done = self.with(|connection, entries| {
            let current = number(&connection.ask(&["status"])?, "songid");
            left = current;
            let place = current.and_then(|song| entries.position(song));
            let rest: Vec<Entry> = match place {
                Some(place) if place + 1 < entries.list.len() => entries.list[place + 1..].to_vec(),
                // After the last, or when nothing plays: from the top, if that is wanted.
                _ if wrap => entries.list.clone(),
                _ => return Ok(false),
            };
            start(connection, entries, &rest, &mut Vec::new())
        });
        // Left by a wish, it counts as heard: nobody looks whether it could be played.
        self.reached = left.map(|song| (song, true)).or(self.reached);
        done
    }

    fn add(&mut self, ids: &[String]) -> Result<Vec<Skipped>, MusicError> {
        self.name_stations(ids);
        let done = self.with(|connection, entries| {
            let mut skipped = Vec::new();
            add(connection, entries, ids, &mut skipped)?;
            Ok(skipped)
        });
        self.remember();
        done
    }

    fn drive(&mut self, lever: Lever) -> Result<(), MusicError> {
        self.with(|connection, entries| {
            let ask = |connection: &mut Connection, words: &[&str]| connection.ask(words).map(drop);
            match lever {
                Lever::Pause(hold) => ask(connection, &["pause", if hold { "1" } else { "0" }]),
                Lever::Seek(second) => ask(connection, &["seekcur", &second.to_string()]),
                Lever::Stop => ask(connection, &["stop"]),
                Lever::Next => ask(connection, &["next"]),
                Lever::Back => {
                    let status = connection.ask(&["status"])?;
                    if seconds(&status, "elapsed").is_some_and(|elapsed| elapsed >= FROM_ITS_BEGINNING) {
                        return ask(connection, &["seekcur", "0"]);
                    }
                    match number(&status, "songid").and_then(|song| entries.position(song)) {
                        // The first of ours: what stands before it in the queue is not ours to play.
                        Some(0) => ask(connection, &["seekcur", "0"]),
                        Some(place) => {
                            let from = entries.list[place - 1..].to_vec();
                            start(connection, entries, &from, &mut Vec::new()).map(drop)
                        }
                        None => ask(connection, &["previous"]),
                    }
                }
            }
        })
    }

    fn stop(&mut self, quietly: bool) -> Result<(), MusicError> {
        let afterwards = self.settings.afterwards;
        self.switched_off = false;
        let done = self.with(|connection, entries| {
            let found = halt(connection, &entries.list)?;
            remove(connection, &entries.list)?;
            let list = std::mem::take(&mut entries.list);
            entries.over(list);
            restore_modes(connection, entries)?;
            // A person who paused or stopped ours wanted silence.
            let how = match (found, afterwards) {
                (Found::Paused | Found::Stopped, Afterwards::Resume) => Afterwards::Pause,
                (_, Afterwards::Resume) if quietly => Afterwards::Pause,
                (_, afterwards) => afterwards,
            };
            put_back(connection, entries, how, found != Found::Theirs)
        });
        self.remember();
        done
    }

    fn lowered_from(&mut self, percent: u8) {
        self.lowered_from = Some(percent);
    }

    fn settle(&mut self) {
        if !std::mem::take(&mut self.entries.past).is_empty() {
            self.remember();
        }
    }

    fn set_volume(&mut self, percent: u8) -> Result<(), MusicError> {
        let percent = self.capped(percent);
        let (place, cap) = (self.place(), self.settings.volume_cap);
        self.with(|connection, entries| set_volume_under_cap(connection, entries, percent, cap, &place))
    }

    fn like(&mut self, id: &str) -> Result<(), MusicError> {
        self.with(|connection, _| connection.ask_sticker(&["sticker set", "song", id, "like", "2"]).map(drop))
    }

    fn unlike(&mut self, id: &str) -> Result<bool, MusicError> {
        self.with(|connection, _| {
            let like = match connection.ask_sticker(&["sticker get", "song", id, "like"]) {
                // Neither a song nor a sticker: nothing is left to take back.
                Err(MusicError::NoSuchSong { .. }) => return Ok(false),
                other => other?,
            };
            if !like.iter().any(|(key, value)| key == "sticker" && value == "like=2") {
                return Ok(false);
            }
            connection.ask_sticker(&["sticker delete", "song", id, "like"])?;
            Ok(true)
        })
    }

    fn ours(&self) -> Vec<String> {
        self.entries.list.iter().map(|entry| entry.uri.clone()).collect()
    }

    fn volume_cap(&self) -> u8 {
        self.settings.volume_cap
    }

    fn set_volume_cap(&mut self, percent: u8) {
        self.settings.volume_cap = percent.min(100);
    }
}

/// Sets the volume of what is ours. Under a cap ours is stopped where there is no mixer, because nobody knows how
/// loud it is.
fn set_volume_under_cap(
    connection: &mut Connection,
    entries: &Entries,
    percent: u8,
    cap: u8,
    place: &str,
) -> Result<(), MusicError> {
    match try_volume(connection, percent)? {
        Some(reason) if cap < 100 => {
            halt(connection, &entries.list)?;
            Err(MusicError::Volume { address: place.to_owned(), reason })
        }
        _ => Ok(()),
    }
}
