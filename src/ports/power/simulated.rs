//! A switch that ends nothing: the demo's, and for tests.

use std::sync::{Arc, Mutex, PoisonError};

use super::{PowerError, PowerSwitch};
use moodbox_core::kiosk::action::Power;

/// Remembers what it was asked for; clones are the same switch.
#[derive(Clone, Default)]
pub struct Simulated {
    asked: Arc<Mutex<Vec<Power>>>,
    /// Refuses each time.
    denies: bool,
}

impl Simulated {
    /// One that accepts whatever it is asked for.
    pub fn new() -> Simulated {
        Simulated::default()
    }

    /// One that is not allowed to.
    pub fn denied() -> Simulated {
        Simulated { denies: true, ..Simulated::default() }
    }

    /// What it was asked for so far, oldest first.
    pub fn asked(&self) -> Vec<Power> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PowerSwitch for Simulated {
    fn turn(&mut self, power: Power) -> Result<(), PowerError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(power);
        if self.denies {
            return Err(PowerError::Denied { reason: "it was denied on purpose".to_owned() });
        }
        tracing::info!(?power, "a simulated device stays on");
        Ok(())
    }
}
