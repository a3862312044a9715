//! No module depends on itself by way of others: whoever reads one has a place to begin and an end.
//!
//! A module here is a file or a folder directly below the root of a crate's source or below a folder that `SOURCES`
//! splits; `mod.rs` of such a folder is a module of its own. What a module needs is read from the paths that begin
//! with `crate::` or `super::` in what ships; the compiler has checked that they exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Folders whose entries are modules of their own, for one crate.
struct Source {
    root: &'static str,
    split: &'static [&'static str],
}

const SOURCES: [Source; 4] = [
    Source { root: "src", split: &["ports", "observers"] },
    Source { root: "crates/core/src", split: &["kiosk", "kiosk::handlers", "recommend", "text"] },
    Source { root: "crates/lab/src", split: &[] },
    Source { root: "crates/signal/src", split: &["audio"] },
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The same text with every path below `super::` written from `crate::`, seen from the module of these names.
fn from_the_root(names: &[&str], text: &str) -> String {
    let mut written = text.to_owned();
    for up in (1..=names.len()).rev() {
        let above: String = names[..names.len() - up].iter().map(|name| format!("{name}::")).collect();
        written = written.replace(&"super::".repeat(up), &format!("crate::{above}"));
    }
    written
}

/// The names of the modules that a `mod.rs` declares and uses by a path below them.
fn children_used(text: &str) -> Vec<String> {
    let declared = text.split(';').filter_map(|line| line.rsplit_once("mod ")).map(|(_, name)| name.trim());
    let used = |name: &&str| {
        text.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            before.is_none_or(|before| !(before.is_alphanumeric() || before == '_' || before == ':'))
        })
    };
    declared.filter(used).map(str::to_owned).collect()
}

/// The module that a path of names belongs to: one name below the deepest folder that is split.
fn module(source: &Source, names: &[&str]) -> String {
    let is_split = |depth: &usize| source.split.contains(&names[..*depth].join("::").as_str());
    let depth = (1..names.len()).rev().find(is_split).map_or(1, |depth| depth + 1);
    names.iter().take(depth).copied().collect::<Vec<_>>().join("::")
}

/// What ships of a file: without comments, and without the tests at its end.
fn shipped(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    let text = lines.map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    // How far an item can be seen is not what its module needs.
    text.replace("pub(in crate::", "pub(in ")
}

/// Every path that begins with `crate::`, groups in braces taken apart to their first name.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, begin) in text.match_indices("crate::") {
        let rest = &text[at + begin.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let names: Vec<String> =
            rest[..end].split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match rest[end..].strip_prefix('{') {
            Some(group) if rest[..end].ends_with("::") || end == 0 => {
                let group = group.split(';').next().unwrap_or_default();
                for name in group.split([',', '{', '}']).map(str::trim).filter(|name| !name.is_empty()) {
                    let mut whole = names.clone();
                    whole.extend(name.split("::").next().map(str::to_owned));
                    found.push(whole);
                }
            }
            _ => found.push(names),
        }
    }
    found
}

fn graph(source: &Source) -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(source.root);
    let mut graph = Graph::new();
    let mut uses = Vec::new();
    for file in files(&root) {
        let path = file.strip_prefix(&root).unwrap().with_extension("");
        let mut names: Vec<&str> = path.iter().map(|name| name.to_str().unwrap()).collect();
        if names.last().is_some_and(|last| last.ends_with("tests")) {
            continue;
        }
        if matches!(names.last(), Some(&"mod" | &"lib" | &"main")) {
            names.pop();
        }
        if names.is_empty() {
            continue;
        }
        let module = module(source, &names);
        graph.entry(module.clone()).or_default();
        let text = shipped(&fs::read_to_string(&file).unwrap());
        let mut needs = paths(&from_the_root(&names, &text));
        if source.split.contains(&names.join("::").as_str()) {
            let path = names.iter().map(|name| (*name).to_owned());
            needs.extend(children_used(&text).into_iter().map(|child| path.clone().chain([child]).collect()));
        }
        uses.push((module, needs));
    }
    for (from, paths) in uses {
        for path in paths {
            let to = module(source, &path.iter().map(String::as_str).collect::<Vec<_>>());
            // A type that stands in `ports/mod.rs`, say, belongs to that folder.
            let above = |to: &str| to.rsplit_once("::").map(|(above, _)| above.to_owned());
            let to = if graph.contains_key(&to) { Some(to) } else { above(&to) };
            let Some(to) = to else { continue };
            if to != from && graph.contains_key(&to) {
                graph.get_mut(&from).unwrap().insert(to);
            }
        }
    }
    graph
}

/// A way from a module back to itself.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    fn follow(graph: &Graph, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
        let here = way.last().cloned()?;
        for next in &graph[&here] {
            if let Some(at) = way.iter().position(|name| name == next) {
                return Some(way[at..].to_vec());
            }
            if done.contains(next) {
                continue;
            }
            way.push(next.clone());
            if let Some(found) = follow(graph, way, done) {
                return Some(found);
            }
            way.pop();
        }
        done.insert(here);
        None
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| follow(graph, &mut vec![start.clone()], &mut done))
}

#[test]
fn no_module_needs_itself_by_way_of_others() {
    for source in SOURCES {
        let graph = graph(&source);
        assert!(graph.len() > 1, "{} has no modules", source.root);
        assert_eq!(circle(&graph), None, "a circle of modules below {}", source.root);
    }
}

#[test]
fn a_circle_is_found() {
    let needs = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let mut graph = Graph::from([
        ("panel".into(), needs(&["config"])),
        ("config".into(), needs(&["paths"])),
        ("paths".into(), needs(&[])),
    ]);
    assert_eq!(circle(&graph), None);
    graph.insert("paths".into(), needs(&["panel"]));
    assert_eq!(circle(&graph).map(|way| way.len()), Some(3));
    assert_eq!(
        from_the_root(&["ports", "panel", "spi"], "use super::wire::Wire; use super::super::light"),
        "use crate::ports::panel::wire::Wire; use crate::ports::light"
    );
    assert_eq!(
        children_used("mod item; pub mod rank; mod pool; pub use item::Item; let a = my_pool::X;"),
        ["item"]
    );
    assert_eq!(
        paths("use crate::config::{self, Config}; use crate::{paths, ports::panel}; crate::mood::Mood::Sad"),
        [
            vec!["config", "self"],
            vec!["config", "Config"],
            vec!["paths"],
            vec!["ports"],
            vec!["mood", "Mood", "Sad"]
        ]
        .map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>())
    );
}

#[test]
fn the_core_needs_no_port() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/core/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let needed: Vec<&str> = manifest["dependencies"].as_table().unwrap().keys().map(String::as_str).collect();
    const PURE: [&str; 9] = [
        "caseless",
        "rand",
        "rand_chacha",
        "serde",
        "serde_json",
        "strsim",
        "thiserror",
        "toml",
        "unicode-normalization",
    ];
    for name in needed {
        assert!(
            PURE.contains(&name),
            "the core needs {name}: name it here if it does no I/O and reads no clock"
        );
    }
}
