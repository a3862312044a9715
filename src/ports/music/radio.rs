//! Stations of web radio: a file that a person writes, with a name, an address and a feeling for each. MPD fetches and
//! plays them; nothing of moodbox talks to them.

use std::path::Path;
use std::time::SystemTime;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::{MusicSettings, library};
use crate::numbers::to_f32;
use crate::ports::store;
use crate::text_file::{self, with_slip};
use moodbox_core::kiosk::event::NowPlaying;
use moodbox_core::recommend::{Feeling, FeelingSource, Item};

/// More stations than a person lists.
pub(crate) const MOST: usize = 500;

/// The album under which stations stand in the library.
const ALBUM: &str = "Radio";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    station: Vec<Station>,
}

/// A station as it is written.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Station {
    name: String,
    address: String,
    /// Valence and arousal, each from -1 to 1.
    feeling: [f64; 2],
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

impl Station {
    /// Whether it can be played: else the part that cannot be, and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let address = self.address.trim();
        let host = ["http://", "https://"].iter().find_map(|start| address.strip_prefix(start));
        // One line for MPD, and no file of the device by another name.
        if host.is_none_or(|host| host.is_empty() || host.starts_with('/'))
            || address.chars().any(|c| c.is_control() || c == ' ')
        {
            return Err(("address", format!("its address is not one of http:// or https://: {address:?}")));
        }
        if !self.feeling.iter().all(|axis| (-1.0..=1.0).contains(axis)) {
            let why = "its feeling is not two numbers from -1 to 1, as in feeling = [0.4, -0.5]";
            return Err(("feeling", why.to_owned()));
        }
        Ok(())
    }
}

/// Size and time of change of the two files of stations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, Option<SystemTime>)>; 2]);

pub(super) fn stamp(settings: &MusicSettings) -> Stamp {
    Stamp([&settings.radio, &settings.page_radio].map(|file| {
        let metadata = fs::metadata(file.as_ref()?).ok()?;
        Some((metadata.len(), metadata.modified().ok()))
    }))
}

/// The stations of the configuration and those of the page, and what of them cannot be used.
pub(super) fn all(settings: &MusicSettings) -> (Vec<Item>, Vec<String>) {
    let (mut items, mut remarks) = settings.radio.as_deref().map(read).unwrap_or_default();
    if let Some(file) = settings.page_radio.as_deref().filter(|file| file.exists()) {
        let (more, unused) = read(file);
        items.extend(
            more.into_iter()
                .filter(|item| !items.iter().any(|known| known.id == item.id))
                .collect::<Vec<_>>(),
        );
        remarks.extend(unused);
    }
    (items, remarks)
}

/// The stations of a file as they are written; none where there is no file.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn stations(path: &Path) -> Result<Vec<Station>, String> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file = text_file::read(path)
        .map_err(|error| error.to_string())
        .and_then(|text| toml::from_str::<File>(&text).map_err(|error| with_slip(&text, &error)));
    file.map(|file| file.station).map_err(|why| format!("{} cannot be read: {why}", path.display()))
}

/// Writes them: after a power cut the file holds the old ones or these.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(path: &Path, station: Vec<Station>) -> io::Result<()> {
    let text = toml::to_string(&File { station }).map_err(io::Error::other)?;
    store::write_atomic(path, format!("# The stations that are kept on the page.\n{text}").as_bytes())
}

/// The stations of a file, and what of it cannot be used, in words.
pub fn read(path: &Path) -> (Vec<Item>, Vec<String>) {
    let place = path.display();
    let file: Result<File, String> = text_file::read(path)
        .map_err(|error| error.to_string())
        .and_then(|text| toml::from_str(&text).map_err(|error| with_slip(&text, &error)));
    let mut stations = match file {
        Ok(file) => file.station,
        Err(why) => {
            return (Vec::new(), vec![format!("the stations of {place} are not played: {why}. {LIKE_THIS}")]);
        }
    };
    let mut remarks = Vec::new();
    if stations.len() > MOST {
        remarks.push(format!("of {place} the first {MOST} stations are taken"));
        stations.truncate(MOST);
    }
    let items = stations.into_iter().filter_map(|station| {
        let name = station.name.trim().to_owned();
        match item(station) {
            Ok(item) => Some(item),
            Err(why) => {
                remarks.push(format!("the station {name:?} of {place} is left out: {why}"));
                None
            }
        }
    });
    let items = items.collect();
    (items, remarks)
}

/// How a station is written.
const LIKE_THIS: &str = "A station is written as: [[station]], name = \"Quiet Piano\", address = \"https://...\", feeling = [0.4, -0.5]";

fn item(station: Station) -> Result<Item, String> {
    station.check().map_err(|(_, why)| why)?;
    let address = station.address.trim();
    let [valence, arousal] = station.feeling.map(to_f32);
    let name = station.name.trim();
    Ok(Item {
        id: address.to_owned(),
        title: if name.is_empty() { address.to_owned() } else { name.to_owned() },
        album: ALBUM.to_owned(),
        tags: station.tags.into_iter().chain(["radio".to_owned()]).collect(),
        feeling: Some(Feeling { valence, arousal, source: FeelingSource::Explicit }),
        ..Item::default()
    })
}

/// Whether an item comes over the network, so that nothing of it can be looked at beforehand.
pub(super) fn is_station(id: &str) -> bool {
    id.contains("://")
}

/// What plays on a station: the title is the station's name, and below it stands what its stream says of the song.
pub(super) fn name(now: &mut NowPlaying, station: &str) {
    let told = std::mem::replace(&mut now.title, station.to_owned());
    let says_nothing = told == library::title(None, &now.id) || told == station;
    let song = if says_nothing { String::new() } else { told };
    let parts = [std::mem::take(&mut now.artist), song];
    now.artist = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" – ");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<Item>, Vec<String>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn a_station_is_an_item_with_its_name_its_address_and_its_feeling() {
        let (items, remarks) = read_text(
            "# mine\n[[station]]\nname = \"Quiet Piano\"\naddress = \"https://piano.example/live\"\n\
             feeling = [0.4, -0.5]\ntags = [\"Calm\"]\n",
        );
        assert!(remarks.is_empty(), "{remarks:?}");
        let [item] = &items[..] else { panic!("{items:?}") };
        assert_eq!((item.id.as_str(), item.title.as_str()), ("https://piano.example/live", "Quiet Piano"));
        assert_eq!(item.feeling.map(|feeling| (feeling.valence, feeling.arousal)), Some((0.4, -0.5)));
        assert!(item.tags.contains(&"radio".to_owned()) && is_station(&item.id) && !is_station("jazz/a.ogg"));
    }

    #[test]
    fn what_is_no_station_is_left_out_and_told_and_a_file_that_is_broken_says_how_one_is_written() {
        for (address, feeling, words) in [
            ("file:///etc/passwd", "[0, 0]", "http:// or https://"),
            ("/etc/passwd", "[0, 0]", "http:// or https://"),
            ("http://", "[0, 0]", "http:// or https://"),
            ("http:///etc", "[0, 0]", "http:// or https://"),
            ("http://a/\\nstop", "[0, 0]", "http:// or https://"),
            ("http://a/b", "[2, 0]", "from -1 to 1"),
            ("http://a/b", "[nan, 0]", "from -1 to 1"),
        ] {
            let text = format!(
                "[[station]]\nname = \"x\"\naddress = \"{address}\"\nfeeling = {feeling}\n\
                 [[station]]\nname = \"y\"\naddress = \"http://good/\"\nfeeling = [0, 0]\n"
            );
            let (items, remarks) = read_text(&text);
            assert_eq!(items.len(), 1, "{text}: {remarks:?}");
            assert!(remarks.len() == 1 && remarks[0].contains(words), "{remarks:?}");
        }
        for broken in ["[[station]]\nname = 3\n", "[[station]]\nname = \"x\"\n", "station", "[[staton]]\n"] {
            let (items, remarks) = read_text(broken);
            assert!(items.is_empty() && remarks[0].contains("[[station]]"), "{remarks:?}");
        }
        let (items, remarks) = read(Path::new("/nonexistent/radio.toml"));
        assert!(items.is_empty() && remarks[0].contains("/nonexistent/radio.toml"), "{remarks:?}");
    }

    #[test]
    fn what_the_page_keeps_is_read_back_and_stands_beside_the_configured_ones() {
        let folder = tempfile::tempdir().unwrap();
        let (theirs, ours) = (folder.path().join("theirs.toml"), folder.path().join("state/radio.toml"));
        let station = |name: &str, address: &str| Station {
            name: name.to_owned(),
            address: address.to_owned(),
            feeling: [0.4, -0.5],
            tags: Vec::new(),
        };
        let address = "/run/mpd/socket".parse().unwrap();
        let settings = MusicSettings {
            radio: Some(theirs.clone()),
            page_radio: Some(ours.clone()),
            ..MusicSettings::new(address)
        };
        write(&theirs, vec![station("Theirs", "https://a.example/")]).unwrap();
        assert_eq!(stations(&ours), Ok(Vec::new()));
        assert_eq!(all(&settings).0.len(), 1, "no file of the page is no fault: {:?}", all(&settings));
        let before = stamp(&settings);
        let kept =
            vec![station("Quiet \"Piano\"", "https://b.example/"), station("Twice", "https://a.example/")];
        write(&ours, kept.clone()).unwrap();
        assert_ne!(stamp(&settings), before);
        assert_eq!(stations(&ours), Ok(kept));
        assert!(fs::read_to_string(&ours).unwrap().contains("[0.4, -0.5]"));
        let names: Vec<_> = all(&settings).0.into_iter().map(|item| item.title).collect();
        assert_eq!(names, ["Theirs", "Quiet \"Piano\""]);
        fs::write(&ours, "broken").unwrap();
        assert!(stations(&ours).unwrap_err().contains("radio.toml"));
    }

    #[test]
    fn what_plays_is_called_by_the_station_and_the_song_stands_below_if_the_stream_tells_it() {
        let told = |title: &str, artist: &str| {
            let id = "https://piano.example/live.ogg".to_owned();
            let mut now =
                NowPlaying { id, title: title.into(), artist: artist.into(), ..NowPlaying::default() };
            name(&mut now, "Quiet Piano");
            (now.title, now.artist)
        };
        let quiet = |below: &str| ("Quiet Piano".to_owned(), below.to_owned());
        assert_eq!(told("live", ""), quiet(""));
        assert_eq!(told("Quiet Piano", ""), quiet(""));
        assert_eq!(told("Satie - Gymnopédie", ""), quiet("Satie - Gymnopédie"));
        assert_eq!(told("Gymnopédie", "Satie"), quiet("Satie – Gymnopédie"));
    }
}
