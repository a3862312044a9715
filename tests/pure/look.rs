//! Photographs through the real tensor library: what is seen in them, and what a wrong file says.

use std::fs;
use std::path::{Path, PathBuf};

use moodbox::ports::camera::formats::Rgb;
use moodbox::ports::camera::{Frame, LumaRange, PixelFormat};
use moodbox::ports::vision::photo::read_photo;
use moodbox::ports::vision::{Track, Vision, VisionConfig, VisionError};
use moodbox_core::mood::{Mood, Scores};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn config() -> VisionConfig {
    VisionConfig {
        runtime: here("assets/lib/libtensorflowlite_c.so"),
        face_model: here("assets/models/face.tflite"),
        mood_model: here("models/mood.toml"),
        face_sha256: None,
    }
}

fn vision() -> Vision {
    Vision::load(&config()).expect("assets/ is there after deploy/fetch-assets")
}

fn photo(name: &str) -> Rgb {
    read_photo(&here("assets/photos").join(name)).expect("assets/ is there after deploy/fetch-assets")
}

/// Two pictures next to each other, as high as the higher.
fn side_by_side(left: &Rgb, right: &Rgb) -> Rgb {
    let (width, height) = (left.width + right.width, left.height.max(right.height));
    let mut data = vec![127; (width * height * 3) as usize];
    for (picture, offset) in [(left, 0), (right, left.width)] {
        for (y, row) in picture.data.chunks_exact(picture.width as usize * 3).enumerate() {
            let at = (y * width as usize + offset as usize) * 3;
            data[at..at + row.len()].copy_from_slice(row);
        }
    }
    Rgb { width, height, data }
}

/// A copy of the shipped mood model, to be spoiled.
struct Copied(tempfile::TempDir);

impl Copied {
    fn new() -> Copied {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("golden")).unwrap();
        for name in ["mood.toml", "mood.tflite"] {
            fs::copy(here("models").join(name), folder.path().join(name)).unwrap();
        }
        for entry in fs::read_dir(here("models/golden")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join("golden").join(path.file_name().unwrap())).unwrap();
        }
        Copied(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn edit(&self, change: impl Fn(&str) -> String) -> &Self {
        let text = fs::read_to_string(self.path("mood.toml")).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "the edit must change something");
        fs::write(self.path("mood.toml"), changed).unwrap();
        self
    }

    /// Puts other bytes in the place of the model, with a sidecar that vouches for them.
    fn model_bytes(&self, bytes: &[u8]) -> &Self {
        use sha2::{Digest, Sha256};
        fs::write(self.path("mood.tflite"), bytes).unwrap();
        let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.edit(|text| {
            let line = |line: &str| {
                if line.starts_with("sha256") { format!("sha256 = \"{sum}\"") } else { line.into() }
            };
            text.lines().map(line).collect::<Vec<_>>().join("\n")
        })
    }

    fn config(&self) -> VisionConfig {
        VisionConfig { mood_model: self.path("mood.toml"), ..config() }
    }

    fn load(&self) -> Result<Vision, VisionError> {
        Vision::load(&self.config())
    }

    fn complaint(&self) -> String {
        self.load().err().expect("a spoiled model must not load").to_string()
    }
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn the_smiling_astronaut_looks_happy() {
    let look = vision().look(&photo("astronaut.png")).unwrap();
    assert_eq!(look.faces.len(), 1);
    assert_eq!(look.faces[0].scores.top_two().0.0, Mood::Happy, "{:?}", look.faces[0].scores);
}

#[test]
fn a_portrait_has_one_face() {
    let look = vision().look(&photo("grace_hopper.jpg")).unwrap();
    assert_eq!(look.faces.len(), 1);
}

#[test]
fn two_people_are_two_faces_and_the_larger_comes_first() {
    let both = side_by_side(&photo("astronaut.png"), &photo("grace_hopper.jpg"));
    let look = vision().look(&both).unwrap();
    assert_eq!(look.faces.len(), 2);
    let [first, second] = [0, 1].map(|at| look.faces[at].face.unwrap().area);
    assert!(first.x > 512.0 && second.x < 512.0, "the portrait on the right fills more of its photo");
    assert!(first.size() > second.size());
}

#[test]
fn a_frame_of_the_camera_tells_faces_rival_and_scores() {
    let mut vision = vision();
    let mut frame = Frame::new();
    for (picture, faces) in [
        (photo("astronaut.png"), 1),
        (side_by_side(&photo("astronaut.png"), &photo("grace_hopper.jpg")), 2),
        (Rgb { width: 64, height: 48, data: vec![90; 64 * 48 * 3] }, 0),
    ] {
        frame.fill(picture.width, picture.height, picture.width * 3, PixelFormat::Rgb3, &picture.data);
        let seen = vision.observe(&frame).unwrap();
        assert_eq!(seen.faces, faces);
        assert_eq!(seen.scores.is_some(), faces > 0);
        assert_eq!(seen.rival > 0.0 && seen.rival <= 1.0, faces > 1);
    }
}

#[test]
fn a_frame_reads_the_same_as_the_photo_it_came_from() {
    let mut vision = vision();
    let picture = photo("astronaut.png");
    let by_photo = vision.look(&picture).unwrap().faces[0].scores;
    let mut frame = Frame::new();
    frame.fill(picture.width, picture.height, picture.width * 3, PixelFormat::Rgb3, &picture.data);
    for _ in 0..2 {
        assert_eq!(vision.observe(&frame).unwrap().scores, Some(by_photo));
    }
}

/// The picture as a camera sends it that gives Y'CbCr (4:2:0, three planes) by BT.601 in this range, written
/// from the standard's own numbers.
fn as_yu12(picture: &Rgb, range: LumaRange) -> Vec<u8> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (low, luma, chroma) = match range {
        LumaRange::Limited => (16.0, 219.0, 224.0),
        LumaRange::Full => (0.0, 255.0, 255.0),
    };
    let ycc = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        let [r, g, b] = [0, 1, 2].map(|c| f32::from(picture.data[at + c]) / 255.0);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let values = [low + luma * y, 128.0 + chroma * (b - y) / 1.772, 128.0 + chroma * (r - y) / 1.402];
        values.map(|value| value.round().clamp(0.0, 255.0) as u8)
    };
    let mut bytes: Vec<u8> = (0..width * height).map(|at| ycc(at % width, at / width)[0]).collect();
    for plane in [1, 2] {
        let (half_width, half) = (width / 2, width * height / 4);
        bytes.extend((0..half).map(|at| ycc(at % half_width * 2, at / half_width * 2)[plane]));
    }
    bytes
}

#[test]
fn the_same_face_reads_alike_from_a_camera_of_full_and_of_limited_range() {
    let (mut vision, mut frame) = (vision(), Frame::new());
    for name in ["astronaut.png", "grace_hopper.jpg"] {
        let mut picture = photo(name);
        picture.width -= picture.width % 2;
        assert_eq!(picture.data.len() % (picture.width as usize * 3), 0, "{name} has an even width");
        picture.height = (picture.data.len() / (picture.width as usize * 3)) as u32 & !1;
        let mut read = |sent: LumaRange, taken_for: LumaRange| {
            let bytes = as_yu12(&picture, sent);
            frame.fill(picture.width, picture.height, picture.width, PixelFormat::Yu12, &bytes);
            frame.range = taken_for;
            vision.observe(&frame).unwrap().scores.expect("a face")
        };
        let limited = read(LumaRange::Limited, LumaRange::Limited);
        let full = read(LumaRange::Full, LumaRange::Full);
        assert_eq!(full.top_two().0.0, limited.top_two().0.0, "{name}");
        let far = |other: Scores| {
            Mood::ALL.iter().map(|mood| (other.of(*mood) - limited.of(*mood)).abs()).fold(0.0, f32::max)
        };
        // One step of the 8-bit model.
        let right = far(full);
        assert!(right < 0.05, "{name}: {right} apart");
        // A range that is not told of is read as more contrast than there is.
        let wrong = far(read(LumaRange::Full, LumaRange::Limited));
        assert!(wrong > right, "{name}: {wrong} apart when it is taken for the other, {right} when not");
    }
}

/// As cameras send frames: one format that is looked at in colour throughout, and one that is followed in grey.
const FOLLOWED_IN: [PixelFormat; 2] = [PixelFormat::Rgb3, PixelFormat::Mjpg];

/// The picture in a scene of 640 x 480, with its top left corner there.
fn in_scene(pictures: &[(&Rgb, usize, usize)], format: PixelFormat, frame: &mut Frame) {
    let (width, height) = (640, 480);
    let mut data = vec![110u8; width * height * 3];
    for (picture, x, y) in pictures {
        for (line, row) in picture.data.chunks_exact(picture.width as usize * 3).enumerate() {
            let Some(to) = data.chunks_exact_mut(width * 3).nth(line + y) else { break };
            let to = &mut to[x * 3..];
            let length = row.len().min(to.len());
            to[..length].copy_from_slice(&row[..length]);
        }
    }
    let (width, height) = (width as u32, height as u32);
    if format == PixelFormat::Mjpg {
        let mut jpeg = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 85);
        encoder.encode(&data, width, height, image::ExtendedColorType::Rgb8).unwrap();
        return frame.fill(width, height, 0, format, &jpeg);
    }
    frame.fill(width, height, width * 3, format, &data);
}

#[test]
fn a_face_that_is_followed_reads_as_one_that_is_looked_for_with_fewer_looks() {
    let (mut vision, mut frame) = (vision(), Frame::new());
    for (name, format) in ["astronaut.png", "grace_hopper.jpg"]
        .into_iter()
        .flat_map(|name| FOLLOWED_IN.map(|format| (name, format)))
    {
        let picture = photo(name);
        let mut track = Track::default();
        let (mut followed, mut alone) = (0, 0);
        for step in 0..7 {
            in_scene(&[(&picture, 40 + step * 6, step * 2)], format, &mut frame);
            let before = vision.looks();
            let seen = vision.follow(&frame, &mut track).unwrap();
            followed += vision.looks() - before;
            let wanted = vision.observe(&frame).unwrap();
            alone += vision.looks() - before;
            assert_eq!((seen.faces, seen.rival), (1, 0.0), "{name} {step}");
            let (seen, wanted) = (seen.scores.unwrap(), wanted.scores.unwrap());
            assert_eq!(seen.top_two().0.0, wanted.top_two().0.0, "{name} {step}: {seen:?} {wanted:?}");
            for mood in Mood::ALL {
                assert!((seen.of(mood) - wanted.of(mood)).abs() < 0.2, "{name} {step}: {seen:?} {wanted:?}");
            }
        }
        alone -= followed;
        assert!(followed <= 10 && alone >= 14, "{name}: {followed} looks, {alone} by themselves");
    }
}

#[test]
fn a_face_that_keeps_still_costs_one_look_a_frame() {
    let (mut vision, mut frame) = (vision(), Frame::new());
    for (name, format) in ["astronaut.png", "grace_hopper.jpg"]
        .into_iter()
        .flat_map(|name| FOLLOWED_IN.map(|format| (name, format)))
    {
        let mut track = Track::default();
        in_scene(&[(&photo(name), 60, 0)], format, &mut frame);
        // The first frame takes two, and more where something but resembles a face: the astronaut's suit.
        vision.follow(&frame, &mut track).unwrap();
        let before = vision.looks();
        for _ in 1..7 {
            assert_eq!(vision.follow(&frame, &mut track).unwrap().faces, 1);
        }
        assert_eq!(vision.looks() - before, 6, "{name} {format:?}");
    }
}

#[test]
fn whoever_comes_beside_a_face_that_is_followed_is_seen_in_half_of_the_frames_at_least() {
    let (mut vision, mut frame) = (vision(), Frame::new());
    let (one, other) = (photo("astronaut.png"), photo("grace_hopper.jpg"));
    for format in FOLLOWED_IN {
        let mut track = Track::default();
        in_scene(&[(&one, 0, 0)], format, &mut frame);
        assert_eq!(vision.follow(&frame, &mut track).unwrap().faces, 1);
        in_scene(&[(&one, 0, 0), (&other, 330, 0)], format, &mut frame);
        let faces: Vec<usize> = (1..7).map(|_| vision.follow(&frame, &mut track).unwrap().faces).collect();
        assert!(faces.iter().filter(|faces| **faces == 2).count() >= 4, "{format:?}: {faces:?}");
        // Whoever was followed is gone: the next frame is looked at as a whole, and so is an empty one.
        in_scene(&[(&other, 0, 0)], format, &mut frame);
        let seen = vision.follow(&frame, &mut track).unwrap();
        assert_eq!((seen.faces, seen.rival), (1, 0.0), "{format:?}");
        in_scene(&[], format, &mut frame);
        assert_eq!(vision.follow(&frame, &mut track).unwrap().faces, 0, "{format:?}");
    }
}

#[test]
fn a_torn_frame_is_an_error_and_the_next_one_is_seen() {
    let mut vision = vision();
    let mut frame = Frame::new();
    frame.fill(640, 480, 1280, PixelFormat::Yuyv, &[128; 1000]);
    assert!(matches!(vision.observe(&frame), Err(VisionError::Frame(_))));
    let picture = photo("grace_hopper.jpg");
    frame.fill(picture.width, picture.height, picture.width * 3, PixelFormat::Rgb3, &picture.data);
    assert_eq!(vision.observe(&frame).unwrap().faces, 1);
}

#[test]
fn a_photo_that_a_camera_turned_is_read_upright() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.jpg");
    let upright = photo("grace_hopper.jpg");
    // The picture lies on its side, and Exif says: turn it by 90 degrees (6).
    let picture = image::RgbImage::from_raw(upright.width, upright.height, upright.data.clone()).unwrap();
    let mut jpeg = Vec::new();
    image::DynamicImage::from(image::imageops::rotate270(&picture))
        .write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
        .unwrap();
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    jpeg.splice(2..2, exif.iter().copied());
    fs::write(&path, jpeg).unwrap();

    let read = read_photo(&path).unwrap();
    assert_eq!((read.width, read.height), (upright.width, upright.height));
    assert_eq!(vision().look(&read).unwrap().faces.len(), 1);
}

#[test]
fn a_file_that_is_no_photo_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        read_photo(&path).expect_err("it is not a photo").to_string()
    };
    let astronaut = fs::read(here("assets/photos/astronaut.png")).unwrap();
    has(&file("text.jpg", b"not a picture at all"), &["neither a JPEG nor a PNG"]);
    has(&file("empty.png", b""), &["neither a JPEG nor a PNG"]);
    has(&file("cut.png", &astronaut[..astronaut.len() / 2]), &["broken"]);
    // A header that promises 60,000 x 60,000 pixels is refused before anything is reserved for them.
    let mut bomb = astronaut[..33].to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let mut crc = !0u32;
    for byte in &bomb[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bomb.extend_from_slice(&astronaut[33..]);
    has(&file("bomb.png", &bomb), &["too large"]);
    has(&read_photo(folder.path()).unwrap_err().to_string(), &["not a regular file"]);
    assert!(read_photo(&folder.path().join("absent.jpg")).is_err());
}

#[test]
fn a_library_that_is_missing_or_another_names_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let load = |runtime: PathBuf| {
        Vision::load(&VisionConfig { runtime, ..config() }).err().expect("no library").to_string()
    };
    has(&load(folder.path().join("none.so")), &["none.so", "missing", "deploy/fetch-assets"]);
    let text = folder.path().join("text.so");
    fs::write(&text, "not a library").unwrap();
    has(&load(text), &["text.so", "deploy/fetch-assets"]);
    // A library of quite another kind, which every glibc system has.
    let Some(foreign) =
        ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"]
            .map(PathBuf::from)
            .into_iter()
            .find(|path| path.is_file())
    else {
        panic!("this test needs a glibc system");
    };
    has(&load(foreign), &["libm.so.6", "no function TfLiteModelCreate"]);
}

#[test]
fn a_face_model_that_is_cut_or_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("face.tflite");
    let whole = fs::read(here("assets/models/face.tflite")).unwrap();
    let load = |bytes: &[u8], sum: Option<String>| {
        fs::write(&path, bytes).unwrap();
        let config = VisionConfig { face_model: path.clone(), face_sha256: sum, ..config() };
        Vision::load(&config).err().expect("a spoiled face model must not load").to_string()
    };
    let sum = |bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        Some(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    has(&load(&whole[..100_000], None), &["face.tflite", "sha256"]);
    has(&load(b"PK\x03\x04 a zip", None), &["face.tflite", "TFL3"]);
    has(&load(b"", None), &["face.tflite", "0 bytes"]);
    // Even a file that somebody vouches for is looked at by the library before it is believed.
    has(
        &load(&whole[..100_000], sum(&whole[..100_000])),
        &["face.tflite", "not a whole TensorFlow Lite model"],
    );
    let mood = fs::read(here("models/mood.tflite")).unwrap();
    has(&load(&mood, sum(&mood)), &["face.tflite", "its input is"]);
}

#[test]
fn a_mood_model_that_is_cut_or_another_is_refused() {
    let whole = fs::read(here("models/mood.tflite")).unwrap();
    let copied = Copied::new();
    fs::write(copied.path("mood.tflite"), &whole[..whole.len() - 1]).unwrap();
    has(&copied.complaint(), &["mood.tflite", "sha256"]);
    for cut in [8, 1000, whole.len() / 2, whole.len() - 4] {
        let complaint = Copied::new().model_bytes(&whole[..cut]).complaint();
        has(&complaint, &["mood.tflite", "not a whole TensorFlow Lite model"]);
    }
    let face = fs::read(here("assets/models/face.tflite")).unwrap();
    has(&Copied::new().model_bytes(&face).complaint(), &["mood.tflite", "does not fit its sidecar"]);
    fs::remove_file(copied.path("mood.tflite")).unwrap();
    has(&copied.complaint(), &["mood.tflite", "No such file"]);
}

#[test]
fn flipped_bytes_are_caught_by_the_sum_before_the_library_reads_them() {
    let whole = fs::read(here("assets/models/face.tflite")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("face.tflite");
    for round in 0..40usize {
        let mut bytes = whole.clone();
        for step in 0..=round {
            let at = (round * 7919 + step * 104_729) % bytes.len();
            bytes[at] ^= 1 << (round % 8);
        }
        fs::write(&path, &bytes).unwrap();
        // The sum catches it before the library sees a byte of it.
        let config = VisionConfig { face_model: path.clone(), ..config() };
        assert!(matches!(Vision::load(&config), Err(VisionError::Sum { .. } | VisionError::Tensor(_))));
    }
}

#[test]
fn a_sidecar_that_is_wrong_says_where() {
    let cases: [(&str, &str, &[&str]); 13] = [
        ("\"other\"", "\"happy\"", &["mood.toml", "labels", "happy", "twice"]),
        ("\nother = ", "\n# other = ", &["mood.toml", "decision.other"]),
        ("\nother = ", "\nother = 9", &["mood.toml", "decision.other", "0 to 1"]),
        ("\nlabel_head = ", "\n# ", &["mood.toml", "golden case", "15 logits"]),
        ("\nlogits = [", "\nlogits = [7, ", &["mood.toml", "golden case", "16 logits"]),
        ("version =", "colour = 1\nversion =", &["mood.toml", "colour"]),
        ("[calibration]", "[calibration]\nfactor = 2", &["mood.toml", "factor"]),
        ("\"happy\"", "\"joyful\"", &["mood.toml", "labels", "joyful"]),
        ("\"happy\"", "\"sad\"", &["mood.toml", "labels", "happy"]),
        ("temperature = ", "temperature = -", &["mood.toml", "calibration.temperature"]),
        ("resolution = 48", "resolution = 0", &["mood.toml", "input.resolution"]),
        ("scale = 0.", "scale = 7.", &["mood.tflite", "zero point"]),
        ("golden/0.png", "golden/none.png", &["none.png"]),
    ];
    for (from, to, parts) in cases {
        let copied = Copied::new();
        has(&copied.edit(|text| text.replacen(from, to, 1)).complaint(), parts);
    }
    let copied = Copied::new();
    copied.edit(|text| text.split("[[golden]]").next().unwrap_or_default().into());
    has(&copied.complaint(), &["mood.toml", "golden"]);
}

#[test]
fn a_model_that_answers_otherwise_than_where_it_was_made_is_refused() {
    // Two golden pictures change places: each is a fine picture, but the answers belong to the other.
    let copied = Copied::new();
    copied.edit(|text| text.replace("0.png", "x.png").replace("1.png", "0.png").replace("x.png", "1.png"));
    has(&copied.complaint(), &["golden case", "the model says"]);
    // The start checks two cases, the doctor the others as well.
    let copied = Copied::new();
    copied.edit(|text| text.replace("4.png", "x.png").replace("5.png", "4.png").replace("x.png", "5.png"));
    let complaint = copied.load().unwrap().check_golden(&copied.config()).unwrap_err().to_string();
    has(&complaint, &["golden case", "5.png", "the model says"]);
    vision().check_golden(&config()).unwrap();
}

#[test]
fn labels_in_another_order_are_mapped_by_name() {
    let copied = Copied::new();
    // The model stays as it is, and the sidecar calls its happy output sad, and the other way round.
    copied.edit(|text| {
        text.replacen("\"happy\"", "\"x\"", 1)
            .replacen("\"sad\"", "\"happy\"", 1)
            .replacen("\"x\"", "\"sad\"", 1)
    });
    let look = copied.load().unwrap().look(&photo("astronaut.png")).unwrap();
    assert_eq!(look.faces[0].scores.top_two().0.0, Mood::Sad);
}

fn look(arguments: &[&Path]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .current_dir(here(""))
        .arg("look")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn an_explanation_is_the_photo_with_warm_colours_on_the_face_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("why.png");
    let photo = here("assets/photos/astronaut.png");
    let said = look(&[Path::new("--explain"), &out, &photo]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let explained = image::open(&out).unwrap().to_rgb8();
    let plain = image::open(&photo).unwrap().to_rgb8();
    // A small face is enlarged, or nobody would see the map.
    let scale = explained.width() as f32 / plain.width() as f32;
    assert!(explained.height() as f32 > plain.height() as f32 * scale, "words stand below");
    let area = {
        let look = vision().look(&read_photo(&photo).unwrap()).unwrap();
        look.faces[0].face.as_ref().unwrap().area
    };
    let (mut on_face, mut elsewhere, mut changed) = (0, 0, 0);
    for y in 0..(plain.height() as f32 * scale) as u32 {
        for x in 0..explained.width() {
            let (at_x, at_y) = (x as f32 / scale, y as f32 / scale);
            let (dx, dy) = (at_x - area.x - area.width / 2.0, at_y - area.y - area.height / 2.0);
            // The crop is larger than the face's box by a little.
            let near = dx.abs().max(dy.abs()) < area.width * 0.75;
            let now = explained.get_pixel(x, y).0;
            let before = plain
                .get_pixel((at_x as u32).min(plain.width() - 1), (at_y as u32).min(plain.height() - 1))
                .0;
            // Red has come in where grey would be.
            let glows = now[0] > now[2].saturating_add(90) && now[0] > before[0].saturating_sub(40);
            match near {
                true => on_face += usize::from(glows),
                false => {
                    elsewhere += 1;
                    let far = (0..3).any(|at| now[at].abs_diff(before[at]) > 60);
                    changed += usize::from(far);
                }
            }
        }
    }
    assert!(on_face > 200, "{on_face}");
    // Enlarging moves hard edges by a pixel, and no more.
    assert!(changed * 50 < elsewhere, "{changed} of {elsewhere}");
}

#[test]
fn an_explanation_never_replaces_the_photo_and_is_of_one_photo() {
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("me.png");
    fs::copy(here("assets/photos/astronaut.png"), &photo).unwrap();
    let before = fs::read(&photo).unwrap();
    let said = look(&[Path::new("--explain"), &photo, &photo]);
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("is the photo itself"));
    assert_eq!(fs::read(&photo).unwrap(), before);
    let said = look(&[Path::new("--explain"), &folder.path().join("a.png"), &photo, &photo]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("name one photo"));
}
