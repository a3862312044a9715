//! For whom a video is, by the rating that its description carries.
//!
//! One table of the systems that film and television boards use. A label keeps minors out when it stands for 17
//! years or more. The guard closes on what it does not understand: a label of no system, and one that means
//! one thing here and the opposite there (`A` is for everybody in Norway and for adults in India), is
//! [`Audience::Unknown`].
//!
//! Sources: the boards' own lists (MPA, TV Parental Guidelines, BBFC, FSK, CNC, Ministero della Cultura, ICAA,
//! NICAM, KAVI, Australian Classification, Eirin, KMRB, CBFC, ClassInd and others), as gathered in Wikipedia's
//! "Motion picture content rating system" and "Television content rating system".

use crate::recommend::normalized;

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

/// A rating system: the names that it goes by, and each label with the age from which it lets people in.
type System = (&'static [&'static str], &'static [(&'static str, u8)]);

/// Country codes and names, and the labels with the age that each stands for. Labels are folded and have no
/// spaces, signs or hyphens: `NC-17` is `nc17`. Ages written as a number alone need no entry.
const SYSTEMS: &[System] = &[
    (
        &["us", "usa", "united states", "mpaa", "mpa"],
        &[
            ("g", 0),
            ("pg", 8),
            ("gp", 8),
            ("m", 14),
            ("pg13", 13),
            ("r", 17),
            ("restricted", 17),
            ("nc17", 17),
            ("x", 18),
            ("approved", 0),
            ("passed", 0),
            ("tvy", 0),
            ("tvy7", 7),
            ("tvy7fv", 7),
            ("tvg", 0),
            ("tvpg", 8),
            ("tv14", 14),
            ("tvma", 17),
            ("ma", 17),
        ],
    ),
    (
        &["gb", "uk", "united kingdom", "bbfc"],
        &[("u", 0), ("uc", 0), ("pg", 8), ("12a", 12), ("aa", 14), ("x", 18), ("r18", 18)],
    ),
    (&["ie", "ireland", "ifco"], &[("g", 0), ("pg", 8), ("12a", 12), ("15a", 15), ("15pg", 15)]),
    (
        &["de", "germany", "deutschland", "fsk"],
        &[
            ("ohnealtersbeschränkung", 0),
            ("ohnealtersbeschrankung", 0),
            ("oal", 0),
            ("ohne", 0),
            ("infoprogramm", 0),
            ("lehrprogramm", 0),
            ("info", 0),
            ("lehr", 0),
            ("keinejugendfreigabe", 18),
            ("nichtunter18", 18),
            ("kj", 18),
            ("spio", 18),
            ("jk", 18),
            ("spiojk", 18),
            ("indiziert", 18),
            ("beschlagnahmt", 18),
        ],
    ),
    (&["at", "austria", "österreich"], &[("jugendverbot", 18), ("unbeschränkt", 0)]),
    (&["ch", "switzerland", "schweiz", "suisse"], &[]),
    (
        &["fr", "france", "cnc", "csa"],
        &[("u", 0), ("tp", 0), ("touspublics", 0), ("toutpublic", 0), ("x", 18), ("interditauxmineurs", 18)],
    ),
    (&["it", "italy", "italia"], &[("t", 0), ("pertutti", 0), ("tutti", 0), ("vietatoaiminori", 18)]),
    (
        &["es", "spain", "españa", "icaa"],
        &[("a", 0), ("ai", 0), ("apta", 0), ("tp", 0), ("todoslospúblicos", 0), ("er", 0), ("x", 18)],
    ),
    (&["pt", "portugal"], &[("p", 18), ("paratodos", 0)]),
    (&["nl", "netherlands", "nederland", "kijkwijzer"], &[("al", 0)]),
    (&["be", "belgium"], &[("al", 0), ("kt", 0), ("ea", 0), ("kntena", 16)]),
    (&["dk", "denmark", "danmark"], &[("a", 0), ("f", 0), ("tilladtforalle", 0)]),
    (&["se", "sweden", "sverige"], &[("btl", 0), ("barntillåtet", 0)]),
    (&["no", "norway", "norge"], &[("a", 0)]),
    (&["fi", "finland", "suomi", "kavi"], &[("s", 0), ("t", 0)]),
    (&["is", "iceland"], &[("l", 0)]),
    (&["pl", "poland", "polska"], &[("bo", 0)]),
    (&["cz", "czech republic", "sk", "slovakia"], &[("u", 0)]),
    (&["hu", "hungary"], &[("kn", 0), ("x", 18)]),
    (&["ro", "romania"], &[("ag", 0), ("ap12", 12), ("n15", 15), ("im18", 18), ("im18xxx", 18), ("ic", 18)]),
    (&["bg", "bulgaria"], &[("a", 0), ("b", 0), ("c", 12), ("d", 16), ("x", 18)]),
    (&["ru", "russia"], &[]),
    (&["gr", "greece"], &[("k", 0), ("ακατάλληλο", 18)]),
    (&["tr", "turkey", "türkiye"], &[("genelizleyici", 0)]),
    (
        &["ca", "canada", "quebec"],
        &[("g", 0), ("pg", 8), ("14a", 14), ("18a", 18), ("r", 18), ("a", 18), ("e", 0), ("c", 0), ("c8", 8)],
    ),
    (&["mx", "mexico", "méxico"], &[("aa", 0), ("a", 0), ("b", 12), ("b15", 15), ("c", 18), ("d", 18)]),
    (&["br", "brazil", "brasil"], &[("l", 0), ("livre", 0), ("al", 0), ("er", 0)]),
    (
        &["ar", "argentina"],
        &[("atp", 0), ("sam13", 13), ("sam16", 16), ("sam18", 18), ("c", 18), ("sam18c", 18)],
    ),
    (&["cl", "chile"], &[("te", 0), ("tel", 0), ("18v", 18), ("18s", 18)]),
    (&["co", "colombia"], &[("t", 0), ("x", 18)]),
    (
        &["au", "australia", "acb"],
        &[
            ("e", 0),
            ("p", 0),
            ("c", 0),
            ("g", 0),
            ("pg", 8),
            ("m", 15),
            ("ma15", 15),
            ("mav15", 15),
            ("av15", 15),
            ("r18", 18),
            ("x18", 18),
            ("rc", 18),
            ("refusedclassification", 18),
        ],
    ),
    (
        &["nz", "new zealand"],
        &[("g", 0), ("pg", 8), ("m", 16), ("r13", 13), ("rp13", 13), ("r15", 15), ("r16", 16), ("rp16", 16)],
    ),
    (
        &["jp", "japan", "eirin"],
        &[("g", 0), ("pg12", 12), ("r15", 15), ("r18", 18), ("成人映画", 18), ("成人", 18)],
    ),
    (
        &["kr", "korea", "south korea"],
        &[
            ("all", 0),
            ("전체관람가", 0),
            ("전체", 0),
            ("청소년관람불가", 18),
            ("제한상영가", 18),
            ("연소자관람불가", 18),
            ("restrictedscreening", 18),
        ],
    ),
    (
        &["tw", "taiwan"],
        &[
            ("普遍級", 0),
            ("普", 0),
            ("保護級", 6),
            ("護", 6),
            ("輔導級", 12),
            ("輔", 12),
            ("限制級", 18),
            ("限", 18),
        ],
    ),
    (
        &["hk", "hong kong"],
        &[("i", 0), ("ii", 12), ("iia", 12), ("iib", 15), ("iii", 18), ("三級", 18), ("三级", 18)],
    ),
    (
        &["sg", "singapore"],
        &[("g", 0), ("pg", 8), ("pg13", 13), ("nc16", 16), ("m18", 18), ("r21", 21), ("r", 21)],
    ),
    (
        &["my", "malaysia"],
        &[("u", 0), ("p12", 12), ("p13", 13), ("18sg", 18), ("18sx", 18), ("18pa", 18), ("18pl", 18)],
    ),
    (&["id", "indonesia"], &[("su", 0), ("bo", 0), ("dewasa", 17), ("d", 17), ("d17", 17)]),
    (
        &["ph", "philippines", "mtrcb"],
        &[("g", 0), ("pg", 8), ("spg", 13), ("r13", 13), ("r16", 16), ("x", 18)],
    ),
    (&["th", "thailand"], &[("p", 0), ("g", 0), ("ส", 0), ("ท", 0), ("ฉ", 20)]),
    (&["in", "india", "cbfc"], &[("u", 0), ("ua", 12), ("a", 18), ("s", 18)]),
    (&["vn", "vietnam"], &[("p", 0), ("k", 0), ("c", 18)]),
    (&["za", "south africa"], &[("a", 0), ("pg", 8), ("x", 18), ("xx", 18), ("xxx", 18)]),
    // Games and shops, whose marks people write beside films.
    (&["esrb"], &[("e", 0), ("ec", 0), ("e10", 10), ("t", 13), ("ao", 18), ("adultsonly", 18)]),
    (&["pegi", "usk"], &[]),
    (&["itunes"], &[("e", 18), ("clean", 0)]),
    // What people write in words.
    (
        &["words"],
        &[
            ("adult", 18),
            ("adults", 18),
            ("adulte", 18),
            ("adultes", 18),
            ("adulto", 18),
            ("adultos", 18),
            ("adulti", 18),
            ("erwachsene", 18),
            ("explicit", 18),
            ("mature", 18),
            ("porn", 18),
            ("porno", 18),
            ("xxx", 18),
            ("xx", 18),
            ("uncut", 18),
            ("banned", 18),
            ("family", 0),
            ("familie", 0),
            ("kids", 0),
            ("kinder", 0),
            ("children", 0),
            ("everyone", 0),
            ("everybody", 0),
            ("general", 0),
            ("universal", 0),
            ("alle", 0),
        ],
    ),
];

/// Words around a label that say nothing of the age.
const AROUND: &[&str] = &[
    "rated",
    "rating",
    "certificate",
    "cert",
    "classification",
    "film",
    "category",
    "level",
    "class",
    "tv",
    "only",
    "over",
    "under",
    "from",
    "and",
    "up",
    "age",
    "ages",
    "aged",
    "years",
    "year",
    "old",
    "plus",
    "the",
    "not",
    "suitable",
    "recommended",
    "for",
    "of",
    "to",
    "persons",
    "people",
    "audience",
    "audiences",
    "viewers",
    "above",
    "freigegeben",
    "frei",
    "ab",
    "jahre",
    "jahren",
    "nicht",
    "unter",
    "nur",
    "für",
    "fur",
    "ans",
    "an",
    "aux",
    "moins",
    "de",
    "des",
    "les",
    "interdit",
    "déconseillé",
    "deconseille",
    "plus",
    "ai",
    "minori",
    "anni",
    "vietato",
    "di",
    "años",
    "anos",
    "no",
    "recomendada",
    "recomendado",
    "para",
    "menores",
    "mayores",
    "maiores",
    "não",
    "nao",
    "apta",
    "desde",
    "a",
    "partir",
    "jaar",
    "vanaf",
    "år",
    "fra",
    "från",
    "od",
    "lat",
    "let",
    "roku",
    "jugend",
    "歳以上",
    "歳",
    "歲",
    "세",
    "세이상",
    "이상",
    "관람가",
    "级",
    "級",
    "禁",
    "лет",
    "от",
];

/// Reads a rating as people and media managers write it: `Rated R`, `DE:FSK 18`, `V.M.18`, `18A`, `KR:19`,
/// `US:PG-13 / DE:12`. Of several the strictest counts. No text at all says nothing against minors.
pub fn audience(text: &str) -> Audience {
    let text = normalized(text);
    // Some boards' labels hold a slash: first as a whole.
    if let Some(told) = label(&squeezed(&text), None) {
        return told;
    }
    let parts = text.split([',', ';', '|', '/']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(part).max().unwrap_or_default()
}

/// One rating.
fn part(text: &str) -> Audience {
    let (country, text) = without_country(text);
    if text.is_empty() {
        return Audience::Minors;
    }
    // "Rated R for violence": the reason is no part of the rating.
    if let Some((rating, _)) = text.split_once(" for ") {
        let told = words(rating, country);
        if told != Audience::Unknown {
            return told;
        }
    }
    words(text, country)
}

fn words(text: &str, country: Option<usize>) -> Audience {
    if let Some(told) = label(&squeezed(text), country) {
        return told;
    }
    let tokens: Vec<&str> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !AROUND.contains(word) && !names_a_system(word))
        .collect();
    if let Some(told) = label(&tokens.concat(), country) {
        return told;
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
    if known { told } else { Audience::Unknown }
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

/// What a label stands for, in one system or in all of them: they have to agree.
fn label(label: &str, country: Option<usize>) -> Option<Audience> {
    let here = |at: usize| country.is_none_or(|country| country == at);
    let ages = SYSTEMS.iter().enumerate().filter(|(at, _)| here(*at)).filter_map(|(_, (_, labels))| {
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
    let system = |name: &str| SYSTEMS.iter().position(|(names, _)| names.contains(&name.trim()));
    if let Some(system) = system(text) {
        return (Some(system), "");
    }
    text.find([':', '-', '_'])
        .and_then(|at| Some((Some(system(&text[..at])?), text[at + 1..].trim())))
        .unwrap_or((None, text))
}

fn names_a_system(word: &str) -> bool {
    word.chars().count() > 2 && SYSTEMS.iter().any(|(names, _)| names.contains(&word))
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
#[path = "rating_tests.rs"]
mod tests;
