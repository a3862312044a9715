//! A screen that shows nothing but keeps the time: for a kiosk without video, and for tests.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::{Skipped, Status, Video, VideoError, folder};
use moodbox_core::kiosk::action::Lever;
use moodbox_core::kiosk::event::NowPlaying;

/// How long each clip takes.
const LENGTH: Duration = Duration::from_secs(30);

/// Plays clips of half a minute on no screen, in real time.
#[derive(Default)]
pub struct Simulated {
    clips: Vec<String>,
    current: Option<(usize, Instant)>,
    repeat: bool,
    volume: u8,
}

impl Simulated {
    /// A player that shows nothing yet.
    pub fn new() -> Simulated {
        Simulated::default()
    }

    fn after(&self, place: usize) -> Option<usize> {
        match place + 1 {
            next if next < self.clips.len() => Some(next),
            _ if self.repeat => Some(0),
            _ => None,
        }
    }
}

impl Video for Simulated {
    fn place(&self) -> String {
        "simulated video".to_owned()
    }

    fn open(&mut self, _wake: Sender<()>) -> Result<(), VideoError> {
        Ok(())
    }

    fn status(&mut self) -> Result<Status, VideoError> {
        while let Some((place, since)) = self.current
            && since.elapsed() >= LENGTH
        {
            self.current = self.after(place).map(|next| (next, since + LENGTH));
        }
        let now = self.current.map(|(place, since)| NowPlaying {
            id: self.clips[place].clone(),
            title: folder::title(&self.clips[place]),
            elapsed: since.elapsed(),
            length: Some(LENGTH),
            volume: (self.volume > 0).then_some(self.volume),
            ours: true,
            ..NowPlaying::default()
        });
        Ok(Status { now, ..Status::default() })
    }

    fn play(&mut self, ids: &[String], volume: u8, repeat: bool) -> Result<Vec<Skipped>, VideoError> {
        self.clips = ids.to_vec();
        self.repeat = repeat;
        self.volume = volume;
        self.current = (!ids.is_empty()).then(|| (0, Instant::now()));
        Ok(Vec::new())
    }

    fn next(&mut self) -> Result<(), VideoError> {
        if let Some((place, _)) = self.current {
            self.current = self.after(place).map(|next| (next, Instant::now()));
        }
        Ok(())
    }

    /// Keeps no time that could be held.
    fn drive(&mut self, lever: Lever) -> Result<(), VideoError> {
        match (lever, self.current) {
            (Lever::Back, Some((place, _))) => self.current = Some((place.saturating_sub(1), Instant::now())),
            (Lever::Next, _) => return self.next(),
            (Lever::Stop, _) => return self.show_still(),
            (Lever::Pause(_) | Lever::Seek(_) | Lever::Back, _) => {}
        }
        Ok(())
    }

    fn show_still(&mut self) -> Result<(), VideoError> {
        self.current = None;
        Ok(())
    }

    fn set_volume(&mut self, percent: u8) -> Result<(), VideoError> {
        self.volume = percent.min(100);
        Ok(())
    }

    fn set_volume_cap(&mut self, percent: u8) {
        self.volume = self.volume.min(percent);
    }
}
