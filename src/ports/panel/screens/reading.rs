//! Screens about a mood: the reading, the choice when it is unsure, nothing to play for it.

use super::{LEAST, Press, Stage};
use crate::ports::panel::canvas::{Area, Ink};
use crate::ports::panel::faces::{self, Look};
use crate::ports::panel::letters::Letters;
use crate::ports::panel::palette;
use crate::ports::panel::text_raster::Face;
use moodbox_core::mood::{Mood, Strength};
use moodbox_core::text::{self, Language, Prompt, prompt};

pub(super) fn mood(stage: &mut Stage<'_>, mood: Mood, strength: Strength, confidence: f32, not_so: bool) {
    let words = portrait(stage, Look::Of(mood));
    let (words, sign) = words.split_bottom(stage.px(if not_so { 27.0 } else { 0.0 }));
    if not_so {
        let how = prompt(Prompt::NotSo, stage.language);
        stage.presses(sign, &[(Press::Short, how)], palette::TEXT);
    }
    // Where a press still says no, the bar stands without its words.
    let (words, sure) = words.split_bottom(stage.px(if not_so { 14.0 } else { 39.0 }));
    let said = text::mood(mood, stage.language);
    let face = stage.plain(20.0);
    sentence(stage, words, face, [said.before, said.word, said.after], palette::of(mood));
    // Of a face that shows nothing, nothing more is claimed.
    if mood != Mood::Neutral {
        sureness(stage, sure, mood, (!not_so).then_some(strength), confidence);
    }
}

/// A mood that was named: no face was read, so nothing is said about one.
pub(super) fn chosen_mood(stage: &mut Stage<'_>, mood: Mood, sensor: Option<&str>) {
    let words = portrait(stage, Look::Of(mood));
    let face = stage.plain(24.0);
    let (before, face) = match sensor {
        Some(name) => sensor_says(stage.letters(), name, stage.language, face, words.w),
        None => (prompt(Prompt::Chosen, stage.language).to_owned(), stage.plain(LEAST)),
    };
    let word = text::mood(mood, stage.language).word;
    sentence(stage, words, face, [&before, word, ""], palette::of(mood));
}

/// Who says it, on one line: a long name is written smaller, and then shortened, so that the sentence stays whole.
fn sensor_says(
    letters: &Letters,
    name: &str,
    language: Language,
    mut face: Face,
    most: f32,
) -> (String, Face) {
    let (name, least) = (letters.clean(name), face.size * LEAST / 24.0);
    let says = |name: &str| text::sensor_says(name, language);
    while face.size > least && letters.width(&says(&name), face) > most {
        face.size -= 1.0;
    }
    let room = most - letters.width(&says(""), face);
    (says(&letters.shorten(&name, face, room)), face)
}

/// No mood is known.
pub(super) fn gentle(stage: &mut Stage<'_>) {
    let words = portrait(stage, Look::Awake);
    let [before, word] = [Prompt::Something, Prompt::Gentle].map(|which| prompt(which, stage.language));
    let face = stage.plain(20.0);
    sentence(stage, words, face, [before, word, ""], palette::OWN);
}

/// A large face in its own light; the place beside or under it is left for words.
fn portrait(stage: &mut Stage<'_>, look: Look) -> Area {
    let (figure, words) = stage.halves(0.47);
    let radius = stage.radius(figure, 54.0);
    let (x, y) = figure.center();
    stage.canvas.glow(x, y, stage.px(170.0), look.ink(), 0.3);
    faces::draw(&mut stage.canvas, look, (x, y), radius);
    if stage.wide { words.inset(0.0, words.h * 0.16) } else { words }
}

/// "you look", and under it the word, large, with what the language needs after it.
fn sentence(stage: &mut Stage<'_>, place: Area, small: Face, [before, word, after]: [&str; 3], ink: Ink) {
    let mut large = stage.bold(36.0);
    let after = if after.is_empty() { String::new() } else { format!(" {}", after) };
    let letters = stage.letters();
    let width = |large| letters.width(word, large) + letters.width(&after, small);
    while width(large) > place.w && large.size > small.size {
        large.size -= 1.0;
    }
    let total = small.line_height() + large.line_height() - stage.px(5.0);
    let (middle, y) = place.center();
    let top = y - total / 2.0;
    let x = middle - letters.width(before, small) / 2.0;
    stage.canvas.text(before, small, x, top + small.baseline(), palette::TEXT);
    let x = middle - width(large) / 2.0;
    let baseline = top + small.line_height() - stage.px(5.0) + large.baseline();
    stage.canvas.text(word, large, x, baseline, ink);
    let x = x + letters.width(word, large);
    stage.canvas.text(&after, small, x, baseline, palette::TEXT);
}

/// How sure: a bar and words under it.
fn sureness(stage: &mut Stage<'_>, place: Area, mood: Mood, strength: Option<Strength>, confidence: f32) {
    let width = place.w.min(stage.px(150.0));
    let (x, _) = place.center();
    let bar = Area::new(x - width / 2.0, place.y + stage.px(3.0), width, stage.px(7.0));
    stage.canvas.bar(bar, confidence, palette::RAISED, palette::of(mood));
    let Some(strength) = strength else { return };
    let (_, line) = place.split_bottom(place.h - stage.px(13.0));
    let words = text::sureness(strength, stage.language);
    let column = stage.column().add(words, stage.plain(LEAST), palette::QUIET, 1, 0.0);
    stage.words(&column, line);
}

pub(super) fn unsure(stage: &mut Stage<'_>, candidates: &[Mood], selected: usize) {
    let Some(count) = (!candidates.is_empty()).then_some(candidates.len()) else { return };
    let selected = selected.min(count - 1);
    let mood = candidates[selected];
    let ink = palette::of(mood);
    let inner = stage.area.inset(stage.px(10.0), stage.px(10.0));
    let (title, rest) = inner.split_top(stage.px(26.0));
    let (rest, how) = rest.split_bottom(stage.px(26.0));
    let (faces_at, word) = rest.split_bottom(stage.px(38.0));

    // With two, a look came before; with more, nobody was looked at or nothing was seen.
    let few = count <= 3;
    let asked = prompt(if count <= 2 { Prompt::Unsure } else { Prompt::Pick }, stage.language);
    let column = stage.column().add(asked, stage.plain(20.0), palette::TEXT, 1, 0.0);
    stage.words(&column, title);
    if few {
        side_by_side(stage, faces_at, candidates, selected);
    } else {
        carousel(stage, faces_at, candidates, selected);
    }
    let called = match mood {
        _ if count != 3 => text::mood(mood, stage.language).word,
        Mood::Happy => prompt(Prompt::Good, stage.language),
        Mood::Neutral => prompt(Prompt::SoSo, stage.language),
        _ => prompt(Prompt::Bad, stage.language),
    };
    let column = stage.column().add(called, stage.bold(29.0), ink, 1, 0.0);
    stage.words(&column, word);

    let [next, take] = [Prompt::ChooseNext, Prompt::ChooseThis].map(|which| prompt(which, stage.language));
    stage.presses(how, &[(Press::Short, next), (Press::Long, take)], palette::QUIET);
}

/// Two or three candidates: all of them, the selected one large, lit and underlined.
fn side_by_side(stage: &mut Stage<'_>, place: Area, candidates: &[Mood], selected: usize) {
    let count = candidates.len() as f32;
    // Circles in a row: one large, the others three quarters of it, the gaps a quarter of a radius.
    let widths = 2.0 + (count - 1.0) * (2.0 * BESIDE + 0.25);
    let most = stage.px(if stage.wide { 56.0 } else { 52.0 });
    let radius = (place.w / widths).min(place.h / 2.0 - stage.px(4.0)).min(most);
    let (middle, y) = place.center();
    let mut left = middle - radius * widths / 2.0;
    for (number, &mood) in candidates.iter().enumerate() {
        let own = if number == selected { radius } else { radius * BESIDE };
        let x = left + own;
        if number == selected {
            stage.canvas.glow(x, y, radius * 1.6, palette::of(mood), 0.3);
            chosen(stage, mood, (x, y), own);
        } else {
            faces::draw_faded(&mut stage.canvas, Look::Of(mood), (x, y), own);
        }
        left += own * 2.0 + radius * 0.25;
    }
}

/// Size of a face that is not selected, as a share of the selected one's.
const BESIDE: f32 = 0.75;

/// A face in a white ring of this radius.
fn chosen(stage: &mut Stage<'_>, mood: Mood, center: (f32, f32), radius: f32) {
    let line = stage.px(3.5);
    stage.canvas.arc(center, radius - line / 2.0, line, 1.0, palette::WHITE);
    let inside = radius - line - stage.px(3.0);
    faces::draw(&mut stage.canvas, Look::Of(mood), center, inside);
}

/// Any number of candidates: the selected one in the middle, its neighbours beside it, dots below.
fn carousel(stage: &mut Stage<'_>, place: Area, candidates: &[Mood], selected: usize) {
    let count = candidates.len();
    let (place, dots) = place.split_bottom(stage.px(14.0));
    let (x, y) = place.center();
    let radius = stage.px(50.0).min(place.h / 2.0);
    let gap = stage.px(7.0);
    let small = ((place.w / 2.0 - radius - gap) / 2.0).clamp(0.0, radius * 0.66);
    let apart = radius + gap + small;
    for (side, number) in [(-1.0, (selected + count - 1) % count), (1.0, (selected + 1) % count)] {
        faces::draw_faded(&mut stage.canvas, Look::Of(candidates[number]), (x + side * apart, y), small);
    }
    let ink = palette::of(candidates[selected]);
    stage.canvas.glow(x, y, radius * 1.6, ink, 0.28);
    chosen(stage, candidates[selected], (x, y), radius);

    let (middle, y) = dots.center();
    let step = stage.px(13.0).min(dots.w / count as f32);
    for number in 0..count {
        let x = middle + (number as f32 - (count as f32 - 1.0) / 2.0) * step;
        let (size, ink) = if number == selected { (4.0, ink) } else { (2.5, palette::QUIET) };
        stage.canvas.disc(x, y + stage.px(3.0), stage.px(size), ink);
    }
}

pub(super) fn nothing_to_play(stage: &mut Stage<'_>, mood: Mood) {
    let (figure, words) = stage.halves(0.34);
    let radius = stage.radius(figure, 36.0);
    let center = figure.center();
    stage.canvas.glow(center.0, center.1, radius * 1.8, palette::of(mood), 0.18);
    faces::draw(&mut stage.canvas, Look::Of(mood), center, radius);
    let word = text::mood(mood, stage.language).word;
    let column = stage
        .column()
        .add(prompt(Prompt::NothingToPlay, stage.language), stage.bold(26.0), palette::TEXT, 2, 0.0)
        .add(
            prompt(Prompt::NothingToPlayHint, stage.language),
            stage.plain(LEAST),
            palette::QUIET,
            3,
            stage.px(4.0),
        )
        .add(word, stage.bold(20.0), palette::of(mood), 1, stage.px(1.0));
    stage.words(&column, words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_with_a_long_name_still_says_something() {
        let (letters, face) = (&Letters::ours(), Face::plain(24.0));
        for (language, verb) in [(Language::En, " says"), (Language::De, " sagt")] {
            assert_eq!(sensor_says(letters, "ring", language, face, 220.0), (format!("ring{verb}"), face));
            let (said, smaller) = sensor_says(letters, "Stimmungsring", language, face, 220.0);
            assert!(!said.contains('…') && smaller.size < face.size, "{said}");
            for name in
                ["Stimmungsring im Flur des Erdgeschosses", &"W".repeat(300), "輪".repeat(40).as_str()]
            {
                let (said, face) = sensor_says(letters, name, language, face, 220.0);
                assert!(said.ends_with(&format!("…{verb}")), "{said}");
                assert!(letters.width(&said, face) <= 220.0, "{said}");
            }
        }
    }
}
