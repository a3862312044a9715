//! Whether anything of what a player was given could be played.
//!
//! One file that is broken or gone is skipped, and nobody needs to know. When all are, nothing plays, and a person
//! must be told why.

use std::time::Duration;

use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::recommend::AudioSource;

/// What came of what a player was given last.
#[derive(Debug)]
pub(super) struct Tries {
    part: Part,
    kind: TroubleKind,
    /// Items that could not be played since something was heard or seen.
    failed: usize,
    /// The first of them, with its reason.
    first: Option<(String, String)>,
    /// Something of it was heard or seen.
    played: bool,
    /// It was told that nothing can be played.
    told: bool,
}

impl Tries {
    /// For this player, which was given nothing yet.
    pub fn of(which: AudioSource) -> Tries {
        let (part, kind) = match which {
            AudioSource::Music => (Part::Tracks, TroubleKind::TracksUnplayable),
            AudioSource::Video => (Part::Clips, TroubleKind::ClipsUnplayable),
        };
        Tries { part, kind, failed: 0, first: None, played: false, told: false }
    }

    /// Something else is to be played.
    pub fn begin(&mut self) {
        (self.failed, self.first, self.played) = (0, None, false);
    }

    /// This could not be played.
    pub fn failed(&mut self, id: &str, reason: &str) {
        self.failed += 1;
        self.first.get_or_insert_with(|| (id.to_owned(), reason.to_owned()));
    }

    /// Something of ours plays, and has come so far. An event if that is news. A broken file may seem to play until
    /// it is read.
    pub fn plays(&mut self, elapsed: Duration) -> Option<Event> {
        if elapsed.is_zero() {
            return None;
        }
        self.played = true;
        std::mem::take(&mut self.told).then_some(Event::Part(self.part, Health::Well))
    }

    /// What was given is over. An event if nothing of it could be played.
    pub fn over(&mut self) -> Option<Event> {
        let (id, reason) = self.first.take().filter(|_| !self.played)?;
        let (count, what) = (self.failed, if self.part == Part::Tracks { "songs" } else { "videos" });
        self.begin();
        let cure = match self.kind {
            TroubleKind::TracksUnplayable => {
                "Is the disk or the network folder mounted that the music lies on? If the files are gone for good: \
                 `moodbox library update`"
            }
            _ => {
                "Is the disk there that the videos lie on? If so, mpv cannot play what is in them: convert them, \
                 for example `ffmpeg -i old.avi new.mp4`"
            }
        };
        let report = format!(
            "nothing of what was chosen could be played: {count} {what}, the first {id:?} ({}). {cure}",
            reason.escape_debug()
        );
        self.told = true;
        Some(Event::Part(self.part, Health::Ill(Trouble { kind: self.kind, report })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_failure_of_everything_is_told_and_that_it_is_over() {
        let mut tries = Tries::of(AudioSource::Music);
        tries.begin();
        tries.failed("a.ogg", "no such file");
        assert!(tries.plays(Duration::from_secs(1)).is_none());
        assert!(tries.over().is_none());
        tries.begin();
        assert!(tries.over().is_none(), "somebody stopped it");
        tries.begin();
        assert!(tries.plays(Duration::ZERO).is_none());
        tries.failed("a.ogg", "no such\nfile");
        tries.failed("b.ogg", "no such file");
        let Some(Event::Part(Part::Tracks, Health::Ill(trouble))) = tries.over() else { panic!() };
        assert!(
            trouble.report.contains("2 songs") && trouble.report.contains("moodbox library update"),
            "{}",
            trouble.report
        );
        assert!(!trouble.report.contains('\n'), "{}", trouble.report);
        tries.begin();
        assert!(matches!(
            tries.plays(Duration::from_millis(20)),
            Some(Event::Part(Part::Tracks, Health::Well))
        ));
        assert!(tries.plays(Duration::from_secs(1)).is_none());
    }
}
