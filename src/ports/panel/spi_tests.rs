use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use embedded_graphics::pixelcolor::RgbColor;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use embedded_hal::spi::Operation;

use super::*;
use crate::ports::panel::presets::PRESETS;

/// A controller as the data sheet of the ST7789 tells: it reads commands off the wire and keeps what it
/// is told in its memory of 240 x 320.
struct Chip {
    is_data: bool,
    command: u8,
    args: Vec<u8>,
    columns: (u16, u16),
    rows: (u16, u16),
    at: (u16, u16),
    high_byte: Option<u8>,
    madctl: u8,
    inverted: bool,
    /// Memory as (column, row) before the rotation.
    memory: Vec<u16>,
    bytes: usize,
    longest: usize,
    lit: bool,
    resets: usize,
    broken: bool,
}

const MV: u8 = 0x20;
const MX: u8 = 0x40;
const MY: u8 = 0x80;
const BGR: u8 = 0x08;

impl Chip {
    fn wired() -> Wired {
        let chip = Chip {
            is_data: false,
            command: 0,
            args: Vec::new(),
            columns: (0, 0),
            rows: (0, 0),
            at: (0, 0),
            high_byte: None,
            madctl: 0,
            inverted: false,
            memory: vec![0xabcd; 240 * 320],
            bytes: 0,
            longest: 0,
            lit: false,
            resets: 0,
            broken: false,
        };
        Wired(Arc::new(Mutex::new(chip)))
    }

    fn take(&mut self, byte: u8) {
        if !self.is_data {
            (self.command, self.args, self.high_byte) = (byte, Vec::new(), None);
            match byte {
                0x20 => self.inverted = false,
                0x21 => self.inverted = true,
                0x2c => self.at = (self.columns.0, self.rows.0),
                _ => {}
            }
            return;
        }
        self.args.push(byte);
        match (self.command, &self.args[..]) {
            (0x2a, &[a, b, c, d]) => self.columns = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])),
            (0x2b, &[a, b, c, d]) => self.rows = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])),
            (0x36, &[madctl]) => self.madctl = madctl,
            (0x2c, _) => match self.high_byte.take() {
                None => self.high_byte = Some(byte),
                Some(high) => self.write(u16::from_be_bytes([high, byte])),
            },
            _ => {}
        }
    }

    fn write(&mut self, pixel: u16) {
        let place = self.place(self.at.0, self.at.1);
        self.memory[place] = pixel;
        self.at.0 += 1;
        if self.at.0 > self.columns.1 {
            self.at = (self.columns.0, self.at.1 + 1);
        }
        assert!(self.at.1 <= self.rows.1 + 1, "more pixels than the window has");
    }

    /// Where a column and row as addressed lie in memory, by MADCTL.
    fn place(&self, x: u16, y: u16) -> usize {
        let (column, row) = if self.madctl & MV == 0 { (x, y) } else { (y, x) };
        assert!(column < 240 && row < 320, "({x}, {y}) lies beside the memory");
        let column = if self.madctl & MX == 0 { column } else { 239 - column };
        let row = if self.madctl & MY == 0 { row } else { 319 - row };
        usize::from(row) * 240 + usize::from(column)
    }
}

#[derive(Clone)]
struct Wired(Arc<Mutex<Chip>>);

#[derive(Debug)]
struct Unplugged;

impl embedded_hal::spi::Error for Unplugged {
    fn kind(&self) -> embedded_hal::spi::ErrorKind {
        embedded_hal::spi::ErrorKind::Other
    }
}

impl embedded_hal::spi::ErrorType for Wired {
    type Error = Unplugged;
}

impl SpiDevice for Wired {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Unplugged> {
        let mut chip = self.0.lock().unwrap();
        if chip.broken {
            return Err(Unplugged);
        }
        for operation in operations {
            let Operation::Write(bytes) = operation else { panic!("the panel is only written to") };
            assert!(!bytes.is_empty(), "a transfer of nothing");
            chip.bytes += bytes.len();
            chip.longest = chip.longest.max(bytes.len());
            bytes.iter().for_each(|&byte| chip.take(byte));
        }
        Ok(())
    }
}

/// One of the lines that lead to the chip.
struct Pin(Wired, fn(&mut Chip, bool));

impl embedded_hal::digital::ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        (self.1)(&mut self.0.0.lock().unwrap(), false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        (self.1)(&mut self.0.0.lock().unwrap(), true);
        Ok(())
    }
}

struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

fn panel(settings: &SpiSettings, chip: &Wired, transfer: usize) -> SpiPanel {
    let (settings, chip) = (settings.clone(), chip.clone());
    let size = (u32::from(settings.width), u32::from(settings.height));
    let opener = move || {
        let dc = Pin(chip.clone(), |chip, high| chip.is_data = high);
        let reset = settings
            .reset
            .is_some()
            .then(|| Pin(chip.clone(), |chip, high| chip.resets += usize::from(!high)));
        let backlight = settings.backlight.is_some().then(|| Pin(chip.clone(), |chip, high| chip.lit = high));
        start(&settings, Wire::new(chip.clone(), dc, transfer), Lines { reset, backlight }, &mut NoDelay)
    };
    SpiPanel::with_opener(size, Box::new(opener))
}

/// A picture in which every pixel is another than its neighbours.
fn sample(size: (u32, u32), seed: u16) -> Picture {
    let mut picture = Picture::new(size.0, size.1);
    for (y, row) in picture.rows_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = (x as u16).wrapping_mul(257) ^ (y as u16).wrapping_mul(641) ^ seed;
        }
    }
    picture
}

/// What a maker's own program does with an upright picture until it stands in the controller's memory. Each number
/// is from the file that `PRESETS` names at the board.
struct Maker {
    name: &'static str,
    /// Quarter turns, counter-clockwise as PIL's `rotate` and numpy's `rot90` count, before it is sent.
    turns: u8,
    madctl: u8,
    /// What is added to the columns and to the rows that are addressed.
    start: (u16, u16),
}

const MAKERS: [Maker; 8] = [
    // st7789-python: rot90 once for rotation=90, MADCTL 0x70, no offset.
    Maker { name: "pirate-audio", turns: 1, madctl: 0x70, start: (0, 0) },
    // Blinka's displayio turns by rotation=180; rowstart=80.
    Maker { name: "adafruit-1.3-bonnet", turns: 2, madctl: 0xc0, start: (0, 80) },
    Maker { name: "adafruit-1.3-pitft", turns: 2, madctl: 0xc0, start: (0, 80) },
    // RGB_Display: image(img, rotation=180); y_offset=80.
    Maker { name: "adafruit-1.54", turns: 2, madctl: 0xc0, start: (0, 80) },
    // main.py: image.rotate(270).
    Maker { name: "waveshare-1.3", turns: 3, madctl: 0x70, start: (0, 0) },
    Maker { name: "waveshare-2.0", turns: 0, madctl: 0x00, start: (0, 0) },
    Maker { name: "waveshare-2.0-wide", turns: 0, madctl: 0x70, start: (0, 0) },
    Maker { name: "ili9341", turns: 0, madctl: 0x38, start: (0, 0) },
];

impl Maker {
    /// Where a pixel of the upright picture lands in memory, as column and row.
    fn place(&self, size: (u16, u16), pixel: (u16, u16)) -> (usize, usize) {
        let ((mut width, mut height), (mut x, mut y)) = (size, pixel);
        for _ in 0..self.turns {
            (x, y) = (y, width - 1 - x);
            (width, height) = (height, width);
        }
        let chip = Chip::wired();
        let mut chip = chip.0.lock().unwrap();
        chip.madctl = self.madctl;
        let place = chip.place(x + self.start.0, y + self.start.1);
        (place % 240, place / 240)
    }
}

#[test]
fn every_preset_shows_the_picture_as_the_makers_own_program_does() {
    for (preset, maker) in PRESETS.iter().zip(MAKERS) {
        let name = maker.name;
        assert_eq!(preset.name, name);
        let settings = preset.settings();
        let chip = Chip::wired();
        let mut panel = panel(&settings, &chip, 4096);
        let size = (settings.width, settings.height);
        let picture = sample(panel.size(), 7);
        panel.show(&picture).unwrap();

        let chip = chip.0.lock().unwrap();
        // Three corners tell every turn and every mirror image apart.
        for (x, y) in [(0, 0), (size.0 - 1, 0), (0, size.1 - 1)] {
            let (column, row) = maker.place(size, (x, y));
            let shown = chip.memory[row * 240 + column];
            assert_eq!(shown, picture.row(y.into())[usize::from(x)], "{name}: the pixel at ({x}, {y})");
        }
        assert_eq!(chip.madctl & BGR, maker.madctl & BGR, "{name}");
        assert_eq!(chip.inverted, settings.inverted, "{name}");
        assert_eq!(chip.resets, usize::from(settings.reset.is_some()), "{name}");
        assert_eq!(chip.lit, settings.backlight.is_some(), "{name}");
        // The glass of the square panels is the upper 240 rows of the memory, whatever the rotation.
        let written = chip.memory.iter().filter(|&&pixel| pixel != 0xabcd).count();
        let glass = usize::from(settings.width) * usize::from(settings.height);
        assert!(written >= glass - 2, "{name}: {written}");
        assert!(chip.memory[glass..].iter().all(|&pixel| pixel == 0xabcd), "{name}");
    }
}

#[test]
fn what_a_person_sees_is_the_picture_turned() {
    let corner = |settings: &SpiSettings| {
        let chip = Chip::wired();
        let mut panel = panel(settings, &chip, 4096);
        let mut picture = Picture::new(240, 240);
        picture.draw_iter([Pixel(Point::new(0, 0), Rgb565::WHITE)]).unwrap();
        panel.show(&picture).unwrap();
        let memory = &chip.0.lock().unwrap().memory;
        let place = memory.iter().position(|&pixel| pixel == 0xffff).unwrap();
        (place % 240, place / 240)
    };
    let upright = PRESETS[0].settings();
    for (rotation, place) in
        [(Turn::Deg0, (0, 0)), (Turn::Deg90, (239, 0)), (Turn::Deg180, (239, 239)), (Turn::Deg270, (0, 239))]
    {
        assert_eq!(corner(&SpiSettings { rotation, ..upright.clone() }), place, "{rotation:?}");
    }
}

#[test]
fn only_the_parts_that_changed_travel_and_the_rest_stays() {
    let settings = PRESETS[0].settings();
    let chip = Chip::wired();
    let mut panel = panel(&settings, &chip, 4096);
    let mut picture = sample((240, 240), 0);
    panel.show(&picture).unwrap();
    let (two, one) = ((Point::new(20, 200), Size::new(100, 6)), (Point::new(3, 9), Size::new(1, 1)));
    for (changes, least) in
        [(&[two, one][..], 601), (&[one], 0), (&[(Point::new(0, 0), Size::new(240, 240))], 50_000)]
    {
        let before = picture.clone();
        let sent_before = chip.0.lock().unwrap().bytes;
        for &(at, size) in changes {
            Rectangle::new(at, size)
                .into_styled(PrimitiveStyle::with_fill(Rgb565::MAGENTA))
                .draw(&mut picture)
                .unwrap();
        }
        panel.show(&picture).unwrap();
        let chip = chip.0.lock().unwrap();
        let pixels = |y| before.row(y).iter().zip(picture.row(y)).filter(|(old, new)| old != new).count();
        let (sent, changed) = (chip.bytes - sent_before, 2 * (0..240).map(pixels).sum::<usize>());
        assert!(changed >= 2 * least, "the picture changes by {changed} bytes");
        assert!(sent >= changed && sent * 10 <= changed * 11, "{sent} bytes for {changed} that changed");
        let shown: Vec<u16> = (0..240).flat_map(|y| picture.row(y).to_vec()).collect();
        assert!(chip.memory[..240 * 240] == shown, "the glass shows another picture");
    }
}

#[test]
fn no_transfer_is_longer_than_the_driver_takes() {
    for transfer in [64, 101, 4096, 65536] {
        let chip = Chip::wired();
        let mut panel = panel(&PRESETS[5].settings(), &chip, transfer);
        let picture = sample(panel.size(), 3);
        panel.show(&picture).unwrap();
        let chip = chip.0.lock().unwrap();
        assert!(chip.longest <= transfer, "{} > {transfer}", chip.longest);
        assert!(chip.longest + 2 > transfer, "{} wastes transfers of {transfer}", chip.longest);
    }
}

#[test]
fn after_a_failure_the_panel_is_opened_again_and_everything_is_sent() {
    let settings = PRESETS[4].settings();
    let chip = Chip::wired();
    let mut panel = panel(&settings, &chip, 4096);
    let picture = sample((240, 240), 1);
    panel.show(&picture).unwrap();
    chip.0.lock().unwrap().broken = true;
    let error = panel.show(&sample((240, 240), 2)).unwrap_err().to_string();
    assert!(error.contains("/dev/spidev0.0") && error.contains("cable"), "{error}");
    // The plug is back in; the glass lost what it showed.
    *chip.0.lock().unwrap() = Arc::into_inner(Chip::wired().0).unwrap().into_inner().unwrap();
    panel.show(&picture).unwrap();
    let chip = chip.0.lock().unwrap();
    assert_eq!((chip.resets, chip.lit), (1, true));
    assert!(chip.memory.iter().filter(|&&pixel| pixel == 0xabcd).count() <= 240 * 80 + 2);
}

#[test]
fn settings_that_the_controller_cannot_do_are_an_error_and_no_panic() {
    let settings = SpiSettings { width: 480, height: 480, ..PRESETS[0].settings() };
    let mut panel = panel(&settings, &Chip::wired(), 4096);
    let error = panel.show(&Picture::new(480, 480)).unwrap_err().to_string();
    assert!(error.contains("480x480") && error.contains("240x320"), "{error}");
}

#[test]
fn each_refusal_of_the_device_says_what_to_do() {
    let there = ["/dev/spidev0.0".to_owned()];
    for (number, there, cure) in [
        (2, &[][..], "dtparam=spi=on"),
        (2, &there[..], "/dev/spidev0.0"),
        (13, &there[..], "group `spi`"),
        (108, &there[..], "cable"),
    ] {
        let error = refused("/dev/spidev9.9", &io::Error::from_raw_os_error(number), there).to_string();
        assert!(error.contains("/dev/spidev9.9") && error.contains(cure), "{error}");
    }
}

#[test]
fn a_panel_without_its_device_says_so_and_can_be_tried_again() {
    let mut panel = SpiPanel::new(SpiSettings { device: "/dev/spidev-none".into(), ..PRESETS[0].settings() });
    for _ in 0..2 {
        let error = panel.show(&Picture::new(240, 240)).unwrap_err().to_string();
        assert!(error.contains("/dev/spidev-none"), "{error}");
    }
}

#[test]
fn the_buffer_of_the_driver_is_read_from_its_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bufsiz");
    assert_eq!(longest_transfer(&file), 4096);
    for (written, taken) in [("65536\n", 65536), ("nonsense", 4096), ("0", 64), ("99999999", 1 << 18)] {
        fs::write(&file, written).unwrap();
        assert_eq!(longest_transfer(&file), taken, "{written}");
    }
}

#[test]
fn the_backlight_goes_out_and_on_again_without_a_picture_and_stays_out_over_a_failure() {
    let settings = PRESETS[0].settings();
    let chip = Chip::wired();
    let mut panel = panel(&settings, &chip, 4096);
    let picture = sample((240, 240), 5);
    panel.show(&picture).unwrap();
    let sent = chip.0.lock().unwrap().bytes;
    for on in [false, true, false] {
        panel.light(on).unwrap();
        assert_eq!(chip.0.lock().unwrap().lit, on);
    }
    panel.show(&picture).unwrap();
    assert_eq!(chip.0.lock().unwrap().bytes, sent, "the glass shows it already");
    assert!(!chip.0.lock().unwrap().lit);
    // A cable that is pulled and put back lights nothing by itself.
    chip.0.lock().unwrap().broken = true;
    assert!(panel.show(&sample((240, 240), 6)).is_err());
    chip.0.lock().unwrap().broken = false;
    panel.show(&picture).unwrap();
    assert!(!chip.0.lock().unwrap().lit);
}
