//! Pictures from the browser of a person who tries the simulated device. They are taken from this machine alone,
//! only while the light is on, and wiped like every frame.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body as RawBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use futures_util::StreamExt;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::Body;
use crate::observers::server::Peer;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::camera::uploaded::{Inbox, NotTaken};

/// A picture of 1280 pixels is a fifth of it.
pub const MOST_FRAME: usize = 1024 * 1024;

/// A picture comes in some milliseconds, for it comes from this machine.
const FRAME_WITHIN: Duration = Duration::from_secs(2);

fn inbox(site: &Site) -> Result<&Inbox, Fault> {
    let simulated = site.simulated.as_ref();
    simulated
        .map(|device| &device.inbox)
        .ok_or_else(|| Fault::not_found("this device is a real one, with a camera of its own"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The next looks see what this page sends.
    page: bool,
}

pub async fn source(State(site): State<Arc<Site>>, Body(source): Body<Source>) -> Result<StatusCode, Fault> {
    inbox(&site)?.want(source.page);
    Ok(StatusCode::NO_CONTENT)
}

pub async fn frame(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: RawBody,
) -> Result<StatusCode, Fault> {
    let inbox = inbox(&site)?;
    if !peer.is_some_and(|Extension(peer)| peer.0.is_loopback()) {
        return Err(Fault::new(StatusCode::FORBIDDEN, "pictures are taken from this machine alone"));
    }
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "image/jpeg") {
        return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send image/jpeg"));
    }
    // All the room at once: a vector that grows would leave a copy behind that nobody wipes.
    let mut jpeg = Zeroizing::new(Vec::with_capacity(MOST_FRAME));
    let mut chunks = body.into_data_stream();
    let end = tokio::time::Instant::now() + FRAME_WITHIN;
    // One that stops in mid picture leaves nothing behind: what came of it is wiped at the end of this.
    while let Some(chunk) = tokio::time::timeout_at(end, chunks.next())
        .await
        .map_err(|_| Fault::new(StatusCode::REQUEST_TIMEOUT, "the picture did not come in time"))?
    {
        let chunk = chunk.map_err(|_| Fault::new(StatusCode::BAD_REQUEST, "the picture broke off"))?;
        let fits = jpeg.len() + chunk.len() <= MOST_FRAME;
        if fits {
            jpeg.extend_from_slice(&chunk);
        }
        // The server's own buffer, as far as nobody else holds it.
        if let Ok(mut chunk) = chunk.try_into_mut() {
            chunk.as_mut().zeroize();
        }
        if !fits {
            return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "a picture has at most 1 MiB"));
        }
    }
    inbox.post(jpeg).map_err(|error| match error {
        NotTaken::Closed => Fault::new(StatusCode::CONFLICT, error.to_string()),
        NotTaken::Unreadable => Fault::unprocessable(error.to_string()),
    })?;
    Ok(StatusCode::NO_CONTENT)
}
