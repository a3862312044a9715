//! The menu of a button that is held on and on: what letting it go would do changes every few seconds.

use super::action::{Action, Power, Screen};
use super::event::{Edge, Time};
use super::state::{Phase, Settings, State, Then};
use super::step::Kiosk;
pub use crate::screen::HoldChoice;

/// A main button that is down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    since: Time,
    /// The menu is on the panel.
    open: bool,
}

impl Settings {
    /// The menu, in its order. The last one stays for as long as the button is held.
    fn hold_menu(&self) -> &'static [HoldChoice] {
        let keeps = self.learns || self.asks_if_it_helped || self.learns_faces || self.keeps_moods;
        if keeps { &HoldChoice::ALL } else { &HoldChoice::WITHOUT_FORGET }
    }
}

impl State {
    /// What letting go would do now, if the menu is open.
    pub(super) fn hold_choice(&self, at: Time) -> Option<HoldChoice> {
        let hold = self.hold.filter(|hold| hold.open)?;
        let steps = at.saturating_sub(hold.since).as_nanos() / self.settings.times.hold.as_nanos().max(1);
        let menu = self.settings.hold_menu();
        menu.get(steps.saturating_sub(1) as usize).or(menu.last()).copied()
    }

    /// What letting go does now, and what holding on leads to.
    pub(super) fn hold_view(&self, at: Time) -> Option<(HoldChoice, Option<HoldChoice>)> {
        let choice = self.hold_choice(at)?;
        let menu = self.settings.hold_menu();
        let next = menu.iter().skip_while(|other| **other != choice).nth(1).copied();
        Some((choice, next))
    }

    /// When the menu opens or goes on.
    pub(super) fn hold_deadline(&self, at: Time) -> Option<Time> {
        let hold = self.hold?;
        let step = self.settings.times.hold;
        if !hold.open {
            return Some(hold.since + step);
        }
        let steps = (1..=self.settings.hold_menu().len() as u32).map(|count| hold.since + step * count);
        steps.into_iter().find(|due| *due > at)
    }

    /// Whether the menu is open: nothing else may begin meanwhile.
    pub(super) fn holding(&self) -> bool {
        self.hold.is_some_and(|hold| hold.open)
    }
}

impl Kiosk<'_> {
    /// Follows the main button. True when the edge belonged to the menu and means nothing else.
    pub(super) fn hold_edge(&mut self, edge: Edge) -> bool {
        self.hold_on();
        match edge {
            Edge::Down if self.state.hold.is_none() => {
                // A choice is made by a long press: there the menu would be in the way.
                let may = matches!(
                    self.state.phase,
                    Phase::Idle | Phase::Message { .. } | Phase::Playing(_) | Phase::Stopping { .. }
                );
                if may && self.state.settings.hold_menu {
                    self.state.hold = Some(Hold { since: self.at, open: false });
                }
                false
            }
            Edge::Down => self.state.holding(),
            Edge::Up => {
                let choice = self.state.hold_choice(self.at);
                self.state.hold = None;
                let Some(choice) = choice else { return false };
                // The release was foreseen: the recognizer only learns that the finger is up.
                let _ = self.state.gestures.edge(self.at, edge, false);
                self.let_go(choice);
                true
            }
        }
    }

    /// Opens the menu when its time has come, and puts aside what the press had begun.
    pub(super) fn hold_on(&mut self) {
        let step = self.state.settings.times.hold;
        let Some(hold) = self.state.hold.as_mut().filter(|hold| !hold.open) else { return };
        if self.at < hold.since + step {
            return;
        }
        hold.open = true;
        self.state.gestures.swallow();
        match &self.state.phase {
            Phase::Looking { .. } => {
                self.abandon_capture();
                self.state.phase = Phase::Idle;
            }
            Phase::Playing(_) => self.stop(),
            Phase::Notice { .. } | Phase::Choosing { .. } | Phase::Asking { .. } | Phase::Message { .. } => {
                self.state.phase = Phase::Idle;
            }
            Phase::Idle | Phase::Stopping { .. } | Phase::Leaving => {}
        }
    }

    fn let_go(&mut self, choice: HoldChoice) {
        match choice {
            HoldChoice::PowerOff => self.power(Power::Off),
            HoldChoice::Restart => self.power(Power::Restart),
            HoldChoice::Forget => {
                let until = self.at + self.state.settings.times.choose;
                self.state.phase = Phase::Asking { until };
            }
            HoldChoice::Nothing => {}
        }
    }

    /// Asks for it and says so. It ends by [`Event::Shutdown`](super::event::Event::Shutdown), or by a refusal.
    fn power(&mut self, power: Power) {
        self.out.push(Action::Power(power));
        let until = self.at + self.state.settings.times.power;
        self.state.phase = Phase::Message { screen: Screen::Power(power), until, then: Then::Idle };
    }
}
