//! The languages that panel, page and voice can speak.

use serde::{Deserialize, Serialize};

/// A language of the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
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
