//! Whether a sound is speech alone: somebody who reads, tells or preaches, with nothing behind the voice.
//!
//! Reference: Scheirer and Slaney (1997, "Construction and evaluation of a robust multifeature speech/music
//! discriminator", ICASSP) and Saunders (1996, "Real-time discrimination of broadcast speech/music"): speech has many
//! quiet frames, pauses, an envelope that moves about four times a second, voiced sounds, and a pitch that never rests
//! on a note. Each of these alone is met by some music; here all of them have to be met.
//!
//! The limits were set by 58 pieces of game music (of Debian's packages extremetuxracer, frozen-bubble, lincity-ng,
//! pingus and warzone2100), drums, plucked strings and a made singing voice, none of which meets more than four of the
//! six, and by recorded telephone prompts of four speakers in four languages and eSpeak's voices, which meet all.
//! Speech over music is taken for music, and rap without any music for speech.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::numbers::{Whole, to_f32};

/// The pitch of a voice, in Hz.
const VOICE: (f32, f32) = (70.0, 400.0);
/// Where the strongest tone is looked for, in Hz.
const TONES: (f32, f32) = (80.0, 1500.0);
/// Seconds that are enough to tell.
const ENOUGH: f32 = 15.0;
/// A pause of speech, in seconds.
const PAUSE: (f32, f32) = (0.12, 2.0);
/// Decibels below the loud frames from which a frame is quiet.
const QUIET: f32 = 25.0;
/// A tone rests that stays within so many hundredths of a semitone for so many seconds.
const REST: (f32, f32) = (20.0, 0.116);

/// Collects what tells speech from the short windows of [`super::spectrum`].
pub(super) struct SpeechMeter {
    rate: f32,
    frames: Vec<Frame>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    power: Vec<Complex<f32>>,
    similarity: Vec<f32>,
}

/// What is kept of one window.
struct Frame {
    /// Sum of the squares of its lines.
    power: f32,
    /// Hz of the strongest tone.
    tone: f32,
    is_voiced: bool,
}

impl SpeechMeter {
    /// For windows of so many samples at this rate.
    pub fn new(planner: &mut RealFftPlanner<f32>, length: usize, rate: f32) -> SpeechMeter {
        let inverse = planner.plan_fft_inverse(length);
        let (power, similarity) = (inverse.make_input_vec(), inverse.make_output_vec());
        SpeechMeter { rate, frames: Vec::new(), inverse, power, similarity }
    }

    /// Takes the magnitudes of one window.
    pub fn take(&mut self, lines: &[f32]) {
        let sum: f32 = lines.iter().map(|line| line * line).sum();
        let tone = self.tone(lines);
        for (power, line) in self.power.iter_mut().zip(lines) {
            *power = Complex::new(line * line, 0.0);
        }
        // The buffers come from the plan itself, so their lengths are right.
        let is_voiced = self.inverse.process(&mut self.power, &mut self.similarity).is_ok() && {
            let lag = |hertz: f32| (self.rate / hertz).to_usize();
            let all = self.similarity.first().copied().unwrap_or_default();
            let lags = self.similarity.get(lag(VOICE.1)..lag(VOICE.0)).unwrap_or_default();
            lags.iter().any(|like| *like > 0.5 * all)
        };
        self.frames.push(Frame { power: sum, tone, is_voiced });
    }

    /// Hz of the strongest line in reach, finer than the lines are apart.
    fn tone(&self, lines: &[f32]) -> f32 {
        let width = self.rate / (2.0 * lines.len().saturating_sub(1).max(1) as f32);
        let (from, to) = ((TONES.0 / width).to_usize(), (TONES.1 / width).to_usize());
        let strongest = (from.max(1)..to.min(lines.len().saturating_sub(1)))
            .max_by(|a, b| lines[*a].total_cmp(&lines[*b]))
            .unwrap_or(1);
        let near = lines.get(strongest - 1..strongest + 2).and_then(|near| near.first_chunk());
        let bend = near.map_or(0.0, |[left, here, right]| {
            let [left, here, right] = [left, here, right].map(|line| (line + 1e-9).ln());
            (0.5 * (left - right) / (left - 2.0 * here + right).min(-f32::EPSILON)).clamp(-0.5, 0.5)
        });
        (strongest as f32 + bend) * width
    }

    /// Whether it was speech, by windows that come so many times a second.
    pub fn is_speech(&self, a_second: f32) -> bool {
        self.signs(a_second).is_some_and(|signs| signs.are_of_speech())
    }

    fn signs(&self, a_second: f32) -> Option<Signs> {
        let many = self.frames.len();
        if (many as f32) < ENOUGH * a_second {
            return None;
        }
        let levels: Vec<f32> = self.frames.iter().map(|frame| frame.power.max(1e-12).sqrt()).collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f32::total_cmp);
        let loud = sorted.get(many * 95 / 100).copied().unwrap_or_default();
        let is_quiet = |level: f32| level < loud * 10f32.powf(-QUIET / 20.0);
        let share = |count: usize, of: usize| count as f32 / of.max(1) as f32;

        let low = levels.chunks(a_second.to_usize().max(1)).flat_map(|second| {
            let mean = second.iter().sum::<f32>() / second.len() as f32;
            second.iter().filter(move |level| **level < 0.5 * mean)
        });
        let low = share(low.count(), many);
        let quiet = share(levels.iter().filter(|level| is_quiet(**level)).count(), many);
        let pauses = levels
            .chunk_by(|one, next| is_quiet(*one) == is_quiet(*next))
            .filter(|run| run.first().is_some_and(|level| is_quiet(*level)))
            .filter(|run| (PAUSE.0..=PAUSE.1).contains(&(run.len() as f32 / a_second)))
            .count();
        let pauses = pauses as f32 * 60.0 * a_second / many as f32;

        let heard = || self.frames.iter().zip(&levels).filter(|(_, level)| !is_quiet(**level));
        let voiced = share(heard().filter(|(frame, _)| frame.is_voiced).count(), heard().count());
        let later = (REST.1 * a_second).round().to_usize();
        let pairs = || {
            let both = self.frames.iter().zip(&levels);
            let later = self.frames.iter().zip(&levels).skip(later);
            both.zip(later).filter(|((_, one), (_, two))| !is_quiet(**one) && !is_quiet(**two))
        };
        let rests = |one: &Frame, two: &Frame| (1200.0 * (two.tone / one.tone).log2()).abs() < REST.0;
        let steady = share(pairs().filter(|((one, _), (two, _))| rests(one, two)).count(), pairs().count());
        Some(Signs { low, quiet, pauses, movement: movement(&levels, a_second), voiced, steady })
    }
}

/// What tells speech from music.
#[derive(Debug)]
struct Signs {
    /// Share of frames that are less than half as loud as their second.
    low: f32,
    /// Share of frames far below the loud ones.
    quiet: f32,
    /// Pauses a minute.
    pauses: f32,
    /// Share of the movement of loudness that is as fast as syllables.
    movement: f32,
    /// Share of the heard frames that have the pitch of a voice.
    voiced: f32,
    /// Share of the heard frames whose tone rests.
    steady: f32,
}

impl Signs {
    fn are_of_speech(&self) -> bool {
        (0.22..=0.55).contains(&self.low)
            && (0.10..=0.45).contains(&self.quiet)
            && (8.0..=50.0).contains(&self.pauses)
            && self.movement >= 0.45
            && self.voiced >= 0.5
            && self.steady <= 0.10
    }
}

/// How much of the movement of the levels between 0.3 and 25 Hz lies between 2 and 9 Hz.
fn movement(levels: &[f32], a_second: f32) -> f32 {
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(levels.len());
    let mean = levels.iter().sum::<f32>() / levels.len() as f32;
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    for (at, (to, level)) in input.iter_mut().zip(levels).enumerate() {
        let shape = 0.5 - 0.5 * (std::f32::consts::TAU * at as f32 / levels.len() as f32).cos();
        *to = (level - mean) * shape;
    }
    if plan.process(&mut input, &mut output).is_err() {
        return 0.0;
    }
    let within = |low: f32, high: f32| {
        let hertz = |line: usize| line as f32 * a_second / levels.len() as f32;
        let lines = output.iter().enumerate().filter(|(line, _)| (low..high).contains(&hertz(*line)));
        lines.map(|(_, line)| f64::from(line.norm_sqr())).sum::<f64>()
    };
    to_f32(within(2.0, 9.0) / within(0.3, 25.0).max(f64::MIN_POSITIVE))
}
