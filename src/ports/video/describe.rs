//! What is known of a video beside its name: from the container itself, and from the `.nfo` beside it.
//!
//! The container is read by the same crate that decodes sound, so that no other program has to be there and
//! none is started for each file. It knows MP4 and Matroska, and the length of a MOV; the words of a MOV and all
//! of an AVI are read here. Rarer kinds are left to `ffprobe`, where it is installed.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use symphonia::core::meta::{ContentAdvisory, StandardTag};

use super::nfo::{self, Nfo};
use super::probe::{self, Probe, ProbeError};
use super::{avi, matroska, quicktime};
use crate::audio_analysis::{self, Budgeted};
use crate::ports::store;
use moodbox_core::rating::{self, Audience};
use moodbox_core::recommend::{Item, normalized};

/// What the head of a container takes at most, each time that it is looked into.
const MOST_BYTES: u64 = 16 << 20;
/// A disk that has gone to sleep needs some seconds.
const LONGEST: Duration = Duration::from_secs(5);

/// What the container tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Container {
    title: Option<String>,
    artist: Option<String>,
    genres: Vec<String>,
    tags: Vec<String>,
    length: Option<Duration>,
    audience: Audience,
    /// As it is written there.
    rating: Option<String>,
}

/// What a reader finds in a file whose container is not read by the decoder; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MediaMetadata {
    /// How long it plays.
    pub length: Option<Duration>,
    /// Its title.
    pub title: String,
    /// Its artist.
    pub artist: String,
    /// Its genre, as it is written.
    pub genre: String,
    /// Its comment.
    pub comment: String,
}

impl Container {
    /// Takes what is not known yet.
    fn hear(&mut self, said: MediaMetadata) {
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
    /// In a public place: what is not understood counts as explicit.
    guarded: bool,
    containers: HashMap<PathBuf, (Stamp, Container)>,
    nfos: HashMap<PathBuf, (Stamp, Nfo)>,
    /// What lies in each folder, for as long as one look lasts.
    folders: HashMap<PathBuf, Beside>,
    probe: Probe,
    /// That `ffprobe` is not there is said once.
    missed: bool,
}

impl Describer {
    /// Nothing read yet. `guarded`: in a public place, see [`Describer`].
    pub fn new(guarded: bool) -> Describer {
        Describer { guarded, ..Describer::default() }
    }

    /// Puts on an item of the folder scan what its files say: the `.nfo` goes before the container, and
    /// either before the name.
    pub fn describe(&mut self, item: &mut Item) {
        let path = PathBuf::from(&item.id);
        let container = self.container(&path);
        let nfo = self.nfo(&path);
        if let Some(title) = nfo.title.or(container.title) {
            item.title = title;
        }
        item.artist = nfo.artist.or(container.artist).unwrap_or_default();
        item.album = nfo.album.unwrap_or_default();
        // What plays is measured; what the person wrote is rounded to minutes.
        item.length = container.length.or(nfo.length);
        let audience = nfo.audience.max(container.audience);
        let is_doubtful = audience == Audience::Unknown || nfo.doubt.is_some();
        item.explicit = audience == Audience::Adults || (self.guarded && is_doubtful);
        item.genres = if nfo.genres.is_empty() { container.genres } else { nfo.genres };
        item.explicit |=
            item.genres.iter().chain(&nfo.tags).chain(&item.tags).any(|word| rating::is_for_adults(word));
        for tag in nfo.tags.into_iter().chain(container.tags) {
            if !item.tags.contains(&tag) {
                item.tags.push(tag);
            }
        }
    }

    /// Forgets the files that are no more, and looks at the folders anew from now on.
    pub fn keep(&mut self, items: &[Item]) {
        let there: HashSet<&Path> = items.iter().map(|item| Path::new(&item.id)).collect();
        self.containers.retain(|path, _| there.contains(path.as_path()));
        self.nfos.retain(|path, _| path.symlink_metadata().is_ok());
        self.folders.clear();
    }

    /// What was not understood, a line for each file, in order of their paths.
    pub fn remarks(&self) -> Vec<String> {
        let consequence =
            if self.guarded { "in public its videos are not played" } else { "nobody is kept from it" };
        let doubts = self.nfos.iter().filter_map(|(path, (_, nfo))| {
            Some(format!("{}: {}; {consequence}", path.display(), nfo.doubt.as_ref()?))
        });
        let containers = self.containers.iter().filter_map(|(path, (_, container))| {
            let rating = container.rating.as_ref().filter(|_| container.audience == Audience::Unknown)?;
            Some(format!("{}: the rating `{rating}` is not known; {consequence}", path.display()))
        });
        let mut remarks: Vec<String> = doubts.chain(containers).collect();
        remarks.sort();
        remarks
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

    /// The file beside the video with its name, in any case and form of its letters. The `movie.nfo` of a
    /// folder describes its one film, so of several videos the largest; its rating counts for all of them. So does
    /// the rating of a series, of its season, and of a file that can only mean this video.
    fn nfo(&mut self, path: &Path) -> Nfo {
        let Some(folder) = path.parent() else { return Nfo::default() };
        let stem = path.file_stem().and_then(|stem| stem.to_str()).map(normalized).unwrap_or_default();
        let beside = self.beside(folder);
        let own = beside.nfos.get(&stem).cloned();
        let film = beside.nfos.get("movie").cloned();
        let is_the_film = beside.film.as_deref().is_none_or(|film| film == path);
        let mut of_more = if own.is_none() { beside.may_mean(&stem, is_the_film) } else { Vec::new() };
        // A series and its seasons lie in the same folder or one or two above.
        for folder in folder.ancestors().take(3) {
            let beside = self.beside(folder);
            of_more.extend(["season", "tvshow"].iter().filter_map(|name| beside.nfos.get(*name).cloned()));
        }
        let mut nfo = match (own, film) {
            (Some(file), _) => self.read_nfo(&file),
            (None, Some(file)) => {
                let nfo = self.read_nfo(&file);
                if is_the_film {
                    nfo
                } else {
                    Nfo { audience: nfo.audience, doubt: nfo.doubt, ..Nfo::default() }
                }
            }
            (None, None) => Nfo::default(),
        };
        for file in of_more {
            let said = self.read_nfo(&file);
            nfo.audience = nfo.audience.max(said.audience);
            nfo.doubt = nfo.doubt.or(said.doubt);
            if nfo.genres.is_empty() {
                nfo.genres = said.genres;
            }
        }
        nfo
    }

    fn beside(&mut self, folder: &Path) -> &Beside {
        self.folders.entry(folder.to_owned()).or_insert_with(|| Beside::of(folder))
    }

    fn read_nfo(&mut self, file: &Path) -> Nfo {
        // A link that leads nowhere, and what is no file, is a description that cannot be read.
        let metadata = fs::metadata(file).ok();
        let stamp = metadata.as_ref().map_or((0, None), stamp);
        if let Some((known, nfo)) = self.nfos.get(file)
            && *known == stamp
        {
            return nfo.clone();
        }
        let nfo = match metadata {
            Some(metadata) if metadata.is_file() => read_nfo(file, stamp.0),
            _ => Nfo { doubt: Some("it is no file that can be read".to_owned()), ..Nfo::default() },
        };
        if let Some(doubt) = &nfo.doubt {
            tracing::warn!("{}: {doubt}", file.display());
        }
        self.nfos.insert(file.to_owned(), (stamp, nfo.clone()));
        nfo
    }
}

/// What lies beside the videos of a folder.
#[derive(Default)]
struct Beside {
    /// Descriptions by their stem, as words are compared.
    nfos: HashMap<String, PathBuf>,
    /// Those of them that no video here is called by.
    unclaimed: Vec<String>,
    /// The largest video that is no trailer.
    film: Option<PathBuf>,
    /// How many videos there are that are no trailers.
    films: usize,
}

impl Beside {
    fn of(folder: &Path) -> Beside {
        let mut beside = Beside::default();
        let (mut largest, mut stems) = (0, HashSet::new());
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in files {
            if super::folder::is_video(&path) {
                stems.extend(path.file_stem().and_then(|stem| stem.to_str()).map(normalized));
                let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
                if !super::folder::is_extra(&path) {
                    beside.films += 1;
                    if size > largest || beside.film.is_none() {
                        (largest, beside.film) = (size, Some(path));
                    }
                }
            } else if audio_analysis::has_ending(&path, &["nfo"])
                && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
            {
                beside.nfos.insert(normalized(stem), path);
            }
        }
        let shared = ["movie", "tvshow", "season"];
        let unclaimed =
            beside.nfos.keys().filter(|stem| !stems.contains(*stem) && !shared.contains(&stem.as_str()));
        beside.unclaimed = unclaimed.cloned().collect();
        beside.unclaimed.sort();
        beside
    }

    /// Descriptions that no video is called by and that can only mean this one: `Film.nfo` beside
    /// `Film-cd1.mp4` or `Film - 1080p.mp4`, and any beside the only film of a folder.
    fn may_mean(&self, stem: &str, is_the_film: bool) -> Vec<PathBuf> {
        let begins = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        let means = |nfo: &&String| {
            (is_the_film && self.films == 1) || (!nfo.is_empty() && (begins(stem, nfo) || begins(nfo, stem)))
        };
        self.unclaimed.iter().filter(means).filter_map(|stem| self.nfos.get(stem).cloned()).collect()
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

/// What a file says; one that says nothing that is understood is doubtful.
fn read_nfo(file: &Path, size: u64) -> Nfo {
    let doubtful = |doubt: String| Nfo { doubt: Some(doubt), ..Nfo::default() };
    if size > nfo::MOST_BYTES {
        return doubtful("it is too large for a description of a video".to_owned());
    }
    let mut bytes = Vec::new();
    let read = store::open_regular(file).and_then(|file| file.take(nfo::MOST_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => nfo::parse(&bytes).unwrap_or_else(|error| doubtful(error.to_string())),
        Err(error) => doubtful(format!("it cannot be read: {error}")),
    }
}

fn read(path: &Path) -> Option<Container> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let budgeted = || Budgeted::open(path, MOST_BYTES, LONGEST).ok();
    let again = || budgeted().map(BufReader::new);
    if let Some(said) = again().and_then(|mut file| avi::read(&mut file)) {
        let mut container = Container::default();
        container.hear(said);
        return Some(container);
    }
    let mut format = audio_analysis::open(budgeted()?, extension).ok()?;
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
            StandardTag::ContentAdvisory(ContentAdvisory::Explicit) => container.audience = Audience::Adults,
            StandardTag::ContentRating(text) => {
                container.audience = container.audience.max(rating::audience(&tagged_rating(text)));
                container.rating = Some(text.to_string());
            }
            _ => {}
        }
    }
    Some(container)
}

/// iTunes' form is `mpaa|R|400|`: system, label, rank.
fn tagged_rating(text: &str) -> String {
    match text.split('|').collect::<Vec<_>>()[..] {
        [_, label, ..] => label.to_owned(),
        _ => text.to_owned(),
    }
}

/// The first that says something.
fn set(field: &mut Option<String>, text: &str) {
    if field.is_none() && !text.trim().is_empty() {
        *field = Some(text.trim().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_tail_of_zeros_costs_no_more_than_its_budget() {
        let folder = tempfile::tempdir().unwrap();
        // An MP4 that says it is 200 GB, an AVI and a Matroska head, and nothing but a hole behind.
        let heads: [(&str, &[u8]); 4] = [
            ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
            ("b.avi", b"RIFF\xff\xff\xff\x7fAVI LIST"),
            ("c.mkv", b"\x1a\x45\xdf\xa3\x84\x42\x82\x81m"),
            ("d.mov", b""),
        ];
        for (name, head) in heads {
            let path = folder.path().join(name);
            fs::write(&path, head).unwrap();
            fs::File::options().write(true).open(&path).unwrap().set_len(200 << 30).unwrap();
            let begun = std::time::Instant::now();
            let _ = read(&path);
            // Each of four looks has its own budget.
            assert!(begun.elapsed() < LONGEST * 5, "{name}: {:?}", begun.elapsed());
            let mut file = Budgeted::open(&path, MOST_BYTES, LONGEST).unwrap();
            let many = std::io::copy(&mut file, &mut std::io::sink());
            assert!(many.is_err(), "{name}: the budget ends");
        }
    }

    /// Files beside each other; those that end in `.nfo` hold the text.
    fn explicit_of(files: &[(&str, &str)], video: &str) -> (bool, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut describer = Describer::new(false);
        let mut item = Item { id: root.path().join(video).display().to_string(), ..Item::default() };
        describer.describe(&mut item);
        (item.explicit, item.genres)
    }

    #[test]
    fn the_rating_of_what_a_video_is_part_of_counts() {
        let adult = "<movie><genre>Drama</genre><mpaa>FSK 18</mpaa></movie>";
        let show = "<tvshow><genre>Crime</genre><mpaa>TV-MA</mpaa></tvshow>";
        let episode = "<episodedetails><title>One</title></episodedetails>";
        let season = "<season><mpaa>TV-MA</mpaa></season>";
        let (ep, ep_nfo) = ("Show/Season 1/e1.mp4", "Show/Season 1/e1.nfo");
        for (files, video) in [
            (&[("a/Film-cd1.mp4", ""), ("a/Film-cd2.mp4", ""), ("a/Film.nfo", adult)][..], "a/Film-cd2.mp4"),
            (
                &[("a/Film - 1080p.mp4", ""), ("a/Film - 720p.mp4", ""), ("a/film.NFO", adult)],
                "a/Film - 720p.mp4",
            ),
            (&[("a/Film.mp4", ""), ("a/Film (2010).nfo", adult)], "a/Film.mp4"),
            (&[("a/x264-grp.mp4", ""), ("a/release.nfo", adult)], "a/x264-grp.mp4"),
            (&[(ep, ""), (ep_nfo, episode), ("Show/tvshow.nfo", show)], ep),
            (&[(ep, ""), ("Show/TVSHOW.NFO", show)], ep),
            (&[(ep, ""), (ep_nfo, episode), ("Show/Season 1/season.nfo", season)], ep),
            (
                &[("Erotik/a.mp4", ""), ("Erotik/a.nfo", "<movie><genre>Erotik</genre></movie>")],
                "Erotik/a.mp4",
            ),
        ] {
            assert!(explicit_of(files, video).0, "{files:?}");
        }
        assert_eq!(explicit_of(&[(ep, ""), (ep_nfo, episode), ("Show/tvshow.nfo", show)], ep).1, ["Crime"]);
        for (files, video) in [
            (&[("a/Film.mp4", ""), ("a/Other.mp4", ""), ("a/Gone.nfo", adult)][..], "a/Film.mp4"),
            (&[("a/Film.mp4", ""), ("a/Film 2.mp4", ""), ("a/Film 2.nfo", adult)], "a/Film.mp4"),
            (&[("a/Film.mp4", ""), ("tvshow/tvshow.nfo", show)], "a/Film.mp4"),
        ] {
            assert!(!explicit_of(files, video).0, "{files:?}");
        }
    }

    #[test]
    fn a_description_that_cannot_be_opened_closes_the_guard() {
        let root = tempfile::tempdir().unwrap();
        for name in ["link", "folder"] {
            fs::write(root.path().join(format!("{name}.mp4")), "").unwrap();
        }
        std::os::unix::fs::symlink("nowhere", root.path().join("link.nfo")).unwrap();
        fs::create_dir(root.path().join("folder.nfo")).unwrap();
        let mut describer = Describer::new(true);
        for name in ["link", "folder"] {
            let id = root.path().join(format!("{name}.mp4")).display().to_string();
            let mut item = Item { id, ..Item::default() };
            describer.describe(&mut item);
            assert!(item.explicit, "{name}");
        }
        assert_eq!(describer.remarks().len(), 2, "{:?}", describer.remarks());
    }
}
