//! The first steps, on the page: what `moodbox setup` asks a person at a terminal, tried part by part.
//!
//! Only for whoever may change the settings. The camera is opened where a press on the page would look, and nothing of
//! what it sees comes here: the core tells a word of advice with its snapshot.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Body;
use super::settings::{self, Saved, SettingsBody};
use crate::config::changes::SettingValue;
use crate::config::{self, Config, PanelChoice};
use crate::doctor::tone;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::store;
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::policy::{Mode, Start};
use moodbox_core::screen::Sign;

#[derive(Serialize)]
pub struct Guide {
    /// Whether somebody has gone through it, or put it away.
    done: bool,
    /// Why nothing can be tried from here; none if it can.
    why: Option<String>,
    /// Whether the camera may be opened from the page, where this device stands.
    camera: bool,
    /// Whether the picture of the panel can be turned from here.
    panel: bool,
}

/// The file that says that nobody need be asked again.
fn mark(site: &Site) -> PathBuf {
    site.changes.with_file_name("first-steps-done")
}

/// Whether it is to be offered.
pub fn is_offered(site: &Site) -> bool {
    site.settings.is_some() && may(site).is_ok() && !mark(site).exists()
}

/// Where strangers are, reaching the page is not enough to make the device do things.
fn may(site: &Site) -> Result<(), Fault> {
    if site.latest.borrow().mode != Mode::Household && site.door.password().is_none() {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place and at work this is done here only if the page has a password",
        ));
    }
    Ok(())
}

fn looks(site: &Site) -> bool {
    site.latest.borrow().press == Start::Look
}

/// The configuration with what was changed on the page.
async fn configuration(site: &Site) -> Result<Config, Fault> {
    let none = || Fault::new(StatusCode::CONFLICT, "this device runs without a configuration file");
    let (file, changes) = (site.settings.clone().ok_or_else(none)?, site.changes.clone());
    let read = tokio::task::spawn_blocking(move || config::load_with(&file, &changes)).await;
    let broken = |why: String| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, why);
    read.map_err(|error| broken(error.to_string()))?.map_err(|error| broken(error.to_string()))
}

pub async fn read(State(site): State<Arc<Site>>) -> Json<Guide> {
    let spi =
        configuration(&site).await.is_ok_and(|config| matches!(config.panel, Some(PanelChoice::Spi(_))));
    Json(Guide {
        done: mark(&site).exists(),
        why: may(&site).err().map(|fault| fault.text().to_owned()),
        camera: looks(&site),
        panel: spi,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    done: bool,
}

/// Puts it away, or has it offered again.
pub async fn done(
    State(site): State<Arc<Site>>,
    Body(Done { done }): Body<Done>,
) -> Result<StatusCode, Fault> {
    may(&site)?;
    let mark = mark(&site);
    let written = if done { store::write_atomic(&mark, b"") } else { store::remove([mark.as_path()]) };
    written.map_err(|error| {
        Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{} cannot be written: {error}", mark.display()),
        )
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The panel asks for a press; the snapshot counts it, and it starts nothing.
pub async fn press(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    may(&site)?;
    site.tell(Event::Sign(Sign::PressMe))?;
    Ok(StatusCode::ACCEPTED)
}

/// The panel shows the picture with the arrow.
pub async fn panel(State(site): State<Arc<Site>>) -> Result<StatusCode, Fault> {
    may(&site)?;
    site.tell(Event::Sign(Sign::TestImage))?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    arrow: Way,
}

/// Where the arrow points on the panel, as a person sees it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Up,
    Right,
    Down,
    Left,
}

/// Turns the picture so that the arrow points up, from the next start on.
pub async fn upright(State(site): State<Arc<Site>>, Body(seen): Body<Seen>) -> Result<Json<Saved>, Fault> {
    may(&site)?;
    let Some(PanelChoice::Spi(mut panel)) = configuration(&site).await?.panel else {
        return Err(Fault::new(
            StatusCode::CONFLICT,
            "this device has no panel whose picture could be turned",
        ));
    };
    // An arrow to the right is a picture that lies a quarter turn too far; three more make it whole.
    let quarters = match seen.arrow {
        Way::Up => 0,
        Way::Left => 1,
        Way::Down => 2,
        Way::Right => 3,
    };
    (0..quarters).for_each(|_| panel = panel.turned());
    let degrees = u16::from(panel.rotation);
    let turn = [("panel.rotation".to_owned(), Some(SettingValue::Number(degrees.into())))];
    let saved = settings::save(State(site.clone()), Body(SettingsBody { changes: turn.into() })).await?;
    match configuration(&site).await?.panel {
        Some(PanelChoice::Spi(now)) if (now.width, now.height) == (panel.width, panel.height) => Ok(saved),
        _ => {
            let back = [("panel.rotation".to_owned(), None)];
            let Json(_) = settings::save(State(site), Body(SettingsBody { changes: back.into() })).await?;
            Err(Fault::new(
                StatusCode::CONFLICT,
                "the configuration names the panel's width and height, which a quarter turn would change: \
                 `sudo moodbox doctor --panel` turns it",
            ))
        }
    }
}

#[derive(Serialize)]
pub struct Played {
    /// The card that it was played on, as ALSA calls it; none: its first.
    card: Option<String>,
    /// Percent.
    volume: u8,
}

/// Plays a short tone where the music plays, as loud as music begins and never louder than the cap of now.
pub async fn sound(State(site): State<Arc<Site>>) -> Result<Json<Played>, Fault> {
    may(&site)?;
    let config = configuration(&site).await?;
    let busy = || Fault::new(StatusCode::SERVICE_UNAVAILABLE, "a tone is playing already").retry_after(2);
    let _turn = site.tone.try_lock().map_err(|_| busy())?;
    let cap = site.latest.borrow().volume_cap;
    let tried = tokio::task::spawn_blocking(move || tone::try_out(&config, cap)).await;
    let tried = tried.map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    match tried.result {
        Ok(()) => Ok(Json(Played { card: tried.card, volume: tried.volume })),
        Err(why) => Err(Fault::new(
            StatusCode::CONFLICT,
            format!("a tone could not be played on {}: {why}; {}", tried.place, tone::OTHER_CARD),
        )),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aim {
    on: bool,
}

/// The camera helps a person find the right place, or no more. What helps is told with the snapshot, as a word.
pub async fn camera(State(site): State<Arc<Site>>, Body(Aim { on }): Body<Aim>) -> Result<StatusCode, Fault> {
    may(&site)?;
    if on && !looks(&site) {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "in a public place only the device's own button opens the camera, and at work nothing does",
        ));
    }
    site.tell(Event::Aim(on))?;
    Ok(StatusCode::ACCEPTED)
}
