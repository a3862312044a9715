//! The files of a machine in a folder, and `moodbox setup` as a person runs it on them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A machine that has these files, by their path and text.
pub fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let machine = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = machine.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    machine
}

/// What `setup` says to somebody who types these lines at a terminal: `script` of util-linux is the terminal.
pub fn typed(machine: &Path, words: &str, lines: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_moodbox");
    let command = format!("{program} {words} --no-start --root {}", machine.display());
    let keys = machine.join("keys");
    fs::write(&keys, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(fs::File::open(&keys).unwrap())
        .output()
        .expect("script of util-linux");
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

/// All that a program wrote to its two outputs.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// A file of the machine; empty where there is none.
pub fn read(machine: &Path, path: &str) -> String {
    fs::read_to_string(machine.join(path)).unwrap_or_default()
}
