//! The command line: one file for each command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod before_mpd;
mod bench;
mod check;
mod demo;
mod dialog;
mod doctor;
pub mod eval;
mod explain;
mod forget;
mod library;
pub mod log;
mod look;
mod may_power_off;
mod password;
mod phone;
mod run;
mod setup;
mod stopped;
mod suggest;

/// Press a button, be looked at once, get music and a video that help. All on the device.
#[derive(Debug, Parser)]
#[command(name = "moodbox", version, about, long_about = None, max_term_width = 100)]
pub struct Cli {
    /// Say more in the log (-vv: everything).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,

    #[command(subcommand)]
    verb: Verb,
}

impl Cli {
    /// Starts the log on standard error, then does what the command line asks for.
    ///
    /// # Errors
    /// Whatever kept it from being done, in words for the person at the terminal.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        log::start(self.verb.log_level(), self.verbose);
        self.verb.run()
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The daemon: button, camera, panel, music and video.
    Run(run::Args),
    /// The same with a simulated device, to press and to look at.
    Demo(demo::Args),
    /// Which mood each picture shows.
    Look(look::Args),
    /// Accuracy over a folder of pictures sorted by mood.
    Eval(eval::Args),
    /// What would be played for a mood, and why.
    Suggest(suggest::Args),
    /// What there is to play, and what is not known of it.
    Library(library::Args),
    /// Erase what was learnt here.
    Forget(forget::Args),
    /// What is wrong in the configuration, the templates, the model and the library, and the cure.
    Check(check::Args),
    /// What is wrong with the device: wiring, camera, players, power, rights, and the cure.
    Doctor(doctor::Args),
    /// Ask what cannot be known of this device, write its settings, start it.
    Setup(setup::Args),
    /// How fast this machine looks, answers, draws and chooses, beside the limits.
    Bench(bench::Args),
    /// Make the hash that the page is locked with.
    Password(password::Args),
    /// What systemd runs before MPD: a session that is over is not played after a power cut.
    #[command(hide = true)]
    BeforeMpd(before_mpd::Args),
    /// What polkit asks: whether the settings let a held button shut the device down.
    #[command(hide = true)]
    MayPowerOff(may_power_off::Args),
    /// What systemd runs after the daemon ended: the panel says what happened.
    #[command(hide = true)]
    Stopped(stopped::Args),
}

impl Verb {
    /// The lowest level that is logged: `info` for the daemon, only errors for commands that print their results.
    pub fn log_level(&self) -> &'static str {
        match self {
            Verb::Run(_) => "info",
            Verb::Demo(args) if args.is_interactive() => "off",
            _ => "error",
        }
    }

    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Verb::Run(args) => run::run(args),
            Verb::Demo(args) => demo::run(args),
            Verb::Look(args) => look::run(args),
            Verb::Eval(args) => eval::run(args),
            Verb::Suggest(args) => suggest::run(args),
            Verb::Library(args) => library::run(args),
            Verb::Forget(args) => forget::run(args),
            Verb::Check(args) => check::run(args),
            Verb::Doctor(args) => doctor::run(args),
            Verb::Setup(args) => setup::run(args),
            Verb::Bench(args) => bench::run(args),
            Verb::Password(args) => password::run(args),
            Verb::BeforeMpd(args) => before_mpd::run(args),
            Verb::MayPowerOff(args) => may_power_off::run(args),
            Verb::Stopped(args) => stopped::run(args),
        }
    }
}
