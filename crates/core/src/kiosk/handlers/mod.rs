//! What each event does to the state. A handler takes the state, changes it, and gives back the actions that
//! follow, in the order in which they are to be carried out.
//!
//! From the bottom: `learning`, `playback` (what a session plays and how loud), `session` (from a mood to the
//! end of what is played for it), `house` (quiet hours and timers), `look` (a capture and its reading), `items`,
//! `player` (reports of the players), `hold` (the menu of a held button), `signs` (what is shown for a while), `aim`
//! (the camera helps a person find the right place), `press`, `remote`, `parts`, `settings`, `speech`, `time`.

pub(super) mod aim;
pub(super) mod hold;
pub(super) mod house;
pub(super) mod items;
mod learning;
pub(super) mod look;
pub(super) mod parts;
pub(super) mod playback;
pub(super) mod player;
pub(super) mod press;
pub(super) mod remote;
pub(super) mod session;
pub(super) mod settings;
pub(super) mod signs;
pub(super) mod speech;
pub(super) mod time;

pub(super) use learning::RECENT;
pub use press::THREE;
