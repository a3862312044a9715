//! Predicting ratings: a mean baseline, item to item, clusters with nearest neighbours, and a scorer that
//! blends collaborative and content parts. Residuals are what is left of a rating after the baseline.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Neighbours that count.
const NEIGHBOURS: usize = 30;
/// How much a likeness is held back while few ratings speak for it.
const SHRINKING: f32 = 10.0;
/// Clusters of people.
const CLUSTERS: usize = 8;

/// Ratings to learn from, by person and by item. Numbers run from 0 without gaps.
pub struct Ratings {
    pub people: Vec<Vec<(u32, f32)>>,
    pub items: Vec<Vec<(u32, f32)>>,
}

impl Ratings {
    pub fn new(people: usize, items: usize, all: impl Iterator<Item = (u32, u32, f32)>) -> Ratings {
        let mut ratings = Ratings { people: vec![Vec::new(); people], items: vec![Vec::new(); items] };
        for (person, item, value) in all {
            ratings.people[person as usize].push((item, value));
            ratings.items[item as usize].push((person, value));
        }
        for list in ratings.people.iter_mut().chain(&mut ratings.items) {
            list.sort_unstable_by_key(|(number, _)| *number);
        }
        ratings
    }
}

/// The mean of all, and how much each person and item lies above it; held back while there is little.
pub struct Baseline {
    mean: f32,
    person: Vec<f32>,
    item: Vec<f32>,
}

impl Baseline {
    pub fn learn(ratings: &Ratings) -> Baseline {
        let all: Vec<f32> = ratings.people.iter().flatten().map(|(_, value)| *value).collect();
        let mean = all.iter().sum::<f32>() / all.len().max(1) as f32;
        let item: Vec<f32> = ratings
            .items
            .iter()
            .map(|list| list.iter().map(|(_, value)| value - mean).sum::<f32>() / (list.len() as f32 + 5.0))
            .collect();
        let person = ratings
            .people
            .iter()
            .map(|list| {
                let above: f32 = list.iter().map(|(at, value)| value - mean - item[*at as usize]).sum();
                above / (list.len() as f32 + 5.0)
            })
            .collect();
        Baseline { mean, person, item }
    }

    pub fn of(&self, person: u32, item: u32) -> f32 {
        self.mean + self.person[person as usize] + self.item[item as usize]
    }
}

/// Everything that was learnt from ratings and from what the items are.
pub struct Model {
    pub baseline: Baseline,
    people: Vec<Vec<(u32, f32)>>,
    items: Vec<Vec<(u32, f32)>>,
    person_lengths: Vec<f32>,
    item_lengths: Vec<f32>,
    genres: Vec<Vec<u16>>,
    /// For each person the mean residual of each genre, held back.
    profiles: Vec<Vec<f32>>,
    clusters: Vec<usize>,
}

impl Model {
    /// `genres` has the numbers of each item's genres, below `genre_count`.
    pub fn learn(ratings: &Ratings, genres: Vec<Vec<u16>>, genre_count: usize, seed: u64) -> Model {
        let baseline = Baseline::learn(ratings);
        let people: Vec<Vec<(u32, f32)>> = ratings
            .people
            .iter()
            .zip(0u32..)
            .map(|(list, person)| {
                list.iter().map(|&(item, value)| (item, value - baseline.of(person, item))).collect()
            })
            .collect();
        let items: Vec<Vec<(u32, f32)>> = ratings
            .items
            .iter()
            .zip(0u32..)
            .map(|(list, item)| {
                list.iter().map(|&(person, value)| (person, value - baseline.of(person, item))).collect()
            })
            .collect();
        let profiles: Vec<Vec<f32>> = people.iter().map(|list| profile(list, &genres, genre_count)).collect();
        let clusters = cluster(&profiles, CLUSTERS, seed);
        Model {
            baseline,
            person_lengths: people.iter().map(|list| length(list)).collect(),
            item_lengths: items.iter().map(|list| length(list)).collect(),
            people,
            items,
            genres,
            profiles,
            clusters,
        }
    }

    /// Likeness of two items, -1 to 1: cosine of their residuals over people, held back.
    pub fn likeness(&self, a: u32, b: u32) -> f32 {
        cosine(
            &self.items[a as usize],
            &self.items[b as usize],
            self.item_lengths[a as usize],
            self.item_lengths[b as usize],
        )
    }

    /// Residual by the items that the person rated and that are most like this one.
    pub fn item_to_item(&self, person: u32, item: u32) -> f32 {
        let near = self.people[person as usize]
            .iter()
            .filter(|(other, _)| *other != item)
            .map(|&(other, residual)| (self.likeness(item, other), residual));
        weighted(near.collect())
    }

    /// Residual by the people of the same cluster who rated the item and are most like this one.
    pub fn clusters(&self, person: u32, item: u32) -> f32 {
        let own = self.clusters[person as usize];
        let near = self.items[item as usize]
            .iter()
            .filter(|(other, _)| *other != person && self.clusters[*other as usize] == own)
            .map(|&(other, residual)| {
                let likeness = cosine(
                    &self.people[person as usize],
                    &self.people[other as usize],
                    self.person_lengths[person as usize],
                    self.person_lengths[other as usize],
                );
                (likeness, residual)
            });
        weighted(near.collect())
    }

    /// Residual by what the person thinks of the item's genres.
    pub fn content(&self, person: u32, item: u32) -> f32 {
        let genres = &self.genres[item as usize];
        let profile = &self.profiles[person as usize];
        genres.iter().map(|&genre| profile[genre as usize]).sum::<f32>() / genres.len().max(1) as f32
    }

    /// Summed likeness of an item to some others.
    pub fn nearness(&self, item: u32, liked: &[u32]) -> f32 {
        let mut near: Vec<f32> = liked.iter().map(|&other| self.likeness(item, other)).collect();
        near.sort_unstable_by(|a, b| b.total_cmp(a));
        near.iter().take(NEIGHBOURS).sum()
    }
}

fn profile(list: &[(u32, f32)], genres: &[Vec<u16>], count: usize) -> Vec<f32> {
    let mut sums = vec![(0.0f32, 0.0f32); count];
    for (item, residual) in list {
        for &genre in &genres[*item as usize] {
            sums[genre as usize].0 += residual;
            sums[genre as usize].1 += 1.0;
        }
    }
    sums.into_iter().map(|(sum, n)| sum / (n + 5.0)).collect()
}

fn length(list: &[(u32, f32)]) -> f32 {
    list.iter().map(|(_, residual)| residual * residual).sum::<f32>().sqrt()
}

fn cosine(a: &[(u32, f32)], b: &[(u32, f32)], a_length: f32, b_length: f32) -> f32 {
    let (mut at, mut bt, mut dot, mut shared) = (0, 0, 0.0, 0.0f32);
    while at < a.len() && bt < b.len() {
        match a[at].0.cmp(&b[bt].0) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => bt += 1,
            std::cmp::Ordering::Equal => {
                dot += a[at].1 * b[bt].1;
                shared += 1.0;
                at += 1;
                bt += 1;
            }
        }
    }
    if shared == 0.0 || a_length * b_length <= f32::EPSILON {
        return 0.0;
    }
    dot / (a_length * b_length) * shared / (shared + SHRINKING)
}

fn weighted(mut near: Vec<(f32, f32)>) -> f32 {
    near.retain(|(likeness, _)| *likeness > 0.0);
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    near.truncate(NEIGHBOURS);
    let sum: f32 = near.iter().map(|(likeness, residual)| likeness * residual).sum();
    let weight: f32 = near.iter().map(|(likeness, _)| likeness).sum();
    sum / (weight + 0.1)
}

/// k-means (Lloyd), twenty rounds.
fn cluster(points: &[Vec<f32>], count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    if points.is_empty() {
        return Vec::new();
    }
    let mut centres: Vec<Vec<f32>> =
        (0..count).map(|_| points[rng.random_range(0..points.len())].clone()).collect();
    let mut member = vec![0; points.len()];
    for _ in 0..20 {
        for (point, own) in points.iter().zip(&mut member) {
            let distance =
                |centre: &[f32]| -> f32 { centre.iter().zip(point).map(|(a, b)| (a - b).powi(2)).sum() };
            *own = (0..count)
                .min_by(|&a, &b| distance(&centres[a]).total_cmp(&distance(&centres[b])))
                .unwrap_or_default();
        }
        let mut sums: HashMap<usize, (Vec<f32>, f32)> = HashMap::new();
        for (point, own) in points.iter().zip(&member) {
            let (sum, n) = sums.entry(*own).or_insert_with(|| (vec![0.0; point.len()], 0.0));
            sum.iter_mut().zip(point).for_each(|(total, value)| *total += value);
            *n += 1.0;
        }
        for (at, (sum, n)) in sums {
            centres[at] = sum.into_iter().map(|total| total / n).collect();
        }
    }
    member
}
