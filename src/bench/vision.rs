//! From a camera's frame to the scores of a face, and its stages, beside what cannot be left out: the JPEG
//! decoded once, and each of the two networks run once.

use std::hint::black_box;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, ensure};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, RgbImage};
use zeroize::Zeroizing;

use super::Figure;
use super::clock::Times;
use crate::numbers::Whole;
use crate::ports::camera::formats::{Rgb, to_grey, to_rgb};
use crate::ports::camera::{Frame, PixelFormat};
use crate::ports::vision::align::{Framing, align};
use crate::ports::vision::face::FaceFinder;
use crate::ports::vision::model::MoodModel;
use crate::ports::vision::photo::read_photo;
use crate::ports::vision::pixels::{Luma, Pixels};
use crate::ports::vision::sidecar::Sidecar;
use crate::ports::vision::tensor::{Tensors, TfLite, read_model};
use crate::ports::vision::{Track, Vision, VisionConfig};

/// The frame that most cameras give.
pub const SIZE: (u32, u32) = (640, 480);

/// Frames of one capture, as the shipped configuration has it.
const FRAMES: usize = 7;

/// How many times the bare work the whole may take.
const RATIO: f64 = 1.08;

/// A photo as a camera would send it: on a wall, as large as fits, as MJPG.
///
/// # Errors
/// When the photo cannot be read.
pub fn frame(photo: &Path) -> anyhow::Result<Frame> {
    let scene = scene(photo)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(Cursor::new(&mut jpeg), 85).encode(
        scene.as_raw(),
        SIZE.0,
        SIZE.1,
        ExtendedColorType::Rgb8,
    )?;
    let mut frame = Frame::new();
    frame.fill(SIZE.0, SIZE.1, 0, PixelFormat::Mjpg, &jpeg);
    Ok(frame)
}

/// The same before it is compressed.
///
/// # Errors
/// When the photo cannot be read.
pub fn scene(photo: &Path) -> anyhow::Result<RgbImage> {
    let mut rgb = read_photo(photo).with_context(|| format!("photo {}", photo.display()))?;
    let (width, height) = (rgb.width, rgb.height);
    let picture = RgbImage::from_raw(width, height, std::mem::take(&mut rgb.data));
    let picture = picture.context("the photo has other bytes than its size says")?;
    let scale = (f64::from(SIZE.0) / f64::from(width)).min(f64::from(SIZE.1) / f64::from(height));
    let side = |of: u32, most: u32| ((f64::from(of) * scale).round().to_u32()).clamp(1, most);
    let (width, height) = (side(width, SIZE.0), side(height, SIZE.1));
    let picture = imageops::resize(&picture, width, height, FilterType::Triangle);
    let mut scene = RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([150, 146, 138]));
    let middle = |whole: u32, part: u32| i64::from((whole - part) / 2);
    imageops::replace(&mut scene, &picture, middle(SIZE.0, width), middle(SIZE.1, height));
    Ok(scene)
}

/// A network alone, with an input to run it on.
struct Bare {
    network: TfLite,
    input: Vec<f32>,
    outputs: Vec<Vec<f32>>,
}

impl Bare {
    fn load(runtime: &Path, model: &Path) -> anyhow::Result<Bare> {
        let network = TfLite::load(runtime, model, read_model(model)?)?;
        let input = (0..network.input().len()).map(|at| (at % 17) as f32 / 17.0 - 0.5).collect();
        let outputs = vec![Vec::new(); network.outputs().len()];
        Ok(Bare { network, input, outputs })
    }

    fn run(&mut self) -> anyhow::Result<()> {
        Ok(self.network.run(&self.input, &mut self.outputs)?)
    }
}

/// Each stage of a look at a photo.
pub struct Stages {
    /// The frame of the camera, compressed.
    pub frame: Frame,
    /// The same frame, decoded.
    pub rgb: Rgb,
    /// Finds the face in it.
    pub finder: FaceFinder,
    /// Reads the mood of the face.
    pub model: MoodModel,
    /// Brightness of the part of the picture around the face, kept so that no run allocates it again.
    pub luma: Luma,
}

impl Stages {
    /// Loads both networks and decodes the photo once.
    ///
    /// # Errors
    /// When a network or the photo cannot be read.
    pub fn load(config: &VisionConfig, photo: &Path) -> anyhow::Result<Stages> {
        let mut stages = Stages {
            frame: frame(photo)?,
            rgb: Rgb::new(),
            finder: FaceFinder::load(&config.runtime, &config.face_model, config.face_sha256.as_deref())?,
            model: MoodModel::load(&config.runtime, &config.mood_model)?,
            luma: Luma::default(),
        };
        to_rgb(&stages.frame, &mut stages.rgb)?;
        Ok(stages)
    }
}

/// Measures `rounds` times, in turns, so that a disturbance meets all alike.
///
/// # Errors
/// When a network or the photo cannot be read, or no face is found in the photo.
pub(crate) fn measure(config: &VisionConfig, photo: &Path, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let mut vision = Vision::load(config)?;
    let mut stages = Stages::load(config, photo)?;
    let sidecar = Sidecar::read(&config.mood_model)?;
    let mood = config.mood_model.parent().unwrap_or(Path::new(".")).join(&sidecar.file);
    let mut face_alone = Bare::load(&config.runtime, &config.face_model)?;
    let mut mood_alone = Bare::load(&config.runtime, &mood)?;
    let seen = vision.observe(&stages.frame)?;
    ensure!(seen.faces > 0, "no face is found in {}: name another by --photo", photo.display());

    let [mut decode, mut grey, mut face, mut classify] = [(); 4].map(|()| Times::default());
    let mut greys = Zeroizing::new(Vec::new());
    let [mut first, mut capture] = [(); 2].map(|()| Times::default());
    let [mut find, mut again, mut cut, mut read] = [(); 4].map(|()| Times::default());
    let (mut looks, mut frames) = (0, 0);
    for _ in 0..rounds.max(1) {
        decode.take(|| to_rgb(&stages.frame, &mut stages.rgb))?;
        grey.take(|| to_grey(&stages.frame, &mut greys))?;
        face.take(|| face_alone.run())?;
        classify.take(|| mood_alone.run())?;

        first.take(|| vision.observe(&stages.frame))?;
        let before = vision.looks();
        let mut track = Track::default();
        capture.take(|| (0..FRAMES).try_for_each(|_| vision.follow(&stages.frame, &mut track).map(drop)))?;
        (looks, frames) = (looks + vision.looks() - before, frames + FRAMES);

        let faces = find.take(|| stages.finder.find(&stages.rgb))?;
        let Some(largest) = faces.first() else { continue };
        again.take(|| stages.finder.again(Pixels::Colour(&stages.rgb), largest).map(drop))?;
        let side = stages.model.resolution();
        let crop = cut.take(|| {
            let framing = Framing::of(largest);
            let (columns, rows) = framing.part_of(stages.rgb.width, stages.rgb.height);
            stages.luma.fill_part(&stages.rgb, columns, rows);
            align(&stages.luma, framing, side)
        });
        black_box(read.take(|| stages.model.scores(&crop))?);
    }
    let bare = decode.median() + face.median() + classify.median();
    let whole = capture.median() / FRAMES as f64;
    Ok(vec![
        Figure::new(
            "vision.ratio_to_bare",
            whole / bare,
            "",
            "a frame of a capture, photo to mood, to bare work",
        )
        .within(RATIO),
        Figure::new(
            "vision.first_ratio_to_bare",
            first.median() / bare,
            "",
            "the same for a frame by itself",
        ),
        Figure::new("vision.ms", whole, "ms", "a frame of a capture, photo to mood"),
        Figure::new("vision.first_ms", first.median(), "ms", "a frame by itself: the first of a capture"),
        Figure::new("vision.bare_ms", bare, "ms", "JPEG decoded, each network run once"),
        Figure::new("vision.bare_decode_ms", decode.median(), "ms", "of it, the JPEG"),
        Figure::new(
            "vision.decode_grey_ms",
            grey.median(),
            "ms",
            "a JPEG's grey alone, as of a face that is followed",
        ),
        Figure::new("vision.bare_face_ms", face.median(), "ms", "of it, the face finder's network"),
        Figure::new("vision.bare_mood_ms", classify.median(), "ms", "of it, the mood model's network"),
        Figure::new(
            "vision.looks_per_frame",
            looks as f64 / frames as f64,
            "",
            "runs of the face finder's network a frame",
        ),
        Figure::new("vision.frames_per_s", 1e3 / whole, "1/s", "frames that could be read in a second"),
        Figure::new("vision.find_ms", find.median(), "ms", "find a face in the whole picture, with its eyes"),
        Figure::new("vision.follow_ms", again.median(), "ms", "find it where it was before"),
        Figure::new("vision.align_ms", cut.median(), "ms", "cut it out level"),
        Figure::new("vision.classify_ms", read.median(), "ms", "read its mood"),
    ])
}
