//! `moodbox setup phone` as a person runs it: the command itself, on the files of a machine in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::machine::{self, read, said};

use moodbox::config::{self, password::StoredPassword};

const WORD: &str = "correct horse battery";

/// A device that is set up, on the network 192.168.178.0/24.
fn machine() -> tempfile::TempDir {
    let settings = config::packaged().replace("\nmode = \"household\"", "\nmode = \"public\"");
    assert_ne!(settings, config::packaged());
    machine::with(&[
        ("etc/moodbox/moodbox.toml", settings.as_str()),
        ("etc/hostname", "Kitchen\n"),
        ("usr/sbin/avahi-daemon", ""),
        (
            "proc/net/route",
            "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
             wlan0 00000000 01B2A8C0 0003 0 0 600 00000000 0 0 0\n\
             wlan0 00B2A8C0 00000000 0001 0 0 600 00FFFFFF 0 0 0\n",
        ),
    ])
}

fn typed(machine: &Path, options: &str, lines: &[&str]) -> String {
    machine::typed(machine, &format!("setup phone {options}"), lines)
}

fn unattended(machine: &Path, options: &[&str], word: &str) -> Output {
    let keys = machine.join("keys");
    fs::write(&keys, word).unwrap();
    Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(["setup", "phone", "--no-start", "--root"])
        .arg(machine)
        .args(options)
        .stdin(if word.is_empty() { Stdio::null() } else { fs::File::open(&keys).unwrap().into() })
        .output()
        .unwrap()
}

const SETTINGS: &str = "etc/moodbox/moodbox.toml";
const PASSWORD: &str = "etc/moodbox/web-password";
const UNIT: &str = "etc/systemd/system/moodbox.service.d/phone.conf";

/// The settings as the device would read them, with the files of this machine.
fn settings(machine: &Path) -> config::WebSettings {
    let here = format!("\"{}/etc/", machine.display());
    config::parse(&read(machine, SETTINGS).replace("\"/etc/", &here), "written").unwrap().web.unwrap()
}

#[test]
fn it_asks_for_a_password_shows_what_it_will_write_and_ends_with_an_address() {
    let machine = machine();
    let machine = machine.path();
    let before = read(machine, SETTINGS);
    let said = typed(machine, "--listen 192.168.178.20:8740", &[WORD, WORD, "yes"]);
    for shown in [
        "[web] listen = \"192.168.178.20:8740\"",
        "[web] names = [\"kitchen.local\"]",
        "the service may talk to 192.168.178.0/24",
        "plain HTTP",
        "Write this?",
        "    http://192.168.178.20:8740/\n    http://kitchen.local:8740/\n",
        // The code.
        "\x1b[38;5;16;48;5;231m",
    ] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
    // What was typed before it asked was shown by the terminal itself.
    let answered = said.split_once("Password, at least").unwrap().1;
    assert!(!answered.contains(WORD), "the password is not shown: {said}");
    let web = settings(machine);
    assert!(web.password.unwrap().accepts(WORD));
    assert_eq!(
        (web.listen.to_string().as_str(), web.names),
        ("192.168.178.20:8740", vec!["kitchen.local".to_owned()])
    );
    let unit = read(machine, UNIT);
    assert!(unit.contains("\n[Service]\nIPAddressAllow=192.168.178.0/24\n"), "{unit}");
    let rights = fs::metadata(machine.join(PASSWORD)).unwrap().permissions().mode();
    assert_eq!(rights & 0o7777, 0o600, "there is no group moodbox here");
    // Once more, with nothing typed: all of it stays.
    let hash = read(machine, PASSWORD);
    let again = typed(machine, "--listen 192.168.178.20:8740", &[""]);
    assert!(again.contains("All of it is set already."), "{again}");
    assert_eq!(read(machine, PASSWORD), hash);
    // And back.
    let off = typed(machine, "--off", &["yes"]);
    assert!(off.contains("[web] listen = \"127.0.0.1:8740\"") && off.contains("is removed"), "{off}");
    let web = settings(machine);
    assert!(web.password.is_none() && web.listen.ip().is_loopback());
    assert!(!machine.join(PASSWORD).exists() && !machine.join(UNIT).exists());
    let left: Vec<String> =
        read(machine, SETTINGS).lines().filter(|line| !before.contains(line)).map(str::to_owned).collect();
    assert_eq!(left, ["names = [\"kitchen.local\"]"], "a name opens nothing");
}

#[test]
fn a_no_a_short_password_and_two_that_differ_write_nothing() {
    for (lines, words) in [
        (&[WORD, WORD, "no"][..], "Nothing was written."),
        (&["short", "short"], "at least 10 characters"),
        (&[WORD, "correct horse batteri"], "the two differ"),
    ] {
        let machine = machine();
        let machine = machine.path();
        let before = read(machine, SETTINGS);
        let said = typed(machine, "", lines);
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(read(machine, SETTINGS), before);
        assert!(!machine.join(PASSWORD).exists() && !machine.join(UNIT).exists());
    }
}

#[test]
fn unattended_it_takes_a_password_from_a_pipe_and_never_goes_without_one() {
    let machine = machine();
    let machine = machine.path();
    let before = read(machine, SETTINGS);
    for (options, words) in [
        (&["--yes"][..], "send one with --password-stdin"),
        (&[], "nobody is there to be asked"),
        (&["--yes", "--password-stdin", "--listen", "127.0.0.1:8740"], "no phone would reach the page there"),
        (&["--yes", "--network", "home"], "192.168.1.0/24"),
        (&["--show"], "no phone reaches the page yet"),
    ] {
        let refused =
            unattended(machine, options, if options.contains(&"--password-stdin") { WORD } else { "" });
        assert!(
            !refused.status.success() && said(&refused).contains(words),
            "{options:?}: {}",
            said(&refused)
        );
    }
    let shown = unattended(machine, &["--dry-run"], "");
    assert!(shown.status.success() && said(&shown).contains("password_file"), "{}", said(&shown));
    assert_eq!(read(machine, SETTINGS), before);
    assert!(!machine.join(PASSWORD).exists() && !machine.join(UNIT).exists());
    let done =
        unattended(machine, &["--yes", "--password-stdin", "--network", "10.1.0.0/16"], &format!("{WORD}\n"));
    assert!(done.status.success() && !said(&done).contains(WORD), "{}", said(&done));
    assert!(settings(machine).password.unwrap().accepts(WORD));
    assert_eq!(settings(machine).listen.to_string(), "0.0.0.0:8740");
    assert!(read(machine, UNIT).contains("IPAddressAllow=10.1.0.0/16"));
    // What nobody reads at a terminal has no picture in it.
    assert!(!said(&done).contains('\x1b'));
    // The password stays where none is sent, and the network is that of today.
    let again = unattended(machine, &["--yes"], "");
    assert!(again.status.success() && read(machine, UNIT).contains("192.168.178.0/24"), "{}", said(&again));
    assert!(settings(machine).password.unwrap().accepts(WORD));
}

#[test]
fn what_a_person_set_stays_and_a_machine_without_network_or_set_up_is_told_so() {
    let machine = machine();
    let machine = machine.path();
    let own = machine.join("etc/moodbox/mine");
    fs::write(&own, format!("{}\n", StoredPassword::make(WORD).unwrap().as_str())).unwrap();
    let text = read(machine, SETTINGS).replace(
        "\nlisten = \"127.0.0.1:8740\"\n",
        "\nlisten = \"127.0.0.1:80\" # mine\npassword_file = \"/etc/moodbox/mine\"\nnames = [\"box.example\"]\n",
    );
    fs::write(machine.join(SETTINGS), &text).unwrap();
    assert!(unattended(machine, &["--yes"], "").status.success());
    let web = settings(machine);
    assert_eq!(
        (web.listen.to_string().as_str(), web.names),
        ("0.0.0.0:80", vec!["box.example".into(), "kitchen.local".into()])
    );
    assert!(web.password.unwrap().accepts(WORD) && !machine.join(PASSWORD).exists());
    let off = unattended(machine, &["--yes", "--off"], "");
    assert!(said(&off).contains("/etc/moodbox/mine stays"), "{}", said(&off));
    let web = settings(machine);
    assert!(web.password.is_some() && web.listen.to_string() == "127.0.0.1:80");
    fs::write(machine.join("proc/net/route"), "Iface\n").unwrap();
    let alone = unattended(machine, &["--yes"], "");
    assert!(!alone.status.success() && said(&alone).contains("--network 192.168.1.0/24"), "{}", said(&alone));
    fs::write(machine.join(SETTINGS), config::packaged()).unwrap();
    let new = unattended(machine, &["--yes"], "");
    assert!(!new.status.success() && said(&new).contains("`sudo moodbox setup` first"), "{}", said(&new));
}
