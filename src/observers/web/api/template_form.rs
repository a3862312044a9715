//! A template as a form: what its text says in a few fields, and the same text with some of them changed. Comments,
//! the order of the lines and every key that the form does not know stay as they are.

use axum::Json;
use serde::{Deserialize, Serialize};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::Body;
use crate::observers::web::fault::Fault;

/// What a form can show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub mode: Mode,
    /// Where a journey starts; none: where the person is.
    pub from: Option<[f64; 2]>,
    pub to: Option<[f64; 2]>,
    pub steps: Option<i64>,
    pub minutes: Option<i64>,
    pub items: Option<i64>,
    /// Percent; none: as it was.
    pub volume: Option<i64>,
    /// Parts of the library; an item of any of them may be chosen.
    pub pool: Vec<Words>,
    /// What is never chosen.
    pub avoid: Vec<Words>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Match,
    Contrast,
    Journey,
}

/// A part of the library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    pub tags: Vec<String>,
    pub genres: Vec<String>,
    pub folders: Vec<String>,
    pub playlists: Vec<String>,
    pub valence: Option<[f64; 2]>,
    pub arousal: Option<[f64; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    text: String,
    /// None: only what the text says.
    form: Option<Form>,
}

#[derive(Serialize)]
pub struct FormResponse {
    text: String,
    form: Form,
}

/// What a text says, after a change by the form if there is one. Whether it is right is asked of `try`.
pub async fn form(Body(asked): Body<Asked>) -> Result<Json<FormResponse>, Fault> {
    let mut text = asked.text;
    if let Some(form) = &asked.form {
        text = with(&text, form).map_err(Fault::unprocessable)?;
    }
    let form = read(&text).map_err(Fault::unprocessable)?;
    Ok(Json(FormResponse { text, form }))
}

/// What a text says.
///
/// # Errors
/// When it is no TOML.
pub fn read(text: &str) -> Result<Form, String> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut form = Form::default();
    if let Some(mode) = document.get("mode") {
        if mode.as_str() == Some("contrast") {
            form.mode = Mode::Contrast;
        }
        if let Some(journey) = mode.as_table_like().and_then(|mode| mode.get("journey")?.as_table_like()) {
            form.mode = Mode::Journey;
            form.from = journey.get("from").and_then(pair);
            form.to = journey.get("to").and_then(pair);
            form.steps = journey.get("steps").and_then(Item::as_integer);
        }
    }
    if let Some(length) = document.get("length").and_then(Item::as_table_like) {
        form.minutes = length.get("minutes").and_then(Item::as_integer);
        form.items = length.get("items").and_then(Item::as_integer);
    }
    form.volume = document.get("volume").and_then(Item::as_integer);
    form.pool = parts(document.get("pool"));
    form.avoid = parts(document.get("avoid"));
    Ok(form)
}

fn parts(item: Option<&Item>) -> Vec<Words> {
    let words = |part: &dyn TableLike| Words {
        tags: list(part, "tags"),
        genres: list(part, "genres"),
        folders: list(part, "folders"),
        playlists: list(part, "playlists"),
        valence: part.get("valence").and_then(pair),
        arousal: part.get("arousal").and_then(pair),
    };
    match item {
        Some(Item::ArrayOfTables(parts)) => parts.iter().map(|part| words(part)).collect(),
        Some(Item::Value(Value::Array(parts))) => {
            parts.iter().filter_map(Value::as_inline_table).map(|part| words(part)).collect()
        }
        _ => Vec::new(),
    }
}

fn list(part: &dyn TableLike, name: &str) -> Vec<String> {
    let array = part.get(name).and_then(Item::as_array);
    array.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn pair(item: &Item) -> Option<[f64; 2]> {
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let array = item.as_array()?;
    Some([number(array.get(0)?)?, number(array.get(1)?)?])
}

/// A text with what a form says in it.
///
/// # Errors
/// When the text is no TOML, or holds its parts in a way that the form does not change.
pub fn with(text: &str, form: &Form) -> Result<String, String> {
    let before = read(text)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let root = document.as_table_mut();
    let walks = |form: &Form| (form.mode, form.from, form.to, form.steps);
    if walks(&before) != walks(form) {
        set_mode(root, form);
    }
    if (before.minutes, before.items) != (form.minutes, form.items) {
        set_length(root, form);
    }
    if before.volume != form.volume {
        set(root, "volume", form.volume.map(Value::from));
    }
    for (name, before, wanted) in [("pool", &before.pool, &form.pool), ("avoid", &before.avoid, &form.avoid)]
    {
        if before != wanted {
            set_parts(root, name, wanted)?;
        }
    }
    Ok(document.to_string())
}

/// Puts a value in a key; what stands around the value before it stays.
fn set(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(there) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn set_mode(root: &mut Table, form: &Form) {
    let name = match form.mode {
        Mode::Match => "match",
        Mode::Contrast => "contrast",
        Mode::Journey => {
            let [from, to] = [form.from, form.to.or(Some([0.5, 0.2]))].map(|place| place.map(numbers));
            let steps = form.steps.map(Value::from);
            let there = root.get_mut("mode").and_then(Item::as_table_like_mut);
            if let Some(journey) = there.and_then(|mode| mode.get_mut("journey")?.as_table_like_mut()) {
                for (key, value) in [("from", from), ("to", to), ("steps", steps)] {
                    set(journey, key, value);
                }
                return;
            }
            let mut journey = InlineTable::new();
            for (key, value) in [("from", from), ("to", to), ("steps", steps)] {
                if let Some(value) = value {
                    journey.insert(key, value);
                }
            }
            let mut mode = Table::new();
            mode.set_dotted(true);
            mode.insert("journey", Item::Value(Value::InlineTable(journey)));
            return replace(root, "mode", Item::Table(mode));
        }
    };
    if root.get("mode").is_some_and(Item::is_value) && root.get("mode").and_then(Item::as_str).is_some() {
        set(root, "mode", Some(name.into()));
    } else {
        replace(root, "mode", Item::Value(name.into()));
    }
}

/// Another kind of item under the same key; the comment above it stays.
fn replace(root: &mut Table, key: &str, item: Item) {
    let above = above(root, key);
    root.insert(key, item);
    let Some(above) = above else { return };
    // Of a dotted key it is the last part that carries what stands above the line.
    match root.get_mut(key) {
        Some(Item::Table(table)) => {
            if let Some((mut inner, _)) = table.iter_mut().next() {
                inner.leaf_decor_mut().set_prefix(above);
            }
        }
        _ => {
            if let Some(mut outer) = root.key_mut(key) {
                outer.leaf_decor_mut().set_prefix(above);
            }
        }
    }
}

/// What stands above the line of a key.
fn above(root: &Table, key: &str) -> Option<String> {
    let prefix =
        |key: &toml_edit::Key| key.leaf_decor().prefix().and_then(|text| text.as_str()).map(str::to_owned);
    let outer = root.key(key).and_then(prefix);
    let inner = root.get(key).and_then(Item::as_table).and_then(|table| {
        let (name, _) = table.iter().next()?;
        table.key(name).and_then(prefix)
    });
    [outer, inner].into_iter().flatten().find(|text| !text.trim().is_empty())
}

fn numbers(place: [f64; 2]) -> Value {
    Value::Array(place.into_iter().map(|number| (number * 100.0).round() / 100.0).collect())
}

fn set_length(root: &mut Table, form: &Form) {
    let wanted = [("minutes", form.minutes), ("items", form.items)];
    if let Some(length) = root.get_mut("length").and_then(Item::as_table_like_mut) {
        for (key, value) in wanted {
            set(length, key, value.map(Value::from));
        }
    } else {
        let mut length = InlineTable::new();
        for (key, value) in wanted.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            length.insert(key, value.into());
        }
        root.insert("length", Item::Value(Value::InlineTable(length)));
    }
    if root.get("length").and_then(Item::as_table_like).is_some_and(TableLike::is_empty) {
        root.remove("length");
    }
}

fn set_parts(root: &mut Table, name: &str, wanted: &[Words]) -> Result<(), String> {
    let item = root.entry(name).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(parts) = item.as_array_of_tables_mut() else {
        return Err(format!("this template has its `{name}` on one line; change it as text"));
    };
    let asked: Vec<&Words> = wanted.iter().filter(|words| **words != Words::default()).collect();
    while parts.len() > asked.len() {
        parts.remove(parts.len() - 1);
    }
    for (at, words) in asked.into_iter().enumerate() {
        if at == parts.len() {
            parts.push(Table::new());
        }
        let Some(part) = parts.get_mut(at) else { continue };
        let lists = [
            ("tags", &words.tags),
            ("genres", &words.genres),
            ("folders", &words.folders),
            ("playlists", &words.playlists),
        ];
        for (key, list_wanted) in lists {
            if list(part, key) != *list_wanted {
                let array: Array = list_wanted.iter().map(String::as_str).collect();
                set(part, key, (!list_wanted.is_empty()).then_some(Value::Array(array)));
            }
        }
        for (key, region) in [("valence", words.valence), ("arousal", words.arousal)] {
            if part.get(key).and_then(pair) != region {
                set(part, key, region.map(numbers));
            }
        }
    }
    if parts.is_empty() {
        root.remove(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::mood::Mood;
    use moodbox_core::recommend::{Kind, Templates, shipped_text};

    const MINE: &str = r#"# Mine.
mode = "match" # as it is
length = { minutes = 30 } # half an hour
no_repeat = 7

# Quiet things.
[[pool]]
tags = ["calm"] # one word
valence = [-0.2, 1.0]

[[avoid]]
genres = ["metal"]
"#;

    #[test]
    fn a_form_that_changes_nothing_changes_no_letter_of_any_template() {
        for kind in Kind::ALL {
            for mood in Mood::ALL {
                let text = shipped_text(mood, kind);
                assert_eq!(with(text, &read(text).unwrap()).unwrap(), text, "{kind:?} {mood}");
            }
        }
        assert_eq!(with(MINE, &read(MINE).unwrap()).unwrap(), MINE);
    }

    #[test]
    fn comments_and_unknown_keys_survive_a_change_by_the_form() {
        let form = Form { volume: Some(35), minutes: Some(20), ..read(MINE).unwrap() };
        let text = with(MINE, &form).unwrap();
        assert_eq!(read(&text).unwrap(), form);
        for kept in
            ["# Mine.", "# as it is", "# half an hour", "no_repeat = 7", "# Quiet things.", "# one word"]
        {
            assert!(text.contains(kept), "{kept}\n{text}");
        }
        assert!(Templates::parse(Kind::Music, &text).is_ok(), "{text}");
    }

    #[test]
    fn a_journey_is_made_moved_and_taken_away() {
        let walk = Form { mode: Mode::Journey, to: Some([0.6, 0.25]), steps: Some(4), ..read(MINE).unwrap() };
        let text = with(MINE, &walk).unwrap();
        assert_eq!(read(&text).unwrap(), walk, "{text}");
        assert!(text.contains("# Mine.") && Templates::parse(Kind::Music, &text).is_ok(), "{text}");
        let moved = Form { from: Some([-0.5, 0.0]), to: Some([0.1, 0.1]), ..walk };
        let text = with(&text, &moved).unwrap();
        assert_eq!(read(&text).unwrap(), moved);
        let back = Form { mode: Mode::Contrast, from: None, to: None, steps: None, ..moved };
        let text = with(&text, &back).unwrap();
        assert_eq!(read(&text).unwrap(), back);
        assert!(text.contains("# Mine.") && Templates::parse(Kind::Music, &text).is_ok(), "{text}");
    }

    #[test]
    fn parts_are_added_changed_and_taken_away() {
        let mut form = read(MINE).unwrap();
        form.pool[0].tags = vec!["calm".into(), "düster \"q\"".into()];
        form.pool.push(Words { playlists: vec!["Evening".into()], ..Words::default() });
        form.avoid.clear();
        let text = with(MINE, &form).unwrap();
        assert_eq!(read(&text).unwrap(), form);
        assert!(text.contains("# one word") && !text.contains("avoid"), "{text}");
        assert!(Templates::parse(Kind::Music, &text).is_ok(), "{text}");
        let none = Form { pool: Vec::new(), ..form };
        assert!(!with(&text, &none).unwrap().contains("pool"));
    }

    #[test]
    fn an_empty_text_takes_a_form_and_a_broken_one_is_refused() {
        let form = Form { mode: Mode::Journey, to: Some([0.5, 0.0]), items: Some(9), ..Form::default() };
        assert_eq!(read(&with("", &form).unwrap()).unwrap(), form);
        assert!(read("mode = ").is_err() && with("[[", &form).is_err());
        let inline = "pool = [{ tags = [\"a\"] }]\n";
        assert_eq!(read(inline).unwrap().pool.len(), 1);
        assert!(with(inline, &form).unwrap_err().contains("as text"));
    }
}
