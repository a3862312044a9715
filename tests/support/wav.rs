//! Sounds that are made here, as files.

use std::f32::consts::TAU;
use std::path::Path;

const RATE: u32 = 22_050;

/// Beats a minute of [`march`].
pub const MARCH_TEMPO: f32 = 120.0;

/// Major chords on every beat, C, F, G, C.
pub fn march(time: f32) -> f32 {
    let beat = 60.0 / MARCH_TEMPO;
    let root = [60, 65, 67, 60][(time / (4.0 * beat)) as usize % 4];
    struck(&[root, root + 4, root + 7], time, beat)
}

/// Slow minor chords, soft and dark.
pub fn lament(time: f32) -> f32 {
    let root = [57, 62, 64, 57][(time / 4.0) as usize % 4];
    0.15 * struck(&[root, root + 3, root + 7], time, 1.0)
}

fn struck(notes: &[i32], time: f32, beat: f32) -> f32 {
    let since = time % beat;
    let strength = 0.2 * (-since * 5.0).exp() * (since * 200.0).min(1.0);
    let tone = |note: &i32| {
        let hertz = 440.0 * ((*note as f32 - 69.0) / 12.0).exp2();
        (1..4).map(|part| (TAU * hertz * part as f32 * time).sin() / (part * part) as f32).sum::<f32>()
    };
    strength * notes.iter().map(tone).sum::<f32>()
}

/// Writes a mono WAV file of so many seconds.
pub fn write(file: &Path, seconds: u32, sound: impl Fn(f32) -> f32) {
    let samples = seconds * RATE;
    let size = samples * 2;
    let mut bytes = Vec::with_capacity(size as usize + 44);
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend([1u16, 1].into_iter().flat_map(u16::to_le_bytes));
    bytes.extend([RATE, RATE * 2].into_iter().flat_map(u32::to_le_bytes));
    bytes.extend([2u16, 16].into_iter().flat_map(u16::to_le_bytes));
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    for sample in 0..samples {
        let value = sound(sample as f32 / RATE as f32).clamp(-1.0, 1.0) * 32_000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    std::fs::write(file, bytes).unwrap();
}
