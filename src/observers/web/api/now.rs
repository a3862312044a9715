//! What goes on, and the levers for it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::watch;

use super::{Asked, Body, Reads};
use crate::observers::server::Peer;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::panel::png::to_png;
use moodbox_core::kiosk::event::{Event, Gesture, RemoteCommand, Source};
use moodbox_core::kiosk::policy::Start;
use moodbox_core::kiosk::snapshot::{Snapshot, Stage};
use moodbox_core::mood::Mood;

pub async fn now(State(site): State<Arc<Site>>, reads: Reads) -> Json<Snapshot> {
    Json(state(&site, &reads))
}

/// The same, in the language that is read.
pub(super) fn state(site: &Site, reads: &Reads) -> Snapshot {
    let snapshot = site.latest.borrow().as_ref().clone();
    let language = reads.or(snapshot.language);
    snapshot.said_in(language)
}

/// A browser adds what keeps it from showing an old one.
#[derive(Deserialize)]
pub struct PanelQuery {
    /// Half as wide and half as high, for a slow link.
    #[serde(default)]
    small: bool,
}

/// The panel as it stands.
pub async fn panel(
    State(site): State<Arc<Site>>,
    Asked(wanted): Asked<PanelQuery>,
) -> Result<Response, Fault> {
    let picture = site.panel.as_ref().and_then(|panel| panel.picture());
    let picture =
        picture.ok_or_else(|| Fault::not_found("this device has no panel, or nothing stands on it yet"))?;
    let png = if wanted.small { to_png(&picture.half()) } else { to_png(&picture) };
    let mut response = png.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    Ok(response)
}

/// A line now and then, so that both ends see when the other is gone.
const ALIVE: Duration = Duration::from_secs(15);

/// Server-sent events: `snapshot` with the snapshot as JSON, `panel` when there is a new picture, `library`
/// when there is something else to play or something else is known of it,
/// and of a simulated device `light` with `true` or `false`.
pub async fn live(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    reads: Reads,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let peer = peer.map_or(IpAddr::from([0; 4]), |Extension(peer)| peer.0);
    let place = site.live.take(peer).ok_or_else(|| {
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open; close one").retry_after(5)
    })?;
    let snapshots = news(site.latest.clone(), move |snapshot| {
        // Lives as long as the stream.
        let _ = &place;
        let snapshot = snapshot.as_ref().clone();
        let language = reads.or(snapshot.language);
        sse::Event::default().event("snapshot").json_data(snapshot.said_in(language))
    });
    let pictures = site.panel.as_ref().map(|panel| {
        let mut drawn = 0u64;
        news(panel.watch(), move |_| {
            drawn += 1;
            Ok(sse::Event::default().event("panel").data(drawn.to_string()))
        })
    });
    let pictures = stream::iter(pictures).flatten();
    let libraries = news(site.library.catalog.clone(), |catalog| {
        let many = catalog.music.len() + catalog.video.len();
        Ok(sse::Event::default().event("library").data(many.to_string()))
    });
    let pictures = stream::select(pictures, libraries);
    let lights = site.simulated.as_ref().map(|device| {
        news(device.light.clone(), |on| Ok(sse::Event::default().event("light").data(on.to_string())))
    });
    let rest = stream::select(pictures, stream::iter(lights).flatten());
    // Asked at each event: a login that has ended gets nothing more.
    let door = site.clone();
    let told =
        stream::select(snapshots, rest).take_while(move |_| std::future::ready(door.door.admits(&headers)));
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

/// What stands in a cell now, and each time it changes; what came and went in between is left out.
fn news<T: Clone + Send + Sync + 'static>(
    mut cell: watch::Receiver<T>,
    tell: impl FnMut(T) -> Result<sse::Event, axum::Error>,
) -> impl Stream<Item = Result<sse::Event, axum::Error>> {
    // The first comes at once.
    cell.mark_changed();
    stream::unfold(cell, |mut cell| async move {
        cell.changed().await.ok()?;
        let value = cell.borrow_and_update().clone();
        Some((value, cell))
    })
    .map(tell)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    #[serde(default)]
    gesture: Gesture,
}

/// A press from elsewhere than the device. What it means is the core's to say; where it could only be
/// refused, the person is told. Without a body it is a short press.
pub async fn press(State(site): State<Arc<Site>>, press: Option<Body<Press>>) -> Result<StatusCode, Fault> {
    let press = press.map(|Body(press)| press).unwrap_or_default();
    let (stage, start) = {
        let now = site.latest.borrow();
        (now.phase, now.press)
    };
    let rests =
        !matches!(stage, Stage::Playing | Stage::Choosing | Stage::Looking | Stage::Notice | Stage::Stopping);
    if rests && start == Start::Refuse {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in public only the button of the device starts a look",
        ));
    }
    site.tell(Event::Remote(press.gesture))?;
    Ok(StatusCode::ACCEPTED)
}

pub async fn next(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Next)
}

pub async fn stop(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Stop)
}

pub async fn back(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Back)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Whether to hold what plays, or to let it go on.
    hold: bool,
}

pub async fn pause(State(site): State<Arc<Site>>, Body(pause): Body<Pause>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Pause(pause.hold))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seek {
    second: u32,
}

pub async fn seek(State(site): State<Arc<Site>>, Body(seek): Body<Seek>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Seek(seek.second))
}

pub async fn unlike(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Unlike)
}

pub async fn like(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    ask(&site, RemoteCommand::Like)
}

/// The mood that was read is wrong: the moods are offered.
pub async fn not_so(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    if !site.latest.borrow().not_so {
        return Err(Fault::new(StatusCode::CONFLICT, "no mood was read that could be wrong"));
    }
    ask(&site, RemoteCommand::NotSo)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    percent: u8,
}

pub async fn volume(State(site): State<Arc<Site>>, Body(volume): Body<Volume>) -> Result<StatusCode, Fault> {
    let cap = site.latest.borrow().volume_cap;
    if volume.percent > cap {
        return Err(Fault::unprocessable(format!(
            "the volume goes from 0 to {cap} %, the cap of this house"
        )));
    }
    ask(&site, RemoteCommand::Volume(volume.percent))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// 0 takes the timer back.
    minutes: u8,
}

/// The longest that a sleep timer can be set to, in minutes: no session is much longer.
pub const LATEST_SLEEP: u8 = 240;

pub async fn sleep(
    State(site): State<Arc<Site>>,
    Body(Sleep { minutes }): Body<Sleep>,
) -> Result<StatusCode, Fault> {
    if minutes > LATEST_SLEEP {
        return Err(Fault::unprocessable(format!("the sleep timer goes up to {LATEST_SLEEP} minutes")));
    }
    let after = (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)));
    site.tell(Event::Sleep(after))?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picked {
    mood: Mood,
}

pub async fn mood(State(site): State<Arc<Site>>, Body(picked): Body<Picked>) -> Result<StatusCode, Fault> {
    site.tell(Event::Picked(picked.mood, Source::Page))?;
    Ok(StatusCode::ACCEPTED)
}

fn ask(site: &Site, ask: RemoteCommand) -> Result<StatusCode, Fault> {
    site.tell(Event::RemoteCommand(ask))?;
    Ok(StatusCode::ACCEPTED)
}
