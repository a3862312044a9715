//! Web radio: the stations that are kept on the page, in a file of their own beside the settings of the page. Those of
//! the configuration are shown and stay as they are.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Body;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::music::{Mpd, MusicSettings, radio};
use moodbox_core::kiosk::policy::Mode;

/// What is shown.
#[derive(Serialize)]
pub struct StationsResponse {
    /// Those that are kept here.
    stations: Vec<radio::Station>,
    /// The names of those that the configuration brings along.
    configured: Vec<String>,
}

fn settings(site: &Site) -> Result<(MusicSettings, PathBuf), Fault> {
    let none =
        || Fault::new(StatusCode::CONFLICT, "this device plays no music: the configuration has no [music]");
    let music = site.setter.music.clone().ok_or_else(none)?;
    let file = music.page_radio.clone().ok_or_else(none)?;
    Ok((music, file))
}

fn stations(file: &std::path::Path) -> Result<Vec<radio::Station>, Fault> {
    radio::stations(file).map_err(|why| Fault::new(StatusCode::CONFLICT, why))
}

pub async fn list(State(site): State<Arc<Site>>) -> Result<Json<StationsResponse>, Fault> {
    let (music, file) = settings(&site)?;
    let configured = music.radio.as_deref().map(|file| radio::read(file).0).unwrap_or_default();
    Ok(Json(StationsResponse {
        stations: stations(&file)?,
        configured: configured.into_iter().map(|item| item.title).collect(),
    }))
}

/// What the page wants kept: all of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationsBody {
    stations: Vec<radio::Station>,
}

pub async fn save(
    State(site): State<Arc<Site>>,
    Body(wanted): Body<StationsBody>,
) -> Result<Json<StationsResponse>, Fault> {
    let mode = site.latest.borrow().mode;
    if mode != Mode::Household && site.door.password().is_none() {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place and at work stations are kept here only if the page has a password",
        ));
    }
    check(&site, &wanted.stations)?;
    let turn = site.writing.lock().await;
    keep(&site, wanted.stations).await?;
    drop(turn);
    list(State(site)).await
}

/// Those that are kept on the page; `None` where no music is played, or their file cannot be read.
pub(super) fn own(site: &Site) -> Option<Vec<radio::Station>> {
    settings(site).and_then(|(_, file)| stations(&file)).ok()
}

/// Whether they can be kept on this device; a fault of a station names its field.
pub(super) fn check(site: &Site, wanted: &[radio::Station]) -> Result<(), Fault> {
    let (_, file) = settings(site)?;
    // A file that a person broke is theirs to mend.
    stations(&file)?;
    for (at, station) in wanted.iter().enumerate() {
        if let Err((field, why)) = station.check() {
            return Err(Fault::unprocessable(why).about(Some(format!("stations.{at}.{field}"))));
        }
    }
    if wanted.len() > radio::MOST {
        return Err(Fault::unprocessable(format!("at most {} stations are kept", radio::MOST)));
    }
    Ok(())
}

/// Keeps these, of which [`check`] says that they can be, in place of those that were kept. The caller holds
/// [`Site::writing`].
pub(super) async fn keep(site: &Site, wanted: Vec<radio::Station>) -> Result<(), Fault> {
    let (music, file) = settings(site)?;
    let place = file.display().to_string();
    let done = tokio::task::spawn_blocking(move || {
        radio::write(&file, wanted)?;
        // A server that is away hears of them when it comes back.
        if let Err(error) = Mpd::wake_watchers(&music) {
            tracing::info!("the stations count when MPD answers again: {error}");
        }
        Ok::<_, std::io::Error>(())
    });
    let done = done.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    done.map_err(|error| {
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{place} cannot be written: {error}"))
    })
}
