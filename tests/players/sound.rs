//! Stories of files that are listened to: each kind that a library is made of, and files that are broken.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};

use moodbox::audio_analysis::{Features, SoundError, measure};
use support::run;
use support::wav::{self, write};

/// The same piece in each kind of file.
fn in_every_kind(folder: &Path) -> Vec<PathBuf> {
    let source = folder.join("piece.wav");
    write(&source, 20, wav::march);
    let mut files = vec![source.clone()];
    for (name, options) in [
        ("piece.flac", &["-c:a", "flac"][..]),
        ("piece.ogg", &["-c:a", "libvorbis"]),
        ("piece.mp3", &["-c:a", "libmp3lame"]),
        ("piece.m4a", &["-c:a", "aac"]),
        ("piece.aac", &["-c:a", "aac"]),
        ("piece.mkv", &["-c:a", "flac"]),
    ] {
        let file = folder.join(name);
        let (from, to) = (source.display().to_string(), file.display().to_string());
        let mut arguments = vec!["-v", "error", "-i", from.as_str()];
        arguments.extend(options);
        arguments.push(&to);
        run("ffmpeg", &arguments);
        files.push(file);
    }
    files
}

#[test]
fn a_piece_sounds_the_same_in_every_kind_of_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut of_wav: Option<Features> = None;
    for file in in_every_kind(folder.path()) {
        let heard = measure(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let first = *of_wav.get_or_insert(heard);
        let tempo = heard.tempo.unwrap_or_default();
        assert!((tempo - wav::MARCH_TEMPO).abs() < 3.0, "{}: {heard:?}", file.display());
        assert!(heard.mode > 0.2, "{}: {heard:?}", file.display());
        assert!((heard.loudness - first.loudness).abs() < 1.0, "{}: {heard:?}", file.display());
        assert!((heard.brightness / first.brightness - 1.0).abs() < 0.25, "{}: {heard:?}", file.display());
    }
}

#[test]
fn a_long_piece_is_heard_past_its_introduction() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.wav");
    // Two minutes: silence for half a minute, then the march.
    write(&file, 120, |time| if time < 30.0 { 0.0 } else { wav::march(time) });
    let heard = measure(&file).unwrap();
    assert!((heard.tempo.unwrap() - wav::MARCH_TEMPO).abs() < 3.0, "{heard:?}");
}

#[test]
fn what_cannot_be_heard_says_why_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(matches!(measure(&at("gone.flac")), Err(SoundError::Unreadable(_))));
    write(&at("silent.wav"), 10, |_| 0.0);
    assert!(matches!(measure(&at("silent.wav")), Err(SoundError::Silent)));
    fs::write(at("letter.mp3"), "Dear all, this is a letter and no music.".repeat(200)).unwrap();
    assert!(measure(&at("letter.mp3")).is_err());
    fs::write(at("empty.ogg"), "").unwrap();
    assert!(measure(&at("empty.ogg")).is_err());
    // Each kind, cut in the middle, cut near the beginning, and with a hole in it.
    for file in in_every_kind(folder.path()) {
        let whole = fs::read(&file).unwrap();
        let mut torn = whole.clone();
        let middle = torn.len() / 2;
        torn[middle..middle + 2000].fill(0xa5);
        for broken in [&whole[..whole.len() / 2], &whole[..60], &torn] {
            let broken_file = at("broken").with_extension(file.extension().unwrap());
            fs::write(&broken_file, broken).unwrap();
            match measure(&broken_file) {
                Ok(heard) => assert!(heard.mode.is_finite() && heard.loudness.is_finite()),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
