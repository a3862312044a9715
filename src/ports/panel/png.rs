//! The panel as a PNG file: for people without a panel, for the page and for the tests.

use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use image::{ExtendedColorType, ImageEncoder};

use super::{Panel, PanelError, Picture};

/// A panel that is a file. Every picture replaces the file whole, by a rename, so that a reader never
/// sees half of one. It is not synced: a picture may come ten times a second and is worth nothing
/// after a power cut. Put it into the runtime directory (memory), not on the card.
pub struct PngPanel {
    path: PathBuf,
    width: u32,
    height: u32,
}

impl PngPanel {
    /// The file at `path`, with pictures of this size in pixels. It is written at the first picture.
    pub fn new(path: impl Into<PathBuf>, width: u32, height: u32) -> PngPanel {
        PngPanel { path: path.into(), width, height }
    }
}

impl Panel for PngPanel {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        replace(&self.path, &to_png(picture))
            .map_err(|source| PanelError::Save { path: self.path.display().to_string(), source })
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".panel-").suffix(".png").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The picture as the bytes of a PNG file, 8 bits a channel. Empty for a picture without pixels,
/// which PNG cannot hold.
pub fn to_png(picture: &Picture) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let (width, height) = (picture.width(), picture.height());
    match encoder.write_image(&to_rgb(picture), width, height, ExtendedColorType::Rgb8) {
        Ok(()) => bytes.into_inner(),
        Err(error) => {
            tracing::error!(%error, width, height, "the panel's picture could not be written as PNG");
            Vec::new()
        }
    }
}

/// Red, green and blue, 8 bits each, row by row.
fn to_rgb(picture: &Picture) -> Vec<u8> {
    let places = (0..picture.height()).flat_map(|y| (0..picture.width()).map(move |x| (x, y)));
    places.flat_map(|(x, y)| picture.rgb8(x, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::pixelcolor::Rgb565;
    use embedded_graphics::prelude::*;

    #[test]
    fn the_file_holds_the_newest_picture_and_nothing_else_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut panel = PngPanel::new(folder.path().join("panel.png"), 4, 3);
        let mut picture = Picture::new(4, 3);
        panel.show(&picture).unwrap();
        picture.clear(Rgb565::RED).unwrap();
        panel.show(&picture).unwrap();

        let read = image::open(&panel.path).unwrap().to_rgb8();
        assert_eq!(read.dimensions(), (4, 3));
        assert!(read.pixels().all(|pixel| pixel.0 == [255, 0, 0]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut panel = PngPanel::new(file.path().join("panel.png"), 4, 3);
        let error = panel.show(&Picture::new(4, 3)).unwrap_err().to_string();
        assert!(error.contains("panel.png"), "{error}");
    }
}
