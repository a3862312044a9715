//! The screen while music or video plays, and what the last press did.

use std::time::Duration;

use super::Stage;
use crate::kiosk::action::{Flash, Playing};
use crate::panel::canvas::{Area, Ink};
use crate::panel::column::{Align, Column};
use crate::panel::faces::{self, Look};
use crate::panel::icons::{self, Icon};
use crate::panel::lettering;
use crate::panel::palette;
use crate::text::{self, Prompt, prompt};

pub(super) fn playing(stage: &mut Stage, playing: &Playing) {
    let look = playing.mood.map_or(Look::Awake, Look::Of);
    let ink = look.ink();
    let inner = stage.area.inset(stage.px(14.0), stage.px(12.0));
    stage.canvas.glow(inner.x + stage.px(20.0), inner.y + stage.px(20.0), stage.px(150.0), ink, 0.16);

    let (head, rest) = inner.split_top(stage.px(48.0));
    let (body, foot) = rest.split_bottom(stage.px(32.0));
    top(stage, head, playing, look);
    let column = Column::new().add(shown_title(stage, playing), stage.bold(28.0), palette::TEXT, 3, 0.0).add(
        playing.artist.as_str(),
        stage.plain(20.0),
        palette::QUIET,
        2,
        stage.px(3.0),
    );
    let body = body.inset(0.0, stage.px(5.0));
    column.draw(&mut stage.canvas, body, Align::Left);
    progress(stage, foot, playing, ink);
    if let Some(flash) = playing.flash {
        over(stage, flash, ink);
    }
}

fn shown_title<'a>(stage: &Stage, playing: &'a Playing) -> &'a str {
    if lettering::clean(&playing.title).is_empty() {
        prompt(Prompt::NoTitle, stage.language)
    } else {
        playing.title.as_str()
    }
}

/// For whom and why: the mood's face, the reason, the heart.
fn top(stage: &mut Stage, place: Area, playing: &Playing, look: Look) {
    let radius = place.h / 2.0 - stage.px(3.0);
    let (face, words) = place.split_left(radius * 2.0);
    let center = (face.x + radius, place.y + place.h / 2.0);
    faces::draw(&mut stage.canvas, look, center, radius);
    let heart = stage.px(24.0);
    let mut words = Area::new(words.x + stage.px(10.0), words.y, words.w - stage.px(10.0), words.h);
    if playing.liked {
        let at = (place.x + place.w - heart / 2.0, center.1);
        icons::draw(&mut stage.canvas, Icon::Heart, at, heart, palette::HEART, palette::GROUND);
        words.w = (words.w - heart - stage.px(8.0)).max(0.0);
    }
    let column =
        Column::new().add(&playing.why, stage.plain(17.0), palette::QUIET.mix(palette::TEXT, 0.4), 2, 0.0);
    column.draw(&mut stage.canvas, words, Align::Left);
}

/// The bar with the time that passed and the whole, or that it is paused.
fn progress(stage: &mut Stage, place: Area, playing: &Playing, ink: Ink) {
    let face = stage.plain(16.0);
    let baseline = place.y + place.h - stage.px(3.0);
    let (bar, _) = place.split_top(stage.px(6.0));
    let length = playing.length.filter(|length| !length.is_zero());
    let share = length.map_or(0.0, |length| playing.elapsed.as_secs_f32() / length.as_secs_f32());
    let ink = if playing.paused { palette::QUIET } else { ink };
    stage.canvas.bar(bar, share, palette::RAISED, ink);
    stage.canvas.text(&clock(playing.elapsed), face, place.x, baseline, palette::QUIET);
    if let Some(length) = length {
        let text = clock(length);
        let x = place.x + place.w - lettering::width(&text, face);
        stage.canvas.text(&text, face, x, baseline, palette::QUIET);
    }
    if playing.paused {
        let word = prompt(Prompt::Paused, stage.language);
        let sign = stage.px(13.0);
        let width = sign + stage.px(6.0) + lettering::width(word, face);
        let left = place.x + (place.w - width) / 2.0;
        let middle = baseline - face.size * 0.33;
        let (at, ground) = ((left + sign / 2.0, middle), palette::GROUND);
        icons::draw(&mut stage.canvas, Icon::Pause, at, sign, palette::TEXT, ground);
        stage.canvas.text(word, face, left + sign + stage.px(6.0), baseline, palette::TEXT);
    }
}

/// "3:07", "1:02:45".
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        1..=99 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{} h", hours.min(9999)),
    }
}

/// What the last press did, large over all.
fn over(stage: &mut Stage, flash: Flash, ink: Ink) {
    let (icon, ink) = match flash {
        Flash::Pressed => {
            // Nothing is known yet but that the finger was felt.
            let (area, width) = (stage.area.inset(stage.px(2.0), stage.px(2.0)), stage.px(5.0));
            stage.canvas.frame(area, stage.px(18.0), width, ink);
            return;
        }
        Flash::Next => (Icon::Next, palette::TEXT),
        Flash::Liked => (Icon::Heart, palette::HEART),
        Flash::Stopping => (Icon::Stop, palette::TEXT),
        Flash::Volume(_) => (Icon::Speaker, palette::TEXT),
    };
    stage.canvas.plate(stage.area, 0.0, palette::GROUND, 0.86);
    let (middle, y) = stage.area.center();
    let size = stage.px(76.0);
    let sign = (middle, y - stage.px(28.0));
    stage.canvas.glow(sign.0, sign.1, size * 1.3, ink, 0.14);
    icons::draw(&mut stage.canvas, icon, sign, size, ink, palette::GROUND);
    let words = match flash {
        Flash::Volume(percent) => text::volume(percent, stage.language),
        other => text::flash(other, stage.language).to_owned(),
    };
    let place = Area::new(stage.area.x, y + stage.px(22.0), stage.area.w, stage.px(42.0));
    let column = Column::new().add(&words, stage.bold(30.0), palette::TEXT, 1, 0.0);
    stage.words(&column, place.inset(stage.px(12.0), 0.0));
    if let Flash::Volume(percent) = flash {
        let width = stage.px(150.0).min(stage.area.w * 0.8);
        let bar = Area::new(middle - width / 2.0, y + stage.px(72.0), width, stage.px(8.0));
        stage.canvas.bar(bar, f32::from(percent) / 100.0, palette::RAISED, palette::OWN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_on_a_clock() {
        for (seconds, written) in [(0, "0:00"), (187, "3:07"), (3765, "1:02:45"), (360_000, "100 h")] {
            assert_eq!(clock(Duration::from_secs(seconds)), written);
        }
        assert_eq!(clock(Duration::MAX), "9999 h");
    }
}
