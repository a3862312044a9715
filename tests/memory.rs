//! How much memory a large library takes. A program of its own, because the whole process is measured.

use moodbox_core::mood::Mood;
use moodbox_core::recommend::synthetic_library::library;
use moodbox_core::recommend::{
    Catalog, History, Kind, Length, Outcome, Request, Taste, Template, Templates, suggest,
};

/// The most that this process has had in memory so far, in kB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A year of sessions.
fn history(catalog: &Catalog) -> History {
    let mut history = History::default();
    for session in 0..200 {
        history.begin(Mood::ALL[session % 7]);
        for play in 0..20 {
            let entry = catalog.music.get((session * 7919 + play * 104_729) % catalog.music.len()).unwrap();
            history.record(entry.id, if play % 3 == 0 { Outcome::Skipped } else { Outcome::Finished });
        }
    }
    history
}

/// A library of so many tracks and a list of twenty for each mood; what that added to the peak, in kB.
fn added(tracks: usize) -> usize {
    let before = peak();
    let catalog = Catalog { music: library(tracks, 1).shelf, ..Catalog::default() };
    let taste = Taste::learn(&history(&catalog));
    let templates = Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
        let music = Template { length: Length::Items(20), ..templates.of(mood).music.clone() };
        templates.with(mood, Kind::Music, music)
    });
    for mood in Mood::ALL {
        let list = suggest(&catalog, &templates, &Request { taste: Some(&taste), ..Request::new(mood) });
        assert_eq!(list.music.len(), 20);
    }
    peak() - before
}

#[test]
fn a_hundred_thousand_tracks_and_their_lists_fit_into_forty_megabytes() {
    let all = added(100_000);
    println!("{all} kB");
    assert!(all <= 40_000, "{all} kB");
}
