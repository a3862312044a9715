//! Screens before and after: splash, idle, notice, trouble, goodbye.

use super::{LEAST, Moment, Press, Stage, movement};
use crate::ports::panel::canvas::Area;
use crate::ports::panel::faces::{self, Look};
use crate::ports::panel::icons::{self, Icon};
use crate::ports::panel::palette;
use crate::ports::panel::text_layout::Align;
use moodbox_core::kiosk::action::Power;
use moodbox_core::kiosk::event::TroubleKind;
use moodbox_core::screen::HoldChoice;
use moodbox_core::text::{self, Prompt, prompt};

pub(super) fn splash(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.6);
    face(stage, figure, Look::Blinking, 56.0);
    let column = stage.column().add("moodbox", stage.bold(36.0), palette::TEXT, 1, 0.0).add(
        prompt(Prompt::Starting, stage.language),
        stage.plain(LEAST),
        palette::QUIET,
        1,
        0.0,
    );
    stage.words(&column, words);
}

/// `lives`: the face blinks now and then.
pub(super) fn idle(stage: &mut Stage<'_>, troubles: &[TroubleKind], lives: bool) {
    let whole = stage.area;
    if let Some(first) = troubles.first() {
        let (rest, strip) = stage.area.split_bottom(stage.px(54.0));
        trouble_strip(stage, strip, *first, troubles.len());
        stage.area = rest;
    }
    let share = if troubles.is_empty() { 0.6 } else { 0.74 };
    let (figure, words) = stage.halves(share);
    let (closed, moving) = movement::blink(stage.moment.age);
    let blinks = lives && stage.moment != Moment::STILL;
    stage.moving = blinks.then_some(moving);
    face(stage, figure, if blinks && closed { Look::Blinking } else { Look::Awake }, 62.0);
    let title = prompt(Prompt::PressTheButton, stage.language);
    // What is wrong takes the place of what the device does.
    let why = if troubles.is_empty() { prompt(Prompt::PressTheButtonWhy, stage.language) } else { "" };
    stage.headline(words, title, why, palette::TEXT);
    stage.area = whole;
}

/// A strip at the lower edge: what is missing, without getting in the way.
fn trouble_strip(stage: &mut Stage<'_>, strip: Area, first: TroubleKind, count: usize) {
    let title = text::trouble(first, stage.language).title;
    let text = match count {
        0 | 1 => title.to_owned(),
        more => format!("{title}  +{}", more - 1),
    };
    let (sign, gap) = (stage.px(20.0), stage.px(8.0));
    let (place, words) = strip.inset(stage.px(12.0), 0.0).split_left(sign);
    let at = (place.x + sign / 2.0, place.center().1);
    icons::draw(&mut stage.canvas, Icon::Warning, at, sign, palette::TROUBLE, palette::GROUND);
    let words = Area::new(words.x + gap, words.y, words.w - gap, words.h);
    let ink = palette::TROUBLE.mix(palette::QUIET, 0.35);
    stage.column().add(&text, stage.plain(LEAST), ink, 2, 0.0).draw(&mut stage.canvas, words, Align::Start);
}

pub(super) fn notice(stage: &mut Stage<'_>, seconds: u8, text: Option<&str>) {
    let (above, strip) = stage.area.split_bottom(stage.px(46.0));
    let strip = Area::new(strip.x, strip.y, strip.w, stage.px(36.0)).inset(stage.px(12.0), 0.0);
    let inner = above.inset(stage.px(12.0), stage.px(8.0));
    let said = text.unwrap_or(prompt(Prompt::NoticeText, stage.language));
    // The words come first: the sign, then the title give way to them.
    let face = stage.plain(LEAST);
    let lines = stage.letters().wrap(said, face, inner.w, usize::MAX).lines.len();
    let (title, sign) = (stage.bold(23.0).line_height() + stage.px(3.0), stage.px(34.0));
    let spare = inner.h - lines as f32 * face.line_height();
    let mut words = inner;
    if spare >= title + sign {
        let (figure, rest) = inner.split_top(sign);
        let ((x, y), radius) = (figure.center(), sign / 2.0);
        stage.canvas.disc(x, y, radius, palette::RAISED);
        icons::draw(&mut stage.canvas, Icon::Camera, (x, y), radius * 1.05, palette::OWN, palette::RAISED);
        words = rest;
    }
    let mut column = stage.column();
    if spare >= title {
        let title = prompt(Prompt::NoticeTitle, stage.language);
        column = column.add(title, stage.bold(23.0), palette::TEXT, 1, 0.0);
    }
    let column = column.add(said, face, palette::QUIET, 9, stage.px(3.0));
    stage.words(&column, words);

    stage.canvas.plate(strip, strip.h / 2.0, palette::RAISED, 1.0);
    let inner = strip.inset(stage.px(14.0), 0.0);
    let count = format!("{seconds}\u{a0}s");
    let face = stage.bold(LEAST);
    let baseline = strip.y + strip.h / 2.0 + face.size * 0.36;
    let count_width = stage.letters().width(&count, face);
    stage.canvas.text(&count, face, inner.x + inner.w - count_width, baseline, palette::OWN);
    let room = Area::new(inner.x, strip.y, inner.w - count_width - stage.px(8.0), strip.h);
    stage.presses(room, &[(Press::Short, prompt(Prompt::NoticeCancel, stage.language))], palette::TEXT);
}

pub(super) fn trouble(stage: &mut Stage<'_>, kind: TroubleKind) {
    let (figure, words) = stage.halves(0.28);
    let radius = stage.radius(figure, 28.0);
    let (x, y) = figure.center();
    stage.canvas.glow(x, y, radius * 2.0, palette::TROUBLE, 0.16);
    let (sign, hole) = (radius * 1.7, palette::GROUND);
    icons::draw(&mut stage.canvas, Icon::Warning, (x, y), sign, palette::TROUBLE, hole);
    let words_of = text::trouble(kind, stage.language);
    stage.headline(words, words_of.title, words_of.cure, palette::TEXT);
}

pub(super) fn hold(stage: &mut Stage<'_>, choice: HoldChoice, next: Option<HoldChoice>) {
    let (figure, words) = stage.halves(0.36);
    let look = if choice == HoldChoice::Nothing { Look::Awake } else { Look::Blinking };
    face(stage, figure, look, 40.0);
    let ink = if choice == HoldChoice::Nothing { palette::TEXT } else { palette::TROUBLE };
    let next = next.map(|next| text::hold_on(next, stage.language)).unwrap_or_default();
    let column = stage
        .column()
        .add(text::let_go(stage.language), stage.plain(LEAST), palette::QUIET, 1, 0.0)
        .add(text::hold(choice, stage.language), stage.bold(29.0), ink, 2, stage.px(2.0))
        .add(&next, stage.plain(LEAST), palette::QUIET, 2, stage.px(4.0));
    stage.words(&column, words);
}

pub(super) fn ask_to_forget(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.36);
    let (words, how) = words.split_bottom(stage.px(30.0));
    face(stage, figure, Look::Awake, 38.0);
    let column = stage
        .column()
        .add(prompt(Prompt::AskToForget, stage.language), stage.bold(26.0), palette::TROUBLE, 2, 0.0)
        .add(
            prompt(Prompt::AskToForgetText, stage.language),
            stage.plain(LEAST),
            palette::QUIET,
            2,
            stage.px(2.0),
        );
    stage.words(&column, words);
    let [no, yes] = [Prompt::No, Prompt::Yes].map(|which| prompt(which, stage.language));
    stage.presses(how, &[(Press::Short, no), (Press::Long, yes)], palette::TEXT);
}

pub(super) fn power(stage: &mut Stage<'_>, power: Power) {
    let (figure, words) = stage.halves(0.58);
    face(stage, figure, Look::Asleep, 56.0);
    let title = text::power(power, stage.language);
    let hint = prompt(Prompt::ThinkingHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

pub(super) fn goodbye(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.58);
    face(stage, figure, Look::Asleep, 56.0);
    let title = prompt(Prompt::Goodbye, stage.language);
    let hint = prompt(Prompt::GoodbyeHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

pub(super) fn quiet(stage: &mut Stage<'_>, until: u16) {
    let (figure, words) = stage.halves(0.56);
    face(stage, figure, Look::Asleep, 56.0);
    let hint = text::quiet_until(until, stage.language);
    stage.headline(words, prompt(Prompt::QuietHours, stage.language), &hint, palette::TEXT);
}

pub(super) fn forgotten(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.5);
    face(stage, figure, Look::Blinking, 52.0);
    let hint = prompt(Prompt::ForgottenHint, stage.language);
    stage.headline(words, prompt(Prompt::Forgotten, stage.language), hint, palette::TEXT);
}

/// The device's own face in the middle of a place, in its light.
fn face(stage: &mut Stage<'_>, place: Area, look: Look, radius: f32) {
    let radius = stage.radius(place, radius);
    let (x, y) = place.center();
    stage.own_light();
    faces::draw(&mut stage.canvas, look, (x, y), radius);
}
