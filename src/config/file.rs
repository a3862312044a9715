//! What the configuration file may say. Types that cannot hold a wrong value do the checking, so
//! that the parser can name the line; what spans several keys is checked by [`Config`](super::Config). What each key
//! means, with its unit and default, is explained once, in `default.toml`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::numbers::to_f32;
use crate::ports::button::Backend;
use crate::ports::music::Afterwards;
use crate::ports::panel::presets::{Controller, Turn};
use moodbox_core::kiosk::house_rules::Press;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::text::Language;

pub use super::fleet::{Metrics, Mqtt};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub device: Device,
    pub button: Button,
    pub light: Option<Light>,
    #[serde(default)]
    pub camera: Camera,
    #[serde(default)]
    pub vision: Vision,
    pub panel: Option<Panel>,
    pub music: Option<Music>,
    pub video: Option<Video>,
    #[serde(default)]
    pub templates: Templates,
    #[serde(default)]
    pub prompts: Prompts,
    #[serde(default)]
    pub times: Times,
    #[serde(default)]
    pub house: House,
    #[serde(default)]
    pub ranking: Ranking,
    #[serde(default)]
    pub learning: Learning,
    pub web: Option<Web>,
    pub mqtt: Option<Mqtt>,
    pub metrics: Option<Metrics>,
    #[serde(default)]
    pub history: History,
}

/// Section `[device]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub mode: Mode,
    #[serde(default)]
    pub language: Language,
    pub notice: Option<String>,
    /// Mixed into every choice.
    #[serde(default)]
    pub seed: u64,
}

/// Section `[button]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// `auto`: the buttons of the board that `[panel]` names.
    #[serde(default = "auto")]
    pub line: String,
    pub next: Option<String>,
    pub volume_up: Option<String>,
    pub volume_down: Option<String>,
    #[serde(default = "yes")]
    pub active_low: bool,
    #[serde(default)]
    pub debounce_ms: Within<0, 200, 10>,
    #[serde(default)]
    pub long_ms: Within<300, 5000, 800>,
    #[serde(default)]
    pub double_ms: Within<100, 1000, 300>,
    #[serde(default)]
    pub backend: Backend,
    pub hold_menu: Option<bool>,
}

/// Section `[light]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Light {
    pub line: String,
}

/// Section `[camera]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    pub device: Option<String>,
    #[serde(default)]
    pub photos: Vec<PathBuf>,
    #[serde(default)]
    pub frames: Within<5, 30, 7>,
    #[serde(default)]
    pub look_ms: Within<200, 5000, 1000>,
}

/// Section `[vision]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vision {
    pub runtime: Option<PathBuf>,
    pub face_model: Option<PathBuf>,
    pub mood_model: Option<PathBuf>,
}

/// Section `[panel]`: a preset, and what differs from it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    pub preset: Option<String>,
    pub png: Option<PathBuf>,
    pub controller: Option<Controller>,
    pub width: Option<Side>,
    pub height: Option<Side>,
    pub device: Option<String>,
    pub dc: Option<String>,
    pub reset: Option<String>,
    pub backlight: Option<String>,
    pub rotation: Option<Turn>,
    pub offset: Option<(u16, u16)>,
    pub mirrored: Option<bool>,
    pub inverted: Option<bool>,
    pub bgr: Option<bool>,
    pub clock_mhz: Option<f64>,
    pub spi_mode: Option<Within<0, 3, 0>>,
}

/// Section `[music]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Music {
    pub address: Option<String>,
    pub password_file: Option<PathBuf>,
    pub folder: Option<PathBuf>,
    pub radio: Option<PathBuf>,
    #[serde(default)]
    pub afterwards: Afterwards,
    #[serde(default)]
    pub start_volume: Within<0, 100, 40>,
    #[serde(default)]
    pub volume_cap: Within<0, 100, 70>,
}

/// Section `[video]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Video {
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    pub socket: Option<PathBuf>,
    #[serde(default = "mpv")]
    pub program: PathBuf,
    #[serde(default = "auto")]
    pub output: String,
    #[serde(default = "auto")]
    pub hwdec: String,
}

/// Section `[prompts]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompts {
    #[serde(default)]
    pub enabled: Switch,
    #[serde(default)]
    pub volume: Within<0, 100, 60>,
    pub card: Option<String>,
    pub folder: Option<PathBuf>,
}

/// On, off, or as the other parts make it useful.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    #[default]
    Auto,
    On,
    Off,
}

/// Section `[templates]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    pub folder: Option<PathBuf>,
}

/// Section `[times]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    #[serde(default)]
    pub notice_s: Within<2, 30, 8>,
    #[serde(default)]
    pub mood_s: Within<0, 30, 3>,
    #[serde(default)]
    pub not_so_s: Within<0, 30, 5>,
    #[serde(default)]
    pub message_s: Within<1, 60, 5>,
    #[serde(default)]
    pub choose_s: Within<3, 120, 15>,
    #[serde(default)]
    pub session_min: Within<1, 1440, 30>,
    #[serde(default)]
    pub fade_ms: Within<0, 10000, 1500>,
}

/// Section `[house]`: rules above every template.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    pub quiet: Option<Quiet>,
    #[serde(default)]
    pub sleep_min: Within<0, 1440, 0>,
    #[serde(default)]
    pub sleep_fade_s: Within<0, 120, 10>,
    #[serde(default)]
    pub sleep_at_track_end: bool,
    #[serde(default)]
    pub idle_dim_min: Within<0, 1440, 10>,
    #[serde(default)]
    pub idle_off_min: Within<0, 1440, 0>,
    #[serde(default)]
    pub press: Press,
    #[serde(default)]
    pub play_at_start: bool,
}

/// Key `quiet` of `[house]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    pub from: ClockTime,
    pub to: ClockTime,
    #[serde(default)]
    pub volume: Within<0, 100, 25>,
    #[serde(default = "yes")]
    pub start: bool,
}

/// Section `[ranking]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    pub content: Option<Weight>,
    pub collaborative: Option<Weight>,
    pub taste: Option<Weight>,
    pub novelty: Option<Weight>,
    pub variety: Option<Weight>,
}

/// Section `[learning]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    pub taste: Option<bool>,
    pub helped: Option<bool>,
    pub faces: Option<bool>,
}

/// Section `[web]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    #[serde(default = "loopback")]
    pub listen: SocketAddr,
    pub password_file: Option<PathBuf>,
    #[serde(default)]
    pub names: Vec<String>,
}

/// Section `[history]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    #[serde(default)]
    pub days: Within<0, 3650, 0>,
}

/// Width or height of a panel in pixels.
pub type Side = Within<32, 800, 240>;

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8740))
}

fn yes() -> bool {
    true
}

fn mpv() -> PathBuf {
    "mpv".into()
}

fn auto() -> String {
    "auto".into()
}

/// How much a part of the ranking counts: 0 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Weight(f32);

impl Weight {
    /// The weight.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f64> for Weight {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=10.0).contains(&value) {
            Ok(Weight(to_f32(value)))
        } else {
            Err(format!("{value} is out of range; write a number from 0 to 10"))
        }
    }
}

/// A time of the day, written "22:30".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ClockTime(u16);

impl ClockTime {
    /// Minutes since midnight, 0 to 1439.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for ClockTime {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        moodbox_core::recommend::minute_of_day(&word)
            .map(ClockTime)
            .ok_or_else(|| format!("`{word}` is no time of the day; write it as \"22:30\", 00:00 to 23:59"))
    }
}

/// A whole number from `MIN` to `MAX`; `DEFAULT` when the line is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Within<const MIN: u32, const MAX: u32, const DEFAULT: u32>(u32);

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Within<MIN, MAX, DEFAULT> {
    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number as milliseconds.
    pub const fn millis(self) -> Duration {
        Duration::from_millis(self.0 as u64)
    }

    /// The number as seconds.
    pub const fn seconds(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    /// For ranges that end at 100.
    pub fn percent(self) -> u8 {
        self.0.min(100) as u8
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Default for Within<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Within(DEFAULT)
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> TryFrom<i64> for Within<MIN, MAX, DEFAULT> {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        u32::try_from(value)
            .ok()
            .filter(|value| (MIN..=MAX).contains(value))
            .map(Within)
            .ok_or_else(|| format!("{value} is out of range; write a whole number from {MIN} to {MAX}"))
    }
}
