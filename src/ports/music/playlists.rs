//! Playlists: those that MPD stores, and those that lie beside the music, as other programs write them.

use std::collections::{BTreeMap, HashMap};

use super::connection::{Connection, Pairs};
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

/// A longer path is none: Linux has no file with it.
const LONGEST_PATH: usize = 4096;

/// Which playlists songs of the library are in. Songs are known by their positions and playlists by their numbers:
/// whoever writes them decides how long the names of files in them are.
#[derive(Debug, Default)]
pub(super) struct Playlists {
    names: Vec<String>,
    /// By the position of the song.
    of_song: HashMap<usize, Vec<usize>>,
    /// By the number of the playlist: radio addresses, and other files that are no songs of the database.
    others: BTreeMap<usize, (usize, usize)>,
}

impl Playlists {
    /// Those that MPD stores. A server without any gives none.
    pub(super) fn stored(connection: &mut Connection, songs: &ItemStore) -> Result<Playlists, MusicError> {
        let pairs = match connection.ask(&["listplaylists"]) {
            Err(error) if error.breaks_connection() => return Err(error),
            other => {
                other.inspect_err(|error| tracing::debug!(%error, "no stored playlists")).unwrap_or_default()
            }
        };
        let names = || pairs.iter().filter(|(key, _)| *key == "playlist").map(|(_, name)| name);
        let many = names().count();
        if many > MOST_PLAYLISTS {
            tracing::warn!(playlists = many, most = MOST_PLAYLISTS, "the rest is left out");
        }
        let mut playlists = Playlists::default();
        let mut room = MOST_ENTRIES;
        for name in names().take(MOST_PLAYLISTS) {
            match connection.ask(&["listplaylist", name]) {
                Err(error) if error.breaks_connection() => return Err(error),
                // It was taken away in this moment.
                Err(error) => tracing::debug!(%error, name, "a playlist is passed over"),
                Ok(pairs) => {
                    let list = playlists.number(name);
                    for file in files(&pairs).take(room) {
                        room -= 1;
                        playlists.put(list, file, songs);
                    }
                }
            }
        }
        Ok(playlists)
    }

    /// Those that lie beside the music, and what of them was left out. MPD reads them: it knows their kinds, and where
    /// their entries point to. Such a playlist is called as its file, without folder and ending; one that holds all songs
    /// of its own folder and nothing else says no more than the folder and is passed over.
    ///
    /// The connection is one of its own, because a list that is too long for the server ends it. A server that cannot
    /// list its files has none.
    pub(super) fn beside(settings: &MusicSettings, songs: &ItemStore) -> (Playlists, Vec<String>) {
        let (mut playlists, mut remarks) = (Playlists::default(), Vec::new());
        let paths = match listed(settings, &mut remarks) {
            Ok(paths) => paths,
            Err(error) => {
                tracing::debug!(%error, "no playlists beside the music");
                return (playlists, remarks);
            }
        };
        if paths.len() > MOST_BESIDE {
            remarks.push(format!(
                "there are {} playlists beside the music; {MOST_BESIDE} of them are read",
                paths.len()
            ));
        }
        if let Err(error) = playlists.read_beside(settings, &paths, songs) {
            tracing::debug!(%error, "the rest of the playlists beside the music is not read");
        }
        remarks.extend(playlists.left_out());
        (playlists, remarks)
    }

    fn read_beside(
        &mut self,
        settings: &MusicSettings,
        paths: &[String],
        songs: &ItemStore,
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
            let pairs = match connection.ask(&["listplaylist", path]) {
                Ok(pairs) => pairs,
                Err(error) if error.breaks_connection() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, path, "a playlist is passed over");
                    continue;
                }
            };
            let many = files(&pairs).take(room).count();
            room -= many;
            let folder = folder_of(path);
            let of_its_folder = |file: &&str| folder_of(file) == folder && songs.place(file).is_some();
            let same = files(&pairs).take(many).filter(of_its_folder).count();
            if same == many && in_folder.get(folder).is_some_and(|all| same >= *all) {
                continue;
            }
            let name = path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
            let list = self.number(name.map_or("", |(stem, _)| stem));
            files(&pairs).take(many).for_each(|file| self.put(list, file, songs));
        }
        Ok(())
    }

    /// The number of a playlist. Two with one name are one.
    fn number(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    fn put(&mut self, list: usize, file: &str, songs: &ItemStore) {
        match songs.place(file) {
            Some(place) => {
                let lists = self.of_song.entry(place).or_default();
                if !lists.contains(&list) {
                    lists.push(list);
                }
            }
            None => {
                let (streams, gone) = self.others.entry(list).or_default();
                *(if file.contains("://") { streams } else { gone }) += 1;
            }
        }
    }

    /// The names of those that a song is in.
    pub(super) fn of(&self, place: usize) -> impl Iterator<Item = &str> {
        let lists = self.of_song.get(&place).into_iter().flatten();
        lists.filter_map(|list| self.names.get(*list).map(String::as_str))
    }

    /// Of which playlists entries are left out, because they are no songs of the database: radio stations, and files
    /// that are gone. A line for each playlist.
    pub(super) fn left_out(&self) -> Vec<String> {
        let mut of_list: Vec<(&str, usize, usize)> = self
            .others
            .iter()
            .map(|(list, (streams, gone))| {
                (self.names.get(*list).map_or("", String::as_str), *streams, *gone)
            })
            .collect();
        of_list.sort_unstable();
        let told = |(list, streams, gone): (&str, usize, usize)| {
            let streams = (streams > 0)
                .then(|| format!("{streams} radio addresses; as stations, which the settings of the page keep, they can be chosen"));
            let gone = (gone > 0).then(|| {
                format!("{gone} files that MPD's database does not have (`moodbox library update`)")
            });
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
}

/// The files that an answer names.
fn files(pairs: &Pairs) -> impl Iterator<Item = &str> {
    pairs.iter().filter(|(key, _)| *key == "file").map(|(_, file)| file)
}

/// The paths of the playlists that MPD found beside the music: all, or one more than are read at least.
fn listed(settings: &MusicSettings, remarks: &mut Vec<String>) -> Result<Vec<String>, MusicError> {
    fn keep(pairs: &Pairs, paths: &mut Vec<String>) {
        let beside = pairs.iter().filter(|(key, path)| *key == "playlist" && is_beside(path));
        paths.extend(beside.map(|(_, path)| path.to_owned()));
    }
    let mut paths = Vec::new();
    let mut connection = Connection::open(settings)?;
    match connection.ask_for(&["listall"], &["playlist"], LONGEST_LIST) {
        // The whole is more than the server sends at once: folder by folder then.
        Err(error) if error.breaks_connection() => {
            connection = Connection::open(settings)?;
            let top = connection.ask_for(&["lsinfo"], &["playlist", "directory"], LONGEST_LIST)?;
            keep(&top, &mut paths);
            for (_, folder) in top.iter().filter(|(key, _)| *key == "directory") {
                if paths.len() > MOST_BESIDE {
                    break;
                }
                match connection.ask_for(&["listall", folder], &["playlist"], LONGEST_LIST) {
                    Ok(more) => keep(&more, &mut paths),
                    Err(error) => {
                        tracing::debug!(%error, folder, "not listed");
                        if remarks.len() < MOST_TOLD {
                            remarks.push(format!(
                                "the folder `{folder}` holds more files than MPD lists at once, so playlists in it are \
                                 left out"
                            ));
                        }
                        connection = Connection::open(settings)?;
                    }
                }
            }
        }
        all => keep(&all?, &mut paths),
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Whether this is a playlist that a person has beside the music, by its name.
fn is_beside(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    path.len() <= LONGEST_PATH
        && !path.contains(BROKEN)
        && !in_system_folder(path)
        && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::recommend::Item;

    fn songs(ids: &[&str]) -> ItemStore {
        ids.iter().map(|id| Item { id: (*id).to_owned(), ..Item::default() }).collect()
    }

    #[test]
    fn what_of_a_playlist_is_no_song_of_the_database_is_told() {
        let songs = songs(&["a.ogg", "b.ogg"]);
        let mut lists = Playlists::default();
        for (name, file) in [
            ("Radio", "http://127.0.0.1:9/stream"),
            ("Radio", "b.ogg"),
            ("Radio", "gone.ogg"),
            ("Evening", "gone.ogg"),
            ("Evening", "b.ogg"),
            ("Evening", "b.ogg"),
        ] {
            let list = lists.number(name);
            lists.put(list, file, &songs);
        }
        assert!(lists.of(0).count() == 0 && lists.of(1).eq(["Radio", "Evening"]));
        let told = lists.left_out();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("`Evening`") && told[0].contains("1 files"), "{told:?}");
        assert!(told[1].contains("`Radio`") && told[1].contains("1 radio addresses"), "{told:?}");
        assert!(Playlists::default().left_out().is_empty());
    }

    #[test]
    fn of_many_playlists_the_first_are_told_one_by_one_and_the_rest_in_one_line() {
        let mut lists = Playlists::default();
        for number in 0..30 {
            let list = lists.number(&format!("List {number:02}"));
            lists.put(list, "gone.ogg", &ItemStore::new());
        }
        let told = lists.left_out();
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
            (&format!("{}.m3u", "x".repeat(5000)), false),
        ] {
            assert_eq!(is_beside(path), is, "{path}");
        }
    }
}
