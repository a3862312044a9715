//! The device that is measured: all that ships, with a simulated button, light and player, in a process of
//! its own. `moodbox bench` starts it; each line on its standard input is a press, and the end of the input ends it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;
use crossbeam_channel::bounded;

use crate::config;
use crate::demo::notes::Taker;
use crate::demo::{self, Options};
use crate::port_factory;
use crate::ports::music::Simulated;
use crate::service_manager::tell_ready;
use crate::wiring::Wired;
use moodbox_core::kiosk::event::Event;
use moodbox_core::recommend::synthetic_library::library;

/// Tracks of the simulated player: the library of a household.
const TRACKS: usize = 2000;

/// Runs the device of this configuration until nobody writes to it any more.
pub fn run(file: &Path) -> anyhow::Result<ExitCode> {
    let config = config::load(file)?;
    let _alone = port_factory::state_folder()?;
    let (notes, heard) = bounded(4096);
    let music = Box::new(Simulated::new(library(TRACKS, 1).item_store, config.volume_cap));
    let (wired, presser) = demo::wire_simulated(
        &config,
        &notes,
        demo::Players { music: Some(music), video: None },
        Some(file.to_owned()),
        true,
    )?;
    let Wired { device, settings, mut observers, .. } = wired;
    let (has, queue, panel) = (settings.has, device.queue(), demo::panel_path(&config));
    observers.add(Taker::new(notes));
    tell_ready(device.ready())?;
    let core = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || device.run(settings, &mut observers, None, &mut || {}))?;
    let press = Options { press: true, exit: true, json: true, open: false };
    let pressed = std::io::stdin()
        .lines()
        .map_while(Result::ok)
        .try_for_each(|_| demo::press_once(&presser, &heard, has, panel.clone(), press).map(drop));
    let _ = queue.send(Event::Shutdown);
    core.join().map_err(|_| anyhow!("the core panicked"))??;
    pressed.map(|()| ExitCode::SUCCESS)
}
