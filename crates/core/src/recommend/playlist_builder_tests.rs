//! What an item is counts as much as where it lies: its length, whether it is speech, whether it is there twice.

use std::time::Duration;

use super::catalog::Catalog;
use super::item::{Feeling, FeelingSource, Item};
use super::kind::Kind;
use super::template::{Length, Template};
use super::templates::Templates;
use super::{Request, suggest};
use crate::mood::Mood;

fn song(name: &str, seconds: u64, genre: &str) -> Item {
    Item {
        id: format!("{name}.mp3"),
        title: name.into(),
        artist: format!("Band of {name}"),
        genres: vec![genre.into()],
        length: Some(Duration::from_secs(seconds)),
        ..Item::default()
    }
}

fn titles(items: Vec<Item>, templates: &Templates, mood: Mood) -> Vec<String> {
    let catalog = Catalog { music: items.into(), ..Catalog::default() };
    suggest(&catalog, templates, &Request::new(mood)).music.into_iter().map(|pick| pick.title).collect()
}

fn with(template: &str) -> Templates {
    let read = Templates::parse(Kind::Music, template).unwrap();
    Mood::ALL.into_iter().fold(Templates::shipped(), |all, mood| all.with(mood, Kind::Music, read.clone()))
}

#[test]
fn a_mix_of_hours_is_passed_over_while_there_are_songs_and_taken_where_there_are_none() {
    let mixes = vec![song("Sommer Mix", 7200, "House"), song("Sleep", 3600, "Ambient")];
    let songs: Vec<_> = (1..=12).map(|n| song(&format!("Lied {n}"), 180, "Pop")).collect();
    for mood in Mood::ALL {
        let all = titles([mixes.clone(), songs.clone()].concat(), &Templates::shipped(), mood);
        assert!(!all.is_empty() && all.iter().all(|title| title.starts_with("Lied")), "{mood}: {all:?}");
        assert!(!titles(mixes.clone(), &Templates::shipped(), mood).is_empty(), "{mood}");
    }
}

#[test]
fn a_jingle_is_passed_over_and_a_template_may_say_otherwise() {
    let items = || vec![song("Jingle", 9, "Pop"), song("One", 200, "Pop"), song("Long", 1200, "Pop")];
    assert_eq!(titles(items(), &Templates::shipped(), Mood::Happy), ["One"]);
    let mut all = titles(items(), &with("shortest_s = 0\nlongest_min = 60"), Mood::Happy);
    all.sort();
    assert_eq!(all, ["Jingle", "Long", "One"]);
    for wrong in ["shortest_s = -1", "longest_min = 0", "shortest_s = 9999"] {
        assert!(Templates::parse(Kind::Music, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_list_fits_the_length_that_was_asked_for() {
    let items: Vec<_> = (1..=30).map(|n| song(&format!("S{n}"), 120 + 25 * n, "Pop")).collect();
    for minutes in [10, 20, 30] {
        let template = with(&format!("length = {{ minutes = {minutes} }}"));
        let catalog = Catalog { music: items.clone().into(), ..Catalog::default() };
        for seed in 0..10 {
            let list = suggest(&catalog, &template, &Request { seed, ..Request::new(Mood::Happy) }).music;
            let seconds: u64 = list
                .iter()
                .filter_map(|pick| items.iter().find(|item| item.id == pick.id)?.length)
                .map(|length| length.as_secs())
                .sum();
            let asked = minutes * 60;
            assert!((asked * 9 / 10..=asked + 120).contains(&seconds), "{minutes} min: {seconds} s");
        }
    }
}

#[test]
fn spoken_word_is_chosen_only_where_a_template_names_it() {
    let items = || {
        let mut items: Vec<_> = (1..=6).map(|n| song(&format!("Kapitel {n}"), 300, "Hörbuch")).collect();
        for (place, item) in items.iter_mut().enumerate() {
            let valence = 0.1 + place as f32 / 100.0;
            item.feeling = Some(Feeling { valence, arousal: 0.34, source: FeelingSource::Sound });
        }
        items.push(song("Song", 200, "Pop"));
        items
    };
    for mood in Mood::ALL {
        assert_eq!(titles(items(), &Templates::shipped(), mood), ["Song"], "{mood}");
    }
    let asked = titles(items(), &with("[[pool]]\ngenres = [\"hörbuch\"]"), Mood::Sad);
    assert!(asked.len() == 6 && asked.iter().all(|title| title.starts_with("Kapitel")), "{asked:?}");
}

#[test]
fn of_several_copies_one_is_on_a_list_and_none_after_it_was_played() {
    let copy = |id: &str, title: &str, artist: &str| Item {
        id: id.into(),
        title: title.into(),
        artist: artist.into(),
        ..song("x", 200, "Pop")
    };
    let items = vec![
        copy("a/smile.mp3", "Smile", "Lo"),
        copy("a/smile (1).mp3", "SMILE", "lo "),
        copy("Backup 2020/smile.mp3", "Smile", "Lo"),
        copy("a/other.mp3", "Other", "Lo"),
        copy("a/untagged.mp3", "", ""),
        copy("b/untagged (1).mp3", "", ""),
        copy("b/untagged - Kopie.mp3", "", ""),
    ];
    let catalog = Catalog { music: items.into(), ..Catalog::default() };
    let list = |recent: &[String]| {
        let request = Request { recent, ..Request::new(Mood::Happy) };
        let mut ids: Vec<_> = suggest(&catalog, &Templates::shipped(), &request)
            .music
            .into_iter()
            .map(|pick| pick.title.to_lowercase())
            .collect();
        ids.iter_mut().for_each(|title| title.truncate(5));
        ids.sort();
        ids
    };
    assert_eq!(list(&[]), ["other", "smile", "untag"]);
    let first = suggest(
        &catalog,
        &with("length = { items = 1 }"),
        &Request { recent: &["a/smile.mp3".into(), "a/untagged.mp3".into()], ..Request::new(Mood::Happy) },
    );
    assert_eq!(first.music[0].title, "Other");
}

#[test]
fn what_sounds_the_same_for_the_same_time_is_the_same() {
    let heard = |id: &str, valence: f32| Item {
        genres: vec![],
        feeling: Some(Feeling { valence, arousal: 0.3, source: FeelingSource::Sound }),
        ..song(id, 200, "")
    };
    let list = titles(vec![heard("a", 0.4), heard("b", 0.4), heard("c", 0.5)], &with(""), Mood::Happy);
    assert_eq!(list.len(), 2, "{list:?}");
    let none = Template { length: Length::Items(3), ..Template::default() };
    assert_eq!((none.shortest, none.longest), (Duration::ZERO, None));
}

#[test]
fn words_meet_however_they_are_written() {
    let nfd = "Fru\u{308}hstu\u{308}ck/a.mp3";
    for (item, template) in [
        (Item { id: nfd.into(), ..song("x", 200, "") }, "[[pool]]\nfolders = [\"Frühstück\"]"),
        (Item { id: "FRÜHSTÜCK/a.mp3".into(), ..song("x", 200, "") }, "[[pool]]\nfolders = [\"frühstück\"]"),
        (song("x", 200, "Tra\u{308}umerei"), "[[pool]]\ngenres = [\"träumerei\"]"),
        (
            Item { tags: vec!["fro\u{308}hlich".into()], ..song("x", 200, "") },
            "[[pool]]\ntags = [\"FRÖHLICH\"]",
        ),
        (
            Item { playlists: vec!["A\u{308}rger".into()], ..song("x", 200, "") },
            "[[pool]]\nplaylists = [\"Ärger\"]",
        ),
        (song("x", 200, "ＪＡＺＺ"), "[[pool]]\ngenres = [\"Jazz\"]"),
    ] {
        let catalog = Catalog { music: vec![item].into(), ..Catalog::default() };
        let list = suggest(&catalog, &with(template), &Request::new(Mood::Happy));
        assert!(
            list.notes.iter().all(|note| !matches!(note, super::Note::Nearest(_) | super::Note::Anything(_))),
            "{template}: {:?}",
            list.notes
        );
    }
}

#[test]
fn no_two_moods_end_with_the_same_two_clips_while_others_lie_unused() {
    let clip = |name: String, tag: &str| Item {
        id: format!("/v/{name}.mp4"),
        title: name,
        tags: vec![tag.into()],
        length: Some(Duration::from_secs(90)),
        ..Item::default()
    };
    let mut video: Vec<Item> = (0..2).map(|n| clip(format!("sea {n}"), "sea")).collect();
    video.extend((0..8).map(|n| clip(format!("other {n}"), "dvd")));
    let catalog = Catalog { video: video.into(), ..Catalog::default() };
    let shown = |mood: Mood, seed: u64| {
        let picks = suggest(&catalog, &Templates::shipped(), &Request { seed, ..Request::new(mood) }).video;
        picks.into_iter().map(|pick| pick.title).collect::<Vec<_>>()
    };
    let moods = [Mood::Angry, Mood::Disgust, Mood::Fear, Mood::Sad, Mood::Neutral];
    let lists: Vec<Vec<String>> = moods.into_iter().zip(1..).map(|(mood, seed)| shown(mood, seed)).collect();
    for list in &lists {
        assert!(list.len() >= 4, "{list:?}");
        // What fits comes first.
        assert!(list[..2].iter().all(|title| title.starts_with("sea")), "{list:?}");
    }
    let sets: std::collections::BTreeSet<_> =
        lists.iter().map(|list| list.iter().cloned().collect::<std::collections::BTreeSet<_>>()).collect();
    assert!(sets.len() > 2, "{lists:?}");
}

#[test]
fn a_line_end_in_a_name_is_no_line() {
    let catalog = Catalog {
        music: vec![song("x\n2026 ERROR \u{1b}[2J \u{2028}\u{202e}forged", 200, "Pop")].into(),
        ..Catalog::default()
    };
    let entry = catalog.music.iter().next().unwrap();
    assert_eq!(entry.title, "x␊2026 ERROR ␛[2J \u{fffd}\u{fffd}forged");
    assert!(entry.id.contains('\n'), "the file is found by its own name");
}
