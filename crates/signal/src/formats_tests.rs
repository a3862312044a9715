use proptest::prelude::*;

use super::*;

const FORMATS: [PixelFormat; 7] = [
    PixelFormat::Yuyv,
    PixelFormat::Mjpg,
    PixelFormat::Nv12,
    PixelFormat::Yu12,
    PixelFormat::Grey,
    PixelFormat::Rgb3,
    PixelFormat::Bgr3,
];

fn frame(width: u32, height: u32, stride: u32, format: PixelFormat, bytes: &[u8]) -> Frame {
    let mut frame = Frame::new();
    frame.fill(width, height, stride, format, bytes);
    frame
}

fn read(frame: &Frame) -> Result<Rgb, FormatError> {
    let mut out = Rgb::new();
    to_rgb(frame, &mut out).map(|()| out)
}

fn read_grey(frame: &Frame) -> Result<Option<Vec<u8>>, FormatError> {
    let mut out = Vec::new();
    Ok(to_grey(frame, &mut out)?.map(|_| out))
}

/// A picture with soft ramps in all three colours: every decoder must give it back within its own error.
fn scene(width: u32, height: u32) -> Vec<u8> {
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            [
                (40 + x * 150 / width) as u8,
                (60 + y * 120 / height) as u8,
                (200 - (x + y) * 100 / (width + height)) as u8,
            ]
        })
        .collect()
}

/// BT.601 limited range in floating point, as the standard writes it (section 2.5).
fn to_ycbcr([r, g, b]: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = [r, g, b].map(|c| f32::from(c) / 255.0);
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.772, 128.0 + 224.0 * (r - y) / 1.402]
}

/// The scene as a camera would send it, rows `gap` bytes longer than needed and filled with rubbish.
fn encode(format: PixelFormat, width: u32, height: u32, gap: usize) -> (u32, Vec<u8>) {
    let rgb = scene(width, height);
    let (w, h) = (width as usize, height as usize);
    let at = |x: usize, y: usize| {
        let start = (y.min(h - 1) * w + x.min(w - 1)) * 3;
        [rgb[start], rgb[start + 1], rgb[start + 2]]
    };
    let ycc = |x: usize, y: usize| to_ycbcr(at(x, y)).map(|c| c.round() as u8);
    let stride = format.row_bytes(width) + gap;
    let mut bytes = Vec::new();
    let mut push = |mut row: Vec<u8>, stride: usize| {
        row.resize(stride, 0xA5);
        bytes.extend(row);
    };
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    match format {
        PixelFormat::Yuyv => (0..h).for_each(|y| {
            let row = (0..cw).flat_map(|x| {
                let [y0, u, v] = ycc(2 * x, y);
                [y0, u, ycc(2 * x + 1, y)[0], v]
            });
            push(row.collect(), stride);
        }),
        PixelFormat::Nv12 => {
            (0..h).for_each(|y| push((0..w).map(|x| ycc(x, y)[0]).collect(), stride));
            (0..ch).for_each(|y| {
                let row = (0..cw).flat_map(|x| [ycc(2 * x, 2 * y)[1], ycc(2 * x, 2 * y)[2]]);
                push(row.collect(), stride.next_multiple_of(2));
            });
        }
        PixelFormat::Yu12 => {
            (0..h).for_each(|y| push((0..w).map(|x| ycc(x, y)[0]).collect(), stride));
            for plane in [1, 2] {
                (0..ch).for_each(|y| {
                    push((0..cw).map(|x| ycc(2 * x, 2 * y)[plane]).collect(), stride.div_ceil(2));
                });
            }
        }
        PixelFormat::Grey => (0..h).for_each(|y| push((0..w).map(|x| at(x, y)[1]).collect(), stride)),
        PixelFormat::Rgb3 => (0..h).for_each(|y| push((0..w).flat_map(|x| at(x, y)).collect(), stride)),
        PixelFormat::Bgr3 => (0..h).for_each(|y| {
            push((0..w).flat_map(|x| at(x, y).into_iter().rev().collect::<Vec<_>>()).collect(), stride);
        }),
        PixelFormat::Mjpg => {
            bytes = jpeg_of(&rgb, width, height);
            return (0, bytes);
        }
        PixelFormat::Bayer(_) => unreachable!("raw frames have tests of their own"),
    }
    (stride as u32, bytes)
}

fn jpeg_of(rgb: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode(rgb, width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// The greatest distance of any channel.
fn distance(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

#[test]
fn every_format_gives_the_scene_back_at_odd_sizes_and_with_long_rows() {
    for format in FORMATS {
        for (width, height) in [(64, 48), (33, 17), (1, 1), (2, 1), (1, 2), (63, 64)] {
            for gap in [0, 1, 2, 7, 64] {
                let (stride, bytes) = encode(format, width, height, gap);
                let got = read(&frame(width, height, stride, format, &bytes)).unwrap();
                let mut want = scene(width, height);
                if format == PixelFormat::Grey {
                    want.chunks_exact_mut(3).for_each(|rgb| rgb.fill(rgb[1]));
                }
                // Chroma is shared by two or four pixels of a steep ramp in the smallest pictures.
                let allowed = match format {
                    PixelFormat::Grey | PixelFormat::Rgb3 | PixelFormat::Bgr3 => 0,
                    PixelFormat::Mjpg => 24,
                    _ if width < 16 => 90,
                    _ => 12,
                };
                let off = distance(&got.data, &want);
                assert!(off <= allowed, "{format:?} {width}x{height} gap {gap}: off by {off}");
            }
        }
    }
}

#[test]
fn the_colours_of_the_standard_come_out_as_the_standard_says() {
    for (name, ycc, rgb) in [
        ("black", [16, 128, 128], [0, 0, 0]),
        ("white", [235, 128, 128], [255, 255, 255]),
        ("red", [81, 90, 240], [255, 0, 0]),
        ("green", [145, 54, 34], [0, 255, 0]),
        ("blue", [41, 240, 110], [0, 0, 255]),
        ("below black", [0, 128, 128], [0, 0, 0]),
        ("above white", [255, 128, 128], [255, 255, 255]),
    ] {
        let [y, u, v] = ycc;
        let got = read(&frame(2, 1, 4, PixelFormat::Yuyv, &[y, u, y, v])).unwrap();
        assert!(distance(&got.data[..3], &rgb) <= 2, "{name}: {:?}", &got.data[..3]);
    }
}

#[test]
fn a_stride_of_zero_means_rows_without_gaps() {
    for format in FORMATS {
        let (stride, bytes) = encode(format, 32, 16, 0);
        let plain = read(&frame(32, 16, stride, format, &bytes)).unwrap();
        let zero = read(&frame(32, 16, 0, format, &bytes)).unwrap();
        assert_eq!(plain.data, zero.data, "{format:?}");
    }
}

#[test]
fn a_frame_that_is_one_byte_short_is_torn() {
    for format in FORMATS.into_iter().filter(|format| *format != PixelFormat::Mjpg) {
        for (width, height) in [(32, 16), (31, 15)] {
            let (stride, bytes) = encode(format, width, height, 0);
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(
                read(&frame(width, height, stride, format, cut)).unwrap_err(),
                FormatError::Short { needed: bytes.len(), got: cut.len() },
                "{format:?} {width}x{height}"
            );
        }
    }
}

#[test]
fn the_gap_after_the_last_row_may_be_missing() {
    let (stride, bytes) = encode(PixelFormat::Rgb3, 8, 4, 8);
    assert!(read(&frame(8, 4, stride, PixelFormat::Rgb3, &bytes[..bytes.len() - 8])).is_ok());
}

#[test]
fn sizes_and_strides_that_cannot_be_are_named() {
    for (width, height) in [(0, 4), (4, 0), (LARGEST_SIDE + 1, 4), (4, u32::MAX)] {
        for format in FORMATS {
            let error = read(&frame(width, height, 0, format, &[0; 64])).unwrap_err();
            assert_eq!(error, FormatError::Size { width, height });
        }
    }
    let error = read(&frame(8, 1, 15, PixelFormat::Yuyv, &[0; 64])).unwrap_err();
    assert_eq!(error.to_string(), "rows of 15 bytes, but a row of this frame takes 16");
    let error = read(&frame(8, 2, u32::MAX, PixelFormat::Grey, &[0; 64])).unwrap_err();
    assert!(matches!(error, FormatError::Short { got: 64, .. }), "{error}");
}

#[test]
fn a_jpeg_with_a_tail_behind_its_end_is_read() {
    let (_, mut bytes) = encode(PixelFormat::Mjpg, 64, 48, 0);
    let plain = read(&frame(64, 48, 0, PixelFormat::Mjpg, &bytes)).unwrap();
    for tail in [vec![0; 4096], vec![0xFF; 100], bytes[200..].to_vec()] {
        let length = bytes.len();
        bytes.extend(tail);
        assert_eq!(read(&frame(64, 48, 0, PixelFormat::Mjpg, &bytes)).unwrap().data, plain.data);
        bytes.truncate(length);
    }
}

#[test]
fn a_jpeg_cut_short_is_torn_wherever_it_is_cut() {
    let (_, bytes) = encode(PixelFormat::Mjpg, 160, 120, 0);
    // The last row of blocks is the decoder's blind spot: it notices the end only when it starts a row.
    for length in (0..bytes.len() * 9 / 10).step_by(7) {
        let result = read(&frame(160, 120, 0, PixelFormat::Mjpg, &bytes[..length]));
        assert!(result.is_err(), "{length} of {} bytes were taken for a picture", bytes.len());
        let grey = read_grey(&frame(160, 120, 0, PixelFormat::Mjpg, &bytes[..length]));
        assert!(grey.is_err(), "{length} of {} bytes were taken for a grey picture", bytes.len());
    }
}

#[test]
fn the_grey_of_a_jpeg_is_that_of_its_colours_and_other_formats_have_no_shorter_way() {
    for (width, height) in [(160, 120), (161, 119), (17, 9), (1, 1)] {
        let (_, bytes) = encode(PixelFormat::Mjpg, width, height, 0);
        for bytes in [without_huffman_tables(&bytes), bytes] {
            let jpeg = frame(width, height, 0, PixelFormat::Mjpg, &bytes);
            let rgb = read(&jpeg).unwrap();
            let weighted =
                |[r, g, b]: &[u8; 3]| 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b);
            let want: Vec<u8> =
                rgb.data.as_chunks().0.iter().map(|rgb| weighted(rgb).round() as u8).collect();
            let off = distance(&read_grey(&jpeg).unwrap().expect("a grey"), &want);
            assert!(off <= 2, "{width}x{height}: off by {off}");
        }
    }
    for format in FORMATS.into_iter().filter(|format| *format != PixelFormat::Mjpg) {
        let (stride, bytes) = encode(format, 32, 16, 0);
        assert_eq!(read_grey(&frame(32, 16, stride, format, &bytes)), Ok(None), "{format:?}");
    }
    assert!(read_grey(&frame(u32::MAX, 1, 0, PixelFormat::Mjpg, &[])).is_err());
}

/// Cameras that follow the AVI convention leave the Huffman tables out.
fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut rest = &jpeg[2..];
    while rest[1] != 0xDA {
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if rest[1] != 0xC4 {
            out.extend(&rest[..length]);
        }
        rest = &rest[length..];
    }
    out.extend(rest);
    out
}

#[test]
fn a_jpeg_without_huffman_tables_is_read_with_those_of_the_standard() {
    let (_, bytes) = encode(PixelFormat::Mjpg, 64, 48, 0);
    let bare = without_huffman_tables(&bytes);
    assert!(bare.len() + 300 < bytes.len(), "the tables take 420 bytes");
    let plain = read(&frame(64, 48, 0, PixelFormat::Mjpg, &bytes)).unwrap();
    assert_eq!(read(&frame(64, 48, 0, PixelFormat::Mjpg, &bare)).unwrap().data, plain.data);
}

#[test]
fn a_grey_jpeg_is_a_picture_too() {
    let mut bytes = Vec::new();
    let grey: Vec<u8> = (0..64 * 48).map(|i| (i % 64 * 3) as u8).collect();
    image::codecs::jpeg::JpegEncoder::new(&mut bytes)
        .encode(&grey, 64, 48, image::ExtendedColorType::L8)
        .unwrap();
    let got = read(&frame(64, 48, 0, PixelFormat::Mjpg, &bytes)).unwrap();
    assert!(got.data.as_chunks::<3>().0.iter().zip(&grey).all(|(rgb, y)| distance(rgb, &[*y; 3]) < 16));
}

#[test]
fn a_jpeg_far_larger_than_agreed_is_refused_before_anything_is_allocated() {
    let (_, bytes) = encode(PixelFormat::Mjpg, 640, 480, 0);
    assert!(matches!(read(&frame(64, 48, 0, PixelFormat::Mjpg, &bytes)), Err(FormatError::Jpeg(_))));
}

#[test]
fn a_buffer_is_used_again_for_the_next_frame() {
    let (stride, bytes) = encode(PixelFormat::Yuyv, 64, 48, 0);
    let frame = frame(64, 48, stride, PixelFormat::Yuyv, &bytes);
    let mut out = Rgb::new();
    to_rgb(&frame, &mut out).unwrap();
    let place = out.data.as_ptr();
    to_rgb(&frame, &mut out).unwrap();
    assert_eq!(place, out.data.as_ptr());
}

#[test]
fn a_picture_tells_its_size_and_nothing_else() {
    let (stride, bytes) = encode(PixelFormat::Rgb3, 4, 2, 0);
    let picture = read(&frame(4, 2, stride, PixelFormat::Rgb3, &bytes)).unwrap();
    assert_eq!(format!("{picture:?}"), "Rgb(4x2)");
}

fn raw() -> impl Strategy<Value = PixelFormat> {
    use bayer::{Bayer, Order, Packing};
    let packing = prop_oneof![
        Just(Packing::Bits8),
        Just(Packing::Packed10),
        Just(Packing::Packed12),
        any::<u8>().prop_map(Packing::Wide)
    ];
    let order = prop::sample::select(&[Order::Rggb, Order::Grbg, Order::Gbrg, Order::Bggr][..]);
    (order, packing).prop_map(|(order, packing)| PixelFormat::Bayer(Bayer { order, packing }))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_frame_makes_the_reader_panic(
        format in prop_oneof![prop::sample::select(&FORMATS[..]), raw()],
        width in 0u32..=64,
        height in 0u32..=64,
        stride in prop_oneof![0u32..=256, Just(u32::MAX)],
        bytes in prop::collection::vec(any::<u8>(), 0..20_000),
    ) {
        if let Ok(picture) = read(&frame(width, height, stride, format, &bytes)) {
            prop_assert_eq!(picture.data.len(), picture.width as usize * picture.height as usize * 3);
        }
    }

    #[test]
    fn no_damage_to_a_jpeg_makes_the_reader_panic(
        size in (1u32..=64, 1u32..=64),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in 0.0f64..=1.0,
        tables in any::<bool>(),
    ) {
        let mut bytes = jpeg_of(&scene(size.0, size.1), size.0, size.1);
        if tables {
            bytes = without_huffman_tables(&bytes);
        }
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate((bytes.len() as f64 * keep) as usize);
        let damaged = frame(size.0, size.1, 0, PixelFormat::Mjpg, &bytes);
        let _ = (read(&damaged), read_grey(&damaged));
    }
}
