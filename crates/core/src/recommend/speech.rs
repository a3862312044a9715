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

/// Words by which an album or a title says that it is read or played by voices.
const SAID: &[&str] = &[
    "hörbuch",
    "hoerbuch",
    "hörspiel",
    "hoerspiel",
    "ungekürzt",
    "ungekürzte lesung",
    "gelesen von",
    "autorenlesung",
    "audiobook",
    "audio book",
    "unabridged",
    "read by ",
    "narrated by ",
    "radio drama",
    "radio play",
    "livre audio",
    "texte intégral",
    "lu par ",
    "audiolibro",
    "audiolivro",
    "podcast",
    "luisterboek",
    "hoorspel",
    "ljudbok",
    "аудиокнига",
];

/// What a part of a book or a series is called, before its number.
const PARTS: &[&str] = &[
    "kapitel",
    "chapter",
    "chapitre",
    "capítulo",
    "capitulo",
    "capitolo",
    "hoofdstuk",
    "rozdział",
    "глава",
    "folge",
    "episode",
    "épisode",
    "episodio",
    "aflevering",
    "odcinek",
    "avsnitt",
    "лекция",
    "lecture",
    "lektion",
    "lesson",
    "leçon",
    "第",
];

/// `Kapitel 6`, `06 - Chapter 12: The Sea`: a part of something that is read.
fn is_part(title: &str) -> bool {
    let title = normalized(title);
    let title = title.trim_start_matches(|letter: char| !letter.is_alphabetic());
    PARTS.iter().any(|part| {
        let rest = title.strip_prefix(part).map(|rest| rest.trim_start_matches([' ', '.', '-', '_', '#']));
        rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_numeric()))
    })
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
        || [&item.album, &item.title].into_iter().any(|text| {
            let text = normalized(text);
            SAID.iter().any(|word| text.contains(word))
        })
        // A song may be called so too: then somebody has mostly given it a genre.
        || (item.genres.iter().all(|genre| genre.trim().is_empty())
            && is_part(if item.title.trim().is_empty() { &name } else { &item.title }))
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
        let titled = |album: &str, title: &str, genre: &str| Item {
            album: album.into(),
            title: title.into(),
            genres: vec![genre.into()],
            ..file("x/01.mp3")
        };
        for (album, title) in [
            ("Der Hund (Ungekürzt)", "01"),
            ("Die drei Hunde - Das Hörspiel", "Teil 1"),
            ("The Dog, read by A. Reader", "1"),
            ("", "Kapitel 6"),
            ("", "06 - Chapter 12: The Sea"),
            ("", "CHAPITRE 3"),
            ("", "Folge 45 - Der Schatz"),
            ("The Daily Podcast", "Monday"),
        ] {
            assert!(is_spoken(&titled(album, title, "")), "{album} / {title}");
        }
        assert!(is_spoken(&file("buch/Kapitel 06.mp3")));
        for (album, title, genre) in [
            ("The Piper", "Chapter 24", "Rock"),
            ("Chapters", "Chapter and verse", ""),
            ("Episodes", "Sea", ""),
            ("Reading by the sea", "Sea", ""),
        ] {
            assert!(!is_spoken(&titled(album, title, genre)), "{album} / {title}");
        }
        for genre_name in ["Pop", "Rock", "Hip Hop", "Talking Blues", "Storyville Jazz"] {
            assert!(!is_spoken(&genre(genre_name)), "{genre_name}");
        }
        for id in ["News/Song.mp3", "Talk Talk/It's My Life.mp3", "The Stories/1.mp3"] {
            assert!(!is_spoken(&file(id)), "{id}");
        }
    }
}
