//! "auto": a USB camera first, then the one on the ribbon cable.

use super::csi::CsiCamera;
use super::v4l2::V4l2Camera;
use super::{Camera, CameraError, Stream};
use crate::ports::light::LightOn;

/// The first camera that streams.
pub struct AutoCamera {
    usb: V4l2Camera,
    csi: CsiCamera,
    /// The one that streamed last, or could.
    last: Option<String>,
}

impl AutoCamera {
    /// Of these two.
    pub fn new(usb: V4l2Camera, csi: CsiCamera) -> AutoCamera {
        AutoCamera { usb, csi, last: None }
    }

    /// The first of the two with which that can be done.
    fn first<T>(
        &mut self,
        mut with: impl FnMut(&mut dyn Camera) -> Result<T, CameraError>,
    ) -> Result<T, CameraError> {
        let no_usb = match with(&mut self.usb) {
            Ok(done) => {
                self.last = Some(self.usb.describe());
                return Ok(done);
            }
            Err(error) => error,
        };
        match with(&mut self.csi) {
            Ok(done) => {
                self.last = Some(self.csi.describe());
                Ok(done)
            }
            Err(no_csi) => Err(both(no_usb, no_csi)),
        }
    }
}

/// Why there is no camera, when there are two reasons: one that is there weighs more than one that is not.
fn both(usb: CameraError, csi: CameraError) -> CameraError {
    match (usb, csi) {
        (CameraError::Missing { wanted, found }, CameraError::Csi(csi)) if csi.is_absent() => {
            let found = format!("{found}, and {}", csi.what());
            CameraError::Missing { wanted, found }
        }
        (CameraError::Missing { .. }, csi) => csi,
        (usb, _) => usb,
    }
}

impl Camera for AutoCamera {
    fn start(&mut self, light: LightOn) -> Result<Box<dyn Stream>, CameraError> {
        self.first(|camera| camera.start(light.clone()))
    }

    fn probe(&mut self) -> Result<String, CameraError> {
        self.first(|camera| camera.probe())
    }

    fn describe(&self) -> String {
        self.last.clone().unwrap_or_else(|| "the first camera".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::csi::CsiError;
    use super::*;

    #[test]
    fn of_two_reasons_the_one_of_a_camera_that_is_there_is_told() {
        let missing = || CameraError::Missing { wanted: "of any kind".into(), found: "none".into() };
        let busy = || CameraError::Busy { device: "/dev/video0".into() };
        let absent = || CameraError::Csi(CsiError::NotInstalled);
        assert!(matches!(both(busy(), absent()), CameraError::Busy { .. }));
        assert!(matches!(both(missing(), CsiError::Busy.into()), CameraError::Csi(CsiError::Busy)));
        assert!(matches!(both(busy(), CsiError::Busy.into()), CameraError::Busy { .. }));
        let told = both(missing(), absent()).to_string();
        assert!(told.contains("none, and") && told.contains("rpicam-vid"), "{told}");
    }
}
