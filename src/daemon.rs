//! The loop that runs the core: one queue of events in, actions out to the ports.

use std::time::{Duration, Instant};

use chrono::Timelike;
use crossbeam_channel::{Receiver, after, never, select};

use crate::numbers::to_u16;
use crate::supervise::Ended;
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::{Event, Time};
use moodbox_core::kiosk::{State, deadline, step};

/// The clock of the core: time since the daemon started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Starts at zero now.
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Time since the start, by the monotonic clock of the system.
    pub fn now(self) -> Time {
        self.0.elapsed()
    }
}

/// Is told of each event, action and step: the demo, the page, the tests. It changes nothing.
pub trait Observer {
    /// An event is about to be handled; nothing has changed yet.
    fn event(&mut self, _at: Time, _event: &Event) {}
    /// The core answered with this action; it goes to its port next.
    fn action(&mut self, _at: Time, _action: &Action) {}
    /// The event was handled and its actions are on their way; `state` is as it is now.
    fn stepped(&mut self, _at: Time, _state: &State) {}
}

/// No observer.
impl Observer for () {}

/// What the loop works with.
pub(crate) struct Loop<'a> {
    /// The clock that events are dated by.
    pub clock: Clock,
    /// The one queue of events, from all ports.
    pub events: &'a Receiver<Event>,
    /// A thread that ends, ends the loop.
    pub ended: &'a Receiver<Ended>,
    /// How often the watchdog is to be fed, if there is one.
    pub watchdog: Option<Duration>,
    /// Feeds the watchdog. Called only from here, after a step.
    pub alive: &'a mut dyn FnMut(),
    /// Hands an action to its port; never waits.
    pub carry_out: &'a mut dyn FnMut(Action),
}

impl Loop<'_> {
    /// Runs until [`Action::Quit`], or until a thread ends.
    pub fn run(mut self, state: &mut State, observer: &mut dyn Observer) -> Result<(), Ended> {
        let mut event = Event::Tick;
        let mut minute = None;
        loop {
            // The wall clock is read at each wake-up; the loop never wakes up only to read it.
            let now = minute_of_day();
            if minute.replace(now) != Some(now) {
                self.take(state, observer, Event::WallClock(now));
            }
            if self.take(state, observer, event) == Flow::Quit {
                return Ok(());
            }
            (self.alive)();
            event = self.wait(state)?;
        }
    }

    fn wait(&self, state: &State) -> Result<Event, Ended> {
        let now = self.clock.now();
        let due = deadline(state, now).map(|due| due.saturating_sub(now));
        let patience = match (due, self.watchdog) {
            (Some(due), Some(watchdog)) => Some(due.min(watchdog)),
            (due, watchdog) => due.or(watchdog),
        };
        let timer = patience.map_or_else(never, after);
        select! {
            // A closed queue cannot happen while the loop's caller holds a sender; it means the end.
            recv(self.events) -> event => Ok(event.unwrap_or(Event::Shutdown)),
            recv(self.ended) -> ended => match ended {
                Ok(ended) => Err(ended),
                Err(_) => Ok(Event::Shutdown),
            },
            recv(timer) -> _ => Ok(Event::Tick),
        }
    }

    fn take(&mut self, state: &mut State, observer: &mut dyn Observer, event: Event) -> Flow {
        let at = self.clock.now();
        observer.event(at, &event);
        let actions = step(state, at, event);
        let quit = actions.contains(&Action::Quit);
        for action in actions {
            observer.action(at, &action);
            (self.carry_out)(action);
        }
        observer.stepped(at, state);
        if quit { Flow::Quit } else { Flow::On }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Quit,
}

/// Minutes since local midnight.
fn minute_of_day() -> u16 {
    let now = chrono::Local::now();
    to_u16(now.hour() * 60 + now.minute())
}
