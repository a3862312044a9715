//! The video thread: carries out what the core asks, and tells what the screen shows.
//!
//! It wakes when a command comes, when mpv says that something changed, each second while a clip
//! plays, and at the next step of a fade. While the still is shown it sleeps.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, bounded, never, select};

use super::{Skipped, Video, VideoError};
use crate::ports::player::{FADE_STEP, Fade, POSITION_EVERY, PlayerWorker, from_heard};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::recommend::AudioSource;

/// A clip on which mpv died this often is left out: it would do so for ever.
const MOST_DEATHS: u8 = 2;

/// The body of the video thread. Ends when the sender of the commands is gone; the player ends then.
///
/// `emit` takes [`Event::Video`] and [`Event::Part`].
pub fn run(video: Box<dyn Video>, commands: Receiver<PlayerCommand>, emit: impl FnMut(Event)) {
    let (wake, woken) = bounded(1);
    let mut worker = Worker::new(video, emit, wake);
    worker.open();
    loop {
        let timer = worker
            .player
            .next_beat()
            .map_or_else(never, |at| after(at.saturating_duration_since(Instant::now())));
        select! {
            recv(commands) -> command => match command {
                Ok(command) => worker.carry_out(command),
                Err(_) => return,
            },
            recv(woken) -> _ => worker.look(),
            recv(timer) -> _ => worker.beat(),
        }
    }
}

struct Worker<E: FnMut(Event)> {
    video: Box<dyn Video>,
    player: PlayerWorker<E>,
    wake: Sender<()>,
    /// What the core wants to see; none while the still is shown.
    wanted: Option<VideoTarget>,
    /// It was told that a video that is to be heard has no sound device.
    soundless: bool,
}

struct VideoTarget {
    ids: Vec<String>,
    volume: u8,
    repeat: bool,
    /// The clip that was seen last, and how often mpv died on it.
    seen: Option<String>,
    deaths: u8,
}

impl<E: FnMut(Event)> Worker<E> {
    fn new(video: Box<dyn Video>, emit: E, wake: Sender<()>) -> Worker<E> {
        let player = PlayerWorker::new(AudioSource::Video, emit);
        Worker { video, player, wake, wanted: None, soundless: false }
    }

    fn beat(&mut self) {
        let now = Instant::now();
        if !self.player.link.is_up() {
            self.open();
            return;
        }
        if self.player.fade.as_ref().is_some_and(|fade| fade.is_due(now)) {
            self.fade_on(now);
        }
        if self.player.next_look.is_some_and(|next| next <= now) {
            self.look();
        }
    }

    fn carry_out(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::Play { ids, volume, repeat } => {
                self.player.fade = None;
                self.player.report.begun();
                self.wanted = Some(VideoTarget { ids, volume, repeat, seen: None, deaths: 0 });
                if self.player.link.is_up() {
                    self.play();
                } else {
                    self.open();
                }
            }
            PlayerCommand::Next => {
                if self.wanted.is_some() && self.attempt(|video| video.next()).is_some() {
                    self.look();
                }
            }
            PlayerCommand::Stop { fade } => self.stop(fade),
            PlayerCommand::Volume(volume) => {
                let Some(wanted) = &mut self.wanted else { return };
                wanted.volume = volume;
                if self.attempt(|video| video.set_volume(volume)).is_some() {
                    self.look();
                }
            }
            PlayerCommand::Cap(cap) => self.video.set_volume_cap(cap),
            // The core lowers a video that is heard by its volume; other clients have none here.
            PlayerCommand::Duck(_)
            | PlayerCommand::StayQuiet
            | PlayerCommand::Like { .. }
            | PlayerCommand::Unlike { .. }
            | PlayerCommand::Add { .. } => {}
            PlayerCommand::Drive(lever) => {
                if self.wanted.is_some() && self.attempt(|video| video.drive(lever)).is_some() {
                    self.look();
                }
            }
        }
    }

    fn play(&mut self) {
        let Some(wanted) = &self.wanted else { return };
        let (volume, repeat) = (wanted.volume, wanted.repeat);
        // A clip that was cut off begins again.
        let ids = from_heard(&wanted.ids, wanted.seen.as_ref(), repeat);
        if let Some(skipped) = self.attempt(|video| video.play(&ids, volume, repeat)) {
            self.player.report.skipped(skipped);
            self.look();
        }
    }

    fn stop(&mut self, length: Duration) {
        let sounding =
            self.player.report.playing.as_ref().filter(|now| !now.paused).and_then(|now| now.volume);
        let wanted = self.wanted.take();
        self.player.next_look = None;
        match sounding {
            _ if self.player.fade.is_some() && length > FADE_STEP => {}
            Some(from) if wanted.is_some() && length > FADE_STEP && self.player.link.is_up() => {
                let now = Instant::now();
                self.player.fade = Some(Fade::new(from, length, now));
                self.fade_on(now);
            }
            // A clip that is not heard makes way for the still at once.
            _ => self.show_still(),
        }
    }

    fn fade_on(&mut self, now: Instant) {
        let Some(fade) = &mut self.player.fade else { return };
        let Some(volume) = fade.step(now) else { return self.show_still() };
        // Zero would take the track off, with a click.
        if self.attempt(|video| video.set_volume(volume.max(1))).is_none() {
            self.player.fade = None;
        }
    }

    fn show_still(&mut self) {
        self.player.at_rest();
        self.attempt(|video| video.show_still());
    }

    fn look(&mut self) {
        self.player.next_look = None;
        if !self.player.link.is_up() {
            return;
        }
        let Some(mut status) = self.attempt(|video| video.status()) else { return };
        self.player.report.skipped(std::mem::take(&mut status.skipped));
        if self.player.fade.is_some() {
            return;
        }
        let Some(wanted) = &mut self.wanted else { return };
        match status.now {
            Some(now) if now.ours => {
                if wanted.seen.as_ref() != Some(&now.id) {
                    wanted.seen = Some(now.id.clone());
                    wanted.deaths = 0;
                }
                if !now.paused {
                    self.player.next_look = Some(Instant::now() + POSITION_EVERY);
                }
                self.player.report.playing(Some(now));
                self.tell_soundless(status.soundless);
            }
            // Another client of this mpv may have the screen until our next command.
            Some(now) => {
                self.player.report.playing(Some(now));
                self.finish();
            }
            None if status.opening => self.player.next_look = Some(Instant::now() + POSITION_EVERY),
            None => self.finish(),
        }
    }

    /// A clip plays that is to be heard, and mpv found no device for its sound; or it is heard again.
    fn tell_soundless(&mut self, soundless: Option<bool>) {
        let Some(soundless) = soundless.filter(|now| *now != self.soundless) else { return };
        self.soundless = soundless;
        let health = match soundless {
            true => Health::Ill(Trouble {
                kind: TroubleKind::NoSound,
                report:
                    "mpv found no sound device, so videos play in silence. Connect one and look with `aplay -l`; \
                     `sudo moodbox setup` switches the sound of the board or of a DAC on"
                        .to_owned(),
            }),
            false => Health::Well,
        };
        self.player.report.event(Event::Part(Part::Sound, health));
    }

    fn finish(&mut self) {
        self.wanted = None;
        self.player.next_look = None;
        self.player.report.playing = None;
        self.player.report.finished();
    }

    fn attempt<T>(&mut self, job: impl FnOnce(&mut dyn Video) -> Result<T, VideoError>) -> Option<T> {
        if !self.player.link.is_up() {
            return None;
        }
        match job(&mut *self.video) {
            Ok(value) => Some(value),
            Err(error) if error.breaks_connection() => {
                self.lost(&error);
                None
            }
            Err(error) => {
                tracing::warn!(%error, "mpv would not");
                None
            }
        }
    }

    fn open(&mut self) {
        match self.video.open(self.wake.clone()) {
            Ok(()) => {
                self.player.link.made();
                self.player.report.health(Health::Well);
                self.play();
            }
            Err(error) => self.lost(&error),
        }
    }

    fn lost(&mut self, error: &VideoError) {
        if self.player.link.is_up()
            && let Some(wanted) = &mut self.wanted
            && let Some(seen) = wanted.seen.clone().or_else(|| wanted.ids.first().cloned())
        {
            wanted.deaths += 1;
            if wanted.deaths >= MOST_DEATHS {
                let next = wanted.ids.iter().position(|id| *id == seen).map(|place| place + 1);
                wanted.seen = next.and_then(|next| wanted.ids.get(next).cloned());
                wanted.deaths = 0;
                wanted.ids.retain(|id| *id != seen);
                let reason = "mpv ended on it again and again".to_owned();
                self.player.report.skipped(vec![Skipped { id: seen, reason }]);
            }
        }
        if matches!(error, VideoError::Starting { .. }) {
            self.player.link.lost(Instant::now());
            self.player.at_rest();
        } else {
            self.player.lost(Health::Ill(error.trouble()));
        }
    }
}
