//! The page: what goes on, live, and the levers for it. Served by the daemon itself, on a thread of its own.
//!
//! The page knows what every onlooker knows ([`Snapshot`](crate::kiosk::snapshot::Snapshot)), and asks for
//! things by events ([`Event::Ask`]), so nothing here can do what the core does not allow. Everything it
//! needs is inside the binary: `assets/`.

mod api;
mod assets;
mod fault;
mod guard;
pub mod login;
mod routes;
mod server;
mod shelves;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};
use tokio::sync::watch;

use crate::button::simulated::Presser;
use crate::camera::photos::Chooser;
use crate::kiosk::event::Event;
use crate::onlook;
use crate::panel::several::Latest;
use crate::text::Language;

pub use login::StoredPassword;
pub use shelves::{Shelves, Watcher};

use api::health;
use fault::Fault;
use guard::Door;

/// Where the page listens, and who may see it.
#[derive(Clone, Debug)]
pub struct WebSettings {
    pub listen: SocketAddr,
    /// Without one, whoever reaches the port may come in; the configuration allows that on loopback alone.
    pub password: Option<StoredPassword>,
    /// Names by which browsers may call the device, besides addresses and `localhost`.
    pub names: Vec<String>,
}

/// What the page is made from.
pub struct Parts {
    pub queue: Sender<Event>,
    pub latest: onlook::Latest,
    /// The newest picture of the panel, where there is one.
    pub panel: Option<Latest>,
    /// What there is to play, and by which templates.
    pub shelves: Shelves,
    pub language: Language,
    /// The configuration file, if the parts that it names may be examined.
    pub config: Option<PathBuf>,
    /// The simulated device, in the demo.
    pub simulated: Option<Simulated>,
}

/// The ports of a simulated device that the page plays.
pub struct Simulated {
    pub presser: Presser,
    pub light: watch::Receiver<bool>,
    /// Which photo the camera sees; none where the demo uses a real camera.
    pub chooser: Option<Chooser>,
}

/// Everything that answers have at hand.
pub struct Site {
    door: Door,
    queue: Sender<Event>,
    latest: onlook::Latest,
    panel: Option<Latest>,
    shelves: Shelves,
    language: Language,
    config: Option<PathBuf>,
    simulated: Option<Simulated>,
    /// What the last examination found, and when.
    examined: tokio::sync::Mutex<Option<health::Examined>>,
    /// Open streams of events: each is a place among the connections that stays taken.
    live: Arc<tokio::sync::Semaphore>,
}

/// More pages than this are not kept up to date at once.
const MOST_LIVE: usize = 24;

impl Site {
    fn new(settings: &WebSettings, parts: Parts) -> anyhow::Result<Site> {
        Ok(Site {
            door: Door::new(settings.password.clone(), settings.names.clone())?,
            queue: parts.queue,
            latest: parts.latest,
            panel: parts.panel,
            shelves: parts.shelves,
            language: parts.language,
            config: parts.config,
            simulated: parts.simulated,
            examined: tokio::sync::Mutex::new(None),
            live: Arc::new(tokio::sync::Semaphore::new(MOST_LIVE)),
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

/// Serves the page for as long as the process lives. Says where it listens once it does.
pub fn serve(settings: &WebSettings, parts: Parts, listening: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let site = Arc::new(Site::new(settings, parts)?);
    server::run(settings.listen, routes::router(site), listening)?;
    Ok(())
}
