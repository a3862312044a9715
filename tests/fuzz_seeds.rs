//! The fuzz targets over the corpus in the repository, and over what is near it: the same functions that
//! `fuzz/run` gives to libFuzzer.
//!
//! `MOODBOX_FUZZ_ROUNDS` says how many changed inputs are made of each seed.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Far more than any input takes, also on a busy machine and not optimised.
const LIMIT: Duration = Duration::from_secs(10);
/// No target needs more than a decoded frame; this is resident memory of all of them together, in kilobytes.
const MOST_MEMORY: usize = 1 << 20;

fn corpus(name: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap()))
        .collect()
}

/// One of the changes that fuzzers make.
fn changed(seed: &[u8], other: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..6) {
        let at = |bytes: &[u8], random: &mut ChaCha8Rng| random.random_range(0..=bytes.len());
        let (from, to) = (at(&bytes, random), at(&bytes, random));
        let (from, to) = (from.min(to), from.max(to));
        match random.random_range(0..7) {
            0 if from < bytes.len() => bytes[from] ^= 1 << random.random_range(0..8),
            1 if from < bytes.len() => bytes[from] = random.random(),
            2 => bytes.truncate(from),
            3 => drop(bytes.drain(from..to)),
            4 if bytes.len() < 1 << 16 => bytes.splice(from..from, bytes[from..to].to_vec()).for_each(drop),
            5 => {
                let start = at(other, random);
                let end = (start + random.random_range(0..64)).min(other.len());
                bytes.splice(from..to, other[start..end].iter().copied()).for_each(drop);
            }
            6 => {
                let words: [&[u8]; 8] = [
                    b"-1",
                    b"99999999999999999999",
                    b"1e999",
                    b"\xff\xff\xff\xff",
                    b"\0\0\0\0",
                    b"\"",
                    b"\n",
                    b"NaN",
                ];
                let word = words[random.random_range(0..words.len())];
                bytes.splice(from..from, word.iter().copied()).for_each(drop);
            }
            _ => {}
        }
    }
    bytes
}

fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Panics of any thread: those of a server's threads would go by unseen.
static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn every_seed_is_read_without_a_panic_and_in_time() {
    let rounds: usize =
        std::env::var("MOODBOX_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(40);
    let only = std::env::var("MOODBOX_FUZZ_ONLY").ok();
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        told(panic);
    }));
    for (name, target) in targets::TARGETS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let seeds = corpus(name);
        assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
        let mut random = ChaCha8Rng::seed_from_u64(seeds.len() as u64);
        let (begun, mut runs) = (Instant::now(), 0);
        for (seed, bytes) in &seeds {
            for round in 0..=rounds {
                let other = seeds.values().nth(random.random_range(0..seeds.len())).unwrap();
                let input = if round == 0 { bytes.clone() } else { changed(bytes, other, &mut random) };
                let start = Instant::now();
                let ran = std::panic::catch_unwind(|| target(&input));
                let took = start.elapsed();
                let fine = ran.is_ok() && PANICS.load(Ordering::SeqCst) == 0 && took < LIMIT;
                if !fine {
                    let path = std::env::temp_dir().join(format!("moodbox-fuzz-{name}"));
                    fs::write(&path, &input).unwrap();
                    panic!("{name}, near {seed}, took {took:?}: the input is {}", path.display());
                }
                runs += 1;
            }
        }
        println!("{name}: {runs} inputs in {:.1} s", begun.elapsed().as_secs_f32());
    }
    assert!(resident() < MOST_MEMORY, "{} kB", resident());
}

/// Processor time of this thread.
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// What grows without an end in some language that is read here.
const PUMPS: [(&str, &str, &str); 18] = [
    ("", "[", ""),
    ("", "{\"a\":", ""),
    ("a = ", "[", ""),
    ("a = ", "{a=", ""),
    ("", "a.", "a = 1"),
    ("[", "a.", "a]"),
    ("", "[[pool]]\nfolders = [\"a\"]\n", ""),
    ("[[pool]]\ntags = [", "\"a\",", "]\n"),
    ("", "a\n", ""),
    ("", "\"\\u0000", "\""),
    ("<movie>", "<a>", ""),
    ("<movie>", "<a xmlns:b='c'>", ""),
    ("<movie ", "a='' ", "/>"),
    ("<movie>", "&amp;", "</movie>"),
    ("<movie>", "<genre>a</genre>", "</movie>"),
    ("<!DOCTYPE a [", "<!ENTITY a 'b'>", "]><movie/>"),
    ("OK MPD 0.23.5\n", "file: a\nTitle: b\n", "OK\n"),
    ("OK MPD 0.23.5\n", "a: b\n", "OK\n"),
];

/// Targets whose whole work is done by the thread that calls them.
const ALONE: [&str; 9] =
    ["config", "template", "history", "sounds", "sidecar", "model", "nfo", "mqtt", "mpd"];

/// Whatever is repeated in an input, four times as much of it costs about four times as much: nothing that a
/// stranger writes costs more than its length.
#[test]
fn what_an_input_costs_grows_with_its_length_and_not_faster() {
    let mut worst = (Duration::ZERO, String::new());
    for (name, target) in targets::TARGETS.into_iter().filter(|(name, _)| ALONE.contains(name)) {
        let seeds = corpus(name);
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut pumps: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> =
            PUMPS.into_iter().map(|(start, pump, end)| (start.into(), pump.into(), end.into())).collect();
        for seed in seeds.values().filter(|seed| !seed.is_empty()).take(30) {
            let from = random.random_range(0..seed.len());
            let to = (from + random.random_range(1..60)).min(seed.len());
            pumps.push((seed[..from].to_vec(), seed[from..to].to_vec(), seed[to..].to_vec()));
        }
        for (start, pump, end) in pumps {
            let cost = |bytes: usize| {
                let mut input = start.clone();
                // The first byte says which kind of template it is.
                if name == "template" && !start.is_empty() {
                    input.insert(0, b'0');
                }
                input.extend(pump.iter().copied().cycle().take(bytes / pump.len() * pump.len()));
                input.extend(&end);
                let before = spent();
                let ran = std::panic::catch_unwind(|| target(&input));
                assert!(ran.is_ok(), "{name}: {:?} again and again", String::from_utf8_lossy(&pump));
                spent() - before
            };
            let (short, long) = (cost(16 << 10), cost(64 << 10));
            let what = format!(
                "{name}: {:?} again and again: {short:?}, then {long:?}",
                String::from_utf8_lossy(&pump)
            );
            // Twice the slope for what is measured badly, and a floor below which nobody waits.
            assert!(long < (short * 8).max(Duration::from_millis(400)), "{what}");
            if long > worst.0 {
                worst = (long, what);
            }
        }
    }
    println!("the dearest: {}", worst.1);
}

#[test]
fn every_target_has_its_binary_and_its_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let binaries: Vec<&str> =
        manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap()).collect();
    assert_eq!(binaries, targets::TARGETS.map(|(name, _)| name));
    for name in binaries {
        assert!(root.join("fuzz_targets").join(name).with_extension("rs").is_file(), "{name}");
        assert!(!corpus(name).is_empty());
    }
}
