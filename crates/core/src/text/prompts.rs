//! What the panel asks, answers and announces.

use super::translated::said;
use crate::language::Language;
use crate::screen::{Advice, Flash, HoldChoice, Power};

/// The fixed sentences of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names its sentence in `prompt`")]
pub enum Prompt {
    Starting,
    PressTheButton,
    PressTheButtonWhy,
    NoticeTitle,
    NoticeText,
    NoticeCancel,
    LookAtMe,
    LookAtMeHint,
    Waking,
    WakingHint,
    Waiting,
    Thinking,
    ThinkingHint,
    Unsure,
    Pick,
    Chosen,
    NotSo,
    Something,
    Gentle,
    ChooseNext,
    ChooseThis,
    Good,
    SoSo,
    Bad,
    NoFace,
    NoFaceHint,
    SeveralFacesHint,
    NothingToPlay,
    NothingToPlayHint,
    Goodbye,
    GoodbyeHint,
    Paused,
    NoTitle,
    QuietHours,
    AskToForget,
    AskToForgetText,
    No,
    Yes,
    Forgotten,
    ForgottenHint,
    PressMeHint,
    AimHint,
}

impl Prompt {
    /// All of them.
    pub const ALL: [Prompt; 42] = [
        Prompt::Starting,
        Prompt::PressTheButton,
        Prompt::PressTheButtonWhy,
        Prompt::NoticeTitle,
        Prompt::NoticeText,
        Prompt::NoticeCancel,
        Prompt::LookAtMe,
        Prompt::LookAtMeHint,
        Prompt::Waking,
        Prompt::WakingHint,
        Prompt::Waiting,
        Prompt::Thinking,
        Prompt::ThinkingHint,
        Prompt::Unsure,
        Prompt::Pick,
        Prompt::Chosen,
        Prompt::NotSo,
        Prompt::Something,
        Prompt::Gentle,
        Prompt::ChooseNext,
        Prompt::ChooseThis,
        Prompt::Good,
        Prompt::SoSo,
        Prompt::Bad,
        Prompt::NoFace,
        Prompt::NoFaceHint,
        Prompt::SeveralFacesHint,
        Prompt::NothingToPlay,
        Prompt::NothingToPlayHint,
        Prompt::Goodbye,
        Prompt::GoodbyeHint,
        Prompt::Paused,
        Prompt::NoTitle,
        Prompt::QuietHours,
        Prompt::AskToForget,
        Prompt::AskToForgetText,
        Prompt::No,
        Prompt::Yes,
        Prompt::Forgotten,
        Prompt::ForgottenHint,
        Prompt::PressMeHint,
        Prompt::AimHint,
    ];
}

/// A fixed sentence.
pub const fn prompt(prompt: Prompt, language: Language) -> &'static str {
    match prompt {
        Prompt::Starting => said("waking up …", "wacht auf …"),
        Prompt::PressTheButton => said("Press the button", "Drück den Knopf"),
        Prompt::PressTheButtonWhy => said("I’ll play you something", "ich spiele dir etwas vor"),
        Prompt::NoticeTitle => said("I am about to look", "Gleich schaue ich"),
        Prompt::NoticeText => said(
            "A camera looks at your face for a moment to guess a mood. No picture is kept.",
            "Eine Kamera schaut kurz dein Gesicht an und schätzt die Stimmung. Kein Bild bleibt.",
        ),
        Prompt::NoticeCancel => said("press: no", "drücken: nein"),
        Prompt::LookAtMe => said("Look at me", "Schau mich an"),
        Prompt::LookAtMeHint => said("just for a moment", "nur einen Augenblick"),
        Prompt::Waking => said("The camera wakes up", "Die Kamera wacht auf"),
        Prompt::WakingHint => said("please stay for a moment", "bitte bleib einen Moment"),
        Prompt::Waiting => said("waiting for the player …", "warte auf den Spieler …"),
        Prompt::Thinking => said("Let me think", "Ich überlege"),
        Prompt::ThinkingHint => said("one moment", "einen Moment"),
        Prompt::Unsure => said("You look …", "Du siehst … aus"),
        Prompt::Pick => said("Pick your mood", "Wähl die Stimmung"),
        Prompt::Chosen => said("chosen", "gewählt"),
        Prompt::NotSo => said("not so?", "nicht so?"),
        Prompt::Something => said("something", "etwas"),
        Prompt::Gentle => said("gentle", "Sanftes"),
        Prompt::ChooseNext => said("next", "weiter"),
        Prompt::ChooseThis => said("that’s it", "das ist es"),
        Prompt::Good => said("good", "gut"),
        Prompt::SoSo => said("so-so", "geht so"),
        Prompt::Bad => said("bad", "schlecht"),
        Prompt::NoFace => said("I can’t see you", "Ich sehe dich nicht"),
        Prompt::NoFaceHint => said("Come closer and face the light", "Komm näher und dreh dich zum Licht"),
        Prompt::SeveralFacesHint => said("One at a time, please", "Bitte eine Person allein"),
        Prompt::NothingToPlay => said("Nothing to play", "Nichts zu spielen"),
        Prompt::NothingToPlayHint => {
            said("Add music, or loosen the template for:", "Leg Musik dazu oder lockere die Vorlage für:")
        }
        Prompt::Goodbye => said("See you soon", "Bis bald"),
        Prompt::GoodbyeHint => said("going to sleep", "ich gehe schlafen"),
        Prompt::Paused => said("paused", "Pause"),
        Prompt::NoTitle => said("untitled", "ohne Titel"),
        Prompt::QuietHours => said("Quiet hours", "Ruhezeit"),
        Prompt::AskToForget => said("Forget it all?", "Alles vergessen?"),
        Prompt::AskToForgetText => said("What was liked and played here", "Was hier gefiel und lief"),
        Prompt::No => said("no", "nein"),
        Prompt::Yes => said("yes", "ja"),
        Prompt::Forgotten => said("Forgotten", "Vergessen"),
        Prompt::ForgottenHint => {
            said("Hearts of other programs stay in MPD", "Herzen anderer Programme bleiben in MPD")
        }
        Prompt::PressMeHint => said("the page waits for it", "die Seite wartet darauf"),
        Prompt::AimHint => {
            said("The camera is on. A press ends it.", "Die Kamera ist an. Drücken beendet es.")
        }
    }
    .r#in(language)
}

/// What the last press did.
pub const fn flash(flash: Flash, language: Language) -> &'static str {
    match flash {
        Flash::Pressed => said("Yes?", "Ja?"),
        Flash::Next => said("Next", "Weiter"),
        Flash::Liked => said("Liked", "Gefällt dir"),
        Flash::Stopping => said("Stopping", "Ende"),
        Flash::Volume(_) => said("Volume", "Lautstärke"),
    }
    .r#in(language)
}

/// What helps a person who stands before the camera.
pub const fn advice(advice: Option<Advice>, language: Language) -> &'static str {
    match advice {
        None => said("One moment …", "Einen Moment …"),
        Some(Advice::Nobody) => said("Nobody in sight", "Niemand zu sehen"),
        Some(Advice::Several) => said("One at a time", "Bitte eine Person"),
        Some(Advice::Closer) => said("Closer", "Näher"),
        Some(Advice::Farther) => said("Farther away", "Weiter weg"),
        Some(Advice::Middle) => said("To the middle", "Zur Mitte"),
        Some(Advice::Lighter) => said("More light", "Mehr Licht"),
        Some(Advice::Darker) => said("Less light", "Weniger Licht"),
        Some(Advice::Good) => said("Good", "Gut so"),
    }
    .r#in(language)
}

/// What letting the button go does.
pub const fn hold(choice: HoldChoice, language: Language) -> &'static str {
    match choice {
        HoldChoice::PowerOff => said("Shut down", "Ausschalten"),
        HoldChoice::Restart => said("Restart", "Neu starten"),
        HoldChoice::Forget => said("Forget", "Vergessen"),
        HoldChoice::Nothing => said("Do nothing", "Nichts tun"),
    }
    .r#in(language)
}

/// Over the word that says what letting go does.
pub const fn let_go(language: Language) -> &'static str {
    said("Let go to", "Loslassen:").r#in(language)
}

/// What holding on leads to.
pub fn hold_on(next: HoldChoice, language: Language) -> String {
    let before = said("hold on:", "weiter halten:").r#in(language);
    format!("{before} {}", hold(next, language))
}

/// While the device shuts down or starts anew.
pub const fn power(power: Power, language: Language) -> &'static str {
    match power {
        Power::Off => said("Shutting down", "Ich schalte ab"),
        Power::Restart => said("Restarting", "Ich starte neu"),
    }
    .r#in(language)
}

/// "40 %", in the manner of the language.
pub fn volume(percent: u8, language: Language) -> String {
    match language {
        Language::En => format!("{percent}%"),
        Language::De => format!("{percent}\u{a0}%"),
    }
}

/// How long the sleep timer still runs: "25 min".
pub fn minutes(minutes: u16, _language: Language) -> String {
    format!("{}\u{a0}min", minutes.max(1))
}

/// Until when the house is quiet: a minute of the day, 0 to 1439.
pub fn quiet_until(minute: u16, language: Language) -> String {
    let (hours, minutes) = (minute / 60 % 24, minute % 60);
    match language {
        Language::En => format!("I play again from {hours}:{minutes:02}"),
        Language::De => format!("Ab {hours}:{minutes:02} Uhr spiele ich wieder"),
    }
}

/// Who named a mood, if it was a sensor: the mood's word follows.
pub fn sensor_says(name: &str, language: Language) -> String {
    match language {
        Language::En => format!("{name} says"),
        Language::De => format!("{name} sagt"),
    }
}

/// The headline when several people stand in front of the camera.
pub fn several_faces(count: usize, language: Language) -> String {
    match language {
        Language::En => format!("I see {count} faces"),
        Language::De => format!("Ich sehe {count} Gesichter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_said_in_every_language() {
        for one in Prompt::ALL {
            for language in Language::ALL {
                assert!(!prompt(one, language).trim().is_empty(), "{one:?} in {language:?}");
            }
        }
    }
}
