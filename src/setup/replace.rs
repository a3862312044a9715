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
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let rights = fs::metadata(path).map_or(fs::Permissions::from_mode(0o644), |about| about.permissions());
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // The boot partition is FAT, which has no rights to set.
    let _ = file.as_file().set_permissions(rights);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself lives in the folder.
    fs::File::open(folder)?.sync_all()
}
