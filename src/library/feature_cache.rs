//! What was measured from the sound of files, on disk: one small file, so that no file is measured twice.
//!
//! A file is known by its path, its size and its time of change: looking at those costs nothing, where a
//! hash of the content would read every file at every start. One that moves is measured anew.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audio_analysis::Features;
use crate::ports::store::{self, StateFileError};

/// More files than this are not remembered: twelve megabytes on disk, eight in memory.
pub(crate) const MOST: usize = 200_000;
const VERSION: u32 = 1;

/// What a file is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(u64);

impl Identity {
    /// Of a file as it is now.
    pub fn of(path: &Path, metadata: &Metadata) -> Identity {
        let mut hash = Sha256::new();
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(metadata.size().to_le_bytes());
        hash.update(metadata.mtime().to_le_bytes());
        hash.update(metadata.mtime_nsec().to_le_bytes());
        let bytes = hash.finalize();
        Identity(bytes.first_chunk().map_or(0, |start| u64::from_le_bytes(*start)))
    }
}

/// What became of measuring a file; none is a file that cannot be measured.
pub type Measured = Option<Features>;

/// What is known of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sounds {
    known: HashMap<Identity, Measured>,
}

/// Numbers in the file: tempo, loudness, brightness, mode, and whether it is speech.
type Numbers = (Option<f32>, f32, f32, f32, bool);

/// As they are written, and as they were before speech was told from music: those files are measured anew.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Now(Numbers),
    Before(Option<f32>, f32, f32, f32),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    sounds: HashMap<String, Option<Written>>,
}

impl Sounds {
    /// What is known of a file; none if it was never measured.
    pub fn get(&self, identity: Identity) -> Option<&Measured> {
        self.known.get(&identity)
    }

    /// How many files are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no file is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Remembers a file, as long as there is room. The answer is what the file will say after a restart: the
    /// digits that are written, so that nothing moves when the device starts again.
    pub fn put(&mut self, identity: Identity, measured: Measured) -> Measured {
        let measured = measured.map(rounded);
        if self.known.len() < MOST || self.known.contains_key(&identity) {
            self.known.insert(identity, measured);
        }
        measured
    }

    /// Makes room, when it is full, by forgetting all but these.
    pub fn make_room(&mut self, needed: &std::collections::HashSet<Identity>) {
        if self.known.len() >= MOST {
            self.known.retain(|identity, _| needed.contains(identity));
        }
    }

    /// As it is written to disk.
    pub fn to_json(&self) -> String {
        let sounds = self
            .known
            .iter()
            .map(|(identity, measured)| {
                let numbers = measured.map(|heard| {
                    let Features { tempo, loudness, brightness, mode, speech } = heard;
                    Written::Now((tempo, loudness, brightness, mode, speech))
                });
                (format!("{:016x}", identity.0), numbers)
            })
            .collect();
        serde_json::to_string(&File { version: VERSION, sounds }).unwrap_or_default()
    }

    /// Reads what [`Sounds::to_json`] wrote.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_json(text: &str) -> Result<Sounds, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("it cannot be read: {error}"))?;
        if file.version != VERSION {
            return Err(format!("it has version {}, this program knows version {VERSION}", file.version));
        }
        let mut sounds = Sounds::default();
        for (identity, numbers) in file.sounds.into_iter().take(MOST) {
            let identity =
                u64::from_str_radix(&identity, 16).map_err(|_| format!("`{identity}` names no file"))?;
            let measured = match numbers {
                None => None,
                Some(Written::Now((tempo, loudness, brightness, mode, speech))) => {
                    Some(Features { tempo, loudness, brightness, mode, speech })
                }
                Some(Written::Before(..)) => continue,
            };
            // No measurement gives such a number, and none can be written: it is measured anew.
            if measured.is_none_or(is_finite) {
                sounds.known.insert(Identity(identity), measured);
            }
        }
        Ok(sounds)
    }
}

fn is_finite(heard: Features) -> bool {
    let tempo = heard.tempo.unwrap_or_default();
    [tempo, heard.loudness, heard.brightness, heard.mode].into_iter().all(f32::is_finite)
}

/// More digits than these mean nothing.
fn rounded(heard: Features) -> Features {
    let round = |value: f32, parts: f32| (value * parts).round() / parts;
    Features {
        tempo: heard.tempo.map(|tempo| round(tempo, 10.0)),
        loudness: round(heard.loudness, 10.0),
        brightness: heard.brightness.round(),
        mode: round(heard.mode, 100.0),
        speech: heard.speech,
    }
}

/// Reads the file without changing anything; what cannot be read is empty.
pub fn peek(file: &Path) -> Sounds {
    store::read_text(file, store::LARGEST_STATE)
        .ok()
        .and_then(|text| Sounds::from_json(&text).ok())
        .unwrap_or_default()
}

/// Reads the file; a broken one is set aside, and what became of it comes with the measurements.
pub fn load(file: &Path) -> (Sounds, Option<StateFileError>) {
    store::load_or_set_aside(file, Sounds::from_json)
}

/// Writes the file: after a power cut it holds the old or the new, whole.
///
/// # Errors
/// When the file or its folder cannot be written.
pub fn save(file: &Path, sounds: &Sounds) -> io::Result<()> {
    store::write_atomic(file, sounds.to_json().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const HEARD: Features =
        Features { tempo: Some(121.94), loudness: -14.26, brightness: 1800.4, mode: 0.333, speech: true };

    #[test]
    fn measurements_survive_a_restart_to_the_digits_that_matter() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/sounds.json");
        assert!(matches!(load(&file), (sounds, None) if sounds.is_empty()));
        let mut sounds = Sounds::default();
        let put = sounds.put(Identity(1), Some(HEARD));
        sounds.put(Identity(u64::MAX), None);
        save(&file, &sounds).unwrap();
        let (read, told) = load(&file);
        assert!(told.is_none());
        let rounded =
            Features { tempo: Some(121.9), loudness: -14.3, brightness: 1800.0, mode: 0.33, speech: true };
        assert_eq!((put, read.get(Identity(1))), (Some(rounded), Some(&put)));
        assert_eq!(read.get(Identity(u64::MAX)), Some(&None));
        assert_eq!((read.get(Identity(2)), read.len()), (None, 2));
        assert_eq!(peek(&file), read);
    }

    #[test]
    fn what_is_too_large_or_does_not_tell_speech_is_measured_anew() {
        let endless = format!("[120.0,-1{},1800.0,0.3,false]", "0".repeat(100));
        let text = format!(
            "{{\"version\":1,\"sounds\":{{\"1\":{endless},\"2\":[null,-9.0,1800.0,0.3,false],\"3\":[null,-9.0,1800.0,0.3]}}}}"
        );
        let sounds = Sounds::from_json(&text).unwrap();
        assert_eq!((sounds.get(Identity(1)), sounds.len()), (None, 1));
        assert_eq!(Sounds::from_json(&sounds.to_json()), Ok(sounds));
    }

    #[test]
    fn a_broken_file_is_set_aside_whole_and_the_person_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sounds.json");
        let broken: [&[u8]; 4] = [
            b"{\"version\":1,\"sou",
            b"\xff\xfe",
            b"{\"version\":2,\"sounds\":{}}",
            b"{\"version\":1,\"sounds\":{\"x\":null}}",
        ];
        for (round, broken) in broken.into_iter().enumerate() {
            fs::write(&file, broken).unwrap();
            assert!(peek(&file).is_empty() && file.exists(), "a look changes nothing");
            let (read, told) = load(&file);
            assert!(read.is_empty());
            let kept = folder.path().join(format!("sounds.json.broken-{}", round + 1));
            assert_eq!(fs::read(&kept).unwrap(), broken);
            assert!(told.unwrap().to_string().contains(&kept.display().to_string()));
        }
    }

    #[test]
    fn a_file_is_another_one_when_its_path_size_or_time_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        fs::write(&one, "a").unwrap();
        let identity = |path: &Path| Identity::of(path, &fs::metadata(path).unwrap());
        let first = identity(&one);
        assert_eq!(identity(&one), first);
        fs::hard_link(&one, &two).unwrap();
        assert_ne!(identity(&two), first);
        fs::write(&one, "ab").unwrap();
        let second = identity(&one);
        assert_ne!(second, first);
        fs::File::options().append(true).open(&one).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_ne!(identity(&one), second);
    }

    #[test]
    fn it_stays_small_and_makes_room_for_what_is_there() {
        let mut sounds = Sounds::default();
        (0..MOST as u64 + 10).for_each(|number| {
            sounds.put(Identity(number), None);
        });
        assert_eq!(sounds.len(), MOST);
        sounds.make_room(&[Identity(3), Identity(7)].into());
        assert_eq!(sounds.len(), 2);
        sounds.make_room(&[Identity(3)].into());
        assert_eq!(sounds.len(), 2, "there is room: what is away for a while is kept");
    }
}
