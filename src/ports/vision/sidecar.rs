//! What travels with a mood model: the file `mood.toml` beside it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ports::vision::VisionError;
use moodbox_core::mood::{Decision, Mood, StrengthLimits};

/// The sidecar of a mood model. Every key is required, and no other is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// The version of the model, as its maker counts.
    pub version: String,
    /// The model file, beside the sidecar.
    pub file: PathBuf,
    /// Of the model file, in hexadecimal.
    pub sha256: String,
    /// How it was made, in words.
    pub made_by: String,
    /// The moods in the order of the model's outputs.
    pub labels: [String; 7],
    pub input: Input,
    pub output: Quantisation,
    pub calibration: Calibration,
    pub decision: Decision,
    pub strength: StrengthLimits,
    /// Pictures with what the model must say of them, checked at every start.
    pub golden: Vec<Golden>,
}

/// What the model takes: a face crop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Pixels a side of the model's input.
    pub size: usize,
    /// Pixels a side of the crop, before it is brought to `size`: the detail that was there in training.
    pub resolution: usize,
    /// real = scale * (stored - zero_point), where real is byte / 127.5 - 1. Unused by a float model.
    pub scale: f32,
    pub zero_point: i32,
}

/// real = scale * (stored - zero_point)
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantisation {
    pub scale: f32,
    pub zero_point: i32,
}

/// What turns logits into probabilities that mean what they say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The softmax is taken of logits divided by this; above 0.
    pub temperature: f32,
}

/// A grey picture and the seven outputs that belong to it, as stored, in the order of `labels`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    pub image: PathBuf,
    pub logits: [i32; 7],
}

impl Sidecar {
    /// Reads and checks one.
    pub fn read(path: &Path) -> Result<Sidecar, VisionError> {
        let wrong = |reason: String| VisionError::Sidecar { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Sidecar::parse(&text).map_err(wrong)
    }

    /// Checks the text of one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Sidecar, String> {
        let sidecar: Sidecar =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        sidecar.moods().and_then(|_| sidecar.check())?;
        Ok(sidecar)
    }

    /// The moods in the order of the outputs; each of the seven must be there once.
    pub fn moods(&self) -> Result<[Mood; 7], String> {
        let mut moods = Mood::ALL;
        for (mood, label) in moods.iter_mut().zip(&self.labels) {
            *mood = label.parse().map_err(|error| format!("labels: {error}"))?;
        }
        match Mood::ALL.into_iter().find(|mood| !moods.contains(mood)) {
            Some(missing) => Err(format!("labels: `{missing}` is missing, another mood is there twice")),
            None => Ok(moods),
        }
    }

    fn check(&self) -> Result<(), String> {
        let sides = 8..=512;
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let thresholds = Mood::ALL.map(|mood| self.decision.threshold.of(mood));
        let rules = [
            (sides.contains(&self.input.size), "input.size must be 8 to 512 pixels"),
            (sides.contains(&self.input.resolution), "input.resolution must be 8 to 512 pixels"),
            (positive(self.input.scale), "input.scale must be a number above 0"),
            (positive(self.output.scale), "output.scale must be a number above 0"),
            (positive(self.calibration.temperature), "calibration.temperature must be a number above 0"),
            (share(self.decision.margin), "decision.margin must be from 0 to 1"),
            (thresholds.into_iter().all(share), "each decision.threshold must be from 0 to 1"),
            (
                share(self.strength.clear) && share(self.strength.strong),
                "strength limits must be from 0 to 1",
            ),
            (self.strength.clear <= self.strength.strong, "strength.clear must not be above strength.strong"),
            (
                !self.golden.is_empty(),
                "it has no [[golden]] case. Add a picture with the outputs that the model gave where it was made",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(rule.into()),
            None => Ok(()),
        }
    }
}

fn positive(value: f32) -> bool {
    value.is_finite() && value > 0.0
}
