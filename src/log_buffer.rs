//! The log of the last hour in memory, for the page: a person who looks for a fault need not log in to the
//! device. Bounded, and gone with the process.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use moodbox_core::text::printable;
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Lines that are kept.
const MOST: usize = 1000;
/// Bytes of a line.
const LONGEST: usize = 600;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogLine {
    /// UTC, RFC 3339.
    pub time: String,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// The message and its fields, without control characters.
    pub text: String,
}

/// How far back the page looks.
const HOUR: Duration = Duration::from_secs(3600);

/// With each line when it came, by the clock that never jumps: a device without a battery for its clock starts with
/// a wrong time, and what it said until the network set it is what one looks for.
type Lines = VecDeque<(Instant, LogLine)>;

/// What was logged lately. There is one for the process, as there is one log: [`LOGBOOK`].
pub struct Logbook(Mutex<Lines>);

/// The log of this process.
pub static LOGBOOK: Logbook = Logbook(Mutex::new(VecDeque::new()));

impl Logbook {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, now: Instant, shows: DateTime<Utc>, level: String, mut text: String) {
        while text.len() > LONGEST {
            text.pop();
        }
        let time = shows.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut lines = self.lines();
        if lines.len() == MOST {
            lines.pop_front();
        }
        lines.push_back((now, LogLine { time, level, text }));
    }

    /// The lines of the last hour, the oldest first.
    pub fn last_hour(&self, now: Instant) -> Vec<LogLine> {
        let is_recent = |at: Instant| now.saturating_duration_since(at) <= HOUR;
        self.lines().iter().filter(|(at, _)| is_recent(*at)).map(|(_, line)| line.clone()).collect()
    }
}

/// Writes what is logged into [`LOGBOOK`].
pub struct Keeper;

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let Text { message, others } = text;
        let shown = printable(&(message + &others)).into_owned();
        LOGBOOK.add(Instant::now(), Utc::now(), event.metadata().level().as_str().to_lowercase(), shown);
    }
}

#[derive(Default)]
struct Text {
    message: String,
    others: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn lines_are_kept_for_an_hour_and_never_more_than_there_is_room_for() {
        let (book, start) = (Logbook(Mutex::default()), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        book.add(after(0), at(0), "info".into(), "old".into());
        book.add(after(10), at(10), "warn".into(), "ü".repeat(LONGEST));
        let told = book.last_hour(after(3605));
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].level.as_str(), told[0].text.len()), ("warn", LONGEST));
        for number in 0..2 * MOST {
            book.add(after(20), at(20), "info".into(), number.to_string());
        }
        let told = book.last_hour(after(20));
        assert_eq!((told.len(), told[0].text.as_str()), (MOST, "1000"));
    }

    #[test]
    fn what_was_said_before_the_clock_was_set_is_still_of_the_last_hour() {
        let (book, start) = (Logbook(Mutex::default()), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        // The network sets the clock a year ahead, and somebody sets it back by two.
        for (seconds, shows) in [(0, 0), (30, 365 * 86_400), (60, -365 * 86_400)] {
            book.add(after(seconds), at(shows), "info".into(), seconds.to_string());
        }
        let told = |now| book.last_hour(after(now)).into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(told(90), ["0", "30", "60"]);
        assert_eq!(told(3640), ["60"]);
    }

    #[test]
    fn what_is_logged_is_read_as_it_was_written() {
        use tracing_subscriber::layer::SubscriberExt;
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Keeper), || {
            tracing::warn!(port = "camera", "a frame is {}", "torn");
        });
        let lines = LOGBOOK.last_hour(Instant::now());
        let line = lines.iter().find(|line| line.text.contains("a frame is torn")).unwrap();
        assert_eq!((line.level.as_str(), line.text.as_str()), ("warn", "a frame is torn port=\"camera\""));
    }
}
