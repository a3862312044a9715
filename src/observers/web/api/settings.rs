//! The settings that people change: written into a file that lies over the configuration, after the same
//! check that the daemon makes at its start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Body;
use crate::config::changes::{self, CHANGEABLE, Form, SettingValue};
use crate::config::{self, Changes, Config};
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::policy::Mode;

#[derive(Serialize)]
pub struct SettingsResponse {
    /// The configuration, which stays as it is.
    file: PathBuf,
    /// What is written, over it.
    changes: PathBuf,
    /// Whether [`restart`] starts the daemon again, because a service manager does that.
    restartable: bool,
    /// Whether something was changed that counts only after the next start.
    pending: bool,
    settings: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    name: &'static str,
    kind: &'static str,
    options: Vec<&'static str>,
    least: Option<i64>,
    most: Option<i64>,
    /// As it counts after the next start; none: the default.
    value: Option<SettingValue>,
    /// What the configuration says; it counts where nothing was changed.
    configured: Option<SettingValue>,
    /// What counts where nobody says anything, if that is one value.
    default: Option<SettingValue>,
    /// Whether it was changed here.
    own: bool,
    /// Whether it counts as soon as it is saved, and not only after the next start.
    live: bool,
}

impl Shown {
    fn of(
        name: &'static str,
        form: Form,
        file: &toml::Table,
        plain: Option<&Config>,
        changes: &Changes,
    ) -> Shown {
        let (own, configured) = (changes.get(name), changes::value(file, name));
        let (kind, least, most) = match form {
            Form::Choice(_) | Form::Preset => ("choice", None, None),
            Form::Number { least, most } => ("number", Some(least), Some(most)),
            Form::Text { most } => ("text", None, i64::try_from(most).ok()),
        };
        Shown {
            name,
            kind,
            options: form.options(),
            least,
            most,
            own: own.is_some(),
            live: changes::is_live(name),
            default: plain.filter(|_| configured.is_none()).and_then(|plain| changes::counts(plain, name)),
            value: own.or_else(|| configured.clone()),
            configured,
        }
    }
}

fn file_of(site: &Site) -> Result<&Path, Fault> {
    site.settings.as_deref().ok_or_else(|| {
        Fault::new(
            StatusCode::CONFLICT,
            "this device runs without a configuration file; start it with --config FILE",
        )
    })
}

fn broken(error: impl ToString) -> Fault {
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn read(path: &Path) -> Result<String, Fault> {
    crate::ports::store::read_text(path, crate::ports::store::LARGEST_TEXT)
        .map_err(|error| broken(format!("{} cannot be read: {error}", path.display())))
}

pub async fn list(State(site): State<Arc<Site>>) -> Result<Json<SettingsResponse>, Fault> {
    let path = file_of(&site)?;
    let text = read(path)?;
    let file: toml::Table = text.parse().map_err(|error: toml::de::Error| broken(error.message()))?;
    let plain = Changes::default().over(&text, "the configuration").ok();
    let changes = Changes::recover(&site.changes);
    // What a part needs that is not there cannot be set: a volume makes no music.
    let here = |name: &str| match name {
        "panel.rotation" => file.contains_key("panel"),
        _ => !name.starts_with("music.") || file.contains_key("music"),
    };
    let settings = CHANGEABLE.into_iter().filter(|(name, _)| here(name));
    let settings =
        settings.map(|(name, form)| Shown::of(name, form, &file, plain.as_ref(), &changes)).collect();
    Ok(Json(SettingsResponse {
        file: path.to_owned(),
        changes: site.changes.clone(),
        restartable: site.restartable,
        pending: changes.need_restart(&site.started_with),
        settings,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsBody {
    /// None takes the change away: the configuration counts again.
    pub(super) changes: BTreeMap<String, Option<SettingValue>>,
}

#[derive(Serialize)]
pub struct Saved {
    /// Whether something of what is written counts only after the next start; the rest counts already.
    restart: bool,
    restartable: bool,
}

pub async fn save(
    State(site): State<Arc<Site>>,
    Body(wanted): Body<SettingsBody>,
) -> Result<Json<Saved>, Fault> {
    let path = file_of(&site)?;
    let mode = site.latest.borrow().mode;
    // Where strangers are, reaching the page is not enough to decide what the law treats differently.
    if wanted.changes.contains_key("device.mode") && mode != Mode::Household && site.door.password().is_none()
    {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place and at work the mode is changed here only if the page has a password",
        ));
    }
    // Two who save at once: the second sees what the first wrote.
    let _turn = site.writing.lock().await;
    let text = read(path)?;
    let mut changes = Changes::recover(&site.changes);
    let asked: Vec<String> = wanted.changes.keys().cloned().collect();
    for (name, said) in wanted.changes {
        if name.starts_with("music.")
            && !text.parse::<toml::Table>().is_ok_and(|file| file.contains_key("music"))
        {
            return Err(Fault::unprocessable("this device plays no music: the configuration has no [music]"));
        }
        if name == "panel.rotation"
            && !text.parse::<toml::Table>().is_ok_and(|file| file.contains_key("panel"))
        {
            return Err(Fault::unprocessable("this device has no panel: the configuration has no [panel]"));
        }
        changes
            .set(&name, said)
            .map_err(|error| Fault::unprocessable(error.to_string()).about(Some(name.clone())))?;
    }
    // The check that the daemon makes at its start: what is saved here starts.
    let config = changes.over(&text, &path.display().to_string()).map_err(|error| {
        let why = match error {
            config::ConfigError::Malformed { report, .. } => report,
            config::ConfigError::Wrong { why, .. } => why.to_string(),
            config::ConfigError::Absent { .. } | config::ConfigError::Unreadable { .. } => error.to_string(),
        };
        Fault::unprocessable(why).about(at_fault(&changes, &asked, &text))
    })?;
    changes.write().map_err(|error| {
        broken(format!(
            "{} cannot be written: {error}. Free some room, or let moodbox's user write there",
            site.changes.display()
        ))
    })?;
    site.tell(Event::Settings(Box::new(config.runtime_settings())))?;
    Ok(Json(Saved { restart: changes.need_restart(&site.started_with), restartable: site.restartable }))
}

/// Which of the changes that were asked for is wrong: the one without which the rest is right.
fn at_fault(changes: &Changes, asked: &[String], text: &str) -> Option<String> {
    let without = |name: &String| {
        let mut fewer = changes.clone();
        fewer.set(name, None).is_ok() && fewer.over(text, "the configuration").is_ok()
    };
    asked.iter().find(|name| without(name)).or(asked.first()).cloned()
}

/// Ends the daemon; the service manager starts it again with the new settings.
pub async fn restart(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    if !site.restartable {
        return Err(Fault::new(StatusCode::CONFLICT, "nothing would start it again; restart it by hand"));
    }
    site.tell(Event::Shutdown)?;
    Ok(StatusCode::ACCEPTED)
}
