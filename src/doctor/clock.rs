//! The clock: a Pi without a network wakes up in the past.

use chrono::{DateTime, Datelike, Utc};

use super::{Finding, Patient, Subject, System};

const PART: Subject = Subject::Clock;

/// The year in which this version was made: a clock that shows an earlier one is wrong.
const BUILT: i32 = 2026;

/// Who keeps the clock right, by the file that says so.
const KEEPERS: [(&str, &str); 3] = [
    ("/run/systemd/timesync/synchronized", "systemd-timesyncd"),
    ("/run/chrony", "chrony"),
    ("/run/ntpd.pid", "ntpd"),
];

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let system = &patient.system;
    let now = DateTime::<Utc>::from(system.now());
    let shown = now.format("%Y-%m-%d %H:%M UTC");
    vec![if now.year() < BUILT {
        Finding::fault(
            PART,
            format!("it shows {shown}, which is past"),
            "connect the Pi to a network once, or set it: `sudo timedatectl set-time \"YYYY-MM-DD HH:MM\"`",
        )
    } else {
        match keeper(system) {
            Some(keeper) => Finding::ok(PART, format!("{shown}, kept by {keeper}")),
            None => Finding::warning(
                PART,
                format!("{shown}, kept by nobody"),
                "`sudo timedatectl set-ntp true`; without a network the times of day in the templates drift",
            ),
        }
    }]
}

fn keeper(system: &System) -> Option<&'static str> {
    KEEPERS.iter().find(|(file, _)| system.exists(file)).map(|(_, name)| *name)
}
