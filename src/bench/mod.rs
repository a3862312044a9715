//! How fast the device is: each figure beside its limit, measured in one run.
//!
//! What stands for a limit is measured in the same run too, where that is possible, so that a busy or a slow
//! machine shows in both: compare ratios from machine to machine, and milliseconds on one alone.

pub(crate) mod clock;
pub mod device;
pub(crate) mod machine;
pub mod panel;
pub(crate) mod simulated;
pub mod suggest;
pub(crate) mod table;
pub mod vision;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// One thing that was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// A name with dots, as in `vision.ms`; the parts are objects within each other in JSON.
    pub key: &'static str,
    /// What was measured, in `unit`; not a number where nothing could be measured.
    pub value: f64,
    /// The unit, as it is printed: "ms", "MiB", "%", "1/s"; empty for a ratio.
    pub unit: &'static str,
    /// What it may be at most.
    pub limit: Option<f64>,
    /// What it is, for a person.
    pub what: &'static str,
}

impl Figure {
    /// A figure without a limit.
    pub fn new(key: &'static str, value: f64, unit: &'static str, what: &'static str) -> Figure {
        Figure { key, value, unit, limit: None, what }
    }

    /// With the most that it may be.
    pub fn within(self, limit: f64) -> Figure {
        Figure { limit: Some(limit), ..self }
    }

    /// Whether it keeps its limit; a figure that is not a number does not.
    pub fn is_kept(&self) -> bool {
        self.limit.is_none_or(|limit| self.value <= limit)
    }
}

/// How thorough a run is.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
    /// How often each stage of a look is timed.
    pub rounds: usize,
    /// How often the device is started and pressed.
    pub starts: usize,
    /// How long it is watched while nothing happens.
    pub idle: Duration,
}

/// The picture that the camera of a run sees: `named`, or the first of those for trying the device.
///
/// # Errors
/// When no photo is named and the folder of photos has none.
pub fn photo(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let folder = crate::paths::photos();
    let first = || {
        let names = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        names.filter(|path| path.is_file()).min()
    };
    named.or_else(first).ok_or_else(|| {
        anyhow::anyhow!(
            "there is no photo in {}: name one by --photo, or run deploy/fetch-assets",
            folder.display()
        )
    })
}

/// Measures everything; `tell` hears what comes next.
///
/// # Errors
/// When a model, the photo or the device that is started cannot be used.
pub(crate) fn measure(
    photo: &Path,
    effort: &Effort,
    tell: &mut dyn FnMut(&str),
) -> anyhow::Result<Vec<Figure>> {
    let config = crate::port_factory::vision_config();
    let mut figures = Vec::new();
    tell("what is seen in a frame");
    figures.extend(vision::measure(&config, photo, effort.rounds)?);
    tell("what the panel's wire carries");
    figures.extend(panel::measure()?);
    tell("what is chosen from 100,000 tracks");
    figures.extend(suggest::measure());
    tell("start, press and rest of a simulated device");
    figures.extend(device::measure(photo, effort)?);
    Ok(figures)
}
