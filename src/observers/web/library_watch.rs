//! What the page needs to know that no snapshot holds: what there is to play, and by which templates.

use std::sync::Arc;

use tokio::sync::watch;

use crate::daemon::Observer;
use moodbox_core::kiosk::event::{Event, Time};
use moodbox_core::recommend::{Catalog, Templates};

/// The newest catalog and templates. Clones see the same.
#[derive(Clone)]
pub struct LibraryWatch {
    /// All that can be played.
    pub catalog: watch::Receiver<Arc<Catalog>>,
    /// The templates that count.
    pub templates: watch::Receiver<Arc<Templates>>,
}

/// Takes note of them as they pass.
pub struct Watcher {
    catalog: watch::Sender<Arc<Catalog>>,
    templates: watch::Sender<Arc<Templates>>,
}

impl Watcher {
    /// The observer, and what it keeps up to date: both empty at first.
    pub fn new() -> (Watcher, LibraryWatch) {
        let (catalog, catalogs) = watch::channel(Arc::default());
        let (templates, all_templates) = watch::channel(Arc::default());
        (Watcher { catalog, templates }, LibraryWatch { catalog: catalogs, templates: all_templates })
    }
}

impl Observer for Watcher {
    fn event(&mut self, _at: Time, event: &Event) {
        match event {
            Event::Catalog(catalog) => {
                self.catalog.send_replace(catalog.clone());
            }
            Event::Templates(templates) => {
                self.templates.send_replace(templates.clone());
            }
            _ => {}
        }
    }
}
