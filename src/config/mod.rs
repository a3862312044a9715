//! The configuration: what the file may say (`file.rs`), and what the program may rely on ([`Config`]).

pub(crate) mod changes;
pub(crate) mod file;
mod fleet;
mod panel;
pub mod password;
mod valid;

use std::path::{Path, PathBuf};

use crate::paths;
use crate::ports::store;
use crate::text_file;
pub use changes::Changes;
use moodbox_core::text::Language;
pub use panel::PanelChoice;
pub use valid::{CameraChoice, Config, PromptChoice, VideoChoice, WebSettings, Wrong};

/// The shipped configuration file: it documents every setting.
pub const DEFAULT: &str = include_str!("default.toml");

/// The file that the package installs: the shipped one, with the mpv that systemd runs.
///
/// The service starts mpv under a user of its own; a checkout has no such service.
pub fn packaged() -> String {
    DEFAULT.replace("\n# socket = ", "\nsocket = ")
}

/// What can be read of a file that is wrong elsewhere: enough to say on the panel and the page that it is wrong.
#[derive(Debug, Default)]
pub struct PartialConfig {
    /// What the screens are drawn on, if the section `[panel]` can be used.
    pub panel: Option<PanelChoice>,
    /// The language of the device; the usual one if the file does not say it.
    pub language: Language,
    /// Where the page listens.
    pub listen: Option<std::net::SocketAddr>,
}

/// Makes out the panel, the language and the page's address.
pub fn known_of(text: &str) -> PartialConfig {
    let file: toml::Table = text.parse().unwrap_or_else(|_| sections(text));
    let of = |section: &str, key: &str| file.get(section).and_then(|section| section.get(key)).cloned();
    let panel = file.get("panel").and_then(|panel| panel.clone().try_into::<file::Panel>().ok());
    PartialConfig {
        panel: panel.and_then(|panel| panel::panel(&panel).ok()),
        language: of("device", "language").and_then(|word| word.try_into().ok()).unwrap_or_default(),
        listen: of("web", "listen").and_then(|listen| listen.try_into().ok()),
    }
}

/// The sections of a file that is broken somewhere: those that are well, and of the others the lines that are.
fn sections(text: &str) -> toml::Table {
    let mut all = toml::Table::new();
    let (mut name, mut section) = (String::new(), toml::Table::new());
    for line in text.lines().map(str::trim) {
        if let Some(next) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            all.insert(std::mem::replace(&mut name, next.to_owned()), std::mem::take(&mut section).into());
        } else if let Ok(more) = line.parse::<toml::Table>() {
            section.extend(more);
        }
    }
    all.insert(name, section.into());
    all
}

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "the configuration {path} cannot be read: {why}. \
         `sudo moodbox setup` writes one, as does `moodbox check --default > {path}`; --config names another"
    )]
    /// There is no such file. `why` is no `source`: a report that prints the chain of errors would say it twice.
    Absent {
        /// The file.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file is there and cannot be read.
    #[error("the configuration {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// It is no TOML, or has a key or a value that no setting takes.
    #[error(
        "the configuration {path} cannot be used:\n{report}\n`moodbox check --default` prints every setting with its meaning"
    )]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, with its line and what may stand there.
        report: String,
    },
    /// Each value is well formed, and they do not fit together.
    #[error("the configuration {path} cannot be used: {why}")]
    Wrong {
        /// The file.
        path: String,
        /// What is wrong, and the cure.
        why: Wrong,
    },
}

/// Why a file cannot be read. Only where there is none, writing one is a cure: it overwrites no settings.
pub(crate) fn unreadable(path: &str, why: std::io::Error) -> ConfigError {
    let path = path.to_owned();
    match why.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Absent { path, why },
        _ => ConfigError::Unreadable { path, why },
    }
}

/// Reads and checks a file, and what the page has changed of it.
///
/// # Errors
/// When a file cannot be read, or the settings cannot be used.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    load_with(path, &changes_file())
}

/// As [`load`], for the device itself: settings of the page that are broken, or no longer fit the
/// configuration, must not keep it from starting. They are set aside, and what is to be told comes with the
/// configuration alone.
///
/// # Errors
/// When the configuration itself cannot be used.
pub(crate) fn load_for_device(path: &Path, changes: &Path) -> Result<(Config, Option<String>), ConfigError> {
    let error = match load_with(path, changes) {
        Ok(config) => return Ok((config, None)),
        Err(error) => error,
    };
    let name = path.display().to_string();
    let text = text_file::read(path).map_err(|why| unreadable(&name, why))?;
    let config = parse(&text, &name)?;
    let kept = match store::set_aside(changes) {
        Ok(kept) => format!("They were set aside as {}", kept.display()),
        Err(why) => format!("They cannot be set aside: {why}"),
    };
    let report = format!(
        "what was set on the page does not count, and {name} counts alone: {error}\n{kept}; set them again"
    );
    Ok((config, Some(report)))
}

/// Where the page writes what people change on it.
pub(crate) fn changes_file() -> PathBuf {
    paths::state().join("settings.toml")
}

/// Reads and checks a file, and the changes that lie over it; there may be none.
///
/// # Errors
/// When a file cannot be read, or the settings cannot be used.
pub fn load_with(path: &Path, changes: &Path) -> Result<Config, ConfigError> {
    let name = path.display().to_string();
    let text = text_file::read(path).map_err(|why| unreadable(&name, why))?;
    // First alone: what is wrong in it is told with its line.
    let config = parse(&text, &name)?;
    let changes = Changes::read(changes)?;
    if changes.is_empty() { Ok(config) } else { changes.over(&text, &name) }
}

/// Checks the text of a file; `name` is how a report calls it.
///
/// # Errors
/// When it is no TOML, a key or value is unknown, or the values do not fit together.
pub fn parse(text: &str, name: &str) -> Result<Config, ConfigError> {
    // The report of the parser names the line and shows it.
    let file: file::File = toml::from_str(text).map_err(|error| ConfigError::Malformed {
        path: name.to_owned(),
        report: text_file::with_slip(text, &error),
    })?;
    Config::try_from(file).map_err(|why| ConfigError::Wrong { path: name.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::panel::presets::PRESETS;
    use moodbox_core::kiosk::event::Button;

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
        assert!(shipped.learns_faces && least.learns_faces);
        assert_eq!(shipped.times.not_so, least.times.not_so);
    }

    #[test]
    fn one_flipped_bit_in_the_settings_of_the_page_keeps_no_device_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let (file, settings) = (folder.path().join("moodbox.toml"), folder.path().join("settings.toml"));
        std::fs::write(&file, LEAST.to_owned() + "[music]\n").unwrap();
        let good = b"# Set on the page.\n\n[music]\nstart_volume = 33\n";
        let mut aside = 0;
        for bit in 0..good.len() * 8 {
            let mut bytes = good.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&settings, &bytes).unwrap();
            let (config, told) = load_for_device(&file, &settings).unwrap();
            if let Some(told) = told {
                aside += 1;
                assert_eq!(config.start_volume, parse(LEAST, "least").unwrap().start_volume);
                assert!(!settings.exists() && told.contains("settings.toml.broken-1"), "{told}");
                let kept = folder.path().join("settings.toml.broken-1");
                assert_eq!(std::fs::read(&kept).unwrap(), bytes, "nothing is lost");
                std::fs::remove_file(kept).unwrap();
            }
        }
        assert!(aside > 100, "only {aside} of the flips were noticed");
        // Settings that no longer fit are passed over too, and a name that leads to no file.
        std::fs::write(&settings, "[music]\nstart_volume = 90\nvolume_cap = 10\n").unwrap();
        assert!(load_for_device(&file, &settings).unwrap().1.is_some());
        std::os::unix::fs::symlink("/dev/zero", &settings).unwrap();
        assert!(load_for_device(&file, &settings).unwrap().1.is_some());
        assert!(load_for_device(&folder.path().join("none"), &settings).is_err());
        std::fs::write(&file, "[device]\n").unwrap();
        assert!(load_for_device(&file, &settings).is_err(), "the configuration itself is another matter");
    }

    #[test]
    fn every_board_brings_its_buttons_and_its_light_and_nothing_is_on_one_line_twice() {
        let with = |preset: &str| {
            let text = DEFAULT.replace("\npreset = \"adafruit-1.54\"", &format!("\npreset = {preset:?}"));
            assert!(text.contains(&format!("preset = {preset:?}")));
            parse(&text, preset).unwrap()
        };
        for preset in PRESETS {
            let config = with(preset.name);
            assert_eq!(config.light.as_deref(), preset.light, "{}", preset.name);
            assert_eq!(config.button.lines[0], (Button::Main, preset.buttons.press.to_owned()));
        }
        let pirate = with("pirate-audio").button.lines;
        let line = |button| pirate.iter().find(|(other, _)| *other == button).map(|(_, line)| line.as_str());
        // As they are printed on the board: A play, B quieter, X next, Y louder.
        assert_eq!(line(Button::Main), Some("GPIO5"));
        assert_eq!(line(Button::VolumeDown), Some("GPIO6"));
        assert_eq!(line(Button::Next), Some("GPIO16"));
        assert_eq!(line(Button::VolumeUp), Some("GPIO24"));
        // A line that a person names is the only one, whatever the board has.
        let own = parse(&format!("{LEAST}[panel]\npreset = \"pirate-audio\"\n"), "own").unwrap();
        assert_eq!(own.button.lines, [(Button::Main, "GPIO17".to_owned())]);
    }

    #[test]
    fn a_file_of_any_editor_is_read_and_no_cure_would_overwrite_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (file, none) = (folder.path().join("moodbox.toml"), folder.path().join("none"));
        let windows = LEAST.replace('\n', "\r\n");
        let wide: Vec<u8> = windows.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [[&b"\xff\xfe"[..], &wide].concat(), [b"\xef\xbb\xbf", windows.as_bytes()].concat()] {
            std::fs::write(&file, bytes).unwrap();
            assert!(load_with(&file, &none).is_ok());
        }
        std::fs::write(&file, b"# K\xfcche\n").unwrap();
        let latin = load_with(&file, &none).unwrap_err().to_string();
        assert!(latin.contains("line 1; save it as UTF-8") && !latin.contains("--default"), "{latin}");
        // The cure for a file that is not there, tried.
        std::fs::remove_file(&file).unwrap();
        let absent = load_with(&file, &none).unwrap_err().to_string();
        assert!(absent.contains(&format!("`moodbox check --default > {}`", file.display())), "{absent}");
        std::fs::write(&file, DEFAULT).unwrap();
        assert!(load_with(&file, &none).is_ok());
    }

    #[test]
    fn a_panel_that_is_turned_a_quarter_has_its_sides_changed_over_unless_they_are_named() {
        let size = |more: &str| {
            let text = format!("{LEAST}[panel]\npreset = \"waveshare-2.0\"\n{more}");
            parse(&text, "turned").unwrap().panel.unwrap().size()
        };
        assert_eq!((size(""), size("rotation = 180\n")), ((240, 320), (240, 320)));
        assert_eq!((size("rotation = 90\n"), size("rotation = 270\n")), ((320, 240), (320, 240)));
        assert_eq!(size("rotation = 90\nwidth = 240\nheight = 320\n"), (240, 320));
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
        let PartialConfig { panel, language, listen } = known_of(wrong);
        assert_eq!((panel.unwrap().size(), language, listen), ((240, 240), Language::De, None));
        for text in ["", "[panel]\npreset = \"bigger\"", "panel = 3"] {
            assert!(known_of(text).panel.is_none(), "{text}");
        }
        // Also of a file that is no TOML at all in another place.
        let broken = "[device\nlanguage = \"de\"\n[music]\naddress = \"x\n[panel]\npreset = \"pirate-audio\"\n\
                      [web]\nlisten = \"127.0.0.1:9\"\n";
        let PartialConfig { panel, language, listen } = known_of(broken);
        assert_eq!((panel.unwrap().size(), language), ((240, 240), Language::De));
        assert_eq!(listen.unwrap().port(), 9);
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
        assert!(!config.learns_faces, "strangers teach nothing");
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
            (&format!("{LEAST}[panel]\nspi_mode = 4\n"), &["line 6", "from 0 to 3"]),
            (&format!("{LEAST}[camera]\ndevice = \"csi:x\"\n"), &["csi:x", "csi:1"]),
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
