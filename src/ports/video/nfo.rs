//! Kodi's `.nfo` files: XML that a person or a media manager put beside a video.
//!
//! Of `movie`, `musicvideo` and `episodedetails` the title, genres, tags, artist, album, length and rating
//! by age are read; plots and pictures are not. Kodi allows an address after the last tag: it is passed over.

use std::time::Duration;

use roxmltree::{Document, Node, ParsingOptions};

/// A larger file is not one that describes a video.
pub const MOST_BYTES: u64 = 1 << 20;

/// What a file says of a video.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nfo {
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub genres: Vec<String>,
    /// In lower case.
    pub tags: Vec<String>,
    pub length: Option<Duration>,
    /// Rated for adults only.
    pub explicit: bool,
}

/// Why a file says nothing. Never more than a warning: the video is there without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NfoError {
    #[error("it is not XML: {0}")]
    Form(String),
    #[error("it is about `{0}`; only movie, musicvideo and episodedetails are read")]
    Kind(String),
}

/// The kinds of video that Kodi knows.
const KINDS: [&str; 3] = ["movie", "musicvideo", "episodedetails"];

/// Reads a file in UTF-8, UTF-16 or Latin-1.
///
/// # Errors
/// When it is no XML, or about something else than a video.
pub fn parse(bytes: &[u8]) -> Result<Nfo, NfoError> {
    let text = decode(bytes);
    let text = without_tail(text.trim_start_matches('\u{feff}').trim_start());
    // No external definitions and few nodes: a file from a stick may be made to harm.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 20_000, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|error| NfoError::Form(error.to_string()))?;
    let root = document.root_element();
    if !KINDS.contains(&root.tag_name().name()) {
        return Err(NfoError::Kind(root.tag_name().name().to_owned()));
    }
    let words = |name: &str| -> Vec<String> {
        texts(root, name).flat_map(|text| text.split(['/', ';', ',', '|'])).filter_map(words_of).collect()
    };
    let one = |name: &str| texts(root, name).find_map(words_of);
    let artists: Vec<String> = texts(root, "artist").filter_map(words_of).collect();
    Ok(Nfo {
        title: one("title"),
        artist: (!artists.is_empty()).then(|| artists.join(", ")),
        album: one("album"),
        genres: words("genre"),
        tags: words("tag").iter().map(|tag| tag.to_lowercase()).collect(),
        length: one("runtime").and_then(|text| minutes(&text)),
        explicit: one("mpaa").is_some_and(|rating| is_for_adults(&rating)),
    })
}

/// The texts of the elements of that name right below this one.
fn texts<'a>(root: Node<'a, 'a>, name: &str) -> impl Iterator<Item = &'a str> {
    root.children().filter(move |child| child.tag_name().name() == name).filter_map(|child| child.text())
}

fn words_of(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// Minutes, as Kodi writes them: `95`, or `95 min`.
fn minutes(text: &str) -> Option<Duration> {
    let number: f64 = text.split_whitespace().next()?.parse().ok()?;
    let plausible = number.is_finite() && number > 0.0 && number < 10_000.0;
    plausible.then(|| Duration::from_secs_f64(number * 60.0))
}

/// `Rated R`, `NC-17`, `TV-MA`, `FSK 18`, `DE:18`, `18+`, `X`: the ratings that keep children out.
fn is_for_adults(rating: &str) -> bool {
    let upper = rating.to_uppercase();
    let mut words = upper.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    upper.contains("NC-17")
        || upper.contains("TV-MA")
        || words.any(|word| matches!(word, "R" | "X" | "XXX" | "18" | "R18" | "FSK18" | "EXPLICIT"))
}

/// The text up to the end of the root: behind it Kodi allows the address of a scraper.
fn without_tail(text: &str) -> &str {
    let ends = KINDS.iter().filter_map(|kind| {
        let end = format!("</{kind}>");
        text.rfind(&end).map(|at| at + end.len())
    });
    ends.max().and_then(|end| text.get(..end)).unwrap_or(text)
}

fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk().copied().map(unit));
        char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        // Whatever it calls itself: bytes that are no UTF-8 are those of an old Windows.
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVIE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
    <title>Die Möwe &amp; das Meer</title>
    <plot>Nothing of this is kept: calm, sea.</plot>
    <genre>Documentary / Nature</genre>
    <genre>Family</genre>
    <tag>Calm</tag><tag>valence=0.4</tag>
    <runtime>95</runtime>
    <mpaa>Rated PG</mpaa>
    <actor><name>Somebody</name><role>Gull</role></actor>
</movie>
https://www.themoviedb.org/movie/1
"#;

    #[test]
    fn a_movie_tells_its_title_genres_tags_and_length() {
        let nfo = parse(MOVIE.as_bytes()).unwrap();
        assert_eq!(nfo.title.as_deref(), Some("Die Möwe & das Meer"));
        assert_eq!(nfo.genres, ["Documentary", "Nature", "Family"]);
        assert_eq!(nfo.tags, ["calm", "valence=0.4"]);
        assert_eq!(nfo.length, Some(Duration::from_secs(95 * 60)));
        assert!(!nfo.explicit);
    }

    #[test]
    fn a_music_video_and_an_episode_are_read_too() {
        let video = "<musicvideo><title>Sea</title><artist>A</artist><artist>B</artist><album>C</album>\
                     <runtime>3.5</runtime></musicvideo>";
        let nfo = parse(video.as_bytes()).unwrap();
        assert_eq!((nfo.artist.as_deref(), nfo.album.as_deref()), (Some("A, B"), Some("C")));
        assert_eq!(nfo.length, Some(Duration::from_secs(210)));
        let episode = "<episodedetails><title>One</title><runtime>long</runtime></episodedetails>";
        let nfo = parse(episode.as_bytes()).unwrap();
        assert_eq!((nfo.title.as_deref(), nfo.length), (Some("One"), None));
    }

    #[test]
    fn it_is_read_in_the_encodings_that_people_have() {
        let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(MOVIE.encode_utf16().flat_map(unit)).collect()
        };
        let latin: Vec<u8> = MOVIE.chars().map(|letter| letter as u8).collect();
        let marked = [b"\xef\xbb\xbf", MOVIE.as_bytes()].concat();
        for bytes in
            [wide(u16::to_le_bytes, [0xff, 0xfe]), wide(u16::to_be_bytes, [0xfe, 0xff]), latin, marked]
        {
            assert_eq!(parse(&bytes).unwrap(), parse(MOVIE.as_bytes()).unwrap());
        }
    }

    #[test]
    fn ratings_that_keep_children_out_make_it_explicit() {
        let rated = |rating: &str| {
            parse(format!("<movie><mpaa>{rating}</mpaa></movie>").as_bytes()).unwrap().explicit
        };
        for adult in ["Rated R", "NC-17", "TV-MA", "FSK 18", "DE:18", "18+", "X", "Rated R for violence"] {
            assert!(rated(adult), "{adult}");
        }
        for child in ["", "Rated PG-13", "FSK 12", "G", "TV-14", "Not rated", "0"] {
            assert!(!rated(child), "{child}");
        }
    }

    #[test]
    fn what_is_broken_or_foreign_or_made_to_harm_is_a_reason_and_no_panic() {
        let bomb = "<!DOCTYPE movie [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                    <movie><title>&b;</title></movie>";
        let many = format!("<movie>{}</movie>", "<tag>x</tag>".repeat(30_000));
        let half = &MOVIE[..MOVIE.len() / 2];
        for text in ["", "https://www.themoviedb.org/movie/1", bomb, &many, half, "<movie>", "\0\0"] {
            assert!(
                matches!(parse(text.as_bytes()), Err(NfoError::Form(_))),
                "{}",
                &text[..text.len().min(40)]
            );
        }
        assert!(matches!(parse(b"<tvshow><title>x</title></tvshow>"), Err(NfoError::Kind(_))));
        use proptest::prelude::*;
        proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..600)| {
            let _ = parse(&bytes);
            let cut = MOVIE.floor_char_boundary(cut);
            let _ = parse(&[&MOVIE.as_bytes()[..cut], &bytes].concat());
        });
    }
}
