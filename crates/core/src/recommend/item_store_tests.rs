use super::*;

fn item(id: &str) -> Item {
    Item { id: id.into(), title: format!("Title of {id}"), ..Item::default() }
}

#[test]
fn an_item_comes_back_as_it_was_put_in() {
    let full = Item {
        id: "日本/曲.flac".into(),
        title: "Ночь".into(),
        artist: "Ólafur".into(),
        album: "🎵".into(),
        genres: vec!["ambient".into(), "neo-classical".into()],
        tags: vec!["calm".into()],
        playlists: vec!["evening".into()],
        length: Some(Duration::from_millis(184_250)),
        feeling: Some(Feeling { valence: 0.4, arousal: -0.6, source: FeelingSource::Explicit }),
        explicit: true,
        rating: Some(8),
        like: Some(2),
    };
    let item_store: ItemStore = vec![item("a"), full.clone(), item("c")].into();
    assert_eq!(item_store.find("日本/曲.flac").unwrap().to_item(), full);
    assert_eq!(item_store.get(0).unwrap().title, "Title of a");
    assert_eq!(item_store.iter().map(|entry| entry.id).collect::<Vec<_>>(), ["a", "日本/曲.flac", "c"]);
    assert!(item_store.find("b").is_none());
    let keys = ["c", "b", "", "a"].map(Key::new);
    assert_eq!(item_store.places(&keys), [Some(2), None, None, Some(0)]);
}

#[test]
fn what_names_and_tags_cost_is_counted_and_what_repeats_costs_once() {
    let with = |tag: &dyn Fn(usize) -> String| {
        let mut item_store = ItemStore::new();
        for number in 0..1000 {
            item_store.push(Item {
                genres: vec![tag(number)],
                artist: tag(number),
                ..item(&number.to_string())
            });
        }
        item_store.bytes()
    };
    let same = with(&|_| "g".repeat(200));
    let each = with(&|number| format!("{number}{}", "g".repeat(200)));
    assert!((80_000..200_000).contains(&same), "{same}");
    assert!(each > same + 1000 * 200, "{each}");
}

#[test]
fn an_id_is_in_the_item_store_once_and_never_without_a_name() {
    let mut item_store = ItemStore::new();
    assert!(item_store.push(item("a")));
    assert!(item_store.push(Item { title: "newer".into(), ..item("a") }));
    assert!(!item_store.push(item("")));
    assert_eq!(item_store.len(), 1);
    assert_eq!(item_store.find("a").unwrap().title, "newer");
}

#[test]
fn a_genre_tag_with_several_genres_counts_as_each_in_any_case() {
    let item_store: ItemStore =
        vec![Item { genres: vec!["Electronic; AMBIENT/Drone".into()], ..item("a") }].into();
    let genres: Vec<_> = item_store.get(0).unwrap().genres().collect();
    assert_eq!(genres, ["electronic", "ambient", "drone"]);
}

#[test]
fn a_feeling_that_is_no_number_is_unknown_and_one_too_large_is_brought_in() {
    let with = |valence, arousal| {
        let feeling = Some(Feeling { valence, arousal, source: FeelingSource::Sound });
        ItemStore::from(vec![Item { feeling, ..item("a") }]).get(0).unwrap().feeling
    };
    assert_eq!(with(f32::NAN, 0.0), None);
    assert_eq!(with(0.0, f32::INFINITY), None);
    let feeling = with(7.0, -7.0).unwrap();
    assert_eq!((feeling.valence, feeling.arousal), (1.0, -1.0));
}

#[test]
fn a_feeling_comes_from_what_is_surest_and_says_so() {
    let sound = Some(Feeling { valence: 0.1, arousal: 0.1, source: FeelingSource::Sound });
    let set = Some(Feeling { valence: 0.9, arousal: 0.9, source: FeelingSource::Explicit });
    let full = Item {
        feeling: set,
        tags: vec!["Valence=0.3".into(), "arousal: -0.2".into(), "calm".into()],
        genres: vec!["Disco".into()],
        ..item("a")
    };
    let words = Item { feeling: sound, tags: vec!["calm".into()], ..full.clone() };
    let genre = Item { tags: vec!["valence=0.3".into(), "arousal=many".into()], ..words.clone() };
    let heard = Item { genres: vec![], ..genre.clone() };
    let mut found = Vec::new();
    for item in [full.clone(), Item { feeling: sound, ..full }, words, genre, heard] {
        let feeling = ItemStore::from(vec![item]).get(0).unwrap().feeling.unwrap();
        found.push((feeling.valence, feeling.arousal, feeling.source));
    }
    use FeelingSource::{Explicit, Genre, Sound};
    assert_eq!(found[..2], [(0.9, 0.9, Explicit), (0.3, -0.2, Explicit)]);
    assert_eq!([found[2].2, found[3].2, found[4].2], [Explicit, Genre, Sound]);
}

#[test]
fn a_measurement_fills_what_is_unknown_and_nothing_else() {
    let mut item_store: ItemStore =
        vec![Item { genres: vec!["Ambient".into()], ..item("a") }, item("b")].into();
    let before = item_store.get(0).unwrap().feeling;
    assert!(!item_store.measured("a", 0.5, 0.5, false) && !item_store.measured("c", 0.5, 0.5, false));
    assert!(!item_store.measured("b", f32::NAN, 0.5, false));
    assert!(item_store.measured("b", 0.5, 0.5, false) && !item_store.measured("b", 0.5, 0.5, false));
    assert!(item_store.measured("b", 0.4, 0.5, false), "the file changed");
    assert!(
        item_store.measured("b", 0.4, 0.5, true) && item_store.find("b").unwrap().spoken,
        "a voice reads"
    );
    assert_eq!(item_store.get(0).unwrap().feeling, before);
    assert_eq!(item_store.get(1).unwrap().feeling.unwrap().source, FeelingSource::Sound);
}

#[test]
fn an_item_without_a_feeling_gets_the_one_of_its_genre() {
    let item_store: ItemStore = vec![Item { genres: vec!["Ambient".into()], ..item("a") }, item("b")].into();
    let feeling = item_store.find("a").unwrap().feeling.unwrap();
    assert_eq!(feeling.source, FeelingSource::Genre);
    assert!(feeling.arousal < 0.0);
    assert_eq!(item_store.find("b").unwrap().feeling, None);
}

#[test]
fn what_is_said_of_items_elsewhere_stands_on_a_copy_that_shares_their_names() {
    let mut item_store = ItemStore::new();
    for number in 0..1000 {
        item_store
            .push(Item { genres: vec!["jazz".into()], ..item(&format!("{number}/{}", "x".repeat(4000))) });
    }
    item_store.shrink();
    let told = Feeling { valence: 0.5, arousal: -0.5, source: FeelingSource::Explicit };
    let marked = item_store.marked(|at| match at {
        7 => Marks { like: Some(9), rating: Some(8), feeling: Some(told), playlists: vec!["Evening"] },
        _ => Marks::default(),
    });
    let seven = marked.get(7).unwrap();
    assert_eq!((seven.like, seven.rating, seven.feeling), (Some(2), Some(8), Some(told)));
    assert!(seven.playlists().eq(["evening"]) && seven.id == item_store.get(7).unwrap().id);
    // The others are as they were, by their genre.
    let (eight, before) = (marked.get(8).unwrap(), item_store.get(8).unwrap());
    assert!(eight.feeling.is_some() && eight.feeling == before.feeling && eight.playlists().count() == 0);
    // The first piece of four megabytes of names is one and the same.
    assert!(std::ptr::eq(marked.get(0).unwrap().id, item_store.get(0).unwrap().id));
    assert_eq!(marked.place(seven.id), Some(7));
}
