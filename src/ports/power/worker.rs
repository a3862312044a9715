//! The thread that turns the switch: logind may take its time, and the core never waits.

use crossbeam_channel::Receiver;

use super::PowerSwitch;
use moodbox_core::kiosk::action::Power;
use moodbox_core::kiosk::event::Event;

/// Turns the switch as asked, and tells what was refused. Ends when nobody can ask any more.
pub fn run(mut switch: Box<dyn PowerSwitch>, asked: Receiver<Power>, mut tell: impl FnMut(Event)) {
    for power in asked {
        tracing::info!(?power, "asked for by the button");
        if let Err(error) = switch.turn(power) {
            tracing::warn!("power: {error}");
            tell(Event::PowerRefused(error.trouble()));
        }
    }
}
