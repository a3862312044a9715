//! The board and its kernel.

use super::{Finding, Patient, Subject};

/// Memory below which a board runs short: the networks, the daemon, MPD and mpv share it. In MB.
const LITTLE_MEMORY: u64 = 400;

pub(super) fn board(patient: &Patient) -> Vec<Finding> {
    const PART: Subject = Subject::Board;
    let system = &patient.system;
    let memory = memory(system.read("/proc/meminfo").as_deref());
    let with_memory = |name: &str| match memory {
        Some(memory) => format!("{name}, {memory} MB of memory"),
        None => name.to_owned(),
    };
    let tree =
        system.read("/proc/device-tree/model").or_else(|| system.read("/sys/firmware/devicetree/base/model"));
    let mut findings = vec![match tree {
        Some(model) if model.contains("Raspberry Pi") => Finding::ok(PART, with_memory(&model)),
        other => {
            let name = other
                .or_else(|| system.read("/sys/class/dmi/id/product_name"))
                .unwrap_or_else(|| "a machine that does not say what it is".to_owned());
            Finding::warning(
                PART,
                format!("{}: not a Raspberry Pi", with_memory(&name)),
                "give the lines of button, light and panel as `gpioinfo` shows them; power cannot be checked here",
            )
        }
    }];
    // It is the videos that need it.
    let video = patient.config.as_ref().is_ok_and(|config| config.video.is_some());
    if let Some(memory) = memory.filter(|memory| video && *memory < LITTLE_MEMORY) {
        findings.push(Finding::warning(
            PART,
            format!("only {memory} MB of memory"),
            "leave out [video], or use a board with 512 MB or more",
        ));
    }
    findings
}

/// In MB.
fn memory(meminfo: Option<&str>) -> Option<u64> {
    let line = meminfo?.lines().find(|line| line.starts_with("MemTotal:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

/// The first kernel with everything that is needed of it: edges and debouncing of GPIO lines.
const OLDEST: (u32, u32) = (5, 10);

pub(super) fn kernel(patient: &Patient) -> Vec<Finding> {
    const PART: Subject = Subject::Kernel;
    let Some(release) = patient.system.read("/proc/sys/kernel/osrelease") else {
        return vec![Finding::skipped(PART, "its release cannot be seen from here")];
    };
    vec![match version(&release) {
        Some(version) if version < OLDEST => Finding::fault(
            PART,
            format!("Linux {release} has no debounced GPIO lines"),
            format!("upgrade to {}.{} or later: `sudo apt full-upgrade`, then reboot", OLDEST.0, OLDEST.1),
        ),
        _ => Finding::ok(PART, format!("Linux {release}")),
    }]
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
