//! Commands and pixels on a four-wire SPI bus.

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use mipidsi::interface::{Interface, InterfaceKind};

/// The bus with the line that tells commands from data. Pixels are gathered and sent in transfers no
/// longer than the driver's buffer: spidev refuses more with EMSGSIZE.
pub struct Wire<S, D> {
    spi: S,
    dc: D,
    buffer: Vec<u8>,
    /// Bytes of the longest transfer.
    most: usize,
}

/// What went wrong on the wire.
#[derive(Debug)]
pub enum WireError<S, D> {
    Spi(S),
    Dc(D),
}

impl<S: SpiDevice, D: OutputPin> Wire<S, D> {
    /// `most`: bytes of the longest transfer; at least a pixel and a half.
    pub fn new(spi: S, dc: D, most: usize) -> Wire<S, D> {
        let most = most.max(4);
        Wire { spi, dc, buffer: Vec::with_capacity(most), most }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), WireError<S::Error, D::Error>> {
        // A transfer of nothing is an error to some drivers.
        if bytes.is_empty() { Ok(()) } else { self.spi.write(bytes).map_err(WireError::Spi) }
    }

    fn flush(&mut self) -> Result<(), WireError<S::Error, D::Error>> {
        let buffer = std::mem::take(&mut self.buffer);
        let sent = self.send(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        sent
    }
}

impl<S: SpiDevice, D: OutputPin> Interface for Wire<S, D> {
    type Word = u8;
    type Error = WireError<S::Error, D::Error>;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, args: &[u8]) -> Result<(), Self::Error> {
        self.dc.set_low().map_err(WireError::Dc)?;
        self.send(&[command])?;
        self.dc.set_high().map_err(WireError::Dc)?;
        self.send(args)
    }

    fn send_pixels<const N: usize>(
        &mut self,
        pixels: impl IntoIterator<Item = [u8; N]>,
    ) -> Result<(), Self::Error> {
        for pixel in pixels {
            if self.buffer.len() + N > self.most {
                self.flush()?;
            }
            self.buffer.extend_from_slice(&pixel);
        }
        self.flush()
    }

    fn send_repeated_pixel<const N: usize>(&mut self, pixel: [u8; N], count: u32) -> Result<(), Self::Error> {
        self.send_pixels((0..count).map(|_| pixel))
    }
}
