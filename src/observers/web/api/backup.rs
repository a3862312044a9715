//! One file with what people made of a device: settings, templates and radio stations of the
//! page, and what was learnt.
//! No password, no picture and no music is in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::body::Body as RawBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{radio, templates};
use crate::config::{Changes, ConfigError};
use crate::library::history;
use crate::observers::web::fault::Fault;
use crate::observers::web::{LARGE_BODIES, Site};
use crate::ports::music::radio::Station;
use crate::ports::store;
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::recommend::{History, Templates};

/// Of the form of the file.
const VERSION: u32 = 1;
/// Bytes of a file: a history that is full, and fourteen templates.
const MOST: usize = 8 << 20;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    moodbox_backup: u32,
    /// What was set on the page, TOML; over the configuration, which is not in here.
    settings: String,
    /// Each template that was written on the page, by its kind and mood: `music/sad`.
    templates: BTreeMap<String, String>,
    /// The stations of web radio that are kept on the page; a file that says nothing of them leaves those that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stations: Option<Vec<Station>>,
    /// What was learnt, as the device keeps it; none if nothing was.
    history: Option<serde_json::Value>,
}

fn history_file(site: &Site) -> PathBuf {
    site.changes.with_file_name("history.json")
}

/// The file, for keeping elsewhere.
pub async fn backup(State(site): State<Arc<Site>>) -> Result<Response, Fault> {
    let changes = Changes::recover(&site.changes);
    let file = history_file(&site);
    let kept = tokio::task::spawn_blocking(move || history::load(&file).0).await;
    let kept = kept.ok().filter(|history| !history.is_empty());
    let backup = Backup {
        moodbox_backup: VERSION,
        settings: changes.to_string(),
        templates: templates::own(&site)?,
        stations: radio::own(&site),
        history: kept.and_then(|history| serde_json::from_str(&history.to_json()).ok()),
    };
    let text = serde_json::to_string_pretty(&backup)
        .map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"moodbox-backup.json\""),
    );
    Ok(response)
}

#[derive(Serialize)]
pub struct Restored {
    /// Whether something of it counts only after the next start.
    restart: bool,
    restartable: bool,
    templates: usize,
}

/// Takes a file back. All of it is checked first: what is wrong changes nothing.
pub async fn restore(State(site): State<Arc<Site>>, body: RawBody) -> Result<Json<Restored>, Fault> {
    let mode = site.latest.borrow().mode;
    if mode != Mode::Household && site.door.password().is_none() {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place and at work a backup is restored here only if the page has a password",
        ));
    }
    let backup = read(&site, body).await?;
    let broken = |part: &str, why: &dyn std::fmt::Display| {
        Fault::unprocessable(format!("{part} of the backup: {why}"))
    };
    let changes =
        Changes::parse(&backup.settings, &site.changes).map_err(|error| broken("the settings", &error))?;
    let live = match &site.settings {
        Some(path) => {
            let text = store::read_text(path, store::LARGEST_TEXT).map_err(|error| {
                Fault::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{}: {error}", path.display()))
            })?;
            let config = changes.over(&text, &path.display().to_string()).map_err(|error| match error {
                ConfigError::Malformed { report, .. } => broken("the settings", &report),
                ConfigError::Wrong { why, .. } => broken("the settings", &why),
                other => broken("the settings", &other),
            })?;
            Some(Box::new(config.runtime_settings()))
        }
        None => None,
    };
    let mut wanted = BTreeMap::new();
    for (name, text) in backup.templates {
        let which = templates::by_name(&name)
            .ok_or_else(|| broken("the templates", &format!("there is no {name}")))?;
        // What is longer would not be read again.
        templates::limit(&text)?;
        if let Err(problems) = Templates::parse(which.0, &text) {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(broken(&name, &lines.join("\n")));
        }
        wanted.insert(name, (which, text));
    }
    // A device without music has none, and that is no fault.
    let stations = backup.stations.filter(|stations| !stations.is_empty() || site.setter.music.is_some());
    if let Some(stations) = &stations {
        radio::check(&site, stations)?;
    }
    let learnt = match &backup.history {
        Some(value) => {
            History::from_json(&value.to_string()).map_err(|error| broken("what was learnt", &error))?
        }
        None => History::default(),
    };
    let _turn = site.writing.lock().await;
    let texts = wanted.values().map(|(_, text)| text.len()).chain([changes.to_string().len()]);
    let stations_size = serde_json::to_vec(&stations).map_or(0, |text| text.len());
    store::has_room(&site.changes, texts.chain([learnt.to_json().len(), stations_size])).map_err(
        |error| {
            Fault::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("there is no room for the backup: {error}. Free some; nothing was changed"),
            )
        },
    )?;
    let cannot = |what: PathBuf, error: std::io::Error| {
        Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{} cannot be written: {error}", what.display()),
        )
    };
    changes.write().map_err(|error| cannot(site.changes.clone(), error))?;
    if let Some(live) = live {
        site.tell(Event::Settings(live))?;
    }
    let count = wanted.len();
    templates::replace_own(&site, wanted.into_values().collect())?;
    if let Some(stations) = stations {
        radio::keep(&site, stations).await?;
    }
    let file = history_file(&site);
    history::save(&file, &learnt).map_err(|error| cannot(file, error))?;
    site.tell(Event::History(Box::new(learnt)))?;
    Ok(Json(Restored {
        restart: changes.need_restart(&site.started_with),
        restartable: site.restartable,
        templates: count,
    }))
}

async fn read(site: &Site, body: RawBody) -> Result<Backup, Fault> {
    let bytes = site.large_body(body, MOST, LARGE_BODIES).await?;
    let backup: Backup = serde_json::from_slice(&bytes)
        .map_err(|error| Fault::unprocessable(format!("this is no backup of moodbox: {error}")))?;
    if backup.moodbox_backup != VERSION {
        return Err(Fault::unprocessable(format!(
            "this backup is of form {}, and this moodbox reads form {VERSION}; update moodbox first",
            backup.moodbox_backup
        )));
    }
    Ok(backup)
}
