//! The camera: what it offers, and how bright its picture is. The frame itself goes nowhere.

use std::time::Instant;

use super::{Finding, Patient, Subject, configured};
use crate::config::Config;
use crate::ports::camera::formats::{Rgb, to_rgb};
use crate::ports::camera::{Camera, CameraError, Frame};
use crate::ports::light::{Light, LightOn, NoLight, SharedLight};

const PART: Subject = Subject::Camera;

/// Mean brightness, 0 to 255, beyond which a face cannot be read.
const DARK: f32 = 15.0;
const GLARING: f32 = 245.0;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    if !config.mode.may_look() {
        return vec![Finding::skipped(PART, "never opened where people work or learn")];
    }
    let mut camera = match (patient.parts.camera)(config) {
        Ok(camera) => camera,
        Err(error) => return vec![refused(error)],
    };
    // What has not streamed is not well: drivers agree on formats that they cannot send.
    vec![match camera.probe() {
        Err(error) => refused(error),
        Ok(_) if patient.wishes.frame => look(patient, config, camera.as_mut()),
        Ok(offers) => Finding::skipped(PART, format!("{offers}; no frame was taken, so it is not proved")),
    }]
}

/// Takes one frame as a capture does, light and all, and says of which camera, and how bright it is.
fn look(patient: &Patient, config: &Config, camera: &mut dyn Camera) -> Finding {
    let light = match lit(patient, config) {
        Ok(light) => light,
        Err(why) => return Finding::skipped(PART, why),
    };
    let brightness = brightness(config, camera, light);
    let which = camera.describe();
    match brightness {
        Err(error) => refused(error),
        Ok(None) => Finding::fault(PART, "its frames cannot be read", "try another cable, port or camera"),
        Ok(Some(luma)) if luma < DARK => Finding::warning(
            PART,
            format!("{which}; its picture is dark: {luma:.0} of 255"),
            "take the cap off the lens, and put a lamp where it lights the person's face",
        ),
        Ok(Some(luma)) if luma > GLARING => Finding::warning(
            PART,
            format!("{which}; its picture is glaring: {luma:.0} of 255"),
            "turn the camera away from the window or the lamp",
        ),
        Ok(Some(luma)) => {
            Finding::ok(PART, format!("{which}; its picture has a brightness of {luma:.0} of 255"))
        }
    }
}

/// The light, on. A device that has one never looks without it.
fn lit(patient: &Patient, config: &Config) -> Result<LightOn, String> {
    let light: Box<dyn Light> = match &config.light {
        Some(line) => {
            (patient.parts.light)(line).map_err(|_| "not tried: its light cannot be lit".to_owned())?
        }
        None => Box::new(NoLight),
    };
    SharedLight::new(light).turn_on().map_err(|_| "not tried: its light cannot be lit".to_owned())
}

fn brightness(config: &Config, camera: &mut dyn Camera, light: LightOn) -> Result<Option<f32>, CameraError> {
    let mut stream = camera.start(light)?;
    let (mut frame, mut rgb) = (Frame::new(), Rgb::new());
    stream.settle(&config.capture.patience, &mut frame, &|| false)?;
    for _ in 0..TRIES {
        stream.next(Instant::now() + config.capture.read, &mut frame)?;
        if to_rgb(&frame, &mut rgb).is_ok() {
            return Ok(Some(rgb.brightness()));
        }
    }
    Ok(None)
}

/// Frames that may be torn.
const TRIES: usize = 6;

fn refused(error: CameraError) -> Finding {
    match error {
        CameraError::Light(error) => Finding::skipped(PART, format!("not tried: {}", error.what())),
        error => Finding::fault(PART, error.what(), error.cure()),
    }
}
