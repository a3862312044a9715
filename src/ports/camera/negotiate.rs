//! Which of the formats and sizes that a camera offers is taken. Pure: a list in, one out.

use std::cmp::Ordering;

use super::PixelFormat;
use super::bayer::Packing;

/// The size that is asked for: faces at arm's length are then some 150 pixels wide, more than the models
/// look at, and a frame is small enough for a Raspberry Pi Zero.
pub const WIDTH: u32 = 640;
/// See [`WIDTH`].
pub const HEIGHT: u32 = 480;

/// Fewer frames a second than this blur a face that moves.
const SMOOTH: f32 = 15.0;

/// One thing that a camera can send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// The format.
    pub format: PixelFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The most frames a second at this size, where the camera tells.
    pub fps: Option<f32>,
}

/// The best offer; none if there are none.
///
/// In this order: smooth before jerky; near 640x480 before far from it; plain bytes before JPEG, which
/// costs a decoder and loses detail; colour before grey, because the face finder was trained on colour.
/// A raw mosaic only where there is nothing else.
pub fn choose(offers: &[Offer]) -> Option<Offer> {
    offers.iter().copied().min_by(compare)
}

fn compare(a: &Offer, b: &Offer) -> Ordering {
    let jerky = |offer: &Offer| offer.fps.is_some_and(|fps| fps < SMOOTH);
    let raw = |offer: &Offer| matches!(offer.format, PixelFormat::Bayer(_));
    raw(a)
        .cmp(&raw(b))
        .then_with(|| jerky(a).cmp(&jerky(b)))
        .then_with(|| if jerky(a) { fps(b).total_cmp(&fps(a)) } else { Ordering::Equal })
        .then_with(|| distance(a).total_cmp(&distance(b)))
        .then_with(|| rank(a.format).cmp(&rank(b.format)))
        .then_with(|| fps(b).total_cmp(&fps(a)))
}

fn fps(offer: &Offer) -> f32 {
    offer.fps.unwrap_or(SMOOTH)
}

/// How far a size is from the wanted one, in doublings; a picture too small costs twice as much as one
/// too large, because pixels that are missing cannot be had back.
fn distance(offer: &Offer) -> f32 {
    let doublings = |side: u32, wanted: u32| (side as f32 / wanted as f32).log2();
    let scale = scale(offer.format);
    let (w, h) = (doublings(offer.width, WIDTH * scale), doublings(offer.height, HEIGHT * scale));
    [w, h].into_iter().map(|d| if d < 0.0 { -2.0 * d } else { d }).sum()
}

/// Pixels of the frame, in each direction, for one of the picture.
pub fn scale(format: PixelFormat) -> u32 {
    if matches!(format, PixelFormat::Bayer(_)) { 2 } else { 1 }
}

/// Order of formats at the same size. Of raw ones the deep come first, and of those the packed.
fn rank(format: PixelFormat) -> u8 {
    match format {
        PixelFormat::Yuyv => 0,
        PixelFormat::Nv12 => 1,
        PixelFormat::Yu12 => 2,
        PixelFormat::Rgb3 => 3,
        PixelFormat::Bgr3 => 4,
        PixelFormat::Mjpg => 5,
        PixelFormat::Grey => 6,
        PixelFormat::Bayer(bayer) => match bayer.packing {
            Packing::Packed10 => 7,
            Packing::Packed12 => 8,
            Packing::Wide(_) => 9,
            Packing::Bits8 => 10,
        },
    }
}

/// The size nearest to the wanted one that a range with steps allows.
pub fn fit(range: (u32, u32), step: u32, wanted: u32) -> u32 {
    let (least, most) = range;
    if most <= least {
        return least;
    }
    let step = step.max(1);
    least + (wanted.clamp(least, most) - least) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::camera::bayer::{Bayer, Order};
    use PixelFormat::{Grey, Mjpg, Nv12, Rgb3, Yuyv};

    const RAW8: PixelFormat = PixelFormat::Bayer(Bayer { order: Order::Rggb, packing: Packing::Bits8 });
    const RAW10: PixelFormat = PixelFormat::Bayer(Bayer { order: Order::Rggb, packing: Packing::Packed10 });

    fn offer((format, width, height, fps): (PixelFormat, u32, u32, u32)) -> Offer {
        Offer { format, width, height, fps: (fps > 0).then_some(fps as f32) }
    }

    #[test]
    fn the_best_format_of_cameras_people_own() {
        for (camera, offers, wanted) in [
            (
                "a USB camera with both formats at the wanted size",
                vec![
                    (Mjpg, 640, 480, 30),
                    (Yuyv, 640, 480, 30),
                    (Mjpg, 1920, 1080, 30),
                    (Yuyv, 1920, 1080, 5),
                ],
                (Yuyv, 640, 480, 30),
            ),
            (
                "a USB camera whose plain format is slow: JPEG",
                vec![(Yuyv, 640, 480, 8), (Mjpg, 640, 480, 30), (Yuyv, 320, 240, 30)],
                (Mjpg, 640, 480, 30),
            ),
            (
                "only large sizes: the least large",
                vec![(Mjpg, 1920, 1080, 30), (Mjpg, 1280, 720, 30), (Mjpg, 3840, 2160, 30)],
                (Mjpg, 1280, 720, 30),
            ),
            (
                "a small picture is worse than one that is larger by the same factor",
                vec![(Yuyv, 320, 240, 30), (Yuyv, 1280, 960, 30)],
                (Yuyv, 1280, 960, 30),
            ),
            (
                "everything is slow: the fastest",
                vec![(Yuyv, 640, 480, 5), (Yuyv, 320, 240, 10), (Yuyv, 1280, 720, 2)],
                (Yuyv, 320, 240, 10),
            ),
            (
                "a camera that does not tell its rates is taken for smooth",
                vec![(Yuyv, 640, 480, 0), (Mjpg, 1280, 720, 30)],
                (Yuyv, 640, 480, 0),
            ),
            (
                "an infrared camera beside a colour format",
                vec![(Grey, 640, 480, 30), (Nv12, 640, 480, 30)],
                (Nv12, 640, 480, 30),
            ),
            (
                "a bare sensor: twice the size, because two by two become one",
                vec![
                    (RAW10, 640, 480, 90),
                    (RAW10, 1280, 960, 40),
                    (RAW10, 3280, 2464, 20),
                    (RAW8, 1280, 960, 40),
                ],
                (RAW10, 1280, 960, 40),
            ),
            (
                "anything before a raw mosaic",
                vec![(RAW10, 1280, 960, 30), (Yuyv, 320, 240, 30)],
                (Yuyv, 320, 240, 30),
            ),
            ("an infrared camera alone", vec![(Grey, 640, 360, 15)], (Grey, 640, 360, 15)),
            (
                "formats with the same picture",
                vec![(Rgb3, 640, 480, 30), (Yuyv, 640, 480, 30)],
                (Yuyv, 640, 480, 30),
            ),
            (
                "the faster of two that are alike",
                vec![(Yuyv, 640, 480, 15), (Yuyv, 640, 480, 60)],
                (Yuyv, 640, 480, 60),
            ),
        ] {
            let mut offers: Vec<Offer> = offers.into_iter().map(offer).collect();
            assert_eq!(choose(&offers), Some(offer(wanted)), "{camera}");
            offers.reverse();
            assert_eq!(choose(&offers), Some(offer(wanted)), "{camera}, told in another order");
        }
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn a_range_of_sizes_gives_the_nearest_that_its_steps_allow() {
        for (range, step, wanted, fits) in [
            ((16, 4096), 2, 640, 640),
            ((32, 4056), 32, 640, 640),
            ((100, 1000), 64, 640, 612),
            ((16, 320), 1, 640, 320),
            ((1280, 2592), 2, 640, 1280),
            ((640, 640), 0, 640, 640),
            ((16, 1920), 0, 640, 640),
            ((900, 10), 1, 640, 900),
        ] {
            assert_eq!(fit(range, step, wanted), fits, "{range:?} by {step}");
        }
    }
}
