//! The speaker's thread: the newest prompt cuts off the one before, and the end of each is told.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Speaker, SpeechError};
use moodbox_core::kiosk::action::Spoken;
use moodbox_core::kiosk::event::{Event, Health, Part, Trouble, TroubleKind};
use moodbox_core::text::Language;

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The prompts, one after another.
    pub words: Vec<Spoken>,
    /// The language to speak.
    pub language: Language,
    /// Percent.
    pub volume: u8,
    /// The number by which the end of these is reported.
    pub number: u64,
}

/// How often the end of a prompt is looked for, while one is said. In between nothing wakes up.
const LOOK: Duration = Duration::from_millis(50);

/// A prompt is a few seconds long; one that takes longer hangs, and is cut off.
const LONGEST: Duration = Duration::from_secs(20);

/// Says what is ordered. Ends when nobody can order any more.
pub fn run(mut speaker: Box<dyn Speaker>, orders: Receiver<Order>, mut tell: impl FnMut(Event)) {
    let mut ill = false;
    let mut next = orders.recv().ok();
    while let Some(order) = next.take() {
        let said = speaker.say(&order.words, order.language, order.volume);
        match (&said, ill) {
            (Err(error), false) => tell(Event::Part(Part::Prompts, Health::Ill(error.trouble()))),
            (Ok(_), true) => tell(Event::Part(Part::Prompts, Health::Well)),
            _ => {}
        }
        ill = said.is_err();
        let begun = Instant::now();
        let mut utterance = said.ok();
        // The longest is cut off by dropping it, as is one that a newer order replaces.
        let cut = loop {
            let patience = if utterance.is_some() { LOOK } else { Duration::ZERO };
            match orders.recv_timeout(patience) {
                Ok(newer) => break Some(newer),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let over = utterance.as_mut().is_none_or(|utterance| utterance.is_over());
                    if over || begun.elapsed() > LONGEST {
                        break None;
                    }
                }
            }
        };
        drop(utterance);
        tell(Event::Spoken(order.number));
        next = match cut {
            Some(newer) => Some(newer),
            None => orders.recv().ok(),
        };
    }
}

impl SpeechError {
    /// In words for the panel and for the log.
    pub fn trouble(&self) -> Trouble {
        Trouble { kind: TroubleKind::Other, report: self.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::speech::Simulated;
    use crossbeam_channel::unbounded;

    fn order(word: Spoken, number: u64) -> Order {
        Order { words: vec![word], language: Language::En, volume: 50, number }
    }

    fn ends(events: &Receiver<Event>) -> Vec<u64> {
        let number = |event| match event {
            Event::Spoken(number) => Some(number),
            _ => None,
        };
        events.iter().filter_map(number).collect()
    }

    #[test]
    fn each_prompt_is_said_in_turn_and_its_end_is_told() {
        let (give, orders) = unbounded();
        let (tell, events) = unbounded();
        let speaker = Simulated::new();
        let heard = speaker.clone();
        give.send(order(Spoken::LookAtMe, 1)).unwrap();
        let thread = std::thread::spawn(move || {
            run(Box::new(speaker), orders, move |event| tell.send(event).unwrap())
        });
        assert!(matches!(events.recv().unwrap(), Event::Spoken(1)));
        give.send(order(Spoken::GotIt, 2)).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::Spoken(2)));
        drop(give);
        thread.join().unwrap();
        assert_eq!(heard.said(), [(vec![Spoken::LookAtMe], 50), (vec![Spoken::GotIt], 50)]);
    }

    #[test]
    fn a_newer_prompt_cuts_off_the_one_before_and_the_end_of_the_device_cuts_off_the_last() {
        let (give, orders) = unbounded();
        let (tell, events) = unbounded();
        let speaker = Simulated::endless();
        give.send(order(Spoken::Pick, 1)).unwrap();
        give.send(order(Spoken::Fault, 2)).unwrap();
        drop(give);
        run(Box::new(speaker), orders, move |event| tell.send(event).unwrap());
        assert_eq!(ends(&events), [1]);
    }

    /// A machine without mpv.
    struct Mute;

    impl Speaker for Mute {
        fn say(
            &mut self,
            _: &[Spoken],
            _: Language,
            _: u8,
        ) -> Result<Box<dyn crate::ports::speech::Utterance>, SpeechError> {
            Err(SpeechError::Program { program: "mpv".into(), reason: "not found".into() })
        }
    }

    #[test]
    fn a_speaker_that_fails_is_told_once_and_keeps_nobody_waiting() {
        let (give, orders) = unbounded();
        let (tell, events) = unbounded();
        let thread =
            std::thread::spawn(move || run(Box::new(Mute), orders, move |event| tell.send(event).unwrap()));
        give.send(order(Spoken::LookAtMe, 1)).unwrap();
        let Event::Part(Part::Prompts, Health::Ill(trouble)) = events.recv().unwrap() else { panic!() };
        assert!(trouble.report.contains("Install mpv"), "{}", trouble.report);
        assert!(matches!(events.recv().unwrap(), Event::Spoken(1)));
        give.send(order(Spoken::GotIt, 2)).unwrap();
        assert!(matches!(events.recv().unwrap(), Event::Spoken(2)));
        drop(give);
        thread.join().unwrap();
    }
}
