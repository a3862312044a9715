//! The mood model: an aligned crop in, calibrated scores out.

use std::path::Path;

use zeroize::Zeroizing;

use crate::numbers::Whole;
use crate::ports::vision::align::{Crop, whole};
use crate::ports::vision::photo::read_photo;
use crate::ports::vision::pixels::Luma;
use crate::ports::vision::sidecar::{Heads, Quantisation, Sidecar};
use crate::ports::vision::tensor::{Element, Tensors, TfLite, read_model};
use crate::ports::vision::{VisionError, check_sum};
use moodbox_core::mood::{DecisionRule, Scores};

/// How far, in stored steps, an output may be from its golden value. Kernels round the low bits
/// differently: between the newer runtime that writes the golden values and the library that ships, up
/// to 5 steps were seen on one processor. A network that is wired wrongly is tens away, and the winner
/// has to be the same in any case.
const GOLDEN_TOLERANCE: f32 = 8.0;

/// Golden cases that are checked at the start. A library that computes wrongly, or a model of another sidecar, shows in
/// each of them, and each costs a run of the network; `moodbox doctor` checks all.
const GOLDEN_AT_START: usize = 2;

/// What a model answers to a crop, as real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logits {
    /// Of the head that decides, in the order of [`moodbox_core::mood::Mood::ALL`].
    pub moods: [f32; 7],
    /// Of none of the moods, where the model knows that answer.
    pub other: Option<f32>,
    /// Of the head of the official label, which decides nothing, in the same order.
    pub label: Option<[f32; 7]>,
}

/// A classifier with its sidecar.
pub struct MoodModel {
    network: Box<dyn Tensors>,
    sidecar: Sidecar,
    heads: Heads,
    channels: usize,
    /// Where each pixel of the input reads from the crop: two pixels and the share of the second.
    taps: Vec<(usize, usize, f32)>,
    input: Zeroizing<Vec<f32>>,
    outputs: Vec<Vec<f32>>,
}

impl MoodModel {
    /// Loads the model that the sidecar at `path` names, and checks all of it: the sum of the file,
    /// the shapes, the quantisation, and the first golden cases; [`MoodModel::check_golden`] checks the others.
    ///
    /// # Errors
    /// When a file cannot be read, is another one than the sidecar says, or a golden case fails.
    pub fn load(runtime: &Path, path: &Path) -> Result<MoodModel, VisionError> {
        let sidecar = Sidecar::read(path)?;
        let file = path.with_file_name(&sidecar.file);
        let bytes = read_model(&file)?;
        check_sum(&file, &bytes, &sidecar.sha256)?;
        let network = TfLite::load(runtime, &file, bytes)?;
        let mut model = MoodModel::over(Box::new(network), sidecar)
            .map_err(|reason| VisionError::MoodModel { path: file.display().to_string(), reason })?;
        model.check_cases(path, GOLDEN_AT_START)?;
        Ok(model)
    }

    /// Around a network that fits the sidecar; otherwise says what does not.
    ///
    /// # Errors
    /// What of it does not fit, in words.
    pub fn over(network: Box<dyn Tensors>, sidecar: Sidecar) -> Result<MoodModel, String> {
        let heads = sidecar.heads()?;
        let size = sidecar.input.size;
        let input = network.input();
        let channels = match input.shape.as_slice() {
            [1, height, width, channels @ (1 | 3)] if (*height, *width) == (size, size) => *channels,
            _ => {
                return Err(format!(
                    "its input is {input}, but the sidecar says [1, {size}, {size}, 1 or 3]"
                ));
            }
        };
        let quantisation = Quantisation { scale: sidecar.input.scale, zero_point: sidecar.input.zero_point };
        agrees(input.element, quantisation).map_err(|reason| format!("input: {reason}"))?;
        let [output] = network.outputs() else {
            return Err(format!("it has {} outputs, not one", network.outputs().len()));
        };
        if output.shape != [1, heads.outputs] {
            return Err(format!("its output is {output}, but the sidecar names [1, {}]", heads.outputs));
        }
        agrees(output.element, sidecar.output).map_err(|reason| format!("output: {reason}"))?;
        let taps = taps(sidecar.input.resolution, size);
        let input = Zeroizing::new(Vec::with_capacity(size * size * channels));
        Ok(MoodModel { network, sidecar, heads, channels, taps, input, outputs: vec![Vec::new()] })
    }

    /// The sidecar of this model.
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }

    /// The rule of this model for what is sure.
    pub fn judge(&self) -> DecisionRule {
        DecisionRule { decision: self.sidecar.decision.clone(), strength: self.sidecar.strength }
    }

    /// Pixels a side that a crop must have.
    pub fn resolution(&self) -> usize {
        self.sidecar.input.resolution
    }

    /// Calibrated scores of a crop.
    ///
    /// # Errors
    /// When the crop has another size than [`MoodModel::resolution`], or the network fails.
    pub fn scores(&mut self, crop: &Crop) -> Result<Scores, VisionError> {
        let logits = self.logits(crop)?;
        Ok(self.calibrated(&logits))
    }

    /// The probabilities that belong to logits of the head that decides.
    pub(super) fn calibrated(&self, logits: &Logits) -> Scores {
        Scores::with_other(logits.moods, logits.other, self.sidecar.calibration.temperature)
    }

    /// The answers of all heads.
    pub(super) fn logits(&mut self, crop: &Crop) -> Result<Logits, VisionError> {
        let Heads { moods, other, label, .. } = self.heads;
        let outputs = self.outputs(crop)?;
        // An output that a network does not give, although its shape promises it, is not a number.
        let of = |place: usize| outputs.get(place).copied().unwrap_or(f32::NAN);
        Ok(Logits { moods: moods.map(of), other: other.map(of), label: label.map(|label| label.map(of)) })
    }

    /// The real outputs, in the order of the sidecar's labels.
    fn outputs(&mut self, crop: &Crop) -> Result<&[f32], VisionError> {
        if crop.side() != self.resolution() {
            return Err(VisionError::Crop { found: crop.side(), wanted: self.resolution() });
        }
        self.input.clear();
        let side = crop.side();
        let grey = crop.grey();
        for (y0, y1, fy) in &self.taps {
            for (x0, x1, fx) in &self.taps {
                let at = |x: usize, y: usize| f32::from(grey[y * side + x]);
                let top = at(*x0, *y0) + (at(*x1, *y0) - at(*x0, *y0)) * fx;
                let bottom = at(*x0, *y1) + (at(*x1, *y1) - at(*x0, *y1)) * fx;
                let real = (top + (bottom - top) * fy) / 127.5 - 1.0;
                self.input.extend(std::iter::repeat_n(real, self.channels));
            }
        }
        let run = self.network.run(&self.input, &mut self.outputs);
        self.input.fill(0.0);
        zeroize::optimization_barrier(self.input.as_slice());
        run?;
        Ok(&self.outputs[0])
    }

    /// Checks that it says the same as where it was made, for each golden case: the same mood wins, and every output
    /// is within a few steps of its golden value. The pictures stand beside the sidecar at `path`.
    ///
    /// # Errors
    /// When a picture cannot be read, or is answered otherwise.
    pub fn check_golden(&mut self, path: &Path) -> Result<(), VisionError> {
        self.check_cases(path, usize::MAX)
    }

    fn check_cases(&mut self, sidecar: &Path, most: usize) -> Result<(), VisionError> {
        let Quantisation { scale, zero_point } = self.sidecar.output;
        for golden in self.sidecar.golden.iter().take(most).cloned().collect::<Vec<_>>() {
            let path = sidecar.with_file_name(&golden.image);
            let wrong = |reason: String| VisionError::Golden { case: path.display().to_string(), reason };
            let picture = read_photo(&path).map_err(|error| wrong(error.to_string()))?;
            let mut luma = Luma::default();
            luma.fill_from(&picture);
            let side = self.resolution();
            if (luma.width as usize, luma.height as usize) != (side, side) {
                return Err(wrong(format!("is {}x{}, not {side}x{side}", luma.width, luma.height)));
            }
            let moods = self.heads.moods;
            let outputs = self.outputs(&whole(&luma, side))?;
            let stored: Vec<f32> = outputs.iter().map(|real| real / scale + zero_point as f32).collect();
            let expected: Vec<f32> = golden.logits.iter().map(|logit| *logit as f32).collect();
            let off = stored.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // Written so that an output which is not a number fails too.
            let near = off <= GOLDEN_TOLERANCE && stored.iter().all(|value| value.is_finite());
            let winner = |values: &[f32]| winner(&moods.map(|place| values[place]));
            if !near || stored.len() != expected.len() || winner(&stored) != winner(&expected) {
                return Err(wrong(format!(
                    "the model says {:?} where {:?} was written down: the tensor library computes wrongly \
                     on this machine, or model and sidecar do not belong together",
                    stored.iter().map(|value| value.round()).collect::<Vec<_>>(),
                    golden.logits
                )));
            }
        }
        Ok(())
    }
}

/// The first of the largest.
fn winner(values: &[f32; 7]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}

/// Whether the file's own quantisation is what the sidecar says; a float tensor has none.
fn agrees(element: Element, said: Quantisation) -> Result<(), String> {
    match element {
        Element::Float32 => Ok(()),
        Element::Int8 { scale, zero_point } | Element::Uint8 { scale, zero_point } => {
            // The sidecar carries the scale in decimal: allow for its last digit.
            if zero_point == said.zero_point && (scale / said.scale - 1.0).abs() < 1e-4 {
                Ok(())
            } else {
                Err(format!(
                    "the file has scale {scale} and zero point {zero_point}, the sidecar {} and {}",
                    said.scale, said.zero_point
                ))
            }
        }
    }
}

/// Bilinear, with half-pixel centres, from a line of `from` pixels to one of `to`.
fn taps(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let last = from.saturating_sub(1);
    (0..to)
        .map(|at| {
            let place = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, last as f32);
            let first = place.floor();
            (first.to_usize(), (first.to_usize() + 1).min(last), place - first)
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ports::vision::tensor::{Spec, TensorError};
    use moodbox_core::mood::Mood;

    /// A model over such a network, for crops of 7 pixels a side.
    pub fn model(says: Option<[f32; 7]>) -> MoodModel {
        let network = drawn([1, 14, 14, 1], Element::Float32);
        MoodModel::over(Box::new(Drawn { says, ..*network }), sidecar()).unwrap()
    }

    /// A network that says how bright each seventh of the input's rows is, or whatever it is told.
    struct Drawn {
        input: Spec,
        outputs: Vec<Spec>,
        says: Option<[f32; 7]>,
    }

    impl Tensors for Drawn {
        fn input(&self) -> &Spec {
            &self.input
        }
        fn outputs(&self) -> &[Spec] {
            &self.outputs
        }
        fn run(&mut self, input: &[f32], outputs: &mut [Vec<f32>]) -> Result<(), TensorError> {
            let part = input.len() / 7;
            let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
            outputs[0] = match self.says {
                Some(logits) => logits.to_vec(),
                None => input.chunks(part).take(7).map(mean).collect(),
            };
            Ok(())
        }
    }

    /// A network that always says the same.
    struct ConstantNetwork {
        network: Drawn,
        says: Vec<f32>,
    }

    impl Tensors for ConstantNetwork {
        fn input(&self) -> &Spec {
            &self.network.input
        }
        fn outputs(&self) -> &[Spec] {
            &self.network.outputs
        }
        fn run(&mut self, _: &[f32], outputs: &mut [Vec<f32>]) -> Result<(), TensorError> {
            outputs[0] = self.says.clone();
            Ok(())
        }
    }

    fn drawn(shape: [usize; 4], element: Element) -> Box<Drawn> {
        let outputs = vec![Spec { shape: vec![1, 7], element }];
        Box::new(Drawn { input: Spec { shape: shape.to_vec(), element }, outputs, says: None })
    }

    fn sidecar() -> Sidecar {
        toml::from_str(
            r#"
            version = "1"
            file = "m.tflite"
            sha256 = ""
            made_by = "a test"
            labels = ["neutral", "surprise", "sad", "happy", "fear", "disgust", "angry"]
            input = { size = 14, resolution = 7, scale = 0.0078125, zero_point = 0 }
            output = { scale = 0.1, zero_point = 0 }
            calibration = { temperature = 1.0 }
            decision = { margin = 0.1, threshold = { angry = 0.5, disgust = 0.5, fear = 0.5, happy = 0.5, sad = 0.5, surprise = 0.5, neutral = 0.5 } }
            strength = { clear = 0.8, strong = 0.9 }
            golden = []
            "#,
        )
        .unwrap()
    }

    pub fn crop(grey: impl Fn(usize) -> u8, side: usize) -> Crop {
        let bytes = (0..side * side).map(|at| grey(at / side)).collect();
        whole(&Luma::new(side as u32, side as u32, bytes).unwrap(), side)
    }

    #[test]
    fn float_and_colour_networks_are_taken_too_and_labels_go_by_name() {
        for (channels, element) in [
            (1, Element::Float32),
            (3, Element::Float32),
            (1, Element::Int8 { scale: 0.0078125, zero_point: 0 }),
        ] {
            let mut network = drawn([1, 14, 14, channels], element);
            network.outputs[0].element = Element::Float32;
            let mut model = MoodModel::over(network, sidecar()).unwrap();
            // The second seventh is the brightest, and the second label is surprise.
            let scores = model.scores(&crop(|row| if row == 1 { 255 } else { 0 }, 7)).unwrap();
            assert_eq!(scores.top_two().0.0, Mood::Surprise, "{element}");
        }
    }

    #[test]
    fn two_heads_decide_by_the_first_and_keep_the_other_apart() {
        let mut network = drawn([1, 14, 14, 1], Element::Float32);
        network.outputs[0].shape = vec![1, 15];
        let mut sidecar = sidecar();
        sidecar.labels.insert(2, "other".into());
        sidecar.label_head = Mood::ALL.map(|mood| mood.name().into()).to_vec();
        sidecar.decision.other = Some(0.5);
        // The labels are: neutral, surprise, other, sad, happy, fear, disgust, angry.
        let mut says = vec![0.0f32; 15];
        (says[1], says[2], says[8 + Mood::Fear.index()]) = (5.0, 4.0, 9.0);
        let mut model =
            MoodModel::over(Box::new(ConstantNetwork { network: *network, says }), sidecar).unwrap();
        let face = crop(|_| 0, 7);
        let logits = model.logits(&face).unwrap();
        assert_eq!((logits.moods[Mood::Surprise.index()], logits.other), (5.0, Some(4.0)));
        assert_eq!(logits.label.unwrap()[Mood::Fear.index()], 9.0);
        let scores = model.scores(&face).unwrap();
        assert_eq!(scores.top_two().0.0, Mood::Surprise);
        assert!((0.25..0.28).contains(&scores.other()), "{scores:?}");
    }

    #[test]
    fn a_network_that_does_not_fit_its_sidecar_says_what_does_not() {
        for (network, part) in [
            (drawn([1, 16, 16, 1], Element::Float32), "its input is [1, 16, 16, 1]"),
            (drawn([1, 14, 14, 2], Element::Float32), "its input is"),
            (
                drawn([1, 14, 14, 1], Element::Int8 { scale: 0.5, zero_point: 0 }),
                "input: the file has scale 0.5",
            ),
            (drawn([1, 14, 14, 1], Element::Int8 { scale: 0.0078125, zero_point: 9 }), "zero point 9"),
            (drawn([1, 14, 14, 1], Element::Uint8 { scale: 0.0078125, zero_point: 0 }), "output: the file"),
        ] {
            let complaint = MoodModel::over(network, sidecar()).err().unwrap();
            assert!(complaint.contains(part), "{complaint}");
        }
        let mut two = drawn([1, 14, 14, 1], Element::Float32);
        two.outputs.push(two.outputs[0].clone());
        assert!(MoodModel::over(two, sidecar()).err().unwrap().contains("2 outputs"));
    }

    #[test]
    fn outputs_that_are_no_numbers_make_nobody_sure() {
        let mut network = drawn([1, 14, 14, 1], Element::Float32);
        network.says = Some([f32::NAN; 7]);
        let mut model = MoodModel::over(network, sidecar()).unwrap();
        assert_eq!(model.scores(&crop(|_| 0, 7)).unwrap(), Scores::uniform());
    }

    #[test]
    fn a_crop_of_another_size_is_an_error() {
        let mut model = MoodModel::over(drawn([1, 14, 14, 1], Element::Float32), sidecar()).unwrap();
        assert!(matches!(model.scores(&crop(|_| 0, 8)), Err(VisionError::Crop { found: 8, wanted: 7 })));
    }

    #[test]
    fn enlarging_reads_between_pixel_centres() {
        assert_eq!(taps(2, 4), [(0, 1, 0.0), (0, 1, 0.25), (0, 1, 0.75), (1, 1, 0.0)]);
        assert!(taps(48, 48).iter().enumerate().all(|(at, tap)| (tap.0, tap.2) == (at, 0.0)));
    }
}
