//! The device that is measured: all that ships, with a simulated button, light and player, in a process of
//! its own. `moodbox bench` starts it; on its standard input a line is a press, and the end is the end.

use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;
use crossbeam_channel::bounded;

use crate::cli::run::tell_ready;
use crate::config;
use crate::demo::notes::Taker;
use crate::demo::{self, Options};
use crate::observers::Observers;
use crate::observers::web::{self, Papers};
use crate::port_factory;
use crate::ports::music::Simulated;
use moodbox_core::kiosk::event::Event;
use moodbox_core::recommend::synthetic_library::library;

/// Tracks of the simulated player: the library of a household.
const TRACKS: usize = 2000;

/// Runs the device of this configuration until nobody writes to it any more.
pub fn run(file: &Path) -> anyhow::Result<ExitCode> {
    let config = config::load(file)?;
    let _alone = port_factory::state_folder()?;
    let (notes, heard) = bounded(4096);
    let music = Box::new(Simulated::new(library(TRACKS, 1).shelf, config.volume_cap));
    let (mut device, settings, presser, parts) = demo::start(&config, &notes, Some(music), None)?;
    let (has, queue, panel) = (settings.has, device.queue(), demo::panel_path(&config));
    let mut onlookers = Observers::default();
    onlookers.add(Taker::new(notes));
    if let Some(web) = config.web.clone() {
        let moods = web::keep_moods(&config, &mut device, &mut onlookers)?;
        let papers = Papers::of(&config, Some(file.to_owned()), moods)?;
        demo::start_page(web, papers, parts, &settings, &mut device, &mut onlookers)?;
    }
    tell_ready(device.ready())?;
    let core = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || device.run(settings, &mut onlookers, None, &mut || {}))?;
    let press = Options { press: true, exit: true, json: true, open: false };
    let pressed = std::io::stdin()
        .lines()
        .map_while(Result::ok)
        .try_for_each(|_| demo::press_once(&presser, &heard, has, panel.clone(), press).map(drop));
    let _ = queue.send(Event::Shutdown);
    core.join().map_err(|_| anyhow!("the core panicked"))??;
    pressed.map(|()| ExitCode::SUCCESS)
}
