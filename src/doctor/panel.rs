//! The panel, and the test image that shows how it is wired and mounted.

use super::{Finding, Patient, Subject, configured};
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
    let mut panel = (patient.parts.panel)(choice);
    let (width, height) = panel.size();
    vec![match panel.show(&test_image::draw(width, height)) {
        Ok(()) => Finding::ok(PART, test_image::SHOWS),
        Err(PanelError::Line { reason, .. }) if reason.contains("moodbox") => Finding::skipped(
            PART,
            "the running moodbox draws on it: `sudo systemctl stop moodbox` first, to test it",
        ),
        Err(error) => refused(error),
    }]
}

fn refused(error: PanelError) -> Finding {
    match error {
        PanelError::SpiOff { device } => Finding::fault(
            PART,
            format!("{device} is not there: SPI is off"),
            "add `dtparam=spi=on` to /boot/firmware/config.txt and reboot",
        ),
        PanelError::NoDevice { device, there } => Finding::fault(
            PART,
            format!("there is no {device}, but {there}"),
            "set `device` under [panel] to one of these",
        ),
        PanelError::Denied { device } => {
            Finding::fault(PART, format!("{device} may not be used"), "add the user to the group `spi`")
        }
        PanelError::Size { device, size } => Finding::fault(
            PART,
            format!("{device}: {size} does not fit the controller's memory of 240x320"),
            "correct `width`, `height`, `offset` or `rotation` under [panel], or take a preset",
        ),
        PanelError::Line { line, reason } => Finding::fault(
            PART,
            format!("line {line}: {reason}"),
            "correct `dc`, `reset` or `backlight` under [panel]: names that `gpioinfo` shows",
        ),
        PanelError::Io { device, reason } => Finding::fault(
            PART,
            format!("{device}: {reason}"),
            "check its cable, and that no other program draws on it",
        ),
        PanelError::Save { path, source } => Finding::fault(
            PART,
            format!("{path}: {source}"),
            "set `png` under [panel] to a file in a folder that can be written",
        ),
    }
}
