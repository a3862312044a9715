//! A light on a GPIO line: an LED with its resistor, or the gate of a transistor.

use gpiocdev::Request;
use gpiocdev::line::Value;

use super::{Light, LightError};
use crate::ports::button::line::{self, Line, LineError};

/// A line that is driven while the light is on. The kernel lets go of it when the process ends, however
/// it ends.
pub struct GpioLight {
    line: Line,
    request: Request,
}

impl GpioLight {
    /// Takes the line, named as [`mod@line`] explains, as an output, and puts the light out.
    pub fn open(name: &str, active_low: bool) -> Result<GpioLight, LightError> {
        let line = line::find(name)?;
        let mut builder = Request::builder();
        builder
            .with_consumer("moodbox")
            .on_chip(&line.chip)
            .with_line(line.offset)
            .as_output(Value::Inactive);
        if active_low {
            builder.as_active_low();
        }
        let request = builder.request().map_err(|error| line.refused(&error))?;
        tracing::info!(line = %line.name, chip = %line.chip.display(), offset = line.offset, "light");
        Ok(GpioLight { line, request })
    }
}

impl Light for GpioLight {
    fn set(&mut self, on: bool) -> Result<(), LightError> {
        let value = if on { Value::Active } else { Value::Inactive };
        self.request.set_value(self.line.offset, value).map_err(|error| self.line.refused(&error).into())
    }
}

impl Drop for GpioLight {
    fn drop(&mut self) {
        // A chip may keep the last level after the line is given back.
        let _ = self.set(false);
    }
}

impl From<LineError> for LightError {
    fn from(error: LineError) -> LightError {
        let (line, reason) = match error {
            LineError::Missing { line, found } => (
                line,
                format!("there is no such line; {found}. Set `light.line` to a name that `gpioinfo` shows"),
            ),
            LineError::Busy { line, by } => {
                (line, format!("in use by {by}. Stop that program, or choose another line in `light.line`"))
            }
            LineError::Denied { line } => {
                (line, "no permission: add the user to the group `gpio`".to_owned())
            }
            LineError::Io { line, reason } => (line, reason),
        };
        LightError { line, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_names_the_line_and_the_cure() {
        let line = "GPIO27".to_owned();
        for (error, cure) in [
            (LineError::Missing { line: line.clone(), found: "nothing here".to_owned() }, "gpioinfo"),
            (LineError::Busy { line: line.clone(), by: "`spi0 CS0`".to_owned() }, "`spi0 CS0`"),
            (LineError::Denied { line: line.clone() }, "group `gpio`"),
            (LineError::Io { line: line.clone(), reason: "odd".to_owned() }, "odd"),
        ] {
            let message = LightError::from(error).to_string();
            assert!(message.starts_with("light on GPIO27: ") && message.contains(cure), "{message}");
        }
    }
}
