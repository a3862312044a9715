//! Which topics of a broker hold something of ours, in a file that outlives the program.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::ports::store;

/// The topics that something retained of this device stands on.
#[derive(Debug, Default)]
pub(super) struct Retained {
    topics: BTreeSet<String>,
    file: Option<PathBuf>,
}

impl Retained {
    /// As the file remembers them; none when there is no file or nothing can be made of it.
    pub fn load(file: Option<PathBuf>) -> Retained {
        let bytes = file.as_ref().and_then(|file| store::read_bounded(file, store::LARGEST_TEXT).ok());
        let topics = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Retained { topics, file }
    }

    /// From now on these topics are used; those that were used before and are not any more are returned.
    pub fn replace(&mut self, topics: impl IntoIterator<Item = String>) -> Vec<String> {
        let now: BTreeSet<String> = topics.into_iter().collect();
        let stale: Vec<String> = self.topics.difference(&now).cloned().collect();
        if now != self.topics {
            self.topics = now;
            self.save();
        }
        stale
    }

    /// One topic more.
    pub fn add(&mut self, topic: &str) {
        if self.topics.insert(topic.to_owned()) {
            self.save();
        }
    }

    fn save(&self) {
        let Some(file) = &self.file else { return };
        let saved = serde_json::to_vec(&self.topics)
            .map_err(std::io::Error::from)
            .and_then(|bytes| store::write_atomic(file, &bytes));
        if let Err(error) = saved {
            tracing::warn!("mqtt: {} could not be written: {error}", file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_no_more_is_known_after_another_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mqtt-topics.json");
        let topics = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut first = Retained::load(Some(file.clone()));
        assert!(first.replace(topics(&["a/status", "a/state"])).is_empty());
        first.add("a/more");
        let mut second = Retained::load(Some(file.clone()));
        assert_eq!(second.replace(topics(&["b/status", "a/state"])), ["a/more", "a/status"]);
        assert!(second.replace(topics(&["b/status", "a/state"])).is_empty());
        std::fs::write(&file, "{").unwrap();
        assert!(Retained::load(Some(file)).replace(topics(&["c"])).is_empty());
    }
}
