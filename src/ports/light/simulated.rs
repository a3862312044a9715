//! A light that remembers, for the simulated device and for tests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Light;
use crate::ports::gpio::LineError;

/// A light nobody has to wire.
pub struct SimulatedLight(Bulb);

/// What can be seen of a [`SimulatedLight`] from outside; clones see the same light.
#[derive(Clone, Default)]
pub struct Bulb {
    on: Arc<AtomicBool>,
    history: Arc<Mutex<Vec<bool>>>,
    broken: Arc<AtomicBool>,
}

impl SimulatedLight {
    /// The light and the view of it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> (SimulatedLight, Bulb) {
        let bulb = Bulb::default();
        (SimulatedLight(bulb.clone()), bulb)
    }
}

impl Bulb {
    /// Whether it is lit now.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// The last 64 changes since the start, oldest first: true for on.
    pub fn history(&self) -> Vec<bool> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on lighting it is an error, as if the line were gone.
    pub fn break_it(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }
}

/// How many changes are kept.
const HISTORY: usize = 64;

impl Light for SimulatedLight {
    fn set(&mut self, on: bool) -> Result<(), LineError> {
        let Bulb { on: state, history, broken } = &self.0;
        if on && broken.load(Ordering::SeqCst) {
            return Err(LineError::Io {
                line: "simulated".to_owned(),
                reason: "it was broken on purpose".to_owned(),
            });
        }
        state.store(on, Ordering::SeqCst);
        let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.len() == HISTORY {
            history.remove(0);
        }
        history.push(on);
        Ok(())
    }
}
