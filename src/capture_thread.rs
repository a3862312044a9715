//! The camera's thread, the only one that has frames. It looks when it is asked to, and reports a camera that goes
//! away or comes back.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, after, bounded, never, select};

use crate::ports::camera::watch::{Watch, follow};
use crate::ports::camera::worker::{CaptureSettings, LookError, capture};
use crate::ports::camera::{Camera, Frame};
use crate::ports::light::SharedLight;
use crate::ports::vision::{Track, Vision, VisionError};
use crate::supervise::Supervisor;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};

/// How many requests may wait. A person asks for one at a time.
const REQUESTS: usize = 64;

/// What the camera's thread owns.
pub struct CapturePorts {
    pub camera: Box<dyn Camera>,
    pub light: SharedLight,
    pub settings: CaptureSettings,
    /// A vision that could not be loaded is reported at each look.
    pub vision: Result<Vision, VisionError>,
}

impl CapturePorts {
    /// One look. Returns how many frames were seen, and how it ended.
    fn look(
        &mut self,
        cancelled: &dyn Fn() -> bool,
        send: &mut dyn FnMut(Event),
    ) -> (u32, Result<(), Trouble>) {
        match &mut self.vision {
            Ok(vision) => {
                let (mut frames, mut spent, mut track) = (0u32, Duration::ZERO, Track::default());
                let mut look = |frame: &Frame| {
                    let start = Instant::now();
                    let seen = vision.follow(frame, &mut track);
                    (frames, spent) = (frames + 1, spent + start.elapsed());
                    seen.map_err(|error| match error {
                        // A torn frame; the next one may be whole.
                        VisionError::Frame(_) => LookError::Frame(error.to_string()),
                        _ => LookError::Broken(broken(&error)),
                    })
                };
                let camera = self.camera.as_mut();
                let result = capture(camera, &self.light, &self.settings, &mut look, cancelled, send);
                wipe_stack();
                let vision = spent.checked_div(frames).unwrap_or_default();
                send(Event::Looked { frames: frames as usize, vision });
                (frames, result)
            }
            // Without a model that passed its checks the camera is not opened.
            Err(error) => (0, Err(broken(error))),
        }
    }
}

/// Bytes of the stack that are overwritten: far more than a look uses, and less than the 2 MiB of a thread.
const STACK: usize = 256 << 10;

/// Overwrites what calls that are over have left on the stack: decoders keep rows of a picture in local variables.
#[inline(never)]
fn wipe_stack() {
    let mut below = [0u8; STACK];
    // Nobody reads the array: without this the compiler would leave the write out.
    std::hint::black_box(&mut below);
}

fn send_health(send: &mut dyn FnMut(Event), health: Option<Health>) {
    if let Some(health) = health {
        send(Event::Part(Part::Camera, health));
    }
}

/// A vision that cannot be relied on, in words.
fn broken(error: &VisionError) -> Trouble {
    Trouble { kind: TroubleKind::VisionBroken, report: error.to_string() }
}

/// Starts the thread. Each number sent to it asks for a look; those up to `given_up` are called off.
pub fn start(
    supervisor: &mut Supervisor,
    mut capture_ports: CapturePorts,
    cameras: Option<PathBuf>,
    given_up: Arc<AtomicU64>,
    mut send: impl FnMut(Event) + Send + 'static,
) -> io::Result<Sender<u64>> {
    let (requests, inbox) = bounded::<u64>(REQUESTS);
    supervisor.spawn("camera", move || {
        if let Err(error) = &capture_ports.vision {
            send(Event::Part(Part::Vision, Health::Ill(broken(error))));
        }
        let mut watch = Watch::new(cameras.is_some());
        let mut changed = never();
        if let Some(folder) = cameras {
            changed = follow(folder);
            send_health(&mut send, watch.probed(capture_ports.camera.probe()));
        }
        loop {
            let timer = watch.retry().map_or_else(never, after);
            select! {
                recv(inbox) -> request => {
                    let Ok(request) = request else { return };
                    let cancelled = || given_up.load(Ordering::Acquire) >= request;
                    let (seen, result) = match cancelled() {
                        true => (0, Ok(())),
                        false => capture_ports.look(&cancelled, &mut send),
                    };
                    // A look that was called off before it saw anything says nothing of the camera.
                    let health = if cancelled() && seen == 0 { None } else { watch.looked(&result) };
                    send(Event::CaptureEnded(result));
                    send_health(&mut send, health);
                }
                recv(changed) -> change => match change {
                    Ok(()) => send_health(&mut send, watch.changed(capture_ports.camera.probe())),
                    // The watch of the folder has ended. A look still reports what is wrong with the camera.
                    Err(_) => changed = never(),
                },
                recv(timer) -> _ => send_health(&mut send, watch.probed(capture_ports.camera.probe())),
            }
        }
    })?;
    Ok(requests)
}
