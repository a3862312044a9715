//! What the device says to a page that asks for something that cannot be: a person reads it in the language of the page.

use std::fs;
use std::path::Path;

/// Said to programs, or to a page that a person has not before them.
const FOR_PROGRAMS: &[&str] = &[
    "this came from another site",
    "there is nothing at this address",
    "this address does not take this method",
    "the page has no such file",
    "the card has no such picture",
    "templates are music or video, for each of the seven moods",
    "valence and arousal are set together",
    "near is two numbers from -1 to 1, as 0.5,-0.2",
    "this device has no password: nobody has to log in",
    "this device has no panel, or nothing stands on it yet",
    "the sleep timer goes up to {} minutes",
    "there is more of it than was said",
    "send image/jpeg",
    "a picture has at most 1 MiB",
    "the picture broke off",
    "the picture did not come in time",
    "pictures are taken from this machine alone",
    "this device is a real one, with a camera of its own",
    "this device is a real one; press its button",
    "the camera of this demo is a real one",
    "the photo cannot be read",
    "there are not so many photos",
    "no such photo",
    "at most {} stations are kept",
    "`{}` is not a name of this device; call it by its address, or add the name to `web.names`",
    "{}: {}",
];

/// `{}` for whatever is put in.
fn bare(sentence: &str) -> String {
    let mut bare = String::new();
    let mut inside = false;
    for letter in sentence.chars() {
        match letter {
            '{' => {
                inside = true;
                bare.push('{');
            }
            '}' => {
                inside = false;
                bare.push('}');
            }
            _ if inside => {}
            _ => bare.push(letter),
        }
    }
    bare
}

/// What a fault is made of in the sources of the page, without their tests.
fn faults() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/observers/web");
    let (mut folders, mut faults) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for begin in ["Fault::new(", "Fault::unprocessable(", "Fault::not_found("] {
                    for rest in code.split(begin).skip(1) {
                        // The sentence stands right there, not in a variable.
                        let Some((before, rest)) = rest.split_once('"') else { continue };
                        if before.contains(['{', '}', ';'])
                            || before.len() > 120
                            || before.contains("Fault::")
                        {
                            continue;
                        }
                        let sentence = rest.split('"').next().unwrap_or_default();
                        if !sentence.contains(' ') {
                            continue;
                        }
                        let mut lines = sentence.split("\\\n");
                        let first = lines.next().unwrap_or_default().to_owned();
                        faults.push(lines.fold(first, |all, line| all + line.trim_start()));
                    }
                }
            }
        }
    }
    faults
}

/// The languages of the page beside English, each with a file of what the device says.
const OTHERS: [&str; 2] = ["de", "fr"];

/// What only who types a command, calls the API or trains a model reads.
const NOT_ON_THE_PAGE: [&str; 14] = [
    "crates/core/src/recommend/history.rs",
    "src/bench/",
    "src/cli/",
    "src/config/password.rs",
    "src/demo/",
    "src/library/feelings.rs",
    "src/library/listing.rs",
    "src/library/lock.rs",
    "src/log_buffer.rs",
    "src/ports/camera/uploaded.rs",
    "src/ports/power/simulated.rs",
    "src/ports/vision/photo.rs",
    "src/setup/",
    "src/observers/web/",
];

/// The sentences of a file `said-xx.js` with what each is in that language.
fn said_in(code: &str) -> Vec<(String, String)> {
    let file = format!("src/observers/web/assets/said-{code}.js");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with('"'));
    lines
        .map(|line| {
            let pair = format!("{{{}}}", line.trim_end_matches(','));
            let pair: std::collections::BTreeMap<String, String> = serde_json::from_str(&pair).unwrap();
            pair.into_iter().next().unwrap()
        })
        .collect()
}

/// What stands in braces, in the order of the alphabet.
fn names(sentence: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

/// Whether there is anything to be said in another language: two words at least beside what is put in.
fn has_words(sentence: &str) -> bool {
    let bare = bare(sentence);
    let words = bare.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 1);
    words.count() > 1
}

/// Everything that the device itself says in English or German.
fn of_the_device() -> Vec<String> {
    use moodbox_core::mood::Mood;
    use moodbox_core::recommend::{Feel, Move, Reason};
    use moodbox_core::text::{Language, trouble};
    use moodbox_core::trouble::TroubleKind;
    let any = || "{}".to_owned();
    let liked = |times, mood| Reason::LikedHere { times, mood };
    let mut reasons = vec![
        Reason::Tagged(any()),
        Reason::Genre(any()),
        Reason::Folder(any()),
        Reason::Playlist(any()),
        Reason::Fits,
        liked(1, None),
        liked(2, None),
        Reason::LikeThat(any()),
        Reason::Favoured(any()),
        Reason::Rated,
        Reason::New,
        Reason::Middle,
        Reason::Nearest,
        Reason::Anything,
        Reason::Asked,
    ];
    reasons.extend([Move::Calmer, Move::Livelier, Move::Brighter, Move::Softer].map(Reason::Moved));
    for lively in [None, Some(false), Some(true)] {
        for bright in [None, Some(false), Some(true)] {
            if lively.is_some() || bright.is_some() {
                reasons.push(Reason::Feels(Feel { lively, bright }));
            }
        }
    }
    let mut said: Vec<String> = reasons.iter().map(|reason| reason.say(Language::En)).collect();
    said.push(liked(5, None).say(Language::En).replace('5', "{}"));
    for mood in Mood::ALL {
        let whole = liked(1, Some(mood)).say(Language::En);
        said.push(whole.rsplit_once("when ").unwrap().1.to_owned());
    }
    said.push("liked here {} when {}".to_owned());
    for kind in TroubleKind::ALL {
        let words = trouble(kind, Language::En);
        said.extend([words.title.to_owned(), words.cure.to_owned()]);
    }
    said
}

#[test]
fn what_the_device_says_of_itself_has_words_in_each_language_of_the_page() {
    let needed = crate::sentences::sentences(&["src", "crates/core/src"]);
    let needed = needed.into_iter().filter(|sentence| {
        !NOT_ON_THE_PAGE.iter().any(|place| sentence.file.starts_with(place)) && has_words(&sentence.text)
    });
    let mut needed: Vec<String> = needed.map(|sentence| sentence.text).collect();
    assert!(needed.len() > 380, "{}", needed.len());
    needed.extend(faults().into_iter().filter(|fault| !FOR_PROGRAMS.contains(&bare(fault).as_str())));
    for code in OTHERS {
        let known = said_in(code);
        let own = if code == "de" { Vec::new() } else { of_the_device() };
        let missing: Vec<&String> = needed
            .iter()
            .chain(&own)
            .filter(|sentence| !known.iter().any(|(english, _)| bare(english) == bare(sentence)))
            .collect();
        assert!(missing.is_empty(), "said-{code}.js lacks {missing:#?}");
        for (english, other) in &known {
            let stray = names(other).into_iter().any(|name| !names(english).contains(&name));
            assert!(!stray && !other.trim().is_empty(), "said-{code}.js: {english}");
        }
    }
}
