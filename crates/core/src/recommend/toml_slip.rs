//! What is often meant by a line that TOML does not take, and how it is written.

/// The advice for the line at this byte of the text, where a common slip is seen there.
pub fn toml_slip(text: &str, byte: usize) -> Option<&'static str> {
    let before = text.get(..text.floor_char_boundary(byte.min(text.len())))?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let code = line.split('#').next().unwrap_or(line);
    let value = code.split_once('=').map(|(_, value)| value.trim());
    let is_bare = |value: &str| {
        value.starts_with(char::is_alphabetic) && !["true", "false", "inf", "nan"].contains(&value)
    };
    match () {
        () if line.contains('\0') => Some("the file holds signs that are no text (NUL); delete them"),
        () if code.contains(['“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '`', '´']) => {
            Some("write straight quotes, as in name = \"value\"; word processors bend them")
        }
        () if code.contains(|letter: char| letter.is_whitespace() && !letter.is_ascii()) => Some(
            "this line holds a space that is no plain one (it comes with text copied from a page); type it anew",
        ),
        () if value.is_some_and(|value| value.contains('"') && value.contains('\\')) => {
            Some("write a backslash twice (\\\\), or put the value between single quotes: 'C:\\Music'")
        }
        () if value.is_some_and(|value| is_bare(value.trim_start_matches('['))) => {
            Some("put words between quotes, as in name = \"value\"")
        }
        () if value.is_none() && code.contains(':') && !code.trim_start().starts_with('[') => {
            Some("write name = value, with an equals sign")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_slips_are_told_with_what_to_write() {
        for (line, advice) in [
            ("mode = “household”", "straight quotes"),
            ("mode = ’household’", "straight quotes"),
            ("mode = „household“", "straight quotes"),
            ("\u{a0}mode = \"household\"", "no plain one"),
            ("folders = [\"C:\\Users\\x\"]", "backslash twice"),
            ("mode = household", "between quotes"),
            ("folders = [/srv, x]", ""),
            ("mode: household", "equals sign"),
            ("mode = \"x\"\0", "NUL"),
            ("mode = 7", ""),
            ("mode = true", ""),
        ] {
            let text = format!("[device]\n{line}\n");
            let said = toml_slip(&text, 10).unwrap_or_default();
            assert!(said.contains(advice) && said.is_empty() == advice.is_empty(), "{line}: {said}");
        }
        assert_eq!(toml_slip("a\nb", 99), None);
        assert_eq!(toml_slip("# don’t\n", 0), None, "a comment may be bent");
    }
}
