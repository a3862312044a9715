//! What moves on the panel by itself: a title that is too long, eyes that blink, the frame of a hold. Functions of how
//! long something has stood, so that a step that comes late makes no movement longer.

use std::time::Duration;

/// How something moves now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moving {
    /// This is how it rests; else it is a step of a movement, gone in a moment.
    pub rests: bool,
    /// When it is to be drawn again.
    pub next: Duration,
}

/// While something moves it is drawn this often: smooth to the eye, and a third of what the wire could carry.
const FRAME: Duration = Duration::from_millis(50);

/// A long title rests before it moves, so that its beginning is read.
const BEFORE: Duration = Duration::from_millis(2500);
/// The time of one line up, and of the rest in which it is read.
const SLIDE: Duration = Duration::from_millis(400);
const READ: Duration = Duration::from_millis(1400);
/// The way back to the beginning.
const BACK: Duration = Duration::from_millis(700);

/// How many lines a title has moved up that is so many lines too long: once to its end and back. None: it stands.
pub fn scroll(age: Duration, extra: usize) -> Option<(f32, Moving)> {
    if extra == 0 {
        return None;
    }
    let step = |at: f32, rests: bool, left: Duration| {
        let next = if rests { left } else { left.min(FRAME) };
        Some((at, Moving { rests, next }))
    };
    if age < BEFORE {
        return step(0.0, true, BEFORE - age);
    }
    let mut into = age - BEFORE;
    for line in 0..extra {
        if into < SLIDE {
            return step(line as f32 + eased(into, SLIDE), false, SLIDE - into);
        }
        into -= SLIDE;
        if into < READ {
            // It rests, but not for good: nobody but who stands there is told.
            let (at, left) = ((line + 1) as f32, READ - into);
            return Some((at, Moving { rests: false, next: left }));
        }
        into -= READ;
    }
    (into < BACK).then_some(())?;
    step(extra as f32 * (1.0 - eased(into, BACK)), false, BACK - into)
}

/// From 0 to 1, slow at both ends.
fn eased(into: Duration, whole: Duration) -> f32 {
    let share = into.as_secs_f32() / whole.as_secs_f32();
    share * share * (3.0 - 2.0 * share)
}

/// People blink about this often; the device somewhat less, for each blink wakes it up twice.
const BLINK_EVERY: Duration = Duration::from_secs(7);
const CLOSED: Duration = Duration::from_millis(160);

/// Whether the eyes of a face that waits are closed now.
pub fn blink(age: Duration) -> (bool, Moving) {
    let into = Duration::from_nanos(u64::try_from(age.as_nanos() % BLINK_EVERY.as_nanos()).unwrap_or(0));
    let open = BLINK_EVERY - CLOSED;
    match into < open {
        true => (false, Moving { rests: true, next: open - into }),
        false => (true, Moving { rests: false, next: BLINK_EVERY - into }),
    }
}

/// A press that is let go sooner than this is no hold: no frame begins to fill.
const SHORT: Duration = Duration::from_millis(300);

/// How much of the frame is filled while the button is held, and when it fills on. None: nothing is drawn of it.
pub fn hold(gone: Duration, whole: Duration) -> (Option<f32>, Option<Moving>) {
    if gone < SHORT {
        return (None, Some(Moving { rests: true, next: SHORT - gone }));
    }
    if gone >= whole {
        return (Some(1.0), None);
    }
    let next = (whole / 40).max(FRAME).min(whole - gone);
    (Some(gone.as_secs_f32() / whole.as_secs_f32()), Some(Moving { rests: false, next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each step of a movement, as it is drawn if nothing is late.
    fn steps<T>(most: Duration, mut at: impl FnMut(Duration) -> Option<(T, Moving)>) -> Vec<(Duration, T)> {
        let (mut age, mut all) = (Duration::ZERO, Vec::new());
        while let Some((now, moving)) = at(age).filter(|_| age < most) {
            all.push((age, now));
            assert!(moving.next > Duration::ZERO);
            age += moving.next;
        }
        all
    }

    #[test]
    fn a_long_title_moves_to_its_end_and_back_once_and_then_stands() {
        let steps = steps(Duration::from_secs(3600), |age| scroll(age, 2));
        let lines: Vec<f32> = steps.iter().map(|(_, lines)| *lines).collect();
        assert_eq!((lines[0], lines.iter().copied().fold(0.0, f32::max)), (0.0, 2.0));
        let top = lines.iter().position(|lines| *lines == 2.0).unwrap();
        assert!(lines[..=top].is_sorted() && lines[top..].iter().rev().is_sorted());
        let (last, _) = steps.last().unwrap();
        assert!(*last < Duration::from_secs(7), "{last:?}");
        assert!(steps.len() < 45, "{} wake-ups", steps.len());
        assert_eq!(scroll(Duration::ZERO, 0), None, "a title that fits stands");
        assert_eq!(scroll(Duration::MAX, 9), None);
    }

    #[test]
    fn eyes_blink_and_wake_the_panel_up_less_than_twenty_times_a_minute() {
        let steps = steps(Duration::from_secs(60), |age| Some(blink(age)));
        assert!(steps.len() < 20, "{} wake-ups", steps.len());
        let closed: Vec<Duration> = steps.iter().filter(|(_, closed)| *closed).map(|(age, _)| *age).collect();
        assert_eq!(closed.len(), 8, "{closed:?}");
    }

    #[test]
    fn the_frame_fills_until_the_hold_takes_effect() {
        let whole = Duration::from_secs(3);
        let steps = steps(Duration::from_secs(60), |age| match hold(age, whole) {
            (share, Some(moving)) => Some((share, moving)),
            (share, None) => {
                assert_eq!((age, share), (whole, Some(1.0)));
                None
            }
        });
        assert_eq!(steps[0], (Duration::ZERO, None));
        assert_eq!(steps[1], (SHORT, Some(0.1)));
        assert!(steps[1..].is_sorted_by_key(|(_, share)| share.unwrap()) && steps.len() < 50);
    }
}
