//! What is wrong and what helps, short enough for the panel. The log has the long report.

use super::translated::{Translated, said};
use crate::language::Language;
use crate::trouble::TroubleKind;

/// A trouble in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TroubleWords {
    /// What is wrong, at most 26 letters.
    pub title: &'static str,
    /// What a person can do, at most 70 letters.
    pub cure: &'static str,
}

/// What is wrong and what helps.
pub const fn trouble(kind: TroubleKind, language: Language) -> TroubleWords {
    let (title, cure): (Translated, Translated) = match kind {
        TroubleKind::CameraMissing => (
            said("No camera", "Keine Kamera"),
            said("Plug the camera in; I keep looking for it", "Steck die Kamera ein; ich suche weiter"),
        ),
        TroubleKind::CameraBusy => (
            said("Camera in use", "Kamera belegt"),
            said("Close the other program that uses it", "Beende das andere Programm, das sie benutzt"),
        ),
        TroubleKind::CameraSilent => (
            said("Camera is silent", "Kamera schweigt"),
            said("Unplug the camera and plug it in again", "Zieh die Kamera ab und steck sie wieder ein"),
        ),
        TroubleKind::CameraFormat => (
            said("Camera not understood", "Kamera unverständlich"),
            said(
                "Try another camera: moodbox doctor says more",
                "Nimm eine andere Kamera: moodbox doctor hilft",
            ),
        ),
        TroubleKind::CameraDenied => (
            said("Camera not allowed", "Kamera nicht erlaubt"),
            said("Add the user to the group “video”", "Nimm den Benutzer in die Gruppe „video“ auf"),
        ),
        TroubleKind::CameraProgram => (
            said("Camera program missing", "Kameraprogramm fehlt"),
            said(
                "Install rpicam-apps-lite, or use a USB camera",
                "Installiere rpicam-apps-lite, oder nimm USB",
            ),
        ),
        TroubleKind::CameraRibbon => (
            said("No camera on the ribbon", "Keine Kamera am Flachkabel"),
            said(
                "Switch off, push the cable in at both ends",
                "Schalte ab und steck das Kabel beidseitig fest",
            ),
        ),
        TroubleKind::CameraDied => (
            said("Camera stopped", "Kamera brach ab"),
            said("Press again; else check cable and power", "Drück noch einmal; sonst prüfe Kabel und Strom"),
        ),
        TroubleKind::CameraTooLittle => (
            said("Camera sends too little", "Kamera sendet zu wenig"),
            said("Update the system, then press again", "Aktualisiere das System, dann drück noch einmal"),
        ),
        TroubleKind::VisionBroken => (
            said("I can’t read faces", "Ich lese keine Gesichter"),
            said(
                "Install the model again: moodbox check says more",
                "Installiere das Modell neu: moodbox check hilft",
            ),
        ),
        TroubleKind::ButtonDenied => (
            said("Button not reachable", "Knopf nicht erreichbar"),
            said("Check the pin and the group “gpio”", "Prüfe den Pin und die Gruppe „gpio“"),
        ),
        TroubleKind::LightDenied => (
            said("Light not reachable", "Licht nicht erreichbar"),
            said("Check the pin and the group “gpio”", "Prüfe den Pin und die Gruppe „gpio“"),
        ),
        TroubleKind::PanelBroken => (
            said("Panel trouble", "Bildschirm gestört"),
            said("Check its cable and that SPI is on", "Prüfe das Kabel und ob SPI an ist"),
        ),
        TroubleKind::MusicAbsent => (
            said("No music player", "Kein Musikspieler"),
            said("Start MPD, or check its address", "Starte MPD oder prüfe die Adresse"),
        ),
        TroubleKind::MusicPassword => (
            said("Music is locked", "Musik ist gesperrt"),
            said("Check the MPD password in the settings", "Prüfe das MPD-Passwort in den Einstellungen"),
        ),
        TroubleKind::MusicSilent => (
            said("Music does not answer", "Musik antwortet nicht"),
            said("Restart MPD; I try again by myself", "Starte MPD neu; ich versuche es weiter"),
        ),
        TroubleKind::MusicVolume => (
            said("Volume cannot be set", "Lautstärke nicht stellbar"),
            said("Run sudo moodbox setup: it gives MPD a mixer", "sudo moodbox setup gibt MPD einen Mixer"),
        ),
        TroubleKind::MusicScanning => (
            said("Reading the music", "Ich lese die Musik ein"),
            said(
                "It takes a minute or two; nothing is to be done",
                "Das dauert ein, zwei Minuten; nichts zu tun",
            ),
        ),
        TroubleKind::MusicUnlisted => (
            said("Music cannot be listed", "Musik nicht aufzulisten"),
            said(
                "Set its address to MPD: Mopidy cannot do it",
                "Stell die Adresse von MPD ein, nicht Mopidy",
            ),
        ),
        TroubleKind::TracksUnplayable => (
            said("Songs cannot be played", "Lieder nicht abspielbar"),
            said(
                "Is the disk or network folder there? Then press again",
                "Ist Platte oder Netzordner da? Dann drück noch einmal",
            ),
        ),
        TroubleKind::ClipsUnplayable => (
            said("Videos cannot be played", "Videos nicht abspielbar"),
            said(
                "Is the disk there? moodbox doctor names the files",
                "Ist die Platte da? moodbox doctor nennt die Dateien",
            ),
        ),
        TroubleKind::NoSound => (
            said("No sound device", "Kein Tonausgang"),
            said(
                "Connect speaker or DAC; sudo moodbox setup helps",
                "Schließ Boxen an; sudo moodbox setup hilft",
            ),
        ),
        TroubleKind::VideoAbsent => (
            said("No video player", "Kein Videospieler"),
            said("Install mpv, or turn video off in the settings", "Installiere mpv oder schalte Video aus"),
        ),
        TroubleKind::TemplateBroken => (
            said("Template not readable", "Vorlage unlesbar"),
            said("Run moodbox check: it names file and line", "moodbox check nennt Datei und Zeile"),
        ),
        TroubleKind::LibraryEmpty => (
            said("Library is empty", "Sammlung ist leer"),
            said("Add music or videos", "Leg Musik oder Videos dazu"),
        ),
        TroubleKind::CardFull => (
            said("The card is full", "Die Karte ist voll"),
            said("Free some room: I learn nothing until then", "Schaff Platz: bis dahin lerne ich nichts"),
        ),
        TroubleKind::Stopped => (
            said("Something went wrong", "Etwas ging schief"),
            said(
                "I try again. Still here? journalctl -u moodbox",
                "Ich versuche es neu. Noch hier? journalctl -u moodbox",
            ),
        ),
        TroubleKind::SettingsBroken => (
            said("Settings not usable", "Einstellungen falsch"),
            said("Run moodbox check: it names the line", "moodbox check nennt die Zeile"),
        ),
        TroubleKind::PowerDenied => (
            said("I may not shut down", "Abschalten nicht erlaubt"),
            said(
                "Install moodbox’s polkit rule, or use the switch",
                "Installiere die polkit-Regel von moodbox",
            ),
        ),
        TroubleKind::Other => (
            said("Something is wrong", "Etwas stimmt nicht"),
            said("moodbox check and the log say more", "moodbox check und das Log sagen mehr"),
        ),
    };
    TroubleWords { title: title.r#in(language), cure: cure.r#in(language) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_a_short_name_and_a_short_cure() {
        for kind in TroubleKind::ALL {
            for language in Language::ALL {
                let TroubleWords { title, cure } = trouble(kind, language);
                assert!((1..=26).contains(&title.chars().count()), "{kind:?}: {title}");
                assert!((1..=70).contains(&cure.chars().count()), "{kind:?}: {cure}");
            }
        }
    }
}
