//! What the page's addresses do: one file for each of its parts.

pub mod backup;
pub mod files;
pub mod frames;
pub mod guide;
pub mod health;
pub mod history;
pub mod library;
pub mod now;
pub mod radio;
pub mod records;
pub mod session;
pub mod settings;
pub mod simulated;
pub mod template_form;
pub mod templates;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::assets;
use super::fault::Fault;
use moodbox_core::text::Language;

/// A body that is JSON of this shape; anything else is told as a [`Fault`].
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let Json(value) = <Json<T> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Body(value))
    }
}

/// The language that the browser asks for; none: that of the device.
pub struct Reads(pub Option<Language>);

impl Reads {
    /// That, or the device's.
    pub fn or(&self, device: Language) -> Language {
        self.0.unwrap_or(device)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reads {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let said = parts.headers.get(axum::http::header::ACCEPT_LANGUAGE).and_then(|said| said.to_str().ok());
        // Browsers name the best first.
        let mut codes = said.unwrap_or_default().split(',').map(|one| one.trim().to_lowercase());
        Ok(Reads(codes.find_map(|code| {
            let short = code.split(['-', ';']).next().unwrap_or_default();
            let own = Language::ALL.into_iter().find(|language| language.code() == short);
            // The words of such a page for what the device says begin at the English.
            own.or_else(|| assets::languages().contains(&short).then_some(Language::En))
        })))
    }
}

/// Nothing stands for none, whatever its type is said to be: generated clients name one all the same.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Fault> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let request = Request::from_parts(parts, bytes.into());
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// What the address names.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        // An address that names nothing leads nowhere.
        let Path(value) = Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Fault::not_found(rejection.body_text()))?;
        Ok(Named(value))
    }
}

/// What stands behind the question mark.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Query(value) = Query::from_request_parts(parts, state).await?;
        Ok(Asked(value))
    }
}
