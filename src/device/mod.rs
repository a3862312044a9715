//! Threads and queues: which port runs on which thread, and how events and actions travel between them.
//!
//! A device is the same whether its ports are real or simulated: both are values of the same traits.

mod queues;
mod start;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::capture_thread::{self, CapturePorts};
use crate::config::Config;
use crate::daemon::{Clock, Loop, Observer};
use crate::library::analysis::Listening;
use crate::library::live::LiveCatalog;
use crate::ports::camera::Camera;
use crate::ports::camera::worker::CaptureSettings;
use crate::ports::light::SharedLight;
use crate::ports::music::Music;
use crate::ports::panel::Panel;
use crate::ports::power::PowerSwitch;
use crate::ports::speech::Speaker;
use crate::ports::video::Video;
use crate::ports::video::folder::VideoFolders;
use crate::ports::video::watch::{self, Watched};
use crate::ports::vision::{Vision, VisionError};
use crate::supervise::{Ended, Supervisor};
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::{Settings, State};
use moodbox_core::recommend::Kind;
use moodbox_core::text::Language;
use queues::PortQueues;
pub use start::OpenButtons;

/// How many events may wait for the core. Far more than a session makes; a port that would overrun it waits.
const EVENTS: usize = 256;

/// The ports of a device. What is `None` does not exist.
pub struct Ports {
    /// Opens the buttons.
    pub buttons: OpenButtons,
    /// The light beside the camera.
    pub light: SharedLight,
    /// The camera.
    pub camera: Box<dyn Camera>,
    /// How a look goes.
    pub capture: CaptureSettings,
    /// A vision that could not be loaded is told to the person at each press.
    pub vision: Result<Vision, VisionError>,
    /// The panel.
    pub panel: Option<Box<dyn Panel>>,
    /// The music player.
    pub music: Option<Box<dyn Music>>,
    /// The video player.
    pub video: Option<Box<dyn Video>>,
    /// Where the videos lie.
    pub video_folders: VideoFolders,
    /// The file of what a person set for videos.
    pub feelings: PathBuf,
    /// What the thread needs that listens to what is unknown.
    pub listening: Listening,
    /// The file of what is learnt.
    pub history: PathBuf,
    /// Folders of templates, each over the ones before; none: the ones that moodbox brings along.
    pub templates: Vec<PathBuf>,
    /// Shuts the machine down.
    pub power: Box<dyn PowerSwitch>,
    /// The voice of the prompts.
    pub speaker: Option<Box<dyn Speaker>>,
    /// The folder in which cameras come and go; none where they are not to be looked for.
    pub watch_cameras: Option<PathBuf>,
}

impl Ports {
    /// The volume of the prompts in percent, if there is a voice to say them.
    pub fn prompts(&self, config: &Config) -> Option<u8> {
        self.speaker.as_ref().and(config.prompts.as_ref()).map(|choice| choice.volume)
    }
}

/// A device whose ports run. Its core runs in [`Device::run`].
pub struct Device {
    clock: Clock,
    supervisor: Supervisor,
    events: Receiver<Event>,
    queue: Sender<Event>,
    port_queues: PortQueues,
    ready: Receiver<()>,
    /// The listener stays for as long as somebody may fill the catalog: also with no music and no video.
    library: LiveCatalog,
    /// The videos are watched for as long as this is there.
    watching: watch::Stop,
}

impl Device {
    /// Starts a thread for each port. The panel goes first and shows the splash: a person sees at once
    /// that the device lives, and what follows can be told on it.
    pub fn start(ports: Ports, language: Language) -> io::Result<Device> {
        let mut supervisor = Supervisor::new();
        let (queue, events) = bounded(EVENTS);
        let panel = match ports.panel {
            Some(panel) => Some(start::panel(&mut supervisor, panel, language, queue.clone())?),
            None => None,
        };
        let ready = start::buttons(&mut supervisor, ports.buttons, queue.clone())?;
        let catalog_queue = queue.clone();
        let (library, unknown) = LiveCatalog::new(move |catalog| {
            // A closed queue means that the device is leaving.
            let _ = catalog_queue.send(Event::Catalog(catalog));
        });
        let kinds =
            [ports.music.is_some().then_some(Kind::Music), ports.video.is_some().then_some(Kind::Video)];
        let mut stock = start::report(queue.clone());
        library.watch_stock(kinds.into_iter().flatten(), move |bare| stock(start::stock_report(bare)));
        start::listener(&mut supervisor, ports.listening, &library, unknown, queue.clone())?;
        let (watching, stopped) = watch::stop()?;
        let music = match ports.music {
            Some(music) => Some(start::music(&mut supervisor, music, queue.clone(), library.clone())?),
            None => None,
        };
        let video = match ports.video {
            Some(video) => {
                let watched = Watched { videos: ports.video_folders, beside: ports.feelings };
                start::watcher(&mut supervisor, watched, stopped, queue.clone(), library.clone())?;
                Some(start::video(&mut supervisor, video, queue.clone())?)
            }
            None => None,
        };
        let given_up = Arc::new(AtomicU64::new(0));
        let capture_ports = CapturePorts {
            camera: ports.camera,
            light: ports.light,
            settings: ports.capture,
            vision: ports.vision,
        };
        start::templates(&mut supervisor, ports.templates, queue.clone())?;
        let looks = start::report(queue.clone());
        let captures = capture_thread::start(
            &mut supervisor,
            capture_ports,
            ports.watch_cameras,
            given_up.clone(),
            looks,
        )?;
        let power = start::power(&mut supervisor, ports.power, queue.clone())?;
        let speech = match ports.speaker {
            Some(speaker) => Some(start::speech(&mut supervisor, speaker, queue.clone())?),
            None => None,
        };
        let store = start::store(&mut supervisor, ports.history, queue.clone())?;
        let port_queues =
            PortQueues { captures, asked: 0, given_up, panel, music, video, store, power, speech, language };
        Ok(Device { clock: Clock::start(), supervisor, events, queue, port_queues, ready, library, watching })
    }

    /// Where anything may be told to the core.
    pub fn queue(&self) -> Sender<Event> {
        self.queue.clone()
    }

    /// Runs something beside the ports, watched like them: when it ends, the device ends.
    pub fn spawn(&mut self, name: &'static str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.supervisor.spawn(name, body)
    }

    /// Gets a message when the button works.
    pub fn ready(&self) -> Receiver<()> {
        self.ready.clone()
    }

    /// Runs the core on this thread, until it quits or a port's thread ends.
    pub fn run(
        mut self,
        settings: Settings,
        observer: &mut dyn Observer,
        watchdog: Option<Duration>,
        alive: &mut dyn FnMut(),
    ) -> Result<(), Ended> {
        let mut state = State::new(settings);
        let result = Loop {
            clock: self.clock,
            events: &self.events,
            ended: self.supervisor.ended(),
            watchdog,
            alive,
            carry_out: &mut |action| self.port_queues.carry_out(action),
        }
        .run(&mut state, observer);
        self.port_queues.close();
        drop((self.library, self.watching));
        self.supervisor.join(&["panel", "music", "video", "store"], LEAVE_WITHIN);
        result
    }
}

/// How long the ports may take to stop the music and say goodbye.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);
