//! The pure core: events in, actions out. Nothing here does I/O, sleeps or reads a clock.

pub mod action;
pub mod event;
