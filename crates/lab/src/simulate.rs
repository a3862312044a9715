//! Listeners whose taste is known.
//!
//! The model. A listener enjoys a track with probability sigmoid(u),
//!
//! u = -1.6 + 2.4 exp(-d² / (2 · 0.35²)) + 0.9 g + 0.8 a + 0.6 m,
//!
//! where d is the distance of the track (where it really lies, not where the library thinks) to the place
//! the listener would like to be at this point of the list: the template's own path, shifted by an offset of
//! the listener's for each mood (normal, 0.2 on each axis); g, a, m are the listener's liking of the genre,
//! of the artist, and of the genre in this mood (standard normal). What is enjoyed is played to its end,
//! every fourth is liked; what is not enjoyed is skipped. The moods of the sessions are drawn evenly.
//! Nothing of it is shown to the recommender but likes, ends and skips.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Interval;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::synthetic_library::{GENRES, Library, library, normal};
use moodbox_core::recommend::{
    Catalog, History, Kind, Length, Mode, Outcome, Point, Request, Taste, Template, Templates, Weights,
    suggest,
};

/// Items on each list: the 5 of precision@5.
pub const LIST: usize = ITEMS as usize;
const ITEMS: u16 = 5;

/// How large the experiment is.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub listeners: usize,
    pub sessions: usize,
    pub tracks: usize,
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { listeners: 60, sessions: 50, tracks: 1200, seed: 2026 }
    }
}

/// Who chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Hybrid,
    /// By chance among what the template's pools hold.
    Templates,
    /// The nearest to the journey's point, in the template's pools.
    Content,
    /// What was liked together, in the template's pools.
    Collaborative,
    /// By chance among everything.
    Random,
}

impl Policy {
    pub const ALL: [Policy; 5] =
        [Policy::Hybrid, Policy::Templates, Policy::Content, Policy::Collaborative, Policy::Random];

    pub const fn name(self) -> &'static str {
        match self {
            Policy::Hybrid => "hybrid",
            Policy::Templates => "templates alone",
            Policy::Content => "content alone",
            Policy::Collaborative => "collaborative alone",
            Policy::Random => "random",
        }
    }

    fn weights(self) -> Weights {
        let nothing = Weights { content: 0.0, collaborative: 0.0, taste: 0.0, novelty: 0.0, variety: 0.05 };
        match self {
            Policy::Hybrid => Weights::default(),
            Policy::Templates | Policy::Random => nothing,
            Policy::Content => Weights { content: 1.0, ..nothing },
            Policy::Collaborative => Weights { collaborative: 1.0, ..nothing },
        }
    }
}

/// How a policy fared, a value for each listener.
#[derive(Clone, Debug)]
pub struct Fared {
    pub policy: Policy,
    /// After all sessions: share of the list's five that the listener would rather enjoy than not
    /// (probability above one half), over three lists for each mood.
    pub precision: Vec<f32>,
    /// Mean over all sessions and items of what the best five tracks of the library would have brought in
    /// probability of enjoyment, less what the chosen ones did.
    pub regret: Vec<f32>,
}

impl Fared {
    pub fn precision(&self) -> Interval {
        Interval::of(&self.precision)
    }

    pub fn regret(&self) -> Interval {
        Interval::of(&self.regret)
    }
}

struct Listener {
    genre: Vec<f32>,
    artist: Vec<f32>,
    genre_in_mood: Vec<[f32; 7]>,
    offset: [Point; 7],
}

impl Listener {
    fn new(library: &Library, rng: &mut ChaCha8Rng) -> Listener {
        let artists = library.artist.last().map_or(0, |last| last + 1);
        Listener {
            genre: GENRES.iter().map(|_| normal(rng)).collect(),
            artist: (0..artists).map(|_| normal(rng)).collect(),
            genre_in_mood: GENRES.iter().map(|_| std::array::from_fn(|_| normal(rng))).collect(),
            offset: std::array::from_fn(|_| Point::new(0.2 * normal(rng), 0.2 * normal(rng))),
        }
    }

    /// Probability of enjoying a track at a place of the list.
    fn enjoys(&self, library: &Library, track: usize, mood: Mood, template: &Template, place: usize) -> f32 {
        let share = place as f32 / (LIST - 1) as f32;
        let path = match template.mode {
            Mode::Journey { from, to, .. } => from.unwrap_or(Point::of(mood)).toward(to, share),
            Mode::Match => Point::of(mood).scaled(0.8),
            Mode::Contrast => Point::of(mood).scaled(-0.8),
        };
        let offset = self.offset[mood.index()];
        let wish = Point::new(path.valence + offset.valence, path.arousal + offset.arousal);
        let distance = library.truth[track].distance(wish);
        let genre = library.genre[track];
        let u = -1.6
            + 2.4 * (-distance * distance / (2.0 * 0.35 * 0.35)).exp()
            + 0.9 * self.genre[genre]
            + 0.8 * self.artist[library.artist[track]]
            + 0.6 * self.genre_in_mood[genre][mood.index()];
        1.0 / (1.0 + (-u).exp())
    }

    /// What the best five tracks would bring, one for each place.
    fn best(&self, library: &Library, mood: Mood, template: &Template) -> f32 {
        let mut free = vec![true; library.item_store.len()];
        let mut sum = 0.0;
        for place in 0..LIST {
            let best = (0..library.item_store.len())
                .filter(|&track| free[track])
                .map(|track| (self.enjoys(library, track, mood, template, place), track))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((chance, track)) = best {
                free[track] = false;
                sum += chance;
            }
        }
        sum
    }
}

/// Runs the experiment: every policy with the same listeners, moods and luck.
pub fn run(setup: Setup) -> Vec<Fared> {
    let mut library = library(setup.tracks, setup.seed);
    let catalog = Catalog { music: std::mem::take(&mut library.item_store), ..Catalog::default() };
    library.item_store = catalog.music.clone();
    let shipped = Mood::ALL.into_iter().fold(Templates::shipped(), |templates, mood| {
        let music =
            Template { length: Length::Items(ITEMS), no_repeat: 10, ..templates.of(mood).music.clone() };
        templates.with(mood, Kind::Music, music)
    });
    let open = Mood::ALL.into_iter().fold(shipped.clone(), |templates, mood| {
        let music = Template {
            mode: Mode::Match,
            pools: Vec::new(),
            avoid: Vec::new(),
            ..templates.of(mood).music.clone()
        };
        templates.with(mood, Kind::Music, music)
    });
    let mut all: Vec<Fared> = Policy::ALL
        .map(|policy| Fared { policy, precision: Vec::new(), regret: Vec::new() })
        .into_iter()
        .collect();
    for number in 0..setup.listeners {
        let seed = setup.seed.wrapping_mul(1000).wrapping_add(number as u64);
        let listener = Listener::new(&library, &mut ChaCha8Rng::seed_from_u64(seed));
        let best = Mood::ALL.map(|mood| listener.best(&library, mood, &shipped.of(mood).music));
        for fared in &mut all {
            let chooser = Chooser {
                library: &library,
                catalog: &catalog,
                templates: if fared.policy == Policy::Random { &open } else { &shipped },
                wishes: &shipped,
                weights: fared.policy.weights(),
                listener: &listener,
            };
            let (precision, regret) = chooser.live(setup, seed, &best);
            fared.precision.push(precision);
            fared.regret.push(regret);
        }
    }
    all
}

struct Chooser<'a> {
    library: &'a Library,
    catalog: &'a Catalog,
    templates: &'a Templates,
    /// The templates whose path the listener would like to walk.
    wishes: &'a Templates,
    weights: Weights,
    listener: &'a Listener,
}

impl Chooser<'_> {
    /// All sessions of one listener: precision at the end and mean regret on the way.
    fn live(&self, setup: Setup, seed: u64, best: &[f32; 7]) -> (f32, f32) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(7);
        let mut history = History::default();
        let mut regret = 0.0;
        for session in 0..setup.sessions {
            let mood = Mood::ALL[rng.random_range(0..7)];
            let taste = Taste::learn(&history);
            let chances = self.list(mood, &taste, &history, seed ^ session as u64);
            let brought: f32 = chances.iter().map(|(_, chance)| chance).sum();
            regret += (best[mood.index()] - brought) / LIST as f32;
            history.begin(mood);
            // Luck is drawn for each place, so that it is the same for every policy.
            let luck: [(f32, f32); LIST] = std::array::from_fn(|_| (rng.random(), rng.random()));
            for ((id, chance), (enjoyed, liked)) in chances.into_iter().zip(luck) {
                let outcome = match (enjoyed < chance, liked < 0.25) {
                    (true, true) => Outcome::Liked,
                    (true, false) => Outcome::Finished,
                    (false, _) => Outcome::Skipped,
                };
                history.record(&id, outcome);
            }
        }
        let taste = Taste::learn(&history);
        let mut good = 0;
        for mood in Mood::ALL {
            for probe in 0..3 {
                let chances = self.list(mood, &taste, &history, seed ^ (1000 + probe));
                good += chances.iter().filter(|(_, chance)| *chance > 0.5).count();
            }
        }
        (good as f32 / (7 * 3 * LIST) as f32, regret / setup.sessions as f32)
    }

    /// The list for a mood: ids, each with the probability that the listener enjoys it.
    fn list(&self, mood: Mood, taste: &Taste, history: &History, seed: u64) -> Vec<(String, f32)> {
        let recent = history.recent(10);
        let request = Request {
            seed,
            recent: &recent,
            taste: Some(taste),
            weights: self.weights,
            ..Request::new(mood)
        };
        let wish = &self.wishes.of(mood).music;
        let picks = suggest(self.catalog, self.templates, &request).music;
        let chance = |(place, id): (usize, String)| {
            let track = self.library.item_store.place(&id)?;
            Some((id, self.listener.enjoys(self.library, track, mood, wish, place)))
        };
        picks.into_iter().map(|pick| pick.id).take(LIST).enumerate().filter_map(chance).collect()
    }
}
