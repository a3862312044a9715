//! A person tries the kiosk with photos instead of a camera: everything behind the camera is what ships.

use std::path::Path;
use std::time::{Duration, Instant};

use moodbox::ports::camera::formats::{Rgb, to_rgb};
use moodbox::ports::camera::photos::PhotoCamera;
use moodbox::ports::camera::worker::{CaptureSettings, capture};
use moodbox::ports::camera::{Camera, Frame};
use moodbox::ports::light::SharedLight;
use moodbox::ports::light::simulated::SimulatedLight;
use moodbox_core::kiosk::event::{Event, Observation, TroubleKind};

fn save(folder: &Path, name: &str, color: [u8; 3]) {
    image::RgbImage::from_pixel(64, 48, image::Rgb(color)).save(folder.join(name)).unwrap();
}

#[test]
fn a_folder_of_photos_is_looked_at_like_a_camera_and_the_light_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "1.png", [200, 10, 10]);
    save(folder.path(), "2.jpg", [10, 200, 10]);
    let mut camera = PhotoCamera::new(&[folder.path().to_owned()], None).unwrap();
    let (light, bulb) = SimulatedLight::new();
    let settings = CaptureSettings { within: Duration::ZERO, ..CaptureSettings::default() };

    let mut rgb = Rgb::new();
    let mut colors = Vec::new();
    let mut look = |frame: &Frame| {
        assert!(bulb.is_on());
        to_rgb(frame, &mut rgb)?;
        colors.push(if rgb.data[0] > rgb.data[1] { "red" } else { "green" });
        Ok(Observation { copy: false, faces: 1, rival: 0.0, scores: None })
    };
    let mut saw = 0;
    let mut send = |event| saw += usize::from(matches!(event, Event::FrameObserved(_)));
    let light = SharedLight::new(Box::new(light));
    for _ in 0..2 {
        capture(&mut camera, &light, &settings, &mut look, &|| false, &mut send).unwrap();
    }

    assert_eq!(saw, 2 * settings.frames);
    // Each capture sees one person; the next capture sees the next.
    assert_eq!(colors, [vec!["red"; settings.frames], vec!["green"; settings.frames]].concat());
    assert_eq!(bulb.history(), [true, false, true, false]);
}

#[test]
fn a_photo_that_is_none_is_named_to_the_person_and_the_light_goes_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.jpg");
    std::fs::write(&path, "Dear kiosk").unwrap();
    let mut camera = PhotoCamera::new(std::slice::from_ref(&path), None).unwrap();
    let (light, bulb) = SimulatedLight::new();
    let trouble = capture(
        &mut camera,
        &SharedLight::new(Box::new(light)),
        &CaptureSettings::default(),
        &mut |_| panic!("there is nothing to look at"),
        &|| false,
        &mut |event| panic!("{event:?}"),
    )
    .unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Other);
    assert!(trouble.report.contains("letter.jpg"), "{}", trouble.report);
    assert!(!bulb.is_on());
}

#[test]
fn the_pace_of_photos_is_that_of_a_camera() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "1.png", [1, 2, 3]);
    let mut camera = PhotoCamera::new(&[folder.path().to_owned()], Some(50.0)).unwrap();
    let (light, _) = SimulatedLight::new();
    let begun = Instant::now();
    let mut stream = camera.start(SharedLight::new(Box::new(light)).turn_on().unwrap()).unwrap();
    let mut frame = Frame::new();
    for _ in 0..6 {
        stream.next(Instant::now() + Duration::from_secs(5), &mut frame).unwrap();
    }
    // The first comes at once, then one every 20 ms; a slow machine only takes longer.
    assert!(begun.elapsed() >= Duration::from_millis(99), "{:?}", begun.elapsed());
}
