//! Ratings in the layout of MovieLens: `userId,movieId,rating,timestamp` and `movieId,title,genres`.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::neighbours::{Model, Ratings};
use moodbox_core::recommend::{Point, genre, normalized};

/// A line that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct LineError {
    /// From 1.
    pub line: usize,
    pub what: String,
}

/// One rating, as in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    pub user: u32,
    pub movie: u32,
    /// 0.5 to 5 stars.
    pub stars: f32,
}

/// Reads `ratings.csv`.
///
/// # Errors
/// At the first line that is not a rating.
pub fn ratings(text: &str) -> Result<Vec<Rating>, LineError> {
    let wrong = |line: usize, what: &str| LineError { line: line + 1, what: what.to_owned() };
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, head)) if head.trim_start_matches('\u{feff}').starts_with("userId,movieId,rating") => {}
        _ => return Err(wrong(0, "the head is not `userId,movieId,rating,timestamp`")),
    }
    let mut all = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let mut cells = line.split(',').map(str::trim);
        let mut number = || cells.next().and_then(|cell| cell.parse().ok());
        let user = number().ok_or_else(|| wrong(at, "no user number"))?;
        let movie = number().ok_or_else(|| wrong(at, "no movie number"))?;
        let stars: f32 = cells
            .next()
            .and_then(|cell| cell.parse().ok())
            .filter(|stars| (0.0..=5.0).contains(stars))
            .ok_or_else(|| wrong(at, "the rating is not a number from 0 to 5"))?;
        all.push(Rating { user, movie, stars });
    }
    Ok(all)
}

/// Reads `movies.csv`: the genres of each movie, in lower case. Titles may hold commas.
///
/// # Errors
/// At the first line that is not a movie.
pub fn movies(text: &str) -> Result<HashMap<u32, Vec<String>>, LineError> {
    let mut movies = HashMap::new();
    for (at, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let parts = line.split_once(',').zip(line.rsplit_once(','));
        let movie = parts.and_then(|((number, _), (_, genres))| Some((number.trim().parse().ok()?, genres)));
        let (number, genres) = movie
            .ok_or_else(|| LineError { line: at + 1, what: "it is not `movieId,title,genres`".into() })?;
        movies.insert(number, genres.split('|').map(|word| translated(&normalized(word))).collect());
    }
    Ok(movies)
}

/// MovieLens' words for what the genre table calls otherwise.
fn translated(genre: &str) -> String {
    match genre {
        "sci-fi" => "science fiction".into(),
        "children" => "family".into(),
        "crime" | "film-noir" => "thriller".into(),
        other => other.to_owned(),
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    pub name: &'static str,
    /// None where the method ranks without predicting stars.
    pub rmse: Option<f32>,
    pub precision_at_10: f32,
}

/// What an evaluation found.
#[derive(Clone, Debug)]
pub struct Table {
    pub lines: Vec<TableRow>,
    /// Ratings learnt from and held out.
    pub learnt: usize,
    pub held_out: usize,
    /// People whose top ten was judged: with at least ten held out.
    pub judged: usize,
    /// Blend of the hybrid scorer, tuned on ratings that are neither learnt from nor held out.
    pub blend: (f32, f32),
}

/// Splits by chance (seven tenths to learn from, one to tune, two held out) and measures every method.
/// Precision@10: of the ten held-out movies of a person that a method puts first, the share rated four
/// stars or more.
pub fn evaluate(all: &[Rating], movies: &HashMap<u32, Vec<String>>, seed: u64) -> Table {
    let people = numbered(all.iter().map(|rating| rating.user));
    let items = numbered(all.iter().map(|rating| rating.movie));
    let mut words: HashMap<&str, u16> = HashMap::new();
    let mut genres = vec![Vec::new(); items.len()];
    let mut feelings: Vec<Option<Point>> = vec![None; items.len()];
    let mut by_number: Vec<(&u32, &u32)> = items.iter().collect();
    by_number.sort_unstable_by_key(|(_, number)| **number);
    for (movie, number) in by_number {
        for word in movies.get(movie).into_iter().flatten() {
            // Genres beyond so many count as one.
            let next = u16::try_from(words.len()).unwrap_or(u16::MAX);
            genres[*number as usize].push(*words.entry(word).or_insert(next));
        }
        let named = movies.get(movie).into_iter().flatten().map(String::as_str);
        feelings[*number as usize] =
            genre::feeling(named).map(|feeling| Point::new(feeling.valence, feeling.arousal));
    }

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut learnt, mut tuning, mut held_out) = (Vec::new(), Vec::new(), Vec::new());
    for rating in all {
        let one = (people[&rating.user], items[&rating.movie], rating.stars);
        match rng.random_range(0..10) {
            0..7 => learnt.push(one),
            7 => tuning.push(one),
            _ => held_out.push(one),
        }
    }
    let ratings = Ratings::new(people.len(), items.len(), learnt.iter().copied());
    let model = Model::learn(&ratings, genres, words.len(), seed);
    let blend = tune(&model, &tuning);

    let stars = |part: f32, person, item| (model.baseline.of(person, item) + part).clamp(0.5, 5.0);
    type Method<'a> = (&'static str, Box<dyn Fn(u32, u32) -> f32 + 'a>);
    let predictors: [Method<'_>; 4] = [
        ("mean of person and item", Box::new(|person, item| stars(0.0, person, item))),
        ("item to item", Box::new(|person, item| stars(model.item_to_item(person, item), person, item))),
        (
            "clusters with nearest neighbours",
            Box::new(|person, item| stars(model.clusters(person, item), person, item)),
        ),
        (
            "hybrid scorer",
            Box::new(|person, item| {
                let part = blend.0 * model.item_to_item(person, item) + blend.1 * model.content(person, item);
                stars(part, person, item)
            }),
        ),
    ];
    let liked: Vec<Vec<u32>> = ratings
        .people
        .iter()
        .map(|list| list.iter().filter(|(_, stars)| *stars >= 4.0).map(|(item, _)| *item).collect())
        .collect();
    let mean_feeling: Vec<Option<Point>> = liked.iter().map(|items| mean(items, &feelings)).collect();
    let rankers: [Method<'_>; 2] = [
        (
            "top ten by emotion",
            Box::new(|person, item| {
                let both = mean_feeling[person as usize].zip(feelings[item as usize]);
                both.map_or(-1.5, |(wish, own)| -own.distance(wish))
            }),
        ),
        ("top ten by similarity", Box::new(|person, item| model.nearness(item, &liked[person as usize]))),
    ];

    let mut by_person: Vec<Vec<(u32, f32)>> = vec![Vec::new(); people.len()];
    for &(person, item, stars) in &held_out {
        by_person[person as usize].push((item, stars));
    }
    let judged = by_person.iter().filter(|list| list.len() >= 10).count();
    let mut lines = Vec::new();
    for (methods, predicts) in [(&predictors[..], true), (&rankers[..], false)] {
        for (name, score) in methods {
            let error: f32 = held_out
                .iter()
                .map(|&(person, item, stars)| (score(person, item) - stars).powi(2))
                .sum::<f32>();
            let rmse = predicts.then(|| (error / held_out.len().max(1) as f32).sqrt());
            lines.push(TableRow { name, rmse, precision_at_10: precision(&by_person, score.as_ref()) });
        }
    }
    let chance = by_person
        .iter()
        .filter(|list| list.len() >= 10)
        .map(|list| list.iter().filter(|(_, stars)| *stars >= 4.0).count() as f32 / list.len() as f32);
    let chance = chance.sum::<f32>() / judged.max(1) as f32;
    lines.push(TableRow { name: "chance", rmse: None, precision_at_10: chance });
    Table { lines, learnt: learnt.len(), held_out: held_out.len(), judged, blend }
}

fn numbered(all: impl Iterator<Item = u32>) -> HashMap<u32, u32> {
    let mut numbers = HashMap::new();
    for one in all {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        numbers.entry(one).or_insert(next);
    }
    numbers
}

/// The shares of the collaborative and the content part that err least.
fn tune(model: &Model, tuning: &[(u32, u32, f32)]) -> (f32, f32) {
    let parts: Vec<(f32, f32, f32)> = tuning
        .iter()
        .map(|&(person, item, stars)| {
            let left = stars - model.baseline.of(person, item);
            (model.item_to_item(person, item), model.content(person, item), left)
        })
        .collect();
    let error =
        |a: f32, b: f32| -> f32 { parts.iter().map(|(x, y, left)| (a * x + b * y - left).powi(2)).sum() };
    let shares = || (0..=12).map(|tenths| tenths as f32 / 10.0);
    shares()
        .flat_map(|a| shares().map(move |b| (a, b)))
        .min_by(|x, y| error(x.0, x.1).total_cmp(&error(y.0, y.1)))
        .unwrap_or((1.0, 0.0))
}

fn mean(items: &[u32], feelings: &[Option<Point>]) -> Option<Point> {
    let known: Vec<Point> = items.iter().filter_map(|item| feelings[*item as usize]).collect();
    let n = known.len() as f32;
    (n > 0.0).then(|| {
        Point::new(
            known.iter().map(|point| point.valence).sum::<f32>() / n,
            known.iter().map(|point| point.arousal).sum::<f32>() / n,
        )
    })
}

fn precision(by_person: &[Vec<(u32, f32)>], score: &dyn Fn(u32, u32) -> f32) -> f32 {
    let (mut good, mut judged) = (0, 0);
    for (person, list) in (0u32..).zip(by_person).filter(|(_, list)| list.len() >= 10) {
        let mut ranked: Vec<(f32, u32, f32)> =
            list.iter().map(|&(item, stars)| (score(person, item), item, stars)).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        good += ranked.iter().take(10).filter(|(_, _, stars)| *stars >= 4.0).count();
        judged += 10;
    }
    good as f32 / judged.max(1) as f32
}
