//! Time that was worked, and the middle of many times.

use crate::numbers::{Whole, to_u32};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this thread: what other programs do meanwhile does not count.
pub fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), to_u32(time.tv_nsec.unsigned_abs()))
}

/// Times of one job, done again and again.
#[derive(Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Does the job once and takes its time.
    pub fn take<T>(&mut self, job: impl FnOnce() -> T) -> T {
        let start = worked();
        let done = job();
        self.add(worked().saturating_sub(start));
        done
    }

    /// Notes a time that was taken elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e3);
    }

    /// Milliseconds that this share of the times, in [0, 1], do not exceed; not a number without any.
    pub fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = (sorted.len().saturating_sub(1) as f64 * share).round().to_usize();
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The middle, in milliseconds: a few that were disturbed do not move it.
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_some_times_is_not_moved_by_one_that_was_disturbed() {
        let mut times = Times::default();
        assert!(times.median().is_nan());
        for ms in [3, 1, 900, 2, 4] {
            times.add(Duration::from_millis(ms));
        }
        assert_eq!((times.median(), times.at(0.0), times.at(1.0)), (3.0, 1.0, 900.0));
    }
}
