//! How long a list of twenty takes from libraries of many sizes.

use super::Figure;
use super::clock::Times;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::synthetic_library::library;
use moodbox_core::recommend::{
    Catalog, History, Kind, Length, Outcome, Request, Taste, Template, Templates, suggest,
};

/// Milliseconds that a list from 100,000 tracks may take.
const LIMIT: f64 = 5.0;

/// A library that was made up, with a year of sessions.
pub struct Case {
    /// The tracks to choose from.
    pub catalog: Catalog,
    templates: Templates,
    history: History,
    taste: Taste,
}

impl Case {
    /// A library of `tracks` made-up tracks, and a history of 200 sessions with them.
    pub fn new(tracks: usize) -> Case {
        let catalog = Catalog { music: library(tracks, 1).item_store, ..Catalog::default() };
        let history = year(&catalog);
        let taste = Taste::learn(&history);
        Case { templates: twenty(), history, taste, catalog }
    }

    /// One list of twenty; how many it holds.
    pub fn suggest(&self, seed: u64) -> usize {
        let moods = Mood::ALL.len() as u64;
        let mood = Mood::ALL[usize::try_from(seed % moods).unwrap_or(0)];
        let recent = self.history.recent(40);
        let request = Request { seed, taste: Some(&self.taste), recent: &recent, ..Request::new(mood) };
        suggest(&self.catalog, &self.templates, &request).music.len()
    }
}

/// Times lists of twenty from 100,000 tracks, with each mood twenty times.
pub(crate) fn measure() -> Vec<Figure> {
    let case = Case::new(100_000);
    let mut times = Times::default();
    for seed in 0..140 {
        times.take(|| case.suggest(seed));
    }
    vec![
        Figure::new("suggest.ms_100k", times.median(), "ms", "a list of twenty from 100,000 tracks")
            .within(LIMIT),
        Figure::new("suggest.longest_ms_100k", times.at(1.0), "ms", "the longest of 140 such lists"),
    ]
}

fn twenty() -> Templates {
    Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
        let music = Template { length: Length::Items(20), ..templates.of(mood).music.clone() };
        templates.with(mood, Kind::Music, music)
    })
}

fn year(catalog: &Catalog) -> History {
    let mut history = History::default();
    for session in 0..200usize {
        history.begin(Mood::ALL[session % Mood::ALL.len()]);
        for play in 0..20 {
            if let Some(entry) = catalog.music.get((session * 7919 + play * 104_729) % catalog.music.len()) {
                let outcome = if (session + play) % 3 == 0 { Outcome::Skipped } else { Outcome::Finished };
                history.record(entry.id, outcome);
            }
        }
    }
    history
}
