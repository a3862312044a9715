//! All letters that the panel can write: those of our fonts, and what the fonts of the machine add.
//!
//! Nunito carries Latin, Vietnamese and Cyrillic, Inter carries Greek (see `fonts/README.md`). What both lack is
//! written by the machine's fonts, if they are installed, and in Latin letters after its sound if not, as far as a
//! table knows it. No sign is ever an empty box.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ab_glyph::{Font, FontRef, GlyphId, OutlinedGlyph, PxScale, PxScaleFactor, point};
use harfrust::Script;
use harfrust::unicode::script;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::shaping::{self, Base, Cell, Chosen, Shaped, is_joiner};
use super::system_fonts::{Family, Han, SystemFonts};
use super::text_raster::{self, Face, Weight, is_known};

/// No text is looked at beyond so many letters: a panel shows about two hundred.
const LONGEST: usize = 400;

/// A letter carries no more marks than this: Tibetan and Vietnamese need half of them.
const MOST_MARKS: usize = 6;

/// Texts that are remembered; then all are forgotten. A screen has about ten.
const MOST_TEXTS: usize = 64;

/// Glyphs that are remembered, about 2 kB each in Chinese; then all are forgotten.
const MOST_GLYPHS: usize = 800;

/// The letters, and what was found out about the texts of the last screens, so that no font is opened twice for them.
#[derive(Default)]
pub struct Letters {
    system: SystemFonts,
    cleaned: RefCell<HashMap<String, String>>,
    shaped: RefCell<HashMap<(String, Weight, Base), Rc<Shaped>>>,
    /// Packages that were missed, so that each is told once.
    missed: RefCell<Vec<&'static str>>,
}

/// What a mark would stand on.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// A letter of ours, or nothing.
    Ours,
    /// A sign that takes no marks.
    Sign,
    /// A letter of a script whose marks belong to it.
    Shaped,
}

impl Letters {
    /// Those of our own fonts alone.
    pub fn ours() -> Letters {
        Letters::default()
    }

    /// Those of our fonts and of these.
    pub fn with(system: SystemFonts) -> Letters {
        Letters { system, ..Letters::default() }
    }

    /// Text as the panel can show it: composed letters, one line, single spaces, no invisible signs.
    pub fn clean(&self, text: &str) -> String {
        let text = head(text);
        let composed: String = text.nfc().map(plain_space).collect();
        if !self.system.any() || composed.chars().all(is_known) {
            return one_line(&text_raster::in_our_letters(&composed));
        }
        if let Some(known) = self.cleaned.borrow().get(text) {
            return known.clone();
        }
        let cleaned = one_line(&self.written(&composed));
        let mut all = self.cleaned.borrow_mut();
        if all.len() >= MOST_TEXTS {
            all.clear();
        }
        all.insert(text.to_owned(), cleaned.clone());
        cleaned
    }

    /// The letters that some font has, and Latin ones for the others.
    fn written(&self, composed: &str) -> String {
        let fonts = self.fonts(composed, Weight::ExtraBold);
        let (mut written, mut marks, mut before) = (String::new(), 0, Before::Ours);
        for letter in composed.chars() {
            let follows = is_combining_mark(letter) || is_joiner(letter);
            if follows && before != Before::Ours {
                let fits = before == Before::Shaped && marks < MOST_MARKS;
                if fits && (is_joiner(letter) || fonts.contains_key(&letter)) {
                    written.push(letter);
                    marks += 1;
                }
            } else if let Some(font) = fonts.get(&letter).filter(|_| !follows) {
                written.push(letter);
                marks = 0;
                before = if font.shaped { Before::Shaped } else { Before::Sign };
            } else {
                let mut one = [0; 4];
                written.push_str(&text_raster::in_our_letters(letter.encode_utf8(&mut one)));
                // What is not seen parts nothing: the colour of a hand, a mark of direction.
                if !text_raster::is_invisible(letter) {
                    before = Before::Ours;
                }
            }
        }
        written
    }

    /// The fonts of the letters that ours lack.
    fn fonts(&self, text: &str, weight: Weight) -> HashMap<char, Chosen> {
        let han = Han::of(text);
        let mut wanted: Vec<(Family, Vec<char>)> = Vec::new();
        let mut last = None;
        for letter in text.chars() {
            // A mark that many scripts share is looked for in the fonts of its letter.
            let family = match script(letter.into()) {
                Script::INHERITED => last,
                _ => Family::of(letter, han),
            };
            last = family.filter(|family| *family != Family::Signs).or(last);
            let Some(family) = family.filter(|_| !is_known(letter) && !text_raster::is_hidden(letter)) else {
                continue;
            };
            match wanted.iter_mut().find(|(known, _)| *known == family) {
                Some((_, letters)) if letters.contains(&letter) => {}
                Some((_, letters)) => letters.push(letter),
                None => wanted.push((family, vec![letter])),
            }
        }
        let mut found = HashMap::new();
        for (family, mut letters) in wanted {
            let files = self.system.files(family, weight);
            if files.is_empty() {
                self.miss(family.package());
            }
            for file in files {
                SystemFonts::with(&file, |bytes| {
                    let Ok(font) = FontRef::try_from_slice_and_index(bytes, file.index) else { return };
                    letters.retain(|&letter| {
                        let has = font.glyph_id(letter).0 != 0;
                        if has {
                            let chosen = Chosen { file: file.clone(), shaped: family.is_shaped() };
                            found.entry(letter).or_insert(chosen);
                        }
                        !has
                    });
                });
                if letters.is_empty() {
                    break;
                }
            }
        }
        found
    }

    /// Tells once what would help, when a text came that needs it.
    fn miss(&self, package: &'static str) {
        let mut missed = self.missed.borrow_mut();
        if self.system.any() && !missed.contains(&package) {
            missed.push(package);
            tracing::info!(
                "a title stands in Latin letters on the panel: its own come with the package {package}"
            );
        }
    }

    fn shaped(&self, text: &str, weight: Weight, base: Base) -> Rc<Shaped> {
        let key = (text.to_owned(), weight, base);
        if let Some(known) = self.shaped.borrow().get(&key) {
            return known.clone();
        }
        let made = Rc::new(shaping::shape(text, weight, base, &self.fonts(text, weight)));
        let mut all = self.shaped.borrow_mut();
        let glyphs: usize = all.values().map(|shaped| shaped.glyphs.len()).sum();
        if all.len() >= MOST_TEXTS || glyphs + made.glyphs.len() > MOST_GLYPHS {
            all.clear();
        }
        all.insert(key, made.clone());
        made
    }

    /// Width in pixels of one line that was cleaned.
    pub fn width(&self, text: &str, face: Face) -> f32 {
        if text.chars().all(is_known) {
            return text_raster::width(text, face);
        }
        self.shaped(text, face.weight, Base::Left).width() * face.size
    }

    /// The pieces of a line that was cleaned, with their widths in pixels.
    pub(crate) fn cells(&self, text: &str, face: Face) -> Vec<Cell> {
        if text.chars().all(is_known) {
            let cell = |(at, letter): (usize, char)| Cell {
                bytes: at..at + letter.len_utf8(),
                advance: text_raster::advance(letter, face),
            };
            return text.char_indices().map(cell).collect();
        }
        let shaped = self.shaped(text, face.weight, Base::Left);
        let in_pixels = |cell: &Cell| Cell { advance: cell.advance * face.size, ..cell.clone() };
        shaped.cells.iter().map(in_pixels).collect()
    }

    /// Draws one line that was cleaned: `ink(x, y, cover)` for each pixel touched, cover in [0, 1].
    pub fn raster(
        &self,
        text: &str,
        base: Base,
        face: Face,
        (x, baseline): (f32, f32),
        mut ink: impl FnMut(i32, i32, f32),
    ) {
        if text.chars().all(is_known) {
            return text_raster::raster(text, face, x, baseline, ink);
        }
        let mut pen = x;
        for glyph in &self.shaped(text, face.weight, base).glyphs {
            if let Some(outline) = &glyph.outline {
                let scale = glyph.unit * face.size;
                let factor = PxScaleFactor { horizontal: scale, vertical: scale };
                let place = point(pen + glyph.offset.0 * face.size, baseline - glyph.offset.1 * face.size);
                // Number and size are not asked for any more: the outline and its scale are all that is drawn.
                let placed = GlyphId(0).with_scale_and_position(PxScale::from(face.size), place);
                let outlined = OutlinedGlyph::new(placed, outline.as_ref().clone(), factor);
                text_raster::draw(&outlined, &mut ink);
            }
            pen += glyph.advance * face.size;
        }
    }
}

/// As much of a text as is looked at.
fn head(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

fn plain_space(letter: char) -> char {
    if letter.is_whitespace() || letter.is_control() { ' ' } else { letter }
}

fn one_line(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_written_in_letters_that_ours_have() {
        let empty = tempfile::tempdir().unwrap();
        for letters in [Letters::ours(), Letters::with(SystemFonts::below(empty.path()))] {
            for title in [
                "漢字",
                "夜に駆ける",
                "사랑",
                "نسم علينا",
                "שלום",
                "สวัสดี",
                "तुम ही हो",
                "🔥 night",
                "ᚠ",
                "\u{e000}x",
            ] {
                let shown = letters.clean(title);
                assert!(!shown.is_empty() && shown.chars().all(is_known), "{title}: {shown}");
            }
            assert_eq!(letters.clean("Привет Ω"), "Привет Ω", "what a font has stays as it is");
        }
    }

    #[test]
    fn a_package_that_a_title_needs_is_missed_once_and_none_for_latin() {
        let empty = tempfile::tempdir().unwrap();
        let letters = Letters::with(SystemFonts::below(empty.path()));
        letters.clean("Frühling, весна");
        assert!(letters.missed.borrow().is_empty());
        for title in ["夜に駆ける", "夜", "नमस्ते", "🔥"] {
            letters.clean(title);
        }
        assert_eq!(*letters.missed.borrow(), ["fonts-noto-cjk", "fonts-noto-core", "fonts-symbola"]);
        let ours = Letters::ours();
        ours.clean("夜");
        assert!(ours.missed.borrow().is_empty(), "who looks for no fonts misses none");
    }

    #[test]
    fn letters_that_were_taken_apart_are_put_together() {
        let letters = Letters::ours();
        assert_eq!(letters.clean("Fru\u{308}hling"), "Frühling");
        assert_eq!(letters.clean(" a\u{200b}b \n\t c\u{7} "), "ab c");
    }

    #[test]
    fn signs_that_turn_the_direction_are_left_out_and_no_text_is_looked_at_to_its_end() {
        let letters = Letters::ours();
        assert_eq!(letters.clean("\u{202e}abc\u{2066}d\u{2069}\u{200f}"), "abcd");
        assert_eq!(letters.clean(&"a\u{301}".repeat(100_000)).chars().count(), LONGEST / 2);
    }
}
