//! `moodbox eval` over folders whose answers are known: the model's own golden cases.

use std::fs;
use std::path::{Path, PathBuf};

use moodbox::cli::eval::{Head, Report, evaluate};
use moodbox::ports::vision::VisionConfig;
use moodbox::ports::vision::sidecar::Sidecar;
use moodbox_core::mood::Mood;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn config() -> VisionConfig {
    VisionConfig {
        runtime: here("assets/lib/libtensorflowlite_c.so"),
        face_model: here("assets/models/face.tflite"),
        mood_model: here("models/mood.toml"),
        face_sha256: None,
    }
}

fn run(folder: &Path, cropped: bool, jobs: usize) -> anyhow::Result<Report> {
    evaluate(&config(), folder, cropped, Head::Votes, jobs)
}

/// Each golden picture with the mood it must be read as.
fn golden() -> Vec<(PathBuf, Mood)> {
    let sidecar = Sidecar::read(&here("models/mood.toml")).unwrap();
    let places = sidecar.heads().unwrap().moods;
    sidecar
        .golden
        .iter()
        .map(|case| {
            let winner = Mood::ALL.into_iter().max_by_key(|mood| case.logits[places[mood.index()]]).unwrap();
            (here("models").join(&case.image), winner)
        })
        .collect()
}

fn put(folder: &Path, mood: Mood, from: &Path) {
    fs::create_dir_all(folder.join(mood.name())).unwrap();
    fs::copy(from, folder.join(mood.name()).join(from.file_name().unwrap())).unwrap();
}

#[test]
fn pictures_in_the_right_folders_are_all_right() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden();
    for (picture, mood) in &golden {
        put(folder.path(), *mood, picture);
    }
    for jobs in [1, 3] {
        let report = run(folder.path(), true, jobs).unwrap();
        assert_eq!((report.n, report.unreadable, report.no_face), (golden.len(), 0, 0));
        assert_eq!((report.accuracy, report.macro_f1), (Some(1.0), Some(1.0)));
    }
}

#[test]
fn the_head_of_the_official_label_is_judged_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden();
    for (picture, mood) in &golden {
        put(folder.path(), *mood, picture);
    }
    let by_votes = evaluate(&config(), folder.path(), true, Head::Votes, 1).unwrap();
    let by_label = evaluate(&config(), folder.path(), true, Head::Label, 1).unwrap();
    assert_eq!((by_votes.n, by_label.n), (golden.len(), golden.len()));
    assert!(by_votes.sure_share.is_some() && by_votes.ece.is_some());
    assert_eq!((by_label.sure_share, by_label.sure_accuracy, by_label.ece), (None, None, None));
    // The same as the sidecar says of each picture.
    let sidecar = Sidecar::read(&here("models/mood.toml")).unwrap();
    let places = sidecar.heads().unwrap().label.unwrap();
    let said = |at: usize| {
        let logits = &sidecar.golden[at].logits;
        Mood::ALL.into_iter().max_by_key(|mood| logits[places[mood.index()]]).unwrap()
    };
    let right = (0..golden.len()).filter(|at| said(*at) == golden[*at].1).count();
    let found = (by_label.accuracy.unwrap() * golden.len() as f64).round() as usize;
    // Drawn faces lie far from what the head learnt: a runtime that rounds otherwise may turn one.
    assert!(found.abs_diff(right) <= 1, "{found} {right}");
}

#[test]
fn a_picture_in_a_wrong_folder_counts_against_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden();
    for (at, (picture, mood)) in golden.iter().enumerate() {
        let other = Mood::ALL[(mood.index() + 1) % 7];
        put(folder.path(), if at == 0 { other } else { *mood }, picture);
    }
    let report = run(folder.path(), true, 2).unwrap();
    let right = (golden.len() - 1) as f64 / golden.len() as f64;
    assert!((report.accuracy.unwrap() - right).abs() < 1e-9);
    let (first, other) = (golden[0].1.index(), (golden[0].1.index() + 1) % 7);
    assert_eq!(report.confusion[other][first], 1);
}

#[test]
fn files_that_are_no_pictures_are_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, mood) = golden().remove(0);
    put(folder.path(), mood, &picture);
    fs::create_dir_all(folder.path().join("happy")).unwrap();
    fs::write(folder.path().join("happy/broken.jpg"), b"not a picture").unwrap();
    fs::write(folder.path().join("happy/notes.txt"), b"not meant as one").unwrap();
    let report = run(folder.path(), true, 1).unwrap();
    assert_eq!((report.n, report.unreadable), (1, 1));
    assert!(report.unreadable_files[0].file.ends_with("broken.jpg"));
    assert!(report.unreadable_files[0].reason.contains("neither a JPEG nor a PNG"));
}

#[test]
fn a_face_that_is_not_found_is_wrong_and_told() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), Mood::Happy, &here("assets/photos/astronaut.png"));
    let blank = folder.path().join("happy/blank.png");
    image::RgbImage::from_pixel(320, 240, image::Rgb([120; 3])).save(&blank).unwrap();
    let report = run(folder.path(), false, 2).unwrap();
    assert_eq!((report.n, report.no_face), (2, 1));
    assert_eq!(report.accuracy, Some(0.5));
}

#[test]
fn a_folder_without_pictures_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("happy")).unwrap();
    let empty = run(folder.path(), true, 1).unwrap_err().to_string();
    assert!(empty.contains("holds no pictures") && empty.contains("surprise"), "{empty}");
    let missing = format!("{:#}", run(&folder.path().join("none"), true, 1).unwrap_err());
    assert!(missing.contains("none") && missing.contains("cannot list"), "{missing}");
}
