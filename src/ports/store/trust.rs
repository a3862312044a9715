//! Whether a file is safe to run as code: nobody but its owner, this user or root may have written it.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Why a file is not run.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    #[error("other users can write {}; take that right away (chmod go-w), or name another file", .0.display())]
    Writable(PathBuf),
    #[error(
        "{} belongs to user {owner}, and this program runs as another; name a file of root, or of this user",
        path.display()
    )]
    Foreign { path: PathBuf, owner: u32 },
    #[error("{}: {why}", path.display())]
    Io { path: PathBuf, why: io::Error },
}

/// Whether only root, this user and the owner of this program can change the file or lead its name elsewhere.
///
/// The owner of the program is trusted because that user could have changed the program itself.
///
/// # Errors
/// With the first file or folder on the way that somebody else can write.
pub fn check(path: &Path) -> Result<(), Untrusted> {
    let program = std::env::current_exe().and_then(fs::metadata).map(|program| program.uid());
    let own = rustix::process::geteuid().as_raw();
    check_for(path, &[0, own, program.unwrap_or(own)])
}

fn check_for(path: &Path, trusted: &[u32]) -> Result<(), Untrusted> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |why| Untrusted::Io { path, why }
    };
    // The folder that holds a link counts as well: a user who may write there can turn the link.
    let named = std::path::absolute(path).map_err(io(path))?;
    let real = fs::canonicalize(path).map_err(io(path))?;
    for way in named.ancestors().skip(1).chain(real.ancestors()) {
        let there = fs::metadata(way).map_err(io(way))?;
        if !trusted.contains(&there.uid()) {
            return Err(Untrusted::Foreign { path: way.to_owned(), owner: there.uid() });
        }
        if others_write(&there) {
            return Err(Untrusted::Writable(way.to_owned()));
        }
    }
    Ok(())
}

fn others_write(there: &Metadata) -> bool {
    let mode = there.mode();
    // In a sticky folder, such as /tmp, nobody replaces what belongs to somebody else.
    let sticky = there.is_dir() && mode & 0o1000 != 0;
    // Where each user has a group of the same number, nobody else is in it.
    let group = mode & 0o020 != 0 && there.gid() != 0 && there.gid() != there.uid();
    !sticky && (group || mode & 0o002 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_another_user_could_have_written_is_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, file) = (folder.path().join("lib"), folder.path().join("lib/code.so"));
        fs::create_dir(&inner).unwrap();
        fs::write(&file, "").unwrap();
        let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let own = fs::metadata(&file).unwrap().uid();
        let check = |path: &Path| check_for(path, &[0, own]);
        allow(&inner, 0o755);
        allow(&file, 0o644);
        check(&file).unwrap();
        allow(&file, 0o646);
        assert!(matches!(check(&file), Err(Untrusted::Writable(path)) if path.ends_with("lib/code.so")));
        allow(&file, 0o644);
        // A user who may write the folder can replace the file, also where only a link to it lies there.
        allow(&inner, 0o777);
        assert!(matches!(check(&file), Err(Untrusted::Writable(path)) if path.ends_with("lib")));
        let (open, link) = (folder.path().join("open"), folder.path().join("open/link.so"));
        allow(&inner, 0o755);
        fs::create_dir(&open).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        allow(&open, 0o777);
        assert!(matches!(check(&link), Err(Untrusted::Writable(path)) if path.ends_with("open")));
        allow(&open, 0o1777);
        check(&link).unwrap();
        // A file of a user who is not among those.
        assert!(matches!(check_for(&file, &[own + 1]), Err(Untrusted::Foreign { .. })));
        assert!(matches!(check(&folder.path().join("none")), Err(Untrusted::Io { .. })));
    }
}
