//! After the daemon ended in failure, the panel says so.

use std::path::Path;
use std::process::{Command, Output};

fn stopped(folder: &Path, settings: &str, result: Option<&str>) -> (Output, Option<Vec<u8>>) {
    let (config, panel) = (folder.join("moodbox.toml"), folder.join("panel.png"));
    let _ = std::fs::remove_file(&panel);
    let place = panel.display();
    std::fs::write(&config, format!("{settings}[panel]\npng = \"{place}\"\nwidth = 240\nheight = 240\n"))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    command.args(["stopped", "--config"]).arg(&config).env_remove("SERVICE_RESULT");
    if let Some(result) = result {
        command.env("SERVICE_RESULT", result);
    }
    (command.output().unwrap(), std::fs::read(panel).ok())
}

const RIGHT: &str = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n";
const WRONG: &str = "[device]\nmode = \"hom\"\n[button]\nline = \"GPIO17\"\n";

#[test]
fn a_daemon_that_was_told_to_stop_leaves_its_goodbye_on_the_panel() {
    let folder = tempfile::tempdir().unwrap();
    let (output, panel) = stopped(folder.path(), RIGHT, Some("success"));
    assert!(output.status.success() && panel.is_none());
}

#[test]
fn a_crash_and_broken_settings_are_told_apart_on_the_panel() {
    let folder = tempfile::tempdir().unwrap();
    let mut pictures = Vec::new();
    for (settings, result) in [(RIGHT, "core-dump"), (RIGHT, "watchdog"), (WRONG, "exit-code")] {
        let (output, panel) = stopped(folder.path(), settings, Some(result));
        assert!(output.status.success(), "{output:?}");
        pictures.push(panel.unwrap());
    }
    assert_eq!(pictures[0], pictures[1]);
    assert_ne!(pictures[0], pictures[2]);
}

#[test]
fn a_person_who_calls_it_is_told_that_systemd_does() {
    let folder = tempfile::tempdir().unwrap();
    let (output, panel) = stopped(folder.path(), RIGHT, None);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("SERVICE_RESULT") && panel.is_none(), "{said}");
}
