//! `moodbox run`: the daemon.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Sender, bounded};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::config::{self, Config, WebSettings};
use crate::page_address;
use crate::port_factory;
use crate::recovery;
use crate::service_manager::{notify, tell_ready};
use crate::wiring::{Options, Wired, wire};
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::screen::Sign;

/// What `run` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox run                           with /etc/moodbox/moodbox.toml
  moodbox run --config ./moodbox.toml

Started by systemd, it says READY=1 when the button works, feeds the watchdog from the thread that
decides, and logs to the journal: `journalctl -u moodbox`. MOODBOX_LOG=moodbox=debug says more.
At the signal USR1 the panel shows for a minute where phones find the page.")]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,
}

/// Runs the daemon until it is told to stop, or until a thread ends.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    not_dumpable();
    let signals = listen_for_signs()?;
    let changes = config::changes_file();
    let (config, passed_over) = match config::load_for_device(&args.config, &changes) {
        Ok(loaded) => loaded,
        Err(error) => return recover(signals, &args.config, &changes, error.into(), None),
    };
    let alone = port_factory::state_folder()?;
    let file = Some(args.config.clone());
    let wired = port_factory::ports(&config).and_then(|ports| {
        announce(&config);
        wire(&config, ports, Options { file, page: true, simulated: None })
    });
    let Wired { device, settings, mut observers, .. } = match wired {
        Ok(wired) => wired,
        // A password file or an address that it names may be there later: it is tried again.
        Err(error) => return recover(signals, &args.config, &changes, error, Some(TRY_AGAIN)),
    };
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
    let queue = device.queue();
    let web = config.web.clone();
    follow(signals, move |signal| match signal {
        SIGUSR1 => show_address(web.as_ref(), &queue),
        _ => queue.send(Event::Shutdown).is_ok(),
    })?;
    tell_ready(device.ready())?;
    let watchdog = sd_notify::watchdog_enabled();
    device.run(settings, &mut observers, watchdog.map(|limit| limit / 2), &mut || {
        if watchdog.is_some() {
            notify(&[sd_notify::NotifyState::Watchdog]);
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A configuration that names what is not there is tried again this often.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Says what is wrong until it is mended. At a terminal the error is the answer.
fn recover(
    signals: Signals,
    file: &Path,
    changes: &Path,
    error: anyhow::Error,
    at_most: Option<Duration>,
) -> anyhow::Result<ExitCode> {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return Err(error);
    }
    let (tell, leave) = bounded(1);
    // Without a page there is no address to show.
    follow(signals, move |signal| signal == SIGUSR1 || tell.send(()).is_ok())?;
    recovery::wait(file, changes, &format!("{error:#}"), at_most, &leave);
    // systemd starts the daemon again, unless it was asked to stop.
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

/// Frames are in memory: no other process of this user reads it, and no crash writes it down.
fn not_dumpable() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "other processes of this user may read the memory of this one");
    }
}

/// Has the panel show where phones find the page. False once nobody listens.
fn show_address(web: Option<&WebSettings>, queue: &Sender<Event>) -> bool {
    match web.and_then(|web| page_address::of(web.listen, &web.names)) {
        Some(address) => queue.send(Event::Sign(Sign::Address(address))).is_ok(),
        None => {
            tracing::warn!(
                "no other machine reaches the page, so there is no address to show: `sudo moodbox setup phone`"
            );
            true
        }
    }
}

/// From the very start USR1 ends nothing: it may come before there is a panel to show anything.
fn listen_for_signs() -> anyhow::Result<Signals> {
    Signals::new([SIGUSR1]).context("signals cannot be followed")
}

/// Tells of each signal, until nobody listens.
fn follow(mut signals: Signals, tell: impl Fn(i32) -> bool + Send + 'static) -> anyhow::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        signals.handle().add_signal(signal).context("signals cannot be followed")?;
    }
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if !tell(signal) {
                return;
            }
        }
    })?;
    Ok(())
}
