//! What the scripts of `deploy` repeat of other files is what those files say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const TARGET: &str = "aarch64-unknown-linux-gnu";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cross() -> toml::Table {
    let all: toml::Table = read("cross.toml").parse().expect("cross.toml is TOML");
    all["target"][TARGET].as_table().expect("a table for the target").clone()
}

fn texts(list: &toml::Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("texts")).collect()
}

/// The words of `[group]="..."` in `deploy/packages`.
fn packages(group: &str) -> BTreeSet<String> {
    let script = read("deploy/packages");
    let start = format!("[{group}]=\"");
    let line = script.lines().find_map(|line| line.trim().strip_prefix(&start)).expect("the group is there");
    line.trim_end_matches('"').split(' ').map(str::to_owned).collect()
}

#[test]
fn cross_toml_installs_the_packages_that_the_script_installs() {
    let cross = cross();
    let install = texts(&cross["pre-build"])
        .into_iter()
        .find_map(|line| line.strip_prefix("apt-get install "))
        .expect("cross.toml installs something");
    let named: BTreeSet<String> =
        install.split(' ').filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    assert_eq!(named, packages("cross"));
    let script = read("deploy/build-arm64");
    assert!(script.contains("deploy/packages cross rust"), "the script installs that very group");
}

#[test]
fn cross_toml_sets_the_variables_that_the_script_sets() {
    let cross = cross();
    let named: BTreeMap<String, String> = texts(&cross["env"]["passthrough"])
        .into_iter()
        .map(|line| line.split_once('=').expect("NAME=VALUE"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let set: BTreeMap<String, String> = read("deploy/build-arm64")
        .lines()
        .filter_map(|line| line.strip_prefix("export "))
        .map(|line| line.split_once('=').expect("NAME=VALUE"))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect();
    assert_eq!(named, set);
    assert!(!set.is_empty());
}

#[test]
fn both_build_for_the_same_target() {
    assert!(read("deploy/build-arm64").contains(&format!("--target {TARGET} ")));
}

#[test]
fn the_installer_holds_no_second_copy_of_what_setup_knows() {
    let script = read("deploy/install");
    for preset in moodbox::ports::panel::presets::PRESETS.map(|preset| preset.name) {
        // One example may name one.
        assert!(script.matches(preset).count() <= usize::from(preset == "pirate-audio"), "{preset}");
    }
    for word in ["config.txt", "moodbox.toml", "GPIO", "mpd.conf"] {
        assert!(!script.contains(word), "{word}");
    }
}

#[test]
fn a_screen_that_comes_later_starts_the_player_anew_and_no_other_change_does() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    std::fs::create_dir_all(at("drm/card0-HDMI-A-1")).unwrap();
    std::fs::create_dir_all(at("bin")).unwrap();
    std::fs::create_dir_all(at("run")).unwrap();
    std::fs::write(at("bin/systemctl"), format!("#!/bin/sh\necho \"$@\" >{}\n", at("told").display()))
        .unwrap();
    let runs = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(at("bin/systemctl"), runs).unwrap();
    let script = read("systemd/screen-came")
        .replace("/sys/class/drm", at("drm").to_str().unwrap())
        .replace("/run/moodbox-video", at("run").to_str().unwrap());
    let told = |status: &str| {
        std::fs::write(at("drm/card0-HDMI-A-1/status"), status).unwrap();
        let _ = std::fs::remove_file(at("told"));
        let path = format!("{}:/usr/bin:/bin", at("bin").display());
        let ended =
            std::process::Command::new("sh").args(["-c", &script]).env("PATH", path).status().unwrap();
        assert!(ended.success());
        std::fs::read_to_string(at("told")).unwrap_or_default()
    };
    // It has a screen, and keeps it.
    assert_eq!(told("connected\n"), "");
    // What give-socket notes where mpv found none.
    assert!(read("systemd/give-socket").contains("\"$folder/no-screen\""));
    std::fs::create_dir(at("run/no-screen")).unwrap();
    assert_eq!(told("disconnected\n"), "");
    assert_eq!(told("connected\n"), "--no-block try-restart moodbox-video.service\n");
}
