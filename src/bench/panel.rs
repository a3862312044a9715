//! The bytes that are sent to the panel in a session, beside those of the pixels that changed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;

use super::Figure;
use super::clock::Times;
use crate::ports::panel::counting_bus::counted;
use crate::ports::panel::presets::SpiSettings;
use crate::ports::panel::{Panel, Picture, screens};
use moodbox_core::kiosk::action::{Flash, Playing, Screen};
use moodbox_core::mood::{Mood, Strength};
use moodbox_core::text::Language;

/// The most bytes on the wire, as a multiple of the bytes that changed. A smaller ratio takes more time, because each
/// window that is sent costs commands: see `WINDOW` in `panel::changes`, and the curve in docs/performance.md.
const RATIO: f64 = 1.2;

/// The screens of a session of half a minute, in their order.
pub fn session() -> Vec<Screen> {
    let playing = |second: u64, flash: Option<Flash>| {
        Screen::Playing(Playing {
            mood: Some(Mood::Sad),
            title: "Morning Has Broken".to_owned(),
            artist: "Cat Stevens".to_owned(),
            elapsed: Duration::from_secs(second),
            length: Some(Duration::from_secs(227)),
            why: "gentle and bright, for sad".to_owned(),
            flash,
            ..Playing::default()
        })
    };
    let mut screens = vec![Screen::Idle { troubles: Vec::new() }];
    screens.extend((0..20).map(|step| Screen::Look { done: step as f32 / 20.0 }));
    screens.push(Screen::Thinking);
    screens.push(Screen::Mood { mood: Mood::Sad, strength: Strength::Clear, confidence: 0.8, not_so: true });
    screens.extend((0..15).map(|second| playing(second, None)));
    screens.extend([playing(15, Some(Flash::Pressed)), playing(15, Some(Flash::Liked))]);
    screens.extend((15..30).map(|second| playing(second, None)));
    screens.push(playing(30, Some(Flash::Stopping)));
    screens.push(Screen::Idle { troubles: Vec::new() });
    screens
}

/// Draws and shows each screen of [`session`] on a bus that counts its bytes.
///
/// # Errors
/// When the panel does not take a picture.
pub(crate) fn measure() -> anyhow::Result<Vec<Figure>> {
    let settings = SpiSettings::preset("pirate-audio").context("a preset is gone")?;
    let wire = f64::from(settings.clock_hz) / 8.0;
    let (mut panel, carried) = counted(settings);
    let (width, height) = panel.size();
    let mut before = Picture::new(width, height);
    let mut picture = Picture::new(width, height);
    screens::draw(&Screen::Splash, Language::En, &mut before);
    panel.show(&before)?;
    // The first picture starts the controller and is sent whole; the session begins after it.
    carried.store(0, Ordering::Relaxed);
    let (mut changed, mut rows) = (0, 0);
    let (mut draw, mut show) = (Times::default(), Times::default());
    for screen in session() {
        draw.take(|| screens::draw(&screen, Language::En, &mut picture));
        show.take(|| panel.show(&picture))?;
        for y in 0..height {
            let pixels = before.row(y).iter().zip(picture.row(y)).filter(|(old, new)| old != new).count();
            changed += 2 * pixels;
            rows += if pixels > 0 { 2 * width as usize } else { 0 };
        }
        before.clone_from(&picture);
    }
    let carried = carried.load(Ordering::Relaxed) as f64;
    Ok(vec![
        Figure::new(
            "panel.bytes_ratio",
            carried / changed as f64,
            "",
            "bytes on the wire to bytes of pixels that changed",
        )
        .within(RATIO),
        Figure::new(
            "panel.bytes_ratio_to_rows",
            carried / rows as f64,
            "",
            "the same to the whole rows that changed",
        ),
        Figure::new("panel.bytes", carried, "B", "on the wire in a session"),
        Figure::new("panel.wire_ms", 1e3 * carried / wire, "ms", "that the wire takes for it"),
        Figure::new("panel.draw_ms", draw.median(), "ms", "draw a screen"),
        Figure::new("panel.show_ms", show.median(), "ms", "find what changed and hand it to the wire"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_carries_little_more_than_what_changed_and_far_less_than_its_rows() {
        let figures = measure().unwrap();
        let value = |key: &str| figures.iter().find(|figure| figure.key == key).unwrap().value;
        assert!((1.0..RATIO).contains(&value("panel.bytes_ratio")), "{figures:#?}");
        assert!(value("panel.bytes_ratio_to_rows") < 0.75, "{figures:#?}");
    }
}
