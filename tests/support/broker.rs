//! A private mosquitto, and a client that looks on.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, unbounded};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

use super::{receive, run, wait_for};

/// A broker on a port of its own.
pub struct Broker {
    folder: tempfile::TempDir,
    pub port: u16,
    child: Option<Child>,
    config: String,
}

impl Broker {
    /// One that lets everybody in, and is not started yet.
    pub fn asleep() -> Broker {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!("listener {port} 127.0.0.1\nallow_anonymous true\n");
        Broker { folder: tempfile::tempdir().unwrap(), port, child: None, config }
    }

    pub fn start() -> Broker {
        let mut broker = Broker::asleep();
        broker.launch();
        broker
    }

    /// One that wants this password of the user `moodbox`.
    pub fn with_password(word: &str) -> Broker {
        let mut broker = Broker::asleep();
        broker.set_password(word);
        broker.launch();
        broker
    }

    pub fn set_password(&mut self, word: &str) {
        let file = self.file("passwords");
        run("mosquitto_passwd", &["-c", "-b", file.to_str().unwrap(), "moodbox", word]);
        self.config = format!(
            "listener {} 127.0.0.1\nallow_anonymous false\npassword_file {}\n",
            self.port,
            file.display()
        );
    }

    /// One that speaks TLS, with a certificate for `localhost` by a throw-away authority (`ca.pem`).
    pub fn with_tls() -> Broker {
        let mut broker = Broker::asleep();
        authority(&broker.file("ca"));
        let at = |name: &str| broker.file(name).display().to_string();
        run(
            "openssl",
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-keyout",
                &at("key.pem"),
                "-out",
                &at("csr"),
            ],
        );
        std::fs::write(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
        run(
            "openssl",
            &[
                "x509",
                "-req",
                "-in",
                &at("csr"),
                "-CA",
                &at("ca.pem"),
                "-CAkey",
                &at("ca.key"),
                "-CAcreateserial",
                "-days",
                "1",
                "-extfile",
                &at("names"),
                "-out",
                &at("cert.pem"),
            ],
        );
        broker.config.push_str(&format!(
            "cafile {}\ncertfile {}\nkeyfile {}\n",
            at("ca.pem"),
            at("cert.pem"),
            at("key.pem")
        ));
        broker.launch();
        broker
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts it, or starts it again; it remembers nothing.
    pub fn launch(&mut self) {
        assert!(self.child.is_none());
        // As root it would become another user, who may not read our files.
        let user = std::env::var("USER").unwrap_or_else(|_| "root".into());
        let config = format!(
            "{}persistence false\nuser {user}\nlog_dest file {}\nlog_type all\nmax_queued_messages 10000\n",
            self.config,
            self.file("log").display()
        );
        std::fs::write(self.file("mosquitto.conf"), config).unwrap();
        let child = Command::new("mosquitto")
            .arg("-c")
            .arg(self.file("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`mosquitto` is needed for this test: deploy/packages fleet");
        self.child = Some(child);
        wait_for("mosquitto to listen", || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok());
    }

    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Somebody who listens to a topic and may speak.
    pub fn onlooker(&self, topic: &str) -> Observer {
        Observer::new(self.port, topic)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes an authority: `NAME.pem` and `NAME.key`.
pub fn authority(name: &Path) {
    let at = |ending: &str| name.with_extension(ending).display().to_string();
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=throw-away",
            "-days",
            "1",
            "-keyout",
            &at("key"),
            "-out",
            &at("pem"),
        ],
    );
}

/// Another client of the broker.
pub struct Observer {
    pub client: Client,
    pub heard: Receiver<(String, String)>,
}

impl Observer {
    fn new(port: u16, topic: &str) -> Observer {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let id = format!("onlooker-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut options = MqttOptions::new(id, ("127.0.0.1", port));
        options.set_keep_alive(30);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut connection) = Client::new(options, 10_000);
        client.subscribe(topic, QoS::AtLeastOnce).unwrap();
        let (tell, heard) = unbounded();
        let (ready, listens) = unbounded();
        thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::SubAck(_))) => drop(ready.send(())),
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let payload = String::from_utf8_lossy(&message.payload).into_owned();
                        let topic = String::from_utf8_lossy(&message.topic).into_owned();
                        if tell.send((topic, payload)).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
        listens.recv_timeout(super::PATIENCE).expect("the onlooker listens");
        Observer { client, heard }
    }

    /// Waits for this on a topic.
    pub fn hears(&self, topic: &str, wanted: impl Fn(&str) -> bool) -> String {
        receive(topic, &self.heard, |(on, payload)| (on == topic && wanted(payload)).then(|| payload.clone()))
    }

    pub fn says(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, false, payload.to_owned()).unwrap();
    }

    pub fn says_for_ever(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, true, payload.to_owned()).unwrap();
    }
}
