//! The way from a phone to the page: the QR codes of the panel and of the terminal, read by `zbarimg`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use image::{GrayImage, Luma};
use moodbox::config::password::StoredPassword;

use crate::support::{signal, wait_for};

/// What a program that nobody here wrote reads in a picture.
fn read_by_zbar(picture: &Path) -> String {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture)
        .output()
        .expect("zbarimg: deploy/packages test");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn at_a_signal_the_panel_shows_the_address_as_a_code_that_other_programs_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("hash"), StoredPassword::make("correct horse battery").unwrap().as_str()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "[device]\nmode = \"household\"\n[button]\nline = \"no-such-line\"\n[camera]\nphotos = [\"{}\"]\n\
         [vision]\nmood_model = \"{}\"\n[panel]\npng = \"{}\"\n\
         [web]\nlisten = \"0.0.0.0:{port}\"\npassword_file = \"{}\"\nnames = [\"moodbox.local\"]\n",
        concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens.png"),
        at("no-model.toml").display(),
        at("panel.png").display(),
        at("hash").display(),
    );
    fs::write(at("moodbox.toml"), config).unwrap();
    let log = fs::File::create(at("log")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_moodbox"))
        .args(["run", "--config"])
        .arg(at("moodbox.toml"))
        .env("XDG_STATE_HOME", at("state"))
        .env("XDG_RUNTIME_DIR", at("run"))
        .stdin(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let daemon = Daemon(child);
    wait_for("the page", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    assert_eq!(read_by_zbar(&at("panel.png")), "", "it stands there only when it is asked for");
    signal(&daemon.0, "USR1");
    let read = wait_for("the code", || Some(read_by_zbar(&at("panel.png"))).filter(|read| !read.is_empty()));
    // By the number of a network that this machine is on, else by its name.
    assert!(read.starts_with("http://") && read.ends_with(&format!(":{port}/")), "{read}");
    assert!(!read.contains("0.0.0.0") && !read.contains("127."), "{read}");
}

#[test]
fn the_code_on_the_terminal_is_read_and_holds_the_address_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("etc/moodbox/moodbox.toml", "[device]\nmode = \"household\"\n[button]\nline = \"GPIO17\"\n[web]\n"),
        ("proc/net/route", ""),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let command = format!(
        "echo 'correct horse battery' | {} setup phone --yes --no-start --password-stdin \
         --listen 192.168.178.123:8740 --network 192.168.178.0/24 --root {}",
        env!("CARGO_BIN_EXE_moodbox"),
        folder.path().display()
    );
    // `script` of util-linux is the terminal.
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let picture = folder.path().join("terminal.png");
    draw(&said).save(&picture).unwrap();
    assert_eq!(read_by_zbar(&picture), "http://192.168.178.123:8740/", "{said}");
}

/// The half blocks of a terminal as a picture: each is two squares of some pixels.
fn draw(said: &str) -> GrayImage {
    const SIDE: u32 = 6;
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("\x1b[38;5;16;48;5;231m")?.strip_suffix("\x1b[0m"))
        .collect();
    let columns = lines.first().map_or(0, |line| line.chars().count()) as u32;
    let mut picture = GrayImage::from_pixel(columns * SIDE, 2 * lines.len() as u32 * SIDE, Luma([255]));
    for (row, line) in (0u32..).zip(lines) {
        for (column, block) in (0u32..).zip(line.chars()) {
            for (half, dark) in [(0, "█▀".contains(block)), (1, "█▄".contains(block))] {
                let (x, y) = (column * SIDE, (2 * row + half) * SIDE);
                for at in (0..SIDE * SIDE).filter(|_| dark) {
                    picture.put_pixel(x + at % SIDE, y + at / SIDE, Luma([0]));
                }
            }
        }
    }
    picture
}
