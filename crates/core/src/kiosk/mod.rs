//! The pure core: events in, actions out. Nothing here does I/O, sleeps or reads a clock.
//!
//! Data: [`event`], [`action`], [`settings`], [`state`](State) with its phase and session. [`step()`] hands each
//! event to a handler, which changes the state and gives actions back. [`view`](crate::screen) and [`snapshot`] say
//! what the state looks like, to the panel and to observers.

pub mod action;
pub mod aim;
mod clock;
mod deadline;
pub mod event;
pub mod evidence;
pub mod gesture;
mod handlers;
mod hold;
pub mod house_rules;
mod input;
mod phase;
pub mod policy;
mod prompts;
mod session;
pub mod settings;
pub mod snapshot;
mod state;
mod step;
mod view;
pub mod vote;
mod wrong;

pub use deadline::deadline;
pub use handlers::THREE;
pub use prompts::DUCKED;
pub use settings::{Has, RuntimeSettings, Settings, Times};
pub use state::{Happened, State};
pub use step::step;
pub use view::choices;
