//! The camera's thread, the only one that has frames. It looks when it is asked to, and reports a camera that goes
//! away or comes back.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, after, bounded, never, select};

use crate::ports::camera::watch::{Watch, follow};
use crate::ports::camera::worker::{AIM_WITHIN, CaptureSettings, LookError, aim, capture};
use crate::ports::camera::{Camera, Frame};
use crate::ports::light::SharedLight;
use crate::ports::vision::{Track, Vision, VisionError};
use crate::supervise::Supervisor;
use moodbox_core::kiosk::aim::advice;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};

/// How many requests may wait. A person asks for one at a time.
const REQUESTS: usize = 64;

/// What the camera is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraTask {
    /// Read the mood of whoever stands there.
    Look,
    /// Say what would help a person who stands there, until it is given up.
    Aim,
}

/// Something asked of the camera.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Each has a higher one than those before: so is told which are given up.
    pub number: u64,
    pub wanted: CameraTask,
}

/// What the camera's thread owns.
pub struct CapturePorts {
    /// The camera, opened at each look.
    pub camera: Box<dyn Camera>,
    /// The light, on while the camera streams.
    pub light: SharedLight,
    /// How a look goes.
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

    /// Says what would help whoever stands before the camera, and nothing else of what it sees.
    fn aim(&mut self, cancelled: &dyn Fn() -> bool, send: &mut dyn FnMut(Event)) -> Result<(), Trouble> {
        let vision = self.vision.as_mut().map_err(|error| broken(error))?;
        let mut look = |frame: &Frame| {
            vision.frame_of_face(frame).map(|framed| advice(&framed)).map_err(|error| match error {
                VisionError::Frame(_) => LookError::Frame(error.to_string()),
                _ => LookError::Broken(broken(&error)),
            })
        };
        let end = Instant::now() + AIM_WITHIN;
        let over = || cancelled() || Instant::now() >= end;
        let camera = self.camera.as_mut();
        let result = aim(camera, &self.light, &self.settings, &mut look, &over, &mut |advice| {
            send(Event::Aimed(advice));
        });
        wipe_stack();
        result
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

/// Starts the thread. Requests up to the number `given_up` are called off.
pub fn start(
    supervisor: &mut Supervisor,
    mut capture_ports: CapturePorts,
    cameras: Option<PathBuf>,
    given_up: Arc<AtomicU64>,
    mut send: impl FnMut(Event) + Send + 'static,
) -> io::Result<Sender<Request>> {
    let (requests, inbox) = bounded::<Request>(REQUESTS);
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
                    let Ok(Request { number, wanted }) = request else { return };
                    let cancelled = || given_up.load(Ordering::Acquire) >= number;
                    if wanted == CameraTask::Aim {
                        let result = match cancelled() {
                            true => Ok(()),
                            false => capture_ports.aim(&cancelled, &mut send),
                        };
                        // That it worked says as much of the camera as a look does.
                        let health = if cancelled() { None } else { watch.looked(&result) };
                        send(Event::AimEnded(result));
                        send_health(&mut send, health);
                        continue;
                    }
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
