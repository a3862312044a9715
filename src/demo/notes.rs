//! What the person sees and hears of the simulated device, with the time of each.

use std::time::Instant;

use crossbeam_channel::Sender;
use tokio::sync::watch;

use crate::daemon::Observer;
use crate::ports::gpio::LineError;
use crate::ports::light::Light;
use crate::ports::panel::{Panel, PanelError, Picture};
use moodbox_core::kiosk::action::{Action, Screen};
use moodbox_core::kiosk::event::{Event, Time};
use moodbox_core::kiosk::{State, choices};
use moodbox_core::mood::Reading;

/// One thing noticed.
pub struct Note {
    /// When it was noticed.
    pub at: Instant,
    /// What was noticed.
    pub what: What,
}

/// What there is to notice.
pub enum What {
    /// The light went on or off.
    Light(bool),
    /// The panel shows this picture.
    Panel(Box<Picture>),
    /// The core takes this event.
    Event(Event),
    /// The core wants this screen to be shown.
    Screen(Screen),
    /// A look came to this reading.
    Reading(Reading),
    /// Why an item was chosen: (id, reason).
    Choice(Vec<(String, String)>),
}

fn note(to: &Sender<Note>, what: What) {
    // The reader has ended or is far behind: the note is lost, because the device waits for nobody.
    let _ = to.try_send(Note { at: Instant::now(), what });
}

/// Takes notes of the core.
pub struct Taker {
    notes: Sender<Note>,
    looks: u64,
    sessions: u64,
}

impl Taker {
    /// Sends its notes there.
    pub fn new(notes: Sender<Note>) -> Taker {
        Taker { notes, looks: 0, sessions: 0 }
    }
}

impl Observer for Taker {
    fn event(&mut self, _at: Time, event: &Event) {
        note(&self.notes, What::Event(event.clone()));
    }

    fn action(&mut self, _at: Time, action: &Action) {
        if let Action::Show(screen) = action {
            note(&self.notes, What::Screen(screen.clone()));
        }
    }

    fn stepped(&mut self, _at: Time, state: &State) {
        if state.looks() != self.looks {
            self.looks = state.looks();
            if let Some(reading) = state.last_reading() {
                note(&self.notes, What::Reading(*reading));
            }
        }
        if state.sessions() != self.sessions {
            self.sessions = state.sessions();
            note(&self.notes, What::Choice(choices(state)));
        }
    }
}

/// A light that tells when it goes on and off.
pub struct TimedLight {
    /// Where changes are noted.
    pub notes: Sender<Note>,
    /// Whether it is on now.
    pub on: watch::Sender<bool>,
}

impl Light for TimedLight {
    fn set(&mut self, on: bool) -> Result<(), LineError> {
        note(&self.notes, What::Light(on));
        self.on.send_replace(on);
        Ok(())
    }
}

/// A panel that tells when a picture stands on it.
pub struct TimedPanel<P> {
    panel: P,
    notes: Sender<Note>,
}

impl<P: Panel> TimedPanel<P> {
    /// Notes each picture that `panel` has shown.
    pub fn new(panel: P, notes: Sender<Note>) -> TimedPanel<P> {
        TimedPanel { panel, notes }
    }
}

impl<P: Panel> Panel for TimedPanel<P> {
    fn size(&self) -> (u32, u32) {
        self.panel.size()
    }

    fn glance(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.panel.glance(picture)
    }

    fn light(&mut self, on: bool) -> Result<(), PanelError> {
        self.panel.light(on)
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.panel.show(picture)?;
        note(&self.notes, What::Panel(Box::new(picture.clone())));
        Ok(())
    }
}
