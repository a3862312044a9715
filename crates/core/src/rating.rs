//! For whom a video is, by the rating that its description carries.
//!
//! One table of the systems that film and television boards use. A label keeps minors out when it stands for 17
//! years or more. The guard closes on what it does not understand: a label of no system, and one that means
//! one thing here and the opposite there (`A` is for everybody in Norway and for adults in India), is
//! [`Audience::Unknown`].

use self::rating_systems::{ADULT_GENRES, AROUND, BY_NAME_ALONE, NEGATIONS, SYSTEMS, WORDS};
use crate::recommend::normalized;

#[path = "rating_systems.rs"]
mod rating_systems;

/// Whom a rating lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Minors of some age may see it.
    #[default]
    Minors,
    /// What it says is not understood.
    Unknown,
    /// Adults alone.
    Adults,
}

/// From this age on a rating keeps minors out: `R` of the United States is 17.
const ADULT: u8 = 17;
/// The highest age in use (Singapore, Indonesia). A larger number is no age.
const OLDEST: u8 = 21;

/// Reads a rating as people and media managers write it: `Rated R`, `DE:FSK 18`, `V.M.18`, `18A`, `KR:19`,
/// `US:PG-13 / DE:12`. Of several the strictest counts. No text at all says nothing against minors.
pub fn audience(text: &str) -> Audience {
    if text.contains('🔞') {
        return Audience::Adults;
    }
    let text = normalized(text);
    let (rating, notes) = without_notes(&text);
    if notes.is_empty() || squeezed(&rating).is_empty() {
        return all_of(&text);
    }
    match all_of(&rating) {
        Audience::Unknown => all_of(&text),
        told if notes.iter().any(|note| all_of(note) == Audience::Adults) => told.max(Audience::Adults),
        told => told,
    }
}

/// Whether a genre, a tag or the name of a folder says that what bears it is for adults: `Erotik`, `FSK 18`.
pub fn is_for_adults(word: &str) -> bool {
    ADULT_GENRES.contains(&normalized(word).as_str())
}

/// The text without what stands in brackets, and that: `12 (original rating)`, `Approved (PCA #1234)`.
fn without_notes(text: &str) -> (String, Vec<&str>) {
    let (mut rating, mut notes, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once(['(', '[']) {
        let Some((note, behind)) = after.split_once([')', ']']) else { break };
        rating.push_str(before);
        notes.push(note);
        rest = behind;
    }
    rating.push_str(rest);
    (rating, notes)
}

/// One text with one rating or several.
fn all_of(text: &str) -> Audience {
    // Some boards' labels hold a slash: first as a whole.
    let (country, rest) = without_country(text);
    if let Some(told) = label(&squeezed(text), None).or_else(|| label(&squeezed(rest), country)) {
        return told;
    }
    // Plex writes `de/18`.
    if let Some((name, rest)) = text.split_once('/')
        && let Some(country) = system(name)
        && !rest.contains('/')
    {
        return words(rest, Some(country));
    }
    let pieces = text.split([';', '|', '/']).map(str::trim).filter(|piece| !piece.is_empty());
    pieces.map(with_reason).max().unwrap_or_default()
}

/// `Rated R for violence, language`: the reason is no part of the rating, unless it speaks of adults itself.
fn with_reason(text: &str) -> Audience {
    let ratings = |text: &str| {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(part).max().unwrap_or(Audience::Unknown)
    };
    let Some((rating, reason)) = text.split_once(" for ") else { return ratings(text) };
    let told = ratings(rating);
    let named = label(&tokens(reason, None).concat(), None);
    // `E for Everyone`, `A for Adults`: the letter alone is not sure.
    if told == Audience::Unknown {
        return named.filter(|_| squeezed(rating).chars().count() == 1).unwrap_or_else(|| ratings(text));
    }
    let is_old = |token: &&str| runs(token).iter().any(|run| age(run).is_some_and(|age| age >= ADULT));
    let of_adults = |token: &&str| label(token, Some(WORDS)) == Some(Audience::Adults);
    // `Approved for adult audiences`: an old label that needs its reason.
    let is_bare = ["approved", "passed"].contains(&rating.trim());
    let spoken = tokens(reason, None);
    let is_adult = named == Some(Audience::Adults)
        || spoken.iter().any(|token| is_old(token) || (is_bare && of_adults(token)))
        || reason.split(',').any(|part| {
            let (country, rest) = without_country(part.trim());
            country.is_some() && words(rest, country) == Audience::Adults
        });
    if is_adult { Audience::Adults } else { told }
}

/// One rating.
fn part(text: &str) -> Audience {
    let (country, text) = without_country(text);
    words(text, country)
}

fn spoken(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The words that say something of the age.
fn tokens(text: &str, country: Option<usize>) -> Vec<&str> {
    // `TV-14-DLSV` says what it warns of.
    let is_warning = |word: &str| word.chars().all(|letter| "dlsvf".contains(letter));
    let is_tv = spoken(text).any(|word| word == "tv");
    spoken(text)
        .filter(|word| !AROUND.contains(word) && named_system(word).is_none())
        .filter(|word| !(is_tv && label(word, country).is_none() && is_warning(word)))
        .collect()
}

fn words(text: &str, country: Option<usize>) -> Audience {
    if let Some(told) = label(&squeezed(text), country) {
        return told;
    }
    let country = country.or_else(|| spoken(text).find_map(named_system));
    // `CERO A`: a word such as `a` is a label where its system is named.
    let named: String = spoken(text).filter(|word| named_system(word).is_none()).collect();
    if country.is_some()
        && let Some(told) = label(&named, country)
    {
        return told;
    }
    let tokens = tokens(text, country);
    let has_age = tokens.iter().any(|token| runs(token).iter().any(|run| age(run).is_some()));
    // `Not for children` names children, and keeps them out.
    let is_negated = !has_age && spoken(text).any(|word| NEGATIONS.contains(&word));
    let closed = |told| if is_negated && told == Audience::Minors { Audience::Unknown } else { told };
    if let Some(told) = label(&tokens.concat(), country) {
        return closed(told);
    }
    let (mut known, mut told) = (false, Audience::Minors);
    for (place, token) in tokens.iter().enumerate() {
        let beside = [place.checked_sub(1), Some(place + 1)].into_iter().flatten();
        let by_number = beside.filter_map(|place| tokens.get(place)).any(|other| age(other).is_some());
        // `VM 14`: the number says it. Never so for the marks that mean adults in every system.
        let here = match () {
            () if is_prefix(token) && by_number => continue,
            () => label(token, country).unwrap_or_else(|| of_runs(&runs(token), country)),
        };
        known = true;
        told = told.max(here);
    }
    if known { closed(told) } else { Audience::Unknown }
}

/// A word of letters and digits: `vm14`, `r21`, `18plus`.
fn of_runs(runs: &[&str], country: Option<usize>) -> Audience {
    let has_age = runs.iter().any(|run| age(run).is_some());
    let of = |run: &&str| match age(run) {
        Some(age) => age_to_audience(age),
        None if AROUND.contains(run) || (has_age && is_prefix(run)) => Audience::Minors,
        None => label(run, country).unwrap_or(Audience::Unknown),
    };
    runs.iter().map(of).max().unwrap_or(Audience::Unknown)
}

/// A number that can be an age.
fn age(run: &str) -> Option<u8> {
    run.parse().ok().filter(|age| *age <= OLDEST)
}

fn is_prefix(run: &str) -> bool {
    run.chars().count() <= 2 && !run.chars().all(|letter| letter == 'x')
}

/// The text in pieces of digits and pieces of letters.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push(run);
        rest = after;
    }
    runs
}

/// What a label stands for, in one system or in all of them: they have to agree. Plain words hold in each.
fn label(label: &str, country: Option<usize>) -> Option<Audience> {
    let here = |at: usize, names: &[&str]| match country {
        Some(country) => country == at || at == WORDS,
        None => !names.iter().any(|name| BY_NAME_ALONE.contains(name)),
    };
    let systems = SYSTEMS.iter().enumerate().filter(|(at, (names, _))| here(*at, names));
    let ages = systems.filter_map(|(_, (_, labels))| {
        labels.iter().find(|(known, _)| *known == label).map(|(_, age)| age_to_audience(*age))
    });
    let (mut found, mut agreed) = (None, true);
    for audience in ages {
        agreed &= found.is_none_or(|found| found == audience);
        found = Some(audience);
    }
    found.map(|found| if agreed { found } else { Audience::Unknown })
}

const fn age_to_audience(age: u8) -> Audience {
    if age >= ADULT { Audience::Adults } else { Audience::Minors }
}

/// `DE:18`, `us-R`, `Germany:FSK 18`: the system's place in the table, and the rest.
fn without_country(text: &str) -> (Option<usize>, &str) {
    text.find([':', '-', '_'])
        .and_then(|at| Some((Some(system(&text[..at])?), text[at + 1..].trim())))
        .unwrap_or((None, text))
}

/// The place of the system of that name.
fn system(name: &str) -> Option<usize> {
    SYSTEMS.iter().position(|(names, _)| names.contains(&name.trim()))
}

/// The same for a word among others, where two letters may mean anything.
fn named_system(word: &str) -> Option<usize> {
    (word.chars().count() > 2).then(|| system(word)).flatten()
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
#[path = "rating_tests.rs"]
mod tests;
