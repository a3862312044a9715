//! The tempo: where the onsets agree best with themselves, some time later.
//!
//! Autocorrelation of the onset strength with a preference for tempi near 120 beats a minute, as Ellis
//! (2007, "Beat tracking by dynamic programming", Journal of New Music Research 36:1) has it.

use crate::numbers::{Whole, to_f32};

/// Beats a minute that are looked for.
const SLOWEST: f32 = 40.0;
const FASTEST: f32 = 220.0;
/// Where people tap along most readily, and how wide that preference is, in octaves.
const LIKELY: f32 = 120.0;
const WIDTH: f32 = 1.0;
/// Agreement, 0 to 1, below which there is no pulse.
const LEAST: f32 = 0.1;
/// Mean square of the onsets below which nothing begins at all: a tone that lasts has 0.00002, a click
/// track at -46 dB has 0.03.
const FAINTEST: f32 = 0.01;

/// Beats a minute of onset strengths that come at `rate` a second; none where no pulse stands out.
pub fn tempo(onsets: &[f32], rate: f32) -> Option<f32> {
    let level = without_drift(onsets, (rate * 0.5).to_usize());
    let (shortest, longest) = ((rate * 60.0 / FASTEST).to_usize(), (rate * 60.0 / SLOWEST).ceil().to_usize());
    if shortest < 2 || level.len() < 2 * longest {
        return None;
    }
    let power = agreement(&level, 0);
    if power < FAINTEST * level.len() as f32 {
        return None;
    }
    let curve: Vec<f32> = (0..=longest + 1).map(|lag| agreement(&level, lag) / power).collect();
    let preferred = |lag: usize| {
        let octaves = (60.0 * rate / lag as f32 / LIKELY).log2() / WIDTH;
        curve.get(lag).map_or(0.0, |height| height * (-0.5 * octaves * octaves).exp())
    };
    let best = (shortest..=longest).max_by(|a, b| preferred(*a).total_cmp(&preferred(*b)))?;
    let [before, here, after] = curve.get(best - 1..best + 2)?.first_chunk().copied()?;
    if here < LEAST {
        return None;
    }
    // The peak lies between the steps.
    let bend = before - 2.0 * here + after;
    let shift = if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Some((60.0 * rate / (best as f32 + shift)).clamp(SLOWEST, FASTEST))
}

/// Each value less the mean around it, so that a slow rise of the sound is not taken for beats.
fn without_drift(values: &[f32], reach: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64];
    for value in values {
        sums.push(sums.last().copied().unwrap_or(0.0) + f64::from(*value));
    }
    let sum = |at: usize| sums.get(at).copied().unwrap_or(0.0);
    let mean = |at: usize| {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(values.len()));
        to_f32((sum(to) - sum(from)) / (to - from) as f64)
    };
    values.iter().enumerate().map(|(at, value)| value - mean(at)).collect()
}

/// How far the values agree with themselves `lag` later. Not corrected for the shorter overlap, so that
/// of two equal peaks the earlier one wins.
fn agreement(values: &[f32], lag: usize) -> f32 {
    let later = values.get(lag..).unwrap_or_default();
    values.iter().zip(later).map(|(now, then)| now * then).sum()
}
