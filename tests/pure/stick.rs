//! The files that offer a USB stick must agree with each other: a name that is wrong in one of them would show
//! itself only on a device with a stick in it.

use super::support::run;

use std::fs;
use std::path::Path;
use std::process::Command;

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
            "ACTION" | "SUBSYSTEM" => ["==", "!="].contains(&operator.as_str()),
            // Each parent is asked: almost always one of them has another value.
            "ATTRS" => operator == "==",
            "SYMLINK" | "TAG" => operator == "+=",
            "ENV" if key == "ENV{SYSTEMD_WANTS}" => operator == "+=",
            "ENV" if key == "ENV{MOODBOX_STICK}" => ["!=", "="].contains(&operator.as_str()),
            "TEST" => ["==", "!="].contains(&operator.as_str()),
            "IMPORT" => key == "IMPORT{db}" && operator == "=",
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
    let package = include_str!("../../deploy/debian/postinst");
    let in_mpd = package.lines().find_map(|line| line.trim().strip_prefix("ln -s ")).unwrap();
    let (to, link) = in_mpd.split_once(' ').unwrap();
    assert_eq!(to, place);
    let folder = link.rsplit('/').next().unwrap();
    for unit in setting(&mount, "Wants").split_whitespace() {
        let unit = file(unit);
        assert!(unit.contains(&format!("/usr/bin/moodbox library update {folder}\n")), "{unit}");
        assert!(unit.contains("run-media-moodbox.mount"));
    }
}

#[test]
fn neither_unit_can_hear_and_the_one_that_reads_media_cannot_look() {
    for unit in [file("moodbox.service"), file("moodbox-video.service")] {
        let nodes: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("DeviceAllow=")).collect();
        assert!(unit.contains("\nDevicePolicy=closed\n") && !nodes.is_empty());
        assert!(
            nodes.iter().all(
                |node| !(node.contains("char-alsa") || node.contains("/snd/") && node.ends_with("c rw"))
            ),
            "{nodes:?}"
        );
        for budget in ["MemoryMax=", "TasksMax=", "MemorySwapMax=0", "NoExecPaths=", "LimitCORE=0"] {
            assert!(unit.contains(&format!("\n{budget}")), "{budget}");
        }
    }
    // The journal's lines, and what the units around a stick may take.
    for unit in ["moodbox.service", "moodbox-video.service"].map(file) {
        assert!(setting(&unit, "LogRateLimitBurst").parse::<u32>().unwrap() <= 1000);
        assert_eq!(setting(&unit, "LogRateLimitIntervalSec"), "5min");
    }
    for unit in ["moodbox-stick.service", "moodbox-stick-gone.service"].map(file) {
        for line in
            ["TasksMax=32", "MemorySwapMax=0", "NoNewPrivileges=yes", "SystemCallFilter=@system-service"]
        {
            assert!(unit.lines().any(|known| known == line), "{line}");
        }
        assert!(
            ["MemoryMax", "TimeoutStartSec", "TimeoutStopSec"]
                .iter()
                .all(|name| setting(&unit, name) != "infinity")
        );
    }
    let player = file("moodbox-video.service");
    let nodes = player.lines().filter(|line| line.starts_with("DeviceAllow=") && line.contains("video"));
    assert_eq!(nodes.count(), 0, "a camera is char-video4linux");
    // The names that it may open are given to decoders alone.
    let rules = file("moodbox.udev");
    for name in player.lines().filter_map(|line| line.strip_prefix("DeviceAllow=/dev/moodbox-")) {
        let name = name.trim_end_matches(" rw");
        let rule = rules.lines().find(|rule| rule.contains(&format!("SYMLINK+=\"moodbox-{name}\""))).unwrap();
        assert!(rule.contains("ATTR{name}==") && rule.contains("dec"), "{rule}");
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
fn a_stick_of_fat_is_mounted_with_names_in_unicode_and_no_other_stick_is() {
    let mount = file("run-media-moodbox.mount");
    let helper = format!("mount.{}", setting(&mount, "Type"));
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    // mount(8) finds it there by its name.
    assert!(manifest.contains(&format!("[\"systemd/{helper}\", \"usr/sbin/{helper}\", \"755\"]")));
    for (kind, wanted) in [
        ("vfat", "-t vfat -o ro,noexec,utf8,nosymfollow /dev/x /y"),
        ("exfat", "-t exfat -o ro,noexec,nosymfollow /dev/x /y"),
        ("ext4", "-t ext4 -o ro,noexec,errors=remount-ro,nosymfollow /dev/x /y"),
        ("ntfs", "-t ntfs3 -o ro,noexec,nosymfollow /dev/x /y"),
        // Code of the kernel that hardly anybody tries is not given a stranger's stick.
        ("hfsplus", ""),
        ("squashfs", ""),
        ("", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, words) in [("blkid", format!("echo {kind}")), ("mount", "echo \"$*\"".to_owned())] {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{words}\n")).unwrap();
            run("chmod", &["755", &path.display().to_string()]);
        }
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        // With the words that mount(8) gives to a helper.
        let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(&helper))
            .args(["/dev/x", "/y", "-o", "ro,noexec", "-t", "moodbox-stick"])
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), wanted);
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
    assert_eq!(count, 6);
}
