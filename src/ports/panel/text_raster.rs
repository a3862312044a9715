//! Our own fonts, which are compiled in: their letters, how wide these are, and how they are drawn from outlines.

use crate::numbers::{Whole, to_i32};
use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlinedGlyph, PxScale, ScaleFont, point};
use unicode_normalization::char::is_combining_mark;

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// For most text.
    SemiBold,
    /// For titles and moods.
    ExtraBold,
}

/// A weight at a size in pixels: the height of an em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// How bold the letters are.
    pub weight: Weight,
    /// Height of an em, in pixels.
    pub size: f32,
}

impl Face {
    /// The weight of most text, in this size.
    pub const fn plain(size: f32) -> Face {
        Face { weight: Weight::SemiBold, size }
    }

    /// The heavier weight, in this size.
    pub const fn bold(size: f32) -> Face {
        Face { weight: Weight::ExtraBold, size }
    }

    /// Distance from one baseline to the next.
    pub fn line_height(self) -> f32 {
        self.size * 1.2
    }

    /// Distance from the top of a line to its baseline: letters with and without descenders look centred.
    pub fn baseline(self) -> f32 {
        self.size * 0.93
    }
}

type Fonts = Vec<FontRef<'static>>;

static SEMI_BOLD: LazyLock<Fonts> = LazyLock::new(|| {
    load([include_bytes!("fonts/nunito-semibold.ttf"), include_bytes!("fonts/inter-greek-semibold.ttf")])
});
static EXTRA_BOLD: LazyLock<Fonts> = LazyLock::new(|| {
    load([include_bytes!("fonts/nunito-extrabold.ttf"), include_bytes!("fonts/inter-greek-extrabold.ttf")])
});

/// The fonts are compiled in, and a test holds that all of them load.
fn load(files: [&'static [u8]; 2]) -> Fonts {
    files.into_iter().filter_map(|file| FontRef::try_from_slice(file).ok()).collect()
}

fn fonts(weight: Weight) -> &'static Fonts {
    match weight {
        Weight::SemiBold => &SEMI_BOLD,
        Weight::ExtraBold => &EXTRA_BOLD,
    }
}

/// The first of our fonts that has the letter; none if none has.
pub(crate) fn find(letter: char, weight: Weight) -> Option<(&'static FontRef<'static>, GlyphId)> {
    fonts(weight).iter().map(|font| (font, font.glyph_id(letter))).find(|(_, glyph)| glyph.0 != 0)
}

/// Whether our fonts have a letter, in both weights.
pub(crate) fn is_known(letter: char) -> bool {
    // A test holds that all of these are there.
    matches!(letter, ' '..='~')
        || [Weight::SemiBold, Weight::ExtraBold].into_iter().all(|weight| find(letter, weight).is_some())
}

/// A size of the em in `ab_glyph`'s measure, which counts ascent to descent.
fn scale(font: &FontRef<'_>, size: f32) -> PxScale {
    let per_em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size * font.height_unscaled() / per_em)
}

/// What our fonts lack, in Latin letters after its sound as far as a table knows it. What is not seen is left out.
pub(crate) fn in_our_letters(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if !is_known(letter) {
            // Vowel signs of many scripts are marks: they are read before marks are left out.
            shown.push_str(any_ascii::any_ascii_char(letter));
        } else if !is_invisible(letter) {
            shown.push(letter);
        }
    }
    shown
}

/// Marks without a letter of their own, joiners, direction marks, variation selectors, tags.
pub(crate) fn is_invisible(letter: char) -> bool {
    is_combining_mark(letter) || is_hidden(letter)
}

/// The same but marks.
pub(crate) fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Width in pixels of one line of letters that our fonts have.
pub(crate) fn width(text: &str, face: Face) -> f32 {
    text.chars().map(|letter| advance(letter, face)).sum()
}

/// The same of one letter.
pub(crate) fn advance(letter: char, face: Face) -> f32 {
    find(letter, face.weight)
        .map_or(0.0, |(font, glyph)| font.as_scaled(scale(font, face.size)).h_advance(glyph))
}

/// Draws one line of letters that our fonts have: `ink(x, y, cover)` for each pixel touched, cover in [0, 1].
pub(crate) fn raster(text: &str, face: Face, x: f32, baseline: f32, mut ink: impl FnMut(i32, i32, f32)) {
    let mut pen = x;
    for letter in text.chars() {
        let Some((font, glyph)) = find(letter, face.weight) else { continue };
        let scale = scale(font, face.size);
        if let Some(outline) = font.outline_glyph(glyph.with_scale_and_position(scale, point(pen, baseline)))
        {
            draw(&outline, &mut ink);
        }
        pen += font.as_scaled(scale).h_advance(glyph);
    }
}

/// Draws one letter at its place.
pub(crate) fn draw(outline: &OutlinedGlyph, ink: &mut impl FnMut(i32, i32, f32)) {
    let bounds = outline.px_bounds();
    let (left, top) = (bounds.min.x.to_i32(), bounds.min.y.to_i32());
    outline.draw(|x, y, cover| {
        if cover > 0.0 {
            ink(left + to_i32(x), top + to_i32(y), cover.min(1.0));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fonts_that_are_compiled_in_load() {
        assert_eq!(fonts(Weight::SemiBold).len(), 2);
        assert_eq!(fonts(Weight::ExtraBold).len(), 2);
    }

    #[test]
    fn all_languages_of_ours_and_many_titles_have_their_letters() {
        for letter in (' '..='~').chain("äöüÄÖÜß„“…–’éèçñøåłčşđığÞЖыђўΩΨάạ".chars())
        {
            for weight in [Weight::SemiBold, Weight::ExtraBold] {
                assert!(find(letter, weight).is_some(), "{letter}");
            }
        }
    }

    #[test]
    fn a_letter_that_no_font_of_ours_has_is_none() {
        assert!(find('漢', Weight::SemiBold).is_none() && !is_known('漢'));
    }
}
