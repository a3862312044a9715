//! Samples to spectra: the centre of gravity, the onsets, and how strong each pitch class is.

use crate::numbers::{Whole, to_f32};
use std::sync::Arc;

use super::speech::SpeechMeter;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// What the spectra tell.
pub struct Heard {
    /// Hz.
    pub centroid: f32,
    /// How much the sound grew from one short window to the next, and how many of these a second.
    pub onsets: Vec<f32>,
    /// Values of `onsets` a second.
    pub onset_rate: f32,
    /// Strength of C, C sharp, ... B.
    pub chroma: [f32; 12],
    /// Whether it was somebody who speaks, with nothing behind the voice.
    pub speech: bool,
}

/// The short window, in seconds: an onset is a matter of some hundredths.
const SHORT: f32 = 0.046;
/// Short windows overlap by three quarters.
const OVERLAP: usize = 4;
/// The long window is so many short ones: 5 Hz a line tell semitones apart from 130 Hz on.
const LONG: usize = 4;
/// Pitches that chords are made of, in Hz: C3 to B6. Below, lines are too coarse; above are overtones.
const PITCHES: (f32, f32) = (128.0, 2000.0);
/// Less than this is no sound worth two seconds of windows.
const FEWEST_ONSETS: usize = 160;

/// Collects spectra of mono samples.
pub struct Spectrum {
    rate: f32,
    short: Window,
    long: Window,
    before: Vec<f32>,
    onsets: Vec<f32>,
    weighted: f64,
    weight: f64,
    chroma: [f64; 12],
    speech: SpeechMeter,
}

impl Spectrum {
    /// For samples at this rate in Hz.
    pub fn new(rate: u32) -> Spectrum {
        let length = ((rate as f32 * SHORT).to_usize()).next_power_of_two();
        // The nearer of the two powers of two.
        let length = if length as f32 > rate as f32 * SHORT * 1.5 { length / 2 } else { length };
        let mut planner = RealFftPlanner::new();
        Spectrum {
            rate: rate as f32,
            short: Window::new(&mut planner, length, length / OVERLAP),
            long: Window::new(&mut planner, length * LONG, length * LONG / 2),
            before: Vec::new(),
            onsets: Vec::new(),
            weighted: 0.0,
            weight: 0.0,
            chroma: [0.0; 12],
            speech: SpeechMeter::new(&mut planner, length, rate as f32),
        }
    }

    /// Takes the next samples, full scale at 1.
    pub fn take(&mut self, samples: &[f32]) {
        let Spectrum { rate, short, long, before, onsets, weighted, weight, chroma, speech } = self;
        short.take(samples, |lines, length| {
            speech.take(lines);
            let width = *rate / length as f32;
            for (line, strength) in lines.iter().enumerate().skip(1) {
                *weighted += f64::from(line as f32 * width * strength);
                *weight += f64::from(*strength);
            }
            // In the logarithm a soft note counts as well as a loud one.
            let grown: f32 = lines
                .iter()
                .zip(before.iter())
                .map(|(now, then)| ((1.0 + 100.0 * now).ln() - (1.0 + 100.0 * then).ln()).max(0.0))
                .sum();
            if !before.is_empty() {
                onsets.push(grown);
            }
            before.clear();
            before.extend_from_slice(lines);
        });
        long.take(samples, |lines, length| {
            let width = *rate / length as f32;
            for at in 1..lines.len().saturating_sub(1) {
                let Some([left, here, right]) = lines.get(at - 1..at + 2).and_then(|near| near.first_chunk())
                else {
                    continue;
                };
                let hertz = at as f32 * width;
                // A tone is a peak; what lies beside it is its own leakage.
                if hertz >= PITCHES.0 && hertz <= PITCHES.1 && here > left && here >= right {
                    let bend = (left - right) / (2.0 * (left - 2.0 * here + right)).min(-f32::EPSILON);
                    let note = 69.0 + 12.0 * ((hertz + bend * width) / 440.0).log2();
                    let class = (note.round().to_i32()).rem_euclid(12) as usize;
                    if let Some(class) = chroma.get_mut(class) {
                        *class += f64::from(*here);
                    }
                }
            }
        });
    }

    /// What all samples tell; none where there were too few.
    pub fn finish(self) -> Option<Heard> {
        if self.onsets.len() < FEWEST_ONSETS || self.weight <= 0.0 {
            return None;
        }
        let a_second = self.rate / self.short.hop as f32;
        Some(Heard {
            speech: self.speech.is_speech(a_second),
            centroid: to_f32(self.weighted / self.weight),
            onset_rate: a_second,
            onsets: self.onsets,
            chroma: self.chroma.map(to_f32),
        })
    }
}

/// Overlapping windows of a stream, each turned into its spectrum.
struct Window {
    length: usize,
    hop: usize,
    shape: Vec<f32>,
    waiting: Vec<f32>,
    plan: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    lines: Vec<f32>,
}

impl Window {
    fn new(planner: &mut RealFftPlanner<f32>, length: usize, hop: usize) -> Window {
        let plan = planner.plan_fft_forward(length);
        let shape = (0..length)
            .map(|at| 0.5 - 0.5 * (std::f32::consts::TAU * at as f32 / length as f32).cos())
            .collect();
        let (input, output) = (plan.make_input_vec(), plan.make_output_vec());
        Window { length, hop, shape, waiting: Vec::new(), plan, input, output, lines: Vec::new() }
    }

    /// Gives the magnitudes of each whole window to `each`, with the window's length.
    fn take(&mut self, samples: &[f32], mut each: impl FnMut(&[f32], usize)) {
        self.waiting.extend_from_slice(samples);
        let mut start = 0;
        while let Some(window) = self.waiting.get(start..start + self.length) {
            for ((to, sample), shape) in self.input.iter_mut().zip(window).zip(&self.shape) {
                *to = sample * shape;
            }
            // The buffers come from the plan itself, so their lengths are right.
            if self.plan.process(&mut self.input, &mut self.output).is_ok() {
                // A full-scale sine is a line of height 1, whatever the length.
                let scale = 4.0 / self.length as f32;
                self.lines.clear();
                self.lines.extend(self.output.iter().map(|line| line.norm() * scale));
                each(&self.lines, self.length);
            }
            start += self.hop;
        }
        self.waiting.drain(..start);
    }
}
