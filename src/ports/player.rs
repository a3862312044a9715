//! What the threads of the two players, MPD and mpv, have in common: the connection that is lost and made
//! again, the fade at a stop, and reports of which none is sent twice.

use std::time::{Duration, Instant};

use super::tries::Tries;
use crate::backoff::Backoff;
use crate::numbers::Whole;
use moodbox_core::kiosk::event::{Event, Health, NowPlaying, Part, PlayerEvent, TroubleKind};
use moodbox_core::recommend::AudioSource;

/// How often the player's position is read while it plays what we gave it.
pub const POSITION_EVERY: Duration = Duration::from_secs(1);
/// One step of a fade: about 1 % of the volume in a fade of a few seconds.
pub const FADE_STEP: Duration = Duration::from_millis(50);

/// An item that could not be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its identity: a uri of MPD or the path of a video.
    pub id: String,
    /// Why, in the player's words.
    pub reason: String,
}

/// The state that both worker threads keep beside their player.
pub struct PlayerWorker<E: FnMut(Event)> {
    /// Whether the player can be reached.
    pub link: Link,
    /// The fade that runs.
    pub fade: Option<Fade>,
    /// When the player is asked next for what it plays.
    pub next_look: Option<Instant>,
    /// What the core is told.
    pub report: Report<E>,
}

impl<E: FnMut(Event)> PlayerWorker<E> {
    /// A player that is not connected yet.
    pub fn new(which: AudioSource, emit: E) -> PlayerWorker<E> {
        PlayerWorker {
            link: Link::new(Instant::now()),
            fade: None,
            next_look: None,
            report: Report { which, emit, health: None, playing: None, tries: Tries::of(which) },
        }
    }

    /// When something is to be done without being asked.
    pub fn next_beat(&self) -> Option<Instant> {
        if let Some(retry) = self.link.retry_at() {
            return Some(retry);
        }
        [self.fade.as_ref().map(|fade| fade.next), self.next_look].into_iter().flatten().min()
    }

    /// The player is gone: nothing fades or plays any more.
    pub fn lost(&mut self, health: Health) {
        self.link.lost(Instant::now());
        self.fade = None;
        self.next_look = None;
        self.report.playing = None;
        self.report.health(health);
    }

    /// Nothing plays or fades any more, and nothing is to be asked.
    pub fn at_rest(&mut self) {
        self.fade = None;
        self.next_look = None;
        self.report.playing = None;
    }
}

/// The connection to a player.
#[derive(Debug)]
pub struct Link {
    down: Option<Down>,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug)]
struct Down {
    since: Instant,
    retry: Instant,
}

impl Link {
    fn new(now: Instant) -> Link {
        Link { down: Some(Down { since: now, retry: now }), backoff: Backoff::PART }
    }

    /// Whether the player can be reached, as far as is known.
    pub fn is_up(&self) -> bool {
        self.down.is_none()
    }

    /// The connection is made.
    pub fn made(&mut self) {
        self.down = None;
        self.backoff.reset();
    }

    /// The connection is lost, or could not be made.
    pub fn lost(&mut self, now: Instant) {
        let since = self.down.map_or(now, |down| down.since);
        self.down = Some(Down { since, retry: now + self.backoff.wait() });
    }

    /// Something new is wanted of a player that is away: the time without it counts from now.
    pub fn count_from(&mut self, now: Instant) {
        if self.down.is_some() {
            self.down = Some(Down { since: now, retry: now });
            self.backoff.reset();
        }
    }

    /// Since when the player is away.
    pub fn down_since(&self) -> Option<Instant> {
        self.down.map(|down| down.since)
    }

    /// When the connection is to be tried next.
    pub fn retry_at(&self) -> Option<Instant> {
        self.down.map(|down| down.retry)
    }
}

/// A volume that goes down to nothing.
#[derive(Debug)]
pub struct Fade {
    from: u8,
    start: Instant,
    length: Duration,
    next: Instant,
}

impl Fade {
    /// From a volume in percent to zero.
    pub fn new(from: u8, length: Duration, now: Instant) -> Fade {
        Fade { from, start: now, length, next: now }
    }

    /// Whether a step is due.
    pub fn is_due(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// The volume of the step that is due, in percent. None: the fade is over.
    pub fn step(&mut self, now: Instant) -> Option<u8> {
        let done = now.saturating_duration_since(self.start).as_secs_f32() / self.length.as_secs_f32();
        if done >= 1.0 {
            return None;
        }
        self.next = now + FADE_STEP;
        Some((f32::from(self.from) * (1.0 - done)).round().to_u8())
    }
}

/// What the core is told of a player. What it knows already is not sent again.
pub struct Report<E: FnMut(Event)> {
    which: AudioSource,
    emit: E,
    health: Option<Health>,
    /// What was reported to play.
    pub playing: Option<NowPlaying>,
    /// What came of what the player was given.
    tries: Tries,
}

impl<E: FnMut(Event)> Report<E> {
    /// Sends any event.
    pub fn event(&mut self, event: Event) {
        (self.emit)(event);
    }

    /// Whether the player works; another report of the same kind of trouble is not sent.
    pub fn health(&mut self, health: Health) {
        let (part, kind) = (self.part(), kind(&health));
        if self.health.as_ref().map(self::kind) != Some(kind) {
            self.health = Some(health.clone());
            (self.emit)(Event::Part(part, health));
        }
    }

    /// Something else is to be played.
    pub fn begun(&mut self) {
        self.tries.begin();
    }

    /// What was given is over; if nothing of it could be played, that is told first.
    pub fn finished(&mut self) {
        if let Some(told) = self.tries.over() {
            (self.emit)(told);
        }
        self.player(PlayerEvent::Finished);
    }

    /// What plays now.
    pub fn playing(&mut self, now: Option<NowPlaying>) {
        if let Some(now) = now.as_ref().filter(|now| now.ours)
            && let Some(told) = self.tries.plays(now.elapsed)
        {
            (self.emit)(told);
        }
        if now != self.playing {
            match (&now, &self.playing) {
                (Some(now), _) => self.player(PlayerEvent::Playing(now.clone())),
                (None, Some(before)) if !before.ours => self.player(PlayerEvent::Silent),
                (None, _) => {}
            }
        }
        self.playing = now;
    }

    /// Items that could not be played.
    pub fn skipped(&mut self, skipped: Vec<Skipped>) {
        for Skipped { id, reason } in skipped {
            tracing::warn!(id, reason, "skipped");
            self.tries.failed(&id, &reason);
            self.player(PlayerEvent::Skipped { id, reason });
        }
    }

    /// Sends an event of this player.
    pub fn player(&mut self, event: PlayerEvent) {
        (self.emit)(match self.which {
            AudioSource::Music => Event::Music(event),
            AudioSource::Video => Event::Video(event),
        });
    }

    fn part(&self) -> Part {
        match self.which {
            AudioSource::Music => Part::Music,
            AudioSource::Video => Part::Video,
        }
    }
}

fn kind(health: &Health) -> Option<TroubleKind> {
    match health {
        Health::Well => None,
        Health::Ill(trouble) => Some(trouble.kind),
    }
}

/// A list from the item that was heard last on: what was cut off goes on, what came before it does not, unless
/// the list repeats.
pub fn from_heard(ids: &[String], heard: Option<&String>, repeat: bool) -> Vec<String> {
    let mut ids = ids.to_vec();
    if let Some(place) = heard.and_then(|heard| ids.iter().position(|id| id == heard)) {
        ids.rotate_left(place);
        if !repeat {
            ids.truncate(ids.len() - place);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use moodbox_core::kiosk::event::Trouble;

    #[test]
    fn a_list_goes_on_from_what_was_heard_last() {
        let ids: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let heard = "b".to_owned();
        assert_eq!(from_heard(&ids, None, false), ids);
        assert_eq!(from_heard(&ids, Some(&heard), false), ["b", "c"]);
        assert_eq!(from_heard(&ids, Some(&heard), true), ["b", "c", "a"]);
        assert_eq!(from_heard(&ids, Some(&"gone".to_owned()), false), ids);
    }

    #[test]
    fn a_fade_goes_down_in_steps_and_ends() {
        let start = Instant::now();
        let mut fade = Fade::new(80, Duration::from_secs(2), start);
        assert!(fade.is_due(start));
        assert_eq!(fade.step(start), Some(80));
        assert!(!fade.is_due(start) && fade.is_due(start + FADE_STEP));
        assert_eq!(fade.step(start + Duration::from_secs(1)), Some(40));
        assert_eq!(fade.step(start + Duration::from_secs(2)), None);
    }

    #[test]
    fn a_player_that_stays_away_is_tried_more_seldom_and_its_absence_has_one_beginning() {
        let start = Instant::now();
        let mut link = Link::new(start);
        assert_eq!((link.is_up(), link.retry_at()), (false, Some(start)));
        link.lost(start);
        let first = link.retry_at().unwrap() - start;
        link.lost(start + first);
        assert_eq!(link.retry_at().unwrap() - (start + first), first * 2);
        assert_eq!(link.down_since(), Some(start));
        link.count_from(start + first);
        assert_eq!(link.down_since(), Some(start + first));
        link.made();
        assert!(link.is_up() && link.retry_at().is_none() && link.down_since().is_none());
    }

    #[test]
    fn the_same_health_and_the_same_item_are_reported_once() {
        let mut events = Vec::new();
        let mut worker = PlayerWorker::new(AudioSource::Video, |event| events.push(format!("{event:?}")));
        let ill =
            |report: &str| Health::Ill(Trouble { kind: TroubleKind::VideoAbsent, report: report.to_owned() });
        let now = NowPlaying { id: "a.mp4".into(), ours: true, ..NowPlaying::default() };
        worker.report.health(ill("no mpv"));
        worker.report.health(ill("still no mpv"));
        worker.report.health(Health::Well);
        worker.report.playing(Some(now.clone()));
        worker.report.playing(Some(now));
        worker.report.playing(None);
        drop(worker);
        assert_eq!(events.len(), 3, "{events:?}");
        assert!(events[0].starts_with("Part(Video") && events[2].starts_with("Video(Playing"), "{events:?}");
    }
}
