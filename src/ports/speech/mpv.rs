//! Prompts by mpv, which is there for the videos anyway: a process for each, gone when it has spoken. It
//! plays nothing but files.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{Speaker, SpeechError, Utterance, file};
use moodbox_core::kiosk::action::Spoken;
use moodbox_core::text::Language;

/// mpv with a folder of prompts.
pub struct MpvSpeaker {
    program: PathBuf,
    folder: PathBuf,
    /// More options for mpv.
    options: Vec<String>,
}

impl MpvSpeaker {
    /// Speaks the files of `folder` by the mpv called `program`, on ALSA's own first card.
    pub fn new(program: PathBuf, folder: PathBuf) -> MpvSpeaker {
        MpvSpeaker { program, folder, options: Vec::new() }
    }

    /// On that sound card; ALSA's own first one is often that of a screen.
    pub fn on_card(mut self, card: Option<&str>) -> MpvSpeaker {
        self.options.extend(card.map(audio_device));
        self
    }

    /// With more options for mpv, such as another sound output.
    pub fn with_options(mut self, options: &[&str]) -> MpvSpeaker {
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self
    }
}

/// The option with which mpv plays to a card of ALSA.
pub fn audio_device(card: &str) -> String {
    format!("--audio-device=alsa/default:CARD={card}")
}

impl Speaker for MpvSpeaker {
    fn say(
        &mut self,
        words: &[Spoken],
        language: Language,
        volume: u8,
    ) -> Result<Box<dyn Utterance>, SpeechError> {
        let child = Command::new(&self.program)
            .args(["--no-config", "--no-video", "--no-terminal", "--load-scripts=no", "--ytdl=no"])
            .arg(format!("--volume={}", volume.min(100)))
            .args(&self.options)
            .arg("--")
            .args(words.iter().map(|word| file(&self.folder, language, *word)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| SpeechError::Program {
                program: self.program.display().to_string(),
                reason: error.to_string(),
            })?;
        Ok(Box::new(Speaking(child)))
    }
}

/// An mpv that speaks.
struct Speaking(Child);

impl Utterance for Speaking {
    fn is_over(&mut self) -> bool {
        // A process that cannot be asked about is not waited for.
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Speaking {
    fn drop(&mut self) {
        crate::ports::process::end(&mut self.0);
    }
}
