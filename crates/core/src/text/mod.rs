//! Every word that a person reads on the panel, in each language.
//!
//! A text is a [`Said`] with a field for each language, so a missing translation does not compile.
//! The panel says what a face looks like, never what a person feels.

mod moods;
mod printable;
mod prompts;
mod troubles;

pub use moods::{MoodWords, mood, sureness};
pub use printable::printable;
pub use prompts::{
    Prompt, flash, hold, hold_on, let_go, power, prompt, quiet_until, sensor_says, several_faces, volume,
};
pub use troubles::{TroubleWords, trouble};

use serde::{Deserialize, Serialize};

/// A language of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
}

impl Language {
    /// Every language, in the order in which they were added.
    pub const ALL: [Language; 2] = [Language::En, Language::De];

    /// The two-letter code (ISO 639-1) used in the configuration.
    pub const fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
        }
    }
}

/// One text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub en: &'static str,
    pub de: &'static str,
}

impl Said {
    /// The text in one language.
    pub const fn r#in(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::De => self.de,
        }
    }
}

const fn said(en: &'static str, de: &'static str) -> Said {
    Said { en, de }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_written_by_its_code() {
        for language in Language::ALL {
            let written = serde_json::to_string(&language).unwrap();
            assert_eq!(written, format!("\"{}\"", language.code()));
            assert_eq!(serde_json::from_str::<Language>(&written).unwrap(), language);
        }
    }
}
