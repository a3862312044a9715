//! How long a list of twenty takes, and how much memory the library: `cargo bench --bench suggest`.
//!
//! On a machine that does other work as well, the processor's own time is the one to compare.

use std::time::{Duration, Instant};

use moodbox::mood::Mood;
use moodbox::recommend::lab::generate::library;
use moodbox::recommend::{
    Catalog, History, Kind, Length, Outcome, Request, Taste, Template, Templates, suggest,
};

fn main() {
    println!(
        "{:>8}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>12}",
        "tracks", "fastest", "median", "95 %", "longest", "processor", "memory"
    );
    for tracks in [25_000, 50_000, 100_000] {
        let before = resident();
        let catalog = Catalog { music: library(tracks, 1).shelf, ..Catalog::default() };
        let memory = resident().saturating_sub(before);
        let (templates, history) = (templates(), history(&catalog));
        let taste = Taste::learn(&history);
        let recent = history.recent(40);
        let mut processor: Vec<Duration> = Vec::new();
        let mut times: Vec<Duration> = (0..210)
            .map(|seed| {
                let mood = Mood::ALL[seed as usize % 7];
                let request = Request { seed, taste: Some(&taste), recent: &recent, ..Request::new(mood) };
                let (start, worked) = (Instant::now(), processor_time());
                let list = suggest(&catalog, &templates, &request);
                let time = start.elapsed();
                processor.push(processor_time().saturating_sub(worked));
                assert_eq!(list.music.len(), 20);
                time
            })
            .collect();
        times.sort_unstable();
        processor.sort_unstable();
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let at = |share: usize| ms(times[(times.len() - 1) * share / 100]);
        let worked = ms(processor[processor.len() / 2]);
        println!(
            "{tracks:>8}  {:>9}  {:>9}  {:>9}  {:>9}  {worked:>9}  {memory:>9} kB",
            at(0),
            at(50),
            at(95),
            at(100)
        );
    }
}

fn templates() -> Templates {
    Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
        let music = Template { length: Length::Items(20), ..templates.of(mood).music.clone() };
        templates.with(mood, Kind::Music, music)
    })
}

/// A year of sessions.
fn history(catalog: &Catalog) -> History {
    let mut history = History::default();
    for session in 0..200usize {
        history.begin(Mood::ALL[session % 7]);
        for play in 0..20 {
            if let Some(entry) = catalog.music.get((session * 7919 + play * 104_729) % catalog.music.len()) {
                let outcome = if (session + play) % 3 == 0 { Outcome::Skipped } else { Outcome::Finished };
                history.record(entry.id, outcome);
            }
        }
    }
    history
}

/// Memory of this process in kB; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

/// How long this thread has had a processor; nothing where the system does not say.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}
