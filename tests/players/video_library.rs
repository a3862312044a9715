//! Stories of videos: what their files say of them, and that changes are seen.

use crate::support;

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use moodbox::ports::video::folder::{self, VideoFolders, Videos};
use moodbox::ports::video::watch::{self, Stop, Watched};
use moodbox_core::recommend::{FeelingSource, Item, ItemStore};
use support::{ffmpeg, receive, run, wait_for};

/// A clip of two seconds with these options of ffmpeg for its metadata.
fn clip(file: &Path, metadata: &[&str]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let path = file.display().to_string();
    let metadata = metadata.iter().flat_map(|value| ["-metadata", value]);
    let options: Vec<&str> = metadata.chain(["-c:v", "mpeg4"]).collect();
    ffmpeg("color=c=teal:size=64x36:rate=10:duration=2", &options, &path);
}

fn only(folder: &Path) -> Item {
    let from = VideoFolders { folders: vec![folder.to_owned()], guarded: false };
    let Videos { mut items, errors, .. } = folder::catalog(&from);
    assert!(errors.is_empty() && items.len() == 1, "{items:?} {errors:?}");
    items.remove(0)
}

#[test]
fn a_video_tells_its_length_title_and_genre_itself() {
    let told = ("Море и небо", &["Documentary"][..], &["sea", "calm"][..]);
    for (kind, said) in [("mp4", told), ("mkv", told), ("m4v", told), ("mov", told), ("avi", told)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sea").join(format!("a_b.{kind}"));
        clip(&file, &["title=Море и небо", "genre=Documentary", "comment=calm"]);
        let item = only(folder.path());
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!((item.title.as_str(), &item.genres), (said.0, &words(said.1)), "{kind}");
        assert_eq!(item.tags, words(said.2), "{kind}");
        let length = item.length.unwrap().as_secs_f64();
        assert!((length - 2.0).abs() < 0.2, "{kind}: {length}");
    }
}

#[test]
fn a_stream_tells_its_length_where_ffprobe_is_installed() {
    for kind in ["ts", "m2ts", "mpg", "wmv", "flv"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(format!("slow_waves.{kind}"));
        let path = file.display().to_string();
        // The codec that each kind is made for.
        let codec = if matches!(kind, "flv") { "flv1" } else { "mpeg2video" };
        let source = "color=c=teal:size=64x36:rate=25:duration=4";
        ffmpeg(source, &["-c:v", codec], &path);
        // On a busy machine ffprobe may take longer than it is given; the next look asks it again.
        let item = wait_for("the length", || Some(only(folder.path())).filter(|item| item.length.is_some()));
        assert_eq!(item.title, "slow waves", "{kind}");
        let length = item.length.unwrap_or_default().as_secs_f64();
        assert!((length - 4.0).abs() < 0.5, "{kind}: {length}");
        // Nothing of it is heard as something else.
        assert!(moodbox::audio_analysis::measure(&file).is_err(), "{kind}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("torn.ts"), [0x47; 4000]).unwrap();
    assert_eq!(only(folder.path()).length, None, "a torn file is a video without a length");
}

#[test]
fn an_nfo_beside_it_goes_before_the_file_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mkv");
    clip(&file, &["title=Wrong"]);
    fs::write(
        folder.path().join("film.nfo"),
        "<movie><title>Right</title><genre>Comedy</genre><tag>valence=0.7</tag><tag>arousal=0.1</tag>\
         <runtime>90</runtime><mpaa>Rated R</mpaa></movie>",
    )
    .unwrap();
    let item = only(folder.path());
    assert_eq!(
        (item.title.as_str(), &item.genres[..], item.explicit),
        ("Right", &["Comedy".to_owned()][..], true)
    );
    assert!(item.length.unwrap() < Duration::from_secs(3), "what plays is measured");
    let feeling = ItemStore::from(vec![item]).get(0).unwrap().feeling.unwrap();
    assert_eq!((feeling.valence, feeling.source), (0.7, FeelingSource::Explicit));

    for broken in [&b"<movie><title>Rig"[..], b"", b"\xff\xfe\x00", b"<tvshow/>"] {
        fs::write(folder.path().join("film.nfo"), broken).unwrap();
        assert_eq!(only(folder.path()).title, "Wrong");
    }
    // A film that has a folder for itself.
    fs::remove_file(folder.path().join("film.nfo")).unwrap();
    fs::write(folder.path().join("movie.nfo"), "<movie><title>Shared</title></movie>").unwrap();
    assert_eq!(only(folder.path()).title, "Shared");
}

#[test]
fn a_file_that_is_no_video_is_there_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old_film.avi");
    fs::write(&file, b"RIFF____AVI no film").unwrap();
    fs::write(folder.path().join("old_film.nfo"), "<movie><runtime>80 min</runtime></movie>").unwrap();
    let item = only(folder.path());
    assert_eq!((item.title.as_str(), item.length), ("old film", Some(Duration::from_secs(4800))));
}

/// The watching thread, with what it tells.
struct Watch {
    told: Receiver<(Vec<Item>, usize)>,
    stop: Option<Stop>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watch {
    fn of(folders: Vec<PathBuf>, beside: PathBuf) -> Watch {
        let (tell, told) = unbounded();
        let (stop, stopped): (Stop, UnixStream) = watch::stop().unwrap();
        let watched = Watched { videos: VideoFolders { folders, guarded: false }, beside };
        let thread = thread::spawn(move || {
            watch::run(&watched, stopped, |items, errors| tell.send((items, errors.len())).unwrap());
        });
        Watch { told, stop: Some(stop), thread: Some(thread) }
    }

    /// The titles, once they are these.
    fn sees(&self, titles: &[&str]) {
        receive(&format!("{titles:?}"), &self.told, |(items, _)| {
            let mut found: Vec<&str> = items.iter().map(|item| item.title.as_str()).collect();
            found.sort_unstable();
            (found == titles).then_some(())
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        let done = self.thread.take().unwrap().join();
        assert!(done.is_ok() || thread::panicking());
    }
}

#[test]
fn what_changes_in_a_folder_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("videos")).unwrap();
    let watch = Watch::of(vec![at("videos")], at("state/feelings.json"));
    watch.sees(&[]);
    fs::write(at("videos/one.mkv"), b"").unwrap();
    watch.sees(&["one"]);
    // A folder that comes with its content, and one that is filled later.
    fs::create_dir_all(at("elsewhere/deep/deeper")).unwrap();
    fs::write(at("elsewhere/deep/deeper/two.mkv"), b"").unwrap();
    fs::rename(at("elsewhere"), at("videos/sea")).unwrap();
    watch.sees(&["one", "two"]);
    fs::write(at("videos/sea/deep/three.mkv"), b"").unwrap();
    watch.sees(&["one", "three", "two"]);
    fs::write(at("videos/one.nfo"), "<movie><title>Eins</title></movie>").unwrap();
    watch.sees(&["Eins", "three", "two"]);
    fs::write(at("videos/one.nfo"), "<movie><title>Uno</title></movie>").unwrap();
    watch.sees(&["Uno", "three", "two"]);
    fs::rename(at("videos/sea"), at("gone")).unwrap();
    fs::remove_file(at("videos/one.nfo")).unwrap();
    watch.sees(&["one"]);
    // What a person sets is written beside, where more than that is written.
    fs::create_dir(at("state")).unwrap();
    moodbox::library::feelings::set(&at("state/feelings.json"), "/x", Some((0.0, 0.0))).unwrap();
    watch.sees(&["one"]);
}

#[test]
fn a_folder_that_is_missing_is_told_and_found_when_it_appears() {
    let root = tempfile::tempdir().unwrap();
    let videos = root.path().join("media/stick/videos");
    let watch = Watch::of(vec![videos.clone()], root.path().join("feelings.json"));
    let errors = receive("the trouble", &watch.told, |(_, errors)| Some(*errors));
    assert_eq!(errors, 1);
    for _ in 0..2 {
        fs::create_dir_all(&videos).unwrap();
        fs::write(videos.join("one.mkv"), b"").unwrap();
        watch.sees(&["one"]);
        fs::remove_dir_all(root.path().join("media")).unwrap();
        watch.sees(&[]);
    }
}

#[test]
fn many_changes_at_once_are_one_look_and_none_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let watch = Watch::of(vec![root.path().to_owned()], root.path().join("feelings.json"));
    watch.sees(&[]);
    // More than the kernel queues by default (16384 reports): it may tell that it lost some.
    for round in 0..10 {
        for number in 0..1000 {
            fs::write(root.path().join(format!("{number}.mkv")), [round]).unwrap();
        }
    }
    let mut looks = 0;
    receive("all of them", &watch.told, |(items, _)| {
        looks += 1;
        (items.len() == 1000).then_some(())
    });
    assert!(looks < 10, "{looks} looks");
}

#[test]
fn an_mp4_of_x265_tells_what_any_other_tells() {
    let folder = tempfile::tempdir().unwrap();
    for (name, codec) in [("x264.mp4", "libx264"), ("x265.mp4", "libx265")] {
        let path = folder.path().join(name).display().to_string();
        let picture = "color=c=teal:size=64x64:rate=5:duration=12";
        let sound = "sine=frequency=330:duration=12";
        let inputs = ["-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-c:v", codec];
        let rest = [
            "-x265-params",
            "log-level=none",
            "-c:a",
            "aac",
            "-metadata",
            "title=Meer",
            "-metadata",
            "genre=Natur",
            &path,
        ];
        let rest = if codec == "libx265" { &rest[..] } else { &rest[2..] };
        run("ffmpeg", &[&inputs[..], rest].concat());
        if codec == "libx265" {
            let bytes = fs::read(&path).unwrap();
            let at = bytes.windows(4).position(|name| name == b"hvcC").unwrap();
            let size = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap());
            assert!(
                size > 1024 + 8,
                "the encoder writes less of itself now, {size} bytes: this tries nothing"
            );
        }
        assert!(moodbox::audio_analysis::measure(Path::new(&path)).is_ok(), "{name}: its sound is measured");
    }
    let from = VideoFolders { folders: vec![folder.path().to_owned()], guarded: false };
    let Videos { items, errors, .. } = folder::catalog(&from);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(
            (item.title.as_str(), item.genres.as_slice()),
            ("Meer", &["Natur".to_owned()][..]),
            "{}",
            item.id
        );
        assert!((item.length.unwrap().as_secs_f64() - 12.0).abs() < 0.5, "{}", item.id);
    }
}
