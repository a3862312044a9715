//! The demo library holds something for every mood, by the templates that ship.

use std::collections::HashSet;
use std::time::Duration;

use moodbox::ports::video::folder;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Catalog, Item, Kind, Note, Request, Templates, suggest};

/// The lines of a table in the script that makes the library, cut at the bars.
fn table(end: &str) -> Vec<Vec<&'static str>> {
    let script = include_str!("../../deploy/demo-library");
    let start = format!("<<'{end}'\n");
    let (_, table) = script.split_once(&start).unwrap();
    let (table, _) = table.split_once(&format!("\n{end}\n")).unwrap();
    table.lines().map(|line| line.split('|').collect()).collect()
}

/// The library as MPD and the folders of videos would tell it.
fn catalog() -> Catalog {
    let music: Vec<Item> = table("TRACKS")
        .into_iter()
        .map(|line| Item {
            id: format!("{}.ogg", line[0]),
            title: line[1].to_owned(),
            artist: line[2].to_owned(),
            genres: vec![line[3].to_owned()],
            tags: line[4].split("; ").map(str::to_owned).collect(),
            length: Some(Duration::from_secs(30)),
            ..Item::default()
        })
        .collect();
    let video: Vec<Item> = table("CLIPS")
        .into_iter()
        .map(|line| {
            let (folders, _) = line[0].rsplit_once('/').unwrap();
            let tags = folders.split('/').map(str::to_owned).collect();
            Item { id: format!("/{}.mp4", line[0]), title: line[1].to_owned(), tags, ..Item::default() }
        })
        .collect();
    Catalog { music: music.into(), video: video.into() }
}

#[test]
fn every_mood_finds_music_and_videos_that_meet_its_template() {
    let catalog = catalog();
    for mood in Mood::ALL {
        let list = suggest(&catalog, &Templates::shipped(), &Request::new(mood));
        assert!(list.music.len() >= 5, "{mood}: {:?}", list.music);
        assert!(list.video.len() >= 2, "{mood}: {:?}", list.video);
        for kind in [Kind::Music, Kind::Video] {
            for wrong in [Note::Nearest(kind), Note::Anything(kind), Note::Nothing { kind, empty: false }] {
                assert!(!list.notes.contains(&wrong), "{mood}: {wrong:?}");
            }
        }
    }
}

#[test]
fn no_two_files_share_a_name_and_each_video_is_called_as_its_file_is() {
    let names: Vec<_> = table("TRACKS").into_iter().chain(table("CLIPS")).map(|line| line[0]).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    for line in table("CLIPS") {
        let from_file = folder::title(&format!("{}.mp4", line[0]));
        assert_eq!(from_file.to_lowercase(), line[1].to_lowercase());
    }
}
