//! What is wired to the header: the button and the light.

use std::time::{Duration, Instant};

use super::{Finding, Patient, Subject, configured};
use crate::ports::button::{ButtonError, Buttons};
use moodbox_core::kiosk::event::{Button, Edge};

/// How long a person has to press the button.
const PRESS_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn button(patient: &Patient) -> Vec<Finding> {
    const PART: Subject = Subject::Button;
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let settings = &config.button;
    let names: Vec<&str> = settings.lines.iter().map(|(_, line)| line.as_str()).collect();
    match (patient.parts.buttons)(settings) {
        Ok(mut buttons) => {
            let mut findings = vec![Finding::ok(PART, format!("{} can be read", names.join(", ")))];
            findings.push(match &patient.wishes.press {
                Some(left) => pressed(buttons.as_mut(), left.as_ref(), settings.active_low),
                None => Finding::skipped(PART, "a press was not waited for: there is no terminal"),
            });
            findings
        }
        Err(error) => vec![button_refused(error)],
    }
}

fn button_refused(error: ButtonError) -> Finding {
    const PART: Subject = Subject::Button;
    match error {
        ButtonError::Busy { line, by } if by.contains("moodbox") => Finding::skipped(
            PART,
            format!("the running moodbox has {line}: `sudo systemctl stop moodbox` first, to test it"),
        ),
        ButtonError::Missing { line, found } => Finding::fault(
            PART,
            format!("there is no GPIO line {line}; {found}"),
            "set `line` under [button] to a name that `gpioinfo` shows",
        ),
        ButtonError::Busy { line, by } => Finding::fault(
            PART,
            format!("{line} is in use by {by}"),
            "stop that program, or choose another line under [button]",
        ),
        ButtonError::Denied { line } => {
            Finding::fault(PART, format!("{line} may not be used"), "add the user to the group `gpio`")
        }
        ButtonError::Io { line, reason } => {
            Finding::fault(PART, format!("{line}: {reason}"), "look for `gpio` in `dmesg`; try another line")
        }
    }
}

/// Waits for somebody to press, telling the seconds that are left.
fn pressed(buttons: &mut dyn Buttons, left: &dyn Fn(u64), active_low: bool) -> Finding {
    const PART: Subject = Subject::Button;
    let begun = Instant::now();
    loop {
        let rest = PRESS_WITHIN.saturating_sub(begun.elapsed());
        if rest.is_zero() {
            let (level, side) = if active_low { ("true", "ground") } else { ("false", "3.3 V") };
            return Finding::warning(
                PART,
                format!("nobody pressed it within {} s", PRESS_WITHIN.as_secs()),
                format!(
                    "if somebody did: `active_low = {level}` wants its other side on {side}; check the pin"
                ),
            );
        }
        left(rest.as_secs_f64().ceil() as u64);
        match buttons.next(rest.min(Duration::from_secs(1))) {
            Ok(Some((button, Edge::Down))) => {
                let name = if button == Button::Main { String::new() } else { format!(" ({button:?})") };
                return Finding::ok(PART, format!("it was pressed{name}"));
            }
            Ok(Some((_, Edge::Up))) => {
                return Finding::warning(
                    PART,
                    "it was let go before it was pressed",
                    format!("set `active_low = {}` under [button], unless it was held already", !active_low),
                );
            }
            Ok(None) => {}
            Err(error) => return button_refused(error),
        }
    }
}

pub(super) fn light(patient: &Patient) -> Vec<Finding> {
    const PART: Subject = Subject::Light;
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(line) = &config.light else {
        return vec![Finding::skipped(
            PART,
            "there is none: only the panel shows that the camera is on. For a LED name its line under [light]",
        )];
    };
    vec![match (patient.parts.light)(line) {
        // It is lit only while the camera streams; here as anywhere.
        Ok(_) => Finding::ok(PART, format!("{line} can be driven; it is on while the camera is tried")),
        Err(error) if error.reason.contains("moodbox") => Finding::skipped(
            PART,
            format!("the running moodbox has {line}: `sudo systemctl stop moodbox` first, to test it"),
        ),
        Err(error) => Finding::fault(
            PART,
            error.to_string(),
            "the camera stays shut without its light: correct `line` under [light], or remove the section \
             if there is no light",
        ),
    }]
}
