//! The daemon that ships, with the camera on the ribbon cable. Only Raspberry Pi's own program is a stand-in
//! (`tests/support/rpicam-vid`): it is in no archive that this machine reaches, and needs a Pi's camera.

use crate::daemon;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use daemon::Device;
use rustix::process::Signal;

/// Frames of 640 x 480 in which a person smiles, as the program writes them.
fn smile(file: &Path) {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/photos/astronaut.png");
    let photo = image::open(known).expect("deploy/fetch-assets brings the photo").into_rgb8();
    let mut scene = image::RgbImage::from_pixel(640, 480, image::Rgb([110; 3]));
    image::imageops::overlay(&mut scene, &photo, 60, 0);
    let value = |x: u32, y: u32, plane: usize| {
        let [r, g, b] = scene.get_pixel(x, y).0.map(f32::from);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let all = [luma, 128.0 + (b - luma) / 1.772, 128.0 + (r - luma) / 1.402];
        all[plane].round().clamp(0.0, 255.0) as u8
    };
    let mut bytes: Vec<u8> = (0..640 * 480).map(|at| value(at % 640, at / 640, 0)).collect();
    for plane in [1, 2] {
        bytes.extend((0..320 * 240).map(|at| value(at % 320 * 2, at / 320 * 2, plane)));
    }
    fs::write(file, bytes).unwrap();
}

/// A device whose camera fares as a story says; the story may be changed while it runs.
fn device(story: &str) -> Device {
    Device::start(
        |_| {},
        "",
        None,
        |program, folder| {
            let file = folder.join("moodbox.toml");
            let text = fs::read_to_string(&file).unwrap();
            let photos = text.lines().find(|line| line.starts_with("photos")).unwrap();
            fs::write(&file, text.replace(photos, "device = \"csi\"")).unwrap();
            let bin = folder.join("bin");
            fs::create_dir(&bin).unwrap();
            smile(&folder.join("smile.yuv"));
            fs::write(folder.join("story"), story).unwrap();
            let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/rpicam-vid");
            let (here, stand_in) = (folder.display(), stand_in.display());
            let script = format!(
                "#!/bin/sh\nSTORY=$(cat {here}/story) FOLDER={here} PICTURE={here}/smile.yuv \
             exec python3 {stand_in} \"$@\"\n"
            );
            let program_file = bin.join("rpicam-vid");
            fs::write(&program_file, script).unwrap();
            fs::set_permissions(&program_file, fs::Permissions::from_mode(0o755)).unwrap();
            let path = std::env::var("PATH").unwrap_or_default();
            let mut command = Command::new(program);
            command.env("PATH", format!("{}:{path}", bin.display()));
            command
        },
    )
}

fn log(device: &Device) -> String {
    fs::read_to_string(device.path("stderr")).unwrap_or_default()
}

/// The number of the process that streams, once it does.
fn streaming(device: &Device) -> String {
    device.until("the camera streams", |device| device.path("pid").exists());
    fs::read_to_string(device.path("pid")).unwrap().trim().to_owned()
}

/// Gone; one that nobody has waited for yet has nothing open any more.
fn is_gone(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.is_empty() || status.contains("State:\tZ")
}

#[test]
fn a_press_looks_by_the_ribbon_camera_and_leaves_no_program() {
    let mut device = device("deaf");
    device.press();
    device.until("it has looked", |device| device.state()["looks"].as_u64() == Some(1));
    let process = streaming(&device);
    device.until("the program is gone", |_| is_gone(&process));
    device.until("it is ready again", |device| device.state()["phase"] == "idle");
    assert!(device.end(Signal::TERM).unwrap().success());
    let options = fs::read_to_string(device.path("options")).unwrap();
    assert!(options.contains("--codec yuv420 --width 640 --height 480"), "{options}");
}

#[test]
fn a_program_that_ends_in_mid_look_is_told_and_the_next_press_is_well() {
    let device = device("dies");
    device.press();
    device.until("the trouble is told", |device| {
        log(device).contains("rpicam-vid ended while the camera was on")
    });
    assert!(log(&device).contains("rpicam-hello"), "with its cure");
    device.until("it goes on", |device| device.state()["troubles"].to_string().contains("camera"));
    fs::write(device.path("story"), "well").unwrap();
    device.until("it looks again", |device| {
        let state = device.state();
        if state["phase"] == "idle" {
            device.press();
        }
        state["looks"].as_u64() >= Some(1)
    });
    device.until("it is well again", |device| !device.state()["troubles"].to_string().contains("camera"));
}

#[test]
fn a_daemon_that_is_killed_in_mid_look_leaves_no_camera_on() {
    // Never a frame, and deaf for the closed pipe: only the kernel can end it.
    let mut device = device("silent");
    device.press();
    let process = streaming(&device);
    assert!(!is_gone(&process));
    device.end(Signal::KILL);
    device.until("the program is gone", |_| is_gone(&process));
}
