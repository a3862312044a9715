//! Finding faces: BlazeFace short-range (Bazarevsky et al. 2019), as published with MediaPipe 0.10.14.

use std::path::Path;

use zeroize::Zeroizing;

use crate::numbers::Whole;
use crate::ports::camera::formats::Rgb;
use crate::ports::vision::VisionError;
use crate::ports::vision::drawing;
use crate::ports::vision::pixels::{Pixels, Viewer, Window};
use crate::ports::vision::tensor::{Element, Tensors, TfLite, read_model};

pub use moodbox_signal::geometry::{Area, Eyes, Face, Point};

/// The sha256 of the face model that deploy/fetch-assets brings, in hexadecimal.
pub const SHA256: &str = "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8";

/// Pixels a side of the network's input.
const SIDE: usize = 128;
/// Values a box: centre, size, then six key points.
const VALUES: usize = 16;
/// From which score a box seen from near is a face. MediaPipe takes 0.5 of the whole picture, but walls
/// and curtains reach that now and then; faces seen from near mostly lie above 0.8.
const LEAST_SCORE: f32 = 0.65;
/// From which score a box is worth a look from near. Of 400 FER2013 faces pasted into larger scenes,
/// 98 % reach it in the whole scene, but only 80 % reach 0.5.
const HINT: f32 = 0.2;
/// The same where no face was found otherwise. Of 13,285 FER2013 faces in scenes [`HINT`] misses 427,
/// and 119 of those are found from here; of 400 cuts from pictures without people (rooms, walls, text,
/// a town) 49 instead of 44 are then taken for a face.
const FAINT: f32 = 0.1;
/// How much larger than the face the near window is, in the order tried: the network wants to see
/// some surroundings, but a face that fills a photograph has none.
const NEAR: [f32; 2] = [2.0, 1.4];
/// A kiosk's picture never has more; it bounds the time that a picture full of patterns takes.
const MOST_HINTS: usize = 16;
/// From which share of the smaller box in the larger only one of them can be a face.
const COVERED: f32 = 0.5;
/// From which overlap two boxes are the same face, as MediaPipe has it.
const SAME_FACE: f32 = 0.3;
/// Finds faces.
pub struct FaceFinder {
    network: Box<dyn Tensors>,
    anchors: Vec<Point>,
    boxes: usize,
    logits: usize,
    input: Zeroizing<Vec<f32>>,
    outputs: Vec<Vec<f32>>,
    viewer: Viewer,
    /// How often the network has run.
    looks: u64,
    // Lists that are filled anew for each picture, and kept so that nothing is allocated for it.
    candidates: Vec<Face>,
    /// What the last run saw.
    seen: Vec<Face>,
    hints: Vec<Face>,
    confirmed: Vec<Face>,
    faces: Vec<Face>,
    /// Where something showed from far at the last search that is no face from near.
    refuted: Vec<Area>,
}

impl FaceFinder {
    /// Loads and checks the model. `sha256` overrides the pinned sum, for another build of the model.
    ///
    /// # Errors
    /// When the library or the model cannot be read, the model is another one, or it does not find a drawn face.
    pub fn load(runtime: &Path, model: &Path, sha256: Option<&str>) -> Result<FaceFinder, VisionError> {
        let bytes = read_model(model)?;
        let expected = sha256.unwrap_or(SHA256);
        super::check_sum(model, &bytes, expected)?;
        let mut finder = FaceFinder::over(Box::new(TfLite::load(runtime, model, bytes)?))
            .map_err(|reason| VisionError::FaceModel { path: model.display().to_string(), reason })?;
        finder.check_drawing(
            model,
            if sha256.is_none() { drawing::PINNED_NEAR } else { drawing::OTHER_NEAR },
        )?;
        Ok(finder)
    }

    /// Around a network with the shapes of BlazeFace; otherwise says what does not fit.
    ///
    /// # Errors
    /// What of it does not fit, in words.
    pub fn over(network: Box<dyn Tensors>) -> Result<FaceFinder, String> {
        let anchors = anchors();
        let input = network.input();
        if input.shape != [1, SIDE, SIDE, 3] || input.element != Element::Float32 {
            return Err(format!("its input is {input}, not [1, {SIDE}, {SIDE}, 3] float32"));
        }
        let find = |last: usize| {
            let wanted = [1, anchors.len(), last];
            network
                .outputs()
                .iter()
                .position(|spec| spec.shape == wanted)
                .ok_or(format!("it has no output {wanted:?}"))
        };
        let (boxes, logits) = (find(VALUES)?, find(1)?);
        let outputs = vec![Vec::new(); network.outputs().len()];
        Ok(FaceFinder {
            network,
            anchors,
            boxes,
            logits,
            input: Zeroizing::new(Vec::new()),
            outputs,
            viewer: Viewer::default(),
            looks: 0,
            candidates: Vec::new(),
            seen: Vec::new(),
            hints: Vec::new(),
            confirmed: Vec::new(),
            faces: Vec::new(),
            refuted: Vec::new(),
        })
    }

    /// The faces of a picture: first the largest, unless it is but faintly a face.
    ///
    /// The whole picture is looked at first. A picture longer than it is high leaves few of the
    /// network's pixels to a face, so when nothing is found there, squares along it are looked at too, and
    /// fainter hints are followed.
    /// Whatever might be a face is looked at once more from near: that tells faces that are small or
    /// cut off from things that only resemble one, and it places the eyes several times finer.
    ///
    /// # Errors
    /// When the network fails.
    pub fn find(&mut self, rgb: &Rgb) -> Result<Vec<Face>, VisionError> {
        self.search(rgb, None).map(<[Face]>::to_vec)
    }

    /// [`FaceFinder::find`] without a list of its own. A face that is `known` from near is taken as it was if
    /// it has kept still and nothing else shows from far but what was looked at from near before.
    pub(super) fn search(&mut self, rgb: &Rgb, known: Option<&Face>) -> Result<&[Face], VisionError> {
        let whole = Window::around(rgb.width, rgb.height);
        self.look_at(Pixels::Colour(rgb), whole, HINT)?;
        if let Some(known) = known
            && self.is_alone(known)
        {
            self.faces.clear();
            self.faces.push(*known);
            return Ok(&self.faces);
        }
        self.refuted.clear();
        std::mem::swap(&mut self.hints, &mut self.seen);
        self.confirm(rgb)?;
        if self.faces.is_empty() {
            self.look_at(Pixels::Colour(rgb), whole, FAINT)?;
            self.hints.clear();
            self.hints.append(&mut self.seen);
            for window in squares(rgb.width, rgb.height) {
                self.look_at(Pixels::Colour(rgb), window, FAINT)?;
                self.hints.append(&mut self.seen);
            }
            std::mem::swap(&mut self.candidates, &mut self.hints);
            merge(&mut self.candidates, &mut self.hints);
            self.confirm(rgb)?;
        }
        self.faces.sort_unstable_by(|a, b| b.weight().total_cmp(&a.weight()));
        Ok(&self.faces)
    }

    /// A face that was at `last` a moment ago, if it is still about there: one look from near in the place
    /// of one from far and one from near. None also when another face has come into sight: then it is time
    /// to look at all of the picture.
    pub(crate) fn again(&mut self, picture: Pixels<'_>, last: &Face) -> Result<Option<Face>, VisionError> {
        self.look_at(picture, Window::near(&last.area, NEAR[0]), LEAST_SCORE)?;
        Ok(match self.seen.as_slice() {
            [face] if face.area.overlap(&last.area) >= SAME_FACE => Some(*face),
            _ => None,
        })
    }

    /// Whether, by the last look from far, a face is where it was and no other has come into sight.
    fn is_alone(&self, known: &Face) -> bool {
        let (mut itself, mut others) = (0, 0);
        for hint in &self.seen {
            if hint.area.is_about(&known.area) {
                itself += 1;
            } else if self.refuted.iter().all(|area| area.overlap(&hint.area) < SAME_FACE) {
                others += 1;
            }
        }
        (itself, others) == (1, 0)
    }

    /// How often the network has run.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// Of `hints`, those that are faces when seen from near, into `faces`. A face that shows elsewhere in a
    /// near window is a hint too.
    fn confirm(&mut self, rgb: &Rgb) -> Result<(), VisionError> {
        self.confirmed.clear();
        let mut next = 0;
        while let Some(hint) = self.hints.get(next).copied().filter(|_| next < MOST_HINTS) {
            next += 1;
            let before = self.confirmed.len();
            for near in NEAR {
                let mut best: Option<(f32, Face)> = None;
                self.look_at(Pixels::Colour(rgb), Window::near(&hint.area, near), LEAST_SCORE)?;
                for seen in &self.seen {
                    let overlap = seen.area.overlap(&hint.area);
                    if overlap < SAME_FACE {
                        let waiting = self.hints.iter().skip(next);
                        if self
                            .confirmed
                            .iter()
                            .chain(waiting)
                            .all(|known| seen.area.cover(&known.area) < COVERED)
                        {
                            self.hints.push(*seen);
                        }
                    } else if best.is_none_or(|(most, _)| overlap > most) {
                        best = Some((overlap, *seen));
                    }
                }
                if let Some((_, face)) = best {
                    self.confirmed.push(face);
                    break;
                }
            }
            if self.confirmed.len() == before {
                self.refuted.push(hint.area);
            }
        }
        // Of two that cover each other only the clearer is a face: a face is never seen inside another.
        self.confirmed.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        self.faces.clear();
        for face in &self.confirmed {
            if self.faces.iter().all(|other| face.area.cover(&other.area) < COVERED) {
                self.faces.push(*face);
            }
        }
        Ok(())
    }

    /// One run over one window; what it shows stands in `seen`.
    fn look_at(&mut self, picture: Pixels<'_>, window: Window, least: f32) -> Result<(), VisionError> {
        self.looks += 1;
        self.viewer.view(picture, window, SIDE, &mut self.input);
        let run = self.network.run(&self.input, &mut self.outputs);
        self.input.fill(0.0);
        zeroize::optimization_barrier(self.input.as_slice());
        run?;
        self.candidates.clear();
        let boxes = self.outputs[self.boxes].chunks_exact(VALUES);
        for ((logit, values), anchor) in self.outputs[self.logits].iter().zip(boxes).zip(&self.anchors) {
            let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
            if score >= least && values.iter().all(|value| value.is_finite()) {
                self.candidates.push(decode(values, *anchor, score, window));
            }
        }
        merge(&mut self.candidates, &mut self.seen);
        Ok(())
    }
}

/// The anchors: a grid of 16 with two in a cell, then a grid of 8 with six, at the centres, in [0, 1].
fn anchors() -> Vec<Point> {
    let grid = |cells: usize, each: usize| {
        (0..cells * cells).flat_map(move |cell| {
            let centre = |index: usize| (index as f32 + 0.5) / cells as f32;
            std::iter::repeat_n(Point { x: centre(cell % cells), y: centre(cell / cells) }, each)
        })
    };
    grid(16, 2).chain(grid(8, 6)).collect()
}

/// Values are in 128ths of the window, relative to the anchor.
fn decode(values: &[f32], anchor: Point, score: f32, window: Window) -> Face {
    let scale = window.side / SIDE as f32;
    let point = |at: usize| Point {
        x: window.x + anchor.x * window.side + values[at] * scale,
        y: window.y + anchor.y * window.side + values[at + 1] * scale,
    };
    let centre = point(0);
    let (width, height) = (values[2] * scale, values[3] * scale);
    Face {
        area: Area { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height },
        // The key points: the person's right eye, left eye, nose, mouth, right ear, left ear.
        eyes: Eyes { left_in_picture: point(4), right_in_picture: point(6) },
        mouth: point(10),
        score,
    }
}

/// Weighted non-maximum suppression: boxes of one face become their mean, weighted by score, which
/// is steadier from frame to frame than the best of them.
fn merge(candidates: &mut Vec<Face>, faces: &mut Vec<Face>) {
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    faces.clear();
    while let Some(best) = candidates.first().copied() {
        let mut mean = best;
        let mut weight = 0.0;
        candidates.retain(|other| {
            let same = best.area.overlap(&other.area) > SAME_FACE;
            if same {
                weight += other.score;
                mean = mean.towards(other, other.score / weight);
            }
            !same
        });
        // A box without an area overlaps with nothing, not even itself.
        if weight == 0.0 {
            candidates.remove(0);
            continue;
        }
        faces.push(mean);
    }
}

/// Overlapping squares that cover a long picture; none for one that is about square.
fn squares(width: u32, height: u32) -> Vec<Window> {
    let (long, short) = (width.max(height) as f32, width.min(height) as f32);
    if short < 1.0 || long < short * 1.2 {
        return Vec::new();
    }
    // Half of each square is shared with the next, so that a face is whole in one of them. A strip
    // is not searched for ever.
    let count = ((2.0 * (long - short) / short).ceil().to_usize() + 1).clamp(2, 9);
    (0..count)
        .map(|at| {
            let along = (long - short) * at as f32 / (count - 1) as f32;
            let (x, y) = if width > height { (along, 0.0) } else { (0.0, along) };
            Window { x, y, side: short }
        })
        .collect()
}

impl FaceFinder {
    /// Finds the drawn face, with its eyes within `near` pixels of where they were found when this was
    /// written: a library that computes wrongly shows here, at the start.
    fn check_drawing(&mut self, model: &Path, near: f32) -> Result<(), VisionError> {
        let drawing = drawing::face();
        self.look_at(Pixels::Colour(&drawing), Window::around(drawing::SIDE, drawing::SIDE), LEAST_SCORE)?;
        let found = &self.seen;
        let right = match found.as_slice() {
            [face] => {
                let eyes = [face.eyes.left_in_picture, face.eyes.right_in_picture];
                eyes.iter().zip(drawing::EYES).all(|(eye, at)| (eye.x - at.x).hypot(eye.y - at.y) <= near)
            }
            _ => false,
        };
        if right {
            return Ok(());
        }
        Err(VisionError::FaceModel {
            path: model.display().to_string(),
            reason: format!(
                "it does not find a drawn face where it should (it finds {found:?}): the tensor library computes \
                 wrongly on this machine, or the model is another network"
            ),
        })
    }
}

#[cfg(test)]
#[path = "face_tests.rs"]
mod tests;
