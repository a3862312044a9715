//! A drawn face that every network must find where it was found when this was written: a tensor library that
//! computes wrongly shows at the start, before anybody is looked at.

use super::face::Point;
use crate::ports::camera::formats::Rgb;

/// Where the reference runtime finds the eyes of the drawing.
pub(super) const EYES: [Point; 2] = [Point { x: 53.29, y: 58.86 }, Point { x: 77.65, y: 60.53 }];
/// Kernels differ in the low bits of their sums, which moves the eyes by hundredths of a pixel.
pub(super) const PINNED_NEAR: f32 = 0.5;
/// Another build of the model may be trained otherwise.
pub(super) const OTHER_NEAR: f32 = 5.0;

/// Pixels a side of the drawing.
pub(super) const SIDE: u32 = 128;

/// A face of ellipses: enough of one for the network.
pub(super) fn face() -> Rgb {
    // Centre, radii, colour; later ones lie on top.
    const SHAPES: [([f32; 2], [f32; 2], [u8; 3]); 12] = [
        ([64.0, 58.0], [33.0, 42.0], [60, 40, 30]),
        ([64.0, 66.0], [28.0, 37.0], [224, 172, 140]),
        ([53.0, 53.0], [7.0, 1.5], [70, 45, 35]),
        ([75.0, 53.0], [7.0, 1.5], [70, 45, 35]),
        ([53.0, 60.0], [5.5, 3.0], [245, 240, 235]),
        ([75.0, 60.0], [5.5, 3.0], [245, 240, 235]),
        ([53.0, 60.0], [2.6, 2.8], [50, 35, 25]),
        ([75.0, 60.0], [2.6, 2.8], [50, 35, 25]),
        ([64.0, 70.0], [2.5, 9.0], [205, 150, 118]),
        ([64.0, 78.0], [5.5, 2.5], [180, 120, 95]),
        ([64.0, 88.0], [11.0, 4.0], [165, 70, 70]),
        ([64.0, 87.5], [9.0, 1.0], [110, 40, 45]),
    ];
    let mut rgb = Rgb { width: SIDE, height: SIDE, data: vec![150; (SIDE * SIDE * 3) as usize] };
    for ([cx, cy], [rx, ry], colour) in SHAPES {
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (dx, dy) = ((x as f32 + 0.5 - cx) / rx, (y as f32 + 0.5 - cy) / ry);
                if dx * dx + dy * dy <= 1.0 {
                    let at = ((y * SIDE + x) * 3) as usize;
                    rgb.data[at..at + 3].copy_from_slice(&colour);
                }
            }
        }
    }
    rgb
}
