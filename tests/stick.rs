//! The files that offer a USB stick must agree with each other: a name that is wrong in one of them would show
//! itself only on a device with a stick in it.

use std::fs;
use std::path::Path;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name)).unwrap()
}

fn setting<'a>(unit: &'a str, name: &str) -> &'a str {
    unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// `key operator "value"` of one line of udev rules.
fn pairs(line: &str) -> Vec<(String, String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while !rest.trim().is_empty() {
        let at = rest.find(['=', '!', '+', '-', ':']).unwrap_or_else(|| panic!("no operator in {rest:?}"));
        let (key, after) = rest.split_at(at);
        let operator = ["==", "!=", "+=", "-=", ":=", "="].into_iter().find(|sign| after.starts_with(sign));
        let operator = operator.unwrap_or_else(|| panic!("{after:?}"));
        let value = after[operator.len()..].strip_prefix('"').expect("a value in quotes");
        let (value, after) = value.split_once('"').expect("the end of a value");
        pairs.push((key.trim().to_owned(), operator.to_owned(), value.to_owned()));
        rest = after.trim_start().strip_prefix(',').unwrap_or(after);
    }
    pairs
}

#[test]
fn each_line_of_the_rules_can_be_read_and_every_jump_has_its_goal() {
    let rules = file("moodbox-stick.udev");
    let lines: Vec<_> =
        rules.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(pairs).collect();
    let mut goals: Vec<&str> = Vec::new();
    let mut labels: Vec<&str> = Vec::new();
    for (key, operator, value) in lines.iter().flatten() {
        let base = key.split('{').next().unwrap();
        // Comparing and setting are told apart by the operator alone, and a slip is no error to udev.
        let right = match base {
            "ACTION" | "SUBSYSTEM" | "ATTRS" => ["==", "!="].contains(&operator.as_str()),
            "SYMLINK" | "TAG" => operator == "+=",
            "ENV" if key == "ENV{SYSTEMD_WANTS}" => operator == "+=",
            "ENV" => ["==", "!="].contains(&operator.as_str()),
            "GOTO" | "LABEL" => operator == "=",
            _ => false,
        };
        assert!(right, "{key}{operator}{value:?}");
        match base {
            "GOTO" => goals.push(value),
            "LABEL" => labels.push(value),
            _ => {}
        }
    }
    assert_eq!(labels.len(), 1);
    assert!(!goals.is_empty() && goals.iter().all(|goal| *goal == labels[0]));
}

#[test]
fn rule_mount_and_link_name_the_same_stick() {
    let rules = file("moodbox-stick.udev");
    let mount = file("run-media-moodbox.mount");
    let place = setting(&mount, "Where");
    // systemd finds a mount by the name of its file.
    assert_eq!(place.trim_start_matches('/').replace('/', "-"), "run-media-moodbox");
    assert!(rules.contains("ENV{SYSTEMD_WANTS}+=\"run-media-moodbox.mount\""));
    let link = setting(&mount, "What").strip_prefix("/dev/").unwrap();
    assert!(rules.contains(&format!("SYMLINK+=\"{link}\"")));
    let tmpfile = file("moodbox-stick.tmpfile");
    assert!(tmpfile.lines().any(|line| line.starts_with(&format!("d {place} "))));
    let in_mpd = tmpfile.lines().find(|line| line.starts_with("L ")).unwrap();
    assert!(in_mpd.ends_with(place));
    let folder = in_mpd.split_whitespace().nth(1).unwrap().rsplit('/').next().unwrap();
    for unit in setting(&mount, "Wants").split_whitespace() {
        let unit = file(unit);
        assert!(unit.contains(&format!("/usr/bin/moodbox library update {folder}\n")), "{unit}");
        assert!(unit.contains("run-media-moodbox.mount"));
    }
}

#[test]
fn nothing_on_a_stick_is_written_run_or_trusted() {
    let mount = file("run-media-moodbox.mount");
    let options: Vec<&str> = setting(&mount, "Options").split(',').collect();
    for option in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(options.contains(&option), "{option}");
    }
}

#[test]
fn the_package_brings_every_file_of_the_stick() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.contains("stick") || name.ends_with(".mount") {
            count += 1;
            assert!(manifest.contains(&format!("[\"systemd/{name}\", ")), "{name} is not in the package");
        }
    }
    assert_eq!(count, 5);
}
