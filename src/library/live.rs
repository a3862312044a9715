//! The catalog while the device runs: put together from what music, videos and the sound report.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::numbers::to_u32;
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, ItemStore, Kind};

/// One catalog, shared by the threads that fill it. Each change is published.
#[derive(Clone)]
pub struct LiveCatalog {
    shared: Arc<Mutex<Shared>>,
    /// Wakes the thread that listens to what is unknown.
    wake: Option<Sender<()>>,
}

struct Shared {
    /// The very one that was told last: a large library is in memory once, not twice.
    catalog: Arc<Catalog>,
    /// What was heard in this run, by kind and id: the library may be read anew at any time.
    heard: HashMap<(Kind, String), Place>,
    tell: Box<dyn FnMut(Arc<Catalog>) + Send>,
    stock: Option<Stock>,
}

/// Valence, arousal, and whether it is speech.
type Place = (f32, f32, bool);

/// What was heard of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Music or video.
    pub kind: Kind,
    /// Its identity in the catalog.
    pub id: String,
    /// Where it lies.
    pub feeling: Feeling,
    /// Whether it is spoken word.
    pub spoken: bool,
}

/// Looks whether there is anything to play at all.
struct Stock {
    /// Those who have not yet said what they have.
    awaited: HashSet<Kind>,
    bare: bool,
    tell: Box<dyn FnMut(bool) + Send>,
}

impl LiveCatalog {
    /// An empty one; `tell` gets each new state, the same for all threads. The receiver wakes when there
    /// may be something to listen to, and closes when everybody who fills the catalog has left.
    pub fn new(tell: impl FnMut(Arc<Catalog>) + Send + 'static) -> (LiveCatalog, Receiver<()>) {
        let (wake, woken) = bounded(1);
        let shared =
            Shared { catalog: Arc::default(), heard: HashMap::new(), tell: Box::new(tell), stock: None };
        (LiveCatalog { shared: Arc::new(Mutex::new(shared)), wake: Some(wake) }, woken)
    }

    /// `tell` hears `true` when each of these kinds has said what it has and there is nothing at all, and
    /// `false` when there is something again.
    pub fn watch_stock(
        &self,
        kinds: impl IntoIterator<Item = Kind>,
        tell: impl FnMut(bool) + Send + 'static,
    ) {
        let awaited = kinds.into_iter().collect();
        self.lock().stock = Some(Stock { awaited, bare: false, tell: Box::new(tell) });
    }

    /// The same catalog, for the thread that listens: it wakes nobody.
    pub fn for_listener(&self) -> LiveCatalog {
        LiveCatalog { shared: self.shared.clone(), wake: None }
    }

    /// Replaces all items of a kind.
    pub fn replace(&self, kind: Kind, items: impl Into<ItemStore>) {
        let mut item_store = items.into();
        let mut shared = self.lock();
        for ((of, id), (valence, arousal, spoken)) in &shared.heard {
            if *of == kind {
                item_store.measured(id, *valence, *arousal, *spoken);
            }
        }
        let mut next = Catalog::default();
        for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
            *next.of_mut(other) = shared.catalog.of(other).clone();
        }
        *next.of_mut(kind) = item_store;
        shared.catalog = Arc::new(next);
        shared.tell();
        shared.tell_stock(kind);
        drop(shared);
        if let Some(wake) = &self.wake {
            // A full channel: the listener is about to look anyway.
            let _ = wake.try_send(());
        }
    }

    /// Puts what was measured on the items of which nothing better is known.
    pub fn measured(&self, heard: Vec<Heard>) {
        let mut shared = self.lock();
        let mut changed = false;
        for Heard { kind, id, feeling, spoken } in heard {
            let place = (feeling.valence, feeling.arousal, spoken);
            if shared.heard.insert((kind, id.clone()), place) != Some(place) {
                // The first change takes a copy, if somebody still holds what was told.
                let item_store = Arc::make_mut(&mut shared.catalog).of_mut(kind);
                changed |= item_store.measured(&id, place.0, place.1, place.2);
            }
        }
        if changed {
            shared.tell();
        }
    }

    /// The items of which nothing is known but, perhaps, their sound.
    pub fn unknown(&self) -> Unknown {
        let catalog = self.lock().catalog.clone();
        let open =
            |feeling: Option<Feeling>| feeling.is_none_or(|feeling| feeling.source == FeelingSource::Sound);
        let mut items = Vec::new();
        for kind in Kind::ALL {
            let places = catalog.of(kind).iter().enumerate().filter(|(_, entry)| open(entry.feeling));
            items.extend(places.map(|(place, _)| (kind, to_u32(place))));
        }
        Unknown { catalog, items }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Items by their positions in the catalog as it was: their names are in memory once.
pub struct Unknown {
    catalog: Arc<Catalog>,
    items: Vec<(Kind, u32)>,
}

impl Unknown {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.items.len()
    }

    /// Whether there are any of this kind.
    pub fn any(&self, kind: Kind) -> bool {
        self.items.iter().any(|(of, _)| *of == kind)
    }

    /// Kind and id of each.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &str)> {
        self.items.iter().map(|(kind, place)| {
            let entry = self.catalog.of(*kind).get(*place as usize);
            (*kind, entry.map_or("", |entry| entry.id))
        })
    }
}

impl Shared {
    /// Under the lock, so that nobody gets an older one after a newer.
    fn tell(&mut self) {
        (self.tell)(self.catalog.clone());
    }

    fn tell_stock(&mut self, told: Kind) {
        let Some(stock) = &mut self.stock else { return };
        stock.awaited.remove(&told);
        let nothing = Kind::ALL.into_iter().all(|kind| self.catalog.of(kind).is_empty());
        let bare = stock.awaited.is_empty() && nothing;
        if std::mem::replace(&mut stock.bare, bare) != bare {
            (stock.tell)(bare);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::recommend::Item;

    fn item(id: &str, genre: &str) -> Item {
        Item { id: id.into(), genres: vec![genre.into()], ..Item::default() }
    }

    fn sound(id: &str) -> Heard {
        let feeling = Feeling { valence: 0.1, arousal: 0.2, source: FeelingSource::Sound };
        Heard { kind: Kind::Music, id: id.to_owned(), feeling, spoken: false }
    }

    #[test]
    fn what_was_heard_stays_when_the_library_is_read_anew() {
        let (tell, told) = crossbeam_channel::unbounded();
        let (live, woken) = LiveCatalog::new(move |catalog| tell.send(catalog).unwrap());
        live.replace(Kind::Music, vec![item("a", "ambient"), item("b", "")]);
        live.replace(Kind::Video, vec![item("/v.mkv", "")]);
        assert_eq!(woken.len(), 1, "one token wakes for both");
        let unknown = live.unknown();
        assert!(unknown.iter().eq([(Kind::Music, "b"), (Kind::Video, "/v.mkv")]));
        assert!(unknown.count() == 2 && unknown.any(Kind::Video));
        live.for_listener().measured(vec![sound("a"), sound("b"), sound("gone")]);
        live.replace(Kind::Music, vec![item("b", ""), item("c", "")]);
        let last = told.try_iter().last().unwrap();
        let source = |id: &str| last.music.find(id).unwrap().feeling.map(|feeling| feeling.source);
        assert_eq!((source("b"), source("c")), (Some(FeelingSource::Sound), None));
        assert_eq!(last.video.len(), 1);
        live.measured(vec![sound("b")]);
        assert!(told.is_empty(), "nothing new is not told");
        drop(live);
        assert!(woken.recv().is_ok() && woken.recv().is_err(), "it closes when all have left");
    }

    #[test]
    fn an_empty_library_is_told_once_all_have_said_what_they_have_and_again_when_it_is_filled() {
        let (tell, told) = crossbeam_channel::unbounded();
        let (live, _woken) = LiveCatalog::new(|_| {});
        live.watch_stock(Kind::ALL, move |bare| tell.send(bare).unwrap());
        live.replace(Kind::Video, Vec::new());
        assert!(told.is_empty(), "the music may have something yet");
        live.replace(Kind::Music, Vec::new());
        live.replace(Kind::Music, Vec::new());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true]);
        live.replace(Kind::Video, vec![item("/v.mkv", "")]);
        live.replace(Kind::Music, vec![item("a", "")]);
        live.replace(Kind::Video, Vec::new());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [false]);
    }
}
