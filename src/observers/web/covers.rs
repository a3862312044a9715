//! Pictures of albums: small, and the last ones kept in memory.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageReader, Limits};

/// Pixels of the longer side, at most.
const SIDE: u32 = 192;
/// Kept at most: some 8 kB each.
const MOST: usize = 48;
/// Larger pictures are not opened: four bytes a pixel.
const LARGEST: u32 = 4096;

/// A picture as JPEG; none: the album has none.
pub type Cover = Option<Arc<Vec<u8>>>;

/// The pictures that were asked for last.
#[derive(Default)]
pub struct Covers(Mutex<VecDeque<(String, Cover)>>);

impl Covers {
    /// What is known of an album or a song, by its name here.
    pub fn known(&self, name: &str) -> Option<Cover> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == name).map(|(_, cover)| cover.clone())
    }

    pub fn keep(&self, name: String, cover: Cover) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != name);
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((name, cover));
    }
}

/// A picture of any size as a small JPEG; none for what is no picture, or is too large to be opened.
pub fn small(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST);
    limits.max_image_height = Some(LARGEST);
    limits.max_alloc = Some(64 << 20);
    reader.limits(limits);
    let picture = reader.decode().ok()?.thumbnail(SIDE, SIDE).into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80).encode_image(&picture).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_becomes_small_and_what_is_no_picture_none() {
        let mut png = Cursor::new(Vec::new());
        let colours = image::RgbImage::from_fn(900, 600, |x, y| image::Rgb([x as u8, y as u8, 90]));
        colours.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let jpeg = small(png.get_ref()).unwrap();
        let read = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (192, 128));
        assert!(jpeg.len() < 20_000, "{}", jpeg.len());
        assert!(small(b"GIF89a").is_none() && small(&png.get_ref()[..200]).is_none());
    }

    #[test]
    fn only_the_last_ones_are_kept() {
        let covers = Covers::default();
        for number in 0..MOST + 5 {
            covers.keep(number.to_string(), None);
        }
        assert!(covers.known("4").is_none() && covers.known("5").is_some());
        assert_eq!(covers.0.lock().unwrap().len(), MOST);
    }
}
