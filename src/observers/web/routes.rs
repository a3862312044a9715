//! Every address that the page answers. Added through [`Routes`], which remembers them: a test holds the
//! description of the API against this list.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Router, http::Method};

use super::Site;
use super::api::{
    backup, files, frames, guide, health, history, library, now, radio, records, session, settings,
    simulated, template_form, templates,
};
use super::assets;
use super::compress::compress;
use super::fault::Fault;
use super::guard::guard;

/// No answer takes longer, but the stream of events.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A template or the settings, many times over.
const MOST_BODY: usize = 256 * 1024;

/// A router that knows what is in it.
pub struct Routes {
    router: Router<Arc<Site>>,
    pub known: Vec<(Method, &'static str)>,
}

impl Routes {
    fn on<H, T>(mut self, method: Method, path: &'static str, handler: H) -> Routes
    where
        H: Handler<T, Arc<Site>>,
        T: 'static,
    {
        let route: MethodRouter<Arc<Site>> = match method {
            Method::POST => post(handler),
            Method::DELETE => delete(handler),
            _ => get(handler),
        };
        // Several methods at one address are merged.
        self.router = self.router.route(path, route);
        self.known.push((method, path));
        self
    }

    fn get<H: Handler<T, Arc<Site>>, T: 'static>(self, path: &'static str, handler: H) -> Routes {
        self.on(Method::GET, path, handler)
    }

    fn post<H: Handler<T, Arc<Site>>, T: 'static>(self, path: &'static str, handler: H) -> Routes {
        self.on(Method::POST, path, handler)
    }

    fn delete<H: Handler<T, Arc<Site>>, T: 'static>(self, path: &'static str, handler: H) -> Routes {
        self.on(Method::DELETE, path, handler)
    }
}

/// The addresses of the API.
pub fn api() -> Routes {
    Routes { router: Router::new(), known: Vec::new() }
        .get("/api/openapi.json", assets::openapi)
        .get("/api/session", session::get)
        .post("/api/session", session::login)
        .delete("/api/session", session::logout)
        .get("/api/state", now::now)
        .get("/api/events", now::live)
        .get("/api/panel.png", now::panel)
        .post("/api/press", now::press)
        .post("/api/next", now::next)
        .post("/api/stop", now::stop)
        .post("/api/back", now::back)
        .post("/api/pause", now::pause)
        .post("/api/seek", now::seek)
        .post("/api/like", now::like)
        .delete("/api/like", now::unlike)
        .post("/api/not-so", now::not_so)
        .post("/api/volume", now::volume)
        .post("/api/sleep", now::sleep)
        .post("/api/mood", now::mood)
        .get("/api/health", health::health)
        .get("/api/library", library::library)
        .post("/api/library/feeling", library::feeling)
        .post("/api/library/play", library::play)
        .get("/api/library/plane", library::plane)
        .get("/api/library/groups", library::groups)
        .get("/api/library/cover", library::cover)
        .get("/api/library/files", files::room)
        .post("/api/library/files", files::begin)
        .post("/api/library/files/{id}", files::piece)
        .delete("/api/library/files/{id}", files::give_up)
        .get("/api/templates", templates::list)
        .post("/api/templates/form", template_form::form)
        .get("/api/templates/{kind}/{mood}", templates::read)
        .post("/api/templates/{kind}/{mood}", templates::save)
        .delete("/api/templates/{kind}/{mood}", templates::reset)
        .post("/api/templates/{kind}/{mood}/try", templates::attempt)
        .post("/api/templates/{kind}/{mood}/undo", templates::undo)
        .get("/api/history", history::history)
        .delete("/api/history", history::erase)
        .get("/api/history.csv", history::export)
        .post("/api/forget", history::forget)
        .get("/api/backup", backup::backup)
        .post("/api/restore", backup::restore)
        .get("/api/guide", guide::read)
        .post("/api/guide", guide::done)
        .post("/api/guide/press", guide::press)
        .post("/api/guide/sound", guide::sound)
        .post("/api/guide/panel", guide::panel)
        .post("/api/guide/upright", guide::upright)
        .post("/api/guide/camera", guide::camera)
        .get("/api/radio", radio::list)
        .post("/api/radio", radio::save)
        .get("/api/settings", settings::list)
        .post("/api/settings", settings::save)
        .post("/api/restart", settings::restart)
        .get("/api/log", records::log)
        .get("/api/model", records::model)
        .get("/api/model/card/{name}", records::picture)
        .get("/api/device", simulated::device)
        .get("/api/device/photos/{number}", simulated::photo)
        .post("/api/device/photo", simulated::choose)
        .post("/api/device/button", simulated::button)
        .post("/api/device/camera", frames::source)
        .post("/api/device/frame", frames::frame)
}

/// Everything that is answered, behind the guard.
pub fn router(site: Arc<Site>) -> Router {
    let Routes { router, known } = api();
    tracing::debug!("the page answers at {} addresses", known.len());
    router
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .fallback(async || Fault::not_found("there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
        })
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(middleware::from_fn(compress))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn_with_state(site.clone(), guard))
        .with_state(site)
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Fault::new(StatusCode::REQUEST_TIMEOUT, "this took too long").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_of_the_api_names_every_address_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(assets::OPENAPI).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                described.insert((method.to_uppercase(), path.clone()));
                assert!(operation["summary"].is_string() && operation["responses"].is_object(), "{path}");
            }
        }
        let known: BTreeSet<_> =
            api().known.into_iter().map(|(method, path)| (method.to_string(), path.to_owned())).collect();
        assert_eq!(described, known);
    }
}
