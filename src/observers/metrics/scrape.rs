//! Where Prometheus reads the metrics.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Metrics;
use crate::observers::server;

/// An address that is taken is tried again this often.
const AGAIN: Duration = Duration::from_secs(30);

/// `GET /metrics`: for a server of its own, or to be merged into another.
pub fn routes(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(move || std::future::ready(answer(&metrics))))
}

fn answer(metrics: &Metrics) -> Response {
    match metrics.text() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Serves for ever. A kiosk whose metrics cannot be read still plays.
pub async fn serve(listen: SocketAddr, metrics: Metrics) {
    let mut told = false;
    loop {
        match TcpListener::bind(listen).await {
            Ok(listener) => {
                told = false;
                tracing::info!("metrics: http://{listen}/metrics");
                server::accept(listener, routes(metrics.clone()), server::METRICS).await;
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("metrics: {listen} cannot be had ({error}); see listen in [metrics]");
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}
