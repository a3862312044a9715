use super::*;
use crate::ports::vision::photo::read_photo;

fn asset(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)
}

fn finder() -> FaceFinder {
    FaceFinder::load(&asset("lib/libtensorflowlite_c.so"), &asset("models/face.tflite"), None).unwrap()
}

#[test]
fn the_anchors_are_those_of_the_model() {
    let anchors = anchors();
    assert_eq!(anchors.len(), 896);
    assert_eq!(anchors[0], Point { x: 0.03125, y: 0.03125 });
    assert_eq!(anchors[511], Point { x: 0.96875, y: 0.96875 });
    assert_eq!(anchors[512], Point { x: 0.0625, y: 0.0625 });
    assert_eq!(anchors[895], Point { x: 0.9375, y: 0.9375 });
}

#[test]
fn boxes_of_one_face_become_their_weighted_mean() {
    let face = |x: f32, score: f32| Face {
        area: Area { x, y: 0.0, width: 10.0, height: 10.0 },
        eyes: Eyes::default(),
        mouth: Point { x, y: 0.0 },
        score,
    };
    let empty = Face { area: Area::default(), ..face(0.0, 0.8) };
    let mut merged = Vec::new();
    merge(&mut vec![face(1.0, 0.6), face(0.0, 0.9), face(50.0, 0.7), empty], &mut merged);
    assert_eq!(merged.len(), 2);
    assert!((merged[0].area.x - 0.4).abs() < 1e-5 && (merged[0].mouth.x - 0.4).abs() < 1e-5);
    assert_eq!((merged[0].score, merged[1].area.x), (0.9, 50.0));
}

#[test]
fn the_larger_face_counts_unless_it_is_but_faintly_one() {
    let face = |side: f32, score: f32| Face {
        area: Area { x: 0.0, y: 0.0, width: side, height: side },
        eyes: Eyes { left_in_picture: Point::default(), right_in_picture: Point::default() },
        mouth: Point::default(),
        score,
    };
    // Sides and scores of scenes of one face, measured: a place between wall and hair, and the face.
    assert!(face(259.0, 0.70).weight() < face(179.0, 0.88).weight());
    assert!(face(335.0, 0.71).weight() > face(135.0, 0.73).weight());
    // Two people, the nearer one turned away a little.
    assert!(face(200.0, 0.85).weight() > face(160.0, 0.90).weight());
}

#[test]
fn a_long_picture_is_covered_by_overlapping_squares() {
    assert!(squares(512, 512).is_empty() && squares(0, 0).is_empty());
    for (width, height) in [(640, 480), (1280, 720), (480, 640), (4000, 500), (10_000, 1)] {
        let windows = squares(width, height);
        assert!((2..=9).contains(&windows.len()), "{width}x{height}");
        let last = windows[windows.len() - 1];
        assert_eq!((last.x + last.side, last.y + last.side), (width as f32, height as f32));
    }
}

#[test]
fn each_photograph_shows_one_face_with_its_eyes() {
    let mut finder = finder();
    for (photo, eyes) in [
        ("photos/astronaut.png", [[204.0, 102.0], [247.0, 105.0]]),
        ("photos/grace_hopper.jpg", [[226.0, 189.0], [312.0, 191.0]]),
    ] {
        let faces = finder.find(&read_photo(&asset(photo)).unwrap()).unwrap();
        assert_eq!(faces.len(), 1, "{photo}: {faces:?}");
        for (found, [x, y]) in
            [faces[0].eyes.left_in_picture, faces[0].eyes.right_in_picture].iter().zip(eyes)
        {
            assert!((found.x - x).hypot(found.y - y) < 6.0, "{photo}: {faces:?}");
        }
    }
}

#[test]
fn a_picture_without_a_face_gives_none() {
    let mut finder = finder();
    for (width, height, data) in [
        (0, 0, vec![]),
        (1, 1, vec![7; 3]),
        (640, 480, vec![128; 640 * 480 * 3]),
        (320, 240, (0..320 * 240 * 3).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        // Bytes that do not match the size.
        (640, 480, vec![1; 10]),
    ] {
        assert!(finder.find(&Rgb { width, height, data }).unwrap().is_empty(), "{width}x{height}");
    }
}
