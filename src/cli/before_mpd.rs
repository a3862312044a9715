//! `moodbox before-mpd`: what mpd.service runs before MPD starts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use rustix::fs::{FlockOperation, flock};

use crate::ports::music::{clean, state_file_of};
use crate::ports::store;

/// What `before-mpd` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// MPD's configuration, which names its state file.
    #[arg(long, value_name = "FILE", default_value = "/etc/mpd.conf")]
    mpd_conf: PathBuf,

    /// The state folder of the daemon.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/moodbox")]
    state: PathBuf,
}

/// Takes what moodbox put into MPD's queue out of MPD's state file, so that no session that is over sounds.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let at = |path: &PathBuf| path.display().to_string();
    let config = store::read_text(&args.mpd_conf, store::LARGEST_TEXT).with_context(|| at(&args.mpd_conf))?;
    let Some(state_file) = state_file_of(&config) else { return Ok(ExitCode::SUCCESS) };
    // A daemon that runs looks after its queue itself: a session that goes on survives a restart of MPD.
    let runs = store::open_regular(&args.state.join("lock"))
        .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared).is_err());
    if !runs {
        clean(&state_file, &args.state.join("queue.json")).with_context(|| at(&state_file))?;
    }
    Ok(ExitCode::SUCCESS)
}
