//! Each cure that the program names, tried: the fault is made, it is told with this cure, what the cure says is done,
//! and the fault is gone. What cannot be tried without the hardware, or is tried by another test, stands here by name.
//! A cure that is in neither list fails `each_cure_is_tried_or_named_with_the_reason`.

mod parts;
mod players;
mod settings;
mod templates;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use moodbox::doctor::{Finding, Level, Patient, Subject};

use crate::doctor::{Pi, of};
use crate::sentences::{Role, sentences};

/// A cure, by the first words of it in the source, and how it is tried.
pub struct Trial {
    pub cure: &'static str,
    pub tried: fn(&Device),
}

/// A device that something is wrong with.
pub struct Device {
    pub pi: Pi,
    /// The first words of the cure, as they are said.
    cure: &'static str,
}

impl Device {
    fn for_cure(cure: &'static str) -> Device {
        let cure = cure.split('{').next().unwrap();
        Device { pi: Pi::new(), cure }
    }

    /// The device with this configuration.
    pub fn patient(&self, toml: &str) -> Patient {
        self.pi.patient(toml)
    }

    fn with_cure(&self, patient: &Patient, part: Subject) -> (Option<Finding>, Vec<Finding>) {
        let found = of(patient, part);
        let ours = |finding: &&Finding| {
            let told = finding.cure.as_deref().unwrap_or_default();
            told.contains(self.cure) || finding.what.contains(self.cure)
        };
        (found.iter().find(ours).cloned(), found)
    }

    /// The fault is told of this part with the cure, which is given back.
    #[track_caller]
    pub fn told(&self, patient: &Patient, part: Subject) -> Finding {
        let (told, found) = self.with_cure(patient, part);
        let told = told.unwrap_or_else(|| panic!("`{}` is not told: {found:#?}", self.cure));
        assert!(told.level >= Level::Warning, "{told:?}");
        told
    }

    /// It is told no more, and nothing worse in its place.
    #[track_caller]
    pub fn gone(&self, patient: &Patient, part: Subject) {
        let (told, found) = self.with_cure(patient, part);
        assert_eq!(told, None, "after the cure `{}`", self.cure);
        assert!(found.iter().all(|finding| finding.level < Level::Fault), "{found:#?}");
    }

    /// The same for a change of the configuration alone.
    #[track_caller]
    pub fn mended_by(&self, part: Subject, broken: &str, mended: &str) {
        self.told(&self.patient(broken), part);
        self.gone(&self.patient(mended), part);
    }

    /// Runs the program that ships, as somebody at a terminal of the device, with these lines as its input.
    pub fn moodbox(&self, words: &[&str], input: &str) -> Output {
        use std::io::Write;
        let mut child = self.command(env!("CARGO_BIN_EXE_moodbox"), words).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// A program with the folders of this device.
    pub fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.pi.path("/"));
        command.env("XDG_STATE_HOME", self.pi.path("/state")).env("XDG_RUNTIME_DIR", self.pi.path("/run"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The configuration file of the last patient.
    pub fn config(&self) -> PathBuf {
        self.pi.path("/etc/moodbox/moodbox.toml")
    }
}

/// What stands between backticks in a cure, and begins so.
#[track_caller]
pub fn quoted(told: &Finding, begins: &str) -> String {
    let cure = told.cure.as_deref().unwrap();
    let found = cure.split('`').skip(1).step_by(2).find(|quoted| quoted.starts_with(begins));
    found.unwrap_or_else(|| panic!("no `{begins}` in {cure}")).to_owned()
}

fn trials() -> impl Iterator<Item = &'static Trial> {
    [templates::EDITS, templates::TRIALS, settings::EDITS, settings::TRIALS, parts::TRIALS, players::TRIALS]
        .into_iter()
        .flatten()
}

/// Cures that only hands, hardware or another system can try, each with what it would take.
const BY_HAND: &[(&str, &str)] = &[
    ("try another cable, port or camera", "a camera whose frames are torn"),
    ("unplug the camera and plug it in again", "a camera that is silent"),
    ("check its cable and the power supply", "a camera that drops off the bus"),
    ("look for it in `dmesg`; try another cable or port", "a driver that refuses"),
    ("close that program: `sudo fuser -v {device}`", "a camera, which only one program can open"),
    ("add the user to the group `video`", "a device file of the kernel"),
    ("Use another camera", "a camera that offers nothing we read"),
    ("It is a bare sensor on the ribbon cable", "a camera on the ribbon cable"),
    ("Add the user to the group `video`, which owns", "a camera on the ribbon cable"),
    ("Close that program: `pgrep", "a camera on the ribbon cable"),
    ("Switch off, and push the ribbon cable in", "a camera on the ribbon cable"),
    ("Switch off, push the ribbon cable in", "a camera on the ribbon cable"),
    ("Try `rpicam-hello", "a camera on the ribbon cable"),
    ("Update it: `sudo apt update", "an rpicam-vid that is too old"),
    ("Install it: `sudo apt install rpicam-apps-lite`", "a package of Raspberry Pi OS"),
    ("look for `gpio` in `dmesg`; try another line", "a GPIO chip that refuses"),
    ("set `line` to a name that `gpioinfo` shows", "a GPIO chip"),
    ("stop that program, or choose another line", "a GPIO line, which only one program can have"),
    ("add the user to the group `gpio`", "a GPIO chip"),
    ("add `dtparam=spi=on` to /boot/firmware/config.txt", "the boot loader of a Pi"),
    ("add the user to the group `spi`", "an SPI bus"),
    ("check its cable, and that no other program draws on it", "a panel that does not answer"),
    ("correct `dc`, `reset` or `backlight`", "the lines of a panel"),
    ("set `device` under [panel] to one of these", "an SPI bus with another chip select"),
    ("correct `width`, `height`, `offset` or `rotation`", "a panel on SPI, which is opened first"),
    ("add `dtparam=audio=on`, or the overlay of your DAC", "the boot loader of a Pi"),
    ("see what cards there are with `aplay -l`", "a sound card"),
    ("switch the speaker on and check its cable", "a speaker"),
    ("give it a heat sink or a fan", "heat"),
    ("connect the screen and switch it on", "a screen"),
    ("`sudo systemctl restart moodbox-video`", "a screen that comes after the player"),
    ("use the power supply made for this board", "a weak power supply"),
    ("give the lines of button, light and panel", "another board than a Pi"),
    ("upgrade to {}.{} or later", "an old kernel"),
    ("connect the Pi to a network once, or set it", "the clock of the machine that tests"),
    ("`sudo timedatectl set-ntp true`", "the clock of the machine that tests"),
    ("install the moodbox package, whose udev rules", "udev; `deploy/test-service` installs it"),
    ("install the moodbox package, which makes it, or: ", "the package; the command beside it is tried"),
    ("remove what is not needed: `sudo apt clean`", "a full card"),
    ("lower `frames` under [camera], use a faster board", "a board that is slow"),
    ("allow its address: `systemctl edit moodbox`", "a service that systemd keeps from the network"),
    ("`sudo systemctl set-default multi-user.target`", "a desktop on a screen"),
    ("the video needs a folder that only this user can read", "another user's folder in the place of ours"),
    ("`sudo apt install ffmpeg`: its ffprobe", "a machine without ffmpeg"),
    ("see id in [mqtt]", "a broker that takes some names only; mosquitto says \"not authorised\" then"),
    ("add an `audio_output` to /etc/mpd.conf", "MPD always has an output, other servers may have none"),
    ("look into MPD's log: `journalctl -u mpd`", "it says where the reason stands"),
];

/// Cures that another test tries, by its name.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "Is the disk or the network folder mounted",
        "songs_that_are_all_away_or_all_broken_are_told_within_two_seconds_and_one_that_plays_ends_it",
    ),
    (
        "Is the disk there that the videos lie on?",
        "only_broken_or_missing_videos_are_told_within_two_seconds_and_one_that_plays_ends_it",
    ),
    ("it is started again by itself; `journalctl", "an_mpv_that_is_killed_comes_back_with_its_clip"),
    ("wait some seconds", "an_mpv_that_is_killed_comes_back_with_its_clip"),
];

/// Tries each of them and names those that failed.
fn try_all(trials: &[&[Trial]]) {
    let mut failed = Vec::new();
    for Trial { cure, tried } in trials.iter().copied().flatten() {
        let device = Device::for_cure(cure);
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tried(&device))).is_err() {
            failed.push(*cure);
        }
    }
    assert!(failed.is_empty(), "these cures failed; the reason of each stands above: {failed:#?}");
}

#[test]
fn the_cures_of_a_template_do_what_they_say_to_the_fault_that_they_are_for() {
    try_all(&[templates::EDITS, templates::TRIALS]);
}

#[test]
fn the_cures_of_the_configuration_do_what_they_say_to_the_fault_that_they_are_for() {
    try_all(&[settings::EDITS, settings::TRIALS]);
}

#[test]
fn the_cures_of_the_parts_do_what_they_say_to_the_fault_that_they_are_for() {
    try_all(&[parts::TRIALS]);
}

#[test]
fn the_cures_of_the_players_do_what_they_say_to_the_fault_that_they_are_for() {
    try_all(&[players::TRIALS]);
}

#[test]
fn each_cure_is_tried_or_named_with_the_reason() {
    let known: Vec<&str> = trials()
        .map(|trial| trial.cure)
        .chain(BY_HAND.iter().chain(ELSEWHERE).map(|(cure, _)| *cure))
        .collect();
    let said: Vec<_> = sentences(&["src", "crates/core/src"])
        .into_iter()
        .filter(|sentence| sentence.role == Role::Cure)
        .collect();
    assert!(said.len() > 120, "{}", said.len());
    let new: Vec<_> =
        said.iter().filter(|said| !known.iter().any(|known| said.text.starts_with(known))).collect();
    assert!(new.is_empty(), "cures that nobody tried: {new:#?}");
    let gone: Vec<_> =
        known.iter().filter(|known| !said.iter().any(|said| said.text.starts_with(**known))).collect();
    assert!(gone.is_empty(), "cures that the program does not name any more: {gone:#?}");
    let tests: String = ["music_trouble.rs", "video.rs"]
        .map(|file| {
            std::fs::read_to_string(format!("{}/tests/players/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        })
        .concat();
    for (cure, test) in ELSEWHERE {
        assert!(tests.contains(&format!("fn {test}()")), "`{cure}`: there is no test {test}");
    }
}
