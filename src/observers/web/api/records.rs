//! What can be read up: the log of the last hour, and what the model says of itself.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Named;
use crate::log_buffer::{LOGBOOK, LogLine};
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;

/// A card is a few pages.
const LONGEST_CARD: u64 = 128 * 1024;

/// A curve or a table as a picture.
const LARGEST_PICTURE: u64 = 512 * 1024;

#[derive(Serialize)]
pub struct Log {
    lines: Vec<LogLine>,
}

pub async fn log() -> Json<Log> {
    Json(Log { lines: LOGBOOK.last_hour(Instant::now()) })
}

#[derive(Serialize)]
pub struct Model {
    /// The model card, Markdown; none if it is not installed beside the model.
    card: Option<String>,
}

pub async fn model(State(site): State<Arc<Site>>) -> Json<Model> {
    let path = site.card.clone();
    let read = tokio::task::spawn_blocking(move || crate::ports::store::read_text(&path, LONGEST_CARD).ok());
    Json(Model { card: read.await.ok().flatten() })
}

/// A picture of the card: a file of the folder `card` beside it.
pub async fn picture(State(site): State<Arc<Site>>, Named(name): Named<String>) -> Result<Response, Fault> {
    let none = || Fault::not_found("the card has no such picture");
    if !is_picture(&name) {
        return Err(none());
    }
    let path = site.card.with_file_name("card").join(name);
    let read = tokio::task::spawn_blocking(move || {
        let file = std::fs::symlink_metadata(&path).ok()?;
        file.is_file().then(|| crate::ports::store::read_bounded(&path, LARGEST_PICTURE).ok()).flatten()
    });
    let mut response = read.await.ok().flatten().ok_or_else(none)?.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    Ok(response)
}

/// A plain name: nothing in it leads out of the folder.
fn is_picture(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.strip_suffix(".png").is_some_and(|stem| !stem.is_empty() && stem.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_plain_name_and_nothing_else_does() {
        assert!(is_picture("confusion_majority.png"));
        for name in [
            "",
            ".png",
            "..",
            "../mood.toml",
            "../../etc/x.png",
            "a/b.png",
            ".hidden.png",
            "a.PNG",
            "a.png\0",
        ] {
            assert!(!is_picture(name), "{name}");
        }
    }
}
