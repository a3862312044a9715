//! What there is to play, and where it lies on the plane of feeling.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Asked, Body};
use crate::library::listing::SetError;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use moodbox_core::recommend::{self, FeelingSource, normalized};

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
    /// How it is called when its feeling is set.
    id: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    #[serde(default)]
    kind: Kind,
    /// As the list of the library tells it.
    id: String,
    /// Both from -1 to 1; none of them takes away what was set.
    valence: Option<f32>,
    arousal: Option<f32>,
}

/// Sets where an item lies. The list shows it as soon as the library has heard of it.
pub async fn feeling(State(site): State<Arc<Site>>, Body(set): Body<Set>) -> Result<StatusCode, Fault> {
    let place = match (set.valence, set.arousal) {
        (Some(valence), Some(arousal)) => Some((valence, arousal)),
        (None, None) => None,
        _ => return Err(Fault::unprocessable("valence and arousal are set together")),
    };
    let catalog = site.shelves.catalog.borrow().clone();
    let (kind, shelf) = match set.kind {
        Kind::Music => (recommend::Kind::Music, &catalog.music),
        Kind::Video => (recommend::Kind::Video, &catalog.video),
    };
    let found = shelf.iter().find(|entry| handle(entry.id) == set.id).map(|entry| entry.id.to_owned());
    let id = found.ok_or_else(|| Fault::not_found("the library has no such item"))?;
    let setter = site.setter.clone();
    let done = tokio::task::spawn_blocking(move || setter.set(kind, &id, place)).await;
    match done {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error @ SetError::Range { .. })) => Err(Fault::unprocessable(error.to_string())),
        Ok(Err(error)) => Err(Fault::new(StatusCode::CONFLICT, error.to_string())),
        Err(error) => Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// How an item is called here: its place on disk is nobody's business who looks at a page.
fn handle(id: &str) -> String {
    Sha256::digest(id.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
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
    let search = normalized(&wanted.search);
    let mut told = Found { total: shelf.len(), unknown: 0, found: 0, items: Vec::new() };
    for entry in shelf.iter() {
        told.unknown += usize::from(entry.feeling.is_none());
        let fits =
            [entry.title, entry.artist, entry.album].iter().any(|text| normalized(text).contains(&search));
        if !fits || (wanted.unknown && entry.feeling.is_some()) {
            continue;
        }
        told.found += 1;
        if told.items.len() < MOST {
            told.items.push(Listed {
                id: handle(entry.id),
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
