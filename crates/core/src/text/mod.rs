//! Every word that a person reads on the panel, in each language.
//!
//! A text is a [`Translated`] with a field for each language, so a missing translation does not compile.
//! The panel says what a face looks like, never what a person feels.

mod moods;
mod printable;
mod prompts;
mod translated;
mod troubles;

pub use moods::{MoodWords, mood, sureness};
pub use printable::printable;
pub use prompts::{
    Prompt, advice, flash, hold, hold_on, let_go, minutes, power, prompt, quiet_until, sensor_says,
    several_faces, volume,
};
pub use translated::Translated;
pub use troubles::{TroubleWords, trouble};

pub use crate::language::Language;
