//! A real MPD server.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use ::mpd::Id;

use super::entries::{Before, Entries, Entry};
use super::session::{Pairs, Session};
use super::watcher::MpdWatcher;
use super::wire::Wire;
use super::{Afterwards, Music, MusicError, MusicSettings, Output, Status, Watcher, library};
use crate::ports::player::Skipped;
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::NowPlaying;
use moodbox_core::recommend::ItemStore;

/// The modes that would break our playing, and how they must be meanwhile: `random` and `repeat`
/// would run into other clients' entries, `single` would stop after a song, `consume` would take
/// away what `repeat` of ours needs. Repeating is done by [`Music::next`] with `wrap`.
const MODES: [(&str, &str); 4] = [("random", "0"), ("repeat", "0"), ("single", "0"), ("consume", "0")];

/// From here on "back" leads to the beginning of the same song.
const FROM_ITS_BEGINNING: Duration = Duration::from_secs(4);

/// Commands without which nothing can be played.
const NEEDED: [&str; 6] = ["addid", "deleteid", "playid", "stop", "setvol", "random"];

/// A connection to MPD that remembers which entries of the queue are ours.
pub struct Mpd {
    settings: MusicSettings,
    session: Option<Session>,
    entries: Entries,
    /// What was last asked of `currentsong`, so that a look each second costs one question.
    heard: Option<(u32, NowPlaying)>,
    /// How far ours has come.
    reached: Reached,
    loudness: Loudness,
    /// The outputs were all switched off while ours played.
    switched_off: bool,
    /// The volume before somebody began to speak, if the player was lowered when a visit begins.
    lowered_from: Option<u8>,
    /// A visit was cut off by the end of a moodbox before this one: what it changed is still to be put back.
    cut_off: bool,
}

/// The volume as it is known, to tell what another client sets from what we set.
#[derive(Clone, Copy, Debug, Default)]
struct Loudness {
    /// What we set last, in percent, until it is read back.
    set: Option<u8>,
    /// What was read last.
    read: Option<u8>,
}

/// A mixer of few steps reads back what is near to what it was set to, in percent.
const STEP: u8 = 4;

impl Loudness {
    /// Takes what was read; the volume, if another client set it.
    fn read(&mut self, now: Option<u8>) -> Option<u8> {
        let before = std::mem::replace(&mut self.read, now);
        let set = self.set.take();
        let now = now?;
        let theirs = match (set, before) {
            (Some(set), _) => set.abs_diff(now) > STEP,
            (None, Some(before)) => before != now,
            (None, None) => false,
        };
        theirs.then_some(now)
    }
}

/// How far ours has come: an entry, and whether any of it was heard. Before the first, none.
type Reached = Option<(u32, bool)>;

impl Mpd {
    /// Connects to nothing yet.
    pub fn new(settings: MusicSettings) -> Mpd {
        let mut entries = settings.memory.as_deref().map(Entries::load).unwrap_or_default();
        // The visit of a moodbox before this one is over, however it ended.
        let list = std::mem::take(&mut entries.list);
        let cut_off = !list.is_empty() || !entries.modes.is_empty() || entries.before.is_some();
        entries.over(list);
        Mpd {
            settings,
            session: None,
            entries,
            heard: None,
            reached: None,
            loudness: Loudness::default(),
            switched_off: false,
            lowered_from: None,
            cut_off,
        }
    }

    /// Reads the whole library over a connection of its own: for looks from outside the daemon.
    pub fn library(settings: &MusicSettings) -> Result<(ItemStore, Vec<String>), MusicError> {
        let mut reader = MpdWatcher::new(settings.clone());
        reader.connect()?;
        let songs = reader.catalog()?;
        Ok((songs, reader.remarks()))
    }

    /// Where the sound goes, over a connection of its own: for looks from outside the daemon.
    pub fn outputs(settings: &MusicSettings) -> Result<Vec<Output>, MusicError> {
        let pairs = Session::open(settings)?.ask(&["outputs"])?;
        let mut outputs: Vec<Output> = Vec::new();
        for (key, value) in pairs {
            match (key.as_str(), outputs.last_mut()) {
                ("outputid", _) => {
                    outputs.push(Output { name: String::new(), plugin: String::new(), enabled: false });
                }
                ("outputname", Some(output)) => output.name = value,
                ("plugin", Some(output)) => output.plugin = value,
                ("outputenabled", Some(output)) => output.enabled = value == "1",
                _ => {}
            }
        }
        Ok(outputs)
    }

    /// Sets valence and arousal of a song as stickers, where other clients see them; none clears them.
    /// Over a connection of its own.
    pub fn set_feeling(
        settings: &MusicSettings,
        id: &str,
        place: Option<(f32, f32)>,
    ) -> Result<(), MusicError> {
        let mut session = Session::open(settings)?;
        let axes = [("valence", place.map(|place| place.0)), ("arousal", place.map(|place| place.1))];
        for (name, value) in axes {
            let done = match value {
                Some(value) => session.ask(&["sticker set", "song", id, name, &value.to_string()]),
                None => session.ask(&["sticker delete", "song", id, name]),
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
            let pairs = Session::open(settings).and_then(|mut session| session.ask(&["config"]));
            let pairs =
                pairs.inspect_err(|error| tracing::debug!(%error, "MPD does not say where its music is"));
            value(&pairs.ok()?, "music_directory").map(PathBuf::from)
        };
        settings.folder.clone().or_else(told).filter(|folder| folder.is_dir())
    }

    /// Why none of these songs can be opened by the server; none if one of them can.
    pub fn unreadable(settings: &MusicSettings, ids: &[String]) -> Result<Option<String>, MusicError> {
        let mut session = Session::open(settings)?;
        let mut first = None;
        for id in ids {
            match session.ask(&["readcomments", id]) {
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
    pub fn update(settings: &MusicSettings, folder: Option<&str>) -> Result<(), MusicError> {
        let mut session = Session::open(settings)?;
        let words = ["update", folder.unwrap_or_default()];
        session.ask(if folder.is_some() { &words } else { &words[..1] }).map(drop)
    }

    /// Connects over a stream that is open already: for a server that has no address.
    ///
    /// # Errors
    /// As [`Music::connect`].
    pub fn connect_over(&mut self, stream: UnixStream) -> Result<(), MusicError> {
        let session = Session::over(Wire::over(stream, self.settings.connect), &self.settings)?;
        self.greet(session)
    }

    /// The watcher of such a server.
    ///
    /// # Errors
    /// As [`Watcher::connect`].
    pub fn watcher_over(&self, stream: UnixStream) -> Result<Box<dyn Watcher>, MusicError> {
        let session = Session::over(Wire::over(stream, self.settings.connect), &self.settings)?;
        let mut watcher = MpdWatcher::new(self.settings.clone());
        watcher.follow(session);
        Ok(Box::new(watcher))
    }

    /// Makes a connection ours, once it has shown that it lets us play.
    fn greet(&mut self, session: Session) -> Result<(), MusicError> {
        self.session = Some(session);
        let address = self.place();
        self.with(|session, entries| {
            // A server that wants a password says so only when it is asked for something.
            session.ask(&["status"])?;
            // One that lets us only listen would fail at each press; better to know it now.
            let denied = session.run(|client| client.notcommands())?;
            if let Some(command) = NEEDED.into_iter().find(|needed| denied.iter().any(|name| name == needed))
            {
                return Err(MusicError::Password {
                    address,
                    reason: format!("it does not allow `{command}`"),
                });
            }
            if entries.may_be_in_a_queue() {
                let left = entries.find_again(&queue(session)?);
                if !left.is_empty() {
                    halt(session, &left)?;
                    remove(session, &left)?;
                }
            }
            Ok(())
        })?;
        if std::mem::take(&mut self.cut_off) {
            // Long after, nobody would know why music begins: it is there, and paused.
            let how = match self.settings.afterwards {
                Afterwards::Resume => Afterwards::Pause,
                other => other,
            };
            self.with(|session, entries| {
                restore_modes(session, entries)?;
                let quiet = number(&session.ask(&["status"])?, "songid").is_none();
                put_back(session, entries, how, quiet)
            })?;
            self.remember();
        }
        Ok(())
    }

    /// Runs something over the connection; drops the connection when it is of no use any more.
    fn with<T>(
        &mut self,
        job: impl FnOnce(&mut Session, &mut Entries) -> Result<T, MusicError>,
    ) -> Result<T, MusicError> {
        let Some(session) = &mut self.session else {
            return Err(MusicError::Absent { address: self.place(), reason: "not connected".to_owned() });
        };
        let done = job(session, &mut self.entries);
        self.loudness.set = session.volume_set().or(self.loudness.set);
        if matches!(&done, Err(error) if error.breaks_connection()) {
            self.session = None;
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
        let (off, back) = self.with(|session, _| {
            let off = !session.ask(&["outputs"])?.iter().any(|(key, on)| key == "outputenabled" && on == "1");
            let back = was_off && !off;
            if back {
                session.ask_all(&[&["clearerror"], &["pause", "0"]])?;
            }
            Ok((off, back))
        })?;
        self.switched_off = off;
        Ok(back)
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
        self.session = None;
        self.heard = None;
        let session = Session::open(&self.settings)?;
        self.greet(session)
    }

    fn watcher(&self) -> Box<dyn Watcher> {
        Box::new(MpdWatcher::new(self.settings.clone()))
    }

    fn status(&mut self) -> Result<Status, MusicError> {
        let heard = self.heard.take();
        let mut reached = self.reached;
        let (mut status, heard) =
            self.with(|session, entries| look(session, entries, heard, &mut reached))?;
        self.heard = heard;
        self.reached = reached;
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
        let (memory, lowered_from) = (self.settings.memory.clone(), self.lowered_from.take());
        let save = |entries: &Entries| {
            if let Some(path) = &memory {
                entries.save(path);
            }
        };
        let (place, cap) = (self.place(), self.settings.volume_cap);
        let done = self.with(|session, entries| {
            // All that is about to change is noted before it is done, so that any start finds it.
            let changes = note(session, entries, lowered_from)?;
            // Before anything is added: what cannot be held under the cap is not begun.
            loud(session, entries, volume, cap, &place)?;
            let old = std::mem::take(&mut entries.list);
            entries.over(old.clone());
            entries.plan(ids);
            save(entries);
            for (mode, needed) in changes {
                session.ask(&[mode, needed])?;
            }
            let mut skipped = Vec::new();
            let added = add(session, entries, ids, &mut skipped);
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
            match start(session, entries, &these, &mut skipped) {
                Ok(true) => {}
                Ok(false) => halt(session, &old).map(drop)?,
                Err(error) => {
                    entries.list.extend(old);
                    return Err(error);
                }
            }
            remove(session, &old)?;
            Ok(skipped)
        });
        self.remember();
        done
    }

    fn next(&mut self, wrap: bool) -> Result<bool, MusicError> {
        self.with(|session, entries| {
            let current = number(&session.ask(&["status"])?, "songid");
            let place = current.and_then(|song| entries.position(song));
            let rest: Vec<Entry> = match place {
                Some(place) if place + 1 < entries.list.len() => entries.list[place + 1..].to_vec(),
                // After the last, or when nothing plays: from the top, if that is wanted.
                _ if wrap => entries.list.clone(),
                _ => return Ok(false),
            };
            start(session, entries, &rest, &mut Vec::new())
        })
    }

    fn add(&mut self, ids: &[String]) -> Result<Vec<Skipped>, MusicError> {
        let done = self.with(|session, entries| {
            let mut skipped = Vec::new();
            add(session, entries, ids, &mut skipped)?;
            Ok(skipped)
        });
        self.remember();
        done
    }

    fn drive(&mut self, lever: Lever) -> Result<(), MusicError> {
        self.with(|session, entries| {
            let ask = |session: &mut Session, words: &[&str]| session.ask(words).map(drop);
            match lever {
                Lever::Pause(hold) => ask(session, &["pause", if hold { "1" } else { "0" }]),
                Lever::Seek(second) => ask(session, &["seekcur", &second.to_string()]),
                Lever::Stop => ask(session, &["stop"]),
                Lever::Next => ask(session, &["next"]),
                Lever::Back => {
                    let status = session.ask(&["status"])?;
                    if seconds(&status, "elapsed").is_some_and(|elapsed| elapsed >= FROM_ITS_BEGINNING) {
                        return ask(session, &["seekcur", "0"]);
                    }
                    match number(&status, "songid").and_then(|song| entries.position(song)) {
                        // The first of ours: what stands before it in the queue is not ours to play.
                        Some(0) => ask(session, &["seekcur", "0"]),
                        Some(place) => {
                            let from = entries.list[place - 1..].to_vec();
                            start(session, entries, &from, &mut Vec::new()).map(drop)
                        }
                        None => ask(session, &["previous"]),
                    }
                }
            }
        })
    }

    fn stop(&mut self, quietly: bool) -> Result<(), MusicError> {
        let afterwards = self.settings.afterwards;
        self.switched_off = false;
        let done = self.with(|session, entries| {
            let found = halt(session, &entries.list)?;
            remove(session, &entries.list)?;
            let list = std::mem::take(&mut entries.list);
            entries.over(list);
            restore_modes(session, entries)?;
            // A person who paused or stopped ours wanted silence.
            let how = match (found, afterwards) {
                (Found::Paused | Found::Stopped, Afterwards::Resume) => Afterwards::Pause,
                (_, Afterwards::Resume) if quietly => Afterwards::Pause,
                (_, afterwards) => afterwards,
            };
            put_back(session, entries, how, found != Found::Theirs)
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
        self.with(|session, entries| loud(session, entries, percent, cap, &place))
    }

    fn like(&mut self, id: &str) -> Result<(), MusicError> {
        self.with(|session, _| session.ask(&["sticker set", "song", id, "like", "2"]).map(drop))
    }

    fn unlike(&mut self, id: &str) -> Result<bool, MusicError> {
        self.with(|session, _| {
            let like = match session.ask(&["sticker get", "song", id, "like"]) {
                // Neither a song nor a sticker: nothing is left to take back.
                Err(MusicError::NoSuchSong { .. }) => return Ok(false),
                other => other?,
            };
            if !like.iter().any(|(key, value)| key == "sticker" && value == "like=2") {
                return Ok(false);
            }
            session.ask(&["sticker delete", "song", id, "like"])?;
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

/// Asks what plays, and takes out of the queue what of ours cannot be played.
fn look(
    session: &mut Session,
    entries: &mut Entries,
    mut heard: Option<(u32, NowPlaying)>,
    reached: &mut Reached,
) -> Result<(Status, Option<(u32, NowPlaying)>), MusicError> {
    let mut status = Status::default();
    let mut pairs = session.ask(&["status"])?;
    if let Some(error) = value(&pairs, "error").map(str::to_owned) {
        match entries.blamed(&error) {
            Some(place) => {
                let broken = entries.list.remove(place);
                status.skipped.push(Skipped { id: broken.uri.clone(), reason: error });
                session.run(|client| client.clearerror())?;
                remove(session, std::slice::from_ref(&broken))?;
                if value(&pairs, "state") == Some("stop") && place < entries.list.len() {
                    let rest = entries.list[place..].to_vec();
                    start(session, entries, &rest, &mut status.skipped)?;
                }
                pairs = session.ask(&["status"])?;
            }
            None => status.fault = Some(error),
        }
    }
    // The number of the job; without a job there is no such line.
    status.scanning = value(&pairs, "updating_db").is_some();
    status.volume =
        value(&pairs, "volume").and_then(|volume| volume.parse().ok()).filter(|volume| *volume <= 100);
    let state = value(&pairs, "state").unwrap_or_default();
    let song = number(&pairs, "songid");
    if state == "stop" {
        // Somebody who presses stop leaves the song current; the end of the queue does not.
        status.ended = song.is_none();
        if status.ended {
            pass_over(session, entries, *reached, entries.list.len(), &mut status.skipped)?;
        }
        return Ok((status, None));
    }
    let Some(song) = song else { return Ok((status, None)) };
    if heard.as_ref().is_none_or(|(known, _)| *known != song) {
        // The song may have changed since the question before: its own id is the one that counts.
        heard = session.run(|client| client.currentsong())?.and_then(|current| {
            let song = current.place?.id.0;
            let item = library::item(current);
            let (id, title, artist, length) = (item.id, item.title, item.artist, item.length);
            Some((song, NowPlaying { id, title, artist, length, ..NowPlaying::default() }))
        });
    }
    if let Some((song, known)) = &heard {
        let place = entries.position(*song).filter(|place| entries.list[*place].uri == known.id);
        let elapsed = seconds(&pairs, "elapsed").unwrap_or_default();
        if let Some(place) = place {
            pass_over(session, entries, *reached, place, &mut status.skipped)?;
            let sounded = matches!(reached, Some((entry, true)) if entry == song);
            *reached = Some((*song, sounded || !elapsed.is_zero()));
        }
        let ours = place.is_some();
        status.now = Some(NowPlaying {
            elapsed,
            length: seconds(&pairs, "duration").or(known.length),
            volume: status.volume,
            paused: state == "pause",
            ours,
            ..known.clone()
        });
    }
    Ok((status, heard))
}

/// Takes out of the queue what MPD could not play on its way to the entry at `place`. It passes over
/// a file that is gone or broken without a word, as long as another follows; what a person jumped
/// over looks the same, so each is tried.
fn pass_over(
    session: &mut Session,
    entries: &mut Entries,
    reached: Reached,
    place: usize,
    skipped: &mut Vec<Skipped>,
) -> Result<(), MusicError> {
    let from = match reached {
        None => 0,
        Some((song, sounded)) => match entries.position(song) {
            Some(last) => last + usize::from(sounded),
            None => return Ok(()),
        },
    };
    for entry in entries.list.get(from..place).unwrap_or_default().to_vec() {
        match session.ask(&["readcomments", &entry.uri]) {
            Ok(_) => {}
            Err(error) if error.breaks_connection() => return Err(error),
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                entries.list.retain(|other| *other != entry);
                remove(session, std::slice::from_ref(&entry))?;
                skipped.push(Skipped { id: entry.uri, reason });
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// Adds the ids at the end of the queue; those that the library does not have are skipped.
fn add(
    session: &mut Session,
    entries: &mut Entries,
    ids: &[String],
    skipped: &mut Vec<Skipped>,
) -> Result<(), MusicError> {
    for id in ids {
        match session.ask(&["addid", id]) {
            Ok(pairs) => match number(&pairs, "Id") {
                Some(song) => entries.list.push(Entry { song, uri: id.clone() }),
                None => skipped.push(Skipped { id: id.clone(), reason: "MPD gave it no place".to_owned() }),
            },
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                skipped.push(Skipped { id: id.clone(), reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Plays the first of these entries that can be played; the others before it go out of the queue.
fn start(
    session: &mut Session,
    entries: &mut Entries,
    these: &[Entry],
    skipped: &mut Vec<Skipped>,
) -> Result<bool, MusicError> {
    for entry in these {
        match session.run(|client| client.switch(Id(entry.song))) {
            Ok(()) => return Ok(true),
            // MPD answers with the decoder's error when the file is broken or gone.
            Err(MusicError::NoSuchSong { reason, .. } | MusicError::Refused { reason, .. }) => {
                skipped.push(Skipped { id: entry.uri.clone(), reason });
                entries.list.retain(|other| other != entry);
                session.run(|client| client.clearerror())?;
                remove(session, std::slice::from_ref(entry))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// What the player did when ours was to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Ours played, or was over.
    Ours,
    /// Ours was paused by somebody.
    Paused,
    /// Somebody had stopped the player.
    Stopped,
    /// Somebody else's music is on.
    Theirs,
}

/// Stops the player if one of these plays or is paused.
fn halt(session: &mut Session, these: &[Entry]) -> Result<Found, MusicError> {
    let pairs = session.ask(&["status"])?;
    let current = number(&pairs, "songid");
    let ours = these.iter().any(|entry| current == Some(entry.song));
    let found = match (value(&pairs, "state"), current) {
        (Some("stop"), None) => return Ok(Found::Ours),
        (Some("stop"), Some(_)) => return Ok(Found::Stopped),
        _ if !ours => return Ok(Found::Theirs),
        (Some("pause"), _) => Found::Paused,
        _ => Found::Ours,
    };
    session.run(|client| client.stop())?;
    Ok(found)
}

/// Takes entries out of the queue, each only if it is still what it was.
fn remove(session: &mut Session, these: &[Entry]) -> Result<(), MusicError> {
    for entry in these {
        let there = match session.run(|client| client.songs(Id(entry.song))) {
            Ok(there) => there,
            Err(error) if error.breaks_connection() => return Err(error),
            // Another client took it away.
            Err(_) => continue,
        };
        if there.first().is_some_and(|song| song.file == entry.uri) {
            match session.run(|client| client.delete(Id(entry.song))) {
                Err(error) if error.breaks_connection() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Notes down what the player does and how its modes are, before ours begins; the modes that must change.
fn note(
    session: &mut Session,
    entries: &mut Entries,
    lowered_from: Option<u8>,
) -> Result<Vec<(&'static str, &'static str)>, MusicError> {
    let pairs = session.ask(&["status"])?;
    if entries.before.is_none() {
        let current = match number(&pairs, "songid") {
            Some(_) => session.run(|client| client.currentsong())?,
            None => None,
        };
        let song = current.and_then(|song| Some(Entry { song: song.place?.id.0, uri: song.file }));
        entries.before = Some(Before {
            volume: lowered_from
                .or_else(|| value(&pairs, "volume")?.parse().ok().filter(|volume| *volume <= 100)),
            state: value(&pairs, "state").unwrap_or("stop").to_owned(),
            song: song.filter(|song| number(&pairs, "songid") == Some(song.song)),
            elapsed: seconds(&pairs, "elapsed").unwrap_or_default().as_secs_f64(),
        });
    }
    let mut changes = Vec::new();
    for (mode, needed) in MODES {
        let Some(now) = value(&pairs, mode).filter(|now| *now != needed) else { continue };
        changes.push((mode, needed));
        // A mode that somebody changed while ours plays is what that person wants afterwards.
        entries.modes.retain(|(known, _)| known != mode);
        entries.modes.push((mode.to_owned(), now.to_owned()));
    }
    Ok(changes)
}

/// Puts the volume back and, where nobody else's music is on (`ours_was_on`), what was on before ours.
fn put_back(
    session: &mut Session,
    entries: &mut Entries,
    how: Afterwards,
    ours_was_on: bool,
) -> Result<(), MusicError> {
    let Some(before) = entries.before.take() else { return Ok(()) };
    let done = put_back_what_was(session, &before, how, ours_was_on);
    if matches!(&done, Err(error) if error.breaks_connection()) {
        // Another connection tries again.
        entries.before = Some(before);
        return done;
    }
    // A song that is gone cannot go on: then nothing is on.
    done.or(Ok(()))
}

fn put_back_what_was(
    session: &mut Session,
    before: &Before,
    how: Afterwards,
    ours_was_on: bool,
) -> Result<(), MusicError> {
    let volume = |session: &mut Session| before.volume.map_or(Ok(()), |volume| set_volume(session, volume));
    // By its id, or in a server that was restarted by its name.
    let song = match &before.song {
        Some(song) if ours_was_on => {
            let queue = queue(session)?;
            let same = queue.iter().find(|there| *there == song);
            same.or_else(|| queue.iter().find(|there| there.uri == song.uri))
                .map(|there| there.song.to_string())
        }
        _ => None,
    };
    let Some(song) = song else { return volume(session) };
    let (id, elapsed) = (song.as_str(), format!("{:.3}", before.elapsed));
    let seek: &[&str] = &["seekid", id, &elapsed];
    match (before.state.as_str(), how) {
        ("play", Afterwards::Resume) => {
            volume(session)?;
            session.ask(seek).map(drop)
        }
        ("play" | "pause", Afterwards::Resume | Afterwards::Pause) => {
            // What may sound between the two is not heard.
            set_volume(session, 0)?;
            let done = session.ask_all(&[seek, &["pause", "1"]]).map(drop);
            volume(session)?;
            done
        }
        _ => {
            // Stopped, with the same song current as before.
            set_volume(session, 0)?;
            let done = session.ask_all(&[&["playid", id], &["stop"]]).map(drop);
            volume(session)?;
            done
        }
    }
}

/// Puts the modes back, but for those that somebody has changed since.
fn restore_modes(session: &mut Session, entries: &mut Entries) -> Result<(), MusicError> {
    if entries.modes.is_empty() {
        return Ok(());
    }
    let status = session.ask(&["status"])?;
    for (mode, before) in std::mem::take(&mut entries.modes) {
        let untouched = MODES.iter().any(|(name, ours)| *name == mode && value(&status, name) == Some(*ours));
        if untouched {
            match session.ask(&[&mode, &before]) {
                Err(error) if error.breaks_connection() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// An output without a mixer refuses: then the volume is somebody else's business.
fn set_volume(session: &mut Session, percent: u8) -> Result<(), MusicError> {
    session.note_volume(percent.min(100));
    match session.run(|client| client.volume(percent.min(100) as i8)) {
        Err(MusicError::Refused { reason, .. }) => {
            tracing::debug!(reason, "MPD has no mixer");
            Ok(())
        }
        other => other,
    }
}

/// Sets the volume. An output without a mixer refuses: under a cap ours is then stopped, because nobody knows how
/// loud it is; without a cap the volume is somebody else's business.
fn loud(
    session: &mut Session,
    entries: &Entries,
    percent: u8,
    cap: u8,
    place: &str,
) -> Result<(), MusicError> {
    session.note_volume(percent.min(100));
    match session.run(|client| client.volume(percent.min(100) as i8)) {
        Err(MusicError::Refused { reason, .. }) if cap < 100 => {
            halt(session, &entries.list)?;
            Err(MusicError::Volume { address: place.to_owned(), reason })
        }
        Err(MusicError::Refused { reason, .. }) => {
            tracing::debug!(reason, "MPD has no mixer");
            Ok(())
        }
        other => other,
    }
}

/// The whole queue. Asked for without the tags, which are of any size.
fn queue(session: &mut Session) -> Result<Vec<Entry>, MusicError> {
    let pairs = session.ask_all(&[&["playlist"], &["plchangesposid", "0"]])?;
    let mut files: BTreeMap<u32, String> = BTreeMap::new();
    let (mut entries, mut position) = (Vec::new(), None);
    for (key, value) in pairs {
        if let Some(place) = key.strip_suffix(":file").and_then(|place| place.parse().ok()) {
            files.insert(place, value);
        } else if key == "cpos" {
            position = value.parse::<u32>().ok();
        } else if key == "Id"
            && let Some(uri) = position.take().and_then(|place| files.remove(&place))
            && let Ok(song) = value.parse()
        {
            entries.push(Entry { song, uri });
        }
    }
    Ok(entries)
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn number(pairs: &Pairs, name: &str) -> Option<u32> {
    value(pairs, name)?.parse().ok()
}

fn seconds(pairs: &Pairs, name: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value(pairs, name)?.parse().ok()?).ok()
}
