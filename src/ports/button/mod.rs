//! Buttons. A port turns edges of a GPIO line (or of a key) into [`Event::Button`](moodbox_core::kiosk::event::Event::Button); what the edges
//! mean (short, double, long) is told by the core.

pub(crate) mod gpio;
pub(crate) mod rppal;
pub mod simulated;
pub(crate) mod worker;

use std::time::Duration;

use super::gpio::LineError;
use moodbox_core::kiosk::event::{Button, Edge};

/// A source of debounced edges.
pub trait Buttons: Send {
    /// Waits for the next edge; `None` if there is none within `patience`, so that the thread can see whether it is
    /// to end.
    ///
    /// # Errors
    /// When the line cannot be read any more.
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError>;
}

/// Which code reads the lines of a real device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// The kernel's character device, on any board.
    #[default]
    Gpiocdev,
    /// `rppal`, on Raspberry Pi boards.
    Rppal,
}

/// How the buttons of a device are wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonSettings {
    /// Which code reads the lines.
    pub backend: Backend,
    /// Each button with the name of its line, see [`crate::ports::gpio`].
    pub lines: Vec<(Button, String)>,
    /// The button connects the line to ground, and the line is pulled up; otherwise to 3.3 V, pulled down.
    pub active_low: bool,
    /// How long a level has to last to count; 5 to 20 ms suit most buttons.
    pub debounce: Duration,
}

impl Default for ButtonSettings {
    fn default() -> Self {
        ButtonSettings {
            backend: Backend::default(),
            lines: vec![(Button::Main, "GPIO17".to_owned())],
            active_low: true,
            debounce: Duration::from_millis(10),
        }
    }
}

/// Opens the buttons of a real device.
///
/// # Errors
/// When a line is not there, is in use, or may not be opened by this user.
pub fn open(settings: &ButtonSettings) -> Result<Box<dyn Buttons>, LineError> {
    Ok(match settings.backend {
        Backend::Gpiocdev => Box::new(gpio::GpioButtons::open(settings)?),
        Backend::Rppal => Box::new(rppal::RppalButtons::open(settings)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds on a machine with and without GPIO: no board calls a line this.
    #[test]
    fn a_line_that_no_board_has_is_missing_with_a_list_of_what_is_there() {
        let lines = vec![(Button::Main, "NO SUCH LINE".to_owned())];
        let error = open(&ButtonSettings { lines, ..ButtonSettings::default() }).err().expect("no such line");
        let message = error.to_string();
        assert!(message.contains("NO SUCH LINE") || message.contains("gpiochip"), "{message}");
    }

    #[test]
    fn rppal_says_what_it_cannot_do() {
        let lines = vec![(Button::Main, "BUTTON".to_owned())];
        let settings = ButtonSettings { backend: Backend::Rppal, lines, ..ButtonSettings::default() };
        let message = open(&settings).err().expect("rppal knows no such line").to_string();
        assert!(message.contains("BUTTON") && message.contains("GPIO0 to GPIO27"), "{message}");
    }
}
