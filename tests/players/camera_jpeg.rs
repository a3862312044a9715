//! Frames as another encoder makes them: JPEG with colours of half and of a quarter the size, as most cameras send
//! them, in colour and in grey.

use moodbox::ports::camera::formats::{Rgb, to_grey, to_rgb};
use moodbox::ports::camera::{Frame, PixelFormat};

use super::support::ffmpeg;

fn grey(frame: &Frame) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    to_grey(frame, &mut out).ok()?.map(|_| out)
}

#[test]
fn the_grey_of_another_encoders_frames_is_that_of_their_colours_and_a_cut_frame_has_neither() {
    let folder = tempfile::tempdir().unwrap();
    for colours in ["yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p", "gray"] {
        for (width, height) in [(640, 480), (162, 122), (33, 17)] {
            let file = folder.path().join(format!("{colours}-{width}.jpg"));
            let source = format!("testsrc2=size={width}x{height}:rate=1");
            let file_name = file.to_str().unwrap();
            ffmpeg(&source, &["-frames:v", "1", "-pix_fmt", colours, "-q:v", "3"], file_name);
            let bytes = std::fs::read(&file).unwrap();
            let (mut frame, mut rgb) = (Frame::new(), Rgb::new());
            frame.fill(width, height, 0, PixelFormat::Mjpg, &bytes);
            to_rgb(&frame, &mut rgb).unwrap_or_else(|error| panic!("{colours} {width}: {error}"));
            let Some(seen) = grey(&frame) else {
                // At odd sizes, which no camera has, the decoder makes no grey of some: their colours are read then.
                assert_eq!(width, 33, "{colours}: no grey");
                continue;
            };
            let of_colours = rgb.data.as_chunks().0.iter().map(|[r, g, b]: &[u8; 3]| {
                0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b)
            });
            // Colours beyond what a screen shows are clipped in RGB, and grey is not.
            let apart: Vec<f32> = of_colours.zip(&seen).map(|(a, b)| (a - f32::from(*b)).abs()).collect();
            let mean = apart.iter().sum::<f32>() / apart.len() as f32;
            assert!(mean < 2.0, "{colours} {width}x{height}: {mean} apart in the mean");
            for length in (0..bytes.len() * 4 / 5).step_by(97) {
                frame.fill(width, height, 0, PixelFormat::Mjpg, &bytes[..length]);
                assert!(to_rgb(&frame, &mut rgb).is_err(), "{colours} {width}x{height}, cut at {length}");
                assert!(grey(&frame).is_none(), "{colours} {width}x{height}, cut at {length}");
            }
        }
    }
}
