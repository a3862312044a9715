//! What the machine says of itself: heat, power, memory. Read when somebody asks.

mod system;

pub use system::{System, User};

/// The machine at one moment. What it does not say is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// What slows the processor down, and whether it does so now. Empty where no firmware tells.
    pub throttled: Vec<(&'static str, bool)>,
    /// Degrees Celsius of the hottest thermometer.
    pub temperature: Option<f64>,
    /// Bytes.
    pub memory_available: Option<i64>,
}

/// The firmware's bits, from the lowest.
const REASONS: [&str; 4] = ["under_voltage", "frequency_capped", "throttled", "soft_temperature_limit"];

/// Reads it now.
pub fn look(system: &System) -> Machine {
    let bits = throttled(system);
    let thermometers = system.starting("/sys/class/thermal", "thermal_zone");
    let degrees = |zone: &String| system.read(format!("{zone}/temp"))?.trim().parse::<f64>().ok();
    Machine {
        throttled: bits
            .map(|bits| {
                let reasons = REASONS.into_iter().enumerate();
                reasons.map(|(bit, reason)| (reason, bits & (1 << bit) != 0)).collect()
            })
            .unwrap_or_default(),
        temperature: thermometers
            .iter()
            .filter_map(degrees)
            .reduce(f64::max)
            .map(|thousandths| thousandths / 1e3),
        memory_available: memory(system),
    }
}

fn memory(system: &System) -> Option<i64> {
    let text = system.read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The firmware's report. The folder has the address of the bus in its name on newer boards.
pub fn throttled(system: &System) -> Option<u32> {
    let top = "/sys/devices/platform";
    system.starting(top, "soc").into_iter().find_map(|soc| {
        let firmware = system.list(&soc).into_iter().find(|name| name.ends_with(":firmware"))?;
        let text = system.read(format!("{soc}/{firmware}/get_throttled"))?;
        u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::SystemTime;

    fn machine(files: &[(&str, &str)]) -> Machine {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let user = User { name: String::new(), uid: 0, groups: Vec::new() };
        look(&System::at(root.path(), SystemTime::UNIX_EPOCH, user))
    }

    #[test]
    fn a_pi_tells_what_slows_it_down_now_and_not_what_did_once() {
        let pi = machine(&[
            ("sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n"),
            ("sys/class/thermal/thermal_zone0/temp", "48312\n"),
            ("proc/meminfo", "MemTotal:        1024 kB\nMemAvailable:     512 kB\n"),
        ]);
        let now: Vec<&str> = pi.throttled.iter().filter(|(_, now)| *now).map(|(reason, _)| *reason).collect();
        assert_eq!(now, ["under_voltage", "throttled"]);
        assert_eq!(pi.throttled.len(), 4);
        assert_eq!((pi.temperature, pi.memory_available), (Some(48.312), Some(512 * 1024)));
    }

    #[test]
    fn what_a_machine_does_not_say_is_left_out() {
        assert_eq!(machine(&[]), Machine::default());
        assert_eq!(machine(&[("proc/meminfo", "MemAvailable: many kB")]), Machine::default());
    }
}
