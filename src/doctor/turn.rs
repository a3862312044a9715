//! The panel's picture is turned by hand until it is upright, and kept so in the settings.

use std::time::{Duration, Instant};

use super::{Finding, Patient, Person, Subject, panel};
use crate::config::{Config, PanelChoice};
use crate::numbers::Whole;
use crate::ports::button::Buttons;
use crate::ports::gpio::LineError;
use crate::ports::panel::presets::SpiSettings;
use crate::ports::panel::{PanelError, test_image};
use crate::setup::{replace, with_turn};
use moodbox_core::kiosk::event::{Button, Edge};

const PART: Subject = Subject::Panel;

/// How long a person has to press, again after each press.
const WITHIN: Duration = Duration::from_secs(20);

const TOLD: &str = "Does the arrow point up? A press turns it a quarter; hold the button to keep it";

/// What a person did with the button.
enum Touch {
    Short,
    Long,
    Nothing,
}

/// Draws the test image, turns it at each press, and writes the turn at a long one.
pub(super) fn by_hand(
    patient: &Patient,
    config: &Config,
    settings: &SpiSettings,
    person: &dyn Person,
) -> Result<Finding, PanelError> {
    panel::draw(patient, &PanelChoice::Spi(settings.clone()))?;
    let seen = || Finding::ok(PART, test_image::SHOWS);
    // What is wrong with the button is told where the button is looked at.
    let Ok(mut buttons) = (patient.parts.buttons)(&config.button) else { return Ok(seen()) };
    let mut now = settings.clone();
    loop {
        match touch(buttons.as_mut(), config.gesture.long, person) {
            Ok(Touch::Short) => {
                now = now.turned();
                panel::draw(patient, &PanelChoice::Spi(now.clone()))?;
            }
            Ok(Touch::Long) => break,
            // Nobody kept what it was turned to.
            Ok(Touch::Nothing) | Err(_) => {
                now = settings.clone();
                break;
            }
        }
    }
    Ok(if now == *settings { seen() } else { keep(patient, &now) })
}

fn keep(patient: &Patient, turned: &SpiSettings) -> Finding {
    let path = &patient.config_path;
    let degrees = u16::from(turned.rotation);
    let written = std::fs::read_to_string(path).and_then(|text| replace(path, &with_turn(&text, turned)));
    match written {
        Ok(()) => Finding::ok(
            PART,
            format!("it was turned: `rotation = {degrees}` is written to {}", path.display()),
        ),
        Err(error) => Finding::warning(
            PART,
            format!("it was turned, and {} cannot be written: {error}", path.display()),
            format!(
                "run it as root, or write `rotation = {degrees}`, `width = {}` and `height = {}` under [panel]",
                turned.width, turned.height
            ),
        ),
    }
}

fn touch(buttons: &mut dyn Buttons, long: Duration, person: &dyn Person) -> Result<Touch, LineError> {
    let begun = Instant::now();
    let mut down: Option<Instant> = None;
    loop {
        let rest = match down {
            Some(at) => long.saturating_sub(at.elapsed()),
            None => WITHIN.saturating_sub(begun.elapsed()),
        };
        if rest.is_zero() {
            return Ok(if down.is_some() { Touch::Long } else { Touch::Nothing });
        }
        if down.is_none() {
            person.told(TOLD, rest.as_secs_f64().ceil().to_u64());
        }
        match buttons.next(rest.min(Duration::from_secs(1)))? {
            Some((Button::Main, Edge::Down)) => down = Some(Instant::now()),
            Some((Button::Main, Edge::Up)) if down.is_some() => return Ok(Touch::Short),
            Some(_) | None => {}
        }
    }
}
