//! The screen while music or video plays, and what the last press did.

use std::time::Duration;

use super::{LEAST, Press, Stage};
use crate::ports::panel::canvas::{Area, Ink};
use crate::ports::panel::faces::{self, Look};
use crate::ports::panel::icons::{self, Icon};
use crate::ports::panel::palette;
use crate::ports::panel::text_layout::Align;
use moodbox_core::kiosk::action::{Amiss, Flash, Playing};
use moodbox_core::text::{self, Prompt, prompt};

pub(super) fn playing(stage: &mut Stage<'_>, playing: &Playing) {
    let look = playing.mood.map_or(Look::Awake, Look::Of);
    let ink = look.ink();
    match playing.flash {
        Some(Flash::Next) => return did(stage, Icon::Next, ink, Flash::Next),
        Some(Flash::Liked) => return did(stage, Icon::Heart, palette::HEART, Flash::Liked),
        Some(Flash::Stopping) => return did(stage, Icon::Stop, ink, Flash::Stopping),
        Some(Flash::Volume(percent)) => return did(stage, Icon::Speaker, ink, Flash::Volume(percent)),
        Some(Flash::Pressed) | None => {}
    }
    let inner = stage.area.inset(stage.px(14.0), stage.px(12.0));
    stage.canvas.glow(inner.x + stage.px(20.0), inner.y + stage.px(20.0), stage.px(150.0), ink, 0.16);

    let (head, rest) = inner.split_top(stage.px(48.0));
    let (body, foot) = rest.split_bottom(stage.px(32.0));
    top(stage, head, playing, look);
    let column = stage
        .column()
        .add_name(shown_title(stage, playing), stage.bold(28.0), palette::TEXT, 3, 0.0)
        .moving(stage.moment.age)
        .add_name(playing.artist.as_str(), stage.plain(20.0), palette::QUIET, 2, stage.px(3.0));
    let body = body.inset(0.0, stage.px(5.0));
    stage.moving = column.draw(&mut stage.canvas, body, Align::Start);
    progress(stage, foot, playing, ink);
    if playing.flash == Some(Flash::Pressed) {
        // Nothing is known yet but that the finger was felt.
        let (edge, width) = (stage.area.inset(stage.px(2.0), stage.px(2.0)), stage.px(5.0));
        stage.canvas.frame(edge, stage.px(18.0), width, ink.mix(palette::GROUND, 0.35));
    }
}

fn shown_title<'a>(stage: &Stage<'_>, playing: &'a Playing) -> &'a str {
    if stage.letters().clean(&playing.title).is_empty() {
        prompt(Prompt::NoTitle, stage.language)
    } else {
        playing.title.as_str()
    }
}

/// For whom and why: the mood's face, the reason, the heart.
fn top(stage: &mut Stage<'_>, place: Area, playing: &Playing, look: Look) {
    let radius = place.h / 2.0 - stage.px(3.0);
    let (face, words) = place.split_left(radius * 2.0);
    let center = (face.x + radius, place.y + place.h / 2.0);
    faces::draw(&mut stage.canvas, look, center, radius);
    let gap = stage.px(if playing.liked { 17.0 } else { 11.0 });
    let words = Area::new(words.x + gap, words.y, words.w - gap, words.h);
    if playing.liked {
        let heart = stage.px(21.0);
        let at = (center.0 + radius * 0.72, center.1 + radius * 0.72);
        icons::draw(&mut stage.canvas, Icon::Heart, at, heart * 1.4, palette::GROUND, palette::GROUND);
        icons::draw(&mut stage.canvas, Icon::Heart, at, heart, palette::HEART, palette::GROUND);
    }
    let ink = palette::QUIET.mix(palette::TEXT, 0.4);
    let told = match playing.amiss {
        Some(Amiss::Waiting) => prompt(Prompt::Waiting, stage.language),
        Some(Amiss::Ill(kind)) => text::trouble(kind, stage.language).title,
        None => playing.why.as_str(),
    };
    let column = stage.column().add(told, stage.plain(LEAST), ink, 2, 0.0);
    column.draw(&mut stage.canvas, words, Align::Start);
}

/// The bar with the time that passed and the whole, or that it is paused.
fn progress(stage: &mut Stage<'_>, place: Area, playing: &Playing, ink: Ink) {
    let face = stage.plain(LEAST);
    let baseline = place.y + place.h - stage.px(3.0);
    let (bar, _) = place.split_top(stage.px(6.0));
    let length = playing.length.filter(|length| !length.is_zero());
    let share = length.map_or(0.0, |length| playing.elapsed.as_secs_f32() / length.as_secs_f32());
    let ink = if playing.paused { palette::QUIET } else { ink };
    stage.canvas.bar(bar, share, palette::RAISED, ink);
    let elapsed = clock(playing.elapsed);
    stage.canvas.text(&elapsed, face, place.x, baseline, palette::QUIET);
    let mut room = (place.x + stage.letters().width(&elapsed, face), place.x + place.w);
    if let Some(length) = length {
        let text = clock(length);
        let x = place.x + place.w - stage.letters().width(&text, face);
        stage.canvas.text(&text, face, x, baseline, palette::QUIET);
        room.1 = x;
    }
    between(stage, playing, room, baseline);
}

/// Between the two times: that it is paused, that a short press says no, or when it ends by itself.
fn between(stage: &mut Stage<'_>, playing: &Playing, (left, right): (f32, f32), baseline: f32) {
    let face = stage.plain(LEAST);
    let (gap, edge, sign) = (stage.px(6.0), stage.px(8.0), stage.px(15.0));
    let minutes = playing.sleep.map(|minutes| text::minutes(minutes, stage.language));
    let (icon, word) = match (playing.paused, playing.not_so, &minutes) {
        (true, ..) => (Some(Icon::Pause), prompt(Prompt::Paused, stage.language)),
        (false, true, _) => (None, prompt(Prompt::NotSo, stage.language)),
        (false, false, Some(minutes)) => (Some(Icon::Moon), minutes.as_str()),
        (false, false, None) => return,
    };
    let room = right - left - 2.0 * edge;
    let lead = if icon.is_some() { sign } else { Press::Short.width(stage.unit) };
    // Where hours stand on both sides, the sign alone is left.
    let whole = lead + gap + stage.letters().width(word, face);
    let (word, width) = if whole <= room { (word, whole) } else { ("", lead) };
    if width > room {
        return;
    }
    let x = (left + right - width) / 2.0;
    let middle = baseline - face.size * 0.34;
    match icon {
        Some(icon) => {
            let at = (x + sign / 2.0, middle);
            icons::draw(&mut stage.canvas, icon, at, sign, palette::TEXT, palette::GROUND);
        }
        None => stage.press(Press::Short, x, middle, palette::TEXT),
    }
    stage.canvas.text(word, face, x + lead + gap, baseline, palette::TEXT);
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

/// What the last press did, large and alone: it is read from across the room.
fn did(stage: &mut Stage<'_>, icon: Icon, ink: Ink, flash: Flash) {
    let (middle, y) = stage.area.center();
    let size = stage.px(84.0);
    let sign = (middle, y - stage.px(30.0));
    stage.canvas.glow(sign.0, sign.1, size * 1.5, ink, 0.24);
    icons::draw(&mut stage.canvas, icon, sign, size, ink, palette::GROUND);
    let words = match flash {
        Flash::Volume(percent) => text::volume(percent, stage.language),
        other => text::flash(other, stage.language).to_owned(),
    };
    let place = Area::new(stage.area.x, y + stage.px(26.0), stage.area.w, stage.px(42.0));
    let column = stage.column().add(&words, stage.bold(32.0), palette::TEXT, 1, 0.0);
    stage.words(&column, place.inset(stage.px(12.0), 0.0));
    if let Flash::Volume(percent) = flash {
        let width = stage.px(150.0).min(stage.area.w * 0.8);
        let bar = Area::new(middle - width / 2.0, y + stage.px(76.0), width, stage.px(8.0));
        stage.canvas.bar(bar, f32::from(percent) / 100.0, palette::RAISED, ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::panel::letters::Letters;
    use crate::ports::panel::text_raster::Face;
    use moodbox_core::text::Language;

    #[test]
    fn each_reason_of_ours_is_read_whole_in_its_two_lines() {
        use moodbox_core::recommend::{Feel, Move, Reason};
        // A panel of 240 pixels without its margins, the face and the gap beside it.
        let (place, face) = (240.0 - 28.0 - 42.0 - 11.0, Face::plain(LEAST));
        let feel = Feel { lively: Some(false), bright: Some(true) };
        let reasons = [
            Reason::Moved(Move::Calmer),
            Reason::Moved(Move::Livelier),
            Reason::Moved(Move::Brighter),
            Reason::Moved(Move::Softer),
            Reason::Fits,
            Reason::LikedHere { times: 12, mood: None },
            Reason::Rated,
            Reason::New,
            Reason::Feels(feel),
            Reason::Middle,
            Reason::Nearest,
            Reason::Anything,
            Reason::Asked,
        ];
        let letters = Letters::ours();
        for said in
            Language::ALL.into_iter().flat_map(|language| reasons.iter().map(move |one| one.say(language)))
        {
            assert!(letters.wrap(&said, face, place, 2).whole, "{said}");
        }
    }

    #[test]
    fn times_are_written_as_on_a_clock() {
        for (seconds, written) in [(0, "0:00"), (187, "3:07"), (3765, "1:02:45"), (360_000, "100 h")] {
            assert_eq!(clock(Duration::from_secs(seconds)), written);
        }
        assert_eq!(clock(Duration::MAX), "9999 h");
    }
}
