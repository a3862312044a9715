//! `moodbox setup` as a person runs it: the command itself, on the files of a machine in a folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::machine::{self, read, said};

use moodbox::config;
use moodbox_core::kiosk::policy::Mode;

/// The settings as the package brings them, a board with two sound cards, and MPD's configuration with no output.
fn machine() -> tempfile::TempDir {
    machine::with(&[
        ("etc/moodbox/moodbox.toml", config::packaged().as_str()),
        ("boot/firmware/config.txt", "# by hand\n"),
        ("etc/mpd.conf", "# by Debian\nmusic_directory \"/var/lib/mpd/music\"\n"),
        (
            "proc/asound/cards",
            " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n 1 [Device         ]: USB-Audio - USB Sound Device\n",
        ),
    ])
}

fn typed(machine: &Path, options: &str, lines: &[&str]) -> String {
    machine::typed(machine, &format!("setup {options}"), lines)
}

fn unattended(machine: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(["setup", "--no-start", "--root"])
        .arg(machine)
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn it_asks_shows_what_it_will_write_writes_it_and_offers_it_the_next_time() {
    let machine = machine();
    let machine = machine.path();
    // A word that is none of those is asked again.
    let said = typed(machine, "", &["home", "public", "de", "adafruit-1.54", "GPIO23", "Device", "yes"]);
    for shown in [
        "household: a press looks at once",
        "USB Sound Device",
        "[device] mode = \"public\"",
        "[button] line = \"GPIO23\"",
        "MPD plays to the card Device",
        "Write this?",
    ] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
    let settings = read(machine, "etc/moodbox/moodbox.toml");
    let config = config::parse(&settings, "written").unwrap();
    assert_eq!((config.mode, config.sound_card.as_deref()), (Mode::Public, Some("Device")));
    assert!(read(machine, "etc/moodbox/mpd.conf").contains("default:CARD=Device"));
    assert!(read(machine, "boot/firmware/config.txt").starts_with("# by hand\n"));
    assert_eq!(read(machine, "etc/mpd.conf"), "# by Debian\nmusic_directory \"/var/lib/mpd/music\"\n");
    // Nothing but Enter: what is set stays.
    let said = typed(machine, "", &["", "", "", "", ""]);
    for offered in
        ["[public]", "[de]", "[adafruit-1.54]", "[GPIO23]", "[Device]", "All of it is set already."]
    {
        assert!(said.contains(offered), "{offered}: {said}");
    }
    assert_eq!(read(machine, "etc/moodbox/moodbox.toml"), settings);
}

#[test]
fn a_no_and_answers_that_end_write_nothing() {
    for lines in [&["household", "en", "none", "auto", "Device", "no"][..], &["household", "en"]] {
        let machine = machine();
        let said = typed(machine.path(), "", lines);
        assert!(said.to_lowercase().contains("nothing was written"), "{said}");
        assert_eq!(read(machine.path(), "etc/moodbox/moodbox.toml"), config::packaged());
        assert_eq!(read(machine.path(), "boot/firmware/config.txt"), "# by hand\n");
    }
}

#[test]
fn unattended_it_never_guesses_where_the_device_stands() {
    let machine = machine();
    let machine = machine.path();
    let refused = unattended(machine, &["--yes", "--hat", "pirate-audio"]);
    assert!(!refused.status.success() && said(&refused).contains("--mode household"), "{}", said(&refused));
    let nobody = unattended(machine, &[]);
    assert!(said(&nobody).contains("nobody is there to be asked"), "{}", said(&nobody));
    assert_eq!(read(machine, "etc/moodbox/moodbox.toml"), config::packaged());
    let shown = unattended(machine, &["--dry-run", "--hat", "pirate-audio", "--mode", "public"]);
    assert!(said(&shown).contains("preset = \"pirate-audio\""), "{}", said(&shown));
    assert_eq!(read(machine, "etc/moodbox/moodbox.toml"), config::packaged());
    let done = unattended(machine, &["--yes", "--hat", "pirate-audio", "--mode", "household"]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(read(machine, "etc/moodbox/moodbox.toml").contains("preset = \"pirate-audio\""));
    // From now on it is known.
    assert!(unattended(machine, &["--yes", "--language", "de"]).status.success());
}

#[test]
fn a_device_without_settings_gets_them_and_its_console_says_no_more_what_to_run() {
    let machine = machine();
    let machine = machine.path();
    fs::remove_file(machine.join("etc/moodbox/moodbox.toml")).unwrap();
    fs::create_dir_all(machine.join("etc/issue.d")).unwrap();
    fs::write(machine.join("etc/issue.d/moodbox.issue"), "moodbox is not set up yet: sudo moodbox setup\n")
        .unwrap();
    let done = unattended(machine, &["--yes", "--hat", "pirate-audio", "--mode", "public"]);
    assert!(done.status.success(), "{}", said(&done));
    config::parse(&read(machine, "etc/moodbox/moodbox.toml"), "written").unwrap();
    assert!(!machine.join("etc/issue.d/moodbox.issue").exists());
}
