//! How good the choosing is, measured: listeners whose taste is known, and ratings that people gave.

pub mod movielens;
pub mod neighbours;
pub mod resting_faces;
pub mod simulate;

/// A mean with its 95 % interval, mean ± `half`, by the normal approximation over independent values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub mean: f32,
    pub half: f32,
}

impl Interval {
    pub fn of(values: &[f32]) -> Interval {
        let n = values.len().max(1) as f32;
        let mean = values.iter().sum::<f32>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / (n - 1.0).max(1.0);
        Interval { mean, half: 1.96 * (variance / n).sqrt() }
    }

    /// Of the differences of two measurements of the same listeners.
    pub fn of_differences(a: &[f32], b: &[f32]) -> Interval {
        Interval::of(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ± {:.3}", self.mean, self.half)
    }
}
