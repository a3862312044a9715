//! A template for each mood and kind.

use std::sync::LazyLock;

use super::kind::Kind;
use super::shipped;
use super::template::{Pair, Template};
use super::template_file::{self, Problem};
use crate::mood::Mood;

/// A template for each of music and video, for each mood.
#[derive(Clone, Debug, PartialEq)]
pub struct Templates {
    pairs: [Pair; 7],
}

impl Templates {
    /// The pair of a mood.
    pub fn of(&self, mood: Mood) -> &Pair {
        &self.pairs[mood.index()]
    }

    /// The same with one template replaced.
    pub fn with(mut self, mood: Mood, kind: Kind, template: Template) -> Templates {
        let pair = &mut self.pairs[mood.index()];
        match kind {
            Kind::Music => pair.music = template,
            Kind::Video => pair.video = template,
        }
        self
    }

    /// The templates that come with the program: `deploy/templates/{music,video}/<mood>.toml`.
    pub fn shipped() -> Templates {
        // They are text inside the program: read once.
        static READ: LazyLock<Templates> =
            LazyLock::new(|| Templates { pairs: Mood::ALL.map(shipped::pair) });
        READ.clone()
    }

    /// Reads one template.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line and cure.
    pub fn parse(kind: Kind, text: &str) -> Result<Template, Vec<Problem>> {
        template_file::parse(kind, text)
    }
}

impl Default for Templates {
    /// The shipped ones.
    fn default() -> Templates {
        Templates::shipped()
    }
}
