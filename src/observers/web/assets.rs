//! The files of the page. They are part of the binary: nothing is fetched from elsewhere, and a device
//! that was updated cannot serve the page of another version.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::response::{IntoResponse, Response};

use flate2::Compression;
use sha2::{Digest, Sha256};

use super::api::Named;
use super::compress;
use super::fault::Fault;

/// Name, type, content.
type Asset = (&'static str, &'static str, &'static [u8]);

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page itself.
const INDEX: Asset = ("index.html", HTML, include_bytes!("assets/index.html"));

/// What the page asks for, below `/assets/`.
const FILES: [Asset; 25] = [
    ("page.css", "text/css; charset=utf-8", include_bytes!("assets/page.css")),
    ("page.js", SCRIPT, include_bytes!("assets/page.js")),
    ("parts.js", SCRIPT, include_bytes!("assets/parts.js")),
    ("words.js", SCRIPT, include_bytes!("assets/words.js")),
    ("words-en.js", SCRIPT, include_bytes!("assets/words-en.js")),
    ("words-de.js", SCRIPT, include_bytes!("assets/words-de.js")),
    ("words-fr.js", SCRIPT, include_bytes!("assets/words-fr.js")),
    ("early.js", SCRIPT, include_bytes!("assets/early.js")),
    ("said.js", SCRIPT, include_bytes!("assets/said.js")),
    ("said-de.js", SCRIPT, include_bytes!("assets/said-de.js")),
    ("said-fr.js", SCRIPT, include_bytes!("assets/said-fr.js")),
    ("radio.js", SCRIPT, include_bytes!("assets/radio.js")),
    ("guide.js", SCRIPT, include_bytes!("assets/guide.js")),
    ("add.js", SCRIPT, include_bytes!("assets/add.js")),
    ("template-form.js", SCRIPT, include_bytes!("assets/template-form.js")),
    ("bar.js", SCRIPT, include_bytes!("assets/bar.js")),
    ("library.js", SCRIPT, include_bytes!("assets/library.js")),
    ("camera.js", SCRIPT, include_bytes!("assets/camera.js")),
    ("health.js", SCRIPT, include_bytes!("assets/health.js")),
    ("history.js", SCRIPT, include_bytes!("assets/history.js")),
    ("markdown.js", SCRIPT, include_bytes!("assets/markdown.js")),
    ("settings.js", SCRIPT, include_bytes!("assets/settings.js")),
    ("templates.js", SCRIPT, include_bytes!("assets/templates.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
    ("moodbox.webmanifest", "application/manifest+json", include_bytes!("assets/moodbox.webmanifest")),
];

/// The languages that the page has words in: its files `words-xx.js`.
pub fn languages() -> Vec<&'static str> {
    FILES.iter().filter_map(|(name, ..)| name.strip_prefix("words-")?.strip_suffix(".js")).collect()
}

/// The description of the API.
pub const OPENAPI: &str = include_str!("assets/openapi.json");

pub async fn index(headers: HeaderMap) -> Response {
    serve(&INDEX, &headers)
}

pub async fn asset(Named(name): Named<String>, headers: HeaderMap) -> Result<Response, Fault> {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    found.map(|asset| serve(asset, &headers)).ok_or_else(|| Fault::not_found("the page has no such file"))
}

pub async fn openapi(headers: HeaderMap) -> Response {
    serve(&("openapi.json", "application/json", OPENAPI.as_bytes()), &headers)
}

/// A file as it travels: its mark, and the same in fewer bytes.
struct Packed {
    mark: String,
    gzip: Option<Vec<u8>>,
}

/// Each file is packed once, when it is first asked for.
static PACKED: LazyLock<Mutex<HashMap<&'static str, Arc<Packed>>>> = LazyLock::new(Mutex::default);

fn pack(&(name, _, content): &Asset) -> Arc<Packed> {
    let mut all = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || {
        let digest: String =
            Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let gzip = compress::packed(content, Compression::best());
        Arc::new(Packed { mark: format!("\"{digest}\""), gzip })
    };
    all.entry(name).or_insert_with(fresh).clone()
}

fn serve(asset: &Asset, asked: &HeaderMap) -> Response {
    let &(_, kind, content) = asset;
    let packed = pack(asset);
    let known = asked.get(IF_NONE_MATCH).is_some_and(|mark| mark.as_bytes() == packed.mark.as_bytes());
    let small = packed.gzip.as_ref().filter(|_| compress::wanted(asked));
    let mut response = match (known, small) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Some(small)) => small.clone().into_response(),
        (false, None) => content.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if !known && small.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(mark) = HeaderValue::from_str(&packed.mark) {
        headers.insert(ETAG, mark);
    }
    // New after each update: a browser that has a file asks whether it is still the same.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_page_is_at_most_120_kilobytes_on_the_wire() {
        let small = |asset: &Asset| pack(asset).gzip.as_ref().map_or(asset.2.len(), Vec::len);
        let all: usize = FILES.iter().chain([&INDEX]).map(small).sum();
        assert!(all <= 120_000, "{all} bytes");
    }

    #[test]
    fn whoever_has_a_file_is_not_sent_it_again() {
        let mut asked = HeaderMap::new();
        asked.insert(axum::http::header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let first = serve(&INDEX, &asked);
        assert_eq!(first.headers()[CONTENT_ENCODING], "gzip");
        asked.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(serve(&INDEX, &asked).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn the_page_asks_for_nothing_that_is_elsewhere() {
        for (name, _, content) in FILES.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(content).unwrap();
            for word in ["https://", "//cdn", "@import", "innerHTML", "eval(", "style=", " onclick="] {
                assert!(!text.contains(word), "{name} holds {word}");
            }
            // The name of a namespace is no address that anybody asks; nor is one without a host, as in a sentence.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            let mut hosts = text.split("http://").skip(1);
            assert!(!hosts.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())), "{name}");
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
