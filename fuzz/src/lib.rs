//! What each fuzz target does with its bytes. `tests/fuzz_seeds.rs` runs the same functions over the seeds.
//!
//! A target may find its input wrong as much as it likes. It must not panic, hang, or take memory without a
//! bound.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use moodbox::camera::bayer::{Bayer, Order, Packing};
use moodbox::camera::formats::{LARGEST_SIDE, Rgb, to_rgb};
use moodbox::camera::{Frame, PixelFormat};
use moodbox::fleet::home::{Command, Home, Told};
use moodbox::kiosk::event::Event;
use moodbox::kiosk::snapshot::Snapshot;
use moodbox::kiosk::{Settings, State, step};
use moodbox::library::listing::Setter;
use moodbox::mood::{Decision, Judge, StrengthLimits, Thresholds};
use moodbox::music::{Address, Mpd, Music, MusicSettings};
use moodbox::onlook::Publisher;
use moodbox::recommend::{History, Kind, Templates};
use moodbox::video::{Mpv, Video, VideoSettings};
use moodbox::vision::sidecar::Sidecar;
use moodbox::vision::tensor::read_model;
use moodbox::web::{self, Papers, Parts, Watcher, WebSettings};
use moodbox::{config, daemon::Observer, library, video};

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder of seeds.
pub const TARGETS: [(&str, Target); 13] = [
    ("frames", frames),
    ("mjpg", mjpg),
    ("mpd", mpd),
    ("mpv", mpv),
    ("config", configuration),
    ("template", template),
    ("history", history),
    ("sounds", sounds),
    ("sidecar", sidecar),
    ("model", model),
    ("nfo", nfo),
    ("api", api),
    ("mqtt", mqtt),
];

/// No answer of a server in these targets is waited for longer.
const SHORT: Duration = Duration::from_millis(200);

/// A frame of any format, size and stride. Eight bytes say which; the rest is repeated to the length that the
/// ninth and tenth ask for.
pub fn frames(data: &[u8]) {
    let [format, w0, w1, h0, h1, s0, s1, s2, many, more, rest @ ..] = data else { return };
    let orders = [Order::Rggb, Order::Grbg, Order::Gbrg, Order::Bggr];
    let format = match format % 16 {
        0 => PixelFormat::Yuyv,
        1 => PixelFormat::Nv12,
        2 => PixelFormat::Yu12,
        3 => PixelFormat::Grey,
        4 => PixelFormat::Rgb3,
        5 => PixelFormat::Bgr3,
        other => {
            let packing = match other {
                6 => Packing::Bits8,
                7 => Packing::Packed10,
                8 => Packing::Packed12,
                _ => Packing::Wide(other + 1),
            };
            PixelFormat::Bayer(Bayer { order: orders[usize::from(format / 16 % 4)], packing })
        }
    };
    let number = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]));
    let (width, height) = (number(w0, w1), number(h0, h1));
    let stride = u32::from_le_bytes([*s0, *s1, *s2, 0]);
    let length = (number(many, more) as usize * 16).max(rest.len());
    let bytes: Vec<u8> =
        rest.iter().copied().cycle().take(if rest.is_empty() { 0 } else { length }).collect();
    picture(width, height, stride, format, &bytes);
}

/// A frame of a camera that sends JPEG. Four bytes say the size that was agreed on.
pub fn mjpg(data: &[u8]) {
    let [w0, w1, h0, h1, rest @ ..] = data else { return };
    let (width, height) = (u16::from_le_bytes([*w0, *w1]), u16::from_le_bytes([*h0, *h1]));
    picture(width.into(), height.into(), 0, PixelFormat::Mjpg, rest);
}

fn picture(width: u32, height: u32, stride: u32, format: PixelFormat, bytes: &[u8]) {
    let mut frame = Frame::new();
    frame.fill(width, height, stride, format, bytes);
    let mut rgb = Rgb::new();
    if to_rgb(&frame, &mut rgb).is_ok() {
        assert!(
            (1..=LARGEST_SIDE + 16).contains(&rgb.width) && (1..=LARGEST_SIDE + 16).contains(&rgb.height)
        );
        assert_eq!(rgb.data.len(), rgb.width as usize * rgb.height as usize * 3);
        assert!(rgb.brightness().is_finite());
    }
}

/// A folder of this process.
fn folder() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder")).path().to_owned()
}

/// A server at a socket that says the bytes to whoever connects, and closes.
fn say(name: &str, data: &[u8]) -> PathBuf {
    type Said = &'static Mutex<Vec<u8>>;
    static SERVERS: Mutex<Vec<(String, Said)>> = Mutex::new(Vec::new());
    let socket = folder().join(name);
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let said = match servers.iter().find(|(known, _)| known == name) {
        Some((_, said)) => *said,
        None => {
            let said: Said = Box::leak(Box::default());
            let listener = UnixListener::bind(&socket).expect("a socket");
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let Ok(mut stream) = stream else { continue };
                    let bytes = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let _ = stream.set_write_timeout(Some(SHORT));
                    let _ = stream.write_all(&bytes);
                }
            });
            servers.push((name.to_owned(), said));
            said
        }
    };
    *said.lock().unwrap_or_else(PoisonError::into_inner) = data.to_owned();
    socket
}

/// What an MPD says, from its greeting on, to a client that asks for all that moodbox asks for.
pub fn mpd(data: &[u8]) {
    let settings = MusicSettings { exchange: SHORT, ..MusicSettings::new(Address::Unix(say("mpd", data))) };
    let mut player = Mpd::new(settings);
    if player.connect().is_ok() {
        let _ = player.status();
        let _ = player.play(&["a.ogg".to_owned()], 40);
        let _ = player.next(true);
        let _ = player.like("a.ogg");
        let _ = player.stop();
    }
    let mut watcher = player.watcher();
    if watcher.connect().is_ok() {
        let _ = watcher.catalog();
        let _ = watcher.wait();
    }
}

/// What an mpv says.
pub fn mpv(data: &[u8]) {
    let socket = say("mpv", data);
    let settings = VideoSettings {
        socket: Some(socket),
        exchange: SHORT,
        ..VideoSettings::new(folder().join("runtime"))
    };
    let mut player = Mpv::new(settings);
    let (wake, _woken) = crossbeam_channel::bounded(1);
    if player.open(wake).is_ok() {
        let _ = player.play(&["/a.mkv".to_owned()], 0, true);
    }
    let _ = player.status();
    let _ = player.next();
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

pub fn configuration(data: &[u8]) {
    if let Err(error) = config::parse(&text(data), "fuzz") {
        assert!(!error.to_string().is_empty());
    }
    let _ = config::panel_alone(&text(data));
}

pub fn template(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    let kind = if kind % 2 == 0 { Kind::Music } else { Kind::Video };
    if let Err(problems) = Templates::parse(kind, &text(rest)) {
        assert!(!problems.is_empty());
    }
}

/// A history that is read is written and read back the same.
pub fn history(data: &[u8]) {
    if let Ok(history) = History::from_json(&text(data)) {
        let again = History::from_json(&history.to_json()).expect("what was written can be read");
        assert_eq!(again.to_json(), history.to_json());
    }
}

/// What was measured of sounds, and what a person set for videos.
pub fn sounds(data: &[u8]) {
    let file = folder().join("sounds.json");
    std::fs::write(&file, data).expect("a file");
    let _ = library::sounds::peek(&file);
    let mut items = [moodbox::recommend::Item::default()];
    let (feelings, _) = library::feelings::load(&file);
    feelings.put_on(&mut items);
    let _ = std::fs::remove_file(&file);
    let _ = std::fs::remove_file(folder().join("sounds.json.broken-1"));
}

pub fn sidecar(data: &[u8]) {
    let file = folder().join("mood.toml");
    std::fs::write(&file, data).expect("a file");
    if let Ok(sidecar) = Sidecar::read(&file) {
        let _ = sidecar.moods();
    }
}

/// A model file, as far as it is looked at before the tensor library verifies it.
pub fn model(data: &[u8]) {
    let file = folder().join("mood.tflite");
    std::fs::write(&file, data).expect("a file");
    if let Ok(bytes) = read_model(&file) {
        assert_eq!(bytes, data);
    }
}

pub fn nfo(data: &[u8]) {
    let _ = video::nfo::parse(data);
}

fn settings() -> Settings {
    let text = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[music]\n";
    let judge = Judge {
        decision: Decision { margin: 0.1, threshold: Thresholds::all(0.5) },
        strength: StrengthLimits { clear: 0.7, strong: 0.9 },
    };
    config::parse(text, "a kiosk").expect("the shortest configuration is one").settings(judge)
}

/// A connection to the page: the bytes as they come off the wire, before a core that runs.
pub fn api(data: &[u8]) {
    static PAGE: OnceLock<SocketAddr> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let settings = settings();
        let (queue, events) = crossbeam_channel::bounded::<Event>(64);
        let (mut publisher, latest) = Publisher::new(&settings);
        let (mut watcher, shelves) = Watcher::new();
        std::thread::spawn(move || {
            let (mut state, start) = (State::new(settings), Instant::now());
            for event in events {
                watcher.event(start.elapsed(), &event);
                let _ = step(&mut state, start.elapsed(), event);
                publisher.stepped(start.elapsed(), &state);
            }
        });
        let parts = Parts {
            queue,
            latest,
            panel: None,
            shelves,
            config: None,
            papers: Papers {
                settings: None,
                changes: (folder().join("settings.toml"), Default::default()),
                templates: None,
                page_templates: folder().join("templates"),
                moods: None,
                setter: Setter { music: None, videos: folder().join("feelings.json") },
                card: folder().join("card.md"),
            },
            simulated: None,
        };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let web = WebSettings { listen, password: None, names: Vec::new() };
        let (told, listening) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || {
            web::serve(&web, parts, |address| told.send(address).expect("it is waited for"))
        });
        listening.recv().expect("the page listens")
    });
    let mut stream = TcpStream::connect(page).expect("the page takes connections");
    let _ = stream.set_read_timeout(Some(SHORT));
    let _ = stream.set_write_timeout(Some(SHORT));
    let _ = stream.write_all(data);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // What follows of an answer that never ends (the stream of events) is not waited for.
    let _ = stream.read(&mut [0; 4096]);
}

/// A message of the broker: which topic, whether it is retained, and what it says.
pub fn mqtt(data: &[u8]) {
    static SNAPSHOT: OnceLock<(Home, Snapshot)> = OnceLock::new();
    let [topic, retained, payload @ ..] = data else { return };
    let (home, snapshot) = SNAPSHOT.get_or_init(|| {
        let home = Home {
            id: "kiosk".into(),
            name: "Kiosk".into(),
            discovery: Some("homeassistant".into()),
            publish: Told::ALL.into_iter().collect(),
            commands: Command::ALL.into_iter().collect(),
            sensors: [("watch".to_owned(), "home/watch/mood".to_owned())].into(),
        };
        (home, Snapshot::of(&State::new(settings()), Duration::ZERO))
    });
    let topics = home.subscriptions();
    let named = text(payload);
    let topic = topics.get(usize::from(*topic) % (topics.len() + 1)).unwrap_or(&named);
    match home.event(topic, payload, retained % 2 == 1, snapshot) {
        Ok(event) => {
            let mut state = State::new(settings());
            let _ = step(&mut state, Duration::ZERO, event);
        }
        Err(refused) => assert!(refused.to_string().len() < 512),
    }
}
