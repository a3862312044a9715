//! What can be played: items of music and video with what is known of them.

use super::item_store::ItemStore;
use super::kind::Kind;

/// Everything that can be played here.
///
/// Built from items: `Catalog { music: items.into(), video: films.into_iter().collect() }`, or one by one
/// with [`ItemStore::push`], which keeps the peak of memory low while a large library is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    /// The tracks.
    pub music: ItemStore,
    /// The videos.
    pub video: ItemStore,
}

impl Catalog {
    /// The items of one kind.
    pub fn of(&self, kind: Kind) -> &ItemStore {
        match kind {
            Kind::Music => &self.music,
            Kind::Video => &self.video,
        }
    }

    /// The items of one kind, to be changed.
    pub fn of_mut(&mut self, kind: Kind) -> &mut ItemStore {
        match kind {
            Kind::Music => &mut self.music,
            Kind::Video => &mut self.video,
        }
    }
}
