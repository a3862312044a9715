//! The ports: each turns a part of the world into events and carries actions out. Each has a trait, a real
//! implementation and a simulated one, in the same binary.

pub mod button;
pub mod camera;
pub mod gpio;
pub mod light;
pub mod music;
pub mod panel;
pub(crate) mod player;
pub mod power;
pub(crate) mod process;
pub mod speech;
pub mod store;
mod tries;
pub mod video;
pub mod vision;
