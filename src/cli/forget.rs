//! `moodbox forget`: erases what was learnt here.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::config;
use crate::library::history;
use crate::library::lock::{LockError, StateLock};
use crate::observers::mood_log;
use crate::paths;
use crate::ports::music::{Mpd, Music, MusicSettings};
use crate::ports::store;
use moodbox_core::recommend::History;

/// What `forget` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox forget                  shows what is kept, and asks
  moodbox forget --yes            without asking, for scripts
  moodbox forget --likes          the hearts that moodbox gave in MPD's sticker database as well

A daemon that runs is asked to forget too: it need not be stopped.
Exit code: 0 when nothing is kept any more, 1 when something is.")]
pub struct Args {
    /// Take back the likes that moodbox wrote into MPD's sticker database, where other players see them.
    #[arg(long)]
    likes: bool,

    /// Do not ask.
    #[arg(short, long)]
    yes: bool,

    /// The configuration, which names the MPD server; needed for --likes.
    #[arg(short, long, value_name = "FILE", default_value_os_t = paths::config())]
    config: PathBuf,

    /// The state folder, if it is not the usual one.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// How long a daemon may take to answer. It is busy for some milliseconds at most.
const ANSWER: Duration = Duration::from_secs(10);

/// Erases what was learnt.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let folder = args.state.clone().unwrap_or_else(usual_state);
    let file = folder.join("history.json");
    let kept = kept(&file)?;
    let moods = mood_log::load(&mood_log::beside(&file)).unwrap_or_default().len();
    if !kept.is_there() && moods == 0 && history::set_aside_files(&file) == 0 {
        say!("Nothing is kept in {}.", folder.display());
        if args.likes {
            name_hearts(config::load(&args.config)?.music)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    say!("{}:\n{}", file.display(), kept.describe());
    if moods > 0 {
        say!("  {moods} moods over time");
    }
    if !args.yes && !agrees()? {
        say!("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    if args.likes {
        let music = config::load(&args.config)?.music;
        // First: once the history is gone, nobody knows which hearts were given here.
        take_likes_back(music.clone(), &kept.liked())?;
        name_hearts(music)?;
    } else if !kept.liked().is_empty() {
        say!("The hearts that moodbox gave in MPD are taken back by --likes, or by a moodbox that runs.");
    }
    erase(&folder, &file)?;
    say!("Forgotten.");
    Ok(ExitCode::SUCCESS)
}

/// The folder of this user's daemon; for an administrator that of the service.
fn usual_state() -> PathBuf {
    let own = paths::state();
    let service = Path::new("/var/lib/moodbox");
    if !own.join("lock").exists() && service.join("lock").exists() { service.to_owned() } else { own }
}

/// What a history file holds.
enum Kept {
    Nothing,
    This(History),
    /// It cannot be read; it is erased all the same.
    Broken(String),
}

fn kept(file: &Path) -> anyhow::Result<Kept> {
    let text = match store::read_bounded(file, store::LARGEST_STATE) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::Nothing),
        Err(error) => {
            return Err(error).with_context(|| {
                format!("{} cannot be read; try it as root or as moodbox's user", file.display())
            });
        }
    };
    Ok(match History::from_json(&text) {
        Ok(history) => Kept::This(history),
        Err(error) => Kept::Broken(error.to_string()),
    })
}

impl Kept {
    fn is_there(&self) -> bool {
        !matches!(self, Kept::Nothing)
    }

    fn liked(&self) -> Vec<String> {
        match self {
            Kept::This(history) => history.liked().into_iter().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Kept::Nothing => "  files that were set aside because they could not be read".into(),
            Kept::Broken(error) => format!("  a history that cannot be read ({error})"),
            Kept::This(history) => {
                let plays: usize = history.sessions().map(|session| session.plays.len()).sum();
                let mut lines = vec![format!(
                    "  {} sessions, {plays} plays, {} liked",
                    history.sessions().len(),
                    history.liked().len()
                )];
                lines.extend(history.changes().filter_map(|(mood, change)| {
                    let mean = change.mean()?;
                    Some(format!("  {mood}: the mood changed by {mean:+.2} in the mean of {}", change.looks))
                }));
                let bias = history.bias();
                if !bias.is_untaught() {
                    let numbers = bias.numbers().map(|(mood, nats)| format!("{mood} {nats:+.2}"));
                    let numbers = numbers.collect::<Vec<_>>().join(", ");
                    let numbers = if numbers.is_empty() { "faded to nothing".to_owned() } else { numbers };
                    lines.push(format!(
                        "  {} readings corrected; faces are read with {numbers}",
                        bias.corrections()
                    ));
                }
                lines.join("\n")
            }
        }
    }
}

fn agrees() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("there is nobody to ask; say --yes to forget it without asking");
    }
    crate::terminal::out("Forget it? It cannot be brought back. [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja"))
}

fn take_likes_back(music: Option<MusicSettings>, liked: &[String]) -> anyhow::Result<()> {
    let Some(settings) = music else { bail!("--likes: the configuration has no [music]") };
    // Without the memory of queue entries: they are the daemon's.
    let mut mpd = Mpd::new(MusicSettings { memory: None, ..settings });
    mpd.connect().context("the likes cannot be taken back, so nothing was erased")?;
    let mut taken = 0;
    for id in liked {
        if mpd.unlike(id).with_context(|| format!("the like of {id} cannot be taken back"))? {
            taken += 1;
        }
    }
    say!("{taken} of {} likes were taken back at {}.", liked.len(), mpd.place());
    Ok(())
}

/// Names what is left at MPD: hearts that other programs gave, and that nobody here takes away.
fn name_hearts(music: Option<MusicSettings>) -> anyhow::Result<()> {
    let Some(settings) = music else { bail!("--likes: the configuration has no [music]") };
    let (songs, _) = Mpd::library(&settings).context("the hearts in MPD cannot be counted")?;
    let hearts: Vec<_> = songs.iter().filter(|song| song.like == Some(2)).collect();
    if let Some(first) = hearts.first() {
        say!(
            "{} hearts that other programs gave stay in MPD, the first of them for {}.",
            hearts.len(),
            first.id
        );
    }
    Ok(())
}

/// Erases the files, or has the daemon do it that keeps the history in memory.
fn erase(folder: &Path, file: &Path) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be erased; try it as root or as moodbox's user", file.display());
    // A lock file that this user made could not be opened by the daemon's.
    let lock = folder.join("lock").exists().then(|| StateLock::take(folder)).transpose();
    match lock {
        Ok(_alone) => history::forget(file).with_context(cannot),
        Err(LockError::InUse { owner, .. }) => {
            history::request_forget(file).with_context(cannot)?;
            let end = Instant::now() + ANSWER;
            while history::is_forget_requested(file) {
                if Instant::now() >= end {
                    let _ = history::cancel_forget(file);
                    let who = owner.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                    bail!(
                        "the moodbox that runs{who} did not answer; stop it (`systemctl stop moodbox`) and try again"
                    );
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
