//! What lies on disk around the recommender: the templates that a person edits.

pub mod templates;
