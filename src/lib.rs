//! moodbox: press a button, be looked at once, get music and a video that help.
//!
//! See ARCHITECTURE.md for the map. In short: ports turn the world into [`kiosk::event::Event`]s,
//! the pure core turns events into [`kiosk::action::Action`]s, ports carry them out.

pub mod bench;
pub mod button;
pub mod camera;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod device;
pub mod doctor;
mod eye;
pub mod fleet;
pub mod kiosk;
pub mod library;
pub mod light;
pub mod logbook;
pub mod mood;
pub mod music;
pub mod onlook;
pub mod open;
pub mod panel;
pub mod places;
pub mod power;
pub mod recommend;
pub mod sound;
pub mod speech;
pub mod store;
pub mod supervise;
pub mod text;
pub mod video;
pub mod vision;
pub mod web;
