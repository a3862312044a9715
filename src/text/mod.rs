//! The words that people read on the device, in their language.

use serde::{Deserialize, Serialize};

/// A language that the device speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
}
