//! Fonts of the machine for what ours lack: Debian's Noto packages, found by their file names.
//!
//! A font is opened when a text needs it, and mapped only for as long as that text is shaped: what stays in memory is
//! the outlines of its letters. A text that our own fonts can write opens no file. Packages that come later are found
//! by the next text.

use std::path::PathBuf;

use fontdb::{Database, FaceInfo, ID, Source, Stretch, Style};
use harfrust::Script;
use harfrust::unicode::script;

use super::text_raster::Weight;

/// Where Debian keeps its fonts.
pub const FOLDER: &str = "/usr/share/fonts";

/// Folders below it in which the fonts that are named here stand, and the folder itself.
const PLACES: [&str; 4] = ["truetype/noto", "opentype/noto", "truetype/ancient-scripts", ""];

/// Which fonts have the letters of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// One of `NotoSans` with this name after it, or `NotoSerif` where there is no other.
    Noto(&'static str),
    /// Chinese, Japanese and Korean: one collection for all, whose faces differ in the shapes of shared signs.
    Han(Han),
    /// Signs of no script, as emoji: in one colour.
    Signs,
}

/// Whose shapes the shared signs of East Asia take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Han {
    /// Those of Japanese.
    Japanese,
    /// Those of Korean.
    Korean,
    /// Those of simplified Chinese.
    Chinese,
}

impl Han {
    /// As its other letters tell: Japanese is written with kana, Korean with hangul.
    pub fn of(text: &str) -> Han {
        let mut kinds = text.chars().map(|letter| script(letter.into()));
        let kind = kinds.find(|&kind| matches!(kind, Script::HIRAGANA | Script::KATAKANA | Script::HANGUL));
        match kind {
            Some(Script::HANGUL) => Han::Korean,
            Some(_) => Han::Japanese,
            None => Han::Chinese,
        }
    }

    /// The face in Noto's collection.
    fn index(self) -> u32 {
        match self {
            Han::Japanese => 0,
            Han::Korean => 1,
            Han::Chinese => 2,
        }
    }
}

/// The scripts that have a Noto font of their own, by the name of that font.
const NAMES: [(Script, &str); 37] = [
    (Script::ARABIC, "Arabic"),
    (Script::ARMENIAN, "Armenian"),
    (Script::BALINESE, "Balinese"),
    (Script::BENGALI, "Bengali"),
    (Script::CANADIAN_SYLLABICS, "CanadianAboriginal"),
    (Script::CHEROKEE, "Cherokee"),
    (Script::COPTIC, "Coptic"),
    (Script::CYRILLIC, ""),
    (Script::DEVANAGARI, "Devanagari"),
    (Script::ETHIOPIC, "Ethiopic"),
    (Script::GEORGIAN, "Georgian"),
    (Script::GOTHIC, "Gothic"),
    (Script::GREEK, ""),
    (Script::GUJARATI, "Gujarati"),
    (Script::GURMUKHI, "Gurmukhi"),
    (Script::HEBREW, "Hebrew"),
    (Script::JAVANESE, "Javanese"),
    (Script::KANNADA, "Kannada"),
    (Script::KHMER, "Khmer"),
    (Script::LAO, "Lao"),
    (Script::LATIN, ""),
    (Script::MALAYALAM, "Malayalam"),
    (Script::MONGOLIAN, "Mongolian"),
    (Script::MYANMAR, "Myanmar"),
    (Script::NKO, "NKo"),
    (Script::OGHAM, "Ogham"),
    (Script::ORIYA, "Oriya"),
    (Script::RUNIC, "Runic"),
    (Script::SINHALA, "Sinhala"),
    (Script::SYRIAC, "Syriac"),
    (Script::TAMIL, "Tamil"),
    (Script::TELUGU, "Telugu"),
    (Script::THAANA, "Thaana"),
    (Script::THAI, "Thai"),
    (Script::TIBETAN, "Tibetan"),
    (Script::TIFINAGH, "Tifinagh"),
    (Script::YI, "Yi"),
];

impl Family {
    /// The family that has this letter, in a text whose shared signs are these.
    pub fn of(letter: char, han: Han) -> Option<Family> {
        // Signs that several scripts share stand in the fonts of the script in whose block they are.
        let kind = match letter {
            '\u{600}'..='\u{6ff}' => Script::ARABIC,
            '\u{900}'..='\u{97f}' => Script::DEVANAGARI,
            '\u{e00}'..='\u{e7f}' => Script::THAI,
            '\u{10a0}'..='\u{10ff}' => Script::GEORGIAN,
            '\u{2e80}'..='\u{33ff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' => Script::HAN,
            _ => script(letter.into()),
        };
        match kind {
            Script::HAN | Script::HIRAGANA | Script::KATAKANA | Script::BOPOMOFO => Some(Family::Han(han)),
            Script::HANGUL => Some(Family::Han(Han::Korean)),
            Script::COMMON => Some(Family::Signs),
            kind => NAMES.iter().find(|(known, _)| *known == kind).map(|(_, name)| Family::Noto(name)),
        }
    }

    /// Whether its letters take other shapes beside each other, or marks: such a text is shaped, not just set.
    pub fn is_shaped(self) -> bool {
        matches!(self, Family::Noto(_))
    }

    /// The package of Debian that has it.
    pub fn package(self) -> &'static str {
        match self {
            Family::Noto(_) => "fonts-noto-core",
            Family::Han(_) => "fonts-noto-cjk",
            Family::Signs => "fonts-symbola",
        }
    }

    /// File names, the best first, each with the face in it.
    fn files(self, weight: Weight) -> Vec<(String, u32)> {
        let heavy: &[&str] = match weight {
            Weight::ExtraBold => &["Bold", "Regular"],
            Weight::SemiBold => &["Medium", "Regular"],
        };
        let cuts = |stem: &str, end: &str, index: u32| -> Vec<(String, u32)> {
            heavy.iter().map(|cut| (format!("{stem}-{cut}.{end}"), index)).collect()
        };
        match self {
            Family::Noto(name) => {
                [cuts(&format!("NotoSans{name}"), "ttf", 0), cuts(&format!("NotoSerif{name}"), "ttf", 0)]
                    .concat()
            }
            Family::Han(han) => cuts("NotoSansCJK", "ttc", han.index()),
            Family::Signs => [
                cuts("NotoEmoji", "ttf", 0),
                vec![("Symbola_hint.ttf".to_owned(), 0), ("NotoSansSymbols2-Regular.ttf".to_owned(), 0)],
                cuts("NotoSansSymbols", "ttf", 0),
                vec![("NotoSansMath-Regular.ttf".to_owned(), 0), ("NotoMusic-Regular.ttf".to_owned(), 0)],
            ]
            .concat(),
        }
    }
}

/// A face in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FontFile {
    /// The file.
    pub path: PathBuf,
    /// Number of the face in the file, from 0; only collections have more than one.
    pub index: u32,
}

/// The fonts below a folder, or none.
#[derive(Clone, Debug, Default)]
pub struct SystemFonts {
    folder: Option<PathBuf>,
}

impl SystemFonts {
    /// Those below this folder.
    pub fn below(folder: impl Into<PathBuf>) -> SystemFonts {
        SystemFonts { folder: Some(folder.into()) }
    }

    /// Whether there is a folder to look in.
    pub(crate) fn any(&self) -> bool {
        self.folder.is_some()
    }

    /// The files of a family that are there, the best first.
    pub(crate) fn files(&self, family: Family, weight: Weight) -> Vec<FontFile> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let found = |(name, index): (String, u32)| {
            let mut paths = PLACES.iter().map(|place| folder.join(place).join(&name));
            paths.find(|path| path.is_file()).map(|path| FontFile { path, index })
        };
        family.files(weight).into_iter().filter_map(found).collect()
    }

    /// Hands the bytes of a font to `read`, mapped for that long. None if the file cannot be mapped.
    ///
    /// `fontdb` is used for this alone: no file is parsed but the one that is asked for. A package that is updated
    /// meanwhile puts a new file in the place of the old one, which stays whole for who has mapped it.
    pub(crate) fn with<T>(file: &FontFile, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let mut fonts = Database::new();
        let id = fonts.push_face_info(FaceInfo {
            id: ID::dummy(),
            source: Source::File(file.path.clone()),
            index: file.index,
            families: Vec::new(),
            post_script_name: String::new(),
            style: Style::Normal,
            weight: fontdb::Weight::NORMAL,
            stretch: Stretch::Normal,
            monospaced: false,
        });
        fonts.with_face_data(id, |bytes, _| read(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_the_family_of_their_script() {
        for (letter, family) in [
            ('ع', Some(Family::Noto("Arabic"))),
            ('،', Some(Family::Noto("Arabic"))),
            ('ש', Some(Family::Noto("Hebrew"))),
            ('ส', Some(Family::Noto("Thai"))),
            ('त', Some(Family::Noto("Devanagari"))),
            ('夜', Some(Family::Han(Han::Japanese))),
            ('ー', Some(Family::Han(Han::Japanese))),
            ('、', Some(Family::Han(Han::Japanese))),
            ('사', Some(Family::Han(Han::Korean))),
            ('🔥', Some(Family::Signs)),
            ('ḥ', Some(Family::Noto(""))),
            ('\u{e000}', None),
        ] {
            assert_eq!(Family::of(letter, Han::Japanese), family, "{letter}");
        }
    }

    #[test]
    fn shared_signs_take_the_shapes_of_the_language_that_the_other_letters_tell() {
        for (text, han) in
            [("夜に駆ける", Han::Japanese), ("사랑 愛", Han::Korean), ("月亮代表我的心", Han::Chinese)]
        {
            assert_eq!(Han::of(text), han, "{text}");
        }
    }

    #[test]
    fn a_folder_without_fonts_has_none_and_a_file_that_is_gone_is_not_read() {
        let empty = tempfile::tempdir().unwrap();
        let fonts = SystemFonts::below(empty.path());
        assert!(fonts.files(Family::Noto("Arabic"), Weight::SemiBold).is_empty());
        assert!(SystemFonts::default().files(Family::Signs, Weight::ExtraBold).is_empty());
        let gone = FontFile { path: empty.path().join("NotoSansThai-Bold.ttf"), index: 0 };
        assert_eq!(SystemFonts::with(&gone, <[u8]>::len), None);
    }
}
