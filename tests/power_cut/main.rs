//! The power goes at any moment: what the device remembers is then as it was before or as it was to be.
//!
//! A process makes random changes by the functions that ship, under `strace`. Each prefix of what it did to
//! the disk is replayed to a disk that loses what was not synced, and read back by the functions that ship.

mod disk;
#[path = "../support/trace.rs"]
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use disk::{Cut, MARK, Op};
use moodbox::audio_analysis::Features;
use moodbox::library::lock::StateLock;
use moodbox::library::{feature_cache, feelings, history};
use moodbox::ports::store::write_atomic;
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{History, Outcome};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is remembered, each in a file of its own.
const HISTORY: &str = "state/history.json";
const FEELINGS: &str = "state/feelings.json";
const SOUNDS: &str = "state/sounds.json";
/// The queue entries that are found again after a restart.
const RESUME: &str = "state/queue.json";
/// The configuration as the page writes it; the start volume stands in it.
const SETTINGS: &str = "etc/moodbox.toml";
const PASSWORD: &str = "etc/web-password";

const CHANGES: usize = 60;
const PROCESSES: u64 = 6;

/// What one change was to lead to.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Change {
    file: String,
    value: String,
}

/// What the functions that ship read from a file; what a broken one is told as.
fn read(root: &Path, file: &str) -> Result<String, String> {
    let path = root.join(file);
    match file {
        HISTORY => {
            // As the daemon does at its start.
            if history::is_forget_requested(&path) {
                history::forget(&path).map_err(|error| error.to_string())?;
            }
            let (history, problem) = history::load(&path);
            problem.map_or(Ok(history.to_json()), |problem| Err(problem.to_string()))
        }
        FEELINGS => {
            let (feelings, problem) = feelings::load(&path);
            problem.map_or(Ok(format!("{feelings:?}")), |problem| Err(problem.to_string()))
        }
        SOUNDS => {
            let (sounds, problem) = feature_cache::load(&path);
            assert!(problem.is_some() || sounds.len() < 1000);
            // The same in any order, so the text is compared and not the table.
            let text = fs::read_to_string(path).unwrap_or_default();
            problem.map_or(Ok(text), |problem| Err(problem.to_string()))
        }
        _ => Ok(fs::read_to_string(path).unwrap_or_default()),
    }
}

const FILES: [&str; 6] = [HISTORY, FEELINGS, SOUNDS, RESUME, SETTINGS, PASSWORD];

fn change(
    root: &Path,
    random: &mut ChaCha8Rng,
    remembered: &mut (History, feature_cache::Sounds),
) -> &'static str {
    let (learnt, heard) = remembered;
    let path = |file: &str| root.join(file);
    match random.random_range(0..100) {
        0..30 => {
            learnt.begin(Mood::ALL[random.random_range(0..7)]);
            for number in 0..random.random_range(1..20) {
                learnt.record(&format!("song {number}"), Outcome::Liked);
            }
            history::save(&path(HISTORY), learnt).unwrap();
            HISTORY
        }
        30..40 => {
            *learnt = History::default();
            history::request_forget(&path(HISTORY)).ok();
            history::forget(&path(HISTORY)).unwrap();
            HISTORY
        }
        40..55 => {
            let place = random.random_bool(0.7).then(|| (random.random_range(-1.0..1.0), 0.5));
            feelings::set(&path(FEELINGS), &format!("/v/{}.mkv", random.random_range(0..5)), place).unwrap();
            FEELINGS
        }
        55..70 => {
            let features = Features {
                tempo: Some(120.0),
                loudness: -14.0,
                brightness: 1800.0,
                mode: 0.3,
                speech: false,
            };
            let name = format!("/m/{}.ogg", random.random_range(0..1000));
            let file = fs::metadata(std::env::current_exe().unwrap()).unwrap();
            heard.put(feature_cache::Identity::of(Path::new(&name), &file), Some(features));
            feature_cache::save(&path(SOUNDS), heard).unwrap();
            SOUNDS
        }
        which => {
            let file = [RESUME, SETTINGS, PASSWORD][which as usize % 3];
            let text = format!("start_volume = {}\n", random.random_range(0..100))
                .repeat(random.random_range(1..400));
            write_atomic(&path(file), text.as_bytes()).unwrap();
            file
        }
    }
}

const ROOT: &str = "MOODBOX_TEST_CUT_ROOT";
const SEED: &str = "MOODBOX_TEST_CUT_SEED";

/// Not a test: the process whose power is cut.
#[test]
#[ignore = "what a test starts under strace"]
fn make_changes() {
    let Some(root) = std::env::var_os(ROOT).map(PathBuf::from) else { return };
    let mut random = ChaCha8Rng::seed_from_u64(std::env::var(SEED).unwrap().parse().unwrap());
    let mut remembered = Default::default();
    let mut changes = Vec::new();
    let say = |what: &str, number: usize| {
        std::io::stdout().write_all(format!("{MARK} {what} {number}\n").as_bytes()).unwrap();
    };
    for number in 0..CHANGES {
        say("begin", number);
        let file = change(&root, &mut random, &mut remembered);
        say("end", number);
        changes.push(Change { file: file.into(), value: read(&root, file).unwrap() });
    }
    // Beside the root, so that it does not count as a change of it.
    fs::write(root.with_extension("changes"), serde_json::to_string(&changes).unwrap()).unwrap();
}

#[test]
fn the_power_may_go_at_any_write_and_everything_is_old_or_new_and_never_neither() {
    let (mut cuts, mut looked) = (0, 0);
    for seed in 0..PROCESSES {
        let folder = tempfile::tempdir().unwrap();
        let (root, trace) = (folder.path().join("root"), folder.path().join("trace"));
        fs::create_dir(&root).unwrap();
        let mut command = trace::command(&std::env::current_exe().unwrap(), disk::CALLS, &trace);
        command.args(["--ignored", "--exact", "make_changes", "--nocapture"]);
        command.env(ROOT, &root).env(SEED, seed.to_string());
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("strace is installed");
        assert!(done.success());
        let changes = fs::read_to_string(root.with_extension("changes")).unwrap();
        let changes: Vec<Change> = serde_json::from_str(&changes).unwrap();
        let ops = disk::ops(&trace, &root);
        assert!(ops.len() > CHANGES * 5, "{} operations", ops.len());

        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut known = BTreeSet::new();
        let mut allowed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let empty = tempfile::tempdir().unwrap();
        for file in FILES {
            allowed.insert(file, vec![read(empty.path(), file).unwrap()]);
        }
        for end in 0..=ops.len() {
            match end.checked_sub(1).map(|last| &ops[last]) {
                Some(Op::Begin(number)) => {
                    let Change { file, value } = &changes[*number];
                    allowed.get_mut(file.as_str()).unwrap().push(value.clone());
                }
                Some(Op::End(number)) => {
                    let Change { file, value } = &changes[*number];
                    allowed
                        .insert(FILES.into_iter().find(|known| known == file).unwrap(), vec![value.clone()]);
                }
                _ => {}
            }
            for cut in [Cut::Nothing, Cut::NamesOnly, Cut::Any, Cut::Any, Cut::Any] {
                cuts += 1;
                let left = disk::after(&ops[..end], cut, &mut random);
                if !known.insert((left.clone(), allowed.clone())) {
                    continue;
                }
                looked += 1;
                if let Err(wrong) = restart(&root, &left, &allowed) {
                    let last = &ops[end.saturating_sub(12)..end];
                    panic!("process {seed}, cut after {end} operations ({cut:?}): {wrong}\n{last:#?}");
                }
            }
        }
    }
    println!("{cuts} cuts, which left {looked} different disks");
    assert!(cuts >= 10_000, "{cuts}");
    assert!(looked > 1_000, "{looked}");
}

/// Lays out what was left and reads it.
fn restart(
    root: &Path,
    left: &BTreeMap<PathBuf, Vec<u8>>,
    allowed: &BTreeMap<&str, Vec<String>>,
) -> Result<(), String> {
    fs::remove_dir_all(root).unwrap();
    fs::create_dir(root).unwrap();
    for (path, bytes) in left {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    // As the daemon does at its start: what is half written holds what a person may want forgotten.
    let state = root.join("state");
    let _alone = StateLock::take(&state).map_err(|problem| problem.to_string())?;
    for file in fs::read_dir(&state).unwrap().flatten() {
        if file.file_name().as_encoded_bytes().starts_with(b".") {
            return Err(format!("{} was left behind", file.path().display()));
        }
    }
    for (file, values) in allowed {
        let found = read(root, file).map_err(|problem| format!("{file}: {problem}"))?;
        if !values.contains(&found) {
            return Err(format!("{file} holds {found:?}, not one of {values:?}"));
        }
    }
    Ok(())
}
