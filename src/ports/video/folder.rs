//! Which videos there are: files in folders, the folders' names as their tags, and what the files say.

use std::fs;
use std::path::{Path, PathBuf};

use super::describe::Describer;
use super::probe;
use crate::audio_analysis;
use moodbox_core::recommend::Item;

/// What mpv is given to play.
const EXTENSIONS: [&str; 7] = ["mp4", "mkv", "webm", "mov", "avi", "m4v", "3gp"];
/// Folders in folders, at most.
const DEEPEST: usize = 8;
/// More files than this are left out, so that a wrong folder (`/`) does not fill the memory.
const MOST: usize = 20_000;

/// A folder of videos that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "videos in {path}: {source}. Create the folder or correct `folders` under [video] in the configuration"
)]
pub struct FolderError {
    pub path: String,
    pub source: std::io::Error,
}

/// The videos below these folders, with all that is known of them.
/// A folder that cannot be read is told beside what the others hold.
pub fn catalog(folders: &[PathBuf]) -> (Vec<Item>, Vec<FolderError>) {
    let (mut items, errors) = scan(folders);
    let mut describer = Describer::default();
    items.iter_mut().for_each(|item| describer.describe(item));
    (items, errors)
}

/// The videos below these folders, sorted by path, by their names alone: the id is the absolute path, the
/// title comes from the file's name, the tags from the names of the folders below the given one, in lower
/// case.
pub fn scan(folders: &[PathBuf]) -> (Vec<Item>, Vec<FolderError>) {
    let mut items = Vec::new();
    let mut errors = Vec::new();
    for folder in folders {
        let seen = fs::canonicalize(folder).and_then(|folder| {
            let mut tags = Vec::new();
            gather(&folder, &mut tags, &mut items)
        });
        if let Err(source) = seen {
            errors.push(FolderError { path: folder.display().to_string(), source });
        }
    }
    items.sort_by(|a, b| a.id.cmp(&b.id));
    items.dedup_by(|a, b| a.id == b.id);
    (items, errors)
}

fn gather(folder: &Path, tags: &mut Vec<String>, items: &mut Vec<Item>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            tracing::warn!(path = %path.display(), "a name that is not UTF-8: left out");
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        // Links are followed to files, never to folders: they could lead in a circle.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if tags.len() < DEEPEST {
                tags.push(name.to_lowercase());
                if let Err(error) = gather(&path, tags, items) {
                    tracing::warn!(path = %path.display(), %error, "a folder of videos is left out");
                }
                tags.pop();
            }
        } else if is_video(&path) && path.is_file() {
            if items.len() >= MOST {
                tracing::warn!(most = MOST, "there are more videos than moodbox reads; the rest is left out");
                return Ok(());
            }
            let id = path.to_string_lossy().into_owned();
            items.push(Item { title: title(&id), id, tags: tags.clone(), ..Item::default() });
        }
    }
    Ok(())
}

fn is_video(path: &Path) -> bool {
    audio_analysis::has_ending(path, &EXTENSIONS) || probe::is_for(path)
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
        // A circle of links ends.
        std::os::unix::fs::symlink(root.path(), root.path().join("Calm/again")).unwrap();
        let missing = root.path().join("missing");
        let (items, errors) = catalog(&[root.path().to_owned(), root.path().to_owned(), missing.clone()]);
        let found: Vec<_> = items.iter().map(|item| (item.title.as_str(), item.tags.join(" "))).collect();
        assert_eq!(found, [("slow waves 1", "calm waves".to_owned()), ("top", String::new())]);
        assert!(items.iter().all(|item| Path::new(&item.id).is_absolute()));
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains(missing.to_str().unwrap()));
    }
}
