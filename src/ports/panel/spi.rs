//! The panel on SPI: an ST7789 or ILI9341 behind spidev, its lines behind the GPIO character device.
//!
//! The device is opened at the first picture and again after each failure, so a panel that is plugged in
//! or allowed later comes to life by itself. Only parts that changed travel.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::Path;

use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::pixelcolor::raw::RawU16;
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{Delay, SpidevDevice};
use mipidsi::InitError;
use mipidsi::models::{ILI9341Rgb565, Model, ST7789};
use mipidsi::options::{ColorInversion, ColorOrder, Orientation, Rotation};

use super::changes::{Part, changed_parts};
use super::presets::{Controller, SpiSettings, Turn};
use super::wire::Wire;
use super::{Panel, PanelError, Picture};
use crate::numbers::to_u16;
use crate::ports::gpio::OutputLine;

/// A display that takes rows. It lives from one opening to the next failure.
pub(super) trait Display: Send {
    /// Writes these parts of the picture.
    fn write(&mut self, picture: &Picture, parts: &[Part]) -> Result<(), PanelError>;

    /// Switches the backlight, if there is one.
    fn light(&mut self, on: bool) -> Result<(), PanelError>;
}

/// A panel on SPI.
pub struct SpiPanel {
    size: (u32, u32),
    open: Box<dyn FnMut() -> Result<Box<dyn Display>, PanelError> + Send>,
    display: Option<Box<dyn Display>>,
    /// What the display shows, while that is known.
    shown: Option<Picture>,
    /// Whether it is to be lit.
    lit: bool,
}

impl SpiPanel {
    /// Nothing is opened yet, so nothing can fail.
    pub fn new(settings: SpiSettings) -> SpiPanel {
        let size = (u32::from(settings.width), u32::from(settings.height));
        SpiPanel::with_opener(size, Box::new(move || open(&settings)))
    }

    pub(super) fn with_opener(
        size: (u32, u32),
        open: Box<dyn FnMut() -> Result<Box<dyn Display>, PanelError> + Send>,
    ) -> SpiPanel {
        SpiPanel { size, open, display: None, shown: None, lit: true }
    }
}

impl Panel for SpiPanel {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        let mut display = match self.display.take() {
            Some(display) => display,
            None => (self.open)()?,
        };
        // Until the write is over, what the glass shows is not known; after a failure it is reopened.
        let shown = self.shown.take();
        display.write(picture, &changed_parts(shown.as_ref(), picture))?;
        if shown.is_none() {
            // Not before the first picture is there: nobody is to see what memory holds after power-on.
            display.light(self.lit)?;
        }
        self.display = Some(display);
        self.shown = Some(picture.clone());
        Ok(())
    }

    fn glance(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.show(picture)
    }

    fn light(&mut self, on: bool) -> Result<(), PanelError> {
        self.lit = on;
        // One that is not open yet is lit by its first picture.
        let Some(mut display) = self.display.take() else { return Ok(()) };
        // Until that is over, what the glass shows is not known; after a failure it is reopened.
        let shown = self.shown.take();
        display.light(on)?;
        self.display = Some(display);
        self.shown = shown;
        Ok(())
    }
}

/// A controller that is initialised, and its backlight.
struct Driven<S, D, M, R, B>
where
    S: SpiDevice,
    D: OutputPin,
    M: Model<ColorFormat = Rgb565>,
    R: OutputPin,
{
    controller: mipidsi::Display<Wire<S, D>, M, R>,
    backlight: Option<B>,
    device: String,
}

impl<S, D, M, R, B> Display for Driven<S, D, M, R, B>
where
    S: SpiDevice + Send,
    D: OutputPin + Send,
    M: Model<ColorFormat = Rgb565> + Send,
    R: OutputPin + Send,
    B: OutputPin + Send,
{
    fn write(&mut self, picture: &Picture, parts: &[Part]) -> Result<(), PanelError> {
        for Part { columns, rows } in parts {
            let row =
                |y| picture.row(y).get(columns.start as usize..columns.end as usize).unwrap_or_default();
            let pixels = rows.clone().flat_map(row).map(|&raw| Rgb565::from(RawU16::new(raw)));
            // Panels are at most a few hundred pixels wide and high.
            let (left, right) = (to_u16(columns.start), to_u16(columns.end) - 1);
            let (top, bottom) = (to_u16(rows.start), to_u16(rows.end) - 1);
            self.controller.set_pixels(left, top, right, bottom, pixels).map_err(|error| PanelError::Io {
                device: self.device.clone(),
                reason: format!("{error:?}"),
            })?;
        }
        Ok(())
    }

    fn light(&mut self, on: bool) -> Result<(), PanelError> {
        let Some(backlight) = &mut self.backlight else { return Ok(()) };
        let set = if on { backlight.set_high() } else { backlight.set_low() };
        set.map_err(|error| PanelError::Io {
            device: self.device.clone(),
            reason: format!("the backlight cannot be switched: {error:?}"),
        })
    }
}

/// What the builder needs beside the wire: lines for reset and light.
pub(super) struct Lines<R, B> {
    pub reset: Option<R>,
    pub backlight: Option<B>,
}

/// Initialises the controller on a wire that is open.
pub(super) fn start<S, D, R, B>(
    settings: &SpiSettings,
    wire: Wire<S, D>,
    lines: Lines<R, B>,
    delay: &mut impl embedded_hal::delay::DelayNs,
) -> Result<Box<dyn Display>, PanelError>
where
    S: SpiDevice + Send + 'static,
    D: OutputPin + Send + 'static,
    R: OutputPin + Send + 'static,
    B: OutputPin + Send + 'static,
{
    match settings.controller {
        Controller::St7789 => start_model(ST7789, settings, wire, lines, delay),
        Controller::Ili9341 => start_model(ILI9341Rgb565, settings, wire, lines, delay),
    }
}

fn start_model<M, S, D, R, B>(
    model: M,
    settings: &SpiSettings,
    wire: Wire<S, D>,
    lines: Lines<R, B>,
    delay: &mut impl embedded_hal::delay::DelayNs,
) -> Result<Box<dyn Display>, PanelError>
where
    M: Model<ColorFormat = Rgb565> + Send + 'static,
    S: SpiDevice + Send + 'static,
    D: OutputPin + Send + 'static,
    R: OutputPin + Send + 'static,
    B: OutputPin + Send + 'static,
{
    let rotation = match settings.rotation {
        Turn::Deg0 => Rotation::Deg0,
        Turn::Deg90 => Rotation::Deg90,
        Turn::Deg180 => Rotation::Deg180,
        Turn::Deg270 => Rotation::Deg270,
    };
    let (width, height) = match settings.rotation {
        Turn::Deg0 | Turn::Deg180 => (settings.width, settings.height),
        Turn::Deg90 | Turn::Deg270 => (settings.height, settings.width),
    };
    let orientation = Orientation { rotation, mirrored: settings.mirrored };
    let inversion = if settings.inverted { ColorInversion::Inverted } else { ColorInversion::Normal };
    let order = if settings.bgr { ColorOrder::Bgr } else { ColorOrder::Rgb };
    let builder = mipidsi::Builder::new(model, wire)
        .display_size(width, height)
        .display_offset(settings.offset.0, settings.offset.1)
        .orientation(orientation)
        .invert_colors(inversion)
        .color_order(order);
    let device = settings.device.clone();
    Ok(match lines.reset {
        Some(reset) => {
            let controller =
                builder.reset_pin(reset).init(delay).map_err(|error| failed(settings, &error))?;
            Box::new(Driven { controller, backlight: lines.backlight, device })
        }
        None => {
            let controller = builder.init(delay).map_err(|error| failed(settings, &error))?;
            Box::new(Driven { controller, backlight: lines.backlight, device })
        }
    })
}

fn failed<I: Debug, P: Debug>(settings: &SpiSettings, error: &InitError<I, P>) -> PanelError {
    let device = settings.device.clone();
    match error {
        InitError::InvalidConfiguration(_) => {
            PanelError::Size { device, size: format!("{}x{}", settings.width, settings.height) }
        }
        InitError::Interface(_) | InitError::ResetPin(_) => {
            PanelError::Io { device, reason: format!("{error:?}") }
        }
    }
}

/// Opens the device, takes the lines, starts the controller.
fn open(settings: &SpiSettings) -> Result<Box<dyn Display>, PanelError> {
    let spi = open_device(&settings.device, settings.clock_hz, settings.spi_mode)?;
    let dc = OutLine::take(&settings.dc)?;
    let reset = settings.reset.as_deref().map(OutLine::take).transpose()?;
    let backlight = settings.backlight.as_deref().map(OutLine::take).transpose()?;
    let most = longest_transfer(Path::new("/sys/module/spidev/parameters/bufsiz"));
    let display = start(settings, Wire::new(spi, dc, most), Lines { reset, backlight }, &mut Delay)?;
    tracing::info!(device = %settings.device, controller = ?settings.controller,
        width = settings.width, height = settings.height, clock_hz = settings.clock_hz, transfer = most, "panel");
    Ok(display)
}

fn open_device(device: &str, clock_hz: u32, mode: u8) -> Result<SpidevDevice, PanelError> {
    let io = |error: io::Error| refused(device, &error, &devices(Path::new("/dev")));
    let mut spi = SpidevDevice::open(device).map_err(|error| io(copy(error.inner())))?;
    let mode = match mode {
        1 => SpiModeFlags::SPI_MODE_1,
        2 => SpiModeFlags::SPI_MODE_2,
        3 => SpiModeFlags::SPI_MODE_3,
        _ => SpiModeFlags::SPI_MODE_0,
    };
    let options = SpidevOptions::new().bits_per_word(8).max_speed_hz(clock_hz).mode(mode).build();
    spi.0.configure(&options).map_err(io)?;
    Ok(spi)
}

/// `io::Error` cannot be cloned; its kind and words are all that is read.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// What the refusal of the device file means.
fn refused(device: &str, error: &io::Error, there: &[String]) -> PanelError {
    let device = device.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound if there.is_empty() => PanelError::SpiOff { device },
        io::ErrorKind::NotFound => PanelError::NoDevice { device, there: there.join(", ") },
        io::ErrorKind::PermissionDenied => PanelError::Denied { device },
        _ => PanelError::Io { device, reason: error.to_string() },
    }
}

/// The SPI devices of this machine.
fn devices(dev: &Path) -> Vec<String> {
    let entries = fs::read_dir(dev).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut paths: Vec<String> = names
        .filter(|name| name.starts_with("spidev"))
        .map(|name| dev.join(name).display().to_string())
        .collect();
    paths.sort();
    paths
}

/// Bytes of the longest transfer that spidev takes: its module parameter, 4096 where it cannot be read.
fn longest_transfer(parameter: &Path) -> usize {
    let written = fs::read_to_string(parameter).ok().and_then(|text| text.trim().parse().ok());
    // A kernel command line may ask for megabytes; a whole picture of 320x240 is 150 kB.
    written.unwrap_or(4096).clamp(64, 1 << 18)
}

/// A line of the panel as an output; low until it is set.
struct OutLine(OutputLine);

impl OutLine {
    fn take(name: &str) -> Result<OutLine, PanelError> {
        Ok(OutLine(OutputLine::open(name, false)?))
    }

    fn set(&mut self, high: bool) -> Result<(), LineFailed> {
        self.0.set(high).map_err(|error| LineFailed(PanelError::from(error).to_string()))
    }
}

/// A line could not be set: why.
struct LineFailed(String);

impl Debug for LineFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl embedded_hal::digital::Error for LineFailed {
    fn kind(&self) -> embedded_hal::digital::ErrorKind {
        embedded_hal::digital::ErrorKind::Other
    }
}

impl embedded_hal::digital::ErrorType for OutLine {
    type Error = LineFailed;
}

impl OutputPin for OutLine {
    fn set_low(&mut self) -> Result<(), LineFailed> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), LineFailed> {
        self.set(true)
    }
}

#[cfg(test)]
#[path = "spi_tests.rs"]
mod tests;
