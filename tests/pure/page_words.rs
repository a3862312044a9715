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

#[test]
fn what_a_person_may_read_of_a_fault_has_words_in_each_language() {
    let said = include_str!("../../src/observers/web/assets/said.js");
    let known: Vec<(String, usize)> = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\": ["))
        .map(|(english, others)| (bare(english), others.matches("\", \"").count() + 1))
        .collect();
    assert!(known.len() > 30 && known.iter().all(|(_, languages)| *languages == 2), "{known:?}");
    let faults = faults();
    assert!(faults.len() > 50, "{}", faults.len());
    let unsaid: Vec<&String> = faults
        .iter()
        .filter(|fault| {
            let fault = bare(fault);
            !FOR_PROGRAMS.contains(&fault.as_str()) && !known.iter().any(|(english, _)| *english == fault)
        })
        .collect();
    assert!(unsaid.is_empty(), "no words in said.js for {unsaid:#?}");
}
