//! `moodbox run`: the daemon.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::config::{self, Config};
use crate::observers::fleet::Fleet;
use crate::observers::web::{self, Papers, Watcher};
use crate::observers::{Observers, Publisher};
use crate::port_factory;
use crate::wiring::Device;
use moodbox_core::kiosk::event::{Event, Health, Part};
use moodbox_core::kiosk::policy::Mode;

/// What `run` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox run                           with /etc/moodbox/moodbox.toml
  moodbox run --config ./moodbox.toml

Started by systemd, it says READY=1 when the button works, feeds the watchdog from the thread that
decides, and logs to the journal: `journalctl -u moodbox`. MOODBOX_LOG=moodbox=debug says more.")]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,
}

/// Runs the daemon until it is told to stop, or until a thread ends.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = config::load(&args.config)?;
    let alone = port_factory::state_folder()?;
    let mut ports = port_factory::ports(&config)?;
    let mut settings = config.settings(port_factory::judge(&ports.vision));
    settings.prompts = ports.prompts(&config);
    announce(&config);
    let fleet = Fleet::new(&config, &settings)?;
    fleet.time(&mut ports, config.light.is_some());
    // After the timing: what is timed is the panel of the device alone.
    let page = config.web.as_ref().map(|web| (web.clone(), port_factory::mirror(&mut ports.panel)));
    if config.mode == Mode::Public && !settings.has.panel && settings.prompts.is_none() {
        tracing::warn!(
            "in public people are told before they are looked at, and there are no prompts to tell them with: \
             a press does nothing. Make the prompts with deploy/prompts, or wire a panel"
        );
    }
    let mut device = Device::start(ports, config.language).context("the threads did not start")?;
    if let Err(trouble) = &alone {
        tracing::warn!("{}", trouble.report);
        // The queue is new and has room.
        let _ = device.queue().try_send(Event::Part(Part::Library, Health::Ill(trouble.clone())));
    }
    follow_signals(device.queue())?;
    tell_ready(device.ready())?;
    let watchdog = sd_notify::watchdog_enabled();
    let mut onlookers = Observers::default();
    let (publisher, latest) = Publisher::new(&settings);
    onlookers.add(publisher);
    if let Some((web, panel)) = page {
        let (watcher, shelves) = Watcher::new();
        onlookers.add(watcher);
        let moods = web::keep_moods(&config, &mut device, &mut onlookers)?;
        let papers = Papers::of(&config, Some(args.config.clone()), moods)?;
        let parts = web::Parts {
            queue: device.queue(),
            latest: latest.clone(),
            panel,
            shelves,
            config: Some(args.config),
            papers,
            simulated: None,
        };
        device.spawn("web", move || web::run(&web, parts))?;
    }
    fleet.start(&mut device, &mut onlookers, &latest)?;
    device.run(settings, &mut onlookers, watchdog.map(|limit| limit / 2), &mut || {
        if watchdog.is_some() {
            notify(&[sd_notify::NotifyState::Watchdog]);
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// One line for the log that says what this device is.
fn announce(config: &Config) {
    let parts = [
        ("light", config.light.is_some()),
        ("panel", config.panel.is_some()),
        ("music", config.music.is_some()),
        ("video", config.video.is_some()),
    ];
    let parts: Vec<&str> = parts.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    tracing::info!(
        "moodbox {} ({:?}) with button, camera, {}",
        env!("CARGO_PKG_VERSION"),
        config.mode,
        parts.join(", ")
    );
}

fn follow_signals(queue: Sender<Event>) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("signals cannot be followed")?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            if queue.send(Event::Shutdown).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Tells the service manager when the button works.
pub(crate) fn tell_ready(ready: Receiver<()>) -> anyhow::Result<()> {
    thread::Builder::new().name("ready".into()).spawn(move || {
        if ready.recv().is_ok() {
            tracing::info!("ready: press the button");
            notify(&[sd_notify::NotifyState::Ready]);
        }
    })?;
    Ok(())
}

/// Without a service manager this does nothing.
fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
