//! Faces as the device cuts them: finds the largest face of each picture of a folder and writes the crop
//! that the mood model would see. For tuning the alignment against pictures whose faces are known; the
//! daemon itself has no way to write a face.
//!
//! `cargo run --release --example crops -- FOLDER OUT` keeps the folders below FOLDER.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use moodbox::paths;
use moodbox::ports::vision::align::{Framing, align};
use moodbox::ports::vision::face::FaceFinder;
use moodbox::ports::vision::photo::read_photo;
use moodbox::ports::vision::pixels::Luma;

/// Pixels a side that the mood model takes.
const SIDE: usize = 48;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = arguments.as_slice() else { bail!("usage: crops FOLDER OUT") };
    let mut finder = FaceFinder::load(&paths::runtime(), &paths::face_model(), None)?;
    let (mut found, mut missed) = (0, 0);
    for folder in fs::read_dir(from).with_context(|| format!("{}", from.display()))? {
        let folder = folder?.path();
        let Some(name) = folder.file_name().filter(|_| folder.is_dir()) else { continue };
        let out = to.join(name);
        fs::create_dir_all(&out)?;
        for picture in fs::read_dir(&folder)? {
            match cut(&mut finder, &picture?.path(), &out)? {
                true => found += 1,
                false => missed += 1,
            }
        }
    }
    println!("{found} faces cut, none found in {missed} pictures");
    Ok(())
}

/// Writes the crop of the largest face; `false` where there is none.
fn cut(finder: &mut FaceFinder, picture: &Path, out: &Path) -> anyhow::Result<bool> {
    let rgb = read_photo(picture).with_context(|| format!("{}", picture.display()))?;
    let faces = finder.find(&rgb)?;
    let (Some(face), Some(name)) = (faces.first(), picture.file_name()) else { return Ok(false) };
    let mut luma = Luma::default();
    luma.fill_from(&rgb);
    let crop = align(&luma, Framing::of(face), SIDE);
    let path = out.join(name).with_extension("png");
    image::save_buffer(&path, crop.grey(), SIDE as u32, SIDE as u32, image::ExtendedColorType::L8)?;
    Ok(true)
}
