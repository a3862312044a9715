//! Starts the thread of each port.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::queues::{CommandQueue, Keep};
use crate::folder_watch::Watch;
use crate::library;
use crate::library::analysis::{self, Listening};
use crate::library::live::LiveCatalog;
use crate::ports::button::{self, Buttons};
use crate::ports::gpio::LineError;
use crate::ports::music::Music;
use crate::ports::panel::Panel;
use crate::ports::panel::worker::PanelSlot;
use crate::ports::power::{self, PowerSwitch};
use crate::ports::speech::Speaker;
use crate::ports::speech::worker::Order;
use crate::ports::store::StateFileError;
use crate::ports::video::Video;
use crate::ports::video::watch::{self, Watched};
use crate::supervise::Supervisor;
use moodbox_core::kiosk::action::{PlayerCommand, Power, Screen};
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::recommend::{ItemStore, Kind, Templates};
use moodbox_core::text::Language;

/// A button that cannot be opened is tried again this often.
const BUTTON_RETRY: Duration = Duration::from_secs(5);

/// Opens the buttons; called again when they fail.
pub type OpenButtons = Box<dyn FnMut() -> Result<Box<dyn Buttons>, LineError> + Send>;

pub(super) fn panel(
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
pub(super) fn report(queue: Sender<Event>) -> impl FnMut(Event) {
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

pub(super) fn buttons(
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

pub(super) fn music(
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

pub(super) fn video(
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
pub(super) fn stock_report(bare: bool) -> Event {
    let health = match bare {
        false => Health::Well,
        true => Health::Ill(Trouble {
            kind: TroubleKind::LibraryEmpty,
            report: "there is nothing to play: copy music into `music_directory` of /etc/mpd.conf and run \
                     `moodbox library update`, or videos into a folder of `video.folders`"
                .to_owned(),
        }),
    };
    Event::Part(Part::Stock, health)
}

/// Keeps the videos fresh.
pub(super) fn watcher(
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
pub(super) fn listener(
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
            send(Event::Part(Part::Library, Health::Ill(lost(&problem))));
        });
    })
}

/// Reads the templates now and after each edit.
pub(super) fn templates(
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
pub(super) fn store(
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
        // Told until the next session is written: then all is as it should be again.
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
                    send(Event::Part(Part::Library, Health::Ill(unwritten(&file, &error))));
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

pub(super) fn power(
    supervisor: &mut Supervisor,
    switch: Box<dyn PowerSwitch>,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<Power>> {
    let (asked, inbox) = CommandQueue::new();
    supervisor.spawn("power", move || power::worker::run(switch, inbox, report(queue)))?;
    Ok(asked)
}

pub(super) fn speech(
    supervisor: &mut Supervisor,
    speaker: Box<dyn Speaker>,
    queue: Sender<Event>,
) -> io::Result<CommandQueue<Order>> {
    let (orders, inbox) = CommandQueue::new();
    supervisor.spawn("speech", move || crate::ports::speech::worker::run(speaker, inbox, report(queue)))?;
    Ok(orders)
}

/// What was learnt cannot be kept.
fn unwritten(file: &Path, error: &io::Error) -> Trouble {
    Trouble { kind: of_disk(error), report: format!("{} cannot be written: {error}", file.display()) }
}

/// A state file could not be used.
fn lost(problem: &StateFileError) -> Trouble {
    let kind = match problem {
        StateFileError::Unusable { why, .. } => of_disk(why),
        StateFileError::SetAside { .. } => TroubleKind::Other,
    };
    Trouble { kind, report: problem.to_string() }
}

fn of_disk(error: &io::Error) -> TroubleKind {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TroubleKind::CardFull,
        _ => TroubleKind::Other,
    }
}

fn other(report: String) -> Trouble {
    Trouble { kind: TroubleKind::Other, report }
}
