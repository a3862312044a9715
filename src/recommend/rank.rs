//! The parts of an item's rank that do not depend on its place in the list: what this place likes.
//!
//! Taste is a bandit: each artist and each genre has a Beta posterior of being welcome, from faded likes
//! and skips, and is drawn from it once for a list (Thompson sampling), so that what is little known gets
//! its chance and what is known well keeps its place. An item with plays of its own has its own posterior,
//! whose prior is the draw of its artist, whose prior is the draw of its genres.

use std::collections::{HashMap, HashSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Request;
use super::reason::Reason;
use super::shelf::{Row, Shelf};
use super::taste::{Known, Taste, Weights};
use super::template::Kind;
use crate::mood::Mood;

/// Imagined plays that a prior counts as.
const PRIOR: f32 = 2.0;

/// No position.
const NONE: u32 = u32::MAX;

/// What taste says about the items of a shelf, for one list.
pub(super) struct Ranks<'a> {
    shelf: &'a Shelf,
    mood: usize,
    weights: Weights,
    /// What is known of each item with plays of its own, and its draw.
    items: Vec<(&'a Known, f32)>,
    /// Position in `items` for each row, or [`NONE`]: looked up for every row of a large library.
    item_of_row: Vec<u32>,
    /// Draw of each artist by word; not a number for one without plays.
    artists: Vec<f32>,
    /// Draw of each list of genres, by list; a half where nothing is known.
    genres: Vec<f32>,
    /// Words of artists and genres that were liked beyond chance.
    favoured: HashSet<u32>,
}

/// What each part adds to the rank of an item.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub(super) collaborative: f32,
    pub(super) taste: f32,
    pub(super) novelty: f32,
}

impl Parts {
    pub(super) fn sum(&self) -> f32 {
        self.collaborative + self.taste + self.novelty
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.collaborative += other.collaborative;
        self.taste += other.taste;
        self.novelty += other.novelty;
    }
}

/// The parts of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Content,
    Collaborative,
    Taste,
    Novelty,
    Variety,
}

#[derive(Clone, Copy, Default)]
struct Count {
    plus: f32,
    minus: f32,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(kind: Kind, shelf: &'a Shelf, request: &Request<'a>) -> Ranks<'a> {
        let weights = request.weights.checked();
        let mut ranks = Ranks {
            shelf,
            mood: request.mood.index(),
            weights,
            items: Vec::new(),
            item_of_row: Vec::new(),
            artists: Vec::new(),
            genres: Vec::new(),
            favoured: HashSet::new(),
        };
        let Some(taste) = request.taste.filter(|taste| !taste.is_empty()) else { return ranks };
        let mut rng = ChaCha8Rng::seed_from_u64(request.seed);
        rng.set_stream(kind as u64 + 1);
        ranks.learn(taste, &mut rng);
        ranks
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    fn learn(&mut self, taste: &'a Taste, rng: &mut ChaCha8Rng) {
        let rows = self.shelf.rows();
        let mut known: Vec<(u32, &Known)> = taste
            .items
            .iter()
            .filter_map(|(id, known)| self.shelf.place(id).map(|row| (row as u32, known)))
            .collect();
        // The order of a hash map is no order: the draws below depend on it.
        known.sort_unstable_by_key(|(row, _)| *row);

        let mut of_genre: HashMap<u32, Count> = HashMap::new();
        let mut of_artist: HashMap<u32, (Count, u32)> = HashMap::new();
        for (row, known) in &known {
            let facts = &rows[*row as usize];
            for word in self.shelf.list(facts.genres) {
                add(of_genre.entry(word).or_default(), known);
            }
            if !self.shelf.word(facts.artist).is_empty() {
                add(&mut of_artist.entry(facts.artist).or_insert((Count::default(), facts.genres)).0, known);
            }
        }
        let artist_counts = of_artist.iter().map(|(word, (count, _))| (word, count));
        let outspoken =
            of_genre.iter().chain(artist_counts).filter(|(_, count)| count.plus - count.minus >= EVIDENCE);
        self.favoured = outspoken.map(|(word, _)| *word).collect();
        let mut words: Vec<(u32, Count)> = of_genre.into_iter().collect();
        words.sort_unstable_by_key(|(word, _)| *word);
        let drawn: HashMap<u32, f32> =
            words.into_iter().map(|(word, count)| (word, draw(count, 0.5, rng))).collect();
        self.genres = (0..self.shelf.list_count() as u32)
            .map(|list| {
                let (mut sum, mut words) = (0.0, 0.0f32);
                for word in self.shelf.list(list) {
                    sum += drawn.get(&word).copied().unwrap_or(0.5);
                    words += 1.0;
                }
                if words > 0.0 { sum / words } else { 0.5 }
            })
            .collect();
        let mut artists: Vec<_> = of_artist.into_iter().collect();
        artists.sort_unstable_by_key(|(word, _)| *word);
        self.artists = vec![f32::NAN; self.shelf.word_count()];
        for (word, (count, genres)) in artists {
            self.artists[word as usize] = draw(count, self.genre(genres), rng);
        }
        self.item_of_row = vec![NONE; rows.len()];
        for (row, known) in known {
            let prior = self.prior(&rows[row as usize]);
            let own = draw(Count { plus: known.plus, minus: known.minus }, prior, rng);
            self.item_of_row[row as usize] = self.items.len() as u32;
            self.items.push((known, own));
        }
    }

    fn genre(&self, list: u32) -> f32 {
        self.genres.get(list as usize).copied().unwrap_or(0.5)
    }

    fn artist(&self, word: u32) -> Option<f32> {
        self.artists.get(word as usize).copied().filter(|draw| !draw.is_nan())
    }

    fn prior(&self, facts: &Row) -> f32 {
        self.artist(facts.artist).unwrap_or_else(|| self.genre(facts.genres))
    }

    fn own(&self, row: u32) -> Option<(&'a Known, f32)> {
        let at = *self.item_of_row.get(row as usize)?;
        self.items.get(at as usize).copied()
    }

    /// What each part adds for a row.
    pub(super) fn parts(&self, row: u32, facts: &Row) -> Parts {
        let stars = facts.rating.map_or(0.0, |rating| f32::from(rating) / 5.0 - 1.0);
        let heart = if facts.like == Some(2) { 1.0 } else { 0.0 };
        let rated = 0.25 * (stars + heart).clamp(-1.0, 1.0);
        if self.items.is_empty() {
            return Parts { taste: self.weights.taste * rated, ..Parts::default() };
        }
        let own = self.own(row);
        let welcome = own.map_or_else(|| self.prior(facts), |(_, own)| own);
        Parts {
            collaborative: self.weights.collaborative * own.map_or(0.0, |(known, _)| known.near[self.mood]),
            taste: self.weights.taste * (welcome - 0.5 + rated),
            novelty: self.weights.novelty * own.map_or(1.0, |(known, _)| (1.0 - known.played).max(0.0)),
        }
    }

    /// Why this part decided for a row, in words; none where the part has nothing to tell of it.
    pub(super) fn reason(&self, decided: Part, row: u32, facts: &Row) -> Option<Reason> {
        let own = self.own(row).map(|(known, _)| known);
        match decided {
            Part::Content => None,
            Part::Collaborative => self.liked(own).or_else(|| {
                let near = own.and_then(|known| known.nearest[self.mood].as_deref());
                let entry = near.and_then(|id| self.shelf.find(id)).filter(|entry| !entry.title.is_empty());
                entry.map(|entry| Reason::LikeThat(entry.title.to_owned()))
            }),
            Part::Taste => self
                .liked(own)
                .or_else(|| (facts.like == Some(2) || facts.rating >= Some(8)).then_some(Reason::Rated))
                .or_else(|| {
                    let mut words = std::iter::once(facts.artist).chain(self.shelf.list(facts.genres));
                    // A draw may be high by chance: what is said to be liked was liked.
                    let word = words.find(|word| self.favoured.contains(word))?;
                    Some(Reason::Favoured(self.shelf.word(word).to_owned()))
                }),
            Part::Novelty => own.is_none().then_some(Reason::New),
            Part::Variety => Some(Reason::Luck),
        }
    }

    /// That it was liked here, in this mood if it was.
    fn liked(&self, own: Option<&Known>) -> Option<Reason> {
        let own = own?;
        let (here, anywhere) = (u32::from(own.liked[self.mood]), own.liked_in_all());
        if here > 0 {
            return Some(Reason::LikedHere { times: here, mood: Mood::ALL.get(self.mood).copied() });
        }
        (anywhere > 0).then_some(Reason::LikedHere { times: anywhere, mood: None })
    }
}

/// A like, or two plays to the end: from here on a person is told that an artist or a genre is liked.
const EVIDENCE: f32 = 0.9;

fn add(count: &mut Count, known: &Known) {
    count.plus += known.plus;
    count.minus += known.minus;
}

/// One draw from the Beta posterior, by the normal of the same mean and spread; [0, 1].
fn draw(count: Count, prior: f32, rng: &mut ChaCha8Rng) -> f32 {
    let a = count.plus + PRIOR * prior.clamp(0.05, 0.95);
    let b = count.minus + PRIOR * (1.0 - prior.clamp(0.05, 0.95));
    let n = a + b;
    let spread = (a * b / (n * n * (n + 1.0))).sqrt();
    (a / n + SPREAD * spread * normal(rng)).clamp(0.0, 1.0)
}

/// Less than the full spread of the posterior: a list has many items, so that curiosity about each may be
/// small for the list to be curious enough.
const SPREAD: f32 = 0.5;

/// Standard normal (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f32, f32) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}
