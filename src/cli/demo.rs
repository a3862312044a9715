//! `moodbox demo`: the daemon that ships, with a simulated button, light, camera and panel.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::config;
use crate::demo::{self, Options};

/// What `demo` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox demo                                  press the space bar, watch the panel
  moodbox demo --photo me.jpg                   with your own picture as the camera
  moodbox demo --press --exit --json            one press, one JSON object, done

The music comes from the MPD server and the videos from the folders of the configuration;
`deploy/demo` brings both along.")]
pub struct Args {
    /// The configuration file; its button, light, camera and panel are simulated.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// A picture that the camera sees; may be given several times.
    #[arg(short, long, value_name = "FILE")]
    photo: Vec<PathBuf>,

    /// Use the real camera of the configuration instead of pictures.
    #[arg(long, conflicts_with = "photo")]
    camera: bool,

    /// Press the button once, as soon as the device is ready, and wait until music and video play.
    #[arg(long)]
    press: bool,

    /// Leave after that press.
    #[arg(long, requires = "press")]
    exit: bool,

    /// Open the page in the browser of this desktop.
    #[arg(long, conflicts_with = "exit")]
    open: bool,

    /// Print what came of the press as one JSON object.
    #[arg(long, requires = "press")]
    json: bool,
}

impl Args {
    /// Whether a person sits in front of it: a log would be drawn over the panel.
    pub fn is_interactive(&self) -> bool {
        !self.press && std::io::stdout().is_terminal()
    }
}

/// Runs the simulated device.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut config = match &args.config {
        Some(path) => config::load(path)?,
        None => config::parse(config::DEFAULT, "the shipped defaults").context("the shipped defaults")?,
    };
    if !args.photo.is_empty() {
        config.camera = config::CameraChoice::Photos(args.photo);
    } else if !args.camera && !matches!(config.camera, config::CameraChoice::Photos(_)) {
        config.camera = config::CameraChoice::Photos(vec![crate::paths::photos()]);
    }
    demo::run(
        config,
        args.config,
        Options { press: args.press, exit: args.exit, json: args.json, open: args.open },
    )
}
