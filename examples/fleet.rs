//! A fleet that is not there: many devices tell one mosquitto what a day brings, by the code that ships.
//!
//!     cargo run --example fleet -- --devices 1000 --sessions 10
//!
//! Prints what it cost: messages, bytes, the broker's processor and memory. Nothing but the broker is real
//! hardware's work here, so the devices' own cost is that of this one process.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use moodbox::config;
use moodbox::daemon::Observer;
use moodbox::observers::Publisher;
use moodbox::observers::mqtt::home::{Home, Published};
use moodbox::observers::mqtt::{Connection, MqttSettings};
use moodbox_core::kiosk::event::{Event, Gesture, NowPlaying, Observation, PlayerEvent, RemoteCommand};
use moodbox_core::kiosk::{Settings, State, step};
use moodbox_core::mood::{Decision, DecisionRule, Mood, Scores, StrengthLimits, Thresholds};
use moodbox_core::recommend::{Catalog, Item, Templates};
use rumqttc::{AsyncClient, MqttOptions, Packet, Publish, QoS};
use tokio::sync::watch;

#[derive(Parser)]
struct Args {
    /// How many devices there are.
    #[arg(long, default_value_t = 1000)]
    devices: usize,
    /// How many sessions each device has.
    #[arg(long, default_value_t = 10)]
    sessions: usize,
    /// Milliseconds between what happens on one device; a session has about a dozen such steps.
    #[arg(long, default_value_t = 500)]
    pace: u64,
    /// Seconds of quiet that are watched before the sessions.
    #[arg(long, default_value_t = 60)]
    quiet: u64,
    /// How many clients read everything that the devices tell; at least one, which counts.
    #[arg(long, default_value_t = 1)]
    readers: usize,
    /// How many devices start within a second.
    #[arg(long, default_value_t = 200)]
    rush: usize,
}

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    // A connection is an open file, here and in the broker, which inherits this.
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit)?;
    let broker = Broker::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::task::LocalSet::new().run_until(measure(&args, &broker)))
}

async fn measure(args: &Args, broker: &Broker) -> Result<(), Failed> {
    let readers = args.readers.max(1);
    let counters = Counters::listen(broker.port, readers).await?;
    println!(
        "{} devices, {} sessions each, {} who read along, one mosquitto",
        args.devices, args.sessions, readers
    );

    let start = broker.cost(&counters).await?;
    let mut devices = Vec::new();
    for at in 0..args.devices {
        devices.push(Device::start(broker.port, at)?);
        tokio::time::sleep(Duration::from_secs(1) / args.rush as u32).await;
    }
    // What a device tells at its start takes a moment to be acknowledged.
    counters.settle().await;
    let connected = broker.cost(&counters).await?;
    connected.since(&start).print("all come at once (discovery, state)", args.devices);
    if counters.value(CLIENTS) < (args.devices + readers) as f64 {
        return Err(format!("only {} clients are connected", counters.value(CLIENTS)).into());
    }

    tokio::time::sleep(Duration::from_secs(args.quiet)).await;
    let quiet = broker.cost(&counters).await?;
    let rest = quiet.since(&connected);
    rest.print("nobody presses", args.devices);

    let mut tasks = Vec::new();
    for (at, mut device) in devices.into_iter().enumerate() {
        let (sessions, pace) = (args.sessions, Duration::from_millis(args.pace));
        tasks.push(tokio::task::spawn_local(async move {
            // Not all in one step.
            tokio::time::sleep(pace.mul_f64((at % 97) as f64 / 97.0)).await;
            for _ in 0..sessions {
                device.session(pace).await;
            }
            device
        }));
    }
    let mut devices = Vec::new();
    for task in tasks {
        devices.push(task.await?);
    }
    counters.settle().await;
    let busy = broker.cost(&counters).await?;
    let sessions = busy.since(&quiet);
    sessions.print("sessions", args.devices);

    let each = (args.devices * args.sessions) as f64;
    let keeping = rest.bytes() / rest.seconds / args.devices as f64;
    let session = (sessions.bytes() - keeping * sessions.seconds * args.devices as f64) / each;
    println!("\na session: {session:.0} bytes, {:.1} messages from the device", sessions.messages / each);
    println!("a day without a session: {:.0} kB", keeping * 86_400.0 / 1e3);
    println!("a day with 100 sessions: {:.0} kB", (keeping * 86_400.0 + 100.0 * session) / 1e3);
    println!(
        "broker: {} MB resident at most, {:.1} kB for each device",
        busy.peak_kb / 1024,
        (busy.peak_kb - start.peak_kb) as f64 / args.devices as f64
    );
    drop(devices);
    Ok(())
}

/// One device: its core, and the connection that ships.
struct Device {
    state: State,
    publisher: Publisher,
    at: Duration,
}

impl Device {
    fn start(port: u16, number: usize) -> Result<Device, Failed> {
        let settings = settings()?;
        let (publisher, latest) = Publisher::new(&settings);
        let connection = Connection::new(&MqttSettings {
            host: "127.0.0.1".into(),
            port,
            tls: None,
            user: None,
            password: None,
            home: Home {
                id: format!("room-{number:05}"),
                name: format!("Room {number}"),
                discovery: Some("homeassistant".into()),
                publish: [Published::Playing, Published::Health, Published::Counts, Published::Volume].into(),
                commands: [].into(),
                sensors: [].into(),
                about: Default::default(),
            },
            memory: None,
            machine: format!("machine-{number:05}"),
        })?;
        let (queue, _) = crossbeam_channel::bounded(16);
        tokio::task::spawn_local(connection.keep(latest, queue));
        let mut device = Device { state: State::new(settings), publisher, at: Duration::ZERO };
        let song = |name: &str| Item { id: name.into(), title: name.into(), ..Item::default() };
        let catalog = Catalog { music: SONGS.map(song).to_vec().into(), ..Catalog::default() };
        device.feed(Event::Templates(Arc::new(Templates::shipped())));
        device.feed(Event::Catalog(Arc::new(catalog)));
        Ok(device)
    }

    fn feed(&mut self, event: Event) {
        self.at += Duration::from_secs(2);
        step(&mut self.state, self.at, event);
        self.publisher.stepped(self.at, &self.state);
    }

    /// A press, a look, three songs, the end.
    async fn session(&mut self, pace: Duration) {
        let scores = Scores::certain(Mood::Happy);
        let seen = Observation { copy: false, faces: 1, rival: 0.0, scores: Some(scores) };
        let plays = |title: &str| {
            Event::Music(PlayerEvent::Playing(NowPlaying {
                id: title.into(),
                title: title.into(),
                artist: "An Orchestra of the Town".into(),
                length: Some(Duration::from_secs(215)),
                ours: true,
                ..NowPlaying::default()
            }))
        };
        let mut happens = vec![
            Event::Remote(Gesture::Short),
            Event::CaptureStarted,
            Event::FrameObserved(seen),
            Event::CaptureEnded(Ok(())),
        ];
        happens.extend(SONGS.map(plays));
        happens.extend([Event::RemoteCommand(RemoteCommand::Stop), Event::Tick, Event::Tick]);
        for event in happens {
            self.feed(event);
            tokio::time::sleep(pace).await;
        }
    }
}

const SONGS: [&str; 3] = ["Morning on the river", "The long way home", "A song of no great length"];

fn settings() -> Result<Settings, Failed> {
    let text = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[music]\n";
    Ok(config::parse(text, "a room")?.settings(DecisionRule {
        decision: Decision { margin: 0.1, other: None, threshold: Thresholds::all(0.5) },
        strength: StrengthLimits { clear: 0.7, strong: 0.9 },
    }))
}

/// A second, as Linux counts the processor's time for programs that read `/proc`.
const TICKS: f64 = 100.0;

struct Broker {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Broker {
    fn start() -> Result<Broker, Failed> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let file = folder.path().join("mosquitto.conf");
        write!(
            std::fs::File::create(&file)?,
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nsys_interval 1\nlog_type error\n"
        )?;
        let child = Command::new("mosquitto").arg("-c").arg(&file).stdin(Stdio::null()).spawn()?;
        Ok(Broker { child, port, _folder: folder })
    }

    async fn cost(&self, counters: &Counters) -> Result<Cost, Failed> {
        counters.come().await;
        let (bytes_in, bytes_out) = (counters.value(BYTES_IN), counters.value(BYTES_OUT));
        let messages = counters.read.get() as f64;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        let peak_kb = peak.trim().trim_end_matches(" kB").trim().parse()?;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
        let cpu = (ticks(11) + ticks(12)) / TICKS;
        Ok(Cost { at: Instant::now(), bytes_in, bytes_out, messages, cpu, peak_kb })
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the broker has done up to a moment.
struct Cost {
    at: Instant,
    bytes_in: f64,
    bytes_out: f64,
    messages: f64,
    cpu: f64,
    peak_kb: u64,
}

struct Spent {
    seconds: f64,
    bytes_in: f64,
    bytes_out: f64,
    messages: f64,
    cpu: f64,
}

impl Cost {
    fn since(&self, before: &Cost) -> Spent {
        Spent {
            seconds: (self.at - before.at).as_secs_f64(),
            bytes_in: self.bytes_in - before.bytes_in,
            bytes_out: self.bytes_out - before.bytes_out,
            messages: self.messages - before.messages,
            cpu: self.cpu - before.cpu,
        }
    }
}

impl Spent {
    fn bytes(&self) -> f64 {
        self.bytes_in + self.bytes_out
    }

    fn print(&self, what: &str, devices: usize) {
        println!(
            "{what}: {:.0} s, {:.0} messages published ({:.0} a second), {:.1} kB in and {:.1} kB out for each device, broker {:.1} % of one core",
            self.seconds,
            self.messages,
            self.messages / self.seconds,
            self.bytes_in / devices as f64 / 1e3,
            self.bytes_out / devices as f64 / 1e3,
            100.0 * self.cpu / self.seconds,
        );
    }
}

/// What mosquitto says of itself, once a second, as a task of its own writes it down.
struct Counters {
    told: watch::Receiver<BTreeMap<String, f64>>,
    /// What a client that reads along has read. mosquitto's own count leaves out what is retained.
    read: Rc<Cell<u64>>,
}

const BYTES_IN: &str = "$SYS/broker/bytes/received";
const BYTES_OUT: &str = "$SYS/broker/bytes/sent";
const PACKETS: &str = "$SYS/broker/messages/received";
const CLIENTS: &str = "$SYS/broker/clients/connected";

impl Counters {
    async fn listen(port: u16, readers: usize) -> Result<Counters, Failed> {
        let (tell, told) = watch::channel(BTreeMap::new());
        listen(port, "counters", &[BYTES_IN, BYTES_OUT, PACKETS, CLIENTS], move |message| {
            if let Ok(value) = String::from_utf8_lossy(&message.payload).parse::<f64>() {
                tell.send_modify(|told| {
                    told.insert(String::from_utf8_lossy(&message.topic).into_owned(), value);
                });
            }
        });
        let mut counters = Counters { told, read: Rc::default() };
        for at in 0..readers {
            let read = (at == 0).then(|| counters.read.clone());
            listen(port, &format!("reader-{at}"), &["moodbox/#", "homeassistant/#"], move |_| {
                if let Some(read) = &read {
                    read.set(read.get() + 1);
                }
            });
        }
        counters.told.wait_for(|told| told.get(CLIENTS).is_some_and(|all| *all > readers as f64)).await?;
        Ok(counters)
    }

    /// A counter of the broker; none yet is nothing yet.
    fn value(&self, topic: &str) -> f64 {
        self.told.borrow().get(topic).copied().unwrap_or_default()
    }

    /// Waits for two more rounds of telling: what was under way is in them.
    async fn come(&self) {
        tokio::time::sleep(Duration::from_millis(2500)).await;
    }

    /// Waits until the devices have said what they had to say.
    async fn settle(&self) {
        let mut before = u64::MAX;
        while before != self.read.get() {
            before = self.read.get();
            self.come().await;
        }
    }
}

/// Listens to topics in a task of its own until the end.
fn listen(port: u16, name: &str, topics: &[&str], mut each: impl FnMut(&Publish) + 'static) {
    let mut options = MqttOptions::new(name, ("127.0.0.1", port));
    options.set_max_packet_size(1 << 20, 1 << 20);
    let (client, mut events) = AsyncClient::new(options, 16);
    let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
    tokio::task::spawn_local(async move {
        loop {
            match events.poll().await {
                Ok(rumqttc::Event::Incoming(Packet::ConnAck(_))) => {
                    for topic in &topics {
                        // There is room for all of them: nothing else is asked.
                        let _ = client.try_subscribe(topic, QoS::AtMostOnce);
                    }
                }
                Ok(rumqttc::Event::Incoming(Packet::Publish(message))) => each(&message),
                Ok(_) => {}
                // The broker is still starting.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
}
