//! The pure core: events in, actions out. Nothing here does I/O, sleeps or reads a clock.

pub mod action;
pub mod event;
pub mod gesture;
pub mod hold;
pub mod house;
pub mod live;
pub mod policy;
mod rules;
pub mod snapshot;
pub mod speak;
pub mod state;
pub mod step;
mod view;
mod visit;
pub mod vote;

pub use live::Live;
pub use state::{Has, Settings, State, Times};
pub use step::step;
