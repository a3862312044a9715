//! What is known of a video beside its name: from the container itself, and from the `.nfo` beside it.
//!
//! The container is read by the same crate that decodes sound, so that no other program has to be there and
//! none is started for each file. It knows MP4 and Matroska, and the length of a MOV; the words of a MOV and all
//! of an AVI are read here. Rarer kinds are left to `ffprobe`, where it is installed.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use symphonia::core::meta::{ContentAdvisory, StandardTag};

use super::nfo::{self, Nfo};
use super::probe::{self, Probe, ProbeError};
use super::{avi, matroska, quicktime};
use crate::audio_analysis;
use moodbox_core::recommend::Item;

/// What the container tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Container {
    title: Option<String>,
    artist: Option<String>,
    genres: Vec<String>,
    tags: Vec<String>,
    length: Option<Duration>,
    explicit: bool,
}

/// What the readers of our own find; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub length: Option<Duration>,
    pub title: String,
    pub artist: String,
    pub genre: String,
    pub comment: String,
}

impl Container {
    /// Takes what is not known yet.
    fn hear(&mut self, said: Said) {
        self.length = self.length.or(said.length);
        set(&mut self.title, &said.title);
        set(&mut self.artist, &said.artist);
        if self.genres.is_empty() && !said.genre.is_empty() {
            self.genres.push(said.genre);
        }
        self.tags.extend(crate::ports::music::words(&said.comment));
    }
}

/// Size and time of change of a file.
type Stamp = (u64, Option<SystemTime>);

/// Describes videos, and remembers what it read for as long as the files stay what they are.
#[derive(Default)]
pub struct Describer {
    containers: HashMap<PathBuf, (Stamp, Container)>,
    nfos: HashMap<PathBuf, (Stamp, Option<Nfo>)>,
    probe: Probe,
    /// That `ffprobe` is not there is said once.
    missed: bool,
}

impl Describer {
    /// Puts on an item of the folder scan what its files say: the `.nfo` goes before the container, and
    /// either before the name.
    pub fn describe(&mut self, item: &mut Item) {
        let path = PathBuf::from(&item.id);
        let container = self.container(&path);
        let nfo = self.nfo(&path).unwrap_or_default();
        if let Some(title) = nfo.title.or(container.title) {
            item.title = title;
        }
        item.artist = nfo.artist.or(container.artist).unwrap_or_default();
        item.album = nfo.album.unwrap_or_default();
        // What plays is measured; what the person wrote is rounded to minutes.
        item.length = container.length.or(nfo.length);
        item.explicit = nfo.explicit || container.explicit;
        item.genres = if nfo.genres.is_empty() { container.genres } else { nfo.genres };
        for tag in nfo.tags.into_iter().chain(container.tags) {
            if !item.tags.contains(&tag) {
                item.tags.push(tag);
            }
        }
    }

    /// Forgets the files that are no more.
    pub fn keep(&mut self, items: &[Item]) {
        let there: std::collections::HashSet<&Path> = items.iter().map(|item| Path::new(&item.id)).collect();
        self.containers.retain(|path, _| there.contains(path.as_path()));
        self.nfos.retain(|path, _| path.exists());
    }

    fn container(&mut self, path: &Path) -> Container {
        let Some(stamp) = fs::metadata(path).ok().map(|metadata| stamp(&metadata)) else {
            return Container::default();
        };
        if let Some((known, container)) = self.containers.get(path)
            && *known == stamp
        {
            return container.clone();
        }
        let container = if probe::is_for(path) {
            // Not remembered as long as nobody could be asked: the program may be installed at any time.
            let Some(container) = self.probed(path) else { return Container::default() };
            container
        } else {
            // A broken file may make the reader panic; it is a video without a length then.
            catch_unwind(AssertUnwindSafe(|| read(path))).ok().flatten().unwrap_or_default()
        };
        self.containers.insert(path.to_owned(), (stamp, container.clone()));
        container
    }

    /// What `ffprobe` says; none if it is not there.
    fn probed(&mut self, path: &Path) -> Option<Container> {
        let mut container = Container::default();
        match self.probe.ask(path) {
            Ok(said) => container.hear(said),
            Err(error @ ProbeError::Absent { .. }) => {
                if !std::mem::replace(&mut self.missed, true) {
                    tracing::info!("{}: {error}", path.display());
                }
                return None;
            }
            Err(error) => tracing::warn!("{}: {error}; its length is not known", path.display()),
        }
        Some(container)
    }

    /// The file beside the video with its name, else the `movie.nfo` of a folder of its own.
    fn nfo(&mut self, path: &Path) -> Option<Nfo> {
        let own = path.with_extension("nfo");
        let shared = path.with_file_name("movie.nfo");
        [own, shared].into_iter().find_map(|file| {
            let stamp =
                fs::metadata(&file).ok().filter(Metadata::is_file).map(|metadata| stamp(&metadata))?;
            if let Some((known, nfo)) = self.nfos.get(&file)
                && *known == stamp
            {
                return nfo.clone();
            }
            let nfo = read_nfo(&file, stamp.0);
            self.nfos.insert(file, (stamp, nfo.clone()));
            nfo
        })
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

fn read_nfo(file: &Path, size: u64) -> Option<Nfo> {
    if size > nfo::MOST_BYTES {
        tracing::warn!(path = %file.display(), size, "too large for a description of a video; it is passed over");
        return None;
    }
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(nfo::MOST_BYTES).read_to_end(&mut bytes));
    let nfo = match read {
        Ok(_) => nfo::parse(&bytes).map_err(|error| error.to_string()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    nfo.inspect_err(|error| tracing::warn!("{}: {error}; the video is taken without it", file.display())).ok()
}

fn read(path: &Path) -> Option<Container> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let again = || File::open(path).ok().map(BufReader::new);
    if let Some(said) = again().and_then(|mut file| avi::read(&mut file)) {
        let mut container = Container::default();
        container.hear(said);
        return Some(container);
    }
    let mut format = audio_analysis::open(File::open(path).ok()?, extension).ok()?;
    let mut container = Container { length: audio_analysis::length(&*format), ..Container::default() };
    container.title = again().and_then(|mut file| matroska::title(&mut file));
    container.hear(again().map(|mut file| quicktime::read(&mut file)).unwrap_or_default());
    let mut metadata = format.metadata();
    let Some(revision) = metadata.skip_to_latest() else { return Some(container) };
    for tag in revision.media.tags.iter().filter_map(|tag| tag.std.as_ref()) {
        match tag {
            StandardTag::TrackTitle(text) | StandardTag::MovieTitle(text) => set(&mut container.title, text),
            StandardTag::TvEpisodeTitle(text) => set(&mut container.title, text),
            StandardTag::Artist(text) => set(&mut container.artist, text),
            StandardTag::Genre(text) => container.genres.push(text.to_string()),
            StandardTag::Mood(text) | StandardTag::Keywords(text) | StandardTag::Comment(text) => {
                container.tags.extend(crate::ports::music::words(text));
            }
            StandardTag::ContentAdvisory(ContentAdvisory::Explicit) => container.explicit = true,
            _ => {}
        }
    }
    Some(container)
}

/// The first that says something.
fn set(field: &mut Option<String>, text: &str) {
    if field.is_none() && !text.trim().is_empty() {
        *field = Some(text.trim().to_owned());
    }
}
