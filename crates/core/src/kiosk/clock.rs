//! The time that comes with each event.

use std::time::Duration;

/// Time since the daemon started, from a clock that never goes back.
pub type Time = Duration;
