//! The page's server over TCP, before the real core: a thread that steps it on the events that come.

use crate::scenario;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use moodbox::config::WebSettings;
use moodbox::config::password::StoredPassword;
use moodbox::config::{self, Changes};
use moodbox::daemon::Observer;
use moodbox::library::listing::Setter;
use moodbox::observers::Publisher;
use moodbox::observers::mood_log;
use moodbox::observers::web::{self, Papers, Parts, Watcher};
use moodbox::ports::music::{Address, MusicSettings};
use moodbox::ports::panel::tee::Latest;
use moodbox::ports::panel::{Panel, Picture};
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::{Event, Time};
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::{Settings, State, step};
use moodbox_core::recommend::{Catalog, Item, Templates};
use scenario::settings;
use serde_json::{Value, json};

const PASSWORD: &str = "a long enough word";

struct Device {
    address: SocketAddr,
    queue: Sender<Event>,
    actions: crossbeam_channel::Receiver<Action>,
    /// What the page reads and writes.
    place: tempfile::TempDir,
}

fn device(mode: Mode, password: Option<&str>) -> Device {
    device_with(mode, password, None)
}

/// With a server of music, which nobody answers for.
fn device_with_music() -> Device {
    let music = MusicSettings::new(Address::Tcp { host: "127.0.0.1".into(), port: 1 });
    device_with(Mode::Household, None, Some(music))
}

fn device_with(mode: Mode, password: Option<&str>, music: Option<MusicSettings>) -> Device {
    let settings = Settings { mode, ..settings() };
    let (queue, events) = bounded::<Event>(64);
    let (done, actions) = bounded(1024);
    let (mut publisher, latest) = Publisher::new(&settings);
    let (watcher, library) = Watcher::new();
    let mut observers: Vec<Box<dyn Observer + Send>> = vec![Box::new(watcher)];
    let place = tempfile::tempdir().unwrap();
    let mut papers = papers(place.path(), &mut observers);
    let page_radio = Some(place.path().join("state/radio.toml"));
    papers.setter.music = music.map(|music| MusicSettings { page_radio, ..music });
    std::thread::spawn(move || {
        let (mut state, start) = (State::new(settings), Instant::now());
        for event in events {
            let at = Time::ZERO + start.elapsed();
            observers.iter_mut().for_each(|observer| observer.event(at, &event));
            for action in step(&mut state, at, event) {
                observers.iter_mut().for_each(|observer| observer.action(at, &action));
                let _ = done.send(action);
            }
            observers.iter_mut().for_each(|observer| observer.stepped(at, &state));
            publisher.stepped(at, &state);
        }
    });
    let mut panel = Latest::new(8, 8);
    panel.show(&Picture::new(8, 8)).unwrap();
    let parts = Parts {
        queue: queue.clone(),
        latest,
        panel: Some(panel),
        library,
        config: None,
        papers,
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
    Device { address, queue, actions, place }
}

/// A configuration, its folder of templates with one template in it, and moods that are kept for a month.
fn papers(place: &Path, observers: &mut Vec<Box<dyn Observer + Send>>) -> Papers {
    let file = place.join("moodbox.toml");
    std::fs::write(&file, config::DEFAULT).unwrap();
    std::fs::create_dir_all(place.join("own/music")).unwrap();
    std::fs::write(place.join("own/music/sad.toml"), "volume = 12\n").unwrap();
    let (moods, noter, keep) =
        mood_log::keeper(place.join("state/moods.csv"), 30, |became| panic!("{became}"));
    std::thread::spawn(keep);
    observers.push(Box::new(noter));
    Papers {
        settings: Some(file),
        changes: (place.join("state/settings.toml"), Changes::default()),
        templates: Some(place.join("own")),
        page_templates: place.join("state/templates"),
        moods: Some(moods),
        setter: Setter { music: None, videos: place.join("state/feelings.json") },
        card: "models/MODEL_CARD.md".into(),
    }
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
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let length = body.len().to_string();
        let of_body = [("Content-Type", "application/json"), ("Content-Length", length.as_str())];
        let of_body = if body.is_empty() { &[][..] } else { &of_body };
        self.send_raw(method, path, &[headers, of_body].concat(), body.as_bytes())
    }

    /// With no header for the body but those given. Who is refused early need not be sent all of it.
    fn send_raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        write!(stream, "{request}\r\n").unwrap();
        let _ = stream.write_all(body);
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
    for path in ["/api/device/frame", "/api/device/camera", "/api/device/button"] {
        let body = json!({ "page": true, "edge": "down" });
        assert!(matches!(device.post(path, body).status, 404 | 422), "{path}");
    }
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
fn a_change_needs_the_csrf_token_and_our_own_origin() {
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
    // Without a body, as /api/next and the like; generated clients name the type of one all the same.
    let headers = [("X-CSRF-Token", &*home.csrf()), ("Content-Type", "application/json")];
    assert_eq!(home.send("POST", "/api/press", &headers, None).status, 202);
    home.until(|state| state["phase"] == "looking");
    assert!(home.actions.try_iter().any(|action| matches!(action, Action::Capture)));
}

#[test]
fn with_a_password_strangers_see_nothing_and_the_right_word_opens_a_login() {
    let device = device(Mode::Household, Some(PASSWORD));
    let described = device.get("/api/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    assert!(paths.len() > 40);
    for (path, methods) in
        paths.iter().filter(|(path, _)| *path != "/api/session" && *path != "/api/openapi.json")
    {
        let path = path.replace("{kind}", "music").replace("{mood}", "sad").replace("{number}", "0");
        for method in methods.as_object().unwrap().keys() {
            let odd = [format!("/{path}"), format!("/assets/..{path}"), format!("/api/session/..{path}")];
            for spelled in [&path].into_iter().chain(&odd) {
                let answer = device.send(&method.to_uppercase(), spelled, &[], None);
                assert!(
                    matches!(answer.status, 401 | 403 | 404 | 405),
                    "{method} {spelled}: {}",
                    answer.status
                );
                assert!(answer.status == 401 || *spelled != path, "{method} {path}: {}", answer.status);
            }
        }
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
    assert_eq!((next(&device.csrf()), next(&word)), (403, 202), "each login has a token of its own");

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
    device.queue.send(Event::RemoteCommand(moodbox_core::kiosk::event::RemoteCommand::Volume(21))).unwrap();
    hear("\"volume\":21");
}

#[test]
fn somebody_who_sends_nothing_keeps_nobody_waiting() {
    let device = device(Mode::Household, None);
    let silent: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(device.address).unwrap()).collect();
    assert_eq!(device.get("/api/state").status, 200);
    drop(silent);
}

#[test]
fn a_template_is_checked_tried_saved_and_taken_back_and_the_core_hears_of_it() {
    let device = device(Mode::Household, None).with_songs();
    let sad = "/api/templates/music/sad";
    let told = device.get(sad).json();
    assert_eq!(
        (&told["text"], &told["own"], &told["configured"]),
        (&json!("volume = 12\n"), &json!(false), &json!(true))
    );
    assert_eq!(device.get("/api/templates").json()["templates"].as_array().unwrap().len(), 14);

    let tried = device.post("/api/templates/music/sad/try", json!({ "text": "\nvolum = 3" })).json();
    assert_eq!((&tried["problems"][0]["line"], &tried["problems"][0]["column"]), (&json!(2), &json!(1)));
    assert!(tried["problems"][0]["cure"].as_str().unwrap().contains("volume"), "{tried}");
    assert_eq!(device.post(sad, json!({ "text": "volum = 3" })).status, 422, "what is wrong is not saved");

    let journey = "mode.journey = { from = [-0.8, -0.4], to = [0.6, 0.2], steps = 3 }\n";
    let tried = device.post("/api/templates/music/sad/try", json!({ "text": journey })).json();
    assert_eq!(tried["problems"], json!([]), "{tried}");
    assert!((tried["to"]["valence"].as_f64().unwrap() - 0.6).abs() < 1e-6, "{tried}");
    assert!(tried["items"].as_array().unwrap().iter().all(|item| !item["why"].as_str().unwrap().is_empty()));
    assert!(!tried["items"].as_array().unwrap().is_empty(), "{tried}");

    let saved = device.post(sad, json!({ "text": "volume = 20\n" })).json();
    assert_eq!((&saved["own"], &saved["undo"]), (&json!(true), &json!(1)));
    assert_eq!(
        std::fs::read_to_string(device.place.path().join("own/music/sad.toml")).unwrap(),
        "volume = 12\n"
    );
    assert_eq!(device.post("/api/mood", json!({ "mood": "sad" })).status, 202);
    device.until(|state| state["volume"] == 20);
    let undone = device.post("/api/templates/music/sad/undo", json!({})).json();
    assert_eq!((&undone["text"], &undone["own"]), (&json!("volume = 12\n"), &json!(false)));
    assert_eq!(device.post("/api/templates/music/sad/undo", json!({})).status, 409);
    assert_eq!(device.get("/api/templates/music/hungry").status, 404);
    assert_eq!(device.get("/api/templates/books/sad").status, 404);
}

#[test]
fn what_is_no_text_in_the_place_of_a_template_is_replaced_on_the_page_and_not_lost() {
    let device = device(Mode::Household, None);
    let folder = device.place.path().join("state/templates/music");
    std::fs::create_dir_all(folder.join("sad.toml/within")).unwrap();
    std::fs::write(folder.join("happy.toml"), b"# fr\xf6hlich\nvolume = 20\n").unwrap();
    std::os::unix::fs::symlink("angry.toml", folder.join("angry.toml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("fear.toml")).unwrap();
    for mood in ["sad", "happy", "angry", "fear"] {
        let address = format!("/api/templates/music/{mood}");
        let told = device.get(&address);
        assert_eq!((told.status, &told.json()["own"]), (200, &json!(false)), "{mood}");
        assert_eq!(device.get("/api/backup").status, 200);
        let saved = device.post(&address, json!({ "text": "volume = 20\n" })).json();
        assert_eq!(saved["own"], true, "{mood}: {saved}");
        let file = folder.join(format!("{mood}.toml"));
        assert_eq!(std::fs::read_to_string(file).unwrap(), "volume = 20\n");
        assert!(folder.join(format!("{mood}.toml.broken-1")).symlink_metadata().is_ok(), "{mood}");
    }
}

#[test]
fn settings_are_checked_kept_over_the_configuration_and_count_at_once_where_they_can() {
    let device = device(Mode::Household, None);
    let save = |changes: Value| device.post("/api/settings", json!({ "changes": changes }));
    let value = |name: &str| {
        let told = device.get("/api/settings").json();
        let all = told["settings"].as_array().unwrap().clone();
        (all.into_iter().find(|one| one["name"] == name).unwrap()["value"].clone(), told["pending"] == true)
    };
    assert_eq!(value("music.volume_cap"), (json!(70), false));
    assert_eq!(
        save(json!({ "music.volume_cap": 60 })).json(),
        json!({ "restart": false, "restartable": false })
    );
    assert_eq!(value("music.volume_cap"), (json!(60), false));
    device.until(|state| state["volume_cap"] == 60);
    assert_eq!(save(json!({ "device.language": "de" })).json()["restart"], false);
    device.until(|state| state["language"] == "de");
    // Which lines are opened is decided at the start.
    assert_eq!(save(json!({ "button.next": "GPIO5" })).json()["restart"], true);
    assert_eq!(value("button.next"), (json!("GPIO5"), true));
    assert_eq!(save(json!({ "button.next": null })).json()["restart"], false);
    let (file, over) =
        (device.place.path().join("moodbox.toml"), device.place.path().join("state/settings.toml"));
    assert_eq!(config::load_with(&file, &over).unwrap().volume_cap, 60);

    for (wrong, said) in [
        (json!({ "music.volume_cap": 5 }), "start_volume"),
        (json!({ "music.volume_cap": 500 }), "0 to 100"),
        (json!({ "house.quiet.from": "25:00", "house.quiet.to": "07:00" }), "25:00"),
        (json!({ "button.next": "GPIO17" }), "GPIO17"),
        (json!({ "web.listen": "0.0.0.0:80" }), "web.listen"),
        (json!({ "device.notice": "x".repeat(161) }), "160"),
    ] {
        let refused = save(wrong.clone());
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.json()["error"].as_str().unwrap().contains(said), "{wrong}: {}", refused.json());
    }
    assert_eq!(save(json!({ "music.volume_cap": null })).json()["restart"], false);
    assert_eq!(value("music.volume_cap"), (json!(70), false));
    device.until(|state| state["volume_cap"] == 70);
    assert_eq!(device.post("/api/restart", json!({})).status, 409, "nothing would start it again");
}

#[test]
fn where_strangers_are_the_mode_is_changed_only_with_a_password() {
    for mode in [Mode::Public, Mode::Workplace] {
        let open = device(mode, None);
        let change = json!({ "changes": { "device.mode": "household" } });
        assert_eq!(open.post("/api/settings", change.clone()).status, 403, "{mode:?}");
        let locked = device(mode, Some(PASSWORD));
        let bearer = format!("Bearer {PASSWORD}");
        let saved = locked.send("POST", "/api/settings", &[("Authorization", &bearer)], Some(change));
        assert_eq!(saved.status, 200, "{mode:?}");
    }
}

#[test]
fn moods_over_time_are_told_exported_erased_and_forgotten() {
    let device = device(Mode::Household, None).with_songs();
    let sessions = |wanted: usize| {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let told = device.get("/api/history").json();
            if told["visits"].as_array().unwrap().len() == wanted {
                return told;
            }
            assert!(Instant::now() < end, "{told}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    assert_eq!(sessions(0)["kept"], true);
    assert_eq!(device.post("/api/mood", json!({ "mood": "fear" })).status, 202);
    let told = sessions(1);
    assert_eq!((&told["visits"][0]["mood"], &told["visits"][0]["by"]), (&json!("fear"), &json!("page")));
    let csv = device.get("/api/history.csv");
    let text = String::from_utf8(csv.body.clone()).unwrap();
    assert!(text.starts_with("time,mood,by,confidence\r\n") && text.contains(",fear,page,\r\n"), "{text}");
    assert!(csv.header("content-disposition").unwrap().contains("moodbox-moods.csv"));
    assert_eq!(device.send("DELETE", "/api/history", &[], None).status, 403, "another site erases nothing");
    assert_eq!(device.send("DELETE", "/api/history", &[("X-CSRF-Token", &device.csrf())], None).status, 204);
    sessions(0);
    assert_eq!(device.post("/api/mood", json!({ "mood": "sad" })).status, 202);
    sessions(1);
    assert_eq!(device.post("/api/forget", json!({})).status, 202);
    sessions(0);
}

#[test]
fn a_value_is_set_for_a_video_and_refused_for_what_the_library_has_not() {
    let device = device(Mode::Household, None);
    let clip = Item { id: "clips/rain.mp4".into(), title: "rain".into(), ..Item::default() };
    let catalog = Catalog { video: vec![clip].into(), ..Catalog::default() };
    device.queue.send(Event::Catalog(Arc::new(catalog))).unwrap();
    device.queue.send(Event::RemoteCommand(moodbox_core::kiosk::event::RemoteCommand::Volume(3))).unwrap();
    device.until(|state| state["volume"] == 3);
    let set = |body: Value| device.post("/api/library/feeling", body).status;
    let told = device.get("/api/library?kind=video").json();
    assert!(!told.to_string().contains(".mp4"), "no path is told: {told}");
    let id = told["items"][0]["id"].clone();
    assert_eq!(set(json!({ "kind": "video", "id": id, "valence": 0.4, "arousal": -0.6 })), 204);
    let kept = std::fs::read_to_string(device.place.path().join("state/feelings.json")).unwrap();
    assert!(kept.contains("rain.mp4") && kept.contains("0.4"), "{kept}");
    assert_eq!(set(json!({ "kind": "video", "id": id, "valence": 4.0, "arousal": 0 })), 422);
    assert_eq!(set(json!({ "kind": "video", "id": id, "valence": 0.4 })), 422);
    assert_eq!(set(json!({ "kind": "video", "id": "/etc/passwd", "valence": 0, "arousal": 0 })), 404);
}

#[test]
fn the_model_card_and_the_log_can_be_read() {
    let device = device(Mode::Household, None);
    let card = device.get("/api/model").json();
    let card = card["card"].as_str().unwrap();
    assert!(card.starts_with("# "), "{card}");
    // Every picture that the card names is served, and nothing else of the disk.
    let pictures: Vec<&str> =
        card.split("](card/").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(!pictures.is_empty());
    for name in pictures {
        let picture = device.get(&format!("/api/model/card/{name}"));
        assert_eq!(picture.status, 200, "{name}");
        assert!(
            picture.body.starts_with(b"\x89PNG") && picture.head.contains("image/png"),
            "{}",
            picture.head
        );
    }
    for name in ["none.png", "..%2Fmood.toml", "..%2Fgolden%2F0.png", "%2Fetc%2Fpasswd"] {
        assert_eq!(device.get(&format!("/api/model/card/{name}")).status, 404, "{name}");
    }
    assert!(device.get("/api/log").json()["lines"].is_array());
}

/// What a person who is logged in may send, by mistake or not: each is refused in time, and changes nothing.
#[test]
fn no_body_is_worse_than_a_refusal() {
    let device = device(Mode::Household, None);
    let csrf = device.csrf();
    let post = |path: &str, body: &str| {
        let start = Instant::now();
        let headers = [
            ("X-CSRF-Token", csrf.as_str()),
            ("Content-Type", "application/json"),
            ("Content-Length", &body.len().to_string()),
        ];
        let status = device.send_raw("POST", path, &headers, body.as_bytes()).status;
        assert!(start.elapsed() < Duration::from_secs(5), "{path}: {:?}", start.elapsed());
        status
    };
    let keys: Vec<String> = (0..15_000).map(|number| format!("\"k{number}\":1")).collect();
    for body in [
        "[".repeat(100_000),
        "{\"a\":".repeat(40_000),
        format!("{{{}}}", keys.join(",")),
        format!("{{\"percent\":{}}}", "9".repeat(100_000)),
        "{\"percent\":1e999999,\"mood\":\"\\ud800\",\"changes\":7,\"text\":[]}".to_owned(),
    ] {
        for path in ["/api/mood", "/api/volume", "/api/settings", "/api/templates/music/sad", "/api/restore"]
        {
            let status = post(path, &body);
            assert!((400..500).contains(&status), "{path}: {status}");
        }
    }
    let backup = |settings: &str, template: &str| {
        json!({
            "moodbox_backup": 1, "settings": settings, "templates": { "music/sad": template }, "history": null
        })
        .to_string()
    };
    assert_eq!(post("/api/restore", &backup("", "# fine\n")), 200);
    let long = format!("# {}\n", "x".repeat(70_000));
    for (body, status) in [
        (backup("", &long), 413),
        (backup("", &format!("x = {}", "[".repeat(60_000))), 422),
        (backup(&format!("a = {}", "[".repeat(100_000)), ""), 422),
        (backup(&format!("{}a = 1", "a.".repeat(100_000)), ""), 422),
        (backup("[web]\nlisten = \"0.0.0.0:80\"\n", ""), 422),
        (backup("", "").replace("music/sad", "../../x"), 422),
    ] {
        assert_eq!(post("/api/restore", &body), status, "{}", &body[..100]);
    }
    assert_eq!(device.get("/api/templates/music/sad").json()["text"], "# fine\n");
}

#[test]
fn a_backup_holds_the_stations_of_the_page_and_brings_them_back() {
    let device = device_with_music();
    let station = json!({ "name": "Sea", "address": "http://sea.example/live", "feeling": [0.25, -0.5] });
    let save = |stations: Value| device.post("/api/radio", json!({ "stations": stations })).status;
    assert_eq!(save(json!([station])), 200);
    let backup = device.get("/api/backup").json();
    assert_eq!(backup["stations"], json!([station]));
    assert_eq!(save(json!([])), 200);
    let kept = |backup: &Value| {
        let status = device.post("/api/restore", backup.clone()).status;
        (status, device.get("/api/radio").json()["stations"].clone())
    };
    assert_eq!(kept(&backup), (200, json!([station])));
    let mut other = backup.clone();
    other["stations"][0]["address"] = json!("file:///etc/passwd");
    assert_eq!(kept(&other), (422, json!([station])), "one that is wrong changes nothing");
    other.as_object_mut().unwrap().remove("stations");
    assert_eq!(kept(&other), (200, json!([station])), "a file of an older moodbox says nothing of stations");
    other["stations"] = json!([]);
    assert_eq!(kept(&other), (200, json!([])), "there were none");

    // A device that plays no music takes nothing of a backup with stations, and all of one without.
    let silent = device_with(Mode::Household, None, None);
    let mut brought = backup.clone();
    brought["templates"] = json!({ "music/sad": "# brought\n" });
    assert_eq!(silent.post("/api/restore", brought.clone()).status, 409);
    assert_ne!(silent.get("/api/templates/music/sad").json()["text"], "# brought\n");
    brought["stations"] = json!([]);
    assert_eq!(silent.post("/api/restore", brought).status, 200);
}
