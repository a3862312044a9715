//! What is wrong with this device, and the cure. One look at each part, one [`Finding`] after the other.
//!
//! The machine is seen through a [`System`], which in tests is a folder; the parts through [`Parts`], which
//! opens the real ports. Nothing is changed but how far the panel's picture is turned, if a [`Person`] turns it; of a
//! frame only its brightness is kept.

mod camera;
mod clock;
mod config;
mod gpio;
mod home;
mod machine;
mod model;
mod music;
mod panel;
mod permissions;
mod power;
mod spi;
mod storage;
pub mod tone;
mod turn;
mod video;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::config::{Config, ConfigError, PanelChoice};
use crate::port_factory;
use crate::ports::button::{self, ButtonSettings, Buttons};
use crate::ports::camera::{Camera, CameraError};
use crate::ports::gpio::LineError;
use crate::ports::light::Light;
use crate::ports::light::gpio::GpioLight;
use crate::ports::panel::Panel;
use crate::ports::panel::png::PngPanel;
use crate::ports::panel::spi::SpiPanel;

pub use crate::sysinfo::{System, User};

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The configuration file.
    Configuration,
    /// The computer: which model it is.
    Board,
    /// The kernel and its drivers.
    Kernel,
    /// The SPI bus of the panel.
    Spi,
    /// The panel.
    Panel,
    /// The buttons.
    Button,
    /// The light beside the camera.
    Light,
    /// The camera.
    Camera,
    /// The tensor library and the networks.
    Model,
    /// MPD and its library.
    Music,
    /// The sound card and its mixer.
    Sound,
    /// mpv and the videos.
    Video,
    /// The screen for videos.
    Hdmi,
    /// The MQTT broker of the home.
    Broker,
    /// The clock of the machine.
    Clock,
    /// The state folder, and the card it is on.
    Storage,
    /// The power supply.
    Power,
    /// The temperature of the processor.
    Heat,
    /// What the user of the daemon may open.
    Permissions,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Subject::Configuration => "configuration",
            Subject::Board => "board",
            Subject::Kernel => "kernel",
            Subject::Spi => "SPI",
            Subject::Panel => "panel",
            Subject::Button => "button",
            Subject::Light => "light",
            Subject::Camera => "camera",
            Subject::Model => "model",
            Subject::Music => "music",
            Subject::Sound => "sound",
            Subject::Video => "video",
            Subject::Hdmi => "HDMI",
            Subject::Broker => "broker",
            Subject::Clock => "clock",
            Subject::Storage => "storage",
            Subject::Power => "power",
            Subject::Heat => "heat",
            Subject::Permissions => "permissions",
        })
    }
}

/// How bad it is, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not looked at: the device has no such part, or it cannot be seen from here.
    Skipped,
    /// It works.
    Ok,
    /// The device works, with something less than it could.
    Warning,
    /// A part of the device does not work.
    Fault,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which part of the device it is about.
    pub part: Subject,
    /// How bad it is.
    pub level: Level,
    /// What is there, or what is wrong.
    pub what: String,
    /// What to do about it: with each fault, and with each warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl Finding {
    fn new(part: Subject, level: Level, what: impl Into<String>) -> Finding {
        Finding { part, level, what: what.into(), cure: None }
    }

    fn ok(part: Subject, what: impl Into<String>) -> Finding {
        Finding::new(part, Level::Ok, what)
    }

    fn skipped(part: Subject, why: impl Into<String>) -> Finding {
        Finding::new(part, Level::Skipped, why)
    }

    fn warning(part: Subject, what: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding { cure: Some(cure.into()), ..Finding::new(part, Level::Warning, what) }
    }

    fn fault(part: Subject, what: impl Into<String>, cure: impl Into<String>) -> Finding {
        Finding { cure: Some(cure.into()), ..Finding::new(part, Level::Fault, what) }
    }
}

/// How the parts of a device are opened: the daemon's own ports, but in tests of hardware that is not there.
pub struct Parts {
    /// Opens the buttons.
    pub buttons: Opener<ButtonSettings, Result<Box<dyn Buttons>, LineError>>,
    /// Opens the light on a line of this name.
    pub light: Opener<str, Result<Box<dyn Light>, LineError>>,
    /// Opens the camera that the configuration names.
    pub camera: Opener<Config, Result<Box<dyn Camera>, CameraError>>,
    /// Opens the panel.
    pub panel: Opener<PanelChoice, Box<dyn Panel>>,
}

/// From the settings of a part to its port.
pub type Opener<S, P> = Box<dyn Fn(&S) -> P>;

impl Default for Parts {
    fn default() -> Self {
        Parts {
            buttons: Box::new(button::open),
            light: Box::new(|line| Ok(Box::new(GpioLight::open(line, false)?))),
            camera: Box::new(port_factory::camera),
            panel: Box::new(|choice| match choice {
                PanelChoice::Spi(settings) => Box::new(SpiPanel::new(settings.clone())),
                PanelChoice::Png { path, width, height } => Box::new(PngPanel::new(path, *width, *height)),
            }),
        }
    }
}

/// What may be done beside looking.
#[derive(Default)]
pub struct Wishes {
    /// Draw the test image on the panel.
    pub panel: bool,
    /// Switch the camera and the light on for one frame's brightness.
    pub frame: bool,
    /// Somebody is there to press, to look and to listen.
    pub person: Option<Box<dyn Person>>,
}

/// The person in front of the device.
pub trait Person {
    /// Is told what to do, and the seconds that are left for it.
    fn told(&self, what: &str, seconds: u64);

    /// Is asked for a yes or a no; nothing if there comes none.
    fn asked(&self, question: &str) -> Option<bool>;
}

/// The device that is looked at.
pub struct Patient {
    /// The files of the machine.
    pub system: System,
    /// The configuration file.
    pub config_path: PathBuf,
    /// What was read of it.
    pub config: Result<Config, ConfigError>,
    /// The folder of what the daemon remembers.
    pub state: PathBuf,
    /// How its parts are opened.
    pub parts: Parts,
    /// What may be done beside looking.
    pub wishes: Wishes,
}

impl Patient {
    /// This machine, with the configuration of that file.
    pub fn here(config_path: PathBuf, wishes: Wishes) -> Patient {
        let config = crate::config::load(&config_path);
        let system = System::here();
        let state = storage::state_folder(&system);
        Patient { system, config_path, config, state, parts: Parts::default(), wishes }
    }
}

type Check = fn(&Patient) -> Vec<Finding>;

/// In the order in which a person would look: a part that others depend on comes first.
const CHECKS: [Check; 17] = [
    config::check,
    machine::board,
    machine::kernel,
    spi::check,
    panel::check,
    gpio::button,
    gpio::light,
    camera::check,
    model::check,
    music::check,
    video::check,
    video::screen,
    home::check,
    clock::check,
    storage::check,
    power::check,
    permissions::check,
];

/// Looks at one part after the other. Each is looked at when its findings are asked for.
pub fn examine(patient: &Patient) -> impl Iterator<Item = Finding> + '_ {
    CHECKS.iter().flat_map(move |check| check(patient))
}

/// The configuration, or why nothing can be said of a part that it names.
fn configured(patient: &Patient, part: Subject) -> Result<&Config, Vec<Finding>> {
    patient
        .config
        .as_ref()
        .map_err(|_| vec![Finding::skipped(part, "needs a configuration that can be used")])
}
