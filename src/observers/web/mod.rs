//! The page: what goes on, live, and the levers for it. Served by the daemon itself, on a thread of its own.
//!
//! The page knows what every observer knows ([`Snapshot`](moodbox_core::kiosk::snapshot::Snapshot)), and asks for
//! things by events ([`Event::RemoteCommand`]), so nothing here can do what the core does not allow. Everything it
//! needs is inside the binary: `assets/`.

mod api;
mod assets;
mod compress;
mod covers;
mod fault;
mod guard;
mod library_watch;
pub(crate) mod login;
mod routes;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body as RawBody;
use axum::http::StatusCode;
use crossbeam_channel::{Sender, TrySendError};
use futures_util::StreamExt;
use tokio::sync::watch;

use crate::config::{Changes, WebSettings};
use crate::library::listing::Setter;
use crate::observers::mood_log::Moods;
use crate::observers::{self, server};
use crate::ports::button::simulated::Presser;
use crate::ports::camera::photos::Chooser;
use crate::ports::camera::uploaded::Inbox;
use crate::ports::panel::tee::Latest;
use moodbox_core::kiosk::event::Event;

pub use library_watch::{LibraryWatch, Watcher};

use api::templates::Desk;
use api::{files, health};
use fault::Fault;
use guard::Door;

/// What the page is made from.
pub struct Parts {
    /// The queue of the core.
    pub queue: Sender<Event>,
    /// The newest snapshot of the core.
    pub latest: observers::Latest,
    /// The newest picture of the panel, where there is one.
    pub panel: Option<Latest>,
    /// What there is to play, and by which templates.
    pub library: LibraryWatch,
    /// The configuration file, if the parts that it names may be examined.
    pub config: Option<PathBuf>,
    /// What the page reads and writes on disk.
    pub papers: Papers,
    /// The simulated device, in the demo.
    pub simulated: Option<Simulated>,
}

/// What the page reads and writes on disk.
pub struct Papers {
    /// The configuration file, where there is one to lay changes over.
    pub settings: Option<PathBuf>,
    /// What was changed on the page, as the daemon started with it.
    pub changes: (PathBuf, Changes),
    /// A person's own folder of templates.
    pub templates: Option<PathBuf>,
    /// Where the page writes templates, over those.
    pub page_templates: PathBuf,
    /// The moods over time, where they are kept.
    pub moods: Option<Moods>,
    /// Sets where an item lies on the plane of feeling.
    pub setter: Setter,
    /// The card of the mood model.
    pub card: PathBuf,
}

/// The ports of a simulated device that the page plays.
pub struct Simulated {
    /// Presses the buttons.
    pub presser: Presser,
    /// Whether the light is on.
    pub light: watch::Receiver<bool>,
    /// Which photo the camera sees; none where the demo uses a real camera.
    pub chooser: Option<Chooser>,
    /// Where pictures for the camera may be sent to.
    pub inbox: Inbox,
}

/// Everything that answers have at hand.
pub struct Site {
    door: Door,
    queue: Sender<Event>,
    latest: observers::Latest,
    panel: Option<Latest>,
    library: LibraryWatch,
    config: Option<PathBuf>,
    settings: Option<PathBuf>,
    changes: PathBuf,
    started_with: Changes,
    /// Held while settings or templates are written.
    writing: tokio::sync::Mutex<()>,
    desk: Desk,
    moods: Option<Moods>,
    setter: Setter,
    covers: covers::Covers,
    /// Held while a tone plays.
    tone: tokio::sync::Mutex<()>,
    /// Files that are being added.
    incoming: files::Incoming,
    /// Large bodies of requests, each in memory while it comes: a backup takes all of these places.
    large_bodies: tokio::sync::Semaphore,
    card: PathBuf,
    /// A service manager starts the daemon again when it ends.
    restartable: bool,
    simulated: Option<Simulated>,
    /// What the last examination found, and when.
    examined: tokio::sync::Mutex<Option<health::Examined>>,
    /// Open streams of events: each is a place among the connections that stays taken.
    live: Arc<server::Places>,
}

/// Pieces of files that come at once, of 1 MiB each.
const LARGE_BODIES: usize = 4;

/// More pages than this are not kept up to date at once.
const LIVE: server::Limits = server::Limits { all: 24, each: 8, local: 4 };

impl Site {
    /// Reads the body of a request, of `most` bytes at most, in so many of the places for large ones.
    async fn large_body(&self, body: RawBody, most: usize, places: usize) -> Result<Vec<u8>, Fault> {
        let busy = || {
            Fault::new(StatusCode::SERVICE_UNAVAILABLE, "other files are coming; try again").retry_after(5)
        };
        let places = u32::try_from(places).map_err(|_| busy())?;
        let _place = self.large_bodies.try_acquire_many(places).map_err(|_| busy())?;
        let mut bytes = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Fault::new(StatusCode::BAD_REQUEST, "the rest did not come"))?;
            if bytes.len() + chunk.len() > most {
                let text = format!("at most {} MiB are taken at once", most >> 20);
                return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, text));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn new(settings: &WebSettings, parts: Parts) -> anyhow::Result<Site> {
        let (changes, started_with) = parts.papers.changes;
        Ok(Site {
            door: Door::new(settings.password.clone(), settings.names.clone())?,
            queue: parts.queue,
            latest: parts.latest,
            panel: parts.panel,
            library: parts.library,
            config: parts.config,
            settings: parts.papers.settings,
            changes,
            started_with,
            writing: tokio::sync::Mutex::new(()),
            desk: Desk::new(parts.papers.templates, parts.papers.page_templates),
            moods: parts.papers.moods,
            setter: parts.papers.setter,
            covers: covers::Covers::default(),
            tone: tokio::sync::Mutex::new(()),
            incoming: files::Incoming::default(),
            large_bodies: tokio::sync::Semaphore::new(LARGE_BODIES),
            card: parts.papers.card,
            // systemd sets it for everything that it starts.
            restartable: std::env::var_os("INVOCATION_ID").is_some() && parts.simulated.is_none(),
            simulated: parts.simulated,
            examined: tokio::sync::Mutex::new(None),
            live: Arc::new(server::Places::new(LIVE)),
        })
    }

    /// Tells the core; never waits for it.
    fn tell(&self, event: Event) -> Result<(), Fault> {
        self.queue.try_send(event).map_err(|error| {
            let why = match error {
                TrySendError::Full(_) => "the device is too busy; try again",
                TrySendError::Disconnected(_) => "the device is leaving",
            };
            Fault::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, why).retry_after(1)
        })
    }
}

/// The body of the page's thread in the daemon. Ends only if there can be no page at all.
pub fn run(settings: &WebSettings, parts: Parts) {
    let told = |address| tracing::info!("the page: http://{address}/");
    if let Err(error) = serve(settings, parts, told) {
        tracing::error!("there is no page: {error:#}");
    }
}

/// The page without an address to listen at: for connections that come in another way.
pub struct Page(axum::Router);

impl Page {
    /// # Errors
    /// When the system has no random numbers.
    /// The page for this device.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(settings: &WebSettings, parts: Parts) -> anyhow::Result<Page> {
        Ok(Page(routes::router(Arc::new(Site::new(settings, parts)?))))
    }

    /// Serves one connection, which came from `peer`, to its end; one that stops sending is still
    /// answered. Needs a runtime with I/O and time.
    pub async fn attend(
        &self,
        stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
        peer: std::net::IpAddr,
    ) {
        server::attend(self.0.clone(), stream, peer, true).await;
    }
}

/// Serves the page for as long as the process lives. Says where it listens once it does.
///
/// # Errors
/// When the system has no random numbers, or no runtime can be started.
pub fn serve(settings: &WebSettings, parts: Parts, listening: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let site = Arc::new(Site::new(settings, parts)?);
    server::run(settings.listen, routes::router(site), listening)?;
    Ok(())
}
