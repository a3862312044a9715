//! The video thread: carries out what the core asks, and tells what the screen shows.
//!
//! It wakes when a command comes, when mpv says that something changed, each second while a clip
//! plays, and at the next step of a fade. While the still is shown it sleeps.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, bounded, never, select};

use super::{Skipped, Video, VideoError};
use moodbox_core::kiosk::action::PlayerCommand;
use moodbox_core::kiosk::event::{Event, Health, NowPlaying, Part, PlayerEvent};

const BEAT: Duration = Duration::from_secs(1);
const FADE_STEP: Duration = Duration::from_millis(50);
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// Soon enough to be in service within five seconds of returning.
const LAST_RETRY: Duration = Duration::from_secs(3);
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
        let timer =
            worker.next_beat().map_or_else(never, |at| after(at.saturating_duration_since(Instant::now())));
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
    emit: E,
    wake: Sender<()>,
    /// What the core wants to see; none while the still is shown.
    wanted: Option<Wanted>,
    fade: Option<Fade>,
    next_look: Option<Instant>,
    /// When to try again, and how long to wait the time after; none while it works.
    retry: Option<(Instant, Duration)>,
    told: Option<Health>,
    playing: Option<NowPlaying>,
}

struct Wanted {
    ids: Vec<String>,
    volume: u8,
    repeat: bool,
    /// The clip that was seen last, and how often mpv died on it.
    seen: Option<String>,
    deaths: u8,
}

struct Fade {
    from: u8,
    start: Instant,
    length: Duration,
    next: Instant,
}

impl<E: FnMut(Event)> Worker<E> {
    fn new(video: Box<dyn Video>, emit: E, wake: Sender<()>) -> Worker<E> {
        let retry = Some((Instant::now(), FIRST_RETRY));
        Worker {
            video,
            emit,
            wake,
            wanted: None,
            fade: None,
            next_look: None,
            retry,
            told: None,
            playing: None,
        }
    }

    fn next_beat(&self) -> Option<Instant> {
        match self.retry {
            Some((at, _)) => Some(at),
            None => [self.fade.as_ref().map(|fade| fade.next), self.next_look].into_iter().flatten().min(),
        }
    }

    fn beat(&mut self) {
        let now = Instant::now();
        if self.retry.is_some() {
            self.open();
            return;
        }
        if self.fade.as_ref().is_some_and(|fade| fade.next <= now) {
            self.fade_on(now);
        }
        if self.next_look.is_some_and(|next| next <= now) {
            self.look();
        }
    }

    fn carry_out(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::Play { ids, volume, repeat } => {
                self.fade = None;
                self.wanted = Some(Wanted { ids, volume, repeat, seen: None, deaths: 0 });
                if self.retry.is_some() {
                    self.open();
                } else {
                    self.play();
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
        let (mut ids, volume, repeat) = (wanted.ids.clone(), wanted.volume, wanted.repeat);
        // A clip that was cut off begins again; what came before it does not.
        if let Some(place) = wanted.seen.as_ref().and_then(|seen| ids.iter().position(|id| id == seen)) {
            ids.rotate_left(place);
            if !repeat {
                ids.truncate(ids.len() - place);
            }
        }
        if let Some(skipped) = self.attempt(|video| video.play(&ids, volume, repeat)) {
            self.tell_skipped(skipped);
            self.look();
        }
    }

    fn stop(&mut self, length: Duration) {
        let sounding = self.playing.as_ref().filter(|now| !now.paused).and_then(|now| now.volume);
        let wanted = self.wanted.take();
        self.next_look = None;
        match sounding {
            _ if self.fade.is_some() && length > FADE_STEP => {}
            Some(from) if wanted.is_some() && length > FADE_STEP && self.retry.is_none() => {
                let now = Instant::now();
                self.fade = Some(Fade { from, start: now, length, next: now });
                self.fade_on(now);
            }
            // A clip that is not heard makes way for the still at once.
            _ => self.show_still(),
        }
    }

    fn fade_on(&mut self, now: Instant) {
        let Some(fade) = &mut self.fade else { return };
        let done = now.saturating_duration_since(fade.start).as_secs_f32() / fade.length.as_secs_f32();
        if done >= 1.0 {
            self.show_still();
            return;
        }
        fade.next = now + FADE_STEP;
        // Zero would take the track off, with a click.
        let volume = ((f32::from(fade.from) * (1.0 - done)).round() as u8).max(1);
        if self.attempt(|video| video.set_volume(volume)).is_none() {
            self.fade = None;
        }
    }

    fn show_still(&mut self) {
        self.fade = None;
        self.next_look = None;
        self.playing = None;
        self.attempt(|video| video.show_still());
    }

    fn look(&mut self) {
        self.next_look = None;
        if self.retry.is_some() {
            return;
        }
        let Some(mut status) = self.attempt(|video| video.status()) else { return };
        self.tell_skipped(std::mem::take(&mut status.skipped));
        if self.fade.is_some() {
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
                    self.next_look = Some(Instant::now() + BEAT);
                }
                self.tell_playing(now);
            }
            // Whoever else speaks to this mpv may have the screen until our next wish.
            Some(now) => {
                self.tell_playing(now);
                self.finish();
            }
            None if status.opening => self.next_look = Some(Instant::now() + BEAT),
            None => self.finish(),
        }
    }

    fn finish(&mut self) {
        self.wanted = None;
        self.next_look = None;
        self.playing = None;
        (self.emit)(Event::Video(PlayerEvent::Finished));
    }

    fn attempt<T>(&mut self, job: impl FnOnce(&mut dyn Video) -> Result<T, VideoError>) -> Option<T> {
        if self.retry.is_some() {
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
                self.retry = None;
                self.tell(Health::Well);
                self.play();
            }
            Err(error) => self.lost(&error),
        }
    }

    fn lost(&mut self, error: &VideoError) {
        let pause = self.retry.map_or(FIRST_RETRY, |(_, pause)| (pause * 2).min(LAST_RETRY));
        if self.retry.is_none()
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
                self.tell_skipped(vec![Skipped { id: seen, reason }]);
            }
        }
        self.retry = Some((Instant::now() + pause, pause));
        self.fade = None;
        self.next_look = None;
        self.playing = None;
        self.tell(Health::Ill(error.trouble()));
    }

    fn tell(&mut self, health: Health) {
        if self.told.as_ref() != Some(&health) {
            self.told = Some(health.clone());
            (self.emit)(Event::Part(Part::Video, health));
        }
    }

    fn tell_playing(&mut self, now: NowPlaying) {
        if self.playing.as_ref() != Some(&now) {
            (self.emit)(Event::Video(PlayerEvent::Playing(now.clone())));
        }
        self.playing = Some(now);
    }

    fn tell_skipped(&mut self, skipped: Vec<Skipped>) {
        for Skipped { id, reason } in skipped {
            tracing::warn!(id, reason, "skipped");
            (self.emit)(Event::Video(PlayerEvent::Skipped { id, reason }));
        }
    }
}
