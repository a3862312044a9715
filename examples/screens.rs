//! Draws the panel's screens as pictures: `cargo run --example screens -- docs/screens.png` writes the
//! contact sheet of the README; `-- FOLDER WIDTH HEIGHT LANGUAGE` writes each screen alone, twice as large.

use std::path::Path;

use anyhow::{Context, bail};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage, imageops};
use moodbox::panel::{Picture, gallery, png, screens};
use moodbox::text::Language;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [file] => sheet(Path::new(file)),
        [folder, width, height, language] => {
            let language = if language == "de" { Language::De } else { Language::En };
            each(Path::new(folder), (width.parse()?, height.parse()?), language)
        }
        _ => bail!("give a FILE.png, or FOLDER WIDTH HEIGHT en|de"),
    }
}

fn draw(
    screen: &moodbox::kiosk::action::Screen,
    size: (u32, u32),
    language: Language,
) -> anyhow::Result<RgbImage> {
    let mut picture = Picture::new(size.0, size.1);
    screens::draw(screen, language, &mut picture);
    Ok(image::load_from_memory(&png::to_png(&picture))?.to_rgb8())
}

fn each(folder: &Path, size: (u32, u32), language: Language) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, screen) in gallery::screens(language) {
        let picture = draw(&screen, size, language)?;
        let large = imageops::resize(&picture, size.0 * 2, size.1 * 2, imageops::FilterType::Nearest);
        large.save(folder.join(format!("{name}.png"))).with_context(|| name)?;
    }
    Ok(())
}

/// Screens of the sheet, in the order in which a person meets them; each with its language.
const SHEET: [(&str, Language); 12] = [
    ("idle", Language::En),
    ("look-half", Language::En),
    ("thinking", Language::En),
    ("mood-happy", Language::En),
    ("playing", Language::En),
    ("unsure-first", Language::En),
    ("mood-sad", Language::De),
    ("playing-liked", Language::De),
    ("unsure-any", Language::De),
    ("no-face", Language::De),
    ("trouble-music", Language::De),
    ("goodbye", Language::De),
];

fn sheet(file: &Path) -> anyhow::Result<()> {
    let (side, gap, columns) = (240, 16, 4);
    let rows = SHEET.len() as u32 / columns;
    let length = |count: u32| i64::from(count * (side + gap) + gap);
    let ground = image::Rgb([58, 62, 68]);
    let mut sheet = RgbImage::from_pixel(length(columns) as u32, length(rows) as u32, ground);
    for (number, (name, language)) in (0u32..).zip(SHEET) {
        let all = gallery::screens(language);
        let (_, screen) =
            all.iter().find(|(other, _)| other == name).with_context(|| format!("no screen {name}"))?;
        let picture = draw(screen, (side, side), language)?;
        let (x, y) = (length(number % columns), length(number / columns));
        imageops::replace(&mut sheet, &picture, x, y);
    }
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive).write_image(
        &sheet,
        sheet.width(),
        sheet.height(),
        ExtendedColorType::Rgb8,
    )?;
    std::fs::write(file, bytes).with_context(|| format!("write {}", file.display()))
}
