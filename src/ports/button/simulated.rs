//! Buttons that a program presses: the keys of a terminal, the page's device, a test.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::Buttons;
use crate::ports::gpio::LineError;
use moodbox_core::kiosk::event::{Button, Edge};

/// Buttons fed by a [`Presser`].
pub struct SimulatedButtons(Receiver<(Button, Edge)>);

/// Presses [`SimulatedButtons`]; clones press the same buttons.
#[derive(Clone)]
pub struct Presser(Sender<(Button, Edge)>);

impl SimulatedButtons {
    /// Buttons that nobody presses yet, and what presses them.
    // A pair, because one is of no use without the other.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> (SimulatedButtons, Presser) {
        // A finger is slow and the worker reads at once: the queue never grows.
        let (sender, receiver) = unbounded();
        (SimulatedButtons(receiver), Presser(sender))
    }
}

impl Presser {
    /// One edge. Once the buttons are gone it goes nowhere, as with a button nobody reads.
    pub fn edge(&self, button: Button, edge: Edge) {
        let _ = self.0.send((button, edge));
    }

    /// Down and up at once: the shortest press there is.
    pub fn press(&self, button: Button) {
        self.edge(button, Edge::Down);
        self.edge(button, Edge::Up);
    }
}

impl Buttons for SimulatedButtons {
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError> {
        match self.0.recv_timeout(patience) {
            Ok(edge) => Ok(Some(edge)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                // Nobody will press again, but the device goes on without spinning.
                std::thread::sleep(patience);
                Ok(None)
            }
        }
    }
}
