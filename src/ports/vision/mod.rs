//! From a frame to the scores of a face: find it, align it, read it. No camera here.

mod drawing;
pub(crate) mod explain;
pub mod face;
pub mod model;
pub mod photo;
pub mod sidecar;
pub mod tensor;

use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::ports::camera::Frame;
use crate::ports::camera::formats::{FormatError, Rgb, to_rgb};
use crate::ports::vision::align::{Crop, Framing, align, whole};
use crate::ports::vision::face::{Face, FaceFinder};
use crate::ports::vision::model::MoodModel;
use crate::ports::vision::pixels::{Luma, Pixels};
use crate::ports::vision::tensor::TensorError;
use moodbox_core::kiosk::aim::Framed;
use moodbox_core::kiosk::event::Observation;
use moodbox_core::mood::{DecisionRule, Reading, Scores};
pub use moodbox_signal::{align, pixels};

/// Where the parts of vision are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisionConfig {
    /// The TensorFlow Lite C library, as deploy/fetch-assets brings it or as somebody built it.
    pub runtime: PathBuf,
    /// The face model: BlazeFace short-range.
    pub face_model: PathBuf,
    /// The sidecar (`mood.toml`) of the mood model, which stands beside it.
    pub mood_model: PathBuf,
    /// The sha256 of the face model, where it is another build than [`face::SHA256`].
    pub face_sha256: Option<String>,
}

/// Why nothing can be seen.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The tensor library, or a model that it does not take.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A file is another one than was meant, or a broken copy.
    #[error(
        "{path} has sha256 {found}, not {expected}: it is another file or a broken copy. Fetch or copy it again, or correct the sum"
    )]
    Sum {
        /// The file.
        path: String,
        /// Its sha256, in hexadecimal.
        found: String,
        /// The sha256 that it should have.
        expected: String,
    },
    /// The face model is not of the shape that is needed.
    #[error("the face model {path} does not fit: {reason}")]
    FaceModel {
        /// The model file.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// The mood model is not what its sidecar says.
    #[error("the mood model {path} does not fit its sidecar: {reason}")]
    MoodModel {
        /// The model file.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// The sidecar cannot be read, or something in it is wrong.
    #[error("the sidecar {path}: {reason}")]
    Sidecar {
        /// The sidecar.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A picture whose answer is known was answered otherwise, or cannot be read.
    #[error("the golden case {case}: {reason}")]
    Golden {
        /// The picture.
        case: String,
        /// What was answered, or why it cannot be read.
        reason: String,
    },
    /// A crop of another size than the model takes.
    #[error("a crop of {found} pixels a side was handed to a model that takes {wanted}")]
    Crop {
        /// Pixels a side of the crop.
        found: usize,
        /// Pixels a side that the model takes.
        wanted: usize,
    },
    /// A frame that is no picture.
    #[error("the camera's frame: {0}")]
    Frame(#[from] FormatError),
}

/// What one picture shows.
#[derive(Clone, Debug)]
pub struct Look {
    /// Every face, largest first.
    pub faces: Vec<FaceReading>,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// One face of a picture.
#[derive(Clone, Debug)]
pub struct FaceReading {
    /// Where it is; none when the whole picture was taken as the face.
    pub face: Option<Face>,
    /// Calibrated probabilities of the seven moods.
    pub scores: Scores,
    /// What the decision rule makes of the scores.
    pub reading: Reading,
    /// What the head of the official label says, not calibrated, where the model has one. Nothing that the
    /// device does follows from it.
    pub label: Option<Scores>,
}

/// A reading, and what it rested on.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    /// The face and its mood.
    pub reading: FaceReading,
    /// Where the crop that was read lies in the picture.
    pub framing: Framing,
    /// How much each part of the crop spoke for the mood.
    pub heat: explain::Heat,
}

/// The face finder, the mood model, and the buffers that they share from frame to frame.
pub struct Vision {
    finder: FaceFinder,
    model: MoodModel,
    rgb: Rgb,
    luma: Luma,
    crop: Crop,
}

/// Where the face of one capture was: the next frame is looked at there first, from near, and only now and
/// then as a whole. It holds no pixel. It ends with the capture: the next person stands elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    last: Option<Face>,
    faces: usize,
    /// The weight of the second face.
    second: f32,
    /// The next frame is read as its mirror image: the mean over both is right more often than either, and
    /// it costs nothing here, where the mean over the frames is taken anyway.
    mirrored: bool,
    /// Frames since the last that was looked at as a whole.
    followed: u32,
}

/// As many frames are followed between two that are looked at as a whole: of the seven of a capture, three
/// show other people who have come into view, which the vote needs.
const FOLLOWED: u32 = 2;

impl Vision {
    /// Loads the library and both models, and checks that they compute what they must: tens of
    /// milliseconds. A file that is missing, broken or another one is an error here and not later.
    ///
    /// # Errors
    /// When a file cannot be read, is another one than was meant, or a golden case fails.
    pub fn load(config: &VisionConfig) -> Result<Vision, VisionError> {
        Ok(Vision {
            finder: FaceFinder::load(&config.runtime, &config.face_model, config.face_sha256.as_deref())?,
            model: MoodModel::load(&config.runtime, &config.mood_model)?,
            rgb: Rgb::default(),
            luma: Luma::default(),
            crop: Crop::empty(),
        })
    }

    /// Checks every golden case of the mood model that was loaded by `config`; [`Vision::load`] checks the first two.
    ///
    /// # Errors
    /// When a picture cannot be read, or is answered otherwise.
    pub fn check_golden(&mut self, config: &VisionConfig) -> Result<(), VisionError> {
        self.model.check_golden(&config.mood_model)
    }

    /// The rule of the mood model for what is sure.
    pub fn judge(&self) -> DecisionRule {
        self.model.judge()
    }

    /// The sidecar of the mood model.
    pub fn sidecar(&self) -> &sidecar::Sidecar {
        self.model.sidecar()
    }

    /// Looks at a frame of the camera by itself. Nothing of the frame is left in memory afterwards but its
    /// scores.
    ///
    /// # Errors
    /// When the frame is no picture, or a network fails.
    pub fn observe(&mut self, frame: &Frame) -> Result<Observation, VisionError> {
        self.follow(frame, &mut Track::default())
    }

    /// Looks at the next frame of a capture, first where the face was in the one before. Beside the scores
    /// nothing of the frame is left in memory but, in `track`, where the face is.
    ///
    /// # Errors
    /// When the frame is no picture, or a network fails.
    pub fn follow(&mut self, frame: &Frame, track: &mut Track) -> Result<Observation, VisionError> {
        let mut luma = std::mem::take(&mut self.luma);
        let followed = self.follow_in_grey(frame, &mut luma, track);
        luma.wipe();
        self.luma = luma;
        if let Some(seen) = followed? {
            return Ok(seen);
        }
        let mut rgb = std::mem::take(&mut self.rgb);
        let result = to_rgb(frame, &mut rgb).map_err(VisionError::from);
        let result = result.and_then(|()| self.look_at_all(&rgb, track));
        rgb.wipe();
        self.rgb = rgb;
        result
    }

    /// How the largest face of a frame lies in it, and how bright it is; no mood is read. Nothing else of the frame is
    /// left in memory.
    ///
    /// # Errors
    /// When the frame is no picture, or a network fails.
    pub fn frame_of_face(&mut self, frame: &Frame) -> Result<Framed, VisionError> {
        let mut rgb = std::mem::take(&mut self.rgb);
        let result = to_rgb(frame, &mut rgb).map_err(VisionError::from);
        let result = result.and_then(|()| self.framed(&rgb));
        rgb.wipe();
        self.rgb = rgb;
        result
    }

    fn framed(&mut self, rgb: &Rgb) -> Result<Framed, VisionError> {
        let faces = self.finder.search(rgb, None)?;
        let count = faces.len();
        let Some(area) = faces.first().map(|face| face.area) else {
            return Ok(Framed { faces: 0, width: 0.0, room: 0.0, light: 0.0 });
        };
        let (width, height) = (rgb.width as f32, rgb.height as f32);
        let (x, y) = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        let room = [x, y, width - x, height - y].into_iter().fold(f32::INFINITY, f32::min);
        Ok(Framed {
            faces: count,
            width: area.width / width.min(height),
            room: room / area.width,
            light: rgb.brightness_within(area.x..area.x + area.width, area.y..area.y + area.height) / 255.0,
        })
    }

    /// The face of the frame before, where it still is about there and need not be looked for; none where the
    /// whole picture is due. Grey will do to know it again, and the mood is read from grey anyway.
    fn follow_in_grey(
        &mut self,
        frame: &Frame,
        luma: &mut Luma,
        track: &mut Track,
    ) -> Result<Option<Observation>, VisionError> {
        let Some(last) = track.last.filter(|_| track.followed < FOLLOWED) else { return Ok(None) };
        // A frame that cannot be read in grey may be torn. The caller reads its colours next, and reports that.
        if !luma.fill_from_frame(frame).unwrap_or(false) {
            return Ok(None);
        }
        let Some(face) = self.finder.again(Pixels::Grey(luma), &last)? else {
            // It has moved, or another has come: everything is looked at, in colour.
            track.last = None;
            return Ok(None);
        };
        *track = Track { last: Some(face), followed: track.followed + 1, ..*track };
        self.read_followed(luma, &face, track).map(Some)
    }

    /// How often the face finder has run: at least once a frame.
    pub fn looks(&self) -> u64 {
        self.finder.looks()
    }

    fn look_at_all(&mut self, rgb: &Rgb, track: &mut Track) -> Result<Observation, VisionError> {
        let due = track.followed >= FOLLOWED;
        let again = match track.last {
            Some(last) if !due => self.finder.again(Pixels::Colour(rgb), &last)?,
            _ => None,
        };
        match again {
            Some(face) => *track = Track { last: Some(face), followed: track.followed + 1, ..*track },
            None => {
                let faces = self.finder.search(rgb, track.last.as_ref().filter(|_| due))?;
                let second = faces.get(1).map_or(0.0, Face::weight);
                *track =
                    Track { last: faces.first().copied(), faces: faces.len(), second, followed: 0, ..*track };
            }
        }
        let Some(largest) = track.last else {
            return Ok(Observation { copy: false, faces: 0, rival: 0.0, scores: None });
        };
        let (columns, rows) = Framing::of(&largest).part_of(rgb.width, rgb.height);
        let mut luma = std::mem::take(&mut self.luma);
        luma.fill_part(rgb, columns, rows);
        let seen = self.read_followed(&luma, &largest, track);
        luma.wipe();
        self.luma = luma;
        seen
    }

    /// The mood of the largest face of a frame of a capture.
    fn read_followed(
        &mut self,
        luma: &Luma,
        largest: &Face,
        track: &mut Track,
    ) -> Result<Observation, VisionError> {
        self.crop.cut(luma, Framing::of(largest), self.model.resolution());
        if track.mirrored {
            self.crop.mirror();
        }
        track.mirrored = !track.mirrored;
        let scores = self.model.scores(&self.crop);
        self.crop.wipe();
        let rival = (track.second / largest.weight()).min(1.0);
        Ok(Observation { copy: false, faces: track.faces, rival, scores: Some(scores?) })
    }

    /// Looks at a photograph: every face of it.
    ///
    /// # Errors
    /// When a network fails.
    pub fn look(&mut self, rgb: &Rgb) -> Result<Look, VisionError> {
        let start = Instant::now();
        let faces = self.finder.find(rgb)?;
        self.luma.fill_from(rgb);
        let readings = faces
            .into_iter()
            .map(|face| {
                let crop = align(&self.luma, Framing::of(&face), self.model.resolution());
                self.read(Some(face), &crop)
            })
            .collect::<Result<Vec<_>, VisionError>>();
        self.luma.wipe();
        Ok(Look { faces: readings?, ms: start.elapsed().as_secs_f64() * 1e3 })
    }

    /// Takes the whole picture as one face that is framed already.
    ///
    /// # Errors
    /// When a network fails.
    pub fn look_cropped(&mut self, rgb: &Rgb) -> Result<Look, VisionError> {
        let start = Instant::now();
        self.luma.fill_from(rgb);
        let crop = whole(&self.luma, self.model.resolution());
        self.luma.wipe();
        let reading = self.read(None, &crop)?;
        Ok(Look { faces: vec![reading], ms: start.elapsed().as_secs_f64() * 1e3 })
    }

    /// Looks at a photograph, or at a face that is cut out already, and says for each face what its
    /// mood rested on: a few hundred inferences a face.
    ///
    /// # Errors
    /// When a network fails.
    pub(crate) fn explain(&mut self, rgb: &Rgb, cropped: bool) -> Result<Vec<Explained>, VisionError> {
        let look = if cropped { self.look_cropped(rgb)? } else { self.look(rgb)? };
        self.luma.fill_from(rgb);
        let side = self.model.resolution();
        let explained = look.faces.into_iter().map(|reading| {
            let framing = reading.face.as_ref().map_or_else(|| Framing::middle(&self.luma), Framing::of);
            let crop = match &reading.face {
                Some(_) => align(&self.luma, framing, side),
                None => whole(&self.luma, side),
            };
            Ok(Explained { framing, heat: explain::explain(&mut self.model, &crop)?, reading })
        });
        let explained = explained.collect();
        self.luma.wipe();
        explained
    }

    /// What a crop says of the face that it was cut around.
    fn read(&mut self, face: Option<Face>, crop: &Crop) -> Result<FaceReading, VisionError> {
        let logits = self.model.logits(crop)?;
        let scores = self.model.calibrated(&logits);
        let label = logits.label.map(|label| Scores::from_logits(label, 1.0));
        Ok(FaceReading { face, scores, reading: self.judge().read(scores), label })
    }
}

/// That a file, read from `path`, is the one that was meant: `expected` is its sha256 in hexadecimal.
///
/// # Errors
/// When it is another one.
pub fn check_sum(path: &Path, bytes: &[u8], expected: &str) -> Result<(), VisionError> {
    let found: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found.eq_ignore_ascii_case(expected.trim()) {
        return Ok(());
    }
    Err(VisionError::Sum { path: path.display().to_string(), found, expected: expected.into() })
}
