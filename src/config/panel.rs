//! The settings of the panel, and the board that it is on.

use std::path::PathBuf;

use super::file;
use super::valid::{Wrong, wrong};
use crate::numbers::{Whole, to_u8, to_u16};
use crate::ports::panel::presets::{PRESETS, Preset, SpiSettings};

/// What the screens are drawn on.
#[derive(Clone, Debug)]
pub enum PanelChoice {
    /// A panel on the SPI bus.
    Spi(SpiSettings),
    /// A picture file that always holds the screen of now.
    Png {
        /// The file; replaced whole at each change.
        path: PathBuf,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

impl PanelChoice {
    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        match self {
            PanelChoice::Spi(settings) => (settings.width.into(), settings.height.into()),
            PanelChoice::Png { width, height, .. } => (*width, *height),
        }
    }
}

pub(super) fn panel(file: &file::Panel) -> Result<PanelChoice, Wrong> {
    if let Some(path) = &file.png {
        let side = |side: Option<file::Side>| side.unwrap_or_default().get();
        return Ok(PanelChoice::Png {
            path: path.clone(),
            width: side(file.width),
            height: side(file.height),
        });
    }
    spi(file).map(PanelChoice::Spi)
}

fn spi(file: &file::Panel) -> Result<SpiSettings, Wrong> {
    let name = file.preset.as_deref().unwrap_or(DEFAULT_PRESET);
    let known = || PRESETS.map(|preset| preset.name).join(", ");
    let base = SpiSettings::preset(name).ok_or_else(|| {
        wrong("panel", format!("there is no preset `{name}`"), format!("The presets: {}", known()))
    })?;
    let megahertz = file.clock_mhz.unwrap_or(f64::from(base.clock_hz) / 1e6);
    if !(0.1..=125.0).contains(&megahertz) {
        return Err(wrong(
            "panel",
            format!("clock_mhz is {megahertz}"),
            "Write a number from 0.1 to 125; 62.5 suits most ST7789",
        ));
    }
    let side = |side: Option<file::Side>, base: u16| side.map_or(base, |side| to_u16(side.get()));
    // Turned a quarter from how the board is made, what was its width is its height.
    let rotation = file.rotation.unwrap_or(base.rotation);
    let base = if rotation.is_upright() == base.rotation.is_upright() {
        base
    } else {
        SpiSettings { width: base.height, height: base.width, ..base }
    };
    Ok(SpiSettings {
        device: file.device.clone().unwrap_or(base.device),
        controller: file.controller.unwrap_or(base.controller),
        width: side(file.width, base.width),
        height: side(file.height, base.height),
        offset: file.offset.unwrap_or(base.offset),
        rotation,
        mirrored: file.mirrored.unwrap_or(base.mirrored),
        inverted: file.inverted.unwrap_or(base.inverted),
        bgr: file.bgr.unwrap_or(base.bgr),
        clock_hz: (megahertz * 1e6).to_u32(),
        spi_mode: file.spi_mode.map_or(base.spi_mode, |mode| to_u8(mode.get())),
        dc: file.dc.clone().unwrap_or(base.dc),
        reset: file.reset.clone().or(base.reset),
        backlight: file.backlight.clone().or(base.backlight),
    })
}

/// The board that the panel is on; for a device without one the header is free.
pub(super) fn board(panel: Option<&file::Panel>) -> &'static Preset {
    let name = panel.and_then(|panel| panel.preset.as_deref()).unwrap_or(DEFAULT_PRESET);
    // A name that is not known is told where the panel is read.
    Preset::named(name).unwrap_or(&PRESETS[DEFAULT_BOARD])
}

/// [`DEFAULT_PRESET`] in [`PRESETS`].
const DEFAULT_BOARD: usize = 3;

/// A bare panel on wires, which the wiring table of the README shows.
const DEFAULT_PRESET: &str = "adafruit-1.54";
