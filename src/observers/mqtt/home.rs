//! The home by MQTT, as pure functions: a snapshot to messages, a message to an event.
//!
//! Topics begin with `moodbox/<id>/`. What is not switched on is neither sent nor taken; what was switched on
//! once and is not any more is taken back from the broker by an empty retained message.

use crate::numbers::Whole;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use moodbox_core::kiosk::event::{Event, Gesture, RemoteCommand, Source};
use moodbox_core::kiosk::snapshot::{KnownMood, Snapshot};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::AudioSource;

/// What may be sent, each switched on by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Published {
    /// The mood of the session, how it is known, and its probability.
    Mood,
    /// What goes on and what plays.
    Playing,
    /// The volume, in percent, and the cap.
    Volume,
    /// Which parts are ill.
    Health,
    /// How many looks and sessions since the start.
    Counts,
    /// A press, a look that begins, a mood that was read, nobody seen: at the moment it happens.
    Events,
}

impl Published {
    /// Everything that may be told.
    pub const ALL: [Published; 6] = [
        Published::Mood,
        Published::Playing,
        Published::Volume,
        Published::Health,
        Published::Counts,
        Published::Events,
    ];

    /// What is told where only a broker is named: everything but the mood.
    pub const USUAL: [Published; 5] =
        [Published::Playing, Published::Volume, Published::Health, Published::Counts, Published::Events];

    /// As it is written in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Published::Mood => "mood",
            Published::Playing => "playing",
            Published::Volume => "volume",
            Published::Health => "health",
            Published::Counts => "counts",
            Published::Events => "events",
        }
    }
}

/// What may be asked for, each switched on by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// As the button; in public mode it is refused, as everywhere.
    Press,
    /// On to the next item.
    Next,
    /// Ends the session.
    Stop,
    /// What plays is liked.
    Like,
    /// The mood that was read is wrong: the device asks for the right one.
    #[serde(rename = "not_so")]
    NotSo,
    /// A mood by hand, without a camera.
    Mood,
    /// A volume in percent, from 0 to the cap.
    Volume,
    /// Minutes until what plays fades out; 0 takes the wish back.
    Sleep,
    /// Whether the quiet hours of the house are kept: `ON` or `OFF`.
    Quiet,
}

impl Command {
    /// Everything that may be asked for.
    pub const ALL: [Command; 9] = [
        Command::Press,
        Command::Next,
        Command::Stop,
        Command::Like,
        Command::NotSo,
        Command::Mood,
        Command::Volume,
        Command::Sleep,
        Command::Quiet,
    ];

    /// What is taken where only a broker is named: nothing that starts a camera or names a mood.
    pub const USUAL: [Command; 6] =
        [Command::Next, Command::Stop, Command::Like, Command::Volume, Command::Sleep, Command::Quiet];

    /// As it is written in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Command::Press => "press",
            Command::Next => "next",
            Command::Stop => "stop",
            Command::Like => "like",
            Command::NotSo => "not_so",
            Command::Mood => "mood",
            Command::Volume => "volume",
            Command::Sleep => "sleep",
            Command::Quiet => "quiet",
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
    /// What is told.
    pub publish: BTreeSet<Published>,
    /// What is taken.
    pub commands: BTreeSet<Command>,
    /// Sensors that name moods: name to topic.
    pub sensors: BTreeMap<String, String>,
    /// What Home Assistant shows of the device.
    pub about: About,
}

/// What Home Assistant shows of the device beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The board, as its firmware names it.
    pub board: Option<String>,
    /// Serial number of the board, as its firmware tells it.
    pub serial: Option<String>,
    /// Where a browser of the home finds the page.
    pub page: Option<String>,
    /// The room that is suggested.
    pub area: Option<String>,
    /// The version that APT would install, where it has a source of its own for moodbox.
    pub offered: Option<String>,
}

/// A message for the broker. All but those of [`Home::happenings`] are retained: a client that comes later knows what
/// stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic.
    pub topic: String,
    /// Empty takes back what was retained.
    pub payload: String,
}

/// Why a message from the broker led to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A topic that nothing is taken from.
    #[error("`{0}` is a topic that nothing is taken from")]
    Topic(String),
    /// A retained message on a topic of commands.
    #[error("a retained message is not a command: it would be carried out again at each start")]
    Retained,
    /// A sensor that repeats the mood of the session that goes on.
    #[error("that mood of this sensor goes on already")]
    Again,
    /// A message that is too long.
    #[error("the message is longer than {MOST} bytes")]
    Long,
    /// A text that names no mood.
    #[error("`{0}` is no mood, and no object with one under `mood`")]
    Mood(String),
    /// A text that is no number from 0 to this one.
    #[error("`{0}` is no number from 0 to {1}")]
    Number(String, u8),
    /// A text that a button does not send.
    #[error("`{0}` is not what this button sends, which is PRESS")]
    Button(String),
    /// A text that a switch does not send.
    #[error("`{0}` is not what this switch sends, which is ON or OFF")]
    Switch(String),
}

/// Nothing that is taken is longer.
const MOST: usize = 256;

/// The latest that a sleep timer can be set to, in minutes: no session is much longer.
pub(super) const LATEST: u8 = 240;

/// The kinds of [`Home::happenings`].
pub(super) const PRESS: &str = "press";
pub(super) const LOOK: &str = "look";
pub(super) const READ: &str = "mood";
pub(super) const NOBODY: &str = "nobody";

/// What stands on the status topic while the device is connected.
pub const ONLINE: &str = "online";
/// What the broker puts there when the device is gone.
pub const OFFLINE: &str = "offline";

impl Home {
    /// A device that tells and takes nothing yet, with Home Assistant's usual prefix.
    pub fn new(id: &str, name: &str) -> Home {
        Home {
            id: id.to_owned(),
            name: name.to_owned(),
            discovery: Some("homeassistant".to_owned()),
            publish: BTreeSet::new(),
            commands: BTreeSet::new(),
            sensors: BTreeMap::new(),
            about: About::default(),
        }
    }

    /// The same, taking these.
    pub fn taking(self, commands: impl IntoIterator<Item = Command>) -> Home {
        Home { commands: commands.into_iter().collect(), ..self }
    }

    fn topic(&self, rest: &str) -> String {
        format!("moodbox/{}/{rest}", self.id)
    }

    /// Where [`ONLINE`] or [`OFFLINE`] stands.
    pub fn status(&self) -> String {
        self.topic("status")
    }

    /// Home Assistant's birth message comes here as [`ONLINE`]: it has just started and knows nothing.
    pub fn birth(&self) -> Option<String> {
        self.discovery.as_ref().map(|prefix| format!("{prefix}/status"))
    }

    /// Which machine speaks under this id, so that two of one id notice each other.
    pub fn machine(&self) -> String {
        self.topic("machine")
    }

    /// Where [`Home::happenings`] are told.
    pub(super) fn happening(&self) -> String {
        self.topic("event")
    }

    pub(super) fn state(&self, told: Published) -> String {
        self.topic(&format!("{}/state", told.name()))
    }

    /// Where the version that runs and the one that is offered are told.
    pub(super) fn update(&self) -> String {
        self.topic("update/state")
    }

    /// The version that is offered, where the health of the device is told.
    pub(super) fn offered(&self) -> Option<&str> {
        self.about.offered.as_deref().filter(|_| self.publish.contains(&Published::Health))
    }

    pub(super) fn set(&self, command: Command) -> String {
        self.topic(&format!("{}/set", command.name()))
    }

    /// The topics to listen to.
    pub fn subscriptions(&self) -> Vec<String> {
        let commands = self.commands.iter().map(|command| self.set(*command));
        commands.chain(self.sensors.values().cloned()).collect()
    }

    /// All that stands on the broker for this device at a moment, in the order in which it is sent.
    pub fn messages(&self, snapshot: &Snapshot) -> Vec<Message> {
        let mut messages = self.discover(snapshot);
        for told in Published::ALL.into_iter().filter(|told| *told != Published::Events) {
            let payload = match self.publish.contains(&told) {
                true => self.tell(told, snapshot).to_string(),
                false => String::new(),
            };
            messages.push(Message { topic: self.state(told), payload });
        }
        let versions = self.offered().map(|latest| {
            json!({ "installed_version": env!("CARGO_PKG_VERSION"), "latest_version": latest }).to_string()
        });
        messages.push(Message { topic: self.update(), payload: versions.unwrap_or_default() });
        messages.push(Message { topic: self.status(), payload: ONLINE.to_owned() });
        messages
    }

    /// What has happened between two snapshots, in the order of a session. Not retained: it is over.
    pub fn happenings(&self, before: &Snapshot, now: &Snapshot) -> Vec<Message> {
        if !self.publish.contains(&Published::Events) {
            return Vec::new();
        }
        let (before, after) = (before.happened, now.happened);
        let mood = now.mood.as_ref().filter(|_| self.publish.contains(&Published::Mood));
        let mood = mood.map_or_else(|| json!({}), |known| json!({ "mood": known.mood }));
        let happened = [
            (PRESS, before.presses < after.presses, json!({})),
            (LOOK, before.begun < after.begun, json!({})),
            (READ, before.read < after.read, mood),
            (NOBODY, before.nobody < after.nobody, json!({})),
        ];
        let message = |(kind, _, mut what): (&str, bool, Value)| {
            what["event_type"] = json!(kind);
            Message { topic: self.happening(), payload: what.to_string() }
        };
        happened.into_iter().filter(|(_, is_so, _)| *is_so).map(message).collect()
    }

    /// What a message means, if it may mean anything.
    ///
    /// # Errors
    /// Why it leads to nothing.
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
            (Some(Command::Quiet), _) => {
                Ok(Event::RemoteCommand(RemoteCommand::QuietHours(switch(payload)?)))
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
        Command::NotSo => Event::RemoteCommand(RemoteCommand::NotSo),
        Command::Press | Command::Mood | Command::Volume | Command::Sleep | Command::Quiet => {
            Event::Remote(Gesture::Short)
        }
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

fn switch(payload: &[u8]) -> Result<bool, Refused> {
    match payload {
        b"ON" => Ok(true),
        b"OFF" => Ok(false),
        _ => Err(Refused::Switch(shown(payload))),
    }
}

/// A number as people and programs send it; decimals are rounded.
fn number(payload: &[u8], most: u8) -> Result<u8, Refused> {
    let text = std::str::from_utf8(payload).unwrap_or_default().trim();
    let number = text.parse::<f64>().ok().map(f64::round);
    let number = number.filter(|number| (0.0..=f64::from(most)).contains(number));
    number.map(Whole::to_u8).ok_or_else(|| Refused::Number(shown(payload), most))
}

impl Home {
    /// What is sent of one kind. Where the mood is not published nothing else gives it away: the reason of a pick,
    /// the player that a template lets speak, and the volume that a template sets all depend on it, and are left out.
    fn tell(&self, told: Published, snapshot: &Snapshot) -> Value {
        let tells_mood = self.publish.contains(&Published::Mood);
        match told {
            Published::Mood => {
                let known = snapshot.mood.as_ref();
                json!({
                    "mood": known.map(|known| known.mood),
                    // Rounded to thousandths; further digits are noise.
                    "confidence": known.and_then(|known| known.confidence()).map(|p| (f64::from(p) * 1e3).round() / 1e3),
                    "strength": known.map(|known| known.strength),
                    "by": known.map(|known| known.by),
                    "sensor": known.and_then(|known| known.sensor.as_deref()),
                })
            }
            Published::Playing => {
                let heard = snapshot.heard();
                let mut told = json!({
                    "phase": snapshot.phase,
                    "title": heard.map(|now| &now.title),
                    "artist": heard.map(|now| &now.artist),
                    "length_s": heard.and_then(|now| now.length_s),
                    "liked": heard.map(|now| now.liked),
                    "paused": heard.map(|now| now.paused),
                });
                if tells_mood {
                    told["player"] = json!(heard.map(|_| match snapshot.speaks {
                        AudioSource::Music => "music",
                        AudioSource::Video => "video",
                    }));
                    told["why"] = json!(heard.map(|now| &now.why));
                }
                // Only where there are any, to save bytes.
                if let Some(kept) = snapshot.quiet_hours {
                    told["quiet_hours"] = json!(kept);
                }
                // Only while there is a timer, to save bytes.
                if let Some(minutes) = snapshot.sleep_min {
                    told["sleep_min"] = json!(minutes);
                }
                told
            }
            Published::Volume => json!(if tells_mood { snapshot.volume } else { snapshot.device_volume }),
            Published::Health => {
                let ill: Vec<Value> = snapshot
                .troubles
                .iter()
                .map(|told| json!({ "part": told.part, "kind": told.kind, "title": told.title, "cure": told.cure }))
                .collect();
                json!({ "well": ill.is_empty(), "ill": ill })
            }
            // Told when they happen.
            Published::Events => Value::Null,
            Published::Counts => json!({ "looks": snapshot.looks, "visits": snapshot.sessions }),
        }
    }
}
