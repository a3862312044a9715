//! How a template is written: TOML, every unknown key and every value out of range refused with its
//! line and cure. What a file leaves out has the default of [`Template`].

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::AudioSource;
use super::item_store::normalized;
use super::template::{Length, Mode, Point, Pool, Quiet, Region, Template, Why, minute_of_day};

/// Music or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Music,
    Video,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Music, Kind::Video];

    /// The folder its templates are in.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Music => "music",
            Kind::Video => "video",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}; {cure}")]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In letters, from 1.
    pub column: usize,
    pub what: String,
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
    let mut reader = Reader { text, problems: Vec::new() };
    let template = reader.template(kind, file);
    if reader.problems.is_empty() { Ok(template) } else { Err(reader.problems) }
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
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
        Template {
            mode: file.mode.map_or(default.mode, |mode| self.mode(mode)),
            pools: file.pools.into_iter().map(|pool| self.pool(pool)).collect(),
            avoid: file.avoid.into_iter().map(|pool| self.pool(pool)).collect(),
            length: file.length.map_or(default.length, |length| self.length(&length)),
            volume: file.volume.map(|volume| self.whole("volume", &volume, 0, 100) as u8),
            quiet: file.quiet.map(|quiet| self.quiet(&quiet)),
            no_repeat: file
                .no_repeat
                .map_or(default.no_repeat, |items| self.whole("no_repeat", &items, 0, 10_000) as u16),
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
                steps: steps.map_or(4, |steps| self.whole("steps", &steps, 2, 20) as u8),
            },
        }
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
            folders: self.words("folders", file.folders, |path| path.trim().trim_end_matches('/').to_owned()),
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
                Length::Minutes(self.within("length.minutes", length.span(), n, 1, 600) as u16)
            }
            LengthFile::Items(n) => {
                Length::Items(self.within("length.items", length.span(), n, 1, 500) as u16)
            }
        }
    }

    fn quiet(&mut self, quiet: &QuietFile) -> Quiet {
        Quiet {
            from: self.time("from", &quiet.from),
            to: self.time("to", &quiet.to),
            volume: self.whole("quiet.volume", &quiet.volume, 0, 100) as u8,
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

    fn whole(&mut self, key: &str, value: &Spanned<i64>, least: i64, most: i64) -> i64 {
        self.within(key, value.span(), *value.get_ref(), least, most)
    }

    fn within(&mut self, key: &str, span: Range<usize>, value: i64, least: i64, most: i64) -> i64 {
        if !(least..=most).contains(&value) {
            let cure = format!("give a whole number from {least} to {most}");
            self.problem(span, format!("`{key}` is {value}"), cure);
        }
        value.clamp(least, most)
    }

    fn problem(&mut self, span: Range<usize>, what: String, cure: String) {
        let (line, column) = place(self.text, span.start);
        self.problems.push(Problem { line, column, what, cure });
    }
}

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
        assert_eq!(parse(Kind::Music, "").unwrap(), Template::default());
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
            folders = ["Quiet/"]
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
        assert_eq!((pool.tags[0].as_str(), pool.folders[0].as_str()), ("calm", "Quiet"));
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
