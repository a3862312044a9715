//! What the rules of the house do: quiet hours, the sleep timer, and forgetting.

use std::time::Duration;

use super::action::{Action, PlayerCommand, Screen};
use super::state::{Phase, Then};
use super::step::Kiosk;
use crate::recommend::AudioSource;

impl Kiosk<'_> {
    /// A sign of a person: the panel is lit and the sleep timer starts anew.
    pub(super) fn somebody_is_here(&mut self) {
        self.state.idle_since = self.at;
        let after = self.state.settings.house.sleep.after;
        if let (Phase::Playing(session), Some(after)) = (&mut self.state.phase, after) {
            session.sleep_at = Some(self.at + after);
        }
    }

    /// Whether the house wants nothing to be started now; whoever tried is told until when.
    pub(super) fn is_kept_quiet(&mut self) -> bool {
        let state = &mut *self.state;
        let quiet = state.quiet_now().filter(|quiet| !quiet.starts);
        let Some(quiet) = quiet else { return false };
        if matches!(state.phase, Phase::Idle | Phase::Message { .. } | Phase::Stopping { .. }) {
            self.message(Screen::Quiet { until: quiet.hours.to }, Then::Idle);
        }
        true
    }

    /// Quiet hours that begin, and other clients that turn it up, do not make it louder than allowed.
    pub(super) fn keep_under_the_cap(&mut self) {
        let cap = self.state.cap();
        // Above the cap of all hours the player itself brings it back.
        let quiet = cap < self.state.settings.volume_cap;
        let Phase::Playing(session) = &mut self.state.phase else { return };
        let speaker = session.speaks;
        let heard = session.voice(speaker).now.as_ref().filter(|now| now.ours).and_then(|now| now.volume);
        if session.volume > cap || heard.is_some_and(|heard| quiet && heard > cap) {
            session.volume = cap;
            self.command(speaker, PlayerCommand::Volume(cap));
        }
    }

    /// The wish of a person: stop after this long, or not at all. Without a visit it counts for the next one.
    pub(super) fn sleep_after(&mut self, after: Option<Duration>) {
        if let Phase::Playing(session) = &mut self.state.phase {
            session.sleep_at = after.map(|after| self.at + after);
        } else {
            self.state.sleep_wish = after;
        }
    }

    /// Keeps the quiet hours, or leaves them aside for now.
    pub(super) fn keep_quiet_hours(&mut self, keep: bool) {
        self.state.quiet_aside = !keep;
        self.keep_under_the_cap();
    }

    /// Whether nobody is thought to listen any more.
    pub(super) fn sleeps(&self) -> bool {
        let Phase::Playing(session) = &self.state.phase else { return false };
        self.state.sleep_due(session).is_some_and(|due| self.at >= due)
    }

    /// A track began after another: if the house only waited for that, it is the end.
    pub(super) fn sleep_between_tracks(&mut self, after_another: bool) {
        let house = &self.state.settings.house;
        let Phase::Playing(session) = &self.state.phase else { return };
        let due = session.sleep_at.is_some_and(|at| self.at >= at);
        if after_another && due && house.sleep.at_track_end {
            self.command(AudioSource::Music, PlayerCommand::StayQuiet);
            self.stop();
        }
    }

    /// Erases what was learnt, here and on disk. What plays goes on and teaches nothing more.
    pub(super) fn forget(&mut self) {
        // First what stands elsewhere: once the history is gone, nobody knows which hearts were given here.
        let liked: Vec<String> = self.state.history.liked().into_iter().map(str::to_owned).collect();
        if !liked.is_empty() {
            self.out.push(Action::Unlike { ids: liked });
        }
        let state = &mut *self.state;
        state.history.forget();
        state.recent.clear();
        state.before = None;
        state.unsaved = false;
        if let Phase::Playing(session) = &mut state.phase {
            session.liked.clear();
        }
        self.out.push(Action::Forget);
        if matches!(self.state.phase, Phase::Idle | Phase::Message { .. }) {
            self.message(Screen::Forgotten, Then::Idle);
        }
    }
}
