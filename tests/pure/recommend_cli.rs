//! `moodbox suggest` and `moodbox library`, as a person or a script calls them.

use std::process::{Command, Output};

const LIBRARY: &str = r#"{
    "music": [
        {"id": "a/quiet.flac", "title": "Quiet", "artist": "Somebody", "tags": ["calm"], "length": 200.5},
        {"id": "a/disco.flac", "title": "Disco", "artist": "Somebody", "genres": ["Disco"], "length": 180},
        {"id": "a/nothing.flac", "title": "Nothing is known"}
    ],
    "video": [{"id": "/films/sea/one.mp4", "tags": ["sea"]}]
}"#;

fn moodbox(library: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("library.json");
    std::fs::write(&file, library).unwrap();
    let (verb, rest) = args.split_first().unwrap();
    Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .arg(verb)
        .arg("--catalog")
        .arg(&file)
        .args(rest)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn suggest_names_music_and_video_with_a_reason_each() {
    let said = json(&moodbox(LIBRARY, &["suggest", "--mood", "sad", "--json"]));
    assert_eq!((&said["mood"], &said["speaks"]), (&"sad".into(), &"music".into()));
    for kind in ["music", "video"] {
        let first = &said[kind][0];
        assert!(
            !first["id"].as_str().unwrap().is_empty() && !first["why"].as_str().unwrap().is_empty(),
            "{said}"
        );
    }
    let text = moodbox(LIBRARY, &["suggest", "--mood", "happy"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("Disco · Somebody"));
}

#[test]
fn the_same_seed_suggests_the_same() {
    let say = |seed| moodbox(LIBRARY, &["suggest", "--mood", "neutral", "--seed", seed, "--json"]).stdout;
    assert_eq!(say("3"), say("3"));
}

#[test]
fn a_mood_that_is_none_and_a_broken_library_are_named() {
    let wrong = moodbox(LIBRARY, &["suggest", "--mood", "hapy"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("hapy"));
    let broken = moodbox("{\"music\": [{\"idd\": 3}]}", &["suggest", "--mood", "sad"]);
    assert!(!broken.status.success());
    assert!(String::from_utf8_lossy(&broken.stderr).contains("idd"));
    assert_eq!(moodbox("{}", &["suggest", "--mood", "sad"]).status.code(), Some(1), "nothing to play");
}

#[test]
fn library_counts_and_lists_what_is_not_known() {
    let said = json(&moodbox(LIBRARY, &["library", "--unknown", "--json"]));
    assert_eq!(said["music"]["count"], 3);
    assert_eq!(said["music"]["feeling"], serde_json::json!({"tag": 1, "genre": 1, "sound": 0, "unknown": 1}));
    assert_eq!(said["music"]["items"][0]["id"], "a/nothing.flac");
    assert_eq!(said["music"]["items"].as_array().unwrap().len(), 1);
    let text = moodbox(LIBRARY, &["library", "--list"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("music: 3; feeling known by tag 1, by genre 1, by sound 0, unknown 1"), "{text}");
    assert!(text.contains("+0.40 -0.70  tag      a/quiet.flac"), "{text}");
}
