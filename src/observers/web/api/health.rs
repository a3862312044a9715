//! How the device is: what `moodbox doctor` finds, as far as that can be seen beside the running daemon.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::doctor::{Finding, Parts, Patient, Wishes, examine};
use crate::observers::mqtt::update::Apt;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::gpio::{CONSUMER, LineError};

/// So long nobody looks again: each look asks the players and the camera.
const FRESH: Duration = Duration::from_secs(20);

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What was found, and when.
pub struct Examined {
    at: Instant,
    findings: Vec<Finding>,
    offered: Option<String>,
}

#[derive(Serialize)]
pub struct HealthResponse {
    version: &'static str,
    /// A newer version that APT would install; none where there is none, or APT has no source of moodbox.
    offered: Option<String>,
    findings: Vec<Finding>,
}

pub async fn health(State(site): State<Arc<Site>>) -> Result<Json<HealthResponse>, Fault> {
    let told = |findings, offered| Json(HealthResponse { version: VERSION, offered, findings });
    let Some(config) = site.config.clone() else { return Ok(told(Vec::new(), None)) };
    // Held meanwhile: nobody examines twice at once.
    let mut examined = site.examined.lock().await;
    if let Some(last) = examined.as_ref()
        && last.at.elapsed() < FRESH
    {
        return Ok(told(last.findings.clone(), last.offered.clone()));
    }
    let newer = || Apt::of_this_system().offered().filter(|offered| offered != VERSION);
    let looked = tokio::task::spawn_blocking(move || (look(config), newer())).await;
    let (findings, offered) = looked.map_err(|error| {
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the examination broke off: {error}"))
    })?;
    *examined = Some(Examined { at: Instant::now(), findings: findings.clone(), offered: offered.clone() });
    Ok(told(findings, offered))
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
