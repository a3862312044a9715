//! Observers: several at once, and the newest snapshot for those that wait for one.

pub(crate) mod fleet;
pub mod metrics;
pub mod mood_log;
pub mod mqtt;
pub(crate) mod rate;
pub(crate) mod server;
pub mod web;

use std::sync::Arc;

use tokio::sync::watch;

use crate::daemon::Observer;
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::{Event, Time};
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::kiosk::{Settings, State};

/// Several observers as one. Each is told in the order in which it was added, on the thread of the core:
/// an observer that has something slow to do hands it to a thread of its own.
#[derive(Default)]
pub(crate) struct Observers(Vec<Box<dyn Observer + Send>>);

impl Observers {
    /// Adds one, which is told after those that are there.
    pub fn add(&mut self, observer: impl Observer + Send + 'static) {
        self.0.push(Box::new(observer));
    }
}

impl Observer for Observers {
    fn event(&mut self, at: Time, event: &Event) {
        for observer in &mut self.0 {
            observer.event(at, event);
        }
    }

    fn action(&mut self, at: Time, action: &Action) {
        for observer in &mut self.0 {
            observer.action(at, action);
        }
    }

    fn stepped(&mut self, at: Time, state: &State) {
        for observer in &mut self.0 {
            observer.stepped(at, state);
        }
    }
}

/// The newest snapshot. A reader looks at it at any time, or waits until it changes; it may miss one in
/// between, never the last. When the daemon leaves, waiting ends with an error.
pub type Latest = watch::Receiver<Arc<Snapshot>>;

/// Keeps the newest snapshot, and wakes its readers only when it differs from the one before.
pub struct Publisher(watch::Sender<Arc<Snapshot>>);

impl Publisher {
    /// Begins with the kiosk as it starts.
    pub fn new(settings: &Settings) -> (Publisher, Latest) {
        let start = Snapshot::of(&State::new(settings.clone()), Time::ZERO);
        let (sender, latest) = watch::channel(Arc::new(start));
        (Publisher(sender), latest)
    }
}

impl Observer for Publisher {
    fn stepped(&mut self, at: Time, state: &State) {
        let fresh = Snapshot::of(state, at);
        self.0.send_if_modified(|last| {
            let differs = **last != fresh;
            if differs {
                *last = Arc::new(fresh);
            }
            differs
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use moodbox_core::kiosk::event::RemoteCommand;
    use moodbox_core::kiosk::step;
    use moodbox_core::mood::{Decision, DecisionRule, StrengthLimits, Thresholds};

    fn settings() -> Settings {
        let text = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[music]\n";
        config::parse(text, "a kiosk").unwrap().settings(DecisionRule {
            decision: Decision { margin: 0.1, other: None, threshold: Thresholds::all(0.5) },
            strength: StrengthLimits { clear: 0.7, strong: 0.9 },
        })
    }

    #[test]
    fn readers_are_woken_by_a_change_and_by_nothing_else() {
        let (publisher, latest) = Publisher::new(&settings());
        let mut observers = Observers::default();
        observers.add(publisher);
        let mut state = State::new(settings());
        observers.stepped(Time::ZERO, &state);
        assert!(!latest.has_changed().unwrap(), "nothing is new");
        step(&mut state, Time::ZERO, Event::RemoteCommand(RemoteCommand::Volume(25)));
        observers.stepped(Time::ZERO, &state);
        assert!(latest.has_changed().unwrap());
        assert_eq!(latest.borrow().volume, 25);
        drop(observers);
        assert!(latest.has_changed().is_err(), "the daemon has left");
    }

    #[test]
    fn every_onlooker_is_told_everything() {
        struct Counts(Arc<std::sync::atomic::AtomicUsize>);
        impl Counts {
            fn more(&self) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        impl Observer for Counts {
            fn event(&mut self, _: Time, _: &Event) {
                self.more();
            }
            fn action(&mut self, _: Time, _: &Action) {
                self.more();
            }
            fn stepped(&mut self, _: Time, _: &State) {
                self.more();
            }
        }
        let count = Arc::default();
        let mut observers = Observers::default();
        observers.add(Counts(Arc::clone(&count)));
        observers.add(Counts(Arc::clone(&count)));
        observers.event(Time::ZERO, &Event::Tick);
        observers.action(Time::ZERO, &Action::Quit);
        observers.stepped(Time::ZERO, &State::new(settings()));
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 6);
    }
}
