//! Where a list should be on the plane of feeling, at each share of its length.

use super::request::Request;
use super::template::{Mode, Point, Template};
use crate::mood::Strength;

/// Where the list should be at each share of its length.
pub(super) struct Path {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) steps: u8,
    pub(super) is_journey: bool,
}

impl Path {
    pub(super) fn new(template: &Template, request: &Request<'_>) -> Path {
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
                // A place named in the template is meant for a clear mood: a slight one has less of the way
                // before it, and a strong one is met a little nearer to where it is.
                let from = from.map_or(mood, |from| match request.strength {
                    Strength::Slight => from.toward(to, 0.3),
                    Strength::Clear => from,
                    Strength::Strong => from.toward(Point::of(request.mood), 0.15),
                });
                Path { from, to, steps, is_journey: true }
            }
        }
    }

    /// The step at a share of the list, and its point.
    pub(super) fn step(&self, share: f32) -> (u8, Point) {
        let last = self.steps.saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the steps, a u8"
        )]
        let step = ((share.clamp(0.0, 1.0) * f32::from(self.steps)) as u8).min(last);
        let way = if last == 0 { 1.0 } else { f32::from(step) / f32::from(last) };
        (step, self.from.toward(self.to, way))
    }
}
