//! The list for one mood and one kind: who may be on it, where it should be on the plane of feeling at
//! each item, and who is nearest.

use std::cmp::Ordering;

use super::pool::PoolOnShelf;
use super::rank::Ranks;
use super::reason::{Move, Note, Reason};
use super::shelf::{Row, Shelf};
use super::template::{Kind, Length, Mode, Point, Template};
use super::{Pick, Request};
use crate::mood::Strength;

/// Where an item counts as having arrived at the goal.
pub(super) const ARRIVED: f32 = 0.2;
/// No list is longer, whatever the lengths of its items.
const LONGEST: usize = 500;
/// Length in seconds of an item whose length is not known.
const USUAL_SECONDS: f32 = 210.0;
/// How near an item of unknown feeling counts to any point: as something half the plane's unit away.
const UNKNOWN_FIT: f32 = 0.5;

/// Who may be on the list.
#[derive(Clone, Copy)]
struct Candidate {
    row: u32,
    /// None: its feeling is not known.
    point: Option<Point>,
    /// The part of its rank that does not depend on its place in the list.
    base: f32,
    taken: bool,
}

/// How the candidates came about, which is part of why each was chosen.
#[derive(Clone, Copy, PartialEq)]
enum Through {
    Template,
    Nearest,
    Anything,
}

pub(super) fn list(
    kind: Kind,
    shelf: &Shelf,
    template: &Template,
    request: &Request<'_>,
    notes: &mut Vec<Note>,
) -> Vec<Pick> {
    let pools: Vec<_> = template.pools.iter().map(|pool| PoolOnShelf::new(pool, shelf)).collect();
    let avoid: Vec<_> = template.avoid.iter().map(|pool| PoolOnShelf::new(pool, shelf)).collect();
    let allowed = |row: &Row| {
        (template.explicit || !row.explicit)
            && row.like != Some(0)
            && !avoid.iter().any(|pool| pool.holds(shelf, row))
    };
    let in_pools = |row: &Row| pools.is_empty() || pools.iter().any(|pool| pool.holds(shelf, row));

    let mut through = Through::Template;
    let mut rows = rows_where(shelf, |row| allowed(row) && in_pools(row));
    if rows.is_empty() {
        through = Through::Nearest;
        rows = rows_where(shelf, |row| allowed(row) && row.feeling.is_some());
    }
    if rows.is_empty() {
        through = Through::Anything;
        rows = rows_where(shelf, allowed);
    }
    if rows.is_empty() {
        notes.push(Note::Nothing { kind, empty: shelf.is_empty() });
        return Vec::new();
    }
    match through {
        Through::Template => {}
        Through::Nearest => notes.push(Note::Nearest(kind)),
        Through::Anything => notes.push(Note::Anything(kind)),
    }

    let path = Path::new(template, request);
    let mut walk = Walk::new(kind, shelf, request, path);
    let recent = Recent::new(shelf, request.recent, template.no_repeat);
    let (fresh, again): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| recent.age(row).is_none());
    walk.fill(&fresh, template.length);
    if !again.is_empty() && !walk.is_full(template.length) && walk.wants_more(template.length, &rows) {
        notes.push(Note::Repeats(kind));
        walk.fill_with_repeats(again, &recent, template.length);
    }
    if let Some(hundredths) = walk.short_of_goal() {
        notes.push(Note::StopsShort { kind, hundredths });
    }
    walk.picks(template, &pools, through)
}

fn rows_where(shelf: &Shelf, wanted: impl Fn(&Row) -> bool) -> Vec<u32> {
    let rows = shelf.rows().iter().enumerate();
    rows.filter(|(_, row)| wanted(row)).map(|(at, _)| at as u32).collect()
}

/// Where the list should be at each share of its length.
struct Path {
    from: Point,
    to: Point,
    steps: u8,
    is_journey: bool,
}

impl Path {
    fn new(template: &Template, request: &Request<'_>) -> Path {
        let strength = match request.strength {
            Strength::Slight => 0.6,
            Strength::Clear => 0.8,
            Strength::Strong => 1.0,
        };
        let mood = Point::of(request.mood).scaled(strength);
        if let Some(or) = request.or {
            // Half way between the two and half way to rest, never unpleasant, never loud.
            let between = Point::of(request.mood).toward(Point::of(or), 0.5).scaled(0.5);
            let middle = Point::new(between.valence.max(0.2), between.arousal.clamp(-0.4, 0.1));
            return Path { from: middle, to: middle, steps: 1, is_journey: false };
        }
        match template.mode {
            Mode::Match => Path { from: mood, to: mood, steps: 1, is_journey: false },
            Mode::Contrast => {
                let there = mood.scaled(-1.0);
                Path { from: there, to: there, steps: 1, is_journey: false }
            }
            Mode::Journey { from, to, steps } => {
                // A place named in the template is meant for a clear mood: a slight one has less of
                // the way before it.
                let from = from.map_or(mood, |from| {
                    from.toward(to, if request.strength == Strength::Slight { 0.3 } else { 0.0 })
                });
                Path { from, to, steps, is_journey: true }
            }
        }
    }

    /// The step at a share of the list, and its point.
    fn step(&self, share: f32) -> (u8, Point) {
        let last = self.steps.saturating_sub(1);
        let step = ((share.clamp(0.0, 1.0) * f32::from(self.steps)) as u8).min(last);
        let way = if last == 0 { 1.0 } else { f32::from(step) / f32::from(last) };
        (step, self.from.toward(self.to, way))
    }
}

/// What was played lately.
struct Recent {
    /// Row and how long ago, 0 for the last one; sorted by row.
    ages: Vec<(u32, usize)>,
}

impl Recent {
    fn new(shelf: &Shelf, ids: &[String], window: u16) -> Recent {
        let newest = ids.iter().rev().take(window.into()).enumerate();
        let mut ages: Vec<_> =
            newest.filter_map(|(age, id)| shelf.place(id).map(|row| (row as u32, age))).collect();
        ages.sort_unstable();
        ages.dedup_by_key(|(row, _)| *row);
        Recent { ages }
    }

    fn age(&self, row: u32) -> Option<usize> {
        self.ages.binary_search_by_key(&row, |(row, _)| *row).ok().map(|at| self.ages[at].1)
    }
}

/// The best candidates for one step.
#[derive(Default)]
struct Ranked {
    /// The best first, as (score, position).
    best: Vec<(f32, usize)>,
    /// Whether each of them was no farther from the goal than the last item when they were ranked.
    moves_on: bool,
}

/// A list that is being made.
struct Walk<'a> {
    kind: Kind,
    shelf: &'a Shelf,
    request: &'a Request<'a>,
    ranks: Ranks<'a>,
    path: Path,
    /// About how many items the list will have.
    expected: usize,
    seconds: f32,
    chosen: Vec<(u32, Option<Point>)>,
}

impl<'a> Walk<'a> {
    fn new(kind: Kind, shelf: &'a Shelf, request: &'a Request<'a>, path: Path) -> Walk<'a> {
        let ranks = Ranks::new(kind, shelf, request);
        Walk { kind, shelf, request, ranks, path, expected: 1, seconds: 0.0, chosen: Vec::new() }
    }

    fn seconds_of(&self, row: u32) -> f32 {
        self.shelf.rows()[row as usize].length().map_or(USUAL_SECONDS, |length| length.as_secs_f32().max(1.0))
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
    fn wants_more(&self, length: Length, rows: &[u32]) -> bool {
        let share = match length {
            Length::Items(items) => self.chosen.len() as f32 / f32::from(items).min(rows.len() as f32),
            Length::Minutes(minutes) => self.seconds / (f32::from(minutes) * 60.0),
        };
        share < 0.5
    }

    /// Adds the best of these rows, step by step, until the list is long enough or they are used up.
    fn fill(&mut self, rows: &[u32], length: Length) {
        let mut candidates: Vec<Candidate> = rows.iter().map(|&row| self.candidate(row)).collect();
        let mean = rows.iter().map(|&row| self.seconds_of(row)).sum::<f32>() / rows.len().max(1) as f32;
        self.expected = match length {
            Length::Items(items) => items.into(),
            Length::Minutes(minutes) => (f32::from(minutes) * 60.0 / mean.max(1.0)).round() as usize,
        }
        .clamp(1, rows.len().clamp(1, LONGEST));
        let room = (self.expected / usize::from(self.path.steps)).clamp(8, 64) + 16;
        let mut ranked = Ranked::default();
        let mut ranked_step = None;
        while !self.is_full(length) {
            let share = self.chosen.len() as f32 / (self.expected as f32 - 1.0).max(1.0);
            let (step, point) = self.path.step(share);
            let at_hand = (ranked_step == Some(step)).then(|| self.take_from(&mut ranked, &candidates));
            let next = at_hand.flatten().or_else(|| {
                ranked = self.best(&candidates, point, room);
                ranked_step = Some(step);
                self.take_from(&mut ranked, &candidates)
            });
            let Some(next) = next else { break };
            candidates[next].taken = true;
            self.add(candidates[next].row, candidates[next].point);
        }
    }

    /// What was played lately, the longest ago first.
    fn fill_with_repeats(&mut self, mut rows: Vec<u32>, recent: &Recent, length: Length) {
        rows.sort_by_key(|&row| std::cmp::Reverse(recent.age(row)));
        for row in rows {
            if self.is_full(length) {
                break;
            }
            let point = point_of(&self.shelf.rows()[row as usize]);
            self.add(row, point);
        }
    }

    fn add(&mut self, row: u32, point: Option<Point>) {
        self.seconds += self.seconds_of(row);
        self.chosen.push((row, point));
    }

    fn candidate(&self, row: u32) -> Candidate {
        let facts = &self.shelf.rows()[row as usize];
        let chance = self.ranks.weights().variety * chance(self.request.seed, self.kind, row);
        let base = self.ranks.parts(row, facts).sum() + chance;
        Candidate { row, point: point_of(facts), base, taken: false }
    }

    /// On a journey the next item is not farther from the goal than the last one.
    fn limit(&self) -> f32 {
        if !self.path.is_journey {
            return f32::INFINITY;
        }
        let known = self.chosen.iter().rev().find_map(|(_, point)| *point);
        known.map_or(f32::INFINITY, |point| point.distance(self.path.to).max(ARRIVED / 2.0))
    }

    /// The best candidates for a point.
    fn best(&self, candidates: &[Candidate], point: Point, room: usize) -> Ranked {
        let limit = self.limit();
        let best = self.best_within(candidates, point, room, limit);
        if best.is_empty() && limit.is_finite() {
            // None moves on: stay as near to the goal as the library allows.
            let best = self.best_within(candidates, self.path.to, room, f32::INFINITY);
            return Ranked { best, moves_on: false };
        }
        Ranked { best, moves_on: true }
    }

    /// The best first, as (score, position).
    fn best_within(
        &self,
        candidates: &[Candidate],
        point: Point,
        room: usize,
        limit: f32,
    ) -> Vec<(f32, usize)> {
        let content = self.ranks.weights().content;
        let limit = limit * limit;
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        // Twice the room: the lower half is thrown out whenever it is full, which is linear on the whole.
        let mut best: Vec<(f32, usize)> = Vec::with_capacity(room * 2);
        let mut least = f32::NEG_INFINITY;
        for (at, candidate) in candidates.iter().enumerate() {
            if candidate.taken {
                continue;
            }
            let fit = match candidate.point {
                Some(own) if own.distance_squared(self.path.to) > limit => continue,
                Some(own) => fit(own.distance_squared(point)),
                None => UNKNOWN_FIT,
            };
            let score = content * fit + candidate.base;
            if score > least {
                best.push((score, at));
                if best.len() == room * 2 {
                    best.select_nth_unstable_by(room - 1, order);
                    best.truncate(room);
                    least = best.iter().map(|(score, _)| *score).fold(f32::INFINITY, f32::min);
                }
            }
        }
        best.sort_unstable_by(order);
        best.truncate(room);
        best
    }

    /// Takes the best that still moves on, preferring another artist than the last two.
    fn take_from(&self, ranked: &mut Ranked, candidates: &[Candidate]) -> Option<usize> {
        let limit = if ranked.moves_on { self.limit() } else { f32::INFINITY };
        ranked.best.retain(|&(_, at)| {
            candidates[at].point.is_none_or(|point| point.distance(self.path.to) <= limit)
        });
        let other_artist = |&(_, at): &(f32, usize)| !self.artist_just_heard(candidates[at].row);
        let place = ranked.best.iter().position(other_artist).unwrap_or(0);
        (place < ranked.best.len()).then(|| ranked.best.remove(place).1)
    }

    fn artist_just_heard(&self, row: u32) -> bool {
        let artist = |row: u32| self.shelf.word(self.shelf.rows()[row as usize].artist);
        let own = artist(row);
        !own.is_empty() && self.chosen.iter().rev().take(2).any(|(row, _)| artist(*row) == own)
    }

    /// How far from the goal a journey ends, in hundredths, if that is too far.
    fn short_of_goal(&self) -> Option<u16> {
        if !self.path.is_journey {
            return None;
        }
        let end = self.chosen.iter().rev().find_map(|(_, point)| *point)?;
        let distance = end.distance(self.path.to);
        (distance > ARRIVED).then_some((distance * 100.0) as u16)
    }

    fn picks(&self, template: &Template, pools: &[PoolOnShelf<'_>], through: Through) -> Vec<Pick> {
        let mut before = None;
        let mut picks = Vec::with_capacity(self.chosen.len());
        for (place, (row, point)) in self.chosen.iter().enumerate() {
            let facts = &self.shelf.rows()[*row as usize];
            let moved = before.zip(*point).and_then(|(before, now)| direction(before, now));
            let pool = pools.iter().find(|pool| pool.holds(self.shelf, facts));
            let why = match through {
                Through::Nearest => Reason::Nearest,
                Through::Anything => Reason::Anything,
                Through::Template if self.request.or.is_some() => Reason::Middle,
                Through::Template => {
                    let of_template = template.why.clone().map(Reason::Template);
                    let of_pool = pool.and_then(|pool| pool.reason(self.shelf, facts));
                    let first = if place == 0 { of_template.clone() } else { moved.map(Reason::Moved) };
                    let second = self.ranks.reason(*row, facts).or(of_pool);
                    match (first, second) {
                        (Some(first), Some(second)) => first.and(second),
                        (Some(one), None) | (None, Some(one)) => one,
                        (None, None) => of_template.unwrap_or(Reason::Fits),
                    }
                }
            };
            before = point.or(before);
            if let Some(entry) = self.shelf.get(*row as usize) {
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

fn point_of(row: &Row) -> Option<Point> {
    row.feeling.map(|feeling| Point::new(feeling.valence, feeling.arousal))
}

/// 1 at the point, one half at half a unit from it, and never nothing: far items keep their order.
fn fit(distance_squared: f32) -> f32 {
    1.0 / (1.0 + 4.0 * distance_squared)
}

/// How an item differs from the one before it, if a person would notice.
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
