//! How long to wait before something that failed is tried again: twice as long after each failure in a row.

use std::time::Duration;

/// The waits of one thing that is tried again and again.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    last: Option<Duration>,
}

impl Backoff {
    /// For a part of the device, which is back in use within five seconds of returning.
    pub const PART: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3));

    /// Waits from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, last: None }
    }

    /// It failed: how long to wait now.
    pub fn wait(&mut self) -> Duration {
        let wait = self.last.map_or(self.first, |last| last.saturating_mul(2)).min(self.longest);
        self.last = Some(wait);
        wait
    }

    /// The wait that was given last; the first one where nothing has failed.
    pub fn last(&self) -> Duration {
        self.last.unwrap_or(self.first)
    }

    /// It works: the next failure is the first in a row.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

/// A wait that is spread over its second half by `chance` in [0, 1), so that many devices do not come back to
/// one server at the same moment.
pub fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(120));
        let waits: Vec<u64> = (0..9).map(|_| backoff.wait().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
        assert_eq!(backoff.last(), Duration::from_secs(120));
        backoff.reset();
        assert_eq!((backoff.last(), backoff.wait()), (Duration::from_secs(1), Duration::from_secs(1)));
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::MAX);
        assert!((0..1000).all(|_| backoff.wait() > Duration::ZERO));
    }

    #[test]
    fn a_spread_wait_is_between_half_and_all_of_it() {
        let wait = Duration::from_secs(8);
        assert_eq!((spread(wait, 0.0), spread(wait, 1.0)), (wait / 2, wait));
        assert!((wait / 2..=wait).contains(&spread(wait, 0.3)));
    }
}
