//! What the documents say of the tests is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 3] = ["PRIVACY.md", "SECURITY.md", "docs/faults.md"];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // The attribute, others after it, then the function; in `proptest!` too.
            for part in text.split("#[test]").skip(1) {
                let name =
                    part.split_once("fn ").map(|(_, rest)| rest.split(['(', '<']).next().unwrap_or_default());
                found.extend(name.map(str::to_owned));
            }
        }
    }
}

/// What stands between backticks and looks like the name of a test: a sentence of at least four words.
fn named(document: &str) -> Vec<&str> {
    let quoted = document.split('`').skip(1).step_by(2);
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    quoted.filter(|name| name.matches('_').count() >= 3 && name.chars().all(word)).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let mut known = BTreeSet::new();
    tests(&root("src"), &mut known);
    tests(&root("crates"), &mut known);
    tests(&root("tests"), &mut known);
    assert!(known.len() > 300, "{} tests were found", known.len());
    for document in DOCUMENTS {
        let text = fs::read_to_string(root(document)).unwrap();
        let named = named(&text);
        assert!(named.len() >= 8, "{document}: {named:?}");
        for name in named {
            assert!(known.contains(name), "{document} names the test `{name}`, which there is not");
        }
    }
}

#[test]
fn every_promise_stands_beside_a_test() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(root(document)).unwrap();
        let mut in_table = false;
        for line in text.lines() {
            let header = line.starts_with('|') && line.trim_end_matches([' ', '|']).ends_with("test");
            let promise = line.starts_with('|') && line.to_lowercase().contains("the test that fails");
            in_table = (in_table && line.starts_with('|')) || header || promise;
            if in_table && !header && !promise && !line.starts_with("|---") {
                let last = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
                assert!(!named(last).is_empty(), "{document}: {line}");
            }
        }
    }
}

/// The figures of the reading are measured in one place: what the README says of them is what the card says.
#[test]
fn the_readme_says_how_often_people_agree_as_the_card_does() {
    let card = fs::read_to_string(root("models/MODEL_CARD.md")).unwrap();
    let row = card.lines().find(|line| line.starts_with("| majority of ten voters |")).unwrap();
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let share = |cell: &str| cell.trim_end_matches(" %").parse::<f64>().unwrap().round();
    let (agrees, sure, right) = (share(cells[3]), share(cells[6]), share(cells[7]));
    let readme = fs::read_to_string(root("README.md")).unwrap();
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        format!("it names the mood that they saw in {agrees}."),
        format!("It is sure of {sure} of the 100, and then right {right} times in 100"),
    ] {
        assert!(readme.contains(&said), "README.md does not say: {said}");
    }
}
