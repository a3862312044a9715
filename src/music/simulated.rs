//! A player that plays nothing but keeps a queue and the time: for a kiosk without music, and for tests.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Changes, Music, MusicError, Skipped, Status, Watcher};
use crate::kiosk::event::NowPlaying;
use crate::recommend::Item;

/// How long an item plays of which no length is known.
const USUAL_LENGTH: Duration = Duration::from_secs(180);

/// Plays a library in silence, in real time.
pub struct Simulated {
    library: HashMap<String, Item>,
    queue: Vec<String>,
    current: Option<(usize, Instant)>,
    ended: bool,
    volume: u8,
    cap: u8,
}

impl Simulated {
    /// A player that knows these items, at 50 % of a volume that goes up to `volume_cap`.
    pub fn new(library: Vec<Item>, volume_cap: u8) -> Simulated {
        Simulated {
            library: library.into_iter().map(|item| (item.id.clone(), item)).collect(),
            queue: Vec::new(),
            current: None,
            ended: false,
            volume: 50,
            cap: volume_cap.min(100),
        }
    }

    fn length(&self, id: &str) -> Duration {
        self.library.get(id).and_then(|item| item.length).unwrap_or(USUAL_LENGTH)
    }

    /// Moves on past all that is over.
    fn run_on(&mut self) {
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
        let mut items: Vec<Item> = self.library.values().cloned().collect();
        items.sort_by(|a, b| a.id.cmp(&b.id));
        let (interrupt, interrupted) = bounded(1);
        Box::new(SimulatedWatcher { items, interrupt, interrupted })
    }

    fn status(&mut self) -> Result<Status, MusicError> {
        self.run_on();
        let now = self.current.map(|(place, since)| {
            let id = &self.queue[place];
            let item = self.library.get(id).cloned().unwrap_or_default();
            NowPlaying {
                id: id.clone(),
                title: item.title,
                artist: item.artist,
                elapsed: since.elapsed(),
                length: Some(self.length(id)),
                volume: Some(self.volume),
                paused: false,
                ours: true,
            }
        });
        Ok(Status { now, ended: self.ended, volume: Some(self.volume), ..Status::default() })
    }

    fn play(&mut self, ids: &[String], volume: u8) -> Result<Vec<Skipped>, MusicError> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            ids.iter().cloned().partition(|id| self.library.contains_key(id));
        self.queue = known;
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
        self.ended = false;
        Ok(true)
    }

    fn stop(&mut self) -> Result<(), MusicError> {
        self.queue.clear();
        self.current = None;
        self.ended = false;
        Ok(())
    }

    fn set_volume(&mut self, percent: u8) -> Result<(), MusicError> {
        self.volume = percent.min(self.cap);
        Ok(())
    }

    fn like(&mut self, id: &str) -> Result<(), MusicError> {
        match self.library.get_mut(id) {
            Some(item) => {
                item.like = Some(2);
                Ok(())
            }
            None => Err(MusicError::NoSuchSong {
                id: id.to_owned(),
                reason: "it is not in the library".to_owned(),
            }),
        }
    }

    fn unlike(&mut self, id: &str) -> Result<bool, MusicError> {
        let like = self.library.get_mut(id).map(|item| &mut item.like);
        Ok(like.is_some_and(|like| like.take_if(|like| *like == 2).is_some()))
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
    items: Vec<Item>,
    interrupt: Sender<()>,
    interrupted: Receiver<()>,
}

impl Watcher for SimulatedWatcher {
    fn connect(&mut self) -> Result<(), MusicError> {
        Ok(())
    }

    fn catalog(&mut self) -> Result<Vec<Item>, MusicError> {
        Ok(self.items.clone())
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
