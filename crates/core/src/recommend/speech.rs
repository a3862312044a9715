//! What is spoken word and no music: audiobooks, plays, podcasts, lectures.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::item::Item;
use super::word::normalized;

/// Words that name it, in the languages in which people tag: as a genre, a tag, or the name of a folder.
const WORDS: &[&str] = &[
    "audiobook",
    "audiobooks",
    "audio book",
    "audio books",
    "audio drama",
    "audio theatre",
    "audio theater",
    "audiodrama",
    "radio drama",
    "radio play",
    "radio plays",
    "radio show",
    "radio theater",
    "books & spoken",
    "books and spoken",
    "audiobooks & spoken word",
    "spoken",
    "spoken word",
    "spokenword",
    "spoken & audio",
    "spoken and audio",
    "speech",
    "speeches",
    "podcast",
    "podcasts",
    "talk",
    "talk radio",
    "talk show",
    "interview",
    "interviews",
    "lecture",
    "lectures",
    "sermon",
    "sermons",
    "reading",
    "readings",
    "storytelling",
    "stories",
    "fairy tales",
    "fairy tale",
    "poetry",
    "language course",
    "language learning",
    "news",
    "documentary audio",
    "dialogue",
    "monologue",
    "story",
    "prank calls",
    "hörbuch",
    "hörbücher",
    "hoerbuch",
    "hoerbuecher",
    "hörspiel",
    "hörspiele",
    "hoerspiel",
    "hoerspiele",
    "kinderhörspiel",
    "kinderhoerspiel",
    "hörbuch & hörspiel",
    "lesung",
    "lesungen",
    "vortrag",
    "vorträge",
    "predigt",
    "predigten",
    "märchen",
    "sprache",
    "sprachkurs",
    "sprachkurse",
    "kabarett",
    "feature",
    "reportage",
    "gedichte",
    "nachrichten",
    "meditation (gesprochen)",
    "livre audio",
    "livres audio",
    "livre lu",
    "livres lus",
    "conte",
    "contes",
    "théâtre radiophonique",
    "discours",
    "poésie",
    "conférence",
    "parole",
    "parlé",
    "texte lu",
    "audiolibro",
    "audiolibros",
    "cuento",
    "cuentos",
    "discurso",
    "charla",
    "radionovela",
    "poesía",
    "palabra hablada",
    "audiolibri",
    "audiolivro",
    "audiolivros",
    "fiaba",
    "fiabe",
    "luisterboek",
    "luisterboeken",
    "hoorspel",
    "ljudbok",
    "ljudböcker",
    "lydbok",
    "lydbog",
    "äänikirja",
    "аудиокнига",
    "аудиокниги",
    "подкаст",
    "オーディオブック",
    "朗読",
    "有声书",
    "有聲書",
    "오디오북",
];

fn is_known(word: &str) -> bool {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| WORDS.iter().copied().collect()).contains(word)
}

/// Ends of file names that hold nothing else.
const ENDINGS: &[&str] = &[".m4b", ".aax", ".aa"];

/// Whether something is spoken word, by its genre, its tags, the folders that it lies in, or its kind of file.
pub(super) fn is_spoken(item: &Item) -> bool {
    let is_word = |word: &str| {
        let word = normalized(word);
        // `audiobook fiction` is one too.
        let beginnings =
            word.match_indices(' ').filter_map(|(at, _)| word.get(..at)).filter(|start| start.len() > 6);
        std::iter::once(word.as_str()).chain(beginnings).any(is_known)
    };
    let split = |text: &str| text.split([';', '/', ',', '|', '\0']).any(is_word) || is_word(text);
    let (folders, name) = item.id.rsplit_once('/').unwrap_or(("", &item.id));
    let name = name.to_ascii_lowercase();
    item.genres.iter().chain(&item.tags).any(|word| split(word))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        // A word such as `news` is a genre, but names many a folder.
        || folders.split('/').any(|folder| {
            let folder = normalized(folder);
            folder.chars().count() > 6 && !["feature", "stories", "reading", "readings", "reportage", "dialogue"].contains(&folder.as_str())
                && is_known(&folder)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_word_is_known_by_genre_folder_and_kind_of_file() {
        let genre =
            |genre: &str| Item { id: "a/b.mp3".into(), genres: vec![genre.into()], ..Item::default() };
        let file = |id: &str| Item { id: id.into(), ..Item::default() };
        for genre_name in [
            "Hörbuch",
            "Ho\u{308}rbuch",
            "HÖRSPIEL",
            "Audiobook",
            "Podcast",
            "Speech",
            "Spoken Word",
            "Livre audio",
            "Audiolibro",
            "Crime; Hörbuch",
            "Books & Spoken",
            "Аудиокнига",
            "Audiobook Fiction",
        ] {
            assert!(is_spoken(&genre(genre_name)), "{genre_name}");
        }
        for id in ["Hörbücher/Krimi/06.mp3", "Audiobooks/x/1.ogg", "x/book.m4b", "media/Podcasts/1.mp3"] {
            assert!(is_spoken(&file(id)), "{id}");
        }
        for genre_name in ["Pop", "Rock", "Hip Hop", "Talking Blues", "Storyville Jazz"] {
            assert!(!is_spoken(&genre(genre_name)), "{genre_name}");
        }
        for id in ["News/Song.mp3", "Talk Talk/It's My Life.mp3", "The Stories/1.mp3"] {
            assert!(!is_spoken(&file(id)), "{id}");
        }
    }
}
