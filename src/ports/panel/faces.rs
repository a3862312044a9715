//! Faces as vectors: seven moods and the device's own, from a table of a few numbers each.
//!
//! Lengths are shares of the head's radius; y grows downwards from the middle of the head.

use tiny_skia::PathBuilder;

use super::canvas::{Canvas, Ink};
use super::palette;
use moodbox_core::mood::Mood;

/// Whose face is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Of(Mood),
    /// The device, waiting: a slight smile.
    Awake,
    /// The device in the middle of a blink.
    Blinking,
    /// The device, thinking: the eyes look up.
    Thinking,
    Asleep,
}

impl Look {
    /// The colour of the head.
    pub fn ink(self) -> Ink {
        match self {
            Look::Of(mood) => palette::of(mood),
            Look::Awake | Look::Blinking | Look::Thinking | Look::Asleep => palette::OWN,
        }
    }

    fn features(self) -> Features {
        match self {
            Look::Of(mood) => of_mood(mood),
            Look::Awake => CALM,
            Look::Blinking => Features { eyes: Eyes::Arches { bend: -0.08 }, ..CALM },
            Look::Thinking => Features {
                eyes: Eyes::Wide { width: 0.2, height: 0.22, pupil: 0.105, gaze: (0.06, -0.08) },
                brows: Some(Brows { inner: -0.52, outer: -0.5, bend: 0.1 }),
                mouth: Mouth { half: 0.16, y: 0.42, corners: 0.0, ..CALM.mouth },
                ..CALM
            },
            Look::Asleep => Features {
                eyes: Eyes::Arches { bend: -0.12 },
                mouth: Mouth { half: 0.16, corners: 0.08, ..CALM.mouth },
                ..CALM
            },
        }
    }
}

/// All that tells one face from another.
#[derive(Clone, Copy, Debug)]
struct Features {
    eyes: Eyes,
    brows: Option<Brows>,
    mouth: Mouth,
    cheeks: bool,
    tear: bool,
    /// Out, as a child shows that something is nasty.
    tongue: bool,
}

#[derive(Clone, Copy, Debug)]
enum Eyes {
    /// Dark ovals of this half width and half height.
    Ovals { width: f32, height: f32 },
    /// White ovals with a pupil that looks somewhere.
    Wide { width: f32, height: f32, pupil: f32, gaze: (f32, f32) },
    /// Closed: arches upwards (laughing) when `bend` is positive, downwards (asleep) when negative.
    Arches { bend: f32 },
    /// Pressed together: wedges that point at the nose.
    Wedges,
}

/// Heights of the ends of the brows; `bend` lifts the middle.
#[derive(Clone, Copy, Debug)]
struct Brows {
    inner: f32,
    outer: f32,
    bend: f32,
}

#[derive(Clone, Copy, Debug)]
struct Mouth {
    /// Half the distance between the corners.
    half: f32,
    /// Height of the middle line.
    y: f32,
    /// How far the corners are above the middle: positive smiles, negative frowns.
    corners: f32,
    /// How far the lips are apart in the middle.
    open: f32,
    /// Height of the waves of a mouth that trembles or is disgusted.
    wave: f32,
}

const CALM: Features = Features {
    eyes: Eyes::Ovals { width: 0.095, height: 0.135 },
    brows: None,
    mouth: Mouth { half: 0.3, y: 0.36, corners: 0.14, open: 0.0, wave: 0.0 },
    cheeks: false,
    tear: false,
    tongue: false,
};

/// After the action units that FACS names for each: brows lowered or raised (1, 2, 4), lids (5, 7),
/// nose and upper lip (9, 10), corners of the mouth (12, 15), lips stretched or parted (20, 25 to 27).
const fn of_mood(mood: Mood) -> Features {
    match mood {
        Mood::Angry => Features {
            eyes: Eyes::Ovals { width: 0.1, height: 0.11 },
            brows: Some(Brows { inner: -0.24, outer: -0.5, bend: 0.0 }),
            mouth: Mouth { half: 0.28, y: 0.46, corners: -0.15, open: 0.0, wave: 0.0 },
            ..CALM
        },
        Mood::Disgust => Features {
            eyes: Eyes::Wedges,
            mouth: Mouth { half: 0.3, y: 0.36, corners: -0.08, open: 0.0, wave: 0.0 },
            tongue: true,
            ..CALM
        },
        Mood::Fear => Features {
            eyes: Eyes::Wide { width: 0.2, height: 0.24, pupil: 0.08, gaze: (0.0, 0.0) },
            brows: Some(Brows { inner: -0.62, outer: -0.46, bend: 0.03 }),
            mouth: Mouth { half: 0.3, y: 0.46, corners: -0.06, open: 0.0, wave: 0.07 },
            ..CALM
        },
        Mood::Happy => Features {
            eyes: Eyes::Arches { bend: 0.16 },
            mouth: Mouth { half: 0.42, y: 0.2, corners: 0.04, open: 0.46, wave: 0.0 },
            cheeks: true,
            ..CALM
        },
        Mood::Sad => Features {
            eyes: Eyes::Ovals { width: 0.09, height: 0.12 },
            brows: Some(Brows { inner: -0.5, outer: -0.32, bend: 0.02 }),
            mouth: Mouth { half: 0.26, y: 0.44, corners: -0.16, open: 0.0, wave: 0.0 },
            tear: true,
            ..CALM
        },
        Mood::Surprise => Features {
            eyes: Eyes::Wide { width: 0.2, height: 0.23, pupil: 0.1, gaze: (0.0, 0.0) },
            brows: Some(Brows { inner: -0.6, outer: -0.56, bend: 0.12 }),
            mouth: Mouth { half: 0.15, y: 0.45, corners: 0.0, open: 0.4, wave: 0.0 },
            ..CALM
        },
        Mood::Neutral => {
            Features { mouth: Mouth { half: 0.24, y: 0.38, corners: 0.0, open: 0.0, wave: 0.0 }, ..CALM }
        }
    }
}

/// Horizontal distance of the eyes from the middle, and their height.
const EYE_X: f32 = 0.36;
const EYE_Y: f32 = -0.14;

const TONGUE: Ink = Ink(255, 110, 104);

/// A face in its own colour.
pub(super) fn draw(canvas: &mut Canvas<'_>, look: Look, center: (f32, f32), radius: f32) {
    let ink = look.ink();
    Head { canvas, center, radius, ink }.draw(look.features(), ink);
}

/// A face that stands back: the same features in the colour of the ground's plates.
pub(super) fn draw_faded(canvas: &mut Canvas<'_>, look: Look, center: (f32, f32), radius: f32) {
    let ink = palette::GROUND.mix(look.ink(), 0.42);
    Head { canvas, center, radius, ink }.draw(look.features(), ink);
}

struct Head<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    center: (f32, f32),
    radius: f32,
    ink: Ink,
}

impl Head<'_, '_> {
    fn x(&self, x: f32) -> f32 {
        self.center.0 + x * self.radius
    }

    fn y(&self, y: f32) -> f32 {
        self.center.1 + y * self.radius
    }

    fn draw(&mut self, features: Features, ink: Ink) {
        let (above, below) = (ink.mix(palette::WHITE, 0.14), ink.mix(palette::GROUND, 0.1));
        self.canvas.ball(self.center.0, self.center.1, self.radius, above, below);
        if features.cheeks {
            for side in [-1.0, 1.0] {
                self.oval((side * 0.64, 0.14), (0.15, 0.1), Ink(255, 120, 90), 0.4);
            }
        }
        self.eyes(features.eyes);
        if let Some(brows) = features.brows {
            self.brows(brows);
        }
        if features.tongue {
            self.tongue(features.mouth);
        }
        self.mouth(features.mouth);
        if features.tear {
            self.tear();
        }
    }

    fn eyes(&mut self, eyes: Eyes) {
        for side in [-1.0, 1.0] {
            let at = (side * EYE_X, EYE_Y);
            match eyes {
                Eyes::Ovals { width, height } => self.oval(at, (width, height), palette::LINE, 1.0),
                Eyes::Wide { width, height, pupil, gaze } => {
                    self.oval(at, (width, height), palette::WHITE, 1.0);
                    self.oval((at.0 + gaze.0, at.1 + gaze.1), (pupil, pupil * 1.1), palette::LINE, 1.0);
                }
                Eyes::Arches { bend } => {
                    let (from, to) = ((at.0 - 0.17, at.1 + bend * 0.5), (at.0 + 0.17, at.1 + bend * 0.5));
                    self.bow(from, to, bend * 2.0, 0.085);
                }
                Eyes::Wedges => {
                    let mut path = PathBuilder::new();
                    path.move_to(self.x(at.0 + side * 0.14), self.y(at.1 - 0.14));
                    path.line_to(self.x(at.0 - side * 0.13), self.y(at.1));
                    path.line_to(self.x(at.0 + side * 0.14), self.y(at.1 + 0.12));
                    self.line(path, 0.085);
                }
            }
        }
    }

    fn brows(&mut self, brows: Brows) {
        for side in [-1.0, 1.0] {
            let (inner, outer) = ((side * 0.19, brows.inner), (side * 0.56, brows.outer));
            self.bow(inner, outer, brows.bend * 2.0, 0.075);
        }
    }

    fn mouth(&mut self, mouth: Mouth) {
        let Mouth { half, y, corners, open, wave } = mouth;
        let end = y - corners;
        if wave > 0.0 {
            let mut path = PathBuilder::new();
            path.move_to(self.x(-half), self.y(end));
            let step = half / 2.0;
            for piece in 0..4 {
                let x = -half + step * piece as f32;
                let lift = if piece % 2 == 0 { -wave } else { wave };
                path.quad_to(self.x(x + step / 2.0), self.y(end + lift * 2.0), self.x(x + step), self.y(end));
            }
            self.line(path, 0.08);
        } else if open > 0.0 {
            self.open_mouth(mouth, end);
        } else {
            self.bow((-half, end), (half, end), -corners * 2.0, 0.08);
        }
    }

    /// Lips apart: round when the corners are near, a laugh when they are far.
    fn open_mouth(&mut self, mouth: Mouth, end: f32) {
        let Mouth { half, y, corners, open, .. } = mouth;
        if half < open / 2.0 {
            self.oval((0.0, y), (half, open / 2.0), palette::LINE, 1.0);
            return;
        }
        let laugh = |head: &Head<'_, '_>| {
            let mut path = PathBuilder::new();
            path.move_to(head.x(-half), head.y(end));
            path.quad_to(head.x(0.0), head.y(y + corners), head.x(half), head.y(end));
            path.cubic_to(
                head.x(half * 0.95),
                head.y(end + open * 1.25),
                head.x(-half * 0.95),
                head.y(end + open * 1.25),
                head.x(-half),
                head.y(end),
            );
            path.close();
            path
        };
        let path = laugh(self);
        self.canvas.shape(path, palette::LINE, 1.0);
        // The same shape, stroked, rounds the corners.
        let path = laugh(self);
        self.line(path, 0.06);
        self.oval((0.0, end + open * 0.74), (half * 0.48, open * 0.2), TONGUE, 1.0);
    }

    /// Hangs from the line of the mouth, a little to one side.
    fn tongue(&mut self, mouth: Mouth) {
        let (x, top, half, bottom) = (0.06, mouth.y, 0.17, mouth.y + 0.42);
        let outline = |head: &Head<'_, '_>| {
            let mut path = PathBuilder::new();
            path.move_to(head.x(x - half), head.y(top));
            path.line_to(head.x(x + half), head.y(top));
            path.cubic_to(
                head.x(x + half * 1.1),
                head.y(bottom + 0.05),
                head.x(x - half * 1.1),
                head.y(bottom + 0.05),
                head.x(x - half),
                head.y(top),
            );
            path.close();
            path
        };
        let path = outline(self);
        self.canvas.shape(path, TONGUE, 1.0);
        let path = outline(self);
        self.line(path, 0.06);
        let mut crease = PathBuilder::new();
        crease.move_to(self.x(x), self.y(top + 0.04));
        crease.line_to(self.x(x), self.y(top + 0.14));
        self.line(crease, 0.045);
    }

    fn tear(&mut self) {
        let (x, top, bottom, half) = (EYE_X + 0.06, 0.06, 0.36, 0.11);
        let mut path = PathBuilder::new();
        path.move_to(self.x(x), self.y(top));
        path.cubic_to(
            self.x(x + half * 1.4),
            self.y(0.24),
            self.x(x + half),
            self.y(bottom),
            self.x(x),
            self.y(bottom),
        );
        path.cubic_to(
            self.x(x - half),
            self.y(bottom),
            self.x(x - half * 1.4),
            self.y(0.24),
            self.x(x),
            self.y(top),
        );
        path.close();
        let ink = self.ink.mix(palette::WHITE, 0.75);
        self.canvas.shape(path, ink, 1.0);
    }

    fn oval(&mut self, at: (f32, f32), half: (f32, f32), ink: Ink, alpha: f32) {
        let rect = tiny_skia::Rect::from_ltrb(
            self.x(at.0 - half.0),
            self.y(at.1 - half.1),
            self.x(at.0 + half.0),
            self.y(at.1 + half.1),
        );
        if let Some(rect) = rect {
            let mut path = PathBuilder::new();
            path.push_oval(rect);
            self.canvas.shape(path, ink, alpha);
        }
    }

    /// A line from one point to another whose middle is lifted by half of `bend`.
    fn bow(&mut self, from: (f32, f32), to: (f32, f32), bend: f32, width: f32) {
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0 - bend);
        let mut path = PathBuilder::new();
        path.move_to(self.x(from.0), self.y(from.1));
        path.quad_to(self.x(middle.0), self.y(middle.1), self.x(to.0), self.y(to.1));
        self.line(path, width);
    }

    fn line(&mut self, path: PathBuilder, width: f32) {
        let width = (width * self.radius).max(1.2);
        self.canvas.curve(path, width, palette::LINE, 1.0);
    }
}
