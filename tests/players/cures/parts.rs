//! Cures of the parts of a device. What the boot loader or the kernel would make of a cure is made by the test in the
//! folder that stands for the machine; each such trial says so.

use moodbox::config;
use moodbox::doctor::{Parts, Subject, System, User, Wishes};
use moodbox::ports::button::simulated::SimulatedButtons;
use moodbox::ports::gpio::LineError;
use moodbox_core::kiosk::event::{Button, Edge};

use super::{Device, Trial, quoted};
use crate::doctor::{PLAIN, Somebody, Taking, Turning, photo, somebody};
use crate::support;

pub const TRIALS: &[Trial] = &[
    Trial { cure: "take the cap off the lens", tried: |device| brightness(device, 3) },
    Trial { cure: "turn the camera away from the window", tried: |device| brightness(device, 252) },
    Trial { cure: "correct `photos` under [camera]", tried: photos },
    Trial { cure: "plug it in, or set `device` under [camera]", tried: camera },
    Trial {
        cure: "set `active_low = {}` under [button]",
        tried: |device| button(device, &[Edge::Up, Edge::Down]),
    },
    Trial { cure: "if somebody did: `active_low = {level}`", tried: |device| button(device, &[]) },
    Trial { cure: "the camera stays shut without its light", tried: light },
    Trial { cure: "leave out [video], or use a board with 512 MB", tried: memory },
    Trial { cure: "install the package again, or run deploy/fetch-assets", tried: model },
    Trial { cure: "`sudo groupadd --system {group}`", tried: group },
    Trial { cure: "`sudo usermod -aG {owner} {}`", tried: member },
    Trial { cure: "add `dtparam=spi=on` to {file} and reboot", tried: spi_off },
    Trial { cure: "reboot; if it stays away, look for `spi`", tried: spi_after_boot },
    Trial { cure: "set `device` under [panel] to the chip select", tried: chip_select },
    Trial { cure: "set `png` under [panel] to a file in a folder", tried: panel_picture },
    Trial { cure: "run it as root, or write `rotation = {degrees}`", tried: turned },
    Trial { cure: "give the folder to the user of the daemon", tried: state_folder },
    Trial { cure: "add `dtoverlay=vc4-kms-v3d` to {}", tried: display_driver },
];

/// The program as a user without rights runs it; what it says.
pub fn as_nobody(device: &Device, words: &[&str]) -> String {
    // The program may lie where only its owner comes.
    let program = device.pi.path("/moodbox");
    if !program.exists() {
        // By a program: what this process has open for writing, a child that another test starts may hold a moment
        // longer, and a file that is open so cannot be run.
        let copied =
            device.command("cp", &[env!("CARGO_BIN_EXE_moodbox"), program.to_str().unwrap()]).status();
        assert!(copied.is_ok_and(|status| status.success()));
    }
    device.pi.permit(&program, 0o755);
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", program.to_str().unwrap()];
    let output = device.command("setpriv", &[&nobody, words].concat()).output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// A photo stands for what the camera sees.
fn brightness(device: &Device, grey: u8) {
    let seen = |grey| {
        let mut patient = device.patient(&photo(&device.pi.path("/"), grey));
        patient.wishes.frame = true;
        patient
    };
    device.told(&seen(grey), Subject::Camera);
    device.gone(&seen(120), Subject::Camera);
}

fn photos(device: &Device) {
    let looking = |toml: &str| {
        let mut patient = device.patient(toml);
        patient.wishes.frame = true;
        patient
    };
    device.told(&looking(&format!("{PLAIN}[camera]\nphotos = [\"/nowhere/face.jpg\"]\n")), Subject::Camera);
    device.gone(&looking(&photo(&device.pi.path("/"), 120)), Subject::Camera);
}

/// No USB camera is here to be plugged in: another `device` is no trial, so the camera of a photo is taken, as the
/// configuration allows.
fn camera(device: &Device) {
    device.mended_by(
        Subject::Camera,
        &format!("{PLAIN}[camera]\ndevice = \"No such camera\"\n"),
        &photo(&device.pi.path("/"), 120),
    );
}

/// A button whose other side is on 3.3 V: read as if it were on ground, its edges come the other way round.
fn button(device: &Device, pressed: &'static [Edge]) {
    let with = |toml: &str| {
        let mut patient = device.patient(toml);
        patient.wishes = somebody();
        patient.parts = Parts {
            buttons: Box::new(move |settings| {
                let (buttons, finger) = SimulatedButtons::new();
                for edge in pressed {
                    let turned = if *edge == Edge::Up { Edge::Down } else { Edge::Up };
                    finger.edge(Button::Main, if settings.active_low { *edge } else { turned });
                }
                if pressed.is_empty() && !settings.active_low {
                    finger.edge(Button::Main, Edge::Down);
                }
                Ok(Box::new(buttons))
            }),
            ..Parts::default()
        };
        patient
    };
    let told = device.told(&with(PLAIN), Subject::Button);
    let line = quoted(&told, "active_low").replace("true", "false");
    device.gone(&with(&PLAIN.replace("[button]", &format!("[button]\n{line}"))), Subject::Button);
}

fn light(device: &Device) {
    let with = |toml: &str| {
        let mut patient = device.patient(toml);
        patient.parts.light =
            Box::new(|line| Err(LineError::Missing { line: line.into(), found: "no chips".into() }));
        patient
    };
    device.told(&with(&format!("{PLAIN}[light]\nline = \"GPIO99\"\n")), Subject::Light);
    device.gone(&with(PLAIN), Subject::Light);
}

fn memory(device: &Device) {
    device.pi.write("/proc/meminfo", "MemTotal: 375000 kB\n");
    device.mended_by(Subject::Board, &format!("{PLAIN}[video]\n"), PLAIN);
    device.pi.write("/proc/meminfo", "MemTotal: 512000 kB\n");
    device.gone(&device.patient(&format!("{PLAIN}[video]\n")), Subject::Board);
}

/// A copy that broke off, and the whole one again.
fn model(device: &Device) {
    let (shipped, copy) = (moodbox::paths::mood_model(), device.pi.path("/models"));
    let from = shipped.parent().unwrap();
    std::fs::create_dir_all(copy.join("golden")).unwrap();
    let install = || {
        for folder in ["", "golden"] {
            for entry in std::fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap) {
                if entry.path().is_file() {
                    std::fs::copy(entry.path(), copy.join(folder).join(entry.file_name())).unwrap();
                }
            }
        }
    };
    let toml =
        format!("{PLAIN}[vision]\nmood_model = \"{}\"\n", copy.join(shipped.file_name().unwrap()).display());
    install();
    let networks = std::fs::read_dir(&copy).unwrap().map(|entry| entry.unwrap().path());
    for network in networks.filter(|path| path.extension().is_some_and(|ending| ending == "tflite")) {
        std::fs::File::options().write(true).open(network).unwrap().set_len(10_000).unwrap();
    }
    device.told(&device.patient(&toml), Subject::Model);
    install();
    device.gone(&device.patient(&toml), Subject::Model);
}

/// Runs what stands between backticks with the users and groups of the device's folder.
fn change_users(device: &Device, command: &str) {
    let words: Vec<&str> = command.strip_prefix("sudo ").unwrap().split_whitespace().collect();
    let folder = device.pi.path("/").display().to_string();
    for file in ["/etc/gshadow", "/etc/shadow", "/etc/login.defs"] {
        device.pi.write(file, "");
    }
    let output = device
        .command(&format!("/usr/sbin/{}", words[0]), &[&["--prefix", folder.as_str()], &words[1..]].concat())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

fn group(device: &Device) {
    device.pi.write("/etc/group", "root:x:0:\nvideo:x:44:\nspi:x:989:\n");
    let told = device.told(&device.patient(PLAIN), Subject::Permissions);
    change_users(device, &quoted(&told, "sudo groupadd"));
    device.gone(&device.patient(PLAIN), Subject::Permissions);
}

/// Whoever asks has the groups that `/etc/group` gives, as after another login.
fn member(device: &Device) {
    let pi = &device.pi;
    // The group of the file, as udev's rule gives it.
    pi.write("/etc/group", "root:x:0:\nvideo:x:44:\ngpio:x:54322:\n");
    std::os::unix::fs::chown(pi.path("/dev/gpiochip0"), Some(0), Some(54322)).unwrap();
    pi.permit(&pi.path("/dev/gpiochip0"), 0o660);
    pi.permit(&pi.path("/dev/video0"), 0o666);
    let patient = || {
        let groups = std::fs::read_to_string(pi.path("/etc/group")).unwrap();
        let of_pi =
            groups.lines().filter(|line| line.split(':').nth(3).is_some_and(|users| users.contains("pi")));
        let numbers = of_pi.map(|line| line.split(':').nth(2).unwrap().parse().unwrap());
        let user = User { name: "pi".to_owned(), uid: 1000, groups: numbers.chain([1000]).collect() };
        let mut patient = device.patient(&PLAIN.replace("household", "workplace"));
        patient.system = System::at(pi.path("/"), std::time::SystemTime::now(), user);
        patient
    };
    let told = device.told(&patient(), Subject::Permissions);
    change_users(device, &quoted(&told, "sudo usermod"));
    device.gone(&patient(), Subject::Permissions);
}

const PANEL: &str = "[panel]\npreset = \"adafruit-1.54\"\n";

/// The boot loader makes `/dev/spidev0.0` of the line at the next start.
fn spi_off(device: &Device) {
    let toml = format!("{PLAIN}{PANEL}");
    device.pi.remove("/dev/spidev0.0");
    device.pi.write("/boot/firmware/config.txt", "#dtparam=spi=on\n");
    let told = device.told(&device.patient(&toml), Subject::Spi);
    let (line, cure) = (quoted(&told, "dtparam"), told.cure.unwrap());
    assert!(cure.contains("/boot/firmware/config.txt"), "{cure}");
    device.pi.write("/boot/firmware/config.txt", &format!("#dtparam=spi=on\n{line}\n"));
    // Before the start it is another cure.
    assert!(
        crate::doctor::of(&device.patient(&toml), Subject::Spi)[0].cure.as_ref().unwrap().contains("reboot;")
    );
    device.pi.write("/dev/spidev0.0", "");
    device.gone(&device.patient(&toml), Subject::Spi);
}

/// The start makes `/dev/spidev0.0`.
fn spi_after_boot(device: &Device) {
    let toml = format!("{PLAIN}{PANEL}");
    device.pi.remove("/dev/spidev0.0");
    device.told(&device.patient(&toml), Subject::Spi);
    device.pi.write("/dev/spidev0.0", "");
    device.gone(&device.patient(&toml), Subject::Spi);
}

fn chip_select(device: &Device) {
    device.pi.remove("/dev/spidev0.0");
    device.pi.write("/dev/spidev0.1", "");
    let mended = format!("{PLAIN}{PANEL}device = \"{}\"\n", "/dev/spidev0.1");
    let told = device.told(&device.patient(&format!("{PLAIN}{PANEL}")), Subject::Spi);
    assert!(told.what.contains("/dev/spidev0.1"), "{told:?}");
    // The bus is looked for in the folder of the device.
    device.gone(&device.patient(&mended), Subject::Spi);
}

fn panel_picture(device: &Device) {
    device.pi.write("/etc/file", "");
    let with = |file: &str| {
        let mut patient =
            device.patient(&format!("{PLAIN}[panel]\npng = \"{}\"\n", device.pi.path(file).display()));
        patient.wishes.panel = true;
        patient
    };
    device.told(&with("/etc/file/panel.png"), Subject::Panel);
    device.gone(&with("/etc/panel.png"), Subject::Panel);
}

/// The folder of the configuration takes no file: another file lies in its place.
fn turned(device: &Device) {
    let toml = format!("{}{PANEL}", PLAIN.replace("line =", "long_ms = 300\nline ="));
    let mut patient = device.patient(&toml);
    patient.config_path = device.pi.path("/etc/passwd/moodbox.toml");
    patient.wishes = Wishes { panel: true, person: Some(Box::new(Somebody(None))), ..Wishes::default() };
    patient.parts = Parts {
        buttons: Box::new(|_| Ok(Box::new(Turning { short: 1, down: false }))),
        panel: Box::new(|choice| {
            let config::PanelChoice::Spi(settings) = choice else { panic!("an SPI panel") };
            Box::new(Taking(settings.width.into(), settings.height.into()))
        }),
        ..Parts::default()
    };
    let told = device.told(&patient, Subject::Panel);
    let lines: Vec<String> = ["rotation", "width", "height"].iter().map(|name| quoted(&told, name)).collect();
    let patient = device.patient(&format!("{toml}{}\n", lines.join("\n")));
    let Ok(config::Config { panel: Some(config::PanelChoice::Spi(panel)), .. }) = patient.config else {
        panic!("{:?}", patient.config)
    };
    assert_eq!(lines[0], format!("rotation = {}", u16::from(panel.rotation)));
}

fn state_folder(device: &Device) {
    let state = device.pi.path("/state/moodbox");
    std::fs::create_dir_all(&state).unwrap();
    device.patient(PLAIN);
    device.pi.permit(&device.config(), 0o644);
    let config = device.config().display().to_string();
    let doctor = || as_nobody(device, &["doctor", "--config", &config]);
    let before = doctor();
    assert!(
        before.contains("FAULT    storage") && before.contains("give the folder to the user"),
        "{before}"
    );
    support::run("chown", &["nobody", state.to_str().unwrap()]);
    let after = doctor();
    assert!(!after.contains("FAULT    storage") && after.contains("ok       storage"), "{after}");
}

/// The boot loader loads the driver at the next start; its other cure is to leave out [video].
fn display_driver(device: &Device) {
    device.pi.remove("/sys/class/drm");
    device.mended_by(Subject::Hdmi, &format!("{PLAIN}[video]\n"), PLAIN);
    device.pi.write("/sys/class/drm/card1-HDMI-A-1/status", "connected\n");
    device.gone(&device.patient(&format!("{PLAIN}[video]\n")), Subject::Hdmi);
}
