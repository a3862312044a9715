//! The thread that measures the sound of items of which nothing else is known, at the lowest priority.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};

use super::feature_cache::{self, Identity, Sounds};
use super::live::{Heard, LiveCatalog};
use crate::audio_analysis::{self, SoundError};
use crate::ports::process;
use crate::ports::store::StateFileError;
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, Kind};

/// After so many new measurements, and a twentieth of all, they are written and told: often at first, when a
/// person waits for them; seldom later, when each time costs the card some megabytes.
const BATCH: usize = 25;
/// How often the log hears of it.
const REPORT: Duration = Duration::from_secs(60);

/// What the thread that measures sounds needs.
pub struct Listening {
    /// Finds the folder below which the music lies; asked at each pass, because MPD may come later.
    pub music_folder: Box<dyn FnMut() -> Option<PathBuf> + Send>,
    /// Where the measurements are remembered.
    pub memory: PathBuf,
}

/// Where the file of an item lies. None for a stream, and for a name that leads out of the folder.
pub fn file_of(kind: Kind, id: &str, music_folder: Option<&Path>) -> Option<PathBuf> {
    match kind {
        Kind::Video => Some(PathBuf::from(id)),
        Kind::Music => {
            let below = Path::new(id);
            let inside = below.components().all(|part| matches!(part, Component::Normal(_)));
            (inside && !id.contains("://")).then(|| music_folder.map(|folder| folder.join(below)))?
        }
    }
}

/// Whether this names a part of a larger file, as MPD names the tracks of a cue sheet: `album.flac/track0001`.
fn is_part(path: &Path) -> bool {
    path.parent().is_some_and(Path::is_file)
}

/// Lets every other thread of the machine go before the one that calls this: a second of work for each new file.
pub fn step_back() {
    if let Err(error) = rustix::process::nice(19) {
        tracing::info!(%error, "the sounds are measured at normal priority");
    }
}

/// The body of the thread. Ends when everybody who fills the catalog has left. `tell` hears of a file of
/// measurements that cannot be used.
pub fn run(
    mut listening: Listening,
    live: &LiveCatalog,
    woken: &Receiver<()>,
    mut tell: impl FnMut(StateFileError),
) {
    let (mut memory, problem) = feature_cache::load(&listening.memory);
    if let Some(problem) = problem {
        tell(problem);
    }
    while woken.recv().is_ok() {
        if pass(&mut listening, live, woken, &mut memory, &mut tell).is_none() {
            return;
        }
    }
}

/// Goes through all that is unknown once. None when everybody has left.
fn pass(
    listening: &mut Listening,
    live: &LiveCatalog,
    woken: &Receiver<()>,
    memory: &mut Sounds,
    tell: &mut impl FnMut(StateFileError),
) -> Option<()> {
    let mut again = true;
    while std::mem::take(&mut again) {
        let unknown = live.unknown();
        let folder = unknown.any(Kind::Music).then(|| (listening.music_folder)());
        let folder = folder.flatten();
        let (mut news, mut unsaved, mut known, mut new) = (Vec::new(), 0, 0, 0);
        let mut seen = HashSet::new();
        let (mut reported, mut needs_ffmpeg, mut midi) = (Instant::now(), 0, 0);
        let total = unknown.count();
        for (at, (kind, id)) in unknown.iter().enumerate() {
            match woken.try_recv() {
                Ok(()) => again = true,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    save(&listening.memory, memory, unsaved, tell);
                    return None;
                }
            }
            let Some(path) = file_of(kind, id, folder.as_deref()) else { continue };
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let identity = Identity::of(&path, &metadata);
            seen.insert(identity);
            let measured = match memory.get(identity) {
                Some(measured) => {
                    known += 1;
                    *measured
                }
                None => {
                    let measured = match audio_analysis::measure(&path) {
                        Ok(features) => Some(features),
                        // A stick that was unplugged does not make its files broken.
                        Err(SoundError::Unreadable(error)) => {
                            tracing::debug!(%error, path = %path.display(), "not measured");
                            continue;
                        }
                        // ffmpeg may be installed later.
                        Err(SoundError::NeedsFfmpeg) => {
                            needs_ffmpeg += 1;
                            continue;
                        }
                        Err(SoundError::Midi) => {
                            midi += 1;
                            None
                        }
                        Err(error) => {
                            tracing::info!("the sound of {} is not known: {error}", path.display());
                            None
                        }
                    };
                    (unsaved, new) = (unsaved + 1, new + 1);
                    memory.put(identity, measured)
                }
            };
            if let Some(features) = measured {
                let feeling = audio_analysis::feeling(&features);
                news.push(Heard { kind, id: id.to_owned(), feeling, spoken: features.speech });
            }
            if unsaved >= BATCH + memory.len() / 20 {
                live.measured(std::mem::take(&mut news));
                save(&listening.memory, memory, std::mem::take(&mut unsaved), tell);
            }
            if new > 0 && reported.elapsed() >= REPORT {
                tracing::info!("listened to {} of {total} of unknown feeling", at + 1);
                reported = Instant::now();
            }
        }
        if needs_ffmpeg > 0 {
            tracing::info!("{needs_ffmpeg} files are not listened to: {}", SoundError::NeedsFfmpeg);
        }
        if midi > 0 {
            tracing::info!("{midi} files are not listened to: {}", SoundError::Midi);
        }
        live.measured(news);
        memory.make_room(&seen);
        save(&listening.memory, memory, unsaved, tell);
        if new > 0 {
            tracing::info!("measured the sound of {new} files, {known} were known already");
        }
    }
    Some(())
}

fn save(file: &Path, memory: &Sounds, unsaved: usize, tell: &mut impl FnMut(StateFileError)) {
    if unsaved > 0
        && let Err(why) = feature_cache::save(file, memory)
    {
        tell(StateFileError::Unusable { file: file.to_owned(), why });
    }
}

/// How far the listening has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// Items whose feeling neither a tag nor a genre tells.
    pub wanted: usize,
    /// Measured.
    pub measured: usize,
    /// Cannot be measured: broken, silent, or of an unknown kind.
    pub impossible: usize,
    /// Their file is not to be found from here.
    pub out_of_reach: usize,
    /// Parts of a larger file, as a cue sheet names them: they have no file of their own.
    pub parts: usize,
    /// Of a kind that only ffmpeg decodes, which is not installed.
    pub foreign: usize,
    /// MIDI, which has no sound of its own.
    pub midi: usize,
}

/// Puts what is remembered on a catalog that was read from outside the daemon, measuring nothing.
pub fn recall(catalog: &mut Catalog, memory: &Sounds, music_folder: Option<&Path>) -> Progress {
    let mut progress = Progress::default();
    let has_ffmpeg = process::is_installed("ffmpeg");
    for kind in Kind::ALL {
        let item_store = catalog.of_mut(kind);
        let unknown: Vec<String> = item_store
            .iter()
            .filter(|entry| entry.feeling.is_none_or(|known| known.source == FeelingSource::Sound))
            .map(|entry| entry.id.to_owned())
            .collect();
        for id in unknown {
            progress.wanted += 1;
            let path = file_of(kind, &id, music_folder);
            let identity = path
                .as_ref()
                .and_then(|path| fs::metadata(path).map(|metadata| Identity::of(path, &metadata)).ok());
            let foreign =
                || !has_ffmpeg && path.as_ref().is_some_and(|path| audio_analysis::needs_ffmpeg(path));
            match identity.map(|identity| memory.get(identity)) {
                Some(_) if path.as_ref().is_some_and(|path| audio_analysis::is_midi(path)) => {
                    progress.midi += 1;
                }
                None if path.as_ref().is_some_and(|path| is_part(path)) => progress.parts += 1,
                None => progress.out_of_reach += 1,
                Some(None) if foreign() => progress.foreign += 1,
                Some(None) => {}
                Some(Some(None)) => progress.impossible += 1,
                Some(Some(Some(features))) => {
                    let Feeling { valence, arousal, .. } = audio_analysis::feeling(features);
                    item_store.measured(&id, valence, arousal, features.speech);
                    progress.measured += 1;
                }
            }
        }
    }
    progress
}
