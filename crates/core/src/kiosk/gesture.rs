//! Edges of the main button -> short, double, long. A function of edges and time.

use std::time::Duration;

use super::clock::Time;
use super::input::{Edge, Gesture};

/// How edges are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GestureTimes {
    /// A press held this long is long; it is told while still held.
    pub long: Duration,
    /// A second press that begins within this time of the first's end makes a double.
    pub double: Duration,
}

impl Default for GestureTimes {
    fn default() -> Self {
        GestureTimes { long: Duration::from_millis(800), double: Duration::from_millis(300) }
    }
}

/// The recognizer's state.
#[derive(Clone, Debug, Default)]
pub struct Gestures {
    times: GestureTimes,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Phase {
    #[default]
    Up,
    /// Held since then; `second` is the second press of a double.
    Down { since: Time, second: bool },
    /// Released after a short press at that time; a second may follow.
    Between { since: Time },
    /// The long press was reported; waiting for the release.
    Reported,
}

impl Gestures {
    /// A recognizer of a button that is up.
    pub fn new(times: GestureTimes) -> Gestures {
        Gestures { times, phase: Phase::Up }
    }

    /// Other times, from the next edge on.
    pub(super) fn set_times(&mut self, times: GestureTimes) {
        self.times = times;
    }

    /// An edge. `doubles` says whether a double press means anything now: where it does not,
    /// a short press is told at its release, without the wait for a second.
    pub fn edge(&mut self, at: Time, edge: Edge, doubles: bool) -> Option<Gesture> {
        let overdue = self.tick(at);
        let told = match (self.phase, edge) {
            (Phase::Up, Edge::Down) => {
                self.phase = Phase::Down { since: at, second: false };
                None
            }
            (Phase::Between { .. }, Edge::Down) => {
                self.phase = Phase::Down { since: at, second: true };
                None
            }
            (Phase::Down { second: true, .. }, Edge::Up) => {
                self.phase = Phase::Up;
                Some(Gesture::Double)
            }
            (Phase::Down { .. }, Edge::Up) if doubles => {
                self.phase = Phase::Between { since: at };
                None
            }
            (Phase::Down { .. }, Edge::Up) => {
                self.phase = Phase::Up;
                Some(Gesture::Short)
            }
            (Phase::Reported, Edge::Up) => {
                self.phase = Phase::Up;
                None
            }
            // An edge was lost (two downs or two ups in a row): the level we know stands.
            (Phase::Down { .. } | Phase::Reported, Edge::Down)
            | (Phase::Up | Phase::Between { .. }, Edge::Up) => None,
        };
        told.or(overdue)
    }

    /// Time passes: tells what no edge will tell.
    pub fn tick(&mut self, at: Time) -> Option<Gesture> {
        match self.phase {
            Phase::Down { since, .. } if at >= since + self.times.long => {
                self.phase = Phase::Reported;
                Some(Gesture::Long)
            }
            Phase::Between { since } if at >= since + self.times.double => {
                self.phase = Phase::Up;
                Some(Gesture::Short)
            }
            _ => None,
        }
    }

    /// From when until when a press that goes on becomes long.
    pub(super) fn becomes_long(&self) -> Option<(Time, Time)> {
        match self.phase {
            Phase::Down { since, .. } => Some((since, since + self.times.long)),
            Phase::Up | Phase::Between { .. } | Phase::Reported => None,
        }
    }

    /// When [`tick`](Gestures::tick) has something to tell.
    pub fn deadline(&self) -> Option<Time> {
        match self.phase {
            Phase::Down { since, .. } => Some(since + self.times.long),
            Phase::Between { since } => Some(since + self.times.double),
            Phase::Up | Phase::Reported => None,
        }
    }

    /// Whatever the finger does now was already answered: nothing is told until the next press.
    pub fn swallow(&mut self) {
        self.phase = match self.phase {
            Phase::Down { .. } | Phase::Reported => Phase::Reported,
            Phase::Up | Phase::Between { .. } => Phase::Up,
        };
    }

    /// Whether the button is held.
    pub fn held(&self) -> bool {
        matches!(self.phase, Phase::Down { .. } | Phase::Reported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Edge::{Down, Up};
    use Gesture::{Double, Long, Short};

    /// Plays edges (ms, edge) and gives what was told, with the time it was told.
    fn told(doubles: bool, edges: &[(u64, Edge)]) -> Vec<(u64, Gesture)> {
        let mut gestures = Gestures::default();
        let mut log = Vec::new();
        let mut edges = edges.iter().copied().peekable();
        while edges.peek().is_some() || gestures.deadline().is_some() {
            let due = gestures.deadline();
            match (edges.peek().copied(), due) {
                (Some((ms, edge)), due) if due.is_none_or(|due| Duration::from_millis(ms) < due) => {
                    edges.next();
                    let at = Duration::from_millis(ms);
                    log.extend(gestures.edge(at, edge, doubles).map(|gesture| (ms, gesture)));
                }
                (_, Some(due)) => {
                    log.extend(
                        gestures.tick(due).map(|gesture| (u64::try_from(due.as_millis()).unwrap(), gesture)),
                    );
                }
                (None, None) | (Some(_), None) => {
                    unreachable!("the guard above takes every edge without a deadline")
                }
            }
        }
        log
    }

    #[test]
    fn presses_are_told_apart_by_how_long_and_how_often() {
        for (name, doubles, edges, expected) in [
            ("short, told after the wait for a second", true, vec![(0, Down), (100, Up)], vec![(400, Short)]),
            (
                "short, told at once where no double counts",
                false,
                vec![(0, Down), (100, Up)],
                vec![(100, Short)],
            ),
            ("double", true, vec![(0, Down), (90, Up), (200, Down), (280, Up)], vec![(280, Double)]),
            ("long, told while held", true, vec![(0, Down), (3000, Up)], vec![(800, Long)]),
            (
                "two shorts",
                true,
                vec![(0, Down), (50, Up), (500, Down), (550, Up)],
                vec![(350, Short), (850, Short)],
            ),
            ("short then long", true, vec![(0, Down), (50, Up), (200, Down), (2000, Up)], vec![(1000, Long)]),
            ("a lost release", true, vec![(0, Down), (100, Down), (2000, Up)], vec![(800, Long)]),
            ("a lost press", true, vec![(10, Up), (20, Down), (30, Up)], vec![(330, Short)]),
        ] {
            assert_eq!(told(doubles, &edges), expected, "{name}");
        }
    }

    #[test]
    fn a_swallowed_press_tells_nothing_more() {
        let mut gestures = Gestures::default();
        gestures.edge(Duration::ZERO, Down, true);
        gestures.swallow();
        assert_eq!(gestures.deadline(), None);
        assert_eq!(gestures.edge(Duration::from_secs(5), Up, true), None);
        gestures.edge(Duration::from_secs(6), Down, false);
        assert_eq!(gestures.edge(Duration::from_millis(6050), Up, false), Some(Short));
    }
}
