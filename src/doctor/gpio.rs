//! What is wired to the header: the button and the light.

use std::time::{Duration, Instant};

use super::{Finding, Patient, Person, Subject, configured};
use crate::numbers::Whole;
use crate::ports::button::Buttons;
use crate::ports::gpio::LineError;
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
            findings.push(match &patient.wishes.person {
                Some(person) => pressed(buttons.as_mut(), person.as_ref(), settings.active_low),
                None => Finding::skipped(PART, "a press was not waited for: there is no terminal"),
            });
            findings
        }
        Err(error) => vec![button_refused(error)],
    }
}

fn button_refused(error: LineError) -> Finding {
    if error.is_held_by_moodbox() {
        return held_by_moodbox(Subject::Button);
    }
    Finding::fault(Subject::Button, error.what(), error.cure())
}

/// What the daemon has is in order, and cannot be tried here.
fn held_by_moodbox(part: Subject) -> Finding {
    Finding::skipped(part, "the running moodbox has it: `sudo systemctl stop moodbox` first, to test it")
}

/// Waits for somebody to press, telling the seconds that are left.
fn pressed(buttons: &mut dyn Buttons, person: &dyn Person, active_low: bool) -> Finding {
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
        person.told("Press the button now", rest.as_secs_f64().ceil().to_u64());
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
        Err(error) if error.is_held_by_moodbox() => held_by_moodbox(PART),
        Err(error) => Finding::fault(
            PART,
            error.what(),
            format!(
                "the camera stays shut without its light: {}; or remove [light] if there is none",
                error.cure()
            ),
        ),
    }]
}
