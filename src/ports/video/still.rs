//! The picture between clips.

use crate::numbers::Whole;
use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// Wide enough for the gradient to be smooth; mpv scales it to the screen.
const SIZE: (u32, u32) = (960, 540);

/// A dark blue evening that grows a little lighter towards the ground, as a PNG.
pub fn plain() -> Vec<u8> {
    let (top, bottom) = ([8.0, 10.0, 24.0], [28.0, 36.0, 64.0]);
    let picture = RgbImage::from_fn(SIZE.0, SIZE.1, |_, y| {
        let down = y as f32 / (SIZE.1 - 1) as f32;
        Rgb([0, 1, 2].map(|channel: usize| (top[channel] + (bottom[channel] - top[channel]) * down).to_u8()))
    });
    let mut png = Cursor::new(Vec::new());
    match picture.write_to(&mut png, ImageFormat::Png) {
        Ok(()) => png.into_inner(),
        // Writing into memory does not fail; without the picture the screen would be black.
        Err(error) => {
            tracing::error!(%error, "the still picture could not be drawn");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_still_is_a_picture_that_is_not_black() {
        let picture = image::load_from_memory(&super::plain()).unwrap().to_rgb8();
        assert!(picture.pixels().all(|pixel| pixel.0[2] >= 24));
    }
}
