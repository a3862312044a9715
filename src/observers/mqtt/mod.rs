//! The connection to a broker. One task keeps it and takes commands, another sends what has changed.

mod discovery;
pub mod home;
mod inbox;
mod retained;
mod skip;
pub mod update;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, EventLoop, LastWill, MqttOptions, Packet, QoS,
    SubscribeFilter,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::sync::watch;

use crate::backoff::{Backoff, spread};
use crate::daemon::Clock;
use crate::observers::Latest;
use crate::ports::store;
use home::{Home, Message, OFFLINE};
use inbox::{Inbox, Taken, topics};
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::snapshot::Snapshot;
use retained::Retained;
use skip::{Skipping, Stream};
use tokio_rustls::TlsConnector;

/// How to reach a broker, and what it is told.
#[derive(Clone)]
pub struct MqttSettings {
    /// Name or address of the broker.
    pub host: String,
    /// Its port: 1883, or 8883 with TLS, unless another is named.
    pub port: u16,
    /// Present for `mqtts`.
    pub tls: Option<Tls>,
    /// User name for the broker; none if it lets everybody in.
    pub user: Option<String>,
    /// Password for the broker. Never logged: `Debug` leaves it out.
    pub password: Option<String>,
    /// What is told and taken, and under which topics.
    pub home: Home,
    /// Where to remember which topics hold something retained, so that what is not told any more is taken back
    /// even after another start. None: only while the program runs.
    pub memory: Option<PathBuf>,
    /// A name that no other machine has, so that two devices with one id notice each other.
    pub machine: String,
}

impl std::fmt::Debug for MqttSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MqttSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("user", &self.user)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

impl MqttSettings {
    /// Where the broker is, as it is written in the configuration.
    pub fn place(&self) -> String {
        let scheme = if self.tls.is_some() { "mqtts" } else { "mqtt" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }

    /// For a client named after this device and `behind`. Of two clients with one name a broker keeps the later.
    fn options(&self, behind: &str) -> Result<MqttOptions, MqttError> {
        let name = format!("moodbox-{}{behind}", self.home.id);
        let mut options = MqttOptions::new(name, (self.host.clone(), self.port));
        options.set_keep_alive(KEEP_ALIVE_S);
        options.set_max_packet_size(PACKET, PACKET);
        if let Some(user) = &self.user {
            options.set_credentials(user, self.password.clone().unwrap_or_default());
        }
        // TLS is ours too, because what is too large is taken out of the stream above it.
        let tls = match &self.tls {
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone())
                    .map_err(|_| MqttError::Name(self.host.clone()))?;
                Some((TlsConnector::from(client_config(tls)?), name))
            }
            None => None,
        };
        options.set_socket_connector(move |address, network| {
            let tls = tls.clone();
            async move {
                let stream = rumqttc::default_socket_connect(address, network).await?;
                let stream: Box<dyn Stream> = match tls {
                    Some((connector, name)) => Box::new(connector.connect(name, stream).await?),
                    None => Box::new(stream),
                };
                Ok(Skipping::new(stream, PACKET))
            }
        });
        Ok(options)
    }
}

fn open(options: MqttOptions) -> (AsyncClient, EventLoop) {
    let (client, mut events) = AsyncClient::new(options, WAITING);
    let mut network = events.network_options();
    network.set_connection_timeout(CONNECT_WITHIN.as_secs());
    events.set_network_options(network);
    (client, events)
}

/// Asks the broker once whether it is there and lets this device in. The daemon's own connection stays.
///
/// # Errors
/// What is wrong, and the cure.
pub(crate) fn greet(settings: &MqttSettings) -> Result<(), Trouble> {
    let cannot = |error: &dyn std::fmt::Display| Trouble {
        what: error.to_string(),
        cure: "mend [mqtt] in the configuration".into(),
    };
    let options = settings.options("-doctor").map_err(|error| cannot(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| cannot(&error))?;
    runtime.block_on(async {
        let (client, mut events) = open(options);
        // The first that a broker says is whether it lets us in.
        events.poll().await.map_err(|error| report(&error))?;
        // Without a goodbye a broker notes a client that broke off.
        if client.try_disconnect().is_ok() {
            let goodbye = async { while events.poll().await.is_ok() {} };
            let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
        }
        Ok(())
    })
}

/// Whom to believe that the broker is the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// The authorities that this system trusts.
    System,
    /// Those in this PEM file, and nobody else.
    File(PathBuf),
}

/// Why the connection cannot be set up, whatever the broker says.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The file of the authority cannot be read or holds no certificate.
    #[error("ca_file {path}: {reason}. Write the certificate of the authority into it, as PEM")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no authorities, for this reason.
    #[error(
        "this system trusts no authority ({0}); install ca-certificates, or name the broker's own with ca_file"
    )]
    NoAuthority(String),
    /// The broker's name cannot be checked against a certificate.
    #[error("`{0}` is no name that a certificate can hold; see broker in [mqtt]")]
    Name(String),
    /// The TLS library refuses the settings.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Requests that may wait for the broker; further ones wait.
const WAITING: usize = 64;

/// A broker that does not answer within this is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What a broker takes as a sign of life. It says that we are gone after half as much again.
const KEEP_ALIVE_S: u16 = 30;
const KEEP_ALIVE: Duration = Duration::from_secs(KEEP_ALIVE_S as u64);

/// The largest packet taken and sent, in bytes. Whatever is larger on our topics is nothing for us.
const PACKET: usize = 64 * 1024;

/// A connection that is ready to be kept.
pub struct Connection {
    client: AsyncClient,
    events: EventLoop,
    home: Arc<Home>,
    retained: Retained,
    machine: String,
}

impl Connection {
    /// Reads the authorities; the broker is first asked in [`Connection::keep`].
    ///
    /// # Errors
    /// When TLS cannot be set up: no authority, or a name that no certificate can hold.
    pub fn new(settings: &MqttSettings) -> Result<Connection, MqttError> {
        let home = &settings.home;
        let mut options = settings.options("")?;
        options.set_last_will(LastWill::new(home.status(), OFFLINE, QoS::AtLeastOnce, true));
        let (client, events) = open(options);
        Ok(Connection {
            client,
            events,
            home: Arc::new(home.clone()),
            retained: Retained::load(settings.memory.clone()),
            machine: settings.machine.clone(),
        })
    }

    /// Keeps the connection until the daemon leaves. A broker that is away is asked again and again.
    pub async fn keep(self, mut latest: Latest, queue: Sender<Event>) {
        let (tell, link) = watch::channel(Link::default());
        let inbox = Inbox::new(self.home.clone(), latest.clone(), queue, self.machine.clone());
        // Known before the first message: an entity that came later would have been taken back in between.
        let (offer, offered) = watch::channel(update::ask().await);
        let teller =
            Teller { client: self.client, home: self.home, retained: self.retained, machine: self.machine };
        tokio::select! {
            () = hold(self.events, inbox, &tell) => {}
            () = teller.tell_changes(&mut latest, link, offered) => {}
            () = update::watch(offer) => {}
        }
    }
}

/// What the connection has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Link {
    /// How often it came up.
    up: u64,
    /// How often Home Assistant said that it has just started.
    births: u64,
}

fn client_config(tls: &Tls) -> Result<Arc<rustls::ClientConfig>, MqttError> {
    let mut roots = rustls::RootCertStore::empty();
    match tls {
        Tls::File(path) => {
            for certificate in authorities(path)? {
                roots.add(certificate)?;
            }
        }
        Tls::System => {
            let found = rustls_native_certs::load_native_certs();
            let (known, _) = roots.add_parsable_certificates(found.certs);
            if known == 0 {
                let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
                return Err(MqttError::NoAuthority(reasons.join(", ")));
            }
        }
    }
    // The provider is named here, so that no other crate's choice of one can make this panic.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates in a PEM file: at least one.
pub(crate) fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, MqttError> {
    let broken = |reason: String| MqttError::Authority { path: path.to_owned(), reason };
    let text = store::read_bounded(path, store::LARGEST_TEXT).map_err(|error| broken(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(broken("there is no certificate in it".into())),
        Ok(found) => Ok(found),
        Err(error) => Err(broken(error.to_string())),
    }
}

/// A broker that is away is asked again, at most two minutes apart.
const BROKER_BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(120));

/// Polls the connection for ever: reconnects with growing pauses, takes commands.
async fn hold(mut events: EventLoop, mut inbox: Inbox, link: &watch::Sender<Link>) {
    let clock = Clock::start();
    let (mut backoff, mut told) = (BROKER_BACKOFF, None);
    let mut since = None;
    loop {
        match events.poll().await {
            Ok(rumqttc::Event::Incoming(Packet::ConnAck(_))) => {
                tracing::info!("mqtt: connected");
                told = None;
                since = Some(clock.now());
                inbox.connected();
                link.send_modify(|link| link.up += 1);
            }
            Ok(rumqttc::Event::Incoming(Packet::Publish(message))) => {
                if inbox.take(clock.now(), &message) == Taken::Birth {
                    link.send_modify(|link| link.births += 1);
                }
            }
            Ok(_) => {}
            Err(error) => {
                // Only a connection that held for a while counts as a broker that is well.
                let held = since.take().is_some_and(|since| clock.now() >= since + KEEP_ALIVE);
                if held {
                    backoff.reset();
                }
                let report = report(&error);
                if told.as_ref() != Some(&report) {
                    tracing::warn!("mqtt: {report}; trying again, at most two minutes apart");
                    told = Some(report);
                }
                tokio::time::sleep(spread(backoff.wait(), chance())).await;
            }
        }
    }
}

/// In [0, 1), and another on each device: where a hash map gets its own from.
fn chance() -> f64 {
    let word = std::hash::RandomState::new().build_hasher().finish();
    (word >> 11) as f64 / (1u64 << 53) as f64
}

/// What is wrong with the connection, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.what, self.cure)
    }
}

fn report(error: &ConnectionError) -> Trouble {
    let away = "see broker in [mqtt], and whether the broker runs";
    let (what, cure) = match error {
        ConnectionError::ConnectionRefused(ConnectReturnCode::BadUserNamePassword) => {
            ("the broker does not know this user or password".into(), "see user and password_file in [mqtt]")
        }
        ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized) => (
            "the broker does not let us in".into(),
            "see user and password_file in [mqtt], and the broker's rights",
        ),
        ConnectionError::ConnectionRefused(ConnectReturnCode::BadClientId) => {
            ("the broker does not take our name".into(), "see id in [mqtt]")
        }
        ConnectionError::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            ("nothing listens at the broker's address".into(), away)
        }
        ConnectionError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => (
            "this service may not reach the broker".into(),
            "allow its address: `systemctl edit moodbox`, [Service], IPAddressAllow=ADDRESS",
        ),
        ConnectionError::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            (format!("the broker could not prove who it is ({error})"), "see ca_file in [mqtt]")
        }
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => {
            ("the broker does not answer".into(), away)
        }
        other => (other.to_string(), away),
    };
    Trouble { what, cure: cure.into() }
}

/// Sends what stands, and what happens.
struct Teller {
    client: AsyncClient,
    home: Arc<Home>,
    retained: Retained,
    machine: String,
}

/// The connection is gone for good.
struct Gone;

impl Teller {
    /// Sends what stands when the connection comes up or Home Assistant starts, and then what differs from what
    /// was sent.
    async fn tell_changes(
        mut self,
        latest: &mut Latest,
        mut link: watch::Receiver<Link>,
        mut offered: watch::Receiver<Option<String>>,
    ) {
        self.take_offer(&mut offered);
        let mut told: Option<BTreeMap<String, String>> = None;
        let mut last: Option<Arc<Snapshot>> = None;
        let mut known = Link::default();
        loop {
            tokio::select! {
                changed = link.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let now = *link.borrow_and_update();
                    if now.up != known.up && self.subscribe().await.is_err() {
                        return;
                    }
                    known = now;
                    told = Some(BTreeMap::new());
                }
                changed = latest.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                changed = offered.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.take_offer(&mut offered);
                }
            }
            let snapshot = latest.borrow_and_update().clone();
            // Nothing piles up for a broker that was never there.
            if let Some(told) = &mut told
                && (self.tell_happenings(last.as_deref(), &snapshot).await.is_err()
                    || self.tell_what_stands(told, &snapshot).await.is_err())
            {
                return;
            }
            last = Some(snapshot);
        }
    }

    fn take_offer(&mut self, offered: &mut watch::Receiver<Option<String>>) {
        Arc::make_mut(&mut self.home).about.offered = offered.borrow_and_update().clone();
    }

    async fn subscribe(&self) -> Result<(), Gone> {
        // At most once: a command that comes twice is a track skipped that nobody asked for.
        let filters: Vec<_> =
            topics(&self.home).map(|topic| SubscribeFilter::new(topic, QoS::AtMostOnce)).collect();
        self.client.subscribe_many(filters).await.map_err(|_| Gone)?;
        let (topic, machine) = (self.home.machine(), self.machine.clone());
        self.client.publish(topic, QoS::AtLeastOnce, true, machine).await.map_err(|_| Gone)
    }

    async fn tell_happenings(&self, last: Option<&Snapshot>, now: &Snapshot) -> Result<(), Gone> {
        let Some(last) = last else { return Ok(()) };
        for message in self.home.happenings(last, now) {
            let sent = self.client.publish(message.topic, QoS::AtMostOnce, false, message.payload);
            sent.await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    async fn tell_what_stands(
        &mut self,
        told: &mut BTreeMap<String, String>,
        snapshot: &Snapshot,
    ) -> Result<(), Gone> {
        let mut messages = self.home.messages(snapshot);
        if told.is_empty() {
            // What stood before this start and is told no more: another id, another prefix, none.
            let spoken = messages.iter().filter(|message| !message.payload.is_empty());
            let spoken = spoken.map(|message| message.topic.clone()).chain([self.home.machine()]);
            let stale = self.retained.replace(spoken);
            messages.extend(stale.into_iter().map(|topic| Message { topic, payload: String::new() }));
        }
        for message in messages {
            if told.get(&message.topic) == Some(&message.payload) {
                continue;
            }
            if !message.payload.is_empty() {
                self.retained.add(&message.topic);
            }
            let payload = message.payload.clone();
            let sent = self.client.publish(message.topic.clone(), QoS::AtLeastOnce, true, payload);
            sent.await.map_err(|_| Gone)?;
            told.insert(message.topic, message.payload);
        }
        Ok(())
    }
}
