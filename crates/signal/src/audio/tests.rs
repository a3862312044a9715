//! Sounds made here, of which it is known what they are.

use std::f32::consts::TAU;

use super::*;

const RATE: u32 = 44_100;

/// Mono samples of so many seconds.
fn sound(seconds: f32, at: impl Fn(f32) -> f32) -> Vec<f32> {
    (0..(seconds * RATE as f32) as usize).map(|sample| at(sample as f32 / RATE as f32)).collect()
}

fn features(samples: &[f32]) -> Features {
    let mut analyser = Analyser::new(1, RATE).unwrap();
    // In packets, as a decoder gives them.
    samples.chunks(1152).for_each(|packet| analyser.take(packet));
    analyser.finish().unwrap()
}

/// A tick of 20 ms at each beat.
fn clicks(tempo: f32) -> Vec<f32> {
    sound(20.0, |time| {
        let since = time % (60.0 / tempo);
        if since < 0.02 { 0.5 * (1.0 - since / 0.02) * (TAU * 1000.0 * since).sin() } else { 0.0 }
    })
}

/// Notes by their number in MIDI, each with some overtones, struck again each second.
fn chords(progression: &[&[u8]]) -> Vec<f32> {
    sound(16.0, |time| {
        let notes = progression[time as usize % progression.len()];
        let fall = (-(time % 1.0) * 2.0).exp() * (time % 1.0 * 100.0).min(1.0);
        let tone = |note: &u8| {
            let hertz = 440.0 * ((f32::from(*note) - 69.0) / 12.0).exp2();
            (1..5).map(|part| (TAU * hertz * part as f32 * time).sin() / (part * part) as f32).sum::<f32>()
        };
        0.1 * fall * notes.iter().map(tone).sum::<f32>()
    })
}

#[test]
fn a_click_track_has_the_tempo_that_it_was_given() {
    for tempo in [60.0, 90.0, 128.0, 150.0] {
        let found = features(&clicks(tempo)).tempo.unwrap();
        assert!((found - tempo).abs() < tempo * 0.02, "{found} for {tempo}");
    }
}

#[test]
fn a_tone_that_only_lasts_has_no_tempo() {
    let lasting = features(&sound(20.0, |time| 0.3 * (TAU * 220.0 * time).sin()));
    assert_eq!(lasting.tempo, None);
}

#[test]
fn chords_are_heard_as_major_or_minor_whatever_the_key() {
    for key in 0..12u8 {
        let triad = |root: u8, third: u8| [root, root + third, root + 7].map(|note| 57 + key + note);
        let major = features(&chords(&[&triad(0, 4), &triad(5, 4), &triad(7, 4), &triad(0, 4)])).mode;
        let minor = features(&chords(&[&triad(0, 3), &triad(5, 3), &triad(7, 3), &triad(0, 3)])).mode;
        assert!(major > 0.2, "major in key {key}: {major}");
        assert!(minor < -0.2, "minor in key {key}: {minor}");
    }
}

#[test]
fn a_sine_of_a_known_level_has_the_loudness_of_the_standard() {
    // EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS reads -23 LUFS, within 0.1.
    let level = 10f32.powf(-23.0 / 20.0);
    let mut analyser = Analyser::new(2, 48_000).unwrap();
    let stereo: Vec<f32> = (0..48_000 * 20)
        .flat_map(|sample| [level * (TAU * 1000.0 * sample as f32 / 48_000.0).sin(); 2])
        .collect();
    analyser.take(&stereo);
    let found = analyser.finish().unwrap().loudness;
    assert!((found + 23.0).abs() < 0.15, "{found}");
}

#[test]
fn brightness_is_the_centre_of_the_spectrum() {
    for hertz in [300.0, 1000.0, 5000.0] {
        let found = features(&sound(4.0, |time| 0.3 * (TAU * hertz * time).sin())).brightness;
        assert!((found - hertz).abs() < hertz * 0.05, "{found} for {hertz}");
    }
}

#[test]
fn silence_and_a_moment_are_too_little() {
    for samples in [Vec::new(), vec![0.0; RATE as usize * 5], vec![f32::NAN; RATE as usize * 5]] {
        let mut analyser = Analyser::new(1, RATE).unwrap();
        analyser.take(&samples);
        assert_eq!(analyser.finish(), None);
    }
    let mut analyser = Analyser::new(1, RATE).unwrap();
    analyser.take(&sound(1.0, |time| 0.3 * (TAU * 440.0 * time).sin()));
    assert_eq!(analyser.finish(), None);
    assert!(Analyser::new(0, RATE).is_none() && Analyser::new(2, 0).is_none());
}

/// A minute at most of what a program writes as 16-bit samples.
fn spoken_by_espeak(voice: &str, words: &str) -> Option<Vec<f32>> {
    let output =
        std::process::Command::new("espeak-ng").args(["-v", voice, "--stdout", words]).output().ok()?;
    let samples = output.stdout.get(44..)?;
    Some(
        samples
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32768.0)
            .collect(),
    )
}

/// At eSpeak's rate.
fn is_speech(samples: &[f32], rate: u32) -> bool {
    let mut analyser = Analyser::new(1, rate).unwrap();
    samples.chunks(1152).for_each(|packet| analyser.take(packet));
    analyser.finish().is_some_and(|heard| heard.speech)
}

#[test]
fn a_voice_that_reads_is_heard_as_speech() {
    let text = "It was a quiet evening, and nobody had come. The lamps stood in a row along the harbour, each with \
                its own small circle of light. Then, far out, a horn sounded; once, and again. She put down the \
                letter, went to the window, and looked for a long time at the water. Nothing moved there.";
    for voice in ["en", "de", "fr"] {
        let Some(samples) = spoken_by_espeak(voice, text) else {
            eprintln!("espeak-ng is not installed: no voice was heard");
            return;
        };
        assert!(is_speech(&samples, 22_050), "{voice}");
        // Behind a voice that speaks over music, there is music.
        let over: Vec<f32> = samples
            .iter()
            .enumerate()
            .map(|(at, sample)| sample + 0.15 * (TAU * 220.0 * at as f32 / 22_050.0).sin())
            .collect();
        assert!(!is_speech(&over, 22_050), "{voice} over a tone");
    }
}

#[test]
fn what_is_played_or_sung_is_no_speech() {
    // Short notes with pauses, a drum of noise, and a voice that sings with vibrato and breathes.
    let noise = |time: f32| ((time * 12_345.678).sin() * 43_758.547).fract() * 2.0 - 1.0;
    let since = |time: f32, each: f32| time % each;
    let staccato = sound(20.0, |time| {
        let hertz = [220.0, 262.0, 330.0, 392.0, 440.0][(time / 0.25) as usize * 7 % 5];
        let fall = (-since(time, 0.25) * 25.0).exp() * (since(time, 0.25) * 200.0).min(1.0);
        0.5 * fall * (1..5).map(|part| (TAU * hertz * part as f32 * time).sin() / part as f32).sum::<f32>()
    });
    let drums = sound(20.0, |time| {
        let slow = since(time, 0.5);
        let fast = since(time, 0.31);
        0.6 * noise(time) * (-slow * 20.0).exp() + 0.4 * (TAU * 55.0 * fast).sin() * (-fast * 12.0).exp()
    });
    let sung = sound(20.0, |time| {
        let note = [220.0, 247.0, 294.0, 330.0][(time / 0.9) as usize % 4];
        let phase = TAU * note * time + 1.2 * (TAU * 5.5 * time).sin();
        let breath = if since(time, 3.6) > 3.2 { 0.0 } else { 1.0 };
        0.2 * breath * (1..8).map(|part| (phase * part as f32).sin() / part as f32).sum::<f32>()
    });
    for (name, samples) in [
        ("staccato", staccato),
        ("drums", drums),
        ("sung", sung),
        ("clicks", clicks(90.0)),
        ("chords", chords(&[&[57, 61, 64], &[62, 66, 69]])),
    ] {
        assert!(!is_speech(&samples, RATE), "{name}");
    }
}
