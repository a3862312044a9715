//! Where a genre lies on the plane of feeling, for items of which nothing better is known.
//!
//! Reference: the axes are Russell's (1980, "A circumplex model of affect"). Eerola (2011, "Are the
//! emotions expressed in music genre-specific?", Journal of New Music Research 40:4) finds that arousal
//! carries over between genres far better than valence does; so arousal spans most of its range here and
//! valence stays small unless the genre is named for its feeling. The single values are this project's
//! own placements, to the tenth. They are a prior: a tag, a sticker or a measurement goes before them.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::genre_names;
use super::item::{Feeling, FeelingSource};

/// Genre in lower case, valence, arousal. Sorted by name.
const TABLE: &[(&str, f32, f32)] = &[
    ("acid jazz", 0.4, 0.3),
    ("acoustic", 0.3, -0.4),
    ("action", 0.1, 0.8),
    ("adult contemporary", 0.3, -0.2),
    ("adventure", 0.4, 0.6),
    ("afrobeat", 0.6, 0.6),
    ("alternative", 0.0, 0.3),
    ("alternative rock", 0.0, 0.4),
    ("ambient", 0.2, -0.8),
    ("animals", 0.5, -0.1),
    ("animation", 0.6, 0.3),
    ("bachata", 0.5, 0.3),
    ("baroque", 0.3, 0.0),
    ("black metal", -0.7, 0.9),
    ("bluegrass", 0.5, 0.4),
    ("blues", -0.3, -0.2),
    ("bolero", 0.2, -0.3),
    ("bossa nova", 0.5, -0.4),
    ("breakbeat", 0.2, 0.7),
    ("britpop", 0.4, 0.4),
    ("cartoon", 0.6, 0.4),
    ("celtic", 0.3, 0.0),
    ("chanson", 0.2, -0.2),
    ("children", 0.6, 0.3),
    ("chill", 0.4, -0.6),
    ("chillout", 0.4, -0.6),
    ("chillwave", 0.3, -0.4),
    ("choral", 0.2, -0.4),
    ("classic rock", 0.3, 0.5),
    ("classical", 0.2, -0.3),
    ("comedy", 0.7, 0.4),
    ("country", 0.4, 0.1),
    ("cumbia", 0.7, 0.5),
    ("dance", 0.6, 0.8),
    ("dancehall", 0.5, 0.6),
    ("dark ambient", -0.5, -0.6),
    ("darkwave", -0.5, 0.0),
    ("death metal", -0.7, 0.9),
    ("deep house", 0.4, 0.3),
    ("disco", 0.8, 0.7),
    ("documentary", 0.2, -0.1),
    ("doom metal", -0.7, 0.3),
    ("downtempo", 0.2, -0.4),
    ("drama", -0.2, 0.1),
    ("dream pop", 0.3, -0.3),
    ("drone", -0.1, -0.8),
    ("drum & bass", 0.1, 0.9),
    ("drum and bass", 0.1, 0.9),
    ("dub", 0.3, -0.2),
    ("dubstep", -0.1, 0.8),
    ("easy listening", 0.5, -0.5),
    ("electro", 0.3, 0.7),
    ("electronic", 0.2, 0.4),
    ("electronica", 0.2, 0.3),
    ("emo", -0.4, 0.4),
    ("eurodance", 0.7, 0.9),
    ("fado", -0.5, -0.4),
    ("family", 0.6, 0.2),
    ("fantasy", 0.4, 0.3),
    ("flamenco", 0.1, 0.4),
    ("folk", 0.2, -0.3),
    ("folk rock", 0.3, 0.1),
    ("funk", 0.7, 0.6),
    ("gangsta rap", -0.4, 0.6),
    ("garage rock", 0.1, 0.7),
    ("gospel", 0.6, 0.3),
    ("goth", -0.5, 0.1),
    ("gothic", -0.5, 0.1),
    ("grindcore", -0.8, 1.0),
    ("grunge", -0.4, 0.6),
    ("happy hardcore", 0.7, 1.0),
    ("hard rock", 0.0, 0.8),
    ("hardcore", -0.4, 0.9),
    ("heavy metal", -0.3, 0.8),
    ("hip hop", 0.1, 0.4),
    ("hip-hop", 0.1, 0.4),
    ("holiday", 0.5, 0.1),
    ("horror", -0.8, 0.7),
    ("house", 0.5, 0.7),
    ("idm", 0.0, 0.2),
    ("indie", 0.2, 0.2),
    ("indie folk", 0.2, -0.2),
    ("indie pop", 0.4, 0.2),
    ("indie rock", 0.1, 0.4),
    ("industrial", -0.5, 0.8),
    ("instrumental", 0.2, -0.2),
    ("j-pop", 0.6, 0.5),
    ("jazz", 0.4, -0.2),
    ("k-pop", 0.6, 0.6),
    ("klezmer", 0.4, 0.4),
    ("latin", 0.6, 0.5),
    ("lo-fi", 0.2, -0.5),
    ("lofi", 0.2, -0.5),
    ("lounge", 0.4, -0.5),
    ("lullaby", 0.4, -0.8),
    ("mariachi", 0.6, 0.4),
    ("meditation", 0.4, -0.9),
    ("melodic death metal", -0.5, 0.8),
    ("merengue", 0.7, 0.7),
    ("metal", -0.4, 0.8),
    ("metalcore", -0.6, 0.9),
    ("minimal", 0.1, -0.1),
    ("modern classical", 0.1, -0.4),
    ("motown", 0.7, 0.4),
    ("musical", 0.5, 0.4),
    ("mystery", -0.2, 0.2),
    ("nature", 0.5, -0.6),
    ("neo-classical", 0.1, -0.4),
    ("neo-soul", 0.4, -0.1),
    ("neoclassical", 0.1, -0.4),
    ("new age", 0.4, -0.8),
    ("new wave", 0.2, 0.4),
    ("opera", 0.0, 0.2),
    ("piano", 0.2, -0.4),
    ("polka", 0.7, 0.6),
    ("pop", 0.5, 0.4),
    ("pop rock", 0.4, 0.4),
    ("post-punk", -0.2, 0.4),
    ("post-rock", 0.0, 0.0),
    ("power metal", 0.2, 0.9),
    ("progressive rock", 0.1, 0.3),
    ("psychedelic", 0.1, 0.2),
    ("psytrance", 0.2, 0.9),
    ("punk", -0.1, 0.9),
    ("punk rock", 0.0, 0.9),
    ("r&b", 0.4, 0.0),
    ("rap", -0.1, 0.5),
    ("reggae", 0.6, -0.1),
    ("reggaeton", 0.5, 0.6),
    ("relaxation", 0.4, -0.8),
    ("requiem", -0.5, -0.3),
    ("rock", 0.1, 0.6),
    ("rock 'n' roll", 0.7, 0.7),
    ("rock and roll", 0.7, 0.7),
    ("rockabilly", 0.6, 0.7),
    ("romance", 0.4, -0.1),
    ("romantic", 0.2, -0.2),
    ("salsa", 0.7, 0.7),
    ("samba", 0.7, 0.6),
    ("science fiction", 0.1, 0.4),
    ("shoegaze", -0.1, 0.1),
    ("singer-songwriter", 0.1, -0.4),
    ("ska", 0.7, 0.7),
    ("sleep", 0.3, -0.9),
    ("slowcore", -0.4, -0.6),
    ("smooth jazz", 0.4, -0.5),
    ("soul", 0.5, 0.1),
    ("soundtrack", 0.1, 0.0),
    ("space ambient", 0.2, -0.8),
    ("surf", 0.6, 0.5),
    ("swing", 0.7, 0.5),
    ("synth-pop", 0.4, 0.4),
    ("synthpop", 0.4, 0.4),
    ("synthwave", 0.3, 0.3),
    ("tango", -0.1, 0.3),
    ("techno", 0.1, 0.8),
    ("thrash metal", -0.5, 0.9),
    ("thriller", -0.5, 0.7),
    ("trance", 0.4, 0.8),
    ("trap", -0.1, 0.6),
    ("travel", 0.5, 0.1),
    ("trip hop", -0.1, -0.4),
    ("trip-hop", -0.1, -0.4),
    ("tropical house", 0.6, 0.4),
    ("vocal jazz", 0.4, -0.3),
    ("volksmusik", 0.6, 0.3),
    ("waltz", 0.5, 0.1),
    ("war", -0.7, 0.7),
    ("western", 0.1, 0.3),
    ("world", 0.3, 0.1),
    ("yoga", 0.4, -0.8),
];

/// Words for feelings themselves, as people write them into the tag `Mood`. The moods' own names lie where
/// Russell's figure 4 puts them, as in [`crate::mood::Mood::valence_arousal`]. Sorted by name.
const WORDS: &[(&str, f32, f32)] = &[
    ("aggressive", -0.5, 0.9),
    ("angry", -0.5, 0.8),
    ("bright", 0.6, 0.3),
    ("calm", 0.4, -0.7),
    ("cheerful", 0.8, 0.4),
    ("dark", -0.6, 0.0),
    ("depressing", -0.8, -0.5),
    ("dreamy", 0.4, -0.5),
    ("energetic", 0.5, 0.8),
    ("excited", 0.6, 0.8),
    ("exciting", 0.6, 0.8),
    ("fröhlich", 0.8, 0.4),
    ("fun", 0.7, 0.5),
    ("gentle", 0.4, -0.5),
    ("gloomy", -0.6, -0.4),
    ("happy", 0.8, 0.4),
    ("heiter", 0.7, 0.2),
    ("hopeful", 0.5, 0.1),
    ("joyful", 0.9, 0.5),
    ("lively", 0.6, 0.6),
    ("melancholic", -0.4, -0.4),
    ("melancholy", -0.4, -0.4),
    ("nervous", -0.4, 0.6),
    ("peaceful", 0.5, -0.7),
    ("playful", 0.7, 0.4),
    ("quiet", 0.2, -0.7),
    ("relaxed", 0.5, -0.6),
    ("relaxing", 0.5, -0.6),
    ("romantic", 0.5, -0.1),
    ("ruhig", 0.4, -0.7),
    ("sad", -0.7, -0.4),
    ("sanft", 0.4, -0.5),
    ("scary", -0.6, 0.7),
    ("serene", 0.6, -0.6),
    ("soft", 0.3, -0.5),
    ("soothing", 0.5, -0.6),
    ("tender", 0.5, -0.4),
    ("tense", -0.4, 0.7),
    ("traurig", -0.7, -0.4),
    ("upbeat", 0.7, 0.6),
    ("uplifting", 0.7, 0.3),
    ("warm", 0.6, -0.1),
    ("wild", 0.1, 0.9),
    ("wütend", -0.5, 0.8),
];

/// What words such as `calm` say: somebody put them there for this item.
pub(super) fn feeling_of_tags<'a>(tags: impl Iterator<Item = &'a str>) -> Option<Feeling> {
    mean(tags.filter_map(|word| in_table(WORDS, word)), FeelingSource::Explicit)
}

/// The mean of the genres that are known; none if none of them is.
pub fn feeling<'a>(genres: impl Iterator<Item = &'a str>) -> Option<Feeling> {
    mean(genres.filter_map(place), FeelingSource::Genre)
}

/// The same of words that may be genres: a word of a comment counts only as it stands in the table.
pub(super) fn feeling_of_words<'a>(words: impl Iterator<Item = &'a str>) -> Option<Feeling> {
    mean(words.filter_map(|word| in_table(TABLE, word)), FeelingSource::Genre)
}

/// Where a genre lies, by its own name, another name of it, or the family that its name ends or begins with.
pub fn place(genre: &str) -> Option<(f32, f32)> {
    let of_key = |key: &str| by_key(key).or_else(|| by_key(genre_names::other_name(key)?));
    in_table(TABLE, genre).or_else(|| {
        let key = genre_names::key(genre);
        of_key(&key)
            .or_else(|| genre_names::kin(genre).iter().find_map(|kin| of_key(kin)))
            .or_else(|| by_key(genre_names::family(&key)?))
    })
}

/// Whether the table has a genre of this key.
#[cfg(test)]
pub(super) fn has_place(key: &str) -> bool {
    by_key(key).is_some()
}

fn by_key(key: &str) -> Option<(f32, f32)> {
    static KEYS: OnceLock<HashMap<String, (f32, f32)>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        TABLE.iter().map(|(name, valence, arousal)| (genre_names::key(name), (*valence, *arousal))).collect()
    });
    keys.get(key).copied()
}

fn in_table(table: &[(&str, f32, f32)], word: &str) -> Option<(f32, f32)> {
    table.binary_search_by(|row| row.0.cmp(word)).ok().map(|at| (table[at].1, table[at].2))
}

fn mean(places: impl Iterator<Item = (f32, f32)>, source: FeelingSource) -> Option<Feeling> {
    let (mut valence, mut arousal, mut known) = (0.0, 0.0, 0.0f32);
    for place in places {
        valence += place.0;
        arousal += place.1;
        known += 1.0;
    }
    (known > 0.0).then(|| Feeling { valence: valence / known, arousal: arousal / known, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mood::Mood;

    #[test]
    fn the_tables_are_sorted_without_doubles_and_within_the_plane() {
        for table in [TABLE, WORDS] {
            for pair in table.windows(2) {
                assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
            }
            for (word, valence, arousal) in table {
                assert!(valence.abs() <= 1.0 && arousal.abs() <= 1.0, "{word}");
                assert_eq!(*word, super::super::word::normalized(word));
            }
        }
    }

    #[test]
    fn the_names_of_moods_lie_where_the_moods_do() {
        for mood in [Mood::Angry, Mood::Happy, Mood::Sad] {
            let feeling = feeling_of_tags(std::iter::once(mood.name())).unwrap();
            assert_eq!((feeling.valence, feeling.arousal), mood.valence_arousal());
        }
    }

    #[test]
    fn several_genres_meet_in_the_middle_and_unknown_ones_do_not_count() {
        let both = feeling(["disco", "no such genre", "ambient"].into_iter()).unwrap();
        assert!((both.valence - 0.5).abs() < 1e-6 && (both.arousal + 0.05).abs() < 1e-6);
        assert_eq!(feeling(["no such genre"].into_iter()), None);
        assert_eq!(feeling(std::iter::empty()), None);
    }

    #[test]
    fn genres_are_known_as_people_write_them() {
        for genre in [
            "Rock & Roll",
            "Rock'n'Roll",
            "ROCK N ROLL",
            "Singer-Songwriter",
            "Singer & Songwriter",
            "Klassik",
            "Deutschpop",
            "Nu Metal",
            "Deutschrock",
            "Deutschrap",
            "Hip-Hop",
            "Hip Hop",
            "HipHop",
            "Rap",
            "R&B",
            "RnB",
            "Rhythm and Blues",
            "Drum'n'Bass",
            "Drum and Bass",
            "D&B",
            "Variété française",
            "Chanson française",
            "Música clásica",
            "Rock alternativo",
            "Pop español",
            "Musique classique",
            "Électronique",
            "Kinderlieder",
            "Children's Music",
            "Weihnachten",
            "Melodic Black Metal",
            "Progressive House",
            "Uplifting Trance",
            "Jazz vocal",
            "Jazz-Funk",
            "Cool Jazz",
            "Post-Hardcore",
            "Synth Pop",
            "Neue Deutsche Welle",
            "Schlager",
            "Volkstümliche Musik",
            "Filmmusik",
            "BOSSA NOVA",
            "Lo-Fi Hip Hop",
            "Lofi",
            "Eurodance",
            "K-Pop",
            "J-Rock",
            "Cantautor",
            "Electrónica",
            "Рок",
            "Ｊａｚｚ",
        ] {
            assert!(place(&super::super::word::normalized(genre)).is_some(), "{genre}");
        }
        for none in ["no such genre", "xyzzy", "", "???", "unknown", "other"] {
            assert_eq!(place(none), None, "{none}");
        }
        let same = |one: &str, other: &str| assert_eq!(place(one), place(other), "{one} and {other}");
        same("nu metal", "metal");
        same("klassik", "classical");
        same("rock & roll", "rock and roll");
        same("melodic black metal", "black metal");
        same("pop español", "pop");
    }
}
