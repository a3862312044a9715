//! Buttons on GPIO lines, through the kernel's character device. The kernel debounces and stamps the
//! edges; nothing here polls.

use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{ButtonSettings, Buttons};
use crate::ports::gpio::{self, CONSUMER, GpioLine, LineError};
use moodbox_core::kiosk::event::{Button, Edge};

/// The buttons of a device, one request a line: lines may be on different chips, and a line that is
/// refused can be named.
pub struct GpioButtons {
    lines: Vec<(Button, GpioLine, Request)>,
    /// Which line is looked at first, so that a chattering one cannot starve the others.
    first: usize,
}

impl GpioButtons {
    /// Requests every line as an input with both edges.
    pub fn open(settings: &ButtonSettings) -> Result<GpioButtons, LineError> {
        let mut lines = Vec::with_capacity(settings.lines.len());
        for (button, name) in &settings.lines {
            let line = gpio::find(name)?;
            let request = request(&line, settings).map_err(|error| line.refused(&error))?;
            tracing::info!(?button, line = %line.name, chip = %line.chip.display(), offset = line.offset, "button");
            lines.push((*button, line, request));
        }
        Ok(GpioButtons { lines, first: 0 })
    }

    /// The next edge of the first line, from `first` on, that has one.
    fn take(&mut self) -> Result<Option<(Button, Edge)>, LineError> {
        let count = self.lines.len();
        for step in 0..count {
            let index = (self.first + step) % count;
            let (button, line, request) = &self.lines[index];
            let failed = |error| line.refused(&error);
            if request.has_edge_event().map_err(failed)? {
                let event = request.read_edge_event().map_err(failed)?;
                self.first = (index + 1) % count;
                // The kernel has turned an active-low line round: rising is the press.
                let edge = if event.kind == EdgeKind::Rising { Edge::Down } else { Edge::Up };
                return Ok(Some((*button, edge)));
            }
        }
        Ok(None)
    }
}

fn request(line: &GpioLine, settings: &ButtonSettings) -> gpiocdev::Result<Request> {
    let mut builder = Request::builder();
    builder
        .with_consumer(CONSUMER)
        .on_chip(&line.chip)
        .with_line(line.offset)
        .as_input()
        .with_edge_detection(EdgeDetection::BothEdges)
        .with_debounce_period(settings.debounce)
        // A chip that cannot pull is left as it is: the kernel does not count that as an error.
        .with_bias(if settings.active_low { Bias::PullUp } else { Bias::PullDown });
    if settings.active_low {
        builder.as_active_low();
    }
    builder.request()
}

impl Buttons for GpioButtons {
    fn next(&mut self, patience: Duration) -> Result<Option<(Button, Edge)>, LineError> {
        if let Some(edge) = self.take()? {
            return Ok(Some(edge));
        }
        let mut fds: Vec<PollFd<'_>> =
            self.lines.iter().map(|(_, _, request)| PollFd::new(request, PollFlags::IN)).collect();
        let patience = Timespec::try_from(patience).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        match poll(&mut fds, Some(&patience)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => {
                let names: Vec<&str> = self.lines.iter().map(|(_, line, _)| line.name.as_str()).collect();
                return Err(LineError::Io { line: names.join(", "), reason: error.to_string() });
            }
        }
        let hung_up = fds
            .iter()
            .position(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL));
        if let Some(index) = hung_up {
            let line = self.lines[index].1.name.clone();
            return Err(LineError::Missing { line, found: "its chip went away".to_owned() });
        }
        self.take()
    }
}
