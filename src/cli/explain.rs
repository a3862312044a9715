//! `moodbox look --explain`: the photo with a heat map of what each reading rested on.

use std::path::Path;

use anyhow::{Context, bail};
use image::{Rgb as Pixel, RgbImage, imageops};

use super::look::FaceLine;
use crate::numbers::{Whole, to_u32};
use crate::ports::camera::formats::Rgb;
use crate::ports::panel::text_raster::{self, Face};
use crate::ports::vision::face::Point;
use crate::ports::vision::{Explained, Vision};

/// The longest side of the photo in the picture that is written, in pixels.
const LONGEST: f32 = 960.0;

/// A face of fewer pixels than this a side is enlarged, or nobody would see the map.
const SMALLEST_FACE: f32 = 240.0;

/// The captions' height and margin, in pixels.
const LETTERS: Face = Face::plain(20.0);
const MARGIN: u32 = 12;

/// Explains what is seen in `rgb`, read from `photo`, and writes the picture to `out`.
pub fn explain(
    vision: &mut Vision,
    photo: &Path,
    rgb: &Rgb,
    cropped: bool,
    out: &Path,
) -> anyhow::Result<()> {
    if same_file(photo, out) {
        bail!("{} is the photo itself: name another file for the explanation", out.display());
    }
    let explained = vision.explain(rgb, cropped)?;
    let picture = draw(rgb, &explained).context("the photo is too large to draw on")?;
    picture
        .save_with_format(out, image::ImageFormat::Png)
        .with_context(|| format!("{} cannot be written", out.display()))
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// The photo with a map over each face, and a line of words for each below.
fn draw(rgb: &Rgb, explained: &[Explained]) -> Option<RgbImage> {
    let photo = RgbImage::from_raw(rgb.width, rgb.height, rgb.data.clone())?;
    let scale = scale(rgb, explained);
    let size = |side: u32| ((side as f32 * scale).round().to_u32()).max(1);
    let (width, height) = (size(rgb.width), size(rgb.height));
    let photo = imageops::resize(&photo, width, height, imageops::FilterType::Triangle);
    let lines = captions(explained);
    let line = LETTERS.line_height().ceil().to_u32();
    let words = lines.iter().map(|text| text_raster::width(text, LETTERS).ceil().to_u32()).max().unwrap_or(0);
    let canvas = (width.max(words + 2 * MARGIN), height + 2 * MARGIN + line * to_u32(lines.len()));
    let mut picture = RgbImage::from_pixel(canvas.0, canvas.1, Pixel([24, 24, 28]));
    let left = (canvas.0 - width) / 2;
    imageops::replace(&mut picture, &photo, i64::from(left), 0);
    for face in explained {
        warm(&mut picture, face, (left, width, height), scale);
    }
    for (at, text) in (0u32..).zip(&lines) {
        let baseline = (height + MARGIN + line * at) as f32 + LETTERS.baseline();
        write(&mut picture, text, MARGIN as f32, baseline);
    }
    Some(picture)
}

/// How much larger the photo is drawn than it is: its largest face can be looked at, and it stays
/// within [`LONGEST`].
fn scale(rgb: &Rgb, explained: &[Explained]) -> f32 {
    let longest = LONGEST / rgb.width.max(rgb.height).max(1) as f32;
    let face = explained.iter().map(|face| face.framing.side).fold(0.0, f32::max);
    let wanted = if face > 0.0 { (SMALLEST_FACE / face).max(1.0) } else { 1.0 };
    wanted.min(longest)
}

fn captions(explained: &[Explained]) -> Vec<String> {
    if explained.is_empty() {
        return vec!["no face".into()];
    }
    explained
        .iter()
        .map(|face| {
            let ((mood, first), (next, second)) = face.reading.scores.top_two();
            let how = FaceLine::new(&face.reading).how();
            format!("looks {mood} {:.0} % ({how}); next: {next} {:.0} %", first * 100.0, second * 100.0)
        })
        .collect()
}

/// Lays the map over the face: grey where nothing spoke for the mood, glowing where most did, so that
/// the warm colours are the map's and not the photo's.
fn warm(picture: &mut RgbImage, face: &Explained, (left, width, height): (u32, u32, u32), scale: f32) {
    for y in 0..height {
        for x in 0..width {
            let point = Point { x: (x as f32 + 0.5) / scale, y: (y as f32 + 0.5) / scale };
            let (u, v) = face.framing.share_of(point);
            if !(0.0..=1.0).contains(&u) || !(0.0..=1.0).contains(&v) {
                continue;
            }
            let heat = face.heat.at(u, v);
            let pixel = picture.get_pixel_mut(left + x, y);
            let [r, g, b] = pixel.0.map(f32::from);
            let grey = 0.299 * r + 0.587 * g + 0.114 * b;
            let glow = [255.0, 210.0 - 170.0 * heat, 60.0 * (1.0 - heat)];
            let cover = 0.7 * heat;
            pixel.0 = glow.map(|glow| (grey * (1.0 - cover) + glow * cover).round().to_u8());
        }
    }
}

fn write(picture: &mut RgbImage, text: &str, x: f32, baseline: f32) {
    text_raster::raster(text, LETTERS, x, baseline, |x, y, cover| {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
            pixel.0 = pixel.0.map(|under| (f32::from(under) * (1.0 - cover) + 240.0 * cover).round().to_u8());
        }
    });
}
