//! A main button that is held on and on: what letting it go would do.

use std::time::Duration;

use super::clock::Time;
use crate::screen::HoldChoice;

/// A main button that is down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    since: Time,
    /// The menu is on the panel.
    open: bool,
}

impl Hold {
    /// The button went down now.
    pub fn new(since: Time) -> Hold {
        Hold { since, open: false }
    }

    /// Whether the menu is on the panel.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Opens the menu if it was held for one step; true if that was just now.
    pub fn open_from(&mut self, at: Time, step: Duration) -> bool {
        let opens = !self.open && at >= self.since + step;
        self.open |= opens;
        opens
    }

    /// What letting go would do: each step the next of the menu, and at its end the last one.
    pub fn choice(&self, at: Time, step: Duration, menu: &[HoldChoice]) -> Option<HoldChoice> {
        let steps = at.saturating_sub(self.since).as_nanos() / step.as_nanos().max(1);
        let at = usize::try_from(steps.saturating_sub(1)).unwrap_or(usize::MAX);
        menu.get(at).or(menu.last()).copied()
    }

    /// From when until when it is held for what comes next: the menu, or its next choice.
    pub fn stage(&self, at: Time, step: Duration, choices: usize) -> Option<(Time, Time)> {
        let due = self.next_change(at, step, choices)?;
        Some((due.saturating_sub(step), due))
    }

    /// When the menu opens or goes on.
    pub fn next_change(&self, at: Time, step: Duration, choices: usize) -> Option<Time> {
        if !self.open {
            return Some(self.since + step);
        }
        let mut due = self.since;
        for _ in 0..choices {
            due += step;
            if due > at {
                return Some(due);
            }
        }
        None
    }
}
