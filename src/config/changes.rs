//! What people change on the page: a small file in the state folder that lies over the configuration.
//!
//! The configuration belongs to the person who set the device up, with its comments and in a folder that the
//! daemon may not write. What stands here is a part of the same settings, in the same words; the whole of
//! both has to pass the check that every configuration passes.

use std::fmt::{self, Display};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::file::File;
use super::{Config, ConfigError};
use crate::ports::panel::presets::PRESETS;
use crate::ports::store;

/// What may stand in a setting.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Choice(&'static [&'static str]),
    Number { least: i64, most: i64 },
    Text { most: usize },
    Preset,
}

impl Form {
    /// The words of a choice.
    pub fn options(self) -> Vec<&'static str> {
        match self {
            Form::Choice(options) => options.to_vec(),
            Form::Preset => PRESETS.map(|preset| preset.name).to_vec(),
            Form::Number { .. } | Form::Text { .. } => Vec::new(),
        }
    }
}

/// What the page may change, by its place in the file.
pub const CHANGEABLE: [(&str, Form); 19] = [
    ("device.mode", Form::Choice(&["household", "public", "workplace"])),
    ("device.language", Form::Choice(&["en", "de"])),
    ("device.notice", Form::Text { most: 160 }),
    ("times.notice_s", Form::Number { least: 2, most: 30 }),
    ("times.session_min", Form::Number { least: 1, most: 1440 }),
    ("house.quiet.from", Form::Text { most: 5 }),
    ("house.quiet.to", Form::Text { most: 5 }),
    ("house.quiet.volume", Form::Number { least: 0, most: 100 }),
    ("history.days", Form::Number { least: 0, most: 3650 }),
    ("music.start_volume", Form::Number { least: 0, most: 100 }),
    ("music.volume_cap", Form::Number { least: 0, most: 100 }),
    ("button.line", Form::Text { most: 64 }),
    ("button.next", Form::Text { most: 64 }),
    ("button.volume_up", Form::Text { most: 64 }),
    ("button.volume_down", Form::Text { most: 64 }),
    ("button.long_ms", Form::Number { least: 300, most: 5000 }),
    ("button.double_ms", Form::Number { least: 100, most: 1000 }),
    ("panel.preset", Form::Preset),
    ("panel.rotation", Form::Number { least: 0, most: 270 }),
];

/// Those of them that count at once. The others decide which ports there are, and count after a restart.
const LIVE: [&str; 11] = [
    "device.language",
    "device.notice",
    "times.notice_s",
    "times.session_min",
    "house.quiet.from",
    "house.quiet.to",
    "house.quiet.volume",
    "music.start_volume",
    "music.volume_cap",
    "button.long_ms",
    "button.double_ms",
];

/// Whether a setting counts as soon as it is saved.
pub fn is_live(name: &str) -> bool {
    LIVE.contains(&name)
}

/// What counts of a setting in a configuration, where it has a value whether it was written or not.
pub fn counts(config: &Config, name: &str) -> Option<SettingValue> {
    let whole = |number: u128| i64::try_from(number).ok().map(SettingValue::Number);
    match name {
        "device.language" => Some(SettingValue::Text(config.language.code().to_owned())),
        "times.notice_s" => whole(config.times.notice.as_secs().into()),
        "times.session_min" => whole(u128::from(config.times.session.as_secs() / 60)),
        "history.days" => whole(config.history_days.into()),
        "music.start_volume" => whole(config.start_volume.into()),
        "music.volume_cap" => whole(config.volume_cap.into()),
        "button.long_ms" => whole(config.gesture.long.as_millis()),
        "button.double_ms" => whole(config.gesture.double.as_millis()),
        _ => None,
    }
}

/// A value as the page writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum SettingValue {
    Number(i64),
    Text(String),
}

/// Why something cannot be set on the page.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("`{0}` is not set on the page; change it in the configuration file")]
    Stranger(String),
    #[error("`{name}` takes {what}")]
    Form { name: &'static str, what: String },
}

/// The changes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    table: Table,
    file: PathBuf,
}

/// The same changes, wherever they are written.
impl PartialEq for Changes {
    fn eq(&self, other: &Changes) -> bool {
        self.table == other.table
    }
}

impl Changes {
    /// Reads a file; one that is missing holds no change.
    ///
    /// # Errors
    /// When it cannot be read, or holds what the page does not set.
    pub fn read(file: &Path) -> Result<Changes, ConfigError> {
        let path = file.display().to_string();
        let text = match crate::text_file::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            // A user who may not read the state folder of the service gets the configuration alone.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::debug!("{path}: {error}; the settings of the page are left out");
                String::new()
            }
            Err(why) => return Err(super::unreadable(&path, why)),
        };
        Changes::parse(&text, file)
    }

    /// Reads a text as that of a file.
    ///
    /// # Errors
    /// When it is no TOML, or holds what the page does not set.
    pub fn parse(text: &str, file: &Path) -> Result<Changes, ConfigError> {
        let path = file.display().to_string();
        let malformed = |report: String| ConfigError::Malformed { path: path.clone(), report };
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| malformed(error.to_string().trim_end().to_owned()))?;
        if let Some(name) = names(&table).into_iter().find(|name| !is_changeable(name)) {
            return Err(malformed(format!(
                "`{name}` is not set on the page. Move it to the configuration, or remove this file"
            )));
        }
        Ok(Changes { table, file: file.to_owned() })
    }

    /// As [`Changes::read`]; a file that is broken is set aside under another name, and holds no change.
    pub fn recover(file: &Path) -> Changes {
        Changes::read(file).unwrap_or_else(|error| {
            match store::set_aside(file) {
                Ok(kept) => tracing::warn!("{error}\nIt was set aside as {}", kept.display()),
                Err(why) => tracing::warn!("{error}\nIt cannot be set aside: {why}"),
            }
            Changes { table: Table::new(), file: file.to_owned() }
        })
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// What stands in a setting here.
    pub fn get(&self, name: &str) -> Option<SettingValue> {
        value(&self.table, name)
    }

    /// Whether these differ from others in what counts only after a restart.
    pub fn need_restart(&self, others: &Changes) -> bool {
        let mut waits = CHANGEABLE.into_iter().map(|(name, _)| name).filter(|name| !is_live(name));
        waits.any(|name| self.get(name) != others.get(name))
    }

    /// Changes a setting; none takes the change away, and the configuration counts again.
    ///
    /// # Errors
    /// When the page does not set this, or the value is not of its kind.
    pub fn set(&mut self, name: &str, said: Option<SettingValue>) -> Result<(), ChangeError> {
        let Some((name, form)) = CHANGEABLE.into_iter().find(|(known, _)| *known == name) else {
            return Err(ChangeError::Stranger(name.to_owned()));
        };
        let wrong = |what: String| Err(ChangeError::Form { name, what });
        let value = match (said, form) {
            (None, _) => None,
            (Some(SettingValue::Number(number)), Form::Number { least, most })
                if (least..=most).contains(&number) =>
            {
                Some(Value::Integer(number))
            }
            (Some(_), Form::Number { least, most }) => {
                return wrong(format!("a number from {least} to {most}"));
            }
            (Some(SettingValue::Text(text)), Form::Text { most })
                if text.chars().count() <= most && !text.chars().any(char::is_control) =>
            {
                Some(Value::String(text))
            }
            (Some(_), Form::Text { most }) => return wrong(format!("a line of at most {most} characters")),
            (Some(SettingValue::Text(text)), form) if form.options().contains(&text.as_str()) => {
                Some(Value::String(text))
            }
            (Some(_), form) => return wrong(format!("one of {}", form.options().join(", "))),
        };
        put(&mut self.table, name, value);
        Ok(())
    }

    /// The configuration with the changes over it.
    ///
    /// # Errors
    /// As the check of a configuration that was written by hand.
    pub fn over(&self, configuration: &str, name: &str) -> Result<Config, ConfigError> {
        let path = format!(
            "{name} with what was set on the page ({}; remove that file to take it back)",
            self.file.display()
        );
        let malformed = |error: toml::de::Error| ConfigError::Malformed {
            path: path.clone(),
            report: error.to_string().trim_end().to_owned(),
        };
        let mut table: Table = configuration.parse().map_err(malformed)?;
        for name in names(&self.table) {
            put(&mut table, &name, raw(&self.table, &name).cloned());
        }
        let file: File = table.try_into().map_err(malformed)?;
        Config::try_from(file).map_err(|why| ConfigError::Wrong { path, why })
    }

    /// Writes them down; a power cut leaves the old or the new.
    ///
    /// # Errors
    /// When the file or its folder cannot be written.
    pub fn write(&self) -> io::Result<()> {
        store::write_atomic(&self.file, self.to_string().as_bytes())
    }
}

impl Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "# Set on the page. It lies over the configuration; remove it to take all of it back.\n\n{}",
            self.table
        )
    }
}

/// What stands in a setting of a configuration, if it is of a kind that the page shows.
pub fn value(table: &Table, name: &str) -> Option<SettingValue> {
    match raw(table, name)? {
        Value::Integer(number) => Some(SettingValue::Number(*number)),
        Value::String(text) => Some(SettingValue::Text(text.clone())),
        _ => None,
    }
}

fn raw<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    let (path, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut table = table;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        table = table.get(key)?.as_table()?;
    }
    table.get(last)
}

/// Puts a value in its place; tables on the way are made, and go when nothing is left in them.
fn put(table: &mut Table, name: &str, value: Option<Value>) {
    match (name.split_once('.'), value) {
        (None, Some(value)) => {
            table.insert(name.to_owned(), value);
        }
        (None, None) => {
            table.remove(name);
        }
        (Some((key, rest)), value) => {
            let below = table.entry(key).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = below {
                put(inner, rest, value);
                if inner.is_empty() {
                    table.remove(key);
                }
            }
        }
    }
}

/// Every value below a table, by its place.
fn names(table: &Table) -> Vec<String> {
    let below = |(key, value): (&String, &Value)| match value {
        Value::Table(inner) => names(inner).into_iter().map(|name| format!("{key}.{name}")).collect(),
        _ => vec![key.clone()],
    };
    table.iter().flat_map(below).collect()
}

fn is_changeable(name: &str) -> bool {
    CHANGEABLE.iter().any(|(known, _)| *known == name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{DEFAULT, load_with};
    use moodbox_core::kiosk::policy::Mode;

    fn text(text: &str) -> Option<SettingValue> {
        Some(SettingValue::Text(text.into()))
    }

    #[test]
    fn what_is_changed_survives_and_lies_over_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let (file, over) = (folder.path().join("moodbox.toml"), folder.path().join("state/settings.toml"));
        fs::write(&file, DEFAULT).unwrap();
        assert_eq!(load_with(&file, &over).unwrap().mode, Mode::Household);

        let mut changes = Changes::read(&over).unwrap();
        changes.set("device.mode", text("public")).unwrap();
        changes.set("music.volume_cap", Some(SettingValue::Number(55))).unwrap();
        changes.set("house.quiet.from", text("22:30")).unwrap();
        changes.set("house.quiet.to", text("06:00")).unwrap();
        changes.write().unwrap();
        let config = load_with(&file, &over).unwrap();
        assert_eq!((config.mode, config.volume_cap), (Mode::Public, 55));
        assert_eq!(config.house.quiet.unwrap().hours.from, 22 * 60 + 30);
        assert_eq!(fs::read_to_string(&file).unwrap(), DEFAULT, "the person's file is as it was");

        let mut again = Changes::read(&over).unwrap();
        assert_eq!(again, changes);
        for name in ["device.mode", "music.volume_cap", "house.quiet.from", "house.quiet.to"] {
            again.set(name, None).unwrap();
        }
        assert!(again.is_empty(), "{again}");
    }

    #[test]
    fn only_what_cannot_change_while_the_device_runs_needs_a_restart() {
        assert!(LIVE.iter().all(|name| is_changeable(name)));
        let (mut changes, started) = (Changes::default(), Changes::default());
        changes.set("device.language", text("de")).unwrap();
        changes.set("music.volume_cap", Some(SettingValue::Number(50))).unwrap();
        assert!(!changes.need_restart(&started));
        changes.set("device.mode", text("public")).unwrap();
        assert!(changes.need_restart(&started));
        let config = changes.over(DEFAULT, "moodbox.toml").unwrap();
        assert_eq!(counts(&config, "music.volume_cap"), Some(SettingValue::Number(50)));
        assert_eq!(counts(&config, "device.language"), text("de"));
    }

    #[test]
    fn what_is_not_set_here_or_out_of_range_is_refused() {
        let mut changes = Changes::default();
        for (name, said) in [
            ("camera.device", text("/etc/shadow")),
            ("web.listen", text("0.0.0.0:80")),
            ("device", text("household")),
            ("music.volume_cap", Some(SettingValue::Number(101))),
            ("music.volume_cap", text("50")),
            ("button.line", text("GPIO17\n[web]\nlisten = \"0.0.0.0:80\"")),
            ("device.mode", text("home")),
            ("device.mode", Some(SettingValue::Number(1))),
            ("panel.preset", text("nobody's")),
        ] {
            assert!(changes.set(name, said.clone()).is_err(), "{name} {said:?}");
        }
        assert!(changes.is_empty());
    }

    #[test]
    fn a_file_of_changes_sets_nothing_that_the_page_does_not_set() {
        let folder = tempfile::tempdir().unwrap();
        let over = folder.path().join("settings.toml");
        fs::write(&over, "[web]\nlisten = \"0.0.0.0:80\"\n").unwrap();
        let error = Changes::read(&over).unwrap_err().to_string();
        assert!(error.contains("`web.listen`") && error.contains("remove this file"), "{error}");
    }

    #[test]
    fn changes_that_no_longer_fit_the_configuration_are_told_with_both_names() {
        let mut changes = Changes::default();
        changes.set("music.volume_cap", Some(SettingValue::Number(10))).unwrap();
        let error = changes.over(DEFAULT, "moodbox.toml").unwrap_err().to_string();
        assert!(error.contains("start_volume") && error.contains("set on the page"), "{error}");
    }

    #[test]
    fn every_setting_of_the_page_is_known_to_the_configuration() {
        for (name, form) in CHANGEABLE {
            let mut changes = Changes::default();
            // Both volumes at once: the start is never over the cap. Quiet hours have a beginning and an end.
            changes.set("music.volume_cap", Some(SettingValue::Number(100))).unwrap();
            changes.set("house.quiet.from", text("22:00")).unwrap();
            changes.set("house.quiet.to", text("07:00")).unwrap();
            let said = match form {
                _ if name == "panel.rotation" => Some(SettingValue::Number(90)),
                Form::Number { least, most } => Some(SettingValue::Number((least + most) / 2)),
                Form::Text { .. } if name.starts_with("house.quiet") => text("05:30"),
                Form::Text { .. } => text("GPIO26"),
                Form::Choice(_) | Form::Preset => text(form.options()[0]),
            };
            if name != "music.volume_cap" {
                changes.set(name, said).unwrap();
            }
            let over = changes.over(DEFAULT, name);
            assert!(over.is_ok(), "{name}: {:?}", over.err());
        }
    }
}
