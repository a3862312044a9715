//! The stages of a press by themselves, with their spread: `cargo bench`, or `cargo bench -- look` for some.
//!
//! For the device as a whole, and for each figure beside its limit: `moodbox bench`. What is seen needs the
//! tensor library and a photo, which `deploy/fetch-assets assets` brings.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use moodbox::bench;
use moodbox::bench::panel::session;
use moodbox::bench::suggest::Case;
use moodbox::bench::vision::Stages;
use moodbox::port_factory::vision_config;
use moodbox::ports::camera::formats::{Rgb, to_rgb};
use moodbox::ports::panel::changes::changed_parts;
use moodbox::ports::panel::{Picture, screens};
use moodbox::ports::vision::align::{Framing, align};
use moodbox::ports::vision::{Track, Vision};
use moodbox_core::text::Language;

criterion_group!(stages, look, panel, suggest);
criterion_main!(stages);

fn look(c: &mut Criterion) {
    let config = vision_config();
    let loaded = bench::photo(None)
        .and_then(|photo| Ok((Stages::load(&config, &photo)?, Vision::load(&config)?)))
        .unwrap_or_else(|error| panic!("{error:#}; run deploy/fetch-assets assets"));
    let (mut stages, mut vision) = loaded;
    let mut group = c.benchmark_group("look");
    let mut rgb = Rgb::new();
    group.bench_function("decode MJPG", |b| b.iter(|| to_rgb(&stages.frame, &mut rgb)));
    group.bench_function("find", |b| b.iter(|| stages.finder.find(&stages.rgb).map(|faces| faces.len())));
    let faces = stages.finder.find(&stages.rgb).unwrap_or_default();
    let face = faces.first().unwrap_or_else(|| panic!("no face is found in the photo"));
    let (framing, side) = (Framing::of(face), stages.model.resolution());
    let (columns, rows) = framing.part_of(stages.rgb.width, stages.rgb.height);
    group.bench_function("align", |b| {
        b.iter(|| {
            stages.luma.fill_part(&stages.rgb, columns.clone(), rows.clone());
            align(&stages.luma, framing, side)
        })
    });
    let crop = align(&stages.luma, framing, side);
    group.bench_function("classify", |b| b.iter(|| stages.model.scores(&crop)));
    group.bench_function("first frame", |b| b.iter(|| vision.observe(&stages.frame).map(|seen| seen.faces)));
    let mut track = Track::default();
    group.bench_function("next frame", |b| {
        b.iter(|| vision.follow(&stages.frame, &mut track).map(|seen| seen.faces))
    });
}

fn panel(c: &mut Criterion) {
    let mut group = c.benchmark_group("panel");
    let drawn: Vec<Picture> = session().iter().map(draw).collect();
    group.bench_function("draw a session", |b| b.iter(|| session().iter().map(draw).count()));
    group.bench_function("changes of a session", |b| {
        b.iter(|| drawn.windows(2).map(|two| changed_parts(two.first(), &two[1]).len()).sum::<usize>())
    });
}

fn draw(screen: &moodbox_core::kiosk::action::Screen) -> Picture {
    let mut picture = Picture::new(240, 240);
    screens::draw(screen, Language::En, &mut picture);
    picture
}

fn suggest(c: &mut Criterion) {
    let mut group = c.benchmark_group("suggest");
    for tracks in [25_000, 50_000, 100_000] {
        let (case, mut seed) = (Case::new(tracks), 0);
        group.throughput(Throughput::Elements(tracks as u64));
        group.bench_with_input(BenchmarkId::from_parameter(tracks), &case, |b, case| {
            b.iter(|| {
                seed += 1;
                case.suggest(seed)
            })
        });
    }
}
