//! Cures of music, videos and the broker, with real servers and players.

use std::io::Write;
use std::path::Path;

use moodbox::doctor::{Patient, Subject};
use moodbox::ports::music::MusicSettings;

use super::{Device, Trial, quoted};
use crate::doctor::PLAIN;
use crate::support::broker::{self, Broker};
use crate::support::mpd::{SONGS, Server};
use crate::support::{self, signal, wait_for};

const MUSIC: Subject = Subject::Music;
const VIDEO: Subject = Subject::Video;
const BROKER: Subject = Subject::Broker;

pub const TRIALS: &[Trial] = &[
    Trial { cure: "`sudo systemctl start mpd`, or set `address`", tried: mpd_is_away },
    Trial { cure: "write one that mpd.conf gives read, add and control", tried: another_password },
    Trial { cure: "wait a minute if it has just started", tried: mpd_is_silent },
    Trial { cure: "correct `address` under [music]", tried: no_mpd },
    Trial { cure: "`sudo moodbox setup` gives MPD an output with a mixer", tried: no_mixer },
    Trial { cure: "add `sticker_file \"/var/lib/mpd/sticker.sql\"`", tried: no_stickers },
    Trial { cure: "give our password in mpd.conf the permission `admin`", tried: stickers_denied },
    Trial { cure: "set `address` under [music] to MPD itself", tried: mopidy },
    Trial { cure: "check `audio_output` in /etc/mpd.conf", tried: output_that_fails },
    Trial { cure: "copy music into /srv/moodbox/music", tried: no_track },
    Trial { cure: "mount the disk or the network folder", tried: all_away },
    Trial { cure: "switch one on: `mpc enable \"{}\"`", tried: output_off },
    Trial { cure: "`sudo apt install mpv`, or leave out [video]", tried: no_mpv },
    Trial { cure: "`sudo apt install --reinstall mpv`", tried: broken_mpv },
    Trial { cure: "`sudo systemctl start moodbox-video`", tried: mpv_away },
    Trial { cure: "copy videos into a folder of [video]", tried: no_video },
    Trial { cure: "make the folder, or correct `folders`", tried: no_folder },
    Trial { cure: "see that the copies are whole, or convert them", tried: broken_videos },
    Trial { cure: "see broker in [mqtt], and whether the broker runs", tried: broker_away },
    Trial { cure: "see user and password_file in [mqtt]", tried: broker_password },
    Trial { cure: "see user and password_file in [mqtt], and the broker's rights", tried: broker_rights },
    Trial { cure: "see ca_file in [mqtt]", tried: broker_certificate },
    Trial { cure: "mend [mqtt] in the configuration", tried: broker_name },
];

fn music(device: &Device, server: &Server, more: &str) -> Patient {
    device.patient(&at(&server.socket(), more))
}

fn at(socket: &Path, more: &str) -> String {
    format!("{PLAIN}[music]\naddress = \"{}\"\n{more}", socket.display())
}

/// MPD with another configuration, which Debian's restart reads.
fn restart_with(server: &mut Server, change: impl FnOnce(String) -> String) {
    let file = server.beside("mpd.conf");
    let text = change(std::fs::read_to_string(&file).unwrap());
    std::fs::write(file, text).unwrap();
    server.kill();
    server.launch();
}

fn mpd_is_away(device: &Device) {
    let mut server = Server::start();
    let other = Server::start();
    server.kill();
    device.told(&music(device, &server, ""), MUSIC);
    device.gone(&music(device, &other, ""), MUSIC);
    server.launch();
    device.gone(&music(device, &server, ""), MUSIC);
}

fn another_password(device: &Device) {
    let server = Server::with_password("secret");
    let file = device.pi.path("/etc/moodbox/mpd-password");
    // Listening only, as the second password of that server.
    device.pi.write("/etc/moodbox/mpd-password", "listen\n");
    let more = format!("password_file = \"{}\"\n", file.display());
    device.told(&music(device, &server, &more), MUSIC);
    device.pi.write("/etc/moodbox/mpd-password", "secret\n");
    device.gone(&music(device, &server, &more), MUSIC);
}

fn mpd_is_silent(device: &Device) {
    let mut server = Server::start();
    signal(server.child(), "STOP");
    let with = |server: &Server| {
        let mut patient = music(device, server, "");
        if let Ok(moodbox::config::Config { music: Some(MusicSettings { exchange, .. }), .. }) =
            &mut patient.config
        {
            *exchange = std::time::Duration::from_secs(1);
        }
        patient
    };
    device.told(&with(&server), MUSIC);
    server.kill();
    server.launch();
    device.gone(&with(&server), MUSIC);
}

/// A server on a port of its own that greets so, and answers each line by `reply`.
fn talker(greeting: &'static str, reply: fn(&str) -> String) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let _ = client.write_all(greeting.as_bytes());
                let reader = std::io::BufReader::new(client.try_clone().unwrap());
                for line in std::io::BufRead::lines(reader).map_while(Result::ok) {
                    if client.write_all(reply(&line).as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn no_mpd(device: &Device) {
    let server = Server::start();
    let port = talker("220 mail.example ESMTP\r\n", |_| "500 what\r\n".into());
    device.told(&device.patient(&format!("{PLAIN}[music]\naddress = \"127.0.0.1:{port}\"\n")), MUSIC);
    device.gone(&music(device, &server, ""), MUSIC);
}

/// As Mopidy answers: like MPD, without `search` in windows.
fn mopidy(device: &Device) {
    let server = Server::start();
    let port = talker("OK MPD 0.19.0\n", |line| {
        if line.starts_with("search") || line.starts_with("find") {
            "ACK [2@0] {search} incorrect arguments\n".into()
        } else if line.starts_with("status") {
            "volume: 40\nstate: stop\nOK\n".into()
        } else {
            "OK\n".into()
        }
    });
    device.told(&device.patient(&format!("{PLAIN}[music]\naddress = \"127.0.0.1:{port}\"\n")), MUSIC);
    device.gone(&music(device, &server, ""), MUSIC);
}

/// `sudo moodbox setup` writes into the machine that tests; the two other ways are tried here.
fn no_mixer(device: &Device) {
    let mut server = Server::without_mixer();
    device.told(&music(device, &server, ""), MUSIC);
    device.gone(&music(device, &server, "volume_cap = 100\n"), MUSIC);
    let line = quoted(&device.told(&music(device, &server, ""), MUSIC), "mixer_type");
    restart_with(&mut server, |text| text.replace("mixer_type \"none\"", &line));
    device.gone(&music(device, &server, ""), MUSIC);
}

/// What `moodbox library set` says where the feeling of a song is kept in a sticker.
fn set_feeling(device: &Device, server: &Server, more: &str) -> String {
    music(device, server, more);
    let config = device.config().display().to_string();
    let words = ["library", "set", SONGS[0].0, "--valence", "0.4", "--config", &config];
    let output = device.moodbox(&words, "");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn no_stickers(device: &Device) {
    let mut server = Server::start();
    let mut line = String::new();
    restart_with(&mut server, |text| {
        let (kept, sticker): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| !line.trim_start().starts_with("sticker_file"));
        line = sticker.concat();
        kept.join("\n") + "\n"
    });
    let told = set_feeling(device, &server, "");
    assert!(
        told.contains("add `sticker_file \"/var/lib/mpd/sticker.sql\"` to mpd.conf and restart it"),
        "{told}"
    );
    restart_with(&mut server, |text| format!("{text}{line}\n"));
    let told = set_feeling(device, &server, "");
    assert!(!told.contains("sticker_file") && told.contains("0.4"), "{told}");
}

fn stickers_denied(device: &Device) {
    let mut server = Server::with_password("secret");
    device.pi.write("/etc/moodbox/mpd-password", "secret\n");
    let more = format!("password_file = \"{}\"\n", device.pi.path("/etc/moodbox/mpd-password").display());
    restart_with(&mut server, |text| text.replace("@read,add,control,admin", "@read,add,control"));
    let told = set_feeling(device, &server, &more);
    assert!(told.contains("give our password in mpd.conf the permission `admin` too"), "{told}");
    restart_with(&mut server, |text| text.replace("@read,add,control", "@read,add,control,admin"));
    let told = set_feeling(device, &server, &more);
    assert!(!told.contains("permission") && told.contains("0.4"), "{told}");
}

/// An output on a card that is not there, once MPD has tried to play on it.
fn output_that_fails(device: &Device) {
    let mut server = Server::start();
    let null = " type \"null\"\n";
    restart_with(&mut server, |text| text.replace(null, " type \"alsa\"\n device \"hw:31,7\"\n"));
    let mut other = server.other();
    other.push(mpd::Song { file: SONGS[0].0.into(), ..mpd::Song::default() }).unwrap();
    let _ = other.play();
    wait_for("the error", || other.status().unwrap().error);
    device.told(&music(device, &server, ""), MUSIC);
    restart_with(&mut server, |text| text.replace(" type \"alsa\"\n device \"hw:31,7\"\n", null));
    server.other().play().unwrap();
    device.gone(&music(device, &server, ""), MUSIC);
}

/// MPD looks for files by itself, as `moodbox setup` has it do.
fn no_track(device: &Device) {
    let mut server = Server::start();
    let away = server.beside("away");
    std::fs::rename(server.beside("music"), &away).unwrap();
    std::fs::create_dir(server.beside("music")).unwrap();
    server.kill();
    let file = server.beside("mpd.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("auto_update \"no\"", "auto_update \"yes\"");
    std::fs::write(&file, text).unwrap();
    let _ = std::fs::remove_file(server.beside("tag_cache"));
    server.launch_with(0);
    device.told(&music(device, &server, ""), MUSIC);
    for (name, ..) in SONGS {
        std::fs::copy(away.join(name), server.file(name)).unwrap();
    }
    wait_for("MPD to find it", || {
        (server.other().stats().unwrap().songs as usize == SONGS.len()).then_some(())
    });
    device.gone(&music(device, &server, ""), MUSIC);
}

fn all_away(device: &Device) {
    let server = Server::start();
    let (music_folder, away) = (server.beside("music"), server.beside("away"));
    let unmount = || {
        std::fs::rename(&music_folder, &away).unwrap();
        std::fs::create_dir(&music_folder).unwrap();
    };
    unmount();
    let told = device.told(&music(device, &server, ""), MUSIC);
    std::fs::remove_dir(&music_folder).unwrap();
    std::fs::rename(&away, &music_folder).unwrap();
    device.gone(&music(device, &server, ""), MUSIC);
    // Gone for good.
    unmount();
    let config = device.config().display().to_string();
    let command = quoted(&told, "moodbox library update");
    let words: Vec<&str> = command.split_whitespace().skip(1).chain(["--config", &config]).collect();
    let output = device.moodbox(&words, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    wait_for("MPD to forget them", || (server.other().stats().unwrap().songs == 0).then_some(()));
    device.gone(&music(device, &server, ""), MUSIC);
}

fn output_off(device: &Device) {
    let server = Server::start();
    server.other().output(0, false).unwrap();
    let told = device.told(&music(device, &server, ""), Subject::Sound);
    let command = quoted(&told, "mpc enable");
    let name = command.split('"').nth(1).unwrap();
    let output = device.command("mpc", &["enable", name]).env("MPD_HOST", server.socket()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    device.gone(&music(device, &server, ""), Subject::Sound);
}

fn no_mpv(device: &Device) {
    let missing = format!("{PLAIN}[video]\nprogram = \"{}\"\n", device.pi.path("/bin/mpv").display());
    device.mended_by(VIDEO, &missing, PLAIN);
    install(device, "mpv");
    device.gone(&device.patient(&missing), VIDEO);
}

/// The machine's own program under `bin` of the device's folder, as a package would bring it.
fn install(device: &Device, program: &str) {
    let bin = device.pi.path("/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let found = std::process::Command::new("which").arg(program).output().unwrap().stdout;
    let found = String::from_utf8(found).unwrap();
    let _ = std::fs::remove_file(bin.join(program));
    std::os::unix::fs::symlink(found.trim(), bin.join(program)).unwrap();
}

fn broken_mpv(device: &Device) {
    let toml = format!("{PLAIN}[video]\nprogram = \"{}\"\n", device.pi.path("/bin/mpv").display());
    device.pi.write("/bin/mpv", "half a program");
    device.pi.permit(&device.pi.path("/bin/mpv"), 0o755);
    device.told(&device.patient(&toml), VIDEO);
    install(device, "mpv");
    device.gone(&device.patient(&toml), VIDEO);
}

/// What the unit starts: an mpv on that socket.
fn mpv_away(device: &Device) {
    let socket = device.pi.path("/mpv.sock");
    let toml = format!("{PLAIN}[video]\nsocket = \"{}\"\n", socket.display());
    device.told(&device.patient(&toml), VIDEO);
    let option = format!("--input-ipc-server={}", socket.display());
    let mut mpv =
        device.command("mpv", &["--no-config", "--idle", "--vo=null", "--ao=null", &option]).spawn().unwrap();
    wait_for("mpv", || std::os::unix::net::UnixStream::connect(&socket).ok());
    let well = device.patient(&toml);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| device.gone(&well, VIDEO)));
    mpv.kill().unwrap();
    mpv.wait().unwrap();
    outcome.unwrap();
}

fn clip(device: &Device, name: &str) {
    let file = device.pi.path("/videos").join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    support::ffmpeg("testsrc=duration=2:size=64x48:rate=25", &["-an"], file.to_str().unwrap());
}

fn videos(device: &Device) -> String {
    format!("{PLAIN}[video]\nfolders = [\"{}\"]\n", device.pi.path("/videos").display())
}

fn no_video(device: &Device) {
    std::fs::create_dir(device.pi.path("/videos")).unwrap();
    device.mended_by(VIDEO, &videos(device), PLAIN);
    clip(device, "a.mp4");
    device.gone(&device.patient(&videos(device)), VIDEO);
}

fn no_folder(device: &Device) {
    let missing = videos(device);
    device.told(&device.patient(&missing), VIDEO);
    clip(device, "a.mp4");
    device.mended_by(VIDEO, &missing.replace("/videos", "/nowhere"), &missing);
    device.gone(&device.patient(&missing), VIDEO);
}

/// A copy that broke off, and what `ffmpeg` makes of another one.
fn broken_videos(device: &Device) {
    clip(device, "old.avi");
    let (old, new) = (device.pi.path("/videos/old.avi"), device.pi.path("/videos/new.mp4"));
    let whole = std::fs::read(&old).unwrap();
    std::fs::write(&old, &whole[..9]).unwrap();
    let told = device.told(&device.patient(&videos(device)), VIDEO);
    std::fs::write(&old, &whole).unwrap();
    device.gone(&device.patient(&videos(device)), VIDEO);
    let command = quoted(&told, "ffmpeg");
    let mut words = command.split_whitespace();
    let converted = device
        .command(words.next().unwrap(), &words.collect::<Vec<_>>())
        .current_dir(device.pi.path("/videos"))
        .output()
        .unwrap();
    assert!(converted.status.success() && new.is_file(), "{}", String::from_utf8_lossy(&converted.stderr));
    std::fs::remove_file(old).unwrap();
    device.gone(&device.patient(&videos(device)), VIDEO);
}

fn mqtt(url: &str, more: &str) -> String {
    format!("{PLAIN}[mqtt]\nbroker = \"{url}\"\n{more}")
}

fn broker_away(device: &Device) {
    let mut broker = Broker::asleep();
    let toml = mqtt(&format!("mqtt://127.0.0.1:{}", broker.port), "");
    device.told(&device.patient(&toml), BROKER);
    broker.launch();
    device.gone(&device.patient(&toml), BROKER);
    device.gone(&device.patient(&toml.replace("127.0.0.1", "localhost")), BROKER);
}

/// mosquitto says "not authorised" to a wrong password too: both cures name the settings.
fn broker_password(device: &Device) {
    let broker = Broker::with_password("open sesame");
    let file = device.pi.path("/etc/moodbox/mqtt-password");
    let toml = mqtt(
        &format!("mqtt://127.0.0.1:{}", broker.port),
        &format!("user = \"moodbox\"\npassword_file = \"{}\"\n", file.display()),
    );
    device.pi.write("/etc/moodbox/mqtt-password", "wrong\n");
    device.told(&device.patient(&toml), BROKER);
    device.pi.write("/etc/moodbox/mqtt-password", "open sesame\n");
    device.gone(&device.patient(&toml), BROKER);
}

fn broker_rights(device: &Device) {
    let broker = Broker::with_password("open sesame");
    device.pi.write("/etc/moodbox/mqtt-password", "open sesame\n");
    let file = device.pi.path("/etc/moodbox/mqtt-password");
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    device.mended_by(
        BROKER,
        &mqtt(&url, ""),
        &mqtt(&url, &format!("user = \"moodbox\"\npassword_file = \"{}\"\n", file.display())),
    );
}

fn broker_certificate(device: &Device) {
    let server = Broker::with_tls();
    let other = device.pi.path("/etc/moodbox/other");
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    broker::authority(&other);
    let toml = |file: &Path| {
        mqtt(&format!("mqtts://localhost:{}", server.port), &format!("ca_file = \"{}\"\n", file.display()))
    };
    let own = server.file("ca.pem");
    device.mended_by(BROKER, &toml(&other.with_extension("pem")), &toml(&own));
}

/// A name that no certificate can hold.
fn broker_name(device: &Device) {
    let server = Broker::with_tls();
    let more = format!("ca_file = \"{}\"\n", server.file("ca.pem").display());
    device.mended_by(
        BROKER,
        &mqtt(&format!("mqtts://a..b:{}", server.port), &more),
        &mqtt(&format!("mqtts://localhost:{}", server.port), &more),
    );
}
