//! How a panel is wired and mounted, and the panels that people own by name.

use serde::{Deserialize, Serialize};

/// The chip that drives the glass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controller {
    /// Sitronix ST7789.
    St7789,
    /// Ilitek ILI9341.
    Ili9341,
}

/// How far the picture is turned clockwise on the glass. Written in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Turn {
    /// Not turned.
    #[default]
    Deg0,
    /// By 90 degrees.
    Deg90,
    /// By 180 degrees: upside down.
    Deg180,
    /// By 270 degrees.
    Deg270,
}

/// A rotation that no panel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a panel cannot be rotated by {0} degrees: write 0, 90, 180 or 270")]
pub struct UnknownTurn(pub u16);

impl TryFrom<u16> for Turn {
    type Error = UnknownTurn;

    fn try_from(degrees: u16) -> Result<Turn, UnknownTurn> {
        match degrees {
            0 => Ok(Turn::Deg0),
            90 => Ok(Turn::Deg90),
            180 => Ok(Turn::Deg180),
            270 => Ok(Turn::Deg270),
            other => Err(UnknownTurn(other)),
        }
    }
}

impl Turn {
    /// Whether rows of the picture are rows of the glass.
    pub fn is_upright(self) -> bool {
        matches!(self, Turn::Deg0 | Turn::Deg180)
    }

    /// A quarter further.
    pub fn next(self) -> Turn {
        match self {
            Turn::Deg0 => Turn::Deg90,
            Turn::Deg90 => Turn::Deg180,
            Turn::Deg180 => Turn::Deg270,
            Turn::Deg270 => Turn::Deg0,
        }
    }
}

impl From<Turn> for u16 {
    fn from(turn: Turn) -> u16 {
        match turn {
            Turn::Deg0 => 0,
            Turn::Deg90 => 90,
            Turn::Deg180 => 180,
            Turn::Deg270 => 270,
        }
    }
}

/// Everything about a panel on SPI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpiSettings {
    /// The device file; its second number is the chip select line.
    pub device: String,
    /// The chip that drives the glass.
    pub controller: Controller,
    /// Pixels from left to right as a person sees the panel, after the rotation.
    pub width: u16,
    /// Pixels from top to bottom as a person sees the panel, after the rotation.
    pub height: u16,
    /// First column and row of the glass in the controller's memory of 240 x 320, before the rotation.
    #[serde(default)]
    pub offset: (u16, u16),
    /// How far the picture is turned on the glass.
    #[serde(default)]
    pub rotation: Turn,
    /// The glass is wired from right to left (most ILI9341 modules).
    #[serde(default)]
    pub mirrored: bool,
    /// The glass shows the complement of what it is given (every IPS panel).
    #[serde(default)]
    pub inverted: bool,
    /// Blue comes before red.
    #[serde(default)]
    pub bgr: bool,
    /// SPI clock in hertz.
    pub clock_hz: u32,
    /// SPI mode, 0 to 3; cheap ST7789 boards of seven pins, without a chip select, need 3.
    #[serde(default)]
    pub spi_mode: u8,
    /// GPIO line that tells commands from data, by name or `chip:offset`.
    pub dc: String,
    /// GPIO line that resets the controller, low is reset.
    #[serde(default)]
    pub reset: Option<String>,
    /// GPIO line of the backlight, high is bright.
    #[serde(default)]
    pub backlight: Option<String>,
}

/// The lines of a device's buttons, as far as it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonLines {
    /// The button that starts a look.
    pub press: &'static str,
    /// The button for the next item.
    pub next: Option<&'static str>,
    /// The button that makes it louder.
    pub volume_up: Option<&'static str>,
    /// The button that makes it quieter.
    pub volume_down: Option<&'static str>,
}

/// A board by name: its panel, and everything else that is on it.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name in the configuration.
    pub name: &'static str,
    /// What is printed on the box.
    pub about: &'static str,
    settings: fn() -> SpiSettings,
    /// The buttons of the board; where it has none, a line that it leaves free.
    pub buttons: ButtonLines,
    /// Where the light goes: none on a board that covers the header and has no LED.
    pub light: Option<&'static str>,
    /// The sound on the board, where it has any.
    pub sound: Option<BoardSound>,
}

/// The sound of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardSound {
    /// Lines of config.txt.
    pub config: &'static [&'static str],
    /// The card that they make, as ALSA names it.
    pub card: &'static str,
}

impl ButtonLines {
    /// One button on wires: pin 11 of the header.
    pub const WIRED: ButtonLines =
        ButtonLines { press: "GPIO17", next: None, volume_up: None, volume_down: None };
}

impl Preset {
    /// The board of that name.
    pub fn named(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// How its panel is driven.
    pub fn settings(&self) -> SpiSettings {
        (self.settings)()
    }
}

impl SpiSettings {
    /// The settings of a panel by its name.
    pub fn preset(name: &str) -> Option<SpiSettings> {
        Preset::named(name).map(Preset::settings)
    }

    /// The same panel with its picture a quarter turn further.
    #[must_use]
    pub fn turned(&self) -> SpiSettings {
        SpiSettings { width: self.height, height: self.width, rotation: self.rotation.next(), ..self.clone() }
    }

    /// A square ST7789 on IPS glass, as most small panels are.
    fn square(device: &str, rotation: Turn, clock_hz: u32, dc: &str) -> SpiSettings {
        SpiSettings {
            device: device.to_owned(),
            controller: Controller::St7789,
            width: 240,
            height: 240,
            offset: (0, 0),
            rotation,
            mirrored: false,
            inverted: true,
            bgr: false,
            clock_hz,
            spi_mode: 0,
            dc: dc.to_owned(),
            reset: None,
            backlight: None,
        }
    }
}

fn line(name: &str) -> Option<String> {
    Some(name.to_owned())
}

/// A light on wires: pin 13 of the header.
const WIRED_LIGHT: Option<&str> = Some("GPIO27");

/// The boards known by name. Each was taken from the maker's own driver or example, named beside it; which way up
/// the picture is follows from all that the driver does with it (`spi_tests`), not from its MADCTL alone.
pub const PRESETS: [Preset; 8] = [
    // pimoroni/pirate-audio examples/rainbow.py: rotation=90, cs=1, dc=9, backlight=13, 80 MHz; the
    // driver (pimoroni/st7789-python) turns the picture back by the same 90 degrees before it writes
    // with MADCTL 0x70, so the memory is upright. 80 MHz is beyond the data sheet; 62.5 MHz is its limit.
    // Buttons A, B, X, Y and the sound as in its README: play, quieter, next, louder.
    Preset {
        name: "pirate-audio",
        about: "Pimoroni Pirate Audio, 1.3\", 240x240",
        settings: || SpiSettings {
            backlight: line("GPIO13"),
            ..SpiSettings::square("/dev/spidev0.1", Turn::Deg0, 62_500_000, "GPIO9")
        },
        buttons: ButtonLines {
            press: "GPIO5",
            next: Some("GPIO16"),
            volume_up: Some("GPIO24"),
            volume_down: Some("GPIO6"),
        },
        light: None,
        sound: Some(BoardSound {
            config: &["dtoverlay=hifiberry-dac", "gpio=25=op,dh"],
            card: "sndrpihifiberry",
        }),
    },
    // adafruit/Adafruit_CircuitPython_ST7789 examples/st7789_240x240_bonnet_simpletest.py: CE0, dc D25,
    // backlight D26, rowstart=80, rotation=180. Blinka turns the picture by 180 degrees in software and the
    // driver writes it with MADCTL 0xC0: the memory is upright. Buttons #5 and #6, the stick up (17) and down (22).
    Preset {
        name: "adafruit-1.3-bonnet",
        about: "Adafruit 1.3\" Color TFT Bonnet, 240x240",
        settings: || SpiSettings {
            backlight: line("GPIO26"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg0, 24_000_000, "GPIO25")
        },
        buttons: ButtonLines {
            press: "GPIO5",
            next: Some("GPIO6"),
            volume_up: Some("GPIO17"),
            volume_down: Some("GPIO22"),
        },
        light: None,
        sound: None,
    },
    // The same repository, examples/st7789_240x240_pitft_simpletest.py; the backlight on GPIO22 is
    // as its pinout is remembered, not read from a file of the maker. Buttons on GPIO23 and GPIO24.
    Preset {
        name: "adafruit-1.3-pitft",
        about: "Adafruit Mini PiTFT 1.3\", 240x240",
        settings: || SpiSettings {
            backlight: line("GPIO22"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg0, 24_000_000, "GPIO25")
        },
        buttons: ButtonLines { press: "GPIO23", next: Some("GPIO24"), volume_up: None, volume_down: None },
        light: WIRED_LIGHT,
        sound: None,
    },
    // adafruit/Adafruit_CircuitPython_RGB_Display examples/rgb_display_pillow_image.py, the line for
    // 1.3" and 1.54": CE0, dc D25, reset D24, y_offset=80, rotation=180, 24 MHz; `image()` turns the picture
    // by 180 degrees, the driver writes it with MADCTL 0xC0.
    Preset {
        name: "adafruit-1.54",
        about: "Adafruit 1.54\" breakout, 240x240, wired to GPIO25 and GPIO24",
        settings: || SpiSettings {
            reset: line("GPIO24"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg0, 24_000_000, "GPIO25")
        },
        buttons: ButtonLines::WIRED,
        light: WIRED_LIGHT,
        sound: None,
    },
    // The maker's ST7789.py for the HAT: rst=27, dc=25, bl=24, MADCTL 0x70, inverted, 40 MHz; its main.py turns
    // the picture by 270 degrees before it shows it. Keys 1 and 2 (21, 20), the stick up (6) and down (19).
    Preset {
        name: "waveshare-1.3",
        about: "Waveshare 1.3inch LCD HAT, 240x240",
        settings: || SpiSettings {
            reset: line("GPIO27"),
            backlight: line("GPIO24"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg180, 40_000_000, "GPIO25")
        },
        buttons: ButtonLines {
            press: "GPIO21",
            next: Some("GPIO20"),
            volume_up: Some("GPIO6"),
            volume_down: Some("GPIO19"),
        },
        light: None,
        sound: None,
    },
    // The maker's LCD_2inch.py and lcdconfig.py: 240x320, MADCTL 0x00 upright and 0x70 on its side,
    // inverted, rst=27, dc=25, bl=18, 40 MHz. It is wired by hand, so the light goes beside it: GPIO22, pin 15.
    Preset {
        name: "waveshare-2.0",
        about: "Waveshare 2inch LCD Module, upright, 240x320",
        settings: || SpiSettings {
            height: 320,
            reset: line("GPIO27"),
            backlight: line("GPIO18"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg0, 40_000_000, "GPIO25")
        },
        buttons: ButtonLines::WIRED,
        light: Some("GPIO22"),
        sound: None,
    },
    Preset {
        name: "waveshare-2.0-wide",
        about: "Waveshare 2inch LCD Module, on its side, 320x240",
        settings: || SpiSettings {
            width: 320,
            reset: line("GPIO27"),
            backlight: line("GPIO18"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg90, 40_000_000, "GPIO25")
        },
        buttons: ButtonLines::WIRED,
        light: Some("GPIO22"),
        sound: None,
    },
    // adafruit/Adafruit_CircuitPython_ILI9341: MADCTL 0x38, that is rows and columns swapped and blue
    // first; wiring as in rgb_display_pillow_image.py (dc D25, reset D24). The MADCTL and the backlight
    // on GPIO18, as on the PiTFTs, are remembered and not read from a file. The controller is rated at
    // 10 MHz; 24 MHz is what that example uses. Boards differ by half a turn: `rotation = 270` where it is
    // upside down.
    Preset {
        name: "ili9341",
        about: "ILI9341 modules of 2.2\" to 3.2\", on their side, 320x240; upside down: rotation = 270",
        settings: || SpiSettings {
            controller: Controller::Ili9341,
            width: 320,
            mirrored: true,
            inverted: false,
            bgr: true,
            reset: line("GPIO24"),
            backlight: line("GPIO18"),
            ..SpiSettings::square("/dev/spidev0.0", Turn::Deg90, 24_000_000, "GPIO25")
        },
        buttons: ButtonLines::WIRED,
        light: WIRED_LIGHT,
        sound: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_name_and_no_two_share_one() {
        for preset in PRESETS {
            assert_eq!(SpiSettings::preset(preset.name), Some(preset.settings()), "{}", preset.name);
            assert_eq!(PRESETS.iter().filter(|other| other.name == preset.name).count(), 1);
        }
        assert_eq!(SpiSettings::preset("no-such-panel"), None);
    }

    #[test]
    fn settings_are_written_and_read_as_toml() {
        for preset in PRESETS {
            let written = toml::to_string(&preset.settings()).unwrap();
            assert_eq!(toml::from_str::<SpiSettings>(&written).unwrap(), preset.settings(), "{written}");
        }
        let odd = toml::to_string(&PRESETS[0].settings()).unwrap().replace("rotation = 0", "rotation = 45");
        let error = toml::from_str::<SpiSettings>(&odd).unwrap_err().to_string();
        assert!(error.contains("45 degrees") && error.contains("270"), "{error}");
    }

    #[test]
    fn lines_that_the_spi_driver_owns_are_not_asked_for() {
        // CE0, CE1, MOSI and SCLK; MISO is free, since nothing is read.
        for preset in PRESETS {
            let settings = preset.settings();
            let lines = [Some(settings.dc), settings.reset, settings.backlight];
            for line in lines.iter().flatten() {
                assert!(!["GPIO7", "GPIO8", "GPIO10", "GPIO11"].contains(&line.as_str()), "{}", preset.name);
            }
        }
    }
}
