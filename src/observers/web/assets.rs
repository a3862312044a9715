//! The files of the page. They are part of the binary: nothing is fetched from elsewhere, and a device
//! that was updated cannot serve the page of another version.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::api::Named;
use super::fault::Fault;

/// Name, type, content.
type Asset = (&'static str, &'static str, &'static [u8]);

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page itself.
const INDEX: Asset = ("index.html", HTML, include_bytes!("assets/index.html"));

/// What the page asks for, below `/assets/`.
const FILES: [Asset; 12] = [
    ("page.css", "text/css; charset=utf-8", include_bytes!("assets/page.css")),
    ("page.js", SCRIPT, include_bytes!("assets/page.js")),
    ("parts.js", SCRIPT, include_bytes!("assets/parts.js")),
    ("words.js", SCRIPT, include_bytes!("assets/words.js")),
    ("camera.js", SCRIPT, include_bytes!("assets/camera.js")),
    ("health.js", SCRIPT, include_bytes!("assets/health.js")),
    ("history.js", SCRIPT, include_bytes!("assets/history.js")),
    ("markdown.js", SCRIPT, include_bytes!("assets/markdown.js")),
    ("settings.js", SCRIPT, include_bytes!("assets/settings.js")),
    ("templates.js", SCRIPT, include_bytes!("assets/templates.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
    ("moodbox.webmanifest", "application/manifest+json", include_bytes!("assets/moodbox.webmanifest")),
];

/// The description of the API.
pub const OPENAPI: &str = include_str!("assets/openapi.json");

pub async fn index() -> Response {
    serve(&INDEX)
}

pub async fn asset(Named(name): Named<String>) -> Result<Response, Fault> {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    found.map(serve).ok_or_else(|| Fault::not_found("the page has no such file"))
}

pub async fn openapi() -> Response {
    serve(&("openapi.json", "application/json", OPENAPI.as_bytes()))
}

fn serve(&(_, kind, content): &Asset) -> Response {
    let mut response = (StatusCode::OK, content).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Small, near, and new after each update: asking again costs less than a page of two versions.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_at_most_200_kilobytes() {
        let all: usize = FILES.iter().chain([&INDEX]).map(|(_, _, content)| content.len()).sum();
        assert!(all + OPENAPI.len() <= 200_000, "{all} bytes");
    }

    #[test]
    fn the_page_asks_for_nothing_that_is_elsewhere() {
        for (name, _, content) in FILES.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(content).unwrap();
            for word in ["https://", "//cdn", "@import", "innerHTML", "eval(", "style=", " onclick="] {
                assert!(!text.contains(word), "{name} holds {word}");
            }
            // The name of a namespace is no address that anybody asks.
            assert!(!text.replace("http://www.w3.org/2000/svg", "").contains("http://"), "{name}");
        }
    }

    #[test]
    fn whatever_the_page_names_is_there() {
        let index = std::str::from_utf8(INDEX.2).unwrap();
        let named: Vec<&str> =
            index.split("/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(named.len() >= 4, "{named:?}");
        for name in named {
            assert!(FILES.iter().any(|(known, ..)| *known == name), "{name}");
        }
    }
}
