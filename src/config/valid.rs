//! What the program may rely on: the file's values, put together and checked against each other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::file::{self, File};
use super::fleet;
use super::panel::{PanelChoice, board, panel};
use super::password::StoredPassword;
use crate::observers::metrics::MetricsSettings;
use crate::observers::mqtt::MqttSettings;
use crate::paths;
use crate::ports::button::ButtonSettings;
use crate::ports::camera::csi;
use crate::ports::camera::worker::CaptureSettings;
use crate::ports::music::{Address, MusicSettings};
use crate::ports::panel::presets::Preset;
use crate::ports::video::VideoSettings;
use crate::ports::vision::VisionConfig;
use moodbox_core::kiosk::event::Button;
use moodbox_core::kiosk::gesture::GestureTimes;
use moodbox_core::kiosk::house_rules::{House, QuietHours, Sleep};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::{Has, RuntimeSettings, Settings, Times};
use moodbox_core::mood::DecisionRule;
use moodbox_core::recommend::{Quiet, Weights};
use moodbox_core::text::Language;

/// A configuration in which every part that is there can be opened as it stands.
#[derive(Clone, Debug)]
pub struct Config {
    /// Household, public or workplace: who may start a look, and what is learnt.
    pub mode: Mode,
    /// Language of the screens and prompts.
    pub language: Language,
    /// Start of the random numbers that choose; the same seed and history choose the same.
    pub seed: u64,
    /// The lines of the buttons, and how they are read.
    pub button: ButtonSettings,
    /// How long a long press is, and how close the two of a double press are.
    pub gesture: GestureTimes,
    /// The line of the light, where there is one.
    pub light: Option<String>,
    /// Where frames come from.
    pub camera: CameraChoice,
    /// How many frames a look takes, and for how long.
    pub capture: CaptureSettings,
    /// The tensor library and the networks.
    pub vision: VisionConfig,
    /// What the screens are drawn on, where there is a panel.
    pub panel: Option<PanelChoice>,
    /// The MPD server, where there is music.
    pub music: Option<MusicSettings>,
    /// mpv and its videos, where there are any.
    pub video: Option<VideoChoice>,
    /// Spoken prompts, where they are wanted.
    pub prompts: Option<PromptChoice>,
    /// ALSA's name of the card that prompts are spoken on; without one, its first.
    pub sound_card: Option<String>,
    /// Whether holding the button on and on offers to shut down.
    pub hold_menu: bool,
    /// What stands on the panel before a look in public, instead of the usual words.
    pub notice: Option<Arc<str>>,
    /// A person's own templates.
    pub templates: Option<PathBuf>,
    /// How long each screen stands, and how long a session lasts.
    pub times: Times,
    /// Volume at which a session begins, in percent; never above `volume_cap`.
    pub start_volume: u8,
    /// The loudest volume, in percent.
    pub volume_cap: u8,
    /// Quiet hours, sleep timer, and what a press does in the dark.
    pub house: House,
    /// How much each part of the score counts when items are chosen.
    pub weights: Weights,
    /// Whether it learns what is liked here.
    pub learns: bool,
    /// Whether a second look soon after the first is compared with it, to learn whether what was played helped.
    pub asks_if_it_helped: bool,
    /// Whether "not so" teaches it about the faces of this place.
    pub learns_faces: bool,
    /// The page, where there is one.
    pub web: Option<WebSettings>,
    /// The broker of the home, where there is one.
    pub mqtt: Option<MqttSettings>,
    /// Where Prometheus may read figures, where it may.
    pub metrics: Option<MetricsSettings>,
    /// For how many days the moods of sessions are kept; 0: they are not.
    pub history_days: u32,
}

/// Where frames come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraChoice {
    /// A node, a stable path, a part of the card's name, "csi" for the ribbon cable, or "auto".
    Device(String),
    /// Files and folders of pictures.
    Photos(Vec<PathBuf>),
}

/// How videos are shown, and where they lie.
#[derive(Clone, Debug)]
pub struct VideoChoice {
    /// How mpv is reached and what it may do.
    pub settings: VideoSettings,
    /// Folders of videos, searched with all that is below them.
    pub folders: Vec<PathBuf>,
}

/// Prompts that are spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptChoice {
    /// Where they lie.
    pub folder: PathBuf,
    /// Percent, before the cap.
    pub volume: u8,
    /// Somebody asked for them; otherwise they are there because there is no panel.
    pub asked_for: bool,
}

/// A value that is well formed and still cannot be.
#[derive(Debug, thiserror::Error)]
#[error("[{section}] {what}. {cure}")]
pub struct Wrong {
    /// Section of the file, without brackets.
    pub section: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub cure: String,
}

pub(super) fn wrong(section: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Wrong {
    Wrong { section, what: what.into(), cure: cure.into() }
}

impl Config {
    /// What of the settings of the core counts as soon as it is changed. The judge has no part in it.
    pub fn runtime_settings(&self) -> RuntimeSettings {
        self.settings(DecisionRule::never_sure()).runtime()
    }

    /// The settings of the core, with the judge of the model that is installed.
    pub fn settings(&self, judge: DecisionRule) -> Settings {
        Settings {
            mode: self.mode,
            language: self.language,
            has: Has {
                panel: self.panel.is_some(),
                music: self.music.is_some(),
                video: self.video.is_some(),
            },
            judge,
            gesture: self.gesture,
            times: self.times,
            start_volume: self.start_volume,
            volume_cap: self.volume_cap,
            house: self.house.clone(),
            weights: self.weights,
            learns: self.learns,
            asks_if_it_helped: self.asks_if_it_helped,
            learns_faces: self.learns_faces,
            keeps_moods: self.history_days > 0,
            hold_menu: self.hold_menu,
            notice: self.notice.clone(),
            // Said only where there is something to say them with.
            prompts: None,
            seed: self.seed,
        }
    }
}

impl TryFrom<File> for Config {
    type Error = Wrong;

    fn try_from(file: File) -> Result<Config, Wrong> {
        let times = Times {
            capture: file.camera.look_ms.millis(),
            notice: file.times.notice_s.seconds(),
            mood: file.times.mood_s.seconds(),
            not_so: file.times.not_so_s.seconds(),
            message: file.times.message_s.seconds(),
            choose: file.times.choose_s.seconds(),
            session: Duration::from_secs(60 * u64::from(file.times.session_min.get())),
            fade: file.times.fade_ms.millis(),
            ..Times::default()
        };
        let (start_volume, volume_cap) = match &file.music {
            Some(music) => (music.start_volume.percent(), music.volume_cap.percent()),
            None => (40, 70),
        };
        if start_volume > volume_cap {
            return Err(wrong(
                "music",
                format!("start_volume is {start_volume} and volume_cap is {volume_cap}"),
                "Lower start_volume or raise volume_cap",
            ));
        }
        let page = file.web.as_ref().map(|web| web.listen);
        let config = Config {
            mode: file.device.mode,
            language: file.device.language,
            seed: file.device.seed,
            button: buttons(&file.button, board(file.panel.as_ref())),
            gesture: GestureTimes {
                long: file.button.long_ms.millis(),
                double: file.button.double_ms.millis(),
            },
            light: file.light.and_then(|light| match light.line.as_str() {
                AUTO => board(file.panel.as_ref()).light.map(str::to_owned),
                _ => Some(light.line),
            }),
            camera: camera(&file.camera)?,
            capture: CaptureSettings {
                frames: file.camera.frames.get() as usize,
                within: times.capture,
                ..CaptureSettings::default()
            },
            vision: VisionConfig {
                runtime: file.vision.runtime.unwrap_or_else(paths::runtime),
                face_model: file.vision.face_model.unwrap_or_else(paths::face_model),
                mood_model: file.vision.mood_model.unwrap_or_else(paths::mood_model),
                face_sha256: None,
            },
            panel: file.panel.as_ref().map(panel).transpose()?,
            music: file.music.as_ref().map(music).transpose()?,
            video: file.video.map(|file| video(file, volume_cap)),
            prompts: prompts(&file.prompts, file.panel.is_some()),
            sound_card: sound_card(file.prompts.card)?,
            // In a public place nobody who passes by may shut the device down.
            hold_menu: file.button.hold_menu.unwrap_or(file.device.mode != Mode::Public),
            notice: notice(file.device.notice)?,
            templates: file.templates.folder,
            times,
            start_volume,
            volume_cap,
            house: house(&file.house)?,
            weights: weights(&file.ranking),
            learns: file.learning.taste.unwrap_or(file.device.mode.learns()),
            asks_if_it_helped: file.device.mode.asks_if_it_helped(file.learning.helped),
            learns_faces: file.device.mode.learns_faces(file.learning.faces),
            web: file.web.map(web).transpose()?,
            mqtt: file.mqtt.map(|mqtt| fleet::mqtt(mqtt, page)).transpose()?,
            metrics: file.metrics.map(fleet::metrics),
            history_days: file.history.days.get(),
        };
        lines_differ(&config)?;
        if config.mode == Mode::Public && config.panel.is_none() && config.prompts.is_none() {
            return Err(wrong(
                "device",
                "in public people are told before they are looked at, and this device has nothing to tell them with",
                "Add a [panel], or let [prompts] be spoken, or take mode = \"workplace\"",
            ));
        }
        Ok(config)
    }
}

/// Letters of a notice: more is not read in the seconds that it stands, and does not fit on a panel.
const LONGEST_NOTICE: usize = 160;

fn notice(text: Option<String>) -> Result<Option<Arc<str>>, Wrong> {
    let Some(text) = text else { return Ok(None) };
    let letters = text.chars().count();
    if text.trim().is_empty() || letters > LONGEST_NOTICE || text.chars().any(char::is_control) {
        return Err(wrong(
            "device",
            format!("the notice has {letters} characters, or none that can be read"),
            format!(
                "Write one line of 1 to {LONGEST_NOTICE} characters that says that a camera looks and what for"
            ),
        ));
    }
    Ok(Some(text.trim().into()))
}

fn house(file: &file::House) -> Result<House, Wrong> {
    let minutes = |minutes: u32| (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)));
    let quiet = file.quiet.as_ref().map(|quiet| QuietHours {
        hours: Quiet { from: quiet.from.minutes(), to: quiet.to.minutes(), volume: quiet.volume.percent() },
        starts: quiet.start,
    });
    if quiet.is_some_and(|quiet| quiet.hours.from == quiet.hours.to) {
        return Err(wrong(
            "house",
            "the quiet hours begin and end at the same time",
            "Let them end at another time, or remove `quiet`",
        ));
    }
    Ok(House {
        quiet,
        sleep: Sleep {
            after: minutes(file.sleep_min.get()),
            fade: file.sleep_fade_s.seconds(),
            at_track_end: file.sleep_at_track_end,
        },
        idle_dim: minutes(file.idle_dim_min.get()),
        idle_off: minutes(file.idle_off_min.get()),
        press: file.press,
        plays_at_start: file.play_at_start,
    })
}

fn weights(file: &file::Ranking) -> Weights {
    let usual = Weights::default();
    let or = |weight: Option<file::Weight>, usual: f32| weight.map_or(usual, file::Weight::get);
    Weights {
        content: or(file.content, usual.content),
        collaborative: or(file.collaborative, usual.collaborative),
        taste: or(file.taste, usual.taste),
        novelty: or(file.novelty, usual.novelty),
        variety: or(file.variety, usual.variety),
    }
}

fn buttons(file: &file::Button, board: &Preset) -> ButtonSettings {
    let auto = file.line == AUTO;
    let lines = board.buttons;
    let main = if auto { lines.press } else { &file.line };
    let or = |named: &Option<String>, on_board: Option<&str>| {
        named.clone().or_else(|| on_board.filter(|_| auto).map(str::to_owned))
    };
    let named = [
        (Button::Main, Some(main.to_owned())),
        (Button::Next, or(&file.next, lines.next)),
        (Button::VolumeUp, or(&file.volume_up, lines.volume_up)),
        (Button::VolumeDown, or(&file.volume_down, lines.volume_down)),
    ];
    let lines: Vec<(Button, String)> =
        named.into_iter().filter_map(|(button, line)| Some((button, line?))).collect();
    ButtonSettings {
        backend: file.backend,
        lines,
        active_low: file.active_low,
        debounce: file.debounce_ms.millis(),
    }
}

fn camera(file: &file::Camera) -> Result<CameraChoice, Wrong> {
    match (&file.device, file.photos.is_empty()) {
        (Some(_), false) => Err(wrong(
            "camera",
            "there are both `device` and `photos`",
            "Keep `device` for a real camera, or `photos` to try the device without one",
        )),
        (None, false) => Ok(CameraChoice::Photos(file.photos.clone())),
        (Some(name), true) if matches!(csi::number(name), Some(Err(_))) => Err(wrong(
            "camera",
            format!("device = {name:?} names no camera"),
            "Write \"csi\" for the camera on the ribbon cable, \"csi:1\" for the second one",
        )),
        (device, true) => Ok(CameraChoice::Device(device.clone().unwrap_or_else(|| "auto".into()))),
    }
}

/// Lines are taken from the board.
const AUTO: &str = "auto";

fn prompts(file: &file::Prompts, panel: bool) -> Option<PromptChoice> {
    let asked_for = match file.enabled {
        file::Switch::On => true,
        file::Switch::Auto if !panel => false,
        file::Switch::Auto | file::Switch::Off => return None,
    };
    let folder = file.folder.clone().unwrap_or_else(paths::prompts);
    Some(PromptChoice { folder, volume: file.volume.percent(), asked_for })
}

/// A name that ALSA gives, not a whole device with options of its own.
fn sound_card(name: Option<String>) -> Result<Option<String>, Wrong> {
    match name {
        Some(name)
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) =>
        {
            Err(wrong(
                "prompts",
                format!("card is `{name}`"),
                "Write a name as `aplay -l` has it after `card N:`",
            ))
        }
        name => Ok(name),
    }
}

fn video(file: file::Video, volume_cap: u8) -> VideoChoice {
    // A picture in our own folder is out of reach of an mpv that runs as somebody else.
    let still = file.socket.as_ref().map(|_| paths::still()).filter(|still| still.is_file());
    // Off a cold card mpv takes many seconds, and the device does not wait for it.
    let start = Duration::from_secs(if file.socket.is_some() { 30 } else { 10 });
    let settings = VideoSettings {
        still,
        start,
        program: file.program,
        socket: file.socket,
        vo: Some(file.output).filter(|output| output != "auto"),
        hwdec: file.hwdec,
        volume_cap,
        ..VideoSettings::new(paths::runtime_folder())
    };
    VideoChoice { settings, folders: file.folders }
}

/// Where the page listens, and who may see it.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Address and port of the server.
    pub listen: SocketAddr,
    /// Password of the page. Only a server on loopback may be without one; then everybody who reaches it may come in.
    pub password: Option<StoredPassword>,
    /// Names by which browsers may call the device, besides addresses and `localhost`.
    pub names: Vec<String>,
}

/// Everybody who reaches the page can see what is played and stop it: beyond this machine, only with a password.
fn web(file: file::Web) -> Result<WebSettings, Wrong> {
    let password = match &file.password_file {
        Some(path) => {
            let text = crate::text_file::read(path).map_err(|error| {
                wrong(
                    "web",
                    format!("password_file {}: {error}", path.display()),
                    format!("Make it with `moodbox password --file {}`, or remove the line", path.display()),
                )
            })?;
            Some(StoredPassword::read(&text).map_err(|error| {
                wrong(
                    "web",
                    format!("password_file {}: {error}", path.display()),
                    format!("Make it again with `moodbox password --file {}`", path.display()),
                )
            })?)
        }
        None => None,
    };
    if password.is_none() && !file.listen.ip().is_loopback() {
        return Err(wrong(
            "web",
            format!(
                "listen is {}, which others on the network can reach, and there is no password",
                file.listen
            ),
            "Run `sudo moodbox setup phone`; or make one with `moodbox password --file /etc/moodbox/web-password` and \
             name it in password_file; or listen on 127.0.0.1 alone",
        ));
    }
    if let Some(name) = file.names.iter().find(|name| name.is_empty() || name.contains(['/', ':', ' '])) {
        return Err(wrong(
            "web",
            format!("names holds `{name}`"),
            "Write names as they stand in the browser, without port and http://, such as \"moodbox.local\"",
        ));
    }
    Ok(WebSettings { listen: file.listen, password, names: file.names })
}

/// Two things on one line of the header would fail one after the other, in an order that nobody sees.
fn lines_differ(config: &Config) -> Result<(), Wrong> {
    let mut lines: Vec<(String, &str)> = config
        .button
        .lines
        .iter()
        .map(|(button, line)| (format!("button {button:?}"), line.as_str()))
        .collect();
    lines.extend(config.light.as_deref().map(|line| ("light".to_owned(), line)));
    if let Some(PanelChoice::Spi(panel)) = &config.panel {
        lines.push(("panel dc".to_owned(), &panel.dc));
        lines.extend(panel.reset.as_deref().map(|line| ("panel reset".to_owned(), line)));
        lines.extend(panel.backlight.as_deref().map(|line| ("panel backlight".to_owned(), line)));
    }
    for (at, (what, line)) in lines.iter().enumerate() {
        if let Some((other, _)) = lines[..at].iter().find(|(_, earlier)| earlier == line) {
            return Err(wrong(
                "wiring",
                format!("{other} and {what} are both on {line}"),
                "Give each a line of its own",
            ));
        }
    }
    Ok(())
}

fn music(file: &file::Music) -> Result<MusicSettings, Wrong> {
    let (address, env_password) = match &file.address {
        Some(address) => {
            let address: Address =
                address.parse().map_err(|error| wrong("music", format!("address: {error}"), ADDRESS))?;
            (address, None)
        }
        None => Address::usual(|name| std::env::var(name).ok())
            .map_err(|error| wrong("music", format!("MPD_HOST or MPD_PORT: {error}"), ADDRESS))?,
    };
    let password = match &file.password_file {
        Some(path) => Some(password("music", path)?),
        None => env_password,
    };
    Ok(MusicSettings {
        password,
        volume_cap: file.volume_cap.percent(),
        memory: Some(paths::state().join("queue.json")),
        folder: file.folder.clone(),
        radio: file.radio.clone(),
        page_radio: Some(paths::state().join("radio.toml")),
        afterwards: file.afterwards,
        ..MusicSettings::new(address)
    })
}

const ADDRESS: &str = "Write \"host:port\", \"/path/of/its/socket\" or \"@abstract\"";

/// A file that holds a password and nothing else.
pub(super) fn password(section: &'static str, path: &Path) -> Result<String, Wrong> {
    let text = crate::text_file::read(path).map_err(|error| {
        wrong(
            section,
            format!("password_file {}: {error}", path.display()),
            "Write the password into that file, readable by moodbox, or remove the line",
        )
    })?;
    let word = text.trim();
    if word.is_empty() {
        return Err(wrong(
            section,
            format!("password_file {} is empty", path.display()),
            "Write the password into it, or remove the line",
        ));
    }
    Ok(word.to_owned())
}
