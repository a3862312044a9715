//! The watcher's thread: wakes the worker when MPD does something, and reads the library when it has changed.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::{MusicError, Watcher};
use crate::backoff::Backoff;
use moodbox_core::kiosk::event::Trouble;
use moodbox_core::recommend::ItemStore;

/// Between two reads of the library, at least.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// Between two words of the watcher, at least: short enough that nobody notices.
const NEWS_PAUSE: Duration = Duration::from_millis(20);

/// The body of the watcher's thread.
pub(super) fn watch(
    mut watcher: Box<dyn Watcher>,
    wake: &Sender<()>,
    gone: &Receiver<()>,
    refusals: &Sender<Option<Trouble>>,
    mut catalog: impl FnMut(ItemStore),
) {
    let mut backoff = Backoff::PART;
    let refused = Cell::new(false);
    // When the library was read last, over whichever connection.
    let read: Cell<Option<Instant>> = Cell::new(None);
    let rest = |at_least: Duration| {
        let since = read.get().map_or(READ_PAUSE, |read| read.elapsed());
        at_least.max(READ_PAUSE.saturating_sub(since))
    };
    let mut follow = |watcher: &mut Box<dyn Watcher>, backoff: &mut Backoff| -> Result<(), MusicError> {
        watcher.connect()?;
        // A full channel means that the worker is about to look anyway.
        let _ = wake.try_send(());
        let songs = watcher.catalog();
        read.set(Some(Instant::now()));
        catalog(songs?);
        if refused.take() {
            let _ = refusals.try_send(None);
        }
        backoff.reset();
        let mut heard = Instant::now();
        loop {
            let changes = watcher.wait()?;
            if changes.interrupted {
                return Ok(());
            }
            // A server that tells of changes without an end costs no more than this.
            let pause = NEWS_PAUSE.saturating_sub(heard.elapsed());
            let pause = if changes.library { rest(pause) } else { pause };
            if !pause.is_zero() && gone.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                return Ok(());
            }
            heard = Instant::now();
            if changes.playing {
                let _ = wake.try_send(());
            }
            if changes.library {
                let songs = watcher.catalog();
                read.set(Some(Instant::now()));
                catalog(songs?);
            }
        }
    };
    loop {
        match follow(&mut watcher, &mut backoff) {
            Ok(()) => return,
            Err(error @ MusicError::Refused { .. }) => {
                // The server answers and refuses. That does not change by itself, so it is reported once.
                if !refused.replace(true) {
                    let trouble = error.of_library().trouble();
                    tracing::warn!("{}", trouble.report);
                    let _ = refusals.try_send(Some(trouble));
                }
            }
            Err(error) => tracing::debug!(%error, "the watcher lost MPD"),
        }
        let _ = wake.try_send(());
        // A server that ends the connection after each reading is not read more often than one that stays.
        if gone.recv_timeout(rest(backoff.wait())) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}
