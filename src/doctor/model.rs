//! The networks: whether they answer what they must, and how fast.

use super::{Finding, Patient, Subject, configured};
use crate::numbers;
use crate::ports::camera::formats::Rgb;
use crate::ports::camera::worker::CaptureSettings;
use crate::ports::vision::{Vision, VisionError};

const PART: Subject = Subject::Model;

/// Runs that are timed; the middle one counts.
const RUNS: usize = 9;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let loaded = Vision::load(&config.vision).and_then(|mut vision| {
        vision.check_golden(&config.vision)?;
        Ok(vision)
    });
    match loaded {
        Ok(mut vision) => {
            let name = config.vision.mood_model.display();
            let mut findings = vec![Finding::ok(PART, format!("{name} answers its golden cases"))];
            findings.push(match speed(&mut vision) {
                Ok(ms) => speed_of(ms, &config.capture),
                Err(error) => refused(&error),
            });
            findings
        }
        Err(error) => vec![refused(&error)],
    }
}

/// What so many milliseconds for a face mean: all frames of a look are to be read while it lasts.
fn speed_of(ms: f64, look: &CaptureSettings) -> Finding {
    if ms * f64::from(numbers::to_u32(look.frames)) > look.within.as_secs_f64() * 1000.0 {
        Finding::warning(
            PART,
            format!("{ms:.0} ms for a face"),
            "lower `frames` under [camera], use a faster board, or see whether power or heat slows this one",
        )
    } else {
        Finding::ok(PART, format!("{ms:.1} ms for a face"))
    }
}

/// The middle of a few runs on a grey picture, in milliseconds.
fn speed(vision: &mut Vision) -> Result<f64, VisionError> {
    const SIDE: u32 = 240;
    let grey = Rgb { width: SIDE, height: SIDE, data: vec![128; (3 * SIDE * SIDE) as usize] };
    let runs: Result<Vec<f64>, VisionError> = (0..RUNS).map(|_| Ok(vision.look_cropped(&grey)?.ms)).collect();
    let mut runs = runs?;
    runs.sort_by(f64::total_cmp);
    Ok(runs.get(RUNS / 2).copied().unwrap_or_default())
}

fn refused(error: &VisionError) -> Finding {
    Finding::fault(
        PART,
        error.to_string(),
        "install the package again, or run deploy/fetch-assets in a checkout; [vision] names the files",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_model_that_makes_a_press_slow_is_a_warning() {
        let look = |frames| CaptureSettings {
            frames,
            within: std::time::Duration::from_secs(1),
            ..CaptureSettings::default()
        };
        assert_eq!(speed_of(3.4, &look(7)).level, Level::Ok);
        let slow = speed_of(180.0, &look(7));
        assert_eq!(slow.level, Level::Warning);
        assert!(slow.cure.is_some_and(|cure| cure.contains("`frames`")));
        assert_eq!(speed_of(180.0, &look(5)).level, Level::Ok, "its cure");
    }
}
