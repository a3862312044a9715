//! Buttons, their edges and gestures, and where an input comes from.

use serde::{Deserialize, Serialize};

/// The buttons a device may have. Only `Main` is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// The one that every device has.
    Main,
    /// To the next item.
    Next,
    /// Louder.
    VolumeUp,
    /// Softer.
    VolumeDown,
}

/// The two edges of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// It was pressed.
    Down,
    /// It was let go.
    Up,
}

/// What a person did with the main button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gesture {
    /// Pressed and let go.
    #[default]
    Short,
    /// Twice within a moment.
    Double,
    /// Held.
    Long,
}

/// Where a press came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputOrigin {
    /// The button of the device.
    Device,
    /// The page or the home.
    Remote,
}
