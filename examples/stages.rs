//! One stage of the work, so many times over: for counting its instructions, with `deploy/bench-arm64`.
//!
//! `stages STAGE TIMES`, with the stages that `stages list` names. What is done once at the start is in
//! every count: two counts with different times give the stage alone.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use moodbox::bench::panel::session;
use moodbox::bench::suggest::Case;
use moodbox::bench::vision::{SIZE, Stages};
use moodbox::port_factory::vision_config;
use moodbox::ports::camera::formats::{Rgb, to_grey, to_rgb};
use moodbox::ports::camera::{Frame, PixelFormat};
use moodbox::ports::panel::changes::changed_parts;
use moodbox::ports::panel::{Picture, screens};
use moodbox::ports::vision::align::{Framing, align};
use moodbox::ports::vision::{Track, Vision};
use moodbox::{bench, config, port_factory};
use moodbox_core::kiosk::event::Event;
use moodbox_core::kiosk::{State, step};
use moodbox_core::text::Language;

const STAGES: [&str; 12] = [
    "decode-yuyv",
    "decode-mjpg",
    "decode-mjpg-grey",
    "find",
    "align",
    "classify",
    "capture",
    "draw",
    "changes",
    "suggest-10k",
    "step",
    "load",
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (stage, times) = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["list"] => {
            println!("{}", STAGES.join("\n"));
            return Ok(());
        }
        [stage, times] => ((*stage).to_owned(), times.parse::<u32>().context("TIMES is a number")?),
        _ => bail!("usage: stages STAGE TIMES, or stages list"),
    };
    let photo: PathBuf = bench::photo(None)?;
    match stage.as_str() {
        "decode-yuyv" => {
            let bytes: Vec<u8> = (0..SIZE.0 * SIZE.1 * 2).map(|at| (at % 251) as u8).collect();
            let (mut frame, mut out) = (Frame::new(), Rgb::new());
            frame.fill(SIZE.0, SIZE.1, 0, PixelFormat::Yuyv, &bytes);
            repeat(times, || Ok(to_rgb(&frame, &mut out)?))
        }
        "decode-mjpg" => {
            let (frame, mut out) = (bench::vision::frame(&photo)?, Rgb::new());
            repeat(times, || Ok(to_rgb(&frame, &mut out)?))
        }
        "decode-mjpg-grey" => {
            let (frame, mut out) = (bench::vision::frame(&photo)?, Vec::new());
            repeat(times, || seen(to_grey(&frame, &mut out)?))
        }
        "find" => {
            let mut stages = Stages::load(&vision_config(), &photo)?;
            repeat(times, || seen(stages.finder.find(&stages.rgb)?))
        }
        "align" => {
            let (mut stages, framing) = framed(&photo)?;
            let (columns, rows) = framing.part_of(SIZE.0, SIZE.1);
            repeat(times, || {
                stages.luma.fill_part(&stages.rgb, columns.clone(), rows.clone());
                seen(align(&stages.luma, framing, stages.model.resolution()))
            })
        }
        "classify" => {
            let (mut stages, framing) = framed(&photo)?;
            stages.luma.fill_from(&stages.rgb);
            let crop = align(&stages.luma, framing, stages.model.resolution());
            repeat(times, || seen(stages.model.scores(&crop)?))
        }
        "capture" => {
            let (mut vision, frame) = (Vision::load(&vision_config())?, bench::vision::frame(&photo)?);
            repeat(times, || {
                let mut track = Track::default();
                (0..7).try_for_each(|_| seen(vision.follow(&frame, &mut track)?))
            })
        }
        "draw" => {
            let (screens, mut picture) = (session(), Picture::new(240, 240));
            repeat(times, || {
                screens::draw(&screens[30], Language::En, &mut picture);
                Ok(())
            })
        }
        "changes" => {
            let (screens, mut old, mut new) = (session(), Picture::new(240, 240), Picture::new(240, 240));
            screens::draw(&screens[30], Language::En, &mut old);
            screens::draw(&screens[31], Language::En, &mut new);
            repeat(times, || seen(changed_parts(Some(&old), &new)))
        }
        "suggest-10k" => {
            let (case, mut seed) = (Case::new(10_000), 0);
            repeat(times, || {
                seed += 1;
                seen(case.suggest(seed))
            })
        }
        "step" => {
            let config = config::parse(config::DEFAULT, "the shipped defaults")?;
            let mut state = State::new(config.settings(port_factory::judge(&port_factory::vision(&config))));
            repeat(times, || seen(step(&mut state, Duration::from_secs(1), Event::Tick)))
        }
        "load" => repeat(times, || seen(Vision::load(&vision_config())?.judge())),
        other => bail!("no stage named {other}; there are {}", STAGES.join(", ")),
    }
}

/// The stages with a picture in which a face is, and where.
fn framed(photo: &Path) -> anyhow::Result<(Stages, Framing)> {
    let mut stages = Stages::load(&vision_config(), photo)?;
    let faces = stages.finder.find(&stages.rgb)?;
    let face = faces.first().context("no face in the photo")?;
    Ok((stages, Framing::of(face)))
}

/// As if somebody used it, so that the compiler cannot leave out what made it.
fn seen<T>(result: T) -> anyhow::Result<()> {
    let _ = black_box(result);
    Ok(())
}

fn repeat(times: u32, mut stage: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
    (0..times).try_for_each(|_| stage())
}
