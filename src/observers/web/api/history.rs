//! The moods of this place over time, where the configuration keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::observers::mood_log::{HEADER, LoggedSession, Moods};
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use moodbox_core::kiosk::event::Event;
use moodbox_core::mood::Mood;

/// More are not drawn; the export has all of them.
const MOST: usize = 2000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// How far back, in days.
    #[serde(default = "month")]
    days: u16,
}

fn month() -> u16 {
    30
}

#[derive(Serialize)]
pub struct HistoryResponse {
    /// Whether moods are kept at all.
    kept: bool,
    #[serde(rename = "visits")]
    sessions: Vec<LoggedSession>,
    /// Where the moods lie between unpleasant -1 and pleasant 1, to draw them.
    valence: BTreeMap<Mood, f32>,
}

async fn load(moods: Moods) -> Result<Vec<LoggedSession>, Fault> {
    let failed = |why: String| {
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the moods cannot be read: {why}"))
    };
    match tokio::task::spawn_blocking(move || moods.load()).await {
        Ok(Ok(sessions)) => Ok(sessions),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn kept(site: &Site) -> Result<Moods, Fault> {
    site.moods.clone().ok_or_else(|| {
        Fault::new(
            StatusCode::CONFLICT,
            "moods are not kept here; [history] days in the configuration switches it on",
        )
    })
}

pub async fn history(
    State(site): State<Arc<Site>>,
    Asked(wanted): Asked<HistoryQuery>,
) -> Result<Json<HistoryResponse>, Fault> {
    let valence = Mood::ALL.map(|mood| (mood, mood.valence_arousal().0)).into();
    let Some(moods) = site.moods.clone() else {
        return Ok(Json(HistoryResponse { kept: false, sessions: Vec::new(), valence }));
    };
    let oldest = chrono::Utc::now() - chrono::TimeDelta::days(wanted.days.into());
    let mut sessions = load(moods).await?;
    sessions.retain(|session| session.time >= oldest);
    sessions.drain(..sessions.len().saturating_sub(MOST));
    Ok(Json(HistoryResponse { kept: true, sessions, valence }))
}

/// Everything that is kept, for a spreadsheet.
pub async fn export(State(site): State<Arc<Site>>) -> Result<Response, Fault> {
    let sessions = load(kept(&site)?).await?;
    let mut text = format!("{HEADER}\r\n");
    for session in sessions {
        text.push_str(&session.line());
        text.push_str("\r\n");
    }
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers
        .insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"moodbox-moods.csv\""));
    Ok(response)
}

/// Forgets what was learnt of the people here, as `moodbox forget` does: likes, skips, plays, whether sessions
/// helped, and the moods over time.
pub async fn forget(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    site.tell(Event::Forget)?;
    Ok(StatusCode::ACCEPTED)
}

/// Erases the moods over time.
pub async fn erase(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    let moods = kept(&site)?;
    match tokio::task::spawn_blocking(move || moods.erase()).await {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error)) => {
            Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the moods are still there: {error}")))
        }
        Err(error) => Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
