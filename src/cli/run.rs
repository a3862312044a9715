//! `moodbox run`: the daemon.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use crossbeam_channel::Sender;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::config::{self, Config};
use crate::port_factory;
use crate::service_manager::{notify, tell_ready};
use crate::wiring::{Options, Wired, wire};
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
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
    let (config, passed_over) = config::load_for_device(&args.config, &config::changes_file())?;
    let alone = port_factory::state_folder()?;
    let ports = port_factory::ports(&config)?;
    announce(&config);
    let options = Options { file: Some(args.config), page: true, simulated: None };
    let Wired { device, settings, mut observers, .. } = wire(&config, ports, options)?;
    if config.mode == Mode::Public && !settings.has.panel && settings.prompts.is_none() {
        tracing::warn!(
            "in public people are told before they are looked at, and there are no prompts to tell them with: \
             a press does nothing. Make the prompts with deploy/prompts, or wire a panel"
        );
    }
    if let Err(trouble) = &alone {
        tracing::warn!("{}", trouble.report);
        // The queue is new and has room.
        let _ = device.queue().try_send(Event::Part(Part::Library, Health::Ill(trouble.clone())));
    }
    if let Some(report) = passed_over {
        tracing::warn!("{report}");
        let trouble = Trouble { kind: TroubleKind::Other, report };
        let _ = device.queue().try_send(Event::Part(Part::Library, Health::Ill(trouble)));
    }
    follow_signals(device.queue())?;
    tell_ready(device.ready())?;
    let watchdog = sd_notify::watchdog_enabled();
    device.run(settings, &mut observers, watchdog.map(|limit| limit / 2), &mut || {
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
