//! The page's server over TCP, before the real core: a thread that steps it on the events that come.

mod story;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use moodbox::daemon::Observer;
use moodbox::kiosk::action::Action;
use moodbox::kiosk::event::{Event, Time};
use moodbox::kiosk::policy::Mode;
use moodbox::kiosk::{Settings, State, step};
use moodbox::onlook::Publisher;
use moodbox::panel::several::Latest;
use moodbox::panel::{Panel, Picture};
use moodbox::recommend::{Catalog, Item, Templates};
use moodbox::text::Language;
use moodbox::web::{self, Parts, StoredPassword, Watcher, WebSettings};
use serde_json::{Value, json};
use story::settings;

const PASSWORD: &str = "a long enough word";

struct Device {
    address: SocketAddr,
    queue: Sender<Event>,
    actions: crossbeam_channel::Receiver<Action>,
}

fn device(mode: Mode, password: Option<&str>) -> Device {
    let settings = Settings { mode, ..settings() };
    let (queue, events) = bounded::<Event>(64);
    let (done, actions) = bounded(1024);
    let (mut publisher, latest) = Publisher::new(&settings);
    let (mut watcher, shelves) = Watcher::new();
    std::thread::spawn(move || {
        let (mut state, start) = (State::new(settings), Instant::now());
        for event in events {
            let at = Time::ZERO + start.elapsed();
            watcher.event(at, &event);
            for action in step(&mut state, at, event) {
                let _ = done.send(action);
            }
            publisher.stepped(at, &state);
        }
    });
    let mut panel = Latest::new(8, 8);
    panel.show(&Picture::new(8, 8)).unwrap();
    let parts = Parts {
        queue: queue.clone(),
        latest,
        panel: Some(panel),
        shelves,
        language: Language::De,
        config: None,
        simulated: None,
    };
    let web = WebSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        password: password.map(|word| StoredPassword::make(word).unwrap()),
        names: vec!["moodbox.local".into()],
    };
    let (told, listening) = bounded(1);
    std::thread::spawn(move || web::serve(&web, parts, |address| told.send(address).unwrap()));
    let address = listening.recv_timeout(Duration::from_secs(20)).expect("the server listens");
    Device { address, queue, actions }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Device {
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        if !body.is_empty() {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        write!(stream, "{request}\r\n{body}").unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: all[end + 4..].to_vec() }
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    fn csrf(&self) -> String {
        self.get("/api/session").json()["csrf"].as_str().unwrap().to_owned()
    }

    fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[("X-CSRF-Token", &self.csrf())], Some(body))
    }

    /// Waits until the core has come so far.
    fn until(&self, told: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let state = self.get("/api/state").json();
            if told(&state) {
                return state;
            }
            assert!(Instant::now() < end, "{state}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn with_songs(self) -> Device {
        let song = |name: &str, genre: &str| Item {
            id: format!("{name}.ogg"),
            title: name.into(),
            genres: vec![genre.into()],
            length: Some(Duration::from_secs(100)),
            ..Item::default()
        };
        let music = vec![song("one", "pop"), song("two", "rock"), song("three", "nobody knows")];
        self.queue.send(Event::Templates(Arc::new(Templates::shipped()))).unwrap();
        let catalog = Catalog { music: music.into(), ..Catalog::default() };
        self.queue.send(Event::Catalog(Arc::new(catalog))).unwrap();
        self
    }
}

#[test]
fn the_page_and_its_parts_come_with_a_strict_policy() {
    let device = device(Mode::Household, None);
    for path in ["/", "/assets/page.js", "/assets/page.css", "/api/state", "/nowhere"] {
        let answer = device.get(path);
        assert_eq!(answer.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    let panel = device.get("/api/panel.png");
    assert!(panel.body.starts_with(b"\x89PNG") && panel.header("content-type") == Some("image/png"));
    assert_eq!(device.get("/api/device").status, 404, "a real device has no simulated button");
}

#[test]
fn a_foreign_name_for_the_device_is_not_answered() {
    let device = device(Mode::Household, None);
    for (host, status) in
        [("evil.example", 421), ("localhost.evil.example", 421), ("moodbox.local:1", 200), ("localhost", 200)]
    {
        assert_eq!(device.send("GET", "/api/state", &[("Host", host)], None).status, status, "{host}");
    }
}

#[test]
fn a_change_needs_the_word_of_the_session_and_our_own_origin() {
    let device = device(Mode::Household, None);
    let word = device.csrf();
    let volume = |headers: &[(&str, &str)]| {
        device.send("POST", "/api/volume", headers, Some(json!({ "percent": 13 }))).status
    };
    assert_eq!(volume(&[]), 403);
    assert_eq!(volume(&[("X-CSRF-Token", "guess")]), 403);
    assert_eq!(volume(&[("X-CSRF-Token", &word), ("Origin", "http://evil.example")]), 403);
    assert_eq!(volume(&[("X-CSRF-Token", &word), ("Origin", "null")]), 403);
    assert_eq!(volume(&[("X-CSRF-Token", &word), ("Sec-Fetch-Site", "cross-site")]), 403);
    assert_ne!(device.get("/api/state").json()["volume"], 13);
    let origin = format!("http://{}", device.address);
    assert_eq!(volume(&[("X-CSRF-Token", &word), ("Origin", &origin)]), 202);
    device.until(|state| state["volume"] == 13);
}

#[test]
fn the_levers_of_the_page_reach_the_core() {
    let device = device(Mode::Household, None).with_songs();
    assert_eq!(device.post("/api/mood", json!({ "mood": "happy" })).status, 202);
    let state = device.until(|state| state["phase"] == "playing");
    assert_eq!((&state["mood"]["mood"], &state["mood"]["by"]), (&json!("happy"), &json!("page")));
    assert_eq!(device.post("/api/stop", json!({})).status, 202);
    device.until(|state| state["phase"] == "stopping");
    let cap = state["volume_cap"].as_u64().unwrap();
    let over = device.post("/api/volume", json!({ "percent": cap + 1 }));
    assert_eq!(over.status, 422);
    assert!(over.json()["error"].as_str().unwrap().contains(&cap.to_string()));
    assert_eq!(device.post("/api/mood", json!({ "mood": "hungry" })).status, 422);
    assert_eq!(device.send("PUT", "/api/mood", &[("X-CSRF-Token", &device.csrf())], None).status, 405);
}

#[test]
fn in_public_and_at_work_the_page_never_opens_the_camera() {
    for mode in [Mode::Public, Mode::Workplace] {
        let device = device(mode, None).with_songs();
        let press = device.post("/api/press", json!({})).status;
        assert_eq!(press, if mode == Mode::Public { 403 } else { 202 }, "{mode:?}");
        // What the core did with all that came before this stands in the queue before this.
        assert_eq!(device.post("/api/volume", json!({ "percent": 7 })).status, 202);
        device.until(|state| state["volume"] == 7);
        let opened = device.actions.try_iter().any(|action| matches!(action, Action::Capture));
        assert!(!opened, "{mode:?} opened the camera");
    }
    let home = device(Mode::Household, None);
    assert_eq!(home.post("/api/press", json!({})).status, 202);
    home.until(|state| state["phase"] == "looking");
    assert!(home.actions.try_iter().any(|action| matches!(action, Action::Capture)));
}

#[test]
fn with_a_password_strangers_see_nothing_and_the_right_word_opens_a_session() {
    let device = device(Mode::Household, Some(PASSWORD));
    for path in ["/api/state", "/api/events", "/api/panel.png", "/api/library", "/api/health"] {
        assert_eq!(device.get(path).status, 401, "{path}");
    }
    assert_eq!(device.get("/").status, 200, "the page that asks for the password");
    assert_eq!(device.get("/api/session").json()["login"], true);
    assert_eq!(device.post("/api/next", json!({})).status, 401);

    assert_eq!(device.post("/api/session", json!({ "password": "wrong" })).status, 401);
    let granted = device.post("/api/session", json!({ "password": PASSWORD }));
    assert_eq!(granted.status, 200);
    let cookie = granted.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let word = granted.json()["csrf"].as_str().unwrap().to_owned();
    assert_eq!(device.send("GET", "/api/state", &[("Cookie", cookie)], None).status, 200);
    let next = |word: &str| {
        device.send("POST", "/api/next", &[("Cookie", cookie), ("X-CSRF-Token", word)], None).status
    };
    assert_eq!((next(&device.csrf()), next(&word)), (403, 202), "each session has a word of its own");

    assert_eq!(
        device.send("DELETE", "/api/session", &[("Cookie", cookie), ("X-CSRF-Token", &word)], None).status,
        204
    );
    assert_eq!(device.send("GET", "/api/state", &[("Cookie", cookie)], None).status, 401);

    let bearer = format!("Bearer {PASSWORD}");
    assert_eq!(device.send("POST", "/api/next", &[("Authorization", &bearer)], None).status, 202);
}

#[test]
fn whoever_guesses_passwords_has_to_wait() {
    let device = device(Mode::Household, Some(PASSWORD));
    let guess = || device.post("/api/session", json!({ "password": "wrong" }));
    let end = (0..30).map(|_| guess()).find(|answer| answer.status != 401).expect("patience ends");
    assert_eq!(end.status, 429);
    assert!(end.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
}

#[test]
fn the_library_is_listed_searched_and_says_what_is_unknown() {
    let device = device(Mode::Household, None).with_songs();
    assert_eq!(device.post("/api/volume", json!({ "percent": 9 })).status, 202);
    device.until(|state| state["volume"] == 9);
    let all = device.get("/api/library").json();
    assert_eq!((&all["total"], &all["found"], &all["unknown"]), (&json!(3), &json!(3), &json!(1)));
    assert!(!all.to_string().contains(".ogg"), "no path is told: {all}");
    let found = device.get("/api/library?search=TW").json();
    assert_eq!((&found["found"], &found["items"][0]["title"]), (&json!(1), &json!("two")));
    let unknown = device.get("/api/library?unknown=true").json();
    assert_eq!(unknown["items"][0]["title"], "three");
    assert_eq!(device.get("/api/library?kind=books").status, 400);
}

#[test]
fn a_page_that_listens_is_told_of_a_change_at_once() {
    let device = device(Mode::Household, None);
    let mut stream = TcpStream::connect(device.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", device.address).unwrap();
    let mut heard = String::new();
    let mut hear = |wanted: &str| {
        let mut some = [0; 4096];
        while !heard.contains(wanted) {
            let many = stream.read(&mut some).unwrap();
            assert!(many > 0, "the stream ended without {wanted}: {heard}");
            heard += &String::from_utf8_lossy(&some[..many]);
        }
    };
    hear("event: snapshot");
    hear("event: panel");
    device.queue.send(Event::Ask(moodbox::kiosk::event::Ask::Volume(21))).unwrap();
    hear("\"volume\":21");
}

#[test]
fn somebody_who_sends_nothing_keeps_nobody_waiting() {
    let device = device(Mode::Household, None);
    let silent: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(device.address).unwrap()).collect();
    assert_eq!(device.get("/api/state").status, 200);
    drop(silent);
}
