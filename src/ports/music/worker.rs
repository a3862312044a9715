//! The music thread: carries out what the core asks, and tells what the player does.
//!
//! It wakes when a command comes, when the watcher's `idle` connection says that something changed,
//! each second while ours plays (for the time on the panel), and at the next step of a fade. With
//! nothing playing it sleeps.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, after, bounded, never, select};

use super::library_watch::watch;
use super::{Music, MusicError};
use crate::ports::player::{FADE_STEP, Fade, POSITION_EVERY, PlayerWorker, from_heard};
use moodbox_core::kiosk::DUCKED;
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, Part, PlayerEvent, Trouble, TroubleKind};
use moodbox_core::recommend::{AudioSource, ItemStore};

/// MPD writes its state file two minutes after a change by default. Once it has lived for this long after a session,
/// no power cut brings the session back.
const SETTLED_AFTER: Duration = Duration::from_secs(10 * 60);
/// MPD may refuse for up to a minute while it starts or rescans. Music that was cut off goes on when
/// it is back within this; later nobody would know why it starts.
const RESUME_WITHIN: Duration = Duration::from_secs(90);

/// The body of the music thread. Ends when the sender of the commands is gone; ours is stopped then.
///
/// `emit` takes [`Event::Music`] and [`Event::Part`]; `catalog` takes the whole library, at the start
/// and whenever it has changed (on the watcher's thread).
pub fn run(
    music: Box<dyn Music>,
    commands: Receiver<PlayerCommand>,
    emit: impl FnMut(Event),
    catalog: impl FnMut(ItemStore) + Send + 'static,
) {
    let (wake, woken) = bounded(1);
    let (alive, gone) = bounded::<()>(0);
    let (say, refusals) = bounded(1);
    // Held, so that a watcher that has ended does not look like news without end.
    let _held = say.clone();
    let watcher = music.watcher();
    let interrupt = watcher.interrupter();
    let watching = thread::Builder::new()
        .name("music-watch".to_owned())
        .spawn(move || watch(watcher, &wake, &gone, &say, catalog))
        .inspect_err(|error| tracing::error!(%error, "no thread to follow MPD with"));

    let mut worker = Worker::new(music, emit);
    worker.connect();
    loop {
        let timer =
            worker.next_beat().map_or_else(never, |at| after(at.saturating_duration_since(Instant::now())));
        select! {
            recv(commands) -> command => match command {
                Ok(command) => worker.carry_out(command),
                Err(_) => break,
            },
            recv(woken) -> news => match news {
                Ok(()) => worker.woken(),
                // Without the watcher nothing new is heard. This thread ends with it, and that is told.
                Err(_) => break,
            },
            recv(refusals) -> told => worker.library_refused(told.ok().flatten()),
            recv(timer) -> _ => worker.beat(),
        }
    }
    worker.leave();
    drop(alive);
    interrupt();
    if let Ok(watching) = watching
        && let Err(panic) = watching.join()
    {
        std::panic::resume_unwind(panic);
    }
}

struct Worker<E: FnMut(Event)> {
    music: Box<dyn Music>,
    player: PlayerWorker<E>,
    /// What the core wants to hear; none when it wants nothing or ours is over.
    wanted: Option<MusicTarget>,
    /// Why the volume could not be set when it last was to be.
    no_volume: Option<Trouble>,
    /// After this session nothing is to be heard, whatever was on before it.
    quietly: bool,
    /// When no restart of MPD can bring entries of past sessions back any more.
    settled: Option<Instant>,
    /// Somebody speaks: what sounds is lowered.
    ducked: bool,
    /// The volume to come back to when nobody speaks any more.
    before: Option<u8>,
    /// Whether it was reported that the server reads its files.
    scanning: bool,
}

struct MusicTarget {
    ids: Vec<String>,
    volume: u8,
    repeat: bool,
    /// The id that was heard last.
    heard: Option<String>,
}

impl<E: FnMut(Event)> Worker<E> {
    fn new(music: Box<dyn Music>, emit: E) -> Worker<E> {
        Worker {
            music,
            player: PlayerWorker::new(AudioSource::Music, emit),
            wanted: None,
            no_volume: None,
            quietly: false,
            settled: None,
            ducked: false,
            before: None,
            scanning: false,
        }
    }

    /// When something is to be done without being asked.
    fn next_beat(&self) -> Option<Instant> {
        let settled = self.settled.filter(|_| self.player.link.is_up());
        [self.player.next_beat(), settled].into_iter().flatten().min()
    }

    /// The server answers and does not let its library be read, or does so again.
    fn library_refused(&mut self, trouble: Option<Trouble>) {
        let health = trouble.map_or(Health::Well, Health::Ill);
        self.player.report.event(Event::Part(Part::Scan, health));
    }

    fn beat(&mut self) {
        let now = Instant::now();
        if !self.player.link.is_up() {
            self.connect();
            return;
        }
        if self.player.fade.as_ref().is_some_and(|fade| fade.is_due(now)) {
            self.fade_on(now);
        }
        if self.player.next_look.is_some_and(|next| next <= now) {
            self.look();
        }
        if self.settled.is_some_and(|settled| settled <= now) {
            self.settled = None;
            self.music.settle();
        }
    }

    fn woken(&mut self) {
        if !self.player.link.is_up() {
            // The watcher has a connection, or has just lost one: either way it is worth a try.
            self.connect();
        } else if self.player.fade.is_none() {
            // Each step of a fade changes the mixer: that is no news.
            self.look();
        }
    }

    fn carry_out(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::Play { ids, volume, repeat } => {
                self.player.fade = None;
                self.quietly = false;
                self.settled = None;
                self.player.report.begun();
                self.wanted = Some(MusicTarget { ids, volume, repeat, heard: None });
                if self.player.link.is_up() {
                    self.play();
                } else {
                    // The wait for the music counts from when it was asked for.
                    self.player.link.count_from(Instant::now());
                    self.connect();
                }
            }
            PlayerCommand::Next => {
                let Some(wanted) = &self.wanted else { return };
                let repeat = wanted.repeat;
                match self.attempt(|music| music.next(repeat)) {
                    Some(true) => self.look(),
                    Some(false) => self.finish(),
                    None => {}
                }
            }
            PlayerCommand::Add { ids } => {
                let Some(wanted) = &mut self.wanted else { return };
                wanted.ids.extend(ids.iter().cloned());
                if let Some(skipped) = self.attempt(|music| music.add(&ids)) {
                    self.player.report.skipped(skipped);
                }
            }
            PlayerCommand::Drive(lever) => {
                if self.attempt(|music| music.drive(lever)).is_some() {
                    self.look();
                }
            }
            PlayerCommand::Stop { fade } => self.stop(fade),
            PlayerCommand::StayQuiet => self.quietly = true,
            PlayerCommand::Volume(volume) => {
                if let Some(wanted) = &mut self.wanted {
                    wanted.volume = volume;
                }
                if self.player.fade.is_some() {
                    // What fades out is not made loud again.
                } else if self.ducked {
                    self.before = Some(volume);
                    self.attempt(|music| music.set_volume(volume / DUCKED));
                } else if self.attempt(|music| music.set_volume(volume)).is_some() {
                    self.no_volume = None;
                    self.look();
                }
            }
            PlayerCommand::Cap(cap) => self.music.set_volume_cap(cap),
            PlayerCommand::Duck(true) => self.duck(),
            PlayerCommand::Duck(false) => self.unduck(),
            // A server without a sticker database refuses; moodbox remembers the like itself.
            PlayerCommand::Like { id } => {
                self.attempt(|music| music.like(&id));
            }
            PlayerCommand::Unlike { ids } => {
                for id in ids {
                    self.attempt(|music| music.unlike(&id));
                }
            }
        }
    }

    fn play(&mut self) {
        let Some(wanted) = &self.wanted else { return };
        let volume = wanted.volume;
        // Music that was cut off goes on with the item that played.
        let ids = from_heard(&wanted.ids, wanted.heard.as_ref(), wanted.repeat);
        // Somebody may be speaking still when the music begins.
        let now = if self.ducked { volume / DUCKED } else { volume };
        if let Some(before) = self.before.filter(|_| self.ducked) {
            self.music.lowered_from(before);
        }
        self.before = self.ducked.then_some(volume);
        if let Some(skipped) = self.attempt(|music| music.play(&ids, now)) {
            self.no_volume = None;
            self.player.report.skipped(skipped);
            self.look();
        }
    }

    fn stop(&mut self, length: Duration) {
        let playing = self.player.report.playing.as_ref();
        let sounding = playing.filter(|now| now.ours && !now.paused).and_then(|now| now.volume);
        let wanted = self.wanted.take();
        self.player.next_look = None;
        match sounding.filter(|volume| *volume > 0) {
            _ if self.player.fade.is_some() && length > FADE_STEP => {}
            Some(from) if wanted.is_some() && length > FADE_STEP && self.player.link.is_up() => {
                let now = Instant::now();
                self.before = None;
                self.player.fade = Some(Fade::new(from, length, now));
                self.fade_on(now);
            }
            _ => self.silence(),
        }
    }

    /// Lowers whatever sounds, also what another client put on.
    fn duck(&mut self) {
        if std::mem::replace(&mut self.ducked, true) || self.player.fade.is_some() {
            return;
        }
        let volume = self.attempt(|music| music.status()).and_then(|status| status.volume);
        if let Some(volume) = volume.filter(|volume| *volume > 0)
            && self.attempt(|music| music.set_volume(volume / DUCKED)).is_some()
        {
            self.before = Some(volume);
        }
    }

    /// Brings the volume back. While MPD is away it is remembered, and brought back with the connection.
    fn unduck(&mut self) {
        self.ducked = false;
        let Some(volume) = self.before else { return };
        if self.attempt(|music| music.set_volume(volume)).is_some() {
            self.before = None;
        }
    }

    /// One step of the fade that runs.
    fn fade_on(&mut self, now: Instant) {
        let Some(fade) = &mut self.player.fade else { return };
        let Some(volume) = fade.step(now) else { return self.silence() };
        if self.attempt(|music| music.set_volume(volume)).is_none() {
            self.player.fade = None;
        }
    }

    /// Takes ours away at once; the player is then as it was before the session.
    fn silence(&mut self) {
        self.player.at_rest();
        let quietly = self.quietly;
        if self.attempt(|music| music.stop(quietly)).is_some() {
            self.quietly = false;
            self.settled = Some(Instant::now() + SETTLED_AFTER);
            if self.ducked {
                // Somebody speaks: what was on before is lowered too.
                self.ducked = false;
                self.before = None;
                self.duck();
            }
        }
    }

    /// Ours is over.
    fn finish(&mut self) {
        self.wanted = None;
        self.silence();
        self.player.report.finished();
    }

    /// Asks the player what it does, and tells what is new.
    fn look(&mut self) {
        self.player.next_look = None;
        let Some(mut status) = self.attempt(|music| music.status()) else { return };
        self.player.report.skipped(std::mem::take(&mut status.skipped));
        match status.fault.take() {
            Some(fault) => {
                let report = format!(
                    "MPD at {} plays but nothing is heard: {fault}. Check `audio_output` in mpd.conf and the sound device",
                    self.music.place()
                );
                self.player.report.health(Health::Ill(Trouble { kind: TroubleKind::NoSound, report }));
            }
            None => {
                let health = self.no_volume.clone().map_or(Health::Well, Health::Ill);
                self.player.report.health(health);
            }
        }
        self.report_scanning(status.scanning);
        let cap = self.music.volume_cap();
        if let Some(volume) = status.set_by_others {
            self.report_volume(volume, status.now.as_ref().is_some_and(|now| now.ours));
        }
        if let Some(now) = status.now.as_mut().filter(|now| now.ours && now.volume > Some(cap))
            && self.attempt(|music| music.set_volume(cap)).is_some()
        {
            tracing::info!(cap, "another client went above the cap; the volume is back under it");
            now.volume = Some(cap);
        }
        // While ours fades out the core knows already that it is over.
        if self.player.fade.is_some() {
            return;
        }
        let Some(wanted) = &mut self.wanted else {
            self.player.report.playing(status.now);
            return;
        };
        match status.now {
            Some(now) if now.ours => {
                wanted.heard = Some(now.id.clone());
                if !now.paused {
                    self.player.next_look = Some(Instant::now() + POSITION_EVERY);
                }
                self.player.report.playing(Some(now));
            }
            None if status.ended && wanted.repeat && self.attempt(|music| music.next(true)) == Some(true) => {
                self.look();
            }
            other => {
                if self.player.link.is_up() {
                    self.player.report.playing(other);
                    self.finish();
                }
            }
        }
    }

    /// Connects if need be, runs it, and once more on a fresh connection: a server closes connections
    /// that were quiet for a minute. None when it could not be done; that has been told then.
    fn attempt<T>(&mut self, mut job: impl FnMut(&mut dyn Music) -> Result<T, MusicError>) -> Option<T> {
        if !self.player.link.is_up() {
            return None;
        }
        let mut done = job(&mut *self.music);
        if matches!(done, Err(MusicError::Absent { .. })) {
            done = self.music.connect().and_then(|()| job(&mut *self.music));
        }
        match done {
            Ok(value) => Some(value),
            Err(error) if error.breaks_connection() => {
                self.lost(&error);
                None
            }
            Err(error) => {
                tracing::warn!(%error, "MPD would not");
                if matches!(error, MusicError::Volume { .. }) {
                    self.no_volume = Some(error.trouble());
                    self.player.report.health(Health::Ill(error.trouble()));
                }
                None
            }
        }
    }

    fn connect(&mut self) {
        let Some(since) = self.player.link.down_since() else { return };
        if let Err(error) = self.music.connect() {
            self.lost(&error);
            return;
        }
        self.player.link.made();
        self.settled = Some(Instant::now() + SETTLED_AFTER);
        self.player.report.health(Health::Well);
        if !self.ducked {
            self.unduck();
        }
        match &self.wanted {
            Some(wanted) if wanted.heard.is_some() => {
                // It may have gone on by itself: MPD restores its queue when it starts.
                let goes_on = self.attempt(|music| music.status()).and_then(|status| status.now);
                if goes_on.is_some_and(|now| now.ours) {
                    self.look();
                } else if since.elapsed() <= RESUME_WITHIN {
                    self.play();
                } else {
                    self.finish();
                }
            }
            Some(_) if since.elapsed() <= RESUME_WITHIN => self.play(),
            Some(_) => self.finish(),
            None => {
                // Left from a fade that was cut off, or from a moodbox that crashed.
                if !self.music.ours().is_empty() {
                    self.silence();
                }
                self.look();
            }
        }
    }

    fn lost(&mut self, error: &MusicError) {
        self.no_volume = None;
        self.settled = None;
        self.report_scanning(false);
        self.player.lost(Health::Ill(error.trouble()));
    }

    fn leave(&mut self) {
        if self.wanted.take().is_some() || self.player.fade.is_some() {
            self.silence();
        }
    }

    fn report_scanning(&mut self, scanning: bool) {
        if std::mem::replace(&mut self.scanning, scanning) != scanning {
            let report =
                format!("MPD at {} reads its files; new music comes when it is done", self.music.place());
            let health = match scanning {
                true => Health::Ill(Trouble { kind: TroubleKind::MusicScanning, report }),
                false => Health::Well,
            };
            self.player.report.event(Event::Part(Part::Scan, health));
        }
    }

    /// Another client has set the volume.
    fn report_volume(&mut self, volume: u8, ours: bool) {
        let volume = if ours { volume.min(self.music.volume_cap()) } else { volume };
        if self.ducked {
            self.before = Some(volume);
        }
        if let Some(wanted) = &mut self.wanted {
            wanted.volume = volume;
        }
        self.player.report.player(PlayerEvent::Volume(volume));
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
