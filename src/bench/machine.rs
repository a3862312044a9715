//! The machine that was measured, by what it is and not by its name.

use std::fs;

/// Its processor, its kernel, and how moodbox was built.
pub fn describe() -> String {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let system = rustix::system::uname();
    let kernel = format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy());
    let build = if cfg!(debug_assertions) { "not optimised" } else { "release" };
    format!(
        "{} ({}, {processors} in use), {kernel}; moodbox {}, {build}",
        processor(),
        system.machine().to_string_lossy(),
        env!("CARGO_PKG_VERSION")
    )
}

/// A board names itself in its device tree; others have a processor with a name.
fn processor() -> String {
    let board = fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    let board = board.trim_matches(['\0', '\n', ' ']);
    if !board.is_empty() {
        return board.to_owned();
    }
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processors.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("an unknown processor", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned()
}
