//! A face with a pattern of its own in every row, everything the device makes of it on the way to a mood, and
//! a search for any of that in whatever left the process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use moodbox::ports::camera::formats::{Rgb, to_rgb};
use moodbox::ports::camera::{Frame, PixelFormat};
use moodbox::ports::vision::VisionError;
use moodbox::ports::vision::align::{Framing, align};
use moodbox::ports::vision::face::FaceFinder;
use moodbox::ports::vision::model::MoodModel;
use moodbox::ports::vision::pixels::Luma;
use moodbox::ports::vision::sidecar::Sidecar;
use moodbox::ports::vision::tensor::{Spec, TensorError, Tensors, TfLite, read_model};
use moodbox_core::mood::Scores;

/// The size of the picture, as a camera sends it.
pub const WIDTH: u32 = 640;
pub const HEIGHT: u32 = 480;

/// So many bytes in a row that are the same are no accident.
const RUN: usize = 16;
/// A run says something only if it is no flat area.
const DISTINCT: usize = 8;
/// Runs are taken this far apart, so that any piece of `STEP + RUN` bytes holds one.
const STEP: usize = 8;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A photograph of a face under noise that nothing else in the world has.
pub fn picture() -> Rgb {
    let photo =
        image::open(root("assets/photos/astronaut.png")).expect("deploy/fetch-assets brings the photo");
    let photo = photo.resize_to_fill(WIDTH, HEIGHT, image::imageops::FilterType::Triangle).into_rgb8();
    let mut data = photo.into_raw();
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    for byte in &mut data {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        *byte = byte.saturating_add_signed((seed % 25) as i8 - 12);
    }
    let mut rgb = Rgb::new();
    (rgb.width, rgb.height, rgb.data) = (WIDTH, HEIGHT, data);
    rgb
}

/// The picture as a file for the camera that plays photos.
pub fn save(picture: &Rgb, path: &Path) {
    let format = image::ExtendedColorType::Rgb8;
    image::save_buffer(path, &picture.data, picture.width, picture.height, format).unwrap();
}

/// The picture as a camera that sends JPEG would, and what it is after that way.
pub fn jpeg(picture: &Rgb) -> (Vec<u8>, Rgb) {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
    let kind = image::ExtendedColorType::Rgb8;
    encoder.encode(&picture.data, picture.width, picture.height, kind).unwrap();
    let mut frame = Frame::new();
    frame.fill(picture.width, picture.height, 0, PixelFormat::Mjpg, &bytes);
    let mut decoded = Rgb::new();
    to_rgb(&frame, &mut decoded).expect("the camera's decoder reads it");
    (bytes, decoded)
}

/// A network that runs, and writes down all that it was shown.
struct Spy {
    network: TfLite,
    shown: Arc<Mutex<Vec<Vec<f32>>>>,
}

impl Tensors for Spy {
    fn input(&self) -> &Spec {
        self.network.input()
    }

    fn outputs(&self) -> &[Spec] {
        self.network.outputs()
    }

    fn run(&mut self, input: &[f32], outputs: &mut [Vec<f32>]) -> Result<(), TensorError> {
        self.shown.lock().unwrap().push(input.to_vec());
        self.network.run(input, outputs)
    }
}

/// A copy of a face that must not leave: its name and its bytes.
pub type Copy = (&'static str, Vec<u8>);

/// Every form that the picture takes on its way through the device, and some that it could take on the way out.
pub fn copies(picture: &Rgb) -> Result<Vec<Copy>, VisionError> {
    let mut copies: Vec<Copy> = vec![("RGB", picture.data.clone())];
    let reordered = |order: [usize; 3]| -> Vec<u8> {
        picture.data.chunks_exact(3).flat_map(|pixel| order.map(|channel| pixel[channel])).collect()
    };
    copies.push(("BGR", reordered([2, 1, 0])));
    copies.push(("RGBA", picture.data.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()));
    for (channel, name) in ["red plane", "green plane", "blue plane"].into_iter().enumerate() {
        copies.push((name, picture.data.iter().skip(channel).step_by(3).copied().collect()));
    }
    let mut luma = Luma::default();
    luma.fill_from(picture);
    copies.push(("luma", luma.bytes().to_vec()));

    let runtime = root("assets/lib/libtensorflowlite_c.so");
    let load = |path: &Path| TfLite::load(&runtime, path, read_model(path)?);
    let shown = Arc::<Mutex<Vec<Vec<f32>>>>::default();
    let network = Box::new(Spy { network: load(&root("assets/models/face.tflite"))?, shown: shown.clone() });
    let faces = FaceFinder::over(network).expect("the face model fits").find(picture)?;
    let face = faces.first().expect("there is a face under the noise");
    for seen in std::mem::take(&mut *shown.lock().unwrap()) {
        copies.push(("what the face finder was shown", floats(&seen)));
        copies.push(("what the face finder was shown, in bytes", bytes(&seen)));
    }
    let sidecar = Sidecar::read(&root("models/mood.toml"))?;
    let file = root("models").join(&sidecar.file);
    let network = Box::new(Spy { network: load(&file)?, shown: shown.clone() });
    let mut model = MoodModel::over(network, sidecar).expect("the mood model fits");
    let crop = align(&luma, Framing::of(face), model.resolution());
    let _: Scores = model.scores(&crop)?;
    copies.push(("crop", crop.grey().to_vec()));
    copies.push(("crop, signed", crop.grey().iter().map(|byte| byte ^ 0x80).collect()));
    for seen in std::mem::take(&mut *shown.lock().unwrap()) {
        copies.push(("what the mood model was shown", floats(&seen)));
        copies.push(("what the mood model was shown, in bytes", bytes(&seen)));
        let signed: Vec<u8> = bytes(&seen).iter().map(|byte| byte ^ 0x80).collect();
        copies.push(("what the mood model was shown, in signed bytes", signed));
    }
    Ok(copies)
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// [-1, 1] as 0 to 255.
fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().map(|value| ((value + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8).collect()
}

/// Finds pieces of the copies in other bytes.
pub struct Searcher {
    /// The first half of each run, to the copies and runs that begin so.
    runs: HashMap<u64, Vec<(&'static str, [u8; RUN])>>,
    /// A bit for each hash of a first half: most places are passed by without looking further.
    sieve: Vec<u64>,
}

const SIEVE_BITS: u32 = 24;

fn sieve_place(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SIEVE_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl Searcher {
    pub fn new(copies: &[Copy]) -> Searcher {
        let mut searcher = Searcher { runs: HashMap::new(), sieve: vec![0; 1 << (SIEVE_BITS - 6)] };
        for (name, bytes) in copies {
            for start in (0..bytes.len().saturating_sub(RUN)).step_by(STEP) {
                let run: [u8; RUN] = bytes[start..start + RUN].try_into().unwrap();
                let mut seen = [false; 256];
                run.iter().for_each(|byte| seen[usize::from(*byte)] = true);
                if seen.iter().filter(|seen| **seen).count() >= DISTINCT {
                    let key = u64::from_ne_bytes(run[..8].try_into().unwrap());
                    let (word, bit) = sieve_place(key);
                    searcher.sieve[word] |= bit;
                    searcher.runs.entry(key).or_default().push((name, run));
                }
            }
        }
        searcher
    }

    /// How many runs it knows of each copy.
    pub fn known(&self) -> HashMap<&'static str, usize> {
        let mut known = HashMap::new();
        self.runs.values().flatten().for_each(|(name, _)| *known.entry(*name).or_default() += 1);
        known
    }

    /// Which copies show in `bytes` as they are, each with how many of its runs.
    pub fn plain(&self, bytes: &[u8]) -> HashMap<&'static str, usize> {
        let mut found = HashMap::new();
        let mut key = 0u64;
        for (at, byte) in bytes.iter().enumerate() {
            key = key >> 8 | u64::from(*byte) << 56;
            if at < 7 || key == 0 {
                continue;
            }
            let (word, bit) = sieve_place(key);
            if self.sieve[word] & bit == 0 {
                continue;
            }
            let start = at - 7;
            for (name, run) in self.runs.get(&key.to_le()).into_iter().flatten() {
                if bytes[start..].starts_with(run) {
                    *found.entry(*name).or_default() += 1;
                }
            }
        }
        found
    }

    /// As they are, as hexadecimal, base64 or decimal numbers, and as the pixels of a PNG.
    pub fn any(&self, bytes: &[u8]) -> Vec<String> {
        let mut told = Vec::new();
        let mut tell = |way: &str, bytes: &[u8]| {
            told.extend(
                self.plain(bytes).into_iter().map(|(name, runs)| format!("{name} {way} ({runs} runs)")),
            );
        };
        tell("as it is", bytes);
        for text in runs_of(bytes, |byte| byte.is_ascii_hexdigit(), 2 * RUN) {
            tell("in hexadecimal", &unhex(text));
            tell("in hexadecimal", &unhex(&text[1..]));
        }
        let sixty_four = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        for text in runs_of(bytes, sixty_four, 2 * RUN) {
            (0..4).for_each(|skip| tell("in base64", &unbase64(&text[skip..])));
        }
        let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'\n');
        for text in runs_of(bytes, number, 3 * RUN) {
            let text = std::str::from_utf8(text).unwrap();
            let numbers =
                text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse::<u8>().ok());
            tell("in decimal", &numbers.collect::<Vec<u8>>());
        }
        for (at, _) in bytes.windows(8).enumerate().filter(|(_, start)| *start == b"\x89PNG\r\n\x1a\n") {
            if let Ok(picture) = image::load_from_memory_with_format(&bytes[at..], image::ImageFormat::Png) {
                tell("in a PNG", picture.to_rgb8().as_raw());
                tell("in a PNG", picture.to_luma8().as_raw());
            }
        }
        told.sort();
        told.dedup();
        told
    }
}

/// The longest stretches of such bytes that are no shorter than `least`.
fn runs_of(bytes: &[u8], belongs: impl Fn(u8) -> bool, least: usize) -> Vec<&[u8]> {
    bytes.split(|byte| !belongs(*byte)).filter(|run| run.len() >= least).collect()
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default() as u8;
    text.as_chunks::<2>().0.iter().map(|[high, low]| digit(high) << 4 | digit(low)).collect()
}

fn unbase64(text: &[u8]) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    };
    let groups = text.as_chunks::<4>().0.iter();
    let bits = groups.map(|group| group.iter().fold(0u32, |bits, byte| bits << 6 | u32::from(value(*byte))));
    bits.flat_map(|bits| [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]).collect()
}
