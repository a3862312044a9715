//! The simulated device: every port that would need hardware is simulated, all else is what ships.
//!
//! The core runs on a thread of its own, as in the daemon; this thread is the person: it presses the
//! button, looks at the panel, and listens.

mod keys;
pub(crate) mod notes;
mod report;

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use crossbeam_channel::{Receiver, Sender, after, bounded, select};

use crate::config::{CameraChoice, Config, PanelChoice};
use crate::device::{OpenButtons, Ports};
use crate::observers::web;
use crate::paths;
use crate::port_factory;
use crate::ports::button::Buttons;
use crate::ports::button::simulated::{Presser, SimulatedButtons};
use crate::ports::camera::Camera;
use crate::ports::camera::photos::PhotoCamera;
use crate::ports::camera::uploaded::UploadedCamera;
use crate::ports::gpio::LineError;
use crate::ports::light::SharedLight;
use crate::ports::music::Music;
use crate::ports::panel::png::PngPanel;
use crate::ports::video::Video;
use crate::wiring::{self, Wired};
use moodbox_core::kiosk::Has;
use moodbox_core::kiosk::event::{Button, Edge, Event};
use tokio::sync::watch;

use notes::{Note, Taker, TimedLight, TimedPanel};
use report::Report;

/// How the demo was asked to go.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Press once, and wait until music and video play.
    pub press: bool,
    /// Leave after that press.
    pub exit: bool,
    /// Print what came of the press as one JSON object.
    pub json: bool,
    /// Show the page in a browser.
    pub open: bool,
}

/// The library is scanned at the first start; a press before that would find nothing to play.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// From the press to music and video.
const PLAY_WITHIN: Duration = Duration::from_secs(30);

/// Runs the device until the person leaves.
///
/// `file` is where the configuration was read from.
pub fn run(config: Config, file: Option<PathBuf>, options: Options) -> anyhow::Result<ExitCode> {
    let _alone = port_factory::state_folder()?.map_err(|trouble| anyhow!(trouble.report))?;
    let (notes, heard) = bounded(4096);
    let players = Players { music: port_factory::music(&config), video: port_factory::video(&config) };
    // Nobody has time to look at the page of a single press.
    let (wired, presser) = wire_simulated(&config, &notes, players, file, !options.exit)?;
    let Wired { device, settings, mut observers, page } = wired;
    let (has, queue, panel) = (settings.has, device.queue(), panel_path(&config));
    observers.add(Taker::new(notes));
    let page = page.map(|address| format!("http://{address}/#device"));
    if let Some(address) = &page {
        tell!("The page: {address}");
        if options.open {
            open_browser(address);
        }
    }
    let core = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || device.run(settings, &mut observers, None, &mut || {}))?;

    let result = if options.press {
        press_once(&presser, &heard, has, panel, options)
    } else {
        keys::play(&presser, &queue, &heard, &panel, page.as_deref())
    };
    // A full or closed queue: the core has left already.
    let _ = queue.send(Event::Shutdown);
    let ended = core.join().map_err(|_| anyhow!("the core panicked"))?;
    ended?;
    result
}

/// The players of a demo: real ones, or one that the bench simulates.
pub(crate) struct Players {
    /// The music player, where there is one.
    pub music: Option<Box<dyn Music>>,
    /// The video player, where there is one.
    pub video: Option<Box<dyn Video>>,
}

/// The device with simulated button, light and panel; the camera is what the configuration says.
pub(crate) fn wire_simulated(
    config: &Config,
    notes: &Sender<Note>,
    Players { music, video }: Players,
    file: Option<PathBuf>,
    page: bool,
) -> anyhow::Result<(Wired, Presser)> {
    let (buttons, presser) = SimulatedButtons::new();
    let mut once = Some(buttons);
    let buttons: OpenButtons = Box::new(move || match once.take() {
        Some(buttons) => Ok(Box::new(buttons) as Box<dyn Buttons>),
        None => Err(LineError::Io { line: "simulated".into(), reason: "it was let go".into() }),
    });
    let panel = match &config.panel {
        None => None,
        Some(choice) => {
            let (width, height) = choice.size();
            let png = PngPanel::new(panel_path(config), width, height);
            Some(Box::new(TimedPanel::new(png, notes.clone())) as Box<dyn crate::ports::panel::Panel>)
        }
    };
    let (camera, chooser): (Box<dyn Camera>, _) = match &config.camera {
        CameraChoice::Photos(paths) => {
            let camera = PhotoCamera::new(paths, Some(port_factory::PHOTO_FPS))?;
            let chooser = camera.chooser();
            (Box::new(camera), Some(chooser))
        }
        CameraChoice::Device(_) => (port_factory::camera(config)?, None),
    };
    let (camera, inbox) = UploadedCamera::new(camera);
    let (on, light) = watch::channel(false);
    let vision = port_factory::vision(config);
    if let Err(error) = &vision {
        bail!("{error}");
    }
    let ports = Ports {
        buttons,
        light: SharedLight::new(Box::new(TimedLight { notes: notes.clone(), on })),
        camera: Box::new(camera),
        capture: config.capture,
        vision,
        panel,
        music,
        video,
        video_folders: port_factory::video_folders(config),
        feelings: port_factory::feelings(),
        listening: port_factory::listening(config),
        history: port_factory::history(),
        templates: port_factory::templates(config),
        // A demo does not shut the machine down.
        power: Box::new(crate::ports::power::Simulated::new()),
        speaker: port_factory::speaker(config),
        watch_cameras: None,
    };
    let simulated = web::Simulated { presser: presser.clone(), light, chooser, inbox };
    let options = wiring::Options { file, page, simulated: Some(simulated) };
    Ok((wiring::wire(config, ports, options)?, presser))
}

/// Shows the page in the browser that the desktop prefers. Its address is printed in any case.
fn open_browser(address: &str) {
    let (none, nowhere) = (Stdio::null(), Stdio::null());
    let opened =
        Command::new("xdg-open").arg(address).stdin(Stdio::null()).stdout(none).stderr(nowhere).spawn();
    if let Err(error) = opened {
        tell!("The browser was not opened: xdg-open: {error}");
    }
}

pub(crate) fn panel_path(config: &Config) -> std::path::PathBuf {
    match &config.panel {
        Some(PanelChoice::Png { path, .. }) => path.clone(),
        _ => paths::runtime_folder().join("panel.png"),
    }
}

/// One press, as a person would make it, and what came of it.
pub(crate) fn press_once(
    presser: &Presser,
    heard: &Receiver<Note>,
    has: Has,
    panel: std::path::PathBuf,
    options: Options,
) -> anyhow::Result<ExitCode> {
    let mut report = Report::new(has, panel);
    wait(heard, READY_WITHIN, &mut report, Report::ready)
        .map_err(|missing| anyhow!("not ready within {} s: {missing}", READY_WITHIN.as_secs()))?;
    report.pressed(Instant::now());
    presser.press(Button::Main);
    let played = wait(heard, PLAY_WITHIN, &mut report, |report| {
        if let Some(hold) = report.choice_to_make() {
            // Not sure: the person takes the first of the two candidates by a long press.
            presser.edge(Button::Main, if hold { Edge::Down } else { Edge::Up });
        }
        report.done()
    });
    if options.json {
        crate::terminal::json(&serde_json::to_string(&report.json())?);
    } else {
        say!("{}", report.line());
    }
    if let Err(missing) = played {
        bail!("nothing came of the press: {missing}");
    }
    if !options.exit {
        tell!("It plays. Ctrl-C ends the demo.");
        for note in heard {
            report.take(&note);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes notes until `done` has nothing missing any more, or says what is missing.
fn wait(
    heard: &Receiver<Note>,
    limit: Duration,
    report: &mut Report,
    mut done: impl FnMut(&mut Report) -> Result<(), String>,
) -> Result<(), String> {
    let end = after(limit);
    loop {
        let Err(missing) = done(report) else { return Ok(()) };
        if report.failed() {
            return Err(missing);
        }
        select! {
            recv(heard) -> note => match note {
                Ok(note) => report.take(&note),
                Err(_) => return Err("the device left".into()),
            },
            recv(end) -> _ => return Err(missing),
        }
    }
}
