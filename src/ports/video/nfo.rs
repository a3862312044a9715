//! Kodi's `.nfo` files: XML that a person or a media manager put beside a video.
//!
//! Of `movie`, `musicvideo`, `episodedetails`, `tvshow` and `season` the title, genres, tags, artist, album, length and rating
//! by age are read; plots and pictures are not. Kodi allows an address after the last tag, and several roots
//! in one file for a video with several episodes: the first says what the video is, the strictest rating of
//! all counts. What can be read of a broken file counts too, and that it is broken is told.

use std::time::Duration;

use moodbox_core::rating::{self, Audience};
use moodbox_core::recommend::normalized;
use roxmltree::{Document, Node, ParsingOptions};

/// A larger file is not one that describes a video.
pub(crate) const MOST_BYTES: u64 = 1 << 20;
/// Genres and tags that are taken of a file at most.
const MOST_WORDS: usize = 200;

/// What a file says of a video.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nfo {
    /// Title of the video.
    pub title: Option<String>,
    /// Its artists, joined by commas.
    pub artist: Option<String>,
    /// Album of a music video.
    pub album: Option<String>,
    /// Genres, as they are written.
    pub genres: Vec<String>,
    /// As words are compared.
    pub tags: Vec<String>,
    /// Length, where it is written.
    pub length: Option<Duration>,
    /// For whom it is, by the strictest of its ratings.
    pub audience: Audience,
    /// What could not be understood of it, in words: then the guard for minors does not rely on it.
    pub doubt: Option<String>,
}

/// Why a file says nothing. Never more than a warning: the video is there without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NfoError {
    /// No element that is read can be made out; what the XML parser says.
    #[error("it is not XML: {0}")]
    Form(String),
    /// Its root is of a kind that is not read.
    #[error("it is about `{0}`; only movie, musicvideo, episodedetails, tvshow and season are read")]
    Kind(String),
}

/// The kinds of video that Kodi knows.
const KINDS: [&str; 5] = ["movie", "musicvideo", "episodedetails", "tvshow", "season"];
/// Where ratings by age stand: Kodi's, TheTVDB's and Jellyfin's names.
const RATINGS: [&str; 6] =
    ["mpaa", "certification", "customrating", "contentrating", "officialrating", "parentalrating"];

/// Reads a file in UTF-8, UTF-16 or an encoding of old Windows.
///
/// # Errors
/// When nothing in it speaks of a video.
pub fn parse(bytes: &[u8]) -> Result<Nfo, NfoError> {
    let text = crate::text_file::decode_any(bytes);
    if is_address_alone(&text) {
        return Ok(Nfo::default());
    }
    let text = repaired(&text);
    let roots = roots(&text);
    if roots.is_empty() {
        return Err(foreign(&text));
    }
    let mut nfo = Nfo::default();
    let mut broken = None;
    for (place, root) in roots.into_iter().enumerate() {
        let one = match of_root(root) {
            Ok(one) => one,
            Err(error) => {
                broken = Some(format!("it is not XML throughout ({error}); what could be read of it counts"));
                of_pieces(root)
            }
        };
        if place == 0 {
            nfo = one;
        } else {
            nfo.doubt = nfo.doubt.or(one.doubt);
            nfo.audience = nfo.audience.max(one.audience);
        }
    }
    nfo.doubt = broken.or(nfo.doubt);
    Ok(nfo)
}

/// Kodi's other form: nothing but the address of a page that describes the video.
fn is_address_alone(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_address = |line: &str| {
        let line = line.to_ascii_lowercase();
        (line.starts_with("http://") || line.starts_with("https://")) && !line.contains(['<', ' '])
    };
    !text.trim().is_empty() && lines.all(is_address)
}

fn foreign(text: &str) -> NfoError {
    if let Err(error) = affordable(text) {
        return error;
    }
    // What a power cut leaves of a file.
    if text.trim().is_empty() {
        return NfoError::Form("it is empty".to_owned());
    }
    match Document::parse_with_options(text.trim(), options()) {
        Ok(document) => NfoError::Kind(document.root_element().tag_name().name().to_owned()),
        Err(error) => NfoError::Form(error.to_string()),
    }
}

/// No external definitions and few nodes: a file from a stick may be made to harm.
fn options<'a>() -> ParsingOptions<'a> {
    ParsingOptions { allow_dtd: false, nodes_limit: 20_000, ..ParsingOptions::default() }
}

fn of_root(text: &str) -> Result<Nfo, String> {
    affordable(text).map_err(|error| error.to_string())?;
    let document = Document::parse_with_options(text, options()).map_err(|error| error.to_string())?;
    let root = document.root_element();
    Ok(gathered(|name, take| texts(root, name, take)))
}

/// What can be made out of a text that is no XML: the elements that are whole.
fn of_pieces(text: &str) -> Nfo {
    let lower = text.to_ascii_lowercase();
    gathered(|name, take| {
        let mut from = 0;
        for _ in 0..MOST_WORDS {
            let Some(start) = lower[from..].find(&format!("<{name}")).map(|at| from + at) else { return };
            let Some(open) = lower[start..].find('>').map(|at| start + at + 1) else { return };
            let closed = lower[open..].find('<').map(|at| open + at);
            let end = closed.unwrap_or(text.len());
            from = end;
            // Text that is cut off counts only as a rating by age, where caution is wanted.
            let is_whole = closed.is_some_and(|at| lower[at..].starts_with("</"));
            if !is_whole && !RATINGS.contains(&name) {
                continue;
            }
            if lower
                .as_bytes()
                .get(start + 1 + name.len())
                .is_some_and(|after| !after.is_ascii_alphanumeric())
            {
                take(&plain(&text[open..end]));
            }
        }
    })
}

/// An [`Nfo`] of the texts that `each` gives for the name of an element.
fn gathered(each: impl Fn(&str, &mut dyn FnMut(&str))) -> Nfo {
    let all = |name: &str| -> Vec<String> {
        let mut found = Vec::new();
        each(name, &mut |text: &str| found.extend(words_of(text)));
        found
    };
    let one = |name: &str| all(name).into_iter().next();
    let words = |name: &str| -> Vec<String> {
        let texts = all(name);
        let words = texts.iter().flat_map(|text| text.split(['/', ';', ',', '|'])).filter_map(words_of);
        words.take(MOST_WORDS).collect()
    };
    let artists = all("artist");
    let mut nfo = Nfo {
        title: one("title"),
        artist: (!artists.is_empty()).then(|| artists.join(", ")),
        album: one("album"),
        genres: words("genre"),
        tags: words("tag").iter().map(|tag| normalized(tag)).collect(),
        length: one("runtime").and_then(|text| minutes(&text)),
        audience: Audience::Minors,
        doubt: None,
    };
    for text in RATINGS.iter().flat_map(|name| all(name)) {
        let audience = rating::audience(&text);
        if audience == Audience::Unknown && nfo.doubt.is_none() {
            nfo.doubt = Some(format!("the rating `{text}` is not known"));
        }
        nfo.audience = nfo.audience.max(audience);
    }
    nfo
}

/// Elements in elements, at most.
const DEEPEST: usize = 32;
/// Attributes of one element, at most: the parser compares each with each.
const MOST_ATTRIBUTES: usize = 32;
/// Definitions of namespaces in a file, at most: the parser copies them into each element below.
const MOST_NAMESPACES: usize = 16;

/// Refuses, in one pass, what would cost the parser more than one pass.
fn affordable(text: &str) -> Result<(), NfoError> {
    let (mut depth, mut namespaces) = (0usize, 0usize);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let passed = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((open, close)) = passed.into_iter().find(|(open, _)| rest.starts_with(open)) {
            let inner = &rest[open.len()..];
            let Some(end) = inner.find(close) else { return Ok(()) };
            rest = &inner[end + close.len()..];
            continue;
        }
        let (mut quote, mut attributes, mut end) = (None, 0usize, rest.len());
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match (quote, byte) {
                (Some(open), byte) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'>') => {
                    end = at + 1;
                    break;
                }
                (None, _) => {}
            }
        }
        let tag = &rest[..end];
        namespaces += tag.matches("xmlns").count();
        match (tag.starts_with("</"), tag.ends_with("/>")) {
            (true, _) => depth = depth.saturating_sub(1),
            (false, true) => {}
            (false, false) => depth += 1,
        }
        let costly = [
            (depth > DEEPEST, "elements in elements in elements"),
            (attributes > MOST_ATTRIBUTES, "attributes at one element"),
            (namespaces > MOST_NAMESPACES, "namespaces"),
        ];
        if let Some((_, what)) = costly.into_iter().find(|(costly, _)| *costly) {
            return Err(NfoError::Form(format!("there are too many {what}")));
        }
        rest = &rest[end..];
    }
    Ok(())
}

/// The texts of the elements of that name, in any case, right below this one; ratings by age at any depth. With all
/// that is in them: a comment or a mark within does not hide the rest.
fn texts(root: Node<'_, '_>, name: &str, take: &mut dyn FnMut(&str)) {
    let is_rating = RATINGS.contains(&name);
    let found = root.descendants().filter(|node| {
        node.tag_name().name().eq_ignore_ascii_case(name) && (is_rating || node.parent() == Some(root))
    });
    for node in found {
        let all: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
        take(&all);
    }
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

/// Each piece of the text from `<movie ...>` to `</movie>`, of every kind, without what stands around them.
/// The last may lack its end.
fn roots(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let start_of = |from: usize| {
        KINDS
            .iter()
            .filter_map(|kind| {
                let open = format!("<{kind}");
                let found: Vec<usize> = lower[from..].match_indices(&open).map(|(at, _)| from + at).collect();
                let after = |at: usize| lower.as_bytes().get(at + 1 + kind.len());
                let mut whole = found
                    .into_iter()
                    .filter(|at| after(*at).is_some_and(|byte| !byte.is_ascii_alphanumeric()));
                whole.next().map(|at| (at, *kind))
            })
            .min()
    };
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, kind)) = start_of(from) {
        let end = format!("</{kind}");
        let close = lower[start..].find(&end).map(|at| start + at);
        let stop = close.and_then(|at| lower[at..].find('>').map(|end| at + end + 1)).unwrap_or(text.len());
        found.push(&text[start..stop]);
        from = stop;
        if found.len() >= MOST_WORDS {
            break;
        }
    }
    found
}

/// Bytes from `&` to `;` at most: `&#x0010FFFF;`, with zeros to spare.
const LONGEST_ENTITY: usize = 24;

/// The text without what XML takes amiss and people write all the same: a bare `&`, an entity that nobody
/// declared, a document type, signs of control.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = without_doctype(text);
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        // No further than a name may be long: a megabyte of `&` would be read to its end for each of them.
        let near = after.as_bytes().iter().take(LONGEST_ENTITY).position(|byte| *byte == b';');
        let is_entity = near.and_then(|end| after.get(1..end)).is_some_and(is_known_entity);
        out.push_str(if is_entity { "&" } else { "&amp;" });
        rest = &after[1..];
    }
    out.push_str(rest);
    out.retain(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'));
    out
}

fn is_known_entity(name: &str) -> bool {
    let number = |digits: &str, base: u32| {
        !digits.is_empty()
            && u32::from_str_radix(digits, base).ok().and_then(char::from_u32).is_some_and(|c| c >= ' ')
    };
    match name.strip_prefix('#') {
        Some(code) => code.strip_prefix(['x', 'X']).map_or_else(|| number(code, 10), |code| number(code, 16)),
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}

/// Without `<!DOCTYPE ...>`, whose definitions are not read.
fn without_doctype(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find("<!doctype") else { return text.to_owned() };
    let mut depth = 0_usize;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '>' if depth == 0 => return format!("{}{}", &text[..start], &text[start + at + 1..]),
            _ => {}
        }
    }
    text.to_owned()
}

/// The text of an element of a broken file: with its entities and without CDATA's marks.
fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (entity, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    {
        plain = plain.replace(entity, letter);
    }
    plain
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
        assert_eq!((nfo.audience, nfo.doubt), (Audience::Minors, None));
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
    fn the_strictest_of_all_ratings_counts_and_one_that_is_not_known_is_told() {
        let of = |text: &str| parse(text.as_bytes()).unwrap();
        for adult in [
            "<movie><mpaa>VM18</mpaa></movie>",
            "<MOVIE><Title>x</Title><MPAA>K18</MPAA></MOVIE>",
            "<movie><mpaa>PG</mpaa><certification>DE:18 / US:PG-13</certification></movie>",
            "<movie><customrating>18A</customrating></movie>",
            "<movie><mpaa><!-- of the disc -->FSK 18</mpaa></movie>",
            "<movie><mpaa><![CDATA[FSK 18]]></mpaa></movie>",
            "<movie><mpaa>FSK <b>18</b></mpaa></movie>",
            "<movie><releases><release><certification>DE:18</certification></release></releases></movie>",
            "<movie xmlns:k=\"k\"><k:mpaa country=\"de\">FSK 18</k:mpaa></movie>",
            "<tvshow><mpaa>TV-MA</mpaa></tvshow>",
            // Kodi's form for a file with several episodes.
            "<episodedetails><title>One</title></episodedetails>\n<episodedetails><mpaa>FSK 18</mpaa></episodedetails>",
        ] {
            assert_eq!(of(adult).audience, Audience::Adults, "{adult}");
        }
        let unknown = of("<movie><title>x</title><mpaa>Purple</mpaa></movie>");
        assert_eq!(unknown.audience, Audience::Unknown);
        assert!(unknown.doubt.unwrap().contains("`Purple`"));
        let both = of("<movie><mpaa>Purple</mpaa><certification>18</certification></movie>");
        assert_eq!(both.audience, Audience::Adults);
    }

    #[test]
    fn of_two_roots_the_first_says_what_the_video_is() {
        let two = "<?xml version=\"1.0\"?><episodedetails><title>One</title><genre>Comedy</genre></episodedetails>\
                   <episodedetails><title>Two</title></episodedetails>\nhttps://www.themoviedb.org/tv/1";
        let nfo = parse(two.as_bytes()).unwrap();
        assert_eq!((nfo.title.as_deref(), nfo.genres.len(), nfo.doubt), (Some("One"), 1, None));
    }

    #[test]
    fn what_can_be_read_of_a_broken_description_counts_and_that_it_is_broken_is_told() {
        // Read in full: people write these by hand.
        for text in [
            "<movie><title>Tom & Jerry</title><mpaa>FSK 18</mpaa></movie>",
            "<!DOCTYPE movie><movie><title>Tom &amp; Jerry</title><mpaa>FSK 18</mpaa></movie>",
            "<?xml version=\"1.0\"?><!DOCTYPE movie [<!ENTITY x \"y\">]><movie><title>Tom &#38; Jerry</title><mpaa>FSK 18</mpaa></movie>",
            "\u{1}<movie><title>Tom &\u{0} Jerry</title><mpaa>FSK 18</mpaa></movie>",
        ] {
            let nfo = parse(text.as_bytes()).unwrap();
            assert_eq!(nfo.title.as_deref(), Some("Tom & Jerry"), "{text}");
            assert_eq!((nfo.audience, nfo.doubt), (Audience::Adults, None), "{text}");
        }
        for text in [
            "<movie><title>Tom</title><mpaa>FSK 18</mpaa>",
            "<movie><title>Tom</title><mpaa>FSK 18</movie>",
            "<movie><title>Tom</titel><mpaa>FSK 18</mpaa></movie>",
            "<movie><plot>a < b</plot><title>Tom</title><mpaa>FSK 18</mpaa></movie>",
        ] {
            let nfo = parse(text.as_bytes()).unwrap();
            assert_eq!(nfo.title.as_deref(), Some("Tom"), "{text}");
            assert_eq!(nfo.audience, Audience::Adults, "{text}");
            assert!(nfo.doubt.unwrap().contains("not XML"), "{text}");
        }
    }

    #[test]
    fn what_would_cost_the_parser_more_than_one_pass_is_refused_before_it() {
        let nested: String = (0..20_000).map(|n| format!("<m{n} xmlns:n{n}=\"u{n}\">")).collect();
        let one: String = (0..20_000).map(|n| format!("<m xmlns:n{n}='u'/>")).collect();
        let attributes: String = (0..20_000).map(|n| format!(" a{n}=\"x\"")).collect();
        for text in [
            nested,
            format!("<movie>{one}</movie>"),
            format!("<movie{attributes}><title>t</title></movie>"),
            "<movie>".to_owned() + &"<a>".repeat(50_000),
            "<movie>".to_owned() + &"<a b='".repeat(50_000),
        ] {
            let begun = std::time::Instant::now();
            let doubtful = parse(text.as_bytes()).map_or(true, |nfo| nfo.doubt.is_some());
            assert!(doubtful, "{}", &text[..60]);
            // Some milliseconds, where it was minutes.
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for {}", begun.elapsed(), &text[..60]);
        }
        // A title is repaired in one pass too, however many signs in it are wrong.
        let begun = std::time::Instant::now();
        let signs = parse(format!("<movie><title>{}</title></movie>", "&".repeat(900_000)).as_bytes());
        assert!(signs.is_ok_and(|nfo| nfo.doubt.is_none()));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for wrong signs", begun.elapsed());
        // What looks like it in comments and quoted text is none of it.
        let harmless = format!(
            "<movie><!-- {} don't --><plot><![CDATA[{}]]></plot><title k=\"a>b\">t</title></movie>",
            "<a>".repeat(100),
            "x=y xmlns ".repeat(100)
        );
        assert_eq!(parse(harmless.as_bytes()).unwrap().title.as_deref(), Some("t"));
    }

    #[test]
    fn what_is_foreign_or_made_to_harm_is_a_reason_and_no_panic() {
        assert_eq!(parse(b"https://www.themoviedb.org/movie/1").unwrap(), Nfo::default());
        let bomb = "<!DOCTYPE movie [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                    <movie><title>&b;</title></movie>";
        assert_eq!(parse(bomb.as_bytes()).unwrap().title.as_deref(), Some("&b;"));
        let many = format!("<movie>{}</movie>", "<tag>x</tag>".repeat(30_000));
        let nfo = parse(many.as_bytes()).unwrap();
        assert!(nfo.doubt.is_some() && nfo.tags.len() <= MOST_WORDS);
        for text in ["just words", "\0\0 release info", "<>", "", " \r\n", "\0\0\0\0\0\0\0\0"] {
            assert!(matches!(parse(text.as_bytes()), Err(NfoError::Form(_))), "{text}");
        }
        assert!(matches!(parse(b"<album><title>x</title></album>"), Err(NfoError::Kind(_))));
        use proptest::prelude::*;
        proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..600)| {
            let _ = parse(&bytes);
            let cut = MOVIE.floor_char_boundary(cut);
            let _ = parse(&[&MOVIE.as_bytes()[..cut], &bytes].concat());
        });
    }
}
