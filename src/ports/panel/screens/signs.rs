//! What is shown for a while to a person who sets the device up.

use super::{LEAST, Stage};
use crate::ports::panel::canvas::Area;
use crate::ports::panel::faces::{self, Look};
use crate::ports::panel::palette;
use crate::qr::Code;
use moodbox_core::screen::PageAddress;
use moodbox_core::text::{Prompt, prompt};

/// The address as a picture for a phone's camera, and in letters below it.
pub(super) fn address(stage: &mut Stage, address: &PageAddress) {
    let number = address.url.trim_start_matches("http://").trim_end_matches('/');
    let column = stage.column().add(number, stage.bold(22.0), palette::TEXT, 2, 0.0);
    let name = address.name.as_deref().unwrap_or_default();
    let column = column.add(name, stage.plain(LEAST), palette::QUIET, 2, 0.0);
    let Some(code) = Code::of(&address.url) else { return stage.words(&column, stage.area) };
    let lines = if name.is_empty() { 32.0 } else { 58.0 };
    let (above, below) = stage.area.split_bottom(stage.px(lines));
    let below = below.inset(stage.px(4.0), 0.0);
    // Whole pixels: a camera reads edges, and each is where a pixel ends.
    let side = code.side() + 2 * Code::QUIET;
    let scale = (above.w.min(above.h) / side as f32).floor();
    if scale < 1.0 {
        return stage.words(&column, stage.area);
    }
    let whole = scale * side as f32;
    let (x, y) = (((above.w - whole) / 2.0).floor(), above.h - whole);
    stage.canvas.plate(Area::new(x, y, whole, whole), 0.0, palette::WHITE, 1.0);
    let edge = |at: usize| (at + Code::QUIET) as f32 * scale;
    let mut dark = tiny_skia::PathBuilder::new();
    for (column, row) in code.dark() {
        let square = tiny_skia::Rect::from_xywh(x + edge(column), y + edge(row), scale, scale);
        square.into_iter().for_each(|square| dark.push_rect(square));
    }
    stage.canvas.shape(dark, palette::BLACK, 1.0);
    stage.words(&column, below);
}

/// The page waits for the button.
pub(super) fn press_me(stage: &mut Stage) {
    let (figure, words) = stage.halves(0.6);
    let (center, radius) = (figure.center(), stage.radius(figure, 62.0));
    stage.own_light();
    faces::draw(&mut stage.canvas, Look::Awake, center, radius);
    let title = prompt(Prompt::PressTheButton, stage.language);
    let hint = prompt(Prompt::PressMeHint, stage.language);
    stage.headline(words, title, hint, palette::OWN);
}
