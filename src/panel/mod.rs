//! The small screen. `screens` draws a [`Screen`](crate::kiosk::action::Screen) into a [`Picture`];
//! a [`Panel`] shows the picture: over SPI, as a PNG, in a terminal.

use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::pixelcolor::raw::{RawData, RawU16};
use embedded_graphics::prelude::*;

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

    pub fn width(&self) -> u32 {
        self.width
    }

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
            if (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y) {
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
    fn show(&mut self, picture: &Picture) -> Result<(), PanelError>;
}

#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    #[error("panel on {device}: {reason}")]
    Io { device: String, reason: String },
    #[error("panel picture {path}: {source}")]
    Save { path: String, source: std::io::Error },
}
