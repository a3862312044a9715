//! The moods of this place over time, if somebody switched that on: a line for each session, in a file that a
//! person can read, export and erase. No picture, no face, no name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::fs::OFlags;
use serde::{Serialize, Serializer};

use crate::daemon::Observer;
use crate::ports::store::{self, MOST_ASIDE, StateFileError, aside};
use moodbox_core::kiosk::State;
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::Time;
use moodbox_core::kiosk::snapshot::{MoodSource, Snapshot};
use moodbox_core::mood::Mood;

/// The first line of the file, and of what is exported.
pub(crate) const HEADER: &str = "time,mood,by,confidence";

/// Sessions that are kept, however long ago is asked for: some 2 MB.
const MOST: usize = 50_000;

/// A day's worth of sessions between two looks at what is too old.
const PRUNE_AFTER: usize = 200;

/// A session as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct LoggedSession {
    /// When it began, to the second.
    #[serde(serialize_with = "seconds")]
    pub time: DateTime<Utc>,
    /// The mood that was settled on.
    pub mood: Mood,
    /// How it became known: read from a face, or chosen by hand.
    pub by: MoodSource,
    /// The calibrated probability, if a face was read.
    pub confidence: Option<f32>,
}

fn seconds<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

impl LoggedSession {
    /// As a line of the file, without its end.
    pub fn line(&self) -> String {
        let time = self.time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let confidence = self.confidence.map(|confidence| format!("{confidence:.3}")).unwrap_or_default();
        format!("{time},{},{},{confidence}", self.mood, word(self.by))
    }

    fn read(line: &str) -> Option<LoggedSession> {
        let mut fields = line.split(',');
        let time = DateTime::parse_from_rfc3339(fields.next()?).ok()?.to_utc();
        let mood = fields.next()?.parse().ok()?;
        let by = fields.next()?;
        let by = MoodSource::ALL.into_iter().find(|known| word(*known) == by)?;
        let confidence = match fields.next()? {
            "" => None,
            number => Some(number.parse().ok()?),
        };
        fields.next().is_none().then_some(LoggedSession { time, mood, by, confidence })
    }
}

fn word(by: MoodSource) -> &'static str {
    match by {
        MoodSource::Camera => "camera",
        MoodSource::Hand => "hand",
        MoodSource::Page => "page",
        MoodSource::Home => "home",
        MoodSource::Sensor => "sensor",
        MoodSource::Nobody => "nobody",
    }
}

/// The file, beside that of what is learnt.
pub(crate) fn beside(history: &Path) -> PathBuf {
    history.with_file_name("moods.csv")
}

/// Every file that may hold sessions: this one, and those that were set aside.
pub(crate) fn files(file: &Path) -> impl Iterator<Item = PathBuf> {
    std::iter::once(file.to_owned()).chain((1..=MOST_ASIDE).map(|number| aside(file, number)))
}

/// Erases the file, and what was set aside.
///
/// # Errors
/// When a file that is there cannot be removed.
pub(crate) fn erase(file: &Path) -> io::Result<()> {
    let all: Vec<PathBuf> = files(file).chain([start_note(file)]).collect();
    store::remove(all.iter().map(PathBuf::as_path))
}

/// The sessions of a file, the oldest first. A line that a power cut tore is left out.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn load(file: &Path) -> io::Result<Vec<LoggedSession>> {
    match store::read_bounded(file, store::LARGEST_STATE) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).lines().filter_map(LoggedSession::read).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// How far the clock is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// It may be years off.
    No,
    /// It fits what was noted before.
    Likely,
    ByTheNetwork,
}

/// What is known of the clock: it decides what is too old, and one that is years ahead would have everything erased.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// The newest session of the file at the start; none where there was none.
    newest: Option<DateTime<Utc>>,
    /// This start and the one before agree about the time.
    agrees: bool,
}

/// A device may have been off, or nobody there, for so long, and the clock is believed.
const PAUSE: TimeDelta = TimeDelta::days(3);

/// Two starts agree about the time if at most this lies between them.
const BETWEEN_STARTS: TimeDelta = TimeDelta::days(60);

/// The file that systemd-timesyncd makes once it has set the clock by the network.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

impl Clock {
    /// At a start: reads when the one before was, and notes this one.
    fn at_start(file: &Path, now: DateTime<Utc>) -> Clock {
        let note = start_note(file);
        let before = store::read_text(&note, 100).ok();
        let before = before.and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok());
        let agrees = before.is_some_and(|before| {
            let between = now.signed_duration_since(before);
            between >= TimeDelta::zero() && between <= BETWEEN_STARTS
        });
        if let Err(error) = store::write_atomic(&note, now.to_rfc3339().as_bytes()) {
            tracing::debug!(%error, "when this start was is not noted");
        }
        let newest = load(file).ok().and_then(|all| all.iter().map(|session| session.time).max());
        Clock { newest, agrees }
    }

    /// Whether sessions may be erased by it: `running` is how long this program runs, by the clock that never jumps.
    fn is_believed(&self, now: DateTime<Utc>, running: Duration) -> bool {
        let running = TimeDelta::from_std(running).unwrap_or_default();
        // A clock that is behind erases too little, which does no harm.
        self.agrees || self.newest.is_none_or(|newest| now <= newest + PAUSE + running)
    }
}

/// Where the time of the last start is noted.
fn start_note(file: &Path) -> PathBuf {
    file.with_file_name("last-start")
}

/// Takes away what is older than so many days before `now`, if that is `known` to be the time, and what is more than
/// is ever kept. A session that is a day ahead of a clock set by the network was noted by a wrong one, and goes too.
fn prune(file: &Path, days: u32, now: DateTime<Utc>, known: Trust) -> io::Result<()> {
    let all = load(file)?;
    let oldest = now - TimeDelta::days(days.into());
    let kept: Vec<&LoggedSession> = all
        .iter()
        .filter(|session| known == Trust::No || session.time >= oldest)
        .filter(|session| known != Trust::ByTheNetwork || session.time <= now + TimeDelta::days(1))
        .collect();
    let kept = &kept[kept.len().saturating_sub(MOST)..];
    if kept.len() < all.len() {
        let mut text = format!("{HEADER}\n");
        for session in kept {
            text.push_str(&session.line());
            text.push('\n');
        }
        store::write_atomic(file, text.as_bytes())?;
    }
    Ok(())
}

fn append(file: &Path, session: &LoggedSession) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // A pipe in its place would keep the writer waiting.
    let mut open: File = OpenOptions::new()
        .append(true)
        .create(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(file)?;
    let there = open.metadata()?;
    if !there.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file"));
    }
    let header = if there.len() == 0 { format!("{HEADER}\n") } else { String::new() };
    // One write for the whole line: what is torn by a power cut is at most the last one.
    open.write_all(format!("{header}{}\n", session.line()).as_bytes())?;
    open.sync_data()
}

/// What the thread that owns the file is asked for.
enum Order {
    Add(LoggedSession),
    Erase(Sender<io::Result<()>>),
}

/// The way to the thread that owns the file. Clones lead to the same.
#[derive(Clone)]
pub struct Moods {
    file: PathBuf,
    orders: Sender<Order>,
}

impl Moods {
    /// The sessions that are kept.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub(crate) fn load(&self) -> io::Result<Vec<LoggedSession>> {
        load(&self.file)
    }

    /// Forgets all of them. Waits until that is done.
    ///
    /// # Errors
    /// When the file cannot be removed, or its thread is gone.
    pub(crate) fn erase(&self) -> io::Result<()> {
        let (tell, told) = bounded(1);
        let gone = |_| io::Error::other("the thread that keeps the moods has left");
        self.orders.send(Order::Erase(tell)).map_err(|_| io::Error::other("the device is leaving"))?;
        told.recv().map_err(gone)?
    }
}

/// Notes the mood of each session as it begins.
pub struct Noter {
    orders: Sender<Order>,
    sessions: u64,
}

impl Observer for Noter {
    /// Where the answer goes: the page, the command, or the button of the device.
    fn action(&mut self, _at: Time, action: &Action) {
        if matches!(action, Action::Forget) {
            let (tell, _) = bounded(1);
            // The queue is full: the thread is dozens of sessions behind, and the core must not wait for it.
            if self.orders.try_send(Order::Erase(tell)).is_err() {
                tracing::error!(
                    "the moods over time could not be erased; do it on the page, or with `moodbox forget`"
                );
            }
        }
    }

    fn stepped(&mut self, at: Time, state: &State) {
        if state.sessions() == self.sessions {
            return;
        }
        self.sessions = state.sessions();
        if let Some(known) = Snapshot::of(state, at).mood {
            let confidence = known.confidence();
            let session = LoggedSession { time: Utc::now(), mood: known.mood, by: known.by, confidence };
            // A card that is far behind: a mood less is no harm.
            let _ = self.orders.try_send(Order::Add(session));
        }
    }
}

/// The three ends: for readers, for the core's thread, and the body of the thread that owns the file, which tells
/// what became of a file that cannot be used.
pub fn keeper(
    file: PathBuf,
    days: u32,
    tell: impl FnOnce(StateFileError) + Send + 'static,
) -> (Moods, Noter, impl FnOnce() + Send + 'static) {
    let (orders, inbox) = bounded(64);
    let moods = Moods { file: file.clone(), orders: orders.clone() };
    (moods, Noter { orders, sessions: 0 }, move || {
        if let Some(became) = clear_the_place(&file) {
            tell(became);
        }
        keep(&file, days, &inbox, Utc::now, Path::new(SYNCHRONIZED));
    })
}

/// Sets aside what lies in the place of the file and is none.
fn clear_the_place(file: &Path) -> Option<StateFileError> {
    let error = load(file).err().filter(store::is_no_file)?;
    Some(store::put_aside(file, error))
}

/// The body of the thread. `synchronized` is there once the network has set the clock.
fn keep(
    file: &Path,
    days: u32,
    inbox: &Receiver<Order>,
    now: impl Fn() -> DateTime<Utc>,
    synchronized: &Path,
) {
    let tell = |what: &str, done: io::Result<()>| {
        if let Err(error) = done {
            tracing::warn!("the moods over time: {} could not be {what}: {error}", file.display());
        }
    };
    let (clock, begun) = (Clock::at_start(file, now()), Instant::now());
    let mut told = false;
    let mut shorten = || {
        let (now, running) = (now(), begun.elapsed());
        let trust = if synchronized.exists() {
            Trust::ByTheNetwork
        } else if clock.is_believed(now, running) {
            Trust::Likely
        } else {
            Trust::No
        };
        if trust == Trust::No && !std::mem::replace(&mut told, true) {
            tracing::warn!(
                "the clock shows {}, long after the newest mood that is kept: nothing is erased until the network has \
                 set it, or the next start agrees (`moodbox doctor`)",
                now.format("%Y-%m-%d")
            );
        }
        prune(file, days, now, trust)
    };
    tell("shortened", shorten());
    let mut added = 0;
    for order in inbox {
        match order {
            Order::Add(session) => {
                tell("written", append(file, &session));
                added += 1;
                if added % PRUNE_AFTER == 0 {
                    tell("shortened", shorten());
                }
            }
            Order::Erase(tell) => {
                // The asker may have left.
                let _ = tell.send(erase(file));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(days_ago: i64, now: DateTime<Utc>) -> LoggedSession {
        LoggedSession {
            time: now - TimeDelta::days(days_ago),
            mood: Mood::Sad,
            by: MoodSource::Camera,
            confidence: Some(0.75),
        }
    }

    fn noon() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-06-01T12:00:00Z").unwrap().to_utc()
    }

    #[test]
    fn a_session_is_a_line_that_is_read_as_it_was_written() {
        let seen = session(0, noon());
        assert_eq!(seen.line(), "2026-06-01T12:00:00Z,sad,camera,0.750");
        assert_eq!(LoggedSession::read(&seen.line()), Some(seen));
        let picked = LoggedSession { by: MoodSource::Page, confidence: None, ..seen };
        assert_eq!(picked.line(), "2026-06-01T12:00:00Z,sad,page,");
        assert_eq!(LoggedSession::read(&picked.line()), Some(picked));
        for torn in
            ["", HEADER, "2026-06-01T12:0", "2026-06-01T12:00:00Z,sad", "2026-06-01T12:00:00Z,joy,page,"]
        {
            assert_eq!(LoggedSession::read(torn), None, "{torn}");
        }
    }

    #[test]
    fn what_is_too_old_is_taken_away_and_a_torn_end_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/moods.csv");
        for days_ago in [40, 31, 29, 0] {
            append(&file, &session(days_ago, noon())).unwrap();
        }
        OpenOptions::new().append(true).open(&file).unwrap().write_all(b"2026-06-01T12:").unwrap();
        prune(&file, 30, noon(), Trust::Likely).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().next(), Some(HEADER));
        assert_eq!(load(&file).unwrap(), [session(29, noon()), session(0, noon())]);
    }

    /// One start of the keeper at a time, with sessions noted by it; the days of what is kept, ago at noon.
    fn start(file: &Path, days_later: i64, sessions: usize) -> Vec<i64> {
        let now = noon() + TimeDelta::days(days_later);
        let (give, inbox) = bounded(1000);
        for _ in 0..sessions {
            give.send(Order::Add(session(0, now))).unwrap();
        }
        drop(give);
        keep(file, 30, &inbox, || now, Path::new("/no/such/file"));
        load(file).unwrap().iter().map(|session| (noon() - session.time).num_days()).collect()
    }

    #[test]
    fn a_clock_that_is_years_off_erases_nothing_and_what_two_starts_agree_on_counts() {
        let with = |days: &[i64]| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("moods.csv");
            days.iter().for_each(|days_ago| append(&file, &session(*days_ago, noon())).unwrap());
            (folder, file)
        };
        // Ten years ahead at one start, with more sessions noted than after which it is looked at again.
        let (_folder, file) = with(&[29, 10, 0]);
        let kept = start(&file, 3650, PRUNE_AFTER + 1);
        assert_eq!(kept[..3], [29, 10, 0], "what is true stays");
        // Then right again: what is a month old by now goes, as it should.
        let kept = start(&file, 2, 0);
        assert_eq!(kept[..2], [10, 0]);
        // Years behind: nothing either.
        let (_folder, file) = with(&[29, 10, 0]);
        assert_eq!(start(&file, -9000, 1), [29, 10, 0, 9000]);
        // Off for half a year without a network: the first start is not believed, the second is.
        let (_folder, file) = with(&[29, 10, 0]);
        assert_eq!(start(&file, 180, 1), [29, 10, 0, -180]);
        assert_eq!(start(&file, 181, 0), [-180]);
        // Day by day.
        let (_folder, file) = with(&[29, 10, 0]);
        assert_eq!(start(&file, 2, 0), [10, 0]);
    }

    #[test]
    fn what_a_wrong_clock_noted_goes_once_the_network_has_set_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("moods.csv");
        [29, -3650, 0].iter().for_each(|days_ago| append(&file, &session(*days_ago, noon())).unwrap());
        prune(&file, 30, noon(), Trust::Likely).unwrap();
        assert_eq!(load(&file).unwrap().len(), 3);
        prune(&file, 30, noon(), Trust::ByTheNetwork).unwrap();
        assert_eq!(load(&file).unwrap(), [session(29, noon()), session(0, noon())]);
    }

    #[test]
    fn what_is_no_file_in_its_place_is_set_aside_and_told_and_sessions_are_noted_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("moods.csv");
        let fifo = || rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR).unwrap();
        fifo();
        let (tell, told) = bounded(1);
        let (moods, noter, keep) = keeper(file.clone(), 30, move |became| tell.send(became).unwrap());
        let thread = std::thread::spawn(keep);
        assert!(matches!(told.recv(), Ok(StateFileError::SetAside { .. })));
        noter.orders.send(Order::Add(session(0, Utc::now()))).unwrap();
        drop((noter, moods));
        thread.join().unwrap();
        assert_eq!(load(&file).unwrap().len(), 1);
        // One that comes later keeps nobody waiting, and what is erased is erased everywhere.
        fs::rename(&file, aside(&file, 2)).unwrap();
        fifo();
        assert!(append(&file, &session(0, noon())).is_err());
        erase(&file).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn sessions_are_kept_by_a_thread_and_erased_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let (moods, noter, keep) = keeper(folder.path().join("moods.csv"), 30, |became| panic!("{became}"));
        let thread = std::thread::spawn(keep);
        noter.orders.send(Order::Add(session(0, Utc::now()))).unwrap();
        noter.orders.send(Order::Add(session(1, Utc::now()))).unwrap();
        moods.erase().unwrap();
        assert!(moods.load().unwrap().is_empty());
        assert!(!folder.path().join("moods.csv").exists());
        noter.orders.send(Order::Add(session(0, Utc::now()))).unwrap();
        drop(noter);
        let reader = moods.file.clone();
        drop(moods);
        thread.join().unwrap();
        assert_eq!(load(&reader).unwrap().len(), 1);
    }
}
