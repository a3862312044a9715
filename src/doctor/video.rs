//! mpv, the videos, and the screen that they are shown on.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Finding, Patient, Subject, configured};
use crate::config::VideoChoice;
use crate::ports::music::connect_unix;
use crate::ports::video::VideoError;
use crate::ports::video::folder::{self, VideoFolders, Videos};

const PART: Subject = Subject::Video;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(choice) = &config.video else {
        return vec![Finding::skipped(PART, "the configuration has none")];
    };
    let mut findings = vec![player(choice)];
    findings.extend(videos(choice));
    findings
}

fn player(choice: &VideoChoice) -> Finding {
    let settings = &choice.settings;
    if let Some(socket) = &settings.socket {
        return match connect_unix(socket, Duration::from_secs(2)) {
            Ok(_) => Finding::ok(PART, format!("mpv answers at {}", socket.display())),
            Err(error) => {
                refused(VideoError::Absent { place: socket.display().to_string(), reason: error.to_string() })
            }
        };
    }
    let program = settings.program.display().to_string();
    let version = Command::new(&settings.program).arg("--version").stdin(Stdio::null()).output();
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
    let connectors: Vec<String> = system.starting("/sys/class/drm", "card");
    let state = |connector: &String| system.read(format!("{connector}/status"));
    let connected: Vec<String> = connectors
        .iter()
        .filter(|connector| state(connector).as_deref() == Some("connected"))
        .map(|connector| {
            let name = connector.rsplit('/').next().unwrap_or_default();
            let mode = system.read(format!("{connector}/modes")).unwrap_or_default();
            format!("{name} {}", mode.lines().next().unwrap_or("without a mode"))
        })
        .collect();
    vec![if !connected.is_empty() {
        Finding::ok(PART, connected.join(", "))
    } else if connectors.iter().any(|connector| state(connector).is_some()) {
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
