//! The sound of the kinds of file that no reader here knows (Opus, Windows Media, WavPack, Monkey's Audio, MPEG streams),
//! decoded by `ffmpeg`, where it is installed. As `ffprobe` (`ports/video/probe.rs`) it is a program in C that reads
//! what somebody put on a stick: it gets one file by its path, no protocol but files, nothing of our environment, and
//! some seconds.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use super::SoundError;
use crate::ports::process;
use moodbox_signal::audio::{Analyser, Features};

/// What it decodes to: samples a second, two channels, 32-bit floats.
const RATE: u32 = 44_100;
const CHANNELS: usize = 2;
/// Where the excerpt begins, in seconds; a shorter file is heard from its beginning.
const BEGIN: &str = "30";
const SECONDS: &str = "60";
/// A minute of sound is decoded within a few seconds of a small processor.
const LIMIT: Duration = Duration::from_secs(60);
/// A minute of samples, and a little.
const MOST: usize = 62 * RATE as usize * CHANNELS * 4;

/// The program, and how long it may take.
pub(super) struct Ffmpeg {
    program: PathBuf,
    limit: Duration,
    /// Bytes that are taken.
    most: usize,
}

impl Default for Ffmpeg {
    fn default() -> Ffmpeg {
        Ffmpeg { program: PathBuf::from("ffmpeg"), limit: LIMIT, most: MOST }
    }
}

impl Ffmpeg {
    /// Measures an excerpt.
    pub fn measure(&self, path: &Path) -> Result<Features, SoundError> {
        match self.from(path, BEGIN) {
            Err(SoundError::Silent) => self.from(path, "0"),
            other => other,
        }
    }

    fn from(&self, path: &Path, begin: &str) -> Result<Features, SoundError> {
        let mut child = self.start(path, begin).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SoundError::NeedsFfmpeg,
            _ => SoundError::Unreadable(error),
        })?;
        let heard = self.hear(&mut child);
        process::end(&mut child);
        heard
    }

    fn start(&self, path: &Path, begin: &str) -> io::Result<Child> {
        let mut command = process::confined(&self.program);
        command.args([
            "-nostdin",
            "-v",
            "quiet",
            "-protocol_whitelist",
            "file",
            "-ss",
            begin,
            "-t",
            SECONDS,
            "-i",
        ]);
        command
            .arg(process::as_file(path))
            .args(["-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "2", "-ar", "44100", "-f", "f32le", "-"])
            .spawn()
    }

    /// Takes the samples as they come, within the limit.
    fn hear(&self, child: &mut Child) -> Result<Features, SoundError> {
        let undecodable = |why: &str| SoundError::Undecodable(why.to_owned());
        let until = Instant::now() + self.limit;
        let mut pipe = child.stdout.take().ok_or_else(|| undecodable("no pipe"))?;
        let mut analyser = Analyser::new(CHANNELS, RATE).ok_or_else(|| undecodable("its shape"))?;
        let (mut piece, mut held, mut total) = (vec![0; 64 << 10], Vec::new(), 0);
        let mut samples = Vec::new();
        loop {
            let count = match process::read_until(&mut pipe, &mut piece, until) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(undecodable("ffmpeg did not decode it in time"));
                }
                Err(error) => return Err(SoundError::Unreadable(error)),
            };
            total += count;
            if total > self.most || Instant::now() > until {
                break;
            }
            held.extend(piece.iter().take(count));
            samples.clear();
            let whole = held.len() - held.len() % (4 * CHANNELS);
            for sample in held.get(..whole).unwrap_or_default().as_chunks::<4>().0 {
                samples.push(f32::from_le_bytes(*sample));
            }
            held.drain(..whole);
            analyser.take(&samples);
        }
        if total == 0 {
            // Shorter than where it was begun, or nothing that it knows.
            return Err(SoundError::Silent);
        }
        analyser.finish().ok_or(SoundError::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_is_missing_that_is_the_reason_and_one_that_hangs_or_floods_is_ended_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Ffmpeg { program: folder.path().join("none"), limit: LIMIT, most: MOST };
        assert!(matches!(missing.measure(Path::new("a.opus")), Err(SoundError::NeedsFfmpeg)));
        let begun = Instant::now();
        for script in ["exec sleep 600", "exit 1", "exec cat /dev/zero", "exec yes"] {
            let program = process::stand_in(folder.path(), "ffmpeg", script);
            let ffmpeg = Ffmpeg { program, limit: Duration::from_secs(2), most: 1 << 20 };
            // The output of `yes` serves as samples.
            let _ = ffmpeg.measure(Path::new("a.opus"));
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}
