//! Photographs from files, as pictures to look at.

use std::io::BufReader;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::ports::camera::formats::Rgb;
use crate::ports::store;

/// The largest side of a photograph, in pixels; today's largest cameras stay below.
const LARGEST_SIDE: u32 = 16_384;

/// What decoding one may take, in bytes: a photograph of 100 megapixels in RGB.
const LARGEST_DECODED: u64 = 300 << 20;

/// Why a file gives no picture.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The system cannot read it.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// It is of another format.
    #[error("is neither a JPEG nor a PNG picture")]
    NotAPicture,
    /// It has more pixels than are read.
    #[error("is too large: at most {LARGEST_SIDE} pixels a side and 100 megapixels")]
    TooLarge,
    /// The decoder refused it, for this reason.
    #[error("is broken: {0}")]
    Broken(String),
}

/// Reads a JPEG or PNG, upright: the turn that a camera notes in the file (Exif) is carried out.
///
/// What the file holds decides, not its name. Its size is checked before anything is decoded.
///
/// # Errors
/// When it cannot be read, is of another format, too large, or broken.
pub fn read_photo(path: &Path) -> Result<Rgb, PhotoError> {
    let file = store::open_regular(path)?;
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(PhotoError::NotAPicture);
    }
    let mut decoder = reader.into_decoder().map_err(error)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_DECODED);
    limits.check_dimensions(decoder.dimensions().0, decoder.dimensions().1).map_err(error)?;
    if decoder.total_bytes() > LARGEST_DECODED {
        return Err(PhotoError::TooLarge);
    }
    decoder.set_limits(limits).map_err(error)?;
    // A turn that cannot be read is no reason to refuse the picture.
    let turn = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(error)?;
    picture.apply_orientation(turn);
    let picture = picture.into_rgb8();
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Err(PhotoError::Broken("it has no pixels".into()));
    }
    Ok(Rgb { width, height, data: picture.into_raw() })
}

fn error(error: image::ImageError) -> PhotoError {
    match error {
        image::ImageError::Limits(_) => PhotoError::TooLarge,
        image::ImageError::Unsupported(_) => PhotoError::NotAPicture,
        image::ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            PhotoError::Read(error)
        }
        other => PhotoError::Broken(other.to_string()),
    }
}
