//! Buttons through `rppal`, for people who have reasons to avoid the default backend. It knows Raspberry
//! Pi boards only, up to the Pi 5, and addresses lines by their BCM number.

use std::time::Duration;

use rppal::gpio::{Error, Gpio, InputPin, Trigger};

use super::{ButtonSettings, Buttons};
use crate::ports::gpio::{CONSUMER, LineError};
use moodbox_core::kiosk::event::{Button, Edge};

/// The buttons of a Raspberry Pi.
pub struct RppalButtons {
    gpio: Gpio,
    pins: Vec<(Button, InputPin)>,
    active_low: bool,
}

impl RppalButtons {
    /// Takes every line as an input that reports both edges.
    pub fn open(settings: &ButtonSettings) -> Result<RppalButtons, LineError> {
        let numbers: Vec<(Button, &str, u8)> = settings
            .lines
            .iter()
            .map(|(button, name)| Ok((*button, name.as_str(), bcm_number(name)?)))
            .collect::<Result<_, LineError>>()?;
        let first = settings.lines.first().map_or("", |(_, name)| name);
        let gpio = Gpio::new().map_err(|error| meaning(first, error))?;
        let mut pins = Vec::with_capacity(numbers.len());
        for (button, name, number) in numbers {
            let pin = gpio.get(number).map_err(|error| meaning(name, error))?;
            let mut pin =
                if settings.active_low { pin.into_input_pullup() } else { pin.into_input_pulldown() };
            pin.set_interrupt(Trigger::Both, Some(settings.debounce))
                .map_err(|error| meaning(name, error))?;
            tracing::info!(?button, line = name, "button, through rppal");
            pins.push((button, pin));
        }
        Ok(RppalButtons { gpio, pins, active_low: settings.active_low })
    }
}

impl Buttons for RppalButtons {
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError> {
        let pins: Vec<&InputPin> = self.pins.iter().map(|(_, pin)| pin).collect();
        let polled = match self.gpio.poll_interrupts(&pins, false, Some(patience)) {
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted => None,
            polled => polled.map_err(|error| meaning("of a button", error))?,
        };
        Ok(polled.and_then(|(pin, event)| {
            let button = self.pins.iter().find(|(_, own)| own.pin() == pin.pin())?.0;
            Some((button, edge(event.trigger, self.active_low)))
        }))
    }
}

/// `rppal` reports levels of the wire; a button that pulls the line low is pressed when it falls.
fn edge(trigger: Trigger, active_low: bool) -> Edge {
    if (trigger == Trigger::FallingEdge) == active_low { Edge::Down } else { Edge::Up }
}

/// The number in `GPIO17` or `17`.
fn bcm_number(name: &str) -> Result<u8, LineError> {
    let name = name.trim();
    name.strip_prefix("GPIO").unwrap_or(name).parse().map_err(|_| LineError::Missing {
        line: name.to_owned(),
        found: "`button.backend = \"rppal\"` knows lines as GPIO0 to GPIO27".to_owned(),
    })
}

fn meaning(line: &str, error: Error) -> LineError {
    let line = line.to_owned();
    match error {
        Error::UnknownModel => LineError::Io {
            line,
            reason: "this is no Raspberry Pi that rppal knows; set `button.backend = \"gpiocdev\"`"
                .to_owned(),
        },
        Error::PinUsed(_) => LineError::Busy { line, by: Some(CONSUMER.to_owned()) },
        Error::PinNotAvailable(_) => {
            LineError::Missing { line, found: "the header has GPIO0 to GPIO27".to_owned() }
        }
        Error::PermissionDenied(path) => LineError::Denied { line: path },
        Error::Io(error) => match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::BUSY) => LineError::Busy { line, by: None },
            Some(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => LineError::Denied { line },
            Some(rustix::io::Errno::NOENT) => {
                LineError::Missing { line, found: "there is no GPIO device".to_owned() }
            }
            _ => LineError::Io { line, reason: error.to_string() },
        },
        Error::ThreadPanic => LineError::Io { line, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_their_bcm_number() {
        for (name, number) in [("GPIO17", 17), ("17", 17), (" GPIO4 ", 4), ("GPIO0", 0)] {
            assert_eq!(bcm_number(name).unwrap(), number);
        }
        for name in ["", "GPIO", "gpiochip0:17", "GPIO256", "-1", "BUTTON"] {
            let message = bcm_number(name).unwrap_err().to_string();
            assert!(message.contains("GPIO0 to GPIO27"), "{message}");
        }
    }

    #[test]
    fn a_press_is_the_edge_towards_the_active_level() {
        for (trigger, active_low, wanted) in [
            (Trigger::FallingEdge, true, Edge::Down),
            (Trigger::RisingEdge, true, Edge::Up),
            (Trigger::RisingEdge, false, Edge::Down),
            (Trigger::FallingEdge, false, Edge::Up),
        ] {
            assert_eq!(edge(trigger, active_low), wanted);
        }
    }

    #[test]
    fn each_refusal_is_told_apart_and_names_the_cure() {
        let io = |number| Error::Io(std::io::Error::from_raw_os_error(number));
        assert!(meaning("17", Error::UnknownModel).to_string().contains("gpiocdev"));
        assert!(matches!(meaning("17", io(16)), LineError::Busy { .. }));
        assert!(matches!(meaning("17", io(13)), LineError::Denied { .. }));
        assert!(matches!(meaning("17", io(2)), LineError::Missing { .. }));
        assert!(matches!(meaning("17", io(5)), LineError::Io { .. }));
        let denied = Error::PermissionDenied("/dev/gpiomem".to_owned());
        assert!(meaning("17", denied).to_string().contains("/dev/gpiomem"));
    }
}
