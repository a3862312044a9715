//! What a piece sounds like: samples in, [`Features`] out.

mod mode;
mod spectrum;
mod speech;
mod tempo;

use crate::numbers::{to_f32, to_u32};
use ebur128::{EbuR128, Mode as Meter};
use spectrum::Spectrum;

/// What was measured of an excerpt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// Beats a minute, 40 to 220; none where no pulse stands out. A piece felt at 174 may be counted as 87: about
    /// this factor of two listeners disagree as well.
    pub tempo: Option<f32>,
    /// Integrated loudness by EBU R 128, in LUFS: -70 (silence) to about 0.
    pub loudness: f32,
    /// Centre of the spectrum in Hz.
    pub brightness: f32,
    /// -1 (minor) to 1 (major); near 0 the sound does not say.
    pub mode: f32,
    /// Somebody speaks, with nothing behind the voice.
    pub speech: bool,
}

/// Below this nothing but noise is left to measure; the gate of EBU R 128 is at -70.
const SILENCE_LUFS: f64 = -65.0;

/// Measures samples as they come, in memory that does not grow with their number, but for the onsets:
/// 90 numbers a second.
pub struct Analyser {
    channels: usize,
    meter: EbuR128,
    spectrum: Spectrum,
    clean: Vec<f32>,
    mono: Vec<f32>,
}

impl Analyser {
    /// For interleaved samples with so many channels at this rate in Hz. None for a rate or a number of
    /// channels that no recording has.
    pub fn new(channels: usize, rate: u32) -> Option<Analyser> {
        if !(1..=16).contains(&channels) || !(8_000..=384_000).contains(&rate) {
            return None;
        }
        let meter = EbuR128::new(to_u32(channels), rate, Meter::I | Meter::HISTOGRAM).ok()?;
        Some(Analyser { channels, meter, spectrum: Spectrum::new(rate), clean: Vec::new(), mono: Vec::new() })
    }

    /// Takes interleaved samples, full scale at 1; a last frame that is not whole is dropped.
    pub fn take(&mut self, samples: &[f32]) {
        let whole = samples.len() - samples.len() % self.channels;
        let samples = &samples[..whole];
        // One sample that is no number would spoil the filters for all that follow.
        self.clean.clear();
        self.clean.extend(samples.iter().map(|sample| if sample.is_finite() { *sample } else { 0.0 }));
        // A wrong number of samples is the one error it knows.
        let _ = self.meter.add_frames_f32(&self.clean);
        self.mono.clear();
        let share = 1.0 / self.channels as f32;
        self.mono
            .extend(self.clean.chunks_exact(self.channels).map(|frame| frame.iter().sum::<f32>() * share));
        self.spectrum.take(&self.mono);
    }

    /// What was heard; none if it was too short (under about two seconds) or silent.
    pub fn finish(self) -> Option<Features> {
        let loudness = self.meter.loudness_global().ok().filter(|loudness| *loudness > SILENCE_LUFS)?;
        let heard = self.spectrum.finish()?;
        Some(Features {
            tempo: tempo::tempo(&heard.onsets, heard.onset_rate),
            loudness: to_f32(loudness),
            brightness: heard.centroid,
            mode: mode::mode(&heard.chroma),
            speech: heard.speech,
        })
    }
}

#[cfg(test)]
mod tests;
