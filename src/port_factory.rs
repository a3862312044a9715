//! From the configuration to real ports.

use std::path::PathBuf;

use crate::config::{CameraChoice, Config, PanelChoice};
use crate::device::{OpenButtons, Ports};
use crate::library;
use crate::library::analysis::{self, Listening, Progress};
use crate::library::feature_cache;
use crate::library::listing::Setter;
use crate::library::lock::{LockError, StateLock};
use crate::paths;
use crate::ports::button::{self, ButtonSettings};
use crate::ports::camera::photos::PhotoCamera;
use crate::ports::camera::{self, Camera, CameraError};
use crate::ports::gpio::LineError;
use crate::ports::light::gpio::GpioLight;
use crate::ports::light::{Light, NoLight, SharedLight};
use crate::ports::music::{Mpd, Music};
use crate::ports::panel::Panel;
use crate::ports::panel::png::PngPanel;
use crate::ports::panel::spi::SpiPanel;
use crate::ports::panel::tee::{Latest, Several};
use crate::ports::power::{Logind, PowerSwitch};
use crate::ports::speech::{self, MpvSpeaker, Speaker};
use crate::ports::video::folder::{self, VideoFolders};
use crate::ports::video::{Mpv, Video};
use crate::ports::vision::{Vision, VisionConfig, VisionError};
use moodbox_core::kiosk::event::{Trouble, TroubleKind};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::mood::DecisionRule;
use moodbox_core::recommend::Catalog;

/// Every port of a real device.
pub(crate) fn ports(config: &Config) -> anyhow::Result<Ports> {
    Ok(Ports {
        buttons: buttons(config.button.clone()),
        light: light(config.light.as_deref()),
        camera: camera(config)?,
        capture: config.capture,
        vision: vision(config),
        panel: config.panel.as_ref().map(panel),
        music: music(config),
        video: video(config),
        video_folders: video_folders(config),
        feelings: feelings(),
        listening: listening(config),
        history: history(),
        templates: templates(config),
        power: Box::new(Logind::new()) as Box<dyn PowerSwitch>,
        speaker: speaker(config),
        watch_cameras: watch_cameras(config),
    })
}

fn buttons(settings: ButtonSettings) -> OpenButtons {
    Box::new(move || button::open(&settings))
}

fn light(line: Option<&str>) -> SharedLight {
    SharedLight::new(match line {
        Some(line) => Box::new(LazyLight { line: line.to_owned(), open: None }),
        None => Box::new(NoLight),
    })
}

/// A light that is opened when it is first lit, and again when it failed. If it cannot be lit, the
/// camera is not opened either: a device that has a light never looks in the dark.
struct LazyLight {
    line: String,
    open: Option<GpioLight>,
}

impl Light for LazyLight {
    fn set(&mut self, on: bool) -> Result<(), LineError> {
        let light = match self.open.take() {
            Some(light) => self.open.insert(light),
            None if on => self.open.insert(GpioLight::open(&self.line, false)?),
            None => return Ok(()),
        };
        light.set(on)
    }
}

/// The camera that the configuration names. Nothing is opened before the first press.
pub(crate) fn camera(config: &Config) -> Result<Box<dyn Camera>, CameraError> {
    Ok(match &config.camera {
        CameraChoice::Device(device) => camera::by_name(device),
        CameraChoice::Photos(paths) => Box::new(PhotoCamera::new(paths, Some(PHOTO_FPS))?),
    })
}

/// The pace of photos that stand in for a camera: that of most webcams.
pub(crate) const PHOTO_FPS: f32 = 30.0;

/// The networks, checked by their golden cases.
///
/// # Errors
/// When a file cannot be read, is another one than was meant, or a golden case fails.
pub fn vision(config: &Config) -> Result<Vision, VisionError> {
    Vision::load(&config.vision)
}

/// When scores count as sure. Without a model nothing ever does.
pub fn judge(vision: &Result<Vision, VisionError>) -> DecisionRule {
    match vision {
        Ok(vision) => vision.judge(),
        Err(_) => DecisionRule::never_sure(),
    }
}

/// What the screens are drawn on.
pub(crate) fn panel(choice: &PanelChoice) -> Box<dyn Panel> {
    match choice {
        PanelChoice::Spi(settings) => {
            // The same picture as a file in memory: for a person at a distance, and for support.
            let file = PngPanel::new(
                paths::runtime_folder().join("panel.png"),
                settings.width.into(),
                settings.height.into(),
            );
            Box::new(Several::new(Box::new(SpiPanel::new(settings.clone())), vec![Box::new(file)]))
        }
        PanelChoice::Png { path, width, height } => Box::new(PngPanel::new(path, *width, *height)),
    }
}

/// Lets the pictures of a panel be seen elsewhere too.
pub(crate) fn mirror(panel: &mut Option<Box<dyn Panel>>) -> Option<Latest> {
    let glass = panel.take()?;
    let (width, height) = glass.size();
    let latest = Latest::new(width, height);
    *panel = Some(Box::new(Several::new(glass, vec![Box::new(latest.clone())])));
    Some(latest)
}

/// The client of the MPD server; it connects on its own thread.
pub(crate) fn music(config: &Config) -> Option<Box<dyn Music>> {
    let settings = config.music.clone()?;
    Some(Box::new(Mpd::new(settings)))
}

/// mpv; it is started on its own thread.
pub(crate) fn video(config: &Config) -> Option<Box<dyn Video>> {
    let choice = config.video.as_ref()?;
    Some(Box::new(Mpv::new(choice.settings.clone())))
}

/// The voice of the prompts, if they are wanted and there.
pub(crate) fn speaker(config: &Config) -> Option<Box<dyn Speaker>> {
    let choice = config.prompts.as_ref()?;
    if let Err(error) = speech::check(&choice.folder, config.language) {
        // Prompts that nobody asked for are an extra: without them nothing is wrong.
        if choice.asked_for {
            tracing::warn!("{error}");
        } else {
            tracing::info!("{error}");
        }
        return None;
    }
    let program = config.video.as_ref().map_or("mpv".into(), |video| video.settings.program.clone());
    Some(Box::new(MpvSpeaker::new(program, choice.folder.clone()).on_card(config.sound_card.as_deref())))
}

/// Where cameras come and go, if one is ever to be opened.
fn watch_cameras(config: &Config) -> Option<PathBuf> {
    let real = matches!(config.camera, CameraChoice::Device(_));
    (real && config.mode.may_look()).then(|| "/dev".into())
}

/// Where the videos lie.
pub(crate) fn video_folders(config: &Config) -> VideoFolders {
    let folders = config.video.as_ref().map(|choice| choice.folders.clone()).unwrap_or_default();
    VideoFolders { folders, guarded: config.mode == Mode::Public }
}

/// The file of what a person set for videos.
pub(crate) fn feelings() -> PathBuf {
    paths::state().join("feelings.json")
}

/// The file of what was measured from sounds.
pub(crate) fn sounds() -> PathBuf {
    paths::state().join("sounds.json")
}

/// What the thread needs that listens to what is unknown.
pub(crate) fn listening(config: &Config) -> Listening {
    let music = config.music.clone();
    let music_folder = Box::new(move || music.as_ref().and_then(Mpd::folder));
    Listening { music_folder, memory: sounds() }
}

/// Where values that a person sets are kept.
pub(crate) fn setter(config: &Config) -> Setter {
    Setter { music: config.music.clone(), videos: feelings() }
}

/// The file of what is learnt.
pub(crate) fn history() -> PathBuf {
    paths::state().join("history.json")
}

/// The file of the moods over time.
pub(crate) fn moods() -> PathBuf {
    crate::observers::mood_log::beside(&history())
}

/// The templates that were written on the page.
pub(crate) fn page_templates() -> PathBuf {
    paths::state().join("templates")
}

/// Folders of templates, each over the ones before: a person's own, and those written on the page.
pub(crate) fn templates(config: &Config) -> Vec<PathBuf> {
    config.templates.iter().cloned().chain([page_templates()]).collect()
}

/// The state folder, for this process alone; or why it cannot be used, when the device can do without: on a
/// card that can only be read it plays, and learns nothing.
///
/// # Errors
/// When another moodbox has it.
pub(crate) fn state_folder() -> anyhow::Result<Result<StateLock, Trouble>> {
    match StateLock::take(&paths::state()) {
        Ok(lock) => Ok(Ok(lock)),
        Err(error @ LockError::InUse { .. }) => Err(error.into()),
        Err(error) => {
            let report = format!("{error}. Nothing is remembered until it can be written");
            Ok(Err(Trouble { kind: TroubleKind::Other, report }))
        }
    }
}

/// The library as it is now, read from outside the daemon: with all that the daemon has learnt of it.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// What can be played.
    pub catalog: Catalog,
    /// What could not be read, with the cure.
    pub problems: Vec<String>,
    /// What was left out or not understood, each once.
    pub remarks: Vec<String>,
    /// How far the sound of what is unknown was measured.
    pub progress: Progress,
}

/// Reads the library of a configuration. The one reader for every verb, so that each sees what the device sees.
pub(crate) fn library(config: &Config) -> Library {
    let mut library = Library::default();
    if let Some(settings) = &config.music {
        match Mpd::library(settings) {
            Ok((songs, remarks)) => {
                library.catalog.music = songs;
                library.remarks.extend(remarks);
            }
            Err(error) => library.problems.push(error.to_string()),
        }
    }
    let videos = folder::catalog(&video_folders(config));
    library.problems.extend(videos.errors.iter().map(ToString::to_string));
    library.remarks.extend(videos.remarks);
    let mut videos = videos.items;
    let (set, problem) = library::feelings::load(&feelings());
    library.problems.extend(problem.map(|problem| problem.to_string()));
    set.put_on(&mut videos);
    library.catalog.video = videos.into();
    let folder = config.music.as_ref().and_then(Mpd::folder);
    library.progress =
        analysis::recall(&mut library.catalog, &feature_cache::peek(&sounds()), folder.as_deref());
    library
}

/// Where vision finds its parts when no configuration says otherwise.
pub fn vision_config() -> VisionConfig {
    VisionConfig {
        runtime: paths::runtime(),
        face_model: paths::face_model(),
        mood_model: paths::mood_model(),
        face_sha256: None,
    }
}
