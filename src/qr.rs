//! An address as a QR code, for the panel and for a terminal.

use qrcodegen::{QrCode, QrCodeEcc};

/// A QR code: squares that are dark or light.
pub struct Code(QrCode);

impl Code {
    /// Light squares around it, as ISO 18004 asks.
    pub const QUIET: usize = 4;

    /// The code of a text; none of one that is too long for any.
    pub fn of(text: &str) -> Option<Code> {
        // Few large squares are read from further away than many small ones. Where a better correction needs no
        // more of them, the crate takes it.
        QrCode::encode_text(text, QrCodeEcc::Low).ok().map(Code)
    }

    /// Squares a side, without the light ones around it.
    pub fn side(&self) -> usize {
        usize::try_from(self.0.size()).unwrap_or_default()
    }

    /// Whether a square is dark, by column and row; outside all are light.
    fn is_dark(&self, column: usize, row: usize) -> bool {
        let at = |place: usize| i32::try_from(place).unwrap_or(-1);
        self.0.get_module(at(column), at(row))
    }

    /// The dark squares, by column and row.
    pub fn dark(&self) -> impl Iterator<Item = (usize, usize)> {
        let side = self.side();
        let all = (0..side).flat_map(move |row| (0..side).map(move |column| (column, row)));
        all.filter(|(column, row)| self.is_dark(*column, *row))
    }

    /// The code for a terminal, two rows of squares in a line of half blocks. Black on white in any colours of the
    /// terminal: a code in reverse is read by few cameras.
    pub fn to_ansi(&self) -> String {
        let whole = self.side() + 2 * Code::QUIET;
        let dark = |column: usize, row: usize| {
            let inside = |place: usize| place.checked_sub(Code::QUIET);
            inside(column).zip(inside(row)).is_some_and(|(column, row)| self.is_dark(column, row))
        };
        let mut text = String::new();
        for row in (0..whole).step_by(2) {
            text.push_str("\x1b[38;5;16;48;5;231m");
            for column in 0..whole {
                text.push(match (dark(column, row), dark(column, row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str("\x1b[0m\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_light_squares_around_it_and_a_text_that_no_code_holds_has_none() {
        let code = Code::of("http://192.168.1.23:8740/").unwrap();
        assert_eq!(code.side(), 25);
        let lines: Vec<String> = code.to_ansi().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), (25 + 8usize).div_ceil(2));
        // 4 rows of light squares are two lines; below, 33 rows end within a line.
        for line in [&lines[0], &lines[1], &lines[16]] {
            assert!(!line.contains(['█', '▀', '▄']), "{line}");
        }
        assert!(lines[2].contains('█'));
        assert!(Code::of(&"x".repeat(4_000)).is_none());
    }
}
