//! The doctor: every fault is provoked, on a folder that looks like a Pi, on real players and real files.
//! Only what is wired to a header (button, light, a camera that misbehaves) is simulated.

use crate::support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use moodbox::config::{self, Config};
use moodbox::doctor::{Finding, Level, Parts, Patient, Person, Subject, System, User, Wishes, examine};
use moodbox::ports::button::Buttons;
use moodbox::ports::button::simulated::SimulatedButtons;
use moodbox::ports::camera::{Camera, CameraError, Frame, Stream};
use moodbox::ports::gpio::LineError;
use moodbox::ports::light::LightOn;
use moodbox::ports::light::simulated::SimulatedLight;
use moodbox::ports::music::Address;
use moodbox::ports::panel::{Panel, PanelError, Picture};
use moodbox_core::kiosk::event::{Button, Edge};
use support::broker::Broker;

/// A configuration whose parts are there, or are left out.
pub const PLAIN: &str = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n";

/// A folder that looks like a Raspberry Pi on which all is well.
pub struct Pi(tempfile::TempDir);

impl Pi {
    pub fn new() -> Pi {
        let pi = Pi(tempfile::tempdir().unwrap());
        pi.write("/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");
        pi.write("/proc/meminfo", "MemTotal:        3885396 kB\nMemFree: 1 kB\n");
        pi.write("/proc/sys/kernel/osrelease", "6.12.34+rpt-rpi-v8\n");
        pi.write("/proc/asound/cards", " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n");
        pi.write("/etc/group", "root:x:0:\nvideo:x:44:\ngpio:x:986:\nspi:x:989:\n");
        pi.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\npi:x:1000:1000::/home/pi:/bin/sh\n");
        pi.write("/sys/module/spidev/parameters/bufsiz", "4096\n");
        pi.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "0\n");
        pi.write("/sys/class/thermal/thermal_zone0/temp", "48312\n");
        pi.write("/sys/class/drm/card1-HDMI-A-1/status", "connected\n");
        pi.write("/sys/class/drm/card1-HDMI-A-1/modes", "1920x1080\n1280x720\n");
        pi.write("/run/systemd/timesync/synchronized", "");
        pi.write("/boot/firmware/config.txt", "dtparam=audio=on\n[all]\ndtparam=spi=on\n");
        for device in ["/dev/spidev0.0", "/dev/gpiochip0", "/dev/video0"] {
            pi.write(device, "");
        }
        pi
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Sets the rights of a file, and lets everybody into the folders above it.
    pub fn permit(&self, file: &Path, mode: u32) {
        std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
        for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(self.0.path())) {
            std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
        }
    }

    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap()
        } else {
            std::fs::remove_file(path).unwrap()
        }
    }

    pub fn system(&self) -> System {
        self.system_at("2026-11-20T12:00:00Z")
    }

    /// At a time (RFC 3339), as a user without any rights but those of others.
    pub fn system_at(&self, time: &str) -> System {
        let seconds = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp();
        let now: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds as u64);
        System::at(self.0.path(), now, User { name: "root".to_owned(), uid: 0, groups: vec![0] })
    }

    /// This Pi with a configuration, and parts that are not there opened as the daemon opens them.
    pub fn patient(&self, toml: &str) -> Patient {
        let path = self.path("/etc/moodbox/moodbox.toml");
        self.write("/etc/moodbox/moodbox.toml", toml);
        Patient {
            system: self.system(),
            config: config::load(&path),
            config_path: path,
            state: self.path("/var/lib/moodbox"),
            parts: Parts::default(),
            wishes: Wishes::default(),
        }
    }
}

pub fn of(patient: &Patient, part: Subject) -> Vec<Finding> {
    examine(patient).filter(|finding| finding.part == part).collect()
}

/// The worst that was found of a part.
fn worst(patient: &Patient, part: Subject) -> Finding {
    of(patient, part).into_iter().max_by_key(|finding| finding.level).expect("each part is told of")
}

/// Insists on a fault or a warning with these words in what is wrong and in the cure.
#[track_caller]
fn insist(found: &Finding, level: Level, what: &str, cure: &str) {
    assert_eq!(found.level, level, "{found:?}");
    assert!(found.what.contains(what), "`{what}` is missing: {found:?}");
    let told = found.cure.as_deref().expect("a fault has its cure");
    assert!(told.contains(cure), "`{cure}` is missing: {found:?}");
}

#[test]
fn a_pi_on_which_all_is_well_has_no_fault_and_every_part_is_told_of() {
    let pi = Pi::new();
    let patient = pi.patient(PLAIN);
    for part in [
        Subject::Configuration,
        Subject::Board,
        Subject::Kernel,
        Subject::Clock,
        Subject::Storage,
        Subject::Power,
        Subject::Heat,
    ] {
        let found = worst(&patient, part);
        assert_eq!(found.level, Level::Ok, "{found:?}");
        assert_eq!(found.cure, None);
    }
    for part in [
        Subject::Spi,
        Subject::Panel,
        Subject::Light,
        Subject::Music,
        Subject::Video,
        Subject::Hdmi,
        Subject::Broker,
    ] {
        assert_eq!(worst(&patient, part).level, Level::Skipped, "the configuration has no {part}");
    }
    assert!(of(&patient, Subject::Board)[0].what.contains("Raspberry Pi 4 Model B Rev 1.4, 3794 MB"));
}

#[test]
fn a_configuration_that_cannot_be_used_is_a_fault_and_what_hangs_on_it_is_skipped() {
    let pi = Pi::new();
    for (toml, what, cure) in [
        ("[device]\nmode = \"home\"\n", "line 2", "moodbox check --default"),
        (&format!("{PLAIN}[music]\nstart_volume = 90\n"), "start_volume is 90", "Lower start_volume"),
    ] {
        let patient = pi.patient(toml);
        insist(&worst(&patient, Subject::Configuration), Level::Fault, what, cure);
        for part in [Subject::Button, Subject::Camera, Subject::Model, Subject::Music, Subject::Permissions] {
            assert_eq!(worst(&patient, part).level, Level::Skipped);
        }
        // What does not hang on it is looked at all the same.
        assert_eq!(worst(&patient, Subject::Power).level, Level::Ok);
    }
    let mut patient = pi.patient(PLAIN);
    patient.config_path = pi.path("/etc/moodbox/other.toml");
    patient.config = config::load(&patient.config_path);
    insist(&worst(&patient, Subject::Configuration), Level::Fault, "cannot be read", "--default >");
}

#[test]
fn a_template_that_cannot_be_read_is_named() {
    let pi = Pi::new();
    pi.write("/etc/moodbox/templates/music/sad.toml", "nonsense = [");
    let folder = pi.path("/etc/moodbox/templates");
    let patient = pi.patient(&format!("{PLAIN}[templates]\nfolder = \"{}\"\n", folder.display()));
    insist(&worst(&patient, Subject::Configuration), Level::Warning, "sad.toml", "correct the file");
}

/// One fault of the machine: what is done to a healthy Pi, and what is told of it.
struct Fault {
    part: Subject,
    level: Level,
    spoil: fn(&Pi),
    what: &'static str,
    cure: &'static str,
}

#[test]
fn each_fault_of_the_machine_is_told_with_its_cure() {
    let with_panel = format!("{PLAIN}[panel]\npreset = \"adafruit-1.54\"\n[video]\nfolders = []\n");
    let (fault, warning) = (Level::Fault, Level::Warning);
    #[rustfmt::skip]
    let faults = [
        Fault { part: Subject::Board, level: warning, what: "not a Raspberry Pi", cure: "gpioinfo",
            spoil: |pi| pi.write("/proc/device-tree/model", "Radxa ROCK 5B") },
        Fault { part: Subject::Board, level: warning, what: "does not say what it is", cure: "gpioinfo",
            spoil: |pi| pi.remove("/proc/device-tree") },
        Fault { part: Subject::Board, level: warning, what: "only 366 MB", cure: "[video]",
            spoil: |pi| pi.write("/proc/meminfo", "MemTotal: 375000 kB\n") },
        Fault { part: Subject::Kernel, level: fault, what: "5.4.83", cure: "full-upgrade",
            spoil: |pi| pi.write("/proc/sys/kernel/osrelease", "5.4.83-v7l+\n") },
        Fault { part: Subject::Spi, level: fault, what: "SPI is off",
            cure: "add `dtparam=spi=on` to /boot/firmware/config.txt and reboot",
            spoil: |pi| { pi.remove("/dev/spidev0.0"); pi.write("/boot/firmware/config.txt", "#dtparam=spi=on\n") } },
        Fault { part: Subject::Spi, level: fault, what: "SPI is off", cure: "to /boot/config.txt",
            spoil: |pi| { pi.remove("/dev/spidev0.0"); pi.remove("/boot/firmware");
                pi.write("/boot/config.txt", "dtparam=spi=on\ndtparam=i2c=on,spi=off\n") } },
        Fault { part: Subject::Spi, level: fault, what: "switched on in", cure: "reboot",
            spoil: |pi| pi.remove("/dev/spidev0.0") },
        Fault { part: Subject::Spi, level: fault, what: "but /dev/spidev0.1", cure: "chip select",
            spoil: |pi| { pi.remove("/dev/spidev0.0"); pi.write("/dev/spidev0.1", "") } },
        Fault { part: Subject::Hdmi, level: warning, what: "no screen", cure: "before the Pi starts",
            spoil: |pi| pi.write("/sys/class/drm/card1-HDMI-A-1/status", "disconnected\n") },
        Fault { part: Subject::Hdmi, level: warning, what: "no display driver", cure: "vc4-kms-v3d",
            spoil: |pi| pi.remove("/sys/class/drm") },
        Fault { part: Subject::Sound, level: fault, what: "no sound card", cure: "dtparam=audio=on",
            spoil: |pi| pi.write("/proc/asound/cards", "--- no soundcards ---\n") },
        Fault { part: Subject::Clock, level: warning, what: "kept by nobody", cure: "set-ntp true",
            spoil: |pi| pi.remove("/run/systemd") },
        Fault { part: Subject::Power, level: fault, what: "voltage is too low", cure: "power supply",
            spoil: |pi| pi.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n") },
        Fault { part: Subject::Power, level: warning, what: "voltage has been too low", cure: "power supply",
            spoil: |pi| pi.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "10000\n") },
        Fault { part: Subject::Power, level: fault, what: "slowed down", cure: "heat sink",
            spoil: |pi| { pi.remove("/sys/devices/platform/soc");
                pi.write("/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "0x4\n") } },
        Fault { part: Subject::Heat, level: fault, what: "84 °C", cure: "fan",
            spoil: |pi| pi.write("/sys/class/thermal/thermal_zone1/temp", "84000\n") },
        Fault { part: Subject::Heat, level: warning, what: "71 °C", cure: "fan",
            spoil: |pi| pi.write("/sys/class/thermal/thermal_zone0/temp", "71234\n") },
        Fault { part: Subject::Storage, level: fault, what: "cannot be written", cure: "read-only",
            spoil: |pi| pi.write("/var/lib/moodbox", "a file where the folder should be") },
        Fault { part: Subject::Permissions, level: fault, what: "no group `gpio`", cure: "moodbox package",
            spoil: |pi| pi.write("/etc/group", "root:x:0:\nvideo:x:44:\nspi:x:989:\n") },
        Fault { part: Subject::Permissions, level: warning, what: "/dev/gpiochip0 does not belong", cure: "udev rules",
            spoil: |_| {} },
    ];
    for Fault { part, level, spoil, what, cure } in faults {
        let pi = Pi::new();
        spoil(&pi);
        let found = of(&pi.patient(&with_panel), part);
        let bad = found.iter().filter(|finding| finding.level == level).collect::<Vec<_>>();
        assert!(
            bad.iter().any(|finding| finding.what.contains(what)
                && finding.cure.as_deref().is_some_and(|told| told.contains(cure))),
            "{part}: {what}: {found:?}"
        );
    }
}

#[test]
fn a_clock_before_the_year_of_this_version_is_a_fault() {
    let pi = Pi::new();
    let mut patient = pi.patient(PLAIN);
    patient.system = pi.system_at("1970-01-01T00:03:00Z");
    insist(&worst(&patient, Subject::Clock), Level::Fault, "1970-01-01", "timedatectl set-time");
}

#[test]
fn a_user_who_may_not_use_a_device_is_told_which_group_to_join() {
    let pi = Pi::new();
    let mut patient = pi.patient(PLAIN);
    let gpio = pi.path("/dev/gpiochip0");
    std::fs::set_permissions(&gpio, PermissionsExt::from_mode(0o660)).unwrap();
    std::fs::set_permissions(pi.path("/dev/video0"), PermissionsExt::from_mode(0o666)).unwrap();
    // The files of this folder belong to whoever runs the test; this is somebody else.
    let stranger = User { name: "pi".to_owned(), uid: 54321, groups: vec![54321] };
    patient.system = System::at(pi.0.path(), SystemTime::now(), stranger);
    let found = of(&patient, Subject::Permissions);
    let denied = found.iter().find(|finding| finding.level == Level::Fault).expect("denied");
    assert!(denied.what.contains("pi may not use /dev/gpiochip0"), "{denied:?}");
    assert!(denied.cure.as_ref().is_some_and(|cure| cure.contains("gpio")), "{denied:?}");
}

pub fn buttons(open: impl Fn() -> Result<Box<dyn Buttons>, LineError> + 'static) -> Parts {
    Parts { buttons: Box::new(move |_| open()), ..Parts::default() }
}

/// Says nothing while time is counted down, and has one answer to every question.
pub struct Somebody(pub Option<bool>);

impl Person for Somebody {
    fn told(&self, _: &str, _: u64) {}

    fn asked(&self, _: &str) -> Option<bool> {
        self.0
    }
}

pub fn somebody() -> Wishes {
    Wishes { person: Some(Box::new(Somebody(None))), ..Wishes::default() }
}

/// A finger that presses short so often, and then long.
pub struct Turning {
    pub short: usize,
    pub down: bool,
}

impl Buttons for Turning {
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError> {
        self.down = !self.down;
        if self.down {
            return Ok(Some((Button::Main, Edge::Down)));
        }
        if self.short == 0 {
            // Held: time goes by, and no edge comes.
            self.down = true;
            std::thread::sleep(patience);
            return Ok(None);
        }
        self.short -= 1;
        Ok(Some((Button::Main, Edge::Up)))
    }
}

/// A panel that takes every picture, and its size.
pub struct Taking(pub u32, pub u32);

impl Panel for Taking {
    fn size(&self) -> (u32, u32) {
        (self.0, self.1)
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        assert_eq!((picture.width(), picture.height()), (self.0, self.1));
        Ok(())
    }
}

#[test]
fn the_picture_is_turned_by_presses_and_kept_by_a_long_one() {
    for (preset, short, size, lines) in [
        ("adafruit-1.54", 2, (240, 240), "[panel]\nrotation = 180\npreset = \"adafruit-1.54\"\n"),
        // On its side the sides change places; a line that was there is written anew, and comments stay.
        (
            "waveshare-2.0\"\nrotation = 0 # so far\n#\"",
            1,
            (320, 240),
            "[panel]\nheight = 240\nwidth = 320\npreset = \"waveshare-2.0\"\nrotation = 90\n",
        ),
        ("ili9341", 0, (320, 240), "[panel]\npreset = \"ili9341\"\n"),
        ("ili9341", 4, (320, 240), "[panel]\npreset = \"ili9341\"\n"),
    ] {
        let pi = Pi::new();
        let fast = PLAIN.replace("line =", "long_ms = 300\nline =");
        let mut patient = pi.patient(&format!("{fast}[panel]\npreset = \"{preset}\"\n"));
        let shown = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = shown.clone();
        patient.wishes = Wishes { panel: true, ..somebody() };
        patient.parts = Parts {
            buttons: Box::new(move |_| Ok(Box::new(Turning { short, down: false }))),
            panel: Box::new(move |choice| {
                let config::PanelChoice::Spi(settings) = choice else { panic!("an SPI panel") };
                seen.lock().unwrap().push((settings.width, settings.height));
                Box::new(Taking(settings.width.into(), settings.height.into()))
            }),
            ..Parts::default()
        };
        let found = worst(&patient, Subject::Panel);
        assert_eq!(found.level, Level::Ok, "{found:?}");
        let shown = shown.lock().unwrap();
        assert_eq!((shown.len(), shown.last()), (short + 1, Some(&size)), "{preset}");
        let text = std::fs::read_to_string(pi.path("/etc/moodbox/moodbox.toml")).unwrap();
        assert!(text.contains(lines), "{preset}: {text}");
        let config = config::load(&pi.path("/etc/moodbox/moodbox.toml")).unwrap();
        assert_eq!(config.panel.unwrap().size(), (size.0.into(), size.1.into()));
    }
}

#[test]
fn a_press_is_waited_for_only_where_somebody_is_and_told_when_it_comes() {
    let pi = Pi::new();
    let press = |edges: &'static [Edge], wishes: Wishes| {
        let mut patient = pi.patient(PLAIN);
        patient.wishes = wishes;
        patient.parts = buttons(move || {
            let (buttons, finger) = SimulatedButtons::new();
            edges.iter().for_each(|edge| finger.edge(Button::Main, *edge));
            Ok(Box::new(buttons))
        });
        of(&patient, Subject::Button)
    };
    let pressed = press(&[Edge::Down], somebody());
    assert!(pressed.iter().all(|finding| finding.level == Level::Ok), "{pressed:?}");
    assert!(pressed[1].what.contains("was pressed"));
    let upside_down = press(&[Edge::Up], somebody());
    insist(&upside_down[1], Level::Warning, "let go before", "active_low = false");
    let alone = press(&[], Wishes::default());
    assert_eq!(alone[1].level, Level::Skipped);
}

/// Buttons that nobody presses, and whose time flies.
struct Nobody;

impl Buttons for Nobody {
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError> {
        std::thread::sleep(patience);
        Ok(None)
    }
}

/// Notes the seconds that are left.
struct Counting(crossbeam_channel::Sender<u64>);

impl Person for Counting {
    fn told(&self, _: &str, seconds: u64) {
        self.0.send(seconds).unwrap();
    }

    fn asked(&self, _: &str) -> Option<bool> {
        None
    }
}

#[test]
fn a_button_that_nobody_presses_is_a_warning_after_its_countdown() {
    let pi = Pi::new();
    let mut patient = pi.patient(PLAIN);
    let (told, seconds) = crossbeam_channel::unbounded();
    patient.wishes.person = Some(Box::new(Counting(told)));
    patient.parts = buttons(|| Ok(Box::new(Nobody)));
    let found = of(&patient, Subject::Button);
    insist(&found[1], Level::Warning, "nobody pressed it within 10 s", "ground");
    let seconds: Vec<u64> = seconds.try_iter().collect();
    assert_eq!((seconds.first(), seconds.last()), (Some(&10), Some(&1)), "{seconds:?}");
}

#[test]
fn each_refusal_of_a_button_is_told_with_its_cure() {
    let pi = Pi::new();
    let line = || "GPIO17".to_owned();
    for (refusal, level, what, cure) in [
        (
            Box::new(move || LineError::Missing { line: line(), found: "no chips".into() })
                as Box<dyn Fn() -> _>,
            Level::Fault,
            "no GPIO line GPIO17",
            "gpioinfo",
        ),
        (
            Box::new(move || LineError::Busy { line: line(), by: Some("gpio-keys".into()) }),
            Level::Fault,
            "gpio-keys",
            "stop that program",
        ),
        (Box::new(move || LineError::Denied { line: line() }), Level::Fault, "may not", "`gpio`"),
        (
            Box::new(move || LineError::Io { line: line(), reason: "odd".into() }),
            Level::Fault,
            "odd",
            "dmesg",
        ),
    ] {
        let mut patient = pi.patient(PLAIN);
        patient.parts = buttons(move || Err(refusal()));
        insist(&worst(&patient, Subject::Button), level, what, cure);
    }
    // The daemon itself has it: nothing is wrong.
    let mut patient = pi.patient(PLAIN);
    patient.parts = buttons(|| Err(LineError::Busy { line: "GPIO17".into(), by: Some("moodbox".into()) }));
    let held = worst(&patient, Subject::Button);
    assert!(held.level == Level::Skipped && held.what.contains("systemctl stop moodbox"), "{held:?}");
}

#[test]
fn a_real_line_that_is_not_there_is_missing() {
    let pi = Pi::new();
    let toml =
        "[device]\nmode = \"household\"\n[button]\nline = \"NO-SUCH-LINE\"\n[light]\nline = \"NOR-THIS\"\n";
    let patient = pi.patient(toml);
    insist(&worst(&patient, Subject::Button), Level::Fault, "NO-SUCH-LINE", "gpioinfo");
    insist(&worst(&patient, Subject::Light), Level::Fault, "NOR-THIS", "[light]");
}

#[test]
fn a_light_that_the_daemon_has_is_no_fault_and_keeps_the_camera_shut() {
    let pi = Pi::new();
    let mut patient = pi.patient(&format!("{PLAIN}[light]\nline = \"GPIO27\"\n"));
    patient.parts.light =
        Box::new(|line| Err(LineError::Busy { line: line.to_owned(), by: Some("moodbox".to_owned()) }));
    patient.parts.camera = Box::new(|_| Ok(Box::new(Odd(|| unreachable!("the camera stays shut")))));
    patient.wishes.frame = true;
    assert_eq!(worst(&patient, Subject::Light).level, Level::Skipped);
    assert!(of(&patient, Subject::Camera)[0].what.contains("its light cannot be lit"));
}

/// A camera that gives no picture, for a reason.
struct Odd(fn() -> CameraError);

impl Camera for Odd {
    fn start(&mut self, _light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        Ok(Box::new(OddStream(self.0)))
    }

    fn describe(&self) -> String {
        "an odd camera".to_owned()
    }
}

struct OddStream(fn() -> CameraError);

impl Stream for OddStream {
    fn next(&mut self, _deadline: Instant, _frame: &mut Frame) -> Result<(), CameraError> {
        Err((self.0)())
    }
}

#[test]
fn each_refusal_of_a_camera_is_told_with_its_cure() {
    let pi = Pi::new();
    type Why = fn() -> CameraError;
    let odd: [(Why, &str, &str); 6] = [
        (|| CameraError::Busy { device: "/dev/video0".into() }, "in use", "fuser -v /dev/video0"),
        (|| CameraError::Denied { device: "/dev/video0".into() }, "may not", "group `video`"),
        (
            || CameraError::Silent { device: "/dev/video0".into(), waited: Duration::from_secs(3) },
            "no frame within 3000 ms",
            "plug it in again",
        ),
        (|| CameraError::Gone { device: "/dev/video0".into() }, "went away", "power supply"),
        (
            || CameraError::Format {
                device: "/dev/video0".into(),
                offered: "H264".into(),
                cure: "Use another camera".into(),
            },
            "offers only H264",
            "another camera",
        ),
        (
            || CameraError::Io {
                device: "/dev/video0".into(),
                source: std::io::Error::other("protocol error"),
            },
            "protocol error",
            "dmesg",
        ),
    ];
    for (why, what, cure) in odd {
        let mut patient = pi.patient(PLAIN);
        patient.wishes.frame = true;
        patient.parts.camera = Box::new(move |_| Ok(Box::new(Odd(why))));
        insist(&worst(&patient, Subject::Camera), Level::Fault, what, cure);
    }
}

/// A plain picture as a camera.
pub fn photo(folder: &Path, grey: u8) -> String {
    let file = folder.join(format!("{grey}.png"));
    image::RgbImage::from_pixel(64, 48, image::Rgb([grey; 3])).save(&file).unwrap();
    format!("{PLAIN}[camera]\nphotos = [\"{}\"]\n", file.display())
}

#[test]
fn the_brightness_of_a_frame_is_told_and_the_light_is_on_meanwhile() {
    let pi = Pi::new();
    for (grey, level, what) in
        [(120, Level::Ok, "120 of 255"), (3, Level::Warning, "dark"), (252, Level::Warning, "glaring")]
    {
        let mut patient = pi.patient(&format!("{}[light]\nline = \"GPIO27\"\n", photo(pi.0.path(), grey)));
        patient.wishes.frame = true;
        let (bulbs, seen) = crossbeam_channel::unbounded();
        patient.parts.light = Box::new(move |_| {
            let (light, bulb) = SimulatedLight::new();
            bulbs.send(bulb).unwrap();
            Ok(Box::new(light))
        });
        let found = worst(&patient, Subject::Camera);
        assert!(found.level == level && found.what.contains(what), "{found:?}");
        assert_eq!(found.cure.is_some(), level == Level::Warning);
        let history: Vec<Vec<bool>> = seen.try_iter().map(|bulb| bulb.history()).collect();
        assert!(history.contains(&vec![true, false]), "{history:?}");
    }
}

#[test]
fn a_camera_that_is_not_there_is_a_fault_and_at_work_none_is_opened() {
    let pi = Pi::new();
    let nowhere = "[camera]\ndevice = \"No such camera\"\n";
    let patient = pi.patient(&format!("{PLAIN}{nowhere}"));
    insist(&worst(&patient, Subject::Camera), Level::Fault, "No such camera", "camera_auto_detect=1");
    let patient = pi.patient(&format!("{PLAIN}[camera]\nphotos = [\"/nowhere/face.jpg\"]\n"));
    let mut patient = Patient { wishes: Wishes { frame: true, ..Wishes::default() }, ..patient };
    insist(&worst(&patient, Subject::Camera), Level::Fault, "/nowhere/face.jpg", "`photos`");
    patient = pi.patient(&format!("{}{nowhere}", PLAIN.replace("household", "workplace")));
    assert_eq!(worst(&patient, Subject::Camera).level, Level::Skipped);
}

#[test]
fn the_shipped_model_answers_and_tells_its_time_and_a_broken_one_is_a_fault() {
    let pi = Pi::new();
    let found = of(&pi.patient(PLAIN), Subject::Model);
    assert_eq!(found[0].level, Level::Ok, "{found:?}");
    assert!(found[1].what.ends_with("ms for a face"), "{found:?}");
    for (setting, what) in [
        ("runtime = \"/nowhere/libtensorflowlite_c.so\"", "/nowhere/libtensorflowlite_c.so"),
        ("mood_model = \"/nowhere/mood.toml\"", "/nowhere/mood.toml"),
    ] {
        let patient = pi.patient(&format!("{PLAIN}[vision]\n{setting}\n"));
        insist(&worst(&patient, Subject::Model), Level::Fault, what, "install the package again");
    }
}

#[test]
fn a_real_mpd_answers_with_its_tracks_and_its_outputs() {
    let pi = Pi::new();
    let server = support::mpd::Server::start();
    let music = |more: &str| {
        pi.patient(&format!("{PLAIN}[music]\naddress = \"{}\"\n{more}", server.socket().display()))
    };
    let patient = music("");
    let found = of(&patient, Subject::Music);
    assert!(found.iter().all(|finding| finding.level == Level::Ok), "{found:?}");
    assert!(found[1].what.contains("5 tracks"), "{found:?}");
    let sound = of(&patient, Subject::Sound);
    assert!(sound[0].what.contains("nothing (null)") && sound.len() == 1, "{sound:?}");

    let mut other = server.other();
    other.output(0, false).unwrap();
    insist(&worst(&music(""), Subject::Sound), Level::Fault, "no output", "mpc enable \"nothing\"");
    other.output(0, true).unwrap();
}

/// A real mpv that writes down what would be heard.
fn recording(pi: &Pi) -> PathBuf {
    let program = pi.path("/mpv");
    let (heard, words) = (pi.path("/heard.wav"), pi.path("/words"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" >>{}\nexec mpv \"$@\" --audio-device=auto --ao=pcm --ao-pcm-file={} \
         --audio-format=s16\n",
        words.display(),
        heard.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn a_tone_is_played_on_the_card_as_loud_as_music_begins_and_somebody_is_asked() {
    let pi = Pi::new();
    let server = support::mpd::Server::start();
    let socket = server.socket();
    let program = recording(&pi);
    let asked = |program: &Path, answer: Option<bool>| {
        let mut patient = pi.patient(&format!(
            "{PLAIN}[music]\naddress = \"{}\"\n[video]\nprogram = \"{}\"\n[prompts]\ncard = \"Device\"\n",
            socket.display(),
            program.display()
        ));
        patient.wishes.person = Some(Box::new(Somebody(answer)));
        patient.parts = buttons(|| Ok(Box::new(Nobody)));
        of(&patient, Subject::Sound).pop().unwrap()
    };
    let heard = asked(&program, Some(true));
    assert_eq!((heard.level, heard.what.as_str()), (Level::Ok, "a tone was heard on the card Device"));
    let words = std::fs::read_to_string(pi.path("/words")).unwrap();
    assert!(words.contains("--volume=40 --audio-device=alsa/default:CARD=Device"), "{words}");
    let wav = std::fs::read(pi.path("/heard.wav")).unwrap();
    // mpv's header is longer than the plain one.
    let data = wav.windows(4).position(|word| word == b"data").unwrap() + 8;
    let samples: Vec<i16> =
        wav[data..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    // mpv's volume is cubic: 40 % is 0.064 of the amplitude, here of 0.8.
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
    assert!((1_300..2_100).contains(&peak), "{peak}");
    insist(&asked(&program, Some(false)), Level::Fault, "was not heard", "--sound CARD");
    assert_eq!(asked(&program, None).level, Level::Skipped);
    insist(&asked(Path::new("/bin/false"), Some(true)), Level::Fault, "could not be played", "aplay -l");
}

#[test]
fn an_mpd_that_is_away_silent_locked_empty_or_something_else_is_told_apart() {
    let pi = Pi::new();
    let at = |address: &str| pi.patient(&format!("{PLAIN}[music]\naddress = \"{address}\"\n"));
    let nowhere = pi.path("/run/mpd/socket");
    let away = worst(&at(&nowhere.display().to_string()), Subject::Music);
    insist(&away, Level::Fault, "no MPD at", "systemctl start mpd");

    let locked = support::mpd::Server::with_password("secret");
    let found = worst(&at(&locked.socket().display().to_string()), Subject::Music);
    insist(&found, Level::Fault, "password", "password_file");

    // Something that listens and says nothing, and something that says something else.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let mut patient = at(&address);
    if let Ok(Config { music: Some(music), .. }) = &mut patient.config {
        music.exchange = Duration::from_millis(300);
        assert!(matches!(music.address, Address::Tcp { .. }));
    }
    insist(&worst(&patient, Subject::Music), Level::Fault, "did not answer", "restart mpd");
    let talk = std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().unwrap();
        // The connection that was not answered before is the first in the queue.
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        if let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        }
    });
    insist(&worst(&at(&address), Subject::Music), Level::Fault, "does not speak", "correct `address`");
    talk.join().unwrap();
}

#[test]
fn a_player_of_videos_that_is_not_there_or_does_not_start_is_told() {
    let pi = Pi::new();
    let video = |setting: &str| pi.patient(&format!("{PLAIN}[video]\n{setting}\n"));
    let found = of(&video(""), Subject::Video);
    assert!(found[0].level == Level::Ok && found[0].what.starts_with("mpv "), "{found:?}");
    insist(&found[1], Level::Warning, "no video", "copy videos");
    let found = of(&video("folders = [\"/nowhere/video\"]\nprogram = \"/nowhere/mpv\""), Subject::Video);
    insist(&found[0], Level::Fault, "there is no `/nowhere/mpv`", "apt install mpv");
    insist(&found[1], Level::Warning, "/nowhere/video", "make the folder");
    insist(
        &of(&video("program = \"false\""), Subject::Video)[0],
        Level::Fault,
        "does not start",
        "reinstall",
    );
    let found = of(&video("socket = \"/nowhere/mpv.sock\""), Subject::Video);
    insist(&found[0], Level::Fault, "no mpv at /nowhere/mpv.sock", "moodbox-video");
}

#[test]
fn a_desktop_that_holds_the_screen_is_told_with_the_cure() {
    let pi = Pi::new();
    let video = |setting: &str| worst(&pi.patient(&format!("{PLAIN}[video]\n{setting}\n")), Subject::Hdmi);
    pi.write("/proc/812/comm", "labwc\n");
    insist(&video("socket = \"/nowhere/mpv.sock\""), Level::Warning, "a desktop (labwc)", "Lite");
    // One of our own has its window there.
    assert_eq!(video("").level, Level::Ok);
    pi.write("/proc/812/comm", "labwc-helper\n");
    assert_eq!(video("socket = \"/nowhere/mpv.sock\"").level, Level::Ok);
}

#[test]
fn the_test_image_is_drawn_when_it_is_wished_for_and_what_fails_is_told() {
    let pi = Pi::new();
    let file = pi.path("/run/panel.png");
    let png = |path: &Path| {
        let mut patient = pi.patient(&format!("{PLAIN}[panel]\npng = \"{}\"\n", path.display()));
        patient.wishes.panel = true;
        patient
    };
    assert_eq!(worst(&png(&file), Subject::Panel).level, Level::Ok);
    let drawn = image::open(&file).unwrap().to_rgb8();
    assert_eq!(drawn.get_pixel(20, 230).0, [255, 0, 0]);
    assert_eq!(drawn.get_pixel(0, 0).0, [255; 3]);

    pi.write("/etc/file", "");
    insist(&worst(&png(&pi.path("/etc/file/panel.png")), Subject::Panel), Level::Fault, "panel.png", "`png`");
    let spi = |setting: &str| {
        let mut patient = pi.patient(&format!("{PLAIN}[panel]\n{setting}\n"));
        patient.wishes.panel = true;
        worst(&patient, Subject::Panel)
    };
    // A real device of this machine or its absence: there is no panel either way.
    let found = spi("device = \"/dev/spidev99.9\"");
    assert_eq!(found.level, Level::Fault);
    assert!(found.cure.is_some() && found.what.contains("/dev/spidev99.9"), "{found:?}");
}

/// A panel that refuses every picture.
struct Refusing(fn() -> PanelError);

impl Panel for Refusing {
    fn size(&self) -> (u32, u32) {
        (240, 240)
    }

    fn show(&mut self, _: &Picture) -> Result<(), PanelError> {
        Err((self.0)())
    }
}

#[test]
fn each_refusal_of_a_panel_is_told_with_its_cure() {
    let pi = Pi::new();
    let look = |why: fn() -> PanelError| {
        let mut patient = pi.patient(&format!("{PLAIN}[panel]\npreset = \"adafruit-1.54\"\n"));
        patient.wishes.panel = true;
        patient.parts.panel = Box::new(move |_| Box::new(Refusing(why)));
        worst(&patient, Subject::Panel)
    };
    type Why = fn() -> PanelError;
    let refusals: [(Why, &str, &str); 6] = [
        (|| PanelError::SpiOff { device: "/dev/spidev0.0".into() }, "SPI is off", "dtparam=spi=on"),
        (
            || PanelError::NoDevice { device: "/dev/spidev0.0".into(), there: "/dev/spidev0.1".into() },
            "but /dev/spidev0.1",
            "`device` under [panel]",
        ),
        (|| PanelError::Denied { device: "/dev/spidev0.0".into() }, "may not be used", "group `spi`"),
        (
            || PanelError::Size { device: "/dev/spidev0.0".into(), size: "480x480".into() },
            "480x480 does not fit",
            "take a preset",
        ),
        (
            || PanelError::Line(LineError::Missing { line: "GPIO25".into(), found: "no chips".into() }),
            "GPIO25",
            "`dc`",
        ),
        (
            || PanelError::Io { device: "/dev/spidev0.0".into(), reason: "message too long".into() },
            "message too long",
            "cable",
        ),
    ];
    for (why, what, cure) in refusals {
        insist(&look(why), Level::Fault, what, cure);
    }
    // The daemon itself draws on it: nothing is wrong.
    let busy =
        look(|| PanelError::Line(LineError::Busy { line: "GPIO25".into(), by: Some("moodbox".into()) }));
    assert_eq!(busy.level, Level::Skipped, "{busy:?}");
}

#[test]
fn the_program_tells_it_in_words_and_as_json_and_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("moodbox.toml");
    std::fs::write(&config, "[device]\nmode = \"home\"\n").unwrap();
    let doctor = |more: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_moodbox"))
            .args(["doctor", "--config"])
            .arg(&config)
            .args(more)
            .stdin(std::process::Stdio::null())
            .env("HOME", folder.path())
            .output()
            .unwrap()
    };
    let words = doctor(&[]);
    let text = String::from_utf8(words.stdout).unwrap();
    assert_eq!(words.status.code(), Some(2), "{text}");
    assert!(text.contains("FAULT    configuration") && text.contains("-> correct that line"), "{text}");
    assert!(text.contains("skipped  camera"), "{text}");
    assert!(text.trim_end().ends_with('.') && text.contains(" fault"), "{text}");

    let json = doctor(&["--json"]);
    assert_eq!(json.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["worst"], "fault");
    let findings = report["findings"].as_array().unwrap();
    let first = &findings[0];
    assert_eq!((&first["part"], &first["level"]), (&"configuration".into(), &"fault".into()));
    assert!(findings.iter().all(|finding| finding["cure"].is_string()
        == ["fault", "warning"].contains(&finding["level"].as_str().unwrap())));
}

#[test]
fn a_broker_that_is_away_or_does_not_let_us_in_is_a_fault_and_the_daemons_connection_stays() {
    let pi = Pi::new();
    let mut broker = Broker::with_password("open sesame");
    let word = pi.path("/etc/moodbox/mqtt-password");
    pi.write("/etc/moodbox/mqtt-password", "open sesame\n");
    std::fs::set_permissions(&word, std::fs::Permissions::from_mode(0o600)).unwrap();
    let toml = format!(
        "{PLAIN}[mqtt]\nbroker = \"mqtt://127.0.0.1:{}\"\nid = \"kitchen\"\nuser = \"moodbox\"\n\
         password_file = \"{}\"\npublish = [\"mood\"]\n",
        broker.port,
        word.display()
    );
    let found = || worst(&pi.patient(&toml), Subject::Broker);
    assert_eq!(found().level, Level::Ok, "{:?}", found());
    assert!(broker.log().contains("moodbox-kitchen-doctor"), "{}", broker.log());
    pi.write("/etc/moodbox/mqtt-password", "wrong\n");
    insist(&found(), Level::Fault, "does not", "password_file");
    broker.kill();
    insist(&found(), Level::Fault, "nothing listens", "whether the broker runs");
}
