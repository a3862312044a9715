//! What the daemon does with a configuration that cannot be used: it says so, and waits for a better one.
//!
//! A daemon that ends with an error is started again until systemd gives up, and nobody sees why. So it stays, and
//! the panel and the page say what is wrong. Nothing else runs: no camera, no button, no music.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use sd_notify::NotifyState;

use crate::config;
use crate::observers::server::{self, Peer};
use crate::port_factory;
use crate::ports::panel::{Picture, screens};
use crate::service_manager::notify;
use crate::text_file;
use moodbox_core::kiosk::action::Screen;
use moodbox_core::kiosk::event::TroubleKind;
use moodbox_core::text::{self, Language};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How the wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is worth another start.
    Mended,
    /// It was asked to leave.
    Asked,
}

/// Says what is wrong on the panel and on the page, until the configuration is mended, after `at_most`, or until
/// `leave` says so. `report` is what is wrong, in words.
pub fn wait(
    path: &Path,
    changes: &Path,
    report: &str,
    at_most: Option<Duration>,
    leave: &Receiver<()>,
) -> Ended {
    tracing::error!("{report}");
    tracing::warn!("nothing runs but the panel and the page, which say so, until that is mended");
    let begun = Instant::now();
    let text = text_file::read(path).unwrap_or_default();
    let known = config::known_of(&text);
    serve(known.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8740))), known.language, report);
    let mut panel = known.panel.map(|choice| port_factory::panel(&choice));
    let mut picture = panel.as_ref().map(|panel| {
        let (width, height) = panel.size();
        let mut picture = Picture::new(width, height);
        screens::draw(&Screen::Trouble(TroubleKind::SettingsBroken), known.language, &mut picture);
        picture
    });
    notify(&[NotifyState::Ready, NotifyState::Status("the configuration cannot be used: `moodbox check`")]);
    let beat = sd_notify::watchdog_enabled().map_or(LOOK, |limit| (limit / 2).min(LOOK));
    loop {
        if let (Some(panel), Some(drawn)) = (&mut panel, &picture) {
            // A panel that cannot be written now is tried again.
            match panel.show(drawn) {
                Ok(()) => picture = None,
                Err(error) => tracing::debug!(%error, "the panel cannot be written"),
            }
        }
        match leave.recv_timeout(beat) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ended::Asked,
        }
        notify(&[NotifyState::Watchdog]);
        let mended = match at_most {
            Some(limit) => begun.elapsed() >= limit,
            None => config::load_for_device(path, changes).is_ok(),
        };
        if mended {
            tracing::info!("the device is started once more");
            return Ended::Mended;
        }
    }
}

/// The page, on a thread of its own; without it the panel and the log remain.
fn serve(listen: SocketAddr, language: Language, report: &str) {
    let words = text::trouble(TroubleKind::SettingsBroken, language);
    let short = page(words.title, words.cure, None);
    let long = page(words.title, words.cure, Some(report));
    let router = Router::new().fallback(move |request: Request<axum::body::Body>| {
        // Where in which file it stands is for whoever is at the machine: nobody can log in now.
        let local =
            request.extensions().get::<Peer>().is_some_and(|peer| peer.0.to_canonical().is_loopback());
        let body = if local { long.clone() } else { short.clone() };
        async move { answer(body) }
    });
    let spawned = thread::Builder::new().name("recovery".to_owned()).spawn(move || {
        if let Err(error) =
            server::run(listen, router, |address| tracing::info!("what is wrong stands on http://{address}/"))
        {
            tracing::warn!(%error, "no page says what is wrong");
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no page says what is wrong");
    }
}

fn answer(body: String) -> Response {
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFRESH, "5"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(title: &str, cure: &str, report: Option<&str>) -> String {
    let report = report.map(|report| format!("<pre>{}</pre>", escaped(report))).unwrap_or_default();
    format!(
        "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>moodbox</title>\
         <h1>{}</h1><p>{}</p>{report}",
        escaped(title),
        escaped(cure)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_file_never_becomes_markup() {
        let page = page("wrong", "cure", Some("line 1: <script>alert(\"x\")</script> & more"));
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    }
}
