//! From a mood to the end of what was chosen for it: what a visit plays, and what is learnt from it.

use std::time::Duration;

use super::action::{Action, Flash, Lever, PlayerCommand};
use super::event::{NowPlaying, Part, PlayerEvent};
use super::state::{Origin, Phase, Session, Voice};
use super::step::Kiosk;
use crate::mood::{Mood, Strength};
use crate::recommend::{AudioSource, Kind, Outcome, Pick, Reason, Request, Taste, suggest};

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
            unliked: Default::default(),
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
        // What was asked for by name says nothing of a mood.
        let by_name = matches!(&self.state.phase, Phase::Playing(session) if session.origin == Origin::Items);
        if let Some(now) = now.filter(|now| now.ours && self.state.settings.learns && !by_name) {
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

    /// Plays what a person asked for by name; items that the library does not have are left out.
    pub(super) fn items(&mut self, kind: Kind, ids: Vec<String>, after: bool) {
        let shelf = match kind {
            Kind::Music => &self.state.catalog.music,
            Kind::Video => &self.state.catalog.video,
        };
        let picks: Vec<Pick> = ids
            .iter()
            .filter_map(|id| shelf.find(id))
            .map(|entry| Pick {
                id: entry.id.to_owned(),
                title: entry.title.to_owned(),
                artist: entry.artist.to_owned(),
                why: Reason::Asked,
            })
            .collect();
        let (has, which, part) = match kind {
            Kind::Music => (self.state.settings.has.music, AudioSource::Music, Part::Music),
            Kind::Video => (self.state.settings.has.video, AudioSource::Video, Part::Video),
        };
        let usable = has && !self.state.troubles.contains_key(&part);
        if picks.is_empty() || !usable || self.is_kept_quiet() {
            return;
        }
        if after
            && let Phase::Playing(session) = &mut self.state.phase
            && which == AudioSource::Music
            && session.music.open
        {
            let ids = picks.iter().map(|pick| pick.id.clone()).collect();
            session.music.picks.extend(picks);
            return self.command(which, PlayerCommand::Add { ids });
        }
        if matches!(self.state.phase, Phase::Looking { .. }) {
            self.abandon_capture();
        }
        if let Phase::Playing(session) = std::mem::replace(&mut self.state.phase, Phase::Idle) {
            self.end_visit(&session);
            let other = if which == AudioSource::Music { AudioSource::Video } else { AudioSource::Music };
            if session.voice(other).open {
                self.command(other, PlayerCommand::Stop { fade: Duration::ZERO });
            }
        }
        let voice = Voice { open: true, picks, told_at: self.at, ..Voice::default() };
        let silent = Voice { told_at: self.at, ..Voice::default() };
        let (music, video) = if which == AudioSource::Music { (voice, silent) } else { (silent, voice) };
        let session = Session {
            mood: Mood::Neutral,
            strength: Strength::Clear,
            origin: Origin::Items,
            since: self.at,
            music,
            video,
            speaks: which,
            volume: self.state.volume.min(self.state.cap()),
            loop_video: false,
            liked: Default::default(),
            unliked: Default::default(),
            sleep_at: self.state.settings.house.sleep.after.map(|after| self.at + after),
            flash: None,
        };
        self.play(&session, which, session.voice(which).rest());
        self.state.phase = Phase::Playing(session);
    }

    /// Whether what is heard is another client's.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.state.elsewhere.is_some() && !matches!(self.state.phase, Phase::Playing(_))
    }

    /// Moves a lever of the player that is heard.
    pub(super) fn drive(&mut self, lever: Lever) {
        let which = match &self.state.phase {
            Phase::Playing(session) if session.voice(session.speaker()).open => session.speaker(),
            _ if self.is_elsewhere() => AudioSource::Music,
            _ => return,
        };
        self.command(which, PlayerCommand::Drive(lever));
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
        session.unliked.remove(&now.id);
        self.came_of(Some(&now), Outcome::Liked);
        self.out.push(Action::Like { id: now.id });
        self.flash(Flash::Liked);
    }

    pub(super) fn unlike(&mut self) {
        let Phase::Playing(session) = &mut self.state.phase else { return };
        let Some(now) = session.voice(session.speaker()).now.clone() else { return };
        session.liked.remove(&now.id);
        session.unliked.insert(now.id.clone());
        if self.state.settings.learns && self.state.history.unlike(&now.id) {
            self.state.unsaved = true;
        }
        self.out.push(Action::Unlike { ids: vec![now.id] });
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
        if which == AudioSource::Music {
            match &report {
                PlayerEvent::Playing(now) => {
                    self.state.elsewhere = (!now.ours).then(|| (now.clone(), at));
                }
                PlayerEvent::Silent => self.state.elsewhere = None,
                PlayerEvent::Finished | PlayerEvent::Skipped { .. } | PlayerEvent::Volume(_) => {}
            }
        }
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
            PlayerEvent::Silent => {}
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
