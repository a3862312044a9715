//! A line in any script: which letters stand where, each run in its own direction, as outlines that need no font.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use ab_glyph::{Font, FontRef, GlyphId, Outline};
use harfrust::unicode::script;
use harfrust::{Buffer, BufferFlags, Direction, Script, ShapeOptions, ShaperFont};
use unicode_bidi::{Level, ParagraphBidiInfo};
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::system_fonts::{FontFile, SystemFonts};
use super::text_raster::{self, Weight};

/// Where a line begins: at the left, or at the right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Base {
    #[default]
    Left,
    Right,
}

impl Base {
    /// As the first letter that has a direction says.
    pub fn of(text: &str) -> Base {
        match unicode_bidi::get_base_direction(text) {
            unicode_bidi::Direction::Rtl => Base::Right,
            _ => Base::Left,
        }
    }
}

/// Zero-width joiner and non-joiner: they change the shapes of the letters beside them.
pub fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// A font that is larger than this is not copied to be shaped; Noto's largest of a script has 0.6 MB.
const LARGEST: usize = 4 << 20;

/// An outline and its place, all lengths in ems.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// None for a space.
    pub outline: Option<Rc<Outline>>,
    /// Ems a unit of the outline.
    pub unit: f32,
    /// How far it stands right of the pen, and above the baseline.
    pub offset: (f32, f32),
    /// How far the pen moves on.
    pub advance: f32,
}

/// A piece of text that is never broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its bytes in the text.
    pub bytes: Range<usize>,
    /// Its width: in ems here, in pixels once a size is known.
    pub advance: f32,
}

/// A line that was shaped.
#[derive(Clone, Debug, Default)]
pub struct Shaped {
    /// From left to right.
    pub glyphs: Vec<Glyph>,
    /// In the order in which they are read.
    pub cells: Vec<Cell>,
}

impl Shaped {
    /// In ems.
    pub fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum()
    }
}

/// Letters of one font and direction that stand together.
struct Segment<'a> {
    bytes: Range<usize>,
    /// None: a font of ours.
    font: Option<&'a Chosen>,
    script: Script,
    right_to_left: bool,
}

/// The font of a letter, and whether its letters take other shapes beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub file: FontFile,
    pub shaped: bool,
}

/// Shapes a line that was cleaned. `fonts` are those of the letters that ours lack; a letter that is in neither is
/// left out, because an empty box says nothing.
pub fn shape(text: &str, weight: Weight, base: Base, fonts: &HashMap<char, Chosen>) -> Shaped {
    let segments = segments(text, base, fonts);
    let mut made: Vec<Vec<(usize, Glyph)>> = vec![Vec::new(); segments.len()];
    for (segment, glyphs) in segments.iter().zip(&mut made).filter(|(segment, _)| segment.font.is_none()) {
        *glyphs = ours(text, segment, weight);
    }
    let mut files: Vec<&FontFile> = Vec::new();
    for chosen in segments.iter().filter_map(|segment| segment.font) {
        if !files.contains(&&chosen.file) {
            files.push(&chosen.file);
        }
    }
    for file in files {
        let of_file = |segment: &Segment| segment.font.is_some_and(|chosen| chosen.file == *file);
        SystemFonts::with(file, |bytes| {
            let Some(mut font) = Opened::new(bytes, file.index) else { return };
            for (segment, glyphs) in segments.iter().zip(&mut made).filter(|(segment, _)| of_file(segment)) {
                *glyphs = font.segment(text, segment);
            }
        });
    }
    let mut widths: BTreeMap<usize, f32> = BTreeMap::new();
    for (start, glyph) in made.iter().flatten() {
        *widths.entry(*start).or_default() += glyph.advance;
    }
    let mut cells: Vec<Cell> = Vec::new();
    for (start, advance) in widths {
        if let Some(last) = cells.last_mut() {
            last.bytes.end = start;
        }
        cells.push(Cell { bytes: start..text.len(), advance });
    }
    let cells = grouped(text, cells);
    Shaped { glyphs: made.into_iter().flatten().map(|(_, glyph)| glyph).collect(), cells }
}

/// The cells, with those as one that belong together: a letter with its marks, the parts of an emoji (UAX 29), and in
/// Thai and Lao, which have no spaces between words, a consonant with the vowel that is written before or behind it.
fn grouped(text: &str, cells: Vec<Cell>) -> Vec<Cell> {
    if text.is_ascii() {
        return cells;
    }
    let starts: Vec<usize> = text.grapheme_indices(true).map(|(start, _)| start).collect();
    let mut groups: Vec<Cell> = Vec::with_capacity(cells.len());
    for cell in cells {
        let start = cell.bytes.start;
        let (before, after) = text.split_at_checked(start).unwrap_or_default();
        let is_vowel_apart = before.chars().next_back().is_some_and(is_vowel_before)
            || after.chars().next().is_some_and(is_vowel_behind);
        match groups.last_mut() {
            Some(last) if is_vowel_apart || starts.binary_search(&start).is_err() => {
                last.bytes.end = cell.bytes.end;
                last.advance += cell.advance;
            }
            _ => groups.push(cell),
        }
    }
    groups
}

/// A vowel of Thai or Lao that is written before its consonant.
fn is_vowel_before(letter: char) -> bool {
    matches!(letter, '\u{e40}'..='\u{e44}' | '\u{ec0}'..='\u{ec4}')
}

/// A vowel or a sign of Thai or Lao that is written behind its consonant or word.
fn is_vowel_behind(letter: char) -> bool {
    matches!(
        letter,
        '\u{e2f}'
            | '\u{e30}'
            | '\u{e32}'
            | '\u{e33}'
            | '\u{e45}'
            | '\u{e46}'
            | '\u{eaf}'
            | '\u{eb0}'
            | '\u{eb2}'
            | '\u{eb3}'
            | '\u{ebd}'
            | '\u{ec6}'
    )
}

/// The segments from left to right.
fn segments<'a>(text: &str, base: Base, fonts: &'a HashMap<char, Chosen>) -> Vec<Segment<'a>> {
    if text.is_empty() {
        return Vec::new();
    }
    let level = match base {
        Base::Left => Level::ltr(),
        Base::Right => Level::rtl(),
    };
    let paragraph = ParagraphBidiInfo::new(text, Some(level));
    let (levels, runs) = paragraph.visual_runs(0..text.len());
    let mut all = Vec::new();
    for run in runs {
        let right_to_left = levels.get(run.start).is_some_and(Level::is_rtl);
        let mut here = in_run(text, run, right_to_left, fonts);
        if right_to_left {
            here.reverse();
        }
        all.append(&mut here);
    }
    all
}

/// The segments of a run, in the order in which they are read.
fn in_run<'a>(
    text: &str,
    run: Range<usize>,
    right_to_left: bool,
    fonts: &'a HashMap<char, Chosen>,
) -> Vec<Segment<'a>> {
    let mut segments: Vec<Segment<'a>> = Vec::new();
    let start = run.start;
    for (at, letter) in text.get(run).unwrap_or_default().char_indices() {
        let (at, kind) = (start + at, script(letter.into()));
        let bytes = at..at + letter.len_utf8();
        let last = segments.last_mut();
        let follows = is_combining_mark(letter) || is_joiner(letter);
        match last {
            // A mark is drawn by the font of its letter.
            Some(last) if follows && last.font.is_some_and(|chosen| chosen.shaped) => {
                last.bytes.end = bytes.end;
            }
            Some(last)
                if last.font == fonts.get(&letter)
                    && (last.script == kind || kind == Script::COMMON || last.font.is_none()) =>
            {
                last.bytes.end = bytes.end;
            }
            _ => segments.push(Segment { bytes, font: fonts.get(&letter), script: kind, right_to_left }),
        }
    }
    segments
}

/// Letters of our own fonts, which need no shaping.
fn ours(text: &str, segment: &Segment<'_>, weight: Weight) -> Vec<(usize, Glyph)> {
    let set = |(at, letter): (usize, char)| {
        let letter = if segment.right_to_left { mirrored(letter) } else { letter };
        let (font, id) = text_raster::find(letter, weight)?;
        let unit = 1.0 / font.units_per_em().unwrap_or(1000.0);
        Some((at, glyph(font, id, unit)))
    };
    in_order(text, segment).filter_map(set).collect()
}

/// The letters of a segment from left to right.
fn in_order<'a>(text: &'a str, segment: &Segment<'_>) -> impl Iterator<Item = (usize, char)> + use<'a> {
    let start = segment.bytes.start;
    let mut letters: Vec<(usize, char)> = text
        .get(segment.bytes.clone())
        .unwrap_or_default()
        .char_indices()
        .map(|(at, letter)| (start + at, letter))
        .collect();
    if segment.right_to_left {
        letters.reverse();
    }
    letters.into_iter()
}

fn glyph(font: &FontRef<'_>, id: GlyphId, unit: f32) -> Glyph {
    let outline = font.outline(id).map(Rc::new);
    Glyph { outline, unit, offset: (0.0, 0.0), advance: font.h_advance_unscaled(id) * unit }
}

/// What opens to the right in Latin opens to the left in Arabic.
fn mirrored(letter: char) -> char {
    const PAIRS: [(char, char); 7] =
        [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»'), ('‹', '›'), ('≤', '≥')];
    let other = PAIRS.iter().find_map(|&(one, other)| match letter {
        letter if letter == one => Some(other),
        letter if letter == other => Some(one),
        _ => None,
    });
    other.unwrap_or(letter)
}

/// A font of the machine while its file is mapped.
struct Opened<'a> {
    bytes: &'a [u8],
    index: u32,
    font: FontRef<'a>,
    /// The same for the shaper, which keeps a copy of its own; made for the first segment that needs it.
    shaper: Option<harfrust::Font>,
    unit: f32,
    outlines: HashMap<u32, Option<Rc<Outline>>>,
}

impl<'a> Opened<'a> {
    fn new(bytes: &'a [u8], index: u32) -> Option<Opened<'a>> {
        let font = FontRef::try_from_slice_and_index(bytes, index).ok()?;
        let unit = 1.0 / font.units_per_em().filter(|&units| units > 0.0)?;
        Some(Opened { bytes, index, font, shaper: None, unit, outlines: HashMap::new() })
    }

    fn segment(&mut self, text: &str, segment: &Segment<'_>) -> Vec<(usize, Glyph)> {
        let shaped = segment.font.is_some_and(|chosen| chosen.shaped);
        shaped.then(|| self.shape(text, segment)).flatten().unwrap_or_else(|| self.set(text, segment))
    }

    /// Letter by letter, as the signs of East Asia stand.
    fn set(&mut self, text: &str, segment: &Segment<'_>) -> Vec<(usize, Glyph)> {
        let mut glyphs = Vec::new();
        for (at, letter) in in_order(text, segment) {
            let id = self.font.glyph_id(letter);
            let advance = self.font.h_advance_unscaled(id) * self.unit;
            glyphs.extend(self.glyph(at, id.0.into(), (0.0, 0.0), advance));
        }
        glyphs
    }

    /// By the rules of the script. None where the font has none.
    fn shape(&mut self, text: &str, segment: &Segment<'_>) -> Option<Vec<(usize, Glyph)>> {
        if self.shaper.is_none() && self.bytes.len() <= LARGEST {
            self.shaper = harfrust::Font::new(self.bytes.to_vec(), self.index);
        }
        let font = self.shaper.clone()?;
        let mut buffer = Buffer::new();
        buffer.push_str(text.get(segment.bytes.clone())?);
        let direction = if segment.right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(direction);
        buffer.set_script(Some(segment.script));
        buffer.set_flags(BufferFlags::DO_NOT_INSERT_DOTTED_CIRCLE | BufferFlags::REMOVE_DEFAULT_IGNORABLES);
        harfrust::shape(&ShaperFont::new(&font), &mut buffer, ShapeOptions::new()).ok()?;
        let mut glyphs = Vec::new();
        for (info, place) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
            let ems = |units: i32| units as f32 * self.unit;
            let (offset, advance) = ((ems(place.x_offset), ems(place.y_offset)), ems(place.x_advance));
            let start = segment.bytes.start + info.cluster as usize;
            glyphs.extend(self.glyph(start, info.glyph_id, offset, advance));
        }
        Some(glyphs)
    }

    /// None for the box that stands for a letter that the font lacks.
    fn glyph(&mut self, at: usize, id: u32, offset: (f32, f32), advance: f32) -> Option<(usize, Glyph)> {
        let small = u16::try_from(id).ok().filter(|&id| id != 0)?;
        let font = &self.font;
        let outline =
            self.outlines.entry(id).or_insert_with(|| font.outline(GlyphId(small)).map(Rc::new)).clone();
        Some((at, Glyph { outline, unit: self.unit, offset, advance }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(text: &str, base: Base) -> String {
        let none = HashMap::new();
        segments(text, base, &none)
            .iter()
            .flat_map(|segment| in_order(text, segment).map(|(_, letter)| letter).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn each_run_stands_in_its_own_direction() {
        assert_eq!(order("abc", Base::Left), "abc");
        assert_eq!(order("אבג", Base::Right), "גבא");
        assert_eq!(order("Live: אבג 12", Base::Left), "Live: 12 גבא");
        // The brackets are turned when they are drawn.
        assert_eq!(order("אבג (Live)", Base::Right), ")Live( גבא");
        assert_eq!(order("3:07 אבג", Base::Left), "3:07 גבא");
        assert_eq!(Base::of("12 אבג abc"), Base::Right);
        assert_eq!(Base::of("abc אבג"), Base::Left);
        assert_eq!(Base::of("12"), Base::Left);
    }

    #[test]
    fn brackets_of_our_fonts_open_the_other_way_among_letters_from_right_to_left() {
        assert_eq!("(a)«b»".chars().map(mirrored).collect::<String>(), ")a(»b«");
    }

    /// Every letter a cell of its own, as where the font of a script knows no groups.
    fn groups(text: &str) -> Vec<&str> {
        let letters = text.char_indices();
        let cells = letters.map(|(at, letter)| Cell { bytes: at..at + letter.len_utf8(), advance: 1.0 });
        let groups = grouped(text, cells.collect());
        assert_eq!(groups.iter().map(|cell| cell.advance).sum::<f32>(), text.chars().count() as f32);
        groups.iter().map(|cell| &text[cell.bytes.clone()]).collect()
    }

    #[test]
    fn titles_in_thai_and_other_scripts_are_parted_between_groups_of_letters_alone() {
        assert_eq!(groups("เพลงรักในสายฝน"), ["เพ", "ล", "ง", "รั", "ก", "ใน", "สา", "ย", "ฝ", "น"]);
        assert_eq!(groups("น้ำตาแสงไต้"), ["น้ำ", "ตา", "แส", "ง", "ไต้"]);
        for text in [
            "ก่อนฤดูฝน",
            "ขอบคุณที่รักกัน",
            "คนไม่สำคัญ",
            "แพ้ใจ",
            "ซมซาน",
            "เธอยัง",
            "ไกลแค่ไหน คือ ใกล้",
            "ครั้งสุดท้าย",
            "ทุกๆ วัน",
            "ດວງຈໍາປາ",
            "ज़िंदगी ना मिलेगी दोबारा",
            "Beyoncé (Cafe\u{301} mix)",
            "தமிழ்ப் பாடல்",
            "한국 노래",
            "\u{1112}\u{1161}\u{11ab}",
        ] {
            let parts = groups(text);
            assert_eq!(parts.concat(), text);
            for part in &parts {
                let (first, last) = (part.chars().next().unwrap(), part.chars().next_back().unwrap());
                assert!(!is_combining_mark(first) && !is_vowel_behind(first), "{text}: {parts:?}");
                assert!(!is_vowel_before(last) && !is_joiner(last), "{text}: {parts:?}");
            }
        }
        assert_eq!(
            groups("👩\u{200d}👩\u{200d}👧 🇹🇭 ❤\u{fe0f}"),
            ["👩\u{200d}👩\u{200d}👧", " ", "🇹🇭", " ", "❤\u{fe0f}"]
        );
        assert_eq!(groups("plain"), ["p", "l", "a", "i", "n"]);
    }

    #[test]
    fn a_letter_that_no_font_has_leaves_no_box() {
        let shaped = shape("a\u{e000}b", Weight::SemiBold, Base::Left, &HashMap::new());
        assert_eq!(shaped.glyphs.len(), 2);
        assert_eq!(shaped.cells.iter().map(|cell| cell.bytes.clone()).collect::<Vec<_>>(), [0..4, 4..5]);
    }
}
