//! What was played here and what came of it: small, bounded, and gone when asked.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::bias::Bias;
use crate::mood::Mood;

/// Sessions that are kept; older ones are forgotten.
pub const MOST_SESSIONS: usize = 200;
/// Plays that are kept of one session.
pub const MOST_PLAYS: usize = 60;

/// The sessions of this place, the newest last. No picture, no face, no name: moods, ids and outcomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    sessions: VecDeque<PastSession>,
    helped: BTreeMap<Mood, Change>,
    bias: Bias,
}

/// How the mood of people who looked again soon after a session changed, summed over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Second looks.
    pub looks: u32,
    /// Sum of the changes in valence, each -2 to 2.
    pub sum: f32,
}

impl Change {
    /// Mean change in valence, -2 to 2; none before the first second look.
    pub fn mean(&self) -> Option<f32> {
        (self.looks > 0).then(|| self.sum / self.looks as f32)
    }
}

/// From a mood to the next idle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastSession {
    /// The mood.
    pub mood: Mood,
    /// What was played, in order.
    pub plays: Vec<Play>,
    /// Change in valence, -2 to 2, when the person looked again soon after the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helped: Option<f32>,
}

/// One item that was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// Its identity: a uri of MPD or the path of a video.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What came of playing an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The person liked it.
    Liked,
    /// Played to its end.
    Finished,
    /// Was playing when the person stopped or left.
    Stopped,
    /// The person went on to the next.
    Skipped,
    /// The person disliked it.
    Disliked,
}

impl Outcome {
    /// -1 to 1.
    pub const fn worth(self) -> f32 {
        match self {
            Outcome::Liked => 1.0,
            Outcome::Finished => 0.5,
            Outcome::Stopped => 0.0,
            Outcome::Skipped => -0.5,
            Outcome::Disliked => -1.0,
        }
    }
}

/// A history file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is no history.
    #[error("it is not a history: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another version.
    #[error("it has version {0}, this program knows version {VERSION}")]
    Version(u32),
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    sessions: VecDeque<PastSession>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    helped: BTreeMap<Mood, Change>,
    #[serde(default, skip_serializing_if = "Bias::is_untaught")]
    bias: Bias,
}

impl History {
    /// A new session begins. One in which nothing was played is not kept.
    pub fn begin(&mut self, mood: Mood) {
        if self.sessions.back().is_some_and(|session| session.plays.is_empty()) {
            self.sessions.pop_back();
        }
        self.sessions.push_back(PastSession { mood, plays: Vec::new(), helped: None });
        self.bound();
    }

    /// Something came of an item in the session that runs. A later word on the same item replaces the
    /// earlier one, but a like is not taken back by letting it end. Without a session nothing is kept.
    pub fn record(&mut self, id: &str, outcome: Outcome) {
        let Some(session) = self.sessions.back_mut() else { return };
        let room = session.plays.len() < MOST_PLAYS;
        match session.plays.iter_mut().find(|play| play.id == id) {
            Some(play) if outcome.worth().abs() >= play.outcome.worth().abs() => play.outcome = outcome,
            Some(_) => {}
            None if room => {
                session.plays.push(Play { id: id.to_owned(), outcome });
            }
            None => {}
        }
    }

    /// The person looked again soon after the session: how much the valence rose since the session began.
    pub fn looked_again(&mut self, change: f32) {
        if let Some(session) = self.sessions.back_mut().filter(|_| change.is_finite()) {
            session.helped = Some(change.clamp(-2.0, 2.0));
        }
    }

    /// A session that began in this mood changed the valence by so much. Numbers only: nothing says what was
    /// played, or when.
    pub fn helped(&mut self, mood: Mood, change: f32) {
        if change.is_finite() {
            let all = self.helped.entry(mood).or_default();
            all.looks = all.looks.saturating_add(1);
            all.sum += change.clamp(-2.0, 2.0);
        }
    }

    /// How sessions changed the mood they began in.
    pub fn changes(&self) -> impl Iterator<Item = (Mood, Change)> {
        self.helped.iter().map(|(mood, change)| (*mood, *change))
    }

    /// What this place taught about its faces.
    pub fn bias(&self) -> &Bias {
        &self.bias
    }

    /// The same, to be taught more.
    pub fn bias_mut(&mut self) -> &mut Bias {
        &mut self.bias
    }

    /// Ids that were liked here, each once.
    pub fn liked(&self) -> Vec<&str> {
        let plays = self.sessions.iter().flat_map(|session| &session.plays);
        let mut ids: Vec<&str> =
            plays.filter(|play| play.outcome == Outcome::Liked).map(|play| play.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// A like was a mistake: it counts as played to the end. False if there was none.
    pub fn unlike(&mut self, id: &str) -> bool {
        let plays = self.sessions.iter_mut().flat_map(|session| &mut session.plays);
        let mut liked = plays.filter(|play| play.id == id && play.outcome == Outcome::Liked).peekable();
        let any = liked.peek().is_some();
        liked.for_each(|play| play.outcome = Outcome::Finished);
        any
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.helped.is_empty() && self.bias.is_untaught()
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = History::default();
    }

    /// The newest last.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = &PastSession> + ExactSizeIterator {
        self.sessions.iter()
    }

    /// Ids played last, at most so many, the newest last.
    pub fn recent(&self, most: usize) -> Vec<String> {
        let newest_first = self.sessions.iter().rev().flat_map(|session| session.plays.iter().rev());
        let mut ids: Vec<String> = newest_first.take(most).map(|play| play.id.clone()).collect();
        ids.reverse();
        ids
    }

    /// As it is written to disk.
    pub fn to_json(&self) -> String {
        let (sessions, helped) = (self.sessions.clone(), self.helped.clone());
        let file = File { version: VERSION, sessions, helped, bias: self.bias };
        // Strings, numbers and lists: there is nothing in it that JSON cannot say.
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Reads what [`History::to_json`] wrote.
    ///
    /// # Errors
    /// When it is something else, cut off, or of a later version.
    pub fn from_json(text: &str) -> Result<History, HistoryError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(HistoryError::Version(version));
        }
        let file: File = serde_json::from_str(text)?;
        let mut history = History { sessions: file.sessions, helped: file.helped, bias: file.bias.checked() };
        history.helped.retain(|_, change| change.sum.is_finite());
        for session in &mut history.sessions {
            session.plays.truncate(MOST_PLAYS);
            session.helped = session.helped.filter(|change| change.is_finite());
        }
        history.bound();
        Ok(history)
    }

    fn bound(&mut self) {
        while self.sessions.len() > MOST_SESSIONS {
            self.sessions.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mood::Scores;

    fn history() -> History {
        let mut history = History::default();
        history.begin(Mood::Sad);
        history.record("a", Outcome::Finished);
        history.record("ночь", Outcome::Skipped);
        history.looked_again(0.4);
        history.helped(Mood::Sad, 0.4);
        history.bias_mut().correct(&Scores::certain(Mood::Sad), Mood::Neutral);
        history
    }

    #[test]
    fn a_history_is_read_back_as_it_was_written() {
        assert_eq!(History::from_json(&history().to_json()).unwrap(), history());
    }

    #[test]
    fn whether_sessions_helped_is_two_numbers_for_each_mood() {
        let mut history = History::default();
        for change in [0.5, 1.5, f32::NAN, -0.5] {
            history.helped(Mood::Sad, change);
        }
        let changes: Vec<_> =
            history.changes().map(|(mood, change)| (mood, change.looks, change.mean())).collect();
        assert_eq!(changes, [(Mood::Sad, 3, Some(0.5))]);
        assert_eq!(
            history.to_json(),
            r#"{"version":1,"sessions":[],"helped":{"sad":{"looks":3,"sum":1.5}}}"#
        );
    }

    #[test]
    fn what_is_no_history_is_refused_with_the_reason() {
        let text = history().to_json();
        for broken in ["", "{}", "null", &text[..text.len() - 3], "{\"version\":1,\"sessions\":[3]}"] {
            assert!(History::from_json(broken).is_err(), "{broken}");
        }
        let later = text.replace("\"version\":1", "\"version\":2");
        assert!(History::from_json(&later).unwrap_err().to_string().contains("version 2"));
    }

    #[test]
    fn it_stays_small_however_long_the_device_runs() {
        let mut history = History::default();
        for session in 0..1000 {
            history.begin(Mood::Happy);
            for play in 0..100 {
                history.record(&format!("{session}/{play}"), Outcome::Finished);
            }
        }
        assert_eq!(history.sessions().len(), MOST_SESSIONS);
        assert!(history.sessions().all(|session| session.plays.len() == MOST_PLAYS));
        assert_eq!(history.recent(2), ["999/58", "999/59"]);
        history.forget();
        assert_eq!(history, History::default());
    }

    #[test]
    fn a_like_outlives_the_end_of_the_track_and_an_empty_session_is_not_kept() {
        let mut history = history();
        history.record("a", Outcome::Liked);
        history.record("a", Outcome::Finished);
        history.begin(Mood::Fear);
        history.begin(Mood::Angry);
        assert_eq!(history.sessions().len(), 2);
        assert_eq!(history.sessions().next().unwrap().plays[0].outcome, Outcome::Liked);
        assert_eq!(history.sessions().last().unwrap().mood, Mood::Angry);
    }
}
