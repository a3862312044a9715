//! What `ffprobe` tells of the kinds of video that no reader of ours knows: MPEG streams, Windows Media, Flash
//! and Ogg. Only where it is installed, and only for these kinds: it is a program in C that reads what somebody
//! put on a stick, so it gets one file by its path, the readers of these formats, no protocol but files, nothing
//! of our environment, the lowest priority, and a few seconds.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, setpriority_process};
use serde::Deserialize;

use super::describe::MediaMetadata;
use crate::audio_analysis;
use crate::ports::process;

/// What the formats of these kinds are called there.
const FORMATS: &str = "mpegts,mpeg,mpegvideo,asf,flv,live_flv,ogg";
/// A healthy file of an hour takes a tenth of a second, on a Pi perhaps half of one.
const LIMIT: Duration = Duration::from_secs(5);
/// What was asked for takes a few hundred bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(
        "{program} is not installed, so the length of this kind of video is not known: `sudo apt install ffmpeg`"
    )]
    Absent { program: String },
    #[error("{program}: {why}")]
    Failed { program: String, why: String },
}

/// The program, and how long it may take.
pub struct Probe {
    program: PathBuf,
    limit: Duration,
}

impl Default for Probe {
    fn default() -> Probe {
        Probe { program: PathBuf::from("ffprobe"), limit: LIMIT }
    }
}

/// Whether a file is of a kind that it is asked about, by the ending of its name.
pub fn is_for(path: &Path) -> bool {
    audio_analysis::has_ending(path, &audio_analysis::FOREIGN) || audio_analysis::has_ending(path, &["ogv"])
}

#[derive(Deserialize)]
struct Answer {
    format: Format,
}

#[derive(Deserialize)]
struct Format {
    /// Seconds, as text.
    duration: Option<String>,
    #[serde(default)]
    tags: FormatTags,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FormatTags {
    title: String,
    artist: String,
    genre: String,
    comment: String,
}

impl Probe {
    #[cfg(test)]
    fn with(program: impl Into<PathBuf>, limit: Duration) -> Probe {
        Probe { program: program.into(), limit }
    }

    /// What a file says of itself.
    pub(super) fn ask(&self, path: &Path) -> Result<MediaMetadata, ProbeError> {
        let program = self.program.display().to_string();
        let failed = |why: String| ProbeError::Failed { program: program.clone(), why };
        let mut child = self.start(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ProbeError::Absent { program: program.clone() },
            _ => failed(error.to_string()),
        })?;
        if let Err(error) = setpriority_process(Some(Pid::from_child(&child)), 19) {
            tracing::debug!(%error, "ffprobe runs at normal priority");
        }
        let heard = self.hear(&mut child);
        // Whether it is done or not, no process of it is left.
        let ended = process::end(&mut child);
        let text = heard.map_err(failed)?;
        match ended {
            Some(status) if !text.is_empty() || status.success() => {}
            Some(status) => return Err(failed(status.to_string())),
            None => return Err(failed("it does not end".to_owned())),
        }
        let answer: Answer =
            serde_json::from_slice(&text).map_err(|_| failed("the file cannot be read".to_owned()))?;
        Ok(answer.format.into())
    }

    fn start(&self, path: &Path) -> io::Result<Child> {
        let mut command = process::confined(&self.program);
        command.args(["-v", "quiet", "-protocol_whitelist", "file", "-format_whitelist", FORMATS]);
        command.args([
            "-show_entries",
            "format=duration:format_tags=title,artist,genre,comment",
            "-of",
            "json",
        ]);
        command.arg("-i").arg(process::as_file(path)).spawn()
    }

    /// All that it writes, within the limit.
    fn hear(&self, child: &mut Child) -> Result<Vec<u8>, String> {
        let end = Instant::now() + self.limit;
        let mut pipe = child.stdout.take().ok_or("no pipe")?;
        let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            match process::read_until(&mut pipe, &mut piece, end) {
                Ok(0) => return Ok(heard),
                Ok(count) => heard.extend(piece.iter().take(count)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(format!("no answer within {:?}", self.limit));
                }
                Err(error) => return Err(error.to_string()),
            }
            if heard.len() > LONGEST_ANSWER {
                return Err("it talks without an end".to_owned());
            }
        }
    }
}

impl From<Format> for MediaMetadata {
    fn from(format: Format) -> MediaMetadata {
        let seconds = format.duration.and_then(|text| text.parse::<f64>().ok());
        let length = seconds
            .filter(|seconds| *seconds > 0.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let FormatTags { title, artist, genre, comment } = format.tags;
        MediaMetadata { length, title, artist, genre, comment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that stands for ffprobe.
    fn stand_in(folder: &Path, script: &str) -> PathBuf {
        process::stand_in(folder, "ffprobe", script)
    }

    #[test]
    fn it_is_asked_about_its_own_kinds_and_no_other() {
        for name in ["a.ts", "b.WMV", "c.flv", "d.m2ts"] {
            assert!(is_for(Path::new(name)), "{name}");
        }
        for name in ["a.mp4", "b.mkv", "c", "ts", "d.avi", "e.mov"] {
            assert!(!is_for(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_name_is_given_as_a_file_whatever_it_looks_like_and_the_environment_stays_here() {
        let folder = tempfile::tempdir().unwrap();
        let said = r#"for word; do last=$word; done; env >"$(dirname "$0")/env"
            printf '{"format":{"duration":"12.5","tags":{"title":"%s"}}}' "$last""#;
        let probe = Probe::with(stand_in(folder.path(), said), LIMIT);
        let said = probe.ask(Path::new("-i http://evil.example/$(reboot).ts")).unwrap();
        assert_eq!(said.title, "file:-i http://evil.example/$(reboot).ts");
        assert_eq!(said.length, Some(Duration::from_millis(12_500)));
        let env = std::fs::read_to_string(folder.path().join("env")).unwrap();
        assert!(!env.contains("HOME="), "{env}");
    }

    #[test]
    fn one_that_is_missing_hangs_fails_or_talks_for_ever_is_an_error_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Probe::with(folder.path().join("none"), LIMIT);
        assert!(matches!(missing.ask(Path::new("a.ts")), Err(ProbeError::Absent { .. })));
        let started = Instant::now();
        for (script, word) in [
            ("exec sleep 60", "no answer within"),
            ("exit 3", "exit status: 3"),
            ("echo {}", "cannot be read"),
            ("exec yes", "without an end"),
        ] {
            let program = stand_in(folder.path(), script);
            // Only for the one that hangs is the time the point; a busy machine may keep the others waiting.
            let limit = if script.contains("sleep") { Duration::from_millis(800) } else { 6 * LIMIT };
            let error = Probe::with(program, limit).ask(Path::new("a.ts")).unwrap_err();
            assert!(error.to_string().contains(word), "{script}: {error}");
        }
        assert!(started.elapsed() < 12 * LIMIT);
    }

    #[test]
    fn a_length_that_is_none_stays_unknown() {
        for said in ["N/A", "-1", "inf", "1e300", "0"] {
            let format = Format { duration: Some(said.to_owned()), tags: FormatTags::default() };
            assert_eq!(MediaMetadata::from(format).length, None, "{said}");
        }
    }
}
