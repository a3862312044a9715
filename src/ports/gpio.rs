//! GPIO lines by the names people know, for buttons, the light and the lines of a panel.
//!
//! A line is named as the board names it (`GPIO17`; on a Raspberry Pi `17` will do), or by its chip and
//! its offset there (`gpiochip0:17`, `/dev/gpiochip0:17`, `pinctrl-bcm2711:17`). The number of a chip is
//! not to be relied on: the header of the Raspberry Pi 5 was gpiochip4 at first and is gpiochip0 on newer
//! kernels. The name of the line and the label of the chip stay.

use std::path::{Path, PathBuf};

use gpiocdev::line::Value;
use gpiocdev::{Chip, Request};

/// What `gpioinfo` shows as the user of our lines.
pub(crate) const CONSUMER: &str = "moodbox";

/// Why a line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}; {}", self.what(), self.cure())]
pub enum LineError {
    /// It is not there; `found` says what is.
    Missing {
        /// The line, as the configuration names it.
        line: String,
        /// The chips that are there.
        found: String,
    },
    /// Another program, or the kernel itself, has it: by the name that it gave, if it gave one.
    Busy {
        /// The line, as the configuration names it.
        line: String,
        /// What that program calls itself.
        by: Option<String>,
    },
    /// This user may not open the chip, which `line` names then.
    Denied {
        /// The device file of the chip.
        line: String,
    },
    /// Anything else that the kernel answered.
    Io {
        /// The line, as the configuration names it.
        line: String,
        /// What the kernel answered.
        reason: String,
    },
}

impl LineError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            LineError::Missing { line, found } => format!("there is no GPIO line {line}; {found}"),
            LineError::Busy { line, by: Some(by) } => format!("GPIO line {line} is in use by `{by}`"),
            LineError::Busy { line, by: None } => format!("GPIO line {line} is in use by another program"),
            LineError::Denied { line } => format!("{line} may not be used"),
            LineError::Io { line, reason } => format!("GPIO line {line}: {reason}"),
        }
    }

    /// What helps.
    pub fn cure(&self) -> String {
        match self {
            LineError::Missing { .. } => "set `line` to a name that `gpioinfo` shows, or to `chip:offset`",
            LineError::Busy { .. } => "stop that program, or choose another line",
            LineError::Denied { .. } => "add the user to the group `gpio`",
            LineError::Io { .. } => "look for `gpio` in `dmesg`; try another line",
        }
        .to_owned()
    }

    /// Whether a moodbox that runs has the line: then nothing is wrong with it.
    pub fn is_held_by_moodbox(&self) -> bool {
        matches!(self, LineError::Busy { by: Some(by), .. } if by == CONSUMER)
    }
}

/// A line that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GpioLine {
    /// As the person named it.
    pub name: String,
    /// The character device of its chip.
    pub chip: PathBuf,
    /// Its number on that chip.
    pub offset: u32,
}

/// What is known of a chip before a line is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChipFacts {
    path: PathBuf,
    /// `gpiochip0`
    name: String,
    /// `pinctrl-bcm2711`
    label: String,
    /// The names of its lines in the order of their offsets; empty where a line has none.
    lines: Vec<String>,
}

/// Looks for a line on the chips of this machine.
///
/// # Errors
/// When no chip has the line, or a chip cannot be read by this user.
pub(crate) fn find(name: &str) -> Result<GpioLine, LineError> {
    let name = name.trim();
    let mut chips = Vec::new();
    let mut denied = None;
    for path in chip_paths() {
        match facts(&path) {
            Ok(facts) => chips.push(facts),
            Err(error) if is_denied(&error) => denied = Some(path),
            Err(error) => tracing::warn!(chip = %path.display(), %error, "a GPIO chip cannot be read"),
        }
    }
    // A path may be a link that udev or a person made for a chip that moved.
    let resolve = |chip: &str| std::fs::canonicalize(chip).ok().filter(|_| chip.starts_with('/'));
    match choose(name, &chips, resolve) {
        Some((path, offset)) => Ok(GpioLine { name: name.to_owned(), chip: path, offset }),
        None => Err(match denied {
            Some(path) => LineError::Denied { line: path.display().to_string() },
            None => LineError::Missing { line: name.to_owned(), found: listing(&chips) },
        }),
    }
}

impl GpioLine {
    /// What the kernel's refusal of this line means.
    pub fn refused(&self, error: &gpiocdev::Error) -> LineError {
        let line = self.name.clone();
        match errno(error) {
            Some(rustix::io::Errno::BUSY) => LineError::Busy { line, by: self.consumer() },
            _ if is_denied(error) => LineError::Denied { line: self.chip.display().to_string() },
            Some(rustix::io::Errno::NODEV) => {
                LineError::Missing { line, found: "its chip went away".to_owned() }
            }
            _ => LineError::Io { line, reason: error.to_string() },
        }
    }

    /// The program that has the line, by the name that it gave to the kernel.
    fn consumer(&self) -> Option<String> {
        let info = Chip::from_path(&self.chip).and_then(|chip| chip.line_info(self.offset)).ok()?;
        (!info.consumer.is_empty()).then_some(info.consumer)
    }
}

/// A line that is driven. The kernel lets go of it when the process ends, however it ends.
pub(crate) struct OutputLine {
    line: GpioLine,
    request: Request,
}

impl OutputLine {
    /// Takes a line, named as this module explains, as an output that is inactive.
    ///
    /// # Errors
    /// When there is no such line, another program has it, or this user may not use it.
    pub fn open(name: &str, active_low: bool) -> Result<OutputLine, LineError> {
        let line = find(name)?;
        let mut builder = Request::builder();
        builder.with_consumer(CONSUMER).on_chip(&line.chip).with_line(line.offset).as_output(Value::Inactive);
        if active_low {
            builder.as_active_low();
        }
        let request = builder.request().map_err(|error| line.refused(&error))?;
        Ok(OutputLine { line, request })
    }

    /// Where the line was found.
    pub fn line(&self) -> &GpioLine {
        &self.line
    }

    /// Drives the line to its active or inactive level.
    ///
    /// # Errors
    /// When the kernel refuses, for instance because the chip is gone.
    pub fn set(&mut self, active: bool) -> Result<(), LineError> {
        let value = if active { Value::Active } else { Value::Inactive };
        self.request.set_value(self.line.offset, value).map(|_| ()).map_err(|error| self.line.refused(&error))
    }
}

/// The error number behind an error of `gpiocdev`, if a system call is to blame.
fn errno(error: &gpiocdev::Error) -> Option<rustix::io::Errno> {
    let number = match error {
        gpiocdev::Error::Os(errno) => errno.0,
        gpiocdev::Error::Uapi(_, gpiocdev_uapi::Error::Os(errno)) => errno.0,
        _ => return None,
    };
    Some(rustix::io::Errno::from_raw_os_error(number))
}

fn is_denied(error: &gpiocdev::Error) -> bool {
    matches!(errno(error), Some(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM))
}

/// Every GPIO character device, in the order of their numbers.
fn chip_paths() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/dev") else { return Vec::new() };
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .flatten()
        // A link to a chip is not another chip.
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("gpiochip")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    numbered.sort();
    numbered.into_iter().map(|(_, path)| path).collect()
}

fn facts(path: &Path) -> gpiocdev::Result<ChipFacts> {
    let chip = Chip::from_path(path)?;
    let info = chip.info()?;
    let lines = chip.line_info_iter()?.map(|line| line.map(|line| line.name));
    Ok(ChipFacts {
        path: path.to_owned(),
        name: info.name,
        label: info.label,
        lines: lines.collect::<gpiocdev::Result<_>>()?,
    })
}

/// The chip and the offset that a name means. Names of lines come first: a board may call a line anything.
fn choose(
    name: &str,
    chips: &[ChipFacts],
    resolve: impl Fn(&str) -> Option<PathBuf>,
) -> Option<(PathBuf, u32)> {
    let by_name = |wanted: &str| {
        chips.iter().find_map(|chip| {
            let offset = chip.lines.iter().position(|line| !line.is_empty() && line == wanted)?;
            Some((chip.path.clone(), u32::try_from(offset).ok()?))
        })
    };
    if let Some(found) = by_name(name) {
        return Some(found);
    }
    if let Ok(number) = name.parse::<u32>() {
        return by_name(&format!("GPIO{number}"));
    }
    let (chip, offset) = name.rsplit_once(':')?;
    let offset: u32 = offset.parse().ok()?;
    let real = resolve(chip);
    chips
        .iter()
        .find(|facts| {
            facts.name == chip
                || facts.label == chip
                || facts.path == Path::new(chip)
                || real.as_deref() == Some(&facts.path)
        })
        .filter(|facts| (offset as usize) < facts.lines.len())
        .map(|facts| (facts.path.clone(), offset))
}

fn listing(chips: &[ChipFacts]) -> String {
    if chips.is_empty() {
        return "this machine has no GPIO chips".to_owned();
    }
    let each = chips.iter().map(|chip| format!("{} ({}, {} lines)", chip.name, chip.label, chip.lines.len()));
    format!("chips here: {}", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(number: u32, label: &str, lines: &[&str]) -> ChipFacts {
        ChipFacts {
            path: PathBuf::from(format!("/dev/gpiochip{number}")),
            name: format!("gpiochip{number}"),
            label: label.to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    /// The header's chip and a chip of the board, as a Raspberry Pi 5 shows them, on either number.
    fn pi5(header: u32, other: u32) -> Vec<ChipFacts> {
        let mut chips = vec![
            chip(header, "pinctrl-rp1", &["ID_SDA", "ID_SCL", "GPIO2", "GPIO3", "", "", "GPIO17"]),
            chip(other, "gpio-brcmstb@107d508500", &["-", "RP1_SCL", "GPIO:9"]),
        ];
        chips.sort_by(|a, b| a.path.cmp(&b.path));
        chips
    }

    #[test]
    fn a_line_is_found_by_any_of_its_names_wherever_its_chip_is() {
        for (header, other) in [(0, 10), (4, 0)] {
            let chips = pi5(header, other);
            let by_number = format!("gpiochip{header}:6");
            let by_path = format!("/dev/gpiochip{header}:6");
            for name in ["GPIO17", "17", "pinctrl-rp1:6", &by_number, &by_path, "/dev/header:6"] {
                let resolve = |path: &str| {
                    (path == "/dev/header").then(|| PathBuf::from(format!("/dev/gpiochip{header}")))
                };
                let found = choose(name, &chips, resolve);
                assert_eq!(found, Some((PathBuf::from(format!("/dev/gpiochip{header}")), 6)), "{name}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_guessed() {
        let chips = pi5(0, 10);
        for name in
            ["GPIO18", "18", "", ":", "17:", ":6", "pinctrl-rp1:7", "pinctrl-rp1:-1", "gpiochip1:0", "gpio17"]
        {
            assert_eq!(choose(name, &chips, |_| None), None, "`{name}`");
        }
    }

    #[test]
    fn a_name_with_a_colon_is_a_name_first() {
        assert_eq!(choose("GPIO:9", &pi5(0, 10), |_| None), Some((PathBuf::from("/dev/gpiochip10"), 2)));
    }

    #[test]
    fn the_listing_says_what_could_be_named() {
        assert_eq!(listing(&[]), "this machine has no GPIO chips");
        assert_eq!(
            listing(&pi5(0, 10)),
            "chips here: gpiochip0 (pinctrl-rp1, 7 lines), gpiochip10 (gpio-brcmstb@107d508500, 3 lines)"
        );
    }

    #[test]
    fn each_refusal_names_the_line_and_the_cure() {
        let line = || "GPIO27".to_owned();
        for (error, cure) in [
            (LineError::Missing { line: line(), found: "nothing here".to_owned() }, "gpioinfo"),
            (LineError::Busy { line: line(), by: Some("spi0 CS0".to_owned()) }, "`spi0 CS0`"),
            (LineError::Busy { line: line(), by: None }, "another program"),
            (LineError::Denied { line: line() }, "group `gpio`"),
            (LineError::Io { line: line(), reason: "odd".to_owned() }, "odd"),
        ] {
            let message = error.to_string();
            assert!(message.contains("GPIO27") && message.contains(cure), "{message}");
        }
        let ours = LineError::Busy { line: line(), by: Some(CONSUMER.to_owned()) };
        assert!(ours.is_held_by_moodbox());
        assert!(!LineError::Busy { line: line(), by: None }.is_held_by_moodbox());
    }

    #[test]
    fn each_refusal_of_the_kernel_is_told_apart() {
        let line = GpioLine { name: "GPIO17".to_owned(), chip: PathBuf::from("/dev/gpiochip0"), offset: 17 };
        let refused = |number| line.refused(&gpiocdev::Error::Os(gpiocdev_uapi::Errno(number)));
        assert!(matches!(refused(16), LineError::Busy { line, .. } if line == "GPIO17"));
        assert!(matches!(refused(13), LineError::Denied { line } if line == "/dev/gpiochip0"));
        assert!(matches!(refused(1), LineError::Denied { .. }));
        assert!(matches!(refused(19), LineError::Missing { .. }));
        assert!(matches!(refused(22), LineError::Io { reason, .. } if reason.contains("Invalid argument")));
    }
}
