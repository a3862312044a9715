//! The panel's thread: takes the newest screen, draws it, shows it, and bears a panel that fails.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::letters::Letters;
use super::movement::Moving;
use super::screens::Moment;
use super::system_fonts::{self, SystemFonts};
use super::{Panel, PanelError, Picture, movement, screens};
use crate::backoff::Backoff;
use moodbox_core::kiosk::action::{Held, Screen};
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::text::Language;

/// Where the core puts screens and the panel's thread takes them. It holds one: a newer screen replaces
/// one that was not drawn yet, so a slow panel is never behind. Clones are the same slot.
#[derive(Clone, Default)]
pub struct PanelSlot(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    screen: Option<Screen>,
    /// Another language, until the thread has taken it.
    language: Option<Language>,
    /// Another hold of the button, or its end, until the thread has taken it.
    hold: Option<Option<Holding>>,
    closed: bool,
}

/// A button that is held.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Holding {
    since: Instant,
    /// How long it is to be held until it does something.
    whole: Duration,
}

/// A screen that stands on the panel.
struct Standing {
    screen: Screen,
    /// Since when it stands, or one that it goes on from.
    since: Instant,
    /// The pictures of a waiting face, with open and with closed eyes: a blink draws nothing anew.
    drawn: [Option<Picture>; 2],
}

impl Standing {
    fn after(last: Option<Standing>, screen: Screen) -> Standing {
        let goes_on = last.filter(|last| screens::goes_on(&last.screen, &screen));
        Standing {
            since: goes_on.map_or_else(Instant::now, |last| last.since),
            screen,
            drawn: Default::default(),
        }
    }

    /// Draws it at a moment, and says how it moves.
    fn draw(
        &mut self,
        moment: Moment,
        letters: &Letters,
        language: Language,
        picture: &mut Picture,
    ) -> Option<Moving> {
        if !matches!(self.screen, Screen::Idle { .. }) || moment.held.is_some() {
            return screens::draw_at(moment, letters, &self.screen, language, picture);
        }
        let (closed, moving) = movement::blink(moment.age);
        match &mut self.drawn[usize::from(closed)] {
            Some(drawn) => picture.clone_from(drawn),
            none => {
                screens::draw_at(moment, letters, &self.screen, language, picture);
                *none = Some(picture.clone());
            }
        }
        Some(moving)
    }
}

/// What the thread found in the slot.
#[derive(Debug, PartialEq)]
enum Found {
    /// What stands on the panel is to be said in another language.
    Language(Language),
    /// The button is held, or not any more.
    Hold(Option<Holding>),
    Screen(Screen),
    /// Nothing new until the time set.
    Nothing,
    /// Closed, and every screen was taken.
    Closed,
}

impl PanelSlot {
    pub fn new() -> PanelSlot {
        PanelSlot::default()
    }

    /// Hands over a screen; never waits for the panel.
    pub fn show(&self, screen: Screen) {
        self.lock().screen = Some(screen);
        self.0.changed.notify_all();
    }

    /// Over the screen a frame fills while the button is held.
    pub fn hold(&self, held: Option<Held>) {
        let holding = |held: Held| Holding {
            since: Instant::now().checked_sub(held.gone).unwrap_or_else(Instant::now),
            whole: held.gone + held.left,
        };
        self.lock().hold = Some(held.map(holding));
        self.0.changed.notify_all();
    }

    /// From now on screens are drawn in this language; the one that stands there is drawn anew.
    pub fn speak(&self, language: Language) {
        self.lock().language = Some(language);
        self.0.changed.notify_all();
    }

    /// Lets [`run`] end after the screen that waits, if any.
    pub fn close(&self) {
        self.lock().closed = true;
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that holds the lock can leave the slot half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next screen; waits for one until `until`, for ever if there is no such time.
    fn take(&self, until: Option<Instant>) -> Found {
        let mut waiting = self.lock();
        loop {
            if let Some(language) = waiting.language.take() {
                return Found::Language(language);
            }
            if let Some(hold) = waiting.hold.take() {
                return Found::Hold(hold);
            }
            if let Some(screen) = waiting.screen.take() {
                return Found::Screen(screen);
            }
            if waiting.closed {
                return Found::Closed;
            }
            let changed = &self.0.changed;
            waiting = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Found::Nothing,
                Some(rest) => changed.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Waits until `until` even if screens come; returns early only when the slot is closed.
    fn pause(&self, until: Instant) {
        let mut waiting = self.lock();
        while !waiting.closed {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return;
            }
            waiting = self.0.changed.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Shows the slot's screens until it is closed. A failure is reported once, then retried with the newest
/// screen until it works, which is reported too.
pub fn run(slot: &PanelSlot, panel: Box<dyn Panel>, language: Language, report: impl FnMut(Event)) {
    let letters = Letters::with(SystemFonts::below(system_fonts::FOLDER));
    run_with(slot, panel, &letters, language, Backoff::PART, report);
}

fn run_with(
    slot: &PanelSlot,
    mut panel: Box<dyn Panel>,
    letters: &Letters,
    mut language: Language,
    mut backoff: Backoff,
    mut report: impl FnMut(Event),
) {
    let (width, height) = panel.size();
    let mut picture = Picture::new(width, height);
    // What the glass shows, and what rested there last: who copies the panel knows that one.
    let (mut shown, mut rested): (Option<Picture>, Option<Picture>) = (None, None);
    let mut stands: Option<Standing> = None;
    let mut holding: Option<Holding> = None;
    // While the panel is ill it is still to show what stands; else it moves by itself at this time.
    let (mut ill, mut moves) = (false, None);
    loop {
        match slot.take(if ill { Some(Instant::now()) } else { moves }) {
            Found::Language(other) => {
                language = other;
                stands.iter_mut().for_each(|standing| standing.drawn = Default::default());
            }
            Found::Hold(hold) => holding = hold,
            Found::Screen(screen) => stands = Some(Standing::after(stands, screen)),
            Found::Nothing => {}
            Found::Closed => return,
        }
        let Some(standing) = &mut stands else { continue };
        let (held, fills) = match holding {
            Some(holding) => movement::hold(holding.since.elapsed(), holding.whole),
            None => (None, None),
        };
        let moment = Moment { age: standing.since.elapsed(), held };
        let moving = standing.draw(moment, letters, language, &mut picture);
        let movements = || [moving, fills].into_iter().flatten();
        moves = movements().map(|moving| moving.next).min().map(|next| Instant::now() + next);
        if shown.as_ref() == Some(&picture) && !ill {
            continue;
        }
        let rests = held.is_none() && movements().all(|moving| moving.rests);
        let known = rests && rested.as_ref() == Some(&picture);
        let done = if ill || rests && !known { panel.show(&picture) } else { panel.glance(&picture) };
        // From dark to a picture the picture comes first, and the other way round it goes first as well: no
        // light falls on what is not to be seen.
        match done.and_then(|()| panel.light(standing.screen != Screen::Asleep)) {
            Ok(()) => {
                backoff.reset();
                if std::mem::take(&mut ill) {
                    report(Event::Part(Part::Panel, Health::Well));
                }
                shown = Some(picture.clone());
                if rests && !known {
                    rested = shown.clone();
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut ill, true) {
                    report(Event::Part(Part::Panel, Health::Ill(trouble(&error))));
                }
                // What the panel shows is not known any more.
                (shown, rested) = (None, None);
                slot.pause(Instant::now() + backoff.wait());
            }
        }
    }
}

fn trouble(error: &PanelError) -> Trouble {
    Trouble { kind: TroubleKind::PanelBroken, report: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::mpsc;

    /// Fails as long as told, and says what it was given to show.
    struct FakePanel {
        answers: VecDeque<bool>,
        pictures: mpsc::Sender<(Picture, bool)>,
        lights: mpsc::Sender<bool>,
    }

    impl Panel for FakePanel {
        fn size(&self) -> (u32, u32) {
            (60, 60)
        }

        fn show(&mut self, picture: &Picture) -> Result<(), PanelError> {
            let works = self.answers.pop_front().unwrap_or(true);
            self.pictures.send((picture.clone(), works)).unwrap();
            let broken = || PanelError::Io { device: "/dev/spidev0.0".into(), reason: "gone".into() };
            works.then_some(()).ok_or_else(broken)
        }

        fn glance(&mut self, picture: &Picture) -> Result<(), PanelError> {
            self.show(picture)
        }

        fn light(&mut self, on: bool) -> Result<(), PanelError> {
            // Most tests do not ask.
            let _ = self.lights.send(on);
            Ok(())
        }
    }

    const QUICK: Backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(4));

    fn picture_of(screen: &Screen) -> Picture {
        let mut picture = Picture::new(60, 60);
        screens::draw(screen, Language::En, &mut picture);
        picture
    }

    /// Runs the loop over a slot that is filled and closed before; returns what was shown and reported.
    fn run_closed(slot: &PanelSlot, answers: &[bool]) -> (Vec<(Picture, bool)>, Vec<Event>) {
        let (sender, pictures) = mpsc::channel();
        let panel = FakePanel {
            answers: answers.iter().copied().collect(),
            pictures: sender,
            lights: mpsc::channel().0,
        };
        let mut events = Vec::new();
        run_with(slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, |event| events.push(event));
        (pictures.iter().collect(), events)
    }

    #[test]
    fn only_the_newest_screen_is_drawn_and_the_last_one_before_closing_is_not_lost() {
        let slot = PanelSlot::new();
        slot.show(Screen::Splash);
        slot.show(Screen::Thinking);
        slot.show(Screen::Goodbye);
        slot.close();
        let (pictures, events) = run_closed(&slot, &[]);
        assert!(pictures == [(picture_of(&Screen::Goodbye), true)]);
        assert!(events.is_empty());
    }

    #[test]
    fn a_picture_that_did_not_change_is_not_sent_again() {
        let slot = PanelSlot::new();
        let (sender, pictures) = mpsc::channel();
        let panel = FakePanel { answers: VecDeque::new(), pictures: sender, lights: mpsc::channel().0 };
        std::thread::scope(|scope| {
            scope.spawn(|| run_with(&slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, |_| ()));
            let wait = Duration::from_secs(10);
            slot.show(Screen::Thinking);
            assert!(pictures.recv_timeout(wait).unwrap().0 == picture_of(&Screen::Thinking));
            slot.show(Screen::Thinking);
            slot.show(Screen::NoFace);
            assert!(pictures.recv_timeout(wait).unwrap().0 == picture_of(&Screen::NoFace));
            slot.close();
        });
        assert!(pictures.recv().is_err(), "nothing more was sent");
    }

    #[test]
    fn what_stands_on_the_panel_is_said_anew_in_another_language() {
        let slot = PanelSlot::new();
        let (sender, pictures) = mpsc::channel();
        let panel = FakePanel { answers: VecDeque::new(), pictures: sender, lights: mpsc::channel().0 };
        let mut german = Picture::new(60, 60);
        screens::draw(&Screen::NoFace, Language::De, &mut german);
        assert!(german != picture_of(&Screen::NoFace));
        std::thread::scope(|scope| {
            scope.spawn(|| run_with(&slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, |_| ()));
            let wait = Duration::from_secs(10);
            slot.show(Screen::NoFace);
            assert!(pictures.recv_timeout(wait).unwrap().0 == picture_of(&Screen::NoFace));
            slot.speak(Language::De);
            assert!(pictures.recv_timeout(wait).unwrap().0 == german);
            slot.close();
        });
    }

    #[test]
    fn a_failure_is_reported_once_and_retried_until_the_panel_is_back() {
        let slot = PanelSlot::new();
        let (sender, pictures) = mpsc::channel();
        let panel =
            FakePanel { answers: [false, false, false].into(), pictures: sender, lights: mpsc::channel().0 };
        let (reporter, reports) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                run_with(&slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, move |event| {
                    reporter.send(event).unwrap()
                });
            });
            slot.show(Screen::Splash);
            let tries: Vec<bool> = pictures.iter().take(4).map(|(_, works)| works).collect();
            assert_eq!(tries, [false, false, false, true]);
            slot.close();
        });
        let events: Vec<Event> = reports.iter().collect();
        let [Event::Part(Part::Panel, Health::Ill(trouble)), Event::Part(Part::Panel, Health::Well)] =
            &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!(trouble.kind, TroubleKind::PanelBroken);
        assert!(trouble.report.contains("/dev/spidev0.0"), "{}", trouble.report);
    }

    #[test]
    fn a_panel_that_is_gone_does_not_keep_the_daemon_from_ending() {
        let slot = PanelSlot::new();
        slot.show(Screen::Goodbye);
        slot.close();
        let (pictures, events) = run_closed(&slot, &[false; 100]);
        assert_eq!(pictures.len(), 1);
        assert_eq!(events.len(), 1);
    }

    #[test]
    fn a_panel_asleep_is_dark_and_unlit_and_a_press_brings_picture_and_light_back() {
        let slot = PanelSlot::new();
        let (sender, pictures) = mpsc::channel();
        let (switch, lights) = mpsc::channel();
        let panel = FakePanel { answers: VecDeque::new(), pictures: sender, lights: switch };
        let wait = Duration::from_secs(10);
        std::thread::scope(|scope| {
            scope.spawn(|| run_with(&slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, |_| ()));
            let troubles = vec![TroubleKind::MusicAbsent];
            for (screen, lit) in [
                (Screen::Idle { troubles: troubles.clone() }, true),
                (Screen::Dozing { troubles }, true),
                (Screen::Asleep, false),
                (Screen::Look { done: 0.0 }, true),
            ] {
                slot.show(screen.clone());
                assert!(pictures.recv_timeout(wait).unwrap().0 == picture_of(&screen), "{screen:?}");
                assert_eq!(lights.recv_timeout(wait).unwrap(), lit, "{screen:?}");
            }
            slot.close();
        });
        let max = |screen: &Screen| {
            let picture = picture_of(screen);
            (0..60 * 60).flat_map(|place| picture.rgb8(place % 60, place / 60)).max().unwrap()
        };
        let (idle, dozing) = (Screen::Idle { troubles: vec![] }, Screen::Dozing { troubles: vec![] });
        assert!(max(&dozing) <= 64 && max(&dozing) > 0 && max(&idle) > 200);
        assert_eq!(max(&Screen::Asleep), 0);
    }

    #[test]
    fn a_frame_fills_over_what_stands_until_the_hold_takes_effect_or_is_over() {
        let slot = PanelSlot::new();
        let (sender, pictures) = mpsc::channel();
        let panel = FakePanel { answers: VecDeque::new(), pictures: sender, lights: mpsc::channel().0 };
        let wait = Duration::from_secs(10);
        let mut full = Picture::new(60, 60);
        let moment = Moment { held: Some(1.0), ..Moment::STILL };
        screens::draw_at(moment, &Letters::ours(), &Screen::AskToForget, Language::En, &mut full);
        std::thread::scope(|scope| {
            scope.spawn(|| run_with(&slot, Box::new(panel), &Letters::ours(), Language::En, QUICK, |_| ()));
            slot.show(Screen::AskToForget);
            let plain = picture_of(&Screen::AskToForget);
            assert!(pictures.recv_timeout(wait).unwrap().0 == plain);
            let (gone, left) = (Duration::from_secs(1), Duration::from_millis(200));
            slot.hold(Some(Held { gone, left }));
            let mut steps = 0;
            while pictures.recv_timeout(wait).unwrap().0 != full {
                steps += 1;
            }
            assert!(steps > 0);
            slot.hold(None);
            assert!(pictures.recv_timeout(wait).unwrap().0 == plain);
            slot.close();
        });
        assert!(pictures.recv().is_err(), "then nothing moves");
    }
}
