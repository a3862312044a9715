//! The small screen. `screens` draws a [`Screen`](moodbox_core::kiosk::action::Screen) into a [`Picture`];
//! a [`Panel`] shows the picture: over SPI, as a PNG, in a terminal.

mod canvas;
pub mod changes;
pub(crate) mod counting_bus;
pub(crate) mod faces;
mod icons;
pub mod letters;
mod movement;
mod palette;
pub(crate) mod png;
pub mod presets;
pub mod screen_samples;
pub mod screens;
mod shaping;
pub mod spi;
pub mod system_fonts;
pub mod tee;
pub(crate) mod terminal;
pub(crate) mod test_image;
mod text_layout;
pub mod text_raster;
mod text_wrap;
mod wire;
pub(crate) mod worker;

use crate::numbers::to_u8;
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::pixelcolor::raw::{RawData, RawU16};
use embedded_graphics::prelude::*;

use super::gpio::LineError;

/// A picture of the whole panel, RGB565, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u16>,
}

impl Picture {
    /// Black, `width` x `height` pixels.
    pub fn new(width: u32, height: u32) -> Picture {
        Picture { width, height, pixels: vec![0; (width * height) as usize] }
    }

    /// One row of RGB565 values.
    pub fn row(&self, y: u32) -> &[u16] {
        let start = (y * self.width) as usize;
        &self.pixels[start..start + self.width as usize]
    }

    /// Half as wide and half as high: the mean of each four pixels.
    pub fn half(&self) -> Picture {
        let mut half = Picture::new(self.width / 2, self.height / 2);
        for y in 0..half.height {
            for x in 0..half.width {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.rgb8(2 * x + dx, 2 * y + dy));
                let mean = |at: usize| to_u8(four.iter().map(|one| u16::from(one[at])).sum::<u16>() / 4);
                let color = Rgb565::new(mean(0) >> 3, mean(1) >> 2, mean(2) >> 3);
                half.pixels[(y * half.width + x) as usize] = RawU16::from(color).into_inner();
            }
        }
        half
    }

    /// A quarter of the brightness, for a room in which nobody looks.
    pub fn dim(&mut self) {
        // The two lowest bits of each colour fall away, so that none runs into its neighbour.
        self.pixels.iter_mut().for_each(|pixel| *pixel = (*pixel & 0xe79c) >> 2);
    }

    /// The rows from top to bottom, to be written.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u16]> {
        // A picture without columns has no rows that could be written; chunks of zero would panic.
        self.pixels.chunks_mut(self.width.max(1) as usize)
    }

    /// One pixel as 8-bit red, green and blue; black beside the picture.
    pub fn rgb8(&self, x: u32, y: u32) -> [u8; 3] {
        if x >= self.width || y >= self.height {
            return [0; 3];
        }
        let color = Rgb565::from(RawU16::new(self.row(y)[x as usize]));
        let widen = |value: u8, top: u16| to_u8((u16::from(value) * 255 + top / 2) / top);
        [widen(color.r(), 31), widen(color.g(), 63), widen(color.b(), 31)]
    }

    /// In pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// In pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
}

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

impl DrawTarget for Picture {
    type Color = Rgb565;
    type Error = core::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(Point { x, y }, color) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { continue };
            if x < self.width && y < self.height {
                self.pixels[y as usize * self.width as usize + x as usize] = RawU16::from(color).into_inner();
            }
        }
        Ok(())
    }
}

/// Something that shows pictures.
pub trait Panel: Send {
    /// Width and height in pixels of the pictures it takes.
    fn size(&self) -> (u32, u32);

    /// Shows the picture. Only what changed since the last call needs to travel.
    ///
    /// # Errors
    /// When the panel cannot be opened, or does not take the picture.
    fn show(&mut self, picture: &Picture) -> Result<(), PanelError>;

    /// Shows a step of a movement, gone in a moment. Only what a person stands before needs to; who copies the panel
    /// elsewhere waits for what rests.
    ///
    /// # Errors
    /// When the panel cannot be opened, or does not take the picture.
    fn glance(&mut self, _picture: &Picture) -> Result<(), PanelError> {
        Ok(())
    }

    /// Switches the backlight, where there is one that can be; a panel is lit from its first picture on.
    /// A wrapper of a panel hands this on.
    ///
    /// # Errors
    /// When the line of the backlight cannot be used.
    fn light(&mut self, _on: bool) -> Result<(), PanelError> {
        Ok(())
    }
}

/// Why the panel shows nothing.
#[derive(Debug, thiserror::Error)]
#[error("{}; {}", self.what(), self.cure())]
pub enum PanelError {
    /// SPI is switched off: there is no such device file and no other.
    SpiOff {
        /// The device file.
        device: String,
    },
    /// There is no such device file, but others.
    NoDevice {
        /// The device file.
        device: String,
        /// The device files that there are.
        there: String,
    },
    /// This user may not open it.
    Denied {
        /// The device file.
        device: String,
    },
    /// The glass does not lie within the controller's memory.
    Size {
        /// The device file.
        device: String,
        /// Width, height and offset, as the configuration has them.
        size: String,
    },
    /// A GPIO line of the panel cannot be used.
    Line(#[from] LineError),
    /// Anything else that the kernel answered.
    Io {
        /// The device file.
        device: String,
        /// What the kernel answered.
        reason: String,
    },
    /// The picture file cannot be written.
    Save {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl PanelError {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            PanelError::SpiOff { device } => format!("panel: {device} is not there: SPI is off"),
            PanelError::NoDevice { device, there } => format!("panel: there is no {device}, but {there}"),
            PanelError::Denied { device } => format!("panel: {device} may not be used"),
            PanelError::Size { device, size } => {
                format!("panel on {device}: {size} does not fit the controller's memory of 240x320")
            }
            PanelError::Line(error) => format!("panel: {}", error.what()),
            PanelError::Io { device, reason } => format!("panel on {device}: {reason}"),
            PanelError::Save { path, source } => format!("panel picture {path}: {source}"),
        }
    }

    /// What helps.
    pub fn cure(&self) -> String {
        match self {
            PanelError::SpiOff { .. } => "add `dtparam=spi=on` to /boot/firmware/config.txt and reboot",
            PanelError::NoDevice { .. } => "set `device` under [panel] to one of these",
            PanelError::Denied { .. } => "add the user to the group `spi` (`usermod -aG spi USER`)",
            PanelError::Size { .. } => {
                "correct `width`, `height`, `offset` or `rotation` under [panel], or take a preset"
            }
            PanelError::Line(_) => {
                "correct `dc`, `reset` or `backlight` under [panel]: names that `gpioinfo` shows, which no other \
                 program uses and this user may"
            }
            PanelError::Io { .. } => "check its cable, and that no other program draws on it",
            PanelError::Save { .. } => "set `png` under [panel] to a file in a folder that can be written",
        }
        .to_owned()
    }
}
