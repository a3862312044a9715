//! `[mqtt]` and `[metrics]`: what the file may say, and what the program relies on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::valid::{Wrong, password, wrong};
use crate::observers::metrics::MetricsSettings;
use crate::observers::mqtt::home::{About, Command, Home, Published};
use crate::observers::mqtt::{MqttSettings, Tls, authorities};
use crate::paths;

/// Section `[mqtt]`. Keys with their meaning and default: `default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mqtt {
    pub broker: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub area: Option<String>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    #[serde(default = "homeassistant")]
    pub discovery: String,
    pub publish: Option<BTreeSet<Published>>,
    pub commands: Option<BTreeSet<Command>>,
    #[serde(default)]
    pub sensors: BTreeMap<String, String>,
}

/// Section `[metrics]`. Keys with their meaning and default: `default.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    #[serde(default = "loopback")]
    pub listen: SocketAddr,
    #[serde(default)]
    pub moods: bool,
}

fn homeassistant() -> String {
    "homeassistant".into()
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 9779).into()
}

pub(super) fn metrics(file: Metrics) -> MetricsSettings {
    MetricsSettings { listen: file.listen, moods: file.moods }
}

/// `page` is where the page listens, if there is one.
pub(super) fn mqtt(file: Mqtt, page: Option<SocketAddr>) -> Result<MqttSettings, Wrong> {
    let (secure, host, port) = broker(&file.broker)?;
    // Where only a broker is named, what is sensible in most homes is sent and taken: never the mood.
    let (publish, commands) = match (file.publish, file.commands) {
        (None, None) if file.sensors.is_empty() => (Published::USUAL.into(), Command::USUAL.into()),
        (publish, commands) => (publish.unwrap_or_default(), commands.unwrap_or_default()),
    };
    if publish.is_empty() && commands.is_empty() && file.sensors.is_empty() {
        return Err(wrong(
            "mqtt",
            "nothing is switched on",
            "Name in publish what is sent, in commands what is taken, or leave both lines out for what is usual; \
             `moodbox check --default` lists both",
        ));
    }
    if file.password_file.is_some() && file.user.is_none() {
        return Err(wrong(
            "mqtt",
            "there is a password_file and no user",
            "Write the user that it belongs to",
        ));
    }
    if file.ca_file.is_some() && !secure {
        return Err(wrong(
            "mqtt",
            "there is a ca_file, and the broker is asked without TLS",
            "Write mqtts:// instead of mqtt://, or remove ca_file",
        ));
    }
    let tls = match (secure, file.ca_file) {
        (false, _) => None,
        (true, None) => Some(Tls::System),
        (true, Some(path)) => {
            authorities(&path).map_err(|error| wrong("mqtt", error.to_string(), "Then start again"))?;
            Some(Tls::File(path))
        }
    };
    let id = match file.id {
        Some(id) => id,
        None => format!("moodbox-{}", this_machine()),
    };
    let word = |word: &str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        !word.is_empty() && word.len() <= 48 && word.chars().all(fits)
    };
    let topic = |topic: &str| {
        let fits = |letter: char| !letter.is_control() && letter != '#' && letter != '+';
        !topic.is_empty() && topic.len() <= 200 && topic.chars().all(fits)
    };
    let letters = "Use letters, digits, - and _, at most 48";
    let wildcard = "Write a whole topic, without # and +";
    let name = file.name.unwrap_or_else(|| format!("moodbox {}", id.strip_prefix("moodbox-").unwrap_or(&id)));
    if !word(&id) {
        return Err(wrong("mqtt", format!("id is `{id}`"), letters));
    }
    for (sensor, theirs) in &file.sensors {
        if !word(sensor) {
            return Err(wrong("mqtt", format!("a sensor is called `{sensor}`"), letters));
        }
        if !topic(theirs) || theirs.starts_with(&format!("moodbox/{id}/")) {
            return Err(wrong("mqtt", format!("the sensor `{sensor}` is on the topic `{theirs}`"), wildcard));
        }
    }
    let discovery = Some(file.discovery).filter(|prefix| !prefix.is_empty());
    if let Some(prefix) = discovery.as_ref().filter(|prefix| !topic(prefix)) {
        return Err(wrong("mqtt", format!("discovery is `{prefix}`"), wildcard));
    }
    Ok(MqttSettings {
        host,
        port,
        tls,
        user: file.user,
        password: file.password_file.map(|path| password("mqtt", &path)).transpose()?,
        home: Home {
            id,
            name,
            discovery,
            publish,
            commands,
            sensors: file.sensors,
            about: About {
                board: firmware("model"),
                serial: firmware("serial-number"),
                page: page.and_then(page_in_the_home),
                area: file.area,
                offered: None,
            },
        },
        memory: Some(paths::state().join("mqtt-topics.json")),
        machine: this_device(),
    })
}

/// What the firmware says of the board; none where there is none that does.
fn firmware(what: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/device-tree/{what}")).ok()?;
    Some(text.trim_end_matches('\0').trim().to_owned()).filter(|text| !text.is_empty())
}

/// Where a browser of the home finds the page; none where only the device itself reaches it.
fn page_in_the_home(listen: SocketAddr) -> Option<String> {
    let port = listen.port();
    match listen.ip() {
        ip if ip.is_loopback() => None,
        ip if ip.is_unspecified() => {
            let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
            let name = name.split('.').next().filter(|name| !name.is_empty())?;
            Some(format!("http://{name}.local:{port}/"))
        }
        _ => Some(format!("http://{listen}/")),
    }
}

/// Whether TLS, the host and the port of `mqtt://host:port`.
fn broker(url: &str) -> Result<(bool, String, u16), Wrong> {
    let refused = || {
        let cure = "Write mqtt://host, mqtts://host, or either with :port; user and password have lines of their own";
        wrong("mqtt", format!("broker is `{url}`"), cure)
    };
    let (secure, rest) = match (url.strip_prefix("mqtt://"), url.strip_prefix("mqtts://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err(refused()),
    };
    let usual = if secure { 8883 } else { 1883 };
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(refused)?)),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let odd = |letter: char| letter.is_whitespace() || "/@?#[]".contains(letter);
    if host.is_empty() || host.contains(odd) {
        return Err(refused());
    }
    let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| refused()))?;
    Ok((secure, host.to_owned(), port))
}

/// Eight letters that are the machine's own and do not tell its machine-id.
fn this_machine() -> String {
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    letters_of(&format!("moodbox mqtt {}", id.trim()))
}

/// The same with the board's serial number: a card that was copied brings its machine-id along.
fn this_device() -> String {
    letters_of(&format!(
        "moodbox device {} {}",
        this_machine(),
        firmware("serial-number").unwrap_or_default()
    ))
}

fn letters_of(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT, parse};
    use super::*;

    const LEAST: &str = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n";

    fn with(lines: &str) -> Result<MqttSettings, String> {
        let text = format!("{LEAST}[mqtt]\npublish = [\"mood\"]\n{lines}");
        parse(&text, "t").map(|config| config.mqtt.unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_broker_is_written_as_an_address_with_or_without_tls_and_port() {
        for (url, secure, host, port) in [
            ("mqtt://home.local", false, "home.local", 1883),
            ("mqtts://home.local/", true, "home.local", 8883),
            ("mqtt://10.0.0.2:1884", false, "10.0.0.2", 1884),
            ("mqtts://[fe80::1]", true, "fe80::1", 8883),
            ("mqtt://[::1]:99", false, "::1", 99),
        ] {
            assert_eq!(broker(url).unwrap(), (secure, host.to_owned(), port), "{url}");
        }
        for url in [
            "",
            "home.local",
            "http://x",
            "mqtt://",
            "mqtt://me:secret@x",
            "mqtt://x:port",
            "mqtt://x y",
            "mqtt://[::1",
        ] {
            assert!(broker(url).unwrap_err().to_string().contains("mqtts://"), "{url}");
        }
    }

    #[test]
    fn left_out_mqtt_and_metrics_do_not_exist_and_the_shipped_file_has_neither() {
        for text in [LEAST, DEFAULT] {
            let config = parse(text, "t").unwrap();
            assert!(config.mqtt.is_none() && config.metrics.is_none());
        }
    }

    #[test]
    fn the_shipped_file_shows_what_can_be_written() {
        let shown: String = DEFAULT
            .lines()
            .skip_while(|line| !line.starts_with("# [mqtt]"))
            .map(|line| line.strip_prefix("# ").unwrap_or_default())
            .take_while(|line| !line.starts_with("password_file"))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = parse(&format!("{LEAST}{shown}"), "shown").unwrap();
        let home = config.mqtt.unwrap().home;
        assert_eq!(home.publish.len(), Published::ALL.len(), "publish lists all that there is: {shown}");
        assert_eq!(home.commands.len(), Command::ALL.len());
    }

    #[test]
    fn a_broker_alone_is_enough_and_the_mood_stays_here() {
        let alone = |lines: &str| {
            let text = format!("{LEAST}[mqtt]\nbroker = \"mqtt://x\"\n{lines}");
            parse(&text, "t").unwrap().mqtt.unwrap().home
        };
        let home = alone("");
        assert!(home.publish.contains(&Published::Playing) && !home.publish.contains(&Published::Mood));
        assert!(home.commands.contains(&Command::Stop));
        assert!(!home.commands.contains(&Command::Press) && !home.commands.contains(&Command::Mood));
        // One name stands for all of them.
        assert!(alone("publish = [\"health\"]").commands.is_empty());
        assert!(alone("commands = [\"stop\"]").publish.is_empty());
        assert_eq!(alone("id = \"kitchen\"").name, "moodbox kitchen");
        assert_eq!(alone("name = \"Box\"\narea = \"Kitchen\"").about.area.as_deref(), Some("Kitchen"));
    }

    #[test]
    fn the_page_is_told_where_the_home_can_reach_it() {
        let page = |listen: &str| page_in_the_home(listen.parse().unwrap());
        assert_eq!(page("127.0.0.1:8740"), None);
        assert_eq!(page("192.168.1.5:8740").as_deref(), Some("http://192.168.1.5:8740/"));
        assert_eq!(page("[fd00::5]:80").as_deref(), Some("http://[fd00::5]:80/"));
        assert!(page("0.0.0.0:8740").is_none_or(|page| page.ends_with(".local:8740/")));
    }

    #[test]
    fn a_device_without_a_name_of_its_own_gets_one_that_stays() {
        let id = || with("broker = \"mqtt://x\"").unwrap().home.id;
        assert!(id().starts_with("moodbox-") && id().len() == 16 && id() == id());
    }

    #[test]
    fn what_is_wrong_is_named_with_the_cure() {
        for (lines, word) in [
            ("broker = \"x\"", "mqtt://host"),
            ("broker = \"mqtt://x\"\nid = \"a b\"", "letters"),
            ("broker = \"mqtt://x\"\nid = \"a/b\"", "letters"),
            ("broker = \"mqtt://x\"\nca_file = \"/x\"", "mqtts://"),
            ("broker = \"mqtts://x\"\nca_file = \"/nonexistent/x\"", "PEM"),
            ("broker = \"mqtts://x\"\nca_file = \"Cargo.toml\"", "no certificate"),
            ("broker = \"mqtt://x\"\npassword_file = \"/x\"", "user"),
            ("broker = \"mqtt://x\"\nuser = \"x\"\npassword_file = \"/nonexistent/x\"", "readable"),
            ("broker = \"mqtt://x\"\ncommands = [\"photo\"]", "press"),
            ("broker = \"mqtt://x\"\ndiscovery = \"a/#\"", "whole topic"),
            ("broker = \"mqtt://x\"\nsensors = { ring = \"a/+/b\" }", "whole topic"),
            (
                "broker = \"mqtt://x\"\nid = \"a\"\nsensors = { ring = \"moodbox/a/press/set\" }",
                "whole topic",
            ),
        ] {
            let error = with(lines).unwrap_err();
            assert!(error.contains(word), "`{word}` is missing in {error}");
        }
        let nothing = "broker = \"mqtt://x\"\npublish = []";
        let nothing = parse(&format!("{LEAST}[mqtt]\n{nothing}"), "t").unwrap_err().to_string();
        assert!(nothing.contains("nothing is switched on"), "{nothing}");
        let listen = parse(&format!("{LEAST}[metrics]\nlisten = \"here\""), "t").unwrap_err().to_string();
        assert!(listen.contains("line 6"), "{listen}");
    }
}
