//! What stands before every answer: which host was meant, who asks, whether a page of ours sent it.
//!
//! Three attacks are met here. *DNS rebinding*: a foreign page whose name points at this device would be
//! "the same origin" to the browser; hence only names that are ours are answered. *Cross-site requests*:
//! a foreign page lets the browser of somebody who is logged in press a button; hence every change needs
//! a word that only a page of ours can read, and comes from our origin. *Injected script*: a title in the
//! library that is markup; hence a policy that runs no script but the files of this binary.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::fault::Fault;
use super::login::{Asker, Devices, Known, Logins, Patience, same, token};
use crate::config::password::{PasswordError, StoredPassword};
use crate::observers::server::Peer;

/// The header in which every change repeats the CSRF token.
pub const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// The name of the cookie of a login.
pub const COOKIE: &str = "moodbox";
/// The name of the cookie by which a browser is known from which somebody came in before.
pub const DEVICE: &str = "moodbox-device";

/// Who may come in, and who is in.
pub struct Door {
    password: Option<StoredPassword>,
    /// Names by which the device may be called besides addresses and `localhost`; lower case.
    names: Vec<String>,
    /// The CSRF token of those who are not logged in.
    csrf: String,
    inside: Mutex<Inside>,
    /// One check of a password at a time: each takes the memory of Argon2.
    pub(super) checking: tokio::sync::Semaphore,
}

/// What changes while people come and go.
pub struct Inside {
    pub logins: Logins,
    pub programs: Known,
    pub devices: Devices,
    pub patience: Patience,
}

impl Door {
    pub fn new(password: Option<StoredPassword>, names: Vec<String>) -> Result<Door, PasswordError> {
        Ok(Door {
            password,
            names: names.into_iter().map(|name| name.to_lowercase()).collect(),
            csrf: token()?,
            inside: Mutex::new(Inside {
                logins: Logins::default(),
                programs: Known::default(),
                devices: Devices::default(),
                patience: Patience::new(Instant::now()),
            }),
            checking: tokio::sync::Semaphore::new(1),
        })
    }

    pub fn password(&self) -> Option<&StoredPassword> {
        self.password.as_ref()
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The CSRF token that a change by this caller has to repeat.
    pub fn csrf_for(&self, cookie: Option<&str>) -> String {
        let login = cookie.and_then(|cookie| self.inside().logins.csrf(cookie, Instant::now()));
        login.unwrap_or_else(|| self.csrf.clone())
    }

    /// Whether the caller of a request may see what is inside.
    fn knows(&self, headers: &HeaderMap) -> Who {
        if self.password.is_none() {
            return Who::Open;
        }
        let now = Instant::now();
        if let Some(secret) = bearer(headers)
            && self.inside().programs.has(secret, now)
        {
            return Who::Program;
        }
        let Some(cookie) = cookie(headers) else { return Who::Stranger };
        match self.inside().logins.csrf(cookie, now) {
            Some(csrf) => Who::Person { csrf },
            None => Who::Stranger,
        }
    }

    /// Whether the caller of a request may still see what is inside, as long as an answer goes on.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        !matches!(self.knows(headers), Who::Stranger)
    }

    /// Whose tries a password from there counts as.
    pub fn asker(&self, from: IpAddr, headers: &HeaderMap) -> Asker {
        match named_cookie(headers, DEVICE).and_then(|word| self.inside().devices.find(word)) {
            Some(device) => Asker::Known(device),
            None if from.to_canonical().is_loopback() => Asker::Local,
            None => Asker::Stranger(from),
        }
    }

    /// Whether a request was meant for this device.
    fn is_ours(&self, host: &str) -> bool {
        let name = without_port(host).to_lowercase();
        // An address cannot be pointed elsewhere by a name server.
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok() || name == "localhost" || self.names.contains(&name)
    }
}

/// Who asks.
#[derive(Debug)]
enum Who {
    /// There is no password: everybody who reaches the device may come in.
    Open,
    Person {
        csrf: String,
    },
    /// It sent the password itself, which no browser does on its own.
    Program,
    Stranger,
}

/// What strangers may see: the page without anything on it, and the way in.
fn is_lobby(path: &str) -> bool {
    path == "/" || path.starts_with("/assets/") || matches!(path, "/api/session" | "/api/openapi.json")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of a bare IPv6 address are no port; in a header it stands in brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// The cookie of a login.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    named_cookie(headers, COOKIE)
}

/// A cookie by its whole name.
pub fn named_cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// The password that a program sent.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The middleware.
pub async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match allow(&site, &parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(fault) => fault.into_response(),
    };
    harden(response.headers_mut(), site.simulated.is_some());
    response
}

async fn allow(site: &Site, request: &Parts) -> Result<(), Fault> {
    let headers = &request.headers;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !site.door.is_ours(host) {
        return Err(Fault::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "`{host}` is not a name of this device; call it by its address, or add the name to `web.names`"
            ),
        ));
    }
    // A page from elsewhere may lead here, and may ask for nothing behind the page: its requests would take
    // our own places.
    if is_foreign(headers) && request.uri.path().starts_with("/api/") {
        return Err(Fault::new(StatusCode::FORBIDDEN, "this came from another site"));
    }
    let lobby = is_lobby(request.uri.path());
    let mut who = site.door.knows(headers);
    if let (Who::Stranger, Some(secret)) = (&who, bearer(headers)) {
        let peer = request.extensions.get::<Peer>().map_or(IpAddr::from([0; 4]), |peer| peer.0);
        super::api::session::check(site, site.door.asker(peer, headers), secret.to_owned()).await?;
        site.door.inside().programs.add(secret, Instant::now());
        who = Who::Program;
    }
    if matches!(who, Who::Stranger) && !lobby {
        return Err(Fault::new(StatusCode::UNAUTHORIZED, "log in first"));
    }
    if !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        from_our_page(site, headers, host, &who)?;
    }
    Ok(())
}

/// Whether the browser says that a page of another site asks.
fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

fn from_our_page(site: &Site, headers: &HeaderMap, host: &str, who: &Who) -> Result<(), Fault> {
    let refused = |why| Err(Fault::new(StatusCode::FORBIDDEN, why));
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = text(header::ORIGIN) {
        let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
        if !authority.eq_ignore_ascii_case(host) {
            return refused("this came from another origin");
        }
    }
    let expected = match who {
        // A foreign page cannot send the header that holds the password.
        Who::Program => return Ok(()),
        Who::Person { csrf } => csrf,
        Who::Open | Who::Stranger => &site.door.csrf,
    };
    match text(CSRF) {
        Some(word) if same(word, expected) => Ok(()),
        _ => refused("the header X-CSRF-Token is missing or old; GET /api/session tells it"),
    }
}

/// No script, style or picture but ours; no frame around us; nothing kept by anybody in between.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

fn harden(headers: &mut HeaderMap, simulated: bool) {
    let camera =
        if simulated { "camera=(self), microphone=()" } else { "camera=(), microphone=(), geolocation=()" };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), camera),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_names_of_this_device_are_answered() {
        let door = Door::new(None, vec!["Moodbox.local".into()]).unwrap();
        for host in [
            "localhost",
            "localhost:8740",
            "127.0.0.1:8740",
            "192.168.1.5",
            "[::1]:8740",
            "[fe80::1]",
            "moodbox.local:8740",
            "MOODBOX.LOCAL",
        ] {
            assert!(door.is_ours(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:8740", "127.0.0.1.evil.example", "moodbox"] {
            assert!(!door.is_ours(host), "{host}");
        }
    }

    #[test]
    fn only_the_browser_says_that_another_site_asks() {
        let from = |site: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            is_foreign(&headers)
        };
        assert!(from("cross-site") && from("same-site") && from("anything"));
        assert!(!from("same-origin") && !from("none") && !is_foreign(&HeaderMap::new()));
    }

    #[test]
    fn the_cookie_is_found_among_others_and_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xmoodbox=1; other=2"));
        assert_eq!(cookie(&headers), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=b;moodbox=abc; c=d"));
        assert_eq!(cookie(&headers), Some("abc"));
        assert_eq!(named_cookie(&headers, DEVICE), None);
    }
}
