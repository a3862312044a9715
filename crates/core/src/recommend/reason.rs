//! Why something was chosen, as data, and in a person's language.

use super::kind::Kind;
use super::template::Why;
use crate::language::Language;
use crate::mood::Mood;

/// Why an item was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Reason {
    /// It carries a tag that the template asks for.
    Tagged(String),
    /// It is of a genre that the template asks for.
    Genre(String),
    /// It is in a folder that the template asks for.
    Folder(String),
    /// It is in a playlist that the template asks for.
    Playlist(String),
    /// What who wrote the template says.
    Template(Why),
    /// How it differs from the one before it.
    Moved(Move),
    /// It is close to where the list should be now.
    Fits,
    /// It was liked or played to the end here, so many times; in this mood, if one is named.
    LikedHere { times: u32, mood: Option<Mood> },
    /// It was often played together with this one, which was liked here.
    LikeThat(String),
    /// Its artist or its genre is liked here.
    Favoured(String),
    /// Somebody gave it stars or a heart.
    Rated,
    /// It was not played here yet.
    New,
    /// How it feels, where nothing else tells it from the others.
    Feels(Feel),
    /// Two moods are about as likely: something gentle in the middle.
    Middle,
    /// Nothing meets the template; this is nearest to what it wants.
    Nearest,
    /// Nothing meets the template and nothing is known of how the library feels.
    Anything,
    /// A person asked for it by name.
    Asked,
    /// The first and, after it, the second.
    Both(Box<Reason>, Box<Reason>),
}

/// How an item differs from the one before it on the plane of feeling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Less aroused.
    Calmer,
    /// More aroused.
    Livelier,
    /// More pleasant.
    Brighter,
    /// Less pleasant.
    Softer,
}

/// How an item feels, in a word or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feel {
    /// Lively, or calm; none: neither.
    pub lively: Option<bool>,
    /// Bright, or serious; none: neither.
    pub bright: Option<bool>,
}

impl Feel {
    /// Of a place on the plane; none where it is neither one nor the other.
    pub fn of(valence: f32, arousal: f32) -> Option<Feel> {
        let side = |number: f32| (number.abs() >= MARKED).then_some(number > 0.0);
        let feel = Feel { lively: side(arousal), bright: side(valence) };
        (feel.lively.is_some() || feel.bright.is_some()).then_some(feel)
    }

    fn say(self, language: Language) -> String {
        let (calm, lively, bright, serious, and) = match language {
            Language::En => ("calm", "lively", "bright", "serious", "and"),
            Language::De => ("ruhig", "lebhaft", "hell", "ernst", "und"),
        };
        let one = self.lively.map(|yes| if yes { lively } else { calm });
        let other = self.bright.map(|yes| if yes { bright } else { serious });
        match (one, other) {
            (Some(one), Some(other)) => format!("{one} {and} {other}"),
            (one, other) => one.or(other).unwrap_or_default().to_owned(),
        }
    }
}

/// From here on, of 1, a word is said for it.
const MARKED: f32 = 0.2;

impl Reason {
    /// This, and another after it.
    pub fn and(self, other: Reason) -> Reason {
        Reason::Both(Box::new(self), Box::new(other))
    }

    /// In words, short enough for two lines of the panel.
    pub fn say(&self, language: Language) -> String {
        use Language::{De, En};
        match (self, language) {
            (Reason::Tagged(tag), En) => format!("tagged “{tag}”"),
            (Reason::Tagged(tag), De) => format!("trägt das Wort „{tag}“"),
            (Reason::Genre(genre), En) => format!("{genre} fits"),
            (Reason::Genre(genre), De) => format!("{genre} passt"),
            (Reason::Folder(folder), En) => format!("from the folder “{folder}”"),
            (Reason::Folder(folder), De) => format!("aus dem Ordner „{folder}“"),
            (Reason::Playlist(name), En) => format!("from the playlist “{name}”"),
            (Reason::Playlist(name), De) => format!("aus der Liste „{name}“"),
            (Reason::Template(why), En) => why.en.clone(),
            (Reason::Template(why), De) => why.de.clone(),
            (Reason::Moved(Move::Calmer), En) => "calmer than the last one".into(),
            (Reason::Moved(Move::Calmer), De) => "ruhiger als das letzte".into(),
            (Reason::Moved(Move::Livelier), En) => "livelier than the last one".into(),
            (Reason::Moved(Move::Livelier), De) => "lebhafter als das letzte".into(),
            (Reason::Moved(Move::Brighter), En) => "brighter than the last one".into(),
            (Reason::Moved(Move::Brighter), De) => "heller als das letzte".into(),
            (Reason::Moved(Move::Softer), En) => "softer than the last one".into(),
            (Reason::Moved(Move::Softer), De) => "sanfter als das letzte".into(),
            (Reason::Fits, En) => "suits the mood".into(),
            (Reason::Fits, De) => "passt zur Stimmung".into(),
            (Reason::LikedHere { times, mood }, En) => {
                let often = match times {
                    0 | 1 => "once".to_owned(),
                    2 => "twice".to_owned(),
                    more => format!("{more} times"),
                };
                let when = mood.map_or(String::new(), |mood| format!(" when {}", when_english(mood)));
                format!("liked here {often}{when}")
            }
            (Reason::LikedHere { times, mood }, De) => {
                let often =
                    if *times <= 1 { "schon einmal".to_owned() } else { format!("schon {times}-mal") };
                let when = mood.map_or(String::new(), |mood| format!(" bei {}", when_german(mood)));
                format!("gefiel hier {often}{when}")
            }
            (Reason::LikeThat(title), En) => format!("goes with “{title}”, liked here"),
            (Reason::LikeThat(title), De) => format!("passt zu „{title}“, das hier gefiel"),
            (Reason::Favoured(name), En) => format!("{name} is liked here"),
            (Reason::Favoured(name), De) => format!("{name} gefällt hier"),
            (Reason::Rated, En) => "rated well".into(),
            (Reason::Rated, De) => "gut bewertet".into(),
            (Reason::New, En) => "new here".into(),
            (Reason::New, De) => "neu hier".into(),
            (Reason::Feels(feel), language) => feel.say(language),
            (Reason::Middle, En) => "gentle, for either mood".into(),
            (Reason::Middle, De) => "sanft, für beide Stimmungen".into(),
            (Reason::Nearest, En) => "the nearest that the library has".into(),
            (Reason::Nearest, De) => "das Nächste, das da ist".into(),
            (Reason::Anything, En) => "picked by chance".into(),
            (Reason::Anything, De) => "zufällig gewählt".into(),
            (Reason::Asked, En) => "asked for".into(),
            (Reason::Asked, De) => "gewünscht".into(),
            (Reason::Both(first, second), _) => {
                format!("{}; {}", first.say(language), second.say(language))
            }
        }
    }
}

fn when_english(mood: Mood) -> &'static str {
    match mood {
        Mood::Angry => "angry",
        Mood::Disgust => "disgusted",
        Mood::Fear => "afraid",
        Mood::Happy => "happy",
        Mood::Sad => "sad",
        Mood::Surprise => "surprised",
        Mood::Neutral => "even-tempered",
    }
}

fn when_german(mood: Mood) -> &'static str {
    match mood {
        Mood::Angry => "Ärger",
        Mood::Disgust => "Ekel",
        Mood::Fear => "Angst",
        Mood::Happy => "Freude",
        Mood::Sad => "Traurigkeit",
        Mood::Surprise => "Überraschung",
        Mood::Neutral => "Gelassenheit",
    }
}

/// What is to be said about a list as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the line of a variant names its fields")]
pub enum Note {
    /// Two moods are about as likely.
    Unsure(Mood, Mood),
    /// The time of day keeps the volume down.
    QuietHours,
    /// Nothing meets the template; the nearest by feeling was taken.
    Nearest(Kind),
    /// Nothing meets the template and no feeling is known; anything was taken.
    Anything(Kind),
    /// There is nothing else than what was played lately.
    Repeats(Kind),
    /// The library ends before the journey's goal, by this many hundredths of the plane.
    StopsShort { kind: Kind, hundredths: u16 },
    /// There is nothing at all, or nothing that is allowed.
    Nothing { kind: Kind, empty: bool },
}

impl Note {
    /// In words, for the terminal and the log.
    pub fn say(&self, language: Language) -> String {
        use Language::{De, En};
        let name = |kind: &Kind| match (kind, language) {
            (Kind::Music, En) => "music",
            (Kind::Music, De) => "Musik",
            (Kind::Video, En) => "video",
            (Kind::Video, De) => "Video",
        };
        match (self, language) {
            (Note::Unsure(a, b), En) => format!("{a} or {b}: something gentle, for either"),
            (Note::Unsure(a, b), De) => {
                format!("{} oder {}: etwas Sanftes, für beides", when_german(*a), when_german(*b))
            }
            (Note::QuietHours, En) => "quiet hours: softer than usual".into(),
            (Note::QuietHours, De) => "Ruhezeit: leiser als sonst".into(),
            (Note::Nearest(kind), En) => {
                format!("no {} meets the template: the nearest by feeling", name(kind))
            }
            (Note::Nearest(kind), De) => {
                format!("{}: nichts erfüllt die Vorlage, das Nächste nach Gefühl", name(kind))
            }
            (Note::Anything(kind), En) => {
                format!("no {} meets the template and no feeling is known: by chance", name(kind))
            }
            (Note::Anything(kind), De) => {
                format!("{}: nichts erfüllt die Vorlage, kein Gefühl bekannt, also zufällig", name(kind))
            }
            (Note::Repeats(kind), En) => {
                format!("{}: some were played lately, there is nothing else", name(kind))
            }
            (Note::Repeats(kind), De) => {
                format!("{}: manches lief erst kürzlich, anderes gibt es nicht", name(kind))
            }
            (Note::StopsShort { kind, hundredths }, En) => format!(
                "{}: the library ends {:.2} short of the journey's goal",
                name(kind),
                f32::from(*hundredths) / 100.0
            ),
            (Note::StopsShort { kind, hundredths }, De) => format!(
                "{}: die Sammlung endet {:.2} vor dem Ziel der Reise",
                name(kind),
                f32::from(*hundredths) / 100.0
            ),
            (Note::Nothing { kind, empty: true }, En) => format!("the library has no {}", name(kind)),
            (Note::Nothing { kind, empty: true }, De) => {
                format!("in der Sammlung ist keine {}", name(kind)).replace("keine Video", "kein Video")
            }
            (Note::Nothing { kind, empty: false }, En) => {
                format!("no {} is left that the template allows", name(kind))
            }
            (Note::Nothing { kind, empty: false }, De) => {
                format!("{}: nichts ist übrig, was die Vorlage erlaubt", name(kind))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_what_decided_in_both_languages() {
        let reason = Reason::Moved(Move::Calmer).and(Reason::LikedHere { times: 2, mood: Some(Mood::Sad) });
        assert_eq!(reason.say(Language::En), "calmer than the last one; liked here twice when sad");
        assert_eq!(
            reason.say(Language::De),
            "ruhiger als das letzte; gefiel hier schon 2-mal bei Traurigkeit"
        );
    }
}
