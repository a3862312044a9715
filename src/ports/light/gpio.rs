//! A light on a GPIO line: an LED with its resistor, or the gate of a transistor.

use super::Light;
use crate::ports::gpio::{LineError, OutputLine};

/// A line that is driven while the light is on.
pub struct GpioLight {
    line: OutputLine,
}

impl GpioLight {
    /// Takes the line, named as [`crate::ports::gpio`] explains, as an output, and puts the light out.
    ///
    /// # Errors
    /// When the line cannot be taken.
    pub fn open(name: &str, active_low: bool) -> Result<GpioLight, LineError> {
        let output = OutputLine::open(name, active_low)?;
        let line = output.line();
        tracing::info!(line = %line.name, chip = %line.chip.display(), offset = line.offset, "light");
        Ok(GpioLight { line: output })
    }
}

impl Light for GpioLight {
    fn set(&mut self, on: bool) -> Result<(), LineError> {
        self.line.set(on)
    }
}

impl Drop for GpioLight {
    fn drop(&mut self) {
        // A chip may keep the last level after the line is given back.
        let _ = self.set(false);
    }
}
