//! Figures for a person, for a program, and for docs/performance.md.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::Figure;

/// Ratios first, because they hold from machine to machine; then what has a limit; then the rest.
fn in_order(figures: &[Figure]) -> Vec<&Figure> {
    let mut ordered: Vec<&Figure> = figures.iter().collect();
    ordered.sort_by_key(|figure| (!figure.unit.is_empty(), figure.limit.is_none()));
    ordered
}

/// At least three significant digits.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        from if from >= 100.0 => 0,
        from if from >= 10.0 => 1,
        from if from >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn with_unit(value: f64, unit: &str) -> String {
    format!("{} {unit}", digits(value)).trim_end().to_owned()
}

fn limit(figure: &Figure) -> String {
    figure.limit.map_or_else(String::new, |limit| format!("<= {}", with_unit(limit, figure.unit)))
}

fn verdict(figure: &Figure) -> &'static str {
    match figure.limit {
        None => "",
        Some(_) if figure.is_kept() => "kept",
        Some(_) => "OVER",
    }
}

/// A table for a terminal.
pub fn text(figures: &[Figure]) -> String {
    let mut text =
        format!("{:<28} {:>12}  {:<12} {:<5} {}\n", "figure", "measured", "limit", "", "what it is");
    for figure in in_order(figures) {
        let value = with_unit(figure.value, figure.unit);
        let (limit, verdict) = (limit(figure), verdict(figure));
        let _ = writeln!(text, "{:<28} {value:>12}  {limit:<12} {verdict:<5} {}", figure.key, figure.what);
    }
    text
}

/// One object; the dots of a key are objects within each other.
pub fn json(figures: &[Figure], machine: &str) -> Value {
    let mut all = Map::new();
    let mut limits = Map::new();
    for figure in figures {
        // What is not a number has no place in JSON: null.
        let value = json!(figure.value);
        match figure.key.split_once('.') {
            None => drop(all.insert(figure.key.to_owned(), value)),
            Some((group, key)) => {
                let group = all.entry(group).or_insert_with(|| Value::Object(Map::new()));
                if let Some(group) = group.as_object_mut() {
                    group.insert(key.to_owned(), value);
                }
            }
        }
        if let Some(limit) = figure.limit {
            limits.insert(figure.key.to_owned(), json!({ "at_most": limit, "kept": figure.is_kept() }));
        }
    }
    all.insert("limits".to_owned(), Value::Object(limits));
    all.insert("machine".to_owned(), json!(machine));
    Value::Object(all)
}

/// The page for readers.
pub fn markdown(figures: &[Figure], machine: &str) -> String {
    let mut page = format!(
        "# How fast moodbox is\n\nWritten by `moodbox bench --markdown`. Ratios come first: both of their sides are \
         measured in the same run, so they\nhold from machine to machine. Milliseconds hold for this one:\n\n    {machine}\n\n\
         | figure | measured | limit | | what it is |\n|---|---:|---:|---|---|\n"
    );
    for figure in in_order(figures) {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            figure.key,
            with_unit(figure.value, figure.unit),
            limit(figure),
            verdict(figure),
            figure.what
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Vec<Figure> {
        vec![
            Figure::new("ready_ms", 123.4, "ms", "start").within(300.0),
            Figure::new("vision.ms", 4.321, "ms", "a frame"),
            Figure::new("vision.ratio_to_bare", 1.2, "", "to bare").within(1.15),
            Figure::new("idle.cpu_percent", f64::NAN, "%", "rest").within(0.1),
        ]
    }

    #[test]
    fn ratios_come_first_and_a_figure_over_its_limit_says_so() {
        let text = text(&figures());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("vision.ratio_to_bare") && lines[1].contains("OVER"), "{text}");
        assert!(
            lines[2].contains("123 ms") && lines[2].contains("<= 300 ms") && lines[2].contains("kept"),
            "{text}"
        );
        assert!(lines[3].contains("OVER"), "what could not be measured keeps no limit: {text}");
        assert!(lines[4].contains("4.32 ms") && !lines[4].contains("<="), "{text}");
    }

    #[test]
    fn a_program_finds_each_figure_by_its_key() {
        let json = json(&figures(), "a machine");
        assert_eq!(json["ready_ms"], 123.4);
        assert_eq!(json["vision"]["ms"], 4.321);
        assert_eq!(json["limits"]["vision.ratio_to_bare"], json!({ "at_most": 1.15, "kept": false }));
        assert!(json["idle"]["cpu_percent"].is_null());
        assert!(
            markdown(&figures(), "a machine").contains("| `ready_ms` | 123 ms | <= 300 ms | kept | start |")
        );
    }
}
