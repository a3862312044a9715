//! Blocks of text one under another, fitted into an area.

use super::canvas::{Area, Canvas, Ink};
use super::text_raster::{self, Face};

/// Where lines stand between the left and the right edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
}

/// Text in one face and colour.
#[derive(Clone, Debug)]
struct Block {
    text: String,
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
}

/// A block ready to be drawn.
struct Set {
    lines: Vec<String>,
    face: Face,
    ink: Ink,
    gap: f32,
}

impl Set {
    fn height(&self) -> f32 {
        self.gap + self.lines.len() as f32 * self.face.line_height()
    }

    /// Makes the lines about equally long, as many as they are.
    fn balance(&mut self, width: f32) {
        let (count, text) = (self.lines.len(), self.lines.join(" "));
        let (mut least, mut most) = (width / 2.0, width);
        if count < 2 {
            return;
        }
        for _ in 0..6 {
            let middle = (least + most) / 2.0;
            let lines = text_raster::wrap(&text, self.face, middle, count + 1);
            // A word that is broken to fit would make the text another one.
            if lines.len() == count && lines.join(" ") == text {
                self.lines = lines;
                most = middle;
            } else {
                least = middle;
            }
        }
    }
}

impl Column {
    /// One whose letters never shrink below this, in pixels.
    pub fn at_least(least: f32) -> Column {
        Column { blocks: Vec::new(), least }
    }

    /// Adds a block below, at most `lines` lines, `gap` pixels under the one above.
    pub fn add(mut self, text: &str, face: Face, ink: Ink, lines: usize, gap: f32) -> Column {
        if !text.is_empty() {
            let gap = if self.blocks.is_empty() { 0.0 } else { gap };
            let least = (face.size * 0.72).max(self.least).min(face.size);
            self.blocks.push(Block { text: text.to_owned(), face, least, ink, lines, gap });
        }
        self
    }

    /// Draws all blocks, together in the middle of the area's height.
    pub fn draw(&self, canvas: &mut Canvas, area: Area, align: Align) {
        let mut blocks = self.set(area);
        canvas.leave_out(self.blocks.len() - blocks.len());
        if align == Align::Center {
            blocks.iter_mut().for_each(|block| block.balance(area.w));
        }
        let total: f32 = blocks.iter().map(Set::height).sum();
        let mut y = area.y + (area.h - total).max(0.0) / 2.0;
        for block in &blocks {
            y += block.gap;
            for line in &block.lines {
                let x = match align {
                    Align::Left => area.x,
                    Align::Center => area.x + (area.w - text_raster::width(line, block.face)) / 2.0,
                };
                canvas.text(line, block.face, x, y + block.face.baseline(), block.ink);
                y += block.face.line_height();
            }
        }
    }

    fn set(&self, area: Area) -> Vec<Set> {
        let mut sets = Vec::new();
        for shrink in [1.0, 0.94, 0.88, 0.82, 0.76, 0.7] {
            sets = self.blocks.iter().map(|block| block.set(area.w, shrink)).collect();
            if sets.iter().map(Set::height).sum::<f32>() <= area.h {
                return sets;
            }
        }
        while sets.iter().map(Set::height).sum::<f32>() > area.h && sets.pop().is_some() {}
        sets
    }
}

impl Block {
    fn set(&self, width: f32, shrink: f32) -> Set {
        let whole = text_raster::clean(&self.text);
        let least = self.least.min(self.face.size);
        let mut face = Face { size: (self.face.size * shrink).max(least), ..self.face };
        loop {
            let lines = text_raster::wrap(&whole, face, width, self.lines);
            if face.size - 1.0 < least || lines.join(" ") == whole {
                return Set { lines, face, ink: self.ink, gap: self.gap * shrink };
            }
            face.size -= 1.0;
        }
    }
}
