//! Every screen as a picture that a person can look at, compared pixel by pixel with the one drawn now.
//!
//! After a change that is meant: `MOODBOX_BLESS=1 cargo test --test pure panel_screens`, then look at what
//! changed in `tests/golden/panel` before it is committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use moodbox::ports::panel::letters::Letters;
use moodbox::ports::panel::screens::{self, Moment};
use moodbox::ports::panel::{Picture, screen_samples};
use moodbox_core::kiosk::action::Screen;
use moodbox_core::text::Language;

/// One step of RGB565 in a channel: what the rounding of another processor may move.
const ROUNDING: u8 = 9;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("tests/golden/panel")
}

/// As few bytes as PNG can: these files are kept for ever.
fn small_png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(picture, picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// Compares with the golden picture; the complaint names the file and the pixels.
fn check(name: &str, path: &Path, drawn: &RgbImage) -> Result<(), String> {
    if std::env::var_os("MOODBOX_BLESS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(path, small_png(drawn)).unwrap();
        return Ok(());
    }
    let golden = image::open(path).map_err(|error| format!("{}: {error}", path.display()))?.to_rgb8();
    if golden.dimensions() != drawn.dimensions() {
        return Err(format!("{name}: is {:?}, should be {:?}", drawn.dimensions(), golden.dimensions()));
    }
    let differs = |(a, b): &(&u8, &u8)| a.abs_diff(**b) > ROUNDING;
    let wrong: Vec<(u32, u32)> = golden
        .enumerate_pixels()
        .zip(drawn.pixels())
        .filter(|((_, _, is), was)| is.0.iter().zip(&was.0).any(|pair| differs(&pair)))
        .map(|((x, y, _), _)| (x, y))
        .collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    let actual = std::env::temp_dir().join(format!("moodbox-{}.png", name));
    drawn.save(&actual).unwrap();
    let (now, then) = (drawn.get_pixel(first.0, first.1).0, golden.get_pixel(first.0, first.1).0);
    Err(format!(
        "{name}: {} pixels differ, the first at {first:?}: {now:?}, should be {then:?}; drawn: {}",
        wrong.len(),
        actual.display()
    ))
}

fn check_all(language: Language, size: (u32, u32), only: &[&str]) {
    let complaints: Vec<String> = screen_samples::examples(language)
        .iter()
        .filter(|(name, _)| only.is_empty() || only.contains(&name.as_str()))
        .filter_map(|(name, screen)| {
            let file = format!("{name}.{}.{}x{}", language.code(), size.0, size.1);
            check(&file, &folder().join(format!("{file}.png")), &screen_samples::draw(screen, size, language))
                .err()
        })
        .collect();
    assert!(
        complaints.is_empty(),
        "{}\nIf it is meant, look at it and run with MOODBOX_BLESS=1.",
        complaints.join("\n")
    );
}

#[test]
fn every_screen_looks_as_its_picture_in_english() {
    check_all(Language::En, (240, 240), &[]);
}

#[test]
fn every_screen_looks_as_its_picture_in_german() {
    check_all(Language::De, (240, 240), &[]);
}

#[test]
fn screens_look_as_their_pictures_on_an_upright_panel() {
    check_all(
        Language::De,
        (240, 320),
        &["idle-trouble", "mood-happy", "unsure-any", "playing-long", "notice"],
    );
}

#[test]
fn screens_look_as_their_pictures_on_a_wide_panel() {
    check_all(
        Language::En,
        (320, 240),
        &["idle-trouble", "mood-happy", "unsure-any", "playing-long", "notice"],
    );
}

#[test]
fn what_moves_by_itself_looks_as_its_pictures() {
    let of = |name: &str| {
        screen_samples::examples(Language::En).into_iter().find(|(other, _)| other == name).unwrap().1
    };
    let Screen::Playing(mut long) = of("playing-long") else { panic!("no playing screen") };
    long.title = format!("{0} – {0}", long.title);
    let age = Duration::from_millis;
    for (name, screen, moment) in [
        // Eyes that are closed for a moment.
        ("idle.blink", of("idle"), Moment { age: age(6900), held: None }),
        // A long title on its way, between two lines.
        ("playing-long.moving", Screen::Playing(long.clone()), Moment { age: age(2700), held: None }),
        ("playing-long.stands", Screen::Playing(long), Moment::STILL),
        // A button that is held, until a long press takes effect.
        ("unsure-first.held", of("unsure-first"), Moment { held: Some(0.6), ..Moment::STILL }),
        ("playing-pressed.held", of("playing-pressed"), Moment { held: Some(0.6), ..Moment::STILL }),
    ] {
        let mut picture = Picture::new(240, 240);
        screens::draw_at(moment, &Letters::ours(), &screen, Language::En, &mut picture);
        let drawn = RgbImage::from_fn(240, 240, |x, y| Rgb(picture.rgb8(x, y)));
        let file = format!("{name}.en.240x240");
        check(&file, &folder().join(format!("{file}.png")), &drawn).unwrap();
    }
}

#[test]
fn the_sheet_in_the_readme_shows_the_screens_of_today() {
    check("the contact sheet", &root().join("docs/screens.png"), &screen_samples::contact_sheet()).unwrap();
}

#[test]
fn every_picture_belongs_to_a_screen() {
    let names: Vec<String> =
        screen_samples::examples(Language::En).into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.split('.').next().unwrap();
        assert!(names.iter().any(|known| known == name), "{file} is the picture of no screen");
    }
}

#[test]
fn a_press_that_is_felt_is_seen_at_the_edge_and_hides_nothing() {
    let playing = |name: &str| {
        screen_samples::examples(Language::En).into_iter().find(|(other, _)| other == name).unwrap().1
    };
    let before = screen_samples::draw(&playing("playing"), (240, 240), Language::En);
    let pressed = screen_samples::draw(&playing("playing-pressed"), (240, 240), Language::En);
    let changed = before.enumerate_pixels().zip(pressed.pixels()).filter(|((_, _, a), b)| a != b);
    let places: Vec<(u32, u32)> = changed.map(|((x, y, _), _)| (x, y)).collect();
    assert!(places.len() > 1000, "{} pixels say that the finger was felt", places.len());
    let edge = |at: u32| !(20..220).contains(&at);
    assert!(places.iter().all(|&(x, y)| edge(x) || edge(y)));
}
