//! Buttons. A port turns edges of a GPIO line (or of a key) into [`Event::Button`]; what the edges
//! mean (short, double, long) is told by the core.

use crate::kiosk::event::{Button, Edge};

/// A source of debounced edges.
pub trait Buttons: Send {
    /// Waits for the next edge. `None` after `patience`, so that the thread can see that it is to end.
    fn next(&mut self, patience: std::time::Duration) -> Result<Option<(Button, Edge)>, ButtonError>;
}

#[derive(Debug, thiserror::Error)]
pub enum ButtonError {
    #[error("no GPIO line {line}; {found}. Set `button.line` to a name (see `gpioinfo`) or to `chip:offset`")]
    Missing { line: String, found: String },
    #[error("GPIO line {line} is in use by {by}. Stop that program, or choose another line in `button.line`")]
    Busy { line: String, by: String },
    #[error("no permission for {line}: add the user to the group `gpio`")]
    Denied { line: String },
    #[error("GPIO line {line}: {reason}")]
    Io { line: String, reason: String },
}
