//! What of a device may not work, and what is wrong with it, as plain names. The words are in [`crate::text`].

use serde::Serialize;

/// A part of the device that may be missing or fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The camera.
    Camera,
    /// The models that find and read faces.
    Vision,
    /// The light beside the camera.
    Light,
    /// The small screen.
    Panel,
    /// The buttons.
    Button,
    /// The music player.
    Music,
    /// The video player.
    Video,
    /// The templates on disk.
    Templates,
    /// What was learnt, on disk.
    Library,
    /// What the music player does with its own files: ill while it reads them.
    Scan,
    /// What there is to play: ill while that is nothing at all.
    Stock,
    /// Whether what the music player was given could be played: ill once nothing of it could.
    Tracks,
    /// The same of the video player.
    Clips,
    /// Whether a video that is to be heard has a sound device.
    Sound,
    /// The spoken prompts.
    Prompts,
}

/// Whether a part works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Well,
    /// It does not.
    Ill(Trouble),
}

/// Something that does not work, in words for two readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What it is, as the panel names it (the panel has room for about forty letters).
    pub kind: TroubleKind,
    /// The whole report for the log and the terminal: what, where, and the cure.
    pub report: String,
}

/// The troubles that the panel has words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each names its words in `text::trouble`")]
pub enum TroubleKind {
    CameraMissing,
    CameraBusy,
    CameraSilent,
    CameraFormat,
    CameraDenied,
    /// The program that reads the camera on the ribbon cable is not installed.
    CameraProgram,
    /// There is none on the ribbon cable.
    CameraRibbon,
    /// That program ended during a look.
    CameraDied,
    /// It sends less than a frame.
    CameraTooLittle,
    VisionBroken,
    ButtonDenied,
    LightDenied,
    PanelBroken,
    MusicAbsent,
    MusicPassword,
    MusicSilent,
    /// The player has no mixer, so its loudness cannot be held under the cap.
    MusicVolume,
    /// The player reads its files, and knows none of them yet.
    MusicScanning,
    /// The player answers and does not let its library be read.
    MusicUnlisted,
    /// Nothing of what was chosen could be played: a disk is away, or all files are broken.
    TracksUnplayable,
    /// The same of the videos.
    ClipsUnplayable,
    /// A player plays, and there is no device for the sound.
    NoSound,
    VideoAbsent,
    TemplateBroken,
    LibraryEmpty,
    /// What is learnt finds no room on the card.
    CardFull,
    /// The daemon itself ended in failure, or was ended because it hung.
    Stopped,
    /// The configuration cannot be used, so the daemon does not start.
    SettingsBroken,
    PowerDenied,
    Other,
}

impl TroubleKind {
    /// Every kind.
    pub const ALL: [TroubleKind; 30] = [
        TroubleKind::CameraMissing,
        TroubleKind::CameraBusy,
        TroubleKind::CameraSilent,
        TroubleKind::CameraFormat,
        TroubleKind::CameraDenied,
        TroubleKind::CameraProgram,
        TroubleKind::CameraRibbon,
        TroubleKind::CameraDied,
        TroubleKind::CameraTooLittle,
        TroubleKind::VisionBroken,
        TroubleKind::ButtonDenied,
        TroubleKind::LightDenied,
        TroubleKind::PanelBroken,
        TroubleKind::MusicAbsent,
        TroubleKind::MusicPassword,
        TroubleKind::MusicSilent,
        TroubleKind::MusicVolume,
        TroubleKind::MusicScanning,
        TroubleKind::MusicUnlisted,
        TroubleKind::TracksUnplayable,
        TroubleKind::ClipsUnplayable,
        TroubleKind::NoSound,
        TroubleKind::VideoAbsent,
        TroubleKind::TemplateBroken,
        TroubleKind::LibraryEmpty,
        TroubleKind::CardFull,
        TroubleKind::Stopped,
        TroubleKind::SettingsBroken,
        TroubleKind::PowerDenied,
        TroubleKind::Other,
    ];
}
