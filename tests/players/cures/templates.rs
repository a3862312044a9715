//! Cures of templates that a person wrote.

use moodbox::doctor::Subject;

use super::{Device, Trial};
use crate::doctor::PLAIN;

macro_rules! trials {
    ($($cure:literal: $broken:expr => $mended:expr;)*) => {
        &[$(Trial { cure: $cure, tried: |device| edited(device, $broken, $mended) }),*]
    };
}

/// One file `music/sad.toml`, as it is and as the cure would have it.
pub const EDITS: &[Trial] = trials! {
    "did you mean `{meant}`?": "volum = 30\n" => "volume = 30\n";
    "the words known here are {}": "zzzzzz = 30\n" => "volume = 30\n";
    "give a whole number from {lowest} to {highest}": "volume = 300\n" => "volume = 100\n";
    "give it `tags`, `genres`": "[[pool]]\n" => "[[pool]]\ntags = [\"warm\"]\n";
    "give the least and the greatest": "[[pool]]\nvalence = [0.5, -0.5]\n" => "[[pool]]\nvalence = [-0.5, 0.5]\n";
    "give valence (unpleasant -1": "mode.journey = { to = [5.0, 0.0] }\n" => "mode.journey = { to = [0.5, 0.0] }\n";
    "see the head of the shipped template": "volume = \n" => "volume = 30\n";
    "take it out": "[[pool]]\ntags = [\"warm\", \"\"]\n" => "[[pool]]\ntags = [\"warm\"]\n";
    "write `en`, `de` or both": "why = {}\n" => "why = { en = \"Warm\" }\n";
    "write at most {MOST_POOLS}": &pools(33) => &pools(32);
    "write at most {MOST_WORDS}": &words(257) => &words(256);
    "write it as hours and minutes": "quiet = { from = \"25:00\", to = \"07:00\", volume = 25 }\n"
        => "quiet = { from = \"22:30\", to = \"07:00\", volume = 25 }\n";
    "write the value in the form": "volume = \"loud\"\n" => "volume = 30\n";
    "correct the file; until then": "nonsense = [" => "volume = 30\n";
    "the file holds signs that are no text": "volume = \0 30\n" => "volume =  30\n";
    "write straight quotes": "why = { en = “Warm” }\n" => "why = { en = \"Warm\" }\n";
    "this line holds a space": "volume\u{a0}= 30\n" => "volume = 30\n";
    "write a backslash twice": "[[pool]]\nfolders = [\"C:\\Users\"]\n" => "[[pool]]\nfolders = ['C:\\Users']\n";
    "put words between quotes": "mode = match\n" => "mode = \"match\"\n";
    "write name = value": "volume: 30\n" => "volume = 30\n";
};

/// What is cured by another file or another name.
pub const TRIALS: &[Trial] = &[
    Trial {
        cure: "move `{key}` to the mood's file in the folder `video`",
        tried: |device| {
            let patient = with(device, &[("music/sad.toml", b"speaks = \"video\"\n")]);
            device.told(&patient, Subject::Configuration);
            std::fs::write(folder(device).join("music/sad.toml"), "").unwrap();
            device
                .gone(&with(device, &[("video/sad.toml", b"speaks = \"video\"\n")]), Subject::Configuration);
        },
    },
    Trial { cure: "did you mean `{meant}.toml`?", tried: |device| renamed(device, "sadd", "sad") },
    Trial { cure: "the moods are {}", tried: |device| renamed(device, "zzzzzz", "sad") },
    Trial {
        cure: "make it, with the folders `music` and `video` in it",
        tried: |device| {
            let toml = format!("{PLAIN}[templates]\nfolder = \"{}\"\n", folder(device).display());
            // One that is not there is none; here a file lies in its place.
            device.pi.write("/etc/moodbox/templates", "");
            device.told(&device.patient(&toml), Subject::Configuration);
            // Or the setting is taken away.
            device.gone(&device.patient(PLAIN), Subject::Configuration);
            std::fs::remove_file(folder(device)).unwrap();
            for kind in ["music", "video"] {
                std::fs::create_dir_all(folder(device).join(kind)).unwrap();
            }
            device.gone(&device.patient(&toml), Subject::Configuration);
        },
    },
    Trial {
        cure: "save it as UTF-8",
        tried: |device| {
            let text = "why = { en = \"Wärme\" }\n";
            let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
            device.told(&with(device, &[("music/sad.toml", &latin)]), Subject::Configuration);
            device.gone(&with(device, &[("music/sad.toml", text.as_bytes())]), Subject::Configuration);
        },
    },
    Trial {
        cure: "let the user that moodbox runs as read it",
        tried: |device| {
            // Root may read everything; another user is asked to.
            let toml = format!("{PLAIN}[templates]\nfolder = \"{}\"\n", folder(device).display());
            with(device, &[("music/sad.toml", b"volume = 30\n")]);
            let file = folder(device).join("music/sad.toml");
            let told = |mode| {
                device.patient(&toml);
                device.pi.permit(&file, mode);
                let config = device.config().display().to_string();
                super::parts::as_nobody(device, &["check", "--config", &config])
            };
            let before = told(0o600);
            assert!(before.contains("let the user that moodbox runs as read it"), "{before}");
            let after = told(0o644);
            assert!(!after.contains("let the user") && after.contains("ok       templates"), "{after}");
        },
    },
];

fn pools(count: usize) -> String {
    "[[pool]]\ntags = [\"warm\"]\n".repeat(count)
}

fn words(count: usize) -> String {
    let words: Vec<String> = (0..count).map(|number| format!("\"word {number}\"")).collect();
    format!("[[pool]]\ntags = [{}]\n", words.join(", "))
}

fn folder(device: &Device) -> std::path::PathBuf {
    device.pi.path("/etc/moodbox/templates")
}

/// The device with these templates.
fn with(device: &Device, files: &[(&str, &[u8])]) -> moodbox::doctor::Patient {
    for (name, text) in files {
        let file = folder(device).join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    device.patient(&format!("{PLAIN}[templates]\nfolder = \"{}\"\n", folder(device).display()))
}

fn edited(device: &Device, broken: &str, mended: &str) {
    let told = device.told(&with(device, &[("music/sad.toml", broken.as_bytes())]), Subject::Configuration);
    // Where a word is meant, it is the one that helps.
    if let Some(meant) = told.what.split("did you mean `").nth(1) {
        assert!(mended.contains(meant.split('`').next().unwrap()), "{told:?}");
    }
    device.gone(&with(device, &[("music/sad.toml", mended.as_bytes())]), Subject::Configuration);
}

fn renamed(device: &Device, wrong: &str, right: &str) {
    let patient = with(device, &[(&format!("music/{wrong}.toml"), b"volume = 30\n")]);
    let told = device.told(&patient, Subject::Configuration);
    assert!(told.what.contains(right), "{told:?}");
    let music = folder(device).join("music");
    std::fs::rename(music.join(format!("{wrong}.toml")), music.join(format!("{right}.toml"))).unwrap();
    device.gone(&with(device, &[]), Subject::Configuration);
}
