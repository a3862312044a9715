//! The templates: read, checked while they are written, tried, saved, and taken back.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{Body, Named, Reads};
use crate::library;
use crate::observers::web::Site;
use crate::observers::web::fault::Fault;
use crate::ports::store;
use moodbox_core::kiosk::event::{Event, Health, Part};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{
    Catalog, Kind, Mode, Pick, Point, Problem, Request, Templates, shipped_text, suggest,
};
use moodbox_core::text::Language;

/// Steps back, for each template, until the daemon ends.
const MOST_UNDO: usize = 20;

/// A template is a page of text.
const MOST_TEXT: usize = 64 * 1024;

/// Which template.
pub type Which = (Kind, Mood);

/// Where templates are kept, and what they were before.
pub struct Desk {
    /// A person's own folder, of the configuration.
    below: Option<PathBuf>,
    /// Where the page writes: over it.
    folder: PathBuf,
    /// None: nothing was written here.
    before: Mutex<HashMap<Which, Vec<Option<String>>>>,
}

impl Desk {
    pub fn new(below: Option<PathBuf>, folder: PathBuf) -> Desk {
        Desk { below, folder, before: Mutex::default() }
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.below.iter().chain([&self.folder]).cloned().collect()
    }

    /// What was written on the page; none if nothing was.
    fn own(&self, which: Which) -> Result<Option<String>, Fault> {
        text_of(&file(&self.folder, which))
    }

    /// What counts where nothing was written on the page, and whether somebody else wrote it.
    fn original(&self, which: Which) -> Result<(String, bool), Fault> {
        let configured =
            self.below.as_ref().map(|folder| text_of(&file(folder, which))).transpose()?.flatten();
        let own = configured.is_some();
        Ok((configured.unwrap_or_else(|| shipped_text(which.1, which.0).to_owned()), own))
    }

    /// Writes a text, or takes it away; the text before is remembered unless this takes a step back.
    fn put(&self, which: Which, text: Option<&str>) -> Result<(), Fault> {
        let file = file(&self.folder, which);
        let taken = store::read_text(&file, store::LARGEST_TEMPLATE);
        if taken.is_err_and(|error| store::is_no_file(&error)) {
            // No template: a folder, a text in an old encoding. Nothing of it is lost.
            let became = store::put_aside(&file, "it is no text that could be a template");
            tracing::warn!("{became}");
        }
        let written = match text {
            Some(text) => store::write_atomic(&file, text.as_bytes()),
            None => match std::fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        written.map_err(|error| {
            broken(format!(
                "{} cannot be written: {error}. Free some room, or let moodbox's user write there",
                file.display()
            ))
        })
    }

    fn remember(&self, which: Which, text: Option<String>) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let steps = before.entry(which).or_default();
        if steps.len() == MOST_UNDO {
            steps.remove(0);
        }
        steps.push(text);
    }

    fn step_back(&self, which: Which) -> Option<Option<String>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&which)?.pop()
    }

    fn steps(&self, which: Which) -> usize {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).get(&which).map_or(0, Vec::len)
    }
}

fn file(folder: &Path, (kind, mood): Which) -> PathBuf {
    folder.join(kind.name()).join(format!("{mood}.toml"))
}

fn text_of(file: &Path) -> Result<Option<String>, Fault> {
    match store::read_text(file, store::LARGEST_TEMPLATE) {
        Ok(text) => Ok(Some(text)),
        // Of what is no text the daemon has told already, and what lies below counts until something is saved.
        Err(error) if error.kind() == io::ErrorKind::NotFound || store::is_no_file(&error) => Ok(None),
        Err(error) => Err(broken(format!("{} cannot be read: {error}", file.display()))),
    }
}

fn broken(message: String) -> Fault {
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}

/// A template by its kind and mood, as `music/sad`.
pub fn by_name(name: &str) -> Option<Which> {
    let (kind, mood) = name.split_once('/')?;
    which((kind.to_owned(), mood.to_owned())).ok()
}

/// Every template that was written on the page.
pub fn own(site: &Site) -> Result<BTreeMap<String, String>, Fault> {
    let all = Kind::ALL.into_iter().flat_map(|kind| Mood::ALL.map(|mood| (kind, mood)));
    let texts = all.map(|which| Ok((format!("{}/{}", which.0.name(), which.1), site.desk.own(which)?)));
    texts.filter_map(|one| one.map(|(name, text)| Some((name, text?))).transpose()).collect()
}

/// These templates, which are right, and no others are those of the page from now on. Each can be taken back.
pub fn replace_own(site: &Site, wanted: Vec<(Which, String)>) -> Result<(), Fault> {
    for which in Kind::ALL.into_iter().flat_map(|kind| Mood::ALL.map(|mood| (kind, mood))) {
        let text = wanted.iter().find(|(one, _)| *one == which).map(|(_, text)| text.clone());
        let before = site.desk.own(which)?;
        if before != text {
            site.desk.put(which, text.as_deref())?;
            site.desk.remember(which, before);
        }
    }
    reload(site)
}

fn which((kind, mood): (String, String)) -> Result<Which, Fault> {
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let mood = Mood::ALL.into_iter().find(|known| known.name() == mood);
    kind.zip(mood)
        .ok_or_else(|| Fault::not_found("templates are music or video, for each of the seven moods"))
}

#[derive(Serialize)]
pub struct TemplatesResponse {
    templates: Vec<One>,
}

#[derive(Serialize)]
struct One {
    kind: &'static str,
    mood: Mood,
    /// It was written on the page.
    own: bool,
}

pub async fn list(State(site): State<Arc<Site>>) -> Json<TemplatesResponse> {
    let all = Kind::ALL.into_iter().flat_map(|kind| Mood::ALL.map(|mood| (kind, mood)));
    let templates = all.map(|(kind, mood)| One {
        kind: kind.name(),
        mood,
        own: file(&site.desk.folder, (kind, mood)).is_file(),
    });
    Json(TemplatesResponse { templates: templates.collect() })
}

#[derive(Serialize)]
pub struct Shown {
    text: String,
    /// It was written on the page.
    own: bool,
    /// It stands in the folder that the configuration names, and nothing was written over it.
    configured: bool,
    /// Steps that can be taken back.
    undo: usize,
}

fn shown(site: &Site, which: Which) -> Result<Json<Shown>, Fault> {
    let own = site.desk.own(which)?;
    let undo = site.desk.steps(which);
    Ok(Json(match own {
        Some(text) => Shown { text, own: true, configured: false, undo },
        None => {
            let (text, configured) = site.desk.original(which)?;
            Shown { text, own: false, configured, undo }
        }
    }))
}

pub async fn read(
    State(site): State<Arc<Site>>,
    Named(name): Named<(String, String)>,
) -> Result<Json<Shown>, Fault> {
    shown(&site, which(name)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    text: String,
}

#[derive(Serialize)]
struct Wrong {
    /// From 1.
    line: usize,
    column: usize,
    what: String,
    cure: String,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Wrong {
        let Problem { line, column, what, cure } = problem;
        Wrong { line, column, what, cure }
    }
}

/// What comes of a template: what is wrong with it, else what it would choose now.
#[derive(Default, Serialize)]
pub struct Tried {
    problems: Vec<Wrong>,
    items: Vec<Chosen>,
    /// About the list as a whole.
    notes: Vec<String>,
    /// Where a journey begins and ends.
    from: Option<Place>,
    to: Option<Place>,
}

#[derive(Serialize)]
struct Chosen {
    title: String,
    artist: String,
    why: String,
    valence: Option<f32>,
    arousal: Option<f32>,
}

#[derive(Serialize)]
struct Place {
    valence: f32,
    arousal: f32,
}

impl From<Point> for Place {
    fn from(Point { valence, arousal }: Point) -> Place {
        Place { valence, arousal }
    }
}

/// Refuses a text that is longer than a template may be.
pub fn limit(text: &str) -> Result<(), Fault> {
    if text.len() > MOST_TEXT {
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "a template has at most 64 KiB"));
    }
    Ok(())
}

/// Checks a text by the checker that the daemon uses, and tries it on the library as it is now.
pub async fn attempt(
    State(site): State<Arc<Site>>,
    Named(name): Named<(String, String)>,
    reads: Reads,
    Body(written): Body<Written>,
) -> Result<Json<Tried>, Fault> {
    let (kind, mood) = which(name)?;
    let language = reads.or(site.latest.borrow().language);
    limit(&written.text)?;
    let template = match Templates::parse(kind, &written.text) {
        Ok(template) => template,
        Err(problems) => {
            let problems = problems.into_iter().map(Wrong::from).collect();
            return Ok(Json(Tried { problems, ..Tried::default() }));
        }
    };
    let (from, to) = match template.mode {
        Mode::Journey { from, to, .. } => (Some(from.unwrap_or(Point::of(mood)).into()), Some(to.into())),
        Mode::Match | Mode::Contrast => (None, None),
    };
    let catalog = site.library.catalog.borrow().clone();
    let templates = site.library.templates.borrow().as_ref().clone().with(mood, kind, template);
    let suggestion = suggest(&catalog, &templates, &Request::new(mood));
    let picks = match kind {
        Kind::Music => suggestion.music,
        Kind::Video => suggestion.video,
    };
    let items = picks.into_iter().map(|pick| chosen(&catalog, kind, pick, language)).collect();
    let notes = suggestion.notes.iter().map(|note| note.say(language)).collect();
    Ok(Json(Tried { problems: Vec::new(), items, notes, from, to }))
}

fn chosen(catalog: &Catalog, kind: Kind, pick: Pick, language: Language) -> Chosen {
    let item_store = match kind {
        Kind::Music => &catalog.music,
        Kind::Video => &catalog.video,
    };
    let feeling = item_store.find(&pick.id).and_then(|entry| entry.feeling);
    Chosen {
        title: pick.title,
        artist: pick.artist,
        why: pick.why.say(language),
        valence: feeling.map(|feeling| feeling.valence),
        arousal: feeling.map(|feeling| feeling.arousal),
    }
}

/// Saves a text that is right; from the next press on it counts.
pub async fn save(
    State(site): State<Arc<Site>>,
    Named(name): Named<(String, String)>,
    Body(written): Body<Written>,
) -> Result<Json<Shown>, Fault> {
    let which = which(name)?;
    limit(&written.text)?;
    if let Err(problems) = Templates::parse(which.0, &written.text) {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Err(Fault::unprocessable(lines.join("\n")));
    }
    let _turn = site.writing.lock().await;
    change(&site, which, Some(written.text))
}

/// Back to the one of the configured folder, or that moodbox brings along.
pub async fn reset(
    State(site): State<Arc<Site>>,
    Named(name): Named<(String, String)>,
) -> Result<Json<Shown>, Fault> {
    let _turn = site.writing.lock().await;
    change(&site, which(name)?, None)
}

fn change(site: &Site, which: Which, text: Option<String>) -> Result<Json<Shown>, Fault> {
    let before = site.desk.own(which)?;
    site.desk.put(which, text.as_deref())?;
    if before != text {
        site.desk.remember(which, before);
    }
    reload(site)?;
    shown(site, which)
}

/// From the next press on, what was saved counts.
fn reload(site: &Site) -> Result<(), Fault> {
    let last = site.library.templates.borrow().clone();
    let (templates, problems) = library::templates::reload_all(&site.desk.folders(), &last);
    site.tell(Event::Templates(Arc::new(templates)))?;
    // Others of the folder may still be broken: that was reported when it was first seen.
    if problems.is_empty() {
        site.tell(Event::Part(Part::Templates, Health::Well))?;
    }
    Ok(())
}

/// One step back.
pub async fn undo(
    State(site): State<Arc<Site>>,
    Named(name): Named<(String, String)>,
) -> Result<Json<Shown>, Fault> {
    let which = which(name)?;
    let _turn = site.writing.lock().await;
    let Some(text) = site.desk.step_back(which) else {
        return Err(Fault::new(StatusCode::CONFLICT, "there is nothing to take back"));
    };
    if let Err(fault) = site.desk.put(which, text.as_deref()) {
        site.desk.remember(which, text);
        return Err(fault);
    }
    reload(&site)?;
    shown(&site, which)
}
