//! The panel's thread: takes the newest screen, draws it, shows it, and bears a panel that fails.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::letters::Letters;
use super::system_fonts::{self, SystemFonts};
use super::{Panel, PanelError, Picture, screens};
use crate::backoff::Backoff;
use moodbox_core::kiosk::action::Screen;
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
    closed: bool,
}

/// What the thread found in the slot.
#[derive(Debug, PartialEq)]
enum Found {
    /// What stands on the panel is to be said in another language.
    Language(Language),
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
    let mut shown: Option<Picture> = None;
    // While the panel is ill: the screen that it is still to show.
    let mut owed: Option<Screen> = None;
    let mut last: Option<Screen> = None;
    loop {
        let screen = match (slot.take(owed.as_ref().map(|_| Instant::now())), &owed) {
            (Found::Language(other), _) => {
                language = other;
                match &last {
                    Some(screen) => screen.clone(),
                    None => continue,
                }
            }
            (Found::Screen(screen), _) => screen,
            (Found::Nothing, Some(screen)) => screen.clone(),
            (Found::Nothing, None) => continue,
            (Found::Closed, _) => return,
        };
        screens::draw_with(letters, &screen, language, &mut picture);
        last = Some(screen.clone());
        if shown.as_ref() == Some(&picture) {
            continue;
        }
        // From dark to a picture the picture comes first, and the other way round it goes first as well: no
        // light falls on what is not to be seen.
        let lit = screen != Screen::Asleep;
        match panel.show(&picture).and_then(|()| panel.light(lit)) {
            Ok(()) => {
                backoff.reset();
                if owed.take().is_some() {
                    report(Event::Part(Part::Panel, Health::Well));
                }
                shown = Some(picture.clone());
            }
            Err(error) => {
                if owed.is_none() {
                    report(Event::Part(Part::Panel, Health::Ill(trouble(&error))));
                }
                // What the panel shows is not known any more.
                shown = None;
                owed = Some(screen);
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
}
