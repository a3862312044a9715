//! A device at which nobody stands: the processor sleeps.

use std::path::Path;
use std::time::{Duration, Instant};

use moodbox::bench::device::{Kiosk, Rest};

/// Long enough for a thread that looks about every second to show.
const WATCHED: Duration = Duration::from_secs(5);

fn watch(kiosk: &Kiosk) -> Rest {
    let (start, before) = (Instant::now(), kiosk.work().unwrap());
    std::thread::sleep(WATCHED);
    kiosk.work().unwrap().since(before, start.elapsed())
}

#[test]
fn a_device_at_rest_wakes_up_less_than_twice_a_second_and_one_that_plays_more() {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/photos/astronaut.png");
    let mut kiosk = Kiosk::start_by(Path::new(env!("CARGO_BIN_EXE_moodbox")), &photo).unwrap();
    let quiet = |rest: &Rest| rest.wakeups < 2.0 && rest.percent < 0.5;
    // What a start leaves to do takes longer on a busy machine, but it comes to an end; from then on it is quiet.
    let settled = std::iter::repeat_with(|| watch(&kiosk)).take(6).any(|rest| quiet(&rest));
    assert!(settled, "not quiet for a moment in half a minute");
    let rests: Vec<Rest> = std::iter::repeat_with(|| watch(&kiosk)).take(3).collect();
    assert!(rests.iter().all(quiet), "{rests:?}");
    kiosk.press().unwrap();
    let playing = watch(&kiosk);
    assert!(playing.wakeups >= 2.0, "while it plays, the time moves on the panel: {playing:?}");
    kiosk.leave().unwrap();
}
