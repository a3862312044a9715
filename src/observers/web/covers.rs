//! Pictures of albums: small, and the last ones kept in memory.

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use image::codecs::jpeg::JpegEncoder;
use image::{ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::ports::camera::formats::has_too_many_scans;

/// Pixels of the longer side, at most.
const SIDE: u32 = 192;
/// Kept at most: some 8 kB each.
const MOST: usize = 48;
/// Larger pictures are not opened: four bytes a pixel.
const LARGEST: u32 = 4096;

/// A picture as JPEG; none: the album has none.
pub type Cover = Option<Arc<Vec<u8>>>;

/// The pictures that were asked for last.
pub struct Covers {
    kept: Mutex<VecDeque<(String, Cover)>>,
    /// One is read and made small at a time: each may take some 100 MB, and one of the two threads for what is slow.
    pub turn: Arc<Semaphore>,
}

impl Default for Covers {
    fn default() -> Covers {
        Covers { kept: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Covers {
    /// What is known of an album or a song, by its name here.
    pub fn known(&self, name: &str) -> Option<Cover> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == name).map(|(_, cover)| cover.clone())
    }

    pub fn keep(&self, name: String, cover: Cover) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != name);
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((name, cover));
    }
}

/// A picture of any size as a small JPEG; none for what is no picture, or is too large to be opened.
pub fn small(bytes: &[u8]) -> Option<Vec<u8>> {
    if has_too_many_scans(bytes) {
        return None;
    }
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

    /// A picture of 4,096 pixels a side, in scans without an end: each is a pass over all of them and takes 20 bytes.
    #[test]
    fn a_picture_of_very_many_scans_or_pixels_is_not_opened() {
        let mut jpeg = Vec::new();
        let picture = image::GrayImage::new(4096, 4096);
        JpegEncoder::new(&mut jpeg).encode_image(&picture).unwrap();
        let scan = jpeg.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
        let mut many = jpeg[..jpeg.len() - 2].to_vec();
        (0..1000).for_each(|_| many.extend_from_slice(&jpeg[scan..scan + 20]));
        assert!(has_too_many_scans(&many) && !has_too_many_scans(&jpeg));
        let start = std::time::Instant::now();
        assert!(small(&many).is_none());
        assert!(start.elapsed().as_millis() < 200, "{:?}", start.elapsed());
        // A PNG of 20,000 pixels a side, which is 400 MB as grey, in a file of some bytes.
        let mut png = Cursor::new(Vec::new());
        image::GrayImage::new(1, 1).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let mut png = png.into_inner();
        png[16..24].copy_from_slice(&[20_000u32.to_be_bytes(), 20_000u32.to_be_bytes()].concat());
        let head = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&head.to_be_bytes());
        assert!(small(&png).is_none());
    }

    /// As PNG has it.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn only_the_last_ones_are_kept() {
        let covers = Covers::default();
        for number in 0..MOST + 5 {
            covers.keep(number.to_string(), None);
        }
        assert!(covers.known("4").is_none() && covers.known("5").is_some());
        assert_eq!(covers.kept.lock().unwrap().len(), MOST);
    }
}
