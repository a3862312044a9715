//! Shutting the whole device down, and starting it anew: through logind, which asks polkit whether this user
//! may, and lets every other service end in order.

mod logind;
mod simulated;
pub(crate) mod worker;

pub use logind::Logind;
pub use simulated::Simulated;

use moodbox_core::kiosk::action::Power;
use moodbox_core::kiosk::event::{Trouble, TroubleKind};

/// Something that can end the whole device.
pub trait PowerSwitch: Send {
    /// Asks for it. `Ok` means that it was accepted: the end comes as a signal, as at any shutdown.
    ///
    /// # Errors
    /// When it was refused, or there is nobody to ask.
    fn turn(&mut self, power: Power) -> Result<(), PowerError>;
}

/// Why the device stays on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PowerError {
    /// This user has not the right to.
    #[error(
        "logind does not let this user shut down: {reason}. The moodbox package installs a polkit rule for \
         it (systemd/50-moodbox.rules, to /usr/share/polkit-1/rules.d)"
    )]
    Denied {
        /// What logind answered.
        reason: String,
    },
    /// There is no logind or no system bus.
    #[error("nobody here can shut the device down: {reason}. It needs systemd-logind and the system bus")]
    Absent {
        /// What is missing.
        reason: String,
    },
    /// logind answered with another error.
    #[error("logind did not shut down: {reason}. See `journalctl -u systemd-logind`")]
    Refused {
        /// What logind answered.
        reason: String,
    },
}

impl PowerError {
    /// In words for the panel and for the log.
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            PowerError::Denied { .. } => TroubleKind::PowerDenied,
            PowerError::Absent { .. } | PowerError::Refused { .. } => TroubleKind::Other,
        };
        Trouble { kind, report: self.to_string() }
    }
}
