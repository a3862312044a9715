//! What the home is told and what it may ask for: the mapping between snapshots and messages, as stories.

use crate::scenario;

use std::collections::BTreeMap;
use std::sync::Arc;

use moodbox::observers::mqtt::home::{About, Command, Home, Published, Refused};
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::house_rules::{House, QuietHours};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::{Snapshot, Stage};
use moodbox_core::kiosk::{Has, Settings};
use moodbox_core::recommend::{Catalog, Item, Quiet, Templates};
use moodbox_core::text::Language;
use scenario::{Story, ill, plays, press, rather_happy, release, settings};
use serde_json::Value;

fn home(publish: &[Published], commands: &[Command]) -> Home {
    Home {
        id: "kitchen".into(),
        name: "Kitchen".into(),
        discovery: Some("homeassistant".into()),
        publish: publish.iter().copied().collect(),
        commands: commands.iter().copied().collect(),
        sensors: [("ring".to_owned(), "zigbee2mqtt/ring".to_owned())].into(),
        about: About {
            board: Some("Raspberry Pi 4 Model B Rev 1.4".into()),
            serial: Some("10000000abcdef".into()),
            page: Some("http://moodbox.local:8740/".into()),
            area: Some("Kitchen".into()),
            offered: None,
        },
    }
}

/// Everything that there may be.
fn all() -> Home {
    let mut home = home(&Published::ALL, &Command::ALL);
    home.about.offered = Some("9.0.0".into());
    home
}

/// A house with quiet hours, which are far from now.
fn with_quiet_hours(settings: Settings) -> Settings {
    let hours = Quiet { from: 23 * 60, to: 6 * 60, volume: 20 };
    let house = House { quiet: Some(QuietHours { hours, starts: true }), ..settings.house };
    Settings { house, ..settings }
}

fn start() -> Story {
    let song = Item { id: "/srv/secret/one.ogg".into(), title: "One".into(), ..Item::default() };
    let catalog = Catalog { music: vec![song].into(), ..Catalog::default() };
    Story::new(with_quiet_hours(Settings { has: Has { video: false, ..settings().has }, ..settings() }))
        .at(0, Event::Templates(Arc::new(Templates::shipped())))
        .at(0, Event::Catalog(Arc::new(catalog)))
}

fn idle() -> Snapshot {
    start().snapshot()
}

fn playing(elapsed: u64) -> Event {
    plays("/srv/secret/one.ogg", "One", elapsed)
}

/// A happy face was read and the song plays.
fn session() -> Story {
    start()
        .at(0, press())
        .at(50, release())
        .at(300, rather_happy())
        .at(1000, Event::CaptureEnded(Ok(())))
        .at(1100, playing(0))
}

fn told(home: &Home, snapshot: &Snapshot) -> BTreeMap<String, String> {
    let messages = home.messages(snapshot);
    let by_topic: BTreeMap<_, _> =
        messages.iter().map(|message| (message.topic.clone(), message.payload.clone())).collect();
    assert_eq!(by_topic.len(), messages.len(), "a topic is told twice");
    by_topic
}

fn json(messages: &BTreeMap<String, String>, topic: &str) -> Value {
    let payload = messages.get(topic).unwrap_or_else(|| panic!("nothing on {topic}: {messages:#?}"));
    serde_json::from_str(payload).unwrap_or_else(|error| panic!("{topic}: {error}: {payload}"))
}

#[test]
fn the_home_is_told_the_mood_with_its_confidence_and_what_plays() {
    let messages = told(&all(), &session().snapshot());
    let mood = json(&messages, "moodbox/kitchen/mood/state");
    assert_eq!((mood["mood"].as_str(), mood["by"].as_str()), (Some("happy"), Some("camera")));
    assert!(mood["confidence"].as_f64().unwrap() > 0.8);
    let playing = json(&messages, "moodbox/kitchen/playing/state");
    assert_eq!((playing["phase"].as_str(), playing["player"].as_str()), (Some("playing"), Some("music")));
    assert_eq!((playing["title"].as_str(), playing["artist"].as_str()), (Some("One"), Some("The Band")));
    assert_eq!(messages["moodbox/kitchen/volume/state"], session().snapshot().volume.to_string());
    assert_eq!(json(&messages, "moodbox/kitchen/counts/state")["visits"], 1);
    assert_eq!(messages["moodbox/kitchen/status"], "online");
}

#[test]
fn no_message_holds_a_path_and_none_but_the_scores_winner_of_a_face() {
    for message in all().messages(&session().snapshot()) {
        assert!(!message.payload.contains("/srv/secret"), "{message:?}");
        assert!(!message.payload.contains("scores"), "{message:?}");
    }
}

#[test]
fn time_that_passes_in_a_track_is_no_reason_for_a_message() {
    let (soon, later) = (session().snapshot(), session().until(40_000).snapshot());
    assert_ne!(soon, later);
    // The mood and what plays stand as they were.
    assert_eq!(all().messages(&soon), all().messages(&later));
}

#[test]
fn what_is_not_switched_on_is_taken_back_and_nothing_of_it_is_told() {
    for (publish, topic) in [
        (Published::Mood, "moodbox/kitchen/mood/state"),
        (Published::Playing, "moodbox/kitchen/playing/state"),
        (Published::Volume, "moodbox/kitchen/volume/state"),
        (Published::Health, "moodbox/kitchen/health/state"),
        (Published::Counts, "moodbox/kitchen/counts/state"),
    ] {
        let messages = told(&home(&[publish], &[]), &session().snapshot());
        let spoken = messages.iter().filter(|(_, payload)| !payload.is_empty());
        for (spoken, payload) in spoken {
            let discovery = spoken.starts_with("homeassistant/") && payload.contains(topic);
            assert!(
                spoken == topic || spoken.ends_with("/status") || discovery,
                "{publish:?} told {spoken}: {payload}"
            );
        }
        assert!(!messages[topic].is_empty());
    }
    let quiet = Home { discovery: None, ..home(&[], &[]) };
    let spoken: Vec<String> = quiet
        .messages(&session().snapshot())
        .into_iter()
        .filter(|m| !m.payload.is_empty())
        .map(|m| m.topic)
        .collect();
    assert_eq!(spoken, ["moodbox/kitchen/status"]);
}

#[test]
fn home_assistant_finds_every_entity_once_with_topics_that_are_spoken_and_heard() {
    let home = all();
    let snapshot = session().snapshot();
    let messages = told(&home, &snapshot);
    let configs: Vec<(&String, Value)> = messages
        .iter()
        .filter(|(topic, _)| topic.starts_with("homeassistant/"))
        .map(|(topic, payload)| (topic, serde_json::from_str(payload).unwrap()))
        .collect();
    assert_eq!(configs.len(), 18);
    let mut ids = std::collections::BTreeSet::new();
    for (topic, config) in &configs {
        let parts: Vec<&str> = topic.split('/').collect();
        let [_, component, "kitchen", _, "config"] = parts[..] else { panic!("{topic}") };
        assert!(ids.insert(config["unique_id"].to_string()), "{topic}: an id that another has");
        assert_eq!(config["availability_topic"], "moodbox/kitchen/status", "{topic}");
        assert_eq!(config["device"]["identifiers"][0], "moodbox_kitchen", "{topic}");
        assert_eq!(config["device"]["name"], "Kitchen");
        assert!(config["name"].is_string() && config["origin"]["name"].is_string(), "{topic}");
        for field in ["state_topic", "json_attributes_topic"] {
            if let Some(spoken) = config[field].as_str().filter(|topic| !topic.ends_with("/event")) {
                assert!(!messages[spoken].is_empty(), "{topic}: {spoken} says nothing");
            }
        }
        let needs = match component {
            "sensor" | "binary_sensor" | "event" | "update" => "state_topic",
            _ => "command_topic",
        };
        let needed = config[needs].as_str().unwrap_or_else(|| panic!("{topic} has no {needs}"));
        if needs == "command_topic" {
            assert!(home.subscriptions().contains(&needed.to_owned()), "{topic}: nobody listens to {needed}");
        }
    }
    let volume = json(&messages, "homeassistant/number/kitchen/volume/config");
    assert_eq!((volume["min"].as_u64(), volume["max"].as_u64()), (Some(0), Some(60)));
    let select = json(&messages, "homeassistant/select/kitchen/mood/config");
    assert_eq!(select["options"].as_array().unwrap().len(), 7);
}

#[test]
fn a_newer_version_is_shown_only_where_apt_has_a_source_that_offers_one_and_health_is_told() {
    const ENTITY: &str = "homeassistant/update/kitchen/update/config";
    const STATE: &str = "moodbox/kitchen/update/state";
    let messages = told(&all(), &idle());
    assert_eq!(json(&messages, ENTITY)["state_topic"], STATE);
    assert!(json(&messages, ENTITY).get("command_topic").is_none(), "the home cannot install");
    let versions = json(&messages, STATE);
    assert_eq!(
        (&versions["installed_version"], &versions["latest_version"]),
        (&env!("CARGO_PKG_VERSION").into(), &"9.0.0".into())
    );
    let no_source = home(&Published::ALL, &Command::ALL);
    let no_health = Home { publish: [Published::Mood, Published::Playing].into(), ..all() };
    for home in [no_source, no_health] {
        let messages = told(&home, &idle());
        assert_eq!((messages[ENTITY].as_str(), messages[STATE].as_str()), ("", ""));
    }
}

#[test]
fn in_public_no_press_button_is_offered() {
    let public = Story::new(Settings { mode: Mode::Public, ..settings() }).snapshot();
    let messages = told(&all(), &public);
    assert_eq!(messages["homeassistant/button/kitchen/press/config"], "");
    assert_ne!(messages["homeassistant/button/kitchen/next/config"], "");
}

#[test]
fn what_is_ill_is_told_in_words() {
    let ill =
        start().at(0, Event::Part(Part::Camera, Health::Ill(ill(TroubleKind::CameraMissing)))).snapshot();
    let health = json(&told(&all(), &ill), "moodbox/kitchen/health/state");
    assert_eq!(health["well"], false);
    assert_eq!(
        (health["ill"][0]["part"].as_str(), health["ill"][0]["kind"].as_str()),
        (Some("camera"), Some("camera_missing"))
    );
    assert!(!health["ill"][0]["title"].as_str().unwrap().is_empty());
}

#[test]
fn a_sleep_timer_of_the_home_fades_out_what_plays_and_can_be_taken_back() {
    let timer = |minutes: &str, snapshot: &Snapshot| {
        all().event("moodbox/kitchen/sleep/set", minutes.as_bytes(), false, snapshot).unwrap()
    };
    let asked = |minutes: &str| {
        let session = session();
        let wish = timer(minutes, &session.snapshot());
        session.at(2000, wish)
    };
    assert_eq!(asked("1").until(60_000).snapshot().phase, Stage::Playing);
    assert_ne!(asked("1").until(63_000).snapshot().phase, Stage::Playing);
    // The home sees what is left of it, in minutes that have begun.
    let left = |story: &Story| {
        json(&told(&all(), &story.snapshot()), "moodbox/kitchen/playing/state")["sleep_min"].clone()
    };
    assert_eq!(left(&session()), Value::Null);
    assert_eq!((left(&asked("3")), left(&asked("3").until(70_000))), (3.into(), 2.into()));
    let entity = |home: &Home| json(&told(home, &idle()), "homeassistant/number/kitchen/sleep/config");
    assert_eq!(entity(&all())["state_topic"], "moodbox/kitchen/playing/state");
    assert!(entity(&all())["optimistic"].is_null());
    assert_eq!(entity(&home(&[], &Command::ALL))["optimistic"], true);
    let taken_back = asked("1");
    let wish = timer("0", &taken_back.snapshot());
    assert_eq!(taken_back.at(30_000, wish).until(90_000).snapshot().phase, Stage::Playing);
}

fn event(home: &Home, topic: &str, payload: &str) -> Result<String, Refused> {
    home.event(topic, payload.as_bytes(), false, &idle()).map(|event| format!("{event:?}"))
}

#[test]
fn commands_become_events_and_each_names_its_source() {
    for (topic, payload, expected) in [
        ("moodbox/kitchen/press/set", "PRESS", "Remote(Short)"),
        ("moodbox/kitchen/next/set", "PRESS", "RemoteCommand(Next)"),
        ("moodbox/kitchen/stop/set", "PRESS", "RemoteCommand(Stop)"),
        ("moodbox/kitchen/like/set", "PRESS", "RemoteCommand(Like)"),
        ("moodbox/kitchen/mood/set", "sad", "Picked(Sad, Home)"),
        ("moodbox/kitchen/volume/set", "60", "RemoteCommand(Volume(60))"),
        ("moodbox/kitchen/volume/set", "25.0", "RemoteCommand(Volume(25))"),
        ("moodbox/kitchen/volume/set", "12.5", "RemoteCommand(Volume(13))"),
        ("moodbox/kitchen/quiet/set", "OFF", "RemoteCommand(QuietHours(false))"),
        ("moodbox/kitchen/sleep/set", "20", "Sleep(Some(1200s))"),
        ("moodbox/kitchen/sleep/set", "0", "Sleep(None)"),
        ("zigbee2mqtt/ring", "happy", "Picked(Happy, Sensor(\"ring\"))"),
        ("zigbee2mqtt/ring", r#"{"battery":90,"mood":"Angry"}"#, "Picked(Angry, Sensor(\"ring\"))"),
    ] {
        assert_eq!(event(&all(), topic, payload).unwrap(), expected, "{topic} {payload}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    for (topic, payload) in [
        ("moodbox/kitchen/press/set", ""),
        ("moodbox/kitchen/press/set", "press"),
        ("moodbox/kitchen/mood/set", "joyful"),
        ("moodbox/kitchen/mood/set", r#"{"mood":7}"#),
        ("moodbox/kitchen/mood/set", r#"{"mood":"#),
        ("moodbox/kitchen/volume/set", "61"),
        ("moodbox/kitchen/volume/set", "-1"),
        ("moodbox/kitchen/volume/set", "nan"),
        ("moodbox/kitchen/volume/set", "inf"),
        ("moodbox/kitchen/quiet/set", "on"),
        ("moodbox/kitchen/volume/set", "loud\n"),
        ("moodbox/kitchen/sleep/set", "241"),
        ("moodbox/kitchen/sleep/set", "-5"),
        ("moodbox/other/press/set", "PRESS"),
        ("moodbox/kitchen/mood/state", "sad"),
        ("moodbox/kitchen/power/set", "PRESS"),
    ] {
        let refused = event(&all(), topic, payload).unwrap_err().to_string();
        assert!(!refused.contains('\n'), "a line of the log: {refused}");
    }
    let long = format!("{{\"mood\":\"sad\",\"more\":\"{}\"}}", "x".repeat(300));
    assert_eq!(event(&all(), "zigbee2mqtt/ring", &long), Err(Refused::Long));
    let retained = all().event("moodbox/kitchen/mood/set", b"sad", true, &idle());
    assert!(matches!(retained, Err(Refused::Retained)), "{retained:?}");
    let bytes = all().event("moodbox/kitchen/mood/set", b"\xff\xfe", false, &idle());
    assert!(matches!(bytes, Err(Refused::Mood(_))), "{bytes:?}");
}

#[test]
fn a_command_that_is_not_switched_on_is_neither_listened_to_nor_taken() {
    for command in Command::ALL {
        let others: Vec<Command> = Command::ALL.into_iter().filter(|other| *other != command).collect();
        let home = home(&[], &others);
        let topic = format!("moodbox/kitchen/{}/set", format!("{command:?}").to_lowercase());
        assert!(!home.subscriptions().contains(&topic));
        assert!(matches!(event(&home, &topic, "PRESS"), Err(Refused::Topic(_))), "{command:?}");
    }
}

#[test]
fn a_sensor_that_repeats_itself_begins_nothing_new() {
    let ring =
        |mood: &str, snapshot: &Snapshot| all().event("zigbee2mqtt/ring", mood.as_bytes(), false, snapshot);
    let first = ring("sad", &idle()).unwrap();
    let goes_on = start().at(0, first).at(100, playing(0)).snapshot();
    let mood = json(&told(&all(), &goes_on), "moodbox/kitchen/mood/state");
    assert_eq!(
        (mood["by"].as_str(), mood["sensor"].as_str(), mood["confidence"].as_f64()),
        (Some("sensor"), Some("ring"), None)
    );
    assert!(matches!(ring("sad", &goes_on), Err(Refused::Again)));
    assert!(ring("happy", &goes_on).is_ok(), "a change does");
    assert!(ring("sad", &session().snapshot()).is_ok(), "and so does what another source named");
}

#[test]
fn no_bytes_on_any_topic_make_the_mapping_panic_or_start_a_capture_in_public() {
    use proptest::prelude::*;
    let public = Story::new(Settings { mode: Mode::Public, ..settings() }).snapshot();
    let home = all();
    let mut topics = home.subscriptions();
    topics.push("moodbox/kitchen/status".into());
    proptest!(|(at in 0..topics.len(), payload in proptest::collection::vec(any::<u8>(), 0..300), words in "[ \\PC]{0,40}")| {
        for payload in [payload.as_slice(), words.as_bytes(), b"PRESS", b"sad"] {
            let taken = home.event(&topics[at], payload, false, &public);
            let harmless = matches!(
                taken,
                Ok(Event::RemoteCommand(_) | Event::Picked(..) | Event::Remote(_) | Event::Sleep(_)) | Err(_)
            );
            prop_assert!(harmless);
        }
    });
}

/// The keys that Home Assistant documents for discovery by MQTT: those of every entity, then by component.
const KEYS: [(&str, &str, &[&str]); 9] = [
    (
        "",
        "",
        &[
            "name",
            "unique_id",
            "default_entity_id",
            "icon",
            "availability_topic",
            "device",
            "origin",
            "entity_category",
            "json_attributes_topic",
        ],
    ),
    (
        "sensor",
        "state_topic",
        &["value_template", "unit_of_measurement", "device_class", "state_class", "options"],
    ),
    ("binary_sensor", "state_topic", &["value_template", "device_class"]),
    ("button", "command_topic", &[]),
    ("event", "state_topic", &["event_types"]),
    ("update", "state_topic", &["device_class", "title"]),
    ("switch", "command_topic", &["state_topic", "value_template", "optimistic"]),
    ("select", "command_topic", &["options", "state_topic", "value_template", "command_template"]),
    (
        "number",
        "command_topic",
        &["min", "max", "step", "mode", "unit_of_measurement", "state_topic", "value_template", "optimistic"],
    ),
];

#[test]
fn every_entity_is_told_in_the_keys_that_home_assistant_documents() {
    for home in [all(), home(&[], &Command::ALL), home(&Published::ALL, &[])] {
        let messages = told(&home, &session().snapshot());
        let entities = messages.iter().filter(|(topic, text)| topic.ends_with("/config") && !text.is_empty());
        let mut ids = std::collections::BTreeSet::new();
        for (topic, text) in entities {
            let component = topic.split('/').nth(1).unwrap();
            let (_, required, theirs) = KEYS.iter().find(|(name, ..)| *name == component).expect(component);
            let entity: Value = serde_json::from_str(text).unwrap();
            assert!(entity[required].is_string() && entity["name"].is_string(), "{topic}: {text}");
            assert!(ids.insert(entity["unique_id"].to_string()), "{topic} has the id of another");
            for key in entity.as_object().unwrap().keys() {
                let known =
                    KEYS[0].2.contains(&key.as_str()) || theirs.contains(&key.as_str()) || key == required;
                assert!(known, "{topic}: nobody reads `{key}`");
            }
            // An enumeration lists its words and measures nothing; every other sensor's words would be lost.
            let options = entity.get("options").is_some();
            match component {
                "sensor" => assert_eq!(options, entity["device_class"] == "enum", "{topic}"),
                "select" => assert!(options, "{topic}"),
                _ => {}
            }
            assert!(
                !options
                    || entity.get("state_class").is_none() && entity.get("unit_of_measurement").is_none()
            );
            assert!(
                ["diagnostic", "config"].iter().any(|word| entity["entity_category"] == *word)
                    || entity["entity_category"].is_null()
            );
        }
        assert!(ids.len() >= 6, "{ids:?}");
    }
}

/// The keys that Home Assistant documents for a device.
const DEVICE: [&str; 9] = [
    "identifiers",
    "name",
    "manufacturer",
    "model",
    "hw_version",
    "sw_version",
    "serial_number",
    "configuration_url",
    "suggested_area",
];

#[test]
fn two_devices_share_no_entity_and_each_says_what_it_is() {
    let entities = |id: &str| {
        let home = Home { id: id.into(), ..all() };
        let messages = told(&home, &session().snapshot());
        let configs = messages.iter().filter(|(topic, text)| topic.ends_with("/config") && !text.is_empty());
        configs.map(|(_, text)| serde_json::from_str::<Value>(text).unwrap()).collect::<Vec<_>>()
    };
    let ids = |id: &str| -> std::collections::BTreeSet<String> {
        entities(id).iter().map(|entity| entity["default_entity_id"].as_str().unwrap().to_owned()).collect()
    };
    let (first, second) = (ids("moodbox-1a2b3c4d"), ids("Kitchen"));
    assert_eq!((first.len(), second.len(), first.intersection(&second).count()), (18, 18, 0));
    assert!(first.contains("sensor.moodbox_1a2b3c4d_mood") && second.contains("sensor.moodbox_kitchen_mood"));
    for entity in entities("kitchen") {
        let device = entity["device"].as_object().unwrap();
        assert!(device.keys().all(|key| DEVICE.contains(&key.as_str())), "{device:?}");
        assert_eq!(device["configuration_url"], "http://moodbox.local:8740/");
        assert_eq!(device["suggested_area"], "Kitchen");
        assert!(entity["icon"].as_str().unwrap().starts_with("mdi:"));
    }
}

#[test]
fn entities_and_their_options_are_named_in_the_language_of_the_device() {
    let german = Snapshot { language: Language::De, ..session().snapshot() };
    let messages = told(&all(), &german);
    let select = json(&messages, "homeassistant/select/kitchen/mood/config");
    assert_eq!(select["name"], "Stimmung von Hand");
    assert!(select["options"].as_array().unwrap().contains(&Value::from("fröhlich")));
    // What is sent stays the same for programs: the words are Home Assistant's to turn.
    assert!(select["command_template"].as_str().unwrap().contains("\"fröhlich\":\"happy\""), "{select}");
    assert!(select["value_template"].as_str().unwrap().contains("\"happy\":\"fröhlich\""), "{select}");
    assert_eq!(json(&messages, "moodbox/kitchen/mood/state")["mood"], "happy");
    let phase = json(&messages, "homeassistant/sensor/kitchen/phase/config");
    assert!(phase["options"].as_array().unwrap().contains(&Value::from("spielt")));
}

#[test]
fn a_press_a_look_a_mood_and_nobody_are_told_once_when_they_happen() {
    let kinds = |home: &Home, before: &Snapshot, now: &Snapshot| -> Vec<String> {
        let messages = home.happenings(before, now);
        assert!(messages.iter().all(|message| message.topic == "moodbox/kitchen/event"));
        let kind = |payload: &str| serde_json::from_str::<Value>(payload).unwrap();
        messages
            .iter()
            .map(|message| kind(&message.payload)["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    let (idle, seen) = (idle(), session().snapshot());
    assert_eq!(kinds(&all(), &idle, &seen), ["press", "look", "mood"]);
    assert!(kinds(&all(), &seen, &session().until(40_000).snapshot()).is_empty(), "nothing happens twice");
    let nobody = start().at(0, press()).at(50, release()).at(1000, Event::CaptureEnded(Ok(()))).snapshot();
    assert_eq!(kinds(&all(), &idle, &nobody), ["press", "look", "nobody"]);
    let told =
        |home: &Home| home.happenings(&idle, &seen).iter().any(|message| message.payload.contains("happy"));
    assert!(told(&all()));
    assert!(!told(&home(&[Published::Events], &[])), "the mood is not published");
    assert!(home(&[Published::Playing], &[]).happenings(&idle, &seen).is_empty());
}

#[test]
fn the_quiet_hours_are_left_aside_by_a_switch_and_kept_again() {
    let switch =
        |word: &str| all().event("moodbox/kitchen/quiet/set", word.as_bytes(), false, &idle()).unwrap();
    let state = |story: &Story| {
        json(&told(&all(), &story.snapshot()), "moodbox/kitchen/playing/state")["quiet_hours"].clone()
    };
    let night = start().at(0, Event::WallClock(23 * 60 + 30));
    assert_eq!((night.snapshot().volume_cap, state(&night)), (20, true.into()));
    let night = night.at(1, switch("OFF"));
    assert_eq!((night.snapshot().volume_cap, state(&night)), (settings().volume_cap, false.into()));
    let night = night.at(2, switch("ON"));
    assert_eq!((night.snapshot().volume_cap, state(&night)), (20, true.into()));
    // A house without quiet hours has no switch.
    let without = Story::new(settings()).snapshot();
    assert_eq!(told(&all(), &without)["homeassistant/switch/kitchen/quiet/config"], "");
}

#[test]
fn a_sleep_timer_set_in_idle_is_that_of_the_next_session() {
    let wish =
        |minutes: &str| all().event("moodbox/kitchen/sleep/set", minutes.as_bytes(), false, &idle()).unwrap();
    let look = |story: Story| {
        story
            .at(100, press())
            .at(150, release())
            .at(400, rather_happy())
            .at(1100, Event::CaptureEnded(Ok(())))
            .at(1200, playing(0))
    };
    let story = start().at(0, wish("5"));
    assert_eq!(story.snapshot().sleep_min, Some(5));
    assert_eq!(look(story).snapshot().sleep_min, Some(5));
    assert_eq!(look(start().at(0, wish("5")).at(1, wish("0"))).snapshot().sleep_min, None);
}
