//! What a piece sounds like, and the rough guess of a feeling that follows from it.
//!
//! `moodbox_signal::audio` measures samples; [`measure`] decodes an excerpt of a file for it. `feeling.rs` places the
//! features on the plane of feeling, with the study that it rests on and its limits.

mod decode;
mod feeling;
mod ffmpeg;
mod mp4_boxes;

pub(crate) use decode::{Budgeted, FOREIGN, FOREIGN_SOUND, has_ending, is_midi, length, open};
pub use decode::{SoundError, measure};
pub(crate) use feeling::feeling;
pub use moodbox_signal::audio::Features;

/// Whether only ffmpeg decodes this kind of file.
pub(crate) fn needs_ffmpeg(path: &std::path::Path) -> bool {
    has_ending(path, &FOREIGN) || has_ending(path, &FOREIGN_SOUND)
}
