//! `moodbox stopped`: after the daemon ended, the panel says what happened.
//!
//! systemd runs it each time (`ExecStopPost=`) and says in `SERVICE_RESULT` how it ended. A daemon that
//! crashed cannot draw any more, and one that hung leaves a picture that looks alive.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::config;
use crate::port_factory;
use crate::ports::panel::{Picture, screens};
use moodbox_core::kiosk::action::Screen;
use moodbox_core::kiosk::event::TroubleKind;

/// What `stopped` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE", default_value_os_t = crate::paths::config())]
    config: PathBuf,

    /// How the daemon ended, in systemd's words; by default what SERVICE_RESULT says.
    #[arg(long)]
    result: Option<String>,
}

/// Draws one screen if the daemon did not end by itself and well.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let result = args.result.or_else(|| std::env::var("SERVICE_RESULT").ok());
    let result =
        result.context("how the daemon ended is not known: systemd runs this and sets SERVICE_RESULT")?;
    // A daemon that was told to stop has drawn its goodbye already.
    if result == "success" {
        return Ok(ExitCode::SUCCESS);
    }
    let path = args.config.display();
    let text = crate::text_file::read(&args.config).with_context(|| format!("{path} cannot be read"))?;
    let config::PartialConfig { panel: Some(choice), language, .. } = config::known_of(&text) else {
        // No panel, or none that can be made out.
        return Ok(ExitCode::SUCCESS);
    };
    let kind = match config::parse(&text, &path.to_string()) {
        Ok(_) => TroubleKind::Stopped,
        Err(_) => TroubleKind::SettingsBroken,
    };
    let mut panel = port_factory::panel(&choice);
    let (width, height) = panel.size();
    let mut picture = Picture::new(width, height);
    screens::draw(&Screen::Trouble(kind), language, &mut picture);
    panel.show(&picture)?;
    Ok(ExitCode::SUCCESS)
}
