//! What there is to play, and where it lies on the plane of feeling.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Asked, Body};
use crate::config;
use crate::library::listing::SetError;
use crate::numbers::Whole;
use crate::observers::web::fault::Fault;
use crate::observers::web::{Site, covers};
use crate::ports::music::{self, Mpd, MusicSettings};
use moodbox_core::kiosk::event::Event;
use moodbox_core::recommend::{self, Catalog, Entry, FeelingSource, ItemStore, normalized};

/// More is found by searching.
const MOST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryQuery {
    #[serde(default)]
    kind: Kind,
    /// Part of the title, the artist or the album.
    #[serde(default)]
    search: String,
    /// Only what nothing is known of.
    #[serde(default)]
    unknown: bool,
    /// Of this place on the plane, `valence,arousal`, the nearest first.
    near: Option<String>,
    /// Only of this album.
    album: Option<String>,
}

/// A place on the plane, as an address names it.
fn place_of(text: &str) -> Option<(f32, f32)> {
    let (valence, arousal) = text.split_once(',')?;
    let number = |text: &str| text.trim().parse::<f32>().ok().filter(|number| (-1.0..=1.0).contains(number));
    Some((number(valence)?, number(arousal)?))
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Music,
    Video,
}

#[derive(Serialize)]
pub struct LibraryResponse {
    /// In the item store.
    total: usize,
    /// Of these, how many no valence and arousal is known of.
    unknown: usize,
    /// Of these, how many have a heart, given here or by another client.
    hearts: usize,
    /// How many were wanted; at most 200 of them follow.
    found: usize,
    items: Vec<LibraryItem>,
    /// Where files are read from, if there is nothing in the item store.
    folders: Vec<PathBuf>,
}

#[derive(Serialize)]
pub struct LibraryItem {
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
    let catalog = site.library.catalog.borrow().clone();
    let (kind, item_store) = match set.kind {
        Kind::Music => (recommend::Kind::Music, &catalog.music),
        Kind::Video => (recommend::Kind::Video, &catalog.video),
    };
    let found = item_store.iter().find(|entry| handle(entry.id) == set.id).map(|entry| entry.id.to_owned());
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

/// The name of an item on the page, which does not show where it lies on disk.
fn handle(id: &str) -> String {
    Sha256::digest(id.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The item store of a kind.
fn item_store(catalog: &Catalog, kind: Kind) -> &ItemStore {
    match kind {
        Kind::Music => &catalog.music,
        Kind::Video => &catalog.video,
    }
}

/// Where files of a kind are read from, as far as that is known: what a person is told who has none.
async fn folders(site: &Arc<Site>, kind: Kind) -> Vec<PathBuf> {
    let (settings, music) = (site.settings.clone(), site.setter.music.clone());
    let look = move || match kind {
        Kind::Music => music.and_then(|music| Mpd::folder(&music)).into_iter().collect(),
        Kind::Video => {
            let config = settings.and_then(|file| config::load(&file).ok());
            config.and_then(|config| config.video).map(|video| video.folders).unwrap_or_default()
        }
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfKind {
    #[serde(default)]
    kind: Kind,
}

#[derive(Serialize)]
pub struct Plane {
    /// Valence and arousal in hundredths, and 1 if somebody said so; items of the same place are told once.
    dots: Vec<(i8, i8, u8)>,
}

/// Where everything in an item store lies.
pub async fn plane(State(site): State<Arc<Site>>, Asked(wanted): Asked<OfKind>) -> Json<Plane> {
    let catalog = site.library.catalog.borrow().clone();
    let hundredths = |number: f32| (number * 50.0).round().to_i8() * 2;
    let feelings = item_store(&catalog, wanted.kind).iter().filter_map(|entry| entry.feeling);
    let dots: BTreeSet<_> = feelings
        .map(|one| {
            let said = u8::from(one.source == FeelingSource::Explicit);
            (hundredths(one.valence), hundredths(one.arousal), said)
        })
        .collect();
    Json(Plane { dots: dots.into_iter().collect() })
}

/// More albums, artists or words are found by searching.
const MOST_GROUPS: usize = 500;

#[derive(Serialize)]
pub struct Groups {
    albums: Vec<Album>,
    playlists: Vec<Counted>,
    genres: Vec<Counted>,
    tags: Vec<Counted>,
    /// Folders of music, by their place below MPD's.
    folders: Vec<Counted>,
}

#[derive(Serialize)]
struct Album {
    album: String,
    artist: String,
    count: usize,
    /// One of its items, for its cover.
    id: String,
}

#[derive(Serialize)]
struct Counted {
    name: String,
    count: usize,
}

/// Albums, playlists, genres and words of an item store, with how many items each has.
pub async fn groups(State(site): State<Arc<Site>>, Asked(wanted): Asked<OfKind>) -> Json<Groups> {
    let catalog = site.library.catalog.borrow().clone();
    let mut albums: BTreeMap<&str, (&str, usize, &str)> = BTreeMap::new();
    let [mut playlists, mut genres, mut tags, mut folders]: [BTreeMap<&str, usize>; 4] = Default::default();
    for entry in item_store(&catalog, wanted.kind).iter() {
        if !entry.album.is_empty() {
            let album = albums.entry(entry.album).or_insert((entry.artist, 0, entry.id));
            album.1 += 1;
            if album.0 != entry.artist {
                album.0 = "";
            }
        }
        entry.playlists().for_each(|name| *playlists.entry(name).or_default() += 1);
        entry.genres().for_each(|name| *genres.entry(name).or_default() += 1);
        entry.tags().for_each(|name| *tags.entry(name).or_default() += 1);
        if matches!(wanted.kind, Kind::Music) && !entry.id.contains("://") {
            let ends = entry.id.match_indices('/').map(|(end, _)| &entry.id[..end]);
            ends.for_each(|name| *folders.entry(name).or_default() += 1);
        }
    }
    let counted = |names: BTreeMap<&str, usize>| {
        let mut all: Vec<_> =
            names.into_iter().map(|(name, count)| Counted { name: name.to_owned(), count }).collect();
        all.sort_by(|one, other| other.count.cmp(&one.count).then(one.name.cmp(&other.name)));
        all.truncate(MOST_GROUPS);
        all
    };
    let albums = albums.into_iter().take(MOST_GROUPS).map(|(album, (artist, count, id))| Album {
        album: album.to_owned(),
        artist: artist.to_owned(),
        count,
        id: handle(id),
    });
    let (albums, playlists) = (albums.collect(), counted(playlists));
    Json(Groups {
        albums,
        playlists,
        genres: counted(genres),
        tags: counted(tags),
        folders: counted(folders),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    #[serde(default)]
    kind: Kind,
    /// Items, as the list of the library tells them; or an album, or a playlist.
    #[serde(default)]
    ids: Vec<String>,
    album: Option<String>,
    playlist: Option<String>,
    /// After what was asked for before, instead of now.
    #[serde(default)]
    after: bool,
}

/// Plays what a person picked by name. The core decides whether now is the time.
pub async fn play(State(site): State<Arc<Site>>, Body(play): Body<Play>) -> Result<StatusCode, Fault> {
    let catalog = site.library.catalog.borrow().clone();
    let item_store = item_store(&catalog, play.kind);
    let chosen = |entry: &Entry<'_>| match (&play.album, &play.playlist) {
        (Some(album), _) => entry.album == album,
        (None, Some(playlist)) => entry.playlists().any(|name| name == playlist),
        (None, None) => false,
    };
    let mut ids: Vec<String> = if play.album.is_some() || play.playlist.is_some() {
        item_store.iter().filter(chosen).map(|entry| entry.id.to_owned()).collect()
    } else {
        // In the order in which they were asked for.
        let mut asked: Vec<(usize, String)> = item_store
            .iter()
            .filter_map(|entry| {
                let at = play.ids.iter().position(|id| *id == handle(entry.id))?;
                Some((at, entry.id.to_owned()))
            })
            .collect();
        asked.sort();
        asked.into_iter().map(|(_, id)| id).collect()
    };
    if ids.is_empty() {
        return Err(Fault::not_found("the library has no such item"));
    }
    ids.truncate(MOST);
    let kind = match play.kind {
        Kind::Music => recommend::Kind::Music,
        Kind::Video => recommend::Kind::Video,
    };
    site.tell(Event::Items { kind, ids, after: play.after })?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverOf {
    /// An item, as the list of the library tells it.
    id: Option<String>,
    /// Or what plays, by its title and artist.
    title: Option<String>,
    #[serde(default)]
    artist: String,
}

/// The picture of an item's album, as a small JPEG.
pub async fn cover(State(site): State<Arc<Site>>, Asked(of): Asked<CoverOf>) -> Response {
    // That an album has none is no fault.
    let none = || StatusCode::NO_CONTENT.into_response();
    let catalog = site.library.catalog.borrow().clone();
    let mut all = catalog.music.iter();
    let entry = match (&of.id, &of.title) {
        (Some(id), _) => all.find(|entry| handle(entry.id) == *id),
        (None, Some(title)) => all.find(|entry| entry.title == title && entry.artist == of.artist),
        (None, None) => None,
    };
    let (Some(entry), Some(settings)) = (entry, site.setter.music.clone()) else { return none() };
    // Songs of a folder share the picture beside them.
    let folder = entry.id.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = format!("{folder}\n{}", entry.album);
    let cover = match site.covers.known(&name) {
        Some(cover) => cover,
        None => read_cover(&site, settings, entry.id.to_owned(), name).await,
    };
    let Some(cover) = cover else { return none() };
    let mut response = cover.as_ref().clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    response
}

/// Reads a cover and makes it small, one at a time.
async fn read_cover(site: &Site, settings: MusicSettings, id: String, name: String) -> covers::Cover {
    let turn = site.covers.turn.clone().acquire_owned().await.ok()?;
    // Whoever had the turn before may have read this one.
    if let Some(cover) = site.covers.known(&name) {
        return cover;
    }
    let read = move || {
        let cover = music::cover(&settings, &id).map(|found| found.and_then(|bytes| covers::small(&bytes)));
        // Not before, also when nobody waits for it any more.
        drop(turn);
        cover
    };
    // Without a server to ask nothing is kept: it is asked again when it is back.
    let cover = tokio::task::spawn_blocking(read).await.ok()?.ok()?.map(Arc::new);
    site.covers.keep(name, cover.clone());
    cover
}

pub async fn library(
    State(site): State<Arc<Site>>,
    Asked(wanted): Asked<LibraryQuery>,
) -> Result<Json<LibraryResponse>, Fault> {
    let catalog = site.library.catalog.borrow().clone();
    let item_store = match wanted.kind {
        Kind::Music => &catalog.music,
        Kind::Video => &catalog.video,
    };
    let search = normalized(&wanted.search);
    let near = match &wanted.near {
        Some(text) => Some(
            place_of(text)
                .ok_or_else(|| Fault::unprocessable("near is two numbers from -1 to 1, as 0.5,-0.2"))?,
        ),
        None => None,
    };
    let mut told = LibraryResponse {
        total: item_store.len(),
        unknown: 0,
        hearts: 0,
        found: 0,
        items: Vec::new(),
        folders: Vec::new(),
    };
    if item_store.is_empty() {
        told.folders = folders(&site, wanted.kind).await;
    }
    let mut fitting = Vec::new();
    for entry in item_store.iter() {
        told.unknown += usize::from(entry.feeling.is_none());
        told.hearts += usize::from(entry.like == Some(2));
        let fits =
            [entry.title, entry.artist, entry.album].iter().any(|text| normalized(text).contains(&search));
        let of_album = wanted.album.as_ref().is_none_or(|album| entry.album == album);
        if !fits || !of_album || (wanted.unknown && entry.feeling.is_some()) {
            continue;
        }
        told.found += 1;
        if near.is_some() || fitting.len() < MOST {
            fitting.push(entry);
        }
    }
    if let Some((valence, arousal)) = near {
        let away = |entry: &Entry<'_>| {
            let far = |place: recommend::Feeling| (place.valence - valence).hypot(place.arousal - arousal);
            entry.feeling.map_or(f32::MAX, far)
        };
        fitting.sort_by(|one, other| away(one).total_cmp(&away(other)));
    }
    told.items.extend(fitting.into_iter().take(MOST).map(|entry| LibraryItem {
        id: handle(entry.id),
        title: entry.title.to_owned(),
        artist: entry.artist.to_owned(),
        album: entry.album.to_owned(),
        length_s: entry.length.map(|length| length.as_secs()),
        valence: entry.feeling.map(|feeling| feeling.valence),
        arousal: entry.feeling.map(|feeling| feeling.arousal),
        source: entry.feeling.map(|feeling| feeling.source),
        liked: entry.like == Some(2),
    }));
    Ok(Json(told))
}
