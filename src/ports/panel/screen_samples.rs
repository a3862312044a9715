//! One example of every screen: for the tests, the contact sheet, and people who change a screen.

use crate::numbers::to_u32;
use std::time::Duration;

use image::{Rgb, RgbImage, imageops};

use super::{Picture, screens};
use moodbox_core::kiosk::THREE;
use moodbox_core::kiosk::action::{Amiss, Flash, Playing, Power, Screen};
use moodbox_core::kiosk::event::TroubleKind;
use moodbox_core::mood::{Mood, Strength};
use moodbox_core::screen::{Advice, HoldChoice, PageAddress, Sign};
use moodbox_core::text::Language;

/// Every kind of screen by a short name, with the words that a recommender would bring.
pub fn examples(language: Language) -> Vec<(String, Screen)> {
    let mut all: Vec<(String, Screen)> = Vec::new();
    let mut add = |name: &str, screen: Screen| all.push((name.to_owned(), screen));
    add("splash", Screen::Splash);
    add("idle", Screen::Idle { troubles: vec![] });
    add("idle-trouble", Screen::Idle { troubles: vec![TroubleKind::MusicAbsent, TroubleKind::VideoAbsent] });
    add("notice", Screen::Notice { seconds: 3, text: None });
    add("look", Screen::Look { done: 0.0 });
    add("look-half", Screen::Look { done: 0.55 });
    add("waking", Screen::Waking);
    add("thinking", Screen::Thinking);
    for (mood, strength, confidence) in [
        (Mood::Angry, Strength::Clear, 0.83),
        (Mood::Disgust, Strength::Slight, 0.61),
        (Mood::Fear, Strength::Slight, 0.58),
        (Mood::Happy, Strength::Strong, 0.97),
        (Mood::Sad, Strength::Clear, 0.8),
        (Mood::Surprise, Strength::Strong, 0.96),
        (Mood::Neutral, Strength::Clear, 0.86),
    ] {
        add(&format!("mood-{mood}"), Screen::Mood { mood, strength, confidence, not_so: true });
    }
    add("chosen", Screen::Chosen { mood: Mood::Happy, by: None });
    add("chosen-by-sensor", Screen::Chosen { mood: Mood::Sad, by: Some("Stimmungsring Flur".into()) });
    let name = "Stimmungsring im Flur des Erdgeschosses".into();
    add("chosen-by-sensor-long", Screen::Chosen { mood: Mood::Disgust, by: Some(name) });
    add("gentle", Screen::Gentle);
    let two = vec![Mood::Sad, Mood::Neutral];
    add("unsure-first", Screen::Unsure { candidates: two.clone(), selected: 0 });
    add("unsure-second", Screen::Unsure { candidates: two, selected: 1 });
    add("unsure-any", Screen::Unsure { candidates: Mood::ALL.to_vec(), selected: 5 });
    add("unsure-three", Screen::Unsure { candidates: THREE.to_vec(), selected: 1 });
    add("no-face", Screen::NoFace);
    add("several-faces", Screen::SeveralFaces { count: 2 });
    add("several-faces-many", Screen::SeveralFaces { count: 4 });
    let playing = playing(language);
    add("playing", Screen::Playing(playing.clone()));
    add("playing-not-so", Screen::Playing(Playing { not_so: true, ..playing.clone() }));
    let read = |title: &str, artist: &str| {
        let (title, artist) = (title.to_owned(), artist.to_owned());
        Screen::Playing(Playing { title, artist, ..playing.clone() })
    };
    add("playing-japanese", read("夜に駆ける", "幾田りら"));
    add("playing-arabic", read("نسم علينا الهوى", "فيروز"));
    add("playing-hindi", read("तुम ही हो 🔥", "अरिजीत सिंह"));
    add("playing-sleep-timer", Screen::Playing(Playing { sleep: Some(25), ..playing.clone() }));
    add("playing-liked-paused", Screen::Playing(Playing { liked: true, paused: true, ..playing.clone() }));
    let waiting = Playing { amiss: Some(Amiss::Waiting), ..playing.clone() };
    add("playing-waiting", Screen::Playing(waiting));
    let blind = Playing { amiss: Some(Amiss::Ill(TroubleKind::VideoAbsent)), ..playing.clone() };
    add("playing-without-video", Screen::Playing(blind));
    add("playing-long", Screen::Playing(long(language)));
    for (name, flash) in [
        ("pressed", Flash::Pressed),
        ("next", Flash::Next),
        ("liked", Flash::Liked),
        ("stopping", Flash::Stopping),
        ("volume", Flash::Volume(40)),
    ] {
        add(&format!("playing-{name}"), Screen::Playing(Playing { flash: Some(flash), ..playing.clone() }));
    }
    add("nothing-to-play", Screen::NothingToPlay { mood: Mood::Sad });
    add("trouble-camera", Screen::Trouble(TroubleKind::CameraMissing));
    add("trouble-music", Screen::Trouble(TroubleKind::MusicPassword));
    add("trouble-vision", Screen::Trouble(TroubleKind::VisionBroken));
    add("quiet-hours", Screen::Quiet { until: 7 * 60 });
    add("forgotten", Screen::Forgotten);
    for (name, choice, next) in [
        ("off", HoldChoice::PowerOff, Some(HoldChoice::Restart)),
        ("restart", HoldChoice::Restart, Some(HoldChoice::Forget)),
        ("forget", HoldChoice::Forget, Some(HoldChoice::Nothing)),
        ("nothing", HoldChoice::Nothing, None),
    ] {
        add(&format!("hold-{name}"), Screen::Hold { choice, next });
    }
    add("ask-to-forget", Screen::AskToForget);
    add("press-me", Screen::Sign(Sign::PressMe));
    add("test-image", Screen::Sign(Sign::TestImage));
    add("aim-start", Screen::Aim { advice: None });
    add("aim-closer", Screen::Aim { advice: Some(Advice::Closer) });
    add("aim-good", Screen::Aim { advice: Some(Advice::Good) });
    add("address", Screen::Sign(Sign::Address(address("192.168.178.123", Some("moodbox.local")))));
    add("power-off", Screen::Power(Power::Off));
    add("goodbye", Screen::Goodbye);
    all
}

fn address(number: &str, name: Option<&str>) -> PageAddress {
    PageAddress {
        url: format!("http://{number}:8740/").into(),
        name: name.map(|name| format!("{name}:8740").into()),
    }
}

/// A screen as a picture for a file or a page.
pub fn draw(screen: &Screen, (width, height): (u32, u32), language: Language) -> RgbImage {
    let mut picture = Picture::new(width, height);
    screens::draw(screen, language, &mut picture);
    RgbImage::from_fn(width, height, |x, y| Rgb(picture.rgb8(x, y)))
}

/// The screens of the contact sheet, in the order in which a person meets them.
const SHEET: [(&str, Language); 12] = [
    ("idle", Language::En),
    ("look-half", Language::En),
    ("thinking", Language::En),
    ("mood-happy", Language::En),
    ("playing", Language::En),
    ("unsure-first", Language::En),
    ("mood-sad", Language::De),
    ("playing-liked", Language::De),
    ("unsure-any", Language::De),
    ("no-face", Language::De),
    ("trouble-music", Language::De),
    ("goodbye", Language::De),
];

/// Twelve screens of a 240x240 panel on one sheet, for the README.
pub fn contact_sheet() -> RgbImage {
    let (side, gap, columns) = (240, 16, 4);
    let rows = to_u32(SHEET.len()) / columns;
    let length = |count: u32| count * (side + gap) + gap;
    let mut sheet = RgbImage::from_pixel(length(columns), length(rows), Rgb([58, 62, 68]));
    for (number, (name, language)) in (0u32..).zip(SHEET) {
        let found = examples(language).into_iter().find(|(other, _)| other == name);
        if let Some((_, screen)) = found {
            let (x, y) = (length(number % columns), length(number / columns));
            imageops::replace(&mut sheet, &draw(&screen, (side, side), language), x.into(), y.into());
        }
    }
    sheet
}

fn playing(language: Language) -> Playing {
    let (title, artist, why) = match language {
        Language::En => ("Morning Has Broken", "Cat Stevens", "gentle and bright, for sad"),
        Language::De => ("Über den Wolken", "Reinhard Mey", "sanft und hell, für traurig"),
    };
    Playing {
        mood: Some(Mood::Sad),
        title: title.to_owned(),
        artist: artist.to_owned(),
        elapsed: Duration::from_secs(83),
        length: Some(Duration::from_secs(227)),
        why: why.to_owned(),
        ..Playing::default()
    }
}

/// Tags as they are found in the wild.
fn long(language: Language) -> Playing {
    let why = match language {
        Language::En => "its genre “chamber music” is calm, as the template for angry asks",
        Language::De => "das Genre „Kammermusik“ ist ruhig, wie die Vorlage für wütend es will",
    };
    Playing {
        mood: Some(Mood::Angry),
        title: "Streichquartett Nr. 14 d-Moll D 810 „Der Tod und das Mädchen“: II. Andante con moto"
            .to_owned(),
        artist: "Württembergisches Kammerorchester Heilbronn, Λένα Πλάτωνος, Полина Осетинская, 坂本龍一"
            .to_owned(),
        elapsed: Duration::from_secs(3725),
        length: Some(Duration::from_secs(4200)),
        why: why.to_owned(),
        liked: true,
        ..Playing::default()
    }
}
