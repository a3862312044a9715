//! What travels with a mood model: the file `mood.toml` beside it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ports::store;
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
    /// The outputs that decide, in their order: the seven moods, and `other` (none of them, or no face)
    /// where the model knows it.
    pub labels: Vec<String>,
    /// The outputs behind these, where the model has a second head: the moods of the data set's official
    /// label, for comparing with published figures. They decide nothing.
    #[serde(default)]
    pub label_head: Vec<String>,
    /// What the model takes.
    pub input: Input,
    /// How its outputs are stored.
    pub output: Quantisation,
    /// How its outputs become probabilities.
    pub calibration: Calibration,
    /// When a reading counts as sure.
    pub decision: Decision,
    /// From which probability on a mood counts as clear or strong.
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
    /// The stored value that stands for 0.
    pub zero_point: i32,
}

/// How real values are stored as integers: real = scale * (stored - zero_point).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantisation {
    /// The step from one stored value to the next, in real values.
    pub scale: f32,
    /// The stored value that stands for 0.
    pub zero_point: i32,
}

/// What turns logits into calibrated probabilities.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The softmax is taken of logits divided by this; above 0.
    pub temperature: f32,
}

/// A grey picture and the outputs that belong to it, as stored, in the order of `labels` and `label_head`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// The picture, beside the sidecar.
    pub image: PathBuf,
    /// What the outputs must be, as stored, within the tolerance of the check.
    pub logits: Vec<i32>,
}

impl Sidecar {
    /// Reads and checks one.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong.
    pub fn read(path: &Path) -> Result<Sidecar, VisionError> {
        let wrong = |reason: String| VisionError::Sidecar { path: path.display().to_string(), reason };
        let text = store::read_text(path, store::LARGEST_TEXT).map_err(|error| wrong(error.to_string()))?;
        Sidecar::parse(&text).map_err(wrong)
    }

    /// Checks the text of one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Sidecar, String> {
        let sidecar: Sidecar =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let heads = sidecar.heads()?;
        sidecar.check(&heads)?;
        Ok(sidecar)
    }

    /// What each output means. The deciding head has each of the seven moods once, and may have `other`;
    /// the head of the official label, if there is one, has the seven.
    ///
    /// # Errors
    /// When a mood is missing, is there twice, or a label is unknown.
    pub fn heads(&self) -> Result<Heads, String> {
        let decide = self.labels.len();
        let at = self.labels.iter().position(|label| label == OTHER);
        let known: Vec<(usize, &String)> =
            self.labels.iter().enumerate().filter(|(place, _)| Some(*place) != at).collect();
        let moods = places("labels", &known)?;
        let label = match self.label_head.as_slice() {
            [] => None,
            head => {
                let head: Vec<(usize, &String)> =
                    head.iter().enumerate().map(|(place, label)| (decide + place, label)).collect();
                Some(places("label_head", &head)?)
            }
        };
        Ok(Heads { moods, other: at, label, outputs: decide + self.label_head.len() })
    }

    fn check(&self, heads: &Heads) -> Result<(), String> {
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
            (self.decision.other.is_none_or(share), "decision.other must be from 0 to 1"),
            (
                self.decision.other.is_some() == heads.other.is_some(),
                "decision.other is the probability from which nothing is claimed: it must be there if `labels` has \
                 `other`, and only then",
            ),
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
        if let Some((_, rule)) = rules.into_iter().find(|(holds, _)| !holds) {
            return Err(rule.into());
        }
        match self.golden.iter().find(|case| case.logits.len() != heads.outputs) {
            Some(case) => Err(format!(
                "the golden case {} has {} logits; labels and label_head name {}",
                case.image.display(),
                case.logits.len(),
                heads.outputs
            )),
            None => Ok(()),
        }
    }
}

/// The name in `labels` of the output that stands for none of the moods.
const OTHER: &str = "other";

/// Where in the outputs of a model each answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The moods of the head that decides, in the order of [`Mood::ALL`].
    pub moods: [usize; 7],
    /// None of the moods.
    pub other: Option<usize>,
    /// The moods of the head of the official label, in the order of [`Mood::ALL`].
    pub label: Option<[usize; 7]>,
    /// How many outputs there are.
    pub outputs: usize,
}

/// The place of each mood among `labels`, which must be the seven, each once.
fn places(key: &str, labels: &[(usize, &String)]) -> Result<[usize; 7], String> {
    let mut places = [None; 7];
    let mut twice = None;
    for (place, label) in labels {
        let mood: Mood = label.parse().map_err(|error| format!("{key}: {error}"))?;
        if places[mood.index()].replace(*place).is_some() {
            twice = Some(mood);
        }
    }
    let mut found = [0; 7];
    for (mood, place) in Mood::ALL.into_iter().zip(places) {
        found[mood.index()] = place.ok_or_else(|| format!("{key}: `{mood}` is missing"))?;
    }
    match twice {
        Some(mood) => Err(format!("{key}: `{mood}` is there twice")),
        None => Ok(found),
    }
}

fn positive(value: f32) -> bool {
    value.is_finite() && value > 0.0
}
