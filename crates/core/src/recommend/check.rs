//! Which template no item satisfies, and what is missing.

use std::fmt;

use super::catalog::Catalog;
use super::item_store::{ItemStore, Row};
use super::kind::Kind;
use super::pool::PreparedPool;
use super::template::{Pool, Template};
use super::templates::Templates;
use crate::mood::Mood;

/// A template that finds nothing in the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The mood of the template.
    pub mood: Mood,
    /// The kind of the template.
    pub kind: Kind,
    /// What is missing.
    pub missing: Missing,
}

/// What is missing for a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The library has nothing of this kind at all.
    Everything,
    /// No item meets any pool: what each of them asks for.
    Pools(Vec<String>),
    /// Items meet the pools, but all of them are avoided, explicit or disliked.
    Refused { items: usize },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { mood, kind, missing } = self;
        write!(f, "{kind}/{mood}.toml: ")?;
        match missing {
            Missing::Everything => write!(f, "the library has no {kind}; add some, or switch {kind} off"),
            Missing::Pools(wanted) => write!(
                f,
                "no {kind} in the library has {}; tag some so, or widen the template (until then the nearest \
                 by feeling plays)",
                wanted.join(" or ")
            ),
            Missing::Refused { items } => write!(
                f,
                "all {items} that its pools hold are avoided, explicit or disliked; take something out of \
                 `avoid`, or allow `explicit`"
            ),
        }
    }
}

/// Every template that no item of the library satisfies.
pub fn check(catalog: &Catalog, templates: &Templates) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mood in Mood::ALL {
        for kind in Kind::ALL {
            let item_store = match kind {
                Kind::Music => &catalog.music,
                Kind::Video => &catalog.video,
            };
            if let Some(missing) = missing(item_store, templates.of(mood).of(kind)) {
                findings.push(Finding { mood, kind, missing });
            }
        }
    }
    findings
}

fn missing(item_store: &ItemStore, template: &Template) -> Option<Missing> {
    if item_store.is_empty() {
        return Some(Missing::Everything);
    }
    let pools: Vec<_> = template.pools.iter().map(|pool| PreparedPool::new(pool, item_store)).collect();
    let avoid: Vec<_> = template.avoid.iter().map(|pool| PreparedPool::new(pool, item_store)).collect();
    let in_pools = |row: &&Row| pools.is_empty() || pools.iter().any(|pool| pool.holds(row));
    let refused = |row: &Row| {
        (row.explicit && !template.explicit)
            || row.like == Some(0)
            || avoid.iter().any(|pool| pool.holds(row))
    };
    let mut items = 0;
    for row in item_store.rows().iter().filter(in_pools) {
        if !refused(row) {
            return None;
        }
        items += 1;
    }
    Some(if items > 0 {
        Missing::Refused { items }
    } else {
        Missing::Pools(template.pools.iter().map(describe).collect())
    })
}

/// What a pool asks for, in words.
fn describe(pool: &Pool) -> String {
    let mut parts = Vec::new();
    let lists = [
        ("the tag", &pool.tags),
        ("the genre", &pool.genres),
        ("the folder", &pool.folders),
        ("the playlist", &pool.playlists),
    ];
    for (name, words) in lists {
        if let Some((first, more)) = words.split_first() {
            let more = if more.is_empty() { String::new() } else { format!(" (or {} more)", more.len()) };
            parts.push(format!("{name} `{first}`{more}"));
        }
    }
    if let Some(region) = pool.region {
        parts.push(format!(
            "a valence in [{}, {}] and an arousal in [{}, {}]",
            region.valence.0, region.valence.1, region.arousal.0, region.arousal.1
        ));
    }
    parts.join(" with ")
}

#[cfg(test)]
mod tests {
    use super::super::item::Item;
    use super::*;

    fn templates(text: &str) -> Templates {
        let template = Templates::parse(Kind::Music, text).unwrap();
        Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
            templates.with(mood, Kind::Music, template.clone()).with(mood, Kind::Video, Template::default())
        })
    }

    fn findings(items: Vec<Item>, text: &str) -> Vec<Finding> {
        let video = vec![Item { id: "v".into(), ..Item::default() }].into();
        check(&Catalog { music: items.into(), video }, &templates(text))
    }

    fn calm() -> Item {
        Item { id: "a".into(), tags: vec!["calm".into()], ..Item::default() }
    }

    #[test]
    fn a_template_that_an_item_satisfies_is_no_finding() {
        assert_eq!(findings(vec![calm()], "[[pool]]\ntags = [\"calm\"]"), []);
    }

    #[test]
    fn a_template_that_no_item_satisfies_says_what_is_missing() {
        let cases = [
            (vec![], "", "the library has no music"),
            (vec![calm()], "[[pool]]\ntags = [\"wild\", \"loud\"]", "the tag `wild` (or 1 more)"),
            (vec![calm()], "[[pool]]\narousal = [0.5, 1]", "an arousal in [0.5, 1]"),
            (vec![calm()], "[[pool]]\ngenres = [\"ska\"]\nfolders = [\"x\"]", "`ska` with the folder `x`"),
            (vec![calm()], "[[avoid]]\ntags = [\"calm\"]", "all 1 that its pools hold are avoided"),
            (vec![Item { explicit: true, ..calm() }], "", "explicit"),
        ];
        for (items, text, said) in cases {
            let found = findings(items, text);
            assert_eq!(found.len(), 7, "one for each mood: {text}");
            assert!(found[0].to_string().contains(said), "{text}: {}", found[0]);
            assert!(found[0].to_string().starts_with("music/angry.toml: "));
        }
    }
}
