//! What the code must not contain: the invariants of ARCHITECTURE.md that a reader of the source can check.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(under);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    if root.is_file() {
        files.push(root);
        folders.clear();
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "no source below {under}");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The lines that ship: without comments, and without the tests at the end of a file.
fn shipped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .enumerate()
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

#[test]
fn real_and_simulated_ports_are_compiled_together() {
    for (path, text) in sources("src") {
        for (at, line) in shipped(&text) {
            let swapped = ["cfg(", "cfg!(", "cfg_attr("].iter().any(|word| line.contains(word))
                // Neither what the program says of its own build nor a lint of tests swaps anything.
                && !line.contains("cfg(test)")
                && !line.contains("cfg_attr(test, allow(clippy::")
                && !line.contains("cfg!(debug_assertions)");
            assert!(!swapped, "{}:{at} compiles something only at times: {line}", path.display());
        }
    }
}

#[test]
fn what_holds_a_frame_wipes_itself_and_cannot_be_serialized() {
    for (path, text) in sources("src") {
        for name in ["Frame", "Rgb", "Luma", "Crop"] {
            let Some(at) = text.find(&format!("pub struct {name} ")) else { continue };
            let above = &text[..at];
            let body = text[at..].split('}').next().unwrap_or_default();
            let attributes: Vec<&str> = above
                .lines()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("///"))
                .collect();
            for attribute in attributes {
                for derived in ["Serialize", "Debug", "Clone"] {
                    assert!(
                        !(attribute.contains("derive") && attribute.contains(derived)),
                        "{}: {name} derives {derived}",
                        path.display()
                    );
                }
            }
            assert!(
                text.contains(&format!("impl Drop for {name}")) || body.contains("Zeroizing<"),
                "{}: {name} is not wiped on drop",
                path.display()
            );
        }
    }
}
