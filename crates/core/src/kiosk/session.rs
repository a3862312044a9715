//! From a mood to the end of what was chosen for it: what a visit plays, and what is learnt from it.

use std::time::Duration;

use super::action::{Action, Flash, PlayerCommand};
use super::event::{NowPlaying, Part, PlayerEvent};
use super::state::{Origin, Phase, Session, Voice};
use super::step::Kiosk;
use crate::mood::{Mood, Strength};
use crate::recommend::{AudioSource, Outcome, Pick, Request, Taste, suggest};

/// Ids remembered so that the same thing is not chosen again soon.
pub(super) const RECENT: usize = 200;

/// Percent by which a press of a volume button changes the volume.
pub(super) const VOLUME_STEP: u8 = 5;

/// A look this soon after a visit is of the same person, as far as anybody can tell.
const SAME_VISIT: Duration = Duration::from_secs(10 * 60);

impl Kiosk<'_> {
    pub(super) fn begin(&mut self, mood: Mood, or: Option<Mood>, strength: Strength, origin: Origin) {
        let left = match std::mem::replace(&mut self.state.phase, Phase::Idle) {
            Phase::Playing(session) => {
                self.end_visit(&session);
                Some(session)
            }
            _ => None,
        };
        self.learn_whether_it_helped(mood, &origin);
        let state = &mut *self.state;
        state.sessions += 1;
        let taste = state.settings.learns.then(|| Taste::learn(&state.history));
        if state.settings.learns {
            state.history.begin(mood);
        }
        let suggestion = suggest(
            &state.catalog,
            &state.templates,
            &Request {
                or,
                strength,
                seed: state.settings.seed.wrapping_add(state.sessions),
                recent: state.recent.make_contiguous(),
                minute_of_day: state.minute_of_day,
                taste: taste.as_ref(),
                weights: state.settings.weights,
                ..Request::new(mood)
            },
        );
        let has = state.settings.has;
        // What begins by itself is never louder or softer than the device was set to begin.
        // A volume that a person has set since the last visit counts before that of the template.
        let set = std::mem::take(&mut state.volume_is_set);
        let wished = suggestion.volume.filter(|_| !state.owes_start && !set);
        let volume = wished.unwrap_or(state.volume).min(state.cap());
        let well = |part| !state.troubles.contains_key(&part);
        let voice = |picks: Vec<Pick>, usable: bool| Voice {
            open: usable && !picks.is_empty(),
            picks,
            told_at: self.at,
            ..Voice::default()
        };
        let mut session = Session {
            mood,
            strength,
            origin,
            since: self.at,
            music: voice(suggestion.music, has.music && well(Part::Music)),
            video: voice(suggestion.video, has.video && well(Part::Video)),
            speaks: suggestion.speaks,
            volume,
            loop_video: suggestion.loop_video,
            liked: Default::default(),
            sleep_at: state
                .sleep_wish
                .take()
                .or(state.settings.house.sleep.after)
                .map(|after| self.at + after),
            flash: None,
        };
        session.speaks = session.speaker();
        for which in [AudioSource::Music, AudioSource::Video] {
            let all = session.voice(which).rest();
            self.play(&session, which, all);
            let stays = left.as_ref().is_some_and(|left| left.voice(which).open);
            if stays && !session.voice(which).open {
                self.command(which, PlayerCommand::Stop { fade: self.state.settings.times.fade });
            }
        }
        self.state.phase = Phase::Playing(session);
    }

    /// A second look soon after a visit says whether the visit did the person good.
    fn learn_whether_it_helped(&mut self, mood: Mood, origin: &Origin) {
        let Some((before, ended)) = self.state.before.take() else { return };
        let seen = matches!(origin, Origin::Seen { .. });
        let state = &mut *self.state;
        if state.settings.asks_if_it_helped && seen && self.at <= ended + SAME_VISIT {
            let change = mood.valence_arousal().0 - before.valence_arousal().0;
            state.history.helped(before, change);
            if state.settings.learns {
                state.history.looked_again(change);
            }
            state.unsaved = true;
        }
    }

    /// Something came of an item; a queue of somebody else's teaches nothing.
    pub(super) fn came_of(&mut self, now: Option<&NowPlaying>, outcome: Outcome) {
        if let Some(now) = now.filter(|now| now.ours && self.state.settings.learns) {
            self.state.history.record(&now.id, outcome);
            self.state.unsaved = true;
        }
    }

    /// The visit is over: what plays now was left, and what was learnt is kept.
    pub(super) fn end_visit(&mut self, session: &Session) {
        self.came_of(session.voice(session.speaker()).now.as_ref(), Outcome::Stopped);
        let seen = matches!(session.origin, Origin::Seen { .. });
        self.state.before = seen.then_some((session.mood, self.at));
        if std::mem::take(&mut self.state.unsaved) {
            self.out.push(Action::Remember(Box::new(self.state.history.clone())));
        }
    }

    pub(super) fn play(&mut self, session: &Session, which: AudioSource, ids: Vec<String>) {
        if !session.voice(which).open {
            return;
        }
        // The one that does not speak is mute: music and video never fight for the sound.
        let volume = if session.speaks == which { session.volume } else { 0 };
        let repeat = which == AudioSource::Video && session.loop_video;
        self.command(which, PlayerCommand::Play { ids, volume, repeat });
    }

    pub(super) fn command(&mut self, which: AudioSource, command: PlayerCommand) {
        self.out.push(match which {
            AudioSource::Music => Action::Music(command),
            AudioSource::Video => Action::Video(command),
        });
    }

    pub(super) fn next(&mut self) {
        let Phase::Playing(session) = &self.state.phase else { return };
        let speaker = session.speaker();
        if session.voice(speaker).open {
            let now = session.voice(speaker).now.clone();
            self.came_of(now.as_ref(), Outcome::Skipped);
            self.command(speaker, PlayerCommand::Next);
            self.flash(Flash::Next);
            if let Phase::Playing(session) = &mut self.state.phase {
                session.voice_mut(speaker).skipping = true;
            }
        }
    }

    pub(super) fn like(&mut self) {
        let Phase::Playing(session) = &mut self.state.phase else { return };
        let Some(now) = session.voice(session.speaker()).now.clone() else { return };
        session.liked.insert(now.id.clone());
        self.came_of(Some(&now), Outcome::Liked);
        self.out.push(Action::Like { id: now.id });
        self.flash(Flash::Liked);
    }

    pub(super) fn volume(&mut self, change: i16) {
        let before = self.state.volume();
        self.set_volume(i16::from(before) + change);
    }

    /// Percent; what lies outside of what is allowed is brought in.
    pub(super) fn set_volume(&mut self, percent: i16) {
        let state = &mut *self.state;
        let volume = percent.clamp(0, state.cap().into()) as u8;
        state.volume = volume;
        match &mut state.phase {
            Phase::Playing(session) => {
                session.volume = volume;
                let speaks = session.speaks;
                self.command(speaks, PlayerCommand::Volume(volume));
            }
            Phase::Stopping { .. } | Phase::Leaving => state.volume_is_set = true,
            _ => {
                state.volume_is_set = true;
                // Whatever the player has on is heard at this volume from now on.
                if state.settings.has.music {
                    self.command(AudioSource::Music, PlayerCommand::Volume(volume));
                }
            }
        }
        self.flash(Flash::Volume(volume));
    }

    /// Another client of a player has set its volume: it counts as if it had been set here.
    fn volume_elsewhere(&mut self, which: AudioSource, percent: u8) {
        let state = &mut *self.state;
        let volume = percent.min(state.cap());
        match &mut state.phase {
            // The other player is mute, whatever its volume is.
            Phase::Playing(session) if session.speaks != which => {}
            Phase::Playing(session) => {
                session.volume = volume;
                state.volume = volume;
                self.flash(Flash::Volume(volume));
                if volume < percent {
                    self.command(which, PlayerCommand::Volume(volume));
                }
            }
            Phase::Stopping { .. } | Phase::Leaving => {}
            _ if which == AudioSource::Music => {
                state.volume = volume;
                state.volume_is_set = true;
            }
            _ => {}
        }
    }

    pub(super) fn flash(&mut self, flash: Flash) {
        let until = self.at + self.state.settings.times.flash;
        if let Phase::Playing(session) = &mut self.state.phase {
            session.flash = Some((flash, until));
        }
    }

    pub(super) fn stop(&mut self) {
        self.stop_within(self.state.settings.times.fade);
    }

    pub(super) fn stop_within(&mut self, fade: Duration) {
        let Phase::Playing(session) = &self.state.phase else { return };
        let session = session.clone();
        self.silence(&session, fade);
        self.end_visit(&session);
        self.state.phase = Phase::Stopping { session, since: self.at, until: self.at + fade };
    }

    pub(super) fn silence(&mut self, session: &Session, fade: Duration) {
        for which in [AudioSource::Music, AudioSource::Video] {
            if session.voice(which).open {
                self.command(which, PlayerCommand::Stop { fade });
            }
        }
    }

    pub(super) fn player(&mut self, which: AudioSource, report: PlayerEvent) {
        let at = self.at;
        let Phase::Playing(session) = &mut self.state.phase else {
            if let PlayerEvent::Volume(percent) = report {
                self.volume_elsewhere(which, percent);
            }
            return;
        };
        let voice = session.voice_mut(which);
        match report {
            PlayerEvent::Playing(now) => {
                let fresh = now.ours && voice.now.as_ref().is_none_or(|before| before.id != now.id);
                voice.paused_since = now.paused.then(|| voice.paused_since.unwrap_or(at));
                voice.told_at = at;
                voice.away_since = None;
                let id = now.id.clone();
                let before = voice.now.replace(now);
                if fresh {
                    let skipped = std::mem::take(&mut voice.skipping);
                    if !skipped {
                        self.came_of(before.as_ref(), Outcome::Finished);
                    }
                    self.remember(id);
                    self.sleep_between_tracks(before.is_some());
                }
                self.keep_under_the_cap();
            }
            PlayerEvent::Volume(percent) => self.volume_elsewhere(which, percent),
            PlayerEvent::Finished => {
                voice.open = false;
                let last = voice.now.clone().filter(|_| !voice.skipping);
                self.came_of(last.as_ref(), Outcome::Finished);
                self.voice_ended(which);
            }
            PlayerEvent::Skipped { id, .. } => voice.picks.retain(|pick| pick.id != id),
        }
    }

    pub(super) fn remember(&mut self, id: String) {
        self.state.recent.push_back(id);
        while self.state.recent.len() > RECENT {
            self.state.recent.pop_front();
        }
    }

    /// The session ends with the one that speaks; a mute picture does not outlive its music.
    pub(super) fn voice_ended(&mut self, which: AudioSource) {
        let Phase::Playing(session) = &self.state.phase else { return };
        if session.speaks != which && session.voice(session.speaks).open {
            return;
        }
        let session = session.clone();
        self.silence(&session, Duration::ZERO);
        self.end_visit(&session);
        self.state.phase = Phase::Idle;
    }
}
