//! A speaker that only remembers what it was to say.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Speaker, SpeechError, Utterance};
use moodbox_core::kiosk::action::Spoken;
use moodbox_core::text::Language;

/// Words, and their volume in percent.
type Announcement = (Vec<Spoken>, u8);

/// Clones hear the same.
#[derive(Clone, Default)]
pub struct Simulated {
    said: Arc<Mutex<Vec<Announcement>>>,
    /// Begins and never ends by itself.
    endless: bool,
}

impl Simulated {
    /// One that is done at once with whatever it says.
    pub fn new() -> Simulated {
        Simulated::default()
    }

    /// One that goes on until it is cut off.
    pub fn endless() -> Simulated {
        Simulated { endless: true, ..Simulated::default() }
    }

    /// What was said, with its volume.
    pub fn said(&self) -> Vec<Announcement> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Speaker for Simulated {
    fn say(&mut self, words: &[Spoken], _: Language, volume: u8) -> Result<Box<dyn Utterance>, SpeechError> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push((words.to_vec(), volume));
        Ok(Box::new(Silence { endless: self.endless }))
    }
}

struct Silence {
    endless: bool,
}

impl Utterance for Silence {
    fn is_over(&mut self) -> bool {
        !self.endless
    }
}
