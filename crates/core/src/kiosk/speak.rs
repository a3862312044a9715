//! What a speaker says where a panel would show it. Decided by what the panel shows or would show.

use super::action::{Action, PlayerCommand, Screen, Spoken};
use super::event::Part;
use super::state::{Phase, State};
use super::step::Kiosk;
use std::time::Duration;

use crate::mood::Mood;
use crate::recommend::AudioSource;
use crate::text::{Prompt, prompt};

/// The time in which most people read a word of a text that they do not know.
const A_WORD: Duration = Duration::from_millis(300);
/// However few words a notice has.
const LEAST_NOTICE: Duration = Duration::from_secs(8);

/// What was said last: the same is not said again while it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    what: Spoken,
    /// The mood that a press would take.
    choice: Option<Mood>,
}

/// The prompt of a screen. Screens that last (idle, playing) have none.
fn said(screen: &Screen) -> Option<Said> {
    let what = match screen {
        Screen::Notice { .. } => Spoken::Notice,
        Screen::Look { .. } | Screen::Waking | Screen::Thinking => Spoken::LookAtMe,
        // The mood itself is not said: others may be in the room.
        Screen::Mood { .. } | Screen::Chosen { .. } | Screen::Gentle => Spoken::GotIt,
        Screen::Unsure { candidates, .. } if candidates.len() > 2 => Spoken::Pick,
        Screen::Unsure { .. } => Spoken::NotSure,
        Screen::NoFace => Spoken::NoFace,
        Screen::SeveralFaces { .. } => Spoken::SeveralFaces,
        Screen::NothingToPlay { .. } => Spoken::NothingToPlay,
        Screen::Trouble(_) => Spoken::Fault,
        Screen::Hold { choice, .. } => Spoken::Hold(*choice),
        Screen::AskToForget => Spoken::AskToForget,
        Screen::Forgotten => Spoken::Forgotten,
        Screen::Power(power) => Spoken::Power(*power),
        _ => return None,
    };
    let choice = match screen {
        Screen::Unsure { candidates, selected } => candidates.get(*selected).copied(),
        _ => None,
    };
    Some(Said { what, choice })
}

impl State {
    /// Whether a person can be told something: by a panel, or by a voice.
    pub(super) fn tells(&self) -> bool {
        self.settings.has.panel || self.settings.prompts.is_some()
    }

    /// How long the notice stands: as long as it takes to read, and never too short to say no.
    pub(super) fn notice_time(&self) -> Duration {
        let language = self.settings.language;
        let usual = prompt(Prompt::NoticeText, language);
        let text = self.settings.notice.as_deref().unwrap_or(usual);
        let around = [Prompt::NoticeTitle, Prompt::NoticeCancel].map(|one| prompt(one, language));
        let words: usize =
            [text, around[0], around[1]].iter().map(|one| one.split_whitespace().count()).sum();
        self.settings.times.notice.max(LEAST_NOTICE).max(A_WORD * words as u32)
    }

    /// Whether it would be noticed at this moment: a panel that is broken shows nothing.
    pub(super) fn can_tell_now(&self) -> bool {
        let shows = self.settings.has.panel && !self.troubles.contains_key(&Part::Panel);
        shows || self.settings.prompts.is_some()
    }
}

impl Kiosk<'_> {
    /// Says what is new since the last step.
    pub(super) fn speak(&mut self) {
        let Some(volume) = self.state.settings.prompts else { return };
        let screen = self.state.view(self.at);
        let now = said(&screen);
        let before = std::mem::replace(&mut self.state.said, now);
        let Some(now) = now.filter(|_| now != before) else { return };
        let mut words = Vec::new();
        if before.map(|before| before.what) != Some(now.what) {
            words.push(now.what);
        }
        words.extend(now.choice.map(Spoken::Mood));
        // Where there is a panel it stands there.
        if matches!(screen, Screen::Mood { not_so: true, .. }) && !self.state.settings.has.panel {
            words.push(Spoken::NotSo);
        }
        self.state.prompts_said += 1;
        self.duck(true);
        let volume = volume.min(self.state.settings.volume_cap);
        self.out.push(Action::Say { words, volume, number: self.state.prompts_said });
    }

    /// A prompt is over. Only the last one gives the sound back to the music.
    pub(super) fn spoken(&mut self, number: u64) {
        if number == self.state.prompts_said {
            self.duck(false);
        }
    }

    /// Lowers what sounds while somebody speaks, whoever put it on, and brings it back.
    fn duck(&mut self, down: bool) {
        if self.state.settings.has.music && self.state.ducked != down {
            self.command(AudioSource::Music, PlayerCommand::Duck(down));
        }
        self.state.ducked = down;
        if let Phase::Playing(session) = &self.state.phase
            && session.speaks == AudioSource::Video
            && session.video.open
        {
            let volume = if down { session.volume / DUCKED } else { session.volume };
            self.command(AudioSource::Video, PlayerCommand::Volume(volume));
        }
    }
}

/// What sounds is lowered to one in so many.
pub const DUCKED: u8 = 3;
