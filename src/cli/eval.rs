//! `moodbox eval`: how well the model reads a folder of labelled pictures.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::numbers::Whole;
use crate::port_factory::vision_config;
use crate::ports::vision::photo::read_photo;
use crate::ports::vision::{Vision, VisionConfig};
use crate::terminal::printable;
use moodbox_core::mood::{Mood, Reading, Scores};
use moodbox_core::recommend::normalized;

/// Measures the model on a folder of labelled pictures.
#[derive(Debug, clap::Args)]
#[command(after_help = "DIR holds a folder for each mood: DIR/happy/*.png, DIR/sad/*.jpg, ...
The moods: angry, disgust, fear, happy, sad, surprise, neutral.

Examples:
  moodbox eval --cropped faces/          pictures that are faces, cut out already
  moodbox eval photos/ --json            photographs: the face is looked for first
  moodbox eval --cropped faces/ --jobs 4
  moodbox eval --cropped fer2013/ --head label   by the data set's official label, to compare")]
pub(crate) struct Args {
    /// The folder with a folder for each mood
    pub dir: PathBuf,
    /// One JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Take each picture as a face that is cut out already; no face is looked for
    #[arg(long)]
    pub cropped: bool,
    /// Which answers of the model are judged
    #[arg(long, value_enum, default_value_t = Head::Votes)]
    pub head: Head,
    /// Pictures read at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}

/// A head of the mood model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// The one that decides on the device: what most people would say of the picture
    Votes,
    /// The one that learnt the data set's official label, for comparing with published figures; it is not
    /// calibrated and never sure
    Label,
}

/// Measures, and prints the figures; fails when there was no picture that could be read.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let jobs = args
        .jobs
        .map(usize::from)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let report = evaluate(&vision_config(), &args.dir, args.cropped, args.head, jobs)?;
    for file in &report.unreadable_files {
        tell!("moodbox eval: {}: {}", file.file, file.reason);
    }
    if args.json {
        crate::terminal::json(&serde_json::to_string(&report)?);
    } else {
        say!("{}", report.text());
    }
    Ok(if report.n > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Figures over a folder. Shares are in [0, 1]; those that no picture speaks to are null.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whose answers these figures are about.
    pub head: Head,
    /// Pictures that were read.
    pub n: usize,
    /// Of all that were read, how many got the right mood; a face that was not found counts as wrong.
    pub accuracy: Option<f64>,
    /// Mean of the F1 of the moods that occur, in truth or in answers.
    pub macro_f1: Option<f64>,
    /// The order of the rows and columns of `confusion`.
    pub labels: [Mood; 7],
    /// Pictures by true mood (row) and answer (column); those without a face are in no column.
    pub confusion: [[usize; 7]; 7],
    /// Figures of each mood, in the order of `labels`.
    pub per_class: Vec<PerClass>,
    /// How many of the pictures of each mood were read as it.
    pub recall: BTreeMap<&'static str, Option<f64>>,
    /// Expected calibration error over 15 bins of equal width. Null for the label head, as are the next two.
    pub ece: Option<f64>,
    /// How many of all were sure.
    pub sure_share: Option<f64>,
    /// How many of the sure ones were right.
    pub sure_accuracy: Option<f64>,
    /// Pictures in which no face was found; 0 with `--cropped`.
    pub no_face: usize,
    /// Files that could not be read as pictures; no figure counts them.
    pub unreadable: usize,
    /// Those files, each with the reason.
    pub unreadable_files: Vec<Unreadable>,
    /// Pictures read in a second of wall time, by all threads together.
    pub images_per_second: Option<f64>,
    /// Folders with pictures whose names are no mood.
    pub left_out: Vec<LeftOut>,
}

/// A folder that no figure counts.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// Path of the folder.
    pub folder: String,
    /// How many pictures of it are not counted.
    pub pictures: usize,
    /// In words.
    pub why: &'static str,
}

/// One mood of a report.
#[derive(Debug, Serialize)]
pub struct PerClass {
    /// The mood that the folder is named for.
    pub mood: Mood,
    /// Pictures of this mood that were read.
    pub n: usize,
    /// Share of the pictures of this mood that were read as it.
    pub recall: Option<f64>,
    /// Share of the pictures read as this mood that are of it.
    pub precision: Option<f64>,
    /// Harmonic mean of recall and precision.
    pub f1: Option<f64>,
}

/// A file that is no picture.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    /// Path of the file.
    pub file: String,
    /// Why it cannot be read, in words.
    pub reason: String,
}

/// What the model said of one picture; none when it found no face.
type Answer = Option<(Scores, bool)>;

/// Reads all the pictures of `dir` on `jobs` threads, each with its own model.
///
/// # Errors
/// When there are no pictures, the model cannot be loaded or has no such head, or a thread stopped.
pub fn evaluate(
    config: &VisionConfig,
    dir: &Path,
    cropped: bool,
    head: Head,
    jobs: usize,
) -> anyhow::Result<Report> {
    let (pictures, left_out) = pictures(dir)?;
    let jobs = jobs.clamp(1, pictures.len());
    let models = (0..jobs)
        .map(|_| Vision::load(config))
        .collect::<Result<Vec<_>, _>>()
        .context("cannot read pictures")?;
    if head == Head::Label && models.iter().any(|model| model.sidecar().label_head.is_empty()) {
        bail!(
            "the mood model of {} has no head for the official label; leave --head out to judge what it decides by",
            config.mood_model.display()
        );
    }
    let bar = progress(pictures.len());
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let results = std::thread::scope(|scope| {
        let workers: Vec<_> = models
            .into_iter()
            .map(|mut vision| {
                let (pictures, next, bar) = (&pictures, &next, &bar);
                scope.spawn(move || {
                    let mut results = Vec::new();
                    while let Some((_, path)) = pictures.get(next.fetch_add(1, Ordering::Relaxed)) {
                        results.push((path, answer(&mut vision, path, cropped, head)));
                        bar.inc(1);
                    }
                    results
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().ok()).collect::<Option<Vec<_>>>()
    });
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let Some(results) = results else { bail!("a thread that reads pictures stopped") };

    let mut answers = Vec::new();
    let mut unreadable = Vec::new();
    let mut results: Vec<_> = results.into_iter().flatten().collect();
    results.sort_by_key(|(path, _)| *path);
    for ((truth, _), (path, result)) in pictures.iter().zip(results) {
        match result {
            Ok(answer) => answers.push((*truth, answer)),
            Err(reason) => unreadable.push(Unreadable { file: path.display().to_string(), reason }),
        }
    }
    Ok(Report { left_out, ..report(head, &answers, unreadable, seconds) })
}

/// What other collections of faces call the moods: as words, as the codes of JAFFE and KDEF, in the languages shipped.
const FOLDER_NAMES: [(Mood, &[&str]); 7] = [
    (
        Mood::Angry,
        &[
            "angry",
            "anger",
            "an",
            "angered",
            "furious",
            "rage",
            "fâché",
            "fâchée",
            "furieux",
            "verärgert",
            "böse",
            "enojado",
            "enfadado",
            "mad",
            "wut",
            "wütend",
            "ärger",
            "zorn",
            "colère",
            "enfado",
            "ira",
        ],
    ),
    (
        Mood::Disgust,
        &[
            "disgust",
            "disgusted",
            "disgusting",
            "di",
            "ekel",
            "angeekelt",
            "angewidert",
            "dégoût",
            "dégoûté",
            "asco",
        ],
    ),
    (
        Mood::Fear,
        &[
            "fear",
            "fearful",
            "af",
            "fe",
            "afraid",
            "scared",
            "fright",
            "frightened",
            "angst",
            "ängstlich",
            "furcht",
            "verängstigt",
            "peur",
            "apeuré",
            "effrayé",
            "miedo",
        ],
    ),
    (
        Mood::Happy,
        &[
            "happy",
            "happiness",
            "ha",
            "joy",
            "joyful",
            "joyous",
            "smile",
            "smiling",
            "freude",
            "froh",
            "heureux",
            "heureuse",
            "content",
            "bonheur",
            "feliz",
            "fröhlich",
            "glücklich",
            "joie",
            "alegría",
            "felicidad",
        ],
    ),
    (
        Mood::Sad,
        &[
            "sad",
            "sadness",
            "sorrow",
            "unhappy",
            "sa",
            "trauer",
            "traurig",
            "traurigkeit",
            "tristesse",
            "triste",
            "tristeza",
        ],
    ),
    (
        Mood::Surprise,
        &[
            "surprise",
            "surprised",
            "surprising",
            "suprise",
            "su",
            "astonished",
            "surpris",
            "étonné",
            "sorprendido",
            "überraschung",
            "überrascht",
            "sorpresa",
        ],
    ),
    (
        Mood::Neutral,
        &["neutral", "neutrality", "ne", "normal", "gelassen", "calm", "ruhig", "neutre", "calme", "neutro"],
    ),
];

/// The mood that a folder is named for: `anger`, `Happiness`, `0_fear`, `sad-faces`.
fn mood_of_folder(name: &str) -> Option<Mood> {
    let of = |word: &str| FOLDER_NAMES.iter().find(|(_, names)| names.contains(&word)).map(|(mood, _)| *mood);
    let name = normalized(name);
    // Words are made of letters; digits, `_` and `-` stand between them.
    let mut words = name.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    let first = words.next()?;
    of(first).or_else(|| first.parse().ok()).filter(|_| {
        words.all(|word| ["face", "faces", "emotion", "expression", "images", "pictures"].contains(&word))
    })
}

/// Files with the mood that their folder names.
type Pictures = Vec<(Mood, PathBuf)>;

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

fn is_picture(path: &Path) -> bool {
    has_ending(path, &["png", "jpg", "jpeg", "jpe", "jfif"])
}

fn is_foreign_picture(path: &Path) -> bool {
    has_ending(path, &["webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif", "pgm", "ppm", "jp2"])
}

/// Every picture of the folders named after moods, sorted by path.
fn pictures(dir: &Path) -> anyhow::Result<(Pictures, Vec<LeftOut>)> {
    let listing = |folder: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("cannot list the folder {}", folder.display()))?;
        let entries = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
        entries.with_context(|| format!("cannot list the folder {}", folder.display()))
    };
    let (mut pictures, mut left_out) = (Vec::new(), Vec::new());
    let mut leave_out = |folder: &Path, pictures: usize, why| {
        if pictures > 0 {
            left_out.push(LeftOut { folder: folder.display().to_string(), pictures, why });
        }
    };
    let count = |files: &[PathBuf], of: fn(&Path) -> bool| files.iter().filter(|path| of(path)).count();
    let all = listing(dir)?;
    leave_out(
        dir,
        count(&all, is_picture) + count(&all, is_foreign_picture),
        "which lie in no folder of a mood",
    );
    for folder in all.into_iter().filter(|path| path.is_dir()) {
        let inside = listing(&folder)?;
        let Some(mood) = folder.file_name().and_then(|name| name.to_str()).and_then(mood_of_folder) else {
            leave_out(&folder, count(&inside, is_picture), "whose name is no mood");
            continue;
        };
        leave_out(
            &folder,
            count(&inside, is_foreign_picture),
            "of a kind that is not read; PNG and JPEG are",
        );
        for deeper in inside.iter().filter(|path| path.is_dir()) {
            leave_out(deeper, count(&listing(deeper)?, is_picture), "which lies too deep");
        }
        pictures.extend(inside.into_iter().filter(|path| is_picture(path)).map(|path| (mood, path)));
    }
    left_out.sort_by(|a, b| a.folder.cmp(&b.folder));
    if pictures.is_empty() {
        bail!(
            "{} holds no pictures to measure with. It needs a folder for each mood with PNG or JPEG files in it, \
             as in {0}/happy/1.png; the moods are angry, disgust, fear, happy, sad, surprise and neutral",
            dir.display()
        );
    }
    pictures.sort_by(|a, b| a.1.cmp(&b.1));
    Ok((pictures, left_out))
}

fn answer(vision: &mut Vision, path: &Path, cropped: bool, head: Head) -> Result<Answer, String> {
    let rgb = read_photo(path).map_err(|error| error.to_string())?;
    let look = if cropped { vision.look_cropped(&rgb) } else { vision.look(&rgb) };
    let look = look.map_err(|error| error.to_string())?;
    Ok(look.faces.first().and_then(|face| match head {
        Head::Votes => Some((face.scores, matches!(face.reading, Reading::Sure { .. }))),
        Head::Label => face.label.map(|label| (label, false)),
    }))
}

/// On a terminal a bar; otherwise nothing, so that logs stay readable.
fn progress(pictures: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(pictures as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} pictures, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn report(head: Head, answers: &[(Mood, Answer)], unreadable_files: Vec<Unreadable>, seconds: f64) -> Report {
    const BINS: usize = 15;
    let mut confusion = [[0; 7]; 7];
    let mut truths = [0; 7];
    let (mut sure, mut sure_right) = (0, 0);
    // In each bin: how many, how many right, and the sum of what the model promised.
    let mut bins = [(0usize, 0usize, 0.0f64); BINS];
    for (truth, answer) in answers {
        truths[truth.index()] += 1;
        let Some((scores, is_sure)) = answer else { continue };
        let ((mood, promise), _) = scores.top_two();
        let right = usize::from(mood == *truth);
        confusion[truth.index()][mood.index()] += 1;
        sure += usize::from(*is_sure);
        sure_right += right * usize::from(*is_sure);
        let bin = &mut bins[((promise * BINS as f32).to_usize()).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + right, bin.2 + f64::from(promise));
    }
    let n = answers.len();
    let right: usize = (0..7).map(|mood| confusion[mood][mood]).sum();
    let answered: usize = bins.iter().map(|bin| bin.0).sum();
    let gaps: f64 = bins.iter().map(|(_, right, promised)| (*right as f64 - promised).abs()).sum();
    let per_class: Vec<_> = Mood::ALL
        .into_iter()
        .map(|mood| {
            let at = mood.index();
            let hits = confusion[at][at];
            let said: usize = confusion.iter().map(|row| row[at]).sum();
            PerClass {
                mood,
                n: truths[at],
                recall: share(hits, truths[at]),
                precision: share(hits, said),
                f1: share(2 * hits, truths[at] + said),
            }
        })
        .collect();
    let f1: Vec<f64> = per_class.iter().filter_map(|class| class.f1).collect();
    // The label head is not calibrated.
    let calibrated = head == Head::Votes;
    Report {
        head,
        n,
        accuracy: share(right, n),
        macro_f1: (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64),
        labels: Mood::ALL,
        confusion,
        recall: per_class.iter().map(|class| (class.mood.name(), class.recall)).collect(),
        per_class,
        ece: (answered > 0 && calibrated).then(|| gaps / answered as f64),
        sure_share: share(sure, n).filter(|_| calibrated),
        sure_accuracy: share(sure_right, sure),
        no_face: n - answered,
        unreadable: unreadable_files.len(),
        unreadable_files,
        images_per_second: (n > 0 && seconds > 0.0).then(|| n as f64 / seconds),
        left_out: Vec::new(),
    }
}

impl Report {
    /// The figures as text for a terminal, with the table of true moods and answers.
    pub fn text(&self) -> String {
        let percent =
            |value: Option<f64>| value.map_or("-".into(), |value| format!("{:.1} %", value * 100.0));
        let mut text = format!("{} pictures", self.n);
        if self.head == Head::Label {
            text += ", judged by the label head, which decides nothing on the device";
        }
        if self.unreadable > 0 {
            text += &format!(", {} unreadable", self.unreadable);
        }
        if self.no_face > 0 {
            text += &format!(", {} without a face that was found", self.no_face);
        }
        for LeftOut { folder, pictures, why } in &self.left_out {
            text += &format!("\nleft out: {pictures} in {}, {why}", printable(folder));
        }
        text += &format!("\naccuracy            {}\n", percent(self.accuracy));
        text += &format!("macro F1            {}\n", percent(self.macro_f1));
        text += &format!("calibration error   {}\n", percent(self.ece));
        text += &format!("sure                {}\n", percent(self.sure_share));
        text += &format!("accuracy when sure  {}\n", percent(self.sure_accuracy));
        text += &format!(
            "pictures a second   {}\n",
            self.images_per_second.map_or("-".into(), |value| format!("{value:.0}"))
        );
        text += "\nis \\ read as";
        for mood in self.labels {
            text += &format!(" {:>8}", mood.name());
        }
        text += &format!(" {:>9}\n", "recall");
        for (row, class) in self.confusion.iter().zip(&self.per_class) {
            text += &format!("{:<12}", class.mood.name());
            for count in row {
                text += &format!(" {count:>8}");
            }
            text += &format!(" {:>9}\n", percent(class.recall));
        }
        text
    }
}

#[cfg(test)]
#[path = "eval_tests.rs"]
mod tests;
