//! The parts of an item's rank that do not depend on its place in the list: what this place likes.
//!
//! Taste is a bandit: each artist and each genre has a Beta posterior of being welcome, from faded likes
//! and skips, and is drawn from it once for a list (Thompson sampling), so that what is little known gets
//! its chance and what is known well keeps its place. An item with plays of its own has its own posterior,
//! whose prior is the draw of its artist, whose prior is the draw of its genres.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::interned_words::number;
use super::item_store::{ItemStore, Row};
use super::kind::Kind;
use super::reason::Reason;
use super::request::Request;
use super::taste::{ItemTaste, Taste, Weights};
use crate::mood::Mood;

/// Imagined plays that a prior counts as.
const PRIOR: f32 = 2.0;

/// No position.
const NONE: u32 = u32::MAX;

/// What taste says about the items of an item store, for one list.
pub(super) struct Ranks<'a> {
    item_store: &'a ItemStore,
    known: Option<&'a Taste>,
    mood: usize,
    weights: Weights,
    /// Items with plays of their own.
    items: Vec<Own>,
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

impl Count {
    fn lead(self) -> f32 {
        self.plus - self.minus
    }
}

/// Counts by word.
struct Counts {
    all: Vec<Count>,
    /// The words that were counted, each as often as it was, with the genres of the item.
    words: Vec<(u32, u32)>,
}

impl Counts {
    fn new(words: usize) -> Counts {
        Counts { all: vec![Count::default(); words], words: Vec::new() }
    }

    fn add(&mut self, word: u32, genres: u32, known: &ItemTaste) {
        if let Some(count) = self.all.get_mut(word as usize) {
            count.plus += known.plus;
            count.minus += known.minus;
            self.words.push((word, genres));
        }
    }

    fn of(&self, word: u32) -> Count {
        self.all.get(word as usize).copied().unwrap_or_default()
    }

    /// Each word once, in their order, with the genres of the first item that bore it.
    fn sorted(&self) -> Vec<(u32, u32)> {
        let mut words = self.words.clone();
        words.sort_by_key(|(word, _)| *word);
        words.dedup_by_key(|(word, _)| *word);
        words
    }
}

/// An item with plays of its own.
#[derive(Clone, Copy)]
struct Own {
    /// Position in the taste.
    at: u32,
    /// The draw of how welcome it is.
    welcome: f32,
    /// Nearness to what was liked in this mood.
    near: f32,
    /// Faded count of plays.
    played: f32,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(kind: Kind, item_store: &'a ItemStore, request: &Request<'a>) -> Ranks<'a> {
        let weights = request.weights.checked();
        let mut ranks = Ranks {
            item_store,
            known: None,
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
        self.known = Some(taste);
        let rows = self.item_store.rows();
        let places = self.item_store.places(&taste.keys).into_iter().zip(0u32..);
        let mut known: Vec<(u32, u32)> = places.filter_map(|(row, at)| Some((row?, at))).collect();
        // By row, whatever was played first: the draws below depend on the order.
        known.sort_unstable();

        let mut genres = Counts::new(self.item_store.word_count());
        let mut artists = Counts::new(self.item_store.word_count());
        for (row, at) in &known {
            let (facts, known) = (&rows[*row as usize], &taste.known[*at as usize]);
            self.item_store.list(facts.genres).for_each(|word| genres.add(word, facts.genres, known));
            if !self.item_store.word(facts.artist).is_empty() {
                artists.add(facts.artist, facts.genres, known);
            }
        }
        let outspoken = |counts: &Counts| {
            let words = counts.words.iter().map(|(word, _)| *word);
            words.filter(|word| counts.of(*word).lead() >= EVIDENCE).collect::<Vec<_>>()
        };
        self.favoured = outspoken(&genres).into_iter().chain(outspoken(&artists)).collect();
        let mut drawn = vec![f32::NAN; self.item_store.word_count()];
        for (word, _) in genres.sorted() {
            drawn[word as usize] = draw(genres.of(word), 0.5, rng);
        }
        self.genres = (0..number(self.item_store.list_count()))
            .map(|list| {
                let (mut sum, mut words) = (0.0, 0.0f32);
                for word in self.item_store.list(list) {
                    sum += drawn.get(word as usize).copied().filter(|draw| !draw.is_nan()).unwrap_or(0.5);
                    words += 1.0;
                }
                if words > 0.0 { sum / words } else { 0.5 }
            })
            .collect();
        self.artists = vec![f32::NAN; self.item_store.word_count()];
        for (word, of) in artists.sorted() {
            self.artists[word as usize] = draw(artists.of(word), self.genre(of), rng);
        }
        self.item_of_row = vec![NONE; rows.len()];
        for (row, at) in known {
            let (prior, known) = (self.prior(&rows[row as usize]), &taste.known[at as usize]);
            let welcome = draw(Count { plus: known.plus, minus: known.minus }, prior, rng);
            self.item_of_row[row as usize] = number(self.items.len());
            self.items.push(Own { at, welcome, near: known.near[self.mood], played: known.played });
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

    fn own(&self, row: u32) -> Option<Own> {
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
        let welcome = own.map_or_else(|| self.prior(facts), |own| own.welcome);
        Parts {
            collaborative: self.weights.collaborative * own.map_or(0.0, |own| own.near),
            taste: self.weights.taste * (welcome - 0.5 + rated),
            novelty: self.weights.novelty * own.map_or(1.0, |own| (1.0 - own.played).max(0.0)),
        }
    }

    /// Why this part decided for a row, in words; none where the part has nothing to tell of it.
    pub(super) fn reason(&self, decided: Part, row: u32, facts: &Row) -> Option<Reason> {
        let own = self.own(row).and_then(|own| self.known?.known.get(own.at as usize));
        match decided {
            Part::Content => None,
            Part::Collaborative => self.liked(own).or_else(|| {
                let near = own.and_then(|known| self.known?.keys.get(known.nearest[self.mood]? as usize));
                let entry = near
                    .and_then(|key| self.item_store.find(&key.id))
                    .filter(|entry| !entry.title.is_empty());
                entry.map(|entry| Reason::LikeThat(entry.title.to_owned()))
            }),
            Part::Taste => self
                .liked(own)
                .or_else(|| (facts.like == Some(2) || facts.rating >= Some(8)).then_some(Reason::Rated))
                .or_else(|| {
                    let mut words = std::iter::once(facts.artist).chain(self.item_store.list(facts.genres));
                    // A draw may be high by chance: what is said to be liked was liked.
                    let word = words.find(|word| self.favoured.contains(word))?;
                    Some(Reason::Favoured(self.item_store.word(word).to_owned()))
                }),
            Part::Novelty => own.is_none().then_some(Reason::New),
            Part::Variety => None,
        }
    }

    /// That it was liked here, in this mood if it was.
    fn liked(&self, own: Option<&ItemTaste>) -> Option<Reason> {
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
