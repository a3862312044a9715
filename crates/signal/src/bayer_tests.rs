use super::*;
use crate::formats::to_rgb;
use crate::frame::PixelFormat;

/// A sensor that does not exist.
pub struct Sensor {
    pub order: Order,
    pub packing: Packing,
    /// The level of black in [0, 1].
    pub black: f32,
}

impl Sensor {
    pub fn bayer(&self) -> Bayer {
        Bayer { order: self.order, packing: self.packing }
    }

    /// Which of red, green and blue a pixel sees.
    fn channel(&self, x: usize, y: usize) -> usize {
        let cell = match self.order {
            Order::Rggb => [0, 1, 1, 2],
            Order::Grbg => [1, 0, 2, 1],
            Order::Gbrg => [1, 2, 0, 1],
            Order::Bggr => [2, 1, 1, 0],
        };
        cell[y % 2 * 2 + x % 2]
    }
}

/// The frame that the sensor gives of a scene: linear light in [0, 1] for each channel at a pixel.
pub fn sensor_frame(
    sensor: &Sensor,
    width: usize,
    height: usize,
    scene: impl Fn(usize, usize) -> [f32; 3],
) -> Frame {
    let bits = match sensor.packing {
        Packing::Bits8 => 8,
        Packing::Packed10 => 10,
        Packing::Packed12 => 12,
        Packing::Wide(bits) => u32::from(bits),
    };
    let full = ((1u32 << bits) - 1) as f32;
    let mut bytes = Vec::new();
    for y in 0..height {
        let mut row: Vec<u16> = (0..width)
            .map(|x| {
                let light = scene(x, y)[sensor.channel(x, y)];
                ((sensor.black + light * (1.0 - sensor.black)) * full).round().clamp(0.0, full) as u16
            })
            .collect();
        match sensor.packing {
            Packing::Bits8 => bytes.extend(row.iter().map(|sample| *sample as u8)),
            Packing::Packed10 => {
                row.resize(width.next_multiple_of(4), 0);
                for group in row.as_chunks::<4>().0 {
                    bytes.extend(group.map(|sample| (sample >> 2) as u8));
                    bytes.push((0..4).map(|i| ((group[i] & 3) as u8) << (2 * i)).sum());
                }
            }
            Packing::Packed12 => {
                row.resize(width.next_multiple_of(2), 0);
                for [a, b] in row.as_chunks::<2>().0 {
                    bytes.extend([(a >> 4) as u8, (b >> 4) as u8, (a & 15) as u8 | ((b & 15) as u8) << 4]);
                }
            }
            Packing::Wide(_) => bytes.extend(row.iter().flat_map(|sample| sample.to_le_bytes())),
        }
    }
    let mut frame = Frame::new();
    frame.fill(width as u32, height as u32, 0, PixelFormat::Bayer(sensor.bayer()), &bytes);
    frame
}

const ORDERS: [Order; 4] = [Order::Rggb, Order::Grbg, Order::Gbrg, Order::Bggr];
const PACKINGS: [Packing; 7] = [
    Packing::Bits8,
    Packing::Packed10,
    Packing::Packed12,
    Packing::Wide(10),
    Packing::Wide(12),
    Packing::Wide(14),
    Packing::Wide(16),
];

fn sensors() -> impl Iterator<Item = Sensor> {
    ORDERS.into_iter().flat_map(|order| PACKINGS.map(|packing| Sensor { order, packing, black: 1.0 / 16.0 }))
}

fn picture(frame: &Frame) -> Rgb {
    let mut out = Rgb::new();
    to_rgb(frame, &mut out).unwrap();
    out
}

/// Mean of each channel of the picture.
fn means(picture: &Rgb) -> [f32; 3] {
    let pixels = picture.data.as_chunks::<3>().0;
    [0, 1, 2].map(|c| pixels.iter().map(|pixel| f32::from(pixel[c])).sum::<f32>() / pixels.len() as f32)
}

/// Four fields, one in each colour and one in grey, that are grey on the whole, with a black corner.
fn card(x: usize, y: usize) -> [f32; 3] {
    match (x / 32, y / 24) {
        _ if x < 4 && y < 4 => [0.0; 3],
        (0, 0) => [0.5, 0.1, 0.1],
        (1, 0) => [0.1, 0.5, 0.1],
        (0, _) => [0.1, 0.1, 0.5],
        _ => [0.2, 0.2, 0.2],
    }
}

#[test]
fn every_order_and_packing_gives_the_same_colours() {
    for sensor in sensors() {
        let picture = picture(&sensor_frame(&sensor, 64, 48, card));
        assert_eq!((picture.width, picture.height), (32, 24));
        let at = |x: usize, y: usize| {
            let start = (y * 32 + x) * 3;
            [picture.data[start], picture.data[start + 1], picture.data[start + 2]]
        };
        let name = format!("{:?} {:?}", sensor.order, sensor.packing);
        let [red, green, blue, grey] = [at(8, 8), at(24, 8), at(8, 18), at(24, 18)];
        assert!(red[0] > 150 && red[0] > red[1] + 60 && red[0] > red[2] + 60, "{name}: {red:?}");
        assert!(green[1] > 150 && green[1] > green[0] + 60 && green[1] > green[2] + 60, "{name}: {green:?}");
        assert!(blue[2] > 150 && blue[2] > blue[0] + 60 && blue[2] > blue[1] + 60, "{name}: {blue:?}");
        assert!(grey[0].abs_diff(grey[1]) < 12 && grey[2].abs_diff(grey[1]) < 12, "{name}: {grey:?}");
        assert!(at(0, 0).iter().all(|byte| *byte < 16), "{name}: black is {:?}", at(0, 0));
    }
}

#[test]
fn a_room_under_a_warm_lamp_comes_out_grey() {
    for (story, lamp) in
        [("warm", [1.8, 1.0, 0.45]), ("cold", [0.6, 1.0, 1.5]), ("as sensors see it", [0.5, 1.0, 0.6])]
    {
        let sensor = Sensor { order: Order::Bggr, packing: Packing::Packed10, black: 1.0 / 16.0 };
        let scene =
            |x: usize, y: usize| lamp.map(|lamp| lamp * 0.01 * ((7 * (x / 2) + 13 * (y / 2)) % 41) as f32);
        let [r, g, b] = means(&picture(&sensor_frame(&sensor, 80, 80, scene)));
        assert!((r - g).abs() < 6.0 && (b - g).abs() < 6.0, "{story}: {r} {g} {b}");
    }
}

#[test]
fn the_light_is_measured_above_black() {
    for sensor in sensors() {
        for level in [0.02, 0.18, 0.6] {
            // A few pixels are black, as in any picture of a room.
            let scene = |x: usize, y: usize| if x < 8 && y < 8 { [0.0; 3] } else { [level; 3] };
            let frame = sensor_frame(&sensor, 64, 64, scene);
            let light = measure(&frame, sensor.bayer()).unwrap();
            let off = (light.luma() - level * (1.0 - 1.0 / 64.0)).abs();
            assert!(off < 0.01, "{:?} at {level}: {light:?}", sensor.packing);
            assert_eq!(light.clipped, 0.0);
        }
        let white = measure(&sensor_frame(&sensor, 64, 64, |_, _| [2.0; 3]), sensor.bayer()).unwrap();
        assert_eq!(white.clipped, 1.0);
    }
}

#[test]
fn a_driver_that_took_black_off_already_keeps_its_shadows() {
    let sensor = Sensor { order: Order::Rggb, packing: Packing::Wide(10), black: 0.0 };
    let ramp = |x: usize, _: usize| [x as f32 / 512.0; 3];
    let light = measure(&sensor_frame(&sensor, 256, 16, ramp), sensor.bayer()).unwrap();
    assert!((light.luma() - 0.249).abs() < 0.01, "{light:?}");
}

#[test]
fn a_dark_picture_is_raised_but_not_for_ever() {
    let sensor = Sensor { order: Order::Grbg, packing: Packing::Packed12, black: 1.0 / 16.0 };
    let of = |level: f32| {
        let scene = move |x: usize, _: usize| if x < 4 { [0.0; 3] } else { [level; 3] };
        means(&picture(&sensor_frame(&sensor, 64, 64, scene)))[1]
    };
    // Middle grey is 118 in sRGB; a sixteenth of the picture is black.
    assert!((100.0..125.0).contains(&of(0.18)), "{}", of(0.18));
    assert!((of(0.06) - of(0.18)).abs() < 4.0, "a third of the light is made up for");
    assert!(of(0.005) < 60.0, "a picture without light stays dark: {}", of(0.005));
}

#[test]
fn odd_sizes_have_no_half_cells_and_a_single_row_is_no_picture() {
    for sensor in sensors() {
        let odd = picture(&sensor_frame(&sensor, 13, 7, |_, _| [0.2; 3]));
        assert_eq!((odd.width, odd.height), (6, 3));
        let row = sensor_frame(&sensor, 13, 1, |_, _| [0.2; 3]);
        assert_eq!(to_rgb(&row, &mut Rgb::new()), Err(FormatError::Size { width: 13, height: 1 }));
    }
}

#[test]
fn bits_above_the_sample_are_ignored() {
    let bayer = Bayer { order: Order::Rggb, packing: Packing::Wide(10) };
    assert_eq!(bayer.sample(&[0xFF, 0xFF], 0), 0x3FF << 2);
    assert_eq!(bayer.sample(&[0x00, 0xFC], 0), 0);
}
