//! The button's thread: edges in, events out, until nobody listens.

use std::time::Duration;

use super::Buttons;
use crate::ports::gpio::LineError;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};

/// How long one wait for an edge lasts. Very long, because a kiosk that idles should sleep: the process ends
/// without waiting for this thread.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends every edge as [`Event::Button`] until `send` finds nobody listening (returns false).
///
/// # Errors
/// When the buttons cannot be read any more; that is reported before.
pub fn run(buttons: &mut dyn Buttons, send: &mut dyn FnMut(Event) -> bool) -> Result<(), LineError> {
    loop {
        match buttons.next(PATIENCE) {
            Ok(None) => {}
            Ok(Some((button, edge))) => {
                if !send(Event::Button(button, edge)) {
                    return Ok(());
                }
            }
            Err(error) => {
                send(Event::Part(Part::Button, Health::Ill(error.button_trouble())));
                return Err(error);
            }
        }
    }
}

impl LineError {
    /// As a trouble of the button, for the panel and the log.
    pub fn button_trouble(&self) -> Trouble {
        let kind = match self {
            LineError::Denied { .. } => TroubleKind::ButtonDenied,
            LineError::Missing { .. } | LineError::Busy { .. } | LineError::Io { .. } => TroubleKind::Other,
        };
        Trouble { kind, report: self.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::button::simulated::SimulatedButtons;
    use moodbox_core::kiosk::event::{Button, Edge};

    #[test]
    fn every_edge_becomes_an_event_in_its_order() {
        let (mut buttons, finger) = SimulatedButtons::new();
        finger.press(Button::Main);
        finger.press(Button::VolumeUp);
        let mut seen = Vec::new();
        run(&mut buttons, &mut |event| {
            if let Event::Button(button, edge) = event {
                seen.push((button, edge));
            }
            seen.len() < 4
        })
        .unwrap();
        assert_eq!(
            seen,
            [
                (Button::Main, Edge::Down),
                (Button::Main, Edge::Up),
                (Button::VolumeUp, Edge::Down),
                (Button::VolumeUp, Edge::Up)
            ]
        );
    }

    /// Buttons whose chip is pulled out.
    struct Broken;

    impl Buttons for Broken {
        fn next(&mut self, _: Duration) -> Result<Option<(Button, Edge)>, LineError> {
            Err(LineError::Denied { line: "/dev/gpiochip0".to_owned() })
        }
    }

    #[test]
    fn a_button_that_fails_is_reported_before_the_thread_ends() {
        let mut reports = Vec::new();
        let end = run(&mut Broken, &mut |event| {
            if let Event::Part(Part::Button, Health::Ill(trouble)) = event {
                reports.push(trouble);
            }
            true
        });
        assert!(end.is_err());
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].kind, TroubleKind::ButtonDenied);
        assert!(reports[0].report.contains("group `gpio`"), "{}", reports[0].report);
    }
}
