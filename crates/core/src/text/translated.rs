//! One text in every language.

use crate::language::Language;

/// One text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translated {
    /// In English.
    pub en: &'static str,
    /// In German.
    pub de: &'static str,
}

impl Translated {
    /// The text in one language.
    pub const fn r#in(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::De => self.de,
        }
    }
}

/// A text in both languages.
pub(super) const fn said(en: &'static str, de: &'static str) -> Translated {
    Translated { en, de }
}
