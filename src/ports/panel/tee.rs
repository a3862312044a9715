//! More than one panel for the same pictures: the glass, the file, the page.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Panel, PanelError, Picture};

/// Shows each picture on all of its panels. One that fails keeps no other from showing; the first
/// failure is reported.
pub struct Several {
    first: Box<dyn Panel>,
    others: Vec<Box<dyn Panel>>,
}

impl Several {
    /// `first` decides the size; the others show its pictures whatever theirs is.
    pub fn new(first: Box<dyn Panel>, others: Vec<Box<dyn Panel>>) -> Several {
        Several { first, others }
    }
}

impl Panel for Several {
    fn size(&self) -> (u32, u32) {
        self.first.size()
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        let mut outcome = self.first.show(picture);
        for other in &mut self.others {
            outcome = outcome.and(other.show(picture));
        }
        outcome
    }

    fn glance(&mut self, picture: &Picture) -> Result<(), PanelError> {
        let mut outcome = self.first.glance(picture);
        for other in &mut self.others {
            outcome = outcome.and(other.glance(picture));
        }
        outcome
    }

    fn light(&mut self, on: bool) -> Result<(), PanelError> {
        let mut outcome = self.first.light(on);
        for other in &mut self.others {
            outcome = outcome.and(other.light(on));
        }
        outcome
    }
}

/// A panel that only remembers its newest picture, to be drawn elsewhere: a page, a terminal, a
/// test. Clones share the picture.
#[derive(Clone)]
pub struct Latest {
    size: (u32, u32),
    picture: watch::Sender<Option<Arc<Picture>>>,
}

impl Latest {
    /// A panel of this size in pixels, without a picture as yet.
    pub fn new(width: u32, height: u32) -> Latest {
        Latest { size: (width, height), picture: watch::Sender::new(None) }
    }

    /// The newest picture; none before the first.
    pub fn picture(&self) -> Option<Arc<Picture>> {
        self.picture.borrow().clone()
    }

    /// Wakes those that wait for the next picture.
    pub fn watch(&self) -> watch::Receiver<Option<Arc<Picture>>> {
        self.picture.subscribe()
    }
}

impl Panel for Latest {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.picture.send_replace(Some(Arc::new(picture.clone())));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panel whose cable is out.
    struct Dead;

    impl Panel for Dead {
        fn size(&self) -> (u32, u32) {
            (8, 8)
        }

        fn show(&mut self, _: &Picture) -> Result<(), PanelError> {
            Err(PanelError::Io { device: "/dev/spidev0.0".into(), reason: "gone".into() })
        }
    }

    #[test]
    fn a_panel_that_fails_keeps_no_other_from_showing_and_is_reported() {
        let latest = Latest::new(4, 4);
        for (first, other, size) in [
            (Box::new(Dead) as Box<dyn Panel>, Box::new(latest.clone()) as Box<dyn Panel>, (8, 8)),
            (Box::new(latest.clone()), Box::new(Dead), (4, 4)),
        ] {
            latest.picture.send_replace(None);
            let mut several = Several::new(first, vec![other]);
            assert_eq!(several.size(), size);
            let picture = Picture::new(8, 8);
            assert!(several.show(&picture).is_err());
            assert!(latest.picture().is_some_and(|shown| *shown == picture));
        }
    }
}
