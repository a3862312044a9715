//! The pure core: events in, actions out. Nothing here does I/O, sleeps or reads a clock.

pub mod action;
mod apply_house_rules;
pub mod event;
pub mod evidence;
pub mod gesture;
pub mod hold;
pub mod house_rules;
pub mod policy;
pub mod runtime_settings;
mod session;
pub mod snapshot;
pub mod speak;
pub mod state;
pub mod step;
mod view;
pub mod vote;

pub use runtime_settings::Live;
pub use state::{Has, Settings, State, Times};
pub use step::step;
