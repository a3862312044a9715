//! The exposure loop of a bare sensor, which has no image processor to do it. Pure: what was measured
//! goes in, what to set comes out.
//!
//! A sensor is linear: twice the exposure gives twice the light, until it clips. So one good measurement
//! is enough to know the right setting, and the loop jumps there instead of creeping. What makes such
//! loops swing is to measure a frame that was exposed before the last setting took hold; after each
//! change this one waits until it has.

use crate::bayer::{Light, MIDDLE};
use crate::numbers::Whole;

/// Frames that a sensor needs before a setting shows: the one being read out and the one being exposed.
pub const LATENCY: usize = 2;

/// A picture this near to [`MIDDLE`] (as a ratio) is left alone: the curve and the raise even out the rest.
const NEAR: f32 = 1.25;

/// With a larger share of clipped cells the mean is too low to go by. The limit is high on purpose: a bright window
/// behind a person may clip, so that the person is not too dark.
const MUCH_CLIPPED: f32 = 0.6;

/// The most that one measurement may change, either way. That is also how much a clipped picture is
/// darkened: the next one is then dark but within range, for any overshoot up to 170 times, and one
/// measurement of it is enough.
const MOST: f32 = 32.0;

/// What a control of the sensor takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least value.
    pub least: i64,
    /// The greatest value.
    pub most: i64,
}

impl Range {
    fn clamp(self, value: f32) -> i64 {
        // A driver may report a range upside down; `i64::clamp` would panic on it.
        value.round().to_i64().min(self.most).max(self.least)
    }
}

/// The controls that a sensor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In lines, or any other linear unit.
    pub exposure: Range,
    /// Analogue gain, if it can be set.
    pub gain: Option<Range>,
}

/// Values for the controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// In the unit of the control.
    pub exposure: i64,
    /// The code of the gain control.
    pub gain: i64,
}

/// The loop over the first frames of a capture.
#[derive(Clone, Debug)]
pub struct Exposure {
    limits: Limits,
    now: Setting,
    /// Frames yet to come that the last change did not reach.
    stale: usize,
    settled: bool,
}

impl Exposure {
    /// Begins with what the controls are set to. The first frames may still show an older setting.
    pub fn new(limits: Limits, now: Setting) -> Exposure {
        Exposure { limits, now, stale: 0, settled: false }
    }

    /// Takes the measure of the next frame; returns what to set, if anything.
    pub fn see(&mut self, light: &Light) -> Option<Setting> {
        if self.stale > 0 {
            self.stale -= 1;
            return None;
        }
        let factor = correction(light);
        let next = self.limits.share_out(self.limits.total(self.now) * factor);
        self.settled = factor == 1.0 || next == self.now;
        if self.settled {
            return None;
        }
        self.now = next;
        self.stale = LATENCY;
        Some(next)
    }

    /// The last frame was as bright as it should be, or as the sensor can make it.
    pub fn settled(&self) -> bool {
        self.settled
    }
}

/// What the light has to be multiplied by.
fn correction(light: &Light) -> f32 {
    if light.clipped > MUCH_CLIPPED {
        return 1.0 / MOST;
    }
    let factor = MIDDLE / light.luma().max(f32::MIN_POSITIVE);
    if (1.0 / NEAR..=NEAR).contains(&factor) { 1.0 } else { factor.clamp(1.0 / MOST, MOST) }
}

impl Limits {
    /// The light that a setting lets in, in units of exposure at no gain.
    fn total(&self, setting: Setting) -> f32 {
        setting.exposure.max(1) as f32 * self.gain.map_or(1.0, |range| gain_of(range, setting.gain))
    }

    /// Exposure first, because gain adds noise; gain for the rest.
    fn share_out(&self, total: f32) -> Setting {
        let exposure = self.exposure.clamp(total);
        let gain = self.gain.map_or(0, |range| range.clamp(code_of(range, total / exposure.max(1) as f32)));
        Setting { exposure, gain }
    }
}

/// The gain that a code of the control means. Sensors with a range from 0 count `full / (full - code)`
/// (IMX219 and IMX477, by their data sheets), others in multiples of the least (OV5647: sixteenths).
/// Where this is not exact the loop measures again and comes closer.
fn gain_of(range: Range, code: i64) -> f32 {
    if range.least > 0 {
        return code as f32 / range.least as f32;
    }
    let full = full(range);
    full / (full - code as f32).max(1.0)
}

fn code_of(range: Range, gain: f32) -> f32 {
    let gain = gain.max(1.0);
    if range.least > 0 { gain * range.least as f32 } else { full(range) * (1.0 - 1.0 / gain) }
}

fn full(range: Range) -> f32 {
    (range.most.clamp(0, 1 << 30).cast_unsigned() + 1).next_power_of_two() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayer::tests::{Sensor, sensor_frame};
    use crate::bayer::{Order, Packing, measure};

    const IMX219: Limits =
        Limits { exposure: Range { least: 4, most: 1759 }, gain: Some(Range { least: 0, most: 232 }) };
    const OV5647: Limits =
        Limits { exposure: Range { least: 4, most: 1000 }, gain: Some(Range { least: 16, most: 1023 }) };
    const NO_GAIN: Limits = Limits { exposure: Range { least: 1, most: 2000 }, gain: None };

    /// Films a scene of constant brightness; returns the luma of every frame and the settings made.
    fn film(
        limits: Limits,
        start: Setting,
        scene: f32,
        noise: f32,
        frames: usize,
    ) -> (Vec<f32>, Vec<usize>, bool) {
        let mut exposure = Exposure::new(limits, start);
        // What is being exposed, what is being read out, what arrives.
        let mut pipeline = [start; LATENCY + 1];
        let (mut lumas, mut changes) = (Vec::new(), Vec::new());
        for number in 0..frames {
            let arrives = limits.total(pipeline[LATENCY]);
            let flicker = 1.0 + if number % 2 == 0 { noise } else { -noise };
            let sensor = Sensor { order: Order::Bggr, packing: Packing::Packed10, black: 64.0 / 1023.0 };
            let frame = sensor_frame(&sensor, 64, 48, |_, _| [scene * arrives * flicker; 3]);
            let light = measure(&frame, sensor.bayer()).unwrap();
            lumas.push(light.luma());
            pipeline.rotate_right(1);
            pipeline[0] = pipeline[1];
            if let Some(setting) = exposure.see(&light) {
                changes.push(number);
                pipeline[0] = setting;
            }
        }
        (lumas, changes, exposure.settled())
    }

    #[test]
    fn scenes_from_candle_to_sun_settle_within_eight_frames_and_then_rest() {
        for (sensor, limits, start) in [
            ("imx219", IMX219, Setting { exposure: 800, gain: 0 }),
            ("imx219, left at full gain", IMX219, Setting { exposure: 1759, gain: 232 }),
            ("ov5647", OV5647, Setting { exposure: 500, gain: 16 }),
            ("no gain", NO_GAIN, Setting { exposure: 100, gain: 0 }),
        ] {
            // The scene as the total exposure that would make it middle grey.
            for right in [8.0, 30.0, 120.0, 700.0, 1000.0, 1700.0] {
                let (lumas, changes, settled) = film(limits, start, MIDDLE / right, 0.0, 40);
                let story = format!("{sensor}, right at {right}: {lumas:?}");
                assert!(settled, "{story}");
                assert!(changes.iter().all(|number| *number < 8), "changes at {changes:?}; {story}");
                // From beyond what one darkening reaches it takes one more.
                let beyond = limits.total(start) / right > 170.0;
                let calm = &lumas[if beyond { 11 } else { 8 }..];
                let off = calm.iter().map(|luma| (luma / MIDDLE).max(MIDDLE / luma)).fold(0.0, f32::max);
                assert!(off <= NEAR + 0.1, "off by {off}; {story}");
            }
        }
    }

    #[test]
    fn a_lamp_that_flickers_does_not_make_it_swing() {
        let start = Setting { exposure: 800, gain: 0 };
        let (_, changes, settled) = film(IMX219, start, MIDDLE / 200.0, 0.08, 60);
        assert!(settled);
        assert!(changes.len() <= 2 && changes.iter().all(|number| *number < 8), "{changes:?}");
    }

    #[test]
    fn the_brightness_comes_from_one_side_and_does_not_cross_the_target_twice() {
        for right in [8.0, 60.0, 1500.0] {
            let (lumas, ..) = film(IMX219, Setting { exposure: 400, gain: 100 }, MIDDLE / right, 0.0, 30);
            let sides: Vec<bool> = lumas
                .iter()
                .filter(|luma| (*luma / MIDDLE - 1.0).abs() > 0.3)
                .map(|luma| *luma > MIDDLE)
                .collect();
            let crossings = sides.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(crossings <= 1, "right at {right}: {lumas:?}");
        }
    }

    #[test]
    fn what_the_sensor_cannot_do_is_settled_for() {
        for (story, scene) in
            [("a cellar at night", 1e-7), ("the sun itself", 10.0), ("no light at all", 0.0)]
        {
            let (.., changes, settled) = film(IMX219, Setting { exposure: 100, gain: 0 }, scene, 0.0, 40);
            assert!(settled, "{story}: still changing at {changes:?}");
        }
    }

    #[test]
    fn long_exposure_comes_before_gain() {
        assert_eq!(IMX219.share_out(500.0), Setting { exposure: 500, gain: 0 });
        assert_eq!(IMX219.share_out(1759.0 * 4.0), Setting { exposure: 1759, gain: 192 });
        assert_eq!(OV5647.share_out(2000.0), Setting { exposure: 1000, gain: 32 });
        assert_eq!(NO_GAIN.share_out(1e9), Setting { exposure: 2000, gain: 0 });
        assert_eq!(IMX219.share_out(0.0), Setting { exposure: 4, gain: 0 });
    }

    #[test]
    fn a_driver_with_senseless_ranges_makes_nothing_panic() {
        let upside_down = Range { least: 10, most: -5 };
        let none = Range { least: 0, most: i64::MAX };
        for range in
            [upside_down, none, Range { least: i64::MIN, most: i64::MAX }, Range { least: 0, most: 0 }]
        {
            let limits = Limits { exposure: range, gain: Some(range) };
            let mut exposure = Exposure::new(limits, Setting { exposure: i64::MIN, gain: i64::MAX });
            let dark = Sensor { order: Order::Rggb, packing: Packing::Bits8, black: 0.0 };
            let light = measure(&sensor_frame(&dark, 8, 8, |_, _| [0.0; 3]), dark.bayer()).unwrap();
            for _ in 0..10 {
                let _ = exposure.see(&light);
            }
        }
    }
}
