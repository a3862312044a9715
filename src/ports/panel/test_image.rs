//! A picture that shows how a panel is wired and mounted: each setting that is wrong spoils another part.

use crate::numbers::to_i32;
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{
    PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, StrokeAlignment, Triangle,
};

use super::Picture;

/// What a person is to see, and which setting is wrong if they do not.
pub const SHOWS: &str = "a test image is on it: red, green and blue from left to right (inverted colours: \
`inverted`; red and blue changed places: `bgr`), a white frame on all four edges (cut off or snow: `offset`, \
`width`, `height`), an arrow that points up (`rotation`) with its flag to the right (`mirrored`)";

/// The picture, of any size.
pub fn draw(width: u32, height: u32) -> Picture {
    let mut picture = Picture::new(width, height);
    let (w, h) = (to_i32(width), to_i32(height));
    let third = w / 3;
    for (place, color) in [(0, Rgb565::RED), (1, Rgb565::GREEN), (2, Rgb565::BLUE)] {
        let bar = Rectangle::new(Point::new(place * third, 0), Size::new(width, height));
        fill(&mut picture, bar.into_styled(PrimitiveStyle::with_fill(color)));
    }
    let (middle, white, black) =
        (w / 2, PrimitiveStyle::with_fill(Rgb565::WHITE), PrimitiveStyle::with_fill(Rgb565::BLACK));
    let shaft = (w / 24).max(1);
    let head = Triangle::new(
        Point::new(middle, h / 6),
        Point::new(middle - w / 6, h / 6 + h / 4),
        Point::new(middle + w / 6, h / 6 + h / 4),
    );
    fill(&mut picture, head.into_styled(white));
    let stem = Rectangle::new(
        Point::new(middle - shaft, h / 6 + h / 4),
        Size::new(2 * shaft.unsigned_abs(), height / 3),
    );
    fill(&mut picture, stem.into_styled(white));
    // A flag on one side of the arrow, because an arrow alone looks the same in a mirror.
    let flag = Rectangle::new(Point::new(middle + shaft, h / 2), Size::new(width / 8, height / 10));
    fill(&mut picture, flag.into_styled(black));
    let frame = PrimitiveStyleBuilder::new()
        .stroke_color(Rgb565::WHITE)
        .stroke_width((width / 60).max(1))
        .stroke_alignment(StrokeAlignment::Inside)
        .build();
    fill(&mut picture, Rectangle::new(Point::zero(), Size::new(width, height)).into_styled(frame));
    picture
}

fn fill(picture: &mut Picture, shape: impl Drawable<Color = Rgb565>) {
    // A picture in memory takes every pixel.
    let Ok(_) = shape.draw(picture);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_image_has_a_frame_three_colours_and_an_arrow_that_no_turn_or_mirror_leaves_alike() {
        for (width, height) in [(240, 240), (240, 320), (320, 240), (60, 60)] {
            let picture = draw(width, height);
            let white = [255; 3];
            for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (width / 2, 0)] {
                assert_eq!(picture.rgb8(x, y), white, "{x},{y} of {width}x{height}");
            }
            let low = height - height / 12;
            for (third, color) in [(0, [255, 0, 0]), (1, [0, 255, 0]), (2, [0, 0, 255])] {
                let x = width * third / 3 + width / 6;
                assert_eq!(picture.rgb8(x, low), color, "bar {third} of {width}x{height}");
            }
            // The point of the arrow is narrow, its foot is wide: up is up.
            let wide = |y: u32| (0..width).filter(|x| picture.rgb8(*x, y) == white).count();
            assert!(wide(height / 5) < wide(height * 2 / 5), "{width}x{height}");
            let mut mirrored = picture.clone();
            mirrored.rows_mut().for_each(<[u16]>::reverse);
            let flag = |picture: &Picture| picture.rgb8(width / 2 + width / 24 + 1, height / 2 + 2) == [0; 3];
            assert!(flag(&picture) && !flag(&mirrored), "{width}x{height}");
        }
    }
}
