//! A USB stick that comes and goes: a real MPD and the daemon, in a mount namespace of their own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::support::mpd::debian_configuration;
use super::support::run;

/// What systemd does when a stick comes and goes, in a mount namespace of its own: mount with the options of the
/// unit, the command of its service, unmount, the command again. No disk is there, so it is memory that is mounted.
const PLUG_IN_AND_OUT: &str = r#"
cd "$1"; moodbox=$2; options=$3
fail() { echo "$1" >&2; cat log >&2; exit 1; }
until_log_says() {
    tries=0
    until grep -q "$1" log; do
        tries=$((tries + 1)); [ $tries -lt 600 ] || fail "waited in vain for: $1"
        sleep 0.05
    done
}
mpd --no-daemon mpd.conf 2>/dev/null & mpd=$!
"$moodbox" run --config moodbox.toml 2>log & daemon=$!
trap 'kill $mpd $daemon; wait' EXIT
until_log_says "music library has 1 tracks"
until_log_says "video library has 1 videos"
mount -t tmpfs none stick
cp onto/* stick
mount -o "remount,$options" stick
grep " $1/stick " /proc/self/mounts > mounted
if touch stick/new 2>/dev/null; then fail "a stick was written to"; fi
"$moodbox" library update stick --config moodbox.toml
until_log_says "music library has 2 tracks"
until_log_says "video library has 2 videos"
"$moodbox" library --list --config moodbox.toml > with
umount -l stick
"$moodbox" library update stick --config moodbox.toml
tries=0
until [ "$(grep -c "music library has 1 tracks" log)" = 2 ] && [ "$(grep -c "video library has 1 videos" log)" = 2 ]; do
    tries=$((tries + 1)); [ $tries -lt 600 ] || fail "the stick is still there"
    sleep 0.05
done
"$moodbox" library --list --config moodbox.toml > without
"#;

#[test]
fn a_stick_is_offered_while_it_is_there_and_gone_without_it() {
    // Mounts of its own, which anybody may have, or root alone where the system is strict.
    let namespaces: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let given = |words: &[&str]| {
        Command::new("unshare").args(words).arg("true").status().is_ok_and(|status| status.success())
    };
    let namespace =
        namespaces.into_iter().find(|words| given(words)).expect("this system gives no mount namespaces");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["music", "videos", "stick", "onto", "playlists", "run"] {
        fs::create_dir(at(name)).unwrap();
    }
    let sound = ["-v", "error", "-f", "lavfi", "-i", "sine=duration=5", "-metadata", "genre=jazz"];
    let picture = ["-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=32x32"];
    for song in ["music/own.ogg", "onto/Björk 1.ogg"] {
        run("ffmpeg", &[&sound[..], &[&at(song)]].concat());
    }
    for video in ["videos/own.mkv", "onto/clip.mkv"] {
        run("ffmpeg", &[&picture[..], &[&at(video)]].concat());
    }
    // The link that the package makes in MPD's folder.
    std::os::unix::fs::symlink(at("stick"), at("music/stick")).unwrap();
    let mpd = debian_configuration(folder.path(), "software", "");
    fs::write(at("mpd.conf"), mpd).unwrap();
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"no-such-line\"\n[camera]\nphotos = [\"none.png\"]\n\
         [vision]\nmood_model = \"none.toml\"\n[music]\naddress = \"{}\"\n[video]\nfolders = [\"{}\", \"{}\"]\n",
        at("socket"),
        at("videos"),
        at("stick"),
    );
    fs::write(at("moodbox.toml"), config).unwrap();
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/run-media-moodbox.mount");
    let unit = fs::read_to_string(unit).unwrap();
    let options = unit.lines().find_map(|line| line.strip_prefix("Options=")).unwrap();
    let output = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-eu", "-c", PLUG_IN_AND_OUT, "sh"])
        .arg(folder.path())
        .args([env!("CARGO_BIN_EXE_moodbox"), options])
        .env("XDG_STATE_HOME", at("state"))
        .env("XDG_RUNTIME_DIR", at("run"))
        .env_remove("MOODBOX_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    for option in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(read("mounted").contains(option), "{option}: {}", read("mounted"));
    }
    for there in ["stick/Björk 1.ogg", "/stick/clip.mkv"] {
        assert!(read("with").contains(there), "{}", read("with"));
        assert!(!read("without").contains(there), "{}", read("without"));
    }
}
