//! The configuration: what the file may say ([`mod@file`]), and what the program may rely on ([`Config`]).

pub mod changes;
pub mod file;
mod fleet;
pub mod password;
mod valid;

use std::path::{Path, PathBuf};

use crate::paths;
pub use changes::Changes;
use moodbox_core::text::Language;
pub use valid::{CameraChoice, Config, PanelChoice, PromptChoice, VideoChoice, WebSettings, Wrong};

/// The shipped configuration file: it documents every setting.
pub const DEFAULT: &str = include_str!("default.toml");

/// The file that the package installs: the shipped one, with the mpv that systemd runs.
///
/// The service starts mpv under a user of its own; a checkout has no such service.
pub fn packaged() -> String {
    DEFAULT.replace("\n# socket = ", "\nsocket = ")
}

/// The panel and the language of a file that may be wrong in all else: for saying that it is wrong.
pub fn panel_alone(text: &str) -> Option<(PanelChoice, Language)> {
    let file: toml::Table = text.parse().ok()?;
    let panel: file::Panel = file.get("panel")?.clone().try_into().ok()?;
    let language = file.get("device").and_then(|device| device.get("language"));
    let language = language.and_then(|language| language.clone().try_into().ok());
    Some((valid::panel(&panel).ok()?, language.unwrap_or_default()))
}

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "the configuration {path} cannot be read: {why}. \
         Write one with `moodbox check --default > {path}`, or name another with --config"
    )]
    // No `source`: whoever prints the chain would say it twice.
    Unreadable { path: String, why: std::io::Error },
    #[error(
        "the configuration {path} cannot be used:\n{report}\n`moodbox check --default` prints every setting with its meaning"
    )]
    Malformed { path: String, report: String },
    #[error("the configuration {path} cannot be used: {why}")]
    Wrong { path: String, why: Wrong },
}

/// Reads and checks a file, and what the page has changed of it.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    load_with(path, &changes_file())
}

/// Where the page writes what people change on it.
pub fn changes_file() -> PathBuf {
    paths::state().join("settings.toml")
}

/// Reads and checks a file, and the changes that lie over it; there may be none.
pub fn load_with(path: &Path, changes: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|why| ConfigError::Unreadable { path: name.clone(), why })?;
    // First alone: what is wrong in it is told with its line.
    let config = parse(&text, &name)?;
    let changes = Changes::read(changes)?;
    if changes.is_empty() { Ok(config) } else { changes.over(&text, &name) }
}

/// Checks the text of a file; `name` is how a report calls it.
pub fn parse(text: &str, name: &str) -> Result<Config, ConfigError> {
    // The report of the parser names the line and shows it.
    let file: file::File = toml::from_str(text).map_err(|error| ConfigError::Malformed {
        path: name.to_owned(),
        report: error.to_string().trim_end().to_owned(),
    })?;
    Config::try_from(file).map_err(|why| ConfigError::Wrong { path: name.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n";

    #[test]
    fn the_shipped_file_is_right_and_says_what_is_taken_anyway() {
        let shipped = parse(DEFAULT, "default.toml").unwrap();
        let least = parse(LEAST, "least").unwrap();
        assert_eq!(format!("{:?}", shipped.times), format!("{:?}", least.times));
        assert_eq!(format!("{:?}", shipped.button), format!("{:?}", least.button));
        assert_eq!(shipped.gesture, least.gesture);
        assert_eq!(shipped.camera, least.camera);
        assert_eq!(shipped.capture.frames, least.capture.frames);
        assert_eq!(shipped.hold_menu, least.hold_menu);
        assert_eq!((shipped.start_volume, shipped.volume_cap), (least.start_volume, least.volume_cap));
        assert_eq!((&shipped.house, shipped.weights), (&least.house, least.weights));
        assert_eq!(shipped.weights, moodbox_core::recommend::Weights::default());
        assert_eq!((shipped.learns, shipped.asks_if_it_helped), (least.learns, least.asks_if_it_helped));
    }

    #[test]
    fn a_part_that_the_file_does_not_name_does_not_exist() {
        let least = parse(LEAST, "least").unwrap();
        assert!(
            least.light.is_none() && least.panel.is_none() && least.music.is_none() && least.video.is_none()
        );
    }

    #[test]
    fn the_packaged_file_reaches_the_mpv_that_systemd_runs() {
        let packaged = parse(&packaged(), "packaged").unwrap();
        let socket = packaged.video.unwrap().settings.socket.unwrap();
        assert_eq!(socket, Path::new("/run/moodbox-video/mpv.sock"));
        let unit = include_str!("../../systemd/moodbox-video.service");
        assert!(unit.contains(&format!("--input-ipc-server={}\n", socket.display())));
        assert!(parse(DEFAULT, "shipped").unwrap().video.unwrap().settings.socket.is_none());
    }

    #[test]
    fn the_panel_of_a_file_that_is_wrong_elsewhere_is_still_known() {
        let wrong = "[device]\nlanguage = \"de\"\nmode = \"hom\"\n[panel]\npreset = \"pirate-audio\"\n";
        assert!(parse(wrong, "wrong").is_err());
        let (panel, language) = panel_alone(wrong).unwrap();
        assert_eq!((panel.size(), language), ((240, 240), Language::De));
        for text in ["", "[panel", "[panel]\npreset = \"bigger\"", "panel = 3"] {
            assert!(panel_alone(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_notice_is_one_line_that_can_be_read_in_the_seconds_that_it_stands() {
        let with = |notice: &str| {
            parse(&LEAST.replace("[button]", &format!("notice = {notice:?}\n[button]")), "test")
        };
        let notice = with(" Eine Kamera liest deine Stimmung ").unwrap().notice.unwrap();
        assert_eq!(&*notice, "Eine Kamera liest deine Stimmung");
        assert_eq!(parse(LEAST, "least").unwrap().notice, None);
        for wrong in ["", "  ", "two\nlines", &"x".repeat(161)] {
            assert!(with(wrong).unwrap_err().to_string().contains("[device] the notice"), "{wrong:?}");
        }
    }

    #[test]
    fn the_house_the_weights_and_what_is_learnt_are_read() {
        let text = LEAST.replace("household", "public")
            + "[house]\nquiet = { from = \"22:30\", to = \"06:15\", volume = 15, start = false }\nsleep_min = 45\n\
               sleep_fade_s = 20\nsleep_at_track_end = true\nidle_off_min = 10\npress = \"again\"\n\
               [ranking]\ncontent = 2\nnovelty = 0.5\n[learning]\nhelped = true\n";
        let config = parse(&text, "house").unwrap();
        let house = &config.house;
        let quiet = house.quiet.unwrap();
        assert_eq!(
            (quiet.hours.from, quiet.hours.to, quiet.hours.volume, quiet.starts),
            (1350, 375, 15, false)
        );
        assert_eq!(house.sleep.after.unwrap().as_secs(), 45 * 60);
        assert_eq!((house.sleep.fade.as_secs(), house.sleep.at_track_end), (20, true));
        assert_eq!(house.idle_off.unwrap().as_secs(), 600);
        assert_eq!(house.press, moodbox_core::kiosk::house_rules::Press::Again);
        assert_eq!((config.weights.content, config.weights.novelty), (2.0, 0.5));
        assert_eq!(config.weights.taste, moodbox_core::recommend::Weights::default().taste);
        assert_eq!((config.learns, config.asks_if_it_helped), (false, true));
    }

    #[test]
    fn a_stranger_is_not_offered_to_shut_down_unless_the_file_says_so() {
        for (mode, line, offered) in [
            ("household", "", true),
            ("workplace", "", true),
            ("public", "", false),
            ("public", "hold_menu = true\n", true),
            ("household", "hold_menu = false\n", false),
        ] {
            let text = format!("{}{line}", LEAST.replace("household", mode));
            assert_eq!(parse(&text, "test").unwrap().hold_menu, offered, "{mode} {line}");
        }
    }

    #[test]
    fn prompts_are_spoken_where_there_is_no_panel_or_where_they_are_asked_for() {
        let panel = "[panel]\npreset = \"ili9341\"\n";
        for (panel, enabled, spoken) in [
            ("", "", Some(false)),
            (panel, "", None),
            (panel, "enabled = \"on\"\n", Some(true)),
            ("", "enabled = \"off\"\n", None),
        ] {
            let config = parse(&format!("{LEAST}{panel}[prompts]\n{enabled}"), "test").unwrap();
            assert_eq!(config.prompts.map(|prompts| prompts.asked_for), spoken, "{panel} {enabled}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_cure() {
        for (text, words) in [
            ("", &["missing field `device`"][..]),
            ("[device]\n[button]\nline = \"GPIO17\"", &["missing field `mode`", "line 1"]),
            ("[device]\nmode = \"home\"\n", &["line 2", "household", "public", "workplace"]),
            (&format!("{LEAST}debounce_ms = 900\n"), &["line 5", "from 0 to 200"]),
            (&format!("{LEAST}lien = 3\n"), &["line 5", "lien", "active_low"]),
            (&format!("{LEAST}[music]\nstart_volume = 80\n"), &["start_volume is 80", "Lower"]),
            (&format!("{LEAST}[music]\nvolume_cap = -1\n"), &["line 6", "from 0 to 100"]),
            (&format!("{LEAST}next = \"GPIO17\"\n"), &["both on GPIO17", "line of its own"]),
            (
                &format!("{LEAST}[camera]\ndevice = \"auto\"\nphotos = [\"x\"]\n"),
                &["both `device` and `photos`"],
            ),
            (
                &format!("{LEAST}[music]\npassword_file = \"/nonexistent/word\"\n"),
                &["/nonexistent/word", "readable"],
            ),
            (&format!("{LEAST}[panel]\npreset = \"bigger\"\n"), &["bigger", "pirate-audio"]),
            (
                &format!("{LEAST}[web]\nlisten = \"0.0.0.0:8740\"\n"),
                &["no password", "moodbox password --file"],
            ),
            (&format!("{LEAST}[web]\nlisten = \"8740\"\n"), &["line 6", "socket address"]),
            (&format!("{LEAST}[web]\npassword_file = \"/nonexistent/hash\"\n"), &["/nonexistent/hash"]),
            (&format!("{LEAST}[web]\nnames = [\"http://moodbox\"]\n"), &["http://moodbox", "without port"]),
            (&format!("{LEAST}[music\n"), &["line 5"]),
            (
                &format!("{LEAST}[house]\nquiet = {{ from = \"25:00\", to = \"07:00\" }}\n"),
                &["line 6", "25:00", "22:30"],
            ),
            (
                &format!("{LEAST}[house]\nquiet = {{ from = \"7:00\", to = \"07:00\" }}\n"),
                &["same time", "end at another"],
            ),
            (&format!("{LEAST}[house]\npress = \"skip\"\n"), &["line 6", "next", "again", "nothing"]),
            (&format!("{LEAST}[ranking]\ntaste = -1\n"), &["line 6", "from 0 to 10"]),
            (&format!("{LEAST}[ranking]\ntaste = nan\n"), &["line 6", "from 0 to 10"]),
        ] {
            let report = parse(text, "moodbox.toml").unwrap_err().to_string();
            assert!(report.starts_with("the configuration moodbox.toml"), "{report}");
            for word in words {
                assert!(report.contains(word), "`{word}` is missing in:\n{report}\nfor:\n{text}");
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic() {
        use proptest::prelude::*;
        proptest!(|(noise in "\\PC{0,200}", at in 0usize..2000, cut in 0usize..2000)| {
            let _ = parse(&noise, "noise");
            // The shipped file with a hole and something foreign in it: nearer to what people write.
            let at = DEFAULT.floor_char_boundary(at);
            let end = DEFAULT.floor_char_boundary((at + cut).min(DEFAULT.len()));
            let _ = parse(&format!("{}{noise}{}", &DEFAULT[..at], &DEFAULT[end..]), "torn");
        });
    }
}
