//! Video: mpv on a screen.
