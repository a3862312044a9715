//! A session in which music plays: what most stories begin with.

use std::sync::Arc;
use std::time::Duration;

use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::{Has, Settings};
use moodbox_core::mood::{Mood, Scores};
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, Item, Templates};

use super::{Story, press, release, settings};

pub fn face(mood: Mood) -> Event {
    Event::FrameObserved(Observation {
        copy: false,
        faces: 1,
        rival: 0.0,
        scores: Some(Scores::certain(mood)),
    })
}

pub fn ended() -> Event {
    Event::CaptureEnded(Ok(()))
}

/// A library of three happy songs and one happy video.
pub fn library() -> Event {
    let song = |name: &str| Item {
        id: format!("{name}.ogg"),
        title: name.to_owned(),
        genres: vec!["pop".into()],
        length: Some(Duration::from_secs(100)),
        feeling: Some(Feeling { valence: 0.8, arousal: 0.4, source: FeelingSource::Explicit }),
        ..Item::default()
    };
    let video = Item { tags: vec!["fun".into()], ..song("dance") };
    let catalog = Catalog {
        music: vec![song("one"), song("two"), song("three")].into(),
        video: vec![Item { id: "/dance.mp4".into(), ..video }].into(),
    };
    Event::Catalog(Arc::new(catalog))
}

pub fn songs_only() -> Settings {
    Settings { has: Has { video: false, ..settings().has }, ..settings() }
}

pub fn now(id: &str, elapsed: u64) -> PlayerEvent {
    PlayerEvent::Playing(NowPlaying {
        id: id.into(),
        title: id.trim_end_matches(".ogg").into(),
        elapsed: Duration::from_secs(elapsed),
        length: Some(Duration::from_secs(100)),
        ours: true,
        ..NowPlaying::default()
    })
}

/// A session in which a happy face was read and music plays, told from one second after the press on.
pub fn session(settings: Settings) -> Story {
    Story::new(settings)
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(0, library())
        .at(0, press())
        .at(50, release())
        .at(300, face(Mood::Happy))
        .at(1000, ended())
        .at(1100, Event::Music(now("one.ogg", 0)))
        .at(1100, Event::Video(now("/dance.mp4", 0)))
        .at(4100, Event::Music(now("one.ogg", 3)))
        .forget()
}
