//! The home by MQTT, as pure functions: a snapshot to messages, a message to an event.
//!
//! Topics begin with `moodbox/<id>/`. What is not switched on is neither sent nor taken; what was switched on
//! once and is not any more is taken back from the broker by an empty retained message.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use moodbox_core::kiosk::event::{Event, Gesture, RemoteCommand, Source};
use moodbox_core::kiosk::policy::Start;
use moodbox_core::kiosk::snapshot::{KnownMood, Snapshot};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::AudioSource;

/// What may be sent, each switched on by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// The mood of the visit, how it is known, and its probability.
    Mood,
    /// What goes on and what plays.
    Playing,
    Volume,
    /// Which parts are ill.
    Health,
    /// How many looks and visits since the start.
    Counts,
}

impl Told {
    pub const ALL: [Told; 5] = [Told::Mood, Told::Playing, Told::Volume, Told::Health, Told::Counts];

    const fn name(self) -> &'static str {
        match self {
            Told::Mood => "mood",
            Told::Playing => "playing",
            Told::Volume => "volume",
            Told::Health => "health",
            Told::Counts => "counts",
        }
    }
}

/// What may be asked for, each switched on by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// As the button; in public mode it is refused, as everywhere.
    Press,
    Next,
    Stop,
    Like,
    /// A mood by hand, without a camera.
    Mood,
    Volume,
    /// Minutes until what plays fades out; 0 takes the wish back.
    Sleep,
}

impl Command {
    pub const ALL: [Command; 7] = [
        Command::Press,
        Command::Next,
        Command::Stop,
        Command::Like,
        Command::Mood,
        Command::Volume,
        Command::Sleep,
    ];

    const fn name(self) -> &'static str {
        match self {
            Command::Press => "press",
            Command::Next => "next",
            Command::Stop => "stop",
            Command::Like => "like",
            Command::Mood => "mood",
            Command::Volume => "volume",
            Command::Sleep => "sleep",
        }
    }
}

/// What the home knows this device as, and what is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// In topics and as client id: letters, digits, `-` and `_`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The prefix of Home Assistant's discovery; none for no discovery.
    pub discovery: Option<String>,
    pub publish: BTreeSet<Told>,
    pub commands: BTreeSet<Command>,
    /// Sensors that name moods: name to topic.
    pub sensors: BTreeMap<String, String>,
}

/// A message for the broker. All are retained: whoever comes later knows what stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub topic: String,
    /// Empty takes back what was retained.
    pub payload: String,
}

/// Why a message from the broker led to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("`{0}` is a topic that nothing is taken from")]
    Topic(String),
    #[error("a retained message is not a command: it would be carried out again at each start")]
    Retained,
    #[error("that mood of this sensor goes on already")]
    Again,
    #[error("the message is longer than {MOST} bytes")]
    Long,
    #[error("`{0}` is no mood, and no object with one under `mood`")]
    Mood(String),
    #[error("`{0}` is no whole number from 0 to {1}")]
    Number(String, u8),
    #[error("`{0}` is not what this button sends, which is PRESS")]
    Button(String),
}

/// Nothing that is taken is longer.
const MOST: usize = 256;

/// The latest that a sleep timer can be set to, in minutes: no visit is much longer.
const LATEST: u8 = 240;

/// What stands on the status topic while the device is connected, and what the broker puts there when it is gone.
pub const ONLINE: &str = "online";
pub const OFFLINE: &str = "offline";

impl Home {
    fn topic(&self, rest: &str) -> String {
        format!("moodbox/{}/{rest}", self.id)
    }

    /// Where [`ONLINE`] or [`OFFLINE`] stands.
    pub fn status(&self) -> String {
        self.topic("status")
    }

    fn state(&self, told: Told) -> String {
        self.topic(&format!("{}/state", told.name()))
    }

    fn set(&self, command: Command) -> String {
        self.topic(&format!("{}/set", command.name()))
    }

    /// The topics to listen to.
    pub fn subscriptions(&self) -> Vec<String> {
        let commands = self.commands.iter().map(|command| self.set(*command));
        commands.chain(self.sensors.values().cloned()).collect()
    }

    /// All that stands on the broker for this device at a moment, in the order in which it is sent.
    pub fn messages(&self, snapshot: &Snapshot) -> Vec<Message> {
        let mut messages = self.discovery(snapshot);
        for told in Told::ALL {
            let payload = match self.publish.contains(&told) {
                true => state(told, snapshot).to_string(),
                false => String::new(),
            };
            messages.push(Message { topic: self.state(told), payload });
        }
        messages.push(Message { topic: self.status(), payload: ONLINE.to_owned() });
        messages
    }

    /// What a message means, if it may mean anything.
    pub fn event(
        &self,
        topic: &str,
        payload: &[u8],
        retained: bool,
        snapshot: &Snapshot,
    ) -> Result<Event, Refused> {
        let command = self.commands.iter().find(|command| self.set(**command) == topic);
        let sensor = self.sensors.iter().find(|(_, theirs)| *theirs == topic);
        if command.is_none() && sensor.is_none() {
            return Err(Refused::Topic(shown(topic.as_bytes())));
        }
        if retained {
            return Err(Refused::Retained);
        }
        if payload.len() > MOST {
            return Err(Refused::Long);
        }
        match (command, sensor) {
            (Some(Command::Mood), _) => Ok(Event::Picked(mood(payload)?, Source::Home)),
            (Some(Command::Volume), _) => {
                Ok(Event::RemoteCommand(RemoteCommand::Volume(number(payload, snapshot.volume_cap)?)))
            }
            (Some(Command::Sleep), _) => {
                let minutes = number(payload, LATEST)?;
                let after = Duration::from_secs(60 * u64::from(minutes));
                Ok(Event::Sleep((minutes > 0).then_some(after)))
            }
            (Some(button), _) => press(*button, payload),
            (None, Some((name, _))) => {
                let mood = mood(payload)?;
                // Sensors tell what they see over and over; only a change begins something new.
                let goes_on = |known: &KnownMood| known.mood == mood && known.sensor.as_ref() == Some(name);
                match snapshot.mood.as_ref().is_some_and(goes_on) {
                    true => Err(Refused::Again),
                    false => Ok(Event::Picked(mood, Source::Sensor(name.clone()))),
                }
            }
            (None, None) => Err(Refused::Topic(shown(topic.as_bytes()))),
        }
    }
}

/// What came, for the log: short, on one line.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(40).flat_map(char::escape_debug).collect()
}

fn press(button: Command, payload: &[u8]) -> Result<Event, Refused> {
    if payload != b"PRESS" {
        return Err(Refused::Button(shown(payload)));
    }
    Ok(match button {
        Command::Next => Event::RemoteCommand(RemoteCommand::Next),
        Command::Stop => Event::RemoteCommand(RemoteCommand::Stop),
        Command::Like => Event::RemoteCommand(RemoteCommand::Like),
        Command::Press | Command::Mood | Command::Volume | Command::Sleep => Event::Remote(Gesture::Short),
    })
}

/// `sad`, or `{"mood": "sad", ...}` as many sensors send it.
fn mood(payload: &[u8]) -> Result<Mood, Refused> {
    #[derive(Deserialize)]
    struct Named {
        mood: String,
    }
    let text = std::str::from_utf8(payload).unwrap_or_default();
    let named = || serde_json::from_str::<Named>(text).ok()?.mood.parse().ok();
    text.parse().ok().or_else(named).ok_or_else(|| Refused::Mood(shown(payload)))
}

fn number(payload: &[u8], most: u8) -> Result<u8, Refused> {
    let text = std::str::from_utf8(payload).unwrap_or_default().trim();
    // Home Assistant writes whole numbers as 40.0 at times.
    let number = text.strip_suffix(".0").unwrap_or(text).parse::<u8>().ok();
    number.filter(|number| *number <= most).ok_or_else(|| Refused::Number(shown(payload), most))
}

fn state(told: Told, snapshot: &Snapshot) -> Value {
    match told {
        Told::Mood => {
            let known = snapshot.mood.as_ref();
            json!({
                "mood": known.map(|known| known.mood),
                // Thousandths: what stands behind them is noise.
                "confidence": known.and_then(|known| known.confidence()).map(|p| (f64::from(p) * 1e3).round() / 1e3),
                "strength": known.map(|known| known.strength),
                "by": known.map(|known| known.by),
                "sensor": known.and_then(|known| known.sensor.as_deref()),
            })
        }
        Told::Playing => {
            let heard = snapshot.heard();
            let mut told = json!({
                "phase": snapshot.phase,
                "player": heard.map(|_| match snapshot.speaks { AudioSource::Music => "music", AudioSource::Video => "video" }),
                "title": heard.map(|now| &now.title),
                "artist": heard.map(|now| &now.artist),
                "why": heard.map(|now| &now.why),
                "length_s": heard.and_then(|now| now.length_s),
                "liked": heard.map(|now| now.liked),
                "paused": heard.map(|now| now.paused),
            });
            // Only while there is a timer: what nobody set costs nobody bytes.
            if let Some(minutes) = snapshot.sleep_min {
                told["sleep_min"] = json!(minutes);
            }
            told
        }
        Told::Volume => json!(snapshot.volume),
        Told::Health => {
            let ill: Vec<Value> = snapshot
                .troubles
                .iter()
                .map(|told| json!({ "part": told.part, "kind": told.kind, "title": told.title, "cure": told.cure }))
                .collect();
            json!({ "well": ill.is_empty(), "ill": ill })
        }
        Told::Counts => json!({ "looks": snapshot.looks, "visits": snapshot.visits }),
    }
}

/// An entity of Home Assistant: its component, its name in topics, and what it is, if it is switched on.
type Entity = (&'static str, &'static str, Option<Value>);

impl Home {
    /// One retained message for each entity that there may be; empty for those that are not switched on.
    fn discovery(&self, snapshot: &Snapshot) -> Vec<Message> {
        let Some(prefix) = &self.discovery else { return Vec::new() };
        let entities = self.entities(snapshot);
        let message = |(component, entity, what): Entity| Message {
            topic: format!("{prefix}/{component}/{}/{entity}/config", self.id),
            payload: what.map(|what| self.describe(component, entity, what).to_string()).unwrap_or_default(),
        };
        entities.into_iter().map(message).collect()
    }

    /// What every entity says of the device that it belongs to.
    fn describe(&self, component: &str, entity: &str, mut what: Value) -> Value {
        let version = env!("CARGO_PKG_VERSION");
        if let Some(fields) = what.as_object_mut() {
            fields.insert("unique_id".into(), json!(format!("moodbox_{}_{component}_{entity}", self.id)));
            fields.insert("availability_topic".into(), json!(self.status()));
            fields.insert(
                "device".into(),
                json!({
                    "identifiers": [format!("moodbox_{}", self.id)],
                    "name": self.name,
                    "manufacturer": "moodbox",
                    "model": "moodbox",
                    "sw_version": version,
                }),
            );
            fields.insert("origin".into(), json!({ "name": "moodbox", "sw_version": version }));
        }
        what
    }

    fn entities(&self, snapshot: &Snapshot) -> Vec<Entity> {
        let told = |told: Told, what: Value| self.publish.contains(&told).then_some(what);
        let taken = |command: Command, what: Value| self.commands.contains(&command).then_some(what);
        let moods: Vec<&str> = Mood::ALL.map(Mood::name).to_vec();
        let (mood, playing, counts) =
            (self.state(Told::Mood), self.state(Told::Playing), self.state(Told::Counts));
        let button = |command: Command, name: &str, icon: &str| {
            taken(command, json!({ "name": name, "command_topic": self.set(command), "icon": icon }))
        };
        // A button that nothing could come of is not shown.
        let press =
            button(Command::Press, "Press", "mdi:gesture-tap").filter(|_| snapshot.press != Start::Refuse);
        let mut select = json!({
            "name": "Mood by hand", "command_topic": self.set(Command::Mood), "options": moods,
            "icon": "mdi:emoticon-outline",
        });
        let mut number = json!({
            "name": "Volume", "command_topic": self.set(Command::Volume), "min": 0, "max": snapshot.volume_cap,
            "step": 1, "unit_of_measurement": "%", "icon": "mdi:volume-high",
        });
        if self.publish.contains(&Told::Mood) {
            select["state_topic"] = json!(mood);
            select["value_template"] = json!("{{ value_json.mood }}");
        }
        if self.publish.contains(&Told::Volume) {
            number["state_topic"] = json!(self.state(Told::Volume));
        }
        let mut sleep = json!({
            "name": "Sleep timer", "command_topic": self.set(Command::Sleep), "min": 0, "max": LATEST,
            "step": 1, "unit_of_measurement": "min", "mode": "box", "icon": "mdi:sleep",
        });
        if self.publish.contains(&Told::Playing) {
            sleep["state_topic"] = json!(playing);
            sleep["value_template"] =
                json!(format!("{{{{ [value_json.sleep_min | default(0, true), {LATEST}] | min }}}}"));
        } else {
            // Nothing is told of it: the home shows what it asked for last.
            sleep["optimistic"] = json!(true);
        }
        let count = |what: &str, field: &str| {
            told(
                Told::Counts,
                json!({
                    "name": what, "state_topic": counts, "value_template": format!("{{{{ value_json.{field} }}}}"),
                    "state_class": "total_increasing", "entity_category": "diagnostic",
                }),
            )
        };
        vec![
            (
                "sensor",
                "mood",
                told(
                    Told::Mood,
                    json!({
                        "name": "Mood", "state_topic": mood, "value_template": "{{ value_json.mood }}",
                        "json_attributes_topic": mood, "device_class": "enum", "options": moods,
                        "icon": "mdi:emoticon-outline",
                    }),
                ),
            ),
            (
                "sensor",
                "confidence",
                told(
                    Told::Mood,
                    json!({
                        "name": "Confidence", "state_topic": mood, "unit_of_measurement": "%",
                        "value_template":
                            "{{ (value_json.confidence * 100) | round if value_json.confidence is number else none }}",
                        "state_class": "measurement",
                    }),
                ),
            ),
            (
                "sensor",
                "playing",
                told(
                    Told::Playing,
                    json!({
                        "name": "Now playing", "state_topic": playing,
                        "value_template": "{{ value_json.title[:250] if value_json.title else none }}",
                        "json_attributes_topic": playing, "icon": "mdi:music",
                    }),
                ),
            ),
            (
                "binary_sensor",
                "problem",
                told(
                    Told::Health,
                    json!({
                        "name": "Problem", "state_topic": self.state(Told::Health), "device_class": "problem",
                        "value_template": "{{ 'OFF' if value_json.well else 'ON' }}",
                        "json_attributes_topic": self.state(Told::Health), "entity_category": "diagnostic",
                    }),
                ),
            ),
            ("sensor", "looks", count("Looks", "looks")),
            ("sensor", "visits", count("Visits", "visits")),
            ("button", "press", press),
            ("button", "next", button(Command::Next, "Next", "mdi:skip-next")),
            ("button", "stop", button(Command::Stop, "Stop", "mdi:stop")),
            ("button", "like", button(Command::Like, "Like", "mdi:heart")),
            ("select", "mood", taken(Command::Mood, select)),
            ("number", "volume", taken(Command::Volume, number)),
            ("number", "sleep", taken(Command::Sleep, sleep)),
        ]
    }
}
