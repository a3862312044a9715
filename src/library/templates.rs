//! A folder of templates: `music/<mood>.toml` and `video/<mood>.toml`. What is not there is as shipped.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::folder_watch::Watch;
use crate::ports::store;
use crate::text_file;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Kind, Problem, Templates, nearest};

/// Something wrong in a folder of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The file or folder.
    pub file: PathBuf,
    /// Line and column, from 1; none if it is about the file as a whole.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}; {}", self.what, self.cure)
    }
}

impl std::error::Error for TemplateProblem {}

/// Reads a folder.
///
/// # Errors
/// Everything that is wrong in it.
pub fn load(folder: &Path) -> Result<Templates, Vec<TemplateProblem>> {
    let (templates, problems) = reload(folder, &Templates::shipped());
    if problems.is_empty() { Ok(templates) } else { Err(problems) }
}

/// Reads a folder again: a template that is broken now stays as it was in `last`, all others are taken.
pub fn reload(folder: &Path, last: &Templates) -> (Templates, Vec<TemplateProblem>) {
    lay(folder, Templates::shipped(), last)
}

/// Reads several folders again, each over the ones before it. One that nobody made holds no mistake.
pub fn reload_all(folders: &[PathBuf], last: &Templates) -> (Templates, Vec<TemplateProblem>) {
    let mut problems = Vec::new();
    let mut templates = Templates::shipped();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        let (laid, found) = lay(folder, templates, last);
        templates = laid;
        problems.extend(found);
    }
    (templates, problems)
}

fn lay(folder: &Path, mut templates: Templates, last: &Templates) -> (Templates, Vec<TemplateProblem>) {
    let mut problems = strangers(folder);
    for kind in Kind::ALL {
        for mood in Mood::ALL {
            let file = folder.join(kind.name()).join(format!("{mood}.toml"));
            match read(&file, kind) {
                Ok(Some(template)) => templates = templates.with(mood, kind, template),
                Ok(None) => {}
                Err(found) => {
                    templates = templates.with(mood, kind, last.of(mood).of(kind).clone());
                    problems.extend(found);
                }
            }
        }
    }
    (templates, problems)
}

/// The folders of a running device: read again whenever somebody edits them.
pub struct Follower {
    folders: Vec<PathBuf>,
    watch: Watch,
    /// The last good ones.
    last: Templates,
    told: Vec<TemplateProblem>,
    fresh: bool,
}

impl Follower {
    /// Follows folders, each of which may be missing as yet, and counts over the ones before it.
    pub fn new(folders: Vec<PathBuf>) -> Follower {
        let watch = Watch::new(&folders);
        Follower { folders, watch, last: Templates::shipped(), told: Vec::new(), fresh: true }
    }

    /// What the core is to be told now: the templates if they have changed, and whether they are well if
    /// that has. A template that is broken stays as it last was.
    pub fn read(&mut self) -> Vec<Event> {
        let (templates, problems) = reload_all(&self.folders, &self.last);
        let mut events = Vec::new();
        if std::mem::take(&mut self.fresh) || templates != self.last {
            self.last = templates.clone();
            events.push(Event::Templates(Arc::new(templates)));
        }
        if problems != self.told {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            events.push(Event::Part(
                Part::Templates,
                if problems.is_empty() {
                    Health::Well
                } else {
                    let report =
                        format!("{}\nUntil it is mended, the last good template is used", lines.join("\n"));
                    Health::Ill(Trouble { kind: TroubleKind::TemplateBroken, report })
                },
            ));
            self.told = problems;
        }
        events
    }

    /// Waits until somebody has edited something.
    pub fn wait(&mut self) {
        while !self.watch.wait(None) {}
    }
}

type Read = Result<Option<moodbox_core::recommend::Template>, Vec<TemplateProblem>>;

fn read(file: &Path, kind: Kind) -> Read {
    let problem =
        |at, what, cure: &str| TemplateProblem { file: file.to_owned(), at, what, cure: cure.into() };
    let bytes = match store::read_bounded(file, store::LARGEST_TEMPLATE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let what = format!("cannot be read: {error}");
            return Err(vec![problem(None, what, "let the user that moodbox runs as read it")]);
        }
    };
    let text = text_file::decode(&bytes).map_err(|error| {
        let at = error.line.map(|line| (line, 1));
        vec![problem(at, "is not UTF-8 text here".into(), "save it as UTF-8")]
    })?;
    Templates::parse(kind, &text).map(Some).map_err(|found| {
        let to_file =
            |found: Problem| problem(Some((found.line, found.column)), found.what.clone(), &found.cure);
        found.into_iter().map(to_file).collect()
    })
}

/// Files and folders that look like templates and are none: mostly a mood's name with a slip of the pen.
fn strangers(folder: &Path) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    let mut problem = |file: PathBuf, what: String, cure: String| {
        problems.push(TemplateProblem { file, at: None, what, cure });
    };
    if let Err(error) = fs::read_dir(folder) {
        let cure = "make it, with the folders `music` and `video` in it, or take the setting away to use the \
                    shipped templates";
        problem(folder.to_owned(), format!("the folder of templates cannot be read: {error}"), cure.into());
        return problems;
    }
    for kind in Kind::ALL {
        let Ok(files) = fs::read_dir(folder.join(kind.name())) else { continue };
        let mut names: Vec<_> = files.flatten().map(|file| file.path()).collect();
        names.sort();
        for file in names {
            if file.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if Mood::ALL.iter().any(|mood| mood.name() == stem) {
                continue;
            }
            let names = Mood::ALL.map(Mood::name);
            let cure = match nearest(&stem, &names) {
                Some(meant) => format!("did you mean `{meant}.toml`?"),
                None => format!("the moods are {}", names.join(", ")),
            };
            problem(file, format!("`{stem}` is not a mood"), cure);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn what_a_folder_leaves_out_is_as_shipped() {
        let folder = folder(&[("music/sad.toml", b"volume = 12")]);
        let templates = load(folder.path()).unwrap();
        assert_eq!(templates.of(Mood::Sad).music.volume, Some(12));
        assert_eq!(templates.of(Mood::Sad).video, Templates::shipped().of(Mood::Sad).video);
        assert_eq!(templates.of(Mood::Happy), Templates::shipped().of(Mood::Happy));
    }

    #[test]
    fn every_mistake_in_a_folder_names_the_file_the_place_and_the_cure() {
        let cases: [(&str, &[u8], &str); 5] = [
            ("music/sad.toml", b"# a\nvolum = 3", "music/sad.toml:2:1: unknown field `volum`"),
            ("video/fear.toml", b"mode = \"mach\"", "did you mean `match`?"),
            ("music/hapy.toml", b"", "did you mean `happy.toml`?"),
            ("video/joyous.toml", b"", "`joyous` is not a mood; the moods are angry"),
            ("music/sad.toml", b"\n\xff\xfe", "music/sad.toml:2:1: is not UTF-8"),
        ];
        for (name, bytes, said) in cases {
            let folder = folder(&[(name, bytes)]);
            let problems = load(folder.path()).unwrap_err();
            assert_eq!(problems.len(), 1, "{name}");
            assert!(problems[0].to_string().contains(said), "{}", problems[0]);
        }
        let missing = load(Path::new("/nowhere/templates")).unwrap_err();
        assert!(missing[0].to_string().contains("/nowhere/templates"), "{}", missing[0]);
    }

    #[test]
    fn a_broken_edit_keeps_the_last_good_one_and_takes_the_others() {
        let folder = folder(&[("music/sad.toml", b"volume = 12"), ("music/happy.toml", b"volume = 50")]);
        let good = load(folder.path()).unwrap();
        fs::write(folder.path().join("music/sad.toml"), "volume = ").unwrap();
        fs::write(folder.path().join("music/happy.toml"), "volume = 60").unwrap();
        let (after, problems) = reload(folder.path(), &good);
        assert_eq!(problems.len(), 1);
        assert_eq!(after.of(Mood::Sad).music.volume, Some(12));
        assert_eq!(after.of(Mood::Happy).music.volume, Some(60));
    }

    #[test]
    fn a_later_folder_counts_over_an_earlier_one_and_a_missing_one_is_no_mistake() {
        let below = folder(&[("music/sad.toml", b"volume = 12"), ("music/happy.toml", b"volume = 50")]);
        let above = folder(&[("music/sad.toml", b"volume = 20"), ("video/sad.toml", b"mode = \"mach\"")]);
        let folders = [below.path().to_owned(), "/nowhere/templates".into(), above.path().to_owned()];
        let (templates, problems) = reload_all(&folders, &Templates::shipped());
        assert_eq!(templates.of(Mood::Sad).music.volume, Some(20));
        assert_eq!(templates.of(Mood::Happy).music.volume, Some(50));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].file.starts_with(above.path()), "{}", problems[0]);
    }

    #[test]
    fn an_edit_is_taken_at_once_a_broken_one_is_told_and_a_mended_one_is_well_again() {
        let folder = folder(&[("music/sad.toml", b"volume = 12")]);
        let file = folder.path().join("music/sad.toml");
        let mut follower = Follower::new(vec![folder.path().to_owned()]);
        let volume = |events: &[Event]| match events {
            [Event::Templates(templates), ..] => templates.of(Mood::Sad).music.volume,
            other => panic!("{other:?}"),
        };
        assert_eq!(volume(&follower.read()), Some(12));

        fs::write(&file, "volume = 30").unwrap();
        follower.wait();
        assert_eq!(volume(&follower.read()), Some(30));

        fs::write(&file, "\nvolum = 40").unwrap();
        follower.wait();
        let told = follower.read();
        let [Event::Part(Part::Templates, Health::Ill(trouble))] = &told[..] else { panic!("{told:?}") };
        assert!(trouble.report.contains("sad.toml:2:1"), "{}", trouble.report);
        assert!(trouble.report.contains("did you mean `volume`"), "{}", trouble.report);
        assert!(follower.read().is_empty(), "the same is not told twice");

        fs::write(&file, "volume = 40").unwrap();
        follower.wait();
        let told = follower.read();
        assert_eq!(volume(&told), Some(40));
        assert!(matches!(told[1], Event::Part(Part::Templates, Health::Well)), "{told:?}");

        fs::remove_file(&file).unwrap();
        follower.wait();
        assert_eq!(volume(&follower.read()), Templates::shipped().of(Mood::Sad).music.volume);
    }
}
