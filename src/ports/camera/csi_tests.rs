//! The camera on the ribbon cable, with a stand-in for its program (`tests/support/rpicam-vid`).

use std::fs;

use super::super::auto::AutoCamera;
use super::super::v4l2::V4l2Camera;
use super::*;
use crate::ports::light::SharedLight;
use crate::ports::light::simulated::SimulatedLight;

const PATIENCE: Patience = Patience { first: Duration::from_secs(3), settle: Duration::from_millis(300) };

/// A camera whose program fares as a story says.
struct Stand(tempfile::TempDir);

impl Stand {
    fn new(story: &str) -> Stand {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("rpicam-vid");
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/rpicam-vid");
        let (here, stand_in) = (folder.path().display(), stand_in.display());
        let text = format!("#!/bin/sh\nSTORY='{story}' FOLDER={here} exec python3 {stand_in} \"$@\"\n");
        fs::write(&program, text).unwrap();
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, rights).unwrap();
        Stand(folder)
    }

    fn camera(&self, number: u32) -> CsiCamera {
        CsiCamera::new(number).with_program(&self.0.path().join("rpicam-vid"))
    }

    fn options(&self) -> String {
        fs::read_to_string(self.0.path().join("options")).unwrap()
    }

    /// Whether the program still runs that streamed.
    fn runs(&self) -> bool {
        let pid = fs::read_to_string(self.0.path().join("pid")).unwrap();
        Path::new("/proc").join(pid.trim()).exists()
    }
}

/// Looks until the picture has settled, and says what came of it, and that the light follows the program.
fn look(story: &str) -> Result<(), CsiError> {
    let stand = Stand::new(story);
    let (light, bulb) = SimulatedLight::new();
    let light = SharedLight::new(Box::new(light));
    let mut frame = Frame::new();
    let begun = Instant::now();
    let looked = stand.camera(0).start(light.turn_on().unwrap()).and_then(|mut stream| {
        stream.settle(&PATIENCE, &mut frame, &|| false)?;
        for _ in 0..10 {
            stream.next(Instant::now() + Duration::from_secs(1), &mut frame)?;
        }
        Ok(())
    });
    assert_eq!(bulb.history(), [true, false], "{story}");
    assert!(!stand.options().contains("--codec") || !stand.runs(), "{story}: the program lives on");
    assert!(begun.elapsed() < Duration::from_secs(20), "{story}");
    match looked {
        Ok(()) => Ok(()),
        Err(CameraError::Csi(error)) => Err(error),
        Err(CameraError::Silent { waited, .. }) => Err(CsiError::Silent { waited }),
        Err(other) => panic!("{story}: {other}"),
    }
}

#[test]
fn each_way_in_which_the_ribbon_camera_fares_is_told_apart_and_no_program_is_left() {
    for story in ["well", "late", "deaf"] {
        assert_eq!(look(story), Ok(()), "{story}");
    }
    let none = CsiError::Missing { number: 0, found: "none".to_owned() };
    for story in ["none", "pulled"] {
        assert_eq!(look(story), Err(none.clone()), "{story}");
    }
    assert_eq!(look("busy"), Err(CsiError::Busy));
    assert_eq!(look("denied"), Err(CsiError::Denied));
    for story in ["dies", "torn at the end"] {
        assert!(matches!(look(story), Err(CsiError::Died { .. })), "{story}");
    }
    assert!(matches!(look("silent"), Err(CsiError::Silent { .. })));
    assert!(matches!(look("dries up"), Err(CsiError::Silent { .. })));
    let Err(CsiError::Died { how }) = look("cannot list") else {
        panic!("a camera that nobody looked for is missing")
    };
    assert!(how.contains("127") && how.contains("libcamera.so.0.5"), "{how}");
    let half = FRAME_BYTES / 2;
    assert!(matches!(look("torn"), Err(CsiError::TooLittle { bytes, .. }) if bytes == half));
}

#[test]
fn what_keeps_the_program_from_being_started_is_not_taken_for_rights_to_the_camera() {
    let said = meaning(0, None, "setpriv: activate capabilities: Operation not permitted\n");
    assert!(matches!(&said, CsiError::Died { how } if how.contains("activate capabilities")), "{said}");
}

#[test]
fn a_reader_that_was_away_gets_the_newest_frame_and_not_a_queue_of_old_ones() {
    let stand = Stand::new("counts");
    let (light, _bulb) = SimulatedLight::new();
    let light = SharedLight::new(Box::new(light));
    let mut stream = stand.camera(0).start(light.turn_on().unwrap()).unwrap();
    let mut frame = Frame::new();
    let far = || Instant::now() + Duration::from_secs(10);
    stream.next(far(), &mut frame).unwrap();
    let first = frame.bytes()[0];
    assert_eq!((frame.range, frame.format), (LumaRange::Full, PixelFormat::Yu12));
    std::thread::sleep(Duration::from_millis(800));
    stream.next(far(), &mut frame).unwrap();
    let later = frame.bytes()[0];
    // At thirty frames a second twenty have come; a pipe and the buffers before it hold fewer than eight.
    assert!(later.wrapping_sub(first) > 8, "from frame {first} to frame {later}");
}

#[test]
fn the_camera_of_that_number_is_asked_for_and_one_that_is_not_there_is_never_started() {
    let stand = Stand::new("well");
    let mut camera = stand.camera(0);
    let described = camera.probe().unwrap();
    assert!(described.contains("imx708") && described.contains("640x480"), "{described}");
    camera.probe().unwrap();
    assert_eq!(stand.options().lines().count(), 1, "the list is not asked for again");
    let error = stand.camera(1).probe().unwrap_err().to_string();
    assert!(error.contains("camera 1") && error.contains("0 (imx708)"), "{error}");
    let (light, bulb) = SimulatedLight::new();
    let light = SharedLight::new(Box::new(light));
    assert!(stand.camera(1).start(light.turn_on().unwrap()).is_err());
    assert!(!stand.options().contains("--codec"), "{}", stand.options());
    assert_eq!(bulb.history(), [true, false]);
    assert_eq!(number("csi"), Some(Ok(0)));
    assert_eq!(number("csi:1"), Some(Ok(1)));
    assert!(number("csi:one").unwrap().is_err());
    for other in ["auto", "csillag", "/dev/video0", "C920"] {
        assert_eq!(number(other), None, "{other}");
    }
}

#[test]
fn without_the_program_the_cure_is_its_package() {
    let camera = CsiCamera { program: None, ..CsiCamera::new(0) };
    if rpicam::installed().is_none() {
        assert_eq!(camera.program(), Err(CsiError::NotInstalled));
    }
    assert!(CsiError::NotInstalled.to_string().contains("apt install rpicam-apps-lite"));
}

#[test]
fn auto_takes_the_ribbon_camera_where_there_is_no_usb_camera_and_under_one_light() {
    let stand = Stand::new("well");
    let root = tempfile::tempdir().unwrap();
    let places = Places { class: root.path().join("class"), dev: root.path().join("dev") };
    // A bare sensor, and a node that opens and is no camera.
    for (node, name) in [("video0", "unicam-image"), ("video1", "Some Camera")] {
        fs::create_dir_all(places.class.join(node)).unwrap();
        fs::create_dir_all(&places.dev).unwrap();
        fs::write(places.class.join(node).join("name"), name).unwrap();
        fs::write(places.dev.join(node), "").unwrap();
    }
    let mut camera = AutoCamera::new(V4l2Camera::at("auto", places), stand.camera(0));
    let (light, bulb) = SimulatedLight::new();
    let light = SharedLight::new(Box::new(light));
    let mut stream = camera.start(light.turn_on().unwrap()).unwrap();
    let mut frame = Frame::new();
    stream.settle(&PATIENCE, &mut frame, &|| false).unwrap();
    assert!(bulb.is_on());
    drop(stream);
    assert_eq!(bulb.history(), [true, false], "the light did not blink between the two");
    assert!(camera.describe().contains("imx708"), "{}", camera.describe());
}
