//! Those who write the metrics: an observer of the core, and a light and a panel that are timed.

use std::time::Instant;

use super::{Metrics, PLAYERS, name};
use crate::daemon::Observer;
use crate::ports::gpio::LineError;
use crate::ports::light::Light;
use crate::ports::panel::{Panel, PanelError, Picture};
use moodbox_core::kiosk::State;
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::{Button, Edge, Event, Health, Part, PlayerEvent, Time, TroubleKind};
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::mood::Reading;

/// Watches one device.
pub struct Meter {
    metrics: Metrics,
    /// The press that this step takes.
    touched: Option<Instant>,
    /// This step is one of time alone.
    by_time: bool,
    /// The look whose music and video are still to come.
    waits: [Option<Instant>; 2],
    streams: Option<Instant>,
    /// Looks that were given up and whose end is still to come.
    abandoned: usize,
    looks: u64,
    sessions: u64,
}

impl Meter {
    pub(super) fn new(metrics: Metrics) -> Meter {
        Meter {
            metrics,
            touched: None,
            by_time: false,
            waits: [None; 2],
            streams: None,
            abandoned: 0,
            looks: 0,
            sessions: 0,
        }
    }

    fn player(&mut self, which: usize, event: &PlayerEvent) {
        let (Some(player), Some(waits)) = (PLAYERS.get(which), self.waits.get_mut(which)) else { return };
        let meters = self.metrics.meters();
        let plays = match event {
            PlayerEvent::Playing(now) => now.ours && !now.paused,
            PlayerEvent::Finished => false,
            PlayerEvent::Skipped { .. } | PlayerEvent::Silent | PlayerEvent::Volume(_) => return,
        };
        meters.playing.with_label_values(&[player]).set(i64::from(plays));
        if plays && let Some(since) = waits.take() {
            meters.press_to_play.with_label_values(&[player]).observe(since.elapsed().as_secs_f64());
        }
    }

    fn look_ends(&mut self, result: &'static str) {
        self.metrics.meters().looks.with_label_values(&[result]).inc();
    }

    fn capture_ended(&mut self, trouble: Option<TroubleKind>) {
        let streamed = self.streams.take();
        if self.abandoned > 0 {
            self.abandoned -= 1;
            return;
        }
        match trouble {
            None => {
                self.metrics.part(Part::Camera, true);
                if let Some(since) = streamed {
                    self.metrics.meters().capture.observe(since.elapsed().as_secs_f64());
                }
            }
            Some(kind) => {
                let part = match kind {
                    TroubleKind::VisionBroken => Part::Vision,
                    TroubleKind::LightDenied => Part::Light,
                    _ => Part::Camera,
                };
                self.metrics.part(part, false);
                self.look_ends("failed");
            }
        }
    }
}

impl Observer for Meter {
    fn event(&mut self, _at: Time, event: &Event) {
        let meters = self.metrics.meters();
        self.touched = None;
        self.by_time = false;
        match event {
            Event::Button(Button::Main, Edge::Down) => {
                meters.presses.with_label_values(&["button"]).inc();
                self.touched = Some(Instant::now());
            }
            Event::Remote(_) => {
                meters.presses.with_label_values(&["elsewhere"]).inc();
                self.touched = Some(Instant::now());
            }
            Event::Tick => self.by_time = true,
            Event::CaptureStarted => self.streams = Some(Instant::now()),
            Event::CaptureEnded(result) => {
                self.capture_ended(result.as_ref().err().map(|trouble| trouble.kind))
            }
            Event::Looked { frames, vision } if *frames > 0 => {
                meters.vision_frame.observe(vision.as_secs_f64())
            }
            Event::Catalog(catalog) => {
                for (player, items) in PLAYERS.into_iter().zip([catalog.music.len(), catalog.video.len()]) {
                    if meters.players.contains(&player) {
                        meters
                            .library
                            .with_label_values(&[player])
                            .set(i64::try_from(items).unwrap_or(i64::MAX));
                    }
                }
            }
            Event::Music(event) => self.player(0, event),
            Event::Video(event) => self.player(1, event),
            Event::Part(part, health) => self.metrics.part(*part, matches!(health, Health::Well)),
            _ => {}
        }
    }

    fn action(&mut self, _at: Time, action: &Action) {
        match action {
            Action::Show(_) => {
                if let Some(touched) = self.touched {
                    self.metrics.pending().panel = Some(touched);
                }
            }
            Action::Capture => {
                // In public mode the notice has run out: nobody waits for it.
                let since = self.touched.unwrap_or_else(Instant::now);
                self.metrics.pending().light = Some(since);
                self.waits = [Some(since); 2];
            }
            Action::CancelCapture => {
                self.abandoned += 1;
                self.waits = [None; 2];
                // Time alone gives up only a camera that does not answer.
                if self.by_time {
                    self.metrics.part(Part::Camera, false);
                    self.look_ends("failed");
                } else {
                    self.look_ends("given_up");
                }
            }
            Action::Like { .. } => self.metrics.meters().likes.inc(),
            _ => {}
        }
    }

    fn stepped(&mut self, at: Time, state: &State) {
        if state.looks() != self.looks {
            self.looks = state.looks();
            self.look_ends(match state.last_reading() {
                Some(Reading::Sure { .. }) => "read",
                Some(Reading::Unsure { .. }) => "unsure",
                Some(Reading::NoFace | Reading::SeveralFaces { .. }) | None => "nobody",
            });
            if !matches!(state.last_reading(), Some(Reading::Sure { .. })) {
                // The rest waits for a choice of the person, which is no delay of the device.
                self.waits = [None; 2];
            }
        }
        let meters = self.metrics.meters();
        if state.sessions() != self.sessions {
            self.sessions = state.sessions();
            meters.sessions.inc();
            if let Some(moods) = &meters.moods
                && let Some(known) = Snapshot::of(state, at).mood
            {
                moods.with_label_values(&[known.mood.name(), &name(known.by)]).inc();
            }
        }
        // The volume that a template sets would give the mood away.
        let volume = if meters.moods.is_some() { state.volume() } else { state.device_volume() };
        meters.volume.set(f64::from(volume) / 100.0);
        if state.is_idle() {
            for player in &meters.players {
                meters.playing.with_label_values(&[*player]).set(0);
            }
        }
    }
}

impl Metrics {
    /// A light whose answer to a press is timed.
    pub fn time_light(&self, light: Box<dyn Light>) -> Box<dyn Light> {
        Box::new(TimedLight(light, self.clone()))
    }

    /// A panel whose answer to a press is timed.
    pub fn time_panel(&self, panel: Box<dyn Panel>) -> Box<dyn Panel> {
        Box::new(TimedPanel(panel, self.clone()))
    }
}

struct TimedLight(Box<dyn Light>, Metrics);

impl Light for TimedLight {
    fn set(&mut self, on: bool) -> Result<(), LineError> {
        let done = self.0.set(on);
        if on {
            let since = self.1.pending().light.take();
            if let (Ok(()), Some(since)) = (&done, since) {
                self.1.meters().press_to_light.observe(since.elapsed().as_secs_f64());
            }
            self.1.part(Part::Light, done.is_ok());
        }
        done
    }
}

struct TimedPanel(Box<dyn Panel>, Metrics);

impl Panel for TimedPanel {
    fn size(&self) -> (u32, u32) {
        self.0.size()
    }

    fn glance(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.timed(|panel| panel.glance(picture))
    }

    fn light(&mut self, on: bool) -> Result<(), PanelError> {
        self.0.light(on)
    }

    fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
        self.timed(|panel| panel.show(picture))
    }
}

impl TimedPanel {
    fn timed(
        &mut self,
        show: impl FnOnce(&mut dyn Panel) -> Result<(), PanelError>,
    ) -> Result<(), PanelError> {
        // Taken before: a picture that was under way when the press came is not its answer.
        let since = self.1.pending().panel.take();
        let done = show(self.0.as_mut());
        if let (Ok(()), Some(since)) = (&done, since) {
            self.1.meters().press_to_panel.observe(since.elapsed().as_secs_f64());
        }
        done
    }
}
