//! What comes from the broker, on its way to the core.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use rumqttc::Publish;

use super::home::{Home, ONLINE, Refused};
use crate::observers::Latest;
use crate::observers::rate::Limiter;
use moodbox_core::kiosk::event::Event;

/// On one topic: a press in a hurry is a few commands; a stuck automation is thousands.
const BURST: u32 = 10;

const PER_SECOND: f64 = 2.0;

/// All topics to listen to: commands and sensors, Home Assistant's birth, and who speaks under this id.
pub(super) fn topics(home: &Home) -> impl Iterator<Item = String> {
    home.subscriptions().into_iter().chain(home.birth()).chain([home.machine()])
}

/// What comes in, on its way to the core.
pub(super) struct Inbox {
    home: Arc<Home>,
    latest: Latest,
    queue: Sender<Event>,
    /// One for each topic, so that a sensor that talks too much takes no button away.
    gates: BTreeMap<String, Gate>,
    /// For topics that were not asked for.
    stray: Gate,
    machine: String,
    /// How often the connection came up.
    connected: u64,
    /// It was said that another machine has this id.
    told_of_twin: bool,
}

impl Inbox {
    pub(super) fn new(home: Arc<Home>, latest: Latest, queue: Sender<Event>, machine: String) -> Inbox {
        let gates = topics(&home).map(|topic| (topic, Gate::new())).collect();
        Inbox { home, latest, queue, gates, stray: Gate::new(), machine, connected: 0, told_of_twin: false }
    }

    /// The connection came up.
    pub(super) fn connected(&mut self) {
        self.connected += 1;
    }

    /// Two machines with one id push each other off the broker for ever: that is said once.
    fn compare(&mut self, message: &Publish) {
        // At the first connection what is retained may be of the machine that had this id before.
        let old = message.retain && self.connected < 2;
        let other = !message.payload.is_empty() && message.payload != self.machine.as_bytes();
        if other && !old && !std::mem::replace(&mut self.told_of_twin, true) {
            tracing::warn!(
                "mqtt: another device has the id `{}` too, and each takes the other's place; give each an id of \
                 its own in [mqtt]",
                self.home.id
            );
        }
    }

    pub(super) fn take(&mut self, at: Duration, message: &Publish) -> Taken {
        let snapshot = self.latest.borrow().clone();
        // A topic that is no text is none of ours.
        let named = std::str::from_utf8(&message.topic).unwrap_or_default();
        let (topic, gate) = match self.gates.get_mut(named) {
            Some(gate) => (named, gate),
            None => ("topics that nobody asked for", &mut self.stray),
        };
        // The limit comes first: what is wrong costs as much as what is right, a line in the log included.
        if !gate.limiter.allows(at) {
            if !std::mem::replace(&mut gate.refusing, true) {
                tracing::warn!(
                    "mqtt: more than {PER_SECOND} messages a second on {topic}; the rest is not taken"
                );
            }
            return Taken::Done;
        }
        gate.refusing = false;
        if named == self.home.machine() {
            self.compare(message);
            return Taken::Done;
        }
        if self.home.birth().as_deref() == Some(named) {
            // What is retained is older than this connection, which has told everything.
            let born = !message.retain && message.payload == ONLINE.as_bytes();
            return if born { Taken::Birth } else { Taken::Done };
        }
        match self.home.event(named, &message.payload, message.retain, &snapshot) {
            Ok(event) => match self.queue.try_send(event) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => {}
                Err(TrySendError::Full(_)) => tracing::warn!("mqtt: the device is too busy for a command"),
            },
            Err(Refused::Again) => {}
            Err(refused) => tracing::warn!("mqtt: {refused}"),
        }
        Taken::Done
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It went its way, or nowhere.
    Done,
    /// Home Assistant has just started.
    Birth,
}

struct Gate {
    limiter: Limiter,
    /// Too much came; that was said.
    refusing: bool,
}

impl Gate {
    fn new() -> Gate {
        Gate { limiter: Limiter::new(BURST, PER_SECOND), refusing: false }
    }
}
