//! The panel, and the test image that shows how it is wired and mounted.

use super::{Finding, Patient, Subject, configured, turn};
use crate::config::PanelChoice;
use crate::ports::panel::{PanelError, test_image};

const PART: Subject = Subject::Panel;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(choice) = &config.panel else {
        return vec![Finding::skipped(PART, "the configuration has none")];
    };
    if !patient.wishes.panel {
        return vec![Finding::skipped(PART, "not drawn on: `moodbox doctor --panel` shows a test image")];
    }
    let shown = match (choice, &patient.wishes.person) {
        (PanelChoice::Spi(settings), Some(person)) => {
            turn::by_hand(patient, config, settings, person.as_ref())
        }
        _ => draw(patient, choice).map(|()| Finding::ok(PART, test_image::SHOWS)),
    };
    vec![match shown {
        Ok(finding) => finding,
        Err(PanelError::Line(error)) if error.is_held_by_moodbox() => Finding::skipped(
            PART,
            "the running moodbox draws on it: `sudo systemctl stop moodbox` first, to test it",
        ),
        Err(error) => Finding::fault(PART, error.what(), error.cure()),
    }]
}

/// Draws the test image.
pub(super) fn draw(patient: &Patient, choice: &PanelChoice) -> Result<(), PanelError> {
    let mut panel = (patient.parts.panel)(choice);
    let (width, height) = panel.size();
    panel.show(&test_image::draw(width, height))
}
