//! The decisions of moodbox, as pure functions: an [`Event`](kiosk::event::Event) and the time go in,
//! [`Action`](kiosk::action::Action)s come out. Nothing here opens a file, a socket or a device, reads a
//! clock, starts a thread or sleeps; `clippy.toml` of this crate refuses the parts of `std` that would.

// Nothing that can happen in the field ends the program.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]
#![warn(missing_docs, clippy::missing_errors_doc)]

pub mod bias;
pub mod kiosk;
pub mod language;
pub mod mood;
pub mod rating;
pub mod recommend;
pub mod screen;
pub mod text;
pub mod trouble;
