//! Spoken prompts: what the panel would say, for a device without one and for people who cannot see it.
//! They are rendered when the package is built (`deploy/prompts`), and played by a process of their own
//! beside the music.

mod mpv;
mod simulated;
pub(crate) mod worker;

use std::path::{Path, PathBuf};

pub use mpv::MpvSpeaker;
pub(crate) use mpv::audio_device;
pub use simulated::Simulated;

use moodbox_core::kiosk::action::{Power, Spoken};
use moodbox_core::mood::Mood;
use moodbox_core::screen::HoldChoice;
use moodbox_core::text::Language;

/// Something that says prompts.
pub trait Speaker: Send {
    /// Begins to say these one after another, at a volume in percent.
    ///
    /// # Errors
    /// When the program that speaks cannot be started.
    fn say(
        &mut self,
        words: &[Spoken],
        language: Language,
        volume: u8,
    ) -> Result<Box<dyn Utterance>, SpeechError>;
}

/// Something that is being said. Dropping it cuts it off.
pub trait Utterance {
    /// Whether it is over.
    fn is_over(&mut self) -> bool;
}

/// Why nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    /// mpv cannot be started.
    #[error("`{program}` does not start: {reason}. Install mpv, or set `enabled = \"off\"` under [prompts]")]
    Program {
        /// Its name or path.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// A file of the prompts is not there.
    #[error(
        "there are no spoken prompts in {folder}: {missing} is missing. The package brings them; in a \
         checkout deploy/prompts makes them"
    )]
    Missing {
        /// The folder of prompts.
        folder: String,
        /// The first file that is missing.
        missing: String,
    },
}

/// Every prompt.
pub(crate) fn all() -> Vec<Spoken> {
    let mut all = vec![
        Spoken::Notice,
        Spoken::LookAtMe,
        Spoken::GotIt,
        Spoken::NotSo,
        Spoken::NotSure,
        Spoken::Pick,
        Spoken::NoFace,
        Spoken::SeveralFaces,
        Spoken::NothingToPlay,
        Spoken::Fault,
    ];
    all.extend([Spoken::AskToForget, Spoken::Forgotten]);
    all.extend(Mood::ALL.map(Spoken::Mood));
    all.extend(HoldChoice::ALL.map(Spoken::Hold));
    all.extend([Power::Off, Power::Restart].map(Spoken::Power));
    all
}

/// The name of its file, without the ending.
pub(crate) fn name(spoken: Spoken) -> String {
    match spoken {
        Spoken::Notice => "notice".to_owned(),
        Spoken::LookAtMe => "look-at-me".to_owned(),
        Spoken::GotIt => "got-it".to_owned(),
        Spoken::NotSo => "not-so".to_owned(),
        Spoken::NotSure => "not-sure".to_owned(),
        Spoken::Pick => "pick".to_owned(),
        Spoken::NoFace => "no-face".to_owned(),
        Spoken::SeveralFaces => "several-faces".to_owned(),
        Spoken::NothingToPlay => "nothing-to-play".to_owned(),
        Spoken::Fault => "fault".to_owned(),
        Spoken::Mood(mood) => format!("mood-{mood}"),
        Spoken::Hold(HoldChoice::PowerOff) => "hold-off".to_owned(),
        Spoken::Hold(HoldChoice::Restart) => "hold-restart".to_owned(),
        Spoken::Hold(HoldChoice::Forget) => "hold-forget".to_owned(),
        Spoken::Hold(HoldChoice::Nothing) => "hold-nothing".to_owned(),
        Spoken::AskToForget => "ask-forget".to_owned(),
        Spoken::Forgotten => "forgotten".to_owned(),
        Spoken::Power(Power::Off) => "power-off".to_owned(),
        Spoken::Power(Power::Restart) => "power-restart".to_owned(),
    }
}

/// Where a prompt lies in a folder of prompts.
pub fn file(folder: &Path, language: Language, spoken: Spoken) -> PathBuf {
    folder.join(language.code()).join(format!("{}.ogg", name(spoken)))
}

/// Whether every prompt of a language is there.
///
/// # Errors
/// When one of them is not: the first that is missing.
pub(crate) fn check(folder: &Path, language: Language) -> Result<(), SpeechError> {
    match all().into_iter().map(|spoken| file(folder, language, spoken)).find(|file| !file.is_file()) {
        None => Ok(()),
        Some(missing) => Err(SpeechError::Missing {
            folder: folder.display().to_string(),
            missing: missing.display().to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `deploy/prompts` renders from: name, English, German.
    const WORDS: &str = include_str!("../../../deploy/prompts.tsv");

    #[test]
    fn every_prompt_has_its_words_in_both_languages_and_no_words_are_left_over() {
        let lines: Vec<Vec<&str>> = WORDS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| line.split('\t').collect())
            .collect();
        let mut written: Vec<&str> = lines.iter().filter_map(|line| line.first().copied()).collect();
        let mut known: Vec<String> = all().into_iter().map(name).collect();
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
        for line in lines {
            assert_eq!(line.len(), 3, "name, English and German, with tabs between: {line:?}");
            assert!(line.iter().all(|words| !words.trim().is_empty()), "{line:?}");
        }
    }

    #[test]
    fn a_folder_without_one_of_the_prompts_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        for spoken in all() {
            std::fs::write(file(folder.path(), Language::En, spoken), "").unwrap();
        }
        assert_eq!(check(folder.path(), Language::En), Ok(()));
        std::fs::remove_file(folder.path().join("en/fault.ogg")).unwrap();
        let message = check(folder.path(), Language::En).unwrap_err().to_string();
        assert!(message.contains("fault.ogg is missing") && message.contains("deploy/prompts"), "{message}");
        assert!(check(folder.path(), Language::De).is_err());
    }
}
