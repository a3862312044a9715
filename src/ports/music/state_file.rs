//! MPD's state file: what MPD plays when it starts. Pure.
//!
//! After a power cut the file may be minutes old and hold a session that is over; MPD would play it before anybody
//! can connect. `moodbox before-mpd` takes such entries out before MPD reads the file.

use std::fmt::Write;

/// An entry of the queue in the file: its uri, and its lines.
struct Entry<'a> {
    uri: &'a str,
    lines: Vec<&'a str>,
}

/// The parts of the file: the lines before the queue, its entries, the lines after it.
fn parts(text: &str) -> (Vec<&str>, Vec<Entry<'_>>, Vec<&str>) {
    let (mut before, mut entries, mut after) = (Vec::new(), Vec::new(), Vec::new());
    let mut lines = text.lines();
    for line in lines.by_ref() {
        before.push(line);
        if line == "playlist_begin" {
            break;
        }
    }
    let mut pending = Vec::new();
    let mut song: Option<&str> = None;
    while let Some(line) = lines.next() {
        if line == "playlist_end" {
            after.append(&mut pending);
            after.push(line);
            after.extend(lines);
            break;
        }
        pending.push(line);
        // `N:uri` for a song of the library; a block with its tags for any other; `Prio: N` before either.
        let plain = line.split_once(':').filter(|(place, _)| place.parse::<u32>().is_ok());
        if let Some(uri) = line.strip_prefix("song_begin: ") {
            song = Some(uri);
        }
        let over = match (song, plain) {
            (Some(uri), _) if line == "song_end" => Some(uri),
            (None, Some((_, uri))) => Some(uri),
            _ => None,
        };
        if let Some(uri) = over {
            song = None;
            entries.push(Entry { uri, lines: std::mem::take(&mut pending) });
        }
    }
    (before, entries, after)
}

/// The uris of the queue, in order.
pub(super) fn uris(text: &str) -> Vec<String> {
    parts(text).1.iter().map(|entry| entry.uri.to_owned()).collect()
}

/// The file without the entries at these places (ascending). If one of them was current, the player is stopped.
pub(super) fn without(text: &str, places: &[usize]) -> String {
    let (before, entries, after) = parts(text);
    let current: Option<usize> =
        before.iter().find_map(|line| line.strip_prefix("current: ")?.trim().parse().ok());
    let gone = current.is_some_and(|current| places.contains(&current));
    let mut out = String::with_capacity(text.len());
    let mut put = |line: &str| writeln!(out, "{line}").unwrap_or_default();
    for line in before {
        match (line.split_once(": "), current) {
            (Some(("state", _)), _) if gone => put("state: stop"),
            (Some(("current" | "time", _)), _) if gone => {}
            (Some(("current", _)), Some(current)) => {
                let earlier = places.iter().filter(|place| **place < current).count();
                put(&format!("current: {}", current - earlier));
            }
            _ => put(line),
        }
    }
    let kept = entries.iter().enumerate().filter(|(place, _)| !places.contains(place));
    for (number, (_, entry)) in kept.enumerate() {
        for line in &entry.lines {
            match line.split_once(':').filter(|(place, _)| place.parse::<u32>().is_ok()) {
                Some((_, uri)) => put(&format!("{number}:{uri}")),
                None => put(line),
            }
        }
    }
    after.into_iter().for_each(put);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As MPD 0.23 wrote it.
    const FILE: &str = "sw_volume: 30\naudio_device_state:1:My ALSA Device\nstate: play\ncurrent: 2\ntime: 7.364000\n\
        random: 0\nplaylist_begin\n0:x.ogg\nsong_begin: http://radio.example/a\nTitle: A: 1\nsong_end\nPrio: 5\n\
        2:a.ogg\n3:b: c.ogg\n4:y.ogg\nplaylist_end\n";

    #[test]
    fn what_is_taken_out_is_not_played_and_the_rest_stays_as_it_was() {
        assert_eq!(uris(FILE), ["x.ogg", "http://radio.example/a", "a.ogg", "b: c.ogg", "y.ogg"]);
        assert_eq!(without(FILE, &[]), FILE);
        let cut = without(FILE, &[2, 3]);
        assert_eq!(uris(&cut), ["x.ogg", "http://radio.example/a", "y.ogg"]);
        assert!(cut.contains("state: stop\n") && !cut.contains("current") && !cut.contains("time"), "{cut}");
        assert!(
            cut.contains("2:y.ogg") && cut.contains("sw_volume: 30") && cut.contains("Title: A: 1"),
            "{cut}"
        );
    }

    #[test]
    fn somebody_elses_song_goes_on_where_it_was() {
        let cut = without(&FILE.replace("current: 2", "current: 4"), &[2, 3]);
        assert!(cut.contains("state: play\ncurrent: 2\ntime: 7.364000\n"), "{cut}");
    }

    #[test]
    fn a_file_that_is_no_state_file_is_not_changed_in_what_it_says() {
        for text in
            ["", "state: stop\n", "playlist_begin\n", "playlist_begin\n0:a\n", "song_begin: x\n", "\u{0}\n"]
        {
            assert!(uris(text).len() <= 1, "{text}");
            assert!(text.starts_with(&without(text, &[])) || without(text, &[]).starts_with(text), "{text}");
        }
    }
}
