//! How the device is: what `moodbox doctor` finds, as far as that can be seen beside the running daemon.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::doctor::{Finding, Parts, Patient, Wishes, examine};
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::gpio::{CONSUMER, LineError};

/// So long nobody looks again: each look asks the players and the camera.
const FRESH: Duration = Duration::from_secs(20);

/// What was found, and when.
pub struct Examined {
    at: Instant,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
pub struct Told {
    version: &'static str,
    findings: Vec<Finding>,
}

pub async fn health(State(site): State<Arc<Site>>) -> Result<Json<Told>, Fault> {
    let told = |findings| Json(Told { version: env!("CARGO_PKG_VERSION"), findings });
    let Some(config) = site.config.clone() else { return Ok(told(Vec::new())) };
    // Held meanwhile: nobody examines twice at once.
    let mut examined = site.examined.lock().await;
    if let Some(last) = examined.as_ref()
        && last.at.elapsed() < FRESH
    {
        return Ok(told(last.findings.clone()));
    }
    let findings = tokio::task::spawn_blocking(move || look(config)).await.map_err(|error| {
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the examination broke off: {error}"))
    })?;
    *examined = Some(Examined { at: Instant::now(), findings: findings.clone() });
    Ok(told(findings))
}

/// The daemon has the button and the light. They are not even asked for: a light that is taken for an
/// instant would make a look at that instant fail.
fn look(config: PathBuf) -> Vec<Finding> {
    let ours = |line: String| LineError::Busy { line, by: Some(CONSUMER.to_owned()) };
    let parts = Parts {
        buttons: Box::new(move |settings| {
            let lines: Vec<&str> = settings.lines.iter().map(|(_, line)| line.as_str()).collect();
            Err(ours(lines.join(", ")))
        }),
        light: Box::new(move |line| Err(ours(line.to_owned()))),
        ..Parts::default()
    };
    let patient = Patient { parts, ..Patient::here(config, Wishes::default()) };
    examine(&patient).collect()
}
