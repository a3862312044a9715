//! Playlists: those that MPD stores, and those that lie beside the music, as other programs write them.

use std::collections::{BTreeMap, HashMap};

use super::connection::Connection;
use super::wire::BROKEN;
use super::{MusicError, MusicSettings};
use moodbox_core::recommend::{ItemStore, in_system_folder};

/// Stored playlists that are read at most: each is a question of its own.
const MOST_PLAYLISTS: usize = 200;

/// Playlists beside the music that are read at most. Programs that copy discs write one for each of them.
const MOST_BESIDE: usize = 1000;

/// Entries of all of them.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of a list of all files, of which the playlists alone are kept.
const LONGEST_LIST: usize = 32 << 20;

/// Playlists of which it is told one by one what is left out.
const MOST_TOLD: usize = 10;

/// Kinds of playlists, by their endings. A cue sheet is none: its tracks are songs of the database.
const ENDINGS: [&str; 5] = ["m3u", "m3u8", "pls", "xspf", "asx"];

/// Names of playlists by the file that is in them.
pub(super) type OfFile = HashMap<String, Vec<String>>;

/// Which stored playlists each file is in. A server without any gives none.
pub(super) fn stored(connection: &mut Connection) -> Result<OfFile, MusicError> {
    let pairs = match connection.ask(&["listplaylists"]) {
        Err(error) if error.breaks_connection() => return Err(error),
        other => {
            other.inspect_err(|error| tracing::debug!(%error, "no stored playlists")).unwrap_or_default()
        }
    };
    let names: Vec<String> =
        pairs.into_iter().filter_map(|(key, name)| (key == "playlist").then_some(name)).collect();
    if names.len() > MOST_PLAYLISTS {
        tracing::warn!(playlists = names.len(), most = MOST_PLAYLISTS, "the rest is left out");
    }
    let mut of_file: OfFile = HashMap::new();
    let mut room = MOST_ENTRIES;
    for name in names.into_iter().take(MOST_PLAYLISTS) {
        match connection.ask(&["listplaylist", &name]) {
            Err(error) if error.breaks_connection() => return Err(error),
            // It was taken away in this moment.
            Err(error) => tracing::debug!(%error, name, "a playlist is passed over"),
            Ok(pairs) => {
                let files = pairs.into_iter().filter(|(key, _)| key == "file");
                for (_, file) in files.take(room) {
                    room -= 1;
                    of_file.entry(file).or_default().push(name.clone());
                }
            }
        }
    }
    Ok(of_file)
}

/// Of which playlists entries are left out, because they are no songs of the database: radio stations, and files
/// that are gone. A line for each playlist.
pub(super) fn left_out(entries: &OfFile) -> Vec<String> {
    let mut of_list: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (file, lists) in entries {
        for list in lists {
            let (streams, gone) = of_list.entry(list).or_default();
            *(if file.contains("://") { streams } else { gone }) += 1;
        }
    }
    let told = |(list, (streams, gone)): (&str, (usize, usize))| {
        let streams = (streams > 0)
            .then(|| format!("{streams} radio addresses; as stations, which the settings of the page keep, they can be chosen"));
        let gone = (gone > 0)
            .then(|| format!("{gone} files that MPD's database does not have (`moodbox library update`)"));
        let both: Vec<String> = [streams, gone].into_iter().flatten().collect();
        format!("of the playlist `{list}` these are left out: {}", both.join(", and "))
    };
    let more = of_list.len().saturating_sub(MOST_TOLD);
    let mut remarks: Vec<String> = of_list.into_iter().take(MOST_TOLD).map(told).collect();
    if more > 0 {
        remarks.push(format!("of {more} more playlists entries are left out too"));
    }
    remarks
}

/// Which playlists that lie beside the music each file is in, and what of them was left out. MPD reads them: it knows
/// their kinds, and where their entries point to. Such a playlist is called as its file, without folder and ending; one
/// that holds all songs of its own folder and nothing else says no more than the folder and is passed over.
///
/// The connection is one of its own, because a list that is too long for the server ends it. A server that cannot list
/// its files has none.
pub(super) fn beside(settings: &MusicSettings, songs: &ItemStore) -> (OfFile, Vec<String>) {
    let (mut of_file, mut remarks) = (OfFile::new(), Vec::new());
    let paths = match listed(settings, &mut remarks) {
        Ok(paths) => paths,
        Err(error) => {
            tracing::debug!(%error, "no playlists beside the music");
            return (of_file, remarks);
        }
    };
    if paths.len() > MOST_BESIDE {
        remarks.push(format!(
            "there are {} playlists beside the music; {MOST_BESIDE} of them are read",
            paths.len()
        ));
    }
    if let Err(error) = read(settings, &paths, songs, &mut of_file) {
        tracing::debug!(%error, "the rest of the playlists beside the music is not read");
    }
    let known = |file: &String| songs.find(file).is_some();
    let gone: OfFile = of_file
        .iter()
        .filter(|(file, _)| !known(file))
        .map(|(file, names)| (file.clone(), names.clone()))
        .collect();
    of_file.retain(|file, _| known(file));
    remarks.extend(left_out(&gone));
    (of_file, remarks)
}

/// The paths of the playlists that MPD found beside the music.
fn listed(settings: &MusicSettings, remarks: &mut Vec<String>) -> Result<Vec<String>, MusicError> {
    let mut connection = Connection::open(settings)?;
    let pairs = match connection.ask_for(&["listall"], &["playlist"], LONGEST_LIST) {
        // The whole is more than the server sends at once: folder by folder then.
        Err(error) if error.breaks_connection() => {
            connection = Connection::open(settings)?;
            let mut found = connection.ask_for(&["lsinfo"], &["playlist", "directory"], LONGEST_LIST)?;
            let (folders, lists): (Vec<_>, Vec<_>) = found.drain(..).partition(|(key, _)| key == "directory");
            found = lists;
            for (_, folder) in folders {
                match connection.ask_for(&["listall", &folder], &["playlist"], LONGEST_LIST) {
                    Ok(more) => found.extend(more),
                    Err(error) => {
                        tracing::debug!(%error, folder, "not listed");
                        remarks.push(format!(
                            "the folder `{folder}` holds more files than MPD lists at once, so playlists in it are \
                             left out"
                        ));
                        connection = Connection::open(settings)?;
                    }
                }
            }
            found
        }
        other => other?,
    };
    let mut paths: Vec<String> =
        pairs.into_iter().map(|(_, path)| path).filter(|path| is_beside(path)).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Whether this is a playlist that a person has beside the music, by its name.
fn is_beside(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    !path.contains(BROKEN)
        && !in_system_folder(path)
        && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn read(
    settings: &MusicSettings,
    paths: &[String],
    songs: &ItemStore,
    of_file: &mut OfFile,
) -> Result<(), MusicError> {
    let mut in_folder: HashMap<&str, usize> = paths.iter().map(|path| (folder_of(path), 0)).collect();
    for song in songs.iter() {
        if let Some(count) = in_folder.get_mut(folder_of(song.id)) {
            *count += 1;
        }
    }
    let mut connection = Connection::open(settings)?;
    let mut room = MOST_ENTRIES;
    for path in paths.iter().take(MOST_BESIDE) {
        let entries = match connection.ask(&["listplaylist", path]) {
            Ok(pairs) => pairs.into_iter().filter(|(key, _)| key == "file").map(|(_, file)| file),
            Err(error) if error.breaks_connection() => return Err(error),
            Err(error) => {
                tracing::debug!(%error, path, "a playlist is passed over");
                continue;
            }
        };
        let entries: Vec<String> = entries.take(room).collect();
        room -= entries.len();
        let folder = folder_of(path);
        let same =
            entries.iter().filter(|file| folder_of(file) == folder && songs.find(file).is_some()).count();
        if same == entries.len() && in_folder.get(folder).is_some_and(|all| same >= *all) {
            continue;
        }
        let name =
            path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
        for file in entries {
            let names = of_file.entry(file).or_default();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_of_a_playlist_is_no_song_of_the_database_is_told() {
        let entries = [("http://127.0.0.1:9/stream", &["Radio"][..]), ("gone.ogg", &["Evening", "Radio"])]
            .map(|(file, lists)| (file.to_owned(), lists.iter().map(|list| (*list).to_owned()).collect()));
        let told = left_out(&HashMap::from(entries));
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("`Evening`") && told[0].contains("1 files"), "{told:?}");
        assert!(told[1].contains("`Radio`") && told[1].contains("1 radio addresses"), "{told:?}");
        assert!(left_out(&HashMap::new()).is_empty());
    }

    #[test]
    fn of_many_playlists_the_first_are_told_one_by_one_and_the_rest_in_one_line() {
        let entries = (0..30).map(|number| (format!("{number}.ogg"), vec![format!("List {number:02}")]));
        let told = left_out(&entries.collect());
        assert_eq!(told.len(), MOST_TOLD + 1);
        assert!(told[MOST_TOLD].contains("20 more"), "{told:?}");
    }

    #[test]
    fn a_playlist_is_known_by_its_ending() {
        for (path, is) in [
            ("a/Party.m3u", true),
            ("Evening.M3U8", true),
            ("x.pls", true),
            ("a.xspf", true),
            ("disc.cue", false),
            ("m3u", false),
            ("@eaDir/x.m3u", false),
        ] {
            assert_eq!(is_beside(path), is, "{path}");
        }
    }
}
