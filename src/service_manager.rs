//! What systemd is told: that the device is ready, and that it lives.

use std::thread;

use crossbeam_channel::Receiver;

/// Tells the service manager when the button works.
pub fn tell_ready(ready: Receiver<()>) -> anyhow::Result<()> {
    thread::Builder::new().name("ready".into()).spawn(move || {
        if ready.recv().is_ok() {
            tracing::info!("ready: press the button");
            notify(&[sd_notify::NotifyState::Ready]);
        }
    })?;
    Ok(())
}

/// Without a service manager this does nothing.
pub fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
