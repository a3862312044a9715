//! What there is to play, and where it lies on the plane of feeling.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::recommend::FeelingSource;
use crate::web::Site;
use crate::web::fault::Fault;

/// More is found by searching.
const MOST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    kind: Kind,
    /// Part of the title, the artist or the album.
    #[serde(default)]
    search: String,
    /// Only what nothing is known of.
    #[serde(default)]
    unknown: bool,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Music,
    Video,
}

#[derive(Serialize)]
pub struct Found {
    /// On the shelf.
    total: usize,
    /// Of these, how many no valence and arousal is known of.
    unknown: usize,
    /// How many were wanted; at most 200 of them follow.
    found: usize,
    items: Vec<Listed>,
}

#[derive(Serialize)]
pub struct Listed {
    title: String,
    artist: String,
    album: String,
    length_s: Option<u64>,
    /// Each from -1 to 1.
    valence: Option<f32>,
    arousal: Option<f32>,
    source: Option<FeelingSource>,
    liked: bool,
}

pub async fn library(
    State(site): State<Arc<Site>>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Found>, Fault> {
    let catalog = site.shelves.catalog.borrow().clone();
    let shelf = match wanted.kind {
        Kind::Music => &catalog.music,
        Kind::Video => &catalog.video,
    };
    let search = wanted.search.trim().to_lowercase();
    let mut told = Found { total: shelf.len(), unknown: 0, found: 0, items: Vec::new() };
    for entry in shelf.iter() {
        told.unknown += usize::from(entry.feeling.is_none());
        let fits =
            [entry.title, entry.artist, entry.album].iter().any(|text| text.to_lowercase().contains(&search));
        if !fits || (wanted.unknown && entry.feeling.is_some()) {
            continue;
        }
        told.found += 1;
        if told.items.len() < MOST {
            told.items.push(Listed {
                title: entry.title.to_owned(),
                artist: entry.artist.to_owned(),
                album: entry.album.to_owned(),
                length_s: entry.length.map(|length| length.as_secs()),
                valence: entry.feeling.map(|feeling| feeling.valence),
                arousal: entry.feeling.map(|feeling| feeling.arousal),
                source: entry.feeling.map(|feeling| feeling.source),
                liked: entry.like == Some(2),
            });
        }
    }
    Ok(Json(told))
}
