//! What a decision rested on: parts of the face are covered one after another, and the parts whose
//! absence costs the mood most of its lead are the ones that spoke for it.
//!
//! It asks nothing of the network but its answers, so it holds for any model. Occlusion sensitivity
//! after Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.

use crate::numbers::Whole;
use crate::ports::vision::VisionError;
use crate::ports::vision::align::Crop;
use crate::ports::vision::model::MoodModel;

/// The covered square, as a share of the crop's side: an eye, half a mouth.
const PATCH: f32 = 0.22;

/// How often the square fits into its own width as it moves on.
const STEPS_A_PATCH: usize = 3;

/// How much each part of a crop spoke for the mood that won.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    side: usize,
    values: Vec<f32>,
}

impl Heat {
    /// The weight at shares `x`, `y` of the crop, each in [0, 1]: 1 for the part that spoke most, 0
    /// for what said nothing or spoke against it. Bilinear between the crop's pixels.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let last = self.side.saturating_sub(1) as f32;
        // `max` and `min` and not `clamp`: they turn what is no number into the border.
        let place = |share: f32| (share * self.side as f32 - 0.5).max(0.0).min(last);
        let (x, y) = (place(x), place(y));
        let (x0, y0) = (x.floor().to_usize(), y.floor().to_usize());
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let top = self.value(x0, y0) * (1.0 - fx) + self.value(x0 + 1, y0) * fx;
        let bottom = self.value(x0, y0 + 1) * (1.0 - fx) + self.value(x0 + 1, y0 + 1) * fx;
        top * (1.0 - fy) + bottom * fy
    }

    fn value(&self, x: usize, y: usize) -> f32 {
        let last = self.side.saturating_sub(1);
        self.values.get(y.min(last) * self.side + x.min(last)).copied().unwrap_or(0.0)
    }
}

/// Covers one part of the crop after another: about 180 inferences.
pub fn explain(model: &mut MoodModel, crop: &Crop) -> Result<Heat, VisionError> {
    let side = crop.side();
    let patch = ((side as f32 * PATCH).round().to_usize()).clamp(1, side.max(1));
    let step = (patch / STEPS_A_PATCH).max(1);
    let logits = model.logits(crop)?.moods;
    let winner = winner(&logits);
    let whole = lead(&logits, winner);
    let (mut lost, mut times) = (vec![0.0f32; side * side], vec![0u32; side * side]);
    // The first and the last squares reach over the border, or the rim would be covered less often.
    let corners = || (0..side + patch - 1).step_by(step);
    for bottom in corners() {
        let rows = (bottom + 1).saturating_sub(patch)..(bottom + 1).min(side);
        for right in corners() {
            let columns = (right + 1).saturating_sub(patch)..(right + 1).min(side);
            let covered = model.logits(&crop.covered(columns.clone(), rows.clone()))?;
            let drop = whole - lead(&covered.moods, winner);
            for y in rows.clone() {
                for x in columns.clone() {
                    lost[y * side + x] += drop;
                    times[y * side + x] += 1;
                }
            }
        }
    }
    let mean = lost.iter().zip(&times).map(|(lost, times)| (lost / (*times).max(1) as f32).max(0.0));
    let mut values: Vec<f32> = mean.collect();
    let most = values.iter().copied().fold(0.0, f32::max);
    if most > 0.0 {
        values.iter_mut().for_each(|value| *value /= most);
    }
    Ok(Heat { side, values })
}

fn winner(logits: &[f32; 7]) -> usize {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0)
}

/// How far one output leads the best of the others. Probabilities would not do: near one they no
/// longer move.
fn lead(logits: &[f32; 7], winner: usize) -> f32 {
    let others = logits.iter().enumerate().filter(|(at, _)| *at != winner);
    logits[winner] - others.map(|(_, logit)| *logit).fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::vision::model::tests::{crop, model};

    #[test]
    fn the_part_that_a_decision_rests_on_is_the_hottest() {
        // Each output of this network is the brightness of its own seventh of the rows.
        let mut model = model(None);
        let heat = explain(&mut model, &crop(|row| if row == 5 { 250 } else { 40 }, 7)).unwrap();
        let row = |row: usize| heat.at(0.5, (row as f32 + 0.5) / 7.0);
        assert!(row(5) > 0.99, "{}", row(5));
        assert!(row(1) < 0.1, "{}", row(1));
        for (x, y) in [(0.0, 0.0), (1.0, 1.0), (f32::NAN, -3.0), (9.0, 0.5)] {
            assert!((0.0..=1.0).contains(&heat.at(x, y)));
        }
    }

    #[test]
    fn a_network_that_always_says_the_same_rests_on_nothing() {
        let mut model = model(Some([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
        let heat = explain(&mut model, &crop(|_| 90, 7)).unwrap();
        assert_eq!(heat.at(0.5, 0.5), 0.0);
    }
}
