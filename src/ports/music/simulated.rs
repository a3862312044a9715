//! A player that plays nothing but keeps a queue and the time: for a kiosk without music, and for tests.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Changes, Music, MusicError, Status, Watcher};
use crate::ports::player::Skipped;
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::NowPlaying;
use moodbox_core::recommend::{Entry, ItemStore};

/// How long an item plays of which no length is known.
const USUAL_LENGTH: Duration = Duration::from_secs(180);

/// Plays a library in silence, in real time.
pub struct Simulated {
    library: Arc<ItemStore>,
    liked: HashSet<String>,
    queue: Vec<String>,
    current: Option<(usize, Instant)>,
    /// Held at this time of the item.
    held: Option<Duration>,
    ended: bool,
    volume: u8,
    cap: u8,
}

impl Simulated {
    /// A player that knows these items, at 50 % of a volume that goes up to `volume_cap`.
    pub fn new(library: impl Into<ItemStore>, volume_cap: u8) -> Simulated {
        let library = library.into();
        let liked = library.iter().filter(|entry| entry.like == Some(2)).map(|entry| entry.id.to_owned());
        Simulated {
            liked: liked.collect(),
            library: Arc::new(library),
            queue: Vec::new(),
            current: None,
            held: None,
            ended: false,
            volume: 50,
            cap: volume_cap.min(100),
        }
    }

    fn length(&self, id: &str) -> Duration {
        self.library.find(id).and_then(|entry| entry.length).unwrap_or(USUAL_LENGTH)
    }

    /// Moves on past all that is over.
    fn run_on(&mut self) {
        if let (Some(held), Some((_, since))) = (self.held, &mut self.current) {
            *since = Instant::now().checked_sub(held).unwrap_or(*since);
            return;
        }
        while let Some((place, since)) = self.current {
            let length = self.length(&self.queue[place]);
            if since.elapsed() < length {
                return;
            }
            self.current = (place + 1 < self.queue.len()).then(|| (place + 1, since + length));
            self.ended = self.current.is_none();
        }
    }
}

impl Music for Simulated {
    fn place(&self) -> String {
        "simulated music".to_owned()
    }

    fn connect(&mut self) -> Result<(), MusicError> {
        Ok(())
    }

    fn watcher(&self) -> Box<dyn Watcher> {
        let (interrupt, interrupted) = bounded(1);
        Box::new(SimulatedWatcher { library: self.library.clone(), interrupt, interrupted })
    }

    fn status(&mut self) -> Result<Status, MusicError> {
        self.run_on();
        let now = self.current.map(|(place, since)| {
            let id = &self.queue[place];
            let item = self.library.find(id);
            let word = |of: fn(&Entry<'_>) -> String| item.as_ref().map(of).unwrap_or_default();
            NowPlaying {
                id: id.clone(),
                title: word(|item| item.title.to_owned()),
                artist: word(|item| item.artist.to_owned()),
                elapsed: since.elapsed(),
                length: Some(self.length(id)),
                volume: Some(self.volume),
                paused: self.held.is_some(),
                ours: true,
            }
        });
        Ok(Status { now, ended: self.ended, volume: Some(self.volume), ..Status::default() })
    }

    fn play(&mut self, ids: &[String], volume: u8) -> Result<Vec<Skipped>, MusicError> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            ids.iter().cloned().partition(|id| self.library.find(id).is_some());
        self.queue = known;
        self.held = None;
        self.current = (!self.queue.is_empty()).then(|| (0, Instant::now()));
        self.ended = self.current.is_none();
        self.set_volume(volume)?;
        Ok(unknown
            .into_iter()
            .map(|id| Skipped { id, reason: "it is not in the library".to_owned() })
            .collect())
    }

    fn next(&mut self, wrap: bool) -> Result<bool, MusicError> {
        self.run_on();
        let next = self.current.map_or(0, |(place, _)| place + 1);
        let next = if next < self.queue.len() { next } else { 0 };
        if self.queue.is_empty() || (!wrap && (next == 0 || self.current.is_none())) {
            return Ok(false);
        }
        self.current = Some((next, Instant::now()));
        self.held = None;
        self.ended = false;
        Ok(true)
    }

    fn add(&mut self, ids: &[String]) -> Result<Vec<Skipped>, MusicError> {
        self.queue.extend(ids.iter().filter(|id| self.library.find(id).is_some()).cloned());
        Ok(Vec::new())
    }

    fn drive(&mut self, lever: Lever) -> Result<(), MusicError> {
        self.run_on();
        let Some((place, since)) = self.current else { return Ok(()) };
        match lever {
            Lever::Pause(true) => self.held = Some(self.held.unwrap_or(since.elapsed())),
            Lever::Pause(false) => self.held = None,
            Lever::Seek(second) => {
                let to = Duration::from_secs(second.into()).min(self.length(&self.queue[place]));
                self.held = self.held.map(|_| to);
                self.current = Some((place, Instant::now().checked_sub(to).unwrap_or(since)));
            }
            Lever::Back => self.current = Some((place.saturating_sub(1), Instant::now())),
            Lever::Next => return self.next(false).map(drop),
            Lever::Stop => return self.stop(false),
        }
        Ok(())
    }

    fn stop(&mut self, _quietly: bool) -> Result<(), MusicError> {
        self.queue.clear();
        self.held = None;
        self.current = None;
        self.ended = false;
        Ok(())
    }

    fn set_volume(&mut self, percent: u8) -> Result<(), MusicError> {
        self.volume = percent.min(self.cap);
        Ok(())
    }

    fn like(&mut self, id: &str) -> Result<(), MusicError> {
        match self.library.find(id) {
            Some(_) => {
                self.liked.insert(id.to_owned());
                Ok(())
            }
            None => Err(MusicError::NoSuchSong {
                id: id.to_owned(),
                reason: "it is not in the library".to_owned(),
            }),
        }
    }

    fn unlike(&mut self, id: &str) -> Result<bool, MusicError> {
        Ok(self.liked.remove(id))
    }

    fn ours(&self) -> Vec<String> {
        self.queue.clone()
    }

    fn volume_cap(&self) -> u8 {
        self.cap
    }

    fn set_volume_cap(&mut self, percent: u8) {
        self.cap = percent.min(100);
    }
}

/// Nothing ever changes in a simulated library.
struct SimulatedWatcher {
    library: Arc<ItemStore>,
    interrupt: Sender<()>,
    interrupted: Receiver<()>,
}

impl Watcher for SimulatedWatcher {
    fn connect(&mut self) -> Result<(), MusicError> {
        Ok(())
    }

    fn catalog(&mut self) -> Result<ItemStore, MusicError> {
        Ok(ItemStore::clone(&self.library))
    }

    fn wait(&mut self) -> Result<Changes, MusicError> {
        let _ = self.interrupted.recv();
        Ok(Changes { interrupted: true, ..Changes::default() })
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send> {
        let interrupt = self.interrupt.clone();
        Box::new(move || {
            let _ = interrupt.try_send(());
        })
    }
}
