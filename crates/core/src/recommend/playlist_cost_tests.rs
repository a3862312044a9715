use super::super::synthetic_library::library;
use super::super::templates::Templates;
use super::*;
use crate::mood::Mood;

/// How often a candidate is looked at for each track of a library, at most over all moods.
fn looked_per_track(tracks: usize) -> f32 {
    let item_store = library(tracks, 1).item_store;
    let looked = |mood| {
        let template = Template { length: Length::Items(20), ..Templates::shipped().of(mood).music.clone() };
        let request = Request::new(mood);
        let rows = rows_where(&item_store, &Recent::new(&item_store, &[], 0), |_| true).rows;
        let mut walk = Walk::new(Kind::Music, &item_store, &request, Path::new(&template, &request));
        let mut candidates = walk.candidates(rows, template.length);
        walk.fill(&mut candidates, template.length);
        walk.fill_in_between(&mut candidates, template.length, tracks);
        walk.looked as f32 / tracks as f32
    };
    Mood::ALL.into_iter().map(looked).fold(0.0, f32::max)
}

#[test]
fn a_list_looks_at_each_track_a_few_times_however_many_there_are() {
    for tracks in [1000, 10_000, 100_000] {
        let looked = looked_per_track(tracks);
        assert!(looked <= 10.0, "{tracks} tracks: each was looked at {looked} times");
    }
}
