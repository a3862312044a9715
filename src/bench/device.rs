//! A device in a process of its own, looked at from outside as the system sees it: how soon it is ready, how
//! much memory it takes, how often it wakes up while nothing happens, how soon a press is answered.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use tempfile::TempDir;

use super::{Effort, Figure};

// The limits.
const READY_MS: f64 = 300.0;
const RSS_MB: f64 = 32.0;
const IDLE_PERCENT: f64 = 0.1;
const IDLE_WAKEUPS: f64 = 2.0;
const ANSWER_MS: f64 = 20.0;

/// The longest that a start may take.
const START_WITHIN: Duration = Duration::from_secs(60);

/// How long after a start the device counts as idle.
const SETTLED: Duration = Duration::from_secs(3);

/// Starts the device `effort.starts` times, presses its button once each time, and watches the first one at rest.
///
/// # Errors
/// When the device does not start, does not answer a press, or ends with an error.
pub(crate) fn measure(photo: &Path, effort: &Effort) -> anyhow::Result<Vec<Figure>> {
    let mut starts = Vec::new();
    let (mut presses, mut used) = (Vec::new(), Vec::new());
    let mut rest = None;
    let mut fresh = 0.0;
    for start in 0..effort.starts.max(1) {
        let mut kiosk = Kiosk::start(photo)?;
        starts.push(kiosk.ready.as_secs_f64() * 1e3);
        if start == 0 {
            std::thread::sleep(SETTLED);
            fresh = kiosk.resident_mb()?;
            let before = (Instant::now(), kiosk.work()?);
            std::thread::sleep(effort.idle);
            rest = Some(kiosk.work()?.since(before.1, before.0.elapsed()));
        }
        presses.push(kiosk.press()?);
        used.push(kiosk.resident_mb()?);
        kiosk.leave()?;
    }
    let rest = rest.context("nothing was watched")?;
    let press = |key: &str| {
        let found = presses.iter().map(|press| press["ms"][key].as_f64().unwrap_or(f64::NAN));
        median(found.collect())
    };
    let (light, panel) = (press("press_to_light"), press("press_to_panel"));
    Ok(vec![
        Figure::new("ready_ms", median(starts), "ms", "from exec to READY, models loaded and checked")
            .within(READY_MS),
        Figure::new("rss_mb", used.into_iter().fold(0.0, f64::max), "MiB", "resident memory after a press")
            .within(RSS_MB),
        Figure::new("rss_ready_mb", fresh, "MiB", "the same before the first press"),
        Figure::new("idle.cpu_percent", rest.percent, "%", "of one processor while nothing happens")
            .within(IDLE_PERCENT),
        Figure::new(
            "idle.wakeups_per_s",
            rest.wakeups,
            "1/s",
            "switches of all threads while nothing happens",
        )
        .within(IDLE_WAKEUPS),
        Figure::new("press.light_ms", light, "ms", "from the press to the light").within(ANSWER_MS),
        Figure::new("press.panel_ms", panel, "ms", "from the press to the picture on the panel")
            .within(ANSWER_MS),
        Figure::new(
            "press.capture_ms",
            press("capture"),
            "ms",
            "the camera is on; a clear face is read before the second is over",
        ),
        Figure::new(
            "press.vision_ms",
            press("vision"),
            "ms",
            "for one of its frames, with the machine as busy as it is",
        ),
        Figure::new("press.play_ms", press("press_to_play"), "ms", "from the press until it plays"),
    ])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A device that runs, in a folder of its own.
pub struct Kiosk {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    folder: TempDir,
    /// From its start until it said that it is ready.
    pub ready: Duration,
}

impl Kiosk {
    /// Starts this same program as a device that sees `photo`, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start, or is not ready within 60 seconds; the report holds its log.
    pub fn start(photo: &Path) -> anyhow::Result<Kiosk> {
        Kiosk::start_by(&std::env::current_exe().context("this program has no file any more")?, photo)
    }

    /// The same with another build of it.
    ///
    /// # Errors
    /// When it does not start, or is not ready within 60 seconds; the report holds its log.
    pub fn start_by(program: &Path, photo: &Path) -> anyhow::Result<Kiosk> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        for name in ["run", "state"] {
            fs::create_dir(path(name))?;
        }
        let photo = fs::canonicalize(photo).with_context(|| format!("photo {}", photo.display()))?;
        let config = format!(
            "[device]\nmode = \"household\"\nlanguage = \"en\"\n[button]\nline = \"GPIO17\"\n[light]\nline = \"GPIO27\"\n\
             [camera]\nphotos = [{}]\n[panel]\npng = {}\nwidth = 240\nheight = 240\n[music]\naddress = \"simulated:1\"\n\
             [web]\nlisten = \"127.0.0.1:8742\"\n",
            Value::from(photo.display().to_string()),
            Value::from(path("run/panel.png").display().to_string()),
        );
        fs::write(path("moodbox.toml"), config)?;
        let told = UnixDatagram::bind(path("notify"))?;
        told.set_read_timeout(Some(START_WITHIN))?;
        let log = fs::File::create(path("log"))?;
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(["bench", "--device"])
            .arg(path("moodbox.toml"))
            .env("NOTIFY_SOCKET", path("notify"))
            // As the unit has it.
            .env("MALLOC_ARENA_MAX", "1")
            .env("XDG_STATE_HOME", path("state"))
            .env("XDG_RUNTIME_DIR", path("run"))
            .env_remove("STATE_DIRECTORY")
            .env_remove("RUNTIME_DIRECTORY")
            .env_remove("WATCHDOG_USEC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the device has no standard input and output")
        };
        let mut kiosk = Kiosk {
            child,
            input: Some(input),
            output: BufReader::new(output),
            folder,
            ready: Duration::ZERO,
        };
        let mut message = [0; 256];
        loop {
            let length =
                told.recv(&mut message).map_err(|error| kiosk.failed(&format!("was not ready: {error}")))?;
            if message
                .get(..length)
                .is_some_and(|told| told.split(|byte| *byte == b'\n').any(|line| line == b"READY=1"))
            {
                kiosk.ready = start.elapsed();
                return Ok(kiosk);
            }
        }
    }

    /// One press, and what came of it, as `moodbox demo --json` tells it.
    ///
    /// # Errors
    /// When it has ended; the report holds its log.
    pub fn press(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        let asked = self.input.as_mut().map_or(Ok(()), |input| input.write_all(b"press\n"));
        match asked.and_then(|()| self.output.read_line(&mut line)) {
            Ok(read) if read > 0 => Ok(serde_json::from_str(&line)?),
            Ok(_) => Err(self.failed("ended at a press")),
            Err(error) => Err(self.failed(&format!("could not be pressed: {error}"))),
        }
    }

    /// Resident memory in MiB.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib = number(&status, "VmRSS:").context("the system does not tell the memory of a process")?;
        Ok(kib as f64 / 1024.0)
    }

    /// What all of its threads have done so far.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn work(&self) -> anyhow::Result<Work> {
        let mut work = Work::default();
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let task = task?.path();
            // A thread may end between the two looks.
            let status = fs::read_to_string(task.join("status")).unwrap_or_default();
            let time = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
            work.nanoseconds +=
                time.split_whitespace().next().and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
            for name in ["voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"] {
                work.switches += number(&status, name).unwrap_or(0);
            }
        }
        Ok(work)
    }

    /// Tells it to leave, and waits until it has.
    ///
    /// # Errors
    /// When it ended with an error; the report holds its log.
    pub fn leave(mut self) -> anyhow::Result<()> {
        self.input = None;
        let ended = self.child.wait()?;
        if ended.success() { Ok(()) } else { Err(self.failed(&format!("left with {ended}"))) }
    }

    fn failed(&mut self, what: &str) -> anyhow::Error {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        anyhow::anyhow!("the device that was to be measured {what}\n{}", log.trim_end())
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        // One that has left already cannot be ended, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number in a line of a file of `/proc`.
fn number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// What threads have done since they began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Processor time of all threads together, in nanoseconds.
    pub nanoseconds: u64,
    /// Each is a thread that was put to sleep or set aside, and so also one that woke up.
    pub switches: u64,
}

/// What was done while nothing happened.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// Processor time in percent of one processor.
    pub percent: f64,
    /// Switches of all threads, a second.
    pub wakeups: f64,
}

impl Work {
    /// What was done since `before`, which is `time` ago.
    pub fn since(self, before: Work, time: Duration) -> Rest {
        let seconds = time.as_secs_f64();
        let worked = self.nanoseconds.saturating_sub(before.nanoseconds) as f64 / 1e9;
        let switches = self.switches.saturating_sub(before.switches) as f64;
        Rest { percent: 100.0 * worked / seconds, wakeups: switches / seconds }
    }
}
