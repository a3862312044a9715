//! How soon a look may be read, and what that costs: series of disturbed pictures, read by the mood model of this
//! checkout, and by both rules: after the whole second, and as soon as the evidence is in.
//!
//! `cargo run --example time_to_decide -- DIR [MOST]` takes faces that are cut out, sorted into folders by
//! mood, as `moodbox eval DIR --cropped` does; at most MOST of each mood. The figures come as JSON, shares from
//! 0 to 1 and times in milliseconds: `moodtrain card --decide FILE` puts them into the model card.
//!
//! A picture becomes a second of a camera: the head moves (shift 1 pixel of 48, size 4 %, roll 3 degrees, each a
//! first-order process with a memory of a third of a second), the light changes by 5 %, the sensor adds noise
//! of 4 grey levels. In half of the series the face has just turned to the camera: for the first 100 to 400 ms
//! it is mixed with another expression and off its place. A quarter has a blink of 150 ms.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use moodbox::paths;
use moodbox::ports::vision::align::whole;
use moodbox::ports::vision::model::MoodModel;
use moodbox::ports::vision::pixels::Luma;
use moodbox_core::kiosk::event::Observation;
use moodbox_core::kiosk::evidence::{EARLIEST, is_enough};
use moodbox_core::kiosk::vote::vote;
use moodbox_core::mood::{Mood, Reading, Strength};
use moodbox_core::recommend::synthetic_library::normal;

/// When the camera worker looks, in milliseconds after the first frame.
const LOOKS: [u64; 7] = [0, 125, 250, 438, 625, 813, 1000];

struct Face {
    mood: Mood,
    side: usize,
    grey: Vec<u8>,
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().context("name a folder of faces sorted by mood")?);
    let most = args.next().map_or(Ok(usize::MAX), |most| most.parse()).context("MOST is a number")?;
    let mut model = MoodModel::load(&paths::runtime(), &paths::mood_model())?;
    let judge = model.judge();
    let faces = faces(&folder, most, model.resolution())?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut second, mut early) = (Tally::default(), Tally::default());
    let mut agree = 0;
    for number in 0..faces.len() {
        let mut seen = Vec::new();
        let mut decided = None;
        for (ms, grey) in LOOKS.into_iter().zip(series(&faces, number, &mut rng)) {
            let side = faces[number].side;
            let luma = Luma::new(side as u32, side as u32, grey).context("a face has no pixels")?;
            let scores = model.scores(&whole(&luma, side))?;
            seen.push(Observation { copy: false, faces: 1, rival: 0.0, scores: Some(scores) });
            if decided.is_none() && Duration::from_millis(ms) >= EARLIEST && is_enough(&seen, &judge) {
                decided = Some((ms, vote(&seen, &judge)));
            }
        }
        let full = vote(&seen, &judge);
        let (ms, first) = decided.unwrap_or((LOOKS[LOOKS.len() - 1], full));
        let clear = matches!(full, Reading::Sure { strength: Strength::Clear | Strength::Strong, .. });
        agree += usize::from(named(full) == named(first));
        second.add(faces[number].mood, full, LOOKS[LOOKS.len() - 1], clear);
        early.add(faces[number].mood, first, ms, clear);
    }
    let all = faces.len();
    let figures = json!({
        "series": all,
        "agree": share(agree, all),
        "second": second.figures(all),
        "sequential": early.figures(all),
    });
    println!("{figures:#}");
    Ok(())
}

#[derive(Default)]
struct Tally {
    sure: usize,
    right: usize,
    first: usize,
    times: Vec<u64>,
    clear: Vec<u64>,
}

impl Tally {
    fn add(&mut self, mood: Mood, reading: Reading, ms: u64, clear: bool) {
        self.sure += usize::from(matches!(reading, Reading::Sure { .. }));
        self.right += usize::from(matches!(reading, Reading::Sure { mood: read, .. } if read == mood));
        self.first += usize::from(named(reading) == Some(mood));
        self.times.push(ms);
        if clear {
            self.clear.push(ms);
        }
    }

    fn figures(&mut self, all: usize) -> Value {
        let middle = |times: &mut Vec<u64>| {
            times.sort_unstable();
            times.get(times.len() / 2).copied()
        };
        json!({
            "sure": share(self.sure, all),
            "right_when_sure": share(self.right, self.sure),
            "first_right": share(self.first, all),
            "median_ms": middle(&mut self.times),
            "median_clear_ms": middle(&mut self.clear),
        })
    }
}

fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}

/// The mood that leads, sure or not.
fn named(reading: Reading) -> Option<Mood> {
    match reading {
        Reading::Sure { mood, .. } => Some(mood),
        Reading::Unsure { first, .. } => Some(first),
        Reading::NoFace | Reading::SeveralFaces { .. } => None,
    }
}

fn faces(folder: &Path, most: usize, side: usize) -> anyhow::Result<Vec<Face>> {
    let mut faces = Vec::new();
    for mood in Mood::ALL {
        let Ok(entries) = std::fs::read_dir(folder.join(mood.name())) else { continue };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files.into_iter().take(most) {
            let picture = image::open(&file).with_context(|| file.display().to_string())?.into_luma8();
            let filter = image::imageops::FilterType::Triangle;
            let picture = image::imageops::resize(&picture, side as u32, side as u32, filter);
            faces.push(Face { mood, side, grey: picture.into_raw() });
        }
    }
    if faces.is_empty() {
        bail!("{} has no folder named after a mood with pictures in it", folder.display());
    }
    Ok(faces)
}

/// A second of one face: a picture for each look.
fn series(faces: &[Face], number: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let face = &faces[number];
    let other = &faces[rng.random_range(0..faces.len())];
    let turns = if rng.random_range(0..2) == 0 { rng.random_range(100..400) } else { 0 };
    let blink = if rng.random_range(0..4) == 0 { rng.random_range(0..850) } else { u64::MAX };
    let mut moves: [f32; 5] = std::array::from_fn(|_| normal(rng));
    let mut last = 0;
    let unit = face.side as f32 / 48.0;
    LOOKS
        .into_iter()
        .map(|ms| {
            let kept = (-((ms - last) as f32) / 333.0).exp();
            last = ms;
            for number in &mut moves {
                *number = kept * *number + (1.0 - kept * kept).sqrt() * normal(rng);
            }
            let turning = if ms < turns { 1.0 - ms as f32 / turns as f32 } else { 0.0 };
            let [x, y, size, roll, light] = moves;
            let place = Place {
                x: unit * (x + 8.0 * turning),
                y: unit * y,
                size: (0.04 * size).exp(),
                roll: (3.0 * roll).to_radians(),
            };
            let closed = blink <= ms && ms < blink.saturating_add(150);
            let gain = 1.0 + 0.05 * light;
            let mut picture = Vec::with_capacity(face.grey.len());
            for row in 0..face.side {
                for column in 0..face.side {
                    let own = place.read(face, column, row);
                    let theirs = if turning > 0.0 { place.read(other, column, row) } else { own };
                    let mut grey = own + 0.6 * turning.min(1.0) * (theirs - own);
                    // Lids: the rows of the eyes are as the cheeks below them.
                    let share = row as f32 / face.side as f32;
                    if closed && (0.3..0.45).contains(&share) {
                        grey = place.read(face, column, row + face.side / 6);
                    }
                    picture.push((gain * grey + 4.0 * normal(rng)).clamp(0.0, 255.0) as u8);
                }
            }
            picture
        })
        .collect()
}

/// Where the head is.
struct Place {
    x: f32,
    y: f32,
    size: f32,
    roll: f32,
}

impl Place {
    /// The grey of a pixel of the moved face, between the pixels of the picture.
    fn read(&self, face: &Face, column: usize, row: usize) -> f32 {
        let middle = (face.side as f32 - 1.0) / 2.0;
        let (x, y) = (column as f32 - middle, row as f32 - middle);
        let (sin, cos) = self.roll.sin_cos();
        let within = |value: f32| value.clamp(0.0, face.side as f32 - 1.001);
        let across = within((cos * x - sin * y) / self.size + middle + self.x);
        let down = within((sin * x + cos * y) / self.size + middle + self.y);
        let (left, top) = (across as usize, down as usize);
        let at = |x: usize, y: usize| f32::from(face.grey[y * face.side + x]);
        let (fx, fy) = (across - left as f32, down - top as f32);
        let upper = at(left, top) + (at(left + 1, top) - at(left, top)) * fx;
        let lower = at(left, top + 1) + (at(left + 1, top + 1) - at(left, top + 1)) * fx;
        upper + (lower - upper) * fy
    }
}
