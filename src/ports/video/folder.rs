//! Which videos there are: files in folders, the folders' names as their tags, and what the files say.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::describe::Describer;
use super::probe;
use crate::audio_analysis;
use crate::folder_watch::DEEPEST;
use moodbox_core::recommend::{Item, is_system_name, normalized};

/// What mpv is given to play.
const EXTENSIONS: [&str; 7] = ["mp4", "mkv", "webm", "mov", "avi", "m4v", "3gp"];
/// More files than this are left out, so that a wrong folder (`/`) does not fill the memory.
const MOST: usize = 20_000;

/// A folder of videos that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "videos in {path}: {source}. Create the folder or correct `folders` under [video] in the configuration"
)]
pub struct FolderError {
    /// The folder, as it is configured.
    pub path: String,
    /// What the system says.
    pub source: std::io::Error,
}

/// Where videos lie, and how what is known of them is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VideoFolders {
    /// Searched with all that is below them.
    pub folders: Vec<PathBuf>,
    /// In a public place: a rating that is not understood, or a description that cannot be read, counts as
    /// explicit.
    pub guarded: bool,
}

/// What was found in them.
#[derive(Debug, Default)]
pub struct Videos {
    /// The videos, sorted by path.
    pub items: Vec<Item>,
    /// Folders of the configuration that cannot be read.
    pub errors: Vec<FolderError>,
    /// What was left out or could not be understood, in words, each once.
    pub remarks: Vec<String>,
}

/// The videos below these folders, with all that is known of them.
/// A folder that cannot be read is told beside what the others hold.
pub fn catalog(from: &VideoFolders) -> Videos {
    let mut videos = scan(&from.folders);
    let mut describer = Describer::new(from.guarded);
    videos.items.iter_mut().for_each(|item| describer.describe(item));
    videos.remarks.extend(describer.remarks());
    videos
}

/// The videos below these folders, sorted by path, by their names alone: the id is the absolute path, the
/// title comes from the file's name, the tags from the names of the folders below the given one, as words
/// are compared.
pub(crate) fn scan(folders: &[PathBuf]) -> Videos {
    let mut scan = Scan::default();
    let mut errors = Vec::new();
    for folder in folders {
        let seen = fs::canonicalize(folder).and_then(|folder| {
            scan.seen.clear();
            scan.gather(&folder)
        });
        if let Err(source) = seen {
            errors.push(FolderError { path: folder.display().to_string(), source });
        }
    }
    let mut remarks = scan.remarks();
    let mut items = scan.items;
    items.sort_by(|a, b| a.id.cmp(&b.id));
    items.dedup_by(|a, b| a.id == b.id);
    let before = items.len();
    leave_out_extras(&mut items);
    match before - items.len() {
        0 => {}
        1 => remarks.push("a trailer, sample or extra beside its film is left out".to_owned()),
        more => remarks.push(format!("{more} trailers, samples and extras beside their films are left out")),
    }
    Videos { items, errors, remarks }
}

/// One look through the folders.
#[derive(Default)]
struct Scan {
    items: Vec<Item>,
    tags: Vec<String>,
    /// Device and number of each folder that was entered: a link may lead in a circle, or to one that is here.
    seen: HashSet<(u64, u64)>,
    nameless: usize,
    too_deep: Vec<PathBuf>,
    unreadable: Vec<String>,
    is_full: bool,
}

impl Scan {
    fn gather(&mut self, folder: &Path) -> std::io::Result<()> {
        let metadata = fs::metadata(folder)?;
        if !self.seen.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        // Folders themselves before links to folders: what is in both is called by where it lies.
        let (mut inner, mut links) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                self.nameless += 1;
                continue;
            };
            if name.starts_with('.') || is_system_name(&name) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                inner.push((path, name));
            } else if kind.is_symlink() && path.is_dir() {
                links.push((path, name));
            } else if is_video(&path) && path.is_file() {
                if self.items.len() >= MOST {
                    self.is_full = true;
                    return Ok(());
                }
                let id = path.to_string_lossy().into_owned();
                self.items.push(Item { title: title(&id), id, tags: self.tags.clone(), ..Item::default() });
            }
        }
        inner.sort();
        links.sort();
        for (path, name) in inner.into_iter().chain(links) {
            if self.tags.len() >= DEEPEST {
                self.too_deep.push(path);
                continue;
            }
            self.tags.push(normalized(&name));
            if let Err(error) = self.gather(&path) {
                self.unreadable.push(format!("{}: {error}; the folder is left out", path.display()));
            }
            self.tags.pop();
        }
        Ok(())
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = self.unreadable.clone();
        if self.nameless > 0 {
            remarks.push(format!(
                "{} names among the videos are not UTF-8 and are left out; rename them, for example with convmv",
                self.nameless
            ));
        }
        if let Some(first) = self.too_deep.first() {
            remarks.push(format!(
                "{} folders lie more than {DEEPEST} deep and are left out, the first is {}",
                self.too_deep.len(),
                first.display()
            ));
        }
        if self.is_full {
            remarks.push(format!("there are more than {MOST} videos; the rest is left out"));
        }
        remarks
    }
}

/// What the makers of films put beside them, by the ends of names that Kodi, Jellyfin and Plex know.
const EXTRAS: [&str; 3] = ["trailer", "teaser", "sample"];
/// Ends of names that mean an extra only behind the name of a film: `Film-scene.mp4` beside `Film.mp4`.
const EXTRAS_OF_A_FILM: [&str; 9] = [
    "behindthescenes",
    "deleted",
    "deletedscene",
    "featurette",
    "interview",
    "scene",
    "short",
    "extra",
    "other",
];
/// Folders of extras below a film.
const EXTRA_FOLDERS: [&str; 8] = [
    "extras",
    "extra",
    "featurettes",
    "featurette",
    "behind the scenes",
    "deleted scenes",
    "bonus",
    "bonus features",
];
/// Folders that hold extras below a single film, and anything else below several videos.
const EXTRA_FOLDERS_OF_ONE: [&str; 5] = ["interviews", "scenes", "shorts", "clips", "other"];

fn normalized_name(name: Option<&std::ffi::OsStr>) -> String {
    name.and_then(|name| name.to_str()).map(normalized).unwrap_or_default()
}

/// Whether a file is a trailer or a sample of something: `Film-trailer.mp4`, `sample.mkv`, `trailers/1.mp4`.
pub(super) fn is_extra(path: &Path) -> bool {
    let ends = |stem: &str| {
        let word =
            stem.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == ' ' || letter == '-');
        let word = word.rsplit(['-', '.', '_', ' ', '(', '[']).next().unwrap_or(word);
        EXTRAS.contains(&word.trim_end_matches([')', ']']))
    };
    let folder = normalized_name(path.parent().and_then(Path::file_name));
    ends(&normalized_name(path.file_stem())) || EXTRAS.contains(&folder.strip_suffix('s').unwrap_or(&folder))
}

/// The film whose extra a file is by its name: `film` of `film-deleted`, `film-scene2`.
fn film_of_extra(stem: &str) -> Option<&str> {
    let (film, word) =
        stem.trim_end_matches(|letter: char| letter.is_ascii_digit()).rsplit_once(['-', '.', '_'])?;
    EXTRAS_OF_A_FILM.contains(&word).then(|| film.trim())
}

/// Takes trailers, samples and extras out, where their film is beside them or one folder above.
fn leave_out_extras(items: &mut Vec<Item>) {
    let mut films: HashMap<PathBuf, HashSet<String>> = HashMap::new();
    for item in items.iter() {
        let path = Path::new(&item.id);
        if !is_extra(path)
            && let Some(folder) = path.parent()
        {
            films.entry(folder.to_owned()).or_default().insert(normalized_name(path.file_stem()));
        }
    }
    items.retain(|item| {
        let path = Path::new(&item.id);
        let Some(folder) = path.parent() else { return true };
        let beside = films.get(folder);
        let above = folder.parent().and_then(|above| films.get(above));
        let name = normalized_name(folder.file_name());
        let by_name = is_extra(path) && (beside.is_some() || above.is_some());
        let of_a_film = film_of_extra(&normalized_name(path.file_stem()))
            .is_some_and(|film| beside.is_some_and(|films| films.contains(film)));
        let below_films = above.is_some() && EXTRA_FOLDERS.contains(&name.as_str());
        let below_one =
            above.is_some_and(|films| films.len() == 1) && EXTRA_FOLDERS_OF_ONE.contains(&name.as_str());
        !(by_name || of_a_film || below_films || below_one)
    });
}

pub(super) fn is_video(path: &Path) -> bool {
    audio_analysis::has_ending(path, &EXTENSIONS) || probe::is_for(path)
}

/// Whether the length of this kind of file is known only where ffprobe is installed.
pub(crate) fn needs_ffprobe(path: &str) -> bool {
    probe::is_for(Path::new(path))
}

/// Whether a change of this file changes what is known of the videos.
pub(super) fn is_of_interest(path: &Path) -> bool {
    is_video(path) || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("nfo"))
}

/// What a person would call the file: `/v/calm/slow_waves-1.mp4` is `slow waves 1`.
pub fn title(path: &str) -> String {
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path);
    stem.split(['_', '-', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn videos_are_found_with_their_folders_as_tags() {
        let root = tempfile::tempdir().unwrap();
        for file in
            ["Calm/Waves/slow_waves-1.MP4", "top.webm", "Calm/notes.txt", ".hidden/x.mp4", "Calm/.x.mkv"]
        {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        for file in [
            "$RECYCLE.BIN/S-1-5-21/$R1.mp4",
            ".Trash-1000/files/x.mp4",
            "#recycle/weg.mp4",
            "@eaDir/Ferien.mp4/SYNO.mp4",
            "lost+found/x.mp4",
            "Calm/._top.mp4",
            "Calm/.AppleDouble/top.mp4",
            "System Volume Information/x.mp4",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        // A circle of links ends.
        std::os::unix::fs::symlink(root.path(), root.path().join("Calm/again")).unwrap();
        let missing = root.path().join("missing");
        let folders = vec![root.path().to_owned(), root.path().to_owned(), missing.clone()];
        let Videos { items, errors, .. } = catalog(&VideoFolders { folders, guarded: false });
        let found: Vec<_> = items.iter().map(|item| (item.title.as_str(), item.tags.join(" "))).collect();
        assert_eq!(found, [("slow waves 1", "calm waves".to_owned()), ("top", String::new())]);
        assert!(items.iter().all(|item| Path::new(&item.id).is_absolute()));
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains(missing.to_str().unwrap()));
    }

    #[test]
    fn a_linked_folder_is_read_once_with_its_own_name_as_tag() {
        let (root, nas) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(nas.path().join("in")).unwrap();
        fs::write(nas.path().join("in/oma.mp4"), b"").unwrap();
        fs::create_dir(root.path().join("here")).unwrap();
        fs::write(root.path().join("here/x.mp4"), b"").unwrap();
        for (to, link) in [(nas.path(), "NAS"), (nas.path(), "again"), (&root.path().join("here"), "alias")] {
            std::os::unix::fs::symlink(to, root.path().join(link)).unwrap();
        }
        std::os::unix::fs::symlink(root.path(), nas.path().join("back")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("dangling")).unwrap();
        let found = scan(&[root.path().to_owned()]).items;
        let found: Vec<_> = found.iter().map(|item| (item.title.as_str(), item.tags.join(" "))).collect();
        assert_eq!(found, [("oma", "nas in".to_owned()), ("x", "here".to_owned())]);
    }

    #[test]
    fn trailers_and_samples_are_left_out_beside_their_film_and_that_is_told() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "a/Der Film.mp4",
            "a/Der Film-trailer.mp4",
            "a/sample.mp4",
            "a/Der Film.sample.mkv",
            "a/trailers/1.mp4",
            "a/Sample/der-film.mkv",
            "a/Der Film-behindthescenes.mp4",
            "a/Der Film-deleted.mp4",
            "a/Der Film-featurette.mp4",
            "a/Der Film-interview.mp4",
            "a/DER FILM-scene2.mp4",
            "a/Der Film-short.mp4",
            "a/Der Film.deletedscene.mp4",
            "a/Extras/1.mp4",
            "a/Behind The Scenes/1.mp4",
            "a/featurettes/1.mp4",
            "a/Short.mp4",
            "a/The big scene.mp4",
            "d/Urlaub.mp4",
            "d/Garten.mp4",
            "d/clips/1.mp4",
            "e/Interview-interview.mp4",
            "b/Trailer.mp4",
            "b/Free sampler.mp4",
            "c/only-trailer.mp4",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        let videos = scan(&[root.path().to_owned()]);
        let found: Vec<_> = videos.items.iter().map(|item| item.title.as_str()).collect();
        let kept = [
            "Der Film",
            "Short",
            "The big scene",
            "Free sampler",
            "only trailer",
            "Garten",
            "Urlaub",
            "1",
            "Interview interview",
        ];
        assert_eq!(found, kept);
        assert_eq!(videos.remarks, ["16 trailers, samples and extras beside their films are left out"]);
    }
}
