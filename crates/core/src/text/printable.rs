//! Names that come from anywhere, as they may be shown.

use std::borrow::Cow;

/// A text of one line without signs of control: those of ASCII are shown as Unicode's pictures of them
/// (`␛`, `␊`), all others, and the marks that turn the direction of what follows, as `\u{fffd}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| match u32::from(letter) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ if is_control(letter) => '\u{fffd}',
        _ => letter,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_control_are_shown_and_all_else_stays() {
        assert_eq!(printable("a\u{1b}]0;x\u{7}\nb\u{7f}"), "a␛]0;x␇␊b␡");
        assert_eq!(
            printable("x\u{9b}1m\u{85}\u{202e}gpj.exe\u{2028}"),
            "x\u{fffd}1m\u{fffd}\u{fffd}gpj.exe\u{fffd}"
        );
        for fair in ["Ночь 🎵", "שלום\u{200f}", "日本語", "e\u{301}"] {
            assert!(matches!(printable(fair), Cow::Borrowed(same) if same == fair));
        }
    }
}
