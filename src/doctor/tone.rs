//! A short tone on the card that music is meant for, and whether somebody hears it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Finding, Patient, Subject};
use crate::config::Config;
use crate::numbers::Whole;
use crate::ports::process;
use crate::ports::speech::audio_device;

const PART: Subject = Subject::Sound;

/// Samples a second.
const RATE: u32 = 22_050;

/// mpv needs seconds off a cold card.
const WITHIN: Duration = Duration::from_secs(15);

/// What helps where no tone is heard.
pub const OTHER_CARD: &str =
    "see what cards there are with `aplay -l`, and choose one: `sudo moodbox setup --sound CARD`";

/// What came of a tone.
pub struct Tried {
    /// The card, as ALSA calls it; none: its first.
    pub card: Option<String>,
    /// The same in words.
    pub place: String,
    /// Percent.
    pub volume: u8,
    /// Whether it was played, as far as that can be told from here.
    pub result: Result<(), String>,
}

/// Plays the tone by mpv, which is there for videos and prompts, as loud as music begins and under this cap.
pub fn try_out(config: &Config, cap: u8) -> Tried {
    let program = config.video.as_ref().map_or("mpv".into(), |video| video.settings.program.clone());
    let card = config.sound_card.as_deref();
    let volume = config.start_volume.min(config.volume_cap).min(cap);
    Tried {
        card: card.map(str::to_owned),
        place: card.map_or("ALSA's first card".to_owned(), |card| format!("the card {card}")),
        volume,
        result: play(&program, card, volume),
    }
}

/// Plays the tone and asks whether it was heard.
pub(super) fn check(patient: &Patient, config: &Config) -> Option<Finding> {
    let person = patient.wishes.person.as_ref()?;
    let Tried { place, volume, result, .. } = try_out(config, config.volume_cap);
    Some(match result {
        Err(why) => Finding::fault(PART, format!("a tone could not be played on {place}: {why}"), OTHER_CARD),
        Ok(()) => {
            match person.asked(&format!("A tone was played on {place} at {volume} %. Did you hear it?")) {
                Some(true) => Finding::ok(PART, format!("a tone was heard on {place}")),
                Some(false) => Finding::fault(
                    PART,
                    format!("a tone on {place} was not heard"),
                    "switch the speaker on and check its cable; another card: `sudo moodbox setup --sound CARD`, as \
                 `aplay -l` names it",
                ),
                None => Finding::skipped(PART, "nobody said whether the tone was heard"),
            }
        }
    })
}

fn play(program: &Path, card: Option<&str>, volume: u8) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(["--no-config", "--no-video", "--no-terminal", "--load-scripts=no", "--ytdl=no"])
        .arg(format!("--volume={volume}"))
        .args(card.map(audio_device))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if let Some(mut pipe) = child.stdin.take() {
        // It fits the pipe; a player that ended already is told of below.
        let _ = pipe.write_all(&tone());
    }
    match process::ended(&mut child, Instant::now() + WITHIN) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("mpv ended with {status}")),
        None => {
            process::end(&mut child);
            Err(format!("mpv did not end within {} s", WITHIN.as_secs()))
        }
    }
}

/// A second of 440 Hz as a WAV file, softly begun and ended.
fn tone() -> Vec<u8> {
    let soft = RATE / 50;
    let samples = (0..RATE).flat_map(|at| {
        let fade = (at.min(RATE - at) as f32 / soft as f32).min(1.0);
        let phase = at as f32 / RATE as f32 * 440.0 * std::f32::consts::TAU;
        (phase.sin() * fade * 0.8 * f32::from(i16::MAX)).to_i16().to_le_bytes()
    });
    let size = 2 * RATE;
    let mut wav = Vec::with_capacity(44 + size as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + size).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    // Plain samples of one channel, 16 bits each.
    wav.extend(16u32.to_le_bytes());
    for half in [1u16, 1] {
        wav.extend(half.to_le_bytes());
    }
    wav.extend(RATE.to_le_bytes());
    wav.extend((2 * RATE).to_le_bytes());
    for half in [2u16, 16] {
        wav.extend(half.to_le_bytes());
    }
    wav.extend(b"data");
    wav.extend(size.to_le_bytes());
    wav.extend(samples);
    wav
}
