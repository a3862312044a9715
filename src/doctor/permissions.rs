//! Whether the device files may be used: by who asks, and by the daemon that systemd starts.

use super::{Finding, Patient, Subject, configured};
use crate::config::{CameraChoice, Config, PanelChoice};

const PART: Subject = Subject::Permissions;

/// A kind of device file, and the group that is to have it.
struct Kind {
    /// How the names begin in `/dev`.
    start: &'static str,
    group: &'static str,
}

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let system = &patient.system;
    let user = system.user();
    let mut findings = Vec::new();
    for Kind { start, group } in kinds(config) {
        let files = system.starting("/dev", start);
        if files.is_empty() {
            continue;
        }
        if !system.has_group(group) {
            findings.push(Finding::fault(
                PART,
                format!("there is no group `{group}`, which the daemon belongs to"),
                "install the moodbox package, which makes it, or: ".to_owned()
                    + &format!("`sudo groupadd --system {group}`, then reboot"),
            ));
            continue;
        }
        let denied: Vec<&str> =
            files.iter().map(String::as_str).filter(|file| !system.may_use(file)).collect();
        if let Some(first) = denied.first() {
            findings.push(Finding::fault(
                PART,
                format!("{} may not use {}", user.name, list(&denied)),
                match system.group_of(first) {
                    Some((_, owner, true)) if owner != "root" => {
                        format!("`sudo usermod -aG {owner} {}`, then log in again", user.name)
                    }
                    _ => rule(group),
                },
            ));
            continue;
        }
        let foreign: Vec<&str> = files
            .iter()
            .map(String::as_str)
            .filter(|file| system.group_of(file).is_none_or(|(_, owner, open)| owner != group || !open))
            .collect();
        if !foreign.is_empty() {
            findings.push(Finding::warning(
                PART,
                format!(
                    "{} does not belong to the group `{group}`: the daemon may not use it",
                    list(&foreign)
                ),
                rule(group),
            ));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, format!("{} may use every device file that is needed", user.name)));
    }
    findings
}

fn rule(group: &str) -> String {
    format!(
        "install the moodbox package, whose udev rules give these files to the group `{group}`, then \
         `sudo udevadm trigger`"
    )
}

fn kinds(config: &Config) -> Vec<Kind> {
    let mut kinds = vec![Kind { start: "gpiochip", group: "gpio" }];
    if matches!(config.panel, Some(PanelChoice::Spi(_))) {
        kinds.push(Kind { start: "spidev", group: "spi" });
    }
    if config.mode.may_look() && matches!(config.camera, CameraChoice::Device(_)) {
        kinds.push(Kind { start: "video", group: "video" });
    }
    kinds
}

fn list(files: &[&str]) -> String {
    match files {
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    }
}
