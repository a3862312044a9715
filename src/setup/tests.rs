use super::*;
use crate::config;
use crate::ports::panel::presets::PRESETS;

/// As Debian 12 brings it, but for its comments: no output, no `auto_update`.
const DEBIAN: &str = "music_directory\t\t\"/var/lib/mpd/music\"\n#auto_update\t\"yes\"\n#audio_output {\n#\ttype \"alsa\"\n#}\n\
                      user\t\"mpd\"\nfilesystem_charset\t\t\"UTF-8\"\n";

const CARDS: &str = " 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n                      vc4-hdmi-0\n \
                     1 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones\n";
const DAC: &str =
    " 2 [Device         ]: USB-Audio - USB Sound Device\n                      at usb-1, full speed\n";

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        machine.write("etc/moodbox/moodbox.toml", &config::packaged());
        machine.write("boot/firmware/config.txt", "# by hand\n[pi4]\narm_boost=1\n");
        machine.write("etc/mpd.conf", DEBIAN);
        machine.write("proc/asound/cards", CARDS);
        machine
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn plan(&self, answers: &Answers) -> Plan {
        plan(&Files::below(self.0.path()), answers).unwrap()
    }

    /// Writes what is planned, and insists that nothing is left to do.
    fn set_up(&self, answers: &Answers) -> Plan {
        let plan = self.plan(answers);
        for change in &plan.changes {
            let path = change.path.strip_prefix(self.0.path()).unwrap();
            self.write(path.to_str().unwrap(), &change.text);
        }
        assert_eq!(self.plan(answers).changes, [], "the second time there is nothing to do");
        plan
    }
}

fn answers(hat: &str) -> Answers {
    Answers {
        mode: Some("household".into()),
        language: Some("de".into()),
        hat: Some(hat.into()),
        ..Answers::default()
    }
}

#[test]
fn what_is_set_up_for_each_board_is_a_configuration_without_a_conflict() {
    for preset in PRESETS {
        let machine = Machine::new();
        let plan = machine.set_up(&answers(preset.name));
        let name = preset.name;
        let config = config::parse(&machine.read("etc/moodbox/moodbox.toml"), name).unwrap();
        assert_eq!(config.light.as_deref(), preset.light, "{name}");
        assert_eq!(config.button.lines[0].1, preset.buttons.press, "{name}");
        assert_eq!(preset.light.is_none(), plan.notes.iter().any(|note| note.contains("no LED")), "{name}");
        let boot = machine.read("boot/firmware/config.txt");
        for line in ["dtparam=spi=on", "camera_auto_detect=1"]
            .into_iter()
            .chain(preset.sound.map_or(&[][..], |s| s.config).iter().copied())
        {
            assert_eq!(boot.lines().filter(|other| *other == line).count(), 1, "{name}: {line} in\n{boot}");
        }
        assert!(boot.starts_with("# by hand\n[pi4]\narm_boost=1\n\n[all]\n"), "{boot}");
        // From any board to any other, with wiring of an own in between.
        for other in PRESETS {
            machine.set_up(&Answers { button: Some("GPIO27".into()), ..answers("adafruit-1.3-bonnet") });
            machine.set_up(&answers(other.name));
            config::parse(&machine.read("etc/moodbox/moodbox.toml"), other.name).unwrap();
        }
    }
}

#[test]
fn without_a_screen_or_a_light_their_sections_are_off_and_come_back() {
    let machine = Machine::new();
    let none = || Some("none".to_owned());
    machine.set_up(&Answers { hat: none(), light: none(), ..Answers::default() });
    let config = config::parse(&machine.read("etc/moodbox/moodbox.toml"), "none").unwrap();
    assert!(config.panel.is_none() && config.light.is_none() && config.music.is_some());
    machine.set_up(&Answers { light: Some("GPIO22".into()), ..answers("pirate-audio") });
    let config = config::parse(&machine.read("etc/moodbox/moodbox.toml"), "back").unwrap();
    assert_eq!((config.panel.unwrap().size(), config.light.as_deref()), ((240, 240), Some("GPIO22")));
}

#[test]
fn what_a_person_wrote_stays() {
    let machine = Machine::new();
    let own = "# mine\n[device]\nmode = \"public\" # a library\nnotice = \"Hier schaut eine Kamera\"\n[button]\nline = \"GPIO4\"\n[panel]\npreset = \"ili9341\"\nrotation = 270\n";
    machine.write("etc/moodbox/moodbox.toml", own);
    machine.write("boot/firmware/config.txt", "dtparam=spi=off\ndtoverlay=vc4-kms-v3d\n");
    machine.set_up(&Answers::default());
    assert_eq!(machine.read("etc/moodbox/moodbox.toml"), own);
    let plan = machine.set_up(&Answers { language: Some("de".into()), ..Answers::default() });
    assert_eq!(
        machine.read("etc/moodbox/moodbox.toml"),
        own.replace("[device]\n", "[device]\nlanguage = \"de\"\n")
    );
    assert!(machine.read("boot/firmware/config.txt").contains("dtparam=spi=off"));
    assert!(plan.notes.iter().any(|note| note.contains("dtparam=spi=off")), "{:?}", plan.notes);
}

#[test]
fn answers_that_cannot_be_are_refused_with_what_there_is() {
    let machine = Machine::new();
    let files = Files::below(machine.0.path());
    for (answers, words) in [
        (answers("bigger"), "there are: pirate-audio"),
        (Answers { button: Some("GPIO17\"; reboot".into()), ..Answers::default() }, "a name such as GPIO17"),
        (Answers { sound: Some("Loud".into()), ..Answers::default() }, "Headphones (bcm2835 Headphones)"),
    ] {
        let error = plan(&files, &answers).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn mpd_gets_an_output_with_a_mixer_on_the_card_that_is_meant_and_its_own_file_stays() {
    let ours = "etc/moodbox/mpd.conf";
    for (cards, hat, wanted, card) in [
        (CARDS.to_owned(), "adafruit-1.54", None, "Headphones"),
        (format!("{CARDS}{DAC}"), "adafruit-1.54", None, "Device"),
        (format!("{CARDS}{DAC}"), "adafruit-1.54", Some("vc4hdmi0"), "vc4hdmi0"),
        // Its overlay is loaded at the next start only.
        (CARDS.to_owned(), "pirate-audio", None, "sndrpihifiberry"),
    ] {
        let machine = Machine::new();
        machine.write("proc/asound/cards", &cards);
        let plan = machine.set_up(&Answers { sound: wanted.map(str::to_owned), ..answers(hat) });
        assert!(plan.mpd);
        let text = machine.read(ours);
        assert!(text.contains(&format!("device \"default:CARD={card}\"")), "{text}");
        assert!(text.contains("include \"/etc/mpd.conf\"") && text.contains("auto_update \"yes\""), "{text}");
        assert_eq!(machine.read("etc/mpd.conf"), DEBIAN);
        // What was chosen stays when nothing is said of it, and goes with its board.
        machine.write("proc/asound/cards", &format!("{CARDS}{DAC}"));
        assert!(!machine.set_up(&Answers::default()).mpd, "{card}");
        if hat == "pirate-audio" {
            assert!(machine.set_up(&answers("waveshare-1.3")).mpd);
            assert!(machine.read(ours).contains("CARD=Device"));
        }
    }
}

#[test]
fn an_mpd_that_a_person_set_up_is_left_alone_and_said_so() {
    let machine = Machine::new();
    machine.write("etc/mpd.conf", &format!("{DEBIAN}audio_output {{\n\ttype \"pulse\"\n}}\n"));
    let plan = machine.set_up(&answers("ili9341"));
    assert!(!plan.mpd && plan.notes.iter().any(|note| note.contains("mixer_type \"software\"")), "{plan:?}");
    machine.write("etc/mpd.conf", &format!("{DEBIAN}auto_update \"no\"\n"));
    machine.set_up(&answers("ili9341"));
    assert!(
        !machine.read("etc/moodbox/mpd.conf").contains("auto_update"),
        "MPD refuses a setting that stands twice"
    );
}

#[test]
fn without_a_card_mpd_gets_a_mixer_all_the_same_and_the_card_that_comes_is_taken() {
    let machine = Machine::new();
    let ours = "etc/moodbox/mpd.conf";
    // While an image is built, the kernel that answers is that of another machine.
    let files = Files::of_image(machine.0.path());
    let of_image = plan(&files, &answers("ili9341")).unwrap();
    assert!(of_image.changes.iter().any(|change| change.text.contains("device \"default\"")), "{of_image:?}");
    machine.write("proc/asound/cards", "--- no soundcards ---\n");
    let plan = machine.set_up(&answers("ili9341"));
    assert!(plan.notes.iter().any(|note| note.contains("no sound card")), "{:?}", plan.notes);
    assert!(machine.read(ours).contains("device \"default\""));
    machine.write("proc/asound/cards", CARDS);
    machine.set_up(&Answers::default());
    assert!(machine.read(ours).contains("device \"default:CARD=Headphones\""), "{}", machine.read(ours));
}

#[test]
fn answers_that_do_not_go_together_leave_the_settings_as_they_are() {
    let machine = Machine::new();
    let files = Files::below(machine.0.path());
    let wrong = Answers { button: Some("GPIO13".into()), ..answers("pirate-audio") };
    let error = plan(&files, &wrong).unwrap_err().to_string();
    assert!(error.starts_with("nothing was written") && error.contains("both on GPIO13"), "{error}");
}
