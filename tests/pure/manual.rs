//! The manual of the templates says what the program does.

use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Kind, Templates};

const MANUAL: &str = include_str!("../../docs/templates.md");

#[test]
fn every_example_in_the_manual_is_a_template() {
    let blocks: Vec<&str> = MANUAL
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("the end of an example").0)
        .collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let kind = if block.starts_with("# video/") { Kind::Video } else { Kind::Music };
        let read = Templates::parse(kind, block);
        assert!(read.is_ok(), "{block}\n{read:?}");
    }
}

/// The reader lists all the keys it knows when it meets one that it does not.
#[test]
fn the_manual_names_every_key_and_where_each_mood_lies() {
    for text in ["zzzzzz = 1", "[[pool]]\nzzzzzz = 1", "mode.journey = { zzzzzz = 1 }"] {
        let problem = &Templates::parse(Kind::Video, text).unwrap_err()[0];
        let known = problem.cure.strip_prefix("the words known here are ");
        let known = known.unwrap_or_else(|| panic!("no list of the keys: {problem}"));
        for key in known.split(", ") {
            assert!(
                MANUAL.contains(&format!("`{key}`"))
                    || MANUAL.contains(&format!("[[{key}]]"))
                    || MANUAL.contains(&format!("{key} = ")),
                "`{key}` is not in the manual"
            );
        }
    }
    for mood in Mood::ALL {
        let (valence, arousal) = mood.valence_arousal();
        let row = format!("| {mood} | {valence:.1} | {arousal:.1} |");
        assert!(MANUAL.contains(&row), "{row}");
    }
}
