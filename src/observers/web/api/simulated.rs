//! The simulated device: its button, its light, and the photo that its camera sees. A real device has
//! none of these addresses.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{Body, Named};
use crate::observers::web::fault::Fault;
use crate::observers::web::{Simulated, Site};
use moodbox_core::kiosk::event;

fn device_of(site: &Site) -> Result<&Simulated, Fault> {
    site.simulated.as_ref().ok_or_else(|| Fault::not_found("this device is a real one; press its button"))
}

#[derive(Serialize)]
pub struct Device {
    /// On exactly while the camera looks.
    light: bool,
    /// The photos that the camera may see, by name; empty with a real camera.
    photos: Vec<String>,
    /// Which one it will see; none: one after another.
    chosen: Option<usize>,
}

pub async fn device(State(site): State<Arc<Site>>) -> Result<Json<Device>, Fault> {
    let device = device_of(&site)?;
    let chooser = device.chooser.as_ref();
    Ok(Json(Device {
        light: *device.light.borrow(),
        photos: chooser.map(|chooser| chooser.names()).unwrap_or_default(),
        chosen: chooser.and_then(|chooser| chooser.chosen()),
    }))
}

/// The largest photo that is shown.
const LARGEST_PHOTO: u64 = 32 << 20;

/// One of the photos that come with the demo.
pub async fn photo(State(site): State<Arc<Site>>, Named(number): Named<usize>) -> Result<Response, Fault> {
    let chooser = device_of(&site)?.chooser.as_ref();
    let path =
        chooser.and_then(|chooser| chooser.path(number)).ok_or_else(|| Fault::not_found("no such photo"))?;
    let kind = if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
        "image/png"
    } else {
        "image/jpeg"
    };
    let read =
        tokio::task::spawn_blocking(move || crate::ports::store::read_bounded(&path, LARGEST_PHOTO)).await;
    let Ok(Ok(bytes)) = read else { return Err(Fault::not_found("the photo cannot be read")) };
    let mut response = bytes.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// None: one after another again.
    number: Option<usize>,
}

pub async fn choose(State(site): State<Arc<Site>>, Body(choice): Body<Choice>) -> Result<StatusCode, Fault> {
    let chooser = device_of(&site)?.chooser.as_ref();
    let chooser = chooser.ok_or_else(|| Fault::not_found("the camera of this demo is a real one"))?;
    if chooser.choose(choice.number) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Fault::unprocessable("there are not so many photos"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    #[serde(default)]
    button: Button,
    edge: Edge,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    #[default]
    Main,
    Next,
    VolumeUp,
    VolumeDown,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    Down,
    Up,
}

/// Presses the button of the device or lets it go; what that means is found out as with a real one.
pub async fn button(State(site): State<Arc<Site>>, Body(touch): Body<Touch>) -> Result<StatusCode, Fault> {
    let button = match touch.button {
        Button::Main => event::Button::Main,
        Button::Next => event::Button::Next,
        Button::VolumeUp => event::Button::VolumeUp,
        Button::VolumeDown => event::Button::VolumeDown,
    };
    let edge = match touch.edge {
        Edge::Down => event::Edge::Down,
        Edge::Up => event::Edge::Up,
    };
    device_of(&site)?.presser.edge(button, edge);
    Ok(StatusCode::NO_CONTENT)
}
