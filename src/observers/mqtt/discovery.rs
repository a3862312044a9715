//! What Home Assistant finds by itself: an entity for everything that is told or taken.
//!
//! Entities are named in the device's language. Their ids carry the device's, so that two devices share none.

use serde_json::{Map, Value, json};

use super::home::{Command, Home, LATEST, LOOK, Message, NOBODY, PRESS, Published, READ};
use moodbox_core::kiosk::policy::Start;
use moodbox_core::kiosk::snapshot::{Snapshot, Stage};
use moodbox_core::mood::Mood;
use moodbox_core::text::{self, Language, Translated};

/// An entity that there may be: its component, its name in topics and ids, its name for people, its icon, and what
/// else it is, if it is switched on.
struct Entity {
    component: &'static str,
    key: &'static str,
    name: Translated,
    icon: &'static str,
    what: Option<Value>,
}

const fn said(en: &'static str, de: &'static str) -> Translated {
    Translated { en, de }
}

/// A phase, as Home Assistant shows it.
const STAGES: [(Stage, Translated); 14] = [
    (Stage::Idle, said("idle", "bereit")),
    (Stage::Notice, said("notice", "Hinweis")),
    (Stage::Looking, said("looking", "schaut")),
    (Stage::Aiming, said("camera is set up", "Kamera wird ausgerichtet")),
    (Stage::Choosing, said("choosing", "fragt")),
    (Stage::Playing, said("playing", "spielt")),
    (Stage::Stopping, said("fading out", "klingt aus")),
    (Stage::NoFace, said("nobody seen", "niemand zu sehen")),
    (Stage::SeveralFaces, said("several people", "mehrere Personen")),
    (Stage::NothingToPlay, said("nothing to play", "nichts zu spielen")),
    (Stage::QuietHours, said("quiet hours", "Ruhezeit")),
    (Stage::Forgotten, said("forgotten", "vergessen")),
    (Stage::Trouble, said("trouble", "Störung")),
    (Stage::Leaving, said("leaving", "endet")),
];

/// Words of the device's language for what is sent, and templates between the two.
struct Words(Vec<(String, &'static str)>);

impl Words {
    fn moods(language: Language) -> Words {
        Words(Mood::ALL.map(|mood| (mood.name().to_owned(), text::mood(mood, language).word)).into())
    }

    fn stages(language: Language) -> Words {
        let sent = |stage: Stage| json!(stage).as_str().unwrap_or_default().to_owned();
        Words(STAGES.map(|(stage, word)| (sent(stage), word.r#in(language))).into())
    }

    fn options(&self) -> Vec<&'static str> {
        self.0.iter().map(|(_, word)| *word).collect()
    }

    /// From what is sent in a field to the word.
    fn shown(&self, field: &str) -> String {
        let map: Map<String, Value> = self.0.iter().map(|(sent, word)| (sent.clone(), json!(word))).collect();
        format!("{{{{ {}.get(value_json.{field}, none) }}}}", Value::Object(map))
    }

    /// From the word to what is sent.
    fn chosen(&self) -> String {
        let map: Map<String, Value> =
            self.0.iter().map(|(sent, word)| ((*word).to_owned(), json!(sent))).collect();
        format!("{{{{ {}.get(value, value) }}}}", Value::Object(map))
    }
}

impl Home {
    /// One retained message for each entity that there may be; empty for those that are not switched on.
    pub(super) fn discover(&self, snapshot: &Snapshot) -> Vec<Message> {
        let Some(prefix) = &self.discovery else { return Vec::new() };
        let message = |entity: Entity| Message {
            topic: format!("{prefix}/{}/{}/{}/config", entity.component, self.id, entity.key),
            payload: self
                .describe(entity, snapshot.language)
                .map(|what| what.to_string())
                .unwrap_or_default(),
        };
        let mut entities = self.sensors(snapshot);
        entities.extend(self.levers(snapshot));
        entities.into_iter().map(message).collect()
    }

    /// What every entity says of itself and of the device that it belongs to.
    fn describe(&self, entity: Entity, language: Language) -> Option<Value> {
        let Entity { component, key, name, icon, what } = entity;
        let mut what = what?;
        what["name"] = json!(name.r#in(language));
        what["icon"] = json!(icon);
        what["unique_id"] = json!(format!("moodbox_{}_{component}_{key}", self.id));
        what["default_entity_id"] = json!(format!("{component}.{}_{key}", self.slug()));
        what["availability_topic"] = json!(self.status());
        let version = env!("CARGO_PKG_VERSION");
        what["origin"] = json!({ "name": "moodbox", "sw_version": version });
        let mut device = json!({
            "identifiers": [format!("moodbox_{}", self.id)],
            "name": self.name,
            "manufacturer": "moodbox",
            "model": "moodbox",
            "sw_version": version,
        });
        for (field, told) in [
            ("hw_version", &self.about.board),
            ("serial_number", &self.about.serial),
            ("configuration_url", &self.about.page),
            ("suggested_area", &self.about.area),
        ] {
            if let Some(told) = told {
                device[field] = json!(told);
            }
        }
        what["device"] = device;
        Some(what)
    }

    /// The id as a part of an entity's: small letters, digits and `_`, and always with the word moodbox.
    fn slug(&self) -> String {
        let slug = self.id.to_ascii_lowercase().replace('-', "_");
        if slug.starts_with("moodbox") { slug } else { format!("moodbox_{slug}") }
    }

    /// What is told.
    fn sensors(&self, snapshot: &Snapshot) -> Vec<Entity> {
        let told = |told: Published, what: Value| self.publish.contains(&told).then_some(what);
        let sensor = |key, name, icon, what| Entity { component: "sensor", key, name, icon, what };
        let (mood, playing) = (self.state(Published::Mood), self.state(Published::Playing));
        let (moods, stages) = (Words::moods(snapshot.language), Words::stages(snapshot.language));
        let count = |field: &str| {
            let what = json!({
                "state_topic": self.state(Published::Counts),
                "value_template": format!("{{{{ value_json.{field} }}}}"),
                "state_class": "total_increasing", "entity_category": "diagnostic",
            });
            told(Published::Counts, what)
        };
        let confidence =
            "{{ (value_json.confidence * 100) | round if value_json.confidence is number else none }}";
        let the_mood = json!({
            "state_topic": mood, "value_template": moods.shown("mood"), "json_attributes_topic": mood,
            "device_class": "enum", "options": moods.options(),
        });
        let the_confidence = json!({
            "state_topic": mood, "unit_of_measurement": "%", "state_class": "measurement",
            "value_template": confidence,
        });
        let the_title = json!({
            "state_topic": playing, "json_attributes_topic": playing,
            "value_template": "{{ value_json.title[:250] if value_json.title else none }}",
        });
        let the_phase = json!({
            "state_topic": playing, "value_template": stages.shown("phase"),
            "device_class": "enum", "options": stages.options(),
        });
        let the_problem = json!({
            "state_topic": self.state(Published::Health), "device_class": "problem",
            "value_template": "{{ 'OFF' if value_json.well else 'ON' }}",
            "json_attributes_topic": self.state(Published::Health), "entity_category": "diagnostic",
        });
        // Who updates is the device: the home only sees that there is something newer.
        let the_update = json!({
            "state_topic": self.update(), "device_class": "firmware", "entity_category": "diagnostic",
            "title": "moodbox",
        });
        let the_event =
            json!({ "state_topic": self.happening(), "event_types": [PRESS, LOOK, READ, NOBODY] });
        vec![
            sensor("mood", said("Mood", "Stimmung"), "mdi:emoticon-outline", told(Published::Mood, the_mood)),
            sensor(
                "confidence",
                said("Confidence", "Sicherheit"),
                "mdi:percent-outline",
                told(Published::Mood, the_confidence),
            ),
            sensor(
                "playing",
                said("Now playing", "Es spielt"),
                "mdi:music",
                told(Published::Playing, the_title),
            ),
            sensor("phase", said("Phase", "Phase"), "mdi:state-machine", told(Published::Playing, the_phase)),
            Entity {
                component: "binary_sensor",
                key: "problem",
                name: said("Problem", "Störung"),
                icon: "mdi:wrench-outline",
                what: told(Published::Health, the_problem),
            },
            Entity {
                component: "update",
                key: "update",
                name: said("Update", "Aktualisierung"),
                icon: "mdi:package-up",
                what: self.offered().map(|_| the_update),
            },
            Entity {
                component: "event",
                key: "event",
                name: said("What happens", "Was geschieht"),
                icon: "mdi:gesture-tap-button",
                what: told(Published::Events, the_event),
            },
            sensor("looks", said("Looks", "Blicke"), "mdi:eye-outline", count("looks")),
            sensor("visits", said("Visits", "Besuche"), "mdi:counter", count("visits")),
        ]
    }

    /// What is taken.
    fn levers(&self, snapshot: &Snapshot) -> Vec<Entity> {
        let tells = |told: Published| self.publish.contains(&told);
        let entity = |component, key, name, icon, command, what| Entity {
            component,
            key,
            name,
            icon,
            what: self.commands.contains(&command).then_some(what),
        };
        let button = |command: Command, key, name, icon| {
            entity("button", key, name, icon, command, json!({ "command_topic": self.set(command) }))
        };
        let playing = self.state(Published::Playing);
        let mut press = button(Command::Press, "press", said("Press", "Drücken"), "mdi:gesture-tap");
        // A button that nothing could come of is not shown.
        press.what = press.what.filter(|_| snapshot.press != Start::Refuse);

        let moods = Words::moods(snapshot.language);
        let mut mood = json!({
            "command_topic": self.set(Command::Mood), "command_template": moods.chosen(),
            "options": moods.options(),
        });
        if tells(Published::Mood) {
            mood["state_topic"] = json!(self.state(Published::Mood));
            mood["value_template"] = json!(moods.shown("mood"));
        }
        let mut volume = json!({
            "command_topic": self.set(Command::Volume), "min": 0, "max": snapshot.volume_cap, "step": 1,
            "unit_of_measurement": "%",
        });
        if tells(Published::Volume) {
            volume["state_topic"] = json!(self.state(Published::Volume));
        }
        let mut sleep = json!({
            "command_topic": self.set(Command::Sleep), "min": 0, "max": LATEST, "step": 1,
            "unit_of_measurement": "min", "mode": "box",
        });
        let mut quiet = json!({ "command_topic": self.set(Command::Quiet), "entity_category": "config" });
        if tells(Published::Playing) {
            sleep["state_topic"] = json!(playing);
            sleep["value_template"] =
                json!(format!("{{{{ [value_json.sleep_min | default(0, true), {LATEST}] | min }}}}"));
            quiet["state_topic"] = json!(playing);
            quiet["value_template"] = json!("{{ 'ON' if value_json.quiet_hours else 'OFF' }}");
        } else {
            // Nothing is told of them: the home shows what it asked for last.
            sleep["optimistic"] = json!(true);
            quiet["optimistic"] = json!(true);
        }
        let quiet_name = said("Quiet hours", "Ruhezeit");
        let mut quiet = entity("switch", "quiet", quiet_name, "mdi:weather-night", Command::Quiet, quiet);
        // A house without quiet hours has nothing to switch.
        quiet.what = quiet.what.filter(|_| snapshot.quiet_hours.is_some());
        let by_hand = said("Mood by hand", "Stimmung von Hand");
        let loudness = said("Volume", "Lautstärke");
        let timer = said("Sleep timer", "Schlummern");
        vec![
            press,
            button(Command::Next, "next", said("Next", "Weiter"), "mdi:skip-next"),
            button(Command::Stop, "stop", said("Stop", "Stopp"), "mdi:stop"),
            button(Command::Like, "like", said("Like", "Gefällt mir"), "mdi:heart"),
            button(Command::NotSo, "not_so", said("Not so", "Stimmt nicht"), "mdi:emoticon-confused-outline"),
            entity("select", "mood", by_hand, "mdi:emoticon-outline", Command::Mood, mood),
            entity("number", "volume", loudness, "mdi:volume-high", Command::Volume, volume),
            entity("number", "sleep", timer, "mdi:sleep", Command::Sleep, sleep),
            quiet,
        ]
    }
}
