//! The memory of another process, as a core dump would hold it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use rustix::process::{Pid, Signal, kill_process};

const PAGE: u64 = 4096;
/// As much as is read at once; pieces overlap by a page, so that nothing is missed between two.
const PIECE: u64 = 64 * PAGE;

/// Every mapping that the process can write to, in pieces, as it was at one moment. Pieces that hold nothing
/// but zeros are left out.
pub fn of(process: Pid) -> Vec<Vec<u8>> {
    let pid = process.as_raw_nonzero();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let nothing = vec![0; PIECE as usize];
    let mut pieces = Vec::new();
    kill_process(process, Signal::STOP).unwrap();
    for line in fs::read_to_string(format!("/proc/{pid}/maps")).unwrap().lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        for start in (from..to).step_by((PIECE - PAGE) as usize) {
            let mut bytes = vec![0; (to - start).min(PIECE) as usize];
            if memory.read_exact_at(&mut bytes, start).is_ok() && bytes != nothing[..bytes.len()] {
                pieces.push(bytes);
            }
        }
    }
    kill_process(process, Signal::CONT).unwrap();
    let read: usize = pieces.iter().map(Vec::len).sum();
    assert!(read > 1 << 20, "only {read} bytes could be read");
    pieces
}
