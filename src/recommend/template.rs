//! What a person wants played for a mood.

/// A template for each of music and video, for each mood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates {}
