//! What a person wants played for a mood: the types that hold, each value within its range.
//! How they are written is in `template_file.rs`.

use std::time::Duration;

use super::kind::{AudioSource, Kind};
use crate::mood::Mood;

/// The two templates of one mood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pair {
    /// What of music.
    pub music: Template,
    /// What of videos.
    pub video: Template,
}

impl Pair {
    /// The template of a kind.
    pub fn of(&self, kind: Kind) -> &Template {
        match kind {
            Kind::Music => &self.music,
            Kind::Video => &self.video,
        }
    }
}

/// What to choose for one mood, of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// How the list moves over the plane of feeling.
    pub mode: Mode,
    /// What may be chosen: items of any of these; with none, everything.
    pub pools: Vec<Pool>,
    /// What is never chosen, even if a pool has it.
    pub avoid: Vec<Pool>,
    /// How long the list is.
    pub length: Length,
    /// Items shorter than this are passed over while there are others: jingles, skits.
    pub shortest: Duration,
    /// Items longer than this are passed over while there are others: a mix of two hours is no part of a list.
    pub longest: Option<Duration>,
    /// Percent; the house's cap comes on top.
    pub volume: Option<u8>,
    /// The quiet hours, if there are any.
    pub quiet: Option<Quiet>,
    /// Items played last that are not chosen again, as long as there are others.
    pub no_repeat: u16,
    /// Whether items marked explicit may be chosen.
    pub explicit: bool,
    /// A reason in the words of who wrote the template.
    pub why: Option<Why>,
    /// Video templates only: which of the two is heard.
    pub speaks: AudioSource,
    /// Video templates only: whether the videos start over while the music lasts.
    pub repeat: bool,
}

impl Default for Template {
    fn default() -> Template {
        Template {
            mode: Mode::Match,
            pools: Vec::new(),
            avoid: Vec::new(),
            length: Length::Minutes(30),
            shortest: Duration::ZERO,
            longest: None,
            volume: None,
            quiet: None,
            no_repeat: 40,
            explicit: false,
            why: None,
            speaks: AudioSource::Music,
            repeat: true,
        }
    }
}

/// How the list moves over the plane of feeling.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Mode {
    /// From the person's mood, or from a place named here, in steps to a target: the iso-principle.
    Journey { from: Option<Point>, to: Point, steps: u8 },
    /// Stays with the mood.
    Match,
    /// The opposite of the mood.
    Contrast,
}

/// A place on the plane of feeling, each value in [-1, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Unpleasant -1 to pleasant 1.
    pub valence: f32,
    /// Calm -1 to excited 1.
    pub arousal: f32,
}

impl Point {
    /// A point by its two values.
    pub const fn new(valence: f32, arousal: f32) -> Point {
        Point { valence, arousal }
    }

    /// Where a mood lies.
    pub const fn of(mood: Mood) -> Point {
        let (valence, arousal) = mood.valence_arousal();
        Point { valence, arousal }
    }

    /// Euclidean, at most 2.83.
    pub fn distance(self, other: Point) -> f32 {
        self.distance_squared(other).sqrt()
    }

    /// Without the root: what is compared for each of a hundred thousand tracks. The plane is small, so
    /// the squares cannot overflow.
    pub(super) fn distance_squared(self, other: Point) -> f32 {
        let (valence, arousal) = (self.valence - other.valence, self.arousal - other.arousal);
        valence * valence + arousal * arousal
    }

    /// The point at `share` of the way to another, 0 to 1.
    pub fn toward(self, other: Point, share: f32) -> Point {
        Point {
            valence: self.valence + (other.valence - self.valence) * share,
            arousal: self.arousal + (other.arousal - self.arousal) * share,
        }
    }

    /// The same direction from the middle, so many times as far.
    pub fn scaled(self, by: f32) -> Point {
        Point { valence: self.valence * by, arousal: self.arousal * by }
    }
}

/// A part of the library. An item is in it if it meets every list that is not empty, each by one of its
/// words, and lies in the region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    /// Lower case.
    pub tags: Vec<String>,
    /// Lower case.
    pub genres: Vec<String>,
    /// Beginnings of paths, without a slash at the end.
    pub folders: Vec<String>,
    /// Lower case.
    pub playlists: Vec<String>,
    /// The part of the plane of feeling that its items lie in.
    pub region: Option<Region>,
}

impl Pool {
    /// Whether it asks for nothing.
    pub fn is_open(&self) -> bool {
        *self == Pool::default()
    }
}

/// A part of the plane of feeling: least and greatest, each in [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Unpleasant -1 to pleasant 1.
    pub valence: (f32, f32),
    /// Calm -1 to excited 1.
    pub arousal: (f32, f32),
}

impl Region {
    /// Whether a point lies in it.
    pub fn contains(&self, point: Point) -> bool {
        (self.valence.0..=self.valence.1).contains(&point.valence)
            && (self.arousal.0..=self.arousal.1).contains(&point.arousal)
    }
}

/// How long a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Until this much is reached.
    Minutes(u16),
    /// This many.
    Items(u16),
}

/// A time of the day in which the template holds back. May span midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Minutes since midnight.
    pub from: u16,
    /// Minutes since midnight, not included.
    pub to: u16,
    /// The most, in percent.
    pub volume: u8,
}

impl Quiet {
    /// Whether a minute of the day lies in it.
    pub fn covers(&self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// "22:30" as minutes since midnight; none if it is no time of the day.
pub fn minute_of_day(word: &str) -> Option<u16> {
    let (hours, minutes) = word.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// A reason in the words of who wrote the template. A language left out says what the other does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// In English.
    pub en: String,
    /// In German.
    pub de: String,
}
