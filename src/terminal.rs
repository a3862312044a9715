//! What the commands print. The reader may have gone already, and control characters are never sent to a terminal.
//!
//! Names of files, titles and answers of servers come from anywhere. A control character in one of them would move
//! the cursor, colour the rest or forge a line; it is replaced by a visible mark.

use std::io::{self, Write};
use std::process;

pub(crate) use moodbox_core::text::printable;

/// Prints a line, as `println!` does: see [`line`].
macro_rules! say {
    ($($word:tt)*) => { $crate::terminal::line(&format!($($word)*)) };
}

/// Prints a line on standard error, as `eprintln!` does: see [`note`].
macro_rules! tell {
    ($($word:tt)*) => { $crate::terminal::note(&format!($($word)*)) };
}

/// Writes on standard error without a line end, as `eprint!` does; what cannot be written is lost.
macro_rules! prompt {
    ($($word:tt)*) => {
        { let _ = std::io::Write::write_all(&mut std::io::stderr(), format!($($word)*).as_bytes()); }
    };
}

/// Prints text of our own making, with its line ends. Names in it go through [`printable`] before, because
/// their line ends are not ours. A reader that has gone, such as `head`, ends the program quietly.
pub(crate) fn out(text: &str) {
    write(&mut io::stdout().lock(), text);
}

/// The same, with a line end.
pub(crate) fn line(text: &str) {
    out(&format!("{}\n", text.trim_end()));
}

/// One line of JSON. Nothing is left out of names: control characters are escaped as JSON has it.
pub(crate) fn json(text: &str) {
    let mut escaped = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter.is_control()
            || printable(letter.encode_utf8(&mut [0; 4])).starts_with('\u{fffd}') && letter != '\u{fffd}'
        {
            escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            escaped.push(letter);
        }
    }
    line(&escaped);
}

/// A line for standard error. One that cannot be written is lost.
pub fn note(text: &str) {
    let _ = io::stderr().lock().write_all(format!("{}\n", clean(text).trim_end()).as_bytes());
}

fn write(to: &mut impl Write, text: &str) {
    let written = to.write_all(clean(text).as_bytes()).and_then(|()| to.flush());
    if let Err(error) = written {
        // The reader that closed the pipe has read what it wanted.
        process::exit(if error.kind() == io::ErrorKind::BrokenPipe { 0 } else { 1 });
    }
}

/// Every line as [`printable`] shows it.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (place, line) in text.split('\n').enumerate() {
        if place > 0 {
            clean.push('\n');
        }
        // Columns of a table may be set with tabs.
        let cells: Vec<_> = line.split('\t').map(|cell| printable(cell).into_owned()).collect();
        clean.push_str(&cells.join("\t"));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_has_no_sign_that_a_terminal_obeys() {
        let hostile = "a\u{1b}[2Jb\u{7}\r\u{9b}31m\u{202e}c\tcell\nd";
        assert_eq!(clean(hostile), "a␛[2Jb␇␍\u{fffd}31m\u{fffd}c\tcell\nd");
        let mut sink = Vec::new();
        write(&mut sink, hostile);
        assert!(!sink.contains(&0x1b));
    }
}
