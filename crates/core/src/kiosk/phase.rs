//! What the kiosk is doing.

use super::clock::Time;
use super::event::Observation;
use super::session::Session;
pub(super) use super::wrong::Wrong;
use crate::mood::Mood;
use crate::screen::{Advice, Screen};

/// What the kiosk is doing.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Idle,
    Notice {
        since: Time,
        until: Time,
    },
    Looking {
        since: Time,
        started: Option<Time>,
        seen: Vec<Observation>,
    },
    Choosing {
        candidates: Vec<Mood>,
        selected: usize,
        until: Time,
        /// The mood that a person said is not so, if that is why moods are offered.
        wrong: Option<Wrong>,
        /// What follows when nobody chooses.
        unanswered: Unanswered,
    },
    /// Whether to forget what was learnt here.
    Asking {
        until: Time,
    },
    /// The camera is on to help a person find the right place.
    Aiming {
        until: Time,
        advice: Option<Advice>,
    },
    Playing(Session),
    Stopping {
        session: Session,
        since: Time,
        until: Time,
    },
    Message {
        screen: Screen,
        until: Time,
        then: Then,
    },
    Leaving,
}

/// What follows a choice that nobody makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Something that suits most people.
    Gentle,
    /// Nothing: the person has said no to the camera, and perhaps to all of it.
    Nothing,
}

/// What follows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Idle,
    /// The camera cannot help: the moods are offered by hand.
    Choose,
}
