//! The SPI bus of the panel.

use super::{Finding, Patient, Subject, configured};
use crate::config::PanelChoice;

const PART: Subject = Subject::Spi;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(PanelChoice::Spi(panel)) = &config.panel else {
        return vec![Finding::skipped(PART, "the configuration has no panel on SPI")];
    };
    let system = &patient.system;
    let device = &panel.device;
    if system.exists(device) {
        let longest =
            system.read("/sys/module/spidev/parameters/bufsiz").unwrap_or_else(|| "4096".to_owned());
        return vec![Finding::ok(PART, format!("{device}, {longest} bytes a transfer"))];
    }
    let others = system.starting("/dev", "spidev");
    let file = system.boot_config();
    vec![if !others.is_empty() {
        Finding::fault(
            PART,
            format!("there is no {device}, but {}", others.join(", ")),
            "set `device` under [panel] to the chip select that the panel is wired to (CE0 is spidev0.0)",
        )
    } else if switched_on(&system.read(file).unwrap_or_default()) {
        Finding::fault(
            PART,
            format!("SPI is switched on in {file}, but there is no {device}"),
            "reboot; if it stays away, look for `spi` in `dmesg`",
        )
    } else {
        Finding::fault(PART, "SPI is off", format!("add `dtparam=spi=on` to {file} and reboot"))
    }]
}

/// Whether the boot loader is told to switch SPI on: of several settings the last one counts.
fn switched_on(config: &str) -> bool {
    let mut words = config.lines().filter_map(|line| {
        let setting = line.split('#').next()?.trim();
        let mut parts = setting.strip_prefix("dtparam=")?.split(',');
        parts.find_map(|part| part.trim().strip_prefix("spi=").map(|word| word == "on"))
    });
    words.next_back().unwrap_or(false)
}
