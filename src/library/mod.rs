//! What lies on disk around the recommender: the templates that a person edits, what was learnt here, and
//! the lock that keeps a second daemon away from it.

pub mod history;
pub mod lock;
pub mod templates;
