//! What this place likes, learnt from what was played: counts for each item that fade with the sessions
//! after it, and which items were liked together (item to item, from this place's own sessions).

use std::collections::HashMap;

use super::history::{History, Outcome};
use super::interned_words;
use super::item_store::Key;
use crate::mood::Mood;

/// What a session counts less for each that came after it: half after about 34.
const FADING: f32 = 0.98;
/// How much a likeness between two items is held back while few sessions speak for it.
const SHRINKING: f32 = 1.0;
/// How much a like in another mood counts for this one.
const OTHER_MOOD: f32 = 0.35;

/// How much each part of the ranking counts. All are at least 0; 0 takes a part away.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Nearness to the point of the journey.
    pub content: f32,
    /// Nearness to what was liked here in this mood.
    pub collaborative: f32,
    /// Likes, skips and plays to the end, and the ratings of other players.
    pub taste: f32,
    /// What was not played here for long, or never.
    pub novelty: f32,
    /// Chance, so that not every list is the same.
    pub variety: f32,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { content: 1.0, collaborative: 0.4, taste: 1.2, novelty: 0.02, variety: 0.05 }
    }
}

impl Weights {
    /// The same with what cannot be a weight taken as 0.
    pub(super) fn checked(self) -> Weights {
        let check = |weight: f32| if weight.is_finite() { weight.clamp(0.0, 100.0) } else { 0.0 };
        Weights {
            content: check(self.content),
            collaborative: check(self.collaborative),
            taste: check(self.taste),
            novelty: check(self.novelty),
            variety: check(self.variety),
        }
    }
}

/// What was learnt. Empty until something was played.
#[derive(Clone, Debug, Default)]
pub struct Taste {
    /// The items, in the order in which they were first played.
    pub(super) keys: Vec<Key>,
    /// What is known of each of them.
    pub(super) known: Vec<ItemTaste>,
}

/// What is known of one item.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemTaste {
    /// Faded counts for it and against it.
    pub(super) plus: f32,
    pub(super) minus: f32,
    /// Faded count of plays.
    pub(super) played: f32,
    /// Times it was liked or played to the end, in each mood. Not faded: it is for telling people.
    pub(super) liked: [u16; 7],
    /// Nearness to what was liked in each mood, -1 to 1.
    pub(super) near: [f32; 7],
    /// Position in `keys` of the item that contributes most to `near`, for each mood.
    pub(super) nearest: [Option<u32>; 7],
}

impl ItemTaste {
    pub(super) fn liked_in_all(&self) -> u32 {
        self.liked.iter().map(|&times| u32::from(times)).sum()
    }
}

impl Taste {
    /// Learns from a history. At most a few thousand plays: some milliseconds, once after each session.
    pub fn learn(history: &History) -> Taste {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut names: Vec<&str> = Vec::new();
        let mut known: Vec<ItemTaste> = Vec::new();
        // For each item the sessions it was in, with its worth there.
        let mut vectors: Vec<Vec<(usize, f32)>> = Vec::new();
        // For each mood and item, the faded sum of its worth.
        let mut profiles: Vec<[f32; 7]> = Vec::new();
        let mut sessions: Vec<Vec<usize>> = Vec::new();
        let count = history.sessions().len();
        for (at, session) in history.sessions().enumerate() {
            let faded = FADING.powi(i32::try_from(count - 1 - at).unwrap_or(i32::MAX));
            let mut members = Vec::with_capacity(session.plays.len());
            for play in &session.plays {
                let number = *numbers.entry(&play.id).or_insert_with(|| {
                    names.push(&play.id);
                    known.push(ItemTaste::default());
                    vectors.push(Vec::new());
                    profiles.push([0.0; 7]);
                    names.len() - 1
                });
                let worth = (play.outcome.worth() + 0.25 * session.helped.unwrap_or(0.0)).clamp(-1.0, 1.0);
                let item = &mut known[number];
                item.plus += faded * worth.max(0.0);
                item.minus += faded * (-worth).max(0.0);
                item.played += faded;
                if matches!(play.outcome, Outcome::Liked | Outcome::Finished) {
                    let times = &mut item.liked[session.mood.index()];
                    *times = times.saturating_add(1);
                }
                for mood in Mood::ALL {
                    let share = if mood == session.mood { 1.0 } else { OTHER_MOOD };
                    profiles[number][mood.index()] += faded * worth * share;
                }
                vectors[number].push((at, worth));
                members.push(number);
            }
            sessions.push(members);
        }
        let lengths: Vec<f32> = vectors
            .iter()
            .map(|vector| vector.iter().map(|(_, worth)| worth * worth).sum::<f32>().sqrt())
            .collect();
        for number in 0..names.len() {
            // Dot products with every item that shares a session.
            let mut dots: HashMap<usize, f32> = HashMap::new();
            for &(session, worth) in &vectors[number] {
                for &other in &sessions[session] {
                    let theirs =
                        vectors[other].iter().find(|(at, _)| *at == session).map_or(0.0, |(_, w)| *w);
                    *dots.entry(other).or_default() += worth * theirs;
                }
            }
            let mut dots: Vec<(usize, f32)> = dots.into_iter().collect();
            dots.sort_unstable_by_key(|(other, _)| *other);
            for mood in Mood::ALL.map(Mood::index) {
                let (mut sum, mut weight, mut most) = (0.0, 0.0, 0.0);
                for &(other, dot) in &dots {
                    let likeness = dot / (lengths[number] * lengths[other] + SHRINKING);
                    let share = likeness * profiles[other][mood];
                    sum += share;
                    weight += likeness.abs();
                    if other != number && share > most {
                        most = share;
                        known[number].nearest[mood] = Some(interned_words::number(other));
                    }
                }
                known[number].near[mood] = (sum / (weight + SHRINKING)).clamp(-1.0, 1.0);
            }
        }
        Taste { keys: names.into_iter().map(Key::new).collect(), known }
    }

    /// Whether nothing was played yet.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(taste: &'a Taste, id: &str) -> &'a ItemTaste {
        &taste.known[taste.keys.iter().position(|key| key.id == id).unwrap()]
    }

    fn learn(sessions: &[(Mood, &[(&str, Outcome)])]) -> Taste {
        let mut history = History::default();
        for (mood, plays) in sessions {
            history.begin(*mood);
            plays.iter().for_each(|(id, outcome)| history.record(id, *outcome));
        }
        Taste::learn(&history)
    }

    #[test]
    fn likes_and_skips_count_and_fade() {
        use Outcome::{Finished, Liked, Skipped};
        let fresh = learn(&[(Mood::Sad, &[("a", Liked), ("b", Skipped)])]);
        assert!(known(&fresh, "a").plus > 0.9 && known(&fresh, "b").minus > 0.4);
        let mut sessions: Vec<(Mood, &[(&str, Outcome)])> = vec![(Mood::Sad, &[("a", Liked)])];
        sessions.extend(std::iter::repeat_n((Mood::Happy, &[("c", Finished)] as &[_]), 100));
        let faded = learn(&sessions);
        assert!(known(&faded, "a").plus < 0.2, "{}", known(&faded, "a").plus);
        assert_eq!(known(&faded, "a").liked[Mood::Sad.index()], 1);
    }

    #[test]
    fn what_was_liked_together_is_near_and_most_so_in_that_mood() {
        use Outcome::{Liked, Skipped, Stopped};
        let taste = learn(&[
            (Mood::Sad, &[("a", Liked), ("b", Liked), ("c", Skipped)]),
            (Mood::Sad, &[("a", Liked), ("b", Stopped), ("c", Skipped)]),
            (Mood::Happy, &[("d", Liked)]),
        ]);
        let near = |id: &str, mood: Mood| known(&taste, id).near[mood.index()];
        assert!(near("b", Mood::Sad) > 0.0 && near("c", Mood::Sad) < 0.0);
        assert!(near("b", Mood::Sad) > near("b", Mood::Happy));
        let nearest = known(&taste, "b").nearest[Mood::Sad.index()].unwrap();
        assert_eq!(taste.keys[nearest as usize].id, "a");
    }

    #[test]
    fn a_session_that_helped_counts_for_all_that_was_played_in_it() {
        let with = |change| {
            let mut history = History::default();
            history.begin(Mood::Sad);
            history.record("a", Outcome::Stopped);
            history.looked_again(change);
            known(&Taste::learn(&history), "a").clone()
        };
        assert!(with(1.2).plus > 0.2 && with(-1.2).minus > 0.2);
    }
}
