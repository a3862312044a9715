//! Screens around the look: look at me, thinking, no face, several faces.

use super::Stage;
use crate::ports::panel::faces::{self, Look};
use crate::ports::panel::palette;
use moodbox_core::screen::Advice;
use moodbox_core::text::{self, Prompt, prompt};

pub(super) fn look(stage: &mut Stage<'_>, done: f32) {
    let (figure, words) = stage.halves(0.62);
    let ring = stage.radius(figure, 74.0) - stage.px(5.0);
    let center = figure.center();
    stage.own_light();
    stage.canvas.arc(center, ring, stage.px(9.0), 1.0, palette::RAISED);
    stage.canvas.arc(center, ring, stage.px(9.0), done, palette::OWN);
    let radius = ring - stage.px(14.0);
    faces::draw(&mut stage.canvas, Look::Awake, center, radius);
    let title = prompt(Prompt::LookAtMe, stage.language);
    let hint = prompt(Prompt::LookAtMeHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

pub(super) fn waking(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.62);
    let ring = stage.radius(figure, 74.0) - stage.px(5.0);
    let center = figure.center();
    stage.own_light();
    stage.canvas.arc(center, ring, stage.px(9.0), 1.0, palette::RAISED);
    let radius = ring - stage.px(14.0);
    faces::draw_faded(&mut stage.canvas, Look::Awake, center, radius);
    let title = prompt(Prompt::Waking, stage.language);
    let hint = prompt(Prompt::WakingHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

pub(super) fn thinking(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.64);
    let radius = stage.radius(figure, 56.0);
    let (x, y) = figure.center();
    stage.own_light();
    faces::draw(&mut stage.canvas, Look::Thinking, (x - radius * 0.2, y + radius * 0.08), radius);
    // A thought that rises.
    for (dx, dy, size) in [(0.78, -0.66, 0.09), (1.0, -0.88, 0.13), (1.24, -1.06, 0.17)] {
        let ink = palette::OWN.mix(palette::WHITE, 0.35);
        stage.canvas.disc(x + (dx - 0.2) * radius, y + (dy + 0.08) * radius, size * radius, ink);
    }
    let title = prompt(Prompt::Thinking, stage.language);
    let hint = prompt(Prompt::ThinkingHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

/// An oval in which a face is to be, and what would help.
pub(super) fn aim(stage: &mut Stage<'_>, advice: Option<Advice>) {
    let (figure, words) = stage.halves(0.56);
    let radius = stage.radius(figure, 60.0) - stage.px(4.0);
    let (x, y) = figure.center();
    let good = advice == Some(Advice::Good);
    let ink = if good { palette::OWN } else { palette::QUIET };
    stage.canvas.oval((x, y), (radius * 0.76, radius), stage.px(7.0), ink);
    if good {
        faces::draw(&mut stage.canvas, Look::Awake, (x, y), radius * 0.6);
    }
    let hint = prompt(Prompt::AimHint, stage.language);
    stage.headline(words, text::advice(advice, stage.language), hint, palette::TEXT);
}

pub(super) fn no_face(stage: &mut Stage<'_>) {
    let (figure, words) = stage.halves(0.46);
    let radius = stage.radius(figure, 46.0) - stage.px(3.0);
    let (x, y) = figure.center();
    stage.canvas.glow(x, y, radius * 1.6, palette::QUIET, 0.1);
    // The frame of a viewfinder around nobody.
    let (reach, arm, width) = (radius, radius * 0.42, stage.px(6.0));
    for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        let mut path = tiny_skia::PathBuilder::new();
        let (corner_x, corner_y) = (x + sx * reach, y + sy * reach);
        path.move_to(corner_x, corner_y - sy * arm);
        path.line_to(corner_x, corner_y - sy * arm * 0.5);
        path.quad_to(corner_x, corner_y, corner_x - sx * arm * 0.5, corner_y);
        path.line_to(corner_x - sx * arm, corner_y);
        stage.canvas.curve(path, width, palette::OWN, 1.0);
    }
    let nobody = palette::RAISED.mix(palette::QUIET, 0.25);
    stage.canvas.disc(x, y - radius * 0.24, radius * 0.32, nobody);
    let mut shoulders = tiny_skia::PathBuilder::new();
    let base = y + radius * 0.72;
    shoulders.move_to(x - radius * 0.6, base);
    shoulders.cubic_to(
        x - radius * 0.6,
        y + radius * 0.02,
        x + radius * 0.6,
        y + radius * 0.02,
        x + radius * 0.6,
        base,
    );
    shoulders.close();
    stage.canvas.shape(shoulders, nobody, 1.0);
    let title = prompt(Prompt::NoFace, stage.language);
    let hint = prompt(Prompt::NoFaceHint, stage.language);
    stage.headline(words, title, hint, palette::TEXT);
}

pub(super) fn several_faces(stage: &mut Stage<'_>, count: usize) {
    let (figure, words) = stage.halves(0.5);
    let radius = stage.radius(figure, 40.0).min(figure.w / if count > 2 { 4.95 } else { 3.9 });
    let (x, y) = figure.center();
    let behind = if count > 2 { &[-1.0, 1.0][..] } else { &[][..] };
    for side in behind {
        let small = radius * 0.8;
        let at = (x + side * radius * 1.65, y - radius * 0.1);
        faces::draw_faded(&mut stage.canvas, Look::Awake, at, small);
    }
    if count > 2 {
        ringed(stage, (x, y + radius * 0.1), radius);
    } else {
        faces::draw_faded(&mut stage.canvas, Look::Awake, (x + radius * 0.85, y), radius);
        ringed(stage, (x - radius * 0.85, y), radius);
    }
    let title = text::several_faces(count, stage.language);
    let hint = prompt(Prompt::SeveralFacesHint, stage.language);
    stage.headline(words, &title, hint, palette::TEXT);
}

/// A face set off from what is behind it.
fn ringed(stage: &mut Stage<'_>, center: (f32, f32), radius: f32) {
    stage.canvas.disc(center.0, center.1, radius + stage.px(5.0), palette::GROUND);
    faces::draw(&mut stage.canvas, Look::Awake, center, radius);
}
