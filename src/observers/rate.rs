//! How often commands may come in. Pure.

use moodbox_core::kiosk::event::Time;

/// Lets a burst through and then so many a second (a token bucket). What comes beyond is refused.
#[derive(Debug)]
pub struct Limiter {
    burst: f64,
    per_second: f64,
    left: f64,
    last: Time,
}

impl Limiter {
    /// Up to `burst` at once, and `per_second` in the long run.
    pub fn new(burst: u32, per_second: f64) -> Limiter {
        Limiter { burst: burst.into(), per_second, left: burst.into(), last: Time::ZERO }
    }

    /// Whether one more may come at this time.
    pub fn allows(&mut self, at: Time) -> bool {
        let gone = at.saturating_sub(self.last).as_secs_f64();
        self.last = self.last.max(at);
        self.left = (self.left + gone * self.per_second).min(self.burst);
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_so_many_a_second_and_a_rest_fills_up_again() {
        let mut limiter = Limiter::new(5, 2.0);
        let at = |ms| Time::from_millis(ms);
        let passed = (0..1000).filter(|_| limiter.allows(at(10))).count();
        assert_eq!(passed, 5);
        let passed = (0..1000).filter(|ms| limiter.allows(at(10 + ms))).count();
        assert_eq!(passed, 1, "half a second each");
        let passed = (0..100).filter(|_| limiter.allows(at(3_600_000))).count();
        assert_eq!(passed, 5, "an hour of rest saves up one burst");
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_gives_nothing_away() {
        let mut limiter = Limiter::new(1, 1.0);
        assert!(limiter.allows(Time::from_secs(10)));
        assert!(!limiter.allows(Time::from_secs(5)) && !limiter.allows(Time::from_secs(10)));
        assert!(limiter.allows(Time::from_secs(11)));
    }
}
