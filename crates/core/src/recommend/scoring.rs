//! Who may be on a list, and who of them is best for one step of it.

use super::item::FeelingSource;
use super::item_store::Row;
use super::template::Point;

/// How near an item of unknown feeling counts to any point: as something half the plane's unit away.
const UNKNOWN_FIT: f32 = 0.5;
/// How far a place counts that was measured from the sound, against one that a person or a genre tells.
const TRUST_IN_SOUND: f32 = 0.5;

/// Who may be on the list: a column for each fact, because all of them are gone through for each step of a
/// journey, and the compiler compares four at a time that way.
pub(super) struct Candidates {
    pub(super) rows: Vec<u32>,
    /// Where the list leads to.
    goal: Point,
    valence: Vec<f32>,
    arousal: Vec<f32>,
    /// How far its place counts, 0 to 1; the rest counts as if it were unknown. None of it does, and its place
    /// is no place, if it is [`UNKNOWN`].
    trust: Vec<f32>,
    /// The part of its rank that does not depend on its place in the list; [`TAKEN`] once it is on the list.
    base: Vec<f32>,
}

/// The trust in a place that nothing tells.
const UNKNOWN: f32 = 0.0;
/// Less than any rank.
const TAKEN: f32 = f32::NEG_INFINITY;
/// Candidates that are compared at once.
const BLOCK: usize = 64;
/// Of these, sums that are kept side by side: one instruction adds to all of them.
const LANES: usize = 8;

impl Candidates {
    /// These rows; each is to be told of by [`Candidates::push`], in their order.
    pub(super) fn of(rows: Vec<u32>, goal: Point) -> Candidates {
        let column = || Vec::with_capacity(rows.len());
        Candidates { goal, valence: column(), arousal: column(), trust: column(), base: column(), rows }
    }

    pub(super) fn push(&mut self, facts: &Row, base: f32) {
        let point = point_of(facts);
        // What was measured from the sound is a rough guess.
        let measured = facts.feeling.is_some_and(|feeling| feeling.source == FeelingSource::Sound);
        let trust = if measured { TRUST_IN_SOUND } else { 1.0 };
        let at = point.unwrap_or_default();
        self.valence.push(at.valence);
        self.arousal.push(at.arousal);
        self.trust.push(point.map_or(UNKNOWN, |_| trust));
        self.base.push(base);
    }

    pub(super) fn point(&self, at: usize) -> Option<Point> {
        (self.trust[at] != UNKNOWN).then(|| Point::new(self.valence[at], self.arousal[at]))
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// It is on the list, and will not be chosen again.
    pub(super) fn take(&mut self, at: usize) {
        self.base[at] = TAKEN;
    }

    /// The best for a point, of those within a limit of the goal; `content` is the weight of the fit.
    pub(super) fn best(&self, point: Point, content: f32, room: usize, limit: f32) -> Ranked {
        let limit = limit * limit;
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        // Twice the room: the lower half is thrown out whenever it is full, which is linear on the whole.
        let mut best: Vec<(f32, usize)> = Vec::with_capacity(room * 2);
        let mut least = f32::NEG_INFINITY;
        let (mut sums, mut counts) = ([0.0f32; LANES], [0u32; LANES]);
        let all = self.len();
        let (mut scores, mut fits) = ([0.0; BLOCK], [0.0; BLOCK]);
        for start in (0..all).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(all);
            let places = self.valence[block.clone()].iter().zip(&self.arousal[block.clone()]);
            let ranks = self.trust[block.clone()].iter().zip(&self.base[block.clone()]);
            let results = scores.iter_mut().zip(&mut fits);
            for (((valence, arousal), (trust, base)), (score, near)) in places.zip(ranks).zip(results) {
                let own = Point::new(*valence, *arousal);
                let fit = UNKNOWN_FIT + trust * (fit(own.distance_squared(point)) - UNKNOWN_FIT);
                // What is unknown is within any limit.
                let is_near = (own.distance_squared(self.goal) <= limit) | (*trust == UNKNOWN);
                let is_in = is_near & (*base != TAKEN);
                *score = if is_in { content * fit + base } else { TAKEN };
                *near = if is_in { fit } else { 0.0 };
            }
            scores[block.len()..].fill(TAKEN);
            fits[block.len()..].fill(0.0);
            let mut most = [TAKEN; LANES];
            for (scores, fits) in scores.as_chunks::<LANES>().0.iter().zip(fits.as_chunks::<LANES>().0) {
                for lane in 0..LANES {
                    let score = scores[lane];
                    sums[lane] += fits[lane];
                    counts[lane] += u32::from(score != TAKEN);
                    most[lane] = if score > most[lane] { score } else { most[lane] };
                }
            }
            // Most blocks hold nothing that would be kept.
            if most.iter().all(|most| *most <= least) {
                continue;
            }
            for (at, &score) in block.zip(&scores) {
                if score > least {
                    best.push((score, at));
                    if best.len() == room * 2 {
                        best.select_nth_unstable_by(room - 1, order);
                        best.truncate(room);
                        least = best.iter().map(|(score, _)| *score).fold(f32::INFINITY, f32::min);
                    }
                }
            }
        }
        let (sum, count) = (sums.iter().sum::<f32>(), counts.iter().sum::<u32>());
        best.sort_unstable_by(order);
        best.truncate(room);
        Ranked { best, mean_fit: sum / count.max(1) as f32 }
    }
}

/// The best candidates for one step.
#[derive(Default)]
pub(super) struct Ranked {
    /// The best first, as (score, position).
    pub(super) best: Vec<(f32, usize)>,
    /// Mean fit of all that were compared.
    pub(super) mean_fit: f32,
}

pub(super) fn point_of(row: &Row) -> Option<Point> {
    row.feeling.map(|feeling| Point::new(feeling.valence, feeling.arousal))
}

/// 1 at the point, one half at half a unit from it, and never nothing: far items keep their order.
fn fit(distance_squared: f32) -> f32 {
    1.0 / (1.0 + 4.0 * distance_squared)
}

/// How well a place fits a point; a place that is not known fits any as well.
pub(super) fn fit_of(own: Option<Point>, point: Point) -> f32 {
    own.map_or(UNKNOWN_FIT, |own| fit(own.distance_squared(point)))
}
