//! Titles in any script, with Debian's Noto fonts, beside Debian's HarfBuzz.
//!
//! `MOODBOX_FONTS` names another folder of fonts than Debian's. After a change that is meant:
//! `MOODBOX_BLESS=1 cargo test --test players scripts`, then look at what changed in `tests/golden/scripts`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use moodbox::ports::panel::letters::Letters;
use moodbox::ports::panel::system_fonts::{FOLDER, SystemFonts};
use moodbox::ports::panel::text_raster::Face;
use moodbox::ports::panel::{Picture, screens};
use moodbox_core::kiosk::action::{Playing, Screen};
use moodbox_core::mood::Mood;
use moodbox_core::text::Language;

/// Title, artist, and the font of both.
const TITLES: [(&str, &str, &str, &str); 8] = [
    ("japanese", "夜に駆ける", "幾田りら", "opentype/noto/NotoSansCJK-Bold.ttc"),
    ("korean", "사랑을 했다", "아이콘", "opentype/noto/NotoSansCJK-Bold.ttc"),
    ("chinese", "月亮代表我的心", "鄧麗君", "opentype/noto/NotoSansCJK-Bold.ttc"),
    ("arabic", "نسم علينا الهوى", "فيروز", "truetype/noto/NotoSansArabic-Bold.ttf"),
    ("hebrew", "ירושלים של זהב", "נעמי שמר", "truetype/noto/NotoSansHebrew-Bold.ttf"),
    ("thai", "ก่อนฤดูฝน", "เดอะ ทอยส์", "truetype/noto/NotoSansThai-Bold.ttf"),
    ("hindi", "तुम ही हो", "अरिजीत सिंह", "truetype/noto/NotoSansDevanagari-Bold.ttf"),
    ("emoji", "Fire 🔥 night 🌙", "☂", "truetype/ancient-scripts/Symbola_hint.ttf"),
];

fn folder() -> PathBuf {
    let folder = std::env::var_os("MOODBOX_FONTS").map_or_else(|| FOLDER.into(), PathBuf::from);
    for (_, _, _, font) in TITLES {
        assert!(folder.join(font).is_file(), "there is no {font}: `deploy/packages test` installs it");
    }
    folder
}

fn letters() -> Letters {
    Letters::with(SystemFonts::below(folder()))
}

fn playing(title: &str, artist: &str) -> Screen {
    Screen::Playing(Playing {
        mood: Some(Mood::Sad),
        title: title.to_owned(),
        artist: artist.to_owned(),
        elapsed: Duration::from_secs(83),
        length: Some(Duration::from_secs(227)),
        why: format!("passt zu „{title}“, das hier gefiel"),
        ..Playing::default()
    })
}

fn draw(letters: &Letters, screen: &Screen, (width, height): (u32, u32)) -> RgbImage {
    let mut picture = Picture::new(width, height);
    screens::draw_with(letters, screen, Language::De, &mut picture);
    RgbImage::from_fn(width, height, |x, y| Rgb(picture.rgb8(x, y)))
}

#[test]
fn every_title_is_written_in_its_own_letters_and_in_latin_ones_where_the_fonts_are_missing() {
    let (with, empty) = (letters(), tempfile::tempdir().unwrap());
    let without = Letters::with(SystemFonts::below(empty.path()));
    for (script, title, artist, _) in TITLES {
        for text in [title, artist] {
            assert_eq!(with.clean(text), text, "{script}");
            let latin = without.clean(text);
            assert!(!latin.is_empty() && latin.is_ascii(), "{script}: {latin}");
            assert_eq!(latin, Letters::ours().clean(text));
        }
    }
}

/// The width of a line in thousandths of the em, as HarfBuzz sets it.
fn by_harfbuzz(font: &Path, index: u32, text: &str) -> f32 {
    let output = Command::new("hb-shape")
        .args(["--font-size=1000", "--no-glyph-names", "--no-clusters", "--face-index"])
        .args([&index.to_string(), &font.display().to_string(), text])
        .output()
        .expect("`deploy/packages test` installs hb-shape");
    let said = String::from_utf8(output.stdout).unwrap();
    let glyphs = said.trim().trim_matches(['[', ']']).split('|');
    glyphs.map(|glyph| glyph.rsplit('+').next().unwrap().parse::<f32>().unwrap()).sum()
}

#[test]
fn words_are_as_wide_as_harfbuzz_sets_them() {
    let (folder, letters) = (folder(), letters());
    for (script, title, _, font) in TITLES.into_iter().filter(|(script, ..)| *script != "emoji") {
        let index = match script {
            "korean" => 1,
            "chinese" => 2,
            _ => 0,
        };
        for word in title.split(' ') {
            let ours = letters.width(&letters.clean(word), Face::bold(1000.0));
            let theirs = by_harfbuzz(&folder.join(font), index, word);
            assert!((ours - theirs).abs() < 2.0, "{script}, {word}: {ours}, by HarfBuzz {theirs}");
        }
    }
}

#[test]
fn every_script_looks_as_its_picture() {
    let letters = letters();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scripts");
    for (script, title, artist, _) in TITLES {
        let drawn = draw(&letters, &playing(title, artist), (240, 240));
        let path = golden.join(format!("{script}.png"));
        if std::env::var_os("MOODBOX_BLESS").is_some() {
            std::fs::create_dir_all(&golden).unwrap();
            let file = std::fs::File::create(&path).unwrap();
            PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive)
                .write_image(&drawn, 240, 240, ExtendedColorType::Rgb8)
                .unwrap();
            continue;
        }
        let known = image::open(&path).unwrap().to_rgb8();
        let differs =
            |(one, other): (&Rgb<u8>, &Rgb<u8>)| one.0.iter().zip(other.0).any(|(a, b)| a.abs_diff(b) > 40);
        let wrong = known.pixels().zip(drawn.pixels()).filter(|&pair| differs(pair)).count();
        // Noto's newer releases move single outlines a little.
        assert!(wrong < 400, "{script}: {wrong} pixels differ from {}", path.display());
    }
}

#[test]
fn the_times_stand_where_they_stood_beside_a_name_from_right_to_left() {
    let letters = letters();
    let foot = |screen: &Screen| {
        let drawn = draw(&letters, screen, (240, 240));
        image::imageops::crop_imm(&drawn, 0, 196, 240, 44).to_image().into_raw()
    };
    let latin = foot(&playing("Morning Has Broken", "Cat Stevens"));
    for (_, title, artist, _) in TITLES {
        assert!(foot(&playing(title, artist)) == latin, "{title}");
    }
}

#[test]
fn a_hostile_title_takes_a_bounded_time_and_stays_inside_the_panel() {
    let letters = letters();
    let hostile = [
        "a\u{301}".to_owned() + &"\u{301}".repeat(10_000),
        "ब".to_owned() + &"\u{93f}\u{94d}".repeat(10_000),
        "ع".to_owned() + &"\u{64b}".repeat(10_000),
        "\u{202e}abc\u{2066}אבג\u{202d}".repeat(3000),
        "(\u{2067}[".repeat(3000),
        "👨\u{200d}👩\u{200d}👧\u{200d}".repeat(3000),
        "ک\u{200c}".repeat(5000),
        "aあبअ".repeat(2000),
        (0..3000).filter_map(|code| char::from_u32(0x4e00 + code)).collect(),
        (0x600..0x1000).filter_map(char::from_u32).collect(),
        (0x1000..0x3000).filter_map(char::from_u32).collect(),
        (0x1_f000..0x1_fb00).filter_map(char::from_u32).collect(),
    ];
    for title in hostile {
        let begun = Instant::now();
        for size in [(240, 240), (320, 240), (80, 160)] {
            draw(&letters, &playing(&title, &title), size);
        }
        let shown = title.chars().take(8).collect::<String>();
        assert!(begun.elapsed() < Duration::from_secs(3), "{shown:?} took {:?}", begun.elapsed());
    }
}
