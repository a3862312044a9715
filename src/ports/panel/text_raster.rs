//! Letters: measuring, wrapping by words, shortening, and drawing from outlines.
//!
//! Nunito carries Latin, Vietnamese and Cyrillic, Inter carries Greek (see `fonts/README.md`). What neither has
//! is written in Latin letters, after its sound as far as a table knows it; marks that would stand alone are
//! left out. No sign is ever an empty box.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    SemiBold,
    ExtraBold,
}

/// A weight at a size in pixels: the height of an em.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    pub weight: Weight,
    pub size: f32,
}

impl Face {
    pub const fn plain(size: f32) -> Face {
        Face { weight: Weight::SemiBold, size }
    }

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

/// The first font that has the letter; the box of the first font if none has.
fn find(letter: char, weight: Weight) -> Option<(&'static FontRef<'static>, GlyphId)> {
    let fonts = fonts(weight);
    fonts
        .iter()
        .map(|font| (font, font.glyph_id(letter)))
        .find(|(_, glyph)| glyph.0 != 0)
        .or_else(|| fonts.first().map(|font| (font, GlyphId(0))))
}

/// Whether our fonts have a letter, in both weights.
fn is_known(letter: char) -> bool {
    letter == ' '
        || [Weight::SemiBold, Weight::ExtraBold]
            .into_iter()
            .all(|weight| fonts(weight).iter().any(|font| font.glyph_id(letter).0 != 0))
}

/// A size of the em in `ab_glyph`'s measure, which counts ascent to descent.
fn scale(font: &FontRef<'_>, size: f32) -> PxScale {
    let per_em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size * font.height_unscaled() / per_em)
}

/// Text as the panel can show it: composed letters, one line, single spaces, no invisible signs.
pub fn clean(text: &str) -> String {
    let composed =
        text.nfc().map(|letter| if letter.is_whitespace() || letter.is_control() { ' ' } else { letter });
    let mut shown = String::new();
    for letter in composed {
        if !is_known(letter) {
            // Vowel signs of many scripts are marks: they are read before marks are left out.
            shown.push_str(any_ascii::any_ascii_char(letter));
        } else if !is_invisible(letter) {
            shown.push(letter);
        }
    }
    shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Marks without a letter of their own, joiners, direction marks, variation selectors, tags.
fn is_invisible(letter: char) -> bool {
    is_combining_mark(letter)
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Width in pixels of one line.
pub fn width(text: &str, face: Face) -> f32 {
    text.chars().map(|letter| advance(letter, face)).sum()
}

fn advance(letter: char, face: Face) -> f32 {
    find(letter, face.weight)
        .map_or(0.0, |(font, glyph)| font.as_scaled(scale(font, face.size)).h_advance(glyph))
}

/// Draws one line: `ink(x, y, cover)` for each pixel touched, cover in [0, 1].
pub fn raster(text: &str, face: Face, x: f32, baseline: f32, mut ink: impl FnMut(i32, i32, f32)) {
    let mut pen = x;
    for letter in text.chars() {
        let Some((font, glyph)) = find(letter, face.weight) else { continue };
        let scale = scale(font, face.size);
        if let Some(outline) = font.outline_glyph(glyph.with_scale_and_position(scale, point(pen, baseline)))
        {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline.draw(|x, y, cover| {
                if cover > 0.0 {
                    ink(left + x as i32, top + y as i32, cover.min(1.0));
                }
            });
        }
        pen += font.as_scaled(scale).h_advance(glyph);
    }
}

/// One line no wider than this, shortened with an ellipsis where it must be.
pub fn shorten(text: &str, face: Face, most: f32) -> String {
    if width(text, face) <= most {
        return text.to_owned();
    }
    let ellipsis = advance('…', face);
    let mut used = 0.0;
    let fitting = text.chars().take_while(|&letter| {
        used += advance(letter, face);
        used + ellipsis <= most
    });
    let mut kept: String = fitting.collect();
    kept.truncate(kept.trim_end_matches([' ', ',', '-', '–', '(', ':']).len());
    if ellipsis <= most {
        kept.push('…');
    }
    kept
}

/// Lines no wider than `most`, broken between words, inside a word only when it is wider than a line.
/// What is left over after `lines` lines is cut, with an ellipsis.
pub fn wrap(text: &str, face: Face, most: f32, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    let text = clean(text);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if done.len() + 1 >= lines {
            let last = if line.is_empty() { rest.to_owned() } else { format!("{line} {rest}") };
            done.push(shorten(&last, face, most));
            done.truncate(lines);
            return done;
        }
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, face) <= most {
            line = longer;
            rest = after;
        } else if !line.is_empty() {
            done.push(std::mem::take(&mut line));
        } else {
            let head = head_that_fits(word, face, most);
            done.push(word[..head].to_owned());
            rest = rest[head..].trim_start();
        }
    }
    if !line.is_empty() {
        done.push(line);
    }
    done
}

/// How many bytes of a word fit; at least one letter, so that wrapping always ends.
fn head_that_fits(word: &str, face: Face, most: f32) -> usize {
    let mut used = 0.0;
    let mut end = 0;
    for (start, letter) in word.char_indices() {
        used += advance(letter, face);
        if used > most && start > 0 {
            break;
        }
        end = start + letter.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Face = Face::plain(20.0);

    #[test]
    fn all_fonts_that_are_compiled_in_load() {
        assert_eq!(fonts(Weight::SemiBold).len(), 2);
        assert_eq!(fonts(Weight::ExtraBold).len(), 2);
    }

    #[test]
    fn both_languages_and_many_titles_have_their_letters() {
        for letter in "äöüÄÖÜß„“…–’éèçñøåłčşđığÞЖыђўΩΨάạ".chars() {
            for weight in [Weight::SemiBold, Weight::ExtraBold] {
                assert_ne!(find(letter, weight).unwrap().1.0, 0, "{letter}");
            }
        }
    }

    #[test]
    fn what_no_font_has_is_written_in_letters_that_they_have() {
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
            let shown = clean(title);
            assert!(!shown.is_empty() && shown.chars().all(is_known), "{title}: {shown}");
        }
        assert_eq!(clean("Привет Ω"), "Привет Ω", "what a font has stays as it is");
    }

    #[test]
    fn letters_that_were_taken_apart_are_put_together() {
        assert_eq!(clean("Fru\u{308}hling"), "Frühling");
        assert_eq!(clean(" a\u{200b}b \n\t c\u{7} "), "ab c");
    }

    #[test]
    fn text_is_wrapped_between_words_and_loses_none() {
        let text = "one two three four five six seven";
        let lines = wrap(text, FACE, 90.0, 99);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| width(line, FACE) <= 90.0), "{lines:?}");
    }

    #[test]
    fn a_word_wider_than_a_line_is_broken() {
        let lines = wrap("Donaudampfschifffahrtsgesellschaft", FACE, 90.0, 99);
        assert_eq!(lines.concat(), "Donaudampfschifffahrtsgesellschaft");
        assert!(lines.iter().all(|line| width(line, FACE) <= 90.0), "{lines:?}");
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let lines = wrap("one two three four five six seven", FACE, 90.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && width(&lines[1], FACE) <= 90.0, "{lines:?}");
        assert_eq!(wrap("no room", FACE, 90.0, 0), Vec::<String>::new());
    }
}
