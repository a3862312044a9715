//! What each [`Screen`] looks like, at any size, in any language.
//!
//! Places are computed from the size: on upright and square panels the figure stands above the words,
//! on wide ones beside them. Text is wrapped and shortened by `Column`.

use std::time::Duration;

mod looking;
mod playing;
mod reading;
mod signs;
mod waiting;

use super::Picture;
use super::canvas::{Area, Canvas, Ink};
use super::letters::Letters;
use super::movement::{self, Moving};
use super::palette;
use super::test_image;
use super::text_layout::{Align, Column};
use super::text_raster::Face;
use moodbox_core::kiosk::action::Screen;
use moodbox_core::screen::Sign;
use moodbox_core::text::Language;

/// How long things have stood on the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// How long the screen has stood, or one before it that it goes on from.
    pub age: Duration,
    /// How much of the time is over after which the button that is held does something, in [0, 1].
    pub held: Option<f32>,
}

impl Moment {
    /// Long after every movement, with no finger on the button.
    pub const STILL: Moment = Moment { age: Duration::MAX, held: None };
}

/// Draws a screen over the whole picture as it rests, in the letters of our own fonts.
pub fn draw(screen: &Screen, language: Language, picture: &mut Picture) {
    draw_with(&Letters::ours(), screen, language, picture);
}

/// The same in these letters.
pub fn draw_with(letters: &Letters, screen: &Screen, language: Language, picture: &mut Picture) {
    draw_at(Moment::STILL, letters, screen, language, picture);
}

/// The same at a moment. Says how it moves; none if it stands.
pub fn draw_at(
    moment: Moment,
    letters: &Letters,
    screen: &Screen,
    language: Language,
    picture: &mut Picture,
) -> Option<Moving> {
    if *screen == Screen::Sign(Sign::TestImage) {
        *picture = test_image::draw(picture.width(), picture.height());
        return None;
    }
    let stage = paint(moment, letters, screen, language, (picture.width(), picture.height()))?;
    let clipped = stage.canvas.clipped();
    if clipped > 0 {
        let (width, height) = (picture.width(), picture.height());
        tracing::debug!(pixels = clipped, width, height, "text fell beside the panel");
    }
    stage.canvas.copy_to(picture);
    if matches!(screen, Screen::Dozing { .. }) {
        picture.dim();
    }
    stage.moving
}

/// Whether one screen is the other a moment later: what moves on it goes on.
pub fn goes_on(before: &Screen, after: &Screen) -> bool {
    match (before, after) {
        (Screen::Playing(before), Screen::Playing(after)) => {
            (&before.title, &before.artist) == (&after.title, &after.artist)
        }
        (before, after) => before == after,
    }
}

/// A screen in full colour; none if the size has no pixels.
fn paint<'a>(
    moment: Moment,
    letters: &'a Letters,
    screen: &Screen,
    language: Language,
    (width, height): (u32, u32),
) -> Option<Stage<'a>> {
    let ground = if *screen == Screen::Asleep { palette::BLACK } else { palette::GROUND };
    let canvas = Canvas::new(width, height, ground, letters)?;
    let area = canvas.area();
    let unit = area.w.min(area.h) / 240.0;
    let wide = area.w > area.h * 1.15;
    let mut stage = Stage { canvas, language, area, unit, wide, moment, moving: None };
    match screen {
        Screen::Splash => waiting::splash(&mut stage),
        Screen::Idle { troubles } => waiting::idle(&mut stage, troubles, true),
        Screen::Dozing { troubles } => waiting::idle(&mut stage, troubles, false),
        Screen::Notice { seconds, text } => waiting::notice(&mut stage, *seconds, text.as_deref()),
        Screen::Hold { choice, next } => waiting::hold(&mut stage, *choice, *next),
        Screen::Sign(Sign::Address(address)) => signs::address(&mut stage, address),
        Screen::Sign(Sign::PressMe) => signs::press_me(&mut stage),
        // A picture of its own: see `draw`.
        Screen::Sign(Sign::TestImage) => {}
        Screen::Aim { advice } => looking::aim(&mut stage, *advice),
        Screen::Power(power) => waiting::power(&mut stage, *power),
        Screen::Goodbye => waiting::goodbye(&mut stage),
        Screen::Trouble(kind) => waiting::trouble(&mut stage, *kind),
        Screen::Look { done } => looking::look(&mut stage, *done),
        Screen::Waking => looking::waking(&mut stage),
        Screen::Thinking => looking::thinking(&mut stage),
        Screen::NoFace => looking::no_face(&mut stage),
        Screen::SeveralFaces { count } => looking::several_faces(&mut stage, *count),
        Screen::Mood { mood, strength, confidence, not_so } => {
            reading::mood(&mut stage, *mood, *strength, *confidence, *not_so)
        }
        Screen::Chosen { mood, by } => reading::chosen_mood(&mut stage, *mood, by.as_deref()),
        Screen::Gentle => reading::gentle(&mut stage),
        Screen::Unsure { candidates, selected } => reading::unsure(&mut stage, candidates, *selected),
        Screen::NothingToPlay { mood } => reading::nothing_to_play(&mut stage, *mood),
        Screen::Quiet { until } => waiting::quiet(&mut stage, *until),
        Screen::AskToForget => waiting::ask_to_forget(&mut stage),
        Screen::Forgotten => waiting::forgotten(&mut stage),
        Screen::Asleep => {}
        Screen::Playing(playing) => playing::playing(&mut stage, playing),
    }
    if let Some(share) = moment.held {
        stage.held(share);
    }
    Some(stage)
}

/// The smallest letters on 240x240, in pixels.
const LEAST: f32 = 20.0;

/// A press, as a sign: it is understood before the words are read.
#[derive(Clone, Copy)]
enum Press {
    Short,
    Long,
}

impl Press {
    fn width(self, unit: f32) -> f32 {
        unit * match self {
            Press::Short => 10.0,
            Press::Long => 26.0,
        }
    }
}

/// A screen in the making: the canvas and what every screen needs to know.
struct Stage<'a> {
    canvas: Canvas<'a>,
    language: Language,
    area: Area,
    /// One 240th of the shorter side: lengths are written for a 240x240 panel.
    unit: f32,
    /// Whether figure and words stand side by side.
    wide: bool,
    moment: Moment,
    /// How something on it moves.
    moving: Option<Moving>,
}

impl<'a> Stage<'a> {
    /// What its text is written with.
    fn letters(&self) -> &'a Letters {
        self.canvas.letters()
    }

    /// The screen without its margin, as a place for the figure and one for the words.
    /// `share` of the height goes to the figure where it stands above.
    fn halves(&self, share: f32) -> (Area, Area) {
        let inner = self.area.inset(self.px(12.0), self.px(10.0));
        if self.wide {
            let (figure, words) = inner.split_left(inner.w * 0.42);
            (figure, Area::new(words.x + self.px(10.0), words.y, words.w - self.px(10.0), words.h))
        } else {
            // What an upright panel has more, both get.
            inner.split_top(inner.h * share)
        }
    }

    /// Pixels for a length written for 240x240.
    fn px(&self, length: f32) -> f32 {
        length * self.unit
    }

    fn plain(&self, size: f32) -> Face {
        Face::plain(self.px(size))
    }

    fn bold(&self, size: f32) -> Face {
        Face::bold(self.px(size))
    }

    /// The radius of a figure of this radius on 240x240, as far as there is room for it.
    fn radius(&self, place: Area, radius: f32) -> f32 {
        // What a panel has beyond a square makes figures larger too, as far as it goes.
        let beyond = self.area.w.max(self.area.h) / self.area.w.min(self.area.h).max(1.0);
        let roomy = self.px(radius) * beyond.min(if self.wide { 1.05 } else { 1.2 });
        roomy.min(place.w / 2.0).min(place.h / 2.0)
    }

    /// The light around the device's own face. It stands in the same place on all of its screens: what does
    /// not change from one to the next need not travel to the panel.
    fn own_light(&mut self) {
        let (figure, _) = self.halves(0.64);
        let ((x, y), radius) = (figure.center(), self.radius(figure, 62.0) * 1.75);
        self.canvas.glow(x, y, radius, palette::OWN, 0.18);
    }

    /// The frame that fills while the button is held.
    fn held(&mut self, share: f32) {
        let (area, width) = (self.area.inset(self.px(2.0), self.px(2.0)), self.px(5.0));
        self.canvas.frame(area, self.px(18.0), width, palette::RAISED);
        self.canvas.edge(area, self.px(18.0), width, share, palette::OWN);
    }

    /// Blocks of words: no letter of them is smaller than 20 px on 240x240, for eyes that are weak.
    fn column(&self) -> Column {
        Column::at_least(self.px(LEAST))
    }

    /// What short and long presses do: a dot and a bar, each before its words. On one line where there is room.
    fn presses(&mut self, place: Area, rows: &[(Press, &str)], ink: Ink) {
        let face = self.plain(LEAST);
        let (gap, apart) = (self.px(7.0), self.px(18.0));
        let widths: Vec<f32> = rows
            .iter()
            .map(|(press, words)| press.width(self.unit) + gap + self.letters().width(words, face))
            .collect();
        let whole = widths.iter().sum::<f32>() + apart * (rows.len().saturating_sub(1)) as f32;
        let one_line = whole <= place.w;
        let height = face.line_height() * if one_line { 1.0 } else { rows.len() as f32 };
        let (middle, y) = place.center();
        let (mut x, mut top) = (middle - whole / 2.0, y - height / 2.0);
        for ((press, words), width) in rows.iter().zip(widths) {
            if !one_line {
                x = middle - width / 2.0;
            }
            let baseline = top + face.baseline();
            self.press(*press, x, baseline - face.size * 0.34, ink);
            let at = x + press.width(self.unit) + gap;
            let words = self.letters().shorten(words, face, place.x + place.w - at);
            self.canvas.text(&words, face, at, baseline, ink);
            if one_line {
                x += width + apart;
            } else {
                top += face.line_height();
            }
        }
    }

    /// The sign of a press, with its left end and the middle of its height here.
    fn press(&mut self, press: Press, x: f32, y: f32, ink: Ink) {
        let (width, height) = (press.width(self.unit), self.px(10.0));
        let place = Area::new(x, y - height / 2.0, width, height);
        self.canvas.plate(place, height / 2.0, ink, 1.0);
    }

    fn words(&mut self, column: &Column, place: Area) {
        column.draw(&mut self.canvas, place, Align::Center);
    }

    /// Headline and one sentence: most screens.
    fn headline(&mut self, place: Area, title: &str, hint: &str, ink: Ink) {
        let fits_one = self.letters().width(title, self.bold(22.0)) <= place.w;
        let (lines, quiet) = (if fits_one { 1 } else { 2 }, palette::QUIET);
        let column = self.column().add(title, self.bold(27.0), ink, lines, 0.0);
        let column = column.add(hint, self.plain(LEAST), quiet, 4, self.px(3.0));
        self.words(&column, place);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ports::panel::screen_samples;
    use crate::ports::panel::system_fonts::{FOLDER, SystemFonts};
    use moodbox_core::kiosk::action::{Flash, Playing};
    use moodbox_core::kiosk::event::TroubleKind;
    use moodbox_core::mood::{Mood, Strength};
    use moodbox_core::screen::{Advice, PageAddress};

    const SIZES: [(u32, u32); 3] = [(240, 240), (240, 320), (320, 240)];

    fn check(screen: &Screen, language: Language) {
        check_with(&Letters::ours(), screen, language, &SIZES);
    }

    fn check_with(letters: &Letters, screen: &Screen, language: Language, sizes: &[(u32, u32)]) {
        for &(width, height) in sizes {
            let canvas = paint(Moment::STILL, letters, screen, language, (width, height)).unwrap().canvas;
            assert_eq!(canvas.clipped(), 0, "{screen:?} in {language:?} at {width}x{height}");
            assert!(canvas.smallest() >= LEAST, "{screen:?}: letters of {} px", canvas.smallest());
        }
    }

    #[test]
    fn no_word_of_any_screen_falls_beside_the_panel() {
        for language in Language::ALL {
            for (_, screen) in screen_samples::examples(language) {
                check(&screen, language);
            }
            for kind in TroubleKind::ALL {
                check(&Screen::Trouble(kind), language);
                check(&Screen::Idle { troubles: vec![kind; 5] }, language);
            }
            for mood in Mood::ALL {
                for by in [None, Some("chair".to_owned()), Some("W".repeat(300))] {
                    check(&Screen::Chosen { mood, by }, language);
                }
                check(&Screen::NothingToPlay { mood }, language);
                for strength in [Strength::Slight, Strength::Clear, Strength::Strong] {
                    check(&Screen::Mood { mood, strength, confidence: 1.0, not_so: true }, language);
                }
                let candidates = Mood::ALL.to_vec();
                check(&Screen::Unsure { candidates, selected: mood.index() }, language);
            }
            for advice in Advice::ALL {
                check(&Screen::Aim { advice: Some(advice) }, language);
            }
            for name in [None, Some("w".repeat(70).into())] {
                let url = "http://[fd00:1234:5678:9abc:def0:1234:5678:9abc]:65535/".into();
                check(&Screen::Sign(Sign::Address(PageAddress { url, name })), language);
            }
            check(&Screen::Notice { seconds: u8::MAX, text: None }, language);
            let longest = "w".repeat(40) + &" looks at you".repeat(9);
            check(&Screen::Notice { seconds: 9, text: Some(longest.into()) }, language);
            check(&Screen::Quiet { until: 23 * 60 + 59 }, language);
            check(&Screen::Forgotten, language);
            check(&Screen::Asleep, language);
            check(&Screen::SeveralFaces { count: usize::MAX }, language);
        }
    }

    #[test]
    fn no_word_of_ours_is_left_out_for_want_of_room() {
        for language in Language::ALL {
            let ours = screen_samples::examples(language).into_iter().map(|(_, screen)| screen);
            for screen in ours.chain(TroubleKind::ALL.map(Screen::Trouble)) {
                for (width, height) in SIZES {
                    let letters = Letters::ours();
                    let stage = paint(Moment::STILL, &letters, &screen, language, (width, height)).unwrap();
                    assert_eq!(stage.canvas.left_out(), 0, "{screen:?} in {language:?} at {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn numbers_that_are_none_and_choices_that_are_not_there_are_drawn() {
        for number in [f32::NAN, f32::INFINITY, -1.0, 2.0] {
            check(&Screen::Look { done: number }, Language::En);
            let (mood, strength) = (Mood::Sad, Strength::Clear);
            check(&Screen::Mood { mood, strength, confidence: number, not_so: false }, Language::En);
        }
        check(&Screen::Unsure { candidates: vec![], selected: 3 }, Language::En);
        check(&Screen::Unsure { candidates: vec![Mood::Sad], selected: 3 }, Language::En);
        let endless = Playing { elapsed: Duration::MAX, length: Some(Duration::MAX), ..Playing::default() };
        check(&Screen::Playing(endless), Language::En);
    }

    #[test]
    fn panels_of_any_size_are_drawn_without_a_panic() {
        for (width, height) in
            [(0, 0), (1, 1), (0, 240), (3, 200), (80, 160), (135, 240), (480, 320), (800, 10)]
        {
            let mut picture = Picture::new(width, height);
            for (_, screen) in screen_samples::examples(Language::De) {
                draw(&screen, Language::De, &mut picture);
            }
        }
    }

    fn at(screen: &Screen, age: Duration, held: Option<f32>) -> (Picture, Option<Moving>) {
        let mut picture = Picture::new(240, 240);
        let moving = draw_at(Moment { age, held }, &Letters::ours(), screen, Language::En, &mut picture);
        (picture, moving)
    }

    /// The rows in which two pictures differ.
    fn rows(one: &Picture, other: &Picture) -> Vec<u32> {
        (0..one.height()).filter(|&y| one.row(y) != other.row(y)).collect()
    }

    #[test]
    fn a_waiting_face_blinks_and_only_its_eyes_are_sent() {
        let idle = Screen::Idle { troubles: vec![] };
        let (open, moving) = at(&idle, Duration::ZERO, None);
        let moving = moving.unwrap();
        assert!(moving.rests);
        let (closed, moving) = at(&idle, moving.next, None);
        assert!(!moving.unwrap().rests);
        let rows = rows(&open, &closed);
        assert!((4..30).contains(&rows.len()), "{rows:?}");
        let dozing = Screen::Dozing { troubles: vec![] };
        assert_eq!(at(&dozing, Duration::ZERO, None).1, None, "nobody looks: no wake-up");
        assert_eq!(at(&Screen::Asleep, Duration::ZERO, None).1, None);
        assert_eq!(at(&Screen::Quiet { until: 420 }, Duration::ZERO, None).1, None);
    }

    #[test]
    fn a_title_that_fits_stands_and_a_long_one_moves_once_in_its_own_place() {
        let name = |wanted: &str| {
            let all = screen_samples::examples(Language::En);
            all.into_iter().find(|(name, _)| name == wanted).unwrap().1
        };
        assert_eq!(at(&name("playing"), Duration::ZERO, None).1, None);
        let Screen::Playing(mut long) = name("playing-long") else { panic!("no playing screen") };
        long.title = long.title.repeat(2);
        let long = Screen::Playing(long);
        let (mut age, mut wakes, mut pictures) = (Duration::ZERO, 0, Vec::new());
        let first = at(&long, age, None).0;
        while let (picture, Some(moving)) = at(&long, age, None) {
            let rows = rows(&first, &picture);
            assert!(rows.iter().all(|row| (55..170).contains(row)), "{rows:?}");
            pictures.push(picture);
            age += moving.next;
            wakes += 1;
        }
        assert!(pictures.iter().any(|picture| *picture != first), "it moved");
        assert!(wakes < 120 && age < Duration::from_secs(20), "{wakes} wake-ups in {age:?}");
        let mut still = Picture::new(240, 240);
        draw(&long, Language::En, &mut still);
        assert!(at(&long, age, None).0 == still, "then it stands, with its ellipsis");
        assert!(goes_on(&long, &long));
        assert!(!goes_on(&long, &name("playing")));
    }

    #[test]
    fn the_frame_of_a_hold_fills_clockwise_at_the_edge_of_any_screen() {
        let screen = Screen::AskToForget;
        let count = |share: f32| {
            let (picture, _) = at(&screen, Duration::MAX, Some(share));
            let own = |x: u32, y: u32| picture.rgb8(x, y)[1] > 150 && picture.rgb8(x, y)[0] < 130;
            let places: Vec<(u32, u32)> =
                (0..240).flat_map(|y| (0..240).map(move |x| (x, y))).filter(|&(x, y)| own(x, y)).collect();
            (places.iter().filter(|(x, y)| *y < 8 || *x > 231).count(), places.len())
        };
        let (_, none) = count(0.0);
        let (quarter_there, quarter) = count(0.25);
        let (_, half) = count(0.5);
        let (_, whole) = count(1.0);
        assert!(none < quarter && quarter < half && half < whole, "{none} {quarter} {half} {whole}");
        assert!(quarter_there > (quarter - none) * 9 / 10, "the first quarter is above and at the right");
        for odd in [f32::NAN, -1.0, 2.0] {
            at(&screen, Duration::ZERO, Some(odd));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_title_in_any_script_is_drawn_inside_the_panel(
            title in any_text(), artist in any_text(), why in any_text(),
            mood in proptest::option::of(proptest::sample::select(Mood::ALL.to_vec())),
            elapsed in any::<u32>(), length in proptest::option::of(any::<u32>()),
            liked: bool, paused: bool, volume: u8,
        ) {
            let seconds = |seconds: u32| Duration::from_secs(seconds.into());
            let playing = Playing {
                not_so: true,
                mood, title, artist, why, liked, paused, amiss: None,
                sleep: (volume % 3 == 0).then_some(volume.into()),
                elapsed: seconds(elapsed),
                length: length.map(seconds),
                flash: (volume % 2 == 0).then_some(Flash::Volume(volume)),
            };
            let screen = Screen::Playing(playing);
            check(&screen, Language::En);
            // With the fonts of the machine, whichever are there.
            check_with(&Letters::with(SystemFonts::below(FOLDER)), &screen, Language::En, &SIZES[..1]);
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            Just(String::new()),
            "\\PC{0,400}",
            "[a-zäöü]{60,300}",
            "[\u{590}-\u{6ff} ]{0,80}",
            "[\u{1f300}-\u{1faff}\u{200d}\u{fe0f}]{0,40}",
            "[\u{4e00}-\u{4fff}]{0,80}",
            "[\u{900}-\u{97f}\u{e00}-\u{e7f} ]{0,80}",
            "(\n|\r|\t|\u{0}|a\u{308}| ){0,60}",
        ]
    }
}
