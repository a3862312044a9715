//! mpv, the videos, and the screen that they are shown on.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::{Finding, Patient, Subject, System, configured};
use crate::config::VideoChoice;
use crate::ports::process;
use crate::ports::video::VideoError;
use crate::ports::video::folder::{self, VideoFolders, Videos};
use crate::ports::video::{About, about};

const PART: Subject = Subject::Video;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(choice) = &config.video else {
        return vec![Finding::skipped(PART, "the configuration has none")];
    };
    let mut findings = vec![player(&patient.system, choice)];
    findings.extend(videos(choice));
    findings
}

fn player(system: &System, choice: &VideoChoice) -> Finding {
    let settings = &choice.settings;
    if let Some(socket) = &settings.socket {
        return match about(socket, Duration::from_secs(2)) {
            Ok(about) => unit(system, &socket.display().to_string(), &about),
            Err(error) => refused(error),
        };
    }
    let program = settings.program.display().to_string();
    let version = process::output(Command::new(&settings.program).arg("--version"), Duration::from_secs(10));
    match version {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let words: Vec<&str> = text.split_whitespace().take(2).collect();
            Finding::ok(PART, format!("{} starts", words.join(" ")))
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said.lines().last().map_or(output.status.to_string(), str::to_owned);
            refused(VideoError::Start { program, reason: why })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => refused(VideoError::NoProgram { program }),
        Err(error) => refused(VideoError::Start { program, reason: error.to_string() }),
    }
}

fn refused(error: VideoError) -> Finding {
    Finding::fault(PART, error.what(), error.cure())
}

/// The mpv that systemd runs.
fn unit(system: &System, place: &str, about: &About) -> Finding {
    let answers = format!("mpv answers at {place}");
    if about.output == "null" && connectors(system).iter().any(|(_, connected)| *connected) {
        return Finding::warning(
            PART,
            format!("{answers}, and draws on no screen: it started when none was connected"),
            "`sudo systemctl restart moodbox-video`",
        );
    }
    match (about.format.as_str(), about.decoder.as_str()) {
        ("" | "png", _) => Finding::ok(PART, format!("{answers}; how it decodes shows while a video plays")),
        (format, "" | "no") => Finding::ok(
            PART,
            format!(
                "{answers}, and decodes {format} by the processor, which a small board has little of: smaller videos cost less"
            ),
        ),
        (format, decoder) => {
            Finding::ok(PART, format!("{answers}, and decodes {format} in hardware ({decoder})"))
        }
    }
}

/// The connectors of the display drivers, and whether a screen is on them.
fn connectors(system: &System) -> Vec<(String, bool)> {
    let connectors = system.starting("/sys/class/drm", "card").into_iter();
    connectors
        .filter_map(|connector| {
            let state = system.read(format!("{connector}/status"))?;
            Some((connector, state == "connected"))
        })
        .collect()
}

fn videos(choice: &VideoChoice) -> Vec<Finding> {
    let videos = VideoFolders { folders: choice.folders.clone(), guarded: false };
    let Videos { items, errors, .. } = folder::catalog(&videos);
    if let Some(error) = errors.first() {
        return vec![Finding::warning(
            PART,
            error.to_string(),
            "make the folder, or correct `folders` under [video]",
        )];
    }
    if items.is_empty() {
        return vec![Finding::warning(
            PART,
            "there is no video",
            "copy videos into a folder of [video], or leave it out",
        )];
    }
    let mut findings = vec![Finding::ok(PART, format!("{} videos", items.len()))];
    let without_length: Vec<&str> =
        items.iter().filter(|item| item.length.is_none()).map(|item| item.id.as_str()).collect();
    // Kinds that only ffprobe reads say nothing of themselves where it is not installed.
    let broken = items.iter().find(|item| !folder::needs_ffprobe(&item.id));
    if let Some(first) = broken.filter(|_| without_length.len() == items.len()) {
        return vec![Finding::fault(
            PART,
            format!("none of the {} videos can be read, as of {:?}", items.len(), first.id),
            "see that the copies are whole, or convert them, for example `ffmpeg -i old.avi new.mp4`",
        )];
    }
    if let Some(first) = without_length.first() {
        findings.push(Finding::warning(
            PART,
            format!("the length of {} of them is not known, as of {first}", without_length.len()),
            "`sudo apt install ffmpeg`: its ffprobe reads the length of MPEG streams, WMV and FLV; of another \
             kind the file may be broken",
        ));
    }
    findings
}

/// The screen that videos are shown on.
pub(super) fn screen(patient: &Patient) -> Vec<Finding> {
    const PART: Subject = Subject::Hdmi;
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    if config.video.is_none() {
        return vec![Finding::skipped(PART, "the configuration has no video")];
    }
    let system = &patient.system;
    let connectors = connectors(system);
    let connected: Vec<String> = connectors
        .iter()
        .filter(|(_, connected)| *connected)
        .map(|(connector, _)| {
            let name = connector.rsplit('/').next().unwrap_or_default();
            let mode = system.read(format!("{connector}/modes")).unwrap_or_default();
            format!("{name} {}", mode.lines().next().unwrap_or("without a mode"))
        })
        .collect();
    // An mpv of our own shows its window on the desktop; one that systemd runs has no part in it.
    let own_unit = config.video.as_ref().is_some_and(|choice| choice.settings.socket.is_some());
    if own_unit && let Some(desktop) = desktop(system) {
        return vec![Finding::warning(
            PART,
            format!("a desktop ({desktop}) holds the screen, so no video is seen on it"),
            "`sudo systemctl set-default multi-user.target` and reboot, or take Raspberry Pi OS Lite",
        )];
    }
    vec![if !connected.is_empty() {
        Finding::ok(PART, connected.join(", "))
    } else if !connectors.is_empty() {
        Finding::warning(
            PART,
            "no screen is connected",
            "connect the screen and switch it on before the Pi starts, or leave out [video]",
        )
    } else {
        Finding::warning(
            PART,
            "there is no display driver",
            format!(
                "add `dtoverlay=vc4-kms-v3d` to {} and reboot, or leave out [video]",
                system.boot_config()
            ),
        )
    }]
}

/// Programs that draw a desktop: those of Raspberry Pi OS, and what else is usual. They hold the screen as long as they
/// run.
const DESKTOPS: [&str; 8] =
    ["labwc", "wayfire", "Xorg", "gnome-shell", "kwin_wayland", "sway", "weston", "mutter"];

/// The program that draws a desktop here, if one runs.
fn desktop(system: &System) -> Option<&'static str> {
    let processes =
        system.list("/proc").into_iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let mut names = processes.filter_map(|number| system.read(format!("/proc/{number}/comm")));
    names.find_map(|name| DESKTOPS.into_iter().find(|desktop| *desktop == name))
}
