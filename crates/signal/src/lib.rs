//! What is computed over every pixel of a frame and every sample of a sound, and the numbers that this needs.
//!
//! A crate of its own so that it is compiled for speed in every build (Cargo.toml of the workspace): its tests would take
//! a minute without.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::unimplemented)]
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::pedantic, clippy::disallowed_types))]

pub mod align;
pub mod audio;
pub mod bayer;
pub mod exposure;
pub mod formats;
pub mod frame;
pub mod geometry;
pub mod numbers;
pub mod pixels;
pub mod rgb;
