//! The home, by a real mosquitto: what is told, what is taken, and what goes wrong between them.

use crate::scenario;
use crate::support;

use std::path::Path;
use std::process::{Child, Command as Program, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use moodbox::daemon::Observer;
use moodbox::observers::Publisher;
use moodbox::observers::mqtt::home::{About, Command, Home, Published};
use moodbox::observers::mqtt::{Connection, MqttSettings, Tls};
use moodbox_core::kiosk::event::{Event, RemoteCommand, Source};
use moodbox_core::kiosk::{State, step};
use moodbox_core::mood::Mood;
use scenario::settings;
use support::broker::{Broker, authority};
use support::{PATIENCE, receive, wait_for};

fn mqtt(port: u16) -> MqttSettings {
    MqttSettings {
        host: "127.0.0.1".into(),
        port,
        tls: None,
        user: None,
        password: None,
        home: Home {
            id: "kitchen".into(),
            name: "Kitchen".into(),
            discovery: Some("homeassistant".into()),
            publish: Published::ALL.into(),
            commands: Command::ALL.into(),
            sensors: [("ring".to_owned(), "zigbee2mqtt/ring".to_owned())].into(),
            about: About::default(),
        },
        memory: None,
        machine: "this".into(),
    }
}

/// A kiosk that is told to a broker; what the broker asks of it comes out of `asked`.
struct Device {
    state: State,
    publisher: Option<Publisher>,
    asked: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Device {
    fn start(settings_of_broker: &MqttSettings) -> Device {
        let (publisher, latest) = Publisher::new(&settings());
        let (queue, asked) = unbounded();
        let connection = Connection::new(settings_of_broker).unwrap();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(connection.keep(latest, queue));
        });
        Device { state: State::new(settings()), publisher: Some(publisher), asked, thread: Some(thread) }
    }

    fn feed(&mut self, event: Event) {
        step(&mut self.state, Duration::from_secs(1), event);
        self.publisher.as_mut().unwrap().stepped(Duration::from_secs(1), &self.state);
    }

    fn is_asked(&self, wanted: &str) {
        receive(wanted, &self.asked, |event| (format!("{event:?}") == wanted).then_some(()));
    }

    /// Speaks, and is gone again.
    fn ends_after(mut self, broker: &Broker, topic: &str) {
        broker.onlooker(topic).hears(topic, |payload| payload == "online");
        self.leave();
    }

    /// Ends as a daemon does that is killed: without a goodbye.
    fn leave(&mut self) {
        self.publisher = None;
        self.thread.take().unwrap().join().unwrap();
    }
}

const STATUS: &str = "moodbox/kitchen/status";
const VOLUME: &str = "moodbox/kitchen/volume/state";

#[test]
fn the_home_hears_what_stands_what_changes_and_by_the_last_will_that_the_device_is_gone() {
    let broker = Broker::start();
    let mut device = Device::start(&mqtt(broker.port));
    let home = broker.onlooker("#");
    home.hears(STATUS, |payload| payload == "online");
    device.feed(Event::RemoteCommand(RemoteCommand::Volume(25)));
    home.hears(VOLUME, |payload| payload == "25");
    device.feed(Event::Picked(Mood::Sad, Source::Page));
    home.hears("moodbox/kitchen/mood/state", |payload| payload.contains(r#""mood":"sad""#));

    // Whoever comes later hears the same: all of it is retained, and what Home Assistant reads is whole.
    let late = broker.onlooker("#");
    let select = late.hears("homeassistant/select/kitchen/mood/config", |_| true);
    let select: serde_json::Value = serde_json::from_str(&select).unwrap();
    assert_eq!(select["command_topic"], "moodbox/kitchen/mood/set");
    broker.onlooker("#").hears(VOLUME, |payload| payload == device.state.volume().to_string());

    device.leave();
    home.hears(STATUS, |payload| payload == "offline");
    broker.onlooker("#").hears(STATUS, |payload| payload == "offline");
}

#[test]
fn a_broker_that_is_away_at_the_start_is_found_when_it_comes() {
    let mut broker = Broker::asleep();
    let mut device = Device::start(&mqtt(broker.port));
    for percent in 0..50 {
        device.feed(Event::RemoteCommand(RemoteCommand::Volume(percent)));
    }
    broker.launch();
    let home = broker.onlooker("moodbox/#");
    // The first that it hears is what stands now: nothing of before was piled up.
    let first =
        receive("the volume", &home.heard, |(topic, payload)| (topic == VOLUME).then(|| payload.clone()));
    assert_eq!(first, "49");
    home.says("moodbox/kitchen/next/set", "PRESS");
    device.is_asked("RemoteCommand(Next)");
}

#[test]
fn a_broker_that_is_restarted_is_told_everything_again_and_heard_again() {
    let mut broker = Broker::start();
    let mut device = Device::start(&mqtt(broker.port));
    broker.onlooker("#").hears(STATUS, |payload| payload == "online");
    broker.kill();
    device.feed(Event::RemoteCommand(RemoteCommand::Volume(11)));
    broker.launch();
    let home = broker.onlooker("#");
    home.hears(VOLUME, |payload| payload == "11");
    home.hears(STATUS, |payload| payload == "online");
    home.says("moodbox/kitchen/mood/set", "happy");
    device.is_asked("Picked(Happy, Home)");
    home.says("zigbee2mqtt/ring", r#"{"mood":"sad"}"#);
    device.is_asked(r#"Picked(Sad, Sensor("ring"))"#);
}

#[test]
fn a_wrong_password_is_asked_again_with_pauses_until_it_is_right() {
    let mut broker = Broker::with_password("right");
    let wrong =
        MqttSettings { user: Some("moodbox".into()), password: Some("wrong".into()), ..mqtt(broker.port) };
    assert!(!format!("{wrong:?}").contains("wrong"), "the password is in no log");
    let _device = Device::start(&wrong);
    let refused = || broker.log().matches("not authorised").count();
    let since = Instant::now();
    wait_for("two refusals", || (refused() >= 2).then_some(()));
    assert!(since.elapsed() >= Duration::from_millis(400), "it does not hammer");
    broker.kill();
    broker.set_password("wrong");
    broker.launch();
    wait_for("the device to come in", || broker.log().contains("as moodbox-kitchen").then_some(()));
}

#[test]
fn tls_reaches_a_broker_whose_authority_is_named_and_no_other() {
    let broker = Broker::with_tls();
    let by = |ca: &str| MqttSettings {
        host: "localhost".into(),
        tls: Some(Tls::File(broker.file(ca))),
        ..mqtt(broker.port)
    };
    authority(&broker.file("stranger"));
    let _distrusts = Device::start(&by("stranger.pem"));
    wait_for("the stranger to be refused", || broker.log().contains("tlsv1 alert").then_some(()));
    assert!(!broker.log().contains("as moodbox-kitchen"));
    let _trusts = Device::start(&by("ca.pem"));
    wait_for("the device to come in", || broker.log().contains("as moodbox-kitchen").then_some(()));
    wait_for("the device to speak", || broker.log().contains(STATUS).then_some(()));
}

#[test]
fn a_flood_of_commands_does_not_reach_the_device_and_afterwards_it_listens_again() {
    let broker = Broker::start();
    let device = Device::start(&mqtt(broker.port));
    let home = broker.onlooker("moodbox/kitchen/status");
    home.hears(STATUS, |payload| payload == "online");
    let since = Instant::now();
    for at in 0..5000 {
        home.says("moodbox/kitchen/volume/set", &(at % 50).to_string());
    }
    // The end of the flood, by another way: the last message has passed the broker.
    let end = broker.onlooker("moodbox/kitchen/volume/set");
    home.says("moodbox/kitchen/volume/set", "50");
    end.hears("moodbox/kitchen/volume/set", |payload| payload == "50");
    let bound = 10 + 2 * (since.elapsed().as_secs() as usize + 1);
    let came = device.asked.try_iter().count();
    assert!((1..=bound).contains(&came), "{came} of 5001 commands came through, at most {bound} may");
    wait_for("the device to listen again", || {
        home.says("moodbox/kitchen/stop/set", "PRESS");
        std::thread::sleep(Duration::from_millis(300));
        device.asked.try_iter().find(|event| matches!(event, Event::RemoteCommand(RemoteCommand::Stop)))
    });
}

#[test]
fn a_sensor_that_talks_too_much_takes_no_button_away() {
    let broker = Broker::start();
    let device = Device::start(&mqtt(broker.port));
    let home = broker.onlooker("moodbox/kitchen/status");
    home.hears(STATUS, |payload| payload == "online");
    for at in 0..2000 {
        home.says("zigbee2mqtt/ring", Mood::ALL[at % 7].name());
    }
    // From the same client and after the flood: the broker keeps their order.
    home.says("moodbox/kitchen/stop/set", "PRESS");
    device.is_asked("RemoteCommand(Stop)");
}

#[test]
fn a_retained_command_is_not_carried_out_at_the_start() {
    let broker = Broker::start();
    let home = broker.onlooker("moodbox/kitchen/#");
    home.says_for_ever("moodbox/kitchen/mood/set", "sad");
    home.hears("moodbox/kitchen/mood/set", |_| true);
    let device = Device::start(&mqtt(broker.port));
    home.hears(STATUS, |payload| payload == "online");
    home.says("moodbox/kitchen/next/set", "PRESS");
    let first = device.asked.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(first, Event::RemoteCommand(RemoteCommand::Next)), "{first:?} was retained");
}

#[test]
fn home_assistant_that_starts_anew_is_told_everything_again() {
    let broker = Broker::start();
    let _device = Device::start(&mqtt(broker.port));
    let home = broker.onlooker("#");
    home.hears(STATUS, |payload| payload == "online");
    let config = "homeassistant/select/kitchen/mood/config";
    home.says("homeassistant/status", "online");
    home.hears("homeassistant/status", |_| true);
    home.hears(config, |payload| !payload.is_empty());
    home.hears(STATUS, |payload| payload == "online");
}

#[test]
fn another_id_or_no_discovery_takes_back_what_stood_on_the_broker() {
    let broker = Broker::start();
    let folder = tempfile::tempdir().unwrap();
    let settings = |id: &str, discovery: Option<&str>| {
        let mut settings = mqtt(broker.port);
        settings.memory = Some(folder.path().join("topics.json"));
        settings.home.id = id.into();
        settings.home.discovery = discovery.map(str::to_owned);
        settings
    };
    Device::start(&settings("kitchen", Some("homeassistant"))).ends_after(&broker, "moodbox/kitchen/status");
    let home = broker.onlooker("#");
    home.hears("homeassistant/select/kitchen/mood/config", |payload| !payload.is_empty());
    let mut device = Device::start(&settings("den", None));
    home.hears("moodbox/den/status", |payload| payload == "online");
    home.hears("homeassistant/select/kitchen/mood/config", |payload| payload.is_empty());
    home.hears("moodbox/kitchen/status", |payload| payload.is_empty());
    device.leave();
    // Whoever comes now finds the new device and nothing of the old.
    let late = broker.onlooker("#");
    receive("the new device alone", &late.heard, |(topic, _)| {
        assert!(!topic.contains("kitchen"), "{topic} is still there");
        (topic == "moodbox/den/status").then_some(())
    });
}

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/photos/astronaut.png");

/// The program as a user runs it, telling everything to a file `log`.
fn run(folder: &Path, config: &Path) -> Child {
    Program::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(["run", "--config"])
        .arg(config)
        .env("MOODBOX_LOG", "trace")
        .env("STATE_DIRECTORY", folder.join("state"))
        .env("RUNTIME_DIRECTORY", folder.join("run"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap()
}

#[test]
fn the_password_stands_in_no_log_whether_it_is_wrong_or_right() {
    let mut broker = Broker::with_password("another");
    let folder = tempfile::tempdir().unwrap();
    let (secret, password) = ("correct-horse-battery", folder.path().join("password"));
    std::fs::write(&password, secret).unwrap();
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[camera]\nphotos = [\"{PHOTO}\"]\n\
         [mqtt]\nbroker = \"mqtt://127.0.0.1:{}\"\nid = \"kitchen\"\npublish = [\"health\"]\n\
         user = \"moodbox\"\npassword_file = \"{}\"\n",
        broker.port,
        password.display()
    );
    let file = folder.path().join("moodbox.toml");
    std::fs::write(&file, config).unwrap();
    let mut daemon = run(folder.path(), &file);
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    wait_for("the refusal", || log().contains("see user and password_file in [mqtt]").then_some(()));
    broker.kill();
    broker.set_password(secret);
    broker.launch();
    wait_for("the device to come in", || log().contains("mqtt: connected").then_some(()));
    support::signal(&daemon, "TERM");
    let left = daemon.wait().unwrap();
    assert!(left.success(), "{}", log());
    assert!(!log().contains(secret), "{}", log());
}

/// The program as a user runs it: a press by MQTT, a look at a picture, the mood by MQTT and in the metrics.
#[test]
fn the_daemon_looks_when_the_home_presses_and_tells_what_it_read() {
    let broker = Broker::start();
    let folder = tempfile::tempdir().unwrap();
    let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[camera]\nphotos = [\"{PHOTO}\"]\n\
         [panel]\npng = \"{}\"\n\
         [mqtt]\nbroker = \"mqtt://127.0.0.1:{}\"\nid = \"kitchen\"\n\
         publish = [\"mood\", \"playing\", \"counts\", \"health\"]\ncommands = [\"press\"]\n\
         [metrics]\nlisten = \"{metrics}\"\n",
        folder.path().join("panel.png").display(),
        broker.port
    );
    let file = folder.path().join("moodbox.toml");
    std::fs::write(&file, config).unwrap();
    let mut daemon = run(folder.path(), &file);
    let home = broker.onlooker("#");
    home.hears(STATUS, |payload| payload == "online");
    home.says("moodbox/kitchen/press/set", "PRESS");
    let looks = home.hears("moodbox/kitchen/counts/state", |payload| payload.contains("\"looks\":1"));
    assert!(looks.contains("visits"), "{looks}");
    let page = wait_for("the metrics", || {
        let mut stream = std::net::TcpStream::connect(metrics).ok()?;
        let mut page = String::new();
        std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
        std::io::Read::read_to_string(&mut stream, &mut page).ok()?;
        page.contains("moodbox_vision_frame_seconds_count 1").then_some(page)
    });
    assert!(page.contains("moodbox_presses_total{from=\"elsewhere\"} 1"), "{page}");
    assert!(page.contains("moodbox_press_to_panel_seconds_count 1"), "{page}");
    support::signal(&daemon, "TERM");
    let left = daemon.wait().unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(left.success(), "{log}");
    home.hears(STATUS, |payload| payload == "offline");
}

#[test]
fn two_devices_with_one_id_are_told_so_in_the_log() {
    let broker = Broker::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("moodbox.toml");
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[camera]\nphotos = [\"{PHOTO}\"]\n\
         [panel]\npng = \"{}\"\n[mqtt]\nbroker = \"mqtt://127.0.0.1:{}\"\nid = \"kitchen\"\n",
        folder.path().join("panel.png").display(),
        broker.port
    );
    std::fs::write(&file, config).unwrap();
    let mut daemon = run(folder.path(), &file);
    broker.onlooker(STATUS).hears(STATUS, |payload| payload == "online");
    // The other is of another machine. Each takes the other's place for as long as both are there.
    let mut other = Device::start(&MqttSettings { machine: "that".into(), ..mqtt(broker.port) });
    wait_for("a word of it", || {
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        log.contains("another device has the id `kitchen` too").then_some(())
    });
    other.leave();
    support::signal(&daemon, "TERM");
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_message_that_is_far_too_large_costs_neither_the_connection_nor_what_comes_after_it() {
    let broker = Broker::start();
    let large = "x".repeat(500_000);
    let other = broker.onlooker(STATUS);
    // Retained: it would come again with each connection. Then one that comes in between.
    other.says_for_ever("zigbee2mqtt/ring", &large);
    let mut device = Device::start(&mqtt(broker.port));
    other.hears(STATUS, |payload| payload == "online");
    other.says("moodbox/kitchen/mood/set", &large);
    other.says("moodbox/kitchen/mood/set", "sad");
    receive("the mood", &device.asked, |event| matches!(event, Event::Picked(Mood::Sad, _)).then_some(()));
    device.feed(Event::RemoteCommand(RemoteCommand::Volume(25)));
    broker.onlooker(VOLUME).hears(VOLUME, |payload| payload == "25");
    let ours = broker.log().lines().filter(|line| line.contains("as moodbox-kitchen")).count();
    assert_eq!(ours, 1, "{}", broker.log());
    device.leave();
}
