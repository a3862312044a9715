//! Cures of the configuration: files that cannot be read, lines that are not taken, and values that cannot be.

use moodbox::doctor::Subject;

use super::{Device, Trial, quoted};
use crate::doctor::PLAIN;

const PART: Subject = Subject::Configuration;

macro_rules! trials {
    ($($cure:literal: $broken:literal => $mended:literal;)*) => {
        &[$(Trial { cure: $cure, tried: |device| edited(device, $broken, $mended) }),*]
    };
}

/// What stands below a plain configuration, as it is and as the cure would have it. `DIR` is a folder with a file
/// `word` that holds a password, and a file `empty`.
pub const EDITS: &[Trial] = trials! {
    "Name in publish what is sent": "[mqtt]\nbroker = \"mqtt://a\"\npublish = []\ncommands = []\n"
        => "[mqtt]\nbroker = \"mqtt://a\"\n";
    "Use letters, digits, - and _": "[mqtt]\nbroker = \"mqtt://a\"\nid = \"my device\"\n"
        => "[mqtt]\nbroker = \"mqtt://a\"\nid = \"my-device\"\n";
    "Write a whole topic, without # and +": "[mqtt]\nbroker = \"mqtt://a\"\ndiscovery = \"home/#\"\n"
        => "[mqtt]\nbroker = \"mqtt://a\"\ndiscovery = \"home\"\n";
    "Write mqtt://host, mqtts://host": "[mqtt]\nbroker = \"localhost:1883\"\n"
        => "[mqtt]\nbroker = \"mqtt://localhost:1883\"\n";
    "Write mqtts:// instead of mqtt://": "[mqtt]\nbroker = \"mqtt://a\"\nca_file = \"DIR/word\"\n"
        => "[mqtt]\nbroker = \"mqtt://a\"\n";
    "Write the user that it belongs to": "[mqtt]\nbroker = \"mqtt://a\"\npassword_file = \"DIR/word\"\n"
        => "[mqtt]\nbroker = \"mqtt://a\"\npassword_file = \"DIR/word\"\nuser = \"moodbox\"\n";
    "Write a number from 0.1 to 125": "[panel]\npreset = \"ili9341\"\nclock_mhz = 500.0\n"
        => "[panel]\npreset = \"ili9341\"\nclock_mhz = 62.5\n";
    "Give each a line of its own": "[light]\nline = \"GPIO17\"\n" => "[light]\nline = \"GPIO27\"\n";
    "Keep `device` for a real camera": "[camera]\ndevice = \"auto\"\nphotos = [\"DIR/face.jpg\"]\n"
        => "[camera]\nphotos = [\"DIR/face.jpg\"]\n";
    "Let them end at another time": "[house]\nquiet = { from = \"22:00\", to = \"22:00\", volume = 20 }\n"
        => "[house]\nquiet = { from = \"22:00\", to = \"07:00\", volume = 20 }\n";
    "Lower start_volume or raise volume_cap": "[music]\nstart_volume = 90\n" => "[music]\nstart_volume = 30\n";
    "Write \"csi\" for the camera": "[camera]\ndevice = \"csi:x\"\n" => "[camera]\ndevice = \"csi:1\"\n";
    "Write \"host:port\", \"/path/of/its/socket\"": "[music]\naddress = \"my music\"\n"
        => "[music]\naddress = \"localhost:6600\"\n";
    "Write a name as `aplay -l` has it": "[prompts]\ncard = \"hw:1,0\"\n" => "[prompts]\ncard = \"Headphones\"\n";
    "Write names as they stand in the browser": "[web]\nnames = [\"http://moodbox.local:8080\"]\n"
        => "[web]\nnames = [\"moodbox.local\"]\n";
    "Write the password into that file, readable": "[music]\npassword_file = \"DIR/nothing\"\n"
        => "[music]\npassword_file = \"DIR/word\"\n";
    "Write the password into it, or remove the line": "[music]\npassword_file = \"DIR/empty\"\n"
        => "[music]\npassword_file = \"DIR/word\"\n";
};

fn edited(device: &Device, broken: &str, mended: &str) {
    device.pi.write("/etc/moodbox/word", "open sesame\n");
    device.pi.write("/etc/moodbox/empty", "\n");
    let folder = device.pi.path("/etc/moodbox").display().to_string();
    let whole = |more: &str| format!("{PLAIN}{}", more.replace("DIR", &folder));
    device.mended_by(PART, &whole(broken), &whole(mended));
}

/// What is cured by a command, another file, or what the report names.
pub const TRIALS: &[Trial] = &[
    Trial {
        cure: "save it as UTF-8 text that this user may read",
        tried: |device| {
            let text = format!("# Küche\n{PLAIN}");
            let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
            let patient = |bytes: &[u8]| {
                let mut patient = device.patient("");
                std::fs::write(device.config(), bytes).unwrap();
                patient.config = moodbox::config::load(&patient.config_path);
                patient
            };
            device.told(&patient(&latin), PART);
            device.gone(&patient(text.as_bytes()), PART);
        },
    },
    Trial {
        cure: "write one with `moodbox check --default > {path}`",
        tried: |device| {
            let again = || {
                let mut patient = device.patient("");
                let there = std::fs::read_to_string(device.pi.path("/etc/moodbox/kept")).ok();
                std::fs::remove_file(device.config()).unwrap();
                if let Some(text) = there {
                    std::fs::write(device.config(), text).unwrap();
                }
                patient.config = moodbox::config::load(&patient.config_path);
                patient
            };
            let command = quoted(&device.told(&again(), PART), "moodbox check");
            let (words, file) = command.split_once(" > ").unwrap();
            assert_eq!(file, device.config().display().to_string());
            let words: Vec<&str> = words.split_whitespace().skip(1).collect();
            let written = String::from_utf8(device.moodbox(&words, "").stdout).unwrap();
            device.pi.write("/etc/moodbox/kept", &written);
            device.gone(&again(), PART);
        },
    },
    Trial {
        cure: "correct that line; `moodbox check --default`",
        tried: |device| {
            let broken = format!("{PLAIN}[music]\nvolume_cap = \"lots\"\n");
            let told = device.told(&device.patient(&broken), PART);
            let command = quoted(&told, "moodbox check");
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let shipped = String::from_utf8(device.moodbox(&words, "").stdout).unwrap();
            let line = shipped.lines().find(|line| line.trim_start_matches("# ").starts_with("volume_cap"));
            let mended = format!("{PLAIN}[music]\n{}\n", line.unwrap().trim_start_matches("# "));
            device.gone(&device.patient(&mended), PART);
        },
    },
    Trial {
        cure: "Then start again",
        tried: |device| {
            let file = device.pi.path("/etc/moodbox/ca.pem");
            let toml = format!("{PLAIN}[mqtt]\nbroker = \"mqtts://a\"\nca_file = \"{}\"\n", file.display());
            let told = device.told(&device.patient(&toml), PART);
            assert!(told.what.contains("Write the certificate of the authority into it, as PEM"), "{told:?}");
            crate::support::broker::authority(&file.with_extension(""));
            device.gone(&device.patient(&toml), PART);
        },
    },
    Trial {
        cure: "The presets: {}",
        tried: |device| {
            let told = device.told(&device.patient(&format!("{PLAIN}[panel]\npreset = \"pirate\"\n")), PART);
            let names = told.cure.unwrap();
            for name in names.trim_start_matches("The presets: ").split(", ") {
                let name = name.trim_end_matches('.');
                device.gone(&device.patient(&format!("{PLAIN}[panel]\npreset = \"{name}\"\n")), PART);
            }
        },
    },
    Trial {
        cure: "Add a [panel], or let [prompts] be spoken",
        tried: |device| {
            let public = PLAIN.replace("household", "public") + "[prompts]\nenabled = \"off\"\n";
            device.told(&device.patient(&public), PART);
            for mended in [
                format!("{public}[panel]\npreset = \"ili9341\"\n"),
                public.replace("\"off\"", "\"on\""),
                public.replace("public", "workplace"),
            ] {
                device.gone(&device.patient(&mended), PART);
            }
        },
    },
    Trial {
        cure: "Write one line of 1 to {LONGEST_NOTICE} characters",
        tried: |device| {
            let with = |notice: &str| PLAIN.replace("[button]", &format!("notice = \"{notice}\"\n[button]"));
            device.mended_by(PART, &with(&"long ".repeat(40)), &with("A camera looks at you for your mood"));
        },
    },
    Trial {
        cure: "Make it with `moodbox password --file {}`, or remove the line",
        tried: |device| page_password(device, None),
    },
    Trial {
        cure: "Make it again with `moodbox password --file {}`",
        tried: |device| page_password(device, Some("written by hand\n")),
    },
    Trial {
        cure: "Run `sudo moodbox setup phone`; or make one",
        tried: |device| {
            // `setup phone` is tried by `tests/pure/setup_phone.rs`, here are the two other ways.
            let open = format!("{PLAIN}[web]\nlisten = \"0.0.0.0:8080\"\n");
            let told = device.told(&device.patient(&open), PART);
            let command = quoted(&told, "moodbox password");
            let named = "/etc/moodbox/web-password";
            assert!(command.ends_with(named), "{command}");
            let file = device.pi.path(named).display().to_string();
            make_password(device, &command.replace(named, &file));
            device.gone(&device.patient(&format!("{open}password_file = \"{file}\"\n")), PART);
            device.gone(&device.patient(&open.replace("0.0.0.0", "127.0.0.1")), PART);
        },
    },
];

fn make_password(device: &Device, command: &str) {
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let made = device.moodbox(&words, "a long word of mine\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A page whose password file is missing, or not made by the program.
fn page_password(device: &Device, there: Option<&str>) {
    let file = device.pi.path("/etc/moodbox/web-password");
    if let Some(text) = there {
        device.pi.write("/etc/moodbox/web-password", text);
    }
    let toml = format!("{PLAIN}[web]\npassword_file = \"{}\"\n", file.display());
    let told = device.told(&device.patient(&toml), PART);
    make_password(device, &quoted(&told, "moodbox password --file "));
    device.gone(&device.patient(&toml), PART);
}
