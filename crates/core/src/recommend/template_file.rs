//! How a template is written: TOML, every unknown key and every value out of range refused with its
//! line and cure. What a file leaves out has the default of [`Template`].

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::kind::{AudioSource, Kind};
use super::template::{Length, Mode, Point, Pool, Quiet, Region, Template, Why, minute_of_day};
use super::toml_slip::toml_slip;
use super::word::normalized;

/// Something wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}; {cure}")]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In letters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What helps.
    pub cure: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mode: Option<Spanned<ModeFile>>,
    #[serde(default, rename = "pool")]
    pools: Vec<Spanned<PoolFile>>,
    #[serde(default)]
    avoid: Vec<Spanned<PoolFile>>,
    length: Option<Spanned<LengthFile>>,
    shortest_s: Option<Spanned<i64>>,
    longest_min: Option<Spanned<i64>>,
    volume: Option<Spanned<i64>>,
    quiet: Option<QuietFile>,
    no_repeat: Option<Spanned<i64>>,
    explicit: Option<bool>,
    why: Option<Spanned<WhyFile>>,
    speaks: Option<Spanned<AudioSource>>,
    repeat: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum ModeFile {
    Journey { from: Option<Spanned<[f32; 2]>>, to: Spanned<[f32; 2]>, steps: Option<Spanned<i64>> },
    Match,
    Contrast,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum LengthFile {
    Minutes(i64),
    Items(i64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolFile {
    #[serde(default)]
    tags: Vec<Spanned<String>>,
    #[serde(default)]
    genres: Vec<Spanned<String>>,
    #[serde(default)]
    folders: Vec<Spanned<String>>,
    #[serde(default)]
    playlists: Vec<Spanned<String>>,
    valence: Option<Spanned<[f32; 2]>>,
    arousal: Option<Spanned<[f32; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuietFile {
    from: Spanned<String>,
    to: Spanned<String>,
    volume: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhyFile {
    en: Option<String>,
    de: Option<String>,
}

pub(super) fn parse(kind: Kind, text: &str) -> Result<Template, Vec<Problem>> {
    // Editors on other systems put a mark before the first letter.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file: File = toml::from_str(text).map_err(|error| vec![from_toml(text, &error)])?;
    let mut reader = Reader { text, problems: Vec::new(), words: 0 };
    let template = reader.template(kind, file);
    if reader.problems.is_empty() { Ok(template) } else { Err(reader.problems) }
}

/// More parts than this in `pool` or `avoid` are refused: each is asked of every item of the library.
const MOST_POOLS: usize = 32;
/// More words than this in one template are refused: each folder is looked for in every path.
const MOST_WORDS: usize = 256;
/// More problems than this are not told.
const MOST_PROBLEMS: usize = 32;

/// The shortest and the longest item where the file says nothing. A song takes from the best part of a minute
/// to a quarter of an hour and no longer than the list; a video that runs for hours is meant to.
fn limits(kind: Kind, length: Length) -> (Duration, Option<Duration>) {
    let most = match length {
        Length::Minutes(minutes) => minutes.min(15),
        Length::Items(_) => 15,
    };
    match kind {
        Kind::Music => (Duration::from_secs(40), Some(Duration::from_secs(60 * u64::from(most)))),
        Kind::Video => (Duration::ZERO, None),
    }
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
    /// Words read so far.
    words: usize,
}

impl Reader<'_> {
    fn template(&mut self, kind: Kind, file: File) -> Template {
        let default = Template::default();
        if kind == Kind::Music {
            let video_only = [
                ("speaks", file.speaks.as_ref().map(Spanned::span)),
                ("repeat", file.repeat.as_ref().map(Spanned::span)),
            ];
            for (key, span) in video_only {
                if let Some(span) = span {
                    let cure = format!("move `{key}` to the mood's file in the folder `video`");
                    self.problem(span, format!("`{key}` belongs to video templates"), cure);
                }
            }
        }
        let length = file.length.map_or(default.length, |length| self.length(&length));
        let (shortest, longest) = limits(kind, length);
        Template {
            mode: file.mode.map_or(default.mode, |mode| self.mode(mode)),
            pools: self.pools("pool", file.pools),
            avoid: self.pools("avoid", file.avoid),
            length,
            shortest: file.shortest_s.map_or(shortest, |seconds| {
                Duration::from_secs(self.whole::<u32>("shortest_s", &seconds, 0, 3600).into())
            }),
            longest: file.longest_min.map_or(longest, |minutes| {
                Some(Duration::from_secs(60 * u64::from(self.whole::<u32>("longest_min", &minutes, 1, 600))))
            }),
            volume: file.volume.map(|volume| self.whole("volume", &volume, 0, 100)),
            quiet: file.quiet.map(|quiet| self.quiet(&quiet)),
            no_repeat: file
                .no_repeat
                .map_or(default.no_repeat, |items| self.whole("no_repeat", &items, 0, 10_000)),
            explicit: file.explicit.unwrap_or(default.explicit),
            why: file.why.and_then(|why| self.why(why)),
            speaks: file.speaks.map_or(default.speaks, Spanned::into_inner),
            repeat: file.repeat.map_or(default.repeat, Spanned::into_inner),
        }
    }

    fn mode(&mut self, mode: Spanned<ModeFile>) -> Mode {
        match mode.into_inner() {
            ModeFile::Match => Mode::Match,
            ModeFile::Contrast => Mode::Contrast,
            ModeFile::Journey { from, to, steps } => Mode::Journey {
                from: from.map(|from| self.point("from", &from)),
                to: self.point("to", &to),
                steps: steps.map_or(4, |steps| self.whole("steps", &steps, 2, 20)),
            },
        }
    }

    fn pools(&mut self, key: &str, pools: Vec<Spanned<PoolFile>>) -> Vec<Pool> {
        if let Some(pool) = pools.get(MOST_POOLS) {
            let what = format!("there are {} parts `{key}`", pools.len());
            self.problem(
                pool.span(),
                what,
                format!("write at most {MOST_POOLS}; one part may hold many words"),
            );
        }
        pools.into_iter().take(MOST_POOLS).map(|pool| self.pool(pool)).collect()
    }

    fn pool(&mut self, pool: Spanned<PoolFile>) -> Pool {
        let span = pool.span();
        let file = pool.into_inner();
        let region = (file.valence.is_some() || file.arousal.is_some()).then(|| Region {
            valence: file.valence.map_or((-1.0, 1.0), |range| self.range("valence", &range)),
            arousal: file.arousal.map_or((-1.0, 1.0), |range| self.range("arousal", &range)),
        });
        let pool = Pool {
            tags: self.words("tags", file.tags, normalized),
            genres: self.words("genres", file.genres, normalized),
            folders: self.words("folders", file.folders, |path| {
                path.trim().trim_start_matches("./").trim_matches('/').to_owned()
            }),
            playlists: self.words("playlists", file.playlists, normalized),
            region,
        };
        if pool.is_open() {
            self.problem(
                span,
                "this part asks for nothing".into(),
                "give it `tags`, `genres`, `folders`, `playlists`, `valence` or `arousal`, or take it away"
                    .into(),
            );
        }
        pool
    }

    fn words(&mut self, key: &str, words: Vec<Spanned<String>>, tidy: fn(&str) -> String) -> Vec<String> {
        let mut tidied = Vec::new();
        for word in words {
            self.words += 1;
            if self.words > MOST_WORDS {
                if self.words == MOST_WORDS + 1 {
                    let what = "there are too many words in this template".to_owned();
                    self.problem(
                        word.span(),
                        what,
                        format!("write at most {MOST_WORDS} in all parts together"),
                    );
                }
                break;
            }
            let tidy = tidy(word.get_ref());
            if tidy.is_empty() {
                self.problem(word.span(), format!("`{key}` holds an empty word"), "take it out".into());
            } else {
                tidied.push(tidy);
            }
        }
        tidied
    }

    fn length(&mut self, length: &Spanned<LengthFile>) -> Length {
        match *length.get_ref() {
            LengthFile::Minutes(n) => {
                Length::Minutes(self.within("length.minutes", length.span(), n, 1, 600))
            }
            LengthFile::Items(n) => Length::Items(self.within("length.items", length.span(), n, 1, 500)),
        }
    }

    fn quiet(&mut self, quiet: &QuietFile) -> Quiet {
        Quiet {
            from: self.time("from", &quiet.from),
            to: self.time("to", &quiet.to),
            volume: self.whole("quiet.volume", &quiet.volume, 0, 100),
        }
    }

    fn time(&mut self, key: &str, time: &Spanned<String>) -> u16 {
        let parsed = minute_of_day(time.get_ref());
        parsed.unwrap_or_else(|| {
            let what = format!("`quiet.{key}` is \"{}\", which is not a time", time.get_ref());
            self.problem(time.span(), what, "write it as hours and minutes, such as \"22:30\"".into());
            0
        })
    }

    fn why(&mut self, why: Spanned<WhyFile>) -> Option<Why> {
        let span = why.span();
        let file = why.into_inner();
        let tidy =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        match (tidy(file.en), tidy(file.de)) {
            (Some(en), Some(de)) => Some(Why { en, de }),
            (Some(one), None) | (None, Some(one)) => Some(Why { en: one.clone(), de: one }),
            (None, None) => {
                self.problem(span, "`why` says nothing".into(), "write `en`, `de` or both".into());
                None
            }
        }
    }

    fn point(&mut self, key: &str, at: &Spanned<[f32; 2]>) -> Point {
        let [valence, arousal] = *at.get_ref();
        if !on_plane(valence) || !on_plane(arousal) {
            let what = format!("`{key}` is [{valence}, {arousal}], outside the plane of feeling");
            let cure = "give valence (unpleasant -1 to pleasant 1) and arousal (calm -1 to excited 1)";
            self.problem(at.span(), what, cure.into());
        }
        Point { valence, arousal }
    }

    fn range(&mut self, key: &str, range: &Spanned<[f32; 2]>) -> (f32, f32) {
        let [low, high] = *range.get_ref();
        if !(on_plane(low) && on_plane(high) && low <= high) {
            let what = format!("`{key}` is [{low}, {high}]");
            self.problem(range.span(), what, "give the least and the greatest, from -1 to 1".into());
        }
        (low, high)
    }

    fn whole<T: Whole>(&mut self, key: &str, value: &Spanned<i64>, least: T, most: T) -> T {
        self.within(key, value.span(), *value.get_ref(), least, most)
    }

    fn within<T: Whole>(&mut self, key: &str, span: Range<usize>, value: i64, least: T, most: T) -> T {
        let (lowest, highest): (i64, i64) = (least.into(), most.into());
        if !(lowest..=highest).contains(&value) {
            let cure = format!("give a whole number from {lowest} to {highest}");
            self.problem(span, format!("`{key}` is {value}"), cure);
        }
        let nearest = if value < lowest { least } else { most };
        T::try_from(value).ok().filter(|_| (lowest..=highest).contains(&value)).unwrap_or(nearest)
    }

    fn problem(&mut self, span: Range<usize>, what: String, cure: String) {
        // Finding each place reads the text anew.
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let (line, column) = place(self.text, span.start);
        self.problems.push(Problem { line, column, what, cure });
    }
}

/// A whole number of a type that no value of a template goes beyond.
trait Whole: Copy + Into<i64> + TryFrom<i64> {}

impl Whole for u8 {}
impl Whole for u16 {}
impl Whole for u32 {}

fn on_plane(value: f32) -> bool {
    (-1.0..=1.0).contains(&value)
}

/// Line and column, from 1, of a byte.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// What the TOML reader says, with a cure.
fn from_toml(text: &str, error: &toml::de::Error) -> Problem {
    let (line, column) = error.span().map_or((1, 1), |span| place(text, span.start));
    let what = error.message().trim().replace('\n', " ");
    let quoted: Vec<&str> = what.split('`').skip(1).step_by(2).collect();
    // In a table within a line the reader says it in other words.
    let listed = what
        .strip_prefix("unexpected keys in table: ")
        .and_then(|rest| rest.split_once(", available keys: "))
        .map(|(wrong, known)| (wrong.split(", ").next().unwrap_or(wrong), known.split(", ").collect()));
    let unknown: Option<(&str, Vec<&str>)> = listed.or_else(|| {
        let (wrong, known) = quoted.split_first().filter(|_| what.starts_with("unknown"))?;
        Some((*wrong, known.to_vec()))
    });
    let cure = match unknown {
        Some((wrong, known)) => match nearest(wrong, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the words known here are {}", known.join(", ")),
        },
        _ if what.starts_with("invalid type") || what.starts_with("invalid length") => {
            "write the value in the form that the head of the shipped template shows".to_owned()
        }
        _ if let Some(slip) = error.span().and_then(|span| toml_slip(text, span.start)) => slip.to_owned(),
        _ => "see the head of the shipped template for how a file is written".to_owned(),
    };
    Problem { line, column, what, cure }
}

/// The known word that was likely meant.
pub fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&wrong, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_means_the_defaults() {
        let (shortest, longest) = limits(Kind::Music, Length::Minutes(30));
        assert_eq!((shortest.as_secs(), longest.map(|longest| longest.as_secs())), (40, Some(900)));
        assert_eq!(parse(Kind::Music, "").unwrap(), Template { shortest, longest, ..Template::default() });
        assert_eq!(parse(Kind::Video, "\u{feff}# nothing\n").unwrap(), Template::default());
    }

    #[test]
    fn a_full_template_is_read() {
        let text = r#"
            mode.journey = { from = [-0.2, -0.4], to = [0.6, 0], steps = 3 }
            length = { items = 12 }
            volume = 45
            quiet = { from = "22:00", to = "07:00", volume = 25 }
            no_repeat = 10
            explicit = true
            why = { en = "Slowly up", de = "Langsam hinauf" }
            speaks = "video"
            repeat = false
            [[pool]]
            tags = [" Calm "]
            genres = ["Ambient"]
            folders = ["Quiet/", "/Sea", "./Wind/"]
            playlists = ["Evening"]
            valence = [0, 1]
            [[avoid]]
            genres = ["metal"]
        "#;
        let template = parse(Kind::Video, text).unwrap();
        assert_eq!(
            template.mode,
            Mode::Journey { from: Some(Point::new(-0.2, -0.4)), to: Point::new(0.6, 0.0), steps: 3 }
        );
        assert_eq!(template.length, Length::Items(12));
        assert_eq!(template.quiet, Some(Quiet { from: 22 * 60, to: 7 * 60, volume: 25 }));
        let pool = &template.pools[0];
        assert_eq!(
            (pool.tags[0].as_str(), pool.folders.as_slice()),
            ("calm", ["Quiet", "Sea", "Wind"].map(String::from).as_slice())
        );
        assert_eq!(pool.region, Some(Region { valence: (0.0, 1.0), arousal: (-1.0, 1.0) }));
        assert_eq!(template.avoid[0].genres, ["metal"]);
        assert_eq!((template.speaks, template.repeat, template.explicit), (AudioSource::Video, false, true));
    }

    #[test]
    fn each_mistake_is_named_with_its_line_and_a_cure() {
        let cases = [
            ("volum = 40", 1, "volum", "did you mean `volume`?"),
            ("\n\nvolume = 140", 3, "140", "from 0 to 100"),
            ("volume = \"loud\"", 1, "string", "shipped template"),
            ("mode = \"jorney\"", 1, "jorney", "did you mean `journey`?"),
            ("mode.journey = { to = [2, 0] }", 1, "[2, 0]", "valence"),
            ("mode.journey = { steps = 3 }", 1, "to", ""),
            ("mode.journey = { to = [0, 0], step = 3 }", 1, "step", "did you mean `steps`?"),
            ("mode.journey = { to = [0, nan] }", 1, "NaN", "valence"),
            ("mode.journey = { to = [0, 0], steps = 1 }", 1, "`steps` is 1", "from 2 to 20"),
            ("length = { minutes = 0 }", 1, "length.minutes", "from 1 to 600"),
            ("quiet = { from = \"25:00\", to = \"07:00\", volume = 20 }", 1, "25:00", "22:30"),
            ("[[pool]]\ntgas = [\"calm\"]", 2, "tgas", "did you mean `tags`?"),
            ("[[pool]]\nvalence = [0.5, -0.5]", 2, "[0.5, -0.5]", "least"),
            ("[[pool]]\n", 1, "asks for nothing", "tags"),
            ("[[pool]]\ntags = [\"\", \"calm\"]", 2, "empty word", "take it out"),
            ("why = {}", 1, "says nothing", "`en`"),
            ("speaks = \"video\"", 1, "belongs to video", "folder `video`"),
            ("volume = 40\nvolume = 50", 2, "duplicate", ""),
            ("volume = [", 1, "", "shipped template"),
        ];
        for (text, line, what, cure) in cases {
            let problems = parse(Kind::Music, text).unwrap_err();
            let first = &problems[0];
            assert_eq!(first.line, line, "{text}: {first}");
            assert!(first.what.contains(what), "{text}: {first}");
            assert!(first.cure.contains(cure) && !first.cure.is_empty(), "{text}: {first}");
        }
    }

    #[test]
    fn what_a_template_costs_is_bounded_when_it_is_read() {
        let pools = |count: usize| "[[pool]]\ntags = [\"a\"]\n".repeat(count);
        assert_eq!(parse(Kind::Music, &pools(MOST_POOLS)).unwrap().pools.len(), MOST_POOLS);
        let told = parse(Kind::Music, &pools(3000)).unwrap_err();
        assert!(told[0].what.contains("3000 parts") && told[0].cure.contains("at most 32"), "{}", told[0]);
        let words = |count: usize| format!("[[avoid]]\nfolders = [{}]\n", "\"a\", ".repeat(count));
        assert!(parse(Kind::Music, &words(MOST_WORDS)).is_ok());
        assert!(parse(Kind::Music, &words(10_000)).unwrap_err()[0].what.contains("too many words"));
        // Each of them is wrong; as many as a person mends at once are told.
        let wrong = "[[avoid]]\n".repeat(6000);
        assert!(parse(Kind::Music, &wrong).unwrap_err().len() <= MOST_PROBLEMS);
    }

    #[test]
    fn all_values_out_of_range_are_reported_at_once() {
        assert_eq!(parse(Kind::Music, "volume = -1\nno_repeat = -1").unwrap_err().len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse(Kind::Music, &text);
        }
    }
}
