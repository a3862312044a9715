//! Tries the camera, the button and the light of this machine, without the rest of the kiosk.
//!
//! ```text
//! ports camera [NAME] [--format FOURCC] [--light LINE] [--within SECONDS]
//!                                                        one capture; the colours of each of its six frames
//! ports hold NAME SECONDS                                streams, so that the camera is busy
//! ports control NODE NAME VALUE                          sets a control of a camera by its name
//! ports button LINE EDGES SECONDS [--high] [--rppal]     waits for that many edges
//! ports light LINE SECONDS                               lights it for so long
//! ports panel DEVICE DC RESET LIGHT                      shows screens on a 240x240 ST7789
//! ```
//!
//! No picture leaves the process: what is printed of a frame are the mean colours of eight strips.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use moodbox::ports::button::{self, Backend, ButtonSettings};
use moodbox::ports::camera::formats::{Rgb, to_rgb};
use moodbox::ports::camera::fourcc::known;
use moodbox::ports::camera::v4l2::V4l2Camera;
use moodbox::ports::camera::worker::{CaptureSettings, capture};
use moodbox::ports::camera::{Camera, Frame};
use moodbox::ports::light::gpio::GpioLight;
use moodbox::ports::light::{NoLight, SharedLight};
use moodbox::ports::panel::presets::SpiSettings;
use moodbox::ports::panel::spi::SpiPanel;
use moodbox::ports::panel::{Panel, Picture, screen_samples, screens};
use moodbox_core::kiosk::event::{Button, Event, Observation};
use moodbox_core::text::Language;
use sha2::{Digest, Sha256};

fn main() -> ExitCode {
    moodbox::cli::log::start("error", 0);
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAULT {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<()> {
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let flag = |name: &str| words.iter().any(|word| word == name);
    let option = |name: &str| words.iter().skip_while(|word| *word != name).nth(1).cloned();
    match word(0) {
        "camera" => {
            let mut settings = CaptureSettings::default();
            if let Some(within) = option("--within") {
                settings.within = seconds(&within)?;
            }
            camera(word(1), option("--format"), option("--light"), &settings)
        }
        "hold" => hold(word(1), seconds(word(2))?),
        "control" => control(word(1), word(2), word(3).parse().context("a number")?),
        "button" => buttons(
            word(1),
            word(2).parse().context("edges")?,
            seconds(word(3))?,
            flag("--high"),
            flag("--rppal"),
        ),
        "light" => light(word(1), seconds(word(2))?),
        "panel" => panel(word(1), word(2), word(3), word(4)),
        _ => bail!("say camera, hold, control, button, light or panel; see the head of examples/ports.rs"),
    }
}

fn seconds(word: &str) -> anyhow::Result<Duration> {
    Ok(Duration::from_secs_f64(word.parse().with_context(|| format!("`{word}` is no number of seconds"))?))
}

fn camera(
    name: &str,
    format: Option<String>,
    line: Option<String>,
    settings: &CaptureSettings,
) -> anyhow::Result<()> {
    let mut camera = V4l2Camera::new(name);
    if let Some(letters) = format {
        let letters: [u8; 4] = letters.as_bytes().try_into().context("a format has four letters")?;
        let format = known(v4l::FourCC::new(&letters)).context("moodbox does not read this format")?;
        camera = camera.with_formats(vec![format]);
    }
    let light = match line {
        Some(line) => SharedLight::new(Box::new(GpioLight::open(&line, false)?)),
        None => SharedLight::new(Box::new(NoLight)),
    };
    let begun = Instant::now();
    let mut rgb = Rgb::new();
    let mut look = |frame: &Frame| {
        to_rgb(frame, &mut rgb)?;
        let (width, height) = (rgb.width, rgb.height);
        println!(
            "FRAME {:?} {width}x{height} at {} ms: {}",
            frame.format,
            begun.elapsed().as_millis(),
            strips(&rgb)
        );
        Ok(Observation { copy: false, faces: 0, rival: 0.0, scores: None })
    };
    let mut saw = 0;
    let mut send = |event| match event {
        Event::CaptureStarted => println!("STARTED after {} ms", begun.elapsed().as_millis()),
        Event::FrameObserved(_) => saw += 1,
        _ => {}
    };
    let ended = capture(&mut camera, &light, settings, &mut look, &|| false, &mut send);
    if let Err(trouble) = ended {
        bail!("{:?}: {}", trouble.kind, trouble.report);
    }
    println!("SAW {saw} frames from {}", camera.describe());
    Ok(())
}

/// The mean colour of eight strips from left to right, over the middle rows.
fn strips(rgb: &Rgb) -> String {
    let (width, height) = (rgb.width as usize, rgb.height as usize);
    let colors = (0..8).map(|strip| {
        let columns = (strip * 2 + 1) * width / 16..(strip * 2 + 1) * width / 16 + (width / 32).max(1);
        let mut sum = [0usize; 3];
        let mut count = 0;
        for y in height * 5 / 8..height * 7 / 8 {
            for x in columns.clone() {
                let start = (y * width + x) * 3;
                sum.iter_mut()
                    .zip(&rgb.data[start..start + 3])
                    .for_each(|(sum, byte)| *sum += usize::from(*byte));
                count += 1;
            }
        }
        let [r, g, b] = sum.map(|sum| sum / count.max(1));
        format!("{r:02x}{g:02x}{b:02x}")
    });
    colors.collect::<Vec<_>>().join(" ")
}

fn hold(name: &str, time: Duration) -> anyhow::Result<()> {
    let light = SharedLight::new(Box::new(NoLight));
    let mut stream = V4l2Camera::new(name).start(light.turn_on()?)?;
    println!("HOLDING");
    let (end, mut frame) = (Instant::now() + time, Frame::new());
    while Instant::now() < end {
        stream.next(Instant::now() + Duration::from_secs(2), &mut frame)?;
    }
    Ok(())
}

fn control(node: &str, name: &str, value: i64) -> anyhow::Result<()> {
    let device = v4l::Device::with_path(node)?;
    let controls = device.query_controls()?;
    let control = controls.iter().find(|control| control.name == name);
    let Some(control) = control else {
        let names: Vec<&str> = controls.iter().map(|control| control.name.as_str()).collect();
        bail!("no control `{name}`; there are {}", names.join(", "));
    };
    device.set_control(v4l::Control { id: control.id, value: v4l::control::Value::Integer(value) })?;
    println!("SET {name} to {value}");
    Ok(())
}

fn buttons(line: &str, edges: usize, time: Duration, high: bool, rppal: bool) -> anyhow::Result<()> {
    let settings = ButtonSettings {
        backend: if rppal { Backend::Rppal } else { Backend::Gpiocdev },
        lines: vec![(Button::Main, line.to_owned())],
        active_low: !high,
        ..ButtonSettings::default()
    };
    let mut buttons = button::open(&settings)?;
    println!("READY for {edges} edges");
    let begun = Instant::now();
    let mut seen = 0;
    while seen < edges {
        let left = time.saturating_sub(begun.elapsed());
        if left.is_zero() {
            bail!("{seen} of {edges} edges");
        }
        if let Some((_, edge)) = buttons.next(left)? {
            seen += 1;
            println!("EDGE {edge:?} at {} ms", begun.elapsed().as_millis());
        }
    }
    Ok(())
}

fn light(line: &str, time: Duration) -> anyhow::Result<()> {
    let light = SharedLight::new(Box::new(GpioLight::open(line, false)?));
    let on = light.turn_on()?;
    println!("LIT");
    std::thread::sleep(time);
    drop(on);
    println!("OUT");
    Ok(())
}

/// Shows three screens, the last one twice, and names each picture by the sum of its RGB565 bytes, so that
/// it can be found again on the other side of the wire.
fn panel(device: &str, dc: &str, reset: &str, backlight: &str) -> anyhow::Result<()> {
    let preset = SpiSettings::preset("pirate-audio").context("no such preset")?;
    let settings = SpiSettings {
        device: device.to_owned(),
        dc: dc.to_owned(),
        reset: Some(reset.to_owned()),
        backlight: Some(backlight.to_owned()),
        ..preset
    };
    let mut panel = SpiPanel::new(settings);
    let (width, height) = panel.size();
    let all = screen_samples::examples(Language::En);
    for name in ["idle", "mood-happy", "mood-sad", "mood-sad"] {
        let (_, screen) = all.iter().find(|(known, _)| known == name).context("no such screen")?;
        let mut picture = Picture::new(width, height);
        screens::draw(screen, Language::En, &mut picture);
        let begun = Instant::now();
        panel.show(&picture)?;
        let took = begun.elapsed().as_millis();
        let bytes: Vec<u8> =
            (0..height).flat_map(|y| picture.row(y)).flat_map(|pixel| pixel.to_be_bytes()).collect();
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        println!("@@ panel {name} {sum} shown in {took} ms");
    }
    Ok(())
}
