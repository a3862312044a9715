//! What `strace` wrote down, call by call.
#![allow(dead_code, reason = "each of the tests that trace a process uses a part of this")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// `program` under `strace`, which writes these calls of it and of its children into `trace`, whole.
pub fn command(program: &Path, calls: &str, trace: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000", "--abbrev=none", "-e"]);
    command.arg(format!("trace={calls}")).arg("-e").arg("signal=none").arg("-o").arg(trace).arg(program);
    command
}

/// One call to the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// All between the brackets.
    pub arguments: String,
    /// What came of it; empty when the process did not live to see it.
    pub result: String,
}

impl Call {
    fn read(line: &str) -> Option<Call> {
        let (name, rest) = line.trim_start().split_once('(')?;
        let (arguments, result) =
            rest.rsplit_once(") = ").or(rest.rsplit_once(")  = ")).unwrap_or((rest, ""));
        Some(Call { name: name.into(), arguments: arguments.trim_end().into(), result: result.trim().into() })
    }

    /// The file that the first argument, a descriptor, stands for.
    pub fn file(&self) -> Option<String> {
        described(&self.arguments)
    }

    /// The bytes of all strings among the arguments, one after another.
    pub fn bytes(&self) -> Vec<u8> {
        self.strings().concat()
    }

    /// The strings among the arguments.
    pub fn strings(&self) -> Vec<Vec<u8>> {
        self.arguments.split('"').skip(1).step_by(2).map(unescape).collect()
    }

    pub fn failed(&self) -> bool {
        self.result.starts_with('-')
    }
}

/// `3</a/path>` is `/a/path`.
pub fn described(text: &str) -> Option<String> {
    let (number, rest) = text.split_once('<')?;
    let path = rest.split_once('>')?.0;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| String::from_utf8_lossy(&unescape(path)).into())
}

/// Every call, in the order in which they were made.
pub fn calls(trace: &Path) -> Vec<Call> {
    let mut begun: BTreeMap<String, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        // A call during which another thread made one is shown in two pieces.
        if let Some(start) = call.strip_suffix("<unfinished ...>") {
            begun.insert(process.to_owned(), start.to_owned());
            continue;
        }
        let whole = match (call.trim_start().strip_prefix("<..."), call.split_once("resumed>")) {
            (Some(_), Some((_, rest))) => begun.remove(process).unwrap_or_default() + rest,
            _ => call.to_owned(),
        };
        calls.extend(Call::read(&whole));
    }
    // The process was killed in the middle of these.
    calls.extend(begun.into_values().filter_map(|call| Call::read(&call)));
    calls
}

/// All strings are in hexadecimal.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend(rest[..at].bytes());
        let Some(digits) = rest.get(at + 2..at + 4) else { break };
        bytes.extend(u8::from_str_radix(digits, 16));
        rest = &rest[at + 4..];
    }
    bytes.extend(rest.bytes());
    bytes
}
