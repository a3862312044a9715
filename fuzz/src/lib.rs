//! What each fuzz target does with its bytes. `tests/fuzz_seeds.rs` runs the same functions over the seeds.
//!
//! A target may find its input wrong as much as it likes. It must not panic, hang, or take memory without a
//! bound.

use std::io::Write;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use moodbox::config::WebSettings;
use moodbox::library::listing::Setter;
use moodbox::observers::Publisher;
use moodbox::observers::mqtt::home::{Command, Home, Published};
use moodbox::observers::web::{Page, Papers, Parts, Watcher};
use moodbox::ports::camera::bayer::{Bayer, Order, Packing};
use moodbox::ports::camera::formats::{LARGEST_SIDE, Rgb, to_rgb};
use moodbox::ports::camera::{Frame, PixelFormat};
use moodbox::ports::music::{Address, Mpd, Music, MusicSettings};
use moodbox::ports::video::{Mpv, Video, VideoSettings};
use moodbox::ports::vision::sidecar::Sidecar;
use moodbox::ports::vision::{check_sum, face, tensor};
use moodbox::{config, daemon::Observer, library, ports::video};
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::kiosk::{Settings, State, step};
use moodbox_core::mood::{Decision, DecisionRule, StrengthLimits, Thresholds};
use moodbox_core::recommend::{History, Kind, Templates};
use tokio::runtime::Runtime;

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

/// A folder of this process, in memory where the system has such a place: what is written there is synced.
fn folder() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let make = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    FOLDER.get_or_init(make).path().to_owned()
}

/// One end of a connection whose other end has said these bytes and no more will come. The other end comes
/// with it and takes what is said to it, as long as it is there.
fn said(data: &[u8]) -> (UnixStream, UnixStream) {
    let (ours, mut theirs) = UnixStream::pair().expect("a connection");
    // What does not fit is left out: all inputs are shorter than what the system keeps for a reader.
    theirs.set_nonblocking(true).expect("a socket");
    let _ = theirs.write_all(data);
    let _ = theirs.shutdown(Shutdown::Write);
    (ours, theirs)
}

/// What an MPD says, from its greeting on, to a client that asks for all that moodbox asks for.
pub fn mpd(data: &[u8]) {
    let address = Address::Unix(PathBuf::from("/nonexistent/mpd"));
    let settings = MusicSettings { exchange: SHORT, ..MusicSettings::new(address) };
    let mut player = Mpd::new(settings);
    let (stream, _server) = said(data);
    if player.connect_over(stream).is_ok() {
        let _ = player.status();
        let _ = player.play(&["a.ogg".to_owned()], 40);
        let _ = player.next(true);
        let _ = player.like("a.ogg");
        let _ = player.stop(false);
    }
    let (stream, _server) = said(data);
    if let Ok(mut watcher) = player.watcher_over(stream) {
        let _ = watcher.catalog();
        let _ = watcher.wait();
    }
}

/// What an mpv says.
pub fn mpv(data: &[u8]) {
    static STILL: OnceLock<PathBuf> = OnceLock::new();
    let still = STILL.get_or_init(|| std::env::current_exe().expect("this program")).clone();
    let settings = VideoSettings {
        // Any file that is there: nothing opens it.
        still: Some(still.clone()),
        exchange: SHORT,
        ..VideoSettings::new(folder().join("runtime"))
    };
    let mut player = Mpv::new(settings);
    let (stream, _server) = said(data);
    let (wake, _woken) = crossbeam_channel::bounded(1);
    if player.open_over(stream, wake).is_ok() {
        let _ = player.play(&[still.to_string_lossy().into_owned()], 30, true);
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
    let _ = config::known_of(&text(data));
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
    let text = text(data);
    if let Ok(sounds) = library::feature_cache::Sounds::from_json(&text) {
        let again = library::feature_cache::Sounds::from_json(&sounds.to_json())
            .expect("what was written can be read");
        assert_eq!(again.len(), sounds.len());
    }
    if let Ok(feelings) = library::feelings::Feelings::from_json(&text) {
        let mut items = [moodbox_core::recommend::Item { id: "/a.mkv".to_owned(), ..Default::default() }];
        feelings.put_on(&mut items);
        if let Some(feeling) = items[0].feeling {
            assert!(feeling.valence.abs() <= 1.0 && feeling.arousal.abs() <= 1.0);
        }
    }
}

pub fn sidecar(data: &[u8]) {
    if let Ok(sidecar) = Sidecar::parse(&text(data)) {
        sidecar.heads().expect("it was checked");
    }
}

/// A model file, as far as it is looked at before the tensor library gets it: none but the one that is meant.
pub fn model(data: &[u8]) {
    if tensor::identify(data).is_ok() {
        assert!(check_sum(Path::new("model.tflite"), data, face::SHA256).is_err());
    }
}

pub fn nfo(data: &[u8]) {
    let _ = video::nfo::parse(data);
}

fn settings() -> Settings {
    let text = "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[music]\n";
    let judge = DecisionRule {
        decision: Decision { margin: 0.1, other: None, threshold: Thresholds::all(0.5) },
        strength: StrengthLimits { clear: 0.7, strong: 0.9 },
    };
    config::parse(text, "a kiosk").expect("the shortest configuration is one").settings(judge)
}

/// A page that nobody listens for, and what a change has to repeat.
struct Site {
    page: Page,
    runtime: Runtime,
    csrf: Vec<u8>,
}

impl Site {
    fn new() -> Site {
        let settings = settings();
        let (queue, events) = crossbeam_channel::bounded::<Event>(64);
        let (mut publisher, latest) = Publisher::new(&settings);
        let (mut watcher, library) = Watcher::new();
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
            library,
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
        let page = Page::new(&web, parts).expect("the system has random numbers");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut site = Site { page, runtime, csrf: Vec::new() };
        let answer = site.ask(b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = text(&answer);
        let word = answer.split("\"csrf\":\"").nth(1).and_then(|rest| rest.split('"').next());
        site.csrf = word.expect("the page says the word").as_bytes().to_owned();
        site
    }

    /// What the page answers, until it closes the connection or falls silent.
    fn ask(&self, request: &[u8]) -> Vec<u8> {
        let (server, client) = said(request);
        server.set_nonblocking(true).expect("a socket");
        let mut answer = Vec::new();
        self.runtime.block_on(async {
            let server = tokio::net::UnixStream::from_std(server).expect("a socket");
            let client = tokio::net::UnixStream::from_std(client).expect("a socket");
            let read = async {
                let mut chunk = [0; 4096];
                // A stream of events never ends.
                while let Ok(Ok(())) = tokio::time::timeout(SHORT / 10, client.readable()).await {
                    match client.try_read(&mut chunk) {
                        Ok(count) if count > 0 => answer.extend_from_slice(&chunk[..count]),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        _ => break,
                    }
                }
            };
            tokio::pin!(read);
            let closed = tokio::select! {
                () = self.page.attend(server, IpAddr::from([127, 0, 0, 1])) => true,
                () = &mut read => false,
            };
            // What was written before that has still to be read.
            if closed {
                read.await;
            }
        });
        answer
    }
}

/// What stands for the CSRF token, which is another in each process.
const WORD: &[u8] = b"@csrf@";

/// A connection to the page: the bytes as they come off the wire, before a core that runs.
pub fn api(data: &[u8]) {
    static SITE: OnceLock<Site> = OnceLock::new();
    let site = SITE.get_or_init(Site::new);
    let mut request = Vec::with_capacity(data.len() + site.csrf.len());
    let mut rest = data;
    while let Some(at) = rest.windows(WORD.len()).position(|window| window == WORD) {
        request.extend_from_slice(&rest[..at]);
        request.extend_from_slice(&site.csrf);
        rest = &rest[at + WORD.len()..];
    }
    request.extend_from_slice(rest);
    let answer = site.ask(&request);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."));
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
            publish: Published::ALL.into_iter().collect(),
            commands: Command::ALL.into_iter().collect(),
            sensors: [("watch".to_owned(), "home/watch/mood".to_owned())].into(),
            about: Default::default(),
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
