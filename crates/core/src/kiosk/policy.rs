//! What each deployment allows, as one table.
//!
//! Reading moods from faces is emotion recognition under the EU's AI Act: forbidden in workplaces
//! and schools by Art. 5(1)(f); people must be told by Art. 50(3). Hence three modes.

use serde::{Deserialize, Serialize};

pub use super::input::InputOrigin;

/// Where the device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// At home: the people who use it own it.
    Household,
    /// In a waiting room, a library, a shop: strangers use it.
    Public,
    /// At work or in a school: no face is ever looked at; moods are picked by hand.
    Workplace,
}

/// What a press in idle leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The camera looks at once.
    Look,
    /// The notice is shown with a countdown that a second press cancels; then the camera looks.
    NoticeThenLook,
    /// The moods are offered to be picked by hand.
    Pick,
    /// Nothing happens.
    Refuse,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Household, Mode::Public, Mode::Workplace];

    /// The table.
    pub const fn start(self, origin: InputOrigin) -> Start {
        match (self, origin) {
            (Mode::Household, InputOrigin::Device | InputOrigin::Remote) => Start::Look,
            (Mode::Public, InputOrigin::Device) => Start::NoticeThenLook,
            (Mode::Public, InputOrigin::Remote) => Start::Refuse,
            (Mode::Workplace, InputOrigin::Device | InputOrigin::Remote) => Start::Pick,
        }
    }

    /// Whether likes, skips and what was played are learnt from, unless the configuration says otherwise:
    /// what strangers like is not kept.
    pub const fn learns(self) -> bool {
        matches!(self, Mode::Household)
    }

    /// Whether a second look is asked if the first helped, unless the configuration says otherwise. Where
    /// nobody is looked at there is nothing to ask.
    pub const fn asks_if_it_helped(self, wish: Option<bool>) -> bool {
        match wish {
            Some(wish) => wish && self.may_look(),
            None => matches!(self, Mode::Household),
        }
    }

    /// Whether "not so" teaches the device about faces, unless the configuration says otherwise: strangers
    /// differ too much for that.
    pub const fn learns_faces(self, wish: Option<bool>) -> bool {
        // The same places as the question whether it helped.
        self.asks_if_it_helped(wish)
    }

    /// Whether the camera may ever be opened.
    pub const fn may_look(self) -> bool {
        !matches!(self, Mode::Workplace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_public_only_the_devices_own_button_starts_a_look_and_only_after_the_notice() {
        assert_eq!(Mode::Public.start(InputOrigin::Device), Start::NoticeThenLook);
        assert_eq!(Mode::Public.start(InputOrigin::Remote), Start::Refuse);
    }

    #[test]
    fn whether_it_helped_is_asked_at_home_in_public_only_by_wish_and_at_work_never() {
        for (mode, unasked, wished, refused) in [
            (Mode::Household, true, true, false),
            (Mode::Public, false, true, false),
            (Mode::Workplace, false, false, false),
        ] {
            assert_eq!(mode.asks_if_it_helped(None), unasked, "{mode:?}");
            assert_eq!(mode.asks_if_it_helped(Some(true)), wished, "{mode:?}");
            assert_eq!(mode.asks_if_it_helped(Some(false)), refused, "{mode:?}");
        }
        assert_eq!(Mode::ALL.map(Mode::learns), [true, false, false]);
    }

    #[test]
    fn at_work_no_press_of_any_origin_looks() {
        assert!(!Mode::Workplace.may_look());
        for origin in [InputOrigin::Device, InputOrigin::Remote] {
            assert_eq!(Mode::Workplace.start(origin), Start::Pick);
        }
    }
}
