//! What to play for a mood: pure, over a catalog and templates handed in.
//!
//! ```
//! use moodbox_core::mood::Mood;
//! use moodbox_core::recommend::{Catalog, Item, Request, Templates, suggest};
//!
//! let track = Item { id: "a.flac".into(), genres: vec!["Ambient".into()], ..Item::default() };
//! let catalog = Catalog { music: vec![track].into(), ..Catalog::default() };
//! let list = suggest(&catalog, &Templates::shipped(), &Request::new(Mood::Fear));
//! assert_eq!(list.music[0].id, "a.flac");
//! ```

mod catalog;
mod check;
pub mod genre;
mod genre_names;
#[cfg(test)]
mod genre_tests;
mod history;
mod interned_words;
mod item;
mod item_store;
mod kind;
mod playlist_builder;
#[cfg(test)]
mod playlist_builder_tests;
mod pool;
mod rank;
mod reason;
mod recently_played;
mod request;
mod rows;
mod scoring;
mod shared_text;
mod shipped;
mod song;
mod speech;
mod suggest;
pub mod synthetic_library;
mod taste;
mod template;
mod template_file;
mod templates;
mod toml_slip;
mod trajectory;
mod word;

pub use catalog::Catalog;
pub use check::{Finding, check};
pub use history::{Change, History, HistoryError, Outcome, PastSession, Play};
pub use item::{Feeling, FeelingSource, Item};
pub use item_store::{Entry, ItemStore, Marks};
pub use kind::{AudioSource, Kind};
pub use reason::{Feel, Move, Note, Reason};
pub use request::{Pick, Request, Suggestion};
pub use shipped::text as shipped_text;
pub use suggest::suggest;
pub use taste::{Taste, Weights};
pub use template::{Length, Mode, Pair, Point, Pool, Quiet, Region, Template, Why, minute_of_day};
pub use template_file::{Problem, nearest};
pub use templates::Templates;
pub use toml_slip::toml_slip;
pub use word::{in_system_folder, is_marked_explicit, is_system_name, normalized};
