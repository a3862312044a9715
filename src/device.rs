//! Threads and queues: which port runs on which thread, and how events and actions travel between them.
//!
//! A device is the same whether its ports are real or simulated: both are values of the same traits.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::capture_thread::{self, CapturePorts};
use crate::config::Config;
use crate::daemon::{Clock, Loop, Observer};
use crate::folder_watch::Watch;
use crate::library;
use crate::library::analysis::{self, Listening};
use crate::library::live::LiveCatalog;
use crate::ports::button::{self, Buttons};
use crate::ports::camera::Camera;
use crate::ports::camera::worker::CaptureSettings;
use crate::ports::gpio::LineError;
use crate::ports::light::SharedLight;
use crate::ports::music::Music;
use crate::ports::panel::Panel;
use crate::ports::panel::worker::PanelSlot;
use crate::ports::power::{self, PowerSwitch};
use crate::ports::speech::Speaker;
use crate::ports::speech::worker::Order;
use crate::ports::video::Video;
use crate::ports::video::folder::VideoFolders;
use crate::ports::video::watch::{self, Watched};
use crate::ports::vision::{Vision, VisionError};
use crate::supervise::{Ended, Supervisor};
use moodbox_core::kiosk::action::{Action, PlayerCommand, Power, Screen};
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::kiosk::{Settings, State};
use moodbox_core::recommend::{History, ItemStore, Kind, Templates};
use moodbox_core::text::Language;

/// How many events may wait for the core. Far more than a visit makes; a port that would overrun it waits.
const EVENTS: usize = 256;

/// How many commands may wait for a port. A port that lags this far behind is ill.
const COMMANDS: usize = 64;

/// A button that cannot be opened is tried again this often.
const BUTTON_RETRY: Duration = Duration::from_secs(5);

/// Opens the buttons; called again when they fail.
pub type OpenButtons = Box<dyn FnMut() -> Result<Box<dyn Buttons>, LineError> + Send>;

/// The ports of a device. What is `None` does not exist.
pub struct Ports {
    pub buttons: OpenButtons,
    pub light: SharedLight,
    pub camera: Box<dyn Camera>,
    pub capture: CaptureSettings,
    /// A vision that could not be loaded is told to the person at each press.
    pub vision: Result<Vision, VisionError>,
    pub panel: Option<Box<dyn Panel>>,
    pub music: Option<Box<dyn Music>>,
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

/// What is to be on disk.
enum Keep {
    This(Box<History>),
    Nothing,
}

/// Where actions go.
struct PortQueues {
    captures: Sender<u64>,
    asked: u64,
    given_up: Arc<AtomicU64>,
    panel: Option<PanelSlot>,
    music: Option<CommandQueue<PlayerCommand>>,
    video: Option<CommandQueue<PlayerCommand>>,
    store: CommandQueue<Keep>,
    power: CommandQueue<Power>,
    speech: Option<CommandQueue<Order>>,
    language: Language,
}

impl Device {
    /// Starts a thread for each port. The panel goes first and shows the splash: a person sees at once
    /// that the device lives, and what follows can be told on it.
    pub fn start(ports: Ports, language: Language) -> io::Result<Device> {
        let mut supervisor = Supervisor::new();
        let (queue, events) = bounded(EVENTS);
        let panel = match ports.panel {
            Some(panel) => Some(start_panel(&mut supervisor, panel, language, queue.clone())?),
            None => None,
        };
        let ready = start_buttons(&mut supervisor, ports.buttons, queue.clone())?;
        let catalog_queue = queue.clone();
        let (library, unknown) = LiveCatalog::new(move |catalog| {
            // A closed queue means that the device is leaving.
            let _ = catalog_queue.send(Event::Catalog(catalog));
        });
        let kinds =
            [ports.music.is_some().then_some(Kind::Music), ports.video.is_some().then_some(Kind::Video)];
        let mut stock = report(queue.clone());
        library.watch_stock(kinds.into_iter().flatten(), move |bare| stock(stock_report(bare)));
        start_listener(&mut supervisor, ports.listening, &library, unknown, queue.clone())?;
        let (watching, stopped) = watch::stop()?;
        let music = match ports.music {
            Some(music) => Some(start_music(&mut supervisor, music, queue.clone(), library.clone())?),
            None => None,
        };
        let video = match ports.video {
            Some(video) => {
                let watched = Watched { videos: ports.video_folders, beside: ports.feelings };
                start_watcher(&mut supervisor, watched, stopped, queue.clone(), library.clone())?;
                Some(start_video(&mut supervisor, video, queue.clone())?)
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
        start_templates(&mut supervisor, ports.templates, queue.clone())?;
        let looks = report(queue.clone());
        let captures = capture_thread::start(
            &mut supervisor,
            capture_ports,
            ports.watch_cameras,
            given_up.clone(),
            looks,
        )?;
        let power = start_power(&mut supervisor, ports.power, queue.clone())?;
        let speech = match ports.speaker {
            Some(speaker) => Some(start_speech(&mut supervisor, speaker, queue.clone())?),
            None => None,
        };
        let store = start_store(&mut supervisor, ports.history, queue.clone())?;
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

impl PortQueues {
    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Show(screen) => {
                if let Some(panel) = &self.panel {
                    panel.show(screen);
                }
            }
            Action::Capture => {
                self.asked += 1;
                // The thread looks at the newest number; more are asked only after the one before has ended.
                if self.captures.try_send(self.asked).is_err() {
                    tracing::error!("the camera does not keep up; a look was dropped");
                }
            }
            Action::EndCapture | Action::CancelCapture => self.given_up.store(self.asked, Ordering::Release),
            Action::Music(command) => tell("music", self.music.as_ref(), command),
            Action::Video(command) => tell("video", self.video.as_ref(), command),
            // Each player gets its own likes: MPD's songs have names below its folder, videos whole paths.
            Action::Like { id } if Path::new(&id).is_absolute() => {
                tell("video", self.video.as_ref(), PlayerCommand::Like { id });
            }
            Action::Unlike { ids } => tell("music", self.music.as_ref(), PlayerCommand::Unlike { ids }),
            Action::Like { id } => tell("music", self.music.as_ref(), PlayerCommand::Like { id }),
            Action::Remember(history) => self.store.hand_over("store", Keep::This(history)),
            Action::Forget => self.store.hand_over("store", Keep::Nothing),
            Action::Power(power) => self.power.hand_over("power", power),
            Action::Say { words, volume, number } => {
                if let Some(speech) = &self.speech {
                    speech.hand_over("speech", Order { words, language: self.language, volume, number });
                }
            }
            Action::Speak(language) => {
                self.language = language;
                if let Some(panel) = &self.panel {
                    panel.speak(language);
                }
            }
            Action::Quit => {}
        }
    }

    /// Closes every queue: the ports' threads see that and end.
    fn close(self) {
        if let Some(panel) = &self.panel {
            panel.close();
        }
    }
}

fn tell(port: &str, lane: Option<&CommandQueue<PlayerCommand>>, command: PlayerCommand) {
    if let Some(lane) = lane {
        lane.hand_over(port, command);
    }
}

/// The way of commands to a port. When the port lags behind, the newest command of each kind stays and the
/// older ones of its kind go: a stop is never lost, and the core never waits.
struct CommandQueue<T> {
    to: Sender<T>,
    /// The port's own end, to take out what is older.
    from: Receiver<T>,
}

impl<T> CommandQueue<T> {
    fn new() -> (CommandQueue<T>, Receiver<T>) {
        let (to, from) = bounded(COMMANDS);
        (CommandQueue { to, from: from.clone() }, from)
    }

    fn hand_over(&self, port: &str, command: T) {
        let Err(TrySendError::Full(command)) = self.to.try_send(command) else { return };
        tracing::error!(port, "does not keep up; of each kind of command the newest stays");
        let mut waiting: Vec<T> = self.from.try_iter().collect();
        waiting.push(command);
        let kinds: Vec<_> = waiting.iter().map(std::mem::discriminant).collect();
        for (at, command) in waiting.into_iter().enumerate() {
            let newest = kinds.iter().skip(at + 1).all(|later| Some(later) != kinds.get(at));
            // There are fewer kinds than places.
            if newest && self.to.try_send(command).is_err() {
                tracing::error!(port, "a command was dropped");
            }
        }
    }
}

fn start_panel(
    supervisor: &mut Supervisor,
    panel: Box<dyn Panel>,
    language: Language,
    queue: Sender<Event>,
) -> io::Result<PanelSlot> {
    let slot = PanelSlot::new();
    slot.show(Screen::Splash);
    let theirs = slot.clone();
    supervisor.spawn("panel", move || {
        crate::ports::panel::worker::run(&theirs, panel, language, report(queue));
    })?;
    Ok(slot)
}

/// Sends events to the core; logs what is ill and what is well again, so that each port need not.
fn report(queue: Sender<Event>) -> impl FnMut(Event) {
    move |event| {
        log(&event);
        let _ = queue.send(event);
    }
}

fn log(event: &Event) {
    match event {
        Event::Part(part, Health::Ill(trouble)) => tracing::warn!("{part:?}: {}", trouble.report),
        Event::Part(part, Health::Well) => tracing::info!("{part:?}: works"),
        Event::Templates(_) => tracing::info!("templates: read"),
        Event::CaptureEnded(Err(trouble)) => tracing::warn!("camera: {}", trouble.report),
        _ => {}
    }
}

fn start_buttons(
    supervisor: &mut Supervisor,
    mut open: OpenButtons,
    queue: Sender<Event>,
) -> io::Result<Receiver<()>> {
    let (tell_ready, ready) = bounded(1);
    supervisor.spawn("button", move || {
        let mut tell = report(queue.clone());
        let mut told = None;
        loop {
            match open() {
                Ok(mut buttons) => {
                    if told.take().is_some() {
                        tell(Event::Part(Part::Button, Health::Well));
                    }
                    let _ = tell_ready.try_send(());
                    let listening = &mut |event: Event| {
                        log(&event);
                        queue.send(event).is_ok()
                    };
                    match button::worker::run(buttons.as_mut(), listening) {
                        // Nobody listens any more.
                        Ok(()) => return,
                        Err(error) => told = Some(error.to_string()),
                    }
                }
                Err(error) => {
                    // The same trouble is told once.
                    if told.as_ref() != Some(&error.to_string()) {
                        tell(Event::Part(Part::Button, Health::Ill(error.button_trouble())));
                        told = Some(error.to_string());
                    }
                }
            }
            thread::sleep(BUTTON_RETRY);
        }
    })?;
    Ok(ready)
}

fn start_music(
    supervisor: &mut Supervisor,
    music: Box<dyn Music>,
    queue: Sender<Event>,
    library: LiveCatalog,
) -> io::Result<CommandQueue<PlayerCommand>> {
    let (commands, inbox) = CommandQueue::new();
    supervisor.spawn("music", move || {
        let catalog = move |songs: ItemStore| {
            tracing::info!("the music library has {} tracks", songs.len());
            library.replace(Kind::Music, songs);
        };
        crate::ports::music::worker::run(music, inbox, report(queue), catalog);
    })?;
    Ok(commands)
}

fn start_video(
    supervisor: &mut Supervisor,
    video: Box<dyn Video>,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<PlayerCommand>> {
    let (commands, inbox) = CommandQueue::new();
    supervisor.spawn("video", move || {
        crate::ports::video::worker::run(video, inbox, report(queue));
    })?;
    Ok(commands)
}

/// Whether there is anything to play at all.
fn stock_report(bare: bool) -> Event {
    let health = match bare {
        false => Health::Well,
        true => Health::Ill(Trouble {
            kind: TroubleKind::LibraryEmpty,
            report: "there is nothing to play: copy music into `music_directory` of /etc/mpd.conf and run \
                     `mpc update`, or videos into a folder of `video.folders`"
                .to_owned(),
        }),
    };
    Event::Part(Part::Stock, health)
}

/// Keeps the videos fresh.
fn start_watcher(
    supervisor: &mut Supervisor,
    watched: Watched,
    stop: UnixStream,
    queue: Sender<Event>,
    library: LiveCatalog,
) -> io::Result<()> {
    supervisor.spawn("videos", move || {
        let mut send = report(queue);
        let (mut told, mut count) = (Vec::new(), None);
        watch::run(&watched, stop, |mut items, errors| {
            // The same trouble is told once.
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            errors.iter().filter(|error| !told.contains(*error)).for_each(|error| tracing::warn!("{error}"));
            told = errors;
            if count.replace(items.len()) != Some(items.len()) {
                tracing::info!("the video library has {} videos", items.len());
            }
            let (feelings, problem) = library::feelings::load(&watched.beside);
            if let Some(problem) = problem {
                send(Event::Part(Part::Library, Health::Ill(other(problem.to_string()))));
            }
            feelings.put_on(&mut items);
            library.replace(Kind::Video, items);
        });
    })
}

/// Listens to what nothing else is known of.
fn start_listener(
    supervisor: &mut Supervisor,
    listening: Listening,
    library: &LiveCatalog,
    unknown: Receiver<()>,
    queue: Sender<Event>,
) -> io::Result<()> {
    let library = library.for_listener();
    supervisor.spawn("listener", move || {
        let mut send = report(queue);
        analysis::step_back();
        analysis::run(listening, &library, &unknown, |problem| {
            send(Event::Part(Part::Library, Health::Ill(other(problem.to_string()))));
        });
    })
}

/// Reads the templates now and after each edit.
fn start_templates(
    supervisor: &mut Supervisor,
    folders: Vec<PathBuf>,
    queue: Sender<Event>,
) -> io::Result<()> {
    if folders.is_empty() {
        let _ = queue.send(Event::Templates(Arc::new(Templates::shipped())));
        return Ok(());
    }
    supervisor.spawn("templates", move || {
        let mut follower = library::templates::Follower::new(folders);
        let mut send = report(queue);
        loop {
            follower.read().into_iter().for_each(&mut send);
            follower.wait();
        }
    })
}

/// Writes what is learnt: a slow card keeps this thread waiting, and nobody else.
fn start_store(
    supervisor: &mut Supervisor,
    file: PathBuf,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<Keep>> {
    let (wishes, inbox) = CommandQueue::new();
    follow_requests(supervisor, &file, queue.clone())?;
    supervisor.spawn("store", move || {
        let mut send = report(queue);
        if library::history::is_forget_requested(&file)
            && let Err(error) = library::history::forget(&file)
        {
            tracing::error!("{} cannot be erased: {error}", file.display());
        }
        let (history, problem) = library::history::load(&file);
        send(Event::History(Box::new(history)));
        // Told until the next visit is written: then all is as it should be again.
        let mut ill = problem.is_some();
        if let Some(problem) = problem {
            send(Event::Part(Part::Library, Health::Ill(other(problem.to_string()))));
        }
        for wish in inbox {
            let saved = match wish {
                Keep::This(history) => library::history::save(&file, &history),
                Keep::Nothing => library::history::forget(&file),
            };
            let was_ill = std::mem::replace(&mut ill, saved.is_err());
            match saved {
                Ok(()) if was_ill => send(Event::Part(Part::Library, Health::Well)),
                Err(error) if !was_ill => {
                    let report = format!("{} cannot be written: {error}", file.display());
                    send(Event::Part(Part::Library, Health::Ill(other(report))));
                }
                Ok(()) | Err(_) => {}
            }
        }
    })?;
    Ok(wishes)
}

/// `moodbox forget` leaves a request beside the history, because the daemon has it in memory.
fn follow_requests(supervisor: &mut Supervisor, file: &Path, queue: Sender<Event>) -> io::Result<()> {
    let (file, folder) = (file.to_owned(), file.parent().unwrap_or(Path::new(".")).to_owned());
    supervisor.spawn("requests", move || {
        let mut watch = Watch::new(std::slice::from_ref(&folder));
        loop {
            if library::history::is_forget_requested(&file) {
                tracing::info!("asked to forget what was learnt");
                let _ = queue.send(Event::Forget);
            }
            while !watch.wait(None) {}
        }
    })
}

fn start_power(
    supervisor: &mut Supervisor,
    switch: Box<dyn PowerSwitch>,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<Power>> {
    let (asked, inbox) = CommandQueue::new();
    supervisor.spawn("power", move || power::worker::run(switch, inbox, report(queue)))?;
    Ok(asked)
}

fn start_speech(
    supervisor: &mut Supervisor,
    speaker: Box<dyn Speaker>,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<Order>> {
    let (orders, inbox) = CommandQueue::new();
    supervisor.spawn("speech", move || crate::ports::speech::worker::run(speaker, inbox, report(queue)))?;
    Ok(orders)
}

fn other(report: String) -> Trouble {
    Trouble { kind: TroubleKind::Other, report }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_port_that_lags_behind_the_newest_of_each_kind_stays_and_no_stop_is_lost() {
        let (lane, inbox) = CommandQueue::new();
        let stop = || PlayerCommand::Stop { fade: Duration::ZERO };
        lane.hand_over("test", PlayerCommand::Next);
        lane.hand_over("test", stop());
        for volume in 0..=200 {
            lane.hand_over("test", PlayerCommand::Volume(volume));
        }
        lane.hand_over("test", PlayerCommand::Duck(true));
        drop(lane);
        let got: Vec<PlayerCommand> = inbox.iter().collect();
        assert!(got.len() <= COMMANDS);
        assert_eq!(got.first(), Some(&PlayerCommand::Next));
        assert_eq!(got.iter().filter(|command| **command == stop()).count(), 1);
        assert_eq!(got[got.len() - 2..], [PlayerCommand::Volume(200), PlayerCommand::Duck(true)]);
        // What is to be forgotten is forgotten, whatever is learnt meanwhile.
        let (lane, inbox) = CommandQueue::new();
        lane.hand_over("store", Keep::Nothing);
        (0..500).for_each(|_| lane.hand_over("store", Keep::This(Box::default())));
        assert!(matches!(inbox.try_recv(), Ok(Keep::Nothing)));
    }
}
