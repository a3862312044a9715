//! `moodbox look`: what the kiosk would read from photographs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde::Serialize;

use super::explain;
use crate::numbers::Whole;
use crate::port_factory;
use crate::ports::vision::photo::read_photo;
use crate::ports::vision::{FaceReading, Look, Vision};
use moodbox_core::mood::{Mood, Reading, Scores, Strength};

/// Says what the kiosk would read from photographs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  moodbox look me.jpg
  moodbox look --json *.jpg              a JSON object on a line for each photo
  moodbox look --cropped face48.png      the picture is the face, cut out already
  moodbox look --explain why.png me.jpg  and a picture of what the reading rested on

Exit code: 0 when every file was read, 1 when some were not; each of those is named with the reason.")]
pub struct Args {
    /// JPEG or PNG pictures
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// One JSON object a line instead of text
    #[arg(long)]
    pub json: bool,
    /// Take each picture as a face that is cut out already; no face is looked for
    #[arg(long)]
    pub cropped: bool,
    /// Write the photo with a heat map of what its reading rested on, and the next-best mood, as PNG
    #[arg(long, value_name = "OUT.png")]
    pub explain: Option<PathBuf>,
}

/// Reads each photo and prints what it shows; fails where one cannot be read.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.explain.is_some() && args.photos.len() > 1 {
        bail!("--explain writes one picture: name one photo with it, not {}", args.photos.len());
    }
    let mut vision = Vision::load(&port_factory::vision_config()).context("cannot look at pictures")?;
    let mut all_read = true;
    for photo in &args.photos {
        match look_at(&mut vision, photo, args.cropped) {
            Ok(line) if args.json => crate::terminal::json(&serde_json::to_string(&line)?),
            Ok(line) => say!("{}", line.text()),
            Err(reason) => {
                all_read = false;
                if args.json {
                    say!("{}", serde_json::json!({ "photo": photo.display().to_string(), "error": reason }));
                }
                tell!("moodbox look: {}: {reason}", photo.display());
            }
        }
    }
    if let (Some(out), [photo], true) = (&args.explain, args.photos.as_slice(), all_read) {
        explain::explain(&mut vision, photo, &read_photo(photo)?, args.cropped, out)?;
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What one photo came to, or why it could not be read.
pub fn look_at(vision: &mut Vision, photo: &Path, cropped: bool) -> Result<PhotoReading, String> {
    let rgb = read_photo(photo).map_err(|error| error.to_string())?;
    let look = if cropped { vision.look_cropped(&rgb) } else { vision.look(&rgb) };
    let look = look.map_err(|error| error.to_string())?;
    Ok(PhotoReading::new(photo, rgb.width, rgb.height, &look))
}

/// One photo, as it is printed.
#[derive(Debug, Serialize)]
pub struct PhotoReading {
    /// Path of the file.
    pub photo: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Largest first.
    pub faces: Vec<FaceLine>,
    /// Milliseconds for finding and reading all the faces, without decoding the file.
    pub ms: f64,
}

/// One face, as it is printed.
#[derive(Debug, Serialize)]
pub struct FaceLine {
    /// Left, top, width and height in pixels; none where the picture was taken as the face.
    #[serde(rename = "box")]
    pub area: Option<[i64; 4]>,
    /// The two eyes as x and y in pixels, the left one in the picture first.
    pub eyes: Option<[[i64; 2]; 2]>,
    /// The most probable mood.
    pub mood: Mood,
    /// Whether the mood counts as sure.
    pub sure: bool,
    /// How marked a sure mood is.
    pub strength: Option<Strength>,
    /// The mood after it.
    pub next: Mood,
    /// Calibrated probabilities of the seven moods.
    pub scores: Scores,
}

impl PhotoReading {
    fn new(photo: &Path, width: u32, height: u32, look: &Look) -> PhotoReading {
        // Microseconds are as fine as it is worth reading.
        let ms = (look.ms * 1e3).round() / 1e3;
        let faces = look.faces.iter().map(FaceLine::new).collect();
        PhotoReading { photo: photo.display().to_string(), width, height, faces, ms }
    }

    /// A line for a photo with a face or none; with several, a line each below.
    pub fn text(&self) -> String {
        match self.faces.as_slice() {
            [] => format!("{}: no face ({:.1} ms)\n", self.photo, self.ms),
            [face] => format!("{}: {} ({:.1} ms)\n", self.photo, face.text(), self.ms),
            faces => {
                let mut text = format!("{}: {} faces ({:.1} ms)\n", self.photo, faces.len(), self.ms);
                for face in faces {
                    text += &format!("  {}\n", face.text());
                }
                text
            }
        }
    }
}

impl FaceLine {
    /// The line for one face.
    pub fn new(reading: &FaceReading) -> FaceLine {
        let whole = |value: f32| value.round().to_i64();
        let ((mood, _), (next, _)) = reading.scores.top_two();
        let strength = match reading.reading {
            Reading::Sure { strength, .. } => Some(strength),
            _ => None,
        };
        FaceLine {
            area: reading.face.map(|face| {
                let area = face.area;
                [whole(area.x), whole(area.y), whole(area.width), whole(area.height)]
            }),
            eyes: reading.face.map(|face| {
                [face.eyes.left_in_picture, face.eyes.right_in_picture]
                    .map(|eye| [whole(eye.x), whole(eye.y)])
            }),
            mood,
            sure: strength.is_some(),
            strength,
            next,
            scores: reading.scores,
        }
    }

    /// How marked the mood is, in words.
    pub fn how(&self) -> &'static str {
        match self.strength {
            None => "unsure",
            Some(Strength::Slight) => "sure, slight",
            Some(Strength::Clear) => "sure, clear",
            Some(Strength::Strong) => "sure, strong",
        }
    }

    fn text(&self) -> String {
        let how = self.how();
        let mut scores: Vec<_> = self.scores.iter().collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let scores: Vec<_> =
            scores.iter().map(|(mood, score)| format!("{mood} {:.0} %", score * 100.0)).collect();
        let place = match self.area {
            Some([x, y, width, height]) => format!(", face {width}x{height} at {x},{y}"),
            None => String::new(),
        };
        format!("looks {} ({how}){place}; {}", self.mood, scores.join(", "))
    }
}
