//! `moodbox bench`: how fast it is here, each figure beside its limit.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::bench::{self, Effort, machine, table};

/// Measures how fast this machine looks, answers, draws and chooses.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Nothing of the device is needed, and nothing of it is touched: button, light, camera, panel and player are
simulated, in a temporary folder. Let the machine rest meanwhile; it takes about half a minute.

Examples:
  moodbox bench                          a table, ratios first
  moodbox bench --photo me.jpg           with this face in the frame
  moodbox bench --json | jq .vision      for a program
  moodbox bench --check                  fails if a figure is over its limit"
)]
pub struct Args {
    /// One JSON object instead of a table
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// A page for docs/ instead of a table
    #[arg(long)]
    markdown: bool,
    /// The picture that the camera sees [default: the first of those that deploy/fetch-assets brings]
    #[arg(short, long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// Seconds for which the device is watched while nothing happens
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    idle: u16,
    /// Times that each stage of a look is measured
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Times that the device is started and pressed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    starts: u8,
    /// End with 1 if a figure is over its limit
    #[arg(long)]
    check: bool,
    /// Be the device that is measured
    #[arg(long, hide = true, value_name = "CONFIG")]
    device: Option<PathBuf>,
}

/// Measures, and prints the figures; or is the device that is measured.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(config) = &args.device {
        return bench::simulated::run(config);
    }
    let effort = Effort {
        rounds: args.rounds.into(),
        starts: args.starts.into(),
        idle: Duration::from_secs(args.idle.into()),
    };
    let photo = bench::photo(args.photo)?;
    let figures = bench::measure(&photo, &effort, &mut |next| tell!("measuring: {next}"))?;
    let machine = machine::describe();
    if args.json {
        crate::terminal::json(&serde_json::to_string(&table::json(&figures, &machine))?);
    } else if args.markdown {
        say!("{}", table::markdown(&figures, &machine));
    } else {
        say!("{machine}\n\n{}", table::text(&figures));
    }
    let kept = figures.iter().all(bench::Figure::is_kept);
    Ok(if kept || !args.check { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
