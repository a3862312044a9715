//! What a caller is told when something cannot be: a status and a sentence.

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that is no success. Written as `{"error": "..."}`, with the name of a setting where it is about one.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    message: String,
    retry_s: Option<u64>,
    /// The setting that is to be put right.
    field: Option<String>,
}

impl Fault {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into(), retry_s: None, field: None }
    }

    /// The caller asked for something that cannot be.
    pub fn unprocessable(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    pub fn not_found(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, message)
    }

    /// The same, and which setting it is about.
    pub fn about(mut self, field: Option<String>) -> Fault {
        self.field = field;
        self
    }

    /// What is told.
    pub fn text(&self) -> &str {
        &self.message
    }

    /// The same, to be tried again after this many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Fault {
        self.retry_s = Some(seconds);
        self
    }
}

#[derive(Serialize)]
struct FaultBody {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response =
            (self.status, Json(FaultBody { error: self.message, field: self.field })).into_response();
        if let Some(seconds) = self.retry_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // No `Basic`: a browser would ask with a window of its own.
            let bearer = HeaderValue::from_static("Bearer realm=\"moodbox\"");
            response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

impl From<JsonRejection> for Fault {
    fn from(rejection: JsonRejection) -> Fault {
        Fault::new(rejection.status(), rejection.body_text())
    }
}

impl From<BytesRejection> for Fault {
    fn from(rejection: BytesRejection) -> Fault {
        Fault::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Fault {
    fn from(rejection: QueryRejection) -> Fault {
        Fault::new(rejection.status(), rejection.body_text())
    }
}
