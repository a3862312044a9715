//! The ways of the core's actions to the ports.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::capture_thread::{CameraTask, Request};
use crate::ports::panel::worker::PanelSlot;
use crate::ports::speech::worker::Order;
use moodbox_core::kiosk::action::{Action, PlayerCommand, Power};
use moodbox_core::recommend::History;
use moodbox_core::text::Language;

/// How many commands may wait for a port. Beyond that the older ones of a kind are dropped.
const COMMANDS: usize = 64;

/// What is to be on disk.
pub(super) enum Keep {
    This(Box<History>),
    Nothing,
}

/// Where actions go.
pub(super) struct PortQueues {
    pub(super) captures: Sender<Request>,
    pub(super) asked: u64,
    pub(super) given_up: Arc<AtomicU64>,
    pub(super) panel: Option<PanelSlot>,
    pub(super) music: Option<CommandQueue<PlayerCommand>>,
    pub(super) video: Option<CommandQueue<PlayerCommand>>,
    pub(super) store: CommandQueue<Keep>,
    pub(super) power: CommandQueue<Power>,
    pub(super) speech: Option<CommandQueue<Order>>,
    pub(super) language: Language,
}

impl PortQueues {
    pub(super) fn carry_out(&mut self, action: Action) {
        match action {
            Action::Show(screen) => {
                if let Some(panel) = &self.panel {
                    panel.show(screen);
                }
            }
            Action::Held(held) => {
                if let Some(panel) = &self.panel {
                    panel.hold(held);
                }
            }
            Action::Capture => self.ask_camera(CameraTask::Look),
            Action::Aim => self.ask_camera(CameraTask::Aim),
            Action::EndCapture | Action::CancelCapture | Action::EndAim => {
                self.given_up.store(self.asked, Ordering::Release)
            }
            Action::Music(command) => tell("music", self.music.as_ref(), command),
            Action::Video(command) => tell("video", self.video.as_ref(), command),
            // Each player gets its own likes: MPD's songs have names below its folder, videos whole paths.
            Action::Like { id } if Path::new(&id).is_absolute() => {
                tell("video", self.video.as_ref(), PlayerCommand::Like { id });
            }
            Action::Unlike { ids } => tell("music", self.music.as_ref(), PlayerCommand::Unlike { ids }),
            Action::Like { id } => tell("music", self.music.as_ref(), PlayerCommand::Like { id }),
            Action::Remember(history) => self.store.hand_over("store", Keep::This(history)),
            Action::Forget => self.store.hand_over("store", Keep::Nothing),
            Action::Power(power) => self.power.hand_over("power", power),
            Action::Say { words, volume, number } => {
                if let Some(speech) = &self.speech {
                    speech.hand_over("speech", Order { words, language: self.language, volume, number });
                }
            }
            Action::Speak(language) => {
                self.language = language;
                if let Some(panel) = &self.panel {
                    panel.speak(language);
                }
            }
            Action::Quit => {}
        }
    }

    fn ask_camera(&mut self, wanted: CameraTask) {
        self.asked += 1;
        // The thread looks at the newest number; more are asked only after the one before has ended.
        if self.captures.try_send(Request { number: self.asked, wanted }).is_err() {
            tracing::error!("the camera does not keep up; what was asked of it was dropped");
        }
    }

    /// Closes every queue: the ports' threads see that and end.
    pub(super) fn close(self) {
        if let Some(panel) = &self.panel {
            panel.close();
        }
    }
}

fn tell(port: &str, way: Option<&CommandQueue<PlayerCommand>>, command: PlayerCommand) {
    if let Some(way) = way {
        way.hand_over(port, command);
    }
}

/// The way of commands to a port. When the port lags behind, the newest command of each kind stays and the
/// older ones of its kind go: a stop is never lost, and the core never waits.
pub(super) struct CommandQueue<T> {
    to: Sender<T>,
    /// The port's own end, to take out what is older.
    from: Receiver<T>,
}

impl<T> CommandQueue<T> {
    pub(super) fn new() -> (CommandQueue<T>, Receiver<T>) {
        let (to, from) = bounded(COMMANDS);
        (CommandQueue { to, from: from.clone() }, from)
    }

    pub(super) fn hand_over(&self, port: &str, command: T) {
        let Err(TrySendError::Full(command)) = self.to.try_send(command) else { return };
        tracing::error!(port, "does not keep up; of each kind of command the newest stays");
        let mut waiting: Vec<T> = self.from.try_iter().collect();
        waiting.push(command);
        let kinds: Vec<_> = waiting.iter().map(std::mem::discriminant).collect();
        for (at, command) in waiting.into_iter().enumerate() {
            let newest = kinds.iter().skip(at + 1).all(|later| Some(later) != kinds.get(at));
            // There are fewer kinds than places.
            if newest && self.to.try_send(command).is_err() {
                tracing::error!(port, "a command was dropped");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_a_port_that_lags_behind_the_newest_of_each_kind_stays_and_no_stop_is_lost() {
        let (way, inbox) = CommandQueue::new();
        let stop = || PlayerCommand::Stop { fade: Duration::ZERO };
        way.hand_over("test", PlayerCommand::Next);
        way.hand_over("test", stop());
        for volume in 0..=200 {
            way.hand_over("test", PlayerCommand::Volume(volume));
        }
        way.hand_over("test", PlayerCommand::Duck(true));
        drop(way);
        let got: Vec<PlayerCommand> = inbox.iter().collect();
        assert!(got.len() <= COMMANDS);
        assert_eq!(got.first(), Some(&PlayerCommand::Next));
        assert_eq!(got.iter().filter(|command| **command == stop()).count(), 1);
        assert_eq!(got[got.len() - 2..], [PlayerCommand::Volume(200), PlayerCommand::Duck(true)]);
        // A request to forget stays in the queue, however much is learnt after it.
        let (way, inbox) = CommandQueue::new();
        way.hand_over("store", Keep::Nothing);
        (0..500).for_each(|_| way.hand_over("store", Keep::This(Box::default())));
        assert!(matches!(inbox.try_recv(), Ok(Keep::Nothing)));
    }
}
