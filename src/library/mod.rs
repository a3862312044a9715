//! What lies on disk around the recommender: the templates that a person edits, what was learnt here, what
//! was measured and set, and the lock that keeps a second daemon away from it; and the catalog as it grows.

pub mod analysis;
pub mod feature_cache;
pub mod feelings;
pub mod history;
pub mod listing;
pub mod live;
pub mod lock;
pub(crate) mod templates;
