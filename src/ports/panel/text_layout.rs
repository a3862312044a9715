//! Blocks of text one under another, fitted into an area.

use std::time::Duration;

use super::canvas::{Area, Canvas, Ink};
use super::letters::Letters;
use super::movement::{self, Moving};
use super::shaping::Base;
use super::text_raster::Face;
use super::text_wrap::Wrapped;

/// Where lines stand between the left and the right edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Where the text begins: at the left, but for a name that is read from right to left.
    Start,
    Center,
}

/// Text in one face and colour.
#[derive(Clone, Debug)]
struct Block {
    text: String,
    /// A name is read in its own direction; what we say, in that of our languages.
    name: bool,
    /// Where it does not fit, it is scrolled once, so that all of it is seen.
    moves: bool,
    face: Face,
    /// The smallest size it may shrink to before words are cut.
    least: f32,
    ink: Ink,
    lines: usize,
    gap: f32,
}

/// Blocks of text, the first on top. Each shrinks until it fits its lines; all shrink together until
/// they fit the height; then the last are left out. So nothing is ever drawn beside its area.
#[derive(Clone, Debug, Default)]
pub struct Column {
    blocks: Vec<Block>,
    /// No letter is made smaller than this, in pixels.
    least: f32,
    /// How long it has stood.
    age: Duration,
}

/// A block ready to be drawn.
struct Set {
    wrapped: Wrapped,
    /// All lines of a text that moves, of which the first are `wrapped`; empty if it stands.
    moving: Vec<String>,
    base: Base,
    face: Face,
    ink: Ink,
    gap: f32,
}

impl Set {
    fn height(&self) -> f32 {
        self.gap + self.wrapped.lines.len() as f32 * self.face.line_height()
    }

    /// Draws lines under each other, the first of them here.
    fn lines(&self, lines: &[String], canvas: &mut Canvas<'_>, window: Area, mut top: f32, align: Align) {
        let letters = canvas.letters();
        for line in lines {
            let spare = || window.w - letters.width(line, self.face);
            let x = window.x
                + match (align, self.base) {
                    (Align::Start, Base::Left) => 0.0,
                    (Align::Start, Base::Right) => spare(),
                    (Align::Center, _) => spare() / 2.0,
                };
            // What is far outside need not be drawn.
            let below = top + 2.0 * self.face.line_height();
            if below > window.y && top < window.y + window.h {
                canvas.line(line, self.base, self.face, (x, top + self.face.baseline()), self.ink);
            }
            top += self.face.line_height();
        }
    }

    /// Makes the lines about equally long, as many as they are.
    fn balance(&mut self, letters: &Letters, width: f32) {
        let (count, text) = (self.wrapped.lines.len(), self.wrapped.kept.clone());
        let (mut least, mut most) = (width / 2.0, width);
        if count < 2 {
            return;
        }
        for _ in 0..6 {
            let middle = (least + most) / 2.0;
            let wrapped = letters.wrap(&text, self.face, middle, count + 1);
            // A word that is broken to fit would make the text another one.
            if wrapped.lines.len() == count && wrapped.whole {
                self.wrapped = wrapped;
                most = middle;
            } else {
                least = middle;
            }
        }
    }
}

/// A text that moves shows no more lines than this; what is left over is cut.
const MOST_LINES: usize = 16;

impl Column {
    /// One whose letters never shrink below this, in pixels.
    pub fn at_least(least: f32) -> Column {
        Column { least, ..Column::default() }
    }

    /// Adds a block of our own words below, at most `lines` lines, `gap` pixels under the one above.
    pub fn add(self, text: &str, face: Face, ink: Ink, lines: usize, gap: f32) -> Column {
        self.block(text, false, face, ink, lines, gap)
    }

    /// The same for a title or another name, which may be in any script and direction.
    pub fn add_name(self, text: &str, face: Face, ink: Ink, lines: usize, gap: f32) -> Column {
        self.block(text, true, face, ink, lines, gap)
    }

    /// The block that was added last moves once where it does not fit, and has stood for so long.
    pub fn moving(mut self, age: Duration) -> Column {
        if let Some(block) = self.blocks.last_mut() {
            block.moves = true;
            self.age = age;
        }
        self
    }

    fn block(mut self, text: &str, name: bool, face: Face, ink: Ink, lines: usize, gap: f32) -> Column {
        if !text.is_empty() {
            let gap = if self.blocks.is_empty() { 0.0 } else { gap };
            let least = (face.size * 0.72).max(self.least).min(face.size);
            self.blocks.push(Block {
                text: text.to_owned(),
                name,
                moves: false,
                face,
                least,
                ink,
                lines,
                gap,
            });
        }
        self
    }

    /// Draws all blocks, together in the middle of the area's height. Says how one of them moves, if one does.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Area, align: Align) -> Option<Moving> {
        let letters = canvas.letters();
        let mut blocks = self.set(letters, area);
        canvas.leave_out(self.blocks.len() - blocks.len());
        if align == Align::Center {
            blocks.iter_mut().for_each(|block| block.balance(letters, area.w));
        }
        let total: f32 = blocks.iter().map(Set::height).sum();
        let mut y = area.y + (area.h - total).max(0.0) / 2.0;
        let mut moves = None;
        for block in &blocks {
            y += block.gap;
            let window = Area::new(area.x, y, area.w, block.height() - block.gap);
            let extra = block.moving.len().saturating_sub(block.wrapped.lines.len());
            match movement::scroll(self.age, extra) {
                Some((lines, moving)) => {
                    let top = y - lines * block.face.line_height();
                    canvas.in_window(window, |canvas| block.lines(&block.moving, canvas, window, top, align));
                    moves = Some(moving);
                }
                None => block.lines(&block.wrapped.lines, canvas, window, y, align),
            }
            y += window.h;
        }
        moves
    }

    fn set(&self, letters: &Letters, area: Area) -> Vec<Set> {
        let mut sets = Vec::new();
        for shrink in [1.0, 0.94, 0.88, 0.82, 0.76, 0.7] {
            sets = self.blocks.iter().map(|block| block.set(letters, area.w, shrink)).collect();
            if sets.iter().map(Set::height).sum::<f32>() <= area.h {
                return sets;
            }
        }
        while sets.iter().map(Set::height).sum::<f32>() > area.h && sets.pop().is_some() {}
        sets
    }
}

impl Block {
    fn set(&self, letters: &Letters, width: f32, shrink: f32) -> Set {
        let whole = letters.clean(&self.text);
        let base = if self.name { Base::of(&whole) } else { Base::Left };
        let least = self.least.min(self.face.size);
        let mut face = Face { size: (self.face.size * shrink).max(least), ..self.face };
        loop {
            let wrapped = letters.wrap(&whole, face, width, self.lines);
            if face.size - 1.0 < least || wrapped.whole {
                let cut = self.moves && wrapped.kept != whole;
                let moving =
                    if cut { letters.wrap(&whole, face, width, MOST_LINES).lines } else { Vec::new() };
                return Set { wrapped, moving, base, face, ink: self.ink, gap: self.gap * shrink };
            }
            face.size -= 1.0;
        }
    }
}
