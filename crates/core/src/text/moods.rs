//! Words for the seven moods and for how sure a reading is.

use super::translated::{Translated, said};
use crate::language::Language;
use crate::mood::{Mood, Strength};

/// A mood in words. The whole sentence is `before word after`: "you look happy",
/// "du siehst fröhlich aus".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoodWords {
    /// What stands before the word.
    pub before: &'static str,
    /// The mood alone, as it is named where a person chooses one.
    pub word: &'static str,
    /// Empty where the language needs nothing after the word.
    pub after: &'static str,
}

impl MoodWords {
    /// "you look happy"
    pub fn sentence(&self) -> String {
        [self.before, self.word, self.after]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// How a face looks, in words. A face that shows nothing looks calm: more is not claimed of it.
pub const fn mood(mood: Mood, language: Language) -> MoodWords {
    let word: Translated = match mood {
        Mood::Angry => said("angry", "wütend"),
        Mood::Disgust => said("disgusted", "angewidert"),
        Mood::Fear => said("afraid", "ängstlich"),
        Mood::Happy => said("happy", "fröhlich"),
        Mood::Sad => said("sad", "traurig"),
        Mood::Surprise => said("surprised", "überrascht"),
        Mood::Neutral => said("calm", "ruhig"),
    };
    MoodWords {
        before: said("you look", "du siehst").r#in(language),
        word: word.r#in(language),
        after: said("", "aus").r#in(language),
    }
}

/// How sure a reading is, in words.
pub const fn sureness(strength: Strength, language: Language) -> &'static str {
    match strength {
        Strength::Slight => said("I think so", "glaube ich"),
        Strength::Clear => said("fairly sure", "ziemlich sicher"),
        Strength::Strong => said("very sure", "ganz sicher"),
    }
    .r#in(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_is_how_a_face_looks_and_never_what_a_person_is() {
        assert_eq!(mood(Mood::Happy, Language::En).sentence(), "you look happy");
        assert_eq!(mood(Mood::Happy, Language::De).sentence(), "du siehst fröhlich aus");
        assert_eq!(mood(Mood::Neutral, Language::En).sentence(), "you look calm");
        assert_eq!(mood(Mood::Neutral, Language::De).sentence(), "du siehst ruhig aus");
        for language in Language::ALL {
            for one in Mood::ALL {
                let sentence = mood(one, language).sentence();
                assert!(sentence.contains("look") || sentence.contains("siehst"), "{sentence}");
                assert!(!sentence.contains("you are") && !sentence.contains("du bist"), "{sentence}");
            }
        }
    }

    #[test]
    fn no_two_moods_share_a_word() {
        for language in Language::ALL {
            let mut words = Mood::ALL.map(|one| mood(one, language).word).to_vec();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), 7);
        }
    }
}
