//! A disk as a power cut leaves it: what was synced is there; of all else, anything may be.
//!
//! Harsher than any journalling file system: changes of a folder that were not synced survive in any
//! combination, data that was not synced is whole, torn, zeros or gone, each on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::trace::{Call, calls};

type Inode = usize;

/// What was done to the disk, and what the program said of itself.
#[derive(Clone, Debug)]
pub enum Op {
    Create {
        path: PathBuf,
        inode: Inode,
    },
    Folder {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
        inode: Inode,
    },
    Remove {
        path: PathBuf,
    },
    Write {
        inode: Inode,
        at: usize,
        bytes: Vec<u8>,
    },
    SyncFile {
        inode: Inode,
    },
    SyncFolder {
        path: PathBuf,
    },
    /// The program begins, or has done, the change with this number.
    Begin(usize),
    End(usize),
}

/// What `strace` is told to show: all that changes a folder or a file.
pub const CALLS: &str = "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,\
    sync_file_range,rename,renameat,renameat2,unlink,unlinkat,rmdir,truncate,ftruncate,fallocate,mkdir,mkdirat,\
    link,linkat,symlink,symlinkat,copy_file_range,sendfile";

/// How the program says where it is, on its standard output.
pub const MARK: &str = "moodbox-cut";

/// The changes below `root` that a trace tells of.
pub fn ops(trace: &Path, root: &Path) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut names: BTreeMap<PathBuf, Inode> = BTreeMap::new();
    let mut ends: BTreeMap<Inode, usize> = BTreeMap::new();
    let mut inodes = 0;
    for call in calls(trace) {
        if call.failed() {
            continue;
        }
        if let Some(mark) = mark(&call) {
            ops.push(mark);
            continue;
        }
        let paths: Vec<PathBuf> = match call.name.as_str() {
            "write" | "pwrite64" | "writev" | "fsync" | "fdatasync" | "ftruncate" => {
                call.file().map(PathBuf::from).into_iter().collect()
            }
            _ => call.strings().into_iter().map(|path| root.join(String::from_utf8(path).unwrap())).collect(),
        };
        if !paths.iter().any(|path| path.starts_with(root)) {
            continue;
        }
        match (call.name.as_str(), paths.as_slice()) {
            ("openat" | "open", [path]) => {
                assert!(!call.arguments.contains("O_TMPFILE"), "{call:?}");
                let there = names.get(path).copied();
                if there.is_none() && call.arguments.contains("O_CREAT") {
                    inodes += 1;
                    names.insert(path.clone(), inodes);
                    ops.push(Op::Create { path: path.clone(), inode: inodes });
                }
                if let Some(inode) = names.get(path) {
                    assert!(
                        there.is_none() || !call.arguments.contains("O_TRUNC"),
                        "{} is written in place",
                        path.display()
                    );
                    ends.entry(*inode).or_default();
                }
            }
            ("write", [path]) => {
                let inode = names[path];
                let end = ends.get_mut(&inode).unwrap();
                let bytes = call.bytes();
                ops.push(Op::Write { inode, at: *end, bytes: bytes.clone() });
                *end += bytes.len();
            }
            ("fsync" | "fdatasync", [path]) => match names.get(path) {
                Some(inode) => ops.push(Op::SyncFile { inode: *inode }),
                None => ops.push(Op::SyncFolder { path: path.clone() }),
            },
            ("rename" | "renameat" | "renameat2", [from, to]) => {
                let inode = names.remove(from).expect("a file that is there");
                names.insert(to.clone(), inode);
                ops.push(Op::Rename { from: from.clone(), to: to.clone(), inode });
            }
            ("unlink" | "unlinkat", [path]) => {
                names.remove(path);
                ops.push(Op::Remove { path: path.clone() });
            }
            ("mkdir" | "mkdirat", [path]) => ops.push(Op::Folder { path: path.clone() }),
            _ => panic!("this disk does not know {call:?}"),
        }
    }
    ops
}

fn mark(call: &Call) -> Option<Op> {
    if call.name != "write" {
        return None;
    }
    let told = String::from_utf8(call.bytes()).ok()?;
    let mut words = told.trim().split(' ');
    if words.next() != Some(MARK) {
        return None;
    }
    let (what, number) = (words.next()?, words.next()?.parse().ok()?);
    Some(if what == "begin" { Op::Begin(number) } else { Op::End(number) })
}

/// How hard the cut is on what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of it survives.
    Nothing,
    /// All changes of folders survive, and no data.
    NamesOnly,
    /// Any of it.
    Any,
}

/// The files below the root after the power went when the last of `ops` was done.
pub fn after(ops: &[Op], cut: Cut, random: &mut ChaCha8Rng) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut names: BTreeMap<PathBuf, Inode> = BTreeMap::new();
    let mut data: BTreeMap<Inode, Vec<u8>> = BTreeMap::new();
    for (op, synced) in ops.iter().zip(synced(ops)) {
        let mut survives = || {
            synced
                || match cut {
                    Cut::Nothing => false,
                    Cut::NamesOnly => true,
                    Cut::Any => random.random_bool(0.5),
                }
        };
        match op {
            Op::Folder { path } if survives() => folders.push(path.clone()),
            Op::Create { path, inode } if survives() => {
                names.insert(path.clone(), *inode);
            }
            Op::Rename { from, to, inode } if survives() => {
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
            Op::Remove { path } if survives() => {
                names.remove(path);
            }
            Op::Write { inode, at: offset, bytes } => {
                let kept = match cut {
                    _ if synced => bytes.len(),
                    Cut::Nothing | Cut::NamesOnly => 0,
                    Cut::Any => random.random_range(0..=bytes.len()),
                };
                let content = data.entry(*inode).or_default();
                let zeros = !synced && cut == Cut::Any && random.random_bool(0.3);
                let end = if zeros { offset + bytes.len() } else { offset + kept };
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..offset + kept].copy_from_slice(&bytes[..kept]);
            }
            _ => {}
        }
    }
    let file = |(path, inode): (PathBuf, Inode)| (path, data.get(&inode).cloned().unwrap_or_default());
    let made = |path: &Path| {
        let folder = ops.iter().filter_map(|op| match op {
            Op::Folder { path: folder } if path.starts_with(folder) => Some(folder),
            _ => None,
        });
        folder.into_iter().all(|folder| folders.contains(folder))
    };
    names.into_iter().filter(|(path, _)| made(path)).map(file).collect()
}

/// For each operation, whether a later one made it last.
fn synced(ops: &[Op]) -> Vec<bool> {
    let (mut folders, mut files) = (BTreeSet::new(), BTreeSet::new());
    let mut synced: Vec<bool> = ops
        .iter()
        .rev()
        .map(|op| match op {
            Op::SyncFolder { path } => {
                folders.insert(path.as_path());
                true
            }
            Op::SyncFile { inode } => {
                files.insert(*inode);
                true
            }
            Op::Write { inode, .. } => files.contains(inode),
            Op::Create { path, .. }
            | Op::Folder { path }
            | Op::Remove { path }
            | Op::Rename { to: path, .. } => path.parent().is_some_and(|folder| folders.contains(folder)),
            Op::Begin(_) | Op::End(_) => true,
        })
        .collect();
    synced.reverse();
    synced
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// The disk loses what a careless program entrusts to it: else the test that uses it could not fail.
    #[test]
    fn what_was_not_synced_may_be_lost_and_what_was_is_not() {
        let path = |name: &str| PathBuf::from("/d").join(name);
        let create = Op::Create { path: path("new"), inode: 1 };
        let write = Op::Write { inode: 1, at: 0, bytes: b"data".to_vec() };
        let rename = Op::Rename { from: path("new"), to: path("file"), inode: 1 };
        let careless = [create.clone(), write.clone(), rename.clone()];
        let careful =
            [create, write, Op::SyncFile { inode: 1 }, rename, Op::SyncFolder { path: PathBuf::from("/d") }];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut seen = Vec::new();
        for cut in [Cut::Nothing, Cut::NamesOnly].into_iter().chain([Cut::Any; 50]) {
            seen.push(after(&careless, cut, &mut random).get(&path("file")).cloned());
            let kept = after(&careful, cut, &mut random);
            assert_eq!(kept.get(&path("file")).map(Vec::as_slice), Some(&b"data"[..]), "{cut:?}");
        }
        for wanted in [None, Some(&b""[..]), Some(b"data"), Some(b"\0\0\0\0"), Some(b"da")] {
            assert!(seen.iter().any(|seen| seen.as_deref() == wanted), "{wanted:?}");
        }
    }
}
