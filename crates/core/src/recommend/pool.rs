//! Which items a pool holds. The words of a pool are looked up once for each distinct list of words on
//! the shelf, so that asking an item is looking into a table.

use super::interned_words::number;
use super::item_store::{ItemStore, Row};
use super::reason::Reason;
use super::template::{Point, Pool};
use super::word::{in_folder, normalized};

/// A pool, prepared for one shelf.
pub(super) struct PoolOnShelf<'a> {
    pool: &'a Pool,
    tags: Table,
    genres: Table,
    playlists: Table,
    /// As words are compared, and as the template writes them.
    folders: Vec<(String, &'a str)>,
}

/// For each list on the shelf the word that meets the pool; none at all if the pool does not ask.
type Table = Option<Vec<Option<u32>>>;

impl<'a> PoolOnShelf<'a> {
    pub(super) fn new(pool: &'a Pool, shelf: &ItemStore) -> PoolOnShelf<'a> {
        PoolOnShelf {
            pool,
            tags: table(&pool.tags, shelf),
            genres: table(&pool.genres, shelf),
            playlists: table(&pool.playlists, shelf),
            folders: pool.folders.iter().map(|folder| (normalized(folder), folder.as_str())).collect(),
        }
    }

    pub(super) fn holds(&self, shelf: &ItemStore, row: &Row) -> bool {
        let meets = |table: &Table, list: u32| {
            table.as_ref().is_none_or(|table| table.get(list as usize).is_some_and(Option::is_some))
        };
        meets(&self.tags, row.tags)
            && meets(&self.genres, row.genres)
            && meets(&self.playlists, row.playlists)
            && self.pool.region.is_none_or(|region| {
                row.feeling
                    .is_some_and(|feeling| region.contains(Point::new(feeling.valence, feeling.arousal)))
            })
            && (self.folders.is_empty() || self.folder(shelf, row).is_some())
    }

    /// Whether it names what it wants, beside a place on the plane.
    pub(super) fn asks_by_word(&self) -> bool {
        self.tags.is_some() || self.genres.is_some() || self.playlists.is_some() || !self.folders.is_empty()
    }

    /// What about an item of this pool met it.
    pub(super) fn reason(&self, shelf: &ItemStore, row: &Row) -> Option<Reason> {
        let word = |table: &Table, list: u32| {
            let word = table.as_ref()?.get(list as usize).copied().flatten()?;
            Some(shelf.word(word).to_owned())
        };
        word(&self.tags, row.tags)
            .map(Reason::Tagged)
            .or_else(|| word(&self.genres, row.genres).map(Reason::Genre))
            .or_else(|| word(&self.playlists, row.playlists).map(Reason::Playlist))
            .or_else(|| self.folder(shelf, row).map(|folder| Reason::Folder(folder.to_owned())))
    }

    fn folder(&self, shelf: &ItemStore, row: &Row) -> Option<&'a str> {
        if self.folders.is_empty() {
            return None;
        }
        let id = normalized(shelf.id(row));
        self.folders.iter().find(|(folder, _)| in_folder(&id, folder)).map(|(_, folder)| *folder)
    }
}

fn table(words: &[String], shelf: &ItemStore) -> Table {
    if words.is_empty() {
        return None;
    }
    let mut wanted = vec![false; shelf.word_count()];
    for number in words.iter().flat_map(|word| spellings(word)).filter_map(|word| shelf.find_word(&word)) {
        wanted[number as usize] = true;
    }
    let first = |list| shelf.list(list).find(|&word| wanted[word as usize]);
    Some((0..number(shelf.list_count())).map(first).collect())
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
        let shelf: ItemStore = vec![item].into();
        PoolOnShelf::new(pool, &shelf).holds(&shelf, &shelf.rows()[0])
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
            (Pool { folders: words(&["Qui"]), ..Pool::default() }, false),
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
