//! Draws the panel's screens as pictures, each twice as large, to be looked at while they are changed:
//! `cargo run --example screens -- FOLDER WIDTH HEIGHT LANGUAGE`.

use std::path::Path;

use anyhow::{Context, bail};
use image::imageops::{self, FilterType};
use moodbox::ports::panel::screen_samples;
use moodbox_core::text::Language;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, width, height, language] = &arguments[..] else {
        bail!("give FOLDER WIDTH HEIGHT LANGUAGE, as in: screens 240 320 de");
    };
    let size: (u32, u32) = (width.parse()?, height.parse()?);
    let known = Language::ALL.into_iter().find(|known| known.code() == language);
    let language = known.with_context(|| format!("no such language: {language}"))?;
    std::fs::create_dir_all(folder)?;
    for (name, screen) in screen_samples::examples(language) {
        let picture = screen_samples::draw(&screen, size, language);
        let large = imageops::resize(&picture, size.0 * 2, size.1 * 2, FilterType::Nearest);
        large.save(Path::new(folder).join(format!("{name}.png"))).with_context(|| name)?;
    }
    Ok(())
}
