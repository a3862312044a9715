//! Shutting down through logind: real `busctl` on a real bus of the test's own. logind itself cannot be had
//! in a test; a service with its name, written here, answers in its place and says so.

use crate::support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use moodbox::ports::power::{Logind, PowerError, PowerSwitch};
use moodbox_core::kiosk::action::Power;
use moodbox_core::kiosk::event::TroubleKind;

/// A bus on which nobody serves.
struct Bus {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Bus {
    /// With these rules for who may send what.
    fn start(policy: &str) -> Bus {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("bus.conf");
        // A service of that name is known here, so that it is the rules that refuse; it is never started.
        if !policy.is_empty() {
            let service = "[D-BUS Service]\nName=org.freedesktop.login1\nExec=/bin/false\nUser=root\n";
            std::fs::write(folder.path().join("org.freedesktop.login1.service"), service).unwrap();
        }
        std::fs::write(
            &config,
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig>\
                 <type>custom</type><listen>unix:path={}</listen><servicedir>{}</servicedir><auth>EXTERNAL</auth>\
                 <policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>\
                 <allow send_type=\"method_call\"/><allow send_type=\"signal\"/>\
                 <allow send_requested_reply=\"true\"/><allow receive_type=\"method_call\"/>\
                 <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/>{policy}</policy>\
                 </busconfig>",
                folder.path().join("bus").display(),
                folder.path().display()
            ),
        )
        .unwrap();
        let mut child = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("`dbus-daemon` is needed for this test: apt install dbus");
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Bus { child, address: address.trim().to_owned(), _folder: folder }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_bus_that_does_not_let_us_speak_to_logind_is_a_denial_with_its_cure() {
    let bus = Bus::start("<deny send_destination=\"org.freedesktop.login1\"/>");
    let error = Logind::on_bus(&bus.address).turn(Power::Off).unwrap_err();
    assert!(matches!(error, PowerError::Denied { .. }), "{error:?}");
    assert_eq!(error.trouble().kind, TroubleKind::PowerDenied);
    assert!(error.to_string().contains("polkit rule"), "{error}");
}

#[test]
fn a_machine_without_logind_without_a_bus_or_without_busctl_is_told() {
    let bus = Bus::start("");
    for mut switch in [
        Logind::on_bus(&bus.address),
        Logind::on_bus("unix:path=/nowhere/bus"),
        Logind::by("/nowhere/busctl"),
    ] {
        let error = switch.turn(Power::Restart).unwrap_err();
        assert!(matches!(error, PowerError::Absent { .. }), "{error:?}");
    }
}

/// The words that logind and polkit refuse with, from a `busctl` that only prints them: neither can be had here.
#[test]
fn refusals_are_told_apart_by_their_words() {
    let folder = tempfile::tempdir().unwrap();
    for (words, denied) in [
        ("Call failed: Interactive authentication required.", true),
        ("Call failed: Access denied", true),
        ("Call failed: There's already a shutdown or sleep operation in progress", false),
    ] {
        let program = folder.path().join("busctl");
        std::fs::write(&program, format!("#!/bin/sh\necho \"{words}\" >&2\nexit 1\n")).unwrap();
        support::run("chmod", &["+x", &program.display().to_string()]);
        let error = Logind::by(&program).turn(Power::Off).unwrap_err();
        assert_eq!(matches!(error, PowerError::Denied { .. }), denied, "{error:?}");
        assert!(!error.to_string().contains("Call failed"), "{error}");
    }
}

/// What is asked of logind, read from a `busctl` that writes its arguments down.
#[test]
fn off_and_restart_are_the_calls_that_logind_knows_and_ask_nobody_for_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let (program, heard) = (folder.path().join("busctl"), folder.path().join("heard"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" >> {}\n", heard.display())).unwrap();
    support::run("chmod", &["+x", &program.display().to_string()]);
    let mut switch = Logind::by(&program);
    switch.turn(Power::Off).unwrap();
    switch.turn(Power::Restart).unwrap();
    let heard = std::fs::read_to_string(heard).unwrap();
    let call = "call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager";
    let lines: Vec<&str> = heard.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].contains("--system") && lines[0].ends_with(&format!("{call} PowerOff b false")),
        "{heard}"
    );
    assert!(lines[1].ends_with(&format!("{call} Reboot b false")), "{heard}");
}

#[test]
fn the_polkit_rule_names_the_actions_and_the_user_of_the_unit() {
    let root = env!("CARGO_MANIFEST_DIR");
    let rule = std::fs::read_to_string(format!("{root}/systemd/50-moodbox.rules")).unwrap();
    for word in [
        "login1.power-off\"",
        "login1.reboot\"",
        "subject.user == \"moodbox\"",
        "polkit.Result.YES",
        "[\"/usr/bin/moodbox\", \"may-power-off\"]",
    ] {
        assert!(rule.contains(word), "{word}");
    }
}

#[test]
fn polkit_is_told_yes_only_where_the_file_of_the_administrator_offers_the_menu() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("moodbox.toml");
    for (mode, line, may) in [
        ("household", "", true),
        ("household", "hold_menu = false\n", false),
        ("public", "", false),
        ("public", "hold_menu = true\n", true),
        ("broken", "", false),
    ] {
        let text = format!(
            "[device]\nmode = \"{mode}\"\n[button]\nline = \"GPIO17\"\n{line}[panel]\nwidth = 240\nheight = 240\npng = \"p.png\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_moodbox"));
        let status = command
            .arg("may-power-off")
            .arg("--config")
            .arg(&file)
            .stderr(std::process::Stdio::null())
            .status();
        assert_eq!(status.unwrap().success(), may, "{mode} {line}");
    }
    let none = std::process::Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(["may-power-off", "--config", "/no/file"])
        .output();
    assert!(!none.unwrap().status.success());
}
