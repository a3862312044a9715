//! How words are compared: genres, tags, folders, playlists, titles, and what a template asks for.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// A word as it is compared: the same for all the ways in which one word is written.
///
/// macOS decomposes letters (NFD), other systems do not (NFC); Japanese keyboards write full-width letters.
/// So: compatibility composition (NFKC), Unicode's full case folding (`STRASSE` is `Straße`), no signs that
/// cannot be seen, the plain form of quotes and dashes, one space between words and none around them.
pub fn normalized(word: &str) -> String {
    if word.is_ascii() {
        return spaced(&word.to_ascii_lowercase());
    }
    let seen = word.nfkc().filter(|letter| !is_invisible(*letter)).map(plain_sign);
    // Folding may take a letter apart again.
    let folded: String = seen.default_case_fold().nfkc().filter(|letter| *letter != '\u{307}').collect();
    spaced(&folded)
}

/// The sign that a keyboard has for one that programs write in its place: `Don’t` is `Don't`, `1–2` is `1-2`.
const fn plain_sign(letter: char) -> char {
    match letter {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʹ' | '′' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '⁃' | '﹣' => '-',
        other => other,
    }
}

/// Soft hyphens, joiners, marks of direction and of variants.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn spaced(text: &str) -> String {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + " " + word)
}

/// Whether a path begins with a folder or has it somewhere in it: `nature` holds both
/// `nature/sea.mp4` and `/media/stick/nature/sea.mp4`. Both as words are compared.
pub(super) fn in_folder(path: &str, folder: &str) -> bool {
    path.match_indices(folder).any(|(at, _)| {
        let bytes = path.as_bytes();
        (at == 0 || bytes[at - 1] == b'/') && bytes.get(at + folder.len()) == Some(&b'/')
    })
}

/// Names of files and folders that a system or a network store keeps for itself, or that a person has deleted.
const SYSTEM_NAMES: &[&str] = &[
    "$recycle.bin",
    "recycler",
    "recycled",
    "$extend",
    "system volume information",
    "lost+found",
    "lost.dir",
    "#recycle",
    "#snapshot",
    "@eadir",
    "@recycle",
    "@recently-snapshot",
    "@sharebin",
    "@tmp",
    "@__thumb",
    ".@__thumb",
    "__macosx",
    "network trash folder",
    "temporary items",
    "thumbs.db",
    "desktop.ini",
    ".recycle",
    ".appledouble",
    ".appledesktop",
    ".appledb",
    ".ds_store",
    ".trashes",
    ".spotlight-v100",
    ".fseventsd",
    ".temporaryitems",
    ".documentrevisions-v100",
    ".thumbnails",
    ".snapshots",
    ".snapshot",
    ".zfs",
    ".stversions",
    ".dtrash",
    ".stfolder",
    ".sync",
    ".dropbox.cache",
    ".tmp.drivedownload",
    ".mobilebackups",
    "backups.backupdb",
    ".apdisk",
    ".wdmc",
    ".wd_tv",
    ".syncarchive",
    ".thumbdata",
    "@synoeastream",
    "@synoresource",
    "@appstore",
    "@database",
    "@download",
    "$winreagent",
    "$windows.~bt",
    "$windows.~ws",
    "config.msi",
    "files_trashbin",
    "files_versions",
    "ehthumbs.db",
    ".delete",
    ".deleted",
];

/// Whether a file or folder of this name belongs to a system or was deleted, and is never played:
/// `$RECYCLE.BIN`, `.Trash-1000`, `#recycle`, `@eaDir`, `lost+found`, `FOUND.000`, `._song.mp3`.
pub fn is_system_name(name: &str) -> bool {
    let name = normalized(name);
    let found = |rest: &str| rest.len() == 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    SYSTEM_NAMES.contains(&name.as_str())
        || name.starts_with("._")
        || name.starts_with(".trash")
        || name.starts_with("$recycle")
        // What a word processor or a download leaves while it writes.
        || name.starts_with("~$")
        || UNFINISHED.iter().any(|ending| name.ends_with(ending))
        || name.strip_prefix("found.").is_some_and(found)
}

/// Ends of the names of downloads that have not come to their end.
const UNFINISHED: &[&str] = &[
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".opdownload",
    ".!qb",
    ".!ut",
    ".aria2",
    ".icloud",
];

/// Whether any part of a path is such a name.
pub fn in_system_folder(path: &str) -> bool {
    path.split('/').any(is_system_name) || normalized(path).contains(".local/share/trash/")
}

/// Words in brackets or behind a dash by which a title says that it is for adults.
const EXPLICIT_MARKS: &[&str] = &[
    "explicit",
    "explizit",
    "explicite",
    "explicito",
    "explícito",
    "explícita",
    "explicita",
    "parental advisory",
    "dirty",
    "uncensored",
    "unzensiert",
    "non censuré",
    "sin censura",
    "nsfw",
    "18+",
    "xxx",
    "🅴",
];

/// Whether a title is marked as explicit: `Bad Words [Explicit]`, `Song (Explicit Version)`, `Song - Explicit`,
/// `Song 🅴`. A title that only speaks of it (`Explicit Memory`) is not, nor is one that is marked clean.
pub fn is_marked_explicit(title: &str) -> bool {
    if title.is_ascii() && !title.contains(['(', '[', '{', '<', '-', '~', '|', ':', '+']) {
        return false;
    }
    let title = normalized(title);
    let said = |part: &str| {
        let part =
            part.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '+' && letter != '🅴');
        let negated = ["non", "not", "no", "clean", "un"]
            .iter()
            .any(|word| part.split(|letter: char| !letter.is_alphanumeric()).any(|other| other == *word))
            && !part.contains("non censuré");
        !negated
            && EXPLICIT_MARKS.iter().any(|mark| {
                part == *mark
                    || part.strip_prefix(mark).is_some_and(|rest| {
                        // `explicit version`, `explicit lyrics`, `parental advisory: explicit content`.
                        rest.starts_with([' ', ':', '-']) && rest.split_whitespace().count() <= 4
                    })
                    || part.strip_suffix(mark).is_some_and(|before| before.ends_with([' ', ',', '/']))
            })
    };
    let closed = |open: char, close: char| {
        title.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).any(|(part, _)| said(part))
    };
    closed('(', ')')
        || closed('[', ']')
        || closed('{', '}')
        || title.contains('🅴')
        || ["- ", "| ", "~ "].iter().any(|dash| {
            title.split(&format!(" {dash}")).skip(1).any(|part| {
                let part = part.trim();
                EXPLICIT_MARKS.contains(&part) || part == "explicit version"
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("Fröhlich", "fro\u{308}hlich"),
            ("TRÄUMEREI", "tra\u{308}umerei"),
            ("Frühstück", "Fru\u{308}hstu\u{308}ck"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδός".replace('ό', "ο").as_str()),
            ("ΦΩΣ", "φως"),
            ("МОРЕ", "море"),
            ("İstanbul", "istanbul"),
            ("ＪＡＺＺ", "jazz"),
            ("ｶﾗｵｹ", "カラオケ"),
            ("가요", "\u{1100}\u{1161}\u{110b}\u{116d}"),
            ("ﬁlm", "film"),
            ("Ελλάδα", "ΕΛΛΆΔΑ"),
            ("  drum\u{a0} &\tbass ", "Drum & Bass"),
            ("hip\u{ad}hop", "hiphop"),
            ("Don’t", "don't"),
            ("Rock ‘n’ Roll", "rock 'n' roll"),
            ("Hip‑Hop", "hip-hop"),
            ("1990 – 2000", "1990 - 2000"),
            ("„Lieder“", "\"lieder\""),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Œuvre", "œuvre"),
            ("ﬄuss", "ffluss"),
            ("Drum\u{3000}&\u{2009}Bass  ", "drum & bass"),
            ("Ａ・Ｂ", "a・b"),
            ("e\u{301}te\u{301}", "Été"),
        ] {
            assert_eq!(normalized(one), normalized(other), "{one} and {other}");
        }
        assert_ne!(normalized("schon"), normalized("schön"));
        use proptest::prelude::*;
        proptest!(|(word in "\\PC{0,20}")| {
            let once = normalized(&word);
            prop_assert_eq!(normalized(&once), once);
        });
    }

    #[test]
    fn what_a_system_keeps_or_a_person_deleted_is_known_by_its_name() {
        for path in [
            "$RECYCLE.BIN/S-1/$R.mp3",
            "a/.Trash-1000/files/x.mp3",
            ".Trashes/501/x.mp3",
            "#recycle/x.mp3",
            "Music/@eaDir/x.mp3/SYNO.mp3",
            "lost+found/x.mp3",
            "a/._x.mp3",
            ".AppleDouble/x.mp3",
            "RECYCLER/x.mp3",
            "FOUND.000/x.mp3",
            "System Volume Information/x.mp3",
            "__MACOSX/a/x.mp3",
            "LOST.DIR/1.mp3",
            "@Recycle/x.mp3",
            ".stfolder/x.mp3",
            "home/.local/share/Trash/files/x.mp3",
            "x.mp3.part",
            "x.mp3.crdownload",
            "x.mp3.download/x.mp3",
            "~$x.mp3",
            ".@__thumb/x.mp3",
            "@Recently-Snapshot/x.mp3",
            ".Spotlight-V100/x.mp3",
            "$Windows.~BT/x.mp3",
            "nextcloud/files_trashbin/x.mp3",
            "a/Thumbs.db",
        ] {
            assert!(in_system_folder(path), "{path}");
        }
        for path in [
            ".38 Special/x.mp3",
            "Trash Metal/x.mp3",
            "...And You/x.mp3",
            "Lost and Found/x.mp3",
            "found.footage/x",
        ] {
            assert!(!in_system_folder(path), "{path}");
        }
    }

    #[test]
    fn a_title_says_by_its_marks_that_it_is_explicit() {
        for title in [
            "Bad Words [Explicit]",
            "Bad Words (explicit)",
            "Bad Words (Explicit Version)",
            "Bad Words (feat. X) [EXPLICIT]",
            "Bad Words - Explicit",
            "Bad Words (Album Version, Explicit)",
            "Bad Words [Explicit Lyrics]",
            "Bad Words (Parental Advisory: Explicit Content)",
            "Böse Worte (Explizit)",
            "Malas palabras [Explícita]",
            "Bad Words (Dirty)",
            "Bad Words 🅴",
            "Bad Words ［Ｅｘｐｌｉｃｉｔ］",
            "Bad Words {Uncensored}",
        ] {
            assert!(is_marked_explicit(title), "{title}");
        }
        for title in [
            "Bad Words",
            "Explicit Memory",
            "Dirty Diana",
            "Bad Words (Clean)",
            "Bad Words (Non-Explicit)",
            "Bad Words [Clean / not explicit]",
            "Song (Dirty Dancing Soundtrack Theme From The Film)",
            "Down - Dirty Boogie",
        ] {
            assert!(!is_marked_explicit(title), "{title}");
        }
    }
}
