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
    log: Log,
}

impl Inbox {
    pub(super) fn new(home: Arc<Home>, latest: Latest, queue: Sender<Event>, machine: String) -> Inbox {
        let gates = topics(&home).map(|topic| (topic, Gate::new())).collect();
        Inbox {
            home,
            latest,
            queue,
            gates,
            stray: Gate::new(),
            machine,
            connected: 0,
            told_of_twin: false,
            log: Log::new(),
        }
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
        // The limit comes first: what is wrong costs as much as what is right.
        if !gate.limiter.allows(at) {
            if !std::mem::replace(&mut gate.refusing, true) {
                self.log.warn(
                    at,
                    format_args!(
                        "more than {PER_SECOND} messages a second on {topic}; the rest is not taken"
                    ),
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
                Err(TrySendError::Full(_)) => {
                    self.log.warn(at, format_args!("the device is too busy for a command"));
                }
            },
            Err(Refused::Again) => {}
            Err(refused) => self.log.warn(at, format_args!("{refused}")),
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

/// Lines about what was not taken, of all topics together: they end on a card, and whoever publishes decides how many
/// there are.
struct Log {
    limiter: Limiter,
    left_out: u64,
}

impl Log {
    /// A fault is understood from these; one line in 20 s shows that it goes on.
    const BURST: u32 = 30;
    const PER_SECOND: f64 = 0.05;

    fn new() -> Log {
        Log { limiter: Limiter::new(Log::BURST, Log::PER_SECOND), left_out: 0 }
    }

    fn warn(&mut self, at: Duration, what: std::fmt::Arguments<'_>) {
        if !self.limiter.allows(at) {
            self.left_out += 1;
            return;
        }
        match std::mem::take(&mut self.left_out) {
            0 => tracing::warn!("mqtt: {what}"),
            more => tracing::warn!("mqtt: {what}; {more} lines as this one were left out"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_wrong_messages_on_any_number_of_topics_writes_few_lines() {
        let mut log = Log::new();
        let mut written = 0;
        // A day with 60 refusals a second.
        for tick in 0..24 * 3600 * 60u64 {
            let before = log.left_out;
            log.warn(
                Duration::from_millis(tick * 1000 / 60),
                format_args!("the message is longer than 256 bytes"),
            );
            written += usize::from(log.left_out <= before);
        }
        assert!((4000..5000).contains(&written), "{written} lines a day");
    }
}
