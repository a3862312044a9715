//! Coming in and going out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use super::{Body, Reads, guide, now};
use crate::observers::server::Peer;
use crate::observers::web::fault::Fault;
use crate::observers::web::guard::{COOKIE, DEVICE, cookie};
use crate::observers::web::login::Asker;
use crate::observers::web::{Site, assets};
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::text::Language;

/// What a page has to know before anything else.
#[derive(Serialize)]
pub struct SessionResponse {
    /// Whether a password has to be said first.
    login: bool,
    /// Whether there is a password at all.
    locked: bool,
    /// What each change has to repeat in the header `X-CSRF-Token`.
    csrf: String,
    language: Language,
    /// Those that the page has words in.
    languages: Vec<&'static str>,
    version: &'static str,
    /// Whether this is the simulated device.
    simulated: bool,
    /// Whether the first steps are to be offered.
    guide: bool,
    /// What goes on now, for whoever may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Snapshot>,
}

fn told(site: &Site, cookie: Option<&str>) -> Json<SessionResponse> {
    let locked = site.door.password().is_some();
    let known = cookie.is_some_and(|cookie| site.door.inside().logins.csrf(cookie, Instant::now()).is_some());
    Json(SessionResponse {
        login: locked && !known,
        locked,
        csrf: site.door.csrf_for(cookie),
        language: site.latest.borrow().language,
        languages: assets::languages(),
        version: env!("CARGO_PKG_VERSION"),
        simulated: site.simulated.is_some(),
        guide: guide::is_offered(site),
        state: None,
    })
}

pub async fn get(State(site): State<Arc<Site>>, reads: Reads, headers: HeaderMap) -> Json<SessionResponse> {
    let Json(told) = told(&site, cookie(&headers));
    let state = (!told.login).then(|| now::state(&site, &reads));
    Json(SessionResponse { state, ..told })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    password: String,
}

pub async fn login(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Body(login): Body<Login>,
) -> Result<Response, Fault> {
    if site.door.password().is_none() {
        return Err(Fault::new(StatusCode::CONFLICT, "this device has no password: nobody has to log in"));
    }
    let peer = peer.map_or(IpAddr::from([0; 4]), |Extension(peer)| peer.0);
    let asker = site.door.asker(peer, &headers);
    check(&site, asker, login.password).await?;
    let granted = site
        .door
        .inside()
        .logins
        .open(Instant::now())
        .map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let mut response = told(&site, Some(&granted.cookie)).into_response();
    set_cookie(
        &mut response,
        &format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800", granted.cookie),
    );
    if !matches!(asker, Asker::Known(_)) {
        // Known from now on: it is not locked out while somebody else guesses.
        let device = site.door.inside().devices.add(Instant::now());
        let device =
            device.map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        set_cookie(
            &mut response,
            &format!("{DEVICE}={device}; Path=/api/session; HttpOnly; SameSite=Strict; Max-Age=31536000"),
        );
    }
    Ok(response)
}

pub async fn logout(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    if let Some(cookie) = cookie(&headers) {
        site.door.inside().logins.close(cookie);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Checks a password, one at a time, for those who have patience left.
pub async fn check(site: &Site, from: Asker, password: String) -> Result<(), Fault> {
    let Some(stored) = site.door.password().cloned() else { return Ok(()) };
    if let Err(wait) = site.door.inside().patience.may_try(from, Instant::now()) {
        let seconds = wait.as_secs() + 1;
        return Err(Fault::new(StatusCode::TOO_MANY_REQUESTS, format!("too many tries; wait {seconds} s"))
            .retry_after(seconds));
    }
    // Argon2 takes its time on purpose: beside the thread that serves, and never twice at once.
    let _turn = site.door.checking.acquire().await;
    let right = tokio::task::spawn_blocking(move || stored.accepts(&password)).await.unwrap_or(false);
    if !right {
        let whom = match from {
            Asker::Stranger(address) => address.to_string(),
            Asker::Local => "this machine".to_owned(),
            Asker::Known(_) => "a browser that is known".to_owned(),
        };
        tracing::warn!("page: a wrong password from {whom}");
        return Err(Fault::new(StatusCode::UNAUTHORIZED, "this is not the password"));
    }
    site.door.inside().patience.right(from);
    Ok(())
}
