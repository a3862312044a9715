//! What a person gets wrong, and what the program says: one message that names the thing and the cure.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A folder with a configuration of the least that works, and room for what a test breaks.
struct House {
    folder: tempfile::TempDir,
    config: String,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let config = format!(
            "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[camera]\nphotos = [\"{}\"]\n\
             [vision]\nruntime = \"{}\"\nface_model = \"{}\"\nmood_model = \"{}\"\n",
            root.join("assets/photos/astronaut.png").display(),
            root.join("assets/lib/libtensorflowlite_c.so").display(),
            root.join("assets/models/face.tflite").display(),
            root.join("models/mood.toml").display(),
        );
        House { folder, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn with(mut self, more: &str) -> House {
        self.config.push_str(&more.replace("HOUSE", &self.folder.path().display().to_string()));
        self
    }

    fn swap(mut self, from: &str, to: &str) -> House {
        assert!(self.config.contains(from));
        self.config = self.config.replace(from, to);
        self
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, verb: &str) -> Command {
        self.write("moodbox.toml", &self.config);
        let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
        command.arg(verb).arg("--config").arg(self.path("moodbox.toml"));
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env_remove("MPD_HOST").env_remove("MPD_PORT").env_remove("MOODBOX_LOG");
        command.stdin(Stdio::null());
        command
    }

    fn check(&self) -> Output {
        self.command("check").output().unwrap()
    }
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for word in words {
        assert!(told.contains(word), "`{word}` is not said in:\n{told}");
    }
    assert!(!told.contains("panicked"), "{told}");
}

#[track_caller]
fn fails(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    says(output, words);
}

#[test]
fn a_right_configuration_is_ok() {
    let output = House::new().check();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    says(&output, &["ok       configuration", "ok       model"]);
}

#[test]
fn without_a_configuration_the_cure_is_a_command() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    let output = command.args(["run", "--config", "/nonexistent/moodbox.toml"]).output().unwrap();
    fails(&output, &["/nonexistent/moodbox.toml", "moodbox check --default > /nonexistent/moodbox.toml"]);
}

#[test]
fn the_shipped_configuration_can_be_printed_and_read_back() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    let shipped = command.args(["check", "--default"]).output().unwrap();
    let house = House::new();
    house.write("shipped.toml", &shipped.stdout);
    let mut command = Command::new(env!("CARGO_BIN_EXE_moodbox"));
    let output = command.arg("check").arg("--config").arg(house.path("shipped.toml")).output().unwrap();
    says(&output, &["ok       configuration"]);
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    fails(&House::new().swap("household", "office").check(), &["line 2", "office", "workplace"]);
}

#[test]
fn templates_that_are_wrong_are_named_with_file_line_and_cure() {
    let house = House::new().with("[templates]\nfolder = \"HOUSE/templates\"\n");
    house.write("templates/music/joyful.toml", "volume = 30\n");
    house.write("templates/music/sad.toml", "volume = 30\nlenght = { items = 3 }\n");
    house.write("templates/video/happy.toml", "speaks = \"nobody\"\n");
    fails(
        &house.check(),
        &["joyful", "music/sad.toml:2", "lenght", "length", "video/happy.toml:1", "nobody"],
    );
}

#[test]
fn a_model_file_that_is_cut_or_foreign_is_refused() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let sidecar = fs::read_to_string(models.join("mood.toml")).unwrap();
    let model = fs::read(models.join("mood.tflite")).unwrap();
    let original = models.join("mood.toml").display().to_string();
    for (broken, word) in [(&model[..model.len() / 2], "sha256"), (b"not a model at all", "mood.tflite")] {
        let house = House::new().swap(&original, "MODEL");
        let path = house.path("model/mood.toml").display().to_string();
        let house = house.swap("MODEL", &path);
        house.write("model/mood.toml", &sidecar);
        house.write("model/mood.tflite", broken);
        fails(&house.check(), &["FAULT    model", word]);
    }
    fails(
        &House::new().swap(&original, "/nonexistent/mood.toml").check(),
        &["FAULT    model", "/nonexistent/mood.toml"],
    );
}

#[test]
fn a_runtime_library_that_is_not_there_is_named() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lib/libtensorflowlite_c.so");
    let house = House::new().swap(&library.display().to_string(), "/nonexistent/libtensorflowlite_c.so");
    fails(&house.check(), &["FAULT    model", "/nonexistent/libtensorflowlite_c.so"]);
}

#[test]
fn without_mpd_and_videos_check_says_how_to_get_them() {
    let house =
        House::new().with("[music]\naddress = \"HOUSE/mpd.sock\"\n[video]\nfolders = [\"HOUSE/videos\"]\n");
    fails(
        &house.check(),
        &["FAULT    library: no MPD at", "mpd.sock", "systemctl start mpd", "videos", "Create the folder"],
    );
}

#[test]
fn a_library_in_which_nothing_fits_a_template_is_a_warning_that_says_what_is_missing() {
    let house = House::new().with("[video]\nfolders = [\"HOUSE/videos\"]\n");
    fs::create_dir(house.path("videos")).unwrap();
    let output = house.check();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    says(&output, &["warning  template: video/sad.toml: the library has no video"]);
}

#[test]
fn a_template_that_no_video_satisfies_is_a_warning_that_says_what_is_missing() {
    let house = House::new()
        .with("[video]\nfolders = [\"HOUSE/videos\"]\n[templates]\nfolder = \"HOUSE/templates\"\n");
    house.write("videos/sea/waves.mp4", "");
    house.write("templates/video/sad.toml", "[[pool]]\ntags = [\"kittens\", \"puppies\"]\n");
    house.write("templates/video/happy.toml", "[[pool]]\ntags = [\"sea\"]\n");
    let output = house.check();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    says(
        &output,
        &["warning  template: video/sad.toml: no video in the library has the tag `kittens` (or 1 more)"],
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("video/happy.toml"), "{output:?}");
}

#[test]
fn a_photo_that_is_none_is_named_at_the_press() {
    let house = House::new();
    house.write("me.jpg", "this is a letter");
    let photo = house.path("me.jpg");
    let mut command = house.command("demo");
    let output = command.args(["--press", "--exit", "--json", "--photo"]).arg(&photo).output().unwrap();
    fails(&output, &["me.jpg"]);
    let missing =
        house.command("demo").args(["--press", "--exit", "--photo", "/nonexistent.jpg"]).output().unwrap();
    fails(&missing, &["/nonexistent.jpg"]);
}

#[test]
fn the_daemon_goes_on_without_its_button_says_so_and_leaves_when_asked() {
    let house =
        House::new().with("[panel]\npng = \"HOUSE/panel.png\"\n[music]\naddress = \"HOUSE/mpd.sock\"\n");
    let house = house.swap("GPIO17", "no-such-line");
    let mut daemon = house.command("run").stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(daemon.stderr.take().unwrap());
    let mut wanted = vec!["no-such-line", "no MPD at"];
    let mut told = String::new();
    // The log ends when the daemon does, so this cannot wait for ever on a daemon that died.
    for line in log.lines() {
        let line = line.unwrap();
        wanted.retain(|word| !line.contains(word));
        told.push_str(&line);
        told.push('\n');
        if wanted.is_empty() {
            break;
        }
    }
    assert!(wanted.is_empty(), "{wanted:?} is not said in:\n{told}");
    let picture = house.path("panel.png");
    assert!(
        soon(|| fs::read(&picture).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG"))),
        "no panel was drawn"
    );
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    let mut status = None;
    assert!(soon(|| {
        status = daemon.try_wait().unwrap();
        status.is_some()
    }));
    assert!(status.unwrap().success(), "{status:?}");
}

/// Asks again and again, for ten seconds at most.
fn soon(mut happened: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if happened() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
