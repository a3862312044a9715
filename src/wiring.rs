//! The wiring: from a configuration and its ports to a device that is ready to run. The daemon, the demo and
//! the bench differ in the ports that they hand in, and in nothing that stands here.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Context;

use crate::config::changes::Changes;
use crate::config::{self, Config};
use crate::device::{Device, Ports};
use crate::observers::fleet::Fleet;
use crate::observers::mood_log::{self, Moods};
use crate::observers::web::{self, Papers, Simulated, Watcher};
use crate::observers::{Observers, Publisher};
use crate::port_factory;
use crate::ports::store::StateFileError;
use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};

/// What the wiring needs beside the configuration and the ports.
pub struct Options {
    /// Where the configuration was read from.
    pub file: Option<PathBuf>,
    /// Whether there is a page, if the configuration names one.
    pub page: bool,
    /// The ports that the page plays, in the demo; there is no real part then that the page could examine.
    pub simulated: Option<Simulated>,
}

/// A device that is ready to run.
pub struct Wired {
    /// Its ports, already running.
    pub device: Device,
    /// What the core decides by.
    pub settings: Settings,
    /// Those who are told what happens; more may be added.
    pub observers: Observers,
    /// Where the page is, if there is one.
    pub page: Option<SocketAddr>,
}

/// Wires a device, in the order of dependence.
///
/// # Errors
/// When a thread cannot be started, or an address cannot be used.
pub fn wire(config: &Config, mut ports: Ports, options: Options) -> anyhow::Result<Wired> {
    // What the core decides by: the configuration, and how sure this model is.
    let mut settings = config.settings(port_factory::judge(&ports.vision));
    settings.prompts = ports.prompts(config);
    // MQTT and metrics measure light and panel, so they come before the ports' threads.
    let fleet = Fleet::new(config, &settings)?;
    fleet.time(&mut ports, config.light.is_some());
    // After the timing: what is timed is the panel of the device alone.
    let web = config.web.clone().filter(|_| options.page);
    let mirror = web.as_ref().and_then(|_| port_factory::mirror(&mut ports.panel));
    // A thread for each port, the panel's first.
    let mut device = Device::start(ports, config.language).context("the threads did not start")?;
    // The observers.
    let mut observers = Observers::default();
    let (publisher, latest) = Publisher::new(&settings);
    observers.add(publisher);
    let mut page = None;
    if let Some(mut web) = web {
        let (watcher, library) = Watcher::new();
        observers.add(watcher);
        let moods = keep_moods(config, &mut device, &mut observers)?;
        let simulated = options.simulated;
        if simulated.is_some() {
            web.listen = free(web.listen).context("the page has no port")?;
        }
        page = Some(web.listen);
        let parts = web::Parts {
            queue: device.queue(),
            latest: latest.clone(),
            panel: mirror,
            library,
            config: options.file.clone().filter(|_| simulated.is_none()),
            papers: papers(config, options.file, moods),
            simulated,
        };
        device.spawn("web", move || web::run(&web, parts))?;
    }
    fleet.start(&mut device, &mut observers, &latest)?;
    Ok(Wired { device, settings, observers, page })
}

/// Keeps the moods over time on a thread of their own, if the configuration asks for that.
fn keep_moods(
    config: &Config,
    device: &mut Device,
    observers: &mut Observers,
) -> anyhow::Result<Option<Moods>> {
    if config.history_days == 0 {
        return Ok(None);
    }
    let queue = device.queue();
    let tell = move |became: StateFileError| {
        let trouble = Trouble { kind: TroubleKind::Other, report: became.to_string() };
        tracing::warn!("{became}");
        // A core that is so far behind hears of it in the log.
        let _ = queue.try_send(Event::Part(Part::Library, Health::Ill(trouble)));
    };
    let (moods, noter, keep) = mood_log::keeper(port_factory::moods(), config.history_days, tell);
    device.spawn("moods", keep)?;
    observers.add(noter);
    Ok(Some(moods))
}

/// What the page reads and writes on disk.
fn papers(config: &Config, file: Option<PathBuf>, moods: Option<Moods>) -> Papers {
    let changes = config::changes_file();
    let started_with = Changes::recover(&changes);
    Papers {
        settings: file,
        changes: (changes, started_with),
        templates: config.templates.clone(),
        page_templates: port_factory::page_templates(),
        moods,
        setter: port_factory::setter(config),
        card: config.vision.mood_model.with_file_name("MODEL_CARD.md"),
    }
}

/// The address itself, or another port where it is taken: by a second demo, or by the daemon.
fn free(listen: SocketAddr) -> std::io::Result<SocketAddr> {
    let other = || TcpListener::bind(SocketAddr::new(listen.ip(), 0));
    TcpListener::bind(listen).or_else(|_| other())?.local_addr()
}
