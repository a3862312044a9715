//! What the panel shows: a function of the state and the time alone.

use std::time::Duration;

use super::clock::Time;
use super::event::{Part, TroubleKind};
use super::phase::Phase;
use super::session::{Origin, Session};
use super::state::State;
use crate::recommend::{AudioSource, Pick};
use crate::screen::{Amiss, Flash, Playing, Screen};
use crate::text;

/// The progress ring moves in this many steps: smooth to the eye, and few enough for the SPI bus.
const LOOK_STEPS: u32 = 20;

/// Most cameras have given their first frame by then; those that take longer are told of.
const WAKES: Duration = Duration::from_millis(1500);

/// When the picture changes by time alone.
pub(super) fn next_change(state: &State, at: Time) -> Option<Time> {
    if !state.settings.has.panel {
        return None;
    }
    match &state.phase {
        Phase::Notice { .. } => Some(at + until_next_second(at)),
        Phase::Looking { since, started: None, .. } => Some(*since + WAKES).filter(|due| at < *due),
        Phase::Looking { started: Some(started), .. } => {
            let step = state.settings.times.capture / LOOK_STEPS;
            (at < *started + state.settings.times.capture).then(|| at + step)
        }
        Phase::Playing(session) => {
            let mood_until = session.since + state.settings.times.mood;
            let player = session.player(session.speaker());
            let waiting = player.waits_from().filter(|from| at < *from);
            let not_so = state.not_so_until().filter(|until| at < *until);
            if at < mood_until {
                return [waiting, not_so, Some(mood_until)].into_iter().flatten().min();
            }
            let runs = player.now.as_ref().is_some_and(|now| !now.paused);
            let into_second = Duration::from_nanos(u64::from(player.elapsed(at).subsec_nanos()));
            let second = runs.then(|| at + Duration::from_secs(1) - into_second);
            [waiting, not_so, second].into_iter().flatten().min()
        }
        _ => None,
    }
}

/// What the panel shows now: a function of the state and the time alone.
pub(super) fn view(state: &State, at: Time) -> Screen {
    if let Some((choice, next)) = state.hold_view(at)
        && !matches!(state.phase, Phase::Leaving)
    {
        return Screen::Hold { choice, next };
    }
    if let Some(sign) = state.sign(at) {
        return Screen::Sign(sign.clone());
    }
    match &state.phase {
        Phase::Idle if state.dark_from().is_some_and(|from| at >= from) => Screen::Asleep,
        Phase::Idle => {
            let troubles = state.troubles().map(|(_, trouble)| trouble.kind).collect();
            if state.dim_from().is_some_and(|from| at >= from) {
                Screen::Dozing { troubles }
            } else {
                Screen::Idle { troubles }
            }
        }
        Phase::Notice { until, .. } => {
            let left = until.saturating_sub(at);
            Screen::Notice {
                seconds: u8::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u8::MAX),
                text: state.settings.notice.clone(),
            }
        }
        Phase::Looking { since, started: None, .. } if at >= *since + WAKES => Screen::Waking,
        Phase::Looking { started: None, .. } => Screen::Look { done: 0.0 },
        Phase::Looking { started: Some(started), .. } => {
            let capture = state.settings.times.capture;
            let gone = at.saturating_sub(*started);
            if gone >= capture {
                return Screen::Thinking;
            }
            let steps = (gone.as_secs_f32() / capture.as_secs_f32() * LOOK_STEPS as f32).floor();
            Screen::Look { done: steps / LOOK_STEPS as f32 }
        }
        Phase::Choosing { candidates, selected, .. } => {
            Screen::Unsure { candidates: candidates.clone(), selected: *selected }
        }
        Phase::Asking { .. } => Screen::AskToForget,
        Phase::Aiming { advice, .. } => Screen::Aim { advice: *advice },
        Phase::Playing(session)
            if at < session.since + state.settings.times.mood
                && session.flash.is_none()
                && gone(state, session).is_none()
                && !session.player(session.speaker()).waits(at) =>
        {
            let Session { mood, strength, .. } = *session;
            match &session.origin {
                Origin::Seen { scores } => {
                    let not_so = state.may_say_not_so(at);
                    Screen::Mood { mood, strength, confidence: scores.of(mood), not_so }
                }
                Origin::Chosen(_) => Screen::Chosen { mood, by: session.origin.sensor().map(str::to_owned) },
                Origin::Nobody => Screen::Gentle,
                // Nobody named a mood.
                Origin::Items => Screen::Playing(playing(state, session, at)),
            }
        }
        Phase::Playing(session) => match gone(state, session) {
            Some(kind) if session.flash.is_none() => Screen::Trouble(kind),
            _ => Screen::Playing(playing(state, session, at)),
        },
        Phase::Stopping { session, .. } => {
            Screen::Playing(Playing { flash: Some(Flash::Stopping), ..playing(state, session, at) })
        }
        Phase::Message { screen, .. } => screen.clone(),
        Phase::Leaving => Screen::Goodbye,
    }
}

/// What was chosen for the session that goes on: pairs of item and reason, in the person's language.
pub fn choices(state: &State) -> Vec<(String, String)> {
    let Phase::Playing(session) = &state.phase else { return Vec::new() };
    let picks = session.music.picks.iter().chain(&session.video.picks);
    picks.map(|pick| (pick.id.clone(), why(state, session, pick))).collect()
}

/// The reason of a pick in the person's language; a mood that a sensor named is marked by its name.
pub(super) fn why(state: &State, session: &Session, pick: &Pick) -> String {
    let language = state.settings.language;
    let why = pick.why.say(language);
    match session.origin.sensor() {
        Some(name) => format!("{name}: {}; {why}", text::mood(session.mood, language).word),
        None => why,
    }
}

fn playing(state: &State, session: &Session, at: Time) -> Playing {
    let player = session.player(session.speaker());
    let now = player.now.clone().unwrap_or_default();
    let pick = player.picks.iter().find(|pick| pick.id == now.id).or(player.picks.first());
    // Until the player has spoken, what was asked for is the best that can be said.
    let told = player.now.is_some();
    Playing {
        mood: (session.origin != Origin::Items).then_some(session.mood),
        title: if told { now.title } else { pick.map(|pick| pick.title.clone()).unwrap_or_default() },
        artist: if told { now.artist } else { pick.map(|pick| pick.artist.clone()).unwrap_or_default() },
        elapsed: Duration::from_secs(player.elapsed(at).as_secs()),
        length: now.length,
        why: pick.filter(|_| now.ours || !told).map(|pick| why(state, session, pick)).unwrap_or_default(),
        liked: state.is_liked(Some(session), &now.id),
        paused: now.paused,
        not_so: matches!(state.phase, Phase::Playing(_)) && state.may_say_not_so(at),
        // By whole minutes, rounded up: it changes when the clock of the track does.
        sleep: session.sleep_at.map(|due| {
            let left = due.saturating_sub(at).as_secs().div_ceil(60);
            u16::try_from(left).unwrap_or(u16::MAX)
        }),
        amiss: amiss(state, session, at),
        flash: session.flash.map(|(flash, _)| flash),
    }
}

/// Why the player that is heard is away, if it is.
fn gone(state: &State, session: &Session) -> Option<TroubleKind> {
    session.player(session.speaker()).away_since?;
    state.troubles.get(&part(session.speaker())).map(|trouble| trouble.kind)
}

fn amiss(state: &State, session: &Session, at: Time) -> Option<Amiss> {
    let speaker = session.speaker();
    if session.player(speaker).waits(at) {
        return Some(Amiss::Waiting);
    }
    let others = match speaker {
        AudioSource::Music => [Part::Video, Part::Clips].as_slice(),
        AudioSource::Video => &[Part::Music, Part::Sound, Part::Tracks, Part::Scan],
    };
    state.troubles().find(|(part, _)| others.contains(part)).map(|(_, trouble)| Amiss::Ill(trouble.kind))
}

fn part(which: AudioSource) -> Part {
    match which {
        AudioSource::Music => Part::Music,
        AudioSource::Video => Part::Video,
    }
}

fn until_next_second(at: Time) -> Duration {
    Duration::from_secs(1) - Duration::from_nanos(u64::from(at.subsec_nanos()))
}
