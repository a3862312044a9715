//! The list for one mood and one kind: who may be on it, where it should be on the plane of feeling at
//! each item, and who is nearest.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::Duration;

use super::item::FeelingSource;
use super::item_store::{ItemStore, Row};
use super::kind::Kind;
use super::pool::PreparedPool;
use super::rank::{Part, Parts, Ranks};
use super::reason::{Feel, Move, Note, Reason};
use super::recently_played::Recent;
use super::request::{Pick, Request};
use super::rows::{Found, rows_where};
use super::scoring::{Candidates, Ranked, fit_of, point_of};
use super::template::{Length, Point, Template};
use super::trajectory::Path;

/// Where an item counts as having arrived at the goal.
pub(super) const ARRIVED: f32 = 0.2;
/// No list is longer, whatever the lengths of its items.
const LONGEST: usize = 500;
/// Length in seconds of an item whose length is not known.
const USUAL_SECONDS: f32 = 210.0;

/// Fewer videos than this are not repeated for half an hour where there are others.
const FEW: usize = 3;
/// Distance from the goal beyond which an item is not put on a list beside those that fit.
const FAR: f32 = 0.8;

/// How the candidates came about, which is part of why each was chosen.
#[derive(Clone, Copy, PartialEq)]
enum Through {
    Template,
    Nearest,
    Anything,
}

pub(super) fn list(
    kind: Kind,
    item_store: &ItemStore,
    template: &Template,
    request: &Request<'_>,
    notes: &mut Vec<Note>,
) -> Vec<Pick> {
    let pools: Vec<_> = template.pools.iter().map(|pool| PreparedPool::new(pool, item_store)).collect();
    let avoid: Vec<_> = template.avoid.iter().map(|pool| PreparedPool::new(pool, item_store)).collect();
    // Spoken word is no music for a mood, unless the template asks for it by a word.
    let asked_by_word = |row: &Row| pools.iter().any(|pool| pool.asks_by_word() && pool.holds(row));
    let allowed = |row: &Row| {
        (template.explicit || !row.explicit)
            && row.like != Some(0)
            && (kind == Kind::Video || !row.spoken || asked_by_word(row))
            && !avoid.iter().any(|pool| pool.holds(row))
    };
    let in_pools = |row: &Row| pools.is_empty() || pools.iter().any(|pool| pool.holds(row));

    let shortest = millis(template.shortest);
    let longest = template.longest.map_or(u32::MAX, millis);
    let fits = |row: &Row| (row.millis >= shortest) & (row.millis <= longest) | row.length().is_none();
    let recent = Recent::new(item_store, request.recent, template.no_repeat);

    // What has a fitting length first; what is too short or too long only where there is nothing else.
    let (mut through, mut found) = (Through::Template, Found::default());
    for fitting in [true, false] {
        for by in [Through::Template, Through::Nearest, Through::Anything] {
            if found.is_empty() {
                through = by;
                found = rows_where(item_store, &recent, |row| {
                    (!fitting || fits(row))
                        && allowed(row)
                        && match by {
                            Through::Template => in_pools(row),
                            Through::Nearest => row.feeling.is_some(),
                            Through::Anything => true,
                        }
                });
            }
        }
    }
    if found.is_empty() {
        notes.push(Note::Nothing { kind, empty: item_store.is_empty() });
        return Vec::new();
    }
    match through {
        Through::Template => {}
        Through::Nearest => notes.push(Note::Nearest(kind)),
        Through::Anything => notes.push(Note::Anything(kind)),
    }

    let path = Path::new(template, request);
    let mut walk = Walk::new(kind, item_store, request, path);
    let (count, again) = (found.len(), found.again);
    let mut candidates = walk.candidates(found.rows, template.length);
    walk.fill(&mut candidates, template.length);
    walk.fill_in_between(&mut candidates, template.length, count);
    if !again.is_empty() && !walk.is_full(template.length) && walk.wants_more(template.length, count) {
        notes.push(Note::Repeats(kind));
        walk.fill_with_repeats(again, &recent, template.length);
    }
    // The same two clips again and again, for every mood, while others lie unused: others follow them.
    if kind == Kind::Video && through == Through::Template && walk.chosen.len() < FEW {
        let others = rows_where(item_store, &recent, |row| fits(row) && allowed(row) && !in_pools(row));
        walk.fill_with_others(others.rows, template.length);
    }
    if let Some(hundredths) = walk.short_of_goal() {
        notes.push(Note::StopsShort { kind, hundredths });
    }
    walk.picks(template, &pools, through)
}

fn millis(length: Duration) -> u32 {
    u32::try_from(length.as_millis()).unwrap_or(u32::MAX)
}

/// One item of the list.
#[derive(Clone, Copy)]
struct Chosen {
    row: u32,
    point: Option<Point>,
    /// By how much its fit to its place is over the mean of those it was compared with.
    lead: f32,
}

/// A list that is being made.
struct Walk<'a> {
    kind: Kind,
    item_store: &'a ItemStore,
    request: &'a Request<'a>,
    ranks: Ranks<'a>,
    path: Path,
    /// About how many items the list will have.
    expected: usize,
    seconds: f32,
    /// Seconds that the list may have at most, while there is something that keeps to it.
    most: f32,
    /// Seconds from which on nothing is added that would go beyond that.
    enough: f32,
    chosen: Vec<Chosen>,
    /// The songs on it.
    songs: HashSet<u32>,
    /// What the parts other than the fit add to a candidate in the mean.
    usual: Parts,
    /// How often a candidate was looked at: what a list costs.
    looked: usize,
}

impl<'a> Walk<'a> {
    fn new(kind: Kind, item_store: &'a ItemStore, request: &'a Request<'a>, path: Path) -> Walk<'a> {
        let ranks = Ranks::new(kind, item_store, request);
        Walk {
            kind,
            item_store,
            request,
            ranks,
            path,
            expected: 1,
            seconds: 0.0,
            most: f32::INFINITY,
            enough: f32::INFINITY,
            chosen: Vec::new(),
            songs: HashSet::new(),
            usual: Parts::default(),
            looked: 0,
        }
    }

    fn seconds_of(&self, row: u32) -> f32 {
        self.item_store.rows()[row as usize].seconds().map_or(USUAL_SECONDS, |seconds| seconds.max(1.0))
    }

    fn is_full(&self, length: Length) -> bool {
        self.chosen.len() >= LONGEST
            || match length {
                Length::Items(items) => self.chosen.len() >= items.into(),
                Length::Minutes(minutes) => self.seconds >= f32::from(minutes) * 60.0,
            }
    }

    /// Videos start over by themselves and one long track may be most of the time asked for: repeats are
    /// taken only for a list that would be less than half of what was asked.
    fn wants_more(&self, length: Length, rows: usize) -> bool {
        let share = match length {
            Length::Items(items) => self.chosen.len() as f32 / f32::from(items).min(rows as f32),
            Length::Minutes(minutes) => self.seconds / (f32::from(minutes) * 60.0),
        };
        share < 0.5
    }

    /// The rows as candidates, and how long a list of them will be.
    fn candidates(&mut self, rows: Vec<u32>, length: Length) -> Candidates {
        let mut sum = Parts::default();
        let mut candidates = Candidates::of(rows, self.path.to);
        for at in 0..candidates.len() {
            let row = candidates.rows[at];
            let facts = &self.item_store.rows()[row as usize];
            let chance = self.ranks.weights().variety * chance(self.request.seed, self.kind, row);
            let parts = self.ranks.parts(row, facts);
            sum += parts;
            candidates.push(facts, parts.sum() + chance);
        }
        let rows = &candidates.rows;
        let count = rows.len().max(1) as f32;
        self.usual = Parts {
            collaborative: sum.collaborative / count,
            taste: sum.taste / count,
            novelty: sum.novelty / count,
        };
        if let Length::Minutes(minutes) = length {
            // Half a usual song over what was asked for.
            self.most = f32::from(minutes) * 60.0 + USUAL_SECONDS / 2.0;
            self.enough = f32::from(minutes) * 60.0 * 0.9;
        }
        self.expected = match length {
            Length::Items(items) => items.into(),
            Length::Minutes(minutes) => {
                let mean = rows.iter().map(|&row| self.seconds_of(row)).sum::<f32>() / count;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "at most 60 * 65535"
                )]
                {
                    (f32::from(minutes) * 60.0 / mean.max(1.0)).round() as usize
                }
            }
        }
        .clamp(1, rows.len().clamp(1, LONGEST));
        candidates
    }

    /// Adds the best, step by step, until the list is long enough or none is left that moves on.
    fn fill(&mut self, candidates: &mut Candidates, length: Length) {
        let room = (self.expected / usize::from(self.path.steps)).clamp(8, 64) + 16;
        let mut ranked = Ranked::default();
        let mut ranked_step = None;
        while !self.is_full(length) {
            let (step, point) = self.path.step(self.share(length));
            let at_hand = (ranked_step == Some(step)).then(|| self.take_from(&mut ranked, candidates));
            let next = at_hand.flatten().or_else(|| {
                ranked = self.best(candidates, point, step, room);
                ranked_step = Some(step);
                self.take_from(&mut ranked, candidates)
            });
            let Some(next) = next else { break };
            candidates.take(next);
            let (row, own) = (candidates.rows[next], candidates.point(next));
            let lead = fit_of(own, point) - ranked.mean_fit;
            self.add(Chosen { row, point: own, lead });
        }
    }

    /// How much of the list is done: the last item is at 1.
    fn share(&self, length: Length) -> f32 {
        let expected = self.expected as f32;
        let by_count = self.chosen.len() as f32 / (expected - 1.0).max(1.0);
        match length {
            Length::Items(_) => by_count,
            // Long tracks may use the time up before there are as many as expected.
            Length::Minutes(minutes) => {
                let all = f32::from(minutes) * 60.0 * (1.0 - 1.0 / expected);
                by_count.max(self.seconds / all.max(1.0))
            }
        }
    }

    /// A journey leaves things behind on its way. If the list is too short, they go where they lie on the
    /// way, so that it still never turns back; what lies before its start only if it is much too short.
    fn fill_in_between(&mut self, candidates: &mut Candidates, length: Length, rows: usize) {
        if !self.path.is_journey || self.is_full(length) {
            return;
        }
        let goal = self.path.to;
        let way = |point: Option<Point>| point.map(|point| point.distance(goal));
        let start = self.chosen.iter().find_map(|chosen| way(chosen.point)).unwrap_or(f32::INFINITY);
        let left = self.best_within(candidates, goal, LONGEST, f32::INFINITY);
        for (_, at) in left.best {
            let (row, point) = (candidates.rows[at], candidates.point(at));
            let beyond = way(point).is_some_and(|distance| distance > start);
            let row_is_on_it = self.is_on_it(row);
            if self.is_full(length) || row_is_on_it || (beyond && !self.wants_more(length, rows)) {
                continue;
            }
            candidates.take(at);
            self.songs.insert(self.item_store.rows()[row as usize].song);
            let place = way(point).and_then(|own| {
                self.chosen.iter().position(|chosen| way(chosen.point).is_some_and(|other| other <= own))
            });
            let place = place.unwrap_or(self.chosen.len());
            let lead = fit_of(point, goal) - left.mean_fit;
            self.seconds += self.seconds_of(row);
            self.chosen.insert(place, Chosen { row, point, lead });
        }
    }

    /// What was played lately, the longest ago first.
    fn fill_with_repeats(&mut self, mut rows: Vec<u32>, recent: &Recent, length: Length) {
        rows.sort_by_key(|&row| std::cmp::Reverse(recent.age(row)));
        for row in rows {
            if self.is_full(length) {
                break;
            }
            if self.is_on_it(row) {
                continue;
            }
            let point = point_of(&self.item_store.rows()[row as usize]);
            self.add(Chosen { row, point, lead: 0.0 });
        }
    }

    /// Videos that no pool asks for: the nearest to the goal first, those of which nothing is known by chance.
    fn fill_with_others(&mut self, rows: Vec<u32>, length: Length) {
        let goal = self.path.to;
        let mut others: Vec<(f32, u32)> = rows
            .into_iter()
            .map(|row| {
                let distance = point_of(&self.item_store.rows()[row as usize])
                    .map_or(FAR / 2.0, |point| point.distance(goal));
                (distance + chance(self.request.seed, self.kind, row) * FAR / 2.0, row)
            })
            .filter(|(distance, _)| *distance <= FAR)
            .collect();
        others.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (_, row) in others {
            if self.chosen.len() > FEW || self.is_full(length) {
                break;
            }
            if !self.is_on_it(row) {
                let point = point_of(&self.item_store.rows()[row as usize]);
                self.add(Chosen { row, point, lead: 0.0 });
            }
        }
    }

    /// Whether this song, or what sounds the same, is on the list already.
    fn is_on_it(&self, row: u32) -> bool {
        let facts = &self.item_store.rows()[row as usize];
        if facts.song != 0 && self.songs.contains(&facts.song) {
            return true;
        }
        let measured = |facts: &Row| facts.feeling.filter(|feeling| feeling.source == FeelingSource::Sound);
        let Some(own) = measured(facts) else { return false };
        self.chosen.iter().any(|chosen| {
            let other = &self.item_store.rows()[chosen.row as usize];
            let as_long = match (other.seconds(), facts.seconds()) {
                (Some(one), Some(other)) => (one - other).abs() < 1.0,
                _ => false,
            };
            as_long && measured(other) == Some(own)
        })
    }

    fn add(&mut self, chosen: Chosen) {
        self.songs.insert(self.item_store.rows()[chosen.row as usize].song);
        self.seconds += self.seconds_of(chosen.row);
        self.chosen.push(chosen);
    }

    /// On a journey the next item is not farther from the goal than the last one.
    fn limit(&self) -> f32 {
        if !self.path.is_journey {
            return f32::INFINITY;
        }
        let known = self.chosen.iter().rev().find_map(|chosen| chosen.point);
        known.map_or(f32::INFINITY, |point| point.distance(self.path.to).max(ARRIVED / 2.0))
    }

    /// The best candidates for a point. The last step of a journey is at its goal, if anything is.
    fn best(&mut self, candidates: &Candidates, point: Point, step: u8, room: usize) -> Ranked {
        let limit = self.limit();
        if self.path.is_journey && step + 1 >= self.path.steps && limit > ARRIVED {
            let there = self.best_within(candidates, point, room, ARRIVED);
            if there.best.iter().any(|&(_, at)| candidates.point(at).is_some()) {
                return there;
            }
        }
        self.best_within(candidates, point, room, limit)
    }

    /// The best of those within a limit of the goal.
    fn best_within(&mut self, candidates: &Candidates, point: Point, room: usize, limit: f32) -> Ranked {
        self.looked += candidates.len();
        candidates.best(point, self.ranks.weights().content, room, limit)
    }

    /// Takes the best that still moves on, preferring another artist than the last two.
    fn take_from(&self, ranked: &mut Ranked, candidates: &Candidates) -> Option<usize> {
        let limit = self.limit();
        ranked.best.retain(|&(_, at)| {
            candidates.point(at).is_none_or(|point| point.distance(self.path.to) <= limit)
                && !self.is_on_it(candidates.rows[at])
        });
        let other_artist = |&(_, at): &(f32, usize)| !self.artist_just_heard(candidates.rows[at]);
        let in_time =
            |&(_, at): &(f32, usize)| self.seconds + self.seconds_of(candidates.rows[at]) <= self.most;
        let in_time_at = |wanted: &dyn Fn(&(f32, usize)) -> bool| {
            ranked.best.iter().position(|one| in_time(one) && wanted(one))
        };
        let place = in_time_at(&other_artist).or_else(|| in_time_at(&|_| true));
        if place.is_none() && self.seconds >= self.enough {
            return None;
        }
        // Where none keeps to the time, the one that goes least beyond it.
        let least = || {
            let seconds = |at: &usize| self.seconds_of(candidates.rows[ranked.best[*at].1]);
            (0..ranked.best.len()).min_by(|one, other| seconds(one).total_cmp(&seconds(other)))
        };
        let place = place.or_else(least).unwrap_or(0);
        (place < ranked.best.len()).then(|| ranked.best.remove(place).1)
    }

    fn artist_just_heard(&self, row: u32) -> bool {
        let artist = |row: u32| self.item_store.word(self.item_store.rows()[row as usize].artist);
        let own = artist(row);
        !own.is_empty() && self.chosen.iter().rev().take(2).any(|chosen| artist(chosen.row) == own)
    }

    /// How far from the goal a journey ends, in hundredths, if that is too far.
    fn short_of_goal(&self) -> Option<u16> {
        if !self.path.is_journey {
            return None;
        }
        let end = self.chosen.iter().rev().find_map(|chosen| chosen.point)?;
        let distance = end.distance(self.path.to);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a distance is at most 2.83"
        )]
        let hundredths = (distance * 100.0) as u16;
        (distance > ARRIVED).then_some(hundredths)
    }

    /// The part that set an item off most from the usual candidate.
    fn decided(&self, chosen: &Chosen) -> Part {
        let weights = self.ranks.weights();
        let parts = self.ranks.parts(chosen.row, &self.item_store.rows()[chosen.row as usize]);
        let luck = weights.variety * (chance(self.request.seed, self.kind, chosen.row) - 0.5);
        [
            (Part::Collaborative, parts.collaborative - self.usual.collaborative),
            (Part::Taste, parts.taste - self.usual.taste),
            (Part::Novelty, parts.novelty - self.usual.novelty),
            (Part::Variety, luck),
        ]
        .into_iter()
        // Of equal leads the fit is named: it is what the template asks for.
        .fold(
            (Part::Content, weights.content * chosen.lead),
            |most, one| if one.1 > most.1 { one } else { most },
        )
        .0
    }

    fn picks(&self, template: &Template, pools: &[PreparedPool<'_>], through: Through) -> Vec<Pick> {
        let mut before = None;
        let mut picks = Vec::with_capacity(self.chosen.len());
        for (place, chosen) in self.chosen.iter().enumerate() {
            let Chosen { row, point, .. } = *chosen;
            let facts = &self.item_store.rows()[row as usize];
            let moved = before.zip(point).and_then(|(before, now)| direction(before, now));
            let pool = pools.iter().find(|pool| pool.holds(facts));
            let why = match through {
                Through::Nearest => Reason::Nearest,
                Through::Anything => Reason::Anything,
                Through::Template if pool.is_none() && !pools.is_empty() => match point {
                    Some(_) => Reason::Nearest,
                    None => Reason::Anything,
                },
                Through::Template if self.request.or.is_some() => Reason::Middle,
                Through::Template => {
                    let of_template = template.why.clone().map(Reason::Template);
                    let of_pool = pool.and_then(|pool| pool.reason(self.item_store, facts));
                    let first = if place == 0 { of_template.clone() } else { moved.map(Reason::Moved) };
                    let second = self.ranks.reason(self.decided(chosen), row, facts).or(of_pool);
                    match (first, second) {
                        (Some(first), Some(second)) => first.and(second),
                        (Some(one), None) | (None, Some(one)) => one,
                        (None, None) => {
                            let feel = point.and_then(|point| Feel::of(point.valence, point.arousal));
                            feel.map(Reason::Feels).or(of_template).unwrap_or(Reason::Fits)
                        }
                    }
                }
            };
            before = point.or(before);
            if let Some(entry) = self.item_store.get(row as usize) {
                let title = if entry.title.is_empty() { file_name(entry.id) } else { entry.title };
                picks.push(Pick {
                    id: entry.id.to_owned(),
                    title: title.to_owned(),
                    artist: entry.artist.to_owned(),
                    why,
                });
            }
        }
        picks
    }
}

fn direction(before: Point, now: Point) -> Option<Move> {
    let (valence, arousal) = (now.valence - before.valence, now.arousal - before.arousal);
    if valence.abs().max(arousal.abs()) < 0.1 {
        return None;
    }
    Some(match valence.abs().partial_cmp(&arousal.abs()) {
        Some(Ordering::Greater) if valence > 0.0 => Move::Brighter,
        Some(Ordering::Greater) => Move::Softer,
        _ if arousal < 0.0 => Move::Calmer,
        _ => Move::Livelier,
    })
}

/// A number in [0, 1) that the seed, the kind and the row decide alone, so that it can be asked for in any
/// order. The mixing is SplitMix64 (Steele, Lea, Flood 2014).
fn chance(seed: u64, kind: Kind, row: u32) -> f32 {
    let mut z = seed ^ (u64::from(row) << 1 | kind as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f32 / (1u64 << 24) as f32
}

/// What to call an item without a title.
fn file_name(id: &str) -> &str {
    let name = id.rsplit('/').next().unwrap_or(id);
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

#[cfg(test)]
#[path = "playlist_cost_tests.rs"]
mod tests;
