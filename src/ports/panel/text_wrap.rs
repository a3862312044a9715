//! Lines no wider than they may be: between words, in Chinese and Japanese between signs, and with an ellipsis.

use super::letters::Letters;
use super::shaping::Cell;
use super::text_raster::Face;

/// A text in lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wrapped {
    pub lines: Vec<String>,
    /// No word was broken and nothing was cut.
    pub whole: bool,
    /// What the lines say: the text, or as much of it as fits, with the ellipsis.
    pub kept: String,
}

impl Letters {
    /// One line no wider than this, shortened with an ellipsis where it must be.
    pub fn shorten(&self, text: &str, face: Face, most: f32) -> String {
        if self.width(text, face) <= most {
            return text.to_owned();
        }
        let ellipsis = self.width("…", face);
        let mut used = 0.0;
        let mut end = 0;
        for cell in self.cells(text, face) {
            used += cell.advance;
            if used + ellipsis > most {
                break;
            }
            end = cell.bytes.end;
        }
        let kept = text.get(..end).unwrap_or_default();
        let mut kept =
            kept.trim_end_matches([' ', ',', '-', '–', '(', ':', '、', '（', '「', '،']).to_owned();
        if ellipsis <= most {
            kept.push('…');
        }
        kept
    }

    /// Lines no wider than `most`, broken inside a word only when it is wider than a line. What is left over after
    /// `lines` lines is cut, with an ellipsis.
    pub fn wrap(&self, text: &str, face: Face, most: f32, lines: usize) -> Wrapped {
        let text = self.clean(text);
        let cells = self.cells(&text, face);
        let part = |from: usize, to: usize| {
            let start = cells.get(from).map_or(text.len(), |cell| cell.bytes.start);
            let end = to.checked_sub(1).and_then(|last| cells.get(last)).map_or(start, |cell| cell.bytes.end);
            text.get(start..end.max(start)).unwrap_or_default()
        };
        let mut wrapped = Wrapped { lines: Vec::new(), whole: true, kept: text.clone() };
        let mut from = 0;
        while from < cells.len() {
            if wrapped.lines.len() + 1 >= lines {
                let rest = part(from, cells.len());
                let last = self.shorten(rest, face, most);
                if lines == 0 || last != rest {
                    wrapped.whole = false;
                    wrapped.kept = format!("{}{last}", part(0, from));
                }
                wrapped.lines.push(last);
                wrapped.lines.truncate(lines);
                return wrapped;
            }
            let (end, word) = line(&text, &cells, from, most);
            wrapped.whole &= word;
            wrapped.lines.push(part(from, end).trim_end().to_owned());
            from = end;
            while cells.get(from).is_some_and(|cell| is_space(&text, cell)) {
                from += 1;
            }
        }
        wrapped
    }
}

/// Where a line ends that begins at this cell, and whether no word is broken there. At least one cell fits, so that
/// wrapping always ends.
fn line(text: &str, cells: &[Cell], from: usize, most: f32) -> (usize, bool) {
    let (mut used, mut fits) = (0.0, None);
    for (at, cell) in cells.iter().enumerate().skip(from) {
        if at > from && may_break(text, &cells[at - 1], cell) {
            fits = Some(at);
        }
        used += cell.advance;
        if used > most && at > from && !is_space(text, cell) {
            return fits.map_or((at, false), |end| (end, true));
        }
    }
    (cells.len(), true)
}

fn is_space(text: &str, cell: &Cell) -> bool {
    text.get(cell.bytes.clone()) == Some(" ")
}

/// Whether a line may end between these two.
fn may_break(text: &str, before: &Cell, after: &Cell) -> bool {
    if is_space(text, before) || is_space(text, after) {
        return is_space(text, before) && !is_space(text, after);
    }
    let letters = |cell: &Cell| text.get(cell.bytes.clone()).unwrap_or_default().chars();
    let (Some(before), Some(after)) = (letters(before).next_back(), letters(after).next()) else {
        return false;
    };
    (is_ideographic(before) || is_ideographic(after)) && !ENDS.contains(after) && !BEGINS.contains(before)
}

/// Signs that are written without spaces between words. Korean has spaces.
fn is_ideographic(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'
        | '\u{20000}'..='\u{3ffff}')
}

/// What begins no line in Chinese and Japanese (JIS X 4051, the signs that are common in titles).
const ENDS: &str = "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ〜～!%),.:;?]}…‥";

/// What ends no line.
const BEGINS: &str = "（〔［｛〈《「『【“‘([{";

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Face = Face::plain(20.0);

    fn letters() -> Letters {
        Letters::ours()
    }

    #[test]
    fn text_is_wrapped_between_words_and_loses_none() {
        let text = "one two three four five six seven";
        let wrapped = letters().wrap(text, FACE, 90.0, 99);
        assert!(wrapped.lines.len() > 2 && wrapped.whole);
        assert_eq!(wrapped.lines.join(" "), text);
        assert_eq!(wrapped.kept, text);
        assert!(wrapped.lines.iter().all(|line| letters().width(line, FACE) <= 90.0), "{wrapped:?}");
    }

    #[test]
    fn a_word_wider_than_a_line_is_broken() {
        let wrapped = letters().wrap("Donaudampfschifffahrtsgesellschaft", FACE, 90.0, 99);
        assert_eq!(wrapped.lines.concat(), "Donaudampfschifffahrtsgesellschaft");
        assert!(!wrapped.whole);
        assert!(wrapped.lines.iter().all(|line| letters().width(line, FACE) <= 90.0), "{wrapped:?}");
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis() {
        let wrapped = letters().wrap("one two three four five six seven", FACE, 90.0, 2);
        assert_eq!(wrapped.lines.len(), 2);
        assert!(!wrapped.whole && wrapped.kept == wrapped.lines.join(" "), "{wrapped:?}");
        assert!(wrapped.lines[1].ends_with('…') && letters().width(&wrapped.lines[1], FACE) <= 90.0);
        assert_eq!(letters().wrap("no room", FACE, 90.0, 0).lines, Vec::<String>::new());
    }

    #[test]
    fn chinese_and_japanese_are_broken_between_signs_but_not_before_what_closes() {
        let text = "「夜に、駆ける」ー ab";
        let cells: Vec<Cell> = text
            .char_indices()
            .map(|(at, letter)| Cell { bytes: at..at + letter.len_utf8(), advance: 10.0 })
            .collect();
        let breaks: String = (1..cells.len())
            .map(|at| if may_break(text, &cells[at - 1], &cells[at]) { '|' } else { '.' })
            .collect();
        assert_eq!(breaks, ".|.|||...|.");
        assert_eq!(line(text, &cells, 0, 35.0), (2, true));
        assert_eq!(line(text, &cells, 0, 45.0), (4, true));
    }
}
