//! Text files that a person writes: whatever editor they come from.
//!
//! Editors on other systems write a byte order mark, UTF-16, or lines that end in CR LF. All of these are read.
//! Text in an encoding of old Windows cannot be told from any other; of files whose words matter it is refused
//! with the line, of descriptions of media it is taken as Latin-1.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use crate::ports::store;
use moodbox_core::recommend::toml_slip;

/// Bytes that are no text in Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoText {
    /// From 1; none in UTF-16.
    pub line: Option<usize>,
}

impl std::error::Error for NoText {}

impl fmt::Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "it is not UTF-8 text in line {line}; save it as UTF-8"),
            None => f.write_str("it is UTF-16 that was cut or damaged; save it as UTF-8"),
        }
    }
}

/// Reads a file that a person wrote as text.
///
/// # Errors
/// Those of reading, and `InvalidData` with the line and the cure for what is no Unicode text.
pub fn read(path: &Path) -> io::Result<String> {
    decode(&store::read_bounded(path, store::LARGEST_TEXT)?)
        .map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
}

/// The text of such a file, with lines that end in LF alone.
///
/// # Errors
/// Where it is no Unicode text.
pub fn decode(bytes: &[u8]) -> Result<String, NoText> {
    let text = match wide(bytes) {
        Some(text) => text?,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
                return Err(NoText { line: Some(line) });
            }
        },
    };
    Ok(tidy(&text))
}

/// The same, with what is no Unicode taken as Latin-1.
pub fn decode_any(bytes: &[u8]) -> String {
    decode(bytes).unwrap_or_else(|_| match wide(bytes) {
        Some(_) => String::from_utf16_lossy(&units(bytes)),
        None => tidy(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>()),
    })
}

/// UTF-16 with or without its mark; none for anything else.
fn wide(bytes: &[u8]) -> Option<Result<String, NoText>> {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    // Without a mark: Latin letters leave every other byte zero.
    let bare = bytes.len() >= 4
        && bytes.len().is_multiple_of(2)
        && matches!(bytes, [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a != 0 && *b != 0);
    if !marked && !bare {
        return None;
    }
    if !bytes.len().is_multiple_of(2) {
        return Some(Err(NoText { line: None }));
    }
    Some(String::from_utf16(&units(bytes)).map_err(|_| NoText { line: None }))
}

fn units(bytes: &[u8]) -> Vec<u16> {
    let big = bytes.starts_with(&[0xfe, 0xff]) || bytes.first() == Some(&0);
    let unit = |pair: &[u8; 2]| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
    bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk().map(unit)).collect()
}

/// Without the mark at the start, and with one kind of line end.
fn tidy(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    text.into_owned()
}

/// What the reader of TOML says, and what is often meant by such a line.
pub(crate) fn with_slip(text: &str, error: &toml::de::Error) -> String {
    let report = error.to_string().trim_end().to_owned();
    match error.span().and_then(|span| toml_slip(text, span.start)) {
        Some(slip) => format!("{report}\n{slip}"),
        None => report,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_from_every_editor() {
        let text = "[device]\nmode = \"Küche 🎵\"\n";
        let windows = text.replace('\n', "\r\n");
        let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.iter().copied().chain(windows.encode_utf16().flat_map(unit)).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            windows.as_bytes().to_vec(),
            text.replace('\n', "\r").into_bytes(),
            [b"\xef\xbb\xbf", windows.as_bytes()].concat(),
            wide(&[0xff, 0xfe], u16::to_le_bytes),
            wide(&[0xfe, 0xff], u16::to_be_bytes),
            wide(&[], u16::to_le_bytes),
            wide(&[], u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
            assert_eq!(decode_any(&bytes), text);
        }
    }

    #[test]
    fn what_is_no_unicode_is_named_with_its_line() {
        let latin = b"# K\xfcche\n";
        assert!(decode(latin).unwrap_err().to_string().contains("line 1"), "{:?}", decode(latin));
        assert!(decode(b"a\nb\n\xff").unwrap_err().to_string().contains("line 3; save it as UTF-8"));
        assert!(decode(b"\xff\xfea\0b").unwrap_err().to_string().contains("UTF-16"));
        assert_eq!(decode_any(latin), "# Küche\n");
        use proptest::prelude::*;
        proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..200))| {
            let _ = (decode(&bytes), decode_any(&bytes));
        });
    }
}
