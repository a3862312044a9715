//! Every cure that the program names can be done: its commands exist and take these options, their programs come with
//! the system or with a package that ours names, and the settings that it speaks of are settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Parser;
use moodbox::cli::Cli;

/// Programs that cures name, each with the Debian package that has it; none is part of every Raspberry Pi OS and
/// Debian. `rpicam-vid` and `libcamera-vid` are two names of one program in the course of time.
const PROGRAMS: [(&str, Option<&str>); 22] = [
    ("apt", None),
    ("systemctl", None),
    ("journalctl", None),
    ("timedatectl", None),
    ("udevadm", None),
    ("usermod", None),
    ("groupadd", None),
    ("reboot", None),
    ("ls", None),
    ("aplay", Some("alsa-utils")),
    ("fuser", Some("psmisc")),
    ("gpioinfo", Some("gpiod")),
    ("mpc", Some("mpc")),
    ("mpd", Some("mpd")),
    ("mpv", Some("mpv")),
    ("ffmpeg", Some("ffmpeg")),
    ("ffprobe", Some("ffmpeg")),
    ("rpicam-vid", Some("rpicam-apps-lite")),
    ("rpicam-hello", Some("rpicam-apps-lite")),
    ("libcamera-vid", Some("rpicam-apps-lite")),
    ("logrotate", None),
    ("moodbox", Some("moodbox")),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the program says, file by file: its source without tests and comments, lines that a `\` joins as one, and the
/// page of faults.
fn said() -> Vec<(String, String)> {
    let mut said =
        vec![("docs/faults.md".to_owned(), fs::read_to_string(root().join("docs/faults.md")).unwrap())];
    let mut folders = vec![root().join("src"), root().join("crates/core/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            if !name.ends_with(".rs") || name.contains("tests") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let mut joined = String::new();
            for line in lines {
                match line.strip_suffix('\\') {
                    Some(before) => joined.push_str(before),
                    None => {
                        joined.push_str(line);
                        joined.push('\n');
                    }
                }
            }
            said.push((path.strip_prefix(root()).unwrap().display().to_string(), joined));
        }
    }
    said
}

/// What stands between backticks on a line, with what follows it.
fn quoted(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .flat_map(|line| {
            let mut parts = line.split('`');
            let mut found = Vec::new();
            let mut at = parts.next().map_or(0, str::len);
            while let (Some(inner), after) = (parts.next(), parts.next()) {
                at += 1 + inner.len() + 1;
                found.push((inner, line.get(at..).unwrap_or_default()));
                at += after.map_or(0, str::len);
            }
            found
        })
        .collect()
}

/// The words of a command; a place for a value gets one.
fn words(command: &str) -> Vec<String> {
    let command = command.split(['>', '|', '<']).next().unwrap_or_default();
    command
        .replace("\\\"", "")
        .split_whitespace()
        .map(|word| if word.starts_with('{') { "x".to_owned() } else { word.to_owned() })
        .collect()
}

#[test]
fn each_command_of_a_cure_exists_and_takes_these_options() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let field = |name: &str| {
        let start = format!("{name} = \"");
        let line = manifest.lines().find_map(|line| line.strip_prefix(start.as_str())).unwrap();
        line.trim_end_matches('"').split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let packages: Vec<String> = ["depends", "recommends", "suggests"]
        .into_iter()
        .flat_map(field)
        .chain(["moodbox".to_owned()])
        .collect();
    let (mut own, mut others) = (0, 0);
    for (file, text) in said() {
        for (command, _) in quoted(&text) {
            for one in command.split("&&") {
                let mut words = words(one);
                let with_sudo = words.first().is_some_and(|word| word == "sudo");
                if with_sudo {
                    words.remove(0);
                }
                let Some(first) = words.first().cloned() else { continue };
                let known = PROGRAMS.iter().find(|(program, _)| *program == first);
                assert!(
                    known.is_some() || !with_sudo,
                    "{file}: `{command}` needs a program that no list here has"
                );
                let Some((program, package)) = known else { continue };
                others += 1;
                if let Some(package) = package {
                    assert!(
                        packages.iter().any(|known| known == package),
                        "{file}: `{command}` needs {package}"
                    );
                }
                let installs = *program == "apt" && words.get(1).is_some_and(|verb| verb == "install");
                for package in words.iter().skip(2).filter(|word| installs && !word.starts_with('-')) {
                    assert!(
                        packages.contains(package),
                        "{file}: `{command}`: {package} is no package of ours"
                    );
                }
                if *program == "moodbox" {
                    own += 1;
                    let parsed = Cli::try_parse_from(&words);
                    // A verb that is named without what it needs is a name, not a command.
                    let refused = parsed.err().filter(|error| {
                        error.kind() != clap::error::ErrorKind::MissingRequiredArgument
                            && error.kind()
                                != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    });
                    assert!(refused.is_none(), "{file}: `{command}`: {}", refused.unwrap());
                }
            }
        }
    }
    assert!(own > 30 && others > 60, "{own} and {others} were found");
}

/// The keys of the shipped configuration by their section, those that are commented out too.
fn settings() -> BTreeMap<String, Vec<String>> {
    let mut settings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = String::new();
    for line in moodbox::config::DEFAULT.lines() {
        let line = line.trim_start_matches(['#', ' ']);
        let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name.filter(|name| name.chars().all(|letter| letter.is_ascii_alphabetic())) {
            name.clone_into(&mut section);
        } else if let Some((key, _)) = line.split_once('=') {
            settings.entry(section.clone()).or_default().push(key.trim().to_owned());
        }
    }
    settings
}

#[test]
fn each_setting_that_a_cure_names_is_one() {
    let settings = settings();
    let mut found = 0;
    for (file, text) in said() {
        for (quoted, after) in quoted(&text) {
            let section = ["under [", "of [", "in ["].iter().find_map(|word| {
                after
                    .trim_start()
                    .strip_prefix(word)
                    .and_then(|rest| rest.split_once(']'))
                    .map(|(name, _)| name)
            });
            let key = quoted.split([' ', '=']).next().unwrap_or_default();
            if let Some(section) = section {
                found += 1;
                let keys = settings.get(section);
                assert!(
                    keys.is_some_and(|keys| keys.iter().any(|known| known == key)),
                    "{file}: there is no `{key}` under [{section}] of the shipped configuration: {keys:?}"
                );
            }
            // `video.folders`
            if let Some((section, key)) = quoted.split_once('.')
                && let Some(keys) = settings.get(section)
                && key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
                && !["rs", "toml", "mp4"].contains(&key)
            {
                found += 1;
                assert!(keys.iter().any(|known| known == key), "{file}: `{quoted}` is no setting: {keys:?}");
            }
        }
    }
    assert!(found > 15, "{found} were found");
}

/// Runs the program in a folder of its own.
fn moodbox(house: &Path, words: &[&str], input: &str) -> std::process::Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(words)
        .current_dir(house)
        .env("XDG_STATE_HOME", house.join("state"))
        .env("XDG_RUNTIME_DIR", house.join("run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn told(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The command between backticks that a report names as its cure.
fn command_in<'a>(report: &'a str, begins: &str) -> &'a str {
    quoted(report)
        .into_iter()
        .map(|(quoted, _)| quoted)
        .find(|quoted| quoted.starts_with(begins))
        .unwrap_or_else(|| panic!("no `{begins}` in:\n{report}"))
}

#[test]
fn the_cure_of_a_missing_configuration_makes_one() {
    let house = tempfile::tempdir().unwrap();
    let report = told(&moodbox(house.path(), &["check", "--config", "moodbox.toml"], ""));
    let command = command_in(&report, "moodbox check --default > ");
    let (words, file) = command.split_once(" > ").unwrap();
    let words: Vec<&str> = words.split_whitespace().skip(1).collect();
    fs::write(house.path().join(file), moodbox(house.path(), &words, "").stdout).unwrap();
    let report = told(&moodbox(house.path(), &["check", "--config", "moodbox.toml"], ""));
    assert!(report.contains("ok       configuration"), "{report}");
}

#[test]
fn the_cure_of_a_page_without_its_password_makes_one() {
    let house = tempfile::tempdir().unwrap();
    let file = house.path().join("web-password");
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[web]\nlisten = \"0.0.0.0:8080\"\n\
         password_file = \"{}\"\n",
        file.display()
    );
    fs::write(house.path().join("moodbox.toml"), config).unwrap();
    let report = told(&moodbox(house.path(), &["check", "--config", "moodbox.toml"], ""));
    assert!(report.contains("FAULT    configuration"), "{report}");
    let command = command_in(&report, "moodbox password --file ");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let made = moodbox(house.path(), &words, "a long word of mine\n");
    assert!(made.status.success(), "{}", told(&made));
    let report = told(&moodbox(house.path(), &["check", "--config", "moodbox.toml"], ""));
    assert!(report.contains("ok       configuration"), "{report}");
}
