//! The light beside the camera. It is on exactly while the camera streams: [`LightOn`] is a guard
//! that the stream owns, not a call that somebody must remember.

pub mod gpio;
pub mod simulated;

use std::sync::{Arc, Mutex};

use super::gpio::LineError;

/// Something that can be lit.
pub trait Light: Send {
    /// Lights it or puts it out.
    ///
    /// # Errors
    /// When the line of the light is not there, is in use, or may not be used.
    fn set(&mut self, on: bool) -> Result<(), LineError>;
}

/// A light that ports share; lit only through [`SharedLight::turn_on`].
#[derive(Clone)]
pub struct SharedLight(Arc<Mutex<Box<dyn Light>>>);

impl SharedLight {
    /// Shares a light that is out.
    pub fn new(light: Box<dyn Light>) -> SharedLight {
        SharedLight(Arc::new(Mutex::new(light)))
    }

    /// Lights it until the guard is dropped.
    ///
    /// # Errors
    /// When it cannot be lit.
    pub fn turn_on(&self) -> Result<LightOn, LineError> {
        self.lock().set(true)?;
        Ok(LightOn { _lit: Arc::new(Lit(self.clone())) })
    }

    /// Puts something between this and the light: those that share it notice nothing.
    pub fn wrap(&self, wrap: impl FnOnce(Box<dyn Light>) -> Box<dyn Light>) {
        let mut light = self.lock();
        let bare = std::mem::replace(&mut *light, Box::new(NoLight));
        *light = wrap(bare);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Box<dyn Light>> {
        // A panic while the lock was held leaves the light as it was: still usable.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The light is on while this or a clone of it lives: one camera is tried after the other under one light.
#[must_use = "the light goes out when this is dropped"]
#[derive(Clone)]
pub struct LightOn {
    _lit: Arc<Lit>,
}

/// Puts the light out at its end.
struct Lit(SharedLight);

impl Drop for Lit {
    fn drop(&mut self) {
        if let Err(error) = self.0.lock().set(false) {
            tracing::error!(%error, "the light could not be put out");
        }
    }
}

/// A device without a light.
pub struct NoLight;

impl Light for NoLight {
    fn set(&mut self, _on: bool) -> Result<(), LineError> {
        Ok(())
    }
}
