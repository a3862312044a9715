//! Writing a file of the machine anew.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The new text in place of the old one, with its rights; a power cut leaves one or the other. Folders are made.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let rights = fs::metadata(path).map_or(0o644, |about| about.permissions().mode());
    put(path, text, rights, None)
}

/// A secret in place of the old one: only root reads it, and the group of this number, if there is one.
///
/// # Errors
/// When the folder or the file cannot be written, or not given to that group.
pub fn replace_secret(path: &Path, text: &str, group: Option<u32>) -> io::Result<()> {
    put(path, text, if group.is_some() { 0o640 } else { 0o600 }, group)
}

fn put(path: &Path, text: &str, rights: u32, group: Option<u32>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // The boot partition is FAT, which has no rights to set.
    let _ = file.as_file().set_permissions(fs::Permissions::from_mode(rights));
    if group.is_some() {
        std::os::unix::fs::fchown(file.as_file(), None, group)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself lives in the folder.
    fs::File::open(folder)?.sync_all()
}
