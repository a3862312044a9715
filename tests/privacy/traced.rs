//! Everything that a program under `strace` and its children wrote, to whatever it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::trace;

/// Every call by which bytes leave a process, and those that would open another way.
const CALLS: &str = "write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,vmsplice,tee,\
    copy_file_range,process_vm_writev,io_uring_setup,memfd_create,shmget,mq_timedsend,mmap,execve,ptrace";

/// The bytes of these come from elsewhere than an argument: `strace` cannot show them.
const BLIND: [&str; 9] = [
    "sendfile",
    "splice",
    "vmsplice",
    "tee",
    "copy_file_range",
    "io_uring_setup",
    "memfd_create",
    "shmget",
    "ptrace",
];

/// `program` under `strace`, which writes into `trace`.
pub fn command(program: &Path, trace: &Path) -> Command {
    trace::command(program, CALLS, trace)
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// By call and file, in the order of the calls.
    pub bytes: BTreeMap<String, Vec<u8>>,
    /// Calls whose bytes cannot be seen here.
    pub unseen: Vec<String>,
}

impl Written {
    pub fn read(trace: &Path) -> Written {
        let mut written = Written::default();
        for call in trace::calls(trace) {
            let shared = call.arguments.contains("MAP_SHARED") && call.arguments.contains("PROT_WRITE");
            let mapped = call.name == "mmap" && shared && !call.arguments.contains("MAP_ANONYMOUS");
            if mapped || BLIND.contains(&call.name.as_str()) {
                written.unseen.push(format!("{}({})", call.name, call.arguments));
            }
            if call.name != "mmap" {
                let name = format!("{} {}", call.name, call.file().unwrap_or_default());
                written.bytes.entry(name).or_default().extend(call.bytes());
            }
        }
        written
    }

    /// How much it was in all.
    pub fn total(&self) -> usize {
        self.bytes.values().map(Vec::len).sum()
    }
}

#[test]
fn a_trace_is_read_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let lines = [
        r#"7 write(1</tmp/\x61>, "\x61\x62", 2) = 2"#,
        r#"8 writev(2<socket:[5]>, [{iov_base="\x63", iov_len=1}, {iov_base="\x64", iov_len=1}], 2 <unfinished ...>"#,
        r#"7 write(1</tmp/\x61>, "\x7a", 1) = 1"#,
        r#"8 <... writev resumed>) = 2"#,
        r#"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</tmp/\x61>, 0) = 0x7f"#,
        r#"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE, 3</tmp/\x61>, 0) = 0x7f"#,
        r#"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f"#,
        r#"7 sendfile(4<x>, 5<y>, NULL, 9) = 9"#,
    ];
    std::fs::write(&trace, lines.join("\n")).unwrap();
    let written = Written::read(&trace);
    assert_eq!(written.bytes["write /tmp/a"], b"abz");
    assert_eq!(written.bytes["writev socket:[5]"], b"cd");
    assert_eq!(written.unseen.len(), 2, "{:?}", written.unseen);
}
