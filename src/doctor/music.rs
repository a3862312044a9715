//! MPD, its library, and where the sound comes out.

use super::{Finding, Patient, Subject, System, configured, tone};
use crate::ports::music::{Mpd, Music, MusicError, MusicSettings, Output};

const PART: Subject = Subject::Music;

/// Songs that MPD is asked to open.
const TRIED: usize = 8;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(mut skipped) => {
            skipped.extend(configured(patient, Subject::Sound).err().unwrap_or_default());
            return skipped;
        }
    };
    let Some(settings) = &config.music else {
        let sound = match config.video {
            Some(_) => cards(&patient.system),
            None => Finding::skipped(Subject::Sound, "the configuration has neither music nor video"),
        };
        return vec![Finding::skipped(PART, "the configuration has none"), sound];
    };
    let mut findings = match server(settings, config.start_volume) {
        Ok(found) => vec![found],
        Err(error) => return vec![refused(error), cards(&patient.system)],
    };
    findings.extend(library(settings));
    match Mpd::outputs(settings) {
        Ok(outputs) => {
            findings.extend(sound(&patient.system, &outputs));
            findings.extend(tone::check(patient, config));
        }
        Err(error) => findings.push(refused(error)),
    }
    findings
}

fn server(settings: &MusicSettings, start_volume: u8) -> Result<Finding, MusicError> {
    // Looking must not change what the daemon remembers of its queue.
    let mut mpd = Mpd::new(MusicSettings { memory: None, ..settings.clone() });
    mpd.connect()?;
    let status = mpd.status()?;
    // Whether it can be set shows only when it is: to what it is, or to what a press would begin with.
    mpd.set_volume(status.volume.unwrap_or(start_volume))?;
    Ok(match status.fault {
        Some(fault) => Finding::fault(
            PART,
            format!("MPD at {} cannot play: {fault}", mpd.place()),
            "check `audio_output` in /etc/mpd.conf, and the sound device with `aplay -l`",
        ),
        None => Finding::ok(PART, format!("MPD at {} answers", mpd.place())),
    })
}

fn library(settings: &MusicSettings) -> Option<Finding> {
    let songs = match Mpd::library(settings) {
        Ok((songs, _)) => songs,
        Err(error) => return Some(refused(error.of_library())),
    };
    // A few from all over it: where a disk is not mounted, none can be opened.
    let step = songs.len().div_ceil(TRIED).max(1);
    let tried: Vec<String> = songs.iter().step_by(step).map(|entry| entry.id.to_owned()).collect();
    let away = match Mpd::unreadable(settings, &tried) {
        Ok(away) => away,
        Err(error) => return Some(refused(error)),
    };
    Some(match songs.len() {
        count if away.is_some() => Finding::fault(
            PART,
            format!(
                "MPD knows {count} tracks and can open none of the {} that were tried, as of {}",
                tried.len(),
                away.unwrap_or_default()
            ),
            "mount the disk or the network folder that the music lies on; if the files are gone for good: `moodbox library update`",
        ),
        0 => Finding::warning(
            PART,
            "MPD knows no track",
            "copy music into /srv/moodbox/music (any user of the group `audio` may, by scp too): MPD finds it by \
             itself once `sudo moodbox setup` has run",
        ),
        count => Finding::ok(PART, format!("{count} tracks")),
    })
}

fn sound(system: &System, outputs: &[Output]) -> Vec<Finding> {
    const PART: Subject = Subject::Sound;
    let on: Vec<&Output> = outputs.iter().filter(|output| output.enabled).collect();
    if on.is_empty() {
        let cure = match outputs.first() {
            Some(output) => format!("switch one on: `mpc enable \"{}\"`", output.name),
            None => "add an `audio_output` to /etc/mpd.conf".to_owned(),
        };
        return vec![Finding::fault(PART, "no output of MPD is on", cure)];
    }
    let names: Vec<String> = on.iter().map(|output| format!("{} ({})", output.name, output.plugin)).collect();
    let mut findings = vec![Finding::ok(PART, format!("MPD plays to {}", names.join(", ")))];
    if on.iter().any(|output| output.plugin == "alsa") {
        findings.push(cards(system));
    }
    findings
}

/// The sound cards that the kernel knows.
fn cards(system: &System) -> Finding {
    const PART: Subject = Subject::Sound;
    let text = system.read("/proc/asound/cards").unwrap_or_default();
    let cards: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once("]: ")?.1.trim())).collect();
    if cards.is_empty() {
        return Finding::fault(
            PART,
            "there is no sound card",
            format!(
                "add `dtparam=audio=on`, or the overlay of your DAC, to {} and reboot",
                system.boot_config()
            ),
        );
    }
    Finding::ok(PART, cards.join(", "))
}

fn refused(error: MusicError) -> Finding {
    Finding::fault(PART, error.what(), error.cure())
}
