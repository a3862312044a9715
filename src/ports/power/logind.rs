//! logind over the system bus, by `busctl`: one call in the life of a process is not worth a D-Bus library
//! in the binary, and every systemd brings the program along.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{PowerError, PowerSwitch};
use crate::ports::process;
use moodbox_core::kiosk::action::Power;

/// Seconds that logind may take to answer. It answers before anything is stopped.
const ANSWER_WITHIN: u32 = 10;

/// The program itself ends soon after.
const ENDS_WITHIN: Duration = Duration::from_secs(ANSWER_WITHIN as u64 + 2);

/// logind of this machine.
pub struct Logind {
    program: PathBuf,
    /// Another bus than the system's.
    address: Option<String>,
}

impl Logind {
    /// logind on the system bus.
    pub fn new() -> Logind {
        Logind { program: "busctl".into(), address: None }
    }

    /// logind on another bus: `unix:path=...`.
    pub fn on_bus(address: &str) -> Logind {
        Logind { address: Some(address.to_owned()), ..Logind::new() }
    }

    /// Another program in the place of `busctl`.
    pub fn by(program: impl Into<PathBuf>) -> Logind {
        Logind { program: program.into(), ..Logind::new() }
    }
}

impl Default for Logind {
    fn default() -> Self {
        Logind::new()
    }
}

impl PowerSwitch for Logind {
    fn turn(&mut self, power: Power) -> Result<(), PowerError> {
        let method = match power {
            Power::Off => "PowerOff",
            Power::Restart => "Reboot",
        };
        let mut command = Command::new(&self.program);
        match &self.address {
            Some(address) => command.arg(format!("--address={address}")),
            None => command.arg("--system"),
        };
        command.arg(format!("--timeout={ANSWER_WITHIN}")).args([
            "call",
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "org.freedesktop.login1.Manager",
            method,
            "b",
            // Nobody is there to be asked for a password.
            "false",
        ]);
        // Errors are told apart by their words.
        let output = process::output(command.env("LC_ALL", "C"), ENDS_WITHIN)
            .map_err(|error| PowerError::Absent { reason: format!("{}: {error}", self.program.display()) })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(meaning(said.lines().last().unwrap_or("no reason was given").trim()))
    }
}

/// What a refusal means, by the words that the bus and logind use.
fn meaning(said: &str) -> PowerError {
    let reason = said.trim_start_matches("Call failed: ").to_owned();
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if has(&["Interactive authentication required", "Access denied", "Permission denied", "not permitted"])
        || has(&["Rejected send message", "Not authorized"])
    {
        PowerError::Denied { reason }
    } else if has(&["not provided by any", "Failed to connect", "Failed to set address", "No such file"]) {
        PowerError::Absent { reason }
    } else {
        PowerError::Refused { reason }
    }
}
