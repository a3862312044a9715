//! What can be read up: the log of the last hour, and what the model says of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::logbook::{LOGBOOK, Line};
use crate::web::Site;

/// A card is a few pages.
const LONGEST_CARD: u64 = 128 * 1024;

#[derive(Serialize)]
pub struct Log {
    lines: Vec<Line>,
}

pub async fn log() -> Json<Log> {
    Json(Log { lines: LOGBOOK.last_hour(chrono::Utc::now()) })
}

#[derive(Serialize)]
pub struct Model {
    /// The model card, Markdown; none if it is not installed beside the model.
    card: Option<String>,
}

pub async fn model(State(site): State<Arc<Site>>) -> Json<Model> {
    let path = site.card.clone();
    let read = tokio::task::spawn_blocking(move || {
        let short = std::fs::metadata(&path).is_ok_and(|file| file.len() <= LONGEST_CARD);
        short.then(|| std::fs::read_to_string(&path).ok()).flatten()
    });
    Json(Model { card: read.await.ok().flatten() })
}
