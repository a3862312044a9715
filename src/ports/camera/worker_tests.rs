use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::*;
use crate::ports::camera::PixelFormat;
use crate::ports::light::LightOn;
use crate::ports::light::simulated::{Bulb, SimulatedLight};

/// What a pretended camera does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    /// Gives a frame after so many milliseconds.
    Frame(u64),
    GoesSilent,
    GoesAway,
}

/// A camera that follows a script on a clock of its own, and checks the light while it streams.
struct Scripted {
    script: Vec<Does>,
    refuses: bool,
    /// Milliseconds that have passed.
    now: Arc<Mutex<u64>>,
    bulb: Bulb,
}

struct ScriptedStream {
    script: std::vec::IntoIter<Does>,
    now: Arc<Mutex<u64>>,
    bulb: Bulb,
    _light: LightOn,
}

impl Camera for Scripted {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        assert!(self.bulb.is_on(), "the light is on before the camera is");
        if self.refuses {
            return Err(CameraError::Busy { device: "scripted".to_owned() });
        }
        Ok(Box::new(ScriptedStream {
            script: self.script.clone().into_iter(),
            now: self.now.clone(),
            bulb: self.bulb.clone(),
            _light: light,
        }))
    }

    fn describe(&self) -> String {
        "scripted".to_owned()
    }
}

impl Stream for ScriptedStream {
    fn next(&mut self, deadline: Instant, frame: &mut Frame) -> Result<(), CameraError> {
        assert!(self.bulb.is_on(), "the light is on while the camera streams");
        let device = "scripted".to_owned();
        match self.script.next() {
            Some(Does::Frame(after)) => {
                *self.now.lock().unwrap() += after;
                frame.fill(1, 1, 3, PixelFormat::Rgb3, &[1, 2, 3]);
                Ok(())
            }
            Some(Does::GoesSilent) | None => {
                let waited = deadline.saturating_duration_since(Instant::now());
                Err(CameraError::Silent { device, waited })
            }
            Some(Does::GoesAway) => Err(CameraError::Gone { device }),
        }
    }
}

/// A capture with a pretended camera, and what came of it.
struct Scene {
    camera: Scripted,
    light: SharedLight,
    bulb: Bulb,
    settings: CaptureSettings,
}

impl Scene {
    fn new(script: &[Does]) -> Scene {
        let (light, bulb) = SimulatedLight::new();
        let now = Arc::new(Mutex::new(0));
        Scene {
            camera: Scripted { script: script.to_vec(), refuses: false, now, bulb: bulb.clone() },
            light: SharedLight::new(Box::new(light)),
            bulb,
            // No time to spread over: every frame is looked at.
            settings: CaptureSettings { frames: 5, within: Duration::ZERO, ..CaptureSettings::default() },
        }
    }

    fn run(
        &mut self,
        look: &mut dyn FnMut(&Frame) -> Result<Observation, LookError>,
        cancelled: &dyn Fn() -> bool,
    ) -> (Result<(), Trouble>, Vec<&'static str>) {
        let mut events = Vec::new();
        let ended = capture(&mut self.camera, &self.light, &self.settings, look, cancelled, &mut |event| {
            events.push(match event {
                Event::CaptureStarted => "started",
                Event::FrameObserved(_) => "saw",
                other => panic!("a capture does not send {other:?}"),
            });
        });
        assert!(!self.bulb.is_on(), "the light is out when the capture is over");
        (ended, events)
    }
}

fn face() -> Observation {
    Observation { copy: false, faces: 1, rival: 0.0, scores: None }
}

const STEADY: [Does; 50] = [Does::Frame(33); 50];

#[test]
fn a_capture_lights_up_looks_at_its_frames_and_goes_dark() {
    let mut scene = Scene::new(&STEADY);
    let bulb = scene.bulb.clone();
    let mut look = |frame: &Frame| {
        assert!(bulb.is_on(), "the light is on while a frame is looked at");
        assert_eq!(frame.bytes(), [1, 2, 3]);
        Ok(face())
    };
    let (ended, events) = scene.run(&mut look, &|| false);
    assert_eq!(ended, Ok(()));
    assert_eq!(events, ["started", "saw", "saw", "saw", "saw", "saw"]);
    assert_eq!(scene.bulb.history(), [true, false], "once on, once off");
}

#[test]
fn the_light_goes_out_however_a_capture_ends() {
    let broken = || Trouble { kind: TroubleKind::VisionBroken, report: "no model".to_owned() };
    let no_sight = || LookError::Broken(broken());

    let mut refused = Scene::new(&STEADY);
    refused.camera.refuses = true;
    let (ended, events) = refused.run(&mut |_| Ok(face()), &|| false);
    assert_eq!(ended.unwrap_err().kind, TroubleKind::CameraBusy);
    assert_eq!(events, [""; 0]);
    assert_eq!(refused.bulb.history(), [true, false]);

    let mut gone = Scene::new(&[Does::Frame(33), Does::GoesAway]);
    let (ended, events) = gone.run(&mut |_| Ok(face()), &|| false);
    assert_eq!(ended.unwrap_err().kind, TroubleKind::CameraMissing);
    assert_eq!(events, ["started", "saw"]);
    assert_eq!(gone.bulb.history(), [true, false]);

    let mut blind = Scene::new(&STEADY);
    let (ended, _) = blind.run(&mut |_| Err(no_sight()), &|| false);
    assert_eq!(ended, Err(broken()));
    assert_eq!(blind.bulb.history(), [true, false]);

    let mut panicking = Scene::new(&STEADY);
    let bulb = panicking.bulb.clone();
    let end = catch_unwind(AssertUnwindSafe(|| panicking.run(&mut |_| panic!("on purpose"), &|| false)));
    assert!(end.is_err());
    assert!(!bulb.is_on());
    assert_eq!(bulb.history(), [true, false]);
    // The light can be used again after the panic.
    drop(panicking.light.turn_on().unwrap());
    assert_eq!(bulb.history(), [true, false, true, false]);
}

#[test]
fn without_a_working_light_nobody_is_looked_at() {
    let mut scene = Scene::new(&STEADY);
    scene.bulb.break_it();
    let (ended, events) = scene.run(&mut |_| panic!("looked in the dark"), &|| false);
    assert_eq!(ended.unwrap_err().kind, TroubleKind::LightDenied);
    assert_eq!(events, [""; 0]);
    assert_eq!(scene.bulb.history(), [false; 0]);
}

#[test]
fn torn_frames_are_skipped_and_do_not_count() {
    let mut scene = Scene::new(&STEADY);
    let mut number = 0;
    let mut look = |_: &Frame| {
        number += 1;
        if number % 2 == 0 { Ok(face()) } else { Err(FormatError::Short { needed: 9, got: 3 }.into()) }
    };
    let (ended, events) = scene.run(&mut look, &|| false);
    assert_eq!(ended, Ok(()));
    assert_eq!(events.iter().filter(|event| **event == "saw").count(), 5);
}

#[test]
fn a_camera_that_sends_only_torn_frames_is_named_with_the_cure() {
    let mut scene = Scene::new(&STEADY);
    let looks = Cell::new(0);
    let mut look = |_: &Frame| {
        looks.set(looks.get() + 1);
        Err(FormatError::Jpeg("cut".to_owned()).into())
    };
    let (ended, events) = scene.run(&mut look, &|| false);
    let trouble = ended.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::CameraFormat);
    assert!(trouble.report.contains("30 of them") && trouble.report.contains("cut"), "{}", trouble.report);
    assert_eq!(looks.get(), 30, "it gives up");
    assert_eq!(events, ["started"]);
}

#[test]
fn a_capture_that_is_cancelled_ends_at_once_and_is_no_trouble() {
    for after in [0, 1, 3] {
        let mut scene = Scene::new(&STEADY);
        let looks = Rc::new(Cell::new(0));
        let counted = looks.clone();
        let mut look = |_: &Frame| {
            counted.set(counted.get() + 1);
            Ok(face())
        };
        let (ended, _) = scene.run(&mut look, &|| looks.get() >= after);
        assert_eq!(ended, Ok(()));
        assert_eq!(looks.get(), after);
        assert_eq!(scene.bulb.history(), [true, false]);
    }
}

#[test]
fn a_camera_that_falls_silent_after_some_frames_has_given_some() {
    let mut some = Scene::new(&[Does::Frame(33), Does::Frame(33), Does::GoesSilent]);
    let (ended, events) = some.run(&mut |_| Ok(face()), &|| false);
    assert_eq!(ended, Ok(()));
    assert_eq!(events, ["started", "saw", "saw"]);

    let mut none = Scene::new(&[Does::GoesSilent]);
    let (ended, _) = none.run(&mut |_| Ok(face()), &|| false);
    assert_eq!(ended.unwrap_err().kind, TroubleKind::CameraSilent);
}

/// Runs the part that keeps the time on the camera's own clock, and returns when each look happened.
fn looks_at(script: &[Does], settings: &CaptureSettings, look_takes: u64) -> Vec<u64> {
    let mut scene = Scene::new(script);
    let now = scene.camera.now.clone();
    let epoch = Instant::now();
    let clock = || epoch + Duration::from_millis(*now.lock().unwrap());
    let stream = scene.camera.start(scene.light.turn_on().unwrap()).unwrap();
    let mut run = Run { stream, frame: Frame::new(), settings, cancelled: &|| false, clock: &clock };
    let times = RefCell::new(Vec::new());
    let mut look = |_: &Frame| {
        times.borrow_mut().push(*now.lock().unwrap());
        *now.lock().unwrap() += look_takes;
        Ok(face())
    };
    run.look_at_frames(&mut look, &mut |_| {}).unwrap();
    times.into_inner()
}

#[test]
fn the_looks_are_spread_over_the_second() {
    let settings = CaptureSettings { frames: 5, ..CaptureSettings::default() };
    assert_eq!(looks_at(&STEADY, &settings, 0), [33, 132, 264, 627, 1023]);
    // A processor for which a look takes longer than its share looks at every frame it can.
    assert_eq!(looks_at(&STEADY, &settings, 300), [33, 366, 699, 1032, 1365]);
    // A camera in the dark gives what it gives.
    assert_eq!(looks_at(&[Does::Frame(200); 20], &settings, 0), [200, 400, 600, 800, 1000]);
}

#[test]
fn a_processor_that_is_far_too_slow_ends_with_fewer_frames() {
    let settings = CaptureSettings { frames: 5, ..CaptureSettings::default() };
    assert_eq!(looks_at(&STEADY, &settings, 4000).len(), 2);
}

#[test]
fn every_camera_error_has_words_for_the_panel() {
    let device = String::new;
    let reason = String::new();
    let light = crate::ports::gpio::LineError::Io { line: "GPIO27".to_owned(), reason: "busy".to_owned() };
    for (error, kind) in [
        (CameraError::Missing { wanted: device(), found: device() }, TroubleKind::CameraMissing),
        (CameraError::Gone { device: device() }, TroubleKind::CameraMissing),
        (CameraError::Busy { device: device() }, TroubleKind::CameraBusy),
        (CameraError::Denied { device: device() }, TroubleKind::CameraDenied),
        (
            CameraError::Format { device: device(), offered: device(), cure: device() },
            TroubleKind::CameraFormat,
        ),
        (CameraError::Silent { device: device(), waited: Duration::ZERO }, TroubleKind::CameraSilent),
        (CameraError::Photo { path: device(), reason }, TroubleKind::Other),
        (CameraError::Light(light), TroubleKind::LightDenied),
    ] {
        let trouble = error.trouble();
        assert_eq!(trouble.kind, kind);
        assert_eq!(trouble.report, error.to_string());
    }
}
