//! moodbox: press a button, be looked at once, get music and a video that help.
//!
//! See ARCHITECTURE.md for the map. In short: ports turn the world into
//! [`Event`](moodbox_core::kiosk::event::Event)s, the pure core (crate `moodbox-core`) turns events into
//! [`Action`](moodbox_core::kiosk::action::Action)s, ports carry them out.

#![forbid(unsafe_code)]
// Nothing that can happen in the field ends the program.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]
#![warn(missing_docs, clippy::missing_errors_doc)]
// What may not fit is named (`numbers`) or checked; the tests beside the code make numbers that do.
#![warn(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]
#![cfg_attr(test, allow(clippy::pedantic))]

#[macro_use]
pub mod terminal;

use moodbox_signal::numbers;

pub mod audio_analysis;
mod backoff;
pub mod bench;
mod capture_thread;
pub mod cli;
pub mod config;
pub mod daemon;
mod demo;
mod device;
pub mod doctor;
mod folder_watch;
pub mod library;
mod log_buffer;
pub mod observers;
mod page_address;
pub mod paths;
pub mod port_factory;
pub mod ports;
mod qr;
mod recovery;
mod service_manager;
mod setup;
mod supervise;
mod sysinfo;
mod text_file;
mod wiring;
