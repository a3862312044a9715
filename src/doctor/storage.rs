//! Where the daemon remembers: the folder, and the room that is left.

use std::path::{Path, PathBuf};

use super::{Finding, Patient, Subject, System};
use crate::paths;

const PART: Subject = Subject::Storage;

/// Megabytes below which a card is full, and below which it soon is.
const FULL: u64 = 20;
const NEARLY_FULL: u64 = 200;

/// The folder of the daemon that systemd starts, if there is one; else that of this user.
pub(super) fn state_folder(system: &System) -> PathBuf {
    let service = system.path("/var/lib/moodbox");
    if service.is_dir() && std::env::var_os("STATE_DIRECTORY").is_none() { service } else { paths::state() }
}

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let state = &patient.state;
    // A folder that is not there yet is made at the first start.
    let there = state.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let mut findings = vec![match tempfile::tempfile_in(there) {
        Ok(_) => Finding::ok(PART, format!("{} can be written", state.display())),
        Err(error) => Finding::fault(
            PART,
            format!("{} cannot be written: {error}", state.display()),
            "give the folder to the user of the daemon; if the card has become read-only, check it \
             (`dmesg | grep -i mmc`) and replace it",
        ),
    }];
    if let Ok(room) = rustix::fs::statvfs(there) {
        let megabytes = room.f_bavail.saturating_mul(room.f_frsize) / 1_000_000;
        findings.push(room_left(there, megabytes));
    }
    findings
}

/// What so much room means.
fn room_left(folder: &Path, megabytes: u64) -> Finding {
    let what = format!("{megabytes} MB free at {}", folder.display());
    let cure =
        "remove what is not needed: `sudo apt clean`, old logs (`sudo journalctl --vacuum-size=50M`), music";
    match megabytes {
        0..FULL => Finding::fault(PART, what, cure),
        FULL..NEARLY_FULL => Finding::warning(PART, what, cure),
        _ => Finding::ok(PART, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_card_that_is_full_is_a_fault_before_nothing_can_be_written() {
        for (megabytes, level) in [
            (0, Level::Fault),
            (19, Level::Fault),
            (20, Level::Warning),
            (199, Level::Warning),
            (200, Level::Ok),
        ] {
            let found = room_left(Path::new("/var/lib/moodbox"), megabytes);
            assert_eq!(found.level, level, "{megabytes} MB");
            assert_eq!(found.cure.is_some(), level != Level::Ok);
        }
    }
}
