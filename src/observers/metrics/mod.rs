//! What a fleet is watched by: counts, times and health in the text format of Prometheus.
//!
//! Nothing of a face is counted. Moods are counted only where `[metrics] moods = true` asks for it, in every
//! mode: a client that scrapes often enough sees one press at a time.

mod meter;
pub mod scrape;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec,
    Opts, Registry, TextEncoder,
};
use serde::Serialize;
use serde_json::Value;

use crate::sysinfo::{self, System};
use meter::Meter;
use moodbox_core::kiosk::Settings;
use moodbox_core::kiosk::event::Part;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::MoodSource;
use moodbox_core::mood::Mood;

/// Seconds. The light and the panel answer within tens of milliseconds, music within a few seconds.
const QUICK: [f64; 9] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];
const SLOW: [f64; 9] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0];

/// Where the metrics are read, and whether moods are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Address and port of the server.
    pub listen: SocketAddr,
    /// Whether moods are counted.
    pub moods: bool,
}

/// The metrics of one device: read by the scrapers, written by observers on other threads.
#[derive(Clone)]
pub struct Metrics(Arc<Meters>);

/// The metrics. What each counts is its help text, where [`Metrics::at`] makes it.
pub(super) struct Meters {
    registry: Registry,
    system: System,
    /// The players that this device has.
    pub players: Vec<&'static str>,
    /// The parts that this device has, or had when one of them failed.
    parts: Mutex<BTreeSet<Part>>,
    /// The look or press that the next light, picture and sound answer.
    pending: Mutex<Pending>,
    pub presses: IntCounterVec,
    pub looks: IntCounterVec,
    pub sessions: IntCounter,
    pub moods: Option<IntCounterVec>,
    pub likes: IntCounter,
    pub press_to_light: Histogram,
    pub press_to_panel: Histogram,
    pub press_to_play: HistogramVec,
    pub capture: Histogram,
    pub vision_frame: Histogram,
    pub part_up: IntGaugeVec,
    pub part_failures: IntCounterVec,
    pub playing: IntGaugeVec,
    pub library: IntGaugeVec,
    pub volume: Gauge,
    pub throttled: IntGaugeVec,
    pub temperature: GaugeVec,
    pub memory: IntGaugeVec,
}

/// What is still to be answered, and since when.
#[derive(Default)]
pub(super) struct Pending {
    /// When the press was that the light answers.
    pub light: Option<Instant>,
    /// When the press was that the panel answers.
    pub panel: Option<Instant>,
}

/// Something that cannot be registered or written down.
#[derive(Debug, thiserror::Error)]
#[error("metrics: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

impl Metrics {
    /// The metrics of this machine; `moods` counts moods as well.
    ///
    /// # Errors
    /// When a metric cannot be registered, which no settings bring about.
    pub fn new(settings: &Settings, moods: bool) -> Result<Metrics, MetricsError> {
        Metrics::at(settings, moods, System::here())
    }

    /// The same for a folder that looks like a machine.
    ///
    /// # Errors
    /// When a metric cannot be registered, which no settings bring about.
    pub fn at(settings: &Settings, moods: bool, system: System) -> Result<Metrics, MetricsError> {
        let registry = Registry::new();
        let made = Maker(&registry);
        let build = made.gauges(
            "moodbox_build_info",
            "1, with the version and the mode as labels.",
            &["version", "mode"],
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION"), &name(settings.mode)]).set(1);
        // The process's own is hidden where the service manager hides the kernel's files.
        let start = made.number("moodbox_start_time_seconds", "When the daemon started, in Unix time.")?;
        start.set(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        let meters = Meters {
            players: PLAYERS
                .into_iter()
                .zip([settings.has.music, settings.has.video])
                .filter_map(|(player, there)| there.then_some(player))
                .collect(),
            parts: Mutex::default(),
            pending: Mutex::default(),
            presses: made.counters(
                "moodbox_presses_total",
                "Presses of the main button, by where they came from.",
                &["from"],
            )?,
            looks: made.counters(
                "moodbox_looks_total",
                "Looks, by how they ended: read, unsure, nobody (or several), failed, given_up.",
                &["result"],
            )?,
            sessions: made
                .counter("moodbox_visits_total", "Times that something was chosen to be played.")?,
            moods: match moods {
                true => Some(made.counters(
                    "moodbox_moods_total",
                    "Sessions by mood and by who named it. Only where it is switched on.",
                    &["mood", "by"],
                )?),
                false => None,
            },
            likes: made.counter("moodbox_likes_total", "Likes of what was played.")?,
            press_to_light: made.histogram(
                "moodbox_press_to_light_seconds",
                "From the press (in public mode: from the end of the notice) until the light is on.",
                &QUICK,
            )?,
            press_to_panel: made.histogram(
                "moodbox_press_to_panel_seconds",
                "From the press until the panel shows that it was noticed.",
                &QUICK,
            )?,
            press_to_play: made.histograms(
                "moodbox_press_to_play_seconds",
                "From the press (in public mode: from the end of the notice) until a player plays.",
                &["player"],
                &SLOW,
            )?,
            capture: made.histogram(
                "moodbox_capture_seconds",
                "From the first settled frame to the end of the look.",
                &SLOW,
            )?,
            vision_frame: made.histogram(
                "moodbox_vision_frame_seconds",
                "What vision took for a frame: the mean of each look.",
                &QUICK,
            )?,
            part_up: made.gauges("moodbox_part_up", "Whether a part of the device works.", &["part"])?,
            part_failures: made.counters(
                "moodbox_part_failures_total",
                "How often a part of the device stopped working.",
                &["part"],
            )?,
            playing: made.gauges(
                "moodbox_playing",
                "Whether a player plays what was chosen.",
                &["player"],
            )?,
            library: made.gauges("moodbox_library_items", "What there is to play.", &["player"])?,
            volume: made.number("moodbox_volume_ratio", "The volume, from 0 to 1.")?,
            throttled: made.gauges(
                "moodbox_throttled",
                "What slows the processor down now, as the Pi's firmware says.",
                &["reason"],
            )?,
            temperature: made.numbers(
                "moodbox_temperature_celsius",
                "The hottest thermometer of the board.",
                &["sensor"],
            )?,
            // Without a label, and still a vector: a line that nobody has set is not there.
            memory: made.gauges(
                "moodbox_memory_available_bytes",
                "Memory that programs may still get.",
                &[],
            )?,
            system,
            registry: registry.clone(),
        };
        registry.register(Box::new(Process(ProcessCollector::for_self())))?;
        let metrics = Metrics(Arc::new(meters));
        metrics.begin(settings);
        Ok(metrics)
    }

    /// A part that works is reported as such from the start: a reader cannot tell a series that is missing from a part
    /// that has failed.
    ///
    /// Whatever can be counted stands at zero before it happens: Prometheus sees no increase in a series that
    /// begins with one.
    fn begin(&self, settings: &Settings) {
        for part in PARTS.into_iter().filter(|part| is_there(*part, settings)) {
            self.parts().insert(part);
            self.0.part_up.with_label_values(&[&*name(part)]).set(1);
            self.0.part_failures.with_label_values(&[&*name(part)]);
        }
        for from in ["button", "elsewhere"] {
            self.0.presses.with_label_values(&[from]);
        }
        for result in ["read", "unsure", "nobody", "failed", "given_up"] {
            self.0.looks.with_label_values(&[result]);
        }
        if let Some(moods) = &self.0.moods {
            for mood in Mood::ALL {
                for by in MoodSource::ALL {
                    moods.with_label_values(&[mood.name(), &name(by)]);
                }
            }
        }
        for player in &self.0.players {
            self.0.press_to_play.with_label_values(&[*player]);
            self.0.playing.with_label_values(&[*player]).set(0);
            self.0.library.with_label_values(&[*player]).set(0);
        }
    }

    /// This device has no light.
    pub fn without_light(&self) {
        let light = name(Part::Light);
        self.parts().remove(&Part::Light);
        // One that is not there cannot be removed, and need not be.
        let _ = self.0.part_up.remove_label_values(&[&*light]);
        let _ = self.0.part_failures.remove_label_values(&[&*light]);
    }

    /// Everything, as Prometheus reads it.
    ///
    /// # Errors
    /// When a metric cannot be written down.
    pub fn text(&self) -> Result<Vec<u8>, MetricsError> {
        self.look_at_the_machine();
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.0.registry.gather(), &mut text)?;
        Ok(text)
    }

    fn look_at_the_machine(&self) {
        let machine = sysinfo::look(&self.0.system);
        for (reason, is_so) in machine.throttled {
            self.0.throttled.with_label_values(&[reason]).set(i64::from(is_so));
        }
        if let Some(degrees) = machine.temperature {
            self.0.temperature.with_label_values(&["hottest"]).set(degrees);
        }
        if let Some(bytes) = machine.memory_available {
            self.0.memory.with_label_values::<&str>(&[]).set(bytes);
        }
    }

    /// The observer that writes them, on the thread of the core.
    pub fn observer(&self) -> Meter {
        Meter::new(self.clone())
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.0
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> MutexGuard<'_, BTreeSet<Part>> {
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn part(&self, part: Part, well: bool) {
        // A part that this device does not have is not reported as working. One that fails is there.
        if well && !self.parts().contains(&part) {
            return;
        }
        self.parts().insert(part);
        let up = self.0.part_up.with_label_values(&[&*name(part)]);
        if !well && up.get() == 1 {
            self.0.part_failures.with_label_values(&[&*name(part)]).inc();
        }
        up.set(i64::from(well));
    }
}

/// What each player is called in a label.
pub(super) const PLAYERS: [&str; 2] = ["music", "video"];

/// Whether a device of these settings has this part. The light is not in the settings: see
/// [`Metrics::without_light`].
fn is_there(part: Part, settings: &Settings) -> bool {
    let has = settings.has;
    match part {
        Part::Panel => has.panel,
        Part::Music | Part::Scan | Part::Tracks => has.music,
        Part::Video | Part::Clips | Part::Sound => has.video,
        Part::Stock | Part::Library => has.music || has.video,
        Part::Prompts => settings.prompts.is_some(),
        // Where no face is ever looked at, nothing looks.
        Part::Camera | Part::Vision | Part::Light => settings.mode != Mode::Workplace,
        Part::Button | Part::Templates => true,
    }
}

/// What the kernel counts of this process, and the processor time with fractions: a daemon that rests uses less
/// than a second in many minutes.
struct Process(ProcessCollector);

/// The one metric of it that is made here.
const CPU_SECONDS: &str = "process_cpu_seconds_total";

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.0.collect();
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        for family in families.iter_mut().filter(|family| family.name() == CPU_SECONDS) {
            for metric in family.mut_metric().iter_mut() {
                let mut counter = prometheus::proto::Counter::default();
                counter.set_value(seconds);
                metric.set_counter(counter);
            }
        }
        families
    }
}

/// The parts that a kiosk may have.
const PARTS: [Part; 15] = [
    Part::Camera,
    Part::Vision,
    Part::Light,
    Part::Panel,
    Part::Button,
    Part::Music,
    Part::Video,
    Part::Templates,
    Part::Library,
    Part::Scan,
    Part::Stock,
    Part::Tracks,
    Part::Clips,
    Part::Sound,
    Part::Prompts,
];

/// How a value is called in every other place where programs read it.
pub(super) fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => "other".to_owned(),
    }
}

/// Makes metrics and registers them.
struct Maker<'a>(&'a Registry);

impl Maker<'_> {
    fn keep<C: Collector + Clone + 'static>(
        &self,
        made: Result<C, prometheus::Error>,
    ) -> Result<C, MetricsError> {
        let made = made?;
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, MetricsError> {
        self.keep(IntCounter::new(name, help))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, MetricsError> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn number(&self, name: &str, help: &str) -> Result<Gauge, MetricsError> {
        self.keep(Gauge::new(name, help))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, MetricsError> {
        self.keep(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    fn numbers(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, MetricsError> {
        self.keep(GaugeVec::new(Opts::new(name, help), labels))
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram, MetricsError> {
        self.keep(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec())))
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<HistogramVec, MetricsError> {
        self.keep(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels))
    }
}
