//! The templates that come with the program, from the files that a person would edit.

use super::kind::Kind;
use super::template::{Pair, Template};
use super::template_file;
use crate::mood::Mood;

macro_rules! file {
    ($kind:literal, $mood:literal) => {
        include_str!(concat!("../../../../deploy/templates/", $kind, "/", $mood, ".toml"))
    };
}

/// The text of a shipped template.
pub fn text(mood: Mood, kind: Kind) -> &'static str {
    match (kind, mood) {
        (Kind::Music, Mood::Angry) => file!("music", "angry"),
        (Kind::Music, Mood::Disgust) => file!("music", "disgust"),
        (Kind::Music, Mood::Fear) => file!("music", "fear"),
        (Kind::Music, Mood::Happy) => file!("music", "happy"),
        (Kind::Music, Mood::Sad) => file!("music", "sad"),
        (Kind::Music, Mood::Surprise) => file!("music", "surprise"),
        (Kind::Music, Mood::Neutral) => file!("music", "neutral"),
        (Kind::Video, Mood::Angry) => file!("video", "angry"),
        (Kind::Video, Mood::Disgust) => file!("video", "disgust"),
        (Kind::Video, Mood::Fear) => file!("video", "fear"),
        (Kind::Video, Mood::Happy) => file!("video", "happy"),
        (Kind::Video, Mood::Sad) => file!("video", "sad"),
        (Kind::Video, Mood::Surprise) => file!("video", "surprise"),
        (Kind::Video, Mood::Neutral) => file!("video", "neutral"),
    }
}

pub(super) fn pair(mood: Mood) -> Pair {
    // A test reads all fourteen; should one not be readable all the same, "match" is better than nothing.
    let read = |kind| template_file::parse(kind, text(mood, kind)).unwrap_or_else(|_| Template::default());
    Pair { music: read(Kind::Music), video: read(Kind::Video) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::Templates;
    use crate::recommend::template::{Mode, Point};

    #[test]
    fn all_fourteen_shipped_templates_are_read() {
        for mood in Mood::ALL {
            for kind in Kind::ALL {
                let read = Templates::parse(kind, text(mood, kind));
                assert!(read.is_ok(), "{kind}/{mood}.toml: {read:?}");
                assert!(read.unwrap().why.is_some(), "{kind}/{mood}.toml says why");
            }
        }
    }

    #[test]
    fn no_shipped_template_feeds_a_bad_mood() {
        for mood in Mood::ALL {
            let start = Point::of(mood);
            for kind in Kind::ALL {
                let template = Templates::shipped().of(mood).of(kind).clone();
                let goal = match template.mode {
                    Mode::Journey { to, .. } => to,
                    Mode::Match => start,
                    Mode::Contrast => start.scaled(-1.0),
                };
                assert!(goal.valence >= start.valence.min(0.5), "{kind} for {mood} goes to {goal:?}");
                assert!(goal.valence >= 0.3, "{kind} for {mood} ends pleasant");
            }
        }
    }
}
