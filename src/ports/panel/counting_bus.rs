//! A panel on a bus that leads nowhere and counts: what the wire would carry.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, OutputPin};
use embedded_hal::spi::{self, Operation, SpiDevice};

use super::presets::SpiSettings;
use super::spi::{Lines, SpiPanel, start};
use super::wire::Wire;

/// What spidev takes in one transfer, unless it is told otherwise.
const TRANSFER: usize = 4096;

/// The panel, and the bytes that it has sent so far.
pub fn counted(settings: SpiSettings) -> (SpiPanel, Arc<AtomicU64>) {
    let carried = Arc::new(AtomicU64::new(0));
    let theirs = carried.clone();
    let size = (settings.width.into(), settings.height.into());
    let open = move || {
        let wire = Wire::new(Bus(theirs.clone()), NoLine, TRANSFER);
        let lines = Lines { reset: None::<NoLine>, backlight: None::<NoLine> };
        start(&settings, wire, lines, &mut NoDelay)
    };
    (SpiPanel::with_opener(size, Box::new(open)), carried)
}

struct Bus(Arc<AtomicU64>);

impl spi::ErrorType for Bus {
    type Error = Infallible;
}

impl SpiDevice for Bus {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        for operation in operations {
            if let Operation::Write(bytes) = operation {
                self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

struct NoLine;

impl digital::ErrorType for NoLine {
    type Error = Infallible;
}

impl OutputPin for NoLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A controller that is not there needs no time to wake up.
struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _ns: u32) {}
}
