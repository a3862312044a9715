//! Which items a pool holds. The words of a pool are looked up once for each distinct list of words on
//! the item store, so that asking an item is looking into a table.

use super::interned_words::number;
use super::item_store::{ItemStore, Row};
use super::reason::Reason;
use super::template::{Point, Pool};
use super::word::{in_folder, normalized};

/// A pool, prepared for one item store.
pub(super) struct PreparedPool<'a> {
    pool: &'a Pool,
    tags: Table,
    genres: Table,
    playlists: Table,
    /// Positions in the pool's own list of folders.
    folders: Table,
}

/// For each list or folder in the item store the word that meets the pool, or [`NONE`]; nothing if the pool does not ask.
type Table = Option<Vec<u32>>;

/// No word.
const NONE: u32 = u32::MAX;

impl<'a> PreparedPool<'a> {
    pub(super) fn new(pool: &'a Pool, item_store: &ItemStore) -> PreparedPool<'a> {
        PreparedPool {
            pool,
            tags: table(&pool.tags, item_store),
            genres: table(&pool.genres, item_store),
            playlists: table(&pool.playlists, item_store),
            folders: folders(&pool.folders, item_store),
        }
    }

    /// Whether a row is in it.
    pub(super) fn holds(&self, row: &Row) -> bool {
        let meets = |table: &Table, at: u32| table.is_none() || word(table, at) != NONE;
        meets(&self.tags, row.tags)
            && meets(&self.genres, row.genres)
            && meets(&self.playlists, row.playlists)
            && meets(&self.folders, row.folder)
            && self.pool.region.is_none_or(|region| {
                row.feeling
                    .is_some_and(|feeling| region.contains(Point::new(feeling.valence, feeling.arousal)))
            })
    }

    /// Whether it names what it wants, beside a place on the plane.
    pub(super) fn asks_by_word(&self) -> bool {
        self.tags.is_some() || self.genres.is_some() || self.playlists.is_some() || self.folders.is_some()
    }

    /// What about an item of this pool met it.
    pub(super) fn reason(&self, item_store: &ItemStore, row: &Row) -> Option<Reason> {
        let of = |table: &Table, list: u32| {
            let found = word(table, list);
            (found != NONE).then(|| item_store.word(found).to_owned())
        };
        of(&self.tags, row.tags)
            .map(Reason::Tagged)
            .or_else(|| of(&self.genres, row.genres).map(Reason::Genre))
            .or_else(|| of(&self.playlists, row.playlists).map(Reason::Playlist))
            .or_else(|| {
                let folder = self.pool.folders.get(word(&self.folders, row.folder) as usize)?;
                Some(Reason::Folder(folder.clone()))
            })
    }
}

/// The word of a table at a place.
fn word(table: &Table, at: u32) -> u32 {
    table.as_ref().and_then(|table| table.get(at as usize)).copied().unwrap_or(NONE)
}

fn folders(wanted: &[String], item_store: &ItemStore) -> Table {
    if wanted.is_empty() {
        return None;
    }
    let wanted: Vec<String> = wanted.iter().map(|folder| normalized(folder)).collect();
    let first = |folder| wanted.iter().position(|wanted| in_folder(folder, wanted)).map_or(NONE, number);
    Some(item_store.folders().map(first).collect())
}

fn table(words: &[String], item_store: &ItemStore) -> Table {
    if words.is_empty() {
        return None;
    }
    let mut wanted = vec![false; item_store.word_count()];
    for number in words.iter().flat_map(|word| spellings(word)).filter_map(|word| item_store.find_word(&word))
    {
        wanted[number as usize] = true;
    }
    let first = |list| item_store.list(list).find(|&word| wanted[word as usize]).unwrap_or(NONE);
    Some((0..number(item_store.list_count())).map(first).collect())
}

/// A word with what people write in place of its signs: `hip hop`, `hip-hop` and `hiphop`, `drum & bass` and
/// `drum and bass`.
fn spellings(word: &str) -> [String; 6] {
    [
        word.to_owned(),
        word.replace('-', " "),
        word.replace(' ', "-"),
        word.replace([' ', '-'], ""),
        word.replace(" & ", " and "),
        word.replace(" and ", " & "),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::item::{Feeling, FeelingSource, Item};
    use super::super::template::Region;
    use super::*;

    fn holds(pool: &Pool, item: Item) -> bool {
        let item_store: ItemStore = vec![item].into();
        PreparedPool::new(pool, &item_store).holds(&item_store.rows()[0])
    }

    fn item() -> Item {
        Item {
            id: "Quiet/Sea/01.flac".into(),
            genres: vec!["Ambient".into()],
            tags: vec!["calm".into(), "sea".into()],
            playlists: vec!["Evening".into()],
            feeling: Some(Feeling { valence: 0.4, arousal: -0.6, source: FeelingSource::Explicit }),
            ..Item::default()
        }
    }

    #[test]
    fn a_word_with_other_signs_between_its_parts_is_the_same_word() {
        for (asked, written) in [
            ("hip hop", "Hip-Hop"),
            ("hip-hop", "HipHop"),
            ("hip-hop", "Hip Hop"),
            ("drum & bass", "Drum and Bass"),
            ("drum and bass", "Drum & Bass"),
            ("singer-songwriter", "Singer Songwriter"),
        ] {
            let item = Item { genres: vec![written.into()], ..item() };
            let pool = Pool { genres: vec![asked.into()], ..Pool::default() };
            assert!(holds(&pool, item), "{asked} and {written}");
        }
    }

    #[test]
    fn the_reason_names_the_folder_as_the_template_writes_it() {
        let pool = Pool { folders: vec!["Storm".into(), "QUIET".into()], ..Pool::default() };
        let item_store: ItemStore = vec![Item { id: "01.flac".into(), ..item() }, item()].into();
        let prepared = PreparedPool::new(&pool, &item_store);
        let reasons: Vec<_> = item_store.rows().iter().map(|row| prepared.reason(&item_store, row)).collect();
        assert_eq!(reasons, [None, Some(Reason::Folder("QUIET".into()))]);
        // Each folder is compared once, however many items lie in it.
        let many: ItemStore = (0..100).map(|at| Item { id: format!("Quiet/{at}.flac"), ..item() }).collect();
        assert_eq!(many.folders().collect::<Vec<_>>(), ["quiet/"]);
    }

    #[test]
    fn an_item_is_in_a_pool_if_it_meets_every_list_by_one_of_its_words() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let region = |low, high| Some(Region { valence: (low, high), arousal: (-1.0, 1.0) });
        let cases = [
            (Pool::default(), true),
            (Pool { tags: words(&["storm", "sea"]), ..Pool::default() }, true),
            (Pool { tags: words(&["storm"]), ..Pool::default() }, false),
            (Pool { tags: words(&["sea"]), genres: words(&["ambient"]), ..Pool::default() }, true),
            (Pool { tags: words(&["sea"]), genres: words(&["rock"]), ..Pool::default() }, false),
            (Pool { playlists: words(&["evening"]), ..Pool::default() }, true),
            (Pool { folders: words(&["Quiet"]), ..Pool::default() }, true),
            (Pool { folders: words(&["Sea"]), ..Pool::default() }, true),
            (Pool { folders: words(&["ＱＵＩＥＴ/sea"]), ..Pool::default() }, true),
            (Pool { folders: words(&["Storm", "Sea"]), ..Pool::default() }, true),
            (Pool { folders: words(&["Qui"]), ..Pool::default() }, false),
            (Pool { folders: words(&["Quiet/Sea/01.flac"]), ..Pool::default() }, false),
            (Pool { folders: words(&[""]), ..Pool::default() }, false),
            (Pool { region: region(0.3, 0.5), ..Pool::default() }, true),
            (Pool { region: region(0.5, 0.9), ..Pool::default() }, false),
        ];
        for (pool, expected) in cases {
            assert_eq!(holds(&pool, item()), expected, "{pool:?}");
        }
        let unknown = Item { feeling: None, genres: vec![], tags: vec!["sea".into()], ..item() };
        assert!(!holds(&Pool { region: region(-1.0, 1.0), ..Pool::default() }, unknown), "unknown feeling");
    }
}
