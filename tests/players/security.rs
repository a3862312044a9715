//! What keeps others out: the rights of files and sockets, and what the units say.

use crate::{daemon, support};

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use daemon::Device;
use moodbox::ports::video::{Mpv, Video};
use support::mpv;

fn photo(path: &Path) {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/photos/astronaut.png");
    fs::copy(known, path).expect("deploy/fetch-assets brings the photo");
}

fn rights(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

fn unit(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name)).unwrap()
}

#[test]
fn the_socket_of_mpv_is_for_its_own_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    // As others may have left it.
    let runtime = folder.path().join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o777)).unwrap();
    let mut player = Mpv::new(mpv::settings(folder.path()));
    let (wake, _woken) = crossbeam_channel::bounded(1);
    player.open(wake).unwrap();
    assert_eq!(rights(&runtime), 0o700);
    let sockets: Vec<_> = fs::read_dir(&runtime)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "png"))
        .collect();
    assert!(!sockets.is_empty());
    for socket in sockets {
        assert_eq!(rights(&socket), 0o600, "{}", socket.display());
    }
}

/// As many as one address may try in a minute; each takes 19 MiB while it is checked.
#[test]
fn wrong_passwords_leave_no_memory_taken_in_any_environment() {
    let word = "correct horse battery";
    let lock = tempfile::NamedTempFile::new().unwrap();
    let stored = moodbox::config::password::StoredPassword::make(word).unwrap();
    fs::write(lock.path(), stored.as_str()).unwrap();
    let more = format!("password_file = \"{}\"\n", lock.path().display());
    let device = Device::start(photo, &more, Some(word), |program, _| {
        let mut command = Command::new(program);
        // As the unit sets it, and as no unit does.
        command.env_remove("MALLOC_MMAP_THRESHOLD_").env_remove("MALLOC_ARENA_MAX");
        command
    });
    let status = format!("/proc/{}/status", device.process().as_raw_nonzero());
    let resident = || -> usize {
        let status = fs::read_to_string(&status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let before = resident();
    for guess in 0..9 {
        let answer = device.ask(
            &format!("GET /api/state?{guess} HTTP/1.1\r\nAuthorization: Bearer wrong {guess}\r\nX-Rest:"),
            "",
        );
        assert!(answer.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&answer));
    }
    let kept = resident().saturating_sub(before);
    assert!(kept < 12 * 1024, "{kept} kB are kept");
}

#[test]
fn what_is_remembered_is_for_its_own_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.json");
    moodbox::library::history::save(&file, &Default::default()).unwrap();
    assert_eq!(rights(&file), 0o600);
    // A file that others could read is replaced by one that they cannot.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    moodbox::library::history::save(&file, &Default::default()).unwrap();
    assert_eq!(rights(&file), 0o600);
    for name in ["StateDirectoryMode=0700", "RuntimeDirectoryMode=0700", "UMask=0077"] {
        assert!(unit("moodbox.service").lines().any(|line| line == name), "{name}");
    }
    assert!(unit("moodbox-video.service").lines().any(|line| line == "RuntimeDirectoryMode=0700"));
}

#[test]
fn a_stick_is_mounted_so_that_nothing_on_it_is_written_run_or_trusted() {
    let mount = unit("run-media-moodbox.mount");
    let options = mount.lines().find_map(|line| line.strip_prefix("Options=")).unwrap();
    let options: Vec<&str> = options.split(',').collect();
    for wanted in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(options.contains(&wanted), "{wanted}");
    }
}

#[test]
fn the_page_is_not_opened_to_the_network_without_a_password() {
    for (listen, opens) in [
        ("127.0.0.1:8740", true),
        ("[::1]:8740", true),
        ("0.0.0.0:8740", false),
        ("192.168.1.2:80", false),
        ("[::]:8740", false),
    ] {
        let text = format!(
            "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[web]\nlisten = \"{listen}\"\n"
        );
        let parsed = moodbox::config::parse(&text, "test");
        assert_eq!(parsed.is_ok(), opens, "{listen}");
    }
}

#[test]
fn a_public_device_that_cannot_tell_people_is_refused() {
    let text = "[device]\nmode = \"public\"\n[button]\nline = \"GPIO17\"\n[prompts]\nenabled = \"off\"\n";
    let told = moodbox::config::parse(text, "test").unwrap_err().to_string();
    assert!(told.contains("[panel]") && told.contains("[prompts]"), "{told}");
    assert!(moodbox::config::parse(&format!("{text}[panel]\npreset = \"ili9341\"\n"), "test").is_ok());
    assert!(moodbox::config::parse(&text.replace("off", "on"), "test").is_ok());
    assert!(moodbox::config::parse(&text.replace("public", "household"), "test").is_ok());
}
