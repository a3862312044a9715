//! Power and heat: the two that make a Pi slow or unreliable without a word.

use super::{Finding, Patient, Subject, System};
use crate::sysinfo::throttled;

/// Bits of the firmware's report, now; sixteen places up stands whether it was so since the start.
const UNDER_VOLTAGE: u32 = 1;
const CAPPED: u32 = 1 << 1;
const THROTTLED: u32 = 1 << 2;
const SOFT_LIMIT: u32 = 1 << 3;
const SINCE_START: u32 = 16;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = power(&patient.system);
    findings.extend(heat(&patient.system));
    findings
}

fn power(system: &System) -> Vec<Finding> {
    const PART: Subject = Subject::Power;
    let Some(bits) = throttled(system) else {
        return vec![Finding::skipped(PART, "this machine does not report it")];
    };
    let weak = "use the power supply made for this board and a short, thick cable; power USB devices by a hub of their own";
    let warm = "give it a heat sink or a fan, and air around the case";
    let mut findings = Vec::new();
    let slow = CAPPED | THROTTLED | SOFT_LIMIT;
    for (mask, now, before, cure) in [
        (UNDER_VOLTAGE, "the voltage is too low", "the voltage has been too low since the start", weak),
        (slow, "the processor is slowed down", "the processor was slowed down since the start", warm),
    ] {
        if bits & mask != 0 {
            findings.push(Finding::fault(PART, format!("{now} (0x{bits:x})"), cure));
        } else if bits & (mask << SINCE_START) != 0 {
            findings.push(Finding::warning(PART, format!("{before} (0x{bits:x})"), cure));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, "enough, now and since the start"));
    }
    findings
}

/// Degrees from which the firmware slows the processor down, and from which it will soon.
const HOT: f64 = 80.0;
const WARM: f64 = 70.0;

fn heat(system: &System) -> Vec<Finding> {
    const PART: Subject = Subject::Heat;
    let zones = system.starting("/sys/class/thermal", "thermal_zone");
    let read = |zone: &String| system.read(format!("{zone}/temp"))?.trim().parse::<f64>().ok();
    let Some(hottest) =
        zones.iter().filter_map(read).reduce(f64::max).map(|thousandths| thousandths / 1000.0)
    else {
        return vec![Finding::skipped(PART, "this machine has no thermometer")];
    };
    let what = format!("{hottest:.0} °C");
    let cure = "give it a heat sink or a fan, and air around the case";
    vec![match hottest {
        HOT.. => Finding::fault(PART, what, cure),
        WARM.. => Finding::warning(PART, what, cure),
        _ => Finding::ok(PART, what),
    }]
}
